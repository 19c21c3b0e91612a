//! The PIN that opens a token: from a file that nobody else may read, or from the environment on request.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use cryptoki::types::AuthPin;
use wardbook_backend::secret::Secret;
use zeroize::Zeroizing;

pub use wardbook_backend::root::Consent;

/// Where the PIN is.
pub struct Pin(Source);

enum Source {
    /// Read anew at every login, so that a changed PIN is found.
    File(PathBuf),
    Held(Secret),
}

/// Why a PIN could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The file is not there or cannot be read.
    #[error("the PIN file `{path}` cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read the file, or it is not ours.
    #[error("the PIN file `{path}` must be a regular file of this user with mode 0600, and has mode {mode:04o}")]
    Exposed {
        /// The file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// Empty, too long, or not text.
    #[error("the PIN must be text of 1 to {PIN_BYTES_MAX} bytes")]
    Malformed,
}

/// The longest PIN that is read.
pub(crate) const PIN_BYTES_MAX: usize = 255;

impl Pin {
    /// The first line of a file. It must be a regular one, belong to this user (or to root), and be readable by
    /// nobody else; it is looked at here and read at every login.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, PinError> {
        let pin = Self(Source::File(path.into()));
        pin.read().map(|_| pin)
    }

    /// The value of an environment variable, which the caller has read.
    pub fn environment(name: &str, value: Option<Secret>, consent: Consent) -> Result<Self, PinError> {
        let Consent::EnvironmentIsVisible = consent;
        let pin = Self(Source::Held(value.ok_or_else(|| PinError::NoVariable(name.to_owned()))?));
        pin.read().map(|_| pin)
    }

    pub(crate) fn read(&self) -> Result<Zeroizing<String>, PinError> {
        let text = match &self.0 {
            Source::Held(secret) => Zeroizing::new(secret.expose().to_vec()),
            Source::File(path) => read(path)?,
        };
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let pin = std::str::from_utf8(line).map_err(|_| PinError::Malformed)?;
        match (1..=PIN_BYTES_MAX).contains(&pin.len()) {
            true => Ok(Zeroizing::new(pin.to_owned())),
            false => Err(PinError::Malformed),
        }
    }
}

fn read(path: &PathBuf) -> Result<Zeroizing<Vec<u8>>, PinError> {
    let unreadable = |source| PinError::Unreadable { path: path.display().to_string(), source };
    let file = File::open(path).map_err(unreadable)?;
    // INVARIANT: the open file is looked at, not the path, so that nothing can be exchanged in between.
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    let ours = [rustix::process::geteuid().as_raw(), 0].contains(&metadata.uid());
    if !metadata.is_file() || !ours || mode & 0o077 != 0 {
        return Err(PinError::Exposed { path: path.display().to_string(), mode });
    }
    let bytes_max = PIN_BYTES_MAX + 2;
    let mut text = Zeroizing::new(Vec::with_capacity(bytes_max + 64));
    file.take(u64::try_from(bytes_max).unwrap_or_default()).read_to_end(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// In the form that the token takes.
pub(crate) fn auth(pin: &str) -> AuthPin {
    AuthPin::new(pin.into())
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(path) => write!(f, "Pin(in {})", path.display()),
            Source::Held(_) => f.write_str("Pin(held)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_pin_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("made");
        let path = folder.path().join("pin");
        std::fs::write(&path, "1234\r\nnot this\n").expect("written");
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o666, false)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("set");
            let pin = Pin::file(&path);
            assert_eq!(pin.is_ok(), fine, "{mode:o}: {pin:?}");
            if let Ok(pin) = pin {
                assert_eq!(pin.read().expect("read").as_str(), "1234");
            }
        }
        assert!(matches!(Pin::file(folder.path()), Err(PinError::Exposed { .. })), "a folder is no file");
        assert!(matches!(Pin::file(folder.path().join("none")), Err(PinError::Unreadable { .. })));
    }

    #[test]
    fn a_pin_is_neither_empty_nor_endless_and_never_printed() {
        let pin = |text: &[u8]| Pin::environment("PIN", Some(Secret::copy(text)), Consent::EnvironmentIsVisible);
        assert!(pin(&[b'1'; PIN_BYTES_MAX]).is_ok());
        assert!(matches!(pin(&[b'1'; PIN_BYTES_MAX + 1]), Err(PinError::Malformed)));
        assert!(matches!(pin(b""), Err(PinError::Malformed)));
        assert!(matches!(pin(b"\xff"), Err(PinError::Malformed)));
        assert_eq!(format!("{:?}", pin(b"hunter2").expect("valid")), "Pin(held)");
        let unset = Pin::environment("PIN", None, Consent::EnvironmentIsVisible);
        assert!(matches!(unset, Err(PinError::NoVariable(_))));
    }
}
