//! A Python with query engines or clients of AWS from PyPI, for the tests that hold them against us.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(not(feature = "object-store"))]
const PACKAGES: &[&str] = &["datafusion", "duckdb", "pyarrow", "pytz", "sqlglot"];
#[cfg(feature = "object-store")]
const PACKAGES: &[&str] = &["datafusion", "duckdb", "moto[server]", "pyarrow", "pytz", "sqlglot"];

const VENV: &str = if cfg!(feature = "object-store") { "object-store-venv" } else { "interop-venv" };

/// What makes a test fail where there is no Python or PyPI cannot be reached.
const REQUIRE: &str = "WARDBOOK_REQUIRE_PYPI";

/// What `WARDBOOK_PYTHON` names, or a virtual environment that is made once. None, loudly, where there is no Python or
/// PyPI cannot be reached.
pub fn python() -> Option<PathBuf> {
    with(VENV, PACKAGES)
}

/// The same with the clients of AWS.
pub fn clients() -> Option<PathBuf> {
    with("clients-venv", &["aws-encryption-sdk", "boto3", "cryptography"])
}

/// The same with the command line of AWS, which wants versions of its own.
pub fn cli() -> Option<PathBuf> {
    with("cli-venv", &["awscli"])
}

/// The same with the public models of AWS, of one version.
pub fn botocore(version: &str) -> Option<PathBuf> {
    with(&format!("botocore-{version}-venv"), &[&format!("botocore=={version}")])
}

fn with(name: &str, packages: &[&str]) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("WARDBOOK_PYTHON") {
        return Some(named.into());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (venv, whole) = (folder.join(name), folder.join(name).join("whole"));
    // Test binaries run beside each other.
    let lock = File::create(folder.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let python = venv.join("bin/python");
    if !whole.exists() {
        let pip =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "20"];
        let made = run(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            .and_then(|()| run(Command::new(&python).args(pip).args(packages)));
        if let Err(why) = made {
            assert!(
                std::env::var_os(REQUIRE).is_none(),
                "{REQUIRE} is set, and {} is not to be had: {why}",
                packages.join(", ")
            );
            // Not captured, as what eprintln! says in a test would be.
            let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: no Python with {}: {why}\n", packages.join(", "));
            return None;
        }
        File::create(whole).unwrap();
    }
    Some(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
