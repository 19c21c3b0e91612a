//! Questions about many requests: two key policies held against each other, the classes of one condition key,
//! and the contexts in which a request is allowed.
//!
//! The policies are random: one to three actions, often with
//! wildcards, one to four principals, no, one or two conditions on seven keys, one Deny in four. Seeds are fixed.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wardbook_benches::random_policy::{Dice, pair, setting};
use wardbook_benches::{ACCOUNT, KEY, document, policy};
use wardbook_policy::boxes::{Change, compare, residual};
use wardbook_policy::context::Unnamed;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

fn differences(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare");
    for statements in [5, 10, 50, 100] {
        let [old, new] = pair(statements, 2026);
        let reordered = {
            let mut dice = Dice::new(2026);
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
        let mut dice = Dice::new(7);
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
    for (name, value) in
        [("texts", "service-#.eu-west-1.amazonaws.com"), ("prefixes", "service-#*"), ("infixes", "*-#-*")]
    {
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
