//! `CAPABILITIES.md` is what the probe found. `UPDATE=1 cargo test` rewrites it.

#![allow(clippy::expect_used, reason = "helpers of tests may panic as tests may")]

use std::sync::Arc;

use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;

#[path = "suite/page.rs"]
mod page;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/CAPABILITIES.md");

#[test]
fn the_page_is_what_the_probe_found() {
    let root = LocalRoot::ephemeral(&System).expect("made");
    let software = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    page::check(PAGE, "What the software backend can do with its pure-Rust provider.", &software);
}
