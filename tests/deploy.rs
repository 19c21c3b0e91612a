//! The unit and the container recipe beside the service: their command lines start a server, and systemd understands the
//! unit where there is systemd.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::Folder;

const UNIT: &str = include_str!("../service/deploy/wardbook.service");
const RECIPE: &str = include_str!("../service/deploy/Containerfile");

const CREDENTIALS: &str = r#"{"credentials": [{"access_key_id": "AKIABOBXXXXXXXXXXXXX",
    "secret_access_key": "secret-of-bob", "principal": "arn:aws:iam::123456789012:user/bob"}]}"#;

/// A process that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lines that end in a backslash go on in the next one.
fn joined(text: &str) -> String {
    text.replace("\\\n", " ")
}

/// The words of a list in JSON, as ENTRYPOINT and CMD have them.
fn list(line: &str) -> Vec<String> {
    let (_, list) = line.split_once(' ').unwrap();
    serde_json::from_str(list).unwrap()
}

/// Starts what a command line says, with everything that it names in a folder, and gives the line that says so.
fn starts(folder: &Folder, words: &[String]) -> String {
    let etc = folder.path("etc");
    fs::create_dir_all(etc.join("world")).unwrap();
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("backend/xks/testdata");
    for (from, to) in [("proxy.pem", "tls.pem"), ("proxy.key", "tls.key")] {
        fs::copy(certificates.join(from), etc.join(to)).unwrap();
    }
    fs::write(etc.join("credentials.json"), CREDENTIALS).unwrap();
    fs::set_permissions(etc.join("credentials.json"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(etc.join("root-key"), "ab".repeat(32)).unwrap();
    let here = |word: &String| {
        let place = |path: &str| folder.path(path).display().to_string();
        match word.as_str() {
            "0.0.0.0:4599" => "127.0.0.1:0".to_owned(),
            word => ["/etc/wardbook", "/var/lib/wardbook-key", "/var/lib/wardbook", "/data"]
                .iter()
                .zip(["etc", "key", "state", "data"])
                .find_map(|(from, to)| Some(format!("{}{}", place(to), word.strip_prefix(from)?)))
                .unwrap_or_else(|| word.to_owned()),
        }
    };
    let mut words = words.iter().map(here);
    assert_eq!(words.next().as_deref(), Some("/usr/bin/wardbook"));
    for made in ["key", "data"] {
        fs::create_dir_all(folder.path(made)).unwrap();
    }
    let mut process = Ended(
        Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(words)
            .env("CREDENTIALS_DIRECTORY", &etc)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let lines = BufReader::new(process.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = String::new();
    for line in lines {
        said = said + &line + "\n";
        if line.starts_with("listening at ") {
            return line;
        }
    }
    panic!("it does not start: {said}");
}

#[test]
fn the_command_of_the_unit_starts_a_server() {
    let folder = Folder::new("unit");
    let unit = joined(UNIT);
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    assert!(starts(&folder, &words).starts_with("listening at https://127.0.0.1:"));
    assert!(!folder.path("state/root.key").exists(), "the root key is a credential");
}

#[test]
fn the_command_of_the_container_starts_a_server() {
    let folder = Folder::new("container");
    let recipe = joined(RECIPE);
    let named = |name: &str| recipe.lines().find(|line| line.starts_with(name)).map(list).unwrap();
    let words = [named("ENTRYPOINT"), named("CMD")].concat();
    assert!(starts(&folder, &words).starts_with("listening at https://127.0.0.1:"));
    // What the recipe copies and builds is there.
    let manifest = include_str!("../Cargo.toml");
    assert!(recipe.contains("--profile dist") && manifest.contains("[profile.dist]"));
    let minimum = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(recipe.contains(&format!("rust:{minimum}-slim")), "it builds with the Rust that the workspace needs");
}

#[test]
fn systemd_understands_the_unit() {
    let folder = Folder::new("systemd");
    folder.write("wardbook.service", UNIT.replace("/usr/bin/wardbook", env!("CARGO_BIN_EXE_wardbook")));
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(folder.path("wardbook.service"))
        .output();
    let Ok(verified) = verified else {
        // Not captured, as what eprintln! says in a test would be.
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: no systemd-analyze, and nobody else reads the unit\n");
        return;
    };
    let told = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && !told.contains("wardbook.service:"), "{told}");
}
