//! A root key in a file that nobody else may read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::{LocalRoot, RootError, hex};
use crate::memory::KEY_BYTES;
use crate::random::Random;

/// Reads a root key. The file must be a regular one, belong to this user (or to root), and be readable by
/// nobody else.
pub fn file(path: &Path) -> Result<LocalRoot, RootError> {
    let unreadable = |source| RootError::Unreadable { path: path.display().to_string(), source };
    let file = File::open(path).map_err(unreadable)?;
    // INVARIANT: the open file is looked at, not the path, so that nothing can be exchanged in between.
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    let ours = [rustix::process::geteuid().as_raw(), 0].contains(&metadata.uid());
    if !metadata.is_file() || !ours || mode & 0o077 != 0 {
        return Err(RootError::Exposed { path: path.display().to_string(), mode });
    }
    LocalRoot::of(hex::decode(&text(file).map_err(unreadable)?)?)
}

/// Makes a root key and a file with mode 0600 that holds it; refuses to touch a file that is there.
pub fn create(path: &Path, random: &dyn Random) -> Result<LocalRoot, RootError> {
    let unwritable = |source| RootError::Unwritable { path: path.display().to_string(), source };
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    random.fill(key.as_mut())?;
    let text = hex::encode(&key);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unwritable)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(unwritable)?;
    // Durable before any material is wrapped under it, or a crash would make that material unreadable.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    LocalRoot::of(hex::decode(&text)?)
}

pub(super) fn text(file: File) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let bytes_max = usize::try_from(hex::TEXT_BYTES_MAX).unwrap_or_default();
    // Room for all of it from the beginning: a vector that grows leaves its earlier self behind.
    let mut text = Zeroizing::new(Vec::with_capacity(bytes_max + 64));
    file.take(hex::TEXT_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}
