//! A document as rules look at it: its statements taken apart, and, where it compiles, what evaluation says of it.

use core::cell::OnceCell;

use crate::boxes::{Access, Doubt, Review, Setting, access, review};
use crate::catalogue::{self, Action, KmsOperation, ResourceKind};
use crate::condition::Scope;
use crate::document::{Document, StatementText, Word, Words};
use crate::json::{Kind as Json, Member, Value};
use crate::pattern::{Pattern, Use};
use crate::policy::Policy;
use crate::quirk::Quirks;
use crate::span::Span;
use crate::statement::Effect;
use crate::subject::KeySubject;
use crate::symbol;

use super::Settings;
use super::kind::Kind;

/// A document, and what is known around it.
pub(super) struct View<'a> {
    pub(super) value: &'a Value,
    pub(super) document: &'a Document,
    pub(super) kind: Kind,
    /// The account that owns the key; `None` where nobody can tell.
    pub(super) account: Option<&'a str>,
    /// The key, where the carrier declares it.
    pub(super) key: Option<&'a KeySubject>,
    pub(super) settings: &'a Settings,
    /// The compiled document; empty if it has problems or is too long to be evaluated.
    pub(super) policies: &'a [Policy],
    pub(super) access: OnceCell<(Vec<Access<'a>>, Vec<Doubt>)>,
    pub(super) reviews: OnceCell<(Vec<Review>, Vec<Doubt>)>,
}

impl<'a> View<'a> {
    pub(super) fn is_key_policy(&self) -> bool {
        self.kind == Kind::KeyPolicy
    }

    /// Where the policy stands, for evaluation.
    pub(super) fn setting(&self) -> Setting<'a> {
        let resource = self.key.map(|key| &*key.arn).filter(|arn| !symbol::holds(arn));
        Setting { resource, account: self.account, quirks: Quirks::default(), kind: self.kind.policy_kind() }
    }

    /// Everything that the document allows anybody, if that is decided.
    pub(super) fn access(&self) -> Option<&[Access<'a>]> {
        if self.policies.is_empty() {
            return None;
        }
        let (rows, doubts) = self.access.get_or_init(|| access(self.policies, &self.setting()));
        doubts.is_empty().then_some(&**rows)
    }

    /// What is to be said of statements that do nothing, if that is decided.
    pub(super) fn reviews(&self) -> &[Review] {
        if self.policies.is_empty() {
            return &[];
        }
        let (reviews, doubts) = self.reviews.get_or_init(|| review(self.policies, &self.setting()));
        if doubts.is_empty() { reviews } else { &[] }
    }

    /// The statements that allow.
    pub(super) fn allows(&self) -> impl Iterator<Item = &'a StatementText> {
        self.document.statements.iter().filter(|statement| effect(statement) == Some(Effect::Allow))
    }

    /// Whether it stands open what the text is: a template will say.
    pub(super) fn is_open(&self, text: &str) -> bool {
        self.document.open && symbol::holds(text)
    }

    /// The members of each statement, as they were written.
    pub(super) fn raw_statements(&self) -> impl Iterator<Item = (&'a Value, &'a [Member])> {
        let statements = match self.value.member("Statement").map(|value| (&value.kind, value)) {
            Some((Json::List(values), _)) => &**values,
            Some((_, value)) => core::slice::from_ref(value),
            None => &[],
        };
        statements.iter().filter_map(|value| Some((value, value.as_object()?)))
    }
}

/// What a statement does, if it says so.
pub(super) fn effect(statement: &StatementText) -> Option<Effect> {
    match &*statement.effect.as_ref()?.text {
        "Allow" => Some(Effect::Allow),
        "Deny" => Some(Effect::Deny),
        _ => None,
    }
}

/// The first character of what stands here: the place of something that is missing inside it.
pub(super) fn head(span: Span) -> Span {
    Span { start: span.start, end: span.start.saturating_add(1) }
}

/// Where a statement is best pointed at: its Sid, else its beginning.
pub(super) fn handle(statement: &StatementText) -> Span {
    statement.sid.as_ref().map_or(head(statement.span), |sid| sid.span)
}

/// How a sentence calls a statement: by its Sid, else by its number.
pub(super) fn name(document: &Document, index: usize) -> String {
    match document.statements.get(index).and_then(|statement| statement.sid.as_ref()) {
        Some(sid) => format!("`{}`", sid.text),
        None => format!("statement {}", index + 1),
    }
}

/// The KMS actions that a pattern of an Action element takes.
pub(super) fn kms_actions(pattern: &str) -> impl Iterator<Item = Action> + use<> {
    let lower = if pattern == "*" { "kms:*".to_owned() } else { pattern.to_ascii_lowercase() };
    let scope = Scope { variables: false, symbols: false };
    let inside = lower.trim_end_matches('*').contains(['*', '?']);
    let found: Vec<Action> = match Pattern::new(&lower, Use::Glob, scope) {
        _ if !lower.starts_with("kms:") => Vec::new(),
        // The catalogue is sorted, so that names and beginnings of names are found at once.
        _ if !inside => catalogue::actions_matching(&lower).collect(),
        Ok(pattern) => {
            let all = catalogue::service("kms").into_iter().flat_map(|service| service.actions());
            all.filter(|action| pattern.matches_plainly(&action.name().to_ascii_lowercase())).collect()
        }
        Err(_) => Vec::new(),
    };
    found.into_iter()
}

/// The KMS actions that a statement is about.
pub(super) fn actions_of(statement: &StatementText) -> Vec<&'static str> {
    let Some(words) = &statement.action else { return Vec::new() };
    let mut named: Vec<&str> =
        words.words.iter().flat_map(|word| kms_actions(&word.text)).map(|action| action.name()).collect();
    named.sort_unstable();
    named.dedup();
    match words.negated {
        false => named,
        true => kms_actions("kms:*").map(|action| action.name()).filter(|name| !named.contains(name)).collect(),
    }
}

/// Whether the statement is about this action.
pub(super) fn is_about(statement: &StatementText, action: &str) -> bool {
    actions_of(statement).contains(&action)
}

/// Whether an action is decided on a key.
pub(super) fn is_on_keys(operation: KmsOperation) -> bool {
    matches!(operation.resource_kind(), ResourceKind::Key | ResourceKind::AliasAndKey)
}

/// The words of Action, where it is not negated.
pub(super) fn plain(words: &Option<Words>) -> &[Word] {
    words.as_ref().filter(|words| !words.negated).map_or(&[], |words| &words.words)
}

/// The words of an element, negated or not.
pub(super) fn all(words: &Option<Words>) -> &[Word] {
    words.as_ref().map_or(&[], |words| &words.words)
}

/// A condition operator taken apart: set operator, name, and whether it ends in `IfExists`.
pub(super) fn operator(text: &str) -> (Option<&str>, &str, bool) {
    let (quantifier, rest) = match text.split_once(':') {
        Some((quantifier, rest)) => (Some(quantifier), rest),
        None => (None, text),
    };
    match rest.strip_suffix("IfExists") {
        Some(name) => (quantifier, name, true),
        None => (quantifier, rest, false),
    }
}

/// Whether an operator holds where the key matches none of the values.
pub(super) fn is_negated(name: &str) -> bool {
    name.contains("Not")
}

/// A list in a sentence: `a`, `b` and `c`, and how many more.
pub(super) fn listed<'t>(names: impl IntoIterator<Item = &'t str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    match (shown.split_last(), names.len().saturating_sub(most)) {
        (None, _) => String::new(),
        (Some(_), more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        (Some((last, [])), _) => last.clone(),
        (Some((last, first)), _) => format!("{} and {last}", first.join(", ")),
    }
}
