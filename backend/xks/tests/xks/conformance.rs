//! The public conformance suite of all backends.

use std::sync::Arc;

use wardbook_backend::call::Call;
use wardbook_backend::conformance::{self, Subject};
use wardbook_backend::random::System;
use wardbook_backend::spec::KeySpec;
use wardbook_backend_xks::xks::Xks;

#[path = "../../../tests/suite/page.rs"]
mod page;

use crate::proxy::Proxy;
use crate::scene::{EASY, client, id, local};

#[test]
fn the_xks_backend_conforms() {
    let proxy = Proxy::start();
    ["one", "test"].iter().for_each(|name| proxy.add_key(name));
    proxy.with(|state| state.ciphertext_metadata = b"v=1".to_vec());
    let (client, call) = (client(&proxy, EASY), Call::unhurried());
    let xks = Xks::connect(client, local(), Arc::new(System), Some(id("test")), &call).expect("connects");
    let intro = "What the external key store backend can do, with a proxy that follows the interface.";
    page::check(concat!(env!("CARGO_MANIFEST_DIR"), "/../capabilities/xks.md"), intro, &xks);
    let subject = Subject { backend: &xks, existing: &[(KeySpec::SymmetricDefault, "one")], wraps: &[] };
    let report = conformance::run(&subject);
    println!("{report}");
    assert!(report.failures().is_empty(), "{:#?}", report.failures());
    assert!(report.passed() > 900, "the suite has shrunk to {} checks", report.passed());
}
