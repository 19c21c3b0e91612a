//! Patterns, by the most naive method that can be right.
#![allow(clippy::indexing_slicing, reason = "the table has a place for every prefix")]

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Char(char),
    /// Any one character; not a colon if so marked.
    One {
        colon: bool,
    },
    /// Any run of characters; none of them a colon if so marked.
    Run {
        colon: bool,
    },
}

/// `*` and `?` over the whole text.
pub(crate) fn glob(text: &str) -> Vec<Step> {
    text.chars()
        .map(|c| match c {
            '*' => Step::Run { colon: true },
            '?' => Step::One { colon: true },
            c => Step::Char(c),
        })
        .collect()
}

/// Whether a wildcard that ends a segment may go on past its colon: only an asterisk may.
pub(crate) fn resource_step(c: char, next: Option<char>) -> Step {
    match c {
        '*' => Step::Run { colon: matches!(next, None | Some(':')) },
        '?' => Step::One { colon: false },
        c => Step::Char(c),
    }
}

pub(crate) fn resource(text: &str) -> Vec<Step> {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).map(|i| resource_step(chars[i], chars.get(i + 1).copied())).collect()
}

/// Does the pattern produce the text? A table of prefixes against prefixes.
pub(crate) fn matches(steps: &[Step], text: &str) -> bool {
    let mut reached = vec![false; text.chars().count() + 1];
    reached[0] = true;
    for step in steps {
        let mut next = vec![false; reached.len()];
        if let Step::Run { .. } = step {
            next[0] = reached[0];
        }
        for (i, c) in text.chars().enumerate() {
            next[i + 1] = match *step {
                Step::Char(wanted) => reached[i] && wanted == c,
                Step::One { colon } => reached[i] && (colon || c != ':'),
                Step::Run { colon } => reached[i + 1] || (next[i] && (colon || c != ':')),
            };
        }
        reached = next;
    }
    reached[reached.len() - 1]
}

/// Six parts, each by itself; the sixth may hold colons.
pub(crate) fn arn_matches(steps: &[Step], text: &str) -> bool {
    let patterns: Vec<&[Step]> = steps.splitn(6, |step| *step == Step::Char(':')).collect();
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    patterns.len() == 6 && parts.len() == 6 && patterns.iter().zip(parts).all(|(pattern, part)| matches(pattern, part))
}
