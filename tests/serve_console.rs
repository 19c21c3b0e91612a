//! The console over HTTP, and in a headless Chromium where there is one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::Folder;

const CREDENTIALS: &str = r#"{"credentials": [{"access_key_id": "AKIABOBXXXXXXXXXXXXX",
    "secret_access_key": "secret-of-bob", "principal": "arn:aws:iam::123456789012:user/bob"}]}"#;

/// A server, killed when it is dropped.
struct Server {
    process: Child,
    endpoint: String,
}

impl Server {
    fn start(folder: &Folder, flags: &[&str]) -> Server {
        folder.write("credentials.json", CREDENTIALS);
        let credentials = folder.path("credentials.json");
        fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["serve", "--dev", "--listen", "127.0.0.1:0"])
            .args(flags)
            .arg("--data")
            .arg(folder.path("data"))
            .arg("--credentials")
            .arg(credentials)
            .arg("--signing-key")
            .arg(folder.path("signing.key"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=").unwrap().to_owned();
        Server { process, endpoint }
    }

    fn run(&self, python: &Path, argument: &str) -> String {
        let output = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/console.py"))
            .arg(argument)
            .env("WARDBOOK_ENDPOINT", &self.endpoint)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}\n{err}");
        out.trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn it_is_not_there_unless_it_is_asked_for() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("off");
    Server::start(&folder, &[]).run(&python, "off");
}

#[test]
fn it_shows_keys_who_can_use_them_and_what_was_decided() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("on");
    let server = Server::start(&folder, &["--console"]);
    let path = server.run(&python, "on");

    for (path, wanted) in [
        ("/ui".to_owned(), ["2 keys.", "alias/shown", "Disabled"]),
        (path, ["Who can use it", "arn:aws:iam::123456789012:user/bob", "LetBob"]),
        ("/ui/log".to_owned(), ["newest first", "CreateGrant", "allow"]),
    ] {
        let Some(shown) = seen(&folder, &format!("{}{path}", server.endpoint)) else { return };
        for text in wanted {
            assert!(shown.contains(text), "`{text}` in {path}: {shown}");
        }
        assert!(shown.contains("</table>") && !shown.contains("<script"), "{shown}");
    }
}

/// The page as a browser has it once it has read it. None, loudly, where there is no Chromium.
fn seen(folder: &Folder, url: &str) -> Option<String> {
    let output = Command::new("chromium")
        .args(["--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--timeout=8000"])
        .arg(format!("--user-data-dir={}", folder.path("profile").display()))
        .args(["--dump-dom", url])
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) => {
            assert!(output.status.success(), "chromium: {}", output.status);
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) => {
            assert!(std::env::var_os("WARDBOOK_REQUIRE_CHROMIUM").is_none(), "chromium: {error}");
            // Not captured, as what eprintln! says in a test would be.
            let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: no Chromium (apt-get install chromium)\n");
            None
        }
    }
}
