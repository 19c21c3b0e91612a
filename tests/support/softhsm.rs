//! A token of SoftHSM2 for one test, in a process of its own: the module reads where its tokens are once.

use std::path::Path;
use std::process::Command;

use crate::support::Folder;

const MODULES: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
const REQUIRE: &str = "WARDBOOK_REQUIRE_SOFTHSM";
const URI: &str = "WARDBOOK_TEST_TOKEN";
const PIN: &str = "1234";

/// Runs `body` with the URI of a fresh token; without SoftHSM2 (Debian: `softhsm2`) it says so instead.
pub(crate) fn alone(name: &str, body: impl FnOnce(&str)) {
    if let Ok(uri) = std::env::var(URI) {
        return body(&uri);
    }
    let Some(module) = MODULES.iter().find(|module| Path::new(module).exists()) else {
        assert!(std::env::var_os(REQUIRE).is_none(), "SoftHSM2 is required and in none of {MODULES:?}");
        eprintln!("SKIPPED {name}: there is no SoftHSM2 here; install `softhsm2`, or set {REQUIRE} to fail instead");
        return;
    };
    let folder = Folder::new(name);
    let (tokens, configuration) = (folder.path("tokens"), folder.path("softhsm2.conf"));
    std::fs::create_dir_all(&tokens).unwrap();
    folder.write("softhsm2.conf", format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display()));
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "test", "--pin", PIN, "--so-pin", "56789"])
        .env("SOFTHSM2_CONF", &configuration)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SOFTHSM2_CONF", &configuration)
        .env("WARDBOOK_TEST_PIN", PIN)
        .env(URI, format!("pkcs11:module={module};token=test;pin-env=WARDBOOK_TEST_PIN"))
        .status()
        .unwrap();
    assert!(run.success(), "{name} failed in its own process, see above");
}
