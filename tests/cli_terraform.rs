//! `who-can`, `what-can` and `diff` over what Terraform declares, plans and keeps.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Run};

const MAIN: &str = r#"provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_role_policy" "app" {
  role   = aws_iam_role.app.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Objects", Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
    ]
  })
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
  statement {
    sid       = "App"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.app.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.eu-west-1.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "data" {
  policy = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "data" {
  name          = "alias/data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_grant" "app" {
  key_id            = aws_kms_key.data.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = ["Encrypt"]
}
"#;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const APP: &str = "arn:aws:iam::111122223333:role/app";

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// The document of the key, as a state holds it.
fn document(action: &str) -> String {
    let service = json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}});
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "App", "Effect": "Allow", "Principal": {"AWS": APP}, "Action": action, "Resource": "*", "Condition": service},
    ]})
    .to_string()
}

/// Kind, name and attributes of what the module makes.
fn made(action: &str) -> [(&'static str, &'static str, Value); 5] {
    let own = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Objects", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]});
    [
        (
            "aws_iam_role",
            "app",
            json!({"name": "app", "path": "/", "arn": APP, "assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}),
        ),
        ("aws_iam_role_policy", "app", json!({"role": "app", "name": "own", "policy": own.to_string()})),
        (
            "aws_kms_key",
            "data",
            json!({"arn": KEY, "key_id": KEY.rsplit('/').next(), "is_enabled": true, "policy": document(action)}),
        ),
        (
            "aws_kms_alias",
            "data",
            json!({"name": "alias/data", "target_key_id": KEY.rsplit('/').next(), "arn": "arn:aws:kms:eu-west-1:111122223333:alias/data"}),
        ),
        (
            "aws_kms_grant",
            "app",
            json!({"key_id": KEY.rsplit('/').next(), "grant_id": "g-1", "grantee_principal": APP, "operations": ["Encrypt"]}),
        ),
    ]
}

/// What `terraform show -json` prints of the state.
fn shown_state() -> String {
    let resources: Vec<Value> = made("kms:Decrypt")
        .into_iter()
        .map(|(kind, name, values)| json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "values": values}))
        .collect();
    let state = json!({"format_version": "1.0", "terraform_version": "1.9.8", "values": {"root_module": {"resources": resources}}});
    serde_json::to_string_pretty(&state).unwrap()
}

/// The state itself.
fn state_file() -> String {
    let resources: Vec<Value> = made("kms:Decrypt")
        .into_iter()
        .map(|(kind, name, attributes)| json!({"mode": "managed", "type": kind, "name": name,
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [{"schema_version": 0, "attributes": attributes}]}))
        .collect();
    let state = json!({"version": 4, "terraform_version": "1.9.8", "serial": 3, "lineage": "l", "outputs": {}, "resources": resources});
    serde_json::to_string_pretty(&state).unwrap()
}

/// A plan that makes all of it, in which the policy is known after apply and stands in the configuration alone.
fn plan(action: &str) -> String {
    let mut changes = Vec::new();
    let mut planned = Vec::new();
    for (kind, name, mut values) in made(action) {
        let mut unknown = json!({});
        for computed in ["arn", "key_id", "grant_id", "target_key_id"] {
            if values.as_object_mut().unwrap().remove(computed).is_some() {
                unknown[computed] = true.into();
            }
        }
        if kind == "aws_kms_key" {
            values.as_object_mut().unwrap().remove("policy");
            unknown["policy"] = true.into();
        }
        if kind == "aws_kms_grant" {
            values.as_object_mut().unwrap().remove("grantee_principal");
            unknown["grantee_principal"] = true.into();
        }
        let own = json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name});
        let mut entry = own.clone();
        entry["values"] = values.clone();
        planned.push(entry);
        let mut entry = own;
        entry["change"] = json!({"actions": ["create"], "before": null, "after": values, "after_unknown": unknown});
        changes.push(entry);
    }
    let statement = |sid: &str, action: &str, identifiers: Value, condition: Value| {
        json!({"sid": {"constant_value": sid}, "actions": {"constant_value": [action]}, "resources": {"constant_value": ["*"]},
               "principals": [{"type": {"constant_value": "AWS"}, "identifiers": identifiers}], "condition": condition})
    };
    let root = json!({"constant_value": ["arn:aws:iam::111122223333:root"]});
    let app = json!({"references": ["aws_iam_role.app.arn", "aws_iam_role.app"]});
    let via = json!([{"test": {"constant_value": "StringEquals"}, "variable": {"constant_value": "kms:ViaService"},
                      "values": {"constant_value": ["s3.eu-west-1.amazonaws.com"]}}]);
    let document = json!({"address": "data.aws_iam_policy_document.key", "mode": "data", "type": "aws_iam_policy_document", "name": "key",
        "expressions": {"statement": [statement("Root", "kms:*", root, json!([])), statement("App", action, app.clone(), via)]}});
    let read = json!({"address": "data.aws_iam_policy_document.key", "mode": "data", "type": "aws_iam_policy_document", "name": "key",
        "change": {"actions": ["read"], "before": null, "after": {}, "after_unknown": {"json": true, "statement": true}}});
    changes.push(read);
    let configured = |kind: &str, name: &str, expressions: Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
        "provider_config_key": "aws", "expressions": expressions})
    };
    let reference = |to: &str| json!({"references": [to, to.rsplit_once('.').unwrap().0]});
    let resources = json!([
        document,
        configured("aws_iam_role", "app", json!({"name": {"constant_value": "app"}})),
        configured("aws_kms_key", "data", json!({"policy": reference("data.aws_iam_policy_document.key.json")})),
        configured(
            "aws_kms_alias",
            "data",
            json!({"name": {"constant_value": "alias/data"}, "target_key_id": reference("aws_kms_key.data.key_id")})
        ),
        configured(
            "aws_kms_grant",
            "app",
            json!({"key_id": reference("aws_kms_key.data.key_id"), "grantee_principal": app, "operations": {"constant_value": ["Encrypt"]}})
        ),
    ]);
    let provider = json!({"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}, "allowed_account_ids": {"constant_value": ["111122223333"]}}}});
    let plan = json!({"format_version": "1.2", "terraform_version": "1.9.8", "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes, "configuration": {"provider_config": provider, "root_module": {"resources": resources}}});
    serde_json::to_string_pretty(&plan).unwrap()
}

/// What `who-can` says of the role: its tier, what it takes, and where the statement stands.
fn row_of_app(folder: &Folder, world: &str) -> (String, String, String) {
    let run = folder.run(&["who-can", "kms:Decrypt", "alias/data", "--world", world, "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let answer = json(&run);
    let rows = answer["keys"][0]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["principal"] == APP).unwrap_or_else(|| panic!("{answer:#}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let by = row["by"].as_array().unwrap().iter().find(|by| by["sid"] == "App").unwrap_or_else(|| panic!("{row}"));
    (text(&row["tier"]), text(&row["only_if"]), text(&by["source"]))
}

#[test]
fn who_can_says_the_same_of_module_plan_and_state_and_where_it_stands() {
    let folder = Folder::new("who");
    let line = |text: &str, part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    for (world, file, text, part) in [
        ("module", "main.tf", MAIN.to_owned(), "sid       = \"App\""),
        ("plan", "plan.json", plan("kms:Decrypt"), ""),
        ("shown", "state.json", shown_state(), "kms:*"),
        ("kept", "terraform.tfstate", state_file(), "kms:*"),
    ] {
        folder.write(&format!("{world}/{file}"), &text);
        let (tier, only_if, source) = row_of_app(&folder, world);
        assert_eq!(
            (tier.as_str(), only_if.as_str()),
            ("condition", "kms:ViaService is s3.eu-west-1.amazonaws.com"),
            "{world}"
        );
        let place: Vec<&str> = source.rsplitn(3, ':').collect();
        assert_eq!(place[2], format!("{world}/{file}"), "{source}");
        let at: usize = place[1].parse().unwrap();
        match world {
            // The statement block begins one line above its Sid.
            "module" => assert_eq!(at, line(&text, part) - 1, "{source}"),
            "plan" => assert!(at > 1, "{source}"),
            _ => assert_eq!(at, line(&text, part), "{source}"),
        }
        // The grant lets it encrypt.
        let run = folder.run(&["who-can", "kms:Encrypt", "alias/data", "--world", world]);
        assert!(run.stdout.contains(&format!("now         same account   {APP}\n      by grant ")), "{}", run.stdout);
    }
}

#[test]
fn what_can_reaches_data_through_services() {
    let folder = Folder::new("what");
    folder.write("module/main.tf", MAIN);
    let run = folder.run(&["what-can", "role/app", "--world", "module", "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let answer = json(&run);
    let rows = answer["keys"][0]["rows"].as_array().unwrap();
    let found: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["action"].as_str().unwrap(), row["tier"].as_str().unwrap())).collect();
    assert_eq!(found, [("kms:Decrypt", "condition"), ("kms:Encrypt", "now")]);
    let services = answer["services"].as_array().unwrap();
    let names: Vec<&str> = services.iter().map(|service| service["service"].as_str().unwrap()).collect();
    assert_eq!(names, ["s3"]);
    let text = folder.run(&["what-can", "role/app", "--world", "module"]).stdout;
    assert!(text.contains("  and read, through services\n    s3 (s3:GetObject): "), "{text}");
    // Without the call to the service there is nothing to reach, and a boundary can stand in its way.
    folder.write("none/main.tf", MAIN.replace("s3:GetObject", "s3:PutObject"));
    let boundary = r#"resource "aws_iam_policy" "edge" {
  name   = "edge"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*" }] })
}
"#;
    let bound = MAIN.replace(
        "  name               = \"app\"\n",
        "  name = \"app\"\n  permissions_boundary = aws_iam_policy.edge.arn\n",
    );
    folder.write("bound/main.tf", format!("{bound}{boundary}"));
    for world in ["none", "bound"] {
        let run = folder.run(&["what-can", "role/app", "--world", world, "--format", "json"]);
        assert_eq!(json(&run)["services"], json!([]), "{world}: {run:?}");
    }
}

fn verdict(run: &Run) -> String {
    json(run)["verdict"].as_str().unwrap_or("not decided").to_owned()
}

#[test]
fn diff_tells_versions_of_modules_plans_and_states_apart() {
    let folder = Folder::new("diff");
    folder.write("old/main.tf", MAIN).write("same/main.tf", MAIN.replace("\"Root\"", "\"Owner\""));
    let wide = MAIN.replace("[\"kms:Decrypt\"]", "[\"kms:Decrypt\", \"kms:ReEncryptFrom\"]");
    folder.write("wide/main.tf", &wide);
    let compare = |old: &str, new: &str| folder.run(&["diff", old, new, "--format", "json"]);
    let same = compare("old", "same");
    assert_eq!((verdict(&same).as_str(), same.code), ("equal", 0), "{same:?}");
    let wider = compare("old", "wide");
    assert_eq!((verdict(&wider).as_str(), wider.code), ("wider", 1), "{wider:?}");
    let answer = json(&wider);
    let gain = &answer["gained"][0];
    assert_eq!(gain["actions"], json!(["kms:ReEncryptFrom"]));
    assert_eq!(gain["who"], json!([APP]));
    // The statement that made it, and not the one that delegates to the account.
    assert_eq!(gain["statement"]["sid"], "App");
    let line = wide.lines().position(|line| line.contains("\"App\"")).unwrap();
    assert_eq!(gain["statement"]["source"], format!("wide/main.tf:{line}:3"));
    let narrower = compare("wide", "old");
    assert_eq!((verdict(&narrower).as_str(), narrower.code), ("narrower", 0));
    let lost = &json(&narrower)["lost"][0];
    assert_eq!(lost["statement"]["source"], format!("wide/main.tf:{line}:3"));
    assert_eq!(lost["witness"]["action"], "kms:ReEncryptFrom");

    // Plans, in files of other names.
    folder.write("before.json", plan("kms:Decrypt")).write("after.json", plan("kms:ReEncryptFrom"));
    folder.write("again.json", plan("kms:Decrypt"));
    assert_eq!(verdict(&compare("before.json", "again.json")), "equal");
    let other = compare("before.json", "after.json");
    assert_eq!((verdict(&other).as_str(), other.code), ("incomparable", 1), "{other:?}");
    let answer = json(&other);
    let source = |value: &Value| value["statement"]["source"].as_str().unwrap().split(':').next().unwrap().to_owned();
    assert_eq!((source(&answer["gained"][0]), source(&answer["lost"][0])), ("after.json".into(), "before.json".into()));

    // A state and what is kept of it are one thing.
    folder.write("shown/state.json", shown_state()).write("kept/terraform.tfstate", state_file());
    assert_eq!(verdict(&compare("shown", "kept")), "equal");
}

#[test]
fn diff_sees_what_a_grant_permits() {
    let folder = Folder::new("grant");
    let with = |operations: &str, constraint: &str| {
        MAIN.replace("operations        = [\"Encrypt\"]", &format!("operations        = [{operations}]\n{constraint}"))
    };
    let bound = "  constraints {\n    encryption_context_equals = { app = \"pay\" }\n  }\n";
    for (name, text) in [
        ("one", MAIN.to_owned()),
        ("two", with("\"Encrypt\", \"Decrypt\"", "")),
        ("bound", with("\"Encrypt\"", bound)),
        ("moved", with("\"Decrypt\"", "")),
    ] {
        folder.write(&format!("{name}/main.tf"), text);
    }
    for (old, new, wanted, code) in [
        ("one", "one", "equal", 0),
        ("one", "two", "wider", 1),
        ("two", "one", "narrower", 0),
        ("one", "bound", "narrower", 0),
        ("bound", "one", "wider", 1),
        ("one", "moved", "incomparable", 1),
    ] {
        let run = folder.run(&["diff", old, new, "--format", "json"]);
        assert_eq!((verdict(&run).as_str(), run.code), (wanted, code), "{old} {new}: {run:?}");
    }
    let text = folder.run(&["diff", "one", "two"]).stdout;
    assert!(text.contains("kms:Decrypt") && !text.contains("kms:decrypt"), "{text}");
}

#[test]
fn what_one_side_lacks_is_not_decided() {
    let folder = Folder::new("lack");
    let attach = r#"
resource "aws_iam_role_policy_attachment" "app" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}
"#;
    folder.write("old/main.tf", MAIN).write("new/main.tf", format!("{MAIN}{attach}"));
    folder.write("newer/main.tf", format!("{MAIN}{attach}\n# the same\n"));
    let run = folder.run(&["diff", "old", "new"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.stdout.contains("not collected on one of the sides: arn:aws:iam::aws:policy/PowerUserAccess"),
        "{run:?}"
    );
    assert_eq!(folder.run(&["diff", "new", "newer"]).code, 0);
}
