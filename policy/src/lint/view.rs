//! A document as rules look at it: its statements taken apart, and, where it compiles, what evaluation says of it.

use core::cell::OnceCell;
use std::borrow::Cow;

use crate::arn::{Arn, is_account_id};
use crate::boxes::{Access, Doubt, Review, Setting, StatementVerdict as Verdict, Survey, survey};
use crate::catalogue::{self, Action, KmsOperation, ResourceKind};
use crate::condition::Scope;
use crate::document::{Document, StatementText, Word, Words};
use crate::json::{Kind as Json, Member, Value};
use crate::limits::EVALUATED_STATEMENTS_MAX;
use crate::pattern::{Pattern, Use};
use crate::policy::{Origin, Policy};
use crate::span::Span;
use crate::statement::{Effect, Statement};
use crate::subject::KeySubject;
use crate::symbol;

use super::Settings;
use super::by_resource;
use super::kind::{Kind, inferred_account};
use super::stand_in::{StandIns, with_account};

/// A document, and what is known around it.
pub(super) struct View<'a> {
    pub(super) value: &'a Value,
    pub(super) document: &'a Document,
    pub(super) kind: Kind,
    /// The account that owns the key; `None` where nobody can tell.
    pub(super) account: Option<&'a str>,
    /// The key, where the carrier declares it.
    pub(super) key: Option<&'a KeySubject>,
    /// The Region of the keys that are declared beside it, if that is one.
    pub(super) region: Option<&'a str>,
    pub(super) settings: &'a Settings,
    pub(super) prepared: &'a Prepared<'a>,
    /// The compiled document; empty if it has problems or is too long to be evaluated.
    pub(super) policies: &'a [Policy],
    survey: OnceCell<Survey<'a>>,
}

/// A document and what is compiled of it, before anything is asked.
pub(super) struct Prepared<'a> {
    pub(super) value: &'a Value,
    pub(super) document: &'a Document,
    pub(super) kind: Kind,
    key: Option<&'a KeySubject>,
    account: Option<Box<str>>,
    /// The ARN of the key, nothing left open in it.
    pub(super) resource: Option<Box<str>>,
    /// Whether the Region in that ARN only stands for another.
    in_some_region: bool,
    /// The account that stood in for the key's own, and that which the policy says it is.
    moved: Option<(Box<str>, Box<str>)>,
    /// The compiled document, if it has no problems and is not too long to be evaluated. Of policies that are not about
    /// one key it is the part about KMS.
    pub(super) policy: Option<Policy>,
    /// Whether nothing of it is about KMS.
    pub(super) idle: bool,
    /// The Region of the keys that are declared beside it, if that is one.
    pub(super) region: Option<&'a str>,
    pub(super) stand_ins: &'a StandIns,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(
        value: &'a Value,
        document: &'a Document,
        kind: Kind,
        key: Option<&'a KeySubject>,
        stand_ins: &'a StandIns,
    ) -> Prepared<'a> {
        let arn = key.map(|key| stand_ins.settle(&key.arn)).filter(|arn| !symbol::holds(arn));
        let own = arn.as_deref().and_then(|arn| arn.split(':').nth(4)).filter(|account| is_account_id(account));
        let mut settled = stand_ins.settle_document(document);
        let inferred = (kind == Kind::KeyPolicy).then(|| inferred_account(&settled)).flatten();
        let part = |place: usize| key.and_then(|key| key.arn.split(':').nth(place));
        let is_open = |place: usize| part(place).is_some_and(symbol::holds);
        // Whoever writes out one account in a template, and lets it alone decide, means the one that the key will be in.
        let mut moved = None;
        let account = match (own, inferred) {
            (Some(own), Some(told)) if is_open(4) && *own != *told => {
                settled = with_account(settled, own, &told);
                moved = Some((own.into(), told.clone()));
                Some(told)
            }
            (Some(own), _) => Some(own.into()),
            (None, inferred) => inferred,
        };
        let resource: Option<Box<str>> = match (&arn, own, &account) {
            (Some(arn), Some(own), Some(account)) => Some(arn.replace(own, account).into()),
            (Some(arn), ..) => Some(arn.as_str().into()),
            (None, ..) if kind == Kind::KeyPolicy && key.is_none() => named_key(&settled, account.as_deref()),
            (None, ..) => None,
        };
        let in_some_region = is_open(3);
        let short = document.statements.len() <= EVALUATED_STATEMENTS_MAX;
        let evaluated = match kind {
            Kind::KeyPolicy => settled,
            _ => Cow::Owned(of_kms(&settled)),
        };
        let idle = evaluated.statements.is_empty();
        let asked = short && !idle;
        let policy = asked.then(|| Policy::new(&evaluated, kind.policy_kind(), Origin::default()).ok()).flatten();
        let region = None;
        Prepared {
            value,
            document,
            kind,
            key,
            account,
            resource,
            in_some_region,
            moved,
            policy,
            idle,
            region,
            stand_ins,
        }
    }
}

impl Prepared<'_> {
    /// A text with stand-ins in it, as in the policy that is evaluated.
    pub(super) fn settle(&self, text: &str) -> String {
        let settled = self.stand_ins.settle(text);
        match &self.moved {
            Some((stand_in, account)) => settled.replace(&**stand_in, account),
            None => settled,
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn new(prepared: &'a Prepared<'a>, settings: &'a Settings) -> View<'a> {
        View {
            value: prepared.value,
            document: prepared.document,
            kind: prepared.kind,
            account: prepared.account.as_deref(),
            key: prepared.key,
            region: prepared.region,
            settings,
            prepared,
            policies: prepared.policy.as_slice(),
            survey: OnceCell::new(),
        }
    }

    pub(super) fn is_key_policy(&self) -> bool {
        self.kind == Kind::KeyPolicy
    }

    /// Whether this is how AWS writes the policies of the keys that it manages itself, and changes itself.
    pub(super) fn is_of_aws_managed_key(&self) -> bool {
        let named = self.document.id.as_ref().is_some_and(|id| id.text.starts_with("auto-"));
        let has = |statement: &StatementText, key: &str| {
            statement.conditions.iter().any(|row| row.key.text.eq_ignore_ascii_case(key))
        };
        named && self.allows().any(|own| has(own, "kms:ViaService") && has(own, "kms:CallerAccount"))
    }

    /// Whether the Region of the key is one that nobody told.
    pub(super) fn is_in_some_region(&self) -> bool {
        self.prepared.resource.is_none() || self.prepared.in_some_region
    }

    /// A text about stand-ins as a reader of the document would put it.
    pub(super) fn told(&self, text: &str) -> String {
        self.prepared.stand_ins.told(text)
    }

    /// The statement of the document that became this one.
    pub(super) fn text_of(&self, statement: &Statement) -> Option<&'a StatementText> {
        self.document.statements.iter().find(|text| text.span == statement.span())
    }

    /// Where the policy stands, for evaluation.
    pub(super) fn setting(&self) -> Setting<'a> {
        let resource = self.prepared.resource.as_deref();
        let in_some_region = self.prepared.in_some_region;
        Setting { resource, account: self.account, in_some_region, ..Setting::of(self.kind.policy_kind()) }
    }

    /// Everything that the document allows anybody, if that is decided.
    pub(super) fn access(&self) -> Option<&[Access<'a>]> {
        let (rows, doubts) = self.found_access()?;
        doubts.is_empty().then_some(&**rows)
    }

    /// What the document is known to allow anybody, where it may allow more or other things as well. Whoever asks shows
    /// for each row that [`decide`](crate::decide::decide) allows something of it.
    pub(super) fn known_access(&self) -> &[Access<'a>] {
        self.found_access().map_or(&[], |(rows, _)| rows)
    }

    /// Why it is not decided what the document allows, or what its statements do.
    pub(super) fn doubts(&self) -> impl Iterator<Item = &Doubt> {
        let access = self.found_access().filter(|_| self.is_key_policy()).map(|(_, doubts)| doubts);
        let reviews = self.found_reviews().map(|(_, doubts)| doubts);
        access.into_iter().chain(reviews).flatten()
    }

    fn found_access(&self) -> Option<&(Vec<Access<'a>>, Vec<Doubt>)> {
        self.surveyed().map(|survey| &survey.access)
    }

    fn found_reviews(&self) -> Option<&(Vec<Review>, Vec<Doubt>)> {
        self.surveyed().map(|survey| &survey.reviews)
    }

    fn surveyed(&self) -> Option<&Survey<'a>> {
        let asked = || {
            let mut survey = match self.kind {
                Kind::KeyPolicy => survey(self.policies, &self.setting()),
                // Whom it is attached to says who gets in.
                _ => Survey {
                    access: (Vec::new(), Vec::new()),
                    reviews: by_resource::reviews(self.policies, &self.setting()),
                },
            };
            let reviews = &mut survey.reviews.0;
            // The statements of which only a part was compiled are another matter.
            reviews.retain_mut(|review| self.placed(&mut review.statement, true));
            reviews.retain_mut(|review| match &mut review.verdict {
                Verdict::Shadowed { by } | Verdict::Overruled { by } => {
                    by.iter_mut().all(|(_, index)| self.placed(index, false))
                }
                Verdict::Unreachable | Verdict::Vacuous { .. } => true,
            });
            survey
        };
        (!self.policies.is_empty()).then(|| self.survey.get_or_init(asked))
    }

    /// What is to be said of statements that do nothing, if that is decided.
    pub(super) fn reviews(&self) -> &[Review] {
        match self.found_reviews() {
            Some((reviews, doubts)) if doubts.is_empty() => reviews,
            _ => &[],
        }
    }

    /// Turns the number of a statement that was compiled into its number in the document; whether there is one, compiled whole.
    fn placed(&self, index: &mut usize, whole: bool) -> bool {
        let policy = self.policies.first();
        let span = policy.and_then(|policy| policy.statements().get(*index)).map(|statement| statement.span());
        let found = self.document.statements.iter().enumerate().find(|(_, text)| Some(text.span) == span);
        let Some((place, text)) = found else { return false };
        *index = place;
        self.is_key_policy() || !whole || text.action.iter().flat_map(|action| &action.words).all(is_of_kms)
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

/// What of a document may be about KMS.
fn of_kms(document: &Document) -> Document {
    let about = |statement: &StatementText| {
        statement.unknown || statement.action.iter().any(|action| action.negated || action.words.iter().any(is_of_kms))
    };
    let mut reduced = Document {
        span: document.span,
        version: document.version.clone(),
        id: None,
        open: document.open,
        statements: Vec::new(),
        problems: document.problems.clone(),
    };
    for statement in document.statements.iter().filter(|statement| about(statement)) {
        let mut statement = statement.clone();
        if let Some(action) = statement.action.as_mut().filter(|action| !action.negated) {
            action.words.retain(is_of_kms);
        }
        reduced.statements.push(statement);
    }
    reduced
}

/// Whether a word of Action may take an action of KMS.
fn is_of_kms(word: &Word) -> bool {
    let service = word.text.split(':').next().unwrap_or_default();
    service.eq_ignore_ascii_case("kms") || service.contains(['*', '?']) || symbol::holds(service)
}

/// The ARN of the key that a key policy names as its own: that for which the policy can be changed, else the first.
fn named_key(document: &Document, account: Option<&str>) -> Option<Box<str>> {
    let mut first = None;
    for statement in &document.statements {
        for word in plain(&statement.resource) {
            let Some(arn) = Arn::parse(&word.text).filter(|arn| arn.service == "kms") else { continue };
            let written = arn.resource_after("key").is_some() && !word.text.contains(['*', '?', '$']);
            if !written || symbol::holds(&word.text) || account.is_some_and(|account| account != arn.account) {
                continue;
            }
            if is_about(statement, "kms:PutKeyPolicy") {
                return Some(word.text.clone());
            }
            first = first.or(Some(&word.text));
        }
    }
    first.cloned()
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
    let of_kms = pattern == "*" || pattern.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("kms:"));
    let found: Vec<Action> = if of_kms { actions_of_kms(pattern) } else { Vec::new() };
    found.into_iter()
}

fn actions_of_kms(pattern: &str) -> Vec<Action> {
    let lower = if pattern == "*" { "kms:*".to_owned() } else { pattern.to_ascii_lowercase() };
    // The catalogue is sorted, so that names and beginnings of names are found at once.
    if !lower.contains(['*', '?']) {
        return catalogue::action(&lower).into_iter().collect();
    }
    if !lower.trim_end_matches('*').contains(['*', '?']) {
        return catalogue::actions_matching(&lower).collect();
    }
    let scope = Scope { variables: false, symbols: false };
    let Ok(pattern) = Pattern::new(&lower, Use::Glob, scope) else { return Vec::new() };
    let all = catalogue::service("kms").into_iter().flat_map(|service| service.actions());
    all.filter(|action| pattern.matches_plainly(&action.name().to_ascii_lowercase())).collect()
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
