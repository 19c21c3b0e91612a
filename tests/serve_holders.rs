//! Keys that somebody else holds, behind `wardbook serve`: custom key stores, an external key, a PKCS#11 token.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use server::{Server, assert_no_secret};
use support::Folder;

const MODULES: &[&str] = &["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

/// The module of SoftHSM2, with a fresh token that is called `kms`. Debian has it as `softhsm2`.
fn token(folder: &Folder, pin: &str) -> Option<&'static str> {
    let Some(module) = MODULES.iter().find(|module| Path::new(module).exists()) else {
        assert!(std::env::var_os("WARDBOOK_REQUIRE_SOFTHSM").is_none(), "SoftHSM2 is required and not here");
        return None;
    };
    fs::create_dir_all(folder.path("tokens")).unwrap();
    let tokens = folder.path("tokens").display().to_string();
    folder.write("softhsm2.conf", format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n"));
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "kms", "--pin", pin, "--so-pin", "56789"])
        .env("SOFTHSM2_CONF", folder.path("softhsm2.conf"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(module)
}

#[test]
fn custom_key_stores_are_where_the_operator_says() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("key-stores");
    let module = token(&folder, "open-sesame");
    // Free now; somebody else may take it, and then the script says so.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let proxy = format!("https://xks.example.com/kms/xks/v1=http://127.0.0.1:{port}/kms/xks/v1");
    let cluster = format!("cluster-abcdefghijk=pkcs11:module={};token=kms", module.unwrap_or("none"));
    let configuration = folder.path("softhsm2.conf").display().to_string();
    let arguments = ["--key-store", &proxy, "--key-store", &cluster];
    let server = Server::start_with(&folder, &arguments, &[("SOFTHSM2_CONF", &configuration)]);
    server.run(&python, "key_stores.py", &[&port, if module.is_some() { "token" } else { "none" }]);
    assert_no_secret(&server.data, &["ssssssssssssssssssss", "open-sesame"]);
    let events = server.stop(&folder);
    // As in AWS, uses of such a key tell where it is, failed ones too; what is done about it does not.
    let told = |event: &&Value| !event["additionalEventData"]["customKeyStoreId"].is_null();
    let uses: Vec<&Value> = events.iter().filter(told).collect();
    let of =
        |name: &str| uses.iter().find(|event| event["eventName"] == name).map(|event| &event["additionalEventData"]);
    assert_eq!(of("Encrypt").unwrap()["xksKeyId"], "one");
    assert!(of("Encrypt").unwrap()["customKeyStoreId"].as_str().unwrap().starts_with("cks-"));
    assert!(uses.iter().any(|event| event["eventName"] == "Decrypt" && !event["errorCode"].is_null()), "{uses:#?}");
    assert!(of("DescribeKey").is_none() && of("CreateKey").is_none());
    let made = events.iter().find(|event| event["requestParameters"]["xksKeyId"] == "one").unwrap();
    assert_eq!(made["eventName"], "CreateKey");
}

/// A process that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_external_key_holds_all_keys() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("held");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let proxy = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/proxy.py"))
        .arg(&port)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .spawn();
    let mut proxy = Ended(proxy.unwrap());
    let mut line = String::new();
    BufReader::new(proxy.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "serving");
    let credential = format!(r#"{{"access_key_id": "{}", "secret_access_key": "{}"}}"#, "A".repeat(20), "s".repeat(43));
    folder.write("proxy.json", credential);
    let file = folder.path("proxy.json");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let backend = format!("xks:http://127.0.0.1:{port}/kms/xks/v1;key=one;credential-file={}", file.display());
    let server = Server::start_with(&folder, &["--backend", &backend], &[]);
    let memory = folder.path("memory").display().to_string();
    server.run(&python, "held_elsewhere.py", &[&memory, "lent"]);
    drop(proxy);
    server.run(&python, "held_elsewhere.py", &[&memory, "withheld"]);
    assert_no_secret(&server.data, &["ssssssssssssssssssss"]);
    server.stop(&folder);
    let refused = Command::new(env!("CARGO_BIN_EXE_wardbook"))
        .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--backend", &backend, "--data"])
        .arg(folder.path("data"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && told.contains("cannot be used"), "{told}");
}

#[test]
fn a_token_holds_the_keys() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("token");
    let Some(module) = token(&folder, "1234") else { return };
    folder.write("pin", "1234");
    fs::set_permissions(folder.path("pin"), fs::Permissions::from_mode(0o600)).unwrap();
    let configuration = folder.path("softhsm2.conf").display().to_string();
    let pin = folder.path("pin").display().to_string();
    let backend = format!("pkcs11:module={module};token=kms;pin-file={pin}");
    let root = "0123456789abcdef".repeat(4);
    let environment = [("SOFTHSM2_CONF", configuration.as_str()), ("WARDBOOK_TEST_ROOT", root.as_str())];
    for script in ["held_in_token.py", "held_in_token.py"] {
        let arguments = ["--backend", &backend, "--root-key", "env:WARDBOOK_TEST_ROOT"];
        let server = Server::start_with(&folder, &arguments, &environment);
        let memory = folder.path("memory.json").display().to_string();
        server.run(&python, script, &[&memory]);
        server.stop(&folder);
    }
}
