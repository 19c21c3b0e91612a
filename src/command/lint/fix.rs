//! Mending what can be mended: edits in the texts, then another look, until nothing more can be done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wardbook_inventory::edit::Replacement;

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
        let fits = repair.edits.iter().all(|(path, edit)| {
            let others = edits.get(path).map_or(&[][..], Vec::as_slice);
            allowed(path) && others.iter().all(|other| *other == *edit || !overlap(other, edit))
        });
        if !fits {
            continue;
        }
        mended += 1;
        for (path, edit) in &repair.edits {
            let others = edits.entry(path.clone()).or_default();
            if !others.contains(edit) {
                others.push(edit.clone());
            }
        }
    }
    (edits, mended)
}

/// Whether a finding says that a file, or a text in it, cannot be read.
pub(super) fn is_syntax(issue: &Issue) -> bool {
    matches!(issue.code, "SY01" | "SY02")
}

fn overlap(a: &Replacement, b: &Replacement) -> bool {
    a.span.start == b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end)
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
