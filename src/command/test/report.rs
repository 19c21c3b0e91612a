//! What `test` found, as text, JSON and JUnit.

use std::collections::BTreeMap;

use serde_json::json;
use wardbook_inventory::case::{Assertion, Body, Case};
use wardbook_policy::explain::{Cause, Explanation};

use super::assertion::Outcome;
use crate::output::table::{Tint, tint};
use crate::output::xml::xml;
use crate::output::{self, Format, Report};

/// The result of all cases.
pub(crate) struct Tests {
    results: Vec<(String, CaseResult)>,
    pub(super) coverage: Coverage,
    shows_coverage: bool,
}

/// The result of one case.
pub(crate) struct CaseResult {
    name: String,
    place: String,
    expected: String,
    actual: String,
    wanted_because: Option<String>,
    because: Option<String>,
    reasons: Vec<String>,
    problems: Vec<String>,
    passed: bool,
    /// For an assertion that does not hold: a request that is allowed and should not be.
    counter_example: Option<serde_json::Value>,
    /// Whether the answer of an assertion is not known.
    undetermined: bool,
}

/// Which statements settled a case, and which never did.
#[derive(Default)]
pub(super) struct Coverage {
    /// Place and Sid of a statement, and how often it settled a case.
    statements: BTreeMap<(String, String), usize>,
}

impl CaseResult {
    /// A case that could not be asked.
    pub(super) fn invalid(case: &Case) -> CaseResult {
        let problems = super::problems(case).iter().map(ToString::to_string).collect();
        CaseResult {
            name: case.name.clone(),
            place: case.position.to_string(),
            expected: String::new(),
            actual: "invalid".into(),
            wanted_because: None,
            because: None,
            reasons: vec!["the case could not be read".into()],
            problems,
            passed: false,
            counter_example: None,
            undetermined: false,
        }
    }

    /// What became of an assertion about a world.
    pub(super) fn of_assertion(assertion: &Assertion, outcome: Outcome) -> CaseResult {
        let (actual, reasons, counter_example, because) = match outcome {
            Outcome::Holds => ("holds", Vec::new(), None, None),
            Outcome::Broken { reasons, counter_example, because } => {
                ("broken", reasons, Some(counter_example), because)
            }
            Outcome::Open(reasons) => ("unknown", reasons, None, None),
            Outcome::Invalid(reasons) => ("invalid", reasons, None, None),
        };
        CaseResult {
            name: assertion.name.clone(),
            place: assertion.position.to_string(),
            expected: "holds".into(),
            actual: actual.into(),
            wanted_because: None,
            because,
            reasons,
            problems: Vec::new(),
            passed: actual == "holds",
            counter_example,
            undetermined: actual == "unknown",
        }
    }

    pub(super) fn new(case: &Case, body: &Body, explanation: &Explanation<'_>) -> CaseResult {
        let verdict = explanation.decision().verdict();
        let wanted = body.because.as_deref();
        let settled = wanted.is_none_or(|name| explanation.is_because_of(name));
        let first = explanation.causes().iter().find_map(name_of);
        CaseResult {
            name: case.name.clone(),
            place: case.position.to_string(),
            expected: body.expect.name().into(),
            actual: verdict.name().into(),
            wanted_because: wanted.map(str::to_owned),
            because: wanted.filter(|_| settled).map(str::to_owned).or(first),
            reasons: crate::command::reason::sentences(explanation),
            problems: body.problems.iter().map(ToString::to_string).collect(),
            passed: settled && body.expect.is_met_by(verdict),
            counter_example: None,
            undetermined: false,
        }
    }

    /// Why the case failed.
    fn failure(&self) -> String {
        match &self.wanted_because {
            _ if self.expected.is_empty() => self.reasons.join("; "),
            Some(wanted) if self.expected == self.actual => {
                format!("{} as expected, but not because of `{wanted}`: {}", self.actual, self.reasons.join("; "))
            }
            _ => format!("expected {}, got {}: {}", self.expected, self.actual, self.reasons.join("; ")),
        }
    }
}

fn name_of(cause: &Cause<'_>) -> Option<String> {
    match cause {
        Cause::Statement(cited) => cited.statement.sid().map(str::to_owned),
        Cause::Grant(grant) => Some(grant.id().to_owned()),
        Cause::Silence(_) => None,
    }
}

impl Coverage {
    pub(super) fn add(&mut self, explanation: &Explanation<'_>) {
        let key = |policy: &wardbook_policy::policy::Policy, statement: &wardbook_policy::statement::Statement| {
            (policy.place(statement), statement.sid().unwrap_or_default().to_owned())
        };
        for considered in explanation.statements() {
            self.statements.entry(key(considered.policy, considered.statement)).or_default();
        }
        for cause in explanation.causes() {
            if let Cause::Statement(cited) = cause {
                *self.statements.entry(key(cited.policy, cited.statement)).or_default() += 1;
            }
        }
    }

    fn idle(&self) -> Vec<&(String, String)> {
        self.statements.iter().filter(|(_, count)| **count == 0).map(|(statement, _)| statement).collect()
    }
}

impl Tests {
    pub(super) fn new(shows_coverage: bool) -> Tests {
        Tests { results: Vec::new(), coverage: Coverage::default(), shows_coverage }
    }

    pub(super) fn add(&mut self, file: &str, result: CaseResult) {
        self.results.push((file.to_owned(), result));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    pub(super) fn failed(&self) -> usize {
        self.results.iter().filter(|(_, result)| !result.passed).count()
    }

    /// Assertions of which it is not known whether they hold.
    pub(super) fn undetermined(&self) -> usize {
        self.results.iter().filter(|(_, result)| result.undetermined).count()
    }

    fn passed(&self) -> usize {
        self.results.len() - self.failed()
    }

    fn table(&self, color: bool) -> String {
        let mut text = String::new();
        for (file, result) in &self.results {
            if result.passed && result.problems.is_empty() {
                continue;
            }
            let mark =
                if result.passed { tint("forced", Tint::Yellow, color) } else { tint("FAILED", Tint::Red, color) };
            text.push_str(&format!("{mark}  {}\n        {file}:{}\n", result.name, result.place));
            if !result.problems.is_empty() && result.passed {
                text.push_str(
                    "        its policies have mistakes (above); a broken Allow never applies, a broken Deny does\n",
                );
            }
            if !result.passed {
                text.push_str(&format!("        {}\n", result.failure()));
                if let Some(request) = &result.counter_example {
                    text.push_str(&format!("        counter-example: {request}\n"));
                }
            }
        }
        if self.shows_coverage {
            text.push_str(&self.coverage_table());
        }
        let tinted = tint(&self.summary(), if self.failed() == 0 { Tint::Green } else { Tint::Red }, color);
        text.push_str(&format!("{tinted}\n"));
        text
    }

    fn coverage_table(&self) -> String {
        let idle = self.coverage.idle();
        let total = self.coverage.statements.len();
        let mut text = format!("{} of {total} statements settled a case\n", total - idle.len());
        for (place, sid) in idle {
            let sid = if sid.is_empty() { String::new() } else { format!("  {sid}") };
            text.push_str(&format!("  never decisive  {place}{sid}\n"));
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let cases: Vec<serde_json::Value> = self
            .results
            .iter()
            .map(|(file, result)| {
                let mut case = json!({
                    "name": result.name,
                    "file": file,
                    "place": result.place,
                    "expected": result.expected,
                    "actual": result.actual,
                    "because": result.because,
                    "reasons": result.reasons,
                    "problems": result.problems,
                    "passed": result.passed,
                });
                if let (Some(request), Some(members)) = (&result.counter_example, case.as_object_mut()) {
                    members.insert("counter_example".into(), request.clone());
                }
                case
            })
            .collect();
        let mut value = json!({
            "schema_version": 1,
            "passed": self.passed(),
            "failed": self.failed(),
            "cases": cases,
        });
        if let (true, Some(members)) = (self.shows_coverage, value.as_object_mut()) {
            let idle: Vec<_> =
                self.coverage.idle().iter().map(|(source, sid)| json!({"source": source, "sid": sid})).collect();
            let coverage = json!({"statements": self.coverage.statements.len(), "never_decisive": idle});
            members.insert("coverage".into(), coverage);
        }
        value
    }

    fn junit(&self) -> String {
        let mut files: Vec<&str> = self.results.iter().map(|(file, _)| file.as_str()).collect();
        files.dedup();
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let totals = format!("tests=\"{}\" failures=\"{}\"", self.results.len(), self.failed());
        text.push_str(&format!("<testsuites {totals}>\n"));
        for file in files {
            let mine: Vec<&CaseResult> =
                self.results.iter().filter(|(of, _)| of == file).map(|(_, result)| result).collect();
            let failed = mine.iter().filter(|result| !result.passed).count();
            let (name, count) = (xml(file), mine.len());
            text.push_str(&format!("  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\">\n"));
            for result in mine {
                let case = format!("    <testcase classname=\"{name}\" name=\"{}\"", xml(&result.name));
                match result.passed {
                    true => text.push_str(&format!("{case}/>\n")),
                    false => {
                        let message = xml(&result.failure());
                        let place = xml(&format!("{file}:{}", result.place));
                        text.push_str(&format!(
                            "{case}>\n      <failure message=\"{message}\">{place}</failure>\n    </testcase>\n"
                        ));
                    }
                }
            }
            text.push_str("  </testsuite>\n");
        }
        text.push_str("</testsuites>\n");
        text
    }
}

impl Report for Tests {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Junit];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => output::json(&self.json()),
            Format::Junit => Ok(self.junit()),
            _ => Ok(self.table(color)),
        }
    }

    fn summary(&self) -> String {
        format!("{} passed, {} failed", self.passed(), self.failed())
    }
}
