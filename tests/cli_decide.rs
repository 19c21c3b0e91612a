//! `wardbook can` and `wardbook why` over the small organisation of `examples/`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::{Folder, Run, snapshot};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Questions whose whole answers are kept: the file, the exit code, the arguments.
const CAN: &[(&str, i32, &[&str])] = &[
    (
        "allow_by_delegation",
        0,
        &["role/report-job", "kms:Decrypt", "alias/payments", "--via", "s3", "--encryption-context", "aws:s3:arn=x"],
    ),
    ("unknown", 3, &["role/report-job", "kms:Decrypt", "alias/payments"]),
    ("boundary", 1, &["role/developer", "kms:Decrypt", "alias/payments", "--assume", "direct-call"]),
    (
        "near_miss",
        1,
        &[
            "role/payments-api",
            "kms:Decrypt",
            "alias/payments",
            "--encryption-context",
            "aws:s3:arn=arn:aws:s3:::payments",
        ],
    ),
    (
        "explicit_deny",
        1,
        &["role/payments-api", "kms:Decrypt", "alias/payments", "--encryption-context", "stage=restricted"],
    ),
    ("scp_deny", 1, &["role/developer", "kms:DisableKey", "alias/payments", "--assume", "direct-call"]),
    (
        "grant",
        0,
        &[
            "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            "kms:Decrypt",
            "alias/payments",
            "--encryption-context",
            "aws:rds:db-id=db-EXAMPLE",
        ],
    ),
    (
        "re_encrypt",
        1,
        &[
            "role/quarterly",
            "kms:ReEncrypt",
            "alias/payments",
            "--destination",
            "alias/payments",
            "--assume",
            "direct-call",
        ],
    ),
    ("root_and_alias", 0, &["111122223333", "kms:UpdateAlias", "alias/payments", "--assume", "direct-call"]),
    ("other_account", 1, &["role/quarterly", "kms:PutKeyPolicy", "alias/payments", "--assume", "direct-call"]),
];

fn can(folder: &Folder, arguments: &[&str], more: &[&str]) -> Run {
    folder.run(&[&["can"], arguments, &["--world", "examples/world"], more].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn answers_read_as_they_did() {
    let folder = Folder::new("can").with_examples();
    for (name, code, arguments) in CAN {
        let run = can(&folder, arguments, &[]);
        assert_eq!(run.code, *code, "{name}: {run:?}");
        snapshot(&format!("can/{name}.txt"), &run.stdout);
    }
}

#[test]
fn the_format_changes_neither_answer_nor_exit_code() {
    let folder = Folder::new("can-json").with_examples();
    for (name, code, arguments) in CAN {
        let run = can(&folder, arguments, &["--format", "json"]);
        let answer = json(&run);
        let wanted = match answer["decision"].as_str().unwrap() {
            "allow" => 0,
            "unknown" => 3,
            _ => 1,
        };
        assert_eq!((run.code, wanted), (*code, *code), "{name}");
        assert_eq!(answer["schema_version"], 1, "{name}");
        assert!(answer["because"].is_array() && answer["missing"].is_array(), "{name}");
    }
}

#[test]
fn an_unknown_answer_names_the_keys_that_settle_it() {
    let folder = Folder::new("missing").with_examples();
    let run = can(&folder, &["role/report-job", "kms:Decrypt", "alias/payments"], &["--format", "json"]);
    assert_eq!(json(&run)["missing"], serde_json::json!(["kms:EncryptionContext:stage", "kms:ViaService"]));
}

#[test]
fn a_cause_has_its_layer_policy_statement_sid_and_place() {
    let folder = Folder::new("because").with_examples();
    let run = can(&folder, CAN[0].2, &["--format", "json"]);
    let because = &json(&run)["because"];
    assert_eq!(because.as_array().unwrap().len(), 2);
    assert_eq!(because[1]["layer"], "identity");
    assert_eq!((&because[1]["sid"], &because[1]["statement"]), (&"DecryptReports".into(), &1.into()));
    assert_eq!(because[1]["source"], "examples/world/111122223333/authorization-details.json:32:15");
}

#[test]
fn expect_turns_the_answer_into_an_exit_code() {
    let folder = Folder::new("expect").with_examples();
    let code = |number: usize, expected: &str| can(&folder, CAN[number].2, &["--expect", expected]).code;
    assert_eq!([code(0, "allow"), code(0, "deny"), code(2, "allow"), code(2, "deny")], [0, 1, 1, 0]);
    assert_eq!([code(1, "allow"), code(1, "deny")], [3, 3]);
}

#[test]
fn what_cannot_be_asked_is_refused_with_a_way_out() {
    let folder = Folder::new("refused").with_examples();
    let refused: &[(&[&str], &str)] = &[
        (&["role/nobody", "kms:Decrypt", "alias/payments"], "there is no principal `role/nobody`"),
        (&["role/report-job", "kms:Decrypt", "alias/nothing"], "no key `alias/nothing` was collected"),
        (&["role/report-job", "decrypt", "alias/payments"], "`decrypt` is not an action"),
        (&["role/report-job", "kms:ReEncrypt", "alias/payments"], "name the other one with --destination"),
        (&["role/report-job", "kms:CreateAlias", KEY], "name it with --alias"),
        (&["role/report-job", "kms:Decrypt", "alias/payments", "--destination", KEY], "leave out --destination"),
        (&["role/report-job", "kms:Decrypt", "alias/payments", "--context", "aws:SourceIp"], "write NAME=VALUE"),
        (&["role/report-job", "kms:Decrypt", "alias/payments", "--quirk", "short-arn=maybe"], "has no side `maybe`"),
        (&["role/report-job", "kms:Decrypt", "alias/payments", "--format", "junit"], "has no format `junit`"),
    ];
    for (arguments, part) in refused {
        let run = can(&folder, arguments, &[]);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}: {run:?}");
        assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
    }
    let run = folder.run(&["can", "role/x", "kms:Decrypt", "alias/y"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("name a folder with `--world DIR`"), "{}", run.stderr);
}

#[test]
fn what_is_broken_in_a_world_is_told_and_does_not_stop_the_rest() {
    let folder = Folder::new("broken").with_examples();
    folder.write("examples/world/444455556666/broken.json", "{\"UserDetailList\": [}");
    folder.write("examples/world/444455556666/notes.txt", "not for us");
    let run = can(&folder, CAN[0].2, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("broken.json:1:21"), "{}", run.stderr);
    let quiet = can(&folder, CAN[0].2, &["--quiet"]);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
}

#[test]
fn settings_stand_in_for_flags_and_give_way_to_them() {
    let folder = Folder::new("settings").with_examples();
    folder.write("wardbook.toml", "world = \"examples/world\"\nformat = \"json\"\n");
    let arguments = [&["can"], CAN[2].2].concat();
    assert_eq!(json(&folder.run(&arguments))["decision"], "implicit-deny");
    let table = folder.run(&[&arguments[..], &["--format", "table"]].concat());
    assert!(table.stdout.starts_with("IMPLICIT DENY"), "{table:?}");
    for (settings, part) in
        [("wrld = 1", "is no setting"), ("world = 1", "is a text, not integer"), ("world = ", "wardbook.toml:1:")]
    {
        folder.write("wardbook.toml", settings);
        let run = folder.run(&arguments);
        assert_eq!(run.code, 2, "{settings}");
        assert!(run.stderr.contains(part), "{settings}: {}", run.stderr);
    }
}

#[test]
fn refusals_are_explained_layer_by_layer() {
    let folder = Folder::new("why").with_examples();
    for (name, file) in [("text", "examples/access-denied.txt"), ("event", "examples/event.json")] {
        let run = folder.run(&["why", file, "--world", "examples/world"]);
        assert_eq!(run.code, 0, "{run:?}");
        snapshot(&format!("why/{name}.txt"), &run.stdout);
    }
    let request =
        format!("{{\"principal\": \"role/developer\", \"action\": \"kms:Decrypt\", \"resource\": \"{KEY}\"}}");
    let run = folder.run_with(&["why", "--world", "examples/world", "--format", "json"], &request);
    let answer = &json(&run)["answers"][0];
    assert_eq!((run.code, &answer["decision"]), (0, &"implicit-deny".into()));
    assert_eq!(answer["remedies"]["obstacles"][0]["layer"], "boundary");
    assert_eq!(answer["remedies"]["suffices"], true);
}

#[test]
fn a_request_may_bring_its_policies() {
    let folder = Folder::new("why-policies").with_examples();
    let request = format!(
        "{{\"request\": {{\"principal\": \"arn:aws:iam::111122223333:role/payments-api\", \"action\": \"kms:Decrypt\",
           \"resource\": \"{KEY}\", \"context\": {{\"kms:EncryptionContext:stage\": \"restricted\"}}}},
          \"policies\": {{\"resource\": {{\"file\": \"examples/key-policy.json\"}}}}}}"
    );
    let run = folder.run_with(&["why", "--format", "json"], &request);
    let answer = &json(&run)["answers"][0];
    assert_eq!((run.code, &answer["decision"]), (0, &"explicit-deny".into()), "{run:?}");
    assert_eq!(answer["because"][0]["sid"], "NoRestricted");
}

#[test]
fn without_documents_why_says_what_is_needed() {
    let folder = Folder::new("why-bare").with_examples();
    let run = folder.run(&["why", "examples/access-denied.txt"]);
    assert_eq!(run.code, 3);
    assert!(run.stdout.contains("name a folder with `--world DIR`"), "{run:?}");
    assert!(run.stdout.contains("no identity-based policy allows it"), "{run:?}");
}

/// What KMS says of a ciphertext names no key.
#[test]
fn a_refusal_that_names_no_key_is_explained_with_the_key_beside_it() {
    let folder = Folder::new("why-key").with_examples();
    let refusal = "User: arn:aws:sts::111122223333:assumed-role/report-job/nightly is not authorized to perform: \
                   kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in \
                   this Region, no resource-based policies allow access, or a resource-based policy explicitly denies \
                   access";
    let run = folder.run_with(&["why", "--world", "examples/world"], refusal);
    assert!(run.code == 2 && run.stderr.contains("name the key with --key"), "{run:?}");
    for key in [KEY, "1234abcd-12ab-34cd-56ef-1234567890ab"] {
        let run = folder.run_with(&["why", "--world", "examples/world", "--key", key, "--format", "json"], refusal);
        let answer = &json(&run)["answers"][0];
        assert_eq!((run.code, &answer["decision"]), (0, &"implicit-deny".into()), "{key}: {run:?}");
    }
    let run = folder.run_with(&["why", "--world", "examples/world", "--key", "alias/none"], refusal);
    assert!(run.code == 2, "{run:?}");
}

#[test]
fn what_why_does_not_understand_is_refused() {
    let folder = Folder::new("why-refused").with_examples();
    for (input, part) in [
        ("", "is empty"),
        ("something went wrong", "no refusal of AWS was found"),
        ("{\"eventVersion\": \"1.08\"", "1:"),
        ("{\"principal\": \"x\", \"action\": \"kms:Decrypt\"}", "needs `resource`"),
        ("{\"a\": 1}", "no CloudTrail event was found"),
    ] {
        let run = folder.run_with(&["why"], input);
        assert_eq!(run.code, 2, "{input}: {run:?}");
        assert!(run.stderr.contains(part), "{input}: {}", run.stderr);
    }
}

/// A world may be a template: one file, or a folder with one in it.
#[test]
fn a_template_is_a_world() {
    let folder = Folder::new("template");
    folder.write(
        "stack/app.yaml",
        "Parameters:\n  Auditor: {Type: String}\nResources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: 2012-10-17\n        Statement:\n          - Sid: Delegate\n            Effect: Allow\n            Principal: {AWS: !Sub \"arn:aws:iam::${AWS::AccountId}:root\"}\n            Action: kms:*\n            Resource: \"*\"\n          - Sid: Auditor\n            Effect: Allow\n            Principal: {AWS: !Ref Auditor}\n            Action: kms:DescribeKey\n            Resource: \"*\"\n  Alias:\n    Type: AWS::KMS::Alias\n    Properties: {AliasName: alias/app, TargetKeyId: !Ref Key}\n  App:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}\n      Policies:\n        - PolicyName: kms\n          PolicyDocument: {Version: 2012-10-17, Statement: {Sid: Use, Effect: Allow, Action: kms:Decrypt, Resource: !GetAtt Key.Arn}}\n",
    );
    for world in ["stack", "stack/app.yaml"] {
        let ask = |action: &str| {
            folder.run(&[
                "can",
                "role/App",
                action,
                "alias/app",
                "--assume",
                "direct-call",
                "--format",
                "json",
                "--world",
                world,
            ])
        };
        let allowed = ask("kms:Decrypt");
        assert_eq!((allowed.code, allowed.stderr.as_str()), (0, ""), "{allowed:?}");
        let because = json(&allowed)["because"].to_string();
        assert!(because.contains("stack/app.yaml:10:13") && because.contains("stack/app.yaml:29:60"), "{because}");
        let open = ask("kms:DescribeKey");
        assert_eq!(open.code, 3, "{open:?}");
        assert_eq!(json(&open)["missing"].to_string(), "[\"⟦app.yaml#Auditor⟧\"]");
        assert_eq!(ask("kms:Encrypt").code, 1);
    }
    let why =
        folder.run(&["can", "role/App", "kms:DescribeKey", "alias/app", "--assume", "direct-call", "--world", "stack"]);
    assert!(why.stdout.contains("it turns on what a template leaves open: `⟦app.yaml#Auditor⟧`"), "{why:?}");
}

/// Recorded calls of a real account, and the roles of another, where they lie beside the checkout.
#[test]
fn real_input_is_answered() {
    let Some(shared) = std::env::var_os("WARDBOOK_SHARED_DATA").map(std::path::PathBuf::from) else {
        eprintln!("SKIPPED real_input_is_answered: set WARDBOOK_SHARED_DATA to the folder of real inputs");
        return;
    };
    let folder = Folder::new("real");
    let world = shared.join("authorization-details");
    let world = world.to_str().expect("UTF-8");
    let (mut open, mut events) = (vec![shared.join("cloudtrail")], 0);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).expect("listed").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|end| end == "json") {
            let run = folder.run(&["why", path.to_str().expect("UTF-8"), "--world", world]);
            assert!([0, 3].contains(&run.code), "{}: {run:?}", path.display());
            events += 1;
        }
    }
    assert!(events > 0, "no recorded calls below {}", shared.display());
    let role = "role/privesc-high-priv-service-role";
    let key = "arn:aws:kms:us-east-1:200611803367:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let run = folder.run(&["can", role, "kms:Decrypt", key, "--world", world]);
    assert!([0, 1, 3].contains(&run.code), "{run:?}");
}
