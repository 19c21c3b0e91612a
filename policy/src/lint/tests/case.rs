//! Fixtures: policies in which the places of findings are marked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{files, whole};

/// Fixtures are separated by lines that begin with `===` and tell what they are about. `→KP01 ` stands before the
/// place of a finding; where there is none, nothing is found.
pub(super) struct Case {
    pub(super) file: String,
    pub(super) note: String,
    pub(super) text: String,
    pub(super) wanted: BTreeSet<(usize, String)>,
}

pub(super) fn cases() -> Vec<Case> {
    read_cases(files("rule"))
}

pub(super) fn read_cases(paths: Vec<PathBuf>) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("===").skip(1) {
            let (note, body) = case.split_once('\n').unwrap();
            let mut wanted = BTreeSet::new();
            let mut plain = String::new();
            let body = whole_marked(body.trim());
            let mut rest = &*body;
            while let Some((before, after)) = rest.split_once('→') {
                plain.push_str(before);
                let (code, after) = after.split_once(' ').unwrap();
                wanted.insert((plain.len(), code.to_owned()));
                rest = after;
            }
            plain.push_str(rest);
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            cases.push(Case { file, note: note.trim().into(), text: plain, wanted });
        }
    }
    cases
}

/// A fixture as a whole policy, markers kept.
fn whole_marked(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('→') {
        plain.push_str(before);
        rest = after.split_once(' ').unwrap().1;
    }
    plain.push_str(rest);
    let whole = whole(&plain);
    match whole.split_once(&plain) {
        Some((before, after)) => format!("{before}{text}{after}"),
        None => text.into(),
    }
}
