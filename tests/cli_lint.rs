//! `wardbook lint` as its users see it: what it looks at, what it says in which form, and what it changes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use serde_json::Value;
use support::{Folder, Run, snapshot};

/// A key policy in which nothing is wrong.
const CLEAN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Enable IAM User Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
      "Action": "kms:*",
      "Resource": "*"
    }
  ]
}
"#;

/// The same with a statement behind it.
fn with(statement: &str) -> String {
    CLEAN.replace("    }\n  ]", &format!("    }},\n    {statement}\n  ]"))
}

const MISSPELT: &str = r#"{"Sid": "use", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:decrypt", "kms:Encript"], "Resource": "*"}"#;

const PUBLIC: &str =
    r#"{"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}"#;

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// `CODE path:line:column` of each finding.
fn found(run: &Run) -> Vec<String> {
    let value = json(run);
    let findings = value["findings"].as_array().unwrap();
    let one = |finding: &Value| {
        let (code, path) = (finding["code"].as_str().unwrap(), finding["path"].as_str().unwrap());
        format!("{code} {path}:{}:{}", finding["line"], finding["column"])
    };
    findings.iter().map(one).collect()
}

fn lint(folder: &Folder, arguments: &[&str]) -> Vec<String> {
    let all: Vec<&str> = ["lint", "--format", "json"].iter().chain(arguments).copied().collect();
    found(&folder.run(&all))
}

fn testdata(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_clean_policy_is_clean_and_its_kind_is_shown() {
    let folder = Folder::new("clean");
    folder.write("key.json", CLEAN);
    let run = folder.run(&["lint"]);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    assert_eq!(run.stdout, "key.json: key-policy (inferred)\nno findings in 1 file\n");
    let run = folder.run(&["lint", "--kind", "resource", "--format", "json", "key.json"]);
    let taken = &json(&run)["documents"][0];
    assert_eq!((taken["kind"].as_str(), taken["inferred"].as_bool()), (Some("resource"), Some(false)));
}

#[test]
fn the_terminal_shows_lines_labels_proofs_and_what_mends() {
    let folder = Folder::new("terminal");
    let lockout = r#"{"Sid": "nobody", "Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*"}"#;
    folder.write("key.json", with(&[MISSPELT, PUBLIC, lockout].join(",\n    ")));
    let run = folder.run(&["lint", "key.json"]);
    assert_eq!((run.code, &*run.stderr), (1, ""));
    snapshot("lint/policy.txt", &run.stdout);
    snapshot("lint/policy.concise", &folder.run(&["lint", "key.json", "--format", "concise"]).stdout);
    snapshot("lint/policy.json", &folder.run(&["lint", "key.json", "--format", "json"]).stdout);
    snapshot("lint/policy.github", &folder.run(&["lint", "key.json", "--format", "github"]).stdout);
    snapshot("lint/policy.gitlab.json", &folder.run(&["lint", "key.json", "--format", "gitlab"]).stdout);
    snapshot("lint/policy.xml", &folder.run(&["lint", "key.json", "--format", "junit"]).stdout);
}

/// The mistakes of a template as articles show it; `testdata/lint/article/README.md` names them.
#[test]
fn the_template_of_the_article_has_its_four_mistakes() {
    let folder = Folder::new("article");
    folder.write("template.yaml", testdata("article/template.yaml"));
    let run = folder.run(&["lint", "template.yaml"]);
    assert_eq!(run.code, 1);
    snapshot("lint/article.txt", &run.stdout);
    let found = lint(&folder, &["template.yaml"]);
    for wanted in ["KP02 template.yaml:37:17", "KP02 template.yaml:38:17", "SY03 template.yaml:12:9"] {
        assert!(found.iter().any(|found| found == wanted), "{wanted}: {found:#?}");
    }
    for wanted in ["KP11 ", "KC01 "] {
        assert!(found.iter().any(|found| found.starts_with(wanted)), "{wanted}: {found:#?}");
    }
}

#[test]
fn exit_codes_follow_the_severity_and_not_the_format() {
    let folder = Folder::new("codes");
    folder.write("info.json", with(&MISSPELT.replace(", \"kms:Encript\"", "")));
    folder.write("error.json", with(MISSPELT));
    let code = |arguments: &[&str]| folder.run(&[&["lint"], arguments].concat()).code;
    assert_eq!(code(&["info.json"]), 0);
    assert_eq!(code(&["info.json", "--fail-on", "info"]), 1);
    assert_eq!(code(&["error.json", "--fail-on", "error"]), 1);
    assert_eq!(code(&["error.json", "--ignore", "KP01"]), 0);
    assert_eq!(code(&["error.json", "--select", "SY"]), 0);
    assert_eq!(code(&["error.json", "--select", "unknown-action", "--format", "sarif"]), 1);
    assert_eq!(code(&["error.json", "--select", "KP77"]), 2);
    assert_eq!(code(&["error.json", "--format", "csv"]), 2);
    let run = folder.run(&["lint", "nowhere.json", "error.json", "--format", "concise"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot read `nowhere.json`") && run.stdout.contains("error.json:"), "{run:?}");
}

#[test]
fn folders_are_walked_as_git_sees_them() {
    let folder = Folder::new("walk");
    let bad = with(MISSPELT);
    folder.write(".gitignore", "ignored.json\nbuild/\n").write("a/.gitignore", "local.json\n");
    for name in ["a/key.json", "a/local.json", "ignored.json", "build/key.json", ".hidden/key.json"] {
        folder.write(name, &bad);
    }
    folder.write("node_modules/x/key.json", &bad).write("notes.txt", &bad).write("data.json", "{\"a\": 1}");
    assert_eq!(lint(&folder, &["--select", "KP01"]), ["KP01 a/key.json:11:125"]);
    // What is named is linted, ignored or not.
    assert_eq!(lint(&folder, &["--select", "KP01", "ignored.json"]), ["KP01 ignored.json:11:125"]);
    let empty = Folder::new("empty");
    let run = empty.run(&["lint"]);
    assert_eq!((run.code, &*run.stdout), (0, "no findings in 0 files\n"));
    assert!(run.stderr.contains("nothing to lint"), "{}", run.stderr);
}

#[test]
fn stdin_is_a_file_without_a_name() {
    let folder = Folder::new("stdin");
    let run = folder.run_with(&["lint", "-", "--format", "concise"], &with(MISSPELT));
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("<stdin>:11:110: info[SY14]"), "{}", run.stdout);
    assert_eq!(folder.run_with(&["lint", "-", "--fix"], CLEAN).code, 2);
    let run = folder.run_with(&["lint", "-", "--diff"], &with(MISSPELT));
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("--- <stdin>\n+++ <stdin>\n@@ -8,6 +8,6 @@\n"), "{}", run.stdout);
    assert_eq!(folder.run_with(&["lint", "-", "x.json"], CLEAN).code, 2);
}

#[test]
fn a_broken_file_is_one_finding_and_stops_nothing() {
    let folder = Folder::new("broken");
    folder
        .write("a.json", "{\"Statement\": [,]}")
        .write("b.yaml", "Resources:\n  K: [\n")
        .write("c.tf", "resource \"x\" {\n");
    folder
        .write("d.json", with(MISSPELT))
        .write("e.json", "{\"Statement\": \"\u{fffd}")
        .write("f.json", b"{\"Statement\": \xFF}");
    folder.write("twice.json", CLEAN.replace("\"Effect\": \"Allow\",", "\"Effect\": \"Allow\", \"Effect\": \"Deny\","));
    folder.write("inner.json", r#"{"Policy": "{\"Statement\": [}"}"#);
    folder.write("other.json", "{\"name\": [,]}").write("chart.yaml", "a: {{ b }}\nc: {{ d }}: e\n");
    let found = lint(&folder, &["--select", "SY01,SY02,KP01"]);
    let wanted = [
        "SY01 a.json:1:16",
        "SY01 b.yaml:3:1",
        "SY01 c.tf:1:15",
        "KP01 d.json:11:125",
        "SY01 e.json:1:15",
        "SY01 f.json:1:15",
        "SY01 inner.json:1:30",
        "SY02 twice.json:6:26",
    ];
    assert_eq!(found, wanted);
    // Somebody who names a file wants to know.
    assert_eq!(lint(&folder, &["other.json"]), ["SY01 other.json:1:11"]);
}

#[test]
fn fixes_change_what_they_say_and_no_other_byte() {
    let folder = Folder::new("fix");
    let dos = with(MISSPELT).replace("  \"Version\": \"2012-10-17\",\n", "").replace('\n', "\r\n");
    folder.write("key.json", [b"\xEF\xBB\xBF", dos.as_bytes()].concat());
    let run = folder.run(&["lint", "--diff", "key.json"]);
    assert_eq!(run.code, 1);
    assert_eq!(std::fs::read(folder.path("key.json")).unwrap(), [b"\xEF\xBB\xBF", dos.as_bytes()].concat());
    assert!(run.stdout.contains("+  \"Version\": \"2012-10-17\",\r\n"), "{}", run.stdout);

    let run = folder.run(&["lint", "--fix", "key.json", "--format", "json"]);
    let safe =
        dos.replace("kms:decrypt", "kms:Decrypt").replacen("{\r\n", "{\r\n  \"Version\": \"2012-10-17\",\r\n", 1);
    assert_eq!(std::fs::read(folder.path("key.json")).unwrap(), [b"\xEF\xBB\xBF", safe.as_bytes()].concat());
    // What is said is of the state afterwards.
    assert_eq!((found(&run).join(" "), run.code), ("KP01 key.json:11:125".to_owned(), 1));
    assert_eq!(json(&run)["fixed"], 2);

    let run = folder.run(&["lint", "--unsafe-fixes", "key.json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(folder.read("key.json").contains("\"kms:Encrypt\""));
    folder.write("broken.json", "{\"Statement\": [{\"Action\": \"kms:decrypt\"},]}");
    folder.run(&["lint", "--unsafe-fixes"]);
    assert_eq!(folder.read("broken.json"), "{\"Statement\": [{\"Action\": \"kms:decrypt\"},]}");
}

#[test]
fn several_forms_are_written_at_once() {
    let folder = Folder::new("out");
    folder.write("key.json", with(MISSPELT));
    let run = folder.run(&["lint", "--out", "sarif:a.sarif", "--out", "junit:a.xml", "--out", "json:a.json"]);
    assert_eq!(run.stdout, "2 findings: 1 error, 1 info in 1 file; `--fix` mends 1, `--unsafe-fixes` 2\n");
    assert!(folder.read("a.xml").starts_with("<?xml"));
    let sarif: Value = serde_json::from_str(&folder.read("a.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][1]["ruleId"], "KP01");
    assert_eq!(serde_json::from_str::<Value>(&folder.read("a.json")).unwrap()["files"], 1);
}

#[test]
fn a_baseline_keeps_what_was_there_quiet_wherever_it_moves() {
    let folder = Folder::new("baseline");
    folder.write("key.json", with(PUBLIC));
    let run = folder.run(&["lint", "--write-baseline", "base.json"]);
    assert_eq!((run.code, &*run.stdout), (0, "1 finding written to base.json\n"));
    assert_eq!(folder.run(&["lint", "--baseline", "base.json"]).code, 0);
    // Reformatted, reordered, and one finding more.
    let moved = serde_json::to_string(&serde_json::from_str::<Value>(&with(PUBLIC)).unwrap()).unwrap();
    folder.write("key.json", moved);
    assert_eq!(folder.run(&["lint", "--baseline", "base.json"]).code, 0);
    folder.write("key.json", with(&[MISSPELT, PUBLIC].join(",\n")));
    assert_eq!(lint(&folder, &["--baseline", "base.json", "--select", "KP,SY"]).len(), 2);
    folder.write("key.json", CLEAN);
    let run = folder.run(&["lint", "--baseline", "base.json"]);
    assert!(run.stderr.contains("1 finding of the baseline is there no more"), "{}", run.stderr);
    folder.write("bad.json", "[1]");
    assert_eq!(folder.run(&["lint", "--baseline", "bad.json", "key.json"]).code, 2);
}

#[test]
fn against_what_was_there_only_what_is_worse_is_told() {
    let folder = Folder::new("against");
    let narrow = PUBLIC.replace(
        "\"Resource\"",
        "\"Condition\": {\"StringEquals\": {\"kms:CallerAccount\": \"111122223333\"}}, \"Resource\"",
    );
    folder.write("old.json", with(&[MISSPELT, &narrow].join(",\n    ")));
    folder.write("key.json", with(&[MISSPELT, PUBLIC].join(",\n    ")));
    let run = folder.run(&["lint", "key.json", "--against", "old.json"]);
    assert_eq!(run.code, 1);
    snapshot("lint/against.txt", &run.stdout);
    let run = folder.run_with(&["lint", "key.json", "--against", "-"], &folder.read("key.json"));
    assert_eq!((run.code, run.stdout.lines().last()), (0, Some("nothing is worse than before in 1 file")));
    folder.write("a/key.json", CLEAN).write("b/key.json", with(PUBLIC)).write("b/new.json", with(MISSPELT));
    let found = lint(&folder, &["b", "--against", "a"]);
    assert_eq!(
        found,
        ["SE07 b/key.json:11:13", "KP07 b/key.json:11:53", "SY14 b/new.json:11:110", "KP01 b/new.json:11:125"]
    );
    assert_eq!(folder.run(&["lint", "b", "--against", "old.json"]).code, 2);
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = Folder::new("rules");
    let run = folder.run(&["lint", "--list-rules"]);
    assert!(run.code == 0 && run.stdout.lines().count() > 90, "{}", run.stdout);
    snapshot("lint/rules.txt", &run.stdout);
    let listed = json(&folder.run(&["lint", "--list-rules", "--format", "json"]));
    assert_eq!(listed["rules"][0]["code"], "SY01");
    snapshot("explain/rule.txt", &folder.run(&["explain", "KP09"]).stdout);
    assert!(folder.run(&["explain", "unused-suppression"]).stdout.starts_with("SU01"));
}
