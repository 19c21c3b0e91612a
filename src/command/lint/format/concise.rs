//! One finding a line, as compilers write them.

use crate::command::lint::report::Outcome;

/// `path:line:column: severity[CODE] message`
pub(in crate::command::lint) fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    for issue in outcome.active() {
        let place = &issue.place;
        let message = issue.message.replace(['\n', '\r'], " ");
        let mark = match &issue.repair {
            Some(repair) if repair.is_safe => " [fix]",
            Some(_) => " [unsafe fix]",
            None => "",
        };
        let severity = issue.severity.name();
        text.push_str(&format!("{}:{}: {severity}[{}] {message}{mark}\n", place.path, place.start, issue.code));
    }
    text.push_str(&outcome.sentence());
    text.push('\n');
    text
}
