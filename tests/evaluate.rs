//! The decision cases of `testdata/evaluate`, each worked out by hand from the source it names.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::path::Path;

use wardbook_inventory::case::CaseFile;
use wardbook_inventory::source::Source;
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::explain::{Explanation, explain};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::remedy::{Remedy, remedies, suffices};

/// Decides every case of a folder; returns how many there were and what went wrong.
fn check(folder: &Path) -> (usize, Vec<String>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in paths {
        let shown = path.display().to_string();
        let source = Source::from_bytes(shown.clone(), std::fs::read(&path).unwrap()).unwrap();
        let file = CaseFile::read(source, Quirks::default(), &mut |path| Err(format!("no file {path}"))).unwrap();
        let holds_broken = shown.ends_with("broken.yaml");
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

#[test]
fn every_case_is_decided_as_its_source_says() {
    let (count, wrong) = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/evaluate"));
    assert!(count >= 300, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}
