//! A root key in an environment variable: readable by whoever may look at the process, so only on request.

use super::{LocalRoot, RootError, hex};
use crate::secret::Secret;

/// What somebody must say to have a root key in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// "I know that the environment of a process is no safe place."
    EnvironmentIsVisible,
}

/// A root key from the value of an environment variable, which the caller has read.
///
/// Nobody gets one without saying so:
///
/// ```compile_fail
/// use wardbook_backend::{root::environment, secret::Secret};
/// environment("KEY", Some(&Secret::copy(b"0123")));
/// ```
///
/// ```
/// use wardbook_backend::{root::Consent, root::environment, secret::Secret};
/// let digits = Secret::copy("0123456789abcdef".repeat(4).as_bytes());
/// assert!(environment("KEY", Some(&digits), Consent::EnvironmentIsVisible).is_ok());
/// ```
pub fn environment(name: &str, value: Option<&Secret>, consent: Consent) -> Result<LocalRoot, RootError> {
    let Consent::EnvironmentIsVisible = consent;
    let value = value.ok_or_else(|| RootError::NoVariable(name.to_owned()))?;
    LocalRoot::of(hex::decode(value.expose())?)
}
