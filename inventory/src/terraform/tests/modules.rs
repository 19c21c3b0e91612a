//! Modules that are put together from parts: documents that are merged, blocks that stand several
//! times, providers, and what is broken.

use super::*;

fn documents(text: &str) -> (Value, Vec<String>) {
    let found = module(&[Source::new("main.tf", text)]);
    let problems = found["problems"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    (found, problems)
}

/// The policy of the only key, each statement in a few words: `Sid Effect Action`.
fn statements(found: &Value) -> Vec<String> {
    let all = found["documents"].as_object().unwrap();
    let (_, row) = all.iter().find(|(name, _)| name.contains("key policy")).unwrap();
    let statements = row["document"]["Statement"].as_array().unwrap();
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    };
    statements
        .iter()
        .map(|statement| match statement.as_object() {
            Some(_) => format!(
                "{} {} {}",
                statement["Sid"].as_str().unwrap_or("-"),
                statement["Effect"].as_str().unwrap_or("-"),
                word(&statement["Action"])
            ),
            None => word(statement),
        })
        .collect()
}

fn document(name: &str, arguments: &str, statements: &[(&str, &str)]) -> String {
    let blocks: Vec<String> = statements
        .iter()
        .map(|(sid, action)| format!("  statement {{\n    sid = \"{sid}\"\n    actions = [\"{action}\"]\n  }}\n"))
        .collect();
    format!("data \"aws_iam_policy_document\" \"{name}\" {{\n{arguments}\n{}}}\n", blocks.concat())
}

fn key(policy: &str) -> String {
    format!("resource \"aws_kms_key\" \"k\" {{\n  policy = {policy}\n}}\n")
}

#[test]
fn documents_are_merged_as_terraform_merges_them() {
    let json = |name: &str| format!("data.aws_iam_policy_document.{name}.json");
    let text = [
        document("one", "", &[("A", "kms:A1"), ("B", "kms:B1"), ("", "kms:N1")]),
        document("two", "", &[("C", "kms:C2"), ("", "kms:N2")]),
        document("over", "", &[("C", "kms:C3"), ("D", "kms:D3"), ("", "kms:N3")]),
        document(
            "all",
            &format!(
                "  source_policy_documents = [{}, {}]\n  override_policy_documents = [{}]",
                json("one"),
                json("two"),
                json("over")
            ),
            &[("A", "kms:A0"), ("E", "kms:E0")],
        ),
        key(&json("all")),
    ]
    .concat();
    let (found, problems) = documents(&text);
    assert_eq!(problems, Vec::<String>::new());
    // The block replaces A of its sources; the override replaces C and adds D and its nameless one.
    let wanted = [
        "A Allow kms:A0",
        "B Allow kms:B1",
        "- Allow kms:N1",
        "C Allow kms:C3",
        "- Allow kms:N2",
        "E Allow kms:E0",
        "D Allow kms:D3",
        "- Allow kms:N3",
    ];
    assert_eq!(statements(&found), wanted);
}

#[test]
fn sids_that_occur_twice_are_refused_where_they_stand() {
    let text = document("d", "", &[("A", "kms:A"), ("A", "kms:B")]) + &key("data.aws_iam_policy_document.d.json");
    let (found, problems) = documents(&text);
    assert_eq!(problems, ["main.tf:7:3: the Sid `A` occurs twice in this document"]);
    assert!(found["documents"].to_string().contains('⟦'));
    let sources =
        "  source_policy_documents = [data.aws_iam_policy_document.a.json, data.aws_iam_policy_document.b.json]";
    let text = [
        document("a", "", &[("A", "kms:A")]),
        document("b", "", &[("A", "kms:A")]),
        document("c", sources, &[]),
        key("data.aws_iam_policy_document.c.json"),
    ]
    .concat();
    let (_, problems) = documents(&text);
    assert_eq!(problems, ["main.tf:10:3: the Sid `A` occurs twice in `source_policy_documents`"]);
}

#[test]
fn a_source_that_is_not_known_is_a_statement_that_is_not_known() {
    let text = [
        "variable \"open\" {}\n".to_owned(),
        document("d", "  source_policy_documents = [var.open]", &[("A", "kms:A")]),
        key("data.aws_iam_policy_document.d.json"),
    ]
    .concat();
    assert_eq!(statements(&documents(&text).0), ["⟦#var.open⟧", "A Allow kms:A"]);
    // An override that is not known may replace any of them.
    let text = text.replace("source_policy", "override_policy");
    let (found, _) = documents(&text);
    let all = found["documents"].as_object().unwrap();
    assert_eq!(all.values().next().unwrap()["document"], json!("⟦#var.open⟧"));
}

#[test]
fn every_argument_of_a_statement_has_its_element() {
    let text = r#"
data "aws_iam_policy_document" "d" {
  policy_id = "id"
  version   = "2008-10-17"
  statement {
    effect        = "Deny"
    not_actions   = ["kms:Describe*"]
    not_resources = ["arn:aws:s3:::b/&{aws:username}/*", "*"]
    not_principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [true]
    }
    condition {
      test     = "StringLike"
      variable = "aws:PrincipalArn"
      values   = ["a"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:PrincipalArn"
      values   = ["b"]
    }
  }
  statement {
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    actions = ["kms:*"]
  }
  statement {
    principals {
      type        = "AWS"
      identifiers = ["1"]
    }
    principals {
      type        = "AWS"
      identifiers = ["2"]
    }
    actions = ["kms:*"]
  }
}
"#;
    let (found, problems) = documents(&(text.to_owned() + &key("data.aws_iam_policy_document.d.json")));
    assert_eq!(problems, Vec::<String>::new());
    let wanted = json!({
        "Version": "2008-10-17",
        "Id": "id",
        "Statement": [
            {
                "Effect": "Deny",
                "NotPrincipal": {"Service": ["ec2.amazonaws.com"]},
                "NotAction": ["kms:Describe*"],
                "NotResource": ["arn:aws:s3:::b/${aws:username}/*", "*"],
                "Condition": {"Bool": {"aws:SecureTransport": ["true"]}, "StringLike": {"aws:PrincipalArn": ["a", "b"]}},
            },
            {"Effect": "Allow", "Principal": "*", "Action": ["kms:*"]},
            {"Effect": "Allow", "Principal": {"AWS": ["1", "2"]}, "Action": ["kms:*"]},
        ],
    });
    assert_eq!(found["documents"].as_object().unwrap().values().next().unwrap()["document"], wanted);
}

#[test]
fn dynamic_blocks_stand_for_each_element() {
    let text = r#"
variable "admins" { default = ["a", "b"] }
variable "open" {}
data "aws_iam_policy_document" "d" {
  dynamic "statement" {
    for_each = var.admins
    iterator = who
    content {
      sid     = "Admin${who.key}"
      actions = ["kms:${who.value}"]
      dynamic "principals" {
        for_each = { AWS = ["x"] }
        content {
          type        = principals.key
          identifiers = principals.value
        }
      }
    }
  }
  dynamic "statement" {
    for_each = var.open
    content {
      actions = ["kms:*"]
    }
  }
}
"#;
    let (found, problems) = documents(&(text.to_owned() + &key("data.aws_iam_policy_document.d.json")));
    assert_eq!(problems, Vec::<String>::new());
    let all = statements(&found);
    assert_eq!(all[..2], ["Admina Allow kms:a", "Adminb Allow kms:b"]);
    assert!(all.len() == 3 && all[2].contains("dynamic"), "{all:?}");
    let principal =
        &found["documents"].as_object().unwrap().values().next().unwrap()["document"]["Statement"][0]["Principal"];
    assert_eq!(principal, &json!({"AWS": ["x"]}));
}

#[test]
fn places_lead_to_each_element_in_its_file() {
    let sources = [
        Source::new(
            "locals.tf",
            "locals {\n  admins = [\"arn:aws:iam::111122223333:root\"]\n  via = \"kms:ViaService\"\n}\n",
        ),
        Source::new(
            "main.tf",
            "resource \"aws_kms_key\" \"k\" {\n  policy = jsonencode({\n    Statement = [\n      {\n        Effect = \"Alow\"\n        \
             Principal = { AWS = local.admins }\n        Action = [\"kms:*\"]\n        Resource = file(\"resource.txt\")\n        \
             Condition = { StringEqual = { (local.via) = \"a${1}b\" } }\n      },\n    ]\n  })\n}\n",
        ),
        Source::new("resource.txt", "*"),
    ];
    let mut folders = Folders::default();
    let mut work = Work::default();
    for source in &sources[..2] {
        folders.add(source, Role::Module, &mut work.joined).unwrap();
    }
    let found = evaluate(&folders, "", &mut work, &mut |path| match path {
        "resource.txt" => Ok("*".into()),
        other => Err(other.into()),
    });
    let lines = Lines::joined(&work.joined.text, &work.joined.files);
    let carrier = resource::declare(".", &found.resources, &lines);
    let statement = &carrier.subjects.documents[0].document.statements[0];
    let place = |span: Span| format!("{}:{}", lines.path(span).unwrap(), lines.position(span));
    assert_eq!(place(statement.span), "main.tf:4:7");
    assert_eq!(place(statement.effect.as_ref().unwrap().span), "main.tf:5:18");
    assert_eq!(place(statement.principal.as_ref().unwrap().names[0].name.span), "locals.tf:2:13");
    assert_eq!(place(statement.action.as_ref().unwrap().words[0].span), "main.tf:7:19");
    assert_eq!(place(statement.action.as_ref().unwrap().name_span), "main.tf:7:9");
    assert_eq!(place(statement.resource.as_ref().unwrap().words[0].span), "resource.txt:1:1");
    let row = &statement.conditions[0];
    assert_eq!(place(row.operator.span), "main.tf:9:23");
    assert_eq!(place(row.key.span), "locals.tf:3:9");
    assert_eq!(place(row.values[0].span), "main.tf:9:53");
}

#[test]
fn places_inside_heredocs_and_quoted_json_lead_to_the_character() {
    let text = "resource \"aws_kms_key\" \"k\" {\n  policy = <<-EOT\n    {\n      \"Statement\": [{\"Sid\": \"${\"x\"}\",\n       \
                \"Effect\": \"Allow\"}]\n    }\n  EOT\n}\nresource \"aws_kms_key\" \"q\" {\n  policy = \"{\\\"Statement\\\": {\\\"Effect\\\": \\\"Deny\\\"}}\"\n}\n";
    let mut folders = Folders::default();
    let mut work = Work::default();
    folders.add(&Source::new("main.tf", text), Role::Module, &mut work.joined).unwrap();
    let found = evaluate(&folders, "", &mut work, &mut |path| Err(path.into()));
    let lines = Lines::joined(&work.joined.text, &work.joined.files);
    let carrier = resource::declare(".", &found.resources, &lines);
    let effect = |index: usize| {
        let span = carrier.subjects.documents[index].document.statements[0].effect.as_ref().unwrap().span;
        let written = work.joined.text.get(span.start as usize..span.end as usize).unwrap();
        format!("{} {written}", lines.position(span))
    };
    assert_eq!(effect(0), "5:18 \"Allow\"");
    assert_eq!(effect(1), "10:42 \\\"Deny\\\"");
}

#[test]
fn json_that_is_broken_or_open_in_a_policy_is_said() {
    let (found, problems) = documents(&key("<<EOT\n{\"Statement\": [}\nEOT"));
    assert_eq!(problems, ["main.tf:3:16: expected a JSON value, found `}`"]);
    assert!(found["documents"].to_string().contains('⟦'));
    let text = format!("variable \"open\" {{}}\n{}", key("\"{\\\"Statement\\\": ${var.open}}\""));
    let (found, problems) = documents(&text);
    assert_eq!(problems, Vec::<String>::new());
    let document = &found["documents"].as_object().unwrap().values().next().unwrap()["document"];
    assert_eq!(document, &json!({"Statement": "⟦#var.open⟧"}));
}

#[test]
fn providers_say_account_and_region() {
    let text = r#"
provider "aws" {
  region = "cn-north-1"
  assume_role {
    role_arn = "arn:aws-cn:iam::111122223333:role/deploy"
  }
}
provider "aws" {
  alias  = "other"
  region = "eu-west-1"
  profile = "other"
}
provider "aws" {
  alias  = "same"
  region = "eu-west-1"
}
resource "aws_kms_key" "a" {}
resource "aws_kms_key" "b" { provider = aws.other }
resource "aws_kms_key" "c" { provider = aws.same }
module "m" {
  source    = "./m"
  providers = { aws = aws.other }
}
"#;
    let inner = "resource \"aws_kms_key\" \"d\" { region = \"eu-west-3\" }\n";
    let found = module(&[Source::new("main.tf", text), Source::new("m/main.tf", inner)]);
    let keys: Vec<&String> = found["keys"].as_object().unwrap().keys().collect();
    // A provider that assumes a role is somewhere else than one beside it that does not.
    assert_eq!(
        keys,
        [
            "arn:aws-cn:kms:cn-north-1:111122223333:key/⟪#aws_kms_key.a⟫",
            "arn:aws:kms:eu-west-1:⟦#other.AccountId⟧:key/⟪#aws_kms_key.b⟫",
            "arn:aws:kms:eu-west-1:⟦#same.AccountId⟧:key/⟪#aws_kms_key.c⟫",
            "arn:aws:kms:eu-west-3:⟦#other.AccountId⟧:key/⟪#module.m.aws_kms_key.d⟫",
        ]
    );
}

#[test]
fn values_of_variables_come_from_files_calls_and_defaults() {
    let sources = [
        Source::new("b.auto.tfvars", "b = \"auto\"\nlate = \"auto\""),
        Source::new(
            "main.tf",
            "variable \"a\" { default = \"default\" }\nvariable \"b\" { default = \"default\" }\nvariable \"late\" {}\nresource \"x\" \"x\" { v = [var.a, var.b, var.late, module.m.out] }\nmodule \"m\" {\n source = \"./m\"\n a = null\n b = var.b\n}\n",
        ),
        Source::new(
            "m/main.tf",
            "variable \"a\" { default = \"inner\" }\nvariable \"b\" {}\nvariable \"c\" {}\noutput \"out\" { value = [var.a, var.b, var.c] }\n",
        ),
        Source::new("m/terraform.tfvars", "c = \"never\""),
        Source::new("terraform.tfvars", "late = \"file\""),
    ];
    let (found, problems) = evaluated(&sources, "x.x");
    assert_eq!(found["v"], json!(["default", "auto", "auto", ["inner", "auto", "⟦#module.m.var.c⟧"]]));
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn replicas_share_the_id_of_their_primary() {
    let text = "resource \"aws_kms_key\" \"p\" { multi_region = true }\nresource \"aws_kms_replica_key\" \"r\" {\n  primary_key_arn = aws_kms_key.p.arn\n  region = \"eu-west-2\"\n}\n";
    let (found, _) = documents(text);
    let replica = "arn:aws:kms:eu-west-2:⟦#AccountId⟧:key/⟪#aws_kms_key.p⟫";
    assert_eq!(found["keys"][replica]["primary"], json!("arn:aws:kms:⟦#Region⟧:⟦#AccountId⟧:key/⟪#aws_kms_key.p⟫"));
}

#[test]
fn groups_boundaries_and_attachments_find_their_principals() {
    let text = r#"
resource "aws_iam_user" "u" {
  name                 = "ana"
  path                 = "/team/"
  permissions_boundary = aws_iam_policy.p.arn
}
resource "aws_iam_group" "g" { name = "ops" }
resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.u.name
  groups = [aws_iam_group.g.name]
}
resource "aws_iam_policy" "p" {
  name_prefix = "p-"
  policy      = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "aws_iam_group_policy_attachment" "a" {
  group      = aws_iam_group.g.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_policy_attachment" "b" {
  name       = "b"
  users      = [aws_iam_user.u.name]
  policy_arn = "arn:aws:iam::aws:policy/X"
}
"#;
    let (found, problems) = documents(text);
    assert_eq!(problems, Vec::<String>::new());
    let user = &found["principals"]["arn:aws:iam::⟦#AccountId⟧:user/team/ana"];
    assert_eq!(user["groups"], json!(["ops"]));
    assert_eq!(user["boundary"], json!("arn:aws:iam::⟦#AccountId⟧:policy/⟪#aws_iam_policy.p⟫"));
    let attachments =
        ["group ops <- arn:aws:iam::⟦#AccountId⟧:policy/⟪#aws_iam_policy.p⟫", "user ana <- arn:aws:iam::aws:policy/X"];
    assert_eq!(found["attachments"], json!(attachments));
}

#[test]
fn roots_are_the_folders_that_nobody_calls() {
    let mut folders = Folders::default();
    let mut work = Work::default();
    let calls = [
        ("main.tf", "./a"),
        ("a/main.tf", "../b"),
        ("b/main.tf", "."),
        ("c/main.tf", "../d"),
        ("d/main.tf", "../c"),
        ("e/main.tf", "git::https://example.com/x"),
    ];
    for (path, source) in calls {
        let text = format!("module \"m\" {{\n  source = \"{source}\"\n}}\nresource \"x\" \"x\" {{}}\n");
        folders.add(&Source::new(path, text), Role::Module, &mut work.joined).unwrap();
    }
    // c and d call only one another.
    assert_eq!(roots(&folders), ["", "e", "c"]);
    let found = evaluate(&folders, "c", &mut work, &mut |path| Err(path.into()));
    assert!(found.problems.iter().any(|problem| problem.message.contains("over more than 16 steps")));
}
