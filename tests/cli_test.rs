//! `wardbook test`, `completions` and `man`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::{Folder, snapshot};

const FAILING: &str = r#"cases:
  - name: wanted the other answer
    request: {principal: "111122223333", action: s3:GetObject, resource: "arn:aws:s3:::b/k"}
    expect: deny
  - name: right for another reason
    request: {principal: "arn:aws:iam::111122223333:user/a", action: s3:GetObject, resource: "arn:aws:s3:::b/k"}
    policies: {identity: [{Version: "2012-10-17", Statement: [{Sid: One, Effect: Allow, Action: "s3:*", Resource: "*"}]}]}
    expect: allow
    because: Two
  - name: passes & is <escaped>
    request: {principal: "arn:aws:iam::111122223333:user/a", action: s3:GetObject, resource: "arn:aws:s3:::b/k"}
    expect: implicit-deny
"#;

#[test]
fn the_example_passes_and_its_json_is_what_checks_read() {
    let folder = Folder::new("example").with_examples();
    let run = folder.run(&["test", "examples", "--format", "json"]);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["passed"], &report["failed"]), (&4.into(), &0.into()));
    let first = &report["cases"][0];
    for (name, wanted) in [("expected", "allow"), ("actual", "allow"), ("because", "AllowPayments")] {
        assert_eq!(first[name], wanted);
    }
    assert_eq!(first["passed"], true);
}

#[test]
fn failures_say_what_was_wanted_and_why_it_was_not_so() {
    let folder = Folder::new("failing");
    folder.write("a.test.yaml", FAILING);
    let run = folder.run(&["test"]);
    assert_eq!(run.code, 1);
    snapshot("test/failing.txt", &run.stdout);
    let run = folder.run(&["test", "a.test.yaml", "--format", "junit"]);
    assert_eq!(run.code, 1);
    snapshot("test/failing.xml", &run.stdout);
}

#[test]
fn coverage_lists_statements_that_settled_nothing() {
    let folder = Folder::new("coverage").with_examples();
    let run = folder.run(&["test", "examples/payments.test.yaml", "--coverage"]);
    assert_eq!(run.code, 0);
    snapshot("test/coverage.txt", &run.stdout);
}

#[test]
fn reports_go_to_files_beside_a_summary() {
    let folder = Folder::new("out");
    folder.write("a.test.yaml", FAILING);
    let run = folder.run(&["test", "--out", "json:r.json", "--out", "junit:r.xml"]);
    assert_eq!((run.code, &*run.stdout), (1, "1 passed, 2 failed\n"));
    assert!(folder.read("r.json").contains("\"failed\": 2") && folder.read("r.xml").contains("failures=\"2\""));
}

#[test]
fn broken_policies_are_forced_and_end_in_two() {
    let folder = Folder::new("forced");
    folder.write(
        "a.test.yaml",
        r#"cases:
  - name: a Deny with an unknown operator applies
    request: {principal: "arn:aws:iam::111122223333:user/a", action: s3:GetObject, resource: "arn:aws:s3:::b/k"}
    policies: {identity: [{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"},
      {Sid: No, Effect: Deny, Action: "*", Resource: "*", Condition: {StringLikes: {"aws:SourceIp": x}}}]}]}
    expect: explicit-deny
    because: No
"#,
    );
    let run = folder.run(&["test", "--format", "json"]);
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("\"actual\": \"explicit-deny\""), "{}", run.stdout);
    assert!(
        run.stderr.contains("did you mean `StringLike`?") && run.stderr.contains("a.test.yaml:5:71"),
        "{}",
        run.stderr
    );
}

#[test]
fn bad_files_are_named_with_their_place_and_the_rest_still_runs() {
    let folder = Folder::new("bad");
    folder.write("a.test.yaml", FAILING).write("b.test.json", "{\"cases\": [,]}").write("c.test.yaml", "cases: 1");
    let run = folder.run(&["test"]);
    assert_eq!(run.code, 2);
    for part in ["b.test.json:1:12", "c.test.yaml:1:8", "`cases` is a list"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(run.stdout.contains("1 passed, 2 failed"));
    assert_eq!(folder.run(&["test", "missing.yaml"]).code, 2);
    let empty = Folder::new("empty").run(&["test"]);
    assert_eq!(empty.code, 2);
    assert!(empty.stderr.contains("no cases found"), "{}", empty.stderr);
}

#[test]
fn completions_and_manual_name_every_verb() {
    let folder = Folder::new("completions");
    let page = folder.run(&["man"]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = folder.run(&["completions", shell]);
        assert_eq!((script.code, page.code), (0, 0));
        for verb in ["can", "why", "explain", "test", "fmt", "completions", "man"] {
            assert!(script.stdout.contains(verb), "{shell} lacks {verb}");
            assert!(page.stdout.contains(&format!("wardbook\\-{verb}")), "the manual lacks {verb}");
        }
    }
    assert_eq!(folder.run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn help_shows_what_is_built_and_nothing_else() {
    let folder = Folder::new("help");
    let run = folder.run(&["--help"]);
    assert_eq!(run.code, 0);
    snapshot("help.txt", &run.stdout);
    assert_eq!([folder.run(&[]).code, folder.run(&["replay"]).code, folder.run(&["can"]).code], [2, 2, 2]);
}
