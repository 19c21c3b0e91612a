//! How the cost of a decision grows with the number of statements, of which exactly one matches.
//!
//! Four shapes of one policy. In the first three the statements differ in something they can be
//! filed under, so the cost should grow with what matches and hardly with what exists. In the
//! fourth they differ in their conditions only, and every one has to be held against the request.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wardbook_benches::{KEY, document, policy};
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

const USER: &str = "arn:aws:iam::111122223333:user/report";
const BUCKET: &str = "arn:aws:s3:::reports-target/summary.csv";
const COUNTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

struct Shape {
    name: &'static str,
    kind: PolicyKind,
    /// The request that the statement numbered `target` allows, and no other statement.
    request: fn() -> Request,
    statement: fn(index: usize, is_target: bool) -> String,
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "different-actions",
        kind: PolicyKind::Identity,
        request: || request("s3:GetObject", BUCKET),
        statement: |index, is_target| {
            let action = if is_target { "s3:GetObject".to_owned() } else { format!("s3:Operation{index}") };
            format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#)
        },
    },
    Shape {
        name: "different-resources",
        kind: PolicyKind::Identity,
        request: || request("s3:GetObject", BUCKET),
        statement: |index, is_target| {
            let resource =
                if is_target { BUCKET.to_owned() } else { format!("arn:aws:s3:::reports-{index}/summary.csv") };
            format!(r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{resource}"}}"#)
        },
    },
    Shape {
        name: "different-principals",
        kind: PolicyKind::Key,
        request: || request("kms:Decrypt", KEY),
        statement: |index, is_target| {
            let principal =
                if is_target { USER.to_owned() } else { format!("arn:aws:iam::111122223333:user/other-{index}") };
            format!(
                r#"{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "kms:Decrypt", "Resource": "*"}}"#
            )
        },
    },
    Shape {
        name: "different-conditions",
        kind: PolicyKind::Identity,
        request: || request("s3:GetObject", BUCKET),
        statement: |index, is_target| {
            let team = if is_target { "target".to_owned() } else { format!("team-{index}") };
            format!(
                r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{BUCKET}", "Condition": {{"StringEquals": {{"aws:PrincipalTag/Team": "{team}"}}}}}}"#
            )
        },
    },
];

fn request(action: &str, resource: &str) -> Request {
    let builder = Request::builder(USER, action, resource).resource_account("111122223333");
    builder.with("aws:PrincipalTag/Team", "target").build().expect("the benchmark's request is sound")
}

/// A policy of so many statements, the one that matches last, where a walk in order finds it latest.
fn build(shape: &Shape, count: usize) -> Policy {
    let statements = (1..=count).map(|index| (shape.statement)(index, index == count));
    policy(&document(statements), shape.kind)
}

fn scale(criterion: &mut Criterion) {
    for shape in SHAPES {
        let request = (shape.request)();
        let mut group = criterion.benchmark_group(format!("scale/{}", shape.name));
        for count in COUNTS {
            let policies = [build(shape, count)];
            let told = Told::Known(policies.as_slice());
            let layers = match shape.kind {
                PolicyKind::Key => Layers { resource: told, ..Layers::default() },
                _ => Layers { identity: told, ..Layers::default() },
            };
            assert_eq!(decide(&request, &layers, Quirks::default()).verdict(), Verdict::Allow, "{}", shape.name);
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter(|| decide(black_box(&request), black_box(&layers), Quirks::default()).verdict());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, scale);
criterion_main!(benches);
