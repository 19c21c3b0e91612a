//! The pages of the rules, their examples, and whether all are there.

use std::collections::BTreeSet;

use super::{ROOT, run, said};
use crate::lint::{Finding, RULES, Severity, rule};

#[test]
fn codes_and_names_are_unique_and_pages_are_whole() {
    let codes: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!((codes.len(), names.len()), (RULES.len(), RULES.len()));
    for rule in RULES {
        let page = rule.page();
        assert!(page.lines().count() > 6, "{}: {page}", rule.code);
        assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
        assert!(rule.bad_example().is_some() && rule.good_example().is_some(), "{}: no examples", rule.code);
        assert_eq!(crate::lint::rule(rule.name).unwrap().code, rule.code);
    }
}

/// The catalogue that the rules were built from, family by family.
#[test]
fn every_rule_of_the_catalogue_is_there() {
    let families =
        [("SY", 14), ("KP", 22), ("IP", 6), ("CO", 17), ("SE", 9), ("KC", 14), ("AL", 3), ("GR", 3), ("XR", 1)];
    let codes =
        families.into_iter().flat_map(|(family, last)| (1..=last).map(move |number| format!("{family}{number:02}")));
    let missing: Vec<String> = codes.filter(|code| rule(code).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn bad_examples_are_bad_and_good_ones_are_good() {
    let mut wrong = Vec::new();
    for rule in RULES {
        // What the pages of sizes leave out is put in here.
        let bad = rule.bad_example().unwrap().replace("some 33,000 characters", &"x".repeat(33_000));
        let bad = bad.replace("some 401 statements", &vec![ROOT; 401].join(","));
        let bad = run(&bad, true);
        let has = |found: &[Finding]| found.iter().any(|finding| finding.rule.code == rule.code);
        if !has(&bad) {
            wrong.push(format!("{}: the bad example gives only\n{}", rule.code, said(&bad)));
        }
        let good = run(&rule.good_example().unwrap(), rule.is_pedantic);
        // What examples of keys leave out for brevity.
        let others = good.iter().filter(|finding| !["KC01", "KC05", "KC09", "KC12"].contains(&finding.rule.code));
        let worst = others.map(|finding| finding.severity).max();
        if has(&good) || (worst >= Some(Severity::Warning) && !rule.is_pedantic) {
            wrong.push(format!("{}: the good example gives\n{}", rule.code, said(&good)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
