//! Small worlds with many kinds of access in them, the same for the same seed.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this")]

use wardbook_inventory::source::Source;

pub const TEAMS: &[&str] = &["pay", "risk", "core", "data"];
const SERVICES: &[&str] = &["s3", "rds", "ec2", "dynamodb", "secretsmanager", "sqs", "lambda"];

/// A linear congruential generator: the tests need variety and not quality.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

fn account(number: usize) -> String {
    format!("{}", 100_000_007_919_u64 + 7_919 * u64::try_from(number).unwrap())
}

fn key_id(account: usize, key: usize) -> String {
    format!("{:08x}-0000-4000-8000-{key:012x}", 0x1000_0000 * (key % 15 + 1) + account)
}

fn statement(effect: &str, action: &str, rest: &str) -> String {
    format!(r#"{{"Sid": "S", "Effect": "{effect}", "Action": {action}, {rest}}}"#)
}

fn document(statements: &[String]) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(", "))
}

/// So many accounts, each with so many roles and keys, in one organization; most roles have to do with keys.
pub fn world(seed: u64, accounts: usize, roles: usize, keys: usize) -> Vec<Source> {
    world_of(seed, accounts, roles, keys, 14)
}

/// The same, where 11 of so many roles have to do with keys.
pub fn world_of(seed: u64, accounts: usize, roles: usize, keys: usize, of: usize) -> Vec<Source> {
    let mut dice = Dice(seed);
    let mut sources = vec![Source::new("organization.json", organization(accounts))];
    for number in 0..accounts {
        let id = account(number);
        let all: Vec<String> = (0..roles).map(|index| role(&mut dice, number, index, [accounts, keys, of])).collect();
        let boundary = document(&[statement("Allow", r#"["s3:*", "ec2:*"]"#, r#""Resource": "*""#)]);
        let text = format!(
            r#"{{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [{}], "Policies": [{{"PolicyName": "limit", "Arn": "arn:aws:iam::{id}:policy/limit", "PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "Document": {boundary}}}]}}], "IsTruncated": false}}"#,
            all.join(", ")
        );
        sources.push(Source::new(format!("{id}/authorization-details.json"), text));
        for index in 0..keys {
            let path = format!("{id}/kms/us-east-1/{}/all.json", key_id(number, index));
            sources.push(Source::new(path, key(&mut dice, number, index, accounts, roles)));
        }
    }
    sources
}

fn organization(accounts: usize) -> String {
    let listed: Vec<String> = (0..accounts)
        .map(|number| {
            let unit = if number % 2 == 0 { "r-1" } else { "ou-1" };
            format!(r#"{{"Id": "{}", "ParentId": "{unit}"}}"#, account(number))
        })
        .collect();
    let everywhere: Vec<String> = (0..accounts)
        .map(|number| format!("\"{}\"", account(number)))
        .chain(["\"r-1\"".into(), "\"ou-1\"".into()])
        .collect();
    let content = |statements: &[String]| document(statements).replace('\\', "\\\\").replace('"', "\\\"");
    let full = content(&[statement("Allow", "\"*\"", r#""Resource": "*""#)]);
    let limit = content(&[
        statement("Deny", "\"kms:ScheduleKeyDeletion\"", r#""Resource": "*""#),
        statement(
            "Deny",
            "\"kms:*\"",
            r#""Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*-7"}}"#,
        ),
    ]);
    let perimeter = content(&[statement(
        "Deny",
        "\"kms:*\"",
        r#""Principal": "*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-synth00001"}}"#,
    )]);
    format!(
        r#"{{"Organization": {{"Id": "o-synth00001", "MasterAccountId": "999999999998"}},
            "Roots": [{{"Id": "r-1"}}], "OrganizationalUnits": [{{"Id": "ou-1", "ParentId": "r-1"}}], "Accounts": [{}],
            "Policies": [
              {{"PolicySummary": {{"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}}, "Content": "{full}", "Targets": [{}]}},
              {{"PolicySummary": {{"Id": "p-limit", "Type": "SERVICE_CONTROL_POLICY"}}, "Content": "{limit}", "Targets": ["ou-1"]}},
              {{"PolicySummary": {{"Id": "p-perimeter", "Type": "RESOURCE_CONTROL_POLICY"}}, "Content": "{perimeter}", "Targets": ["ou-1"]}}]}}"#,
        listed.join(", "),
        everywhere.join(", ")
    )
}

fn role_arn(account_number: usize, index: usize) -> String {
    format!("arn:aws:iam::{}:role/{}-role-{index}", account(account_number), TEAMS[index % TEAMS.len()])
}

fn key_arn(account_number: usize, index: usize) -> String {
    format!("arn:aws:kms:us-east-1:{}:key/{}", account(account_number), key_id(account_number, index))
}

fn role(dice: &mut Dice, number: usize, index: usize, [accounts, keys, of]: [usize; 3]) -> String {
    let id = account(number);
    let any = r#""Resource": "*""#;
    let mut statements = vec![statement("Allow", "\"s3:GetObject\"", any)];
    let mut more = String::new();
    match dice.roll(of) {
        0 => statements.push(statement("Allow", "\"*\"", any)),
        1 => statements.push(statement("Allow", "\"kms:*\"", any)),
        2 => statements.push(statement("Allow", r#"["kms:Decrypt", "kms:GenerateDataKey"]"#, any)),
        3 => {
            let other = if dice.roll(5) == 0 { dice.roll(accounts) } else { number };
            let arn = key_arn(other, dice.roll(keys));
            statements.push(statement(
                "Allow",
                r#"["kms:Decrypt", "kms:DescribeKey"]"#,
                &format!("\"Resource\": \"{arn}\""),
            ));
        }
        4 => {
            let service = dice.pick(SERVICES);
            let rest = format!(
                r#"{any}, "Condition": {{"StringEquals": {{"kms:ViaService": "{service}.us-east-1.amazonaws.com"}}}}"#
            );
            statements.push(statement("Allow", "\"kms:Decrypt\"", &rest));
        }
        5 => {
            let team = dice.pick(TEAMS);
            let rest = format!(r#"{any}, "Condition": {{"StringEquals": {{"kms:EncryptionContext:Team": "{team}"}}}}"#);
            statements.push(statement("Allow", "\"kms:Decrypt\"", &rest));
        }
        6 => statements.push(statement(
            "Allow",
            "\"kms:Decrypt\"",
            r#""Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}"#,
        )),
        7 => {
            statements.push(statement("Allow", "\"*\"", any));
            statements.push(statement("Deny", r#"["kms:Decrypt", "kms:ReEncryptFrom"]"#, any));
        }
        8 => {
            statements.push(statement("Allow", "\"*\"", any));
            more = format!(
                r#", "PermissionsBoundary": {{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::{id}:policy/limit"}}"#
            );
        }
        9 => statements.push(format!(r#"{{"Effect": "Allow", "NotAction": ["iam:*"], {any}}}"#)),
        10 => {
            let digit = 1 + dice.roll(9);
            let rest = format!(r#""Resource": "arn:aws:kms:*:{id}:key/{digit}*""#);
            statements.push(statement("Allow", "\"kms:De*\"", &rest));
        }
        _ => {}
    }
    let tags = match dice.roll(2) {
        0 => format!(r#"{{"Key": "Team", "Value": "{}"}}"#, TEAMS[index % TEAMS.len()]),
        _ => String::new(),
    };
    let name = format!("{}-role-{index}", TEAMS[index % TEAMS.len()]);
    let arn = role_arn(number, index);
    let own = document(&statements);
    format!(
        r#"{{"RoleName": "{name}", "RoleId": "AROA{number:04}{index:09}", "Arn": "{arn}", "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": []}}, "RolePolicyList": [{{"PolicyName": "own", "PolicyDocument": {own}}}], "AttachedManagedPolicies": [], "Tags": [{tags}]{more}}}"#
    )
}

fn key(dice: &mut Dice, number: usize, index: usize, accounts: usize, roles: usize) -> String {
    let id = account(number);
    let any = r#""Resource": "*""#;
    let named = |dice: &mut Dice| role_arn(number, dice.roll(roles));
    let delegate =
        statement("Allow", "\"kms:*\"", &format!(r#""Principal": {{"AWS": "arn:aws:iam::{id}:root"}}, {any}"#));
    let team = dice.pick(TEAMS);
    let other = account(dice.roll(accounts));
    let first = named(dice);
    let rest =
        |principal: &str, condition: &str| format!(r#""Principal": {principal}, {any}, "Condition": {{{condition}}}"#);
    let statements = match dice.roll(11) {
        0 | 1 => vec![delegate],
        2 => vec![
            delegate,
            statement(
                "Allow",
                r#"["kms:Decrypt", "kms:CreateGrant"]"#,
                &format!(r#""Principal": {{"AWS": "{first}"}}, {any}"#),
            ),
        ],
        3 => vec![statement(
            "Allow",
            "\"kms:*\"",
            &format!(r#""Principal": {{"AWS": ["{first}", "{}"]}}, {any}"#, named(dice)),
        )],
        4 => vec![
            delegate,
            statement(
                "Allow",
                "\"kms:Decrypt\"",
                &format!(r#""Principal": {{"AWS": "arn:aws:iam::{other}:root"}}, {any}"#),
            ),
        ],
        5 => vec![statement(
            "Allow",
            "\"kms:*\"",
            &rest("{\"AWS\": \"*\"}", r#""StringEquals": {"aws:PrincipalOrgID": "o-synth00001"}"#),
        )],
        6 => {
            let condition = format!(
                r#""StringEquals": {{"kms:ViaService": "{}.us-east-1.amazonaws.com", "kms:CallerAccount": "{id}"}}"#,
                dice.pick(SERVICES)
            );
            vec![statement("Allow", r#"["kms:Decrypt", "kms:CreateGrant"]"#, &rest("\"*\"", &condition))]
        }
        7 => {
            let condition = format!(r#""StringNotLike": {{"aws:PrincipalArn": ["arn:aws:iam::{id}:role/{team}-*"]}}"#);
            vec![delegate, statement("Deny", "\"kms:Decrypt\"", &rest("\"*\"", &condition))]
        }
        8 => {
            let condition = format!(
                r#""StringEquals": {{"kms:EncryptionContext:Team": "{team}"}}, "Null": {{"kms:EncryptionContext:Tenant": "false"}}"#
            );
            vec![statement("Allow", "\"kms:Decrypt\"", &rest(&format!("{{\"AWS\": \"{id}\"}}"), &condition))]
        }
        9 => vec![delegate, statement("Allow", "\"kms:Decrypt\"", &format!(r#""Principal": "*", {any}"#))],
        _ => {
            let condition = format!(r#""ArnLike": {{"aws:PrincipalArn": "arn:aws:iam::{id}:role/{team}-role-*1"}}"#);
            vec![statement("Allow", "\"kms:De*\"", &rest("{\"AWS\": \"*\"}", &condition))]
        }
    };
    let state = if dice.roll(12) == 0 { "Disabled" } else { "Enabled" };
    let arn = key_arn(number, index);
    let grants: Vec<String> = (0..dice.roll(4))
        .map(|grant| {
            let grantee = named(dice);
            let constraints = if dice.roll(2) == 0 { r#", "Constraints": {"EncryptionContextSubset": {"aws:ebs:id": "vol-00000000000000000"}}"# } else { "" };
            format!(
                r#"{{"KeyId": "{arn}", "GrantId": "g{index}x{grant}", "GranteePrincipal": "{grantee}", "IssuingAccount": "arn:aws:iam::{id}:root", "Operations": ["Decrypt", "CreateGrant"]{constraints}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"KeyMetadata": {{"AWSAccountId": "{id}", "KeyId": "{}", "Arn": "{arn}", "KeyState": "{state}", "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "MultiRegion": false}}}}
           {}
           {{"Grants": [{}], "Truncated": false}}
           {{"Tags": [{{"TagKey": "Team", "TagValue": "{team}"}}], "Truncated": false}}
           {{"Aliases": [], "Truncated": false}}"#,
        key_id(number, index),
        document(&statements),
        grants.join(", ")
    )
}

fn one_account(roles: &[(String, String, String)], key_policy: &str) -> Vec<Source> {
    let id = account(0);
    let listed: Vec<String> = roles
        .iter()
        .map(|(name, own, trust)| {
            format!(
                r#"{{"RoleName": "{name}", "RoleId": "AROA{name:X<16}", "Arn": "arn:aws:iam::{id}:role/{name}", "AssumeRolePolicyDocument": {trust}, "RolePolicyList": [{{"PolicyName": "own", "PolicyDocument": {own}}}], "AttachedManagedPolicies": [], "Tags": []}}"#
            )
        })
        .collect();
    let details = format!(
        r#"{{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [{}], "Policies": [], "IsTruncated": false}}"#,
        listed.join(", ")
    );
    let path = format!("{id}/kms/us-east-1/{}/policy.json", key_id(0, 0));
    vec![
        Source::new(format!("{id}/authorization-details.json"), details),
        Source::new(path, format!("{key_policy} {{\"Grants\": []}}")),
    ]
}

/// Roles of which each may assume the next, in a circle; one of them is named by the key.
pub fn circle(roles: usize) -> Vec<Source> {
    let id = account(0);
    let arn = |index: usize| format!("arn:aws:iam::{id}:role/r{}", index % roles);
    let all: Vec<_> = (0..roles)
        .map(|index| {
            let own =
                document(&[statement("Allow", "\"sts:AssumeRole\"", &format!("\"Resource\": \"{}\"", arn(index + 1)))]);
            let before = arn(index + roles - 1);
            let trust = document(&[statement(
                "Allow",
                "\"sts:AssumeRole\"",
                &format!(r#""Principal": {{"AWS": "{before}"}}"#),
            )]);
            (format!("r{index}"), own, trust)
        })
        .collect();
    let policy = document(&[statement(
        "Allow",
        "\"kms:Decrypt\"",
        &format!(r#""Principal": {{"AWS": "{}"}}, "Resource": "*""#, arn(0)),
    )]);
    one_account(&all, &policy)
}

/// A role whose policy holds patterns that combine in as many ways as there are subsets.
pub fn exploding(patterns: usize) -> Vec<Source> {
    let id = account(0);
    let text = |index: usize| format!("\"*{}*\"", (b'a' + u8::try_from(index).unwrap()) as char);
    let denies: Vec<String> = (0..patterns)
        .map(|index| {
            let condition = format!(
                r#""Resource": "*", "Condition": {{"StringLike": {{"kms:EncryptionContext:a": {}}}, "StringNotLike": {{"kms:EncryptionContext:a": {}}}}}"#,
                text(index),
                text((index + 1) % patterns)
            );
            statement(if index % 2 == 0 { "Deny" } else { "Allow" }, "\"kms:Decrypt\"", &condition)
        })
        .collect();
    let trust =
        document(&[statement("Allow", "\"sts:AssumeRole\"", r#""Principal": {"Service": "ec2.amazonaws.com"}"#)]);
    let policy = document(&[statement(
        "Allow",
        "\"kms:*\"",
        &format!(r#""Principal": {{"AWS": "arn:aws:iam::{id}:root"}}, "Resource": "*""#),
    )]);
    one_account(&[("r0".into(), document(&denies), trust)], &policy)
}
