//! The house as `ARCHITECTURE.md` draws it: which room may know which, and what may never come in.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may depend on whom inside the workspace. `wardbook`, the command line, may join anything.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "wardbook",
        &[
            "wardbook-policy",
            "wardbook-inventory",
            "wardbook-audit",
            "wardbook-backend",
            "wardbook-backend-aws-lc",
            "wardbook-backend-pkcs11",
            "wardbook-backend-xks",
            "wardbook-service",
        ],
    ),
    ("wardbook-policy", &[]),
    ("wardbook-inventory", &["wardbook-policy"]),
    ("wardbook-backend", &[]),
    ("wardbook-backend-xks", &["wardbook-backend"]),
    ("wardbook-audit", &[]),
    ("wardbook-service", &["wardbook-policy", "wardbook-audit", "wardbook-backend"]),
    ("wardbook-backend-aws-lc", &["wardbook-backend"]),
    ("wardbook-backend-pkcs11", &["wardbook-backend"]),
];

/// Licences of dependencies; an expression passes if one of its alternatives consists of these.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
    "CC0-1.0",
    "BSL-1.0",
];

/// What one crate alone may have besides. `fips` is off unless it is asked for: its module keeps the older licence of
/// OpenSSL, which is permissive, and wants to be named where the module is advertised.
const LICENCES_OF_ONE: &[(&str, &str)] = &[("aws-lc-fips-sys", "OpenSSL")];

/// What comes in more than one version because two dependencies that we need have not agreed yet, and who wants the
/// older one. Everything else comes once, arrow and parquet above all.
const TWICE: &[(&str, &str)] = &[
    ("getrandom", "ahash, under arrow, has the older one; rand and the backends the newer"),
    ("r-efi", "the two getrandoms on UEFI"),
    ("syn", "zerocopy-derive, under arrow, has the older one; clap and thiserror the newer"),
];

/// What comes twice besides, if a feature is on.
const TWICE_WITH_FEATURES: &[(&str, &str)] = &[
    ("base64", "object_store has the older one"),
    ("block-buffer", "md-5, under object_store, has the older one"),
    ("comfy-table", "arrow's printing, under DataFusion, has the older one"),
    ("crypto-common", "md-5, under object_store, has the older one"),
    ("digest", "md-5, under object_store, has the older one"),
    ("fallible-iterator", "tokio-postgres has the older one"),
    ("foldhash", "an older hashbrown, under DataFusion, has the older one"),
    ("hashbrown", "DataFusion and what is under it have the older ones"),
    ("itertools", "object_store has the older one"),
    ("md-5", "object_store has the older one; tokio-postgres the newer"),
    ("nom", "cexpr, which runs while building the FIPS module of AWS-LC, has the older one"),
    ("num-bigint", "arrow, under DataFusion, has the newer one"),
    ("phf", "chrono-tz, under DataFusion, has the older one; tokio-postgres the newer"),
    ("phf_shared", "the older phf under DataFusion"),
    ("rand", "DataFusion has the older one"),
    ("rand_core", "the older rand under DataFusion"),
    ("wasi", "whoami, under tokio-postgres, has another one on WebAssembly"),
    ("windows-sys", "what is under reqwest has other ones"),
];

/// The features that are off by default.
const FEATURES: &str = "object-store,postgres,sql,wardbook-backend-aws-lc/fips";

/// Inside `policy`: from the question about one request down to the facts. A file may use modules of
/// its own storey and of those below it, never of one above.
const STOREYS: &[&[&str]] = &[
    &["catalogue"],
    &[
        "action_set",
        "arn",
        "caller",
        "canonical",
        "condition",
        "context",
        "decide",
        "derive",
        "digest",
        "document",
        "explain",
        "grant",
        "index",
        "json",
        "key",
        "layer",
        "layers",
        "limits",
        "pattern",
        "policy",
        "principal",
        "question",
        "quirk",
        "remedy",
        "request",
        "scene",
        "slice",
        "span",
        "statement",
        "subject",
        "symbol",
        "term",
        "tri",
        "variable",
    ],
    &["boxes"],
    &["lint"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata(arguments: &[&str]) -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo metadata starts");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// What can be built on some platform, as `name vVersion`. The lock file and `cargo metadata` also name optional
/// dependencies that no feature turns on (rust-lang/cargo#10801), such as the second TLS library of rustls.
fn built(features: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--workspace", "--locked", "--target", "all", "--edges", "all"])
        .args(["--prefix", "none", "--format", "{p}", "--features", features])
        .current_dir(root())
        .output()
        .expect("cargo tree starts");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    String::from_utf8_lossy(&output.stdout).lines().map(words).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn rooms_know_only_whom_they_may_know() {
    let metadata = metadata(&["--no-deps"]);
    let members: BTreeSet<&str> = list(&metadata, "packages").iter().map(|package| text(package, "name")).collect();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(members, drawn, "a room was added or removed: draw it in this test and in ARCHITECTURE.md");
    for package in list(&metadata, "packages") {
        let name = text(package, "name");
        let allowed = ARROWS.iter().find(|(room, _)| *room == name).map(|(_, allowed)| *allowed).unwrap_or_default();
        for dependency in list(package, "dependencies").iter().map(|dependency| text(dependency, "name")) {
            let inside = members.contains(dependency);
            assert!(!inside || allowed.contains(&dependency), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn policy_stays_fit_for_wasm() {
    let metadata = metadata(&["--filter-platform", "wasm32-unknown-unknown"]);
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let packages: BTreeMap<&str, &Value> =
        list(&metadata, "packages").iter().map(|package| (text(package, "id"), package)).collect();
    let start = packages.iter().find(|(_, package)| text(package, "name") == "wardbook-policy").map(|(id, _)| *id);
    let mut waiting = vec![start.expect("wardbook-policy is in the workspace")];
    let mut reached = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !reached.insert(id) {
            continue;
        }
        for dependency in list(nodes[id], "deps") {
            if list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null()) {
                waiting.push(text(dependency, "pkg"));
            }
        }
    }
    assert!(reached.len() > 3, "the walk found no dependencies at all");
    for id in reached {
        let package = packages[id];
        let name = text(package, "name");
        assert!(!["getrandom", "libc", "wasm-bindgen", "js-sys"].contains(&name), "{name} ties policy to a platform");
        assert!(package["links"].is_null() && !name.ends_with("-sys"), "{name} links a native library");
        let builds_c = list(package, "dependencies").iter().any(|dependency| {
            dependency["kind"] == "build" && ["cc", "cmake", "bindgen"].contains(&text(dependency, "name"))
        });
        assert!(!builds_c, "{name} builds C");
    }
}

/// `cargo metadata` unites the features that all rooms ask for; `cargo tree` tells what policy alone does.
#[test]
fn policy_alone_brings_no_clock() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", "wardbook-policy", "--edges", "normal", "--target", "wasm32-unknown-unknown"])
        .args(["--prefix", "none", "--format", "{p} {f}", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo tree starts");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout).into_owned();
    let chrono = tree.lines().find(|line| line.starts_with("chrono ")).expect("policy reads dates with chrono");
    let features: Vec<&str> = chrono.split_whitespace().last().unwrap_or_default().split(',').collect();
    assert!(features.contains(&"alloc"), "the line no longer ends with the features: {chrono}");
    let clock = features.iter().any(|feature| ["clock", "now", "std", "wasmbind"].contains(feature));
    assert!(!clock, "chrono must not bring a clock: {chrono}");
}

/// Whether what a licence expression asks for may be taken of a crate: a choice needs one side, a sum needs both.
fn is_permitted(name: &str, expression: &str) -> bool {
    let expression = expression.trim();
    let inside = || expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    match (outside_brackets(expression, " OR "), outside_brackets(expression, " AND ")) {
        (choices, _) if choices.len() > 1 => choices.into_iter().any(|choice| is_permitted(name, choice)),
        (_, both) if both.len() > 1 => both.into_iter().all(|part| is_permitted(name, part)),
        _ => match inside() {
            Some(inside) => is_permitted(name, inside),
            None => LICENCES.contains(&expression) || LICENCES_OF_ONE.contains(&(name, expression)),
        },
    }
}

/// The parts of a text between a word that stands in no bracket.
fn outside_brackets<'e>(text: &'e str, word: &str) -> Vec<&'e str> {
    let depth = |at: usize| text[..at].matches('(').count() - text[..at].matches(')').count();
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, _) in text.match_indices(word).filter(|(at, _)| depth(*at) == 0) {
        parts.push(&text[from..at]);
        from = at + word.len();
    }
    parts.push(&text[from..]);
    parts
}

#[test]
fn a_licence_that_is_one_of_two_needed_is_not_enough() {
    for permitted in ["MIT", "MIT OR GPL-3.0", "(MIT OR GPL-3.0) AND ISC", "GPL-3.0 OR (ISC AND (MIT OR GPL-2.0))"] {
        assert!(is_permitted("a", permitted), "{permitted}");
    }
    assert!(is_permitted("aws-lc-fips-sys", "ISC AND OpenSSL") && !is_permitted("another", "ISC AND OpenSSL"));
    for refused in ["GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 AND (MIT OR Apache-2.0)", "(MIT AND GPL-3.0) OR AGPL-3.0"] {
        assert!(!is_permitted("a", refused), "{refused}");
    }
}

#[test]
fn every_dependency_is_permissive_and_comes_once() {
    let metadata = metadata(&["--features", FEATURES]);
    for (features, twice) in [("", vec![TWICE]), (FEATURES, vec![TWICE, TWICE_WITH_FEATURES])] {
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let built = built(features);
        for package in list(&metadata, "packages") {
            let (name, version, licence) = (text(package, "name"), text(package, "version"), text(package, "license"));
            if !built.contains(&format!("{name} v{version}")) {
                continue;
            }
            versions.entry(name).or_default().insert(version);
            assert!(is_permitted(name, &licence.replace('/', " OR ")), "{name} has licence `{licence}`");
        }
        assert!(versions.contains_key("wardbook") && versions.len() > 50, "cargo tree said something else");
        let twice_named = twice.last().copied().unwrap_or_default().iter();
        let expected = |name: &str| twice.iter().any(|list| list.iter().any(|(known, _)| *known == name));
        let twice: Vec<_> = versions.iter().filter(|(name, versions)| versions.len() > 1 && !expected(name)).collect();
        assert!(twice.is_empty(), "more than one version can be built with `{features}`: {twice:?}");
        let once = |name: &&str| versions.get(name).is_none_or(|versions| versions.len() == 1);
        let stale: Vec<&str> = twice_named.map(|(name, _)| *name).filter(once).collect();
        assert!(stale.is_empty(), "listed as coming twice with `{features}`, and coming once: {stale:?}");
    }
}

/// `deny.toml` is for those who have cargo-deny; the tables above are for everybody.
#[test]
fn deny_toml_says_what_these_tables_say() {
    let told: toml::Table =
        std::fs::read_to_string(root().join("deny.toml")).expect("it is there").parse().expect("TOML");
    let list = |section: &str, name: &str| told[section][name].as_array().expect("a list").clone();
    let licences: Vec<_> =
        list("licenses", "allow").iter().map(|licence| licence.as_str().map(str::to_owned)).collect();
    assert_eq!(licences, LICENCES.iter().map(|licence| Some((*licence).to_owned())).collect::<Vec<_>>());
    let excepted = list("licenses", "exceptions");
    let excepted: Vec<_> = excepted.iter().map(|one| (one["crate"].as_str(), one["allow"][0].as_str())).collect();
    assert_eq!(excepted, LICENCES_OF_ONE.iter().map(|(name, one)| (Some(*name), Some(*one))).collect::<Vec<_>>());
    let skipped = list("bans", "skip");
    let skipped: BTreeSet<&str> = skipped.iter().filter_map(|skip| skip.get("crate")?.as_str()).collect();
    assert_eq!(skipped, TWICE.iter().chain(TWICE_WITH_FEATURES).map(|(name, _)| *name).collect());
}

/// Of every lock file in the repository: what comes from nowhere else can be had by anybody, and is what it was.
#[test]
fn every_lock_file_names_crates_io_alone_and_nothing_that_is_denied() {
    let denied: toml::Table =
        std::fs::read_to_string(root().join("deny.toml")).expect("it is there").parse().expect("TOML");
    let denied = denied["bans"]["deny"].as_array().expect("a list").clone();
    let denied: Vec<&str> = denied.iter().filter_map(|denied| denied.get("crate")?.as_str()).collect();
    assert!(denied.contains(&"rsa"), "{denied:?}");
    for lock in ["Cargo.lock", "fuzz/Cargo.lock", "benches/Cargo.lock", "tests/clients/rust/Cargo.lock"] {
        let told: toml::Table = std::fs::read_to_string(root().join(lock)).expect("it is there").parse().expect("TOML");
        let packages = told["package"].as_array().expect("a list");
        assert!(packages.len() > 50, "{lock} is another kind of file");
        for package in packages {
            let word = |name: &str| package.get(name).and_then(toml::Value::as_str);
            let name = word("name").unwrap_or_default();
            let own = word("source").is_none() && name.starts_with("wardbook");
            let public = word("source") == Some("registry+https://github.com/rust-lang/crates.io-index");
            assert!(own || public && word("checksum").is_some(), "{lock}: {name} comes from {:?}", word("source"));
            assert!(!denied.contains(&name), "{lock}: {name} is denied by deny.toml");
        }
    }
}

/// A batch of one version is none of another, and two Arrows would double the build.
#[test]
fn arrow_and_what_stands_on_it_move_together() {
    let metadata = metadata(&["--features", FEATURES]);
    for (name, wanted) in [("arrow-array", "59."), ("parquet", "59."), ("object_store", "0.13."), ("datafusion", "55.")]
    {
        let packages = list(&metadata, "packages").iter().filter(|package| text(package, "name") == name);
        let versions: Vec<&str> = packages.map(|package| text(package, "version")).collect();
        assert!(versions.len() == 1 && versions[0].starts_with(wanted), "{name}: {versions:?}");
    }
}

#[test]
fn inside_policy_nothing_looks_up() {
    let source = root().join("policy/src");
    let storey = |module: &str| STOREYS.iter().position(|storey| storey.contains(&module));
    for file in rust_files(&source) {
        let relative = file.strip_prefix(&source).expect("below policy/src").display().to_string();
        let module = relative.split(['/', '.']).next().unwrap_or_default();
        if module == "lib" {
            continue;
        }
        let own = storey(module).unwrap_or_else(|| panic!("{relative}: draw module `{module}` in STOREYS"));
        let code = std::fs::read_to_string(&file).expect("source is readable");
        for used in
            code.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
        {
            if let Some(theirs) = used.and_then(storey) {
                assert!(theirs <= own, "{relative} uses `{}`, which stands above it", used.unwrap_or_default());
            }
        }
    }
}

/// Inputs that fuzzers found are run by the tests of the crate that has the body; a folder of another name would be run
/// by nobody.
#[test]
fn every_folder_of_found_inputs_is_run() {
    let targets = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("the targets are readable");
    let smoke = ["policy", "inventory", "audit", "backend", "backend/aws-lc", "service"]
        .map(|room| {
            std::fs::read_to_string(root().join(room).join("tests/smoke.rs")).expect("a room has tests/smoke.rs")
        })
        .concat();
    for entry in std::fs::read_dir(root().join("testdata/fuzz")).expect("folder is readable") {
        let entry = entry.expect("entry is readable");
        let name = entry.file_name().into_string().expect("a plain name");
        if entry.path().is_dir() {
            assert!(targets.contains(&format!("name = \"{name}\"")), "testdata/fuzz/{name}: no target");
            assert!(smoke.contains(&format!("regression::run(\"{name}\",")), "testdata/fuzz/{name}: run by no test");
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).expect("folder is readable").map(|entry| entry.expect("entry is readable").path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
