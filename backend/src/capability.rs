//! What a backend can do, row by row. Every row was run with a known answer when the backend started.

use std::fmt;

use crate::algorithm::{Algorithm, MessageType};
use crate::error::BackendError;
use crate::import::Wrapping;
use crate::limits;
use crate::operation::{Operation, OperationKind};
use crate::spec::{KeySpec, Usage};

/// One thing a backend can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// With keys of this spec.
    pub spec: KeySpec,
    /// This.
    pub operation: OperationKind,
    /// In this way, where there is more than one.
    pub algorithm: Option<Algorithm>,
    /// With a message in this form, where it is a signature.
    pub message_type: Option<MessageType>,
    /// The longest input.
    pub input_bytes_max: usize,
    /// The longest encoded encryption context; zero means that one is refused, never that it is dropped.
    pub context_bytes_max: usize,
    /// How many times one key may do this, where the algorithm bounds it.
    pub uses_max: Option<u64>,
    /// Whose code does it. The token of a key names it for ever.
    pub provider: &'static str,
    /// Where the key is while it is used.
    pub boundary: Boundary,
    /// Whether a FIPS 140 validated module does it in its approved mode.
    pub fips: bool,
    /// How long it takes, as far as a caller must care.
    pub cost: Cost,
    /// Whether a signature is verified before it is given out, because one faulty signature would reveal
    /// the key. Elsewhere signing is hedged with fresh randomness, or the holder of the key does it.
    pub verify_after_sign: bool,
}

/// Where a key is while it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Boundary {
    /// In the memory of this process.
    Process,
    /// Inside a device; material never leaves it.
    Token,
    /// At somebody else's.
    Remote,
}

/// How long an operation takes, as far as a caller must care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// Microseconds of computing, a few hundred at the most: run it on the spot.
    Inline,
    /// A millisecond of computing, or waiting: run it on a bounded pool.
    Blocking,
}

/// A row that was claimed and failed its known-answer run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refuted {
    /// The row.
    pub capability: Capability,
    /// What went wrong, for the log.
    pub reason: String,
}

/// Everything a backend can do.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    rows: Vec<Capability>,
    pairs: Vec<KeySpec>,
    wrappings: Vec<Wrapping>,
    refuted: Vec<Refuted>,
}

impl Capabilities {
    /// Runs `prove` for every claimed row and keeps the rows that hold. What follows from them (data keys
    /// from encryption and decryption, verification of a code from making one) is added.
    pub fn probe(
        claims: impl IntoIterator<Item = Capability>,
        mut prove: impl FnMut(&Capability) -> Result<(), String>,
    ) -> Self {
        let mut capabilities = Self::default();
        for claim in claims {
            match prove(&claim) {
                Ok(()) => capabilities.rows.push(claim),
                Err(reason) => capabilities.refuted.push(Refuted { capability: claim, reason }),
            }
        }
        capabilities.derive();
        capabilities
    }

    /// The same, with the kinds of data key pairs that can be made.
    #[must_use]
    pub fn with_pairs(mut self, pairs: impl IntoIterator<Item = KeySpec>) -> Self {
        for spec in pairs {
            if !self.pairs.contains(&spec) {
                self.pairs.push(spec);
            }
        }
        self
    }

    /// The same, with the ways in which imported material may be wrapped.
    #[must_use]
    pub fn with_wrappings(mut self, wrappings: impl IntoIterator<Item = Wrapping>) -> Self {
        for wrapping in wrappings {
            if !self.wrappings.contains(&wrapping) {
                self.wrappings.push(wrapping);
            }
        }
        self
    }

    /// Adds what another can do and this cannot; whoever came first keeps a spec and usage whole, so that one
    /// key never needs two providers.
    pub fn merge(&mut self, other: &Self) {
        let taken = |row: &Capability| {
            self.rows.iter().any(|own| match row.operation.usage() {
                Some(usage) => own.spec == row.spec && own.operation.usage() == Some(usage),
                None => own.spec == row.spec && own.operation == row.operation,
            })
        };
        let added: Vec<Capability> = other.rows.iter().filter(|row| !taken(row)).copied().collect();
        self.rows.extend(added);
        self.refuted.extend(other.refuted.iter().cloned());
        let (pairs, wrappings) = (other.pairs.clone(), other.wrappings.clone());
        *self = std::mem::take(self).with_pairs(pairs).with_wrappings(wrappings);
    }

    /// The rows that need no private half.
    pub(crate) fn public(&self) -> Self {
        use OperationKind::{Encapsulate, Encrypt, PublicKey, Verify};
        let public = |row: &&Capability| {
            !row.spec.is_symmetric() && [Encrypt, Verify, Encapsulate, PublicKey].contains(&row.operation)
        };
        Self { rows: self.rows.iter().filter(public).copied().collect(), ..Self::default() }
    }

    /// Every row that held.
    pub fn rows(&self) -> &[Capability] {
        &self.rows
    }

    /// The rows of one spec that a key for one usage has.
    pub fn of(&self, spec: KeySpec, usage: Usage) -> impl Iterator<Item = &Capability> {
        self.rows.iter().filter(move |row| row.spec == spec && row.operation.usage().is_none_or(|its| its == usage))
    }

    /// Whether a key of this spec can be made or imported and then used for this.
    pub fn covers(&self, spec: KeySpec, usage: Usage, origin: OperationKind) -> bool {
        spec.usages().contains(&usage)
            && self.rows.iter().any(|row| row.spec == spec && row.operation == origin)
            && self.of(spec, usage).any(|row| row.operation.usage() == Some(usage))
    }

    /// The kinds of data key pairs that can be made.
    pub fn pairs(&self) -> &[KeySpec] {
        &self.pairs
    }

    /// The ways in which imported material may be wrapped.
    pub fn wrappings(&self) -> &[Wrapping] {
        &self.wrappings
    }

    /// The rows that were claimed and did not hold. Whoever starts a backend should say so loudly.
    pub fn refuted(&self) -> &[Refuted] {
        &self.refuted
    }

    fn derive(&mut self) {
        let has = |rows: &[Capability], row: &Capability, operation| {
            rows.iter()
                .any(|other| (other.spec, other.algorithm, other.operation) == (row.spec, row.algorithm, operation))
        };
        let mut derived = Vec::new();
        for row in &self.rows {
            let symmetric = row.algorithm == Some(Algorithm::SymmetricDefault);
            if row.operation == OperationKind::Encrypt && symmetric && has(&self.rows, row, OperationKind::Decrypt) {
                let bytes = limits::RANDOM_BYTES_MAX.min(row.input_bytes_max);
                derived.push(Capability { operation: OperationKind::GenerateDataKey, input_bytes_max: bytes, ..*row });
                derived.push(Capability {
                    operation: OperationKind::GenerateDataKeyPair,
                    cost: Cost::Blocking,
                    input_bytes_max: 0,
                    ..*row
                });
            }
            if row.operation == OperationKind::Mac {
                derived.push(Capability { operation: OperationKind::VerifyMac, ..*row });
            }
        }
        self.rows.extend(derived);
    }
}

/// The rows of one key: what it may be asked.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    spec: KeySpec,
    usage: Usage,
    rows: Box<[Capability]>,
}

impl Admission {
    pub(crate) fn new(capabilities: &Capabilities, spec: KeySpec, usage: Usage) -> Self {
        Self { spec, usage, rows: capabilities.of(spec, usage).copied().collect() }
    }

    pub(crate) fn rows(&self) -> &[Capability] {
        &self.rows
    }

    /// The row that an operation comes under, if its shape and sizes are within that row.
    pub(crate) fn admit(&self, operation: &Operation<'_>) -> Result<&Capability, BackendError> {
        use crate::error::InputError;
        let (kind, algorithm, message) = (operation.kind(), operation.algorithm(), operation.message_type());
        if let Some(usage) = kind.usage().filter(|usage| *usage != self.usage) {
            let known = self.spec.usages().contains(&usage);
            return Err(match known {
                true => BackendError::WrongUsage { usage: self.usage, operation: kind },
                false => BackendError::Unsupported { spec: self.spec, operation: kind, algorithm, message },
            });
        }
        let row = self
            .rows
            .iter()
            .find(|row| row.operation == kind && row.algorithm == algorithm && row.message_type == message)
            .ok_or(BackendError::Unsupported { spec: self.spec, operation: kind, algorithm, message })?;
        let input = operation.input();
        if input.len() > row.input_bytes_max {
            // INVARIANT: a ciphertext that is too long is not told apart from one that does not open.
            return Err(match kind {
                OperationKind::Decrypt | OperationKind::Decapsulate => BackendError::InvalidCiphertext,
                _ => InputError::TooLong { bytes_max: row.input_bytes_max }.into(),
            });
        }
        if let (Some(algorithm), Some(message)) = (algorithm, message)
            && let Some(bytes) = algorithm.message_bytes(message).filter(|bytes| *bytes != input.len())
        {
            return Err(InputError::WrongLength { bytes }.into());
        }
        if let Some(context) = operation.context() {
            match (row.context_bytes_max, algorithm) {
                (0, Some(algorithm)) if !context.is_empty() => return Err(BackendError::ContextRefused { algorithm }),
                (bytes_max, _) if bytes_max > 0 && context.as_bytes().len() > bytes_max => {
                    return Err(InputError::TooLong { bytes_max }.into());
                }
                _ => {}
            }
        }
        Ok(row)
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Process => "process",
            Self::Token => "token",
            Self::Remote => "remote",
        })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Inline => "inline",
            Self::Blocking => "blocking",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(spec: KeySpec, operation: OperationKind, provider: &'static str) -> Capability {
        Capability {
            spec,
            operation,
            algorithm: None,
            message_type: None,
            input_bytes_max: 1,
            context_bytes_max: 0,
            uses_max: None,
            provider,
            boundary: Boundary::Process,
            fips: false,
            cost: Cost::Inline,
            verify_after_sign: false,
        }
    }

    #[test]
    fn whoever_came_first_keeps_a_spec_and_usage_whole() {
        use OperationKind::{Agree, Generate, Sign, Verify};
        let of = |operations: &[OperationKind], provider| {
            let rows = operations.iter().map(|operation| row(KeySpec::EccNistP256, *operation, provider));
            Capabilities::probe(rows.collect::<Vec<_>>(), |_| Ok(()))
        };
        let mut both = of(&[Generate, Sign], "first");
        both.merge(&of(&[Generate, Sign, Verify, Agree], "second"));
        let rows: Vec<_> = both.rows().iter().map(|row| (row.operation, row.provider)).collect();
        assert_eq!(rows, [(Generate, "first"), (Sign, "first"), (Agree, "second")]);
        assert!(both.covers(KeySpec::EccNistP256, Usage::KeyAgreement, Generate));
        assert!(!both.covers(KeySpec::EccNistP256, Usage::KeyAgreement, OperationKind::Import));
    }

    #[test]
    fn a_claim_that_does_not_hold_is_kept_as_refuted() {
        let claims = [row(KeySpec::Sm2, OperationKind::Sign, "p"), row(KeySpec::Sm2, OperationKind::Verify, "p")];
        let probed = Capabilities::probe(claims, |claim| match claim.operation {
            OperationKind::Sign => Err("another answer".to_owned()),
            _ => Ok(()),
        });
        assert_eq!(probed.rows(), [claims[1]]);
        assert_eq!(probed.refuted(), [Refuted { capability: claims[0], reason: "another answer".to_owned() }]);
    }
}
