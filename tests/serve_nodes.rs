//! Two `wardbook serve` on one PostgreSQL: no node answers from a state that is over, whatever happens to the other.

#![cfg(feature = "postgres")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/python.rs"]
mod python;
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use postgres::Postgres;
use serde_json::Value;
use support::Folder;

const CREDENTIALS: &str = r#"{"credentials": [{"access_key_id": "AKIABOBXXXXXXXXXXXXX",
    "secret_access_key": "secret-of-bob", "principal": "arn:aws:iam::123456789012:user/bob"}]}"#;

/// A node, killed when it is dropped.
struct Node {
    process: Child,
    endpoint: String,
}

fn serve(folder: &Folder, name: &str, url: &str) -> Command {
    serve_under(folder, name, url, "root.key", None)
}

/// A node with these files of root keys.
fn serve_under(folder: &Folder, name: &str, url: &str, root: &str, old: Option<&str>) -> Command {
    let credentials = folder.path("credentials.json");
    if !credentials.exists() {
        folder.write("credentials.json", CREDENTIALS);
        fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardbook"));
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--store", url, "--data"]).arg(folder.path(name));
    command.arg("--credentials").arg(credentials);
    command.arg("--root-key").arg(folder.path(root));
    if let Some(old) = old {
        command.arg("--old-root-key").arg(folder.path(old));
    }
    command.arg("--signing-key").arg(folder.path(&format!("{name}-signing.key")));
    // Both logs in one folder.
    command.arg("--audit").arg(folder.path("log"));
    command
}

impl Node {
    fn start(folder: &Folder, name: &str, url: &str) -> Node {
        Node::of(serve(folder, name, url))
    }

    fn of(mut command: Command) -> Node {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("export AWS_ENDPOINT_URL_KMS=").unwrap().to_owned();
        Node { process, endpoint }
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Stops it as an operator would.
    fn stop(mut self) {
        let stopped = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(stopped.success() && self.process.wait().unwrap().success(), "a clean stop");
    }
}

/// What the nodes wrote down, verified.
fn events(folder: &Folder) -> Vec<Value> {
    let run = |verb: &str| {
        Command::new(env!("CARGO_BIN_EXE_wardbook")).args(["audit", verb]).arg(folder.path("log")).output().unwrap()
    };
    let verified = run("verify");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let text = String::from_utf8(run("export").stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn python_run(python: &Path, script: &str, endpoint: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve").join(script);
    let mut command = Command::new(python);
    command.arg(&script).args(arguments).env("WARDBOOK_ENDPOINT", endpoint).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", script.display());
}

#[test]
fn no_node_answers_from_a_state_that_is_over() {
    let (Some(mut server), Some(python)) = (Postgres::start(), python::clients()) else { return };
    let folder = Folder::new("nodes");
    let url = server.url();
    let nodes = [Node::start(&folder, "one", &url), Node::start(&folder, "two", &url)];
    let memory = folder.path("memory.json").display().to_string();
    let endpoints = format!("{},{}", nodes[0].endpoint, nodes[1].endpoint);
    let processes = format!("{},{}", nodes[0].process.id(), nodes[1].process.id());
    python_run(&python, "nodes.py", &nodes[0].endpoint, &[&endpoints, &processes, &memory]);

    // One node is killed in the middle of its work; the other goes on, and the killed one comes back to what is.
    let [one, mut two] = nodes;
    let work = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/work.py"))
        .arg(folder.path("work.json"))
        .env("WARDBOOK_ENDPOINT", &two.endpoint)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stderr(Stdio::null())
        .spawn();
    std::thread::sleep(std::time::Duration::from_millis(2500));
    two.kill();
    work.unwrap().wait().unwrap();
    let work = folder.path("work.json").display().to_string();
    python_run(&python, "recall.py", &one.endpoint, &[&work]);
    let two = Node::start(&folder, "two", &url);
    python_run(&python, "recall.py", &two.endpoint, &[&work]);

    // Without the store nothing is answered, and afterwards everything is as before.
    server.stop();
    let asked = Command::new(&python)
        .args(["-c", "from kit import *; assert code(client().list_keys) in ('KMSInternalException', 'KMSInternal')"])
        .env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve"))
        .env("WARDBOOK_ENDPOINT", &one.endpoint)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    server.resume();
    python_run(&python, "recall.py", &one.endpoint, &[&work]);

    one.stop();
    two.stop();
    let logs = fs::read_dir(folder.path("log/log")).unwrap().count();
    assert_eq!(logs, 2, "each node has a log of its own");
    let events = events(&folder);
    let count = |member: &str, wanted: &str| events.iter().filter(|event| event[member] == wanted).count();
    assert_eq!((count("eventName", "RotateKey"), count("eventName", "DeleteKey")), (1, 1), "on exactly one node");
    let mut requests = 0;
    for file in ["memory.json", "work.json"] {
        let memory: Value = serde_json::from_str(&folder.read(file)).unwrap();
        for request in memory["requests"].as_array().unwrap() {
            assert_eq!(count("requestID", request.as_str().unwrap()), 1, "{request} is in one log, once");
            requests += 1;
        }
    }
    assert!(requests > 300, "{requests} acknowledged requests");
    assert_eq!(server.sql("SELECT count(*) FROM wardbook.waiting"), "0", "every event has reached its log");
    let found = server.sql("SELECT count(*) FROM wardbook.row WHERE position('arn:aws' IN encode(body, 'escape')) > 0");
    assert_eq!(found, "0", "rows are sealed");
}

#[test]
fn a_node_with_another_root_key_is_refused() {
    let Some(server) = Postgres::start() else { return };
    let folder = Folder::new("root");
    let url = server.url();
    drop(Node::start(&folder, "one", &url));
    fs::rename(folder.path("root.key"), folder.path("kept.key")).unwrap();
    let refused = |command: &mut Command, told: &str| {
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(told), "{text}");
        assert!(!text.contains("geheim"), "{text}");
    };
    refused(&mut serve(&folder, "two", &url), "cannot be read");
    assert!(!folder.path("root.key").exists(), "no key is made for a state that has one");
    folder.write("root.key", "ab".repeat(32));
    fs::set_permissions(folder.path("root.key"), fs::Permissions::from_mode(0o600)).unwrap();
    refused(&mut serve(&folder, "two", &url), "the state was made under another root key");
    fs::rename(folder.path("kept.key"), folder.path("root.key")).unwrap();
    let _one = Node::start(&folder, "one", &url);
    refused(&mut serve(&folder, "three", "mysql://w:geheim@db/x"), "--store takes `postgres://");
    refused(&mut serve(&folder, "three", "postgres://w:geheim@db.example.com/x"), "is not this machine");
    folder.write("four/state.sqlite", "");
    refused(&mut serve(&folder, "four", &url), "has state of its own");
    folder.write("five/node", "../five");
    refused(&mut serve(&folder, "five", &url), "holds no name of a node");
}

/// Every node knows both root keys before the first one moves anything; the others work on meanwhile.
#[test]
fn the_root_key_of_nodes_is_changed_one_node_after_the_other() {
    let (Some(server), Some(python)) = (Postgres::start(), python::clients()) else { return };
    let folder = Folder::new("root-of-nodes");
    let (url, memory) = (server.url(), folder.path("memory.json").display().to_string());
    let start = |name: &str, root: &str, old: Option<&str>| Node::of(serve_under(&folder, name, &url, root, old));
    let open = |node: &Node| python_run(&python, "rewrap.py", &node.endpoint, &[&memory, "open"]);
    let moved = |node: &Node| {
        let place = node.endpoint.strip_prefix("http://").unwrap();
        for _ in 0..600 {
            let mut stream = std::net::TcpStream::connect(place).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            if text.contains("\nwardbook_root_rewrap_left 0\n") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("it does not come to an end");
    };
    let one = start("one", "first.key", None);
    python_run(&python, "rewrap.py", &one.endpoint, &[&memory, "make", "12"]);
    one.stop();
    folder.write("second.key", "cd".repeat(32));
    fs::set_permissions(folder.path("second.key"), fs::Permissions::from_mode(0o600)).unwrap();

    let two = start("two", "first.key", Some("second.key"));
    let one = start("one", "second.key", Some("first.key"));
    moved(&one);
    // What the first has moved opens on the second, which has never read it before and still wraps under the old one.
    open(&two);
    let later = folder.path("later.json").display().to_string();
    python_run(&python, "rewrap.py", &two.endpoint, &[&later, "make", "2"]);
    python_run(&python, "rewrap.py", &one.endpoint, &[&later, "open"]);
    two.stop();
    let two = start("two", "second.key", Some("first.key"));
    moved(&two);
    one.stop();
    two.stop();
    fs::remove_file(folder.path("first.key")).unwrap();
    let one = start("one", "second.key", None);
    open(&one);
    python_run(&python, "rewrap.py", &one.endpoint, &[&later, "open"]);
    one.stop();
    let kept = server.sql("SELECT count(*) FROM wardbook.installation WHERE name LIKE 'parent key%'");
    assert_eq!(kept, "1", "under the new root key alone");
}
