//! `CAPABILITIES.md` is what the probe found. `UPDATE=1 cargo test` rewrites it.

#![allow(clippy::expect_used, reason = "helpers of tests may panic as tests may")]

use std::fmt::Write;
use std::sync::Arc;

use wardbook_backend::backend::Backend;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/CAPABILITIES.md");

#[test]
fn the_page_is_what_the_probe_found() {
    let root = LocalRoot::ephemeral(&System).expect("made");
    let software = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    let page = render(&software);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &page).expect("written");
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        kept == page,
        "CAPABILITIES.md is stale: run `UPDATE=1 cargo test -p wardbook-backend --test capabilities`"
    );
}

fn render(backend: &dyn Backend) -> String {
    let mut page = String::from(
        "# Capabilities\n\n\
         What the software backend can do with its pure-Rust provider.\n\
         Each row was run with a known answer when this page was written, as it is whenever a backend starts.\n\
         Sizes are in bytes; a context of 0 means that one is refused.\n\n\
         | spec | operation | algorithm | message | input | context | provider | boundary | FIPS | cost |\n\
         |---|---|---|---|---:|---:|---|---|---|---|\n",
    );
    let mut rows: Vec<_> = backend.capabilities().rows().iter().collect();
    rows.sort_by_key(|row| (row.spec, row.operation, row.algorithm, row.message_type));
    for row in rows {
        let (algorithm, message) =
            (row.algorithm.map_or("", |it| it.as_str()), row.message_type.map_or("", |it| it.as_str()));
        let fips = if row.fips { "yes" } else { "no" };
        writeln!(
            page,
            "| {} | {} | {algorithm} | {message} | {} | {} | {} | {} | {fips} | {} |",
            row.spec, row.operation, row.input_bytes_max, row.context_bytes_max, row.provider, row.boundary, row.cost,
        )
        .expect("written");
    }
    let pairs: Vec<&str> = backend.capabilities().pairs().iter().map(|spec| spec.as_str()).collect();
    let wrappings: Vec<String> = backend.capabilities().wrappings().iter().map(ToString::to_string).collect();
    write!(
        page,
        "\nData key pairs: {}.\n\nImported material may be wrapped with: {}.\n",
        pairs.join(", "),
        wrappings.join(", "),
    )
    .expect("written");
    page
}
