//! Taking over material that somebody else made.

use super::{Report, Subject, binding, flipped, positions, wraps};
use crate::call::Call;
use crate::error::BackendError;
use crate::import::{ImportSession, Imported, Wrapping};
use crate::key::KeyHandle;
use crate::known_answer::{Answers, check};
use crate::limits;
use crate::operation::OperationKind;
use crate::spec::KeySpec;
use crate::token::{Binding, MaterialId};

use super::Wrap;

/// What was imported, and the key it became.
pub(super) struct Taken {
    pub(super) imported: Imported,
    pub(super) key: KeyHandle,
}

/// Wraps material for a backend and lets it take it over.
pub(super) fn take(
    subject: &Subject<'_>,
    own: &Binding,
    (wrapping, wrap): (Wrapping, &dyn Wrap),
    material: &[u8],
) -> Result<Taken, BackendError> {
    let call = Call::unhurried();
    let offer = subject.backend.begin_import(own, wrapping, &call)?;
    let session = ImportSession::from_bytes(offer.session.as_bytes())?;
    let wrapped = wrap.wrap(wrapping, &offer.public_key, material).ok_or(BackendError::Internal)?;
    let imported = subject.backend.import(own, &session, &wrapped, &call)?;
    let key = subject.backend.open(&imported.token, own, &call)?;
    Ok(Taken { imported, key })
}

pub(super) fn run(subject: &Subject<'_>, spec: KeySpec, report: &mut Report) {
    let Some(answers) = Answers::of(spec) else { return };
    let Ok(material) = answers.get("material") else { return };
    for usage in spec.usages() {
        if !subject.backend.capabilities().covers(spec, *usage, OperationKind::Import) {
            continue;
        }
        let version = answers.get("version").ok().and_then(|version| version.try_into().ok()).unwrap_or([1; 32]);
        let Ok(own) = Binding::new("conformance-import", MaterialId(version), spec, *usage) else { continue };
        for way in wraps(subject) {
            let part = format!("{spec} {usage} import");
            let taken = report.done(&part, format_args!("{} is imported", way.0), take(subject, &own, way, material));
            let Some(taken) = taken else { continue };
            for row in taken.key.capabilities().iter().filter(|row| row.operation.usage() == Some(*usage)) {
                known(row, &answers, &taken.key, report, &part);
            }
            let again = take(subject, &own, way, material).map(|again| again.imported.fingerprint);
            report.check(&part, "the same material is recognised", again == Ok(taken.imported.fingerprint));
            refusals(subject, &own, way, material, report, &part);
        }
    }
}

/// What was made elsewhere with this material is understood.
fn known(row: &crate::capability::Capability, answers: &Answers, key: &KeyHandle, report: &mut Report, part: &str) {
    let checked = match row.operation {
        // Its answer depends on random bytes, which an imported key draws afresh.
        OperationKind::Encrypt | OperationKind::GenerateDataKey | OperationKind::GenerateDataKeyPair => return,
        OperationKind::VerifyMac => return,
        _ => check(row, answers, key.inner()),
    };
    let reason = checked.as_ref().err().cloned().unwrap_or_default();
    report.check(part, format_args!("{} with imported material: {reason}", row.operation), checked.is_ok());
}

fn refusals(
    subject: &Subject<'_>,
    own: &Binding,
    way: (Wrapping, &dyn Wrap),
    material: &[u8],
    report: &mut Report,
    part: &str,
) {
    let (backend, call) = (subject.backend, Call::unhurried());
    let Ok(offer) = backend.begin_import(own, way.0, &call) else { return };
    let Some(wrapped) = way.1.wrap(way.0, &offer.public_key, material) else { return };
    let import = |own: &Binding, session: &ImportSession, wrapped: &[u8]| {
        backend.import(own, session, wrapped, &call).map(|_| ())
    };
    let invalid = BackendError::InvalidImport;
    let sampled = |position: &usize| position.is_multiple_of(7);
    for position in positions(wrapped.len()).filter(sampled) {
        let got = import(own, &offer.session, &flipped(&wrapped, position));
        report.refuses(part, format_args!("wrapped material with byte {position} changed"), got, invalid);
    }
    for wrong in [&[][..], &[0; 32], &vec![0; limits::IMPORT_BYTES_MAX + 1]] {
        report.refuses(part, "what is no wrapped material", import(own, &offer.session, wrong), invalid);
    }
    let cut = material.get(1..).unwrap_or_default();
    for wrong in [cut, &[material, &[0]].concat(), &[7; 5]] {
        if let Some(wrapped) = way.1.wrap(way.0, &offer.public_key, wrong) {
            let got = import(own, &offer.session, &wrapped);
            report.refuses(part, "material that is none of this spec", got, BackendError::UnfitMaterial);
        }
    }
    if let Ok(other) = binding("another", 9, own.spec(), own.usage()) {
        let got = import(&other, &offer.session, &wrapped);
        report.refuses(part, "a session of another key", got, BackendError::InvalidImportSession);
    }
    if let Ok(other) = backend.begin_import(own, way.0, &call) {
        report.refuses(part, "another session", import(own, &other.session, &wrapped), invalid);
    }
    for position in positions(offer.session.as_bytes().len()) {
        let session = ImportSession::from_bytes(&flipped(offer.session.as_bytes(), position));
        let got = session.and_then(|session| import(own, &session, &wrapped));
        report.check(part, format_args!("a session with byte {position} changed is refused"), got.is_err());
    }
}
