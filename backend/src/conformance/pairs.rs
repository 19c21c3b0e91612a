//! What one backend made, another understands.

use super::{Report, Subject, binding, handle, import, wraps};
use crate::algorithm::Algorithm;
use crate::call::Call;
use crate::capability::Capability;
use crate::context::Context;
use crate::error::BackendError;
use crate::key::KeyHandle;
use crate::known_answer::Answers;
use crate::operation::OperationKind;
use crate::spec::{KeySpec, Usage};
use crate::token::Binding;

pub(super) fn run(one: &Subject<'_>, other: &Subject<'_>, spec: KeySpec, report: &mut Report) {
    for usage in spec.usages() {
        let Ok(own) = binding("conformance-pair", 5, spec, *usage) else { continue };
        let both =
            |origin| [one, other].iter().all(|subject| subject.backend.capabilities().covers(spec, *usage, origin));
        let part = format!("{spec} {usage} between two");
        if *usage == Usage::KeyAgreement && both(OperationKind::Generate) {
            agreement(one, other, &own, report, &part);
        }
        for (holder, stranger) in [(one, other), (other, one)] {
            public(holder, stranger, &own, report, &part);
        }
        if both(OperationKind::Import) {
            shared(one, other, &own, report, &part);
        }
    }
}

/// Keys made apart agree.
fn agreement(one: &Subject<'_>, other: &Subject<'_>, own: &Binding, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let Some((_, mine)) = handle(one, own, report, part) else { return };
    let Some((_, theirs)) = handle(other, own, report, part) else { return };
    let agree = |with: &KeyHandle, peer: &KeyHandle| peer.public_key(call).and_then(|peer| with.agree(&peer, call));
    let (found, too) = (agree(&mine, &theirs), agree(&theirs, &mine));
    report.check(part, "both find the same secret", found.is_ok() && found == too);
}

/// One holds the key, the other has its public half.
fn public(holder: &Subject<'_>, stranger: &Subject<'_>, own: &Binding, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    let mut proved = stranger.backend.capabilities().of(own.spec(), own.usage());
    if own.spec().is_symmetric() || !proved.any(|row| row.operation == OperationKind::PublicKey) {
        return;
    }
    let Some((_, private)) = handle(holder, own, report, part) else { return };
    let opened = private
        .public_key(call)
        .and_then(|public| stranger.backend.open_public(own.spec(), own.usage(), &public, call));
    match opened {
        Err(BackendError::Unsupported { .. }) => {}
        opened => {
            let Some(public) = report.done(part, "a stranger's public key opens", opened) else { return };
            exchange(&private, &public, report, part);
            exchange(&public, &private, report, part);
        }
    }
}

/// The same material in both.
fn shared(one: &Subject<'_>, other: &Subject<'_>, own: &Binding, report: &mut Report, part: &str) {
    let Some(answers) = Answers::of(own.spec()) else { return };
    let Ok(material) = answers.get("material") else { return };
    let taken = [one, other].map(|subject| {
        let way = wraps(subject).next()?;
        report.done(part, "the material is imported", import::take(subject, own, way, material))
    });
    let [Some(mine), Some(theirs)] = taken else { return };
    for (from, to) in [(&mine.key, &theirs.key), (&theirs.key, &mine.key)] {
        exchange(from, to, report, part);
    }
    let call = &Call::unhurried();
    if !own.spec().is_symmetric() {
        let same = mine.key.public_key(call) == theirs.key.public_key(call);
        report.check(part, "both have the same public key", same);
    }
}

fn exchange(from: &KeyHandle, to: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    for row in from.capabilities() {
        let counterpart = match row.operation {
            OperationKind::Encrypt => OperationKind::Decrypt,
            OperationKind::Sign => OperationKind::Verify,
            OperationKind::Mac => OperationKind::VerifyMac,
            OperationKind::Encapsulate => OperationKind::Decapsulate,
            _ => continue,
        };
        let known = |other: &&Capability| {
            (other.operation, other.algorithm, other.message_type) == (counterpart, row.algorithm, row.message_type)
        };
        let (Some(algorithm), Some(_)) = (row.algorithm, to.capabilities().iter().find(known)) else { continue };
        let message = vec![0x42; row.message_type.and_then(|it| algorithm.message_bytes(it)).unwrap_or(100)];
        let holds = match (row.operation, row.message_type) {
            (OperationKind::Encrypt, _) => {
                let context = match algorithm {
                    Algorithm::SymmetricDefault => Context::new([("from", "one to the other")]).unwrap_or_default(),
                    _ => Context::empty(),
                };
                let encrypted = from.encrypt(algorithm, &message, &context, call);
                let opened = encrypted.and_then(|ciphertext| to.decrypt(algorithm, &ciphertext, &context, call));
                opened.is_ok_and(|opened| opened.expose() == message)
            }
            (OperationKind::Sign, Some(message_type)) => {
                let signed = from.sign(algorithm, message_type, &message, call);
                signed.is_ok_and(|signature| to.verify(algorithm, message_type, &message, &signature, call).is_ok())
            }
            (OperationKind::Mac, _) => {
                let made = from.mac(algorithm, &message, call);
                made.is_ok_and(|mac| to.verify_mac(algorithm, &message, &mac, call).is_ok())
            }
            (OperationKind::Encapsulate, _) => from.encapsulate(call).is_ok_and(|made| {
                to.decapsulate(&made.ciphertext, call).is_ok_and(|found| found == made.shared_secret)
            }),
            _ => continue,
        };
        report.check(part, format_args!("{} with {algorithm} is understood", row.operation), holds);
    }
}
