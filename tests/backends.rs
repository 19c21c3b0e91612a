//! What one holder of keys made, another understands: a token and AWS-LC, which know nothing of each other.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use wardbook_backend::backend::Backend;
use wardbook_backend::conformance::{self, Subject};
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_backend_aws_lc::AwsLc;
use wardbook_backend_pkcs11::{Pkcs11, Settings};

#[path = "support/softhsm.rs"]
mod softhsm;
mod support;

/// RSA and the curves: signatures of each verify with the other, what is encrypted for a key of the token under its
/// public half opens in the token, and secrets agreed on are the same.
#[test]
fn a_token_and_aws_lc_understand_each_other() {
    softhsm::alone("a_token_and_aws_lc_understand_each_other", |uri| {
        let variable = |name: &str| std::env::var(name).ok().map(|value| Secret::new(value.into_bytes()));
        let token = Pkcs11::start(Settings::parse(uri, variable).unwrap()).unwrap();
        let root = Arc::new(LocalRoot::ephemeral(&System).unwrap());
        let aws_lc = Software::start([Arc::new(AwsLc::start().unwrap()) as _], Roots::new(root), Arc::new(System));
        let (one, other) = (subject(&token), subject(&aws_lc));
        let report = conformance::pair(&one, &other);
        println!("{report}");
        assert!(report.failures().is_empty(), "{:#?}", report.failures());

        // Three sizes of RSA with twelve ways to sign and OAEP with SHA-1, the curves and Ed25519.
        assert!(report.passed() > 130, "the suite has shrunk to {} checks", report.passed());
    });
}

fn subject(backend: &dyn Backend) -> Subject<'_> {
    Subject { backend, existing: &[], wraps: &[] }
}
