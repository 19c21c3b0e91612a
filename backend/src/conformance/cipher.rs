//! Encryption, decryption, data keys.

use super::{Report, Subject, binding, flipped, handle, positions, truncated};
use crate::algorithm::{Algorithm, MessageType};
use crate::call::Call;
use crate::capability::Capability;
use crate::context::Context;
use crate::error::{BackendError, InputError};
use crate::key::KeyHandle;
use crate::limits;
use crate::operation::{Operation, OperationKind};
use crate::token::Binding;

pub(super) fn run(subject: &Subject<'_>, own: &Binding, key: &KeyHandle, report: &mut Report, part: &str) {
    let other = binding("conformance-other", 3, own.spec(), own.usage()).ok();
    let other = other.and_then(|other| handle(subject, &other, report, part)).map(|(_, key)| key);
    for row in key.capabilities() {
        let Some(algorithm) = row.algorithm else { continue };
        match row.operation {
            OperationKind::Encrypt => encryption(key, other.as_ref(), row, algorithm, report, part),
            OperationKind::GenerateDataKey => data_keys(key, row, report, part),
            OperationKind::GenerateDataKeyPair => data_key_pairs(subject, key, report, part),
            _ => {}
        }
    }
    for algorithm in Algorithm::all() {
        let named = |row: &&Capability| row.operation == OperationKind::Encrypt && row.algorithm == Some(algorithm);
        if key.capabilities().iter().find(named).is_none() {
            let refused = key.encrypt(algorithm, b"plaintext", &Context::empty(), &Call::unhurried());
            let refused = matches!(refused, Err(BackendError::Unsupported { .. }));
            report.check(part, format_args!("encryption with {algorithm} is refused"), refused);
        }
    }
    let signed = key.sign(Algorithm::EcdsaSha256, MessageType::Raw, b"message", &Call::unhurried());
    let refused = matches!(signed, Err(BackendError::Unsupported { .. } | BackendError::WrongUsage { .. }));
    report.check(part, "a key for encryption does not sign", refused);
}

fn encryption(
    key: &KeyHandle,
    other: Option<&KeyHandle>,
    row: &Capability,
    algorithm: Algorithm,
    report: &mut Report,
    part: &str,
) {
    let call = &Call::unhurried();
    let with_context = row.context_bytes_max > 0;
    let pairs = Context::new([("tenant", "ü"), ("", "empty name"), ("empty value", "")]).unwrap_or_default();
    let context = if with_context { &pairs } else { &Context::empty() };
    let decrypt = |ciphertext: &[u8], context: &Context| key.decrypt(algorithm, ciphertext, context, call);

    let longest = vec![0xa5; row.input_bytes_max + 1];
    let mut lengths = vec![1, 15, 16, 17, 31, 32, 33, 100, row.input_bytes_max - 1, row.input_bytes_max];
    if algorithm == Algorithm::SymmetricDefault {
        lengths.push(0);
    }
    for length in lengths.into_iter().filter(|length| *length <= row.input_bytes_max) {
        let plaintext = truncated(&longest, length);
        let encrypted = key.encrypt(algorithm, plaintext, context, call);
        let Some(ciphertext) = report.done(part, format_args!("{length} bytes are encrypted"), encrypted) else {
            continue;
        };
        let bounded = ciphertext.len() <= limits::BLOB_BYTES_MAX;
        report.check(part, format_args!("{length} bytes become at most 6,144"), bounded);
        let opened = decrypt(&ciphertext, context);
        let same = opened.is_ok_and(|opened| opened.expose() == plaintext);
        report.check(part, format_args!("{length} bytes come back"), same);
    }
    let too_long = InputError::TooLong { bytes_max: row.input_bytes_max }.into();
    report.refuses(part, "a plaintext that is too long", key.encrypt(algorithm, &longest, context, call), too_long);

    let plaintext = b"attack at dawn".as_slice();
    let encrypt = || key.encrypt(algorithm, plaintext, context, call).unwrap_or_default();
    let ciphertext = encrypt();
    report.check(part, "the same plaintext never encrypts to the same bytes", ciphertext != encrypt());
    let labels = [("principal", "somebody else"), ("request", "another")];
    let labelled = key.decrypt(algorithm, &ciphertext, context, &call.with_labels(&labels));
    report.check(part, "labels decide nothing", labelled.is_ok());

    let invalid = BackendError::InvalidCiphertext;
    for position in positions(ciphertext.len()) {
        let damaged = decrypt(&flipped(&ciphertext, position), context);
        report.refuses(part, format_args!("a ciphertext with byte {position} changed"), damaged, invalid);
    }
    for length in positions(ciphertext.len()) {
        let damaged = decrypt(truncated(&ciphertext, length), context);
        report.refuses(part, format_args!("a ciphertext cut to {length} bytes"), damaged, invalid);
    }
    let extended = [ciphertext.as_slice(), &[0]].concat();
    report.refuses(part, "a ciphertext with a byte more", decrypt(&extended, context), invalid);
    for length in [limits::BLOB_BYTES_MAX, limits::BLOB_BYTES_MAX + 1, 65_536] {
        report.refuses(part, "a ciphertext of zeros", decrypt(&vec![0; length], context), invalid);
    }
    if let Some(other) = other {
        let opened = other.decrypt(algorithm, &ciphertext, context, call);
        report.refuses(part, "a ciphertext of another key", opened, invalid);
    }
    if with_context {
        let others = [
            Context::empty(),
            Context::new([("tenant", "u"), ("", "empty name"), ("empty value", "")]).unwrap_or_default(),
            Context::new([("tenant", "ü"), ("", "empty name")]).unwrap_or_default(),
            Context::new([("Tenant", "ü"), ("", "empty name"), ("empty value", "")]).unwrap_or_default(),
        ];
        for other in others {
            report.refuses(part, "a ciphertext under another context", decrypt(&ciphertext, &other), invalid);
        }
    } else {
        let refused = BackendError::ContextRefused { algorithm };
        report.refuses(part, "a context", key.encrypt(algorithm, plaintext, &pairs, call), refused);
        report.refuses(part, "a context", decrypt(&ciphertext, &pairs), refused);
    }
}

fn data_keys(key: &KeyHandle, row: &Capability, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let context = Context::new([("purpose", "data key")]).unwrap_or_default();
    for bytes in [1, 16, 32, 64, row.input_bytes_max] {
        let made = key.generate_data_key(bytes, &context, call);
        let Some(made) = report.done(part, format_args!("a data key of {bytes} bytes is made"), made) else { continue };
        let opened = key.decrypt(Algorithm::SymmetricDefault, &made.ciphertext, &context, call);
        let same = opened.is_ok_and(|opened| opened == made.plaintext && opened.len() == bytes);
        report.check(part, format_args!("a data key of {bytes} bytes comes back"), same);
        let opened = key.decrypt(Algorithm::SymmetricDefault, &made.ciphertext, &Context::empty(), call);
        report.refuses(part, "a data key without its context", opened, BackendError::InvalidCiphertext);
    }
    let out_of_range = InputError::OutOfRange { bytes_max: row.input_bytes_max }.into();
    for bytes in [0, row.input_bytes_max + 1] {
        let made = key.generate_data_key(bytes, &context, call);
        report.refuses(part, format_args!("a data key of {bytes} bytes"), made, out_of_range);
    }
    let made = [(); 2].map(|()| key.generate_data_key(32, &context, call).map(|made| made.plaintext));
    let [one, other] = made;
    report.check(part, "data keys differ", one != other);
}

fn data_key_pairs(subject: &Subject<'_>, key: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let context = Context::new([("purpose", "pair")]).unwrap_or_default();
    for spec in subject.backend.capabilities().pairs() {
        let made = key.generate_data_key_pair(*spec, &context, call);
        let Some(made) = report.done(part, format_args!("a data key pair {spec} is made"), made) else { continue };
        let opened = key.decrypt(Algorithm::SymmetricDefault, &made.ciphertext, &context, call);
        report.check(part, format_args!("a data key pair {spec} comes back"), opened == Ok(made.private));
        report.check(
            part,
            format_args!("a data key pair {spec} has a public half"),
            made.public.first() == Some(&0x30),
        );
    }
    let made = key.generate_data_key_pair(crate::spec::KeySpec::SymmetricDefault, &context, call);
    report.check(part, "a pair of a symmetric spec is refused", matches!(made, Err(BackendError::Unsupported { .. })));
}

/// Some operation that comes under this row, for checks that do not care for its result.
pub(super) fn with_row(key: &KeyHandle, row: &Capability, call: &Call<'_>) -> Option<Result<(), BackendError>> {
    let context = &Context::empty();
    let bytes = vec![0; 64];
    let message_type = row.message_type.unwrap_or(MessageType::Raw);
    let algorithm = row.algorithm.unwrap_or(Algorithm::SymmetricDefault);
    let message = truncated(&bytes, algorithm.message_bytes(message_type).unwrap_or(bytes.len()));
    let operation = match row.operation {
        OperationKind::Generate | OperationKind::Import | OperationKind::Adopt => return None,
        OperationKind::Encrypt => Operation::Encrypt { algorithm, plaintext: &bytes, context },
        OperationKind::Decrypt => Operation::Decrypt { algorithm, ciphertext: &bytes, context },
        OperationKind::GenerateDataKey => Operation::GenerateDataKey { bytes: 32, context },
        OperationKind::GenerateDataKeyPair => {
            Operation::GenerateDataKeyPair { spec: crate::spec::KeySpec::EccNistP256, context }
        }
        OperationKind::Sign => Operation::Sign { algorithm, message_type, message },
        OperationKind::Verify => Operation::Verify { algorithm, message_type, message, signature: &bytes },
        OperationKind::Mac => Operation::Mac { algorithm, message: &bytes },
        OperationKind::VerifyMac => Operation::VerifyMac { algorithm, message: &bytes, mac: &bytes },
        OperationKind::Agree => Operation::Agree { peer: &bytes },
        OperationKind::Encapsulate => Operation::Encapsulate,
        OperationKind::Decapsulate => Operation::Decapsulate { ciphertext: &bytes },
        OperationKind::PublicKey => Operation::PublicKey,
    };
    Some(key.execute(&operation, call).map(|_| ()))
}
