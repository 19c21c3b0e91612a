//! `wardbook serve` for the tests: started on a free port, asked by scripts of `tests/serve`, stopped and looked through.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::python;
use crate::support::Folder;

/// A server that is stopped when it is dropped.
pub struct Server {
    pub process: Child,
    pub endpoint: String,
    pub data: std::path::PathBuf,
}

/// Who signs with which key, beside the roots that `--dev` knows.
pub const CREDENTIALS: &str = r#"{"credentials": [
    {"access_key_id": "AKIAANAXXXXXXXXXXXXX", "secret_access_key": "secret-of-ana",
     "principal": "arn:aws:iam::123456789012:user/ana"},
    {"access_key_id": "AKIABOBXXXXXXXXXXXXX", "secret_access_key": "secret-of-bob",
     "principal": "arn:aws:iam::123456789012:user/bob"},
    {"access_key_id": "AKIAEVEXXXXXXXXXXXXX", "secret_access_key": "secret-of-eve",
     "principal": "arn:aws:iam::123456789012:user/eve"},
    {"access_key_id": "AKIARDSXXXXXXXXXXXXX", "secret_access_key": "secret-of-rds",
     "principal": "arn:aws:iam::123456789012:user/bob", "via": "rds.us-east-1.amazonaws.com"},
    {"access_key_id": "AKIAOLDXXXXXXXXXXXXX", "secret_access_key": "secret-of-old",
     "principal": "arn:aws:iam::123456789012:user/ana", "expires_at": "2020-01-01T00:00:00Z"},
    {"access_key_id": "AKIANEWXXXXXXXXXXXXX", "secret_access_key": "secret-of-new",
     "principal": "arn:aws:iam::123456789012:user/ana", "expires_at": "2099-01-01T00:00:00Z"}]}"#;

/// ana may everything, bob has nothing, eve is bounded, and the role report trusts ana and may decrypt.
pub const WORLD: &str = r#"{"UserDetailList": [
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
    pub fn start(folder: &Folder) -> Server {
        Server::start_with(folder, &[], &[])
    }

    pub fn start_with(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        Server::start_in(folder, arguments, environment, Stdio::inherit())
    }

    pub fn start_logged(folder: &Folder, arguments: &[&str], log: Stdio) -> Server {
        Server::start_in(folder, arguments, &[], log)
    }

    pub fn start_in(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)], log: Stdio) -> Server {
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

    pub fn run(&self, python: &Path, script: &str, arguments: &[&str]) {
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
    pub fn stop(mut self, folder: &Folder) -> Vec<serde_json::Value> {
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
pub fn environment(server: &Server) -> Vec<(&'static str, String)> {
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

pub fn wardbook(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_wardbook")).args(arguments).arg(folder).output().unwrap()
}

/// Nothing secret is in any file but those that are for it.
pub fn assert_no_secret(data: &Path, secrets: &[&str]) {
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

/// Runs a script against a server of its own, and gives back what that wrote down; none without its clients.
pub fn script(name: &str, arguments: &[&str]) -> Option<Vec<serde_json::Value>> {
    let python = python::clients()?;
    let folder = Folder::new(name);
    let server = Server::start(&folder);
    server.run(&python, name, arguments);
    assert_no_secret(&server.data, &["attack at dawn", "secret-of-", "wJalrXUtnFEMI"]);
    Some(server.stop(&folder))
}
