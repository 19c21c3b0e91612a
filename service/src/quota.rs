//! Requests per second, as the quotas of AWS have them: optional, for one operation or for all cryptographic ones, each
//! account by itself. And how much an account may keep, which always has an end.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>
//! <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wardbook_audit::time::Timestamp;
use wardbook_policy::catalogue::kms_operations_of;

use crate::api::Operation;
use crate::limits::{GRANTS_MAX, KEYS_MAX, OPEN_KEYS_MAX};

/// The quotas that are in force; none unless told otherwise.
#[derive(Debug, Default)]
pub struct Quotas {
    /// How much may be kept.
    pub resources: Resources,
    quotas: Vec<Quota>,
    buckets: Mutex<HashMap<(usize, String), Bucket>>,
}

/// How much may be kept; by default what [`crate::limits`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Keys of one account in one region.
    pub keys: usize,
    /// Grants of one key.
    pub grants: usize,
    /// Keys that stay open in memory.
    pub open_keys: usize,
}

impl Default for Resources {
    fn default() -> Self {
        Self { keys: KEYS_MAX, grants: GRANTS_MAX, open_keys: OPEN_KEYS_MAX }
    }
}

/// One quota.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    of: Of,
    per_second: f64,
}

/// What a quota is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// All cryptographic operations together.
    Cryptographic,
    /// One operation.
    One(Operation),
}

/// What an account has left.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

/// Why a text is no quota.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no quota: write an operation or `cryptographic`, `=`, and requests per second, such as `CreateKey=5`"
)]
pub struct QuotaError(String);

impl Quota {
    /// Reads `CreateKey=5` or `cryptographic=5500`; fractions are welcome.
    pub fn read(text: &str) -> Result<Self, QuotaError> {
        let bad = || QuotaError(text.to_owned());
        let (name, number) = text.split_once('=').ok_or_else(bad)?;
        let of = match name {
            "cryptographic" => Of::Cryptographic,
            name => Of::One(Operation::ALL.into_iter().find(|known| known.name() == name).ok_or_else(bad)?),
        };
        let per_second = number.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
        Ok(Self { of, per_second: per_second.ok_or_else(bad)? })
    }

    fn concerns(&self, operation: Operation) -> bool {
        match self.of {
            Of::One(one) => one == operation,
            Of::Cryptographic => kms_operations_of(operation.name()).any(|line| line.is_cryptographic()),
        }
    }
}

impl Quotas {
    /// These quotas.
    pub fn new(quotas: Vec<Quota>) -> Self {
        Self { quotas, ..Self::default() }
    }

    /// The same, where so much may be kept.
    #[must_use]
    pub fn with_resources(self, resources: Resources) -> Self {
        Self { resources, ..self }
    }

    /// Whether an account may make one more request now. Every quota that concerns it is charged, or none.
    pub fn admit(&self, account: &str, operation: Operation, now: Timestamp) -> bool {
        let concerned = self.quotas.iter().enumerate().filter(|(_, quota)| quota.concerns(operation));
        let concerned: Vec<(usize, &Quota)> = concerned.collect();
        if concerned.is_empty() {
            return true;
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut charged = Vec::with_capacity(concerned.len());
        for (place, quota) in concerned {
            // A second's worth can be saved up, and always one request.
            let most = quota.per_second.max(1.0);
            let key = (place, account.to_owned());
            let bucket = buckets.get(&key).copied().unwrap_or(Bucket { left: most, at: now });
            #[expect(clippy::cast_precision_loss, reason = "a fraction of a microsecond does not matter")]
            let seconds = (now.micros() - bucket.at.micros()).max(0) as f64 / 1e6;
            let left = (bucket.left + seconds * quota.per_second).min(most) - 1.0;
            if left < 0.0 {
                return false;
            }
            charged.push((key, Bucket { left, at: now }));
        }
        buckets.extend(charged);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
        Timestamp::from_micros((seconds * 1e6) as i64)
    }

    #[test]
    fn a_quota_is_used_up_and_fills_again() {
        let quotas = Quotas::new(vec![Quota::read("CreateKey=2").unwrap_or_else(|error| panic!("{error}"))]);
        let create = |account: &str, seconds: f64| quotas.admit(account, Operation::CreateKey, at(seconds));
        assert!(create("a", 0.0) && create("a", 0.0) && !create("a", 0.0));
        assert!(create("b", 0.0), "another account has its own");
        assert!(quotas.admit("a", Operation::ListKeys, at(0.0)), "another operation has none");
        assert!(!create("a", 0.4) && create("a", 0.5) && !create("a", 0.6));
        assert!(create("a", 100.0) && create("a", 100.0) && !create("a", 100.0), "no more than a second is saved up");
    }

    #[test]
    fn cryptographic_operations_share_and_slow_quotas_let_one_through() {
        let read = |text: &str| Quota::read(text).unwrap_or_else(|error| panic!("{error}"));
        let quotas = Quotas::new(vec![read("cryptographic=2"), read("GetParametersForImport=0.25")]);
        assert!(quotas.admit("a", Operation::Encrypt, at(0.0)) && quotas.admit("a", Operation::ReEncrypt, at(0.0)));
        assert!(!quotas.admit("a", Operation::Sign, at(0.0)) && quotas.admit("a", Operation::DescribeKey, at(0.0)));
        let import = |seconds| quotas.admit("a", Operation::GetParametersForImport, at(seconds));
        assert!(import(0.0) && !import(3.9) && import(4.0));
    }

    #[test]
    fn what_is_no_quota_is_told() {
        for text in
            ["", "CreateKey", "CreateKey=", "CreateKey=0", "CreateKey=-1", "CreateKey=inf", "Create=1", "createkey=1"]
        {
            assert_eq!(Quota::read(text), Err(QuotaError(text.to_owned())));
        }
    }
}
