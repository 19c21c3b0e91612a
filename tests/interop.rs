//! Other people's engines read our files as our schemas tell them, and find what our questions find.
//!
//! `WARDBOOK_PYTHON` names a Python that has duckdb, pyarrow, pytz and sqlglot; `.ci/interop` makes one. Without it
//! there is nothing to ask, and the test says so.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/log.rs"]
mod log;
#[path = "support/python.rs"]
mod python;
mod support;

use std::path::Path;
use std::process::Command;

use support::Folder;

#[test]
fn engines_agree_with_our_answers() {
    let Some(python) = python::python() else { return };
    let folder = Folder::new("engines");
    let (mut sealed, unsealed) = log::april();
    sealed.extend(unsealed);
    log::write_signed(&folder.path("audit"), &sealed, &[]);
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/engines.py"))
        .arg(env!("CARGO_BIN_EXE_wardbook"))
        .arg(folder.path("audit"))
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
}
