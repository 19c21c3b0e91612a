//! `serve backup` while requests are answered, and `serve restore`: what was acknowledged before is there afterwards.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::Folder;

const BINARY: &str = env!("CARGO_BIN_EXE_wardbook");

/// A server, killed when it is dropped.
struct Server {
    process: Child,
    endpoint: String,
}

impl Server {
    fn start(data: &Path, signing_key: &Path) -> Server {
        let mut process = Command::new(BINARY)
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--signing-key")
            .arg(signing_key)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=").unwrap().to_owned();
        Server { process, endpoint }
    }

    fn run(&self, python: &Path, script: &str, arguments: &[&str]) {
        let output = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve").join(script))
            .args(arguments)
            .env("WARDBOOK_ENDPOINT", &self.endpoint)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{script}\n{out}\n{err}");
    }

    fn stop(mut self) {
        let stopped = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(stopped.success() && self.process.wait().unwrap().success(), "a clean stop");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> (i32, String) {
    let mut command = Command::new(BINARY);
    command.arg("serve");
    for argument in arguments {
        command.arg(argument);
    }
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn done(arguments: &[&dyn AsRef<std::ffi::OsStr>], told: &str) {
    let (code, text) = serve(arguments);
    assert!(code == 0 && text.contains(told), "{code} {text}");
}

fn refused(arguments: &[&dyn AsRef<std::ffi::OsStr>], told: &str) {
    let (code, text) = serve(arguments);
    assert!(code == 2 && text.contains(told), "{code} {text}");
}

#[test]
fn what_was_acknowledged_before_a_backup_is_in_it() {
    let Some(python) = python::clients() else { return };
    let folder = Folder::new("online");
    let (data, copy, signing_key) = (folder.path("data"), folder.path("copy.sqlite"), folder.path("signing.key"));
    let memory = folder.path("memory.json").display().to_string();
    let server = Server::start(&data, &signing_key);
    let (data_text, copy_text) = (data.display().to_string(), copy.display().to_string());
    server.run(&python, "backup.py", &[BINARY, &data_text, &copy_text, &memory]);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    refused(&[&"backup", &copy, &"--data", &data], "exists");
    drop(server);

    // The whole folder is lost but for the root key, and another one is made from the backup.
    let key = folder.path("root.key");
    fs::rename(data.join("root.key"), &key).unwrap();
    fs::remove_dir_all(&data).unwrap();
    let restored = folder.path("restored");
    done(&[&"restore", &copy, &"--data", &restored, &"--root-key", &key], "restored ");
    let server = Server::start(&restored, &signing_key);
    server.run(&python, "recall.py", &[&memory]);
    server.stop();
    refused(&[&"restore", &copy, &"--data", &restored, &"--root-key", &key], "has state already");
}

#[test]
fn backups_without_a_server_and_what_is_refused() {
    let folder = Folder::new("refused");
    let (data, copy) = (folder.path("data"), folder.path("copy.sqlite"));
    let nothing = folder.path("nothing");
    refused(&[&"backup", &copy, &"--data", &nothing], "has no state");
    assert!(!nothing.exists());
    Server::start(&data, &folder.path("signing.key")).stop();
    // What a server that was killed leaves does not matter, nor what nobody answered.
    drop(Server::start(&data, &folder.path("signing.key")));
    fs::write(data.join("backup.request"), format!("1\n{}\n", folder.path("never.sqlite").display())).unwrap();
    done(&[&"backup", &copy, &"--data", &data], "the root key is not in it");
    let server = Server::start(&data, &folder.path("signing.key"));
    refused(&[&"backup", &copy, &"--data", &data], "the server made no backup");
    refused(&[&"backup", &folder.path("no/where.sqlite"), &"--data", &data], "No such file");
    done(&[&"backup", &folder.path("second.sqlite"), &"--data", &data], "backed up to");
    assert!(!folder.path("never.sqlite").exists() && !data.join("backup.answer").exists());
    drop(server);

    let new = |name: &str| -> PathBuf { folder.path(name) };
    let restore = |from: &Path, to: &Path, key: &Path, told: &str| {
        refused(&[&"restore", &from, &"--data", &to, &"--root-key", &key], told);
        assert!(!to.join("state.sqlite").exists() && !to.join("state.restoring").exists());
    };
    let key = data.join("root.key");
    refused(&[&"restore", &copy, &"--data", &new("keyless")], "there is no root key at");
    folder.write("other.key", "00".repeat(32));
    fs::set_permissions(folder.path("other.key"), fs::Permissions::from_mode(0o600)).unwrap();
    restore(&copy, &new("other"), &folder.path("other.key"), "under another root key");
    folder.write("text.sqlite", "no database, but long enough to be looked at as one");
    restore(&folder.path("text.sqlite"), &new("text"), &key, "the backup cannot be used");
    let bytes = fs::read(&copy).unwrap();
    folder.write("cut.sqlite", &bytes[..bytes.len() / 2]);
    restore(&folder.path("cut.sqlite"), &new("cut"), &key, "the backup cannot be used");
    restore(&folder.path("absent.sqlite"), &new("absent"), &key, "cannot copy");
    done(&[&"restore", &copy, &"--data", &new("fine"), &"--root-key", &key], "0 keys and 0 grants");
    done(&[&"restore", &copy, &"--data", &new("quiet"), &"--root-key", &key], "");
}
