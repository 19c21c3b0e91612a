//! `wardbook lint` in every carrier: each place is the very bytes that are meant.

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

/// The findings of a run as JSON.
fn findings(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let run = folder.run(&[&["lint", "--format", "json"], arguments].concat());
    let value: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    value["findings"].as_array().unwrap().clone()
}

/// The bytes that a finding points at.
fn pointed(folder: &Folder, finding: &Value) -> String {
    let text = folder.read(finding["path"].as_str().unwrap());
    let offset = |line: &str, column: &str| {
        let (line, column) = (finding[line].as_u64().unwrap() as usize, finding[column].as_u64().unwrap() as usize);
        let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        start + text[start..].chars().take(column - 1).map(char::len_utf8).sum::<usize>()
    };
    text[offset("line", "column")..offset("end_line", "end_column")].to_owned()
}

/// Holds `CODE bytes` of the findings of some files against what is wanted; findings of other rules are left out.
fn check(name: &str, files: &[(&str, &str)], wanted: &[&str]) {
    let folder = Folder::new(name);
    for (path, text) in files {
        folder.write(path, text);
    }
    let codes: Vec<&str> = wanted.iter().filter_map(|wanted| wanted.split(' ').next()).collect();
    let found: Vec<String> = findings(&folder, &["--select", &codes.join(",")])
        .iter()
        .map(|finding| format!("{} {}", finding["code"].as_str().unwrap(), pointed(&folder, finding)))
        .collect();
    assert_eq!(found, wanted, "{name}");
}

const KEY: &str =
    "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      EnableKeyRotation: true\n      KeyPolicy:";

#[test]
fn yaml_in_every_style_of_quotes() {
    let policy = "
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}
            Action: [kms:Encript, 'kms:Decript', \"kms:Sing\"]
            Resource: '*'
          - {Effect: Allow, Principal: '*', Action: !Sub 'kms:Verifi', Resource: '*'}
";
    let wanted = ["KP01 kms:Encript", "KP01 'kms:Decript'", "KP01 \"kms:Sing\"", "KP01 'kms:Verifi'"];
    check("styles", &[("t.yaml", &format!("{KEY}{policy}"))], &wanted);
}

#[test]
fn json_in_texts_of_yaml() {
    for (name, head) in [("literal", " |"), ("folded", " >-"), ("indented", " |2")] {
        let policy = format!(
            "{head}\n        {{\"Version\": \"2012-10-17\",\n         \"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": \"*\",\n          \"Action\": \"kms:Encript\", \"Resource\": \"*\"}}]}}\n"
        );
        check(name, &[("t.yaml", &format!("{KEY}{policy}"))], &["KP01 \"kms:Encript\""]);
    }
    let quoted = format!(
        "{KEY} '{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"kms:Encript\", \"Resource\": \"*\"}}}}'\n"
    );
    check("single", &[("t.yaml", &quoted)], &["KP01 \"kms:Encript\""]);
    let sub = format!(
        "{KEY} !Sub |\n        {{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"arn:aws:iam::${{AWS::AccountId}}:root\"}},\n        \"Action\": \"kms:Encript\", \"Resource\": \"*\"}}]}}\n"
    );
    check("sub", &[("t.yaml", &sub)], &["KP01 \"kms:Encript\""]);
}

#[test]
fn a_template_in_json_and_the_texts_inside_it() {
    let template = r#"{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"PendingWindowInDays": 3,
  "KeyPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "Action": ["kms:*", "kms:Encript"], "Resource": "*"}]}}},
 "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"ec2.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}}",
  "Policies": [{"PolicyName": "p", "PolicyDocument": "{\n \"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:Decript\", \"Resource\": \"*\"}}"}]}}}}"#;
    check("json", &[("t.json", template)], &["KC04 3", "KP01 \"kms:Encript\"", r#"KP01 \"kms:Decript\""#]);
}

#[test]
fn branches_and_conditions_of_a_template() {
    let template = "Parameters:
  Open: {Type: String}
Conditions:
  IsOpen: !Equals [!Ref Open, 'yes']
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: !If [IsOpen, true, false]
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {AWS: !Join ['', ['arn:aws:iam::', !Ref AWS::AccountId, ':root']]}, Action: kms:*, Resource: '*'}
          - !If
            - IsOpen
            - {Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/a'}, Action: kms:Encript, Resource: '*'}
            - !Ref AWS::NoValue
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: 'web', TargetKeyId: !GetAtt Key.Arn}
";
    check("branches", &[("t.yaml", template)], &["KP01 kms:Encript", "AL01 'web'"]);
}

#[test]
fn what_cdk_made_is_named_by_its_construct() {
    let folder = Folder::new("cdk");
    let template = r#"{"Resources": {"Key961B73FD": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:decrypt", "Resource": "*"}]}},
  "Metadata": {"aws:cdk:path": "Storage/Key/Resource"}}}}"#;
    let manifest = r#"{"version": "36.0.0", "artifacts": {"Storage": {"type": "aws:cloudformation:stack",
  "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "Storage.template.json"}}}}"#;
    folder.write("cdk.out/Storage.template.json", template).write("cdk.out/manifest.json", manifest);
    folder.write("cdk.out/tree.json", r#"{"version": "tree-0.1", "tree": {"id": "App"}}"#);
    folder.write("cdk.out/asset.12/t.template.json", template).write(".gitignore", "cdk.out\n");
    assert!(findings(&folder, &[]).is_empty());
    let found = findings(&folder, &["cdk.out", "--select", "KP07,SY14"]);
    let paths: Vec<&Value> = found.iter().map(|finding| &finding["path"]).collect();
    assert_eq!(paths, ["cdk.out/Storage.template.json"; 2]);
    assert!(found.iter().all(|finding| finding["construct"] == "Storage/Key/Resource"), "{found:#?}");
    // What is made from something else is mended there.
    assert!(found.iter().all(|finding| finding.get("fix").is_none()));
    let run = folder.run(&["lint", "cdk.out"]);
    assert!(run.stdout.contains("made by the construct `Storage/Key/Resource`"), "{}", run.stdout);
}

#[test]
fn terraform_wherever_a_policy_may_stand() {
    let module = r#"
locals {
  verbs = ["kms:Encript"]
}
resource "aws_kms_key" "a" {
  enable_key_rotation     = true
  deletion_window_in_days = 3
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = local.verbs, Resource = "*" }]
  })
}
resource "aws_iam_policy" "heredoc" {
  policy = <<-EOT
    {"Version": "2012-10-17",
     "Statement": {"Effect": "Allow", "Action": "kms:Decript", "Resource": "*"}}
  EOT
}
resource "aws_iam_policy" "text" {
  policy = "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:Sing\", \"Resource\": \"*\"}}"
}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["kms:Verifi"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "document" {
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_iam_policy" "file" {
  policy = file("${path.module}/policies/p.json")
}
resource "aws_kms_alias" "x" {
  name          = "web"
  target_key_id = aws_kms_key.a.key_id
}
resource "aws_kms_grant" "g" {
  key_id            = aws_kms_key.a.key_id
  grantee_principal = "arn:aws:iam::111122223333:role/x"
  operations        = ["CreateGrant"]
}
"#;
    let file = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Tagg", "Resource": "*"}}"#;
    let wanted = [
        "KP01 \"kms:Encript\"",
        "KC04 3",
        "KP01 \"kms:Decript\"",
        r#"KP01 \"kms:Sing\""#,
        "KP01 \"kms:Verifi\"",
        "AL01 \"web\"",
        "GR01 \"CreateGrant\"",
        "KP01 \"kms:Tagg\"",
    ];
    check("terraform", &[("m/main.tf", module), ("m/policies/p.json", file)], &wanted);
}

#[test]
fn a_plan_is_read_where_its_values_stand() {
    let plan = r#"{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {"resources": [
  {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k", "values": {"enable_key_rotation": true, "deletion_window_in_days": 3,
   "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":[\"kms:*\",\"kms:Encript\"],\"Resource\":\"*\"}]}"}}]}},
 "resource_changes": [{"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
   "change": {"actions": ["delete", "create"], "before": {"customer_master_key_spec": "SYMMETRIC_DEFAULT"}, "after": {"customer_master_key_spec": "RSA_4096"}}}]}"#;
    check("plan", &[("plan.json", plan)], &["KC04 3", r#"KP01 \"kms:Encript\""#]);
    let folder = Folder::new("replaced");
    folder.write("plan.json", plan);
    assert_eq!(findings(&folder, &["--select", "KC08"]).len(), 1);
}

#[test]
fn what_the_cli_prints_is_read_inside() {
    let text = r#"{"Policy": "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"kms:Encript\", \"Resource\": \"*\"}}", "PolicyName": "default"}"#;
    check("printed", &[("policy.json", text)], &[r#"KP01 \"kms:Encript\""#]);
    let role = r#"{"RoleName": "r", "PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decript", "Resource": "*"}}}"#;
    check("role", &[("role.json", role)], &["KP01 \"kms:Decript\""]);
}

#[test]
fn named_terraform_files_are_seen_with_the_rest_of_their_module() {
    let folder = Folder::new("siblings");
    folder.write("variables.tf", "variable \"who\" {\n  default = \"*\"\n}\n");
    folder.write("keys/main.tf", "variable \"who\" {}\nresource \"aws_kms_key\" \"k\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Principal = var.who, Action = \"kms:*\", Resource = \"*\" }] })\n}\n");
    folder.write(
        "main.tf",
        "module \"keys\" {\n  source = \"./keys\"\n  who    = var.who\n}\nresource \"aws_kms_key\" \"own\" {}\n",
    );
    let found = findings(&folder, &["main.tf"]);
    assert!(!found.is_empty() && found.iter().all(|finding| finding["path"] == "main.tf"), "{found:#?}");
    let found = findings(&folder, &["--select", "KP07"]);
    let at: Vec<(&str, u64)> =
        found.iter().map(|found| (found["path"].as_str().unwrap(), found["line"].as_u64().unwrap())).collect();
    assert_eq!(at, [("variables.tf", 2)]);
}

#[test]
fn fixes_keep_the_notation_of_their_carrier() {
    let folder = Folder::new("fixes");
    folder.write("t.yaml", format!("{KEY}\n        # first\n        Statement:\n        - Effect: Allow\n          Principal: {{AWS: !Sub 'arn:aws:iam::${{AWS::AccountId}}:root'}}\n          Action:\n          - kms:decrypt   # lower\n          - 'kms:encrypt'\n          Resource: \"*\"\n"));
    folder.write("main.tf", "resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({\n    Statement = [{ Effect = \"Allow\", Action = \"kms:listKeys\", Resource = \"*\" }]\n  })\n}\n");
    folder.write("dump.json", r#"{"PolicyDocument": "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:listKeys\", \"Resource\": \"*\"}}"}"#);
    let run = folder.run(&["lint", "--fix", "--select", "SY05,SY14"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(
        folder.read("t.yaml"),
        format!(
            "{KEY}\n        # first\n        Version: \"2012-10-17\"\n        Statement:\n        - Effect: Allow\n          Principal: {{AWS: !Sub 'arn:aws:iam::${{AWS::AccountId}}:root'}}\n          Action:\n          - kms:Decrypt   # lower\n          - 'kms:Encrypt'\n          Resource: \"*\"\n"
        )
    );
    assert_eq!(
        folder.read("main.tf"),
        "resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Action = \"kms:ListKeys\", Resource = \"*\" }]\n  })\n}\n"
    );
    assert_eq!(
        folder.read("dump.json"),
        r#"{"PolicyDocument": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:ListKeys\", \"Resource\": \"*\"}}"}"#
    );
}
