//! `lint --lsp`: a language server on stdin and stdout, with diagnostics, the page of a rule on hover, and quick fixes.
//!
//! A document is linted anew whenever it changes. Nothing is written; the editor makes the edits.
//! <https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/>

mod document;
mod encoding;
mod uri;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value, json};
use wardbook_inventory::source::Source;

use super::Linter;
use super::workspace::Workspace;
use crate::exit::Exit;
use document::Document;
use encoding::Encoding;

/// Serves until the client says goodbye, or is gone.
pub(super) fn run(linter: &Linter<'_>) -> anyhow::Result<Exit> {
    let (connection, threads) = Connection::stdio();
    let (id, parameters) = connection.initialize_start().context("the client did not begin with `initialize`")?;
    let encoding = Encoding::agreed(&parameters);
    connection.initialize_finish(id, capabilities(encoding)).context("the client did not answer `initialize`")?;
    let mut server = Server { linter, encoding, documents: BTreeMap::new() };
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).context("the client did not exit after `shutdown`")? {
                    break;
                }
                let response = server.answer(request);
                if connection.sender.send(Message::Response(response)).is_err() {
                    break;
                }
            }
            Message::Notification(notification) => {
                for diagnostics in server.hear(&notification) {
                    let method = "textDocument/publishDiagnostics".to_owned();
                    let told = Notification { method, params: diagnostics };
                    if connection.sender.send(Message::Notification(told)).is_err() {
                        break;
                    }
                }
            }
            Message::Response(_) => {}
        }
    }
    drop(connection);
    threads.join().context("cannot write to stdout")?;
    Ok(Exit::Fine)
}

fn capabilities(encoding: Encoding) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": encoding.name(),
            "textDocumentSync": {"openClose": true, "change": 1, "save": {"includeText": false}},
            "hoverProvider": true,
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
        },
        "serverInfo": {"name": "wardbook", "version": env!("CARGO_PKG_VERSION")},
    })
}

struct Server<'a> {
    linter: &'a Linter<'a>,
    encoding: Encoding,
    /// The open documents by their URIs.
    documents: BTreeMap<String, Document>,
}

impl Server<'_> {
    fn answer(&self, request: Request) -> Response {
        let uri = request.params.pointer("/textDocument/uri").and_then(Value::as_str).unwrap_or_default();
        let document = self.documents.get(uri);
        match request.method.as_str() {
            "textDocument/hover" => {
                let hover = document.and_then(|document| document.hover(&request.params, self.encoding));
                Response::new_ok(request.id, hover)
            }
            "textDocument/codeAction" => {
                let actions = document.map(|document| document.actions(uri, &request.params, self.encoding));
                Response::new_ok(request.id, actions.unwrap_or_default())
            }
            method => {
                let message = format!("`{method}` is not served");
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }

    /// Takes in what the client tells, and gives the diagnostics to publish.
    fn hear(&mut self, notification: &Notification) -> Vec<Value> {
        let parameters = &notification.params;
        let text = |pointer: &str| parameters.pointer(pointer).and_then(Value::as_str);
        let Some(uri) = text("/textDocument/uri").map(str::to_owned) else { return Vec::new() };
        let new = match notification.method.as_str() {
            "textDocument/didOpen" => text("/textDocument/text"),
            // With whole documents in each change, the last one counts.
            "textDocument/didChange" => parameters
                .get("contentChanges")
                .and_then(Value::as_array)
                .and_then(|changes| changes.last()?.get("text")?.as_str()),
            "textDocument/didSave" => self.documents.get(&uri).map(|document| &*document.text),
            "textDocument/didClose" => {
                self.documents.remove(&uri);
                return vec![json!({"uri": uri, "diagnostics": []})];
            }
            _ => None,
        };
        let Some(new) = new.map(str::to_owned) else { return Vec::new() };
        let version = parameters.pointer("/textDocument/version").and_then(Value::as_i64);
        self.documents.insert(uri.clone(), Document { path: uri::path(&uri), text: new, version, issues: Vec::new() });
        // What is said of one file of a module may follow from another one.
        let folder = |path: &str| Path::new(path).parent().map(Path::to_owned);
        let path = self.documents.get(&uri).map(|document| document.path.clone()).unwrap_or_default();
        let of_module = |other: &Document| {
            other.path == path
                || path.ends_with(".tf") && other.path.ends_with(".tf") && folder(&other.path) == folder(&path)
        };
        let concerned: Vec<String> =
            self.documents.iter().filter(|(_, other)| of_module(other)).map(|(uri, _)| uri.clone()).collect();
        self.lint(&concerned);
        concerned.iter().filter_map(|uri| Some(self.documents.get(uri)?.diagnostics(uri, self.encoding))).collect()
    }

    /// Lints some open documents together.
    fn lint(&mut self, uris: &[String]) {
        let mut workspace = Workspace::default();
        for document in uris.iter().filter_map(|uri| self.documents.get(uri)) {
            workspace.add(Source::new(document.path.as_str(), document.text.as_str()), false);
        }
        workspace.add_siblings();
        let issues = self.linter.lint(&workspace, false).issues;
        for uri in uris {
            if let Some(document) = self.documents.get_mut(uri) {
                let own = issues.iter().filter(|issue| issue.is_active() && *issue.place.path == *document.path);
                document.issues = own.cloned().collect();
            }
        }
    }
}
