//! Questions about worlds that Terraform declares: folders of modules, plans and states.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::coverage::GapKind;
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

fn data(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform").join(path);
    std::fs::read_to_string(path).unwrap()
}

/// The verdict, and the place of the statement that a layer's explanation would name.
fn verdict(world: &World, principal: &str, action: &str, key: &str, circumstances: Circumstances) -> Verdict {
    world.ask(principal, action, key, circumstances, Quirks::default()).unwrap().decide().verdict()
}

fn direct() -> Circumstances {
    Circumstances::direct_call()
}

#[test]
fn a_module_and_its_plan_give_the_same_answers() {
    // The policy of AWS that is attached comes from the dump of another account.
    let read_only = r#"{"Policies": [{"Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}]}}]}]}"#;
    let dump = || Source::new("444455556666/authorization-details.json", read_only);
    let module = World::from_sources([dump(), Source::new("tf/main.tf", data("same/module/main.tf"))]);
    let plan = World::from_sources([dump(), Source::new("plan.json", data("same/plan.json"))]);
    for world in [&module, &plan] {
        assert_eq!(world.keys().len(), 2, "{:?}", world.coverage());
        let ask = |action, circumstances| verdict(world, "role/report", action, "alias/payments", circumstances);
        // The key policy lets the role decrypt through S3; else only the grant does, for one context.
        let via = direct().with("kms:ViaService", "s3.eu-west-1.amazonaws.com");
        assert_eq!(ask("kms:Decrypt", via), Verdict::Allow);
        assert_eq!(ask("kms:Decrypt", direct()), Verdict::ImplicitDeny);
        let granted = direct().with("kms:EncryptionContext:app", "pay");
        assert_eq!(ask("kms:Decrypt", granted), Verdict::Allow);
        assert_eq!(ask("kms:ListGrants", direct()), Verdict::Allow);
        assert_eq!(ask("kms:PutKeyPolicy", direct()), Verdict::ImplicitDeny);
        // The account itself may do everything, by its number and on the key that only it may use.
        assert_eq!(verdict(world, "111122223333", "kms:PutKeyPolicy", "alias/payments", direct()), Verdict::Allow);
        let backup = "aws_kms_key.backup";
        assert_eq!(verdict(world, "111122223333", "kms:ScheduleKeyDeletion", backup, direct()), Verdict::Allow);
        let stranger = "arn:aws:iam::999988887777:role/x";
        assert_eq!(verdict(world, stranger, "kms:PutKeyPolicy", backup, direct()), Verdict::ImplicitDeny);
    }
}

#[test]
fn a_state_says_what_is_there() {
    let world = World::from_sources([Source::new("state.json", data("state/state.json"))]);
    let key = &world.keys()[0];
    assert_eq!(key.state.as_deref(), Some("Disabled"));
    assert_eq!(key.aliases.as_deref(), Some(&["alias/main".into()][..]));
    assert_eq!(verdict(&world, "role/app", "kms:Decrypt", "alias/main", direct()), Verdict::Allow);
    assert_eq!(verdict(&world, "role/app", "kms:Encrypt", "alias/main", direct()), Verdict::Allow);
    assert_eq!(verdict(&world, "role/app", "kms:PutKeyPolicy", "alias/main", direct()), Verdict::ImplicitDeny);
}

#[test]
fn answers_name_the_file_and_line_of_the_statement() {
    let text = data("same/module/main.tf");
    let world = World::from_sources([Source::new("tf/main.tf", text.clone())]);
    let via = direct().with("kms:ViaService", "s3.eu-west-1.amazonaws.com");
    let asked = world.ask("role/report", "kms:Decrypt", "alias/payments", via, Quirks::default()).unwrap();
    let policy = &asked.layers.resource.items()[0];
    let places: Vec<String> = policy.statements().iter().map(|statement| policy.place(statement)).collect();
    let line = |sid: &str| text.lines().position(|line| line.contains(sid)).unwrap();
    assert_eq!(places, [format!("tf/main.tf:{}:3", line("\"Root\"")), format!("tf/main.tf:{}:3", line("\"Report\""))]);
}

#[test]
fn what_nobody_knows_before_apply_is_unknown_and_named() {
    let text = r#"
variable "partner" {}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = "{}"
}
resource "aws_kms_key" "k" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = [aws_iam_role.app.arn, var.partner] }, Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}
"#;
    let world = World::from_sources([Source::new("main.tf", text)]);
    assert_eq!(verdict(&world, "role/app", "kms:Decrypt", "aws_kms_key.k", direct()), Verdict::Allow);
    assert_eq!(verdict(&world, "role/app", "kms:Encrypt", "aws_kms_key.k", direct()), Verdict::ImplicitDeny);
    let partner = "arn:aws:iam::999988887777:role/x";
    let asked = world.ask(partner, "kms:Decrypt", "aws_kms_key.k", direct(), Quirks::default()).unwrap();
    let decision = asked.decide();
    assert_eq!(decision.verdict(), Verdict::Unknown);
}

#[test]
fn policies_that_may_not_be_there_make_an_answer_unknown() {
    let text = r#"
variable "open" {}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = "{}"
}
resource "aws_iam_role" "other" {
  name               = "other"
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "app" {
  count  = var.open ? 1 : 0
  role   = aws_iam_role.app.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "other" {
  for_each   = var.open
  role       = aws_iam_role.other.name
  policy_arn = each.value
}
resource "aws_kms_key" "k" {}
"#;
    let world = World::from_sources([Source::new("main.tf", text)]);
    assert_eq!(verdict(&world, "role/app", "kms:Decrypt", "aws_kms_key.k", direct()), Verdict::Unknown);
    assert_eq!(verdict(&world, "role/app", "kms:Encrypt", "aws_kms_key.k", direct()), Verdict::ImplicitDeny);
    assert_eq!(verdict(&world, "role/other", "kms:Encrypt", "aws_kms_key.k", direct()), Verdict::Unknown);
}

#[test]
fn a_broken_file_is_one_problem_and_does_not_stop_the_rest() {
    let good = "resource \"aws_kms_key\" \"k\" {\n  policy = local.missing\n}\n";
    let world = World::from_sources([
        Source::new("a/broken.tf", "resource \"aws_kms_key\" {{{\n"),
        Source::new("a/good.tf", good),
        Source::new(
            "b/plan.json",
            "{\"format_version\": \"1.2\", \"planned_values\": {\"root_module\": {\"resources\": [1, {}]}}}",
        ),
    ]);
    assert_eq!(world.keys().len(), 1);
    let of = |kind: GapKind| -> Vec<&str> {
        let gaps = world.coverage().gaps.iter().filter(|gap| gap.kind == kind);
        gaps.map(|gap| gap.message.as_str()).collect()
    };
    assert_eq!(of(GapKind::Unreadable).len(), 1);
    assert!(of(GapKind::Unreadable)[0].starts_with("a/broken.tf:1:"), "{:?}", of(GapKind::Unreadable));
    assert_eq!(of(GapKind::Problem), ["a/good.tf:2:12: there is no local value `missing` in this module"]);
}

#[test]
fn files_that_modules_read_are_not_strange_by_themselves() {
    let main = "resource \"aws_kms_key\" \"k\" {\n  policy = file(\"${path.module}/policies/key.json\")\n}\n";
    let policy =
        r#"{"Statement": [{"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}"#;
    let world = World::from_sources([
        Source::new("w/main.tf", main),
        Source::new("w/policies/key.json", policy),
        Source::new("w/policies/other.json", policy),
    ]);
    let strange = world.coverage().gaps.iter().filter(|gap| gap.kind == GapKind::FormatNotRead);
    let strange: Vec<&str> = strange.map(|gap| &*gap.subject).collect();
    assert_eq!(strange, ["w/policies/other.json"]);
    let policy = &world.keys()[0].policy.items()[0];
    assert_eq!(policy.place(&policy.statements()[0]), "w/policies/key.json:1:16");
}

#[test]
fn what_a_plan_destroys_is_not_there_and_what_it_changes_is_as_after() {
    let change = |address: &str, actions: &str, before: &str, after: &str| {
        let (kind, name) = address.split_once('.').unwrap();
        format!(
            r#"{{"address": "{address}", "mode": "managed", "type": "{kind}", "name": "{name}",
                "change": {{"actions": {actions}, "before": {before}, "after": {after}, "after_unknown": {{}}}}}}"#
        )
    };
    let key = |id: char| {
        let id = id.to_string().repeat(8) + "-12ab-34cd-56ef-1234567890ab";
        format!(r#"{{"arn": "arn:aws:kms:eu-west-1:111122223333:key/{id}", "key_id": "{id}", "is_enabled": true}}"#)
    };
    let text = format!(
        r#"{{"format_version": "1.2", "resource_changes": [{}, {}]}}"#,
        change("aws_kms_key.gone", r#"["delete"]"#, &key('a'), "null"),
        change("aws_kms_key.kept", r#"["update"]"#, &key('b'), &key('b')),
    );
    let world = World::from_sources([Source::new("plan.json", text)]);
    let ids: Vec<&str> = world.keys().iter().map(|key| &*key.id).collect();
    assert_eq!(ids, ["bbbbbbbb-12ab-34cd-56ef-1234567890ab"]);
}

#[test]
fn cutting_a_module_anywhere_never_panics() {
    let text = data("same/module/main.tf");
    for end in (0..text.len()).step_by(37).filter(|end| text.is_char_boundary(*end)) {
        let part = text.get(..end).unwrap_or_default();
        let _ = World::from_sources([Source::new("main.tf", part)]);
    }
    let plan = data("same/plan.json");
    for (at, _) in plan.match_indices('"').step_by(11) {
        // One word less: the plan is JSON, and says something else.
        let changed = format!("{}\"x{}", plan.get(..at).unwrap_or_default(), plan.get(at + 1..).unwrap_or_default());
        let _ = World::from_sources([Source::new("plan.json", changed)]);
    }
}

/// A key policy for a key that exists already, named by its id: the key comes from a dump.
#[test]
fn the_policy_of_a_key_declared_elsewhere_is_applied_to_it() {
    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const MULTI: &str = "mrk-1234abcd12ab34cd56ef1234567890ab";
    let metadata = |region: &str, id: &str| {
        let text = format!(
            r#"{{"KeyMetadata": {{"KeyId": "{id}", "Arn": "arn:aws:kms:{region}:111122223333:key/{id}", "KeyState": "Enabled"}}}}"#
        );
        Source::new(format!("w/111122223333/kms/{region}/{id}/describe.json"), text)
    };
    let module = |provider: &str, key: &str| {
        let text = format!(
            r#"
            provider "aws" {{
              {provider}
            }}
            resource "aws_kms_key_policy" "p" {{
              key_id = "{key}"
              policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Sid = "Role", Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Principal = {{ AWS = "arn:aws:iam::111122223333:role/app" }} }}] }})
            }}"#
        );
        Source::new("w/tf/main.tf", text)
    };
    let here = r#"region = "eu-west-1""#;
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{ID}");
    let cases = [
        // By its id, by its ARN, and where the region is not known.
        (module(here, ID), ID, true),
        (module(here, &arn), ID, true),
        (module("", ID), ID, true),
        // In another region there is no such key.
        (module(r#"region = "eu-west-2""#, ID), ID, false),
        // One of two siblings, if the region says which.
        (module(here, MULTI), MULTI, true),
        (module("", MULTI), MULTI, false),
    ];
    for (module, key, applied) in cases {
        let text = module.text.clone();
        let sources = [metadata("eu-west-1", ID), metadata("eu-west-1", MULTI), metadata("us-east-1", MULTI), module];
        let world = World::from_sources(sources);
        let key = world.key(&format!("arn:aws:kms:eu-west-1:111122223333:key/{key}")).unwrap();
        let sids: Vec<_> =
            key.policy.items().iter().flat_map(|policy| policy.statements()).map(|found| found.sid()).collect();
        assert_eq!(sids, if applied { vec![Some("Role")] } else { vec![] }, "{text}");
        let other = world.key(&format!("arn:aws:kms:us-east-1:111122223333:key/{MULTI}")).unwrap();
        assert!(other.policy.items().is_empty(), "{text}");
        let told = world.coverage().gaps.iter().filter(|gap| gap.message.starts_with("w/tf/main.tf:6:"));
        let kinds: Vec<GapKind> = told.map(|gap| gap.kind).collect();
        let wanted = if applied { GapKind::Declared } else { GapKind::KeyPolicy };
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == wanted), "{text} {kinds:?}");
    }
}

/// What the same module says in both syntaxes, with values from files and one file that overrides another.
const MAIN: &str = r#"
variable "reader" { default = "nobody" }
variable "writer" { default = "nobody" }
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = "{}"
}
resource "aws_kms_key" "k" {
  enable_key_rotation = false
  lifecycle { prevent_destroy = true }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Sid = "Old", Effect = "Allow", Principal = { AWS = aws_iam_role.app.arn }, Action = "kms:*", Resource = "*" }]
  })
}
"#;

const MAIN_JSON: &str = r#"{
  "variable": {"reader": {"default": "nobody"}, "writer": [{"default": "nobody"}]},
  "provider": {"aws": {"region": "eu-west-1", "allowed_account_ids": ["111122223333"]}},
  "resource": {
    "aws_iam_role": {"app": {"name": "app", "assume_role_policy": "{}"}},
    "aws_kms_key": {
      "k": {
        "lifecycle": {"prevent_destroy": true},
        "policy": "${jsonencode({Version = \"2012-10-17\", Statement = []})}"
      }
    }
  }
}"#;

const OVERRIDE: &str = r#"
data "aws_iam_policy_document" "k" {
  statement {
    sid       = "Read"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/${var.reader}"]
    }
  }
}
resource "aws_kms_key" "k" {
  policy = data.aws_iam_policy_document.k.json
}
"#;

const OVERRIDE_JSON: &str = r#"{
  "data": {"aws_iam_policy_document": {"k": {
    "statement": {
      "sid": "Read",
      "actions": ["kms:Decrypt"],
      "resources": ["*"],
      "principals": {"type": "AWS", "identifiers": ["arn:aws:iam::111122223333:role/${var.reader}"]}
    }
  }}},
  "resource": {"aws_kms_key": {"k": {"policy": "${data.aws_iam_policy_document.k.json}"}}}
}"#;

#[test]
fn overriding_files_and_values_count_in_both_syntaxes() {
    let values = ("tf/terraform.tfvars", "reader = \"first\"\nwriter = \"app\"\n");
    let json_values = ("tf/one.auto.tfvars.json", r#"{"reader": "app"}"#);
    let place = |world: &World| {
        let asked = world.ask("role/app", "kms:Decrypt", "aws_kms_key.k", direct(), Quirks::default()).unwrap();
        let policy = &asked.layers.resource.items()[0];
        policy.statements().iter().map(|statement| policy.place(statement)).collect::<Vec<_>>()
    };
    for (main, over, wanted) in [
        (("tf/main.tf", MAIN), ("tf/keys_override.tf", OVERRIDE), "tf/keys_override.tf:3:3"),
        (("tf/main.tf.json", MAIN_JSON), ("tf/override.tf.json", OVERRIDE_JSON), "tf/override.tf.json:3:18"),
        (("tf/main.tf", MAIN), ("tf/override.tf.json", OVERRIDE_JSON), "tf/override.tf.json:3:18"),
    ] {
        let world = World::from_sources([main, over, values, json_values].map(|(path, text)| Source::new(path, text)));
        // A data source that nothing else declares adds to the module, and that is an error of its own to Terraform.
        let gaps: Vec<_> = world.coverage().gaps.iter().filter(|gap| gap.message.contains("could override")).collect();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert_eq!(gaps[0].kind, GapKind::Problem);
        assert_eq!(world.keys().len(), 1, "{main:?}");
        assert_eq!(verdict(&world, "role/app", "kms:Decrypt", "aws_kms_key.k", direct()), Verdict::Allow, "{main:?}");
        assert_eq!(verdict(&world, "role/app", "kms:Encrypt", "aws_kms_key.k", direct()), Verdict::ImplicitDeny);
        assert_eq!(place(&world), [wanted]);
    }
}

#[test]
fn a_file_that_is_no_terraform_says_where() {
    for (path, text, wanted) in [
        ("tf/a.tf.json", r#"{"resource": {"aws_kms_key": {"k": {"policy": "${a"}}}}"#, "tf/a.tf.json:1:"),
        ("tf/a.tf.json", "{\"resource\":\n 1}", "tf/a.tf.json:2:2: `resource` is an object"),
        ("tf/a.tf.json", r#"{"widget": {}}"#, "tf/a.tf.json:1:2: unknown kind of block `widget`"),
        ("tf/terraform.tfvars.json", "[1]", "tf/terraform.tfvars.json:1:2: a file of variables is an object"),
    ] {
        let world = World::from_sources([Source::new(path, text)]);
        let gaps: Vec<_> = world.coverage().gaps.iter().map(|gap| gap.message.to_string()).collect();
        assert!(gaps.iter().any(|gap| gap.starts_with(wanted)), "{text}: {gaps:?}");
    }
}

#[test]
fn the_state_file_says_what_its_json_says_and_backups_say_nothing() {
    let state = |serial: u32, action: &str| {
        let policy = format!(
            r#"{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"arn:aws:iam::111122223333:role/app\"}}, \"Action\": \"{action}\", \"Resource\": \"*\"}}]}}"#
        );
        format!(
            r#"{{"version": 4, "terraform_version": "1.9.8", "serial": {serial}, "lineage": "5b4d", "outputs": {{}}, "resources": [
  {{"mode": "managed", "type": "aws_iam_role", "name": "app", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
    "instances": [{{"attributes": {{"arn": "arn:aws:iam::111122223333:role/app", "name": "app", "path": "/", "assume_role_policy": "{{}}"}}}}]}},
  {{"module": "module.m", "mode": "managed", "type": "aws_kms_key", "name": "k", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"].eu",
    "instances": [{{"index_key": "a", "attributes": {{
      "arn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "is_enabled": true,
      "policy": "{policy}"}}}}]}},
  {{"mode": "managed", "type": "aws_kms_alias", "name": "k", "instances": [{{"attributes": {{
    "name": "alias/k", "arn": "arn:aws:kms:eu-west-1:111122223333:alias/k",
    "target_key_id": "1234abcd-12ab-34cd-56ef-1234567890ab"}}}}]}}], "check_results": null}}"#
        )
    };
    let world = World::from_sources([
        Source::new("tf/terraform.tfstate", state(8, "kms:Decrypt")),
        Source::new("tf/terraform.tfstate.backup", state(7, "kms:*")),
    ]);
    assert_eq!((world.coverage().files_read, world.coverage().files_of_other_kinds), (1, 1));
    assert_eq!(
        verdict(&world, "role/app", "kms:Decrypt", "alias/k", direct()),
        Verdict::Allow,
        "{:?}",
        world.coverage()
    );
    assert_eq!(verdict(&world, "role/app", "kms:Encrypt", "alias/k", direct()), Verdict::ImplicitDeny);
    let asked = world.ask("role/app", "kms:Decrypt", "alias/k", direct(), Quirks::default()).unwrap();
    let policy = &asked.layers.resource.items()[0];
    let place = policy.place(&policy.statements()[0]);
    assert!(place.starts_with("tf/terraform.tfstate:7:"), "{place}");
}
