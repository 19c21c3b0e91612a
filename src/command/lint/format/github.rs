//! Annotations of a GitHub Actions run.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use wardbook_policy::lint::Severity;

use crate::command::lint::report::Outcome;

/// One workflow command a finding.
pub(in crate::command::lint) fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    for issue in outcome.active() {
        let command = match issue.severity {
            Severity::Error | Severity::Security => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let place = &issue.place;
        let title = property(&format!("{} {}", issue.code, issue.name));
        let mut message = format!("{}:{}: {}", place.path, place.start, issue.message);
        if let Some(help) = &issue.help {
            message.push_str(&format!("\n{help}"));
        }
        // An end column is only taken where the place is within one line.
        let column = match place.start.line == place.end.line {
            true => format!(",col={},endColumn={}", place.start.column, place.end.column),
            false => format!(",col={}", place.start.column),
        };
        text.push_str(&format!(
            "::{command} file={},line={},endLine={}{column},title={title}::{}\n",
            property(&place.path),
            place.start.line,
            place.end.line,
            data(&message),
        ));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
