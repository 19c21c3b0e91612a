//! `serve` with a certificate, and without one, to a client that minds the difference.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::Folder;

const CREDENTIALS: &str = r#"{"credentials": [{"access_key_id": "AKIAROOTXXXXXXXXXXXX",
    "secret_access_key": "secret-of-root", "principal": "arn:aws:iam::123456789012:root"}]}"#;

/// A server, killed when it is dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(folder: &Folder, arguments: &[&str]) -> Server {
        folder.write("credentials.json", CREDENTIALS);
        let credentials = folder.path("credentials.json");
        fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path("data"))
            .arg("--credentials")
            .arg(credentials)
            .arg("--signing-key")
            .arg(folder.path("signing.key"))
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut found = lines.filter_map(|line| line.strip_prefix("listening at ").map(str::to_owned));
        let line = found.next().unwrap();
        Server { process, url: line.split(',').next().unwrap().to_owned() }
    }

    fn run(&self, python: &Path, arguments: &[&str]) {
        let output = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/tls.py"))
            .args(arguments)
            .env("WARDBOOK_ENDPOINT", &self.url)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Stops it as an operator would, and gives what it wrote down.
    fn stop(mut self, folder: &Folder) -> Vec<Value> {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "a clean stop");
        let exported = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["audit", "export"])
            .arg(folder.path("data/audit"))
            .output()
            .unwrap();
        let text = String::from_utf8(exported.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_client_that_trusts_the_certificate_is_served_and_the_transport_counts_as_secure() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("tls");
    let of = |name: &str| -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join("backend/xks/testdata").join(name) };
    let text = |name: &str| of(name).display().to_string();
    let server = Server::start(&folder, &["--tls-cert", &text("proxy.pem"), "--tls-key", &text("proxy.key")]);
    let url = server.url.replace("127.0.0.1", "localhost");
    assert!(url.starts_with("https://localhost:"), "{url}");
    server.run(&python, &["tls", &url, &text("root.pem"), &text("stranger.pem")]);
    let events = server.stop(&folder);
    let made = events.iter().find(|event| event["eventName"] == "Encrypt").unwrap();
    let version = made["tlsDetails"]["tlsVersion"].as_str();
    assert!(version.is_some_and(|version| version.starts_with("TLSv1.")), "{made}");
    let context = &made["additionalEventData"]["wardbook"]["context"];
    assert_eq!(context["aws:SecureTransport"], "true", "{context}");
}

#[test]
fn loopback_is_no_secure_transport_except_for_development() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("plain");
    let server = Server::start(&folder, &[]);
    let url = server.url.clone();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    server.run(&python, &["plain", &url]);
    let events = server.stop(&folder);
    assert!(events.iter().all(|event| event["tlsDetails"].is_null()));
}
