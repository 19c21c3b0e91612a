//! The public keys of CloudTrail, and the one check that is made with them.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json::{JsonError, Kind, Tree, Value};
use crate::time::Timestamp;

/// What `aws cloudtrail list-public-keys` printed, by fingerprint.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys {
    /// RSAPublicKey of PKCS#1 in DER.
    keys: BTreeMap<String, Vec<PublicKey>>,
}

#[derive(Debug, Clone)]
struct PublicKey {
    value: Vec<u8>,
    /// When it ceased to sign, if that is told.
    until: Option<Timestamp>,
}

/// What the keys say to a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    Holds,
    DoesNotHold,
    NoKey,
    /// It does, but the key had ceased to sign by then.
    Expired,
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
    #[error(
        "an entry of `PublicKeyList` has no readable `Value` and `Fingerprint`, or an unreadable `ValidityEndTime`"
    )]
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
            let until = entry.member("ValidityEndTime").filter(|end| !end.is_null());
            let until = until.map(|end| moment(end).ok_or(KeysError::Entry)).transpose()?;
            self.keys.entry(fingerprint.into_owned()).or_default().push(PublicKey { value, until });
        }
        Ok(())
    }

    /// Whether a signature is one of the message by the key of that fingerprint. The message is about the time up to
    /// `end`, so whoever signed it did so later: a key that had ceased to sign before did not.
    pub(super) fn verifies(
        &self,
        fingerprint: &str,
        end: Option<Timestamp>,
        message: &[u8],
        signature: &[u8],
    ) -> Answer {
        let Some(keys) = self.keys.get(fingerprint) else { return Answer::NoKey };
        let ceased = |key: &PublicKey| key.until.zip(end).is_some_and(|(until, end)| until < end);
        let holds = |key: &&PublicKey| {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key.value).verify(message, signature).is_ok()
        };
        let ceased: Vec<bool> = keys.iter().filter(holds).map(ceased).collect();
        match ceased.as_slice() {
            [] => Answer::DoesNotHold,
            _ if ceased.contains(&false) => Answer::Holds,
            _ => Answer::Expired,
        }
    }
}

/// A moment as the tool prints it: a text, or seconds since 1970.
fn moment(value: Value<'_>) -> Option<Timestamp> {
    match value.as_text() {
        Some(text) => Timestamp::read(&text),
        None => {
            let (seconds, fraction) = value.written().split_once('.').unwrap_or((value.written(), "0"));
            fraction.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
            Some(Timestamp::from_micros(seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?))
        }
    }
}
