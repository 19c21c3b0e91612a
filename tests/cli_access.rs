//! `wardbook who-can`, `what-can`, `diff`, and assertions over a world.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use support::{Folder, Run, snapshot};

const WORLD: [&str; 2] = ["--world", "examples/organization"];

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run(&[arguments, &WORLD].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn who_can_for_people_and_for_pages() {
    let folder = Folder::new("who").with_examples();
    for (name, arguments) in [
        ("payments.txt", &["who-can", "kms:Decrypt", "alias/payments", "--transitive"][..]),
        ("public.txt", &["who-can", "kms:Decrypt", "alias/public"]),
        ("each.txt", &["who-can", "kms:Decrypt", "alias/analytics", "--each"]),
        ("disabled.txt", &["who-can", "kms:Decrypt", "alias/disabled"]),
        ("locked.md", &["who-can", "kms:Decrypt", "alias/locked", "--transitive", "--format", "markdown"]),
        ("payments.mmd", &["who-can", "kms:Decrypt", "alias/payments", "--transitive", "--format", "mermaid"]),
        ("tenants.csv", &["who-can", "kms:Decrypt", "alias/tenants", "--format", "csv"]),
    ] {
        let run = run(&folder, arguments);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
        snapshot(&format!("who-can/{name}"), &run.stdout);
    }
}

#[test]
fn who_can_in_json_has_one_row_per_key_and_principal() {
    let folder = Folder::new("json").with_examples();
    let run = run(&folder, &["who-can", "kms:decrypt", "*", "--transitive", "--format", "json"]);
    assert_eq!(run.code, 0);
    let answer = json(&run);
    assert_eq!((&answer["schema_version"], &answer["action"]), (&1.into(), &"kms:Decrypt".into()));
    let keys: Vec<&str> = answer["keys"].as_array().unwrap().iter().map(|key| key["key"].as_str().unwrap()).collect();
    assert!(keys.is_sorted() && keys.len() == 11);
    for key in answer["keys"].as_array().unwrap() {
        let rows = key["rows"].as_array().unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row["principal"].as_str().unwrap()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for row in rows {
            assert!(row["witness"]["action"].is_string(), "{row}");
            assert!(!row["by"].as_array().unwrap().is_empty(), "{row}");
            assert_eq!(row["tier"] == "condition", row["only_if"].is_string(), "{row}");
            assert_eq!(row["tier"] == "escalation", !row["path"].as_array().unwrap().is_empty(), "{row}");
        }
    }
    let gaps = answer["coverage"]["gaps"].as_array().unwrap();
    let uncollected: Vec<&str> = gaps.iter().filter_map(|gap| gap["subject"].as_str()).collect();
    assert!(uncollected.contains(&"777788889999") && uncollected.contains(&"999988887777"), "{gaps:?}");
}

#[test]
fn selectors_choose_keys_and_siblings_come_along() {
    let folder = Folder::new("select").with_examples();
    let keys = |selector: &str| {
        let run = run(&folder, &["who-can", "kms:Decrypt", selector, "--format", "json"]);
        assert_eq!(run.code, 0, "{selector}: {run:?}");
        let keys = json(&run)["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["key"].as_str().unwrap().rsplit_once(":key/").unwrap().0.to_owned())
            .collect::<Vec<_>>()
    };
    let (here, there) = ("arn:aws:kms:eu-west-1:111122223333", "arn:aws:kms:us-east-1:111122223333");
    assert_eq!(keys("tag:pci=true"), [here]);
    assert_eq!(keys("1111aaaa-0000-4000-8000-000000000004"), [here]);
    assert_eq!(keys("arn:aws:kms:eu-west-1:111122223333:alias/locked"), [here]);
    assert_eq!(keys("arn:aws:kms:us-east-1:111122223333:key/mrk-1111aaaa000040008000000000000006"), [here, there]);
    assert_eq!(keys("*").len(), 11);
    for (selector, part) in [
        ("alias/none", "no key `alias/none` was collected"),
        ("tag:x=y", "has the tag `x=y`"),
        ("nonsense", "is no key"),
        (
            "arn:aws:kms:eu-west-1:111122223333:key/2222aaaa-0000-4000-8000-000000000009",
            "nothing was collected of the key",
        ),
    ] {
        let run = run(&folder, &["who-can", "kms:Decrypt", selector]);
        assert_eq!(run.code, 2, "{selector}");
        assert!(run.stderr.contains(part), "{selector}: {}", run.stderr);
    }
    for (action, part) in [
        ("kms:Decript", "did you mean `kms:Decrypt`?"),
        ("kms:ReEncrypt", "`kms:ReEncryptFrom`"),
        ("kms:ListKeys", "concerns no key"),
        ("s3:GetObject", "is not an action of KMS"),
    ] {
        let run = run(&folder, &["who-can", action, "*"]);
        assert_eq!(run.code, 2, "{action}");
        assert!(run.stderr.contains(part), "{action}: {}", run.stderr);
    }
}

#[test]
fn what_is_missing_can_change_the_exit_code() {
    let folder = Folder::new("coverage").with_examples();
    assert_eq!(run(&folder, &["who-can", "kms:Decrypt", "alias/locked"]).code, 0);
    assert_eq!(run(&folder, &["who-can", "kms:Decrypt", "alias/locked", "--require-coverage"]).code, 3);
}

#[test]
fn the_parquet_file_has_the_rows_of_the_json() {
    let folder = Folder::new("parquet").with_examples();
    let run = run(
        &folder,
        &["who-can", "kms:Decrypt", "*", "--transitive", "--out", "parquet:r.parquet", "--out", "json:r.json"],
    );
    assert_eq!((run.code, run.stdout.ends_with("on 11 keys\n")), (0, true), "{run:?}");
    let report: Value = serde_json::from_str(&folder.read("r.json")).unwrap();
    let keys = report["keys"].as_array().unwrap();
    let wanted: usize = keys.iter().map(|key| key["rows"].as_array().unwrap().len()).sum();
    let file = std::fs::File::open(folder.path("r.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<String> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    let columns = [
        "action",
        "key",
        "state",
        "principal",
        "account",
        "kind",
        "tier",
        "by",
        "only_if",
        "conditions",
        "witness",
        "path",
    ];
    assert_eq!(names, columns);
    let rows: usize = reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, wanted);
}

#[test]
fn what_one_principal_can() {
    let folder = Folder::new("what").with_examples();
    for (name, arguments) in [
        ("report-job.txt", &["what-can", "role/report-job"][..]),
        ("key-admin.txt", &["what-can", "role/key-admin"]),
        ("nobody.txt", &["what-can", "role/developer", "--action", "kms:Encrypt"]),
    ] {
        let run = run(&folder, arguments);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
        snapshot(&format!("what-can/{name}"), &run.stdout);
    }
    let answer = json(&run(&folder, &["what-can", "user/ana", "--action", "kms:Decrypt", "--format", "json"]));
    let rows: Vec<&Value> =
        answer["keys"].as_array().unwrap().iter().flat_map(|key| key["rows"].as_array().unwrap()).collect();
    assert!(rows.iter().any(|row| row["only_if"] == "aws:MultiFactorAuthPresent is true"), "{rows:?}");
    assert_eq!(run(&folder, &["what-can", "role/none"]).code, 2);
    assert_eq!(run(&folder, &["what-can", "user/ana", "--action", "kms:Zz*"]).code, 2);
}

fn policy(statements: &str) -> String {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n{statements}\n]}}\n")
}

fn allow(sid: &str, principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Sid": "{sid}", "Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:role/{principal}"}}, "Action": "kms:Decrypt", "Resource": "*"{condition}}}"#
    )
}

#[test]
fn policies_before_and_after() {
    let folder = Folder::new("diff");
    let through_s3 = r#", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}"#;
    let (a, b, narrow) = (allow("A", "a", ""), allow("B", "b", ""), allow("A", "a", through_s3));
    folder.write("old.json", policy(&format!("{a},\n{b}")));
    for (name, statements, verdict, code) in [
        ("reordered", format!("{b},\n{a}"), "equal", 0),
        ("narrower", format!("{narrow},\n{b}"), "narrower", 0),
        ("wider", format!("{a},\n{b},\n{}", allow("C", "c", "")), "wider", 1),
        ("incomparable", format!("{narrow},\n{b},\n{}", allow("C", "c", "")), "incomparable", 1),
    ] {
        folder.write("new.json", policy(&statements));
        let run = folder.run(&["diff", "old.json", "new.json", "--format", "json"]);
        assert_eq!(run.code, code, "{name}: {run:?}");
        let report = json(&run);
        assert_eq!((&report["verdict"], &report["decided"]), (&verdict.into(), &true.into()), "{name}");
        if name == "wider" {
            let gained = &report["gained"][0];
            assert_eq!(gained["statement"]["sid"], "C");
            assert_eq!(gained["statement"]["source"], "new.json:4:1");
            assert_eq!(gained["witness"]["principal"], "arn:aws:iam::111122223333:role/c");
        }
        snapshot(&format!("diff/{name}.txt"), &folder.run(&["diff", "old.json", "new.json"]).stdout);
    }
    folder.write("new.json", "{\"Statement\": [\n{\"Effect\": \"Allw\"}]}");
    let run = folder.run(&["diff", "old.json", "new.json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("new.json:2:"), "{}", run.stderr);
    assert_eq!(folder.run(&["diff", "old.json", "none.json"]).code, 2);
}

#[test]
fn worlds_before_and_after() {
    let folder = Folder::new("worlds").with_examples();
    let same = folder.run(&["diff", "examples/organization", "examples/organization"]);
    assert_eq!((same.code, &*same.stdout), (0, "EQUAL\n"), "{same:?}");
    let path = "111122223333/kms/eu-west-1/1111aaaa-0000-4000-8000-000000000007.json";
    let old = folder.read(&format!("examples/organization/{path}"));
    folder.write(&format!("before/{path}"), &old);
    folder.write(&format!("after/{path}"), old.replace("role/tenant-app", "role/batch"));
    let run = folder.run(&["diff", "before", "after", "--format", "json"]);
    let report = json(&run);
    assert_eq!((run.code, &report["verdict"]), (1, &"incomparable".into()), "{run:?}");
    assert_eq!(report["gained"][0]["who"][0], "arn:aws:iam::111122223333:role/batch");
    assert_eq!(report["lost"][0]["who"][0], "arn:aws:iam::111122223333:role/tenant-app");
}

/// A template in one file, with functions in short form, and a module in one.
#[test]
fn templates_before_and_after() {
    let folder = Folder::new("templates");
    let root = "{Sid: Root, Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}";
    let app = "{Sid: App, Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:role/app'}, Action: [kms:Decrypt, kms:Encrypt], Resource: '*'}";
    let template = |statements: &[&str]| {
        let lines: Vec<String> = statements.iter().map(|statement| format!("          - {statement}\n")).collect();
        format!(
            "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: '2012-10-17'\n        Statement:\n{}",
            lines.concat()
        )
    };
    let turned = app.replace("kms:Decrypt, kms:Encrypt", "kms:Encrypt, kms:Decrypt");
    let own = "!Sub 'arn:aws:iam::${AWS::AccountId}:role/app'";
    let partner = app.replace(own, "'arn:aws:iam::444455556666:role/app'");
    let barred = partner.replace("Allow", "Deny");
    let one_action = app.replace("[kms:Decrypt, kms:Encrypt]", "kms:Encrypt");
    let only_if = |rows: &str| app.replace("Resource: '*'", &format!("Resource: '*', Condition: {{{rows}}}"));
    let by_s3 = only_if("StringEquals: {'kms:ViaService': !Sub 's3.${AWS::Region}.amazonaws.com'}");
    let anyone = |rows: &str| only_if(rows).replace(own, "'*'");
    let anyone_of_it = anyone("StringEquals: {'kms:CallerAccount': !Ref AWS::AccountId}");
    let some_accounts = anyone("StringLike: {'aws:PrincipalArn': 'arn:aws:iam::4444*:role/app'}");
    let told = app.replace(own, "!Ref Who");
    let namesake = app.replace("AWS::AccountId", "AccountId");
    // A policy of a role, about its key, or about the keys of a Region that is open as well.
    let role = |actions: &str, resource: &str| {
        format!(
            "Resources:\n  Key: {{Type: AWS::KMS::Key}}\n  Policy:\n    Type: AWS::IAM::RolePolicy\n    Properties:\n      RoleName: !Ref Role\n      PolicyName: use\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement: [{{Effect: Allow, Action: [{actions}], Resource: {resource}}}]\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: app\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]\n"
        )
    };
    let (key, keys) = ("!GetAtt Key.Arn", "!Sub 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/*'");
    let with_parameters = |statements: &[&str]| {
        format!("Parameters:\n  Who: {{Type: String}}\n  AccountId: {{Type: String}}\n{}", template(statements))
    };
    let module = |actions: &str| {
        format!(
            "resource \"aws_kms_key\" \"key\" {{\n\tpolicy = jsonencode({{\n\t\tVersion = \"2012-10-17\"\n\t\tStatement = [{{ Sid = \"App\", Effect = \"Allow\", Principal = {{ AWS = \"arn:aws:iam::111122223333:role/app\" }}, Action = [{actions}], Resource = \"*\" }}]\n\t}})\n}}\n"
        )
    };
    let own_module = |actions: &str| {
        let id = "${data.aws_caller_identity.current.account_id}";
        let lead = "data \"aws_caller_identity\" \"current\" {}\n\n";
        let root = format!(
            r#"{{ Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::{id}:root" }}, Action = "kms:*", Resource = "*" }}, "#
        );
        let body =
            module(actions).replace("111122223333", id).replace("Statement = [", &format!("Statement = [{root}"));
        format!("{lead}{body}")
    };
    for (old, new, end, verdict) in [
        (template(&[root, app]), template(&[&turned, root]), "yaml", "equal"),
        (template(&[root]), template(&[root, app]), "yaml", "wider"),
        (template(&[root, app]), template(&[root, &one_action]), "yaml", "narrower"),
        (template(&[root, app]), template(&[root, &by_s3]), "yaml", "narrower"),
        (template(&[root, &by_s3]), template(&[root, app]), "yaml", "wider"),
        (template(&[root, app]), template(&[root, &partner]), "yaml", "incomparable"),
        (template(&[root]), template(&[root, &partner]), "yaml", "wider"),
        (template(&[root]), template(&[root, &anyone_of_it]), "yaml", "wider"),
        (role("kms:Decrypt", key), role("kms:Decrypt, kms:Encrypt", key), "yaml", "wider"),
        (role("kms:Decrypt", "'*'"), role("kms:Decrypt", key), "yaml", "narrower"),
        (role("kms:Decrypt", keys), role("kms:Decrypt, kms:Encrypt", keys), "yaml", "not decided"),
        // It makes a difference in the account that it names alone.
        (template(&[app, &barred]), template(&[app]), "yaml", "wider"),
        // What is open may be the account as well as any other.
        (template(&[root]), template(&[root, &some_accounts]), "yaml", "not decided"),
        (with_parameters(&[root]), with_parameters(&[root, &told]), "yaml", "not decided"),
        (with_parameters(&[app]), with_parameters(&[&namesake]), "yaml", "not decided"),
        (module(r#""kms:Decrypt", "kms:Encrypt""#), module(r#""kms:Encrypt", "kms:Decrypt""#), "tf", "equal"),
        (module(r#""kms:Decrypt""#), module(r#""kms:*""#), "tf", "wider"),
        (own_module(r#""kms:Decrypt""#), own_module(r#""kms:Decrypt", "kms:Encrypt""#), "tf", "wider"),
        (own_module(r#""kms:*""#), own_module(r#""kms:Decrypt""#), "tf", "narrower"),
    ] {
        let (before, after) = (format!("old.{end}"), format!("new.{end}"));
        folder.write(&before, &old).write(&after, &new);
        let run = folder.run(&["diff", &before, &after, "--format", "json"]);
        let report = json(&run);
        assert_eq!(report["verdict"].as_str().unwrap_or("not decided"), verdict, "{old}\n{new}\n{report}");
        assert!(!report.to_string().contains("731904628001"), "the account that stands in is not told: {report}");
        for entry in report["gained"].as_array().unwrap().iter().chain(report["lost"].as_array().unwrap()) {
            assert!(entry["witness"]["action"].is_string(), "{entry}");
            assert!(entry["statement"]["source"].as_str().unwrap().contains(&format!(".{end}:")), "{entry}");
        }
    }
}

/// Grants are told apart by what they permit; each difference has a request that shows it, and its place.
#[test]
fn grants_before_and_after() {
    let folder = Folder::new("grants");
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let key = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    let grant = |id: &str, who: &str, operations: &str, more: &str| {
        format!(
            r#"{{"KeyId": "{key}", "GrantId": "{id}", "GranteePrincipal": "arn:aws:iam::111122223333:role/{who}", "IssuingAccount": "arn:aws:iam::111122223333:root", "Operations": [{operations}]{more}}}"#
        )
    };
    let bound = |constraint: &str| format!(r#", "Constraints": {{"{constraint}": {{"app": "pay"}}}}"#);
    let retired = |who: &str| format!(r#", "RetiringPrincipal": "arn:aws:iam::111122223333:role/{who}""#);
    let plain = grant("1", "a", r#""Decrypt""#, "");
    let both = grant("1", "a", r#""Decrypt", "Encrypt""#, "");
    let apart = format!("{plain},\n{}", grant("2", "a", r#""Encrypt""#, ""));
    let whole = grant("1", "a", r#""Decrypt""#, &bound("EncryptionContextEquals"));
    let part = grant("1", "a", r#""Decrypt""#, &bound("EncryptionContextSubset"));
    for (name, old, new, verdict) in [
        ("made anew", plain.clone(), grant("2", "a", r#""Decrypt""#, ""), "equal"),
        ("one more operation", plain.clone(), both.clone(), "wider"),
        ("two in one", apart, both, "equal"),
        ("for another", plain.clone(), grant("1", "b", r#""Decrypt""#, ""), "incomparable"),
        ("for a context", plain.clone(), whole.clone(), "narrower"),
        ("for part of a context", whole, part, "wider"),
        ("retired by another", plain.clone(), grant("1", "a", r#""Decrypt""#, &retired("b")), "wider"),
        ("revoked", plain, String::new(), "narrower"),
    ] {
        for (side, grants) in [("old", &old), ("new", &new)] {
            let folder_of_key = format!("{side}/111122223333/kms/eu-west-1/{id}");
            folder.write(&format!("{folder_of_key}/grants.json"), format!("{{\"Grants\": [\n{grants}\n]}}"));
            folder.write(&format!("{folder_of_key}/policy.json"), policy(&allow("Root", "admin", "")));
        }
        let report = json(&folder.run(&["diff", "old", "new", "--format", "json"]));
        assert_eq!(report["verdict"], verdict, "{name}: {report}");
        for (list, side, without) in [("gained", "new", &old), ("lost", "old", &new)] {
            for entry in report[list].as_array().unwrap() {
                let source = entry["statement"]["source"].as_str().unwrap();
                assert!(source.starts_with(side) && source.ends_with("/grants.json:2:1"), "{name}: {source}");
                // The request is allowed by the one grant and by none of the other side.
                let with = if side == "new" { &new } else { &old };
                for (grants, expect) in [(with, "allow"), (without, "deny")] {
                    let request = &entry["witness"];
                    folder.write(
                        "case.test.json",
                        format!(
                            r#"{{"cases": [{{"name": "x", "request": {request}, "policies": {{"resource": {}, "grants": [{grants}]}}, "expect": "{expect}"}}]}}"#,
                            policy(&allow("Root", "admin", ""))
                        ),
                    );
                    let run = folder.run(&["test", "case.test.json"]);
                    assert_eq!(run.code, 0, "{name}: {request} {run:?}");
                }
            }
        }
    }
}

#[test]
fn assertions_hold_or_are_broken_by_an_example() {
    let folder = Folder::new("assert").with_examples();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/organization/pci.test.yaml");
    folder.write("pci.test.yaml", std::fs::read(file).unwrap());
    let passed = run(&folder, &["test", "pci.test.yaml"]);
    assert_eq!((passed.code, &*passed.stdout), (0, "3 passed, 0 failed\n"), "{passed:?}");
    assert_eq!(folder.run(&["test", "pci.test.yaml"]).code, 2, "without a world there is nothing to decide");
    folder.write(
        "broken.test.yaml",
        "assert:\n  - name: only ana opens the locked key\n    action: kms:Decrypt\n    key: alias/locked\n    only: ['*:user/ana']\n",
    );
    let broken = run(&folder, &["test", "broken.test.yaml", "--format", "json"]);
    let case = &json(&broken)["cases"][0];
    assert_eq!((broken.code, &case["actual"], &case["because"]), (1, &"broken".into(), &"OnCall".into()), "{broken:?}");
    assert_eq!(case["counter_example"]["principal"], "arn:aws:sts::111122223333:assumed-role/oncall/incident");
}

/// A role of account 111122223333 with this ARN's end, which may decrypt, as authorization details have it.
fn reader(name: &str, document: &str) -> String {
    serde_json::json!({
        "RoleName": name,
        "RoleId": "AROA",
        "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document}],
        "AttachedManagedPolicies": [],
    })
    .to_string()
}

const DECRYPT: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}"#;
const ROOT: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#;

/// A world of one key that leaves everything to its account, with these roles.
fn world_of(folder: &Folder, roles: &[String]) {
    let details = format!(r#"{{"UserDetailList": [], "RoleDetailList": [{}]}}"#, roles.join(","));
    folder.write("w/111122223333/authorization-details.json", details);
    let key = "w/111122223333/kms/eu-west-1/1234abcd-12ab-34cd-56ef-1234567890ab";
    folder.write(&format!("{key}/policy.json"), ROOT);
    folder.write(&format!("{key}/grants.json"), r#"{"Grants": []}"#);
}

/// Whatever is wrong with one principal, the others have their rows, and the coverage block tells of the one.
#[test]
fn one_bad_principal_does_not_stop_the_rest() {
    let folder = Folder::new("bad").with_examples();
    for (bad, told) in [
        (reader("a*b", DECRYPT), "role/a*b"),
        (reader("", DECRYPT), "role/`"),
        (reader("bad", "{\"Version\": "), "authorization-details.json:1:"),
        (reader("x", DECRYPT).replace("role/x", "user/x"), "`arn:aws:iam::111122223333:user/x` is no role"),
        (reader("x", DECRYPT).replace("Arn\":", "Arm\":"), "a role without `Arn`"),
    ] {
        world_of(&folder, &[bad, reader("good", DECRYPT)]);
        let run = folder.run(&["who-can", "kms:Decrypt", "*", "--world", "w", "--format", "json", "--quiet"]);
        let report = json(&run);
        let rows = report["keys"][0]["rows"].as_array().unwrap();
        let good = rows.iter().find(|row| row["principal"] == "arn:aws:iam::111122223333:role/good");
        assert_eq!(good.map(|row| &row["tier"]), Some(&"now".into()), "{told}: {report}");
        let gaps = report["coverage"]["gaps"].as_array().unwrap();
        assert!(gaps.iter().any(|gap| gap["message"].as_str().unwrap().contains(told)), "{told}: {gaps:?}");
    }
}

/// The tier and condition of each row, by the end of the principal's ARN, and whether `test` allows its witness.
fn rows_replayed(folder: &Folder, policy: &str) -> Vec<(String, String, Value)> {
    let key = "w/111122223333/kms/eu-west-1/1234abcd-12ab-34cd-56ef-1234567890ab";
    folder.write(&format!("{key}/policy.json"), policy);
    let report = json(&folder.run(&["who-can", "kms:Decrypt", "*", "--world", "w", "--format", "json", "--quiet"]));
    let rows = report["keys"][0]["rows"].as_array().unwrap();
    let tell = |row: &Value| {
        let case = format!(
            r#"{{"cases": [{{"name": "x", "request": {}, "policies": {{"resource": {policy}, "identity": [{DECRYPT}]}}, "expect": "allow"}}]}}"#,
            row["witness"]
        );
        folder.write("case.test.json", case);
        let run = folder.run(&["test", "case.test.json"]);
        assert_eq!(run.code, 0, "{row} {run:?}");
        let name = row["principal"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        (name, row["tier"].as_str().unwrap().to_owned(), row["only_if"].clone())
    };
    rows.iter().map(tell).collect()
}

/// A role that a key policy names by its unique id is that role, whatever its sessions are called.
#[test]
fn roles_are_known_by_their_unique_ids() {
    let folder = Folder::new("ids");
    let role = |name: &str, id: &str| reader(name, DECRYPT).replace("\"AROA\"", &format!("\"{id}\""));
    world_of(&folder, &[role("known", "AROAKNOWN0000000000A"), role("other", "AROAOTHER0000000000A")]);
    let named = |ids: &str, rest: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": [{ids}]}}, "Action": "kms:Decrypt", "Resource": "*"{rest}}}]}}"#
        )
    };
    let row = |tier: &str, only_if: Value| vec![("role/known".to_owned(), tier.to_owned(), only_if)];
    let both = r#""AROAKNOWN0000000000A", "AROAGONE00000000000A""#;
    assert_eq!(rows_replayed(&folder, &named(both, "")), row("now", Value::Null));
    let through = r#", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}"#;
    assert_eq!(
        rows_replayed(&folder, &named(both, through)),
        row("condition", "kms:ViaService is s3.eu-west-1.amazonaws.com".into())
    );
    assert_eq!(
        rows_replayed(&folder, &named(r#""AROAKNOWN0000000000A:alice""#, "")),
        row("condition", "aws:userid is like AROAKNOWN0000000000A:alice".into())
    );
    let denied = ROOT.replace(
        "]}",
        r#", {"Effect": "Deny", "Principal": {"AWS": "AROAKNOWN0000000000A"}, "Action": "kms:*", "Resource": "*"}]}"#,
    );
    let names: Vec<String> = rows_replayed(&folder, &denied).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["role/other", "root"]);
}

/// Where only some values can be, the author's own are told.
#[test]
fn the_alias_that_a_policy_wants_is_told() {
    let folder = Folder::new("alias");
    let wants = |alias: &str| {
        let condition = format!(r#", "Condition": {{"StringEquals": {{"kms:RequestAlias": "{alias}"}}}}}}]}}"#);
        DECRYPT.replace("}]}", &condition)
    };
    world_of(&folder, &[reader("own", &wants("alias/own")), reader("none", &wants("alias/none"))]);
    folder.write(
        "w/111122223333/kms/eu-west-1/1234abcd-12ab-34cd-56ef-1234567890ab/aliases.json",
        r#"{"Aliases": [{"AliasName": "alias/own", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/own", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}]}"#,
    );
    let rows = rows_replayed(&folder, ROOT);
    assert_eq!(rows[0], ("role/own".into(), "condition".into(), "kms:RequestAlias is alias/own".into()));
    assert_eq!(rows.len(), 2, "{rows:?}");
}

/// What was not collected of a key may let anybody in: that is told, and no assertion about it holds.
#[test]
fn nobody_is_not_an_answer_where_the_key_policy_or_grants_are_missing() {
    let folder = Folder::new("missing");
    world_of(&folder, &[reader("app", DECRYPT)]);
    folder.write(
        "x.test.yaml",
        "assert:\n  - {name: none but app, action: kms:Decrypt, key: '*', only: ['*:role/app']}\n",
    );
    let key = "w/111122223333/kms/eu-west-1/1234abcd-12ab-34cd-56ef-1234567890ab";
    let test = || folder.run(&["test", "x.test.yaml", "--world", "w"]);
    let who = || folder.run(&["who-can", "kms:Decrypt", "*", "--world", "w", "--quiet"]).stdout;
    assert_eq!((test().code, who().contains("NOT KNOWN")), (0, false));
    std::fs::remove_file(folder.path(&format!("{key}/grants.json"))).unwrap();
    let run = test();
    assert!(run.code == 3 && run.stdout.contains("the grants of arn:aws:kms:"), "{run:?}");
    folder.write(&format!("{key}/grants.json"), r#"{"Grants": []}"#);
    std::fs::remove_file(folder.path(&format!("{key}/policy.json"))).unwrap();
    assert_eq!(test().code, 3);
    let told = who();
    assert!(told.contains("NOT KNOWN") && !told.contains("  nobody\n"), "{told}");
}

/// Names that somebody chose to be taken for something else, in every format.
#[test]
fn names_stay_names() {
    let folder = Folder::new("names");
    let sid = "<img src=x>[a](b)*|`\u{1b}[2J\nnow";
    let document = DECRYPT.replacen(r#""Effect""#, &format!(r#""Sid": {}, "Effect""#, Value::from(sid)), 1);
    let path = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "\"]<b>`#|"}}}]}"#;
    let trusting = |role: String| {
        let trust = r#""Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]"#;
        role.replacen(r#""Statement":[]"#, trust, 1)
    };
    world_of(&folder, &[trusting(reader("a<b>\"`|#", &document)), reader("assumer", path)]);
    folder.write(
        "w/111122223333/kms/eu-west-1/1234abcd-12ab-34cd-56ef-1234567890ab/aliases.json",
        r#"{"Aliases": [{"AliasName": "alias/<b>*|\n## x", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/x", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}]}"#,
    );
    for (format, name) in [("table", "names.txt"), ("markdown", "names.md"), ("mermaid", "names.mmd")] {
        let run = folder.run(&["who-can", "kms:Decrypt", "*", "--transitive", "--world", "w", "--format", format]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains("\nnow"), "{run:?}");
        snapshot(&format!("who-can/{name}"), &run.stdout);
    }
}

/// A larger account that people have: the folder that `WARDBOOK_SHARED_DATA` names.
#[test]
fn a_real_account_answers() {
    let Some(data) = std::env::var_os("WARDBOOK_SHARED_DATA") else {
        eprintln!("skipped: set WARDBOOK_SHARED_DATA to a folder that holds `authorization-details/example.json`");
        return;
    };
    let folder = Folder::new("real");
    let details = std::path::Path::new(&data).join("authorization-details/example.json");
    folder.write("w/200611803367/authorization-details.json", std::fs::read(details).unwrap());
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let delegating = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Delegate", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::200611803367:root"}, "Action": "kms:*", "Resource": "*"}]}"#;
    folder.write(&format!("w/200611803367/kms/us-east-1/{id}/policy.json"), delegating);
    folder.write(&format!("w/200611803367/kms/us-east-1/{id}/grants.json"), "{\"Grants\": []}");
    let run =
        folder.run(&["who-can", "kms:Decrypt", id, "--transitive", "--world", "w", "--format", "json", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = json(&run)["keys"][0]["rows"].as_array().unwrap().clone();
    let now = rows.iter().filter(|row| row["tier"] == "now").count();
    assert!(now > 1 && rows.iter().all(|row| !row["by"].as_array().unwrap().is_empty()), "{now} of {}", rows.len());
}
