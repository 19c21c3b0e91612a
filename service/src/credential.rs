//! Whom an access key stands for: those of the operator's file, and sessions, which carry everything in their token.

mod file;
mod session;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use wardbook_audit::time::Timestamp;
use wardbook_backend::secret::Secret;
use wardbook_policy::policy::Policy;

use crate::refusal::{Refusal, Why};
use crate::seal::Sealer;

pub use file::{CredentialsError, read};
pub use session::{NewSession, Session};

/// An access key and whom it stands for. Never shows its secrets.
#[derive(Clone)]
pub struct Credential {
    /// The id of the access key.
    pub access_key: String,
    /// The ARN of whom it stands for.
    pub principal: String,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// The session policies, if it has any.
    pub session_policies: Option<Arc<[Policy]>>,
    /// What a session has besides.
    pub session: Option<Arc<Session>>,
    /// The service whose relay signs with it, such as `s3.us-east-1.amazonaws.com`.
    pub via: Option<String>,
    /// The resource for which the service calls.
    pub source_arn: Option<String>,
    secret: Arc<Secret>,
    token: Option<Arc<Secret>>,
    fingerprint: OnceLock<[u8; 8]>,
}

/// All access keys that are known.
#[derive(Clone, Debug)]
pub struct Credentials {
    fixed: HashMap<String, Arc<Credential>>,
    sealer: Sealer,
}

impl Credential {
    /// A long-lived access key.
    pub fn new(access_key: impl Into<String>, secret: impl Into<Vec<u8>>, principal: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            principal: principal.into(),
            expires: None,
            session_policies: None,
            session: None,
            via: None,
            source_arn: None,
            secret: Arc::new(Secret::new(secret.into())),
            token: None,
            fingerprint: OnceLock::new(),
        }
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.secret.expose()
    }

    /// Tells two secrets apart and nothing else about them.
    pub(crate) fn fingerprint(&self) -> [u8; 8] {
        *self.fingerprint.get_or_init(|| {
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.expose()) else { return [0; 8] };
            mac.update(b"wardbook signing key cache");
            let bytes: [u8; 32] = mac.finalize().into_bytes().into();
            bytes.first_chunk::<8>().copied().unwrap_or_default()
        })
    }
}

impl Credentials {
    /// The keys of the operator, and whatever sessions this sealer made.
    pub fn new(fixed: impl IntoIterator<Item = Credential>, sealer: Sealer) -> Self {
        let fixed = fixed.into_iter().map(|credential| (credential.access_key.clone(), Arc::new(credential)));
        Self { fixed: fixed.collect(), sealer }
    }

    /// The credential behind an access key id and a token.
    pub(crate) fn find(
        &self,
        access_key: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<Credential>, Refusal> {
        let unknown =
            || Refusal::new(Why::UnrecognizedClient, "The security token included in the request is invalid.");
        let credential = match self.fixed.get(access_key) {
            Some(credential) => {
                let wanted = credential.token.as_ref().map(|token| token.expose()).unwrap_or_default();
                let given = token.map(str::as_bytes).unwrap_or_default();
                if !bool::from(wanted.ct_eq(given)) {
                    return Err(unknown());
                }
                Arc::clone(credential)
            }
            None => {
                let opened = session::open(&self.sealer, access_key, token.ok_or_else(unknown)?);
                Arc::new(opened.ok_or_else(unknown)?)
            }
        };
        if credential.expires.is_some_and(|end| end <= now) {
            return Err(Refusal::new(Why::ExpiredToken, "The security token included in the request is expired"));
        }
        Ok(credential)
    }

    /// Whom the operator's access keys stand for, in no order.
    pub(crate) fn principals(&self) -> impl Iterator<Item = &str> {
        self.fixed.values().map(|credential| credential.principal.as_str())
    }

    /// Begins a session: access key id, secret access key and token, to be handed out once.
    pub(crate) fn begin(&self, session: &NewSession, fresh: [u8; 10]) -> Option<(String, Secret, String)> {
        session::begin(&self.sealer, session, fresh)
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("access_key", &self.access_key).field("principal", &self.principal).finish()
    }
}

/// Tags of a session, by their keys.
pub type Tags = BTreeMap<String, String>;
