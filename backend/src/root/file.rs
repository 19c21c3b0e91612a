//! A root key, or the passphrase of one, in a file that nobody else may read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::passphrase::PASSPHRASE_BYTES_MAX;
use super::{LocalRoot, RootError, hex};
use crate::memory::KEY_BYTES;
use crate::random::Random;
use crate::secret::Secret;

/// Reads a root key. The file must be a regular one, belong to this user (or to root), and be readable by
/// nobody else.
pub fn file(path: &Path) -> Result<LocalRoot, RootError> {
    LocalRoot::of(hex::decode(&private(path, hex::TEXT_BYTES_MAX)?)?)
}

/// Reads a passphrase: the first line of a file, which must be as private as that of a root key.
pub fn passphrase_file(path: &Path) -> Result<Secret, RootError> {
    let bytes_max = u64::try_from(PASSPHRASE_BYTES_MAX).unwrap_or_default();
    // One byte more than is taken, and a line ending, tell a passphrase that is too long.
    let text = private(path, bytes_max.saturating_add(2))?;
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Secret::copy(line.strip_suffix(b"\r").unwrap_or(line)))
}

/// The beginning of a file that nobody else may read.
fn private(path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, RootError> {
    let unreadable = |source| RootError::Unreadable { path: path.display().to_string(), source };
    let file = File::open(path).map_err(unreadable)?;
    // INVARIANT: the open file is looked at, not the path, so that nothing can be exchanged in between.
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    let ours = [rustix::process::geteuid().as_raw(), 0].contains(&metadata.uid());
    if !metadata.is_file() || !ours || mode & 0o077 != 0 {
        return Err(RootError::Exposed { path: path.display().to_string(), mode });
    }
    text(file, bytes_max).map_err(unreadable)
}

/// Makes a root key and a file with mode 0600 that holds it; refuses to touch a file that is there.
pub fn create(path: &Path, random: &dyn Random) -> Result<LocalRoot, RootError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    random.fill(key.as_mut())?;
    let text = hex::encode(&key);
    write(path, &text).map_err(|source| RootError::Unwritable { path: path.display().to_string(), source })?;
    LocalRoot::of(hex::decode(&text)?)
}

/// Writes a new file of mode 0600. Durable before any material is wrapped under what it says, or a crash would make
/// that material unreadable.
pub(super) fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// No more than `bytes_max` bytes of a file.
pub(super) fn text(file: File, bytes_max: u64) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it from the beginning: a vector that grows leaves its earlier self behind.
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(bytes_max).unwrap_or_default() + 64));
    file.take(bytes_max).read_to_end(&mut text)?;
    Ok(text)
}
