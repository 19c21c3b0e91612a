//! What the benchmarks share: documents and the way from a text to a policy, open keys, and the libraries raw.

pub mod cloudtrail;
pub mod keys;
pub mod random_policy;
pub mod raw;

use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

/// The key policy of the reference case: five statements.
pub const KEY_POLICY: &str = include_str!("../documents/key-policy.json");

/// The identity policy of the reference case: ten statements, eight of them about other services.
pub const IDENTITY_POLICY: &str = include_str!("../documents/identity-policy.json");

/// The account of every request.
pub const ACCOUNT: &str = "111122223333";

/// The key of every request.
pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Reads and compiles a policy that has no problems.
pub fn policy(text: &str, kind: PolicyKind) -> Policy {
    let value = json::parse(text).expect("the benchmark's document is JSON");
    Policy::new(&Document::read(&value), kind, Origin::default()).expect("the benchmark's document has no problems")
}

/// A document of these statements.
pub fn document(statements: impl IntoIterator<Item = String>) -> String {
    let statements: Vec<String> = statements.into_iter().collect();
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", statements.join(", "))
}
