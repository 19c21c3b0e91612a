//! Keys that fail in every way a holder can.

use super::*;
use crate::capability::{Boundary, Cost};
use crate::conformance::Stopped;
use crate::random::System;
use crate::token::MaterialId;

/// Encrypts by copying, signs with a constant, and can be told to do either wrongly.
#[derive(Default)]
struct Fake {
    lose_a_bit: bool,
    forget: bool,
    sign_wrongly: bool,
}

impl Key for Fake {
    fn encrypt(&self, _: Algorithm, plaintext: &[u8], _: &Context, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        let mut ciphertext = plaintext.to_vec();
        if self.lose_a_bit {
            ciphertext[0] ^= 1;
        }
        Ok(ciphertext)
    }

    fn decrypt(&self, _: Algorithm, ciphertext: &[u8], _: &Context, _: &Call<'_>) -> Result<Secret, BackendError> {
        if self.forget { Err(BackendError::InvalidCiphertext) } else { Ok(Secret::copy(ciphertext)) }
    }

    fn sign(&self, _: Algorithm, _: MessageType, _: &[u8], _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(vec![if self.sign_wrongly { 0 } else { 1 }])
    }

    fn verify(
        &self,
        _: Algorithm,
        _: MessageType,
        _: &[u8],
        signature: &[u8],
        _: &Call<'_>,
    ) -> Result<(), BackendError> {
        if signature == [1] { Ok(()) } else { Err(BackendError::InvalidSignature) }
    }
}

fn row(spec: KeySpec, operation: OperationKind, algorithm: Algorithm, message_type: Option<MessageType>) -> Capability {
    Capability {
        spec,
        operation,
        algorithm: Some(algorithm),
        message_type,
        input_bytes_max: 64,
        context_bytes_max: if algorithm == Algorithm::SymmetricDefault { 64 } else { 0 },
        uses_max: None,
        provider: "fake",
        boundary: Boundary::Process,
        fips: false,
        cost: Cost::Inline,
        verify_after_sign: operation == OperationKind::Sign,
    }
}

fn handle(spec: KeySpec, usage: Usage, fake: Fake) -> KeyHandle {
    let rows = [
        row(KeySpec::SymmetricDefault, OperationKind::Encrypt, Algorithm::SymmetricDefault, None),
        row(KeySpec::SymmetricDefault, OperationKind::Decrypt, Algorithm::SymmetricDefault, None),
        row(KeySpec::Rsa2048, OperationKind::Encrypt, Algorithm::RsaesOaepSha256, None),
        row(KeySpec::Rsa2048, OperationKind::Sign, Algorithm::RsassaPssSha256, Some(MessageType::Raw)),
        row(KeySpec::Rsa2048, OperationKind::Verify, Algorithm::RsassaPssSha256, Some(MessageType::Raw)),
        row(KeySpec::Hmac256, OperationKind::Mac, Algorithm::HmacSha256, None),
    ];
    let capabilities = Capabilities::probe(rows, |_| Ok(()));
    let binding = Binding::new("k", MaterialId([0; 32]), spec, usage).expect("valid");
    KeyHandle::new(&binding, "fake", &capabilities, Arc::new(System), Box::new(fake))
}

fn data_key(fake: Fake) -> Result<DataKey, BackendError> {
    handle(KeySpec::SymmetricDefault, Usage::EncryptDecrypt, fake).generate_data_key(
        32,
        &Context::empty(),
        &Call::unhurried(),
    )
}

#[test]
fn a_data_key_that_would_not_come_back_is_never_released() {
    assert!(data_key(Fake::default()).is_ok());
    assert_eq!(data_key(Fake { lose_a_bit: true, ..Fake::default() }), Err(BackendError::Integrity));
    assert_eq!(data_key(Fake { forget: true, ..Fake::default() }), Err(BackendError::Integrity));
}

#[test]
fn a_faulty_signature_is_never_released() {
    let sign = |fake| {
        let key = handle(KeySpec::Rsa2048, Usage::SignVerify, fake);
        key.sign(Algorithm::RsassaPssSha256, MessageType::Raw, b"message", &Call::unhurried())
    };
    assert_eq!(sign(Fake::default()), Ok(vec![1]));
    assert_eq!(sign(Fake { sign_wrongly: true, ..Fake::default() }), Err(BackendError::Integrity));
}

#[test]
fn associated_data_is_honoured_or_refused_and_never_dropped() {
    let context = Context::new([("tenant", "one")]).expect("valid");
    let key = handle(KeySpec::Rsa2048, Usage::EncryptDecrypt, Fake::default());
    let algorithm = Algorithm::RsaesOaepSha256;
    let refused = key.encrypt(algorithm, b"plaintext", &context, &Call::unhurried());
    assert_eq!(refused, Err(BackendError::ContextRefused { algorithm }));
    let value = "x".repeat(64);
    let long = Context::new([("tenant", value.as_str())]).expect("valid");
    let key = handle(KeySpec::SymmetricDefault, Usage::EncryptDecrypt, Fake::default());
    let refused = key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &long, &Call::unhurried());
    assert_eq!(refused, Err(InputError::TooLong { bytes_max: 64 }.into()));
}

#[test]
fn a_key_is_used_for_what_it_was_made_for() {
    let key = handle(KeySpec::Rsa2048, Usage::SignVerify, Fake::default());
    let refused = key.encrypt(Algorithm::RsaesOaepSha256, b"plaintext", &Context::empty(), &Call::unhurried());
    let wanted = BackendError::WrongUsage { usage: Usage::SignVerify, operation: OperationKind::Encrypt };
    assert_eq!(refused, Err(wanted));
    let refused = key.mac(Algorithm::HmacSha256, b"message", &Call::unhurried());
    assert!(matches!(refused, Err(BackendError::Unsupported { .. })));
}

#[test]
fn a_holder_that_claims_and_does_not_implement_gives_nothing() {
    let key = handle(KeySpec::Hmac256, Usage::GenerateVerifyMac, Fake::default());
    assert_eq!(key.mac(Algorithm::HmacSha256, b"message", &Call::unhurried()), Err(BackendError::Internal));
    let verified = key.verify_mac(Algorithm::HmacSha256, b"message", &[0; 32], &Call::unhurried());
    assert_eq!(verified, Err(BackendError::Internal));
}

#[test]
fn nothing_begins_after_the_deadline() {
    let key = handle(KeySpec::SymmetricDefault, Usage::EncryptDecrypt, Fake::default());
    let late = Call::until(&Stopped, crate::conformance::LATE);
    let refused = key.encrypt(Algorithm::SymmetricDefault, b"plaintext", &Context::empty(), &late);
    assert_eq!(refused, Err(BackendError::Timeout));
}

#[test]
fn what_is_printed_of_an_operation_is_its_shape() {
    let context = Context::new([("patient", "Jane Roe")]).expect("valid");
    let plaintext = b"attack at dawn";
    let operation = Operation::Encrypt { algorithm: Algorithm::SymmetricDefault, plaintext, context: &context };
    let labels = [("principal", "secret-name")];
    let call = Call::unhurried().with_labels(&labels);
    let printed = format!("{operation:?} {context:?} {call:?} {:?}", data_key(Fake::default()));
    for secret in ["attack", "Jane", "secret-name", &format!("{plaintext:?}")] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("input_bytes: 14") && printed.contains("Secret(32 bytes)"), "{printed}");
}
