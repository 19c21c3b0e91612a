//! Rules on templates as people write them, through the reader: where they are found, and with accounts left open.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use wardbook_inventory::carrier::Carrier;
use wardbook_inventory::cloudformation::{Told, carrier};
use wardbook_inventory::source::{Source, read_template};
use wardbook_policy::lint::{Finding, Settings, against, lint};
use wardbook_policy::span::Lines;

fn declared(path: &str, text: &str) -> Carrier {
    let source = Source::new(path, text);
    let value = read_template(&source).unwrap_or_else(|error| panic!("{error}"));
    let told = Told { scope: path.into(), ..Told::default() };
    let mut carrier = carrier(&source, &value, &told).unwrap_or_else(|error| panic!("{error}"));
    carrier.subjects.holders = carrier.holders();
    carrier
}

/// Code and line, in their order in the file.
fn found(text: &str, findings: &[Finding]) -> Vec<String> {
    let lines = Lines::new(text);
    let mut found: Vec<(u32, &str)> =
        findings.iter().map(|finding| (lines.position(finding.span).line, finding.rule.code)).collect();
    found.sort_unstable();
    found.iter().map(|(line, code)| format!("{code}:{line}")).collect()
}

/// A key of a first template: its tags ended up inside the policy, tagging is misspelt, one user does everything.
const FIRST: &str = "\
Parameters:
  User: {Type: String}
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Sid: Enable IAM policies
            Effect: Allow
            Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}
            Action: 'kms:*'
            Resource: '*'
          - Sid: Administration
            Effect: Allow
            Principal:
              AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:user/${User}'
            Action: ['kms:Describe*', 'kms:PutKeyPolicy', 'kms:TagResources', 'kms:UntagResources']
            Resource: '*'
          - Sid: Use
            Effect: Allow
            Principal:
              AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:user/${User}'
            Action: ['kms:Encrypt', 'kms:Decrypt']
            Resource: '*'
        Tags:
          - {Key: Name, Value: orders}
";

#[test]
fn a_first_key_has_its_mistakes_told() {
    let findings = lint(&declared("key.yaml", FIRST).subjects, &Settings::default());
    assert_eq!(found(FIRST, &findings), ["KC01:4", "KP01:21", "KP01:21", "KP11:26", "SY03:29"]);
}

const JOINED: &str = "\
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}
            Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:PutKeyPolicy']
            Resource: '*'
          - Effect: Allow
            Principal: {Service: !Sub 'logs.${AWS::Region}.amazonaws.com'}
            Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*']
            Resource: '*'
            Condition:
              ArnEquals:
                'kms:EncryptionContext:aws:logs:arn': !Sub 'arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:orders'
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: alias/orders, TargetKeyId: !Ref Key}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}
      Policies:
        - PolicyName: use
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, Action: 'kms:Decrypt', Resource: !GetAtt Key.Arn}
              - Effect: Allow
                Action: 'kms:DescribeKey'
                Resource: '*'
                Condition: {StringEquals: {'kms:RequestAlias': alias/order}}
  Right: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: orders, KmsKeyId: !GetAtt Key.Arn}}
  Wrong: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: others, KmsKeyId: !GetAtt Key.Arn}}
  Topic: {Type: 'AWS::SNS::Topic', Properties: {KmsMasterKeyId: !Ref Alias}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        TopicConfigurations: [{Event: 's3:ObjectCreated:*', Topic: !Ref Topic}]
";

#[test]
fn what_fits_together_badly_is_found_across_resources() {
    let findings = lint(&declared("stack.yaml", JOINED).subjects, &Settings::default());
    assert_eq!(found(JOINED, &findings), ["IP05:36", "AL03:40", "XR01:42", "XR01:43"]);
}

#[test]
fn a_change_shows_what_it_allows_whatever_the_files_are_called() {
    let wider =
        JOINED.replace("Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:PutKeyPolicy']", "Action: 'kms:*'");
    let (old, new) = (declared("old/stack.yaml", JOINED), declared("new/stack.yaml", &wider));
    let gained = |new: &Carrier, old: &Carrier| {
        let findings = against(&new.subjects, &old.subjects, &Settings::default());
        findings
            .iter()
            .map(|finding| finding.rule.code)
            .filter(|code| ["SE07", "SE09"].contains(code))
            .collect::<Vec<_>>()
    };
    assert_eq!(gained(&new, &old), ["SE09", "SE07"]);
    assert!(gained(&old, &new).is_empty());
    assert!(gained(&declared("a.yaml", JOINED), &declared("b.yaml", JOINED)).is_empty());
}
