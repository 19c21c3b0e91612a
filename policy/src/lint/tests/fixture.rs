//! What is found in the fixtures, the single defects and the documented policies.

use std::collections::BTreeSet;

use super::case::{Case, cases, read_cases};
use super::{files, run, said, testdata};
use crate::json;
use crate::lint::{Finding, Kind, RULES, Settings, Severity, document};
use crate::span::Span;

#[test]
fn fixtures_give_what_is_marked_in_them() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for Case { file, note, text, wanted } in cases() {
        seen.extend(wanted.iter().map(|(_, code)| code.clone()));
        let found = run(&text, false);
        let got: BTreeSet<(usize, String)> =
            found.iter().map(|finding| (finding.span.start as usize, finding.rule.code.to_owned())).collect();
        let show = |set: &BTreeSet<(usize, String)>| {
            let shown =
                |(start, code): &(usize, String)| format!("{code} at {}", Span::new(*start, *start).position(&text));
            set.iter().map(shown).collect::<Vec<_>>().join(", ")
        };
        if got != wanted {
            wrong.push(format!("{file}: {note}\n  wanted {}\n  got {}\n{}", show(&wanted), show(&got), said(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let without: Vec<&str> =
        RULES.iter().map(|rule| rule.code).filter(|code| has_fixtures(code) && !seen.contains(*code)).collect();
    assert!(without.is_empty(), "no fixture triggers {without:?}");
}

/// Forty-one key policies with one defect each, of which today's linters together find seventeen; what else a rule says
/// of them is not looked at.
#[test]
fn every_single_defect_is_found_by_its_rule() {
    let cases = read_cases(vec![testdata("defects.txt")]);
    let filled = |text: &str| text.replace("some 33,000 characters", &"x".repeat(33_000));
    for case in &cases {
        let found = run(&filled(&case.text), false);
        for (start, code) in &case.wanted {
            let here = |finding: &&Finding| finding.rule.code == code && finding.span.start as usize == *start;
            assert!(found.iter().any(|finding| here(&finding)), "{}: {code} not among\n{}", case.note, said(&found));
        }
        assert_eq!(case.wanted.len(), 1, "{}", case.note);
    }
    assert_eq!(cases.len(), 41);
}

fn has_fixtures(code: &str) -> bool {
    // Those of sizes and changes have tests of their own, and pedantic ones are not heard here.
    !["SY11", "KP13", "SE06", "SE10"].contains(&code)
}

#[test]
fn policies_that_are_documented_have_no_errors_and_no_security_findings() {
    let sources = std::fs::read_to_string(testdata("documented.tsv")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in files("documented") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(sources.lines().any(|line| line.starts_with(&format!("{name}\t"))), "{name}: no source is told");
        let text = std::fs::read_to_string(&path).unwrap();
        let value = json::parse(&text).unwrap();
        let (kind, found) = document(&value, None, &Settings::default());
        assert_eq!(kind, Kind::KeyPolicy, "{name}");
        let bad: Vec<Finding> = found.into_iter().filter(|finding| finding.severity >= Severity::Security).collect();
        if !bad.is_empty() {
            wrong.push(format!("{name}:\n{}", said(&bad)));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 95, "only {count}");
    assert_eq!(sources.lines().count(), count, "a source without a policy");
}
