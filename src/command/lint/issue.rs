//! A finding as it is reported: in which file, from where to where, under which fingerprint, and what mends it.

use std::rc::Rc;

use wardbook_policy::lint::{Evidence, Severity};
use wardbook_policy::span::{Position, Span};

/// A stretch of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: Rc<str>,
    /// In the text of the file.
    pub(super) span: Span,
    pub(super) start: Position,
    /// Just past the last character.
    pub(super) end: Position,
}

/// A change of files that mends what was found.
#[derive(Debug, Clone)]
pub(super) struct Repair {
    pub(super) is_safe: bool,
    pub(super) title: String,
    /// What takes the place of what.
    pub(super) edits: Vec<(Place, String)>,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Excuse {
    /// Somebody said so where it stands.
    InSource(String),
    /// The settings say so.
    Settings(String),
    /// It was there before.
    Baseline,
}

impl Excuse {
    /// The reason that was given.
    pub(super) fn reason(&self) -> &str {
        match self {
            Excuse::InSource(reason) | Excuse::Settings(reason) => reason,
            Excuse::Baseline => "it is part of the baseline",
        }
    }
}

/// One finding.
#[derive(Debug, Clone)]
pub(super) struct Issue {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) labels: Vec<(Place, String)>,
    pub(super) evidence: Option<Evidence>,
    pub(super) repair: Option<Repair>,
    /// What the carrier calls that which it is about: a logical id, a Terraform address.
    pub(super) subject: Option<Box<str>>,
    /// The path of the construct that made it.
    pub(super) construct: Option<Box<str>>,
    /// The kind of the document: `key-policy`.
    pub(super) kind: Option<&'static str>,
    /// The Sid of the statement in which it stands.
    pub(super) sid: Option<Box<str>>,
    /// The same wherever the lines are.
    pub(super) fingerprint: String,
    pub(super) excuse: Option<Excuse>,
}

impl Issue {
    /// Whether it counts.
    pub(super) fn is_active(&self) -> bool {
        self.excuse.is_none()
    }

    /// What findings are sorted by: file, place, code.
    pub(super) fn order(&self) -> (&str, Position, &str, Position, &str) {
        (&self.place.path, self.place.start, self.code, self.place.end, &self.message)
    }
}
