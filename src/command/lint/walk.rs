//! The files that `lint` looks at: those that are named, and what lies below the named folders and is not ignored.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ignore::{DirEntry, WalkBuilder};

/// Folders of other people's files.
const PASSED_OVER: &[&str] = &["node_modules"];

/// How the files end that are looked at, unless they are named.
const ENDINGS: &[&str] = &["json", "yaml", "yml", "template", "tf", "tfvars"];

/// A file, and whether somebody asked for this very file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) named: bool,
}

/// The named files, and those below the named folders, in a fixed order and each once; and what cannot be looked at.
pub(super) fn files(roots: &[PathBuf]) -> (Vec<File>, Vec<anyhow::Error>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for root in roots {
        if root.is_dir() {
            below(root, &mut files, &mut errors);
        } else {
            files.push(File { path: shown(root), named: true });
        }
    }
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.path.clone()));
    (files, errors)
}

fn below(root: &Path, files: &mut Vec<File>, errors: &mut Vec<anyhow::Error>) {
    let mut builder = WalkBuilder::new(root);
    // What is ignored follows from the files that travel with the folder, not from whose machine it is.
    builder.git_global(false).require_git(false).follow_links(false).sort_by_file_name(Ord::cmp).filter_entry(is_ours);
    for entry in builder.build() {
        match entry.with_context(|| format!("cannot read below `{}`", root.display())) {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) && has_ending(entry.path()) => {
                files.push(File { path: shown(entry.path()), named: false });
            }
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
}

fn has_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    // What CDK has bundled into the folder of an assembly is code and data of its own.
    let is_asset = name.starts_with("asset.")
        && entry.path().parent().is_some_and(|parent| {
            parent.join("cdk.out").is_file()
                || parent.join("manifest.json").is_file() && parent.join("tree.json").is_file()
        });
    !is_asset && !PASSED_OVER.contains(&&*name)
}

/// `./a.json` is `a.json` to those who read it, and so is the same file by its whole path.
fn shown(path: &Path) -> PathBuf {
    let plain = path.strip_prefix(".").unwrap_or(path);
    let here = std::env::current_dir().unwrap_or_default();
    match plain.strip_prefix(&here) {
        Ok(below) if plain.is_absolute() && !below.as_os_str().is_empty() => below.to_owned(),
        _ => plain.to_owned(),
    }
}

/// The name of a file as it is given on the command line.
pub(super) fn named(path: &Path) -> String {
    name(&shown(path))
}

/// How a path is written in every report.
pub(super) fn name(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// Whether the name of a file promises a policy or a template.
pub(super) fn is_data(path: &Path) -> bool {
    has_ending(path)
}
