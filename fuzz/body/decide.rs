//! A whole question, its parts divided by the character U+001E: principal, action, resource, a condition key, its
//! value, and documents; each document serves as every layer that takes it.

use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::explain::explain;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.split('\u{1e}');
    let mut part = || parts.next().unwrap_or_default();
    let (principal, action, resource, key, value) = (part(), part(), part(), part(), part());
    let documents: Vec<json::Value> = parts.filter_map(|text| json::parse(text).ok()).collect();
    let all = |kind| -> Vec<Policy> {
        documents.iter().map(|value| Policy::forced(&Document::read(value), kind, Origin::default()).0).collect()
    };
    let (bare, named) = (all(PolicyKind::Identity), all(PolicyKind::Key));
    let (scps, rcps) = ([all(PolicyKind::Scp)], [all(PolicyKind::Rcp)]);
    let grants: Vec<Grant> = documents.iter().filter_map(|value| Grant::read(value).ok()).collect();
    let plain = Layers {
        resource: Told::Known(&named),
        identity: Told::Known(&bare),
        grants: Told::Known(&grants),
        ..Layers::default()
    };
    let limited = Layers {
        boundary: Told::Known(&bare),
        session: Told::Known(&bare),
        scps: Told::Known(&scps),
        rcps: Told::Known(&rcps),
        ..plain
    };
    let asked = || Request::builder(principal, action, resource);
    for request in
        [asked().with(key, value), asked().unknown(key)].into_iter().filter_map(|request| request.build().ok())
    {
        let [open, closed] = [plain, limited].map(|layers| {
            let verdict = decide(&request, &layers, Quirks::default()).verdict();
            assert_eq!(verdict, explain(&request, &layers, Quirks::default()).decision().verdict());
            verdict
        });
        assert!(open == Verdict::Allow || closed != Verdict::Allow, "more layers opened what was closed");
    }
}
