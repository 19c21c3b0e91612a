//! The key that signs checkpoints, the file that it lives in, and the public half that checks them.
//!
//! The file is best kept outside the audit folder: whoever can write both can sign another history.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Signs checkpoints with Ed25519. Wipes itself.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Checks what a [`SigningKey`] signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The disk failed.
    #[error("{}: {error}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// How.
        error: io::Error,
    },
    /// It holds no key.
    #[error("{}: not a signing key of an audit log", .0.display())]
    Unreadable(PathBuf),
    /// Others than its owner may read it.
    #[error("{}: others may read the signing key; its mode must be 0600", .0.display())]
    Mode(PathBuf),
}

/// What a key file begins with; the seed follows in base64.
const FILE: &str = "wardbook-audit-signing-key-1 ";

/// What a signed note calls Ed25519.
const ALGORITHM: u8 = 1;

impl SigningKey {
    /// The key that 32 random bytes stand for.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a key file, or makes it with a seed if there is none. It is for its owner only, from the first byte on.
    pub fn open(path: &Path, seed: impl FnOnce() -> io::Result<[u8; 32]>) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::Disk { error, .. }) if error.kind() == io::ErrorKind::NotFound => Self::make(path, seed),
            read => read,
        }
    }

    /// Reads a key file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let disk = |error| KeyError::Disk { path: path.to_owned(), error };
        let mut file = std::fs::File::open(path).map_err(disk)?;
        if others_may_read(&file.metadata().map_err(disk)?) {
            return Err(KeyError::Mode(path.to_owned()));
        }
        let mut text = Zeroizing::new(String::new());
        Read::by_ref(&mut file).take(1_024).read_to_string(&mut text).map_err(disk)?;
        let seed = text.strip_prefix(FILE).and_then(|text| {
            let bytes = Zeroizing::new(STANDARD.decode(text.trim_end()).ok()?);
            Some(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?))
        });
        seed.map(|seed| Self::from_seed(&seed)).ok_or_else(|| KeyError::Unreadable(path.to_owned()))
    }

    fn make(path: &Path, seed: impl FnOnce() -> io::Result<[u8; 32]>) -> Result<Self, KeyError> {
        let disk = |error| KeyError::Disk { path: path.to_owned(), error };
        let seed = Zeroizing::new(seed().map_err(disk)?);
        let text = Zeroizing::new(format!("{FILE}{}\n", STANDARD.encode(*seed)));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(disk)?;
        // Another process may make it at the same moment: the name is taken by a link, which never replaces.
        let temporary = folder.join(format!(".{}.{}", std::process::id(), PublicKey::of(&seed).short()));
        let mut file = owner_only().open(&temporary).map_err(disk)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| std::fs::hard_link(&temporary, path));
        std::fs::remove_file(&temporary).map_err(disk)?;
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(disk(error)),
            Ok(()) if cfg!(unix) => {
                std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
                Ok(Self::from_seed(&seed))
            }
            Ok(()) => Ok(Self::from_seed(&seed)),
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The signature line of a note.
    pub(super) fn sign(&self, name: &str, text: &str) -> String {
        let mut signature = self.public().id(name).to_vec();
        signature.extend(self.0.sign(text.as_bytes()).to_bytes());
        format!("\u{2014} {name} {}\n", STANDARD.encode(signature))
    }
}

impl PublicKey {
    fn of(seed: &[u8; 32]) -> Self {
        SigningKey::from_seed(seed).public()
    }

    /// Reads what [`PublicKey::text`] wrote, and nothing that differs from it in a byte.
    pub fn read(text: &str) -> Option<(&str, Self)> {
        let mut parts = text.trim_end_matches('\n').splitn(3, '+');
        let (name, _, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = STANDARD.decode(key).ok()?;
        let (algorithm, key) = key.split_first()?;
        let key = PublicKey(key.try_into().ok()?);
        (*algorithm == ALGORITHM && key.text(name) == text).then_some((name, key))
    }

    /// The key as a line, in the way of [signed notes](https://c2sp.org/signed-note): name, short hash, key.
    pub fn text(&self, name: &str) -> String {
        let id: String = self.id(name).iter().map(|byte| format!("{byte:02x}")).collect();
        let key: Vec<u8> = [ALGORITHM].into_iter().chain(self.0).collect();
        format!("{name}+{id}+{}\n", STANDARD.encode(key))
    }

    /// Whether a line is this key's signature of a text.
    pub(super) fn signed(&self, name: &str, text: &str, line: &str) -> bool {
        let signature = line.strip_prefix("\u{2014} ").and_then(|line| line.strip_prefix(name));
        let signature = signature.and_then(|line| line.strip_prefix(' '));
        let Some(signature) = signature.and_then(|line| STANDARD.decode(line).ok()) else { return false };
        let Some((id, signature)) = signature.split_first_chunk::<4>() else { return false };
        let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else { return false };
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&self.0) else { return false };
        *id == self.id(name) && key.verify_strict(text.as_bytes(), &signature).is_ok()
    }

    fn id(&self, name: &str) -> [u8; 4] {
        let hash = Sha256::new().chain_update(name).chain_update([b'\n', ALGORITHM]).chain_update(self.0).finalize();
        hash.first_chunk().copied().unwrap_or_default()
    }

    fn short(&self) -> String {
        self.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(unix)]
fn others_may_read(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &std::fs::Metadata) -> bool {
    false
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey of {:?}", self.public())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/key");
        let made = SigningKey::open(&path, || Ok([7; 32])).unwrap();
        let again = SigningKey::open(&path, || panic!("there is one")).unwrap();
        assert_eq!(made.public(), again.public());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(SigningKey::read(&path), Err(KeyError::Mode(_))));
        }
    }

    #[test]
    fn other_files_are_no_keys() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("a", ""), ("b", "wardbook-audit-signing-key-1 AAAA"), ("c", "\u{0}")] {
            let path = folder.path().join(name);
            owner_only().open(&path).unwrap().write_all(text.as_bytes()).unwrap();
            assert!(matches!(SigningKey::read(&path), Err(KeyError::Unreadable(_))), "{name}");
        }
    }

    #[test]
    fn a_key_prints_no_secret() {
        let seed = [0xab; 32];
        let shown = format!("{:?}", SigningKey::from_seed(&seed));
        assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    }

    #[test]
    fn no_byte_of_a_public_key_line_may_change() {
        let line = SigningKey::from_seed(&[1; 32]).public().text("wardbook/server");
        assert_eq!(PublicKey::read(&line).unwrap().0, "wardbook/server");
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let read = String::from_utf8(bytes).ok();
                assert!(read.is_none_or(|line| PublicKey::read(&line).is_none()), "byte {at}, bit {bit}");
            }
        }
    }
}
