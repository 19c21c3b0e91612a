//! `CAPABILITIES.md` is what the probes found. `UPDATE=1 cargo test` rewrites it.
//!
//! Each backend keeps its own page under `capabilities/` true, where that backend can be run; this is the page of
//! the one that always can, and the table over all of them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests may"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;
use wardbook_backend::spec::KeySpec;

#[path = "suite/page.rs"]
mod page;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/capabilities");

/// What the column is called, and the page that it comes from.
const BACKENDS: &[(&str, &str)] = &[
    ("software", "software"),
    ("pure Rust", "rustcrypto"),
    ("AWS-LC", "aws-lc"),
    ("AWS-LC FIPS", "aws-lc-fips"),
    ("PKCS#11, SoftHSM2", "pkcs11-softhsm2"),
    ("XKS", "xks"),
];

const HEAD: &str = "# Capabilities

What each backend can do, and whose code does it.
The table is made from the pages under `capabilities/`, and those from what the backends proved with known answers when they started; the tests keep all of it true.
Sizes, boundaries and costs are on the pages; `--` is refused, and refused already when a key is made if nothing else of its usage is served.

";

const OPERATIONS: &[OperationKind] = {
    use OperationKind as O;
    &[
        O::Generate,
        O::Import,
        O::Adopt,
        O::Encrypt,
        O::Decrypt,
        O::GenerateDataKey,
        O::GenerateDataKeyPair,
        O::Sign,
        O::Verify,
        O::Mac,
        O::VerifyMac,
        O::Agree,
        O::Encapsulate,
        O::Decapsulate,
        O::PublicKey,
    ]
};

const NOTES: &str = "
- `software` is what `software:` starts: pure Rust first, AWS-LC for what that lacks.
- AWS-LC's Rust interface has no ML-DSA over a mu that was computed elsewhere and no Ed25519ph; pure Rust has both. SM2 and SM4 are not in AWS-LC at all.
- The FIPS module approves of neither OAEP, Ed25519, secp256k1, nor signatures over digests that were computed outside of it; with OAEP goes every import. Its symmetric keys make blobs of suite 3 (`FORMAT.md`).
- Another token than SoftHSM2 2.6 has another page: what it does is tried out when the backend starts. SoftHSM2 2.6 declines OAEP with SHA-256 and has no ML-DSA and no ML-KEM.
- An external key store has symmetric keys only, and those are adopted: nobody makes or imports them over its proxy.
";

#[test]
fn the_page_is_what_the_probe_found() {
    let root = LocalRoot::ephemeral(&System).expect("made");
    let software = Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System));
    let intro = "What the software backend can do with its pure-Rust provider.";
    page::check(&format!("{FOLDER}/rustcrypto.md"), intro, &software);
}

/// Spec, operation and algorithm.
type Row = (KeySpec, OperationKind, String);

#[test]
fn the_table_is_what_the_pages_say() {
    let mut rows: BTreeMap<Row, BTreeMap<&str, String>> = BTreeMap::new();
    for (column, name) in BACKENDS {
        let page = std::fs::read_to_string(format!("{FOLDER}/{name}.md")).expect("a page");
        for line in page.lines().filter_map(|line| line.strip_prefix("| ")).skip(1) {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [spec, operation, algorithm, message, _, _, provider, ..] = fields[..] else { panic!("{line}") };
            let spec = KeySpec::all().find(|it| it.as_str() == spec).expect("a spec");
            let operation = OPERATIONS.iter().find(|it| it.as_str() == operation).expect("an operation");
            let cell = rows.entry((spec, *operation, algorithm.to_owned())).or_default().entry(column).or_default();
            let text = if message.is_empty() { provider } else { message };
            write!(cell, "{}{text}", if cell.is_empty() { "" } else { ", " }).expect("written");
        }
    }
    let mut page = HEAD.to_owned();
    let mut line = |cells: &[&str]| writeln!(page, "| {} |", cells.join(" | ")).expect("written");
    let names: Vec<&str> = BACKENDS.iter().map(|(column, _)| *column).collect();
    line(&[&["spec", "operation", "algorithm"], &names[..]].concat());
    line(&vec!["---"; 3 + names.len()]);
    for ((spec, operation, algorithm), cells) in &rows {
        let found = names.iter().map(|column| cells.get(column).map_or("--", String::as_str));
        let found: Vec<&str> = found.collect();
        line(&[&[spec.as_str(), operation.as_str(), algorithm], &found[..]].concat());
    }
    for (column, name) in BACKENDS {
        write!(page, "{}[{column}](capabilities/{name}.md)", if *name == "software" { "\nPages: " } else { ", " })
            .expect("written");
    }
    page.push_str(".\n");
    page.push_str(NOTES);
    page::keep(concat!(env!("CARGO_MANIFEST_DIR"), "/CAPABILITIES.md"), &page);
}
