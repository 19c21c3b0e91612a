//! Reading what the command line names: files, folders, and `-` for stdin.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use wardbook_inventory::source::{ReadError, Source};

/// A message about a place in a text that is still at hand, so that the line can be shown.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Located {
    pub(crate) error: ReadError,
    pub(crate) source_text: Source,
}

/// Keeps the text beside an error about it.
pub(crate) fn locate(source: &Source, error: ReadError) -> anyhow::Error {
    Located { error, source_text: source.clone() }.into()
}

/// Reads a file or stdin (`-`) as text.
pub(crate) fn read(path: &Path) -> anyhow::Result<Source> {
    let (name, bytes) = if path.as_os_str() == "-" {
        ("<stdin>".to_owned(), Source::bytes_of(std::io::stdin().lock()).context("cannot read stdin")?)
    } else {
        let name = path.display().to_string();
        let bytes = bytes(path).with_context(|| format!("cannot read `{name}`"))?;
        (name, bytes)
    };
    Ok(Source::from_bytes(name, bytes)?)
}

/// Reads a file to its end, or to the limit of what is read.
pub(crate) fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    Source::bytes_of(fs::File::open(path)?)
}

/// Reads a file that a case refers to.
pub(crate) fn load(path: &str) -> Result<Vec<u8>, String> {
    bytes(Path::new(path)).map_err(|error| format!("cannot read `{path}`: {error}"))
}

/// Every file below a folder, in a fixed order. Hidden files and folders are left out, links are not followed.
pub(crate) fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let shown = folder.display().to_string();
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read folder `{shown}`"))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read folder `{shown}`"))?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let kind = entry.file_type().with_context(|| format!("cannot read `{}`", entry.path().display()))?;
            match (hidden, kind.is_dir(), kind.is_file()) {
                (true, ..) => {}
                (_, true, _) => folders.push(entry.path()),
                (_, _, true) => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
