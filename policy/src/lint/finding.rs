//! What a rule reports: where, how bad, why, what to do, and the request or the argument that proves it.

use crate::request::Request;
use crate::span::Span;

use super::Rule;

/// How bad it is, by effect; later ones are worse for whoever wrote it, or equally bad in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing changes, but a reader may stumble.
    Info,
    /// It does not do what it seems to do, or does it by accident.
    Warning,
    /// It opens more than anybody needs.
    Security,
    /// It does nothing, is refused, or cannot be undone.
    Error,
}

impl Severity {
    /// All of them, mildest first.
    pub const ALL: [Severity; 4] = [Severity::Info, Severity::Warning, Severity::Security, Severity::Error];

    /// The word used in JSON and by `--fail-on`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Security => "security",
            Severity::Error => "error",
        }
    }
}

/// Which subject a finding is about: a position among those of its kind in [`Subjects`](crate::subject::Subjects).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A policy document.
    Document(usize),
    /// A key.
    Key(usize),
    /// An alias.
    Alias(usize),
    /// A grant.
    Grant(usize),
    /// A resource before and after a change.
    Change(usize),
    /// A resource that names a key.
    Use(usize),
}

/// A second place that matters, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be said of it.
    pub text: String,
}

/// Why a finding of a semantic rule is true.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// A whole request that [`decide`](crate::decide::decide) allows.
    Witness(Box<Request>),
    /// That there is no such request, in words.
    Proof(String),
}

/// A change of the document that mends what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether the document means the same afterwards, or what it was certainly meant to mean.
    pub safe: bool,
    /// What it does, in the imperative.
    pub title: String,
    /// The changes, which do not overlap.
    pub edits: Vec<Edit>,
}

/// One change of the document's tree. Places are those of the document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The text (a value or the name of a member) that stands here becomes another.
    Text {
        /// Where it stands.
        span: Span,
        /// What becomes of it, without quotes or escapes.
        text: Box<str>,
    },
    /// An object gets a first member.
    FirstMember {
        /// Where the object stands.
        object: Span,
        /// The member's name.
        name: Box<str>,
        /// Its value, a text.
        text: Box<str>,
    },
}

/// Something that a rule found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The subject.
    pub about: About,
    /// How bad it is.
    pub severity: Severity,
    /// Where, in the carrier's text.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Why it is true.
    pub evidence: Option<Evidence>,
    /// A change that mends it.
    pub fix: Option<Fix>,
}

impl Finding {
    pub(super) fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Finding {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub(super) fn help(&mut self, text: impl Into<String>) -> &mut Finding {
        self.help = Some(text.into());
        self
    }

    pub(super) fn witness(&mut self, request: &Request) -> &mut Finding {
        self.evidence = Some(Evidence::Witness(Box::new(request.clone())));
        self
    }

    pub(super) fn proof(&mut self, text: impl Into<String>) -> &mut Finding {
        self.evidence = Some(Evidence::Proof(text.into()));
        self
    }

    pub(super) fn fix(&mut self, safe: bool, title: impl Into<String>, edit: Edit) -> &mut Finding {
        self.fix = Some(Fix { safe, title: title.into(), edits: vec![edit] });
        self
    }
}

/// The findings of one rule about one subject.
pub(super) struct Findings<'f> {
    pub(super) rule: &'static Rule,
    pub(super) about: About,
    pub(super) list: &'f mut Vec<Finding>,
}

impl Findings<'_> {
    /// What was found before, by whatever rule.
    pub(super) fn earlier(&self) -> &[Finding] {
        self.list
    }

    /// The findings of this rule about another subject.
    pub(super) fn at(&mut self, about: About) -> Findings<'_> {
        Findings { rule: self.rule, about, list: self.list }
    }

    /// A finding; what else is to be said is added to it.
    pub(super) fn add(&mut self, severity: Severity, span: Span, message: impl Into<String>) -> &mut Finding {
        let (rule, about, message) = (self.rule, self.about, message.into());
        let (labels, help, evidence, fix) = (Vec::new(), None, None, None);
        self.list.push(Finding { rule, about, severity, span, message, labels, help, evidence, fix });
        let last = self.list.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "something was pushed in the line before")]
        &mut self.list[last]
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Error, span, message)
    }

    pub(super) fn security(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Security, span, message)
    }

    pub(super) fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Warning, span, message)
    }

    pub(super) fn info(&mut self, span: Span, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Info, span, message)
    }
}
