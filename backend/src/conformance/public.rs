//! Public keys, agreement, encapsulation.

use super::{Report, Subject, binding, flipped, handle, positions, truncated};
use crate::call::Call;
use crate::error::{BackendError, InputError};
use crate::key::KeyHandle;
use crate::limits;
use crate::operation::OperationKind;
use crate::spec::{KeySpec, Usage};
use crate::token::{Binding, KeyToken};

/// The public half is the same whenever the key is opened; a symmetric key has none.
pub(super) fn key(
    subject: &Subject<'_>,
    own: &Binding,
    token: &KeyToken,
    key: &KeyHandle,
    report: &mut Report,
    part: &str,
) {
    let call = &Call::unhurried();
    let public = key.public_key(call);
    if own.spec().is_symmetric() {
        let refused = matches!(public, Err(BackendError::Unsupported { .. }));
        report.check(part, "a symmetric key has no public half", refused);
        return;
    }
    let public = report.done(part, "a public key is given", public);
    let again = subject.backend.open(token, own, call).and_then(|key| key.public_key(call)).ok();
    report.check(part, "a public key stays the same", public == again);
    report.check(part, "a public key is a DER sequence", public.is_some_and(|public| public.first() == Some(&0x30)));
}

pub(super) fn agree(subject: &Subject<'_>, own: &Binding, key: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let other = binding("conformance-other", 3, own.spec(), own.usage()).ok();
    let Some((_, other)) = other.and_then(|other| handle(subject, &other, report, part)) else { return };
    let (mine, theirs) = (key.public_key(call).unwrap_or_default(), other.public_key(call).unwrap_or_default());
    let (one, two) = (key.agree(&theirs, call), other.agree(&mine, call));
    report.check(part, "both sides find the same secret", one.is_ok() && one == two);
    let invalid = InputError::PublicKey.into();
    for length in positions(theirs.len()) {
        let agreed = key.agree(truncated(&theirs, length), call);
        report.refuses(part, format_args!("a peer's key cut to {length} bytes"), agreed, invalid);
    }
    for position in positions(theirs.len()) {
        // A changed coordinate leaves the curve; a changed frame is none.
        let agreed = key.agree(&flipped(&theirs, position), call);
        report.refuses(part, format_args!("a peer's key with byte {position} changed"), agreed, invalid);
    }
    for spec in KeySpec::all().filter(|spec| *spec != own.spec() && spec.usages().contains(&Usage::KeyAgreement)) {
        let foreign = binding("conformance-foreign", 4, spec, Usage::KeyAgreement).ok();
        let foreign = foreign.filter(|foreign| {
            subject.backend.capabilities().covers(foreign.spec(), foreign.usage(), OperationKind::Generate)
        });
        if let Some((_, foreign)) = foreign.and_then(|foreign| handle(subject, &foreign, report, part)) {
            let public = foreign.public_key(call).unwrap_or_default();
            report.refuses(part, format_args!("a peer's key on {spec}"), key.agree(&public, call), invalid);
        }
    }
    let too_long = InputError::TooLong { bytes_max: limits::PUBLIC_KEY_BYTES_MAX }.into();
    let long = vec![0x30; limits::PUBLIC_KEY_BYTES_MAX + 1];
    report.refuses(part, "a peer's key that is too long", key.agree(&long, call), too_long);
}

pub(super) fn encapsulate(subject: &Subject<'_>, own: &Binding, key: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let Some(made) = report.done(part, "a secret is encapsulated", key.encapsulate(call)) else { return };
    let found = key.decapsulate(&made.ciphertext, call);
    report.check(part, "a secret is decapsulated", found.as_ref() == Ok(&made.shared_secret));
    let again = key.encapsulate(call);
    report.check(part, "secrets differ", again.is_ok_and(|again| again.shared_secret != made.shared_secret));
    for position in positions(made.ciphertext.len()) {
        let found = key.decapsulate(&flipped(&made.ciphertext, position), call);
        let other = found.as_ref() != Ok(&made.shared_secret);
        report.check(part, format_args!("byte {position} changed leads to another secret"), other);
    }
    for length in positions(made.ciphertext.len()) {
        let found = key.decapsulate(truncated(&made.ciphertext, length), call);
        report.refuses(part, format_args!("cut to {length} bytes"), found, BackendError::InvalidCiphertext);
    }
    let longer = [made.ciphertext.as_slice(), &[0]].concat();
    report.refuses(part, "a byte more", key.decapsulate(&longer, call), BackendError::InvalidCiphertext);
    let other = binding("conformance-other", 3, own.spec(), own.usage()).ok();
    if let Some((_, other)) = other.and_then(|other| handle(subject, &other, report, part)) {
        let found = other.decapsulate(&made.ciphertext, call);
        report.check(part, "another key finds another secret", found.as_ref() != Ok(&made.shared_secret));
    }
}
