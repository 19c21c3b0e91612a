//! JUnit XML: a file is a suite, a finding that counts is a failure, a clean file is a test that passed.

use crate::command::lint::issue::Issue;
use crate::command::lint::report::Outcome;
use crate::output::xml::xml;

/// Every linted file.
pub(in crate::command::lint) fn render(outcome: &Outcome) -> String {
    let is_failure = |issue: &Issue| issue.severity >= outcome.fail_on;
    let failures = outcome.active().filter(|issue| is_failure(issue)).count();
    let mut names: Vec<&str> = outcome.files.iter().map(String::as_str).collect();
    names.extend(outcome.active().map(|issue| &*issue.place.path));
    names.sort_unstable();
    names.dedup();
    let mut body = String::new();
    let mut tests = 0;
    for name in names {
        let issues: Vec<&Issue> = outcome.active().filter(|issue| *issue.place.path == *name).collect();
        let failed = issues.iter().filter(|issue| is_failure(issue)).count();
        let count = issues.len().max(1);
        tests += count;
        body.push_str(&format!("  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failed}\">\n", xml(name)));
        if issues.is_empty() {
            body.push_str(&format!("    <testcase classname=\"{}\" name=\"lint\"/>\n", xml(name)));
        }
        for issue in issues {
            let place = &issue.place;
            let title = format!("{} {} at {}", issue.code, issue.name, place.start);
            body.push_str(&format!("    <testcase classname=\"{}\" name=\"{}\"", xml(name), xml(&title)));
            let said = format!("{}:{}: {}", place.path, place.start, issue.message);
            let severity = issue.severity.name();
            match is_failure(issue) {
                true => body.push_str(&format!(
                    ">\n      <failure type=\"{severity}\" message=\"{}\">{}</failure>\n    </testcase>\n",
                    xml(&issue.message),
                    xml(&said)
                )),
                false => body.push_str(&format!(
                    ">\n      <system-out>{severity}: {}</system-out>\n    </testcase>\n",
                    xml(&said)
                )),
            }
        }
        body.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wardbook lint\" tests=\"{tests}\" failures=\"{failures}\">\n{body}</testsuites>\n"
    )
}
