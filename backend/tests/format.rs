//! `FORMAT.md` against the code, and against the script that it shows.
//!
//! Without `python3` that script is not run, and the test says so, unless `WARDBOOK_REQUIRE_PYTHON` is set.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests may")]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use wardbook_backend::blob::{Blob, Suite};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::envelope::{self, Primitives};
use wardbook_backend::error::BackendError;
use wardbook_backend::random::{Random, RandomError};
use wardbook_backend::rustcrypto::{AesEnvelope, Sm4Envelope};
use wardbook_backend::secret::Secret;
use wardbook_backend::token::MaterialId;

const VECTORS: &str = include_str!("../testdata/envelope.txt");

type Section = (String, BTreeMap<String, Vec<u8>>);

/// Gives the same bytes at every request.
struct Replay(Vec<u8>);

impl Random for Replay {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.copy_from_slice(self.0.get(..bytes.len()).ok_or(RandomError)?);
        Ok(())
    }
}

#[test]
fn the_vectors_are_what_the_code_writes_and_reads() {
    let (mut opened, mut written, mut refused) = (0, 0, 0);
    for (title, values) in sections() {
        let text = |name: String| values.get(&name).map(|text| std::str::from_utf8(text).expect("UTF-8"));
        let pairs: Vec<(&str, &str)> =
            (0..).map_while(|index| Some((text(format!("name{index}"))?, text(format!("value{index}"))?))).collect();
        let context = Context::new(pairs.iter().rev().copied()).expect("valid");
        assert_eq!(context.as_bytes(), values["context"], "{title}");

        let material = MaterialId(values["material"][..].try_into().expect("32 bytes"));
        let key = Secret::copy(&values["key"]);
        let (aes, sm4) = (AesEnvelope::new(&key).expect("made"), Sm4Envelope::new(&key).expect("made"));
        let blob = &values["blob"];
        let suite = Blob::parse(blob).map(|blob| blob.header.suite);
        let primitives: &dyn Primitives = if suite == Some(Suite::Sm4GcmHmacSm3) { &sm4 } else { &aes };
        let call = Call::unhurried();
        let read = envelope::open(primitives, material, blob, &context, &call);
        match values.get("plaintext") {
            Some(plaintext) => {
                assert_eq!(read, Ok(Secret::copy(plaintext)), "{title}");
                opened += 1;
                // What draws the initialisation vector in here is the FIPS module, which takes no orders.
                if suite.is_some_and(Suite::draws_iv) {
                    continue;
                }
                let random = Replay(blob[37..65].to_vec());
                let made = envelope::seal(primitives, material, plaintext, &context, &random, &call);
                assert_eq!(made.as_ref(), Ok(blob), "{title}");
                written += 1;
            }
            None => {
                assert_eq!(read, Err(BackendError::InvalidCiphertext), "{title}");
                refused += 1;
            }
        }
    }
    println!("{opened} vectors read, {written} of them written, {refused} refused");
    assert_eq!((opened, written, refused), (9, 7, 18));
}

#[test]
fn the_script_in_the_page_accepts_the_vectors() {
    let page = include_str!("../FORMAT.md");
    let script = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a script");
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/envelope.txt");
    let run = Command::new("python3").args(["-c", script, vectors]).stdin(Stdio::null()).output();
    match run {
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && output.stdout.starts_with(b"ok"), "{told}");
        }
        Err(error) => {
            const REQUIRE: &str = "WARDBOOK_REQUIRE_PYTHON";
            assert!(std::env::var_os(REQUIRE).is_none(), "python3 is required and cannot be started: {error}");
            eprintln!("SKIPPED the script in FORMAT.md: there is no python3 ({error}); set {REQUIRE} to fail instead");
        }
    }
}

fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in VECTORS.lines() {
        if let Some(title) = line.strip_prefix('[') {
            sections.push((title.trim_end_matches(']').to_owned(), BTreeMap::new()));
        } else if let (Some((name, value)), Some((_, values))) = (line.split_once(" = "), sections.last_mut()) {
            let digits = value.trim_matches('-').as_bytes().chunks(2);
            let digits = digits.map(|pair| std::str::from_utf8(pair).expect("digits"));
            let value = digits.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect();
            values.insert(name.to_owned(), value);
        }
    }
    sections
}
