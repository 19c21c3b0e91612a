//! The decision cases of `testdata/evaluate`, each worked out by hand from the source it names.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::path::Path;

use wardbook_inventory::case::CaseFile;
use wardbook_inventory::source::Source;
use wardbook_policy::condition::operators;
use wardbook_policy::context::Lookup;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::explain::{Explanation, explain};
use wardbook_policy::layers::Told;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::remedy::{Remedy, remedies, suffices};
use wardbook_policy::statement::Statement;

/// The case files of a folder, with their paths.
fn files(folder: &Path) -> impl Iterator<Item = (String, CaseFile)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| {
        let shown = path.display().to_string();
        let source = Source::from_bytes(shown.clone(), std::fs::read(&path).unwrap()).unwrap();
        let file = CaseFile::read(source, Quirks::default(), &mut |path| Err(format!("no file {path}"))).unwrap();
        (shown, file)
    })
}

/// Decides every case of a folder; returns how many there were and what went wrong.
fn check(folder: &Path) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for (shown, file) in files(folder) {
        let holds_broken = folder.ends_with("forced");
        for case in &file.cases {
            count += 1;
            let place = format!("{shown}:{}: {}", case.position, case.name);
            let body = match &case.body {
                Ok(body) => body,
                Err(errors) => {
                    wrong.push(format!("{place}: {errors:?}"));
                    continue;
                }
            };
            let layers = body.layers.lend();
            let decision = decide(&body.request, &layers, Quirks::default());
            let explanation = explain(&body.request, &layers, Quirks::default());
            if !body.expect.is_met_by(decision.verdict()) {
                wrong.push(format!("{place}: wanted {}, decided {:?}", body.expect.name(), decision));
            }
            if explanation.decision().verdict() != decision.verdict() {
                wrong.push(format!("{place}: explained differently: {:?}", explanation.decision()));
            }
            if asks_for_mending(&explanation) && !suffices(&explanation, &layers, Quirks::default()) {
                wrong.push(format!("{place}: its remedies do not allow it: {:?}", explanation.obstacles()));
            }
            if body.because.as_deref().is_some_and(|name| !explanation.is_because_of(name)) {
                wrong.push(format!("{place}: not because of {:?} but of {:?}", body.because, explanation.causes()));
            }
            if body.problems.is_empty() == holds_broken {
                wrong.push(format!("{place}: problems {:?}", body.problems));
            }
        }
    }
    (count, wrong)
}

/// Denied, and not by a rule that no policy can overcome.
fn asks_for_mending(explanation: &Explanation<'_>) -> bool {
    let denied = matches!(explanation.decision().verdict(), Verdict::ExplicitDeny | Verdict::ImplicitDeny);
    denied && !remedies(explanation).iter().any(|remedy| matches!(remedy, Remedy::AskOtherwise(_)))
}

/// Documents that are refused; should somebody insist, an Allow in them never applies and a Deny does.
#[test]
fn broken_documents_are_refused_and_forced_to_the_safe_side() {
    let (count, wrong) = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/forced"));
    assert!(count >= 17, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_is_decided_as_its_source_says() {
    let (count, wrong) = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/evaluate"));
    assert!(count >= 300, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every operator, plain and with `IfExists`, alone and with either set operator, is held against a key that is there
/// and against one that is missing. `Null` asks about that itself and takes neither.
#[test]
fn the_cases_cover_every_operator_with_and_without_its_key() {
    let mut seen = BTreeSet::new();
    for (_, file) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/evaluate")) {
        for body in file.cases.iter().filter_map(|case| case.body.as_ref().ok()) {
            let layers = body.layers.lend();
            for policies in [layers.resource, layers.identity] {
                let Told::Known(policies) = policies else { continue };
                for atom in policies.iter().flat_map(Policy::statements).flat_map(Statement::conditions) {
                    let missing = body.request.context().lookup(atom.key()) == Lookup::Absent;
                    seen.insert((atom.spelled().to_owned(), missing));
                }
            }
        }
    }
    let mut uncovered = Vec::new();
    for operator in operators().map(|operator| operator.name) {
        let forms: &[(&str, &str)] = match operator {
            "Null" => &[("", "")],
            _ => &[
                ("", ""),
                ("", "IfExists"),
                ("ForAllValues:", ""),
                ("ForAllValues:", "IfExists"),
                ("ForAnyValue:", ""),
                ("ForAnyValue:", "IfExists"),
            ],
        };
        for (quantifier, suffix) in forms {
            for missing in [false, true] {
                let wanted = (format!("{quantifier}{operator}{suffix}"), missing);
                if !seen.contains(&wanted) {
                    uncovered.push(wanted);
                }
            }
        }
    }
    assert!(uncovered.is_empty(), "no case for these operators with the key there or missing (true): {uncovered:?}");
}
