//! A file's content replaced whole or not at all, its permissions kept.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// How many names are tried for the file beside it.
const ATTEMPTS_MAX: u32 = 16;

/// Writes a file beside the old one and renames it into its place. A link stays a link: the file
/// that it points to is replaced. A file that is write-protected is not.
pub(crate) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let context = || format!("cannot write `{}`", path.display());
    let target = fs::canonicalize(path).with_context(context)?;
    let permissions = fs::metadata(&target).with_context(context)?.permissions();
    if permissions.readonly() {
        bail!("cannot write `{}`: it is write-protected", path.display());
    }
    let (beside, mut file) = create_beside(&target).with_context(context)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // The first error is the one to tell; a file left behind is the lesser trouble.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(context)
}

fn create_beside(target: &Path) -> std::io::Result<(PathBuf, fs::File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let mut attempt = 0;
    loop {
        let beside = target.with_file_name(format!(".{name}.{}-{attempt}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < ATTEMPTS_MAX => attempt += 1,
            opened => return opened.map(|file| (beside, file)),
        }
    }
}
