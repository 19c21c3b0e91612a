//! Runs the binary in a folder of its own, and holds what it prints against snapshots.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

/// A folder of one test's files.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// An empty folder; the name is the test's own.
    pub fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", env!("CARGO_CRATE_NAME")));
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::create_dir_all(&path).unwrap();
        Folder { path }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Folder {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Copies the repository's `examples/` here, so that what is printed holds no path of this machine.
    pub fn with_examples(self) -> Folder {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), &self.path("examples"));
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of the files directly in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs the binary here, with nothing on stdin.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// Runs the binary here, with these variables in place of those that say how a network is reached.
    pub fn run_in(&self, arguments: &[&str], variables: &[(String, String)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardbook"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("AWS_") || name.to_ascii_lowercase().ends_with("_proxy") {
                command.env_remove(&*name);
            }
        }
        self.finish(command.args(arguments).envs(variables.iter().cloned()), "")
    }

    /// Runs the binary here, with a text on stdin.
    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Run {
        self.finish(Command::new(env!("CARGO_BIN_EXE_wardbook")).args(arguments), stdin)
    }

    fn finish(&self, command: &mut Command, stdin: &str) -> Run {
        let mut child = command
            .current_dir(&self.path)
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A binary that ends before it read its stdin is part of some tests.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Compares with the file of that name below `tests/snapshots`; `UPDATE=1` writes it instead.
pub fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == text,
        "tests/snapshots/{name} differs; `UPDATE=1 cargo test` rewrites it\n--- wanted\n{wanted}\n--- printed\n{text}"
    );
}
