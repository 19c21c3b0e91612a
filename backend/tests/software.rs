//! The software backend as its users see it.

use std::sync::Arc;

use wardbook_backend::backend::{Backend, Depth};
use wardbook_backend::call::Call;
use wardbook_backend::conformance::{self, Sm2Wrap, Subject};
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;

fn software() -> Software {
    let root = LocalRoot::ephemeral(&System).expect("made");
    Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System))
}

#[test]
fn every_claim_holds_against_answers_computed_elsewhere() {
    let software = software();
    let refuted: Vec<&str> = software.capabilities().refuted().iter().map(|row| row.reason.as_str()).collect();
    assert!(refuted.is_empty(), "{refuted:#?}");
    println!("{} capabilities of 18 specs proved", software.capabilities().rows().len());
    assert!(software.health(Depth::Deep, &Call::unhurried()).expect("healthy").is_active());
}

#[test]
fn the_software_backend_conforms() {
    let software = software();
    let wrap = Sm2Wrap(&System);
    let subject = Subject { backend: &software, existing: &[], wraps: &[&wrap] };
    let report = conformance::run(&subject);
    println!("{report}");
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
    assert!(report.passed() > 10_000, "the suite has shrunk to {} checks", report.passed());
}
