//! The `[serve]` table of `wardbook.toml`: flags win, paths are from its folder, and what is wrong is shown in its place.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::Folder;

/// A process that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(arguments: &[&str], at: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardbook"));
    command.arg("serve").args(arguments).current_dir(at).stdout(Stdio::piped());
    command
}

fn endpoint(process: &mut Ended) -> String {
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=http://").unwrap_or_default().to_owned()
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

const SETTINGS: &str = r#"
[serve]
dev = true
console = true
insecure-plaintext = false
listen = "127.0.0.1:0"
data = "kept"
signing-key = "signing.key"
quota = ["CreateKey=5", "cryptographic=100"]
"#;

#[test]
fn settings_are_flags_and_flags_win() {
    let folder = Folder::new("serve-config");
    folder.write("wardbook.toml", SETTINGS);
    std::fs::create_dir_all(folder.path("below/deeper")).unwrap();
    // Found upwards; its paths are from its own folder.
    let mut process = Ended(serve(&[], &folder.path("below/deeper")).spawn().unwrap());
    let address = endpoint(&mut process);
    assert!(get(&address, "/healthz").ends_with("ok\n"));
    assert!(get(&address, "/ui").starts_with("HTTP/1.1 200"));
    assert!(folder.path("kept/state.sqlite").exists() && folder.path("signing.key").exists());
    // The folder is in use; a flag names another one, and the settings another file.
    folder.write("other.toml", SETTINGS.replace("console = true", "console = false"));
    let config = folder.path("other.toml").display().to_string();
    let mut other = Ended(serve(&["--data", "mine", "--config", &config], &folder.path(".")).spawn().unwrap());
    let address = endpoint(&mut other);
    assert!(!get(&address, "/ui").starts_with("HTTP/1.1 200"), "no console");
    assert!(folder.path("mine/state.sqlite").exists());
    // Commands below take the settings that they know.
    let backup = serve(&["backup", "copy.sqlite"], &folder.path(".")).output().unwrap();
    assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
    assert!(folder.path("copy.sqlite").exists());
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let folder = Folder::new("serve-config-wrong");
    for (text, told) in [
        ("[serve]\ndev = true\nlisten = \"nowhere\"\n", ["wardbook.toml:3:10", "invalid value 'nowhere'"]),
        ("[serve]\nlisten = 4599\n", ["wardbook.toml:2:10", "`listen` is a text"]),
        ("[serve]\n\n  dev = \"yes\"\n", ["wardbook.toml:3:9", "`dev` is true or false"]),
        ("[serve]\ndve = true\n", ["wardbook.toml:2:1", "`dve` is no setting of `serve`; there are"]),
        ("[serve]\nquota = [\"CreateKey=5\", \"Fly=1\"]\n", ["wardbook.toml:2:25", "Fly"]),
        ("[serve]\nworld = \"w\"\n", ["wardbook.toml:2:1", "`world` is no setting of `serve`"]),
        ("[serve]\nhelp = true\n", ["wardbook.toml:2:1", "`help` is no setting"]),
        ("[serve]\ndev = tru\n", ["wardbook.toml:2:7", ""]),
        ("serve = 1\n", ["wardbook.toml:1:9", "`serve` is a table"]),
        ("[serve]\ntls-cert = \"c\"\ndev = true\n", ["wardbook.toml: `serve`", "--tls-key"]),
    ] {
        folder.write("wardbook.toml", text);
        let output = serve(&[], &folder.path(".")).output().unwrap();
        let found = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}\n{found}");
        assert!(told.iter().all(|told| found.contains(told)), "{text}\n{found}");
    }
    // Other verbs pass the table over.
    folder.write("wardbook.toml", SETTINGS);
    let explained = Command::new(env!("CARGO_BIN_EXE_wardbook"))
        .args(["explain", "kms:Decrypt"])
        .current_dir(folder.path("."))
        .output()
        .unwrap();
    assert!(explained.status.success());
}

/// A policy that was not read would limit nobody, so nothing is served by such a world.
#[test]
fn a_world_that_cannot_be_read_starts_no_server() {
    let folder = Folder::new("serve-world");
    for name in ["organization.json", "123456789012/authorization-details.json"] {
        let world = folder.path("world");
        let _ = std::fs::remove_dir_all(&world);
        std::fs::create_dir_all(world.join("123456789012")).unwrap();
        folder.write(&format!("world/{name}"), "{\"Policies\": [{\"Content\": ");
        let arguments = ["--dev", "--listen", "127.0.0.1:0", "--data", "data", "--world", "world"];
        let output = serve(&arguments, &folder.path(".")).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("the world has to be read whole") && told.contains(name), "{told}");
    }
}

/// Without `--dev` there is no reset and no clock to move, whoever asks.
#[test]
fn the_routes_of_development_are_those_of_development_alone() {
    let folder = Folder::new("serve-routes");
    let credential = r#"{"credentials": [{"access_key_id": "AKIAXXXXXXXXXXXXXXXX", "secret_access_key": "s",
        "principal": "arn:aws:iam::123456789012:root"}]}"#;
    folder.write("credentials.json", credential);
    std::fs::set_permissions(folder.path("credentials.json"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let common = ["--listen", "127.0.0.1:0", "--credentials", "credentials.json", "--signing-key", "signing.key"];
    for (more, there) in [(&["--data", "a"][..], false), (&["--data", "b", "--dev"], true)] {
        let mut command = serve(&[&common[..], more].concat(), &folder.path("."));
        let mut process = Ended(command.stderr(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening at http://").unwrap().split(',').next().unwrap().to_owned();
        for (path, body) in [("/wardbook/clock", r#"{"advance_seconds": 60}"#), ("/wardbook/reset", "")] {
            let mut stream = TcpStream::connect(&address).unwrap();
            let length = body.len();
            let head =
                format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}");
            write!(stream, "{head}\r\n\r\n{body}").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert_eq!(text.starts_with("HTTP/1.1 200"), there, "{more:?} {path}: {text}");
        }
    }
}
