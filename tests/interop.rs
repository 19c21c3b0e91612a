//! Other people's engines read our files as our schemas tell them, and find what our questions find; and objects come
//! from other people's servers.
//!
//! The engines come from PyPI; where there is no Python or no PyPI there is nothing to ask, and the tests say so.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/log.rs"]
mod log;
#[path = "support/python.rs"]
mod python;
mod support;

use std::path::Path;
use std::process::Command;

use support::Folder;

/// Runs a script of `tests/interop` about the binary, if there is a Python.
fn run(script: &str, arguments: &[&Path]) {
    let Some(python) = python::python() else { return };
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(script))
        .arg(env!("CARGO_BIN_EXE_wardbook"))
        .args(arguments)
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
}

#[test]
fn engines_agree_with_our_answers() {
    let folder = Folder::new("engines");
    let (mut sealed, unsealed) = log::april();
    sealed.extend(unsealed);
    log::write_signed(&folder.path("audit"), &sealed, &[]);
    run("engines.py", &[&folder.path("audit")]);
}

#[cfg(feature = "object-store")]
#[test]
fn objects_come_from_another_projects_server() {
    run("object_store.py", &[]);
}
