//! A root key that systemd hands to a service: `LoadCredential=` or `LoadCredentialEncrypted=`.
//!
//! <https://systemd.io/CREDENTIALS/>

use std::fs::File;
use std::path::Path;

use super::{LocalRoot, RootError, file, hex};

/// A root key from a credential. `folder` is the value of `CREDENTIALS_DIRECTORY`, which the caller has read.
/// systemd keeps the folder private to the service, in memory that is not swapped.
pub fn credential(folder: Option<&Path>, name: &str) -> Result<LocalRoot, RootError> {
    let missing = || RootError::NoCredential(name.to_owned());
    let plain = !name.is_empty() && name != "." && name != ".." && !name.contains('/');
    let path = folder.filter(|_| plain).ok_or_else(missing)?.join(name);
    let text = File::open(&path).and_then(|file| file::text(file, hex::TEXT_BYTES_MAX)).map_err(|_| missing())?;
    LocalRoot::of(hex::decode(&text)?)
}
