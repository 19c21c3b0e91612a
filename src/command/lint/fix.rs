//! Mending what can be mended: edits in the texts, then another look, until nothing more can be done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wardbook_inventory::edit::Replacement;
use wardbook_policy::lint::Severity;
use wardbook_policy::span::Span;

use super::issue::Issue;
use super::workspace::Workspace;

/// So many times the texts are mended and looked at again; one edit may uncover the next.
pub(super) const ROUNDS_MAX: usize = 10;

/// Edits of files, which do not overlap.
pub(super) type Edits = BTreeMap<Rc<str>, Vec<Replacement>>;

/// The edits that mend as much as can be mended at once, and how many findings that are. A file that cannot be read
/// is left alone.
pub(super) fn edits(
    issues: &[Issue],
    with_unsafe: bool,
    workspace: &Workspace,
    refused: &BTreeSet<String>,
) -> (Edits, usize) {
    let broken: BTreeSet<&str> =
        issues.iter().filter(|issue| is_syntax(issue)).map(|issue| &*issue.place.path).collect();
    let mut edits = Edits::new();
    let mut mended = 0;
    for issue in issues.iter().filter(|issue| issue.is_active()) {
        let Some(repair) = issue.repair.as_ref().filter(|repair| repair.is_safe || with_unsafe) else { continue };
        let allowed =
            |path: &str| !broken.contains(path) && !refused.contains(path) && workspace.reported.contains(path);
        let fits = repair.edits.iter().all(|(place, text)| {
            let others = edits.get(&place.path).map_or(&[][..], Vec::as_slice);
            let fits = |other: &Replacement| is_same(other, place.span, text) || !overlap(other.span, place.span);
            allowed(&place.path) && others.iter().all(fits)
        });
        if !fits {
            continue;
        }
        mended += 1;
        for (place, text) in &repair.edits {
            let others = edits.entry(place.path.clone()).or_default();
            if !others.iter().any(|other| is_same(other, place.span, text)) {
                others.push(Replacement { span: place.span, text: text.clone() });
            }
        }
    }
    (edits, mended)
}

/// Whether a finding says that a file, or a text in it, cannot be read.
pub(super) fn is_syntax(issue: &Issue) -> bool {
    matches!(issue.code, "SY01" | "SY02") && issue.severity == Severity::Error
}

fn is_same(edit: &Replacement, span: Span, text: &str) -> bool {
    edit.span == span && edit.text == text
}

fn overlap(a: Span, b: Span) -> bool {
    a.start == b.start || (a.start < b.end && b.start < a.end)
}

/// The text with its edits made.
pub(super) fn applied(text: &str, edits: &[Replacement]) -> Option<String> {
    let mut sorted: Vec<&Replacement> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        out.push_str(text.get(at..edit.span.start as usize)?);
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
