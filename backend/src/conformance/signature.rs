//! Signing and verification.

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Report, Subject, binding, flipped, handle, positions, truncated};
use crate::algorithm::{Algorithm, MessageType};
use crate::call::Call;
use crate::capability::Capability;
use crate::context::Context;
use crate::error::{BackendError, InputError};
use crate::key::KeyHandle;
use crate::limits;
use crate::operation::OperationKind;
use crate::token::Binding;

pub(super) fn run(subject: &Subject<'_>, own: &Binding, key: &KeyHandle, report: &mut Report, part: &str) {
    let other = binding("conformance-other", 3, own.spec(), own.usage()).ok();
    let other = other.and_then(|other| handle(subject, &other, report, part)).map(|(_, key)| key);
    for row in key.capabilities().iter().filter(|row| row.operation == OperationKind::Sign) {
        if let (Some(algorithm), Some(message_type)) = (row.algorithm, row.message_type) {
            signatures(key, other.as_ref(), row, (algorithm, message_type), report, part);
        }
    }
    refusals(key, report, part);
    digests(key, report, part);
}

fn signatures(
    key: &KeyHandle,
    other: Option<&KeyHandle>,
    row: &Capability,
    (algorithm, message_type): (Algorithm, MessageType),
    report: &mut Report,
    part: &str,
) {
    let call = &Call::unhurried();
    let name = format!("{algorithm} {message_type}");
    let longest = vec![0x3c; row.input_bytes_max + 1];
    let exactly = algorithm.message_bytes(message_type);
    let lengths = exactly.map_or(vec![0, 1, 63, 64, 65, row.input_bytes_max], |bytes| vec![bytes]);
    for length in &lengths {
        let message = truncated(&longest, *length);
        let signed = key.sign(algorithm, message_type, message, call);
        let Some(signature) = report.done(part, format_args!("{name} of {length} bytes"), signed) else { continue };
        let verified = key.verify(algorithm, message_type, message, &signature, call);
        report.done(part, format_args!("{name} of {length} bytes verifies"), verified);
    }
    let wrong: Vec<(usize, BackendError)> = match exactly {
        Some(bytes) => {
            let wrong = InputError::WrongLength { bytes }.into();
            let long = InputError::TooLong { bytes_max: row.input_bytes_max }.into();
            vec![(0, wrong), (bytes - 1, wrong), (bytes + 1, if bytes == row.input_bytes_max { long } else { wrong })]
        }
        None => vec![(row.input_bytes_max + 1, InputError::TooLong { bytes_max: row.input_bytes_max }.into())],
    };
    for (length, error) in wrong {
        let message = truncated(&longest, length);
        let signed = key.sign(algorithm, message_type, message, call);
        report.refuses(part, format_args!("{name} of {length} bytes"), signed, error);
        let verified = key.verify(algorithm, message_type, message, &[0; 64], call);
        report.refuses(part, format_args!("{name} of {length} bytes"), verified, error);
    }

    let message = truncated(&longest, exactly.unwrap_or(100));
    let signature = key.sign(algorithm, message_type, message, call).unwrap_or_default();
    let verify = |message: &[u8], signature: &[u8]| key.verify(algorithm, message_type, message, signature, call);
    let invalid = BackendError::InvalidSignature;
    for position in positions(message.len()) {
        let verified = verify(&flipped(message, position), &signature);
        report.refuses(part, format_args!("{name} with byte {position} of the message changed"), verified, invalid);
    }
    for position in positions(signature.len()) {
        let verified = verify(message, &flipped(&signature, position));
        report.refuses(part, format_args!("{name} with byte {position} changed"), verified, invalid);
    }
    for length in positions(signature.len()) {
        let verified = verify(message, truncated(&signature, length));
        report.refuses(part, format_args!("{name} cut to {length} bytes"), verified, invalid);
    }
    let extended = [signature.as_slice(), &[0]].concat();
    report.refuses(part, format_args!("{name} with a byte more"), verify(message, &extended), invalid);
    for length in [limits::SIGNATURE_BYTES_MAX, limits::SIGNATURE_BYTES_MAX + 1] {
        report.refuses(part, format_args!("{name} of zeros"), verify(message, &vec![0; length]), invalid);
    }
    if let Some(other) = other {
        let verified = other.verify(algorithm, message_type, message, &signature, call);
        report.refuses(part, format_args!("{name} of another key"), verified, invalid);
    }
}

/// Whatever no row names is refused as such.
fn refusals(key: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    for algorithm in Algorithm::all() {
        for message_type in [MessageType::Raw, MessageType::Digest, MessageType::ExternalMu] {
            let named = key.capabilities().iter().any(|row| {
                (row.operation, row.algorithm, row.message_type)
                    == (OperationKind::Sign, Some(algorithm), Some(message_type))
            });
            if !named {
                let refused = key.sign(algorithm, message_type, &[0; 32], call);
                let refused = matches!(refused, Err(BackendError::Unsupported { .. }));
                report.check(part, format_args!("{algorithm} {message_type} is refused"), refused);
            }
        }
    }
    let encrypted = key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &Context::empty(), call);
    let refused = matches!(encrypted, Err(BackendError::Unsupported { .. } | BackendError::WrongUsage { .. }));
    report.check(part, "a key for signatures does not encrypt", refused);
}

/// A message and its digest are one, where the algorithm hashes the message itself.
fn digests(key: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let message = b"one message, two forms";
    for row in key.capabilities() {
        let (OperationKind::Sign, Some(algorithm), Some(MessageType::Digest)) =
            (row.operation, row.algorithm, row.message_type)
        else {
            continue;
        };
        let both = key
            .capabilities()
            .iter()
            .any(|other| other.algorithm == row.algorithm && other.message_type == Some(MessageType::Raw));
        let digest = match algorithm.message_bytes(MessageType::Digest) {
            _ if !both || algorithm == Algorithm::Sm2Dsa => continue,
            Some(32) => Sha256::digest(message).to_vec(),
            Some(48) => Sha384::digest(message).to_vec(),
            _ => Sha512::digest(message).to_vec(),
        };
        let signed = key.sign(algorithm, MessageType::Raw, message, call).unwrap_or_default();
        let verified = key.verify(algorithm, MessageType::Digest, &digest, &signed, call);
        report.done(part, format_args!("{algorithm}: signed whole, verified by digest"), verified);
        let signed = key.sign(algorithm, MessageType::Digest, &digest, call).unwrap_or_default();
        let verified = key.verify(algorithm, MessageType::Raw, message, &signed, call);
        report.done(part, format_args!("{algorithm}: signed by digest, verified whole"), verified);
    }
}
