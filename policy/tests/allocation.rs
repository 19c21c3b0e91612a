//! `decide` allocates nothing when it knows the answer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

#[path = "twin/case.rs"]
mod case;

use allocation_counter::measure;
use serde_json::{Value, json};
use wardbook_policy::decide::decide;
use wardbook_policy::quirk::Quirks;

use case::{Case, decided};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/App/s1";
const ROLE: &str = "arn:aws:iam::111122223333:role/App";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const OUTSIDE: &str = "arn:aws:sts::444455556666:assumed-role/Part/s1";

fn allocates_nothing(name: &str, expect: &str, request: Value, policies: Value) {
    let case = json!({"name": name, "request": request, "policies": policies});
    assert_eq!(decided(&case, Quirks::default()).name(), expect, "{name}");
    let compiled = Case::read(&case, Quirks::default());
    let layers = compiled.layers();
    let counted = measure(|| {
        std::hint::black_box(decide(&compiled.request, &layers, Quirks::default()));
    });
    assert_eq!(counted.count_total, 0, "{name}: {counted:?}");
}

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn asked(principal: &str, action: &str, context: Value) -> Value {
    json!({"principal": principal, "action": action, "resource": KEY, "context": context})
}

fn key_allow(principal: &str) -> Value {
    document(json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]))
}

fn allow(condition: Value) -> Value {
    document(json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]))
}

fn grant(more: Value) -> Value {
    let mut grant = json!({
        "GrantId": "g1", "KeyId": KEY, "IssuingAccount": ROOT, "GranteePrincipal": ROLE,
        "Operations": ["Decrypt", "CreateGrant", "RetireGrant"]
    });
    grant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    grant
}

/// A key policy of five statements and an identity policy of ten, two of which are about the key.
fn reference() -> (Value, Value) {
    let key = document(json!([
        {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Admin"}, "Action": ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:ScheduleKeyDeletion"], "Resource": "*"},
        {"Sid": "Service", "Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com", "kms:CallerAccount": "111122223333"}}},
        {"Sid": "Restricted", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:Stage": "Restricted"}}},
        {"Sid": "Grants", "Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}},
    ]));
    let mut statements: Vec<Value> = ["s3:Get*", "s3:Put*", "s3:List*", "dynamodb:Get*", "dynamodb:Query", "dynamodb:Put*", "sqs:Send*", "sqs:Receive*"]
        .iter()
        .map(|action| json!({
            "Effect": "Allow", "Action": action, "Resource": format!("arn:aws:{}:eu-west-1:111122223333:*", &action.split(':').next().unwrap()),
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
        }))
        .collect();
    statements.push(json!({
        "Sid": "Kms", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "arn:aws:kms:*:111122223333:key/*",
        "Condition": {
            "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::reports/*"},
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["aws:s3:arn", "Stage"]}
        }
    }));
    statements.push(json!({"Sid": "Tls", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}));
    (key, document(json!(statements)))
}

#[test]
fn the_reference_case() {
    let (key, identity) = reference();
    let context = |stage: &str| {
        json!({
            "kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::reports/2026/q1",
            "kms:EncryptionContext:Stage": stage, "aws:SecureTransport": "true", "aws:PrincipalTag/team": "blue"
        })
    };
    let policies = json!({"resource": key, "identity": [identity]});
    allocates_nothing("reference", "allow", asked(SESSION, "kms:Decrypt", context("prod")), policies.clone());
    allocates_nothing(
        "restricted",
        "explicit-deny",
        asked(SESSION, "kms:Decrypt", context("Restricted")),
        policies.clone(),
    );
    allocates_nothing("another action", "implicit-deny", asked(SESSION, "kms:Encrypt", context("prod")), policies);
}

#[test]
fn key_policies_and_their_callers() {
    let decrypt = |principal: &str| asked(principal, "kms:Decrypt", json!({}));
    allocates_nothing("role named", "allow", decrypt(SESSION), json!({"resource": key_allow(ROLE)}));
    allocates_nothing("session named", "allow", decrypt(SESSION), json!({"resource": key_allow(SESSION)}));
    allocates_nothing("everybody", "allow", decrypt(SESSION), json!({"resource": key_allow("*")}));
    allocates_nothing("root", "allow", decrypt(ROOT), json!({"resource": key_allow(ROOT)}));
    allocates_nothing(
        "delegation",
        "allow",
        decrypt(SESSION),
        json!({"resource": key_allow(ROOT), "identity": [allow(json!({}))]}),
    );
    allocates_nothing("nobody", "implicit-deny", decrypt(SESSION), json!({"resource": key_allow(ROOT)}));
    allocates_nothing("no key policy", "implicit-deny", decrypt(SESSION), json!({"identity": [allow(json!({}))]}));
    allocates_nothing("anonymous", "implicit-deny", decrypt("*"), json!({"resource": key_allow("*")}));
    let service = document(
        json!([{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}}]),
    );
    let by_service = asked("s3.amazonaws.com", "kms:Decrypt", json!({"aws:SourceArn": "arn:aws:s3:::bucket"}));
    allocates_nothing("service", "allow", by_service, json!({"resource": service}));
    let spared = document(
        json!([{"Effect": "Deny", "NotPrincipal": {"AWS": [SESSION, ROLE, ROOT]}, "Action": "*", "Resource": "*"}]),
    );
    allocates_nothing(
        "not principal",
        "allow",
        decrypt(SESSION),
        json!({"resource": [key_allow(ROLE), spared.clone()]}),
    );
    allocates_nothing(
        "not principal, denied",
        "explicit-deny",
        decrypt(OUTSIDE),
        json!({"resource": [key_allow("*"), spared]}),
    );
    let id = document(
        json!([{"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEIDEXAMPLE1"}, "Action": "kms:*", "Resource": "*"}]),
    );
    let told = asked(SESSION, "kms:Decrypt", json!({"aws:userid": "AROAEXAMPLEIDEXAMPLE1:s1"}));
    allocates_nothing("unique id", "allow", told, json!({"resource": id}));
}

#[test]
fn the_other_layers() {
    let decrypt = |principal: &str| {
        asked(principal, "kms:Decrypt", json!({"aws:SourceIp": "203.0.113.7", "aws:PrincipalOrgID": "o-example"}))
    };
    let all = || allow(json!({}));
    let net = || {
        document(
            json!([{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}}]),
        )
    };
    let scps = |last: Value| json!([[all()], [all(), net()], [last]]);
    let base = |scps: Value| {
        json!({
            "resource": key_allow(ROOT), "identity": [all()], "boundary": [all()], "session": [all()], "scps": scps,
            "rcps": [[], [document(json!([{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}}}]))]],
            "endpoint": [document(json!([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]))]
        })
    };
    allocates_nothing("all layers", "allow", decrypt(SESSION), base(scps(all())));
    let silent = document(json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]));
    allocates_nothing("a silent level", "implicit-deny", decrypt(SESSION), base(scps(silent)));
    allocates_nothing(
        "an SCP denies",
        "explicit-deny",
        asked(SESSION, "kms:Decrypt", json!({"aws:SourceIp": "198.51.100.1"})),
        base(scps(all())),
    );
    let context = json!({"aws:PrincipalOrgID": "o-other"});
    allocates_nothing("an RCP denies", "explicit-deny", asked(OUTSIDE, "kms:Decrypt", context), base(json!([[all()]])));
    let abroad = json!({"resource": key_allow("arn:aws:iam::444455556666:root"), "identity": [all()]});
    allocates_nothing("cross-account", "allow", decrypt(OUTSIDE), abroad.clone());
    allocates_nothing(
        "cross-account operation",
        "implicit-deny",
        asked(OUTSIDE, "kms:PutKeyPolicy", json!({})),
        abroad,
    );
}

#[test]
fn grants() {
    let key = || key_allow("arn:aws:iam::111122223333:role/Admin");
    let subset = json!({"Constraints": {"EncryptionContextSubset": {"dept": "Finance"}}});
    let equals = json!({"Constraints": {"EncryptionContextEquals": {"Dept": "Finance", "Stage": "prod"}, "SourceArn": "arn:aws:s3:::b"}});
    let finance = json!({"kms:EncryptionContext:Dept": "Finance", "kms:EncryptionContext:Stage": "prod", "aws:SourceArn": "arn:aws:s3:::b"});
    let granted = |more: Value| json!({"resource": key(), "grants": [grant(more)]});
    let decrypt = |context: Value| asked(SESSION, "kms:Decrypt", context);
    allocates_nothing("grant", "allow", decrypt(json!({})), granted(json!({})));
    allocates_nothing("subset", "allow", decrypt(finance.clone()), granted(subset.clone()));
    allocates_nothing("subset not met", "implicit-deny", decrypt(json!({})), granted(subset.clone()));
    allocates_nothing("equals", "allow", decrypt(finance.clone()), granted(equals.clone()));
    allocates_nothing(
        "equals not met",
        "implicit-deny",
        decrypt(json!({"kms:EncryptionContext:Dept": "Finance"})),
        granted(equals),
    );
    let child = json!({"kms:GrantOperations": ["Decrypt"], "kms:GrantConstraintType": "EncryptionContextSubset", "kms:EncryptionContext:Dept": "Finance"});
    allocates_nothing("child grant", "allow", asked(SESSION, "kms:CreateGrant", child), granted(subset));
    allocates_nothing("retire", "allow", asked(SESSION, "kms:RetireGrant", json!({})), granted(json!({})));
    let outside = json!({"GranteePrincipal": "arn:aws:iam::444455556666:role/Part"});
    allocates_nothing("cross-account grant", "allow", asked(OUTSIDE, "kms:Decrypt", json!({})), granted(outside));
}

#[test]
fn every_family_of_operators_and_variables() {
    let context = json!({
        "aws:PrincipalTag/team": "blue", "aws:TagKeys": ["team", "cost"], "aws:CurrentTime": "2026-01-01T00:00:00Z",
        "s3:max-keys": "10", "aws:SourceIp": "2001:db8::7", "aws:PrincipalTag/blob": "QmxvYg==", "aws:SecureTransport": "true",
        "aws:SourceArn": "arn:aws:s3:::blue"
    });
    let request = json!({"principal": SESSION, "action": "s3:GetObject", "resource": "arn:aws:s3:::bucket/blue/x", "context": context});
    for condition in [
        json!({"StringLike": {"aws:PrincipalTag/team": "b*"}}),
        json!({"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "BLUE"}}),
        json!({"StringNotEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/other, 'red'}"}}),
        json!({"ForAllValues:StringLike": {"aws:TagKeys": ["t*", "${aws:PrincipalTag/none, 'cost'}"]}}),
        json!({"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": "COST"}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2025-12-31T23:59:59.5+00:00"}}),
        json!({"NumericLessThanEquals": {"s3:max-keys": "10.0"}}),
        json!({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}),
        json!({"BinaryEquals": {"aws:PrincipalTag/blob": "QmxvYg=="}}),
        json!({"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:PrincipalTag/other": "true"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::${aws:PrincipalTag/team}"}}),
    ] {
        let policy = document(
            json!([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*", "Condition": condition}]),
        );
        allocates_nothing(&condition.to_string(), "allow", request.clone(), json!({"identity": [policy]}));
    }
}
