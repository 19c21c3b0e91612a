//! What the errors of KMS mean and what to do about them.

use super::table::{Row, Table};

pub(super) const ERRORS: Table = Table::new(include_str!("../../data/kms_error.tsv"));

/// The error of this name, with or without `Exception` at its end: CloudTrail writes `AccessDenied`.
pub fn kms_error(name: &str) -> Option<KmsError> {
    ERRORS.find(&[name]).or_else(|| ERRORS.find(&[name, "Exception"])).map(KmsError)
}

/// All errors, sorted by name.
pub fn kms_errors() -> impl Iterator<Item = KmsError> {
    ERRORS.rows().map(KmsError)
}

/// An error of the KMS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KmsError(Row);

impl KmsError {
    /// The name on the wire, such as `DisabledException`.
    pub fn name(self) -> &'static str {
        self.0.field(0)
    }

    /// What it means, in one sentence.
    pub fn explanation(self) -> &'static str {
        self.0.field(1)
    }

    /// What to do next, in one sentence.
    pub fn next_step(self) -> &'static str {
        self.0.field(2)
    }
}
