//! Real clients against `wardbook serve`: boto3 and the AWS Encryption SDK from PyPI, unmodified.
//!
//! Each script under `tests/serve/` has a server of its own, and says what it holds it to in its first line. After a
//! script the log is verified, and holds one event for each reply.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::Folder;

/// A server that is stopped when it is dropped.
struct Server {
    process: Child,
    endpoint: String,
    data: std::path::PathBuf,
}

/// Who signs with which key, beside the roots that `--dev` knows.
const CREDENTIALS: &str = r#"{"credentials": [
    {"access_key_id": "AKIAANAXXXXXXXXXXXXX", "secret_access_key": "secret-of-ana",
     "principal": "arn:aws:iam::123456789012:user/ana"},
    {"access_key_id": "AKIABOBXXXXXXXXXXXXX", "secret_access_key": "secret-of-bob",
     "principal": "arn:aws:iam::123456789012:user/bob"},
    {"access_key_id": "AKIAEVEXXXXXXXXXXXXX", "secret_access_key": "secret-of-eve",
     "principal": "arn:aws:iam::123456789012:user/eve"},
    {"access_key_id": "AKIARDSXXXXXXXXXXXXX", "secret_access_key": "secret-of-rds",
     "principal": "arn:aws:iam::123456789012:user/bob", "via": "rds.us-east-1.amazonaws.com"}]}"#;

/// ana may everything, bob has nothing, eve is bounded, and the role report trusts ana and may decrypt.
const WORLD: &str = r#"{"UserDetailList": [
    {"UserName": "ana", "UserId": "AIDAANA", "Arn": "arn:aws:iam::123456789012:user/ana", "Path": "/",
     "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": ["kms:*", "sts:AssumeRole"], "Resource": "*"}}}]},
    {"UserName": "bob", "UserId": "AIDABOB", "Arn": "arn:aws:iam::123456789012:user/bob", "Path": "/"},
    {"UserName": "eve", "UserId": "AIDAEVE", "Arn": "arn:aws:iam::123456789012:user/eve", "Path": "/",
     "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/edge",
        "PermissionsBoundaryType": "Policy"},
     "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}}]}],
  "GroupDetailList": [],
  "RoleDetailList": [{"RoleName": "report", "RoleId": "AROAREPORT", "Path": "/",
    "Arn": "arn:aws:iam::123456789012:role/report",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::123456789012:user/ana"}}},
    "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}}}]}],
  "Policies": [{"PolicyName": "edge", "Arn": "arn:aws:iam::123456789012:policy/edge", "DefaultVersionId": "v1",
    "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}}}]}],
  "IsTruncated": false}"#;

impl Server {
    fn start(folder: &Folder) -> Server {
        Server::start_with(folder, &[], &[])
    }

    fn start_with(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        Server::start_in(folder, arguments, environment, Stdio::inherit())
    }

    fn start_logged(folder: &Folder, arguments: &[&str], log: Stdio) -> Server {
        Server::start_in(folder, arguments, &[], log)
    }

    fn start_in(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)], log: Stdio) -> Server {
        let credentials = folder.path("credentials.json");
        if !credentials.exists() {
            folder.write("credentials.json", CREDENTIALS);
            fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
            fs::create_dir_all(folder.path("world")).unwrap();
            fs::write(folder.path("world/details.json"), WORLD).unwrap();
        }
        let data = folder.path("data");
        let mut process = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--credentials")
            .arg(&credentials)
            .arg("--world")
            .arg(folder.path("world"))
            .arg("--signing-key")
            .arg(folder.path("audit-signing.key"))
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=").unwrap().to_owned();
        Server { process, endpoint, data }
    }

    fn run(&self, python: &Path, script: &str, arguments: &[&str]) {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve");
        let output = Command::new(python)
            .arg(scripts.join(script))
            .args(arguments)
            .env("WARDBOOK_ENDPOINT", &self.endpoint)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{script}\n{out}\n{err}");
    }

    /// Stops it as an operator would, and verifies what it wrote down.
    fn stop(mut self, folder: &Folder) -> Vec<serde_json::Value> {
        let stopped = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(stopped.success());
        assert!(self.process.wait().unwrap().success(), "a clean stop");
        let audit = self.data.join("audit");
        let verified = wardbook(&["audit", "verify"], &audit);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        let exported = wardbook(&["audit", "export"], &audit);
        let events: Vec<serde_json::Value> = String::from_utf8(exported.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: std::collections::BTreeSet<&str> =
            events.iter().map(|event| event["eventID"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), events.len(), "every event once");
        let _ = folder;
        events
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines that `--dev` prints, for programs that read the environment.
fn environment(server: &Server) -> Vec<(&'static str, String)> {
    let pairs = [
        ("AWS_ENDPOINT_URL_KMS", server.endpoint.as_str()),
        ("AWS_ENDPOINT_URL_STS", &server.endpoint),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ];
    pairs.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

fn wardbook(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_wardbook")).args(arguments).arg(folder).output().unwrap()
}

/// Nothing secret is in any file but those that are for it.
fn assert_no_secret(data: &Path, secrets: &[&str]) {
    let mut folders = vec![data.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.file_name().is_none_or(|name| name != "root.key") {
                let bytes = fs::read(&entry).unwrap();
                for secret in secrets {
                    let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                    assert!(!found, "`{secret}` is in {}", entry.display());
                }
            }
        }
    }
}

fn script(name: &str, arguments: &[&str]) -> Option<Vec<serde_json::Value>> {
    let python = python::clients()?;
    let folder = Folder::new(name);
    let server = Server::start(&folder);
    server.run(&python, name, arguments);
    assert_no_secret(&server.data, &["attack at dawn", "secret-of-", "wJalrXUtnFEMI"]);
    Some(server.stop(&folder))
}

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
    server.stop(&folder);
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
