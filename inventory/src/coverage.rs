//! What could not be read, and what is missing: part of every answer.

use wardbook_policy::document::Problem;
use wardbook_policy::span::Lines;

use crate::source::ReadError;

/// How much of a folder was understood, and what is missing.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Files that were recognized and read.
    pub files_read: usize,
    /// Files that are plainly no JSON or YAML, such as a README.
    pub files_of_other_kinds: usize,
    /// Everything else, in a fixed order.
    pub gaps: Vec<Gap>,
}

/// One thing that is missing or could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What kind of thing.
    pub kind: GapKind,
    /// The file, account, principal, key or policy concerned.
    pub subject: Box<str>,
    /// What is wrong or missing, in a sentence that can stand alone.
    pub message: String,
}

/// What kind of thing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// A file in a format that is not read.
    FormatNotRead,
    /// A file that could not be read.
    Unreadable,
    /// A statement or grant that would not pass the door; it was evaluated by force.
    Problem,
    /// The same thing in two files.
    Twice,
    /// Something that is declared in a template, not collected from an account.
    Declared,
    /// An account that is named but whose principals were not collected.
    Account,
    /// A principal that is not in its account, although that was collected.
    Principal,
    /// A list that ends before its end.
    Truncated,
    /// A managed policy that is attached, but not in the dump.
    ManagedPolicy,
    /// A key that is named but of which nothing was collected.
    Key,
    /// A key without its key policy.
    KeyPolicy,
    /// A key without its grants.
    Grants,
    /// A key without its metadata.
    KeyMetadata,
    /// A key without its tags.
    KeyTags,
    /// A region without its aliases.
    Aliases,
    /// The policy of a resource that is no key.
    ResourcePolicy,
    /// The session policies of a session.
    SessionPolicy,
    /// The organization, or an account's place in it.
    Organization,
    /// An organization policy that is attached, but whose content was not collected.
    OrganizationPolicy,
}

impl GapKind {
    /// Whether something is wrong with a file, rather than missing.
    pub fn is_defect(self) -> bool {
        matches!(self, GapKind::FormatNotRead | GapKind::Unreadable | GapKind::Problem | GapKind::Twice)
    }

    /// Whether it is about one key, so that answers about other keys do not turn on it.
    pub fn is_of_one_key(self) -> bool {
        use GapKind::{Aliases, Grants, Key, KeyMetadata, KeyPolicy, KeyTags};
        matches!(self, Key | KeyPolicy | Grants | KeyMetadata | KeyTags | Aliases)
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            GapKind::FormatNotRead => "format-not-read",
            GapKind::Unreadable => "unreadable",
            GapKind::Problem => "problem",
            GapKind::Twice => "twice",
            GapKind::Declared => "declared",
            GapKind::Account => "account",
            GapKind::Principal => "principal",
            GapKind::Truncated => "truncated",
            GapKind::ManagedPolicy => "managed-policy",
            GapKind::Key => "key",
            GapKind::KeyPolicy => "key-policy",
            GapKind::Grants => "grants",
            GapKind::KeyMetadata => "key-metadata",
            GapKind::KeyTags => "key-tags",
            GapKind::Aliases => "aliases",
            GapKind::ResourcePolicy => "resource-policy",
            GapKind::SessionPolicy => "session-policy",
            GapKind::Organization => "organization",
            GapKind::OrganizationPolicy => "organization-policy",
        }
    }
}

impl Gap {
    pub(crate) fn new(kind: GapKind, subject: &str, message: impl Into<String>) -> Gap {
        Gap { kind, subject: subject.into(), message: message.into() }
    }

    /// Something wrong inside a document, which was evaluated by force.
    pub(crate) fn problem(name: &str, path: &str, lines: &Lines<'_>, problem: Problem) -> Gap {
        let error = ReadError::new(path, lines, problem.span, problem.message);
        Gap::new(GapKind::Problem, name, error.to_string())
    }

    pub(crate) fn unreadable(error: &ReadError) -> Gap {
        Gap::new(GapKind::Unreadable, &error.path, error.to_string())
    }
}

impl core::fmt::Display for Gap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)
    }
}
