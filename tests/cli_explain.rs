//! `wardbook explain`: a page of every kind, and what it says to what it does not know.

mod support;

use support::{Folder, snapshot};

/// The topics whose pages are kept, and the name of the file that keeps each.
const PAGES: &[(&str, &str)] = &[
    ("topics", "topics"),
    ("kms:Decrypt", "action"),
    ("kms:UpdateAlias", "action_of_alias"),
    ("kms:CreateKey", "action_without_key"),
    ("kms:RetireGrant", "action_of_grant"),
    ("s3:GetBucketTagging", "action_of_other_service"),
    ("reencrypt", "operation"),
    ("kms:*Grant*", "action_pattern"),
    ("aws:Principal*", "condition_key_pattern"),
    ("KMS", "service"),
    ("ec2", "service_large"),
    ("kms:ViaService", "condition_key"),
    ("kms:EncryptionContext:aws:s3:arn", "condition_key_of_context"),
    ("aws:PrincipalTag/team", "condition_key_of_tag"),
    ("aws:TagKeys", "condition_key_of_several_values"),
    ("kms:GrantIsForAWSResource", "condition_key_derived"),
    ("accounts.google.com:aud", "condition_key_of_provider"),
    ("StringLike", "operator"),
    ("ForAllValues:StringEquals", "operator_for_all"),
    ("ForAnyValue:StringNotLikeIfExists", "operator_for_any"),
    ("NumericLessThanIfExists", "operator_if_exists"),
    ("Null", "operator_null"),
    ("IfExists", "operator_modifier"),
    ("operators", "operators"),
    ("AccessDenied", "error"),
    ("KMSInvalidStateException", "error_of_state"),
    ("layers", "layers"),
    ("scp", "layer_scp"),
    ("key policy", "layer_resource"),
    ("permissions boundary", "layer_boundary"),
    ("grant", "layer_grant"),
    ("quirks", "quirks"),
    ("short-arn", "quirk"),
];

#[test]
fn pages_read_as_they_did() {
    let folder = Folder::new("pages");
    for (topic, name) in PAGES {
        let run = folder.run(&["explain", topic]);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{topic}");
        let wide = run.stdout.lines().filter(|line| line.chars().count() > 100).count();
        assert!(wide == 0 || run.stdout.contains("arn:"), "{topic} has lines of more than 100 columns");
        snapshot(&format!("explain/{name}.txt"), &run.stdout);
    }
}

#[test]
fn json_says_the_same_in_names_that_stay() {
    let folder = Folder::new("json");
    for topic in ["kms:ReEncryptTo", "kms:EncryptionContextKeys", "ForAllValues:StringEquals", "short-arn", "scp"] {
        let run = folder.run(&["explain", topic, "--format", "json"]);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{topic}");
        let value: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(value["schema_version"], 1);
        snapshot(&format!("explain/json/{}.json", topic.replace(':', "_")), &run.stdout);
    }
}

#[test]
fn several_words_are_one_topic_and_case_is_nothing() {
    let folder = Folder::new("words");
    let page = folder.run(&["explain", "permissions boundary"]).stdout;
    for arguments in
        [&["explain", "Permissions", "BOUNDARY"][..], &["explain", "permissions-boundary"], &["explain", "boundary"]]
    {
        assert_eq!(folder.run(arguments).stdout, page, "{arguments:?}");
    }
}

#[test]
fn what_it_does_not_know_is_bad_usage_with_a_suggestion_from_any_kind() {
    let folder = Folder::new("unknown");
    let mut all = String::new();
    for topic in [
        "kms:Decyrpt",
        "kms:ViaServices",
        "aws:PrincipleTag/team",
        "StringLik",
        "ForAllValues:StringEqual",
        "AccesDenied",
        "permision boundary",
        "short-arm",
        "kms:Bake*",
        "frobnicate",
        "",
    ] {
        let run = folder.run(&["explain", topic]);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{topic}");
        all.push_str(&run.stderr);
    }
    snapshot("explain/unknown.txt", &all);
    let json = folder.run(&["explain", "frobnicate", "--format", "json"]);
    assert_eq!((json.code, &*json.stdout), (2, ""));
}

#[test]
fn bad_usage() {
    let folder = Folder::new("usage");
    let long = "a".repeat(257);
    for arguments in [
        &["explain"][..],
        &["explain", "kms", "--format", "junit"],
        &["explain", "kms", "--format", "x"],
        &["explain", &long],
    ] {
        let run = folder.run(arguments);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(!run.stderr.is_empty());
    }
    assert!(folder.run(&["explain", &"a".repeat(256)]).stderr.contains("nothing is known"));
}

#[test]
fn a_file_takes_the_page_and_stdout_a_line() {
    let folder = Folder::new("out");
    let run = folder.run(&["explain", "kms:Sign", "--out", "table:sign.txt", "--out", "json:sign.json"]);
    assert_eq!((run.code, &*run.stdout), (0, "kms:Sign: action of AWS Key Management Service\n"));
    assert_eq!(folder.read("sign.txt"), folder.run(&["explain", "kms:Sign"]).stdout);
    assert_eq!(folder.read("sign.json"), folder.run(&["explain", "kms:Sign", "--format", "json"]).stdout);
}

#[test]
fn color_only_where_it_is_asked_for() {
    let folder = Folder::new("color");
    let plain = folder.run(&["explain", "scp"]).stdout;
    let colored = folder.run(&["explain", "scp", "--color", "always"]).stdout;
    assert!(!plain.contains('\u{1b}') && colored.contains("\u{1b}[1mscp\u{1b}[0m"));
    assert_eq!(plain, folder.run(&["explain", "scp", "--color", "never"]).stdout);
}
