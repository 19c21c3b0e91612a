//! Signing keys, derived once for each access key, day, region and service.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::claim::Claim;
use crate::credential::Credential;
use crate::limits::SIGNING_KEYS_KEPT_MAX;

/// The keys that were derived.
#[derive(Default)]
pub struct SigningKeys {
    kept: Mutex<HashMap<Scope, Zeroizing<[u8; 32]>>>,
}

/// The fingerprint stands for the secret, so that a session's key is not taken for another's of the same id.
type Scope = (String, [u8; 8], String, String, String);

impl SigningKeys {
    /// The signature that this credential makes.
    pub(super) fn sign(&self, credential: &Credential, claim: &Claim, text: &[u8]) -> [u8; 32] {
        let Claim { day, region, service, access_key, .. } = claim;
        let scope = (access_key.clone(), credential.fingerprint(), day.clone(), region.clone(), service.clone());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept.get(&scope) {
            return mac(&**key, text);
        }
        let start = Zeroizing::new([b"AWS4", credential.secret()].concat());
        let mut key = Zeroizing::new(mac(&start, day.as_bytes()));
        for part in [region.as_str(), service, "aws4_request"] {
            key = Zeroizing::new(mac(&*key, part.as_bytes()));
        }
        let signature = mac(&*key, text);
        if kept.len() >= SIGNING_KEYS_KEPT_MAX {
            kept.clear();
        }
        kept.insert(scope, key);
        signature
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKeys")
    }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}
