//! Root keys of `serve`: from a file, the environment, a passphrase, a systemd credential and a token; and a change of
//! the root key while requests are answered, interrupted and gone on with.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::Folder;

/// A server, killed when it is dropped.
struct Server {
    process: Child,
    endpoint: String,
}

fn command(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardbook"));
    command
        .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path("data"))
        .arg("--signing-key")
        .arg(folder.path("signing.key"))
        .args(arguments)
        .envs(environment.iter().copied())
        .stdout(Stdio::piped());
    command
}

impl Server {
    fn start(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut process = command(folder, arguments, environment).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=").unwrap_or_default().to_owned();
        assert!(!endpoint.is_empty(), "{arguments:?} does not start");
        Server { process, endpoint }
    }

    fn run(&self, python: &Path, arguments: &[&str]) {
        let output = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/rewrap.py"))
            .args(arguments)
            .env("WARDBOOK_ENDPOINT", &self.endpoint)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Keys that may still be under the old root key.
    fn left(&self) -> u64 {
        let mut stream = TcpStream::connect(self.endpoint.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("wardbook_root_rewrap_left ")).unwrap();
        line.trim().parse().unwrap()
    }

    fn wait(&self, enough: impl Fn(u64) -> bool) -> u64 {
        let begun = Instant::now();
        loop {
            let left = self.left();
            if enough(left) {
                return left;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{left} are left");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn stop(mut self) {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "a clean stop");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn private(folder: &Folder, name: &str, text: &str) -> String {
    folder.write(name, text);
    fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    folder.path(name).display().to_string()
}

/// What is said where it does not start.
fn refused(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = command(folder, arguments, environment).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_root_key_is_changed_while_requests_are_answered_and_a_kill_changes_nothing() {
    const KEYS: u64 = 120;
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("root-change");
    let memory = folder.path("memory.json").display().to_string();
    let (first, second) = (folder.path("first.key"), folder.path("second.key"));
    let (first, second) = (first.display().to_string(), second.display().to_string());

    let server = Server::start(&folder, &["--root-key", &first], &[]);
    server.run(&python, &[&memory, "make", &KEYS.to_string()]);
    server.stop();
    let told = refused(&folder, &["--root-key", &second], &[]);
    assert!(!Path::new(&second).exists(), "no key is made that opens nothing: {told}");
    let told = refused(&folder, &["--root-key", &second, "--old-root-key", "nowhere.key"], &[]);
    assert!(told.contains("nowhere.key") && !Path::new(&second).exists(), "{told}");

    // In the middle it is killed; what was sealed before opens at any time, and each key alone is not enough.
    let both = ["--root-key", &second, "--old-root-key", &first];
    let mut server = Server::start(&folder, &both, &[]);
    let left = server.wait(|left| left > 0 && left <= KEYS * 3 / 4);
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    assert!(left > 1, "it was too fast to be interrupted");
    for alone in [&first, &second] {
        let told = refused(&folder, &["--root-key", alone], &[]);
        assert!(told.contains("name both keys"), "{told}");
    }
    let server = Server::start(&folder, &both, &[]);
    server.run(&python, &[&memory, "open"]);
    server.wait(|left| left == 0);
    server.run(&python, &[&memory, "open"]);
    server.stop();

    fs::remove_file(&first).unwrap();
    let server = Server::start(&folder, &["--root-key", &second], &[]);
    server.run(&python, &[&memory, "open"]);
    server.stop();
    let exported = Command::new(env!("CARGO_BIN_EXE_wardbook"))
        .args(["audit", "export"])
        .arg(folder.path("data/audit"))
        .output()
        .unwrap();
    let moved = String::from_utf8_lossy(&exported.stdout).matches(r#""eventName":"RewrapKey""#).count() as u64;
    assert_eq!(moved, KEYS + 1, "each key was moved once, and the log says so");
}

#[test]
fn a_root_key_comes_from_a_passphrase_the_environment_or_systemd() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("root-places");
    let memory = folder.path("memory.json").display().to_string();
    let phrase = private(&folder, "phrase", "correct horse battery staple\n");
    let secrets = folder.path("secrets");
    fs::create_dir_all(&secrets).unwrap();
    fs::write(secrets.join("root"), "ab".repeat(32)).unwrap();
    fs::write(secrets.join("phrase"), "correct horse battery staple").unwrap();
    let secrets = secrets.display().to_string();
    let digits = "cd".repeat(32);
    let environment = [
        ("CREDENTIALS_DIRECTORY", secrets.as_str()),
        ("WARDBOOK_TEST_ROOT", &digits),
        ("WARDBOOK_TEST_PHRASE", "correct horse battery staple"),
    ];
    let in_file = format!("passphrase:{phrase}");
    let server = Server::start(&folder, &["--root-key", &in_file], &[]);
    server.run(&python, &[&memory, "make", "3"]);
    server.stop();
    for uri in ["passphrase:env:WARDBOOK_TEST_PHRASE", "passphrase:credential:phrase"] {
        let server = Server::start(&folder, &["--root-key", uri], &environment);
        server.run(&python, &[&memory, "open"]);
        server.stop();
    }
    // From one place to the next.
    let mut old = in_file;
    for uri in ["env:WARDBOOK_TEST_ROOT", "credential:root"] {
        let server = Server::start(&folder, &["--root-key", uri, "--old-root-key", &old], &environment);
        server.wait(|left| left == 0);
        server.run(&python, &[&memory, "open"]);
        server.stop();
        old = uri.to_owned();
    }
    let server = Server::start(&folder, &["--root-key", "credential:root"], &environment);
    server.run(&python, &[&memory, "open"]);
    server.stop();

    for (uri, told) in [
        ("passphrase:env:WARDBOOK_NOT_SET", "is not set"),
        ("env:WARDBOOK_NOT_SET", "is not set"),
        ("credential:../root", "there is no systemd credential"),
        ("passphrase:credential:none", "there is no systemd credential"),
        (&*format!("passphrase:{}", private(&folder, "short", "1234567")), "8 to 1024 bytes"),
        (&*format!("passphrase:{}", private(&folder, "wrong", "12345678")), "another root key"),
    ] {
        let found = refused(&folder, &["--root-key", uri], &environment);
        assert!(found.contains(told) && !found.contains("12345678"), "{found}");
    }
    fs::set_permissions(folder.path("phrase"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused(&folder, &["--root-key", &format!("passphrase:{phrase}")], &[]).contains("make it 0600"));
}

const MODULES: &[&str] = &["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

#[test]
fn a_root_key_in_a_token_never_leaves_it() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("root-token");
    let Some(module) = MODULES.iter().find(|module| Path::new(module).exists()) else {
        assert!(std::env::var_os("WARDBOOK_REQUIRE_SOFTHSM").is_none(), "SoftHSM2 is required and not here");
        return;
    };
    fs::create_dir_all(folder.path("tokens")).unwrap();
    let tokens = folder.path("tokens").display().to_string();
    folder.write("softhsm2.conf", format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n"));
    let configuration = folder.path("softhsm2.conf").display().to_string();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "root", "--pin", "4321", "--so-pin", "56789"])
        .env("SOFTHSM2_CONF", &configuration)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let pin = private(&folder, "pin", "4321");
    let uri = format!("pkcs11:module={module};token=root;pin-file={pin}");
    let environment = [("SOFTHSM2_CONF", configuration.as_str())];
    let memory = folder.path("memory.json").display().to_string();
    let server = Server::start(&folder, &["--root-key", &uri], &environment);
    server.run(&python, &[&memory, "make", "3"]);
    server.stop();
    assert!(!folder.path("data/root.key").exists());
    let server = Server::start(&folder, &["--root-key", &uri], &environment);
    server.run(&python, &[&memory, "open"]);
    server.stop();
    let told = refused(&folder, &["--root-key", &format!("{uri};key=another")], &environment);
    assert!(told.contains("another root key"), "{told}");
    let told = refused(&folder, &["--root-key", &uri.replace("token=root", "token=none")], &environment);
    assert!(told.contains("the token of the root key cannot be used"), "{told}");
    // Out of the token, into a file: the token can go.
    let file = folder.path("root.key").display().to_string();
    let server = Server::start(&folder, &["--root-key", &file, "--old-root-key", &uri], &environment);
    server.wait(|left| left == 0);
    server.stop();
    let server = Server::start(&folder, &["--root-key", &file], &[]);
    server.run(&python, &[&memory, "open"]);
    server.stop();
}
