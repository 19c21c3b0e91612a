//! From a text to a policy that decides, and how fast three readers take JSON apart.
//!
//! The readers do not do the same. `wardbook_policy::json` owns its texts, keeps the place of every
//! value and refuses a name that occurs twice; jsonc-parser borrows from the text and keeps places,
//! but takes names twice; serde_json owns its texts and keeps neither places nor order.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

/// The longest key policy that KMS takes.
const KEY_POLICY_BYTES: usize = 32 * 1024;

/// A large answer of `aws iam get-account-authorization-details`.
const DETAILS_BYTES: usize = 8 * 1024 * 1024;

/// JSON and nothing beyond it.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A key policy as long as KMS takes it: the pairs of statements that consoles write for each user
/// of a key, indented as they print them.
fn key_policy() -> String {
    let mut text = String::from(
        "{\n  \"Version\": \"2012-10-17\",\n  \"Id\": \"long\",\n  \"Statement\": [\n    {\n      \"Sid\": \"EnableIamPolicies\",\n      \"Effect\": \"Allow\",\n      \"Principal\": { \"AWS\": \"arn:aws:iam::111122223333:root\" },\n      \"Action\": \"kms:*\",\n      \"Resource\": \"*\"\n    }",
    );
    for number in 1.. {
        let statement = format!(
            r#",
    {{
      "Sid": "AllowUse{number}",
      "Effect": "Allow",
      "Principal": {{
        "AWS": [
          "arn:aws:iam::111122223333:role/service/reader-{number}",
          "arn:aws:iam::111122223333:role/service/writer-{number}"
        ]
      }},
      "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      "Resource": "*",
      "Condition": {{
        "StringEquals": {{
          "kms:ViaService": ["s3.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"],
          "kms:CallerAccount": "111122223333"
        }},
        "StringLike": {{ "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::reports-{number}/*" }}
      }}
    }}"#
        );
        const END: &str = "\n  ]\n}\n";
        if text.len() + statement.len() + END.len() > KEY_POLICY_BYTES {
            text.push_str(END);
            break;
        }
        text.push_str(&statement);
    }
    text
}

/// Roles with their policies, as `get-account-authorization-details` prints them, indented by four.
fn details() -> String {
    let mut text = String::with_capacity(DETAILS_BYTES + 4096);
    text.push_str("{\n    \"RoleDetailList\": [");
    let mut number = 0;
    while text.len() < DETAILS_BYTES {
        let comma = if number == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}
        {{
            "Path": "/service/",
            "RoleName": "report-{number}",
            "RoleId": "AROAEXAMPLE{number:010}",
            "Arn": "arn:aws:iam::111122223333:role/service/report-{number}",
            "CreateDate": "2026-01-01T00:00:00+00:00",
            "AssumeRolePolicyDocument": {{
                "Version": "2012-10-17",
                "Statement": [
                    {{
                        "Effect": "Allow",
                        "Principal": {{ "Service": "lambda.amazonaws.com" }},
                        "Action": "sts:AssumeRole"
                    }}
                ]
            }},
            "InstanceProfileList": [],
            "RolePolicyList": [
                {{
                    "PolicyName": "use-keys",
                    "PolicyDocument": {{
                        "Version": "2012-10-17",
                        "Statement": [
                            {{
                                "Effect": "Allow",
                                "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
                                "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*",
                                "Condition": {{
                                    "StringEquals": {{ "kms:ViaService": "s3.eu-west-1.amazonaws.com" }},
                                    "Bool": {{ "aws:SecureTransport": true }}
                                }}
                            }}
                        ]
                    }}
                }}
            ],
            "AttachedManagedPolicies": [
                {{
                    "PolicyName": "AWSLambdaBasicExecutionRole",
                    "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
                }}
            ],
            "Tags": [
                {{ "Key": "Team", "Value": "finance" }},
                {{ "Key": "Note", "Value": "line one\nline \"two\" of {number}" }}
            ],
            "RoleLastUsed": {{ "Region": "eu-west-1", "LastUsedDate": "2026-10-01T12:00:00+00:00" }},
            "MaxSessionDuration": 3600
        }}"#
        )
        .expect("a String takes everything");
        number += 1;
    }
    text.push_str("\n    ],\n    \"IsTruncated\": false\n}\n");
    text
}

fn readers(group: &mut BenchmarkGroup<'_, WallTime>, text: &str) {
    assert!(json::parse(text).is_ok());
    assert!(parse_to_ast(text, &CollectOptions::default(), &STRICT).is_ok());
    assert!(serde_json::from_str::<serde_json::Value>(text).is_ok());
    group.throughput(Throughput::Bytes(text.len() as u64));
    // What is read is dropped outside the measurement, for all alike.
    group.bench_function("json/wardbook", |bencher| {
        bencher.iter_with_large_drop(|| json::parse(black_box(text)));
    });
    group.bench_function("json/jsonc-parser", |bencher| {
        bencher.iter_with_large_drop(|| parse_to_ast(black_box(text), &CollectOptions::default(), &STRICT));
    });
    group.bench_function("json/serde_json", |bencher| {
        bencher.iter_with_large_drop(|| serde_json::from_str::<serde_json::Value>(black_box(text)));
    });
}

fn long_key_policy(criterion: &mut Criterion) {
    let text = key_policy();
    let value = json::parse(&text).expect("the benchmark's document is JSON");
    let document = Document::read(&value);
    let compile = |document: &Document| Policy::new(document, PolicyKind::Key, Origin::default());
    assert!(compile(&document).is_ok());

    let mut group = criterion.benchmark_group("parse/key-policy-32-kb");
    readers(&mut group, &text);
    group.bench_function("document", |bencher| {
        bencher.iter_with_large_drop(|| Document::read(black_box(&value)));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter_with_large_drop(|| compile(black_box(&document)));
    });
    // Here dropping the steps between counts, as it does for a caller.
    group.bench_function("all", |bencher| {
        bencher.iter(|| json::parse(black_box(&text)).map(|value| compile(&Document::read(&value))));
    });
    group.finish();
}

fn authorization_details(criterion: &mut Criterion) {
    let text = details();
    let mut group = criterion.benchmark_group("parse/details-8-mb");
    group.sample_size(10);
    readers(&mut group, &text);
    group.finish();
}

criterion_group!(benches, long_key_policy, authorization_details);
criterion_main!(benches);
