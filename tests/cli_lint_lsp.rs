//! `wardbook lint --lsp`, driven by a client that speaks the protocol.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use support::Folder;

const POLICY: &str = "{\"Version\": \"2012-10-17\", \"Statement\": [\n  {\"Sid\": \"😀\", \"Effect\": \"Allow\", \"Action\": \"kms:decrypt\", \"Resource\": \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"}]}\n";

struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    id: u32,
}

impl Client {
    fn start(folder: &Folder, capabilities: Value) -> (Client, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wardbook"))
            .args(["lint", "--lsp"])
            .current_dir(folder.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut client = Client { child, input, output, id: 0 };
        let answer =
            client.ask("initialize", json!({"processId": null, "rootUri": null, "capabilities": capabilities}));
        client.tell("initialized", json!({}));
        (client, answer)
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            if let Some(told) = line.strip_prefix("Content-Length: ") {
                length = told.trim().parse().unwrap();
            }
            assert!(!line.is_empty(), "the server is gone");
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The next diagnostics.
    fn diagnostics(&mut self) -> Value {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
        message["params"].clone()
    }

    fn open(&mut self, uri: &str, text: &str) -> Value {
        let document = json!({"uri": uri, "languageId": "json", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.diagnostics()
    }

    fn end(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null)["result"], Value::Null);
        self.tell("exit", Value::Null);
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

fn uri(folder: &Folder, name: &str) -> String {
    format!("file://{}", folder.path(name).display())
}

#[test]
fn what_is_typed_is_linted_explained_and_mended() {
    let folder = Folder::new("session");
    let (mut client, answer) = Client::start(&folder, json!({}));
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
    let uri = uri(&folder, "policy.json");
    let told = client.open(&uri, POLICY);
    assert_eq!((&told["uri"], &told["version"]), (&json!(uri), &json!(1)));
    let diagnostics = told["diagnostics"].as_array().unwrap();
    let first = diagnostics.iter().find(|told| told["code"] == "SY14").unwrap();
    // The emoji is two units of UTF-16.
    let range = json!({"start": {"line": 1, "character": 45}, "end": {"line": 1, "character": 58}});
    assert_eq!(
        (&first["code"], &first["range"], &first["severity"]),
        (&json!("SY14"), &range, &json!(3)),
        "{diagnostics:#?}"
    );

    let here = json!({"textDocument": {"uri": uri}, "position": {"line": 1, "character": 50}});
    let hover = client.ask("textDocument/hover", here);
    let page = hover["result"]["contents"]["value"].as_str().unwrap();
    assert!(page.starts_with("**SY14 action-case**") && page.contains("# Good"), "{page}");
    let nowhere = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}});
    assert_eq!(client.ask("textDocument/hover", nowhere)["result"], Value::Null);

    let asked = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
    let actions = client.ask("textDocument/codeAction", asked);
    let is_ours = |action: &&Value| action["title"].as_str().unwrap().starts_with("SY14");
    let action = actions["result"].as_array().unwrap().iter().find(is_ours).unwrap();
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(action["edit"]["changes"][&uri], json!([{"range": range, "newText": "\"kms:Decrypt\""}]));

    let change =
        json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "{\"Statement\": [}"}]});
    client.tell("textDocument/didChange", change);
    let told = client.diagnostics();
    assert_eq!((&told["version"], &told["diagnostics"][0]["code"]), (&json!(2), &json!("SY01")));
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(client.diagnostics()["diagnostics"], json!([]));
    client.end();
}

#[test]
fn files_of_a_module_are_seen_together() {
    let folder = Folder::new("module");
    folder.write("locals.tf", "locals {\n  who = \"*\"\n}\n");
    let key = "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Principal = local.who, Action = \"kms:*\", Resource = \"*\" }]\n  })\n}\n";
    let (mut client, answer) = Client::start(&folder, json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}}));
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-8");
    let codes = |told: &Value| -> Vec<String> {
        let diagnostics = told["diagnostics"].as_array().unwrap();
        diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap().to_owned()).collect()
    };
    client.open(&uri(&folder, "key.tf"), key);
    // The star stands in the other file, which is open now, with another text than on disk.
    let locals = client.open(&uri(&folder, "locals.tf"), "locals {\n\n  who = \"*\"\n}\n");
    let mut told = vec![locals, client.diagnostics()];
    told.sort_by_key(|told| told["uri"].to_string());
    assert!(codes(&told[1]).contains(&"KP07".to_owned()), "{told:#?}");
    assert_eq!(told[1]["diagnostics"][0]["range"]["start"]["line"], 2);
    client.end();
}

#[test]
fn what_is_not_served_is_said_so_and_nonsense_ends_nothing() {
    let folder = Folder::new("nonsense");
    let (mut client, _) = Client::start(&folder, json!({}));
    assert_eq!(client.ask("workspace/symbol", json!({}))["error"]["code"], -32601);
    client.tell("textDocument/didChange", json!({"textDocument": {}, "contentChanges": 3}));
    client.tell("$/cancelRequest", json!({"id": 7}));
    let odd = json!({"textDocument": {"uri": "file:///nowhere.json"}, "position": {"line": -1, "character": "x"}});
    assert_eq!(client.ask("textDocument/hover", odd)["result"], Value::Null);
    let told = client.open("untitled:Untitled-1", POLICY);
    assert!(!told["diagnostics"].as_array().unwrap().is_empty());
    client.end();
}
