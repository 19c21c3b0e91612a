//! Worlds that templates declare: the search agrees with `decide`, and what is open is never a confident answer.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use wardbook_inventory::access::{Search, Tier, Who};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

/// Keys and roles that two carriers declare alike. `Who` is a parameter that nobody told.
///
/// Worked out by hand: for each key, what `Reader` (no policies) and `Writer` (may decrypt) can do with `kms:Decrypt`.
const WANTED: &[(&str, &str, &str)] = &[
    // The key policy allows whom the parameter names, be it anybody.
    ("Open", "undecided", "undecided"),
    // It allows the reader by its ARN, and nobody else.
    ("Named", "now", "no"),
    // It allows the reader for one context, in which nothing is open.
    ("Context", "condition", "no"),
    // It allows the reader through a service of one region, which the row says; whether the key is there is open.
    ("Through", "condition", "no"),
    // It leaves it to the account, where the writer has a policy.
    ("Delegated", "no", "now"),
    // The same, but whom the parameter names is denied.
    ("Denied", "no", "undecided"),
    // Whom the parameter names may encrypt, which is another matter.
    ("Other", "no", "now"),
];

const CLOUDFORMATION: &str = r#"
Parameters:
  Who: {Type: String}
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}
  Writer:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}
      Policies:
        - PolicyName: kms
          PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: kms:Decrypt, Resource: "*"}}
  Open:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {AWS: !Ref Who}, Action: kms:Decrypt, Resource: "*"}]}
  Named:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Reader.Arn}, Action: kms:Decrypt, Resource: "*"}]}
  Through:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Reader.Arn}
            Action: kms:Decrypt
            Resource: "*"
            Condition: {StringEquals: {"kms:ViaService": s3.eu-west-1.amazonaws.com}}
  Context:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Reader.Arn}
            Action: kms:Decrypt
            Resource: "*"
            Condition: {StringEquals: {"kms:EncryptionContext:app": pay}}
  Delegated:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}]}
  Denied:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
          - {Effect: Deny, Principal: {AWS: !Ref Who}, Action: "kms:*", Resource: "*"}
  Other:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
          - {Effect: Allow, Principal: {AWS: !Ref Who}, Action: kms:Encrypt, Resource: "*"}
"#;

const TERRAFORM: &str = r#"
variable "Who" {}
data "aws_caller_identity" "me" {}
locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
  root  = { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }, Action = "kms:*", Resource = "*" }
}
resource "aws_iam_role" "Reader" {
  name               = "Reader"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "Writer" {
  name               = "Writer"
  assume_role_policy = local.trust
}
resource "aws_iam_role_policy" "kms" {
  role   = aws_iam_role.Writer.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_key" "Open" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = var.Who }, Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_key" "Named" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.Reader.arn }, Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_key" "Through" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Principal = { AWS = aws_iam_role.Reader.arn }, Action = "kms:Decrypt", Resource = "*",
    Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }
  }] })
}
resource "aws_kms_key" "Context" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Principal = { AWS = aws_iam_role.Reader.arn }, Action = "kms:Decrypt", Resource = "*",
    Condition = { StringEquals = { "kms:EncryptionContext:app" = "pay" } }
  }] })
}
resource "aws_kms_key" "Delegated" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.root] })
}
resource "aws_kms_key" "Denied" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.root, { Effect = "Deny", Principal = { AWS = var.Who }, Action = "kms:*", Resource = "*" }] })
}
resource "aws_kms_key" "Other" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.root, { Effect = "Allow", Principal = { AWS = var.Who }, Action = "kms:Encrypt", Resource = "*" }] })
}
"#;

/// Asks about every principal and key, holds each answer against `decide`, and gives it a word.
fn answers(world: &World, action: &str) -> Vec<(String, String, &'static str)> {
    let mut search = Search::new(world, action, Quirks::default()).unwrap();
    let mut answers = Vec::new();
    for key in world.keys() {
        let access = search.key(key);
        for (index, principal) in world.principals().iter().enumerate() {
            let place = format!("{action} {} {}", principal.arn, key.arn);
            let told = Circumstances::direct_call();
            let asked = world.ask(&principal.arn, action, &key.arn, told, Quirks::default()).unwrap();
            let verdict = asked.decide().verdict();
            let undecided = access.undecided.iter().any(|(who, _)| *who == Who::Collected(index));
            let entry = access.entries.iter().find(|entry| entry.who == Who::Collected(index));
            let word = match entry {
                Some(entry) => {
                    assert!(!undecided, "{place}: both decided and not");
                    let witness = search.witness(&access, entry).unwrap();
                    let replayed = asked.layers.decide(&witness, Quirks::default()).verdict();
                    assert_eq!(replayed, Verdict::Allow, "{place}: {witness:?}");
                    if entry.answer.tier == Tier::Now { "now" } else { "condition" }
                }
                None if undecided => "undecided",
                None => "no",
            };
            assert_eq!(word == "now", verdict == Verdict::Allow, "{place}: {word}, but {verdict:?}");
            // Where `decide` does not know, a row is at most one for some other context.
            if verdict == Verdict::Unknown {
                assert!(matches!(word, "undecided" | "condition"), "{place}: {word}, but {verdict:?}");
            }
            answers.push((key.arn.to_string(), principal.arn.to_string(), word));
        }
    }
    answers
}

fn check(world: &World) {
    let names: Vec<&str> = world.principals().iter().map(|principal| principal.name()).collect();
    assert_eq!((world.keys().len(), names.len()), (WANTED.len(), 2), "{names:?} {:?}", world.coverage());
    for action in ["kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:DescribeKey"] {
        answers(world, action);
    }
    let found = answers(world, "kms:Decrypt");
    for (key, reader, writer) in WANTED {
        for (principal, wanted) in [("Reader", reader), ("Writer", writer)] {
            let of =
                |(arn, who, _): &&(String, String, &str)| arn.ends_with(&format!("{key}⟫")) && who.contains(principal);
            let words: Vec<&str> = found.iter().filter(of).map(|(_, _, word)| *word).collect();
            assert_eq!(words, [*wanted], "{key} {principal}");
        }
    }
    let key = world.keys().iter().find(|key| key.arn.ends_with("Context⟫")).unwrap();
    let reader = world.principals().iter().find(|principal| principal.name().contains("Reader")).unwrap();
    let told = Circumstances::direct_call().with("kms:EncryptionContext:app", "pay");
    let asked = world.ask(&reader.arn, "kms:Decrypt", &key.arn, told, Quirks::default()).unwrap();
    assert_eq!(asked.decide().verdict(), Verdict::Allow);
    // Nobody else is said for certain to be able either, where the only statement names nobody knows whom.
    let mut search = Search::new(world, "kms:Decrypt", Quirks::default()).unwrap();
    let open = world.keys().iter().find(|key| key.arn.ends_with("Open⟫")).unwrap();
    let access = search.key(open);
    let sure: Vec<&str> = access.entries.iter().map(|entry| entry.who.text(world)).collect();
    assert!(sure.is_empty(), "{sure:?}");
}

#[test]
fn a_cloudformation_world_is_answered_as_decide_answers() {
    check(&World::from_sources([Source::new("t.yaml", CLOUDFORMATION)]));
}

#[test]
fn a_terraform_world_is_answered_as_decide_answers() {
    check(&World::from_sources([Source::new("tf/main.tf", TERRAFORM)]));
}
