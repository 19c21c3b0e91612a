//! Which module, which token, whose PIN.

use std::path::PathBuf;

use wardbook_backend::secret::Secret;

use crate::pin::{Consent, Pin, PinError};

/// How to reach a token and how to use it.
#[derive(Debug)]
pub struct Settings {
    /// The library that speaks for the token.
    pub module: PathBuf,
    /// The token.
    pub token: Which,
    /// What opens it.
    pub pin: Pin,
    /// How many sessions are open at once, at most.
    pub sessions_max: usize,
    /// Where the budgets of keys that the token encrypts under are kept: a folder that every process using the
    /// same keys shares. Without one, no such keys are made.
    pub budget: Option<PathBuf>,
    /// The one way in which symmetric keys are to work; without it, the first that the token proves.
    pub derivation: Option<Derivation>,
}

/// Which token of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this label.
    Label(String),
    /// The one with this serial number.
    Serial(String),
}

/// How a symmetric key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Derivation {
    /// The token derives the key of each message by SP 800-108 in counter mode, and encrypts under it.
    InToken,
    /// The same derivation from HMACs in the token.
    FromHmac,
    /// None: the token encrypts under the key itself, within a budget.
    None,
}

/// What is wrong with settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name that is not known, or comes twice.
    #[error("unknown or repeated setting `{0}`; known are module, token, serial, pin-file, pin-env, sessions, budget")]
    Name(String),
    /// A setting that is needed.
    #[error("the setting `{0}` is missing")]
    Missing(&'static str),
    /// A value that is none.
    #[error("`{value}` is not a value of the setting `{name}`")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: String,
    },
    /// No PIN.
    #[error(transparent)]
    Pin(#[from] PinError),
}

/// How many sessions are open at once unless something else is said.
pub(crate) const SESSIONS: usize = 8;
/// The most sessions that may be asked for.
pub(crate) const SESSIONS_MAX: usize = 256;

impl Settings {
    /// Reads `pkcs11:module=PATH;token=LABEL;pin-file=PATH`, in any order, percent-encoded where a value holds
    /// `;` or `%`. `variable` reads an environment variable; it is asked for what `pin-env` names, and naming it
    /// is consent.
    pub fn parse(uri: &str, variable: impl Fn(&str) -> Option<Secret>) -> Result<Self, SettingsError> {
        let mut found: Vec<(&str, String)> = Vec::new();
        let settings = uri.strip_prefix("pkcs11:").ok_or_else(|| SettingsError::Name(uri.to_owned()))?;
        for setting in settings.split(';').filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').ok_or_else(|| SettingsError::Name(setting.to_owned()))?;
            if !NAMES.contains(&name) || found.iter().any(|(its, _)| *its == name) {
                return Err(SettingsError::Name(name.to_owned()));
            }
            let decoded = decoded(value);
            found.push((name, decoded.ok_or_else(|| SettingsError::Name(setting.to_owned()))?));
        }
        let mut take = |name| {
            let position = found.iter().position(|(its, _)| *its == name)?;
            Some(found.swap_remove(position).1)
        };
        let token = match (take("token"), take("serial")) {
            (Some(label), None) => Which::Label(label),
            (None, Some(serial)) => Which::Serial(serial),
            (Some(_), Some(_)) => return Err(SettingsError::Name("serial".to_owned())),
            (None, None) => return Err(SettingsError::Missing("token")),
        };
        let pin = match (take("pin-file"), take("pin-env")) {
            (Some(path), None) => Pin::file(path)?,
            (None, Some(name)) => Pin::environment(&name, variable(&name), Consent::EnvironmentIsVisible)?,
            (Some(_), Some(_)) => return Err(SettingsError::Name("pin-env".to_owned())),
            (None, None) => return Err(SettingsError::Missing("pin-file")),
        };
        let sessions_max = match take("sessions") {
            None => SESSIONS,
            Some(value) => match value.parse() {
                Ok(sessions) if (1..=SESSIONS_MAX).contains(&sessions) => sessions,
                _ => return Err(SettingsError::Value { name: "sessions", value }),
            },
        };
        let module = take("module").ok_or(SettingsError::Missing("module"))?.into();
        let budget = take("budget").map(PathBuf::from);
        Ok(Self { module, token, pin, sessions_max, budget, derivation: None })
    }
}

const NAMES: &[&str] = &["module", "token", "serial", "pin-file", "pin-env", "sessions", "budget"];

fn decoded(value: &str) -> Option<String> {
    let mut parts = value.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|it| it.is_ascii_hexdigit()))?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_in_any_order_and_nothing_unknown_is_passed_over() {
        let variable = |name: &str| (name == "TOKEN_PIN").then(|| Secret::copy(b"1234"));
        let read = |text: &str| Settings::parse(text, variable);
        let settings = read("pkcs11:pin-env=TOKEN_PIN;token=one%3btwo;module=/lib/hsm.so").expect("valid");
        assert_eq!((settings.token, settings.sessions_max), (Which::Label("one;two".into()), SESSIONS));
        for (text, sessions) in [("1", 1), ("256", 256)] {
            let settings = read(&format!("pkcs11:module=m;serial=7;pin-env=TOKEN_PIN;sessions={text}")).expect("valid");
            assert_eq!((settings.token, settings.sessions_max), (Which::Serial("7".into()), sessions));
        }
        for wrong in [
            "pkcs11:",
            "pkcs12:module=m;token=t;pin-env=TOKEN_PIN",
            "pkcs11:module=m;token=t",
            "pkcs11:module=m;pin-env=TOKEN_PIN",
            "pkcs11:token=t;pin-env=TOKEN_PIN",
            "pkcs11:module=m;token=t;pin-env=OTHER",
            "pkcs11:module=m;token=t;serial=s;pin-env=TOKEN_PIN",
            "pkcs11:module=m;token=t;token=t;pin-env=TOKEN_PIN",
            "pkcs11:module=m;token=t;pin-env=TOKEN_PIN;pin=1234",
            "pkcs11:module=m;token=t%3;pin-env=TOKEN_PIN",
            "pkcs11:module=m;token=t%+f;pin-env=TOKEN_PIN",
            "pkcs11:module=m;token=t;pin-env=TOKEN_PIN;sessions=0",
            "pkcs11:module=m;token=t;pin-env=TOKEN_PIN;sessions=257",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
