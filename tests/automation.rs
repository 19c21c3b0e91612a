//! The pre-commit hook and the GitHub Action of this repository, held against the command line that they call.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::path::Path;
use std::process::Command;

use support::Folder;
use wardbook_inventory::yaml;
use wardbook_policy::json::Value;

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    yaml::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.member(name).and_then(Value::as_text).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn hooks_call_what_there_is() {
    let hooks = read(".pre-commit-hooks.yaml");
    let folder = Folder::new("hooks");
    folder.write("a.json", "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:listKeys\", \"Resource\": \"*\"}}");
    folder.write("package.json", "{\"name\": \"other\"}");
    for hook in hooks.as_list().unwrap() {
        let entry: Vec<&str> = text(hook, "entry").split(' ').skip(1).collect();
        let run = folder.run(&[&entry[..], &["a.json", "package.json"]].concat());
        assert_eq!(run.code, 0, "{}: {run:?}", text(hook, "id"));
    }
    assert!(folder.read("a.json").contains("kms:ListKeys"), "the fixing hook fixes");
}

/// Runs the script of the step that lints, as a runner would.
fn step(folder: &Folder, inputs: &[(&str, &str)]) -> (i32, String, String) {
    let action = read("action.yml");
    let steps = action.member("runs").and_then(|runs| runs.member("steps")).and_then(Value::as_list).unwrap();
    let lint = steps.iter().find(|step| step.member("id").and_then(Value::as_text) == Some("lint")).unwrap();
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", text(lint, "run")]).current_dir(folder.path(""));
    for member in lint.member("env").and_then(Value::as_object).unwrap() {
        command.env(&*member.name, "");
    }
    folder.write("output", "");
    command.env("GITHUB_OUTPUT", folder.path("output")).env("RUNNER_TEMP", folder.path(""));
    command.env("BINARY", env!("CARGO_BIN_EXE_wardbook")).envs(inputs.iter().copied());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said, folder.read("output"))
}

#[test]
fn the_action_lints_annotates_and_writes_sarif() {
    let folder = Folder::new("action");
    folder.write("a b/key.json", "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:Decript\", \"Resource\": \"*\"}}");
    let (code, said, output) = step(
        &folder,
        &[("PATHS", "a b\n"), ("ANNOTATIONS", "true"), ("SARIF", "out.sarif"), ("ARGUMENTS", "--select=KP01\n\n")],
    );
    assert_eq!((code, output.as_str()), (1, "exit-code=1\n"), "{said}");
    assert!(said.starts_with("::error file=a b/key.json,line=1,"), "{said}");
    assert!(folder.read("out.sarif").contains("a%20b/key.json"));
    let (code, said, _) = step(&folder, &[("PATHS", "."), ("ARGUMENTS", "--ignore=KP01,IP01"), ("FAIL_ON", "error")]);
    assert_eq!(code, 0, "{said}");
    // Nothing that is passed in is run.
    let (_, said, _) = step(&folder, &[("PATHS", "$(touch pwned)"), ("ARGUMENTS", "--select=KP01; touch pwned")]);
    assert!(!folder.names().contains(&"pwned".to_owned()), "{said}");
}
