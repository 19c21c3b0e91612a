//! What keeps `wardbook lint` quiet: comments, metadata and settings, each with a reason, and what becomes of those
//! that are of no use.

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
use support::Folder;

const OPEN: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
  {"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "kms:Verify", "Resource": "*"}]}"#;

/// `CODE path:line` of what counts, and how much is suppressed.
fn lint(folder: &Folder, arguments: &[&str]) -> (Vec<String>, u64) {
    let run = folder.run(&[&["lint", "--format", "json"], arguments].concat());
    let value: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let one = |finding: &Value| {
        format!("{} {}:{}", finding["code"].as_str().unwrap(), finding["path"].as_str().unwrap(), finding["line"])
    };
    (value["findings"].as_array().unwrap().iter().map(one).collect(), value["suppressed"].as_u64().unwrap())
}

fn template(comment: &str, metadata: &str) -> String {
    format!(
        "Resources:
  Key:
    Type: AWS::KMS::Key{metadata}
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - {{Effect: Allow, Principal: {{AWS: 'arn:aws:iam::111122223333:root'}}, Action: kms:*, Resource: '*'}}
          {comment}
          - {{Effect: Allow, Principal: '*', Action: kms:Verify, Resource: '*'}}
"
    )
}

#[test]
fn comments_in_yaml_hold_for_their_line_or_the_next() {
    let folder = Folder::new("yaml");
    let with = |comment: &str| {
        folder.write("t.yaml", template(comment, ""));
        lint(&folder, &["--select", "KP07,SU"])
    };
    assert_eq!(with("# nothing"), (vec!["KP07 t.yaml:11".into()], 0));
    assert_eq!(with("# wardbook: ignore KP07 -- our signatures"), (vec![], 1));
    assert_eq!(with("# wardbook: ignore KP07 -- our signatures\n          # and why"), (vec![], 1));
    assert_eq!(with("# wardbook: ignore public-key-policy, KP09 -- x"), (vec![], 1));
    assert_eq!(with("# wardbook: ignore KP07"), (vec!["SU02 t.yaml:10".into(), "KP07 t.yaml:11".into()], 0));
    assert_eq!(with("# wardbook: ignore KP70 -- x"), (vec!["SU02 t.yaml:10".into(), "KP07 t.yaml:11".into()], 0));
    folder.write(
        "t.yaml",
        template("", "")
            .replace("Action: kms:*, Resource: '*'}", "Action: kms:*, Resource: '*'} # wardbook: ignore KP07 -- gone"),
    );
    assert_eq!(lint(&folder, &["--select", "KP07,SU"]).0, ["SU01 t.yaml:9", "KP07 t.yaml:11"]);
    // Whoever does not run a rule cannot say that it found nothing.
    assert_eq!(lint(&folder, &["--select", "SU"]), (vec![], 0));
}

#[test]
fn comments_in_hcl_too() {
    let folder = Folder::new("hcl");
    folder.write("main.tf", "resource \"aws_kms_key\" \"k\" {\n  // wardbook: ignore KC04 -- a test key\n  deletion_window_in_days = 3\n  is_enabled = false # wardbook: ignore KC11 -- retired\n}\n");
    assert_eq!(lint(&folder, &["--select", "KC04,KC11,SU"]), (vec![], 2));
}

#[test]
fn metadata_holds_for_its_resource_and_for_its_template() {
    let folder = Folder::new("metadata");
    let with = |metadata: &str, top: &str| {
        folder.write("t.yaml", template("", metadata) + top);
        lint(&folder, &["--select", "KP07,SU"])
    };
    let entry = "\n    Metadata:\n      wardbook:\n        ignore:\n          - {code: KP07, reason: our signatures}";
    assert_eq!(with(entry, ""), (vec![], 1));
    assert_eq!(with("", "Metadata: {wardbook: {ignore: [{code: [KP07], reason: x}]}}\n"), (vec![], 1));
    assert_eq!(with(&entry.replace("KP07", "KP08"), "").1, 0);
    let silent = entry.replace(", reason: our signatures", "");
    assert_eq!(with(&silent, "").0, ["SU02 t.yaml:7", "KP07 t.yaml:15"]);
}

#[test]
fn settings_hold_for_paths_sids_and_a_while() {
    let folder = Folder::new("settings");
    folder.write("a/key.json", OPEN).write("b/key.json", OPEN);
    let with = |settings: &str| {
        folder.write("wardbook.toml", settings);
        lint(&folder, &["--select", "KP07,SU"])
    };
    let both = ["KP07 a/key.json:3", "KP07 b/key.json:3"];
    assert_eq!(with("").0, both);
    let entry = "[[lint.ignore]]\ncode = \"KP07\"\nreason = \"our signatures\"\n";
    assert_eq!(with(entry), (vec![], 2));
    assert_eq!(with(&format!("{entry}path = \"a/**\"\nsid = \"open\"\n")), (vec![both[1].into()], 1));
    assert_eq!(with(&format!("{entry}sid = \"other\"\n")).0, [both[0], both[1], "SU01 wardbook.toml:1"]);
    assert_eq!(with(&format!("{entry}expires = \"2020-02-29\"\n")).0, [both[0], both[1], "SU01 wardbook.toml:1"]);
    assert_eq!(with(&format!("{entry}expires = 9999-12-31\n")), (vec![], 2));
    // A hook that names one file does not call an entry about another one unused.
    folder.write("wardbook.toml", format!("{entry}path = \"b/*.json\"\n"));
    assert_eq!(lint(&folder, &["a/key.json", "--select", "KP07,SU"]).0, [both[0]]);
    folder.write("wardbook.toml", "[lint]\nfail-on = \"error\"\n");
    assert_eq!(folder.run(&["lint", "--select", "KP07"]).code, 0);
    folder.write("wardbook.toml", "[lint]\nfail_on = \"error\"\n");
    let run = folder.run(&["lint"]);
    assert!(run.code == 2 && run.stderr.contains("`fail_on`"), "{run:?}");
}

#[test]
fn settings_tell_kinds_trust_and_assertions() {
    let folder = Folder::new("kinds");
    folder.write("scp/deny.json", r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}}"#);
    folder.write(
        "key.json",
        OPEN.replace(
            "\"*\", \"Action\": \"kms:Verify\"",
            "{\"AWS\": \"arn:aws:iam::444455556666:role/r\"}, \"Action\": \"kms:Decrypt\"",
        ),
    );
    folder.write(
        "wardbook.toml",
        "[lint]\ntrusted-accounts = [\"444455556666\"]\n[[lint.files]]\nglob = \"scp/*.json\"\nkind = \"scp\"\n",
    );
    let run = folder.run(&["lint"]);
    assert!(run.stdout.contains("scp/deny.json: scp (told)"), "{}", run.stdout);
    assert_eq!(lint(&folder, &["--select", "KP08"]).0, [""; 0]);
    folder.write(
        "wardbook.toml",
        "[lint]\nassert = [\"deny principal=* action=kms:Decrypt unless kms:CallerAccount=111122223333\"]\n",
    );
    assert_eq!(lint(&folder, &["--select", "KP08,SE08", "key.json"]).0, ["SE08 key.json:3", "KP08 key.json:3"]);
}

#[test]
fn whoever_asks_as_somebody_hears_whether_they_lock_themselves_out() {
    let folder = Folder::new("as");
    let named = OPEN.replace(":root\"}, \"Action\": \"kms:*\"", ":role/admin\"}, \"Action\": \"kms:PutKeyPolicy\"");
    folder.write(
        "key.json",
        named.replace("\"Principal\": \"*\"", "\"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:role/app\"}"),
    );
    let of = |principal: &str| lint(&folder, &["--select", "KP09", "--as", principal]).0;
    assert_eq!(of("arn:aws:iam::111122223333:role/admin"), [""; 0]);
    assert_eq!(of("arn:aws:iam::111122223333:role/app").len(), 1);
}
