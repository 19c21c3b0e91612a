//! Real clients against `wardbook serve`: boto3 and the AWS Encryption SDK from PyPI, unmodified.
//!
//! Each script under `tests/serve/` has a server of its own, and says what it holds it to in its first line. After a
//! script the log is verified, and holds one event for each reply.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;
mod support;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use server::{CREDENTIALS, Server, environment, script, wardbook};
use support::Folder;

#[test]
fn the_steps_of_the_articles_and_of_terraform() {
    let Some(events) = script("seed.py", &[]) else { return };
    let named = |name: &str| events.iter().filter(|event| event["eventName"] == name).collect::<Vec<_>>();
    let made = named("CreateKey");
    assert_eq!(made[0]["userIdentity"]["type"], "Root");
    assert_eq!(made[0]["additionalEventData"]["wardbook"]["decision"], "allow");
    assert_eq!(made[0]["responseElements"]["keyMetadata"]["keyState"], "Enabled");
    assert_eq!(named("GenerateDataKey")[0]["requestParameters"]["encryptionContext"]["department"], "finance");
    assert_eq!(named("DeleteKey").len(), 1, "the day of a deletion came");
    assert_eq!(named("DeleteKey")[0]["eventType"], "AwsServiceEvent");
    let refused = named("GenerateDataKey").iter().any(|event| event["errorCode"] == "DisabledException");
    assert!(refused, "refusals are written down too");
}

/// The example that a newcomer copies, with nothing but the lines that `--dev` prints.
#[test]
fn the_example_runs_as_it_stands() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("example");
    let server = Server::start_with(&folder, &["--quota", "Encrypt=0.001", "--quota", "cryptographic=100"], &[]);
    let output = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/boto3_steps.py"))
        .envs(environment(&server))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in ["the data key comes back: True", "while it is off: DisabledException", "and on again"] {
        assert!(text.lines().any(|found| found == line), "{text}");
    }
    assert_eq!(server.stop(&folder).len(), 7, "one event for each call");
}

#[test]
fn the_command_line_of_aws_works_unmodified() {
    let Some(python) = python::cli() else { return };
    let folder = Folder::new("cli");
    let server = Server::start(&folder);
    let output = Command::new("bash")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/cli.sh"))
        .args([python.parent().unwrap(), &folder.path(".")])
        .envs(environment(&server))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("the shell is content"), "{out}\n{err}");
    server.stop(&folder);
}

#[test]
fn the_sdk_for_javascript_works_unmodified() {
    let folder = Folder::new("javascript");
    let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    fs::create_dir_all(&modules).unwrap();
    if !modules.join("whole").exists() {
        let npm = ["install", "--silent", "--no-fund", "--no-audit", "--prefix", ".", "@aws-sdk/client-kms"];
        let made = Command::new("npm").args(npm).current_dir(&modules).output();
        if !made.is_ok_and(|made| made.status.success()) {
            let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: no npm, or it cannot reach its registry\n");
            return;
        }
        fs::File::create(modules.join("whole")).unwrap();
    }
    let server = Server::start(&folder);
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/sdk.mjs"))
        .env("WARDBOOK_NODE_MODULES", &modules)
        .envs(environment(&server))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.stop(&folder);
}

/// `tests/clients/rust`, which `.ci/interop` builds.
#[test]
fn the_sdk_for_rust_works_unmodified() {
    let Some(client) = std::env::var_os("WARDBOOK_CLIENT_RUST") else {
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: no client of the SDK for Rust (.ci/interop builds it)\n");
        return;
    };
    let folder = Folder::new("rust");
    let server = Server::start(&folder);
    let output = Command::new(client).envs(environment(&server)).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("the SDK for Rust is content"), "{out}\n{err}");
    server.stop(&folder);
}

#[test]
fn every_layer_is_enforced_over_the_wire() {
    let Some(events) = script("enforce.py", &[]) else { return };
    let denied: Vec<_> = events.iter().filter(|event| event["errorCode"] == "AccessDenied").collect();
    assert!(denied.len() > 20);
    assert!(denied.iter().all(|event| !event["additionalEventData"]["wardbook"]["decidedBy"].is_null()), "why");
    let assumed = events.iter().find(|event| event["eventName"] == "AssumeRole").unwrap();
    assert_eq!(assumed["eventSource"], "sts.amazonaws.com");
    assert_eq!(assumed["responseElements"]["assumedRoleUser"]["assumedRoleId"], "AROAREPORT:s1");
    let via = events.iter().find(|event| event["userIdentity"]["invokedBy"] == "rds.amazonaws.com").unwrap();
    assert_eq!(via["sourceIPAddress"], "rds.amazonaws.com");
}

/// SCPs, RCPs, boundaries, session policies and endpoint conditions, case by case in `tests/serve/layers/cases.json`.
#[test]
fn every_layer_refuses_in_its_own_words() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("layers");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/layers");
    fs::create_dir_all(folder.path("world")).unwrap();
    for name in ["details.json", "organization.json"] {
        fs::copy(from.join(name), folder.path("world").join(name)).unwrap();
    }
    let credentials = folder.path("credentials.json");
    fs::copy(from.join("credentials.json"), &credentials).unwrap();
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
    let server = Server::start(&folder);
    server.run(&python, "layers.py", &[]);
    let cases: serde_json::Value = serde_json::from_slice(&fs::read(from.join("cases.json")).unwrap()).unwrap();
    let refused = cases.as_array().unwrap().iter().filter(|case| case["wanted"] != "allow").count();
    let events = server.stop(&folder);
    let denied = events.iter().filter(|event| event["errorCode"] == "AccessDenied").count();
    assert_eq!(denied, refused, "one event for each refusal");
}

/// The operator's log is off unless it is asked for, and has one line for each event of the audit log.
#[test]
fn the_log_has_a_line_for_each_request() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("operator-log");
    let lines = folder.path("stderr");
    let server =
        Server::start_logged(&folder, &["--log-requests", "--quiet"], fs::File::create(&lines).unwrap().into());
    server.run(&python, "seed.py", &[]);
    let mut events: Vec<String> =
        server.stop(&folder).iter().filter_map(|event| Some(event["requestID"].as_str()?.to_owned())).collect();
    let text = fs::read_to_string(&lines).unwrap();
    let told = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let mut logged: Vec<String> =
        text.lines().map(|line| told(line)["request_id"].as_str().unwrap().to_owned()).collect();
    events.sort_unstable();
    logged.sort_unstable();
    assert_eq!(logged, events);
    for secret in ["attack at dawn", "YXR0YWNrIGF0IGRhd24", "secret-of-", "wJalrXUtnFEMI", "Signature="] {
        assert!(!text.contains(secret), "`{secret}` is in the log");
    }
}

/// The checked-in API is what its generator makes of the model, where botocore of the recorded version can be had.
#[test]
fn the_api_is_what_the_public_model_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("service/data");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let version = readme.lines().find_map(|line| line.strip_prefix("Made with botocore ")?.split(':').next());
    let version = version.expect("service/data/README.md names the version");
    let Some(python) = python::botocore(version) else { return };
    let command = |arguments: &[&str]| Command::new(&python).args(arguments).output().unwrap();
    let found = command(&["-c", "import botocore; print(botocore.__version__)"]);
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if found != version {
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: botocore is `{found}`, and the API is of {version}\n");
        return;
    }
    let checked = command(&[&folder.join("generate.py").display().to_string(), "--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn recorded_replies_come_back_to_the_letter() {
    script("errors.py", &[]);
}

#[test]
fn every_recorded_error_is_reproduced() {
    let lines = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kms/recorded_error.tsv");
    script("recorded.py", &[&lines.display().to_string()]);
}

#[test]
fn another_account_learns_nothing() {
    let requests = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kms");
    script("hostile.py", &[&requests.display().to_string()]);
}

#[test]
fn every_spec_computes_what_others_compute() {
    script("crypto.py", &[]);
}

#[test]
fn material_and_regions() {
    script("material.py", &[]);
}

#[test]
fn states_that_the_api_brings_about() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kms");
    script("states.py", &[&table.display().to_string()]);
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_is_under_way() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("drain");
    let mut server = Server::start(&folder);
    let begun = std::time::Instant::now();
    server.run(&python, "drain.py", &[&server.process.id().to_string()]);
    assert!(server.process.wait().unwrap().success(), "a clean stop");
    assert!(begun.elapsed().as_secs() < 15, "it does not wait for those who ask nothing");
    let exported = wardbook(&["audit", "export"], &server.data.join("audit"));
    let events = String::from_utf8(exported.stdout).unwrap();
    assert_eq!(events.matches(r#""eventName":"Encrypt""#).count(), 1, "and it is in the log");
    assert!(wardbook(&["audit", "verify"], &server.data.join("audit")).status.success());
}

#[test]
fn signatures_are_those_of_botocore() {
    script("signature.py", &["7", "1500"]);
}

#[test]
fn the_encryption_sdk_works_unmodified() {
    script("encryption_sdk.py", &[]);
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("kill");
    // Short and long lives, in no order.
    for millis in [900, 400, 1300, 250, 700, 1700, 500, 1100] {
        let mut server = Server::start(&folder);
        server.run(&python, "recall.py", &[&folder.path("memory.json").display().to_string()]);
        let work = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/work.py"))
            .arg(folder.path("memory.json"))
            .env("WARDBOOK_ENDPOINT", &server.endpoint)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stderr(Stdio::null())
            .spawn();
        std::thread::sleep(std::time::Duration::from_millis(millis));
        server.process.kill().unwrap();
        server.process.wait().unwrap();
        work.unwrap().wait().unwrap();
    }
    let server = Server::start(&folder);
    server.run(&python, "recall.py", &[&folder.path("memory.json").display().to_string()]);
    let events = server.stop(&folder);
    let memory: serde_json::Value = serde_json::from_slice(&fs::read(folder.path("memory.json")).unwrap()).unwrap();
    let requests = memory["requests"].as_array().unwrap();
    assert!(requests.len() > 50, "{} acknowledged requests", requests.len());
    for request in requests {
        let found = events.iter().filter(|event| event["requestID"] == *request).count();
        assert_eq!(found, 1, "request {request} is in the log exactly once");
    }
}

#[test]
fn one_server_for_one_folder_and_nothing_in_the_clear() {
    let folder = Folder::new("refusals");
    let server = Server::start(&folder);
    let refused = |arguments: &[&str], told: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_wardbook")).arg("serve").args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(told), "{text}");
    };
    let data = server.data.display().to_string();
    refused(&["--dev", "--listen", "127.0.0.1:0", "--data", &data], "is another server running on it?");
    refused(&["--listen", "0.0.0.0:0", "--data", &data], "without TLS they can read every plaintext");
    refused(&["--dev", "--listen", "0.0.0.0:0", "--insecure-plaintext", "--data", &data], "loopback only");
    refused(&["--listen", "127.0.0.1:0", "--data", &data], "nobody could sign a request");
    let open = folder.path("open.json");
    folder.write("open.json", CREDENTIALS);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&["--listen", "127.0.0.1:0", "--credentials", &open.display().to_string()], "make it 0600");
    server.stop(&folder);
}
