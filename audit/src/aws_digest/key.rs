//! The public keys of CloudTrail, and the one check that is made with them.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json::{JsonError, Kind, Tree, Value};

/// What `aws cloudtrail list-public-keys` printed, by fingerprint.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys {
    /// RSAPublicKey of PKCS#1 in DER.
    keys: BTreeMap<String, Vec<Vec<u8>>>,
}

/// Why a text is not the output of ListPublicKeys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// It is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is JSON of something else.
    #[error("no `PublicKeyList` in it; it should be the output of `aws cloudtrail list-public-keys`")]
    NoList,
    /// An entry without key or fingerprint.
    #[error("an entry of `PublicKeyList` has no readable `Value` and `Fingerprint`")]
    Entry,
}

impl PublicKeys {
    /// Reads the outputs of several regions and pages, one after another or in a list.
    pub fn read(text: &str) -> Result<Self, KeysError> {
        // Some shells begin a file with a byte order mark.
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (mut keys, mut tree) = (Self::default(), Tree::default());
        loop {
            let end = tree.read_prefix(rest)?;
            keys.add(tree.value(rest))?;
            rest = rest.get(end..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(keys);
            }
        }
    }

    fn add(&mut self, output: Value<'_>) -> Result<(), KeysError> {
        if output.kind() == Kind::List {
            return output.elements().try_for_each(|output| self.add_list(output));
        }
        self.add_list(output)
    }

    fn add_list(&mut self, output: Value<'_>) -> Result<(), KeysError> {
        let list = output.member("PublicKeyList").filter(|list| list.kind() == Kind::List).ok_or(KeysError::NoList)?;
        for entry in list.elements() {
            let value = entry.text_member("Value").and_then(|value| STANDARD.decode(value.as_bytes()).ok());
            let (Some(value), Some(fingerprint)) = (value, entry.text_member("Fingerprint")) else {
                return Err(KeysError::Entry);
            };
            self.keys.entry(fingerprint.into_owned()).or_default().push(value);
        }
        Ok(())
    }

    /// Whether a signature holds (RSASSA-PKCS1-v1_5 with SHA-256). None if there is no key with that fingerprint.
    pub(super) fn verifies(&self, fingerprint: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        let keys = self.keys.get(fingerprint)?;
        let holds =
            |key: &Vec<u8>| UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature).is_ok();
        Some(keys.iter().any(holds))
    }
}
