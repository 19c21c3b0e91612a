//! Questions about many requests: two key policies held against each other, the classes of one condition key,
//! and the contexts in which a request is allowed.
//!
//! The policies are random: one to three actions, often with
//! wildcards, one to four principals, no, one or two conditions on seven keys, one Deny in four. Seeds are fixed.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wardbook_benches::{ACCOUNT, KEY, document, policy};
use wardbook_policy::boxes::{Change, Setting, compare, residual};
use wardbook_policy::context::Unnamed;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

const ACTIONS: &[&str] = &[
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:*Grant",
    "kms:Describe*",
    "kms:Get*",
    "kms:List*",
    "kms:ReEncrypt*",
    "kms:*",
    "kms:Put*",
    "kms:Schedule*",
    "kms:Sign",
    "kms:*Key*",
];

/// Operator, key and values of the conditions.
const ROWS: &[(&str, &str, &[&str])] = &[
    ("StringEquals", "kms:ViaService", &["s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]),
    ("StringLike", "kms:ViaService", &["s3.*.amazonaws.com", "*.eu-west-1.amazonaws.com", "sqs.*"]),
    ("StringEquals", "aws:PrincipalOrgID", &["o-a1b2c3d4e5", "o-f6g7h8i9j0"]),
    ("StringLike", "aws:PrincipalArn", &["arn:aws:iam::*:role/admin*", "arn:aws:iam::111122223333:role/ci-*"]),
    ("IpAddress", "aws:SourceIp", &["203.0.113.0/24", "198.51.100.0/22", "10.0.0.0/8"]),
    ("StringNotEquals", "kms:EncryptionContext:Stage", &["prod", "test", "dev"]),
    ("StringEquals", "kms:CallerAccount", &["111122223333", "444455556666"]),
];

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn quoted(&mut self, texts: &[&str]) -> String {
        let index = self.roll(texts.len());
        format!("\"{}\"", texts[index])
    }

    fn statement(&mut self, number: usize) -> String {
        let effect = if self.roll(4) == 0 { "Deny" } else { "Allow" };
        let actions: Vec<String> = (0..1 + self.roll(3)).map(|_| self.quoted(ACTIONS)).collect();
        let names: Vec<String> = (0..1 + self.roll(4))
            .map(|_| match self.roll(6) {
                0 => format!("\"arn:aws:iam::{ACCOUNT}:root\""),
                1 => format!("\"arn:aws:iam::{}:root\"", 444_455_556_666_u64 + self.roll(3) as u64),
                2 => format!("\"arn:aws:iam::{ACCOUNT}:user/u{}\"", self.roll(30)),
                _ => format!("\"arn:aws:iam::{ACCOUNT}:role/r{}\"", self.roll(60)),
            })
            .collect();
        let principal =
            if self.roll(8) == 0 { "\"*\"".to_owned() } else { format!("{{\"AWS\": [{}]}}", names.join(", ")) };
        let mut rows: Vec<(&str, String)> = Vec::new();
        for _ in 0..self.roll(3) {
            let index = self.roll(ROWS.len());
            let (operator, key, values) = ROWS[index];
            let values: Vec<String> = (0..1 + self.roll(2)).map(|_| self.quoted(values)).collect();
            if rows.iter().all(|(known, row)| *known != operator && !row.contains(key)) {
                rows.push((operator, format!("\"{operator}\": {{\"{key}\": [{}]}}", values.join(", "))));
            }
        }
        let rows: Vec<String> = rows.into_iter().map(|(_, row)| row).collect();
        let condition =
            if rows.is_empty() { String::new() } else { format!(", \"Condition\": {{{}}}", rows.join(", ")) };
        format!(
            "{{\"Sid\": \"S{number}\", \"Effect\": \"{effect}\", \"Principal\": {principal}, \"Action\": [{}], \"Resource\": \"*\"{condition}}}",
            actions.join(", ")
        )
    }
}

/// A policy of so many statements, and the same with one of them written anew.
fn pair(statements: usize, seed: u64) -> [[Policy; 1]; 2] {
    let mut dice = Dice(seed);
    let old: Vec<String> = (0..statements).map(|number| dice.statement(number)).collect();
    let mut new = old.clone();
    let at = dice.roll(statements);
    new[at] = dice.statement(at);
    [old, new].map(|side| [policy(&document(side), PolicyKind::Key)])
}

fn setting() -> Setting<'static> {
    Setting { resource: Some(KEY), account: Some(ACCOUNT), ..Setting::of(PolicyKind::Key) }
}

fn differences(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare");
    for statements in [5, 10, 50, 100] {
        let [old, new] = pair(statements, 2026);
        let reordered = {
            let mut dice = Dice(2026);
            let mut texts: Vec<String> = (0..statements).map(|number| dice.statement(number)).collect();
            texts.reverse();
            [policy(&document(texts), PolicyKind::Key)]
        };
        assert_eq!(compare(&old, &reordered, &setting()).change, Some(Change::Equal));
        assert!(compare(&old, &new, &setting()).change.is_some());
        group.bench_function(BenchmarkId::new("reordered", statements), |bencher| {
            bencher.iter(|| compare(black_box(&old), black_box(&reordered), &setting()));
        });
        group.bench_function(BenchmarkId::new("one-statement-edited", statements), |bencher| {
            bencher.iter(|| compare(black_box(&old), black_box(&new), &setting()));
        });
    }
    group.finish();
}

fn contexts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("residual");
    for statements in [5, 10, 50] {
        let mut dice = Dice(7);
        let texts = (0..statements).map(|number| dice.statement(number));
        let key_policy = [policy(&document(texts), PolicyKind::Key)];
        let layers = Layers { resource: Told::Known(&key_policy), ..Layers::default() };
        let principal = format!("arn:aws:iam::{ACCOUNT}:role/r7");
        let request = Request::builder(&principal, "kms:Decrypt", KEY).unnamed(Unnamed::Unknown).build().unwrap();
        group.bench_function(BenchmarkId::new("one-principal", statements), |bencher| {
            bencher.iter(|| residual(black_box(&request), &layers, Quirks::default()));
        });
    }
    group.finish();
}

/// The classes of a key that is held against so many values, as the residual of one statement for each.
fn classes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("classes");
    for (name, value) in [("texts", "service-#.eu-west-1.amazonaws.com"), ("prefixes", "service-#*"), ("infixes", "*-#-*")] {
        for count in [4, 8, 64] {
            if name == "infixes" && count > 8 {
                continue;
            }
            let texts = (0..count).map(|number| {
                let value = value.replace('#', &number.to_string());
                format!(
                    r#"{{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {{"StringLike": {{"kms:ViaService": "{value}"}}}}}}"#
                )
            });
            let key_policy = [policy(&document(texts), PolicyKind::Key)];
            let layers = Layers { resource: Told::Known(&key_policy), ..Layers::default() };
            let request = Request::builder(&format!("arn:aws:iam::{ACCOUNT}:role/r7"), "kms:Decrypt", KEY)
                .unnamed(Unnamed::Unknown)
                .build()
                .unwrap();
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| residual(black_box(&request), &layers, Quirks::default()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, differences, contexts, classes);
criterion_main!(benches);
