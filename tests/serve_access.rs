//! Who may, over the wire: signatures that are not what they seem, every condition key, sessions of roles, and the answers of
//! the endpoint held against those of `why` and `who-can` in random worlds.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::Folder;
use wardbook_policy::catalogue;

/// A server over a world, killed when it is dropped.
struct Server {
    process: Child,
    endpoint: String,
    data: PathBuf,
}

impl Server {
    /// The folder has `world` and `credentials.json`.
    fn start(folder: &Folder) -> Server {
        let data = folder.path("data");
        let mut process = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["serve", "--dev", "--listen", "127.0.0.1:0"])
            .args([Path::new("--data"), &data, Path::new("--world"), &folder.path("world")])
            .args([Path::new("--credentials"), &folder.path("credentials.json")])
            .args([Path::new("--signing-key"), &folder.path("signing.key")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=").unwrap().to_owned();
        Server { process, endpoint, data }
    }

    /// Stops it as an operator would, and reads what it wrote down.
    fn stop(mut self) -> Vec<Value> {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "a clean stop");
        let exported = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["audit", "export"])
            .arg(self.data.join("audit"))
            .output()
            .unwrap();
        String::from_utf8(exported.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(python: &Path, endpoint: &str, script: &str, arguments: &[&str]) {
    let output = Command::new(python)
        .arg(scripts().join(script))
        .args(arguments)
        .env("WARDBOOK_ENDPOINT", endpoint)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script} {arguments:?}\n{out}\n{err}");
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve")
}

/// A folder with the world of `tests/serve/roles`.
fn roles(name: &str) -> Folder {
    let folder = Folder::new(name);
    let from = scripts().join("roles");
    fs::create_dir_all(folder.path("world")).unwrap();
    for name in ["details.json", "organization.json"] {
        fs::copy(from.join(name), folder.path("world").join(name)).unwrap();
    }
    let credentials = folder.path("credentials.json");
    fs::copy(from.join("credentials.json"), &credentials).unwrap();
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

/// Runs a script in that world, and gives back the log.
fn among_roles(script: &str, arguments: &[&str]) -> Option<Vec<Value>> {
    let python = python::clients()?;
    let server = Server::start(&roles(script));
    run(&python, &server.endpoint, script, arguments);
    Some(server.stop())
}

#[test]
fn what_nobody_signed_is_not_believed() {
    let Some(events) = among_roles("forged.py", &[]) else { return };
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["requestID"].as_str()).collect();
    assert_eq!(ids.len(), events.len(), "one event for each request");
    let forged = events.iter().filter(|event| event["errorCode"] == "InvalidSignatureException");
    assert!(forged.clone().count() > 40);
    assert!(forged.clone().all(|event| event["userIdentity"].get("arn").is_none()), "nobody is believed");
}

/// What an attestation would tell cannot be told where none can be verified.
const NEVER_TOLD: &str = "kms:RecipientAttestation:";

#[test]
fn every_condition_key_is_told_and_decides() {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kms");
    let Some(events) = among_roles("conditions.py", &[facts.to_str().unwrap()]) else { return };
    let mut told: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for event in &events {
        let context = event["additionalEventData"]["wardbook"]["context"].as_object();
        let keys = context.into_iter().flatten().map(|(key, _)| key.to_lowercase());
        told.entry(event["eventName"].as_str().unwrap_or_default()).or_default().extend(keys);
    }
    let mut missing = Vec::new();
    for operation in catalogue::kms_operations() {
        let Some(name) = operation.operation() else { continue };
        // The log has the question that decided. Of ReEncrypt, that is the first, or the one that was refused; both were.
        for key in catalogue::condition_keys().filter(|key| key.name().starts_with("kms:")) {
            let stem = key.stem().to_lowercase();
            let carried = catalogue::action(operation.action()).is_some_and(|action| action.carries(key));
            let is_told = || {
                told.get(name).is_some_and(|keys| {
                    keys.iter().any(|told| *told == stem || key.has_parameter() && told.starts_with(&stem))
                })
            };
            if carried && !key.name().starts_with(NEVER_TOLD) && !is_told() {
                missing.push(format!("{} {}", operation.action(), key.name()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Who may not is told so before anything is said about what was asked.
#[test]
fn permission_comes_before_all_other_checks() {
    let Some(events) = among_roles("order.py", &[]) else { return };
    for event in events.iter().filter(|event| event["errorCode"] == "AccessDenied") {
        let told = &event["additionalEventData"]["wardbook"];
        assert_eq!(told["decision"], "implicit-deny", "{event}");
    }
}

#[test]
fn sessions_hand_on_what_they_must() {
    let Some(events) = among_roles("roles.py", &[]) else { return };
    let chained = events.iter().find(|event| {
        event["userIdentity"]["sessionContext"]["sourceIdentity"] == "ana.smith"
            && event["userIdentity"]["arn"].as_str().is_some_and(|arn| arn.contains("assumed-role/next/"))
    });
    assert!(chained.is_some(), "the log says who is behind a chain of roles");
}

#[test]
fn the_endpoint_answers_as_why_and_who_can_do() {
    let Some(python) = python::clients() else { return };
    for seed in ["2", "3", "16"] {
        let folder = Folder::new(&format!("agree-{seed}"));
        let path = |name: &str| folder.path(name).display().to_string();
        fs::create_dir_all(folder.path("world")).unwrap();
        run(&python, "", "agree.py", &["world", seed, &path("world")]);
        let server = Server::start(&folder);
        let data = server.data.display().to_string();
        run(
            &python,
            &server.endpoint,
            "agree.py",
            &["ask", seed, "120", env!("CARGO_BIN_EXE_wardbook"), &data, &path("world")],
        );
    }
}

/// One rule for accounts outside an organization, and none for worlds without one.
#[test]
fn accounts_that_an_organization_does_not_list_are_refused() {
    let Some(python) = python::clients() else { return };
    for kind in ["none", "listed", "unlisted"] {
        let folder = Folder::new(&format!("outside-{kind}"));
        let path = |name: &str| folder.path(name).display().to_string();
        fs::create_dir_all(folder.path("world")).unwrap();
        run(&python, "", "outside.py", &["world", &path("world"), kind]);
        let server = Server::start(&folder);
        let data = server.data.display().to_string();
        let arguments = ["ask", env!("CARGO_BIN_EXE_wardbook"), &data, &path("world"), kind];
        run(&python, &server.endpoint, "outside.py", &arguments);
    }
}

/// Every acknowledged change is in force at once and after a kill, and every acknowledged call in the log exactly once.
#[test]
fn what_was_taken_away_stays_away() {
    let Some(python) = python::clients() else { return };
    let folder = roles("withdraw");
    let memory = folder.path("memory.json").display().to_string();
    // Longer than any server lives, in no order, but for the last one.
    for millis in [1_500, 700, 2_100, 900, 1_300] {
        let mut server = Server::start(&folder);
        let endpoint = server.endpoint.clone();
        let (python, memory) = (python.clone(), memory.clone());
        let work = std::thread::spawn(move || run(&python, &endpoint, "withdraw.py", &[&memory, "60"]));
        std::thread::sleep(std::time::Duration::from_millis(millis));
        server.process.kill().unwrap();
        server.process.wait().unwrap();
        work.join().unwrap();
    }
    let server = Server::start(&folder);
    run(&python, &server.endpoint, "withdraw.py", &[&memory, "3"]);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for event in server.stop() {
        *told.entry(event["requestID"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let memory: Value = serde_json::from_slice(&fs::read(&memory).unwrap()).unwrap();
    let heard = memory["requests"].as_array().unwrap();
    assert!(heard.len() > 300, "{} acknowledged requests", heard.len());
    for request in heard {
        assert_eq!(told.get(request.as_str().unwrap()), Some(&1), "request {request} is in the log exactly once");
    }
}
