//! A policy that decides: patterns compiled, keys prepared, every statement checked.
//!
//! [`Policy::new`] is the one door from [`Document`] to here, and it fails closed: a document with a
//! problem does not become a policy. [`Policy::forced`] is for those who insist: there a broken
//! Allow never applies and a broken Deny always does.

use std::sync::Arc;

use crate::action_set::KmsActions;
use crate::condition::{Atom, AtomError, Scope};
use crate::digest::{Domain, digest};
use crate::document::{Document, Part, PrincipalText, Problem, StatementText, VERSION_2008, VERSION_2012, Words};
use crate::index::{Handles, Index, principal_handles};
use crate::pattern::{Pattern, Use};
use crate::principal::{Family, PrincipalPattern};
use crate::span::{Lines, Position, Span};
use crate::statement::{Effect, Principals, Statement, Texts};
use crate::symbol;

/// What kind of policy a document is, which decides what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to a user, group or role; also boundaries and session policies.
    Identity,
    /// A key policy.
    Key,
    /// Any other resource-based policy, trust policies included.
    Resource,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A VPC endpoint policy.
    Endpoint,
}

impl PolicyKind {
    fn noun(self) -> &'static str {
        match self {
            PolicyKind::Identity => "an identity policy",
            PolicyKind::Key => "a key policy",
            PolicyKind::Resource => "a resource policy",
            PolicyKind::Scp => "a service control policy",
            PolicyKind::Rcp => "a resource control policy",
            PolicyKind::Endpoint => "an endpoint policy",
        }
    }
}

/// Where a policy comes from, for reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// The policy's ARN or name.
    pub name: &'a str,
    /// The file it was read from.
    pub path: &'a str,
    /// The lines of that file, for positions.
    pub lines: Option<&'a Lines<'a>>,
}

/// A policy, cheap to clone.
#[derive(Debug, Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: Box<str>,
    path: Box<str>,
    /// Where each statement stands, if the lines of its file were known.
    positions: Box<[Place]>,
    /// What it was compiled from, where that may hold symbols.
    open: Option<Box<(Document, PolicyKind)>>,
    body: Arc<Body>,
}

/// What decides; policies of one text share it.
#[derive(Debug)]
struct Body {
    statements: Box<[Statement]>,
    index: Index,
}

/// Where a statement stands.
#[derive(Debug, Clone)]
struct Place {
    position: Position,
    /// The file, where a document is put together from several.
    path: Option<Box<str>>,
}

impl Place {
    fn of(lines: &Lines<'_>, span: Span) -> Place {
        Place { position: lines.position(span), path: lines.path(span).map(Into::into) }
    }
}

impl Policy {
    /// Compiles a document. Every problem is reported, not only the first.
    ///
    /// ```
    /// use wardbook_policy::{document::Document, json, policy::{Origin, Policy, PolicyKind}};
    /// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}}"#;
    /// let document = Document::read(&json::parse(text).unwrap());
    /// assert!(Policy::new(&document, PolicyKind::Identity, Origin::default()).is_ok());
    /// // A key policy says who may; this document does not.
    /// assert!(Policy::new(&document, PolicyKind::Key, Origin::default()).is_err());
    /// ```
    pub fn new(document: &Document, kind: PolicyKind, origin: Origin<'_>) -> Result<Policy, Vec<Problem>> {
        match Policy::forced(document, kind, origin) {
            (policy, problems) if problems.is_empty() => Ok(policy),
            (_, problems) => Err(problems),
        }
    }

    /// Compiles what KMS would keep as a key policy. A statement without Action or Resource is taken, and has no effect:
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>.
    pub fn kept(document: &Document, origin: Origin<'_>) -> Result<Policy, Vec<Problem>> {
        match Policy::forced(document, PolicyKind::Key, origin) {
            (policy, problems) if problems.iter().all(|problem| problem.is_taken) => Ok(policy),
            (_, problems) => Err(problems.into_iter().filter(|problem| !problem.is_taken).collect()),
        }
    }

    /// Compiles what can be compiled. A broken Allow never applies, a broken Deny always does; only one that a key policy
    /// may hold without effect has none.
    pub fn forced(document: &Document, kind: PolicyKind, origin: Origin<'_>) -> (Policy, Vec<Problem>) {
        let mut problems = document.problems.clone();
        if let Some(version) = &document.version
            && ![VERSION_2012, VERSION_2008].contains(&&*version.text)
            && !document.holds_symbol(&version.text)
        {
            let message = format!("`{}` is not a policy version; write `{VERSION_2012}`", version.text);
            problems.push(Problem::new(Part::Document, version.span, message));
        }
        let broken = !problems.is_empty();
        let scope = Scope { variables: document.has_variables(), symbols: document.open };
        let mut statements = Vec::with_capacity(document.statements.len());
        let mut positions = Vec::new();
        for text in &document.statements {
            let mut compiler = Compiler { kind, scope, problems: text.problems.clone() };
            let mut statement = compiler.statement(text);
            let position = origin.lines.map(|lines| Place::of(lines, text.span));
            // What is wrong with the document as a whole is wrong with each of its Allows.
            statement.inert |= broken && statement.effect == Effect::Allow;
            problems.append(&mut compiler.problems);
            // Whether it allows or denies may be open too.
            let either = text.unknown || text.effect.as_ref().is_some_and(|word| document.holds_symbol(&word.text));
            if either {
                statements.push(Statement { effect: Effect::Allow, ..statement.clone() });
                positions.extend(position.clone());
            }
            statements.push(statement);
            positions.extend(position);
        }
        let index = Index::new(statements.iter().map(handles));
        let body = Arc::new(Body { statements: statements.into(), index });
        let open = document.open.then(|| Box::new((document.clone(), kind)));
        (Policy::with(origin, positions.into(), body, open), problems)
    }

    fn of(origin: Origin<'_>, positions: Vec<Place>, body: Arc<Body>) -> Policy {
        Policy::with(origin, positions.into(), body, None)
    }

    fn with(
        origin: Origin<'_>,
        positions: Box<[Place]>,
        body: Arc<Body>,
        open: Option<Box<(Document, PolicyKind)>>,
    ) -> Policy {
        let (name, path) = (origin.name.into(), origin.path.into());
        Policy { inner: Arc::new(Inner { name, path, positions, open, body }) }
    }

    /// The same policy with a text in the place of a symbol, wherever that takes part in decisions. Statements keep
    /// their places.
    ///
    /// ```
    /// use wardbook_policy::{document::Document, json, policy::{Origin, Policy, PolicyKind}};
    /// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt",
    ///     "Resource": "arn:aws:kms:*:⟦t#AccountId⟧:key/*"}}"#;
    /// let document = Document::read_open(&json::parse(text).unwrap());
    /// let (policy, _) = Policy::forced(&document, PolicyKind::Identity, Origin::default());
    /// assert!(policy.is_open());
    /// assert!(!policy.settled("⟦t#AccountId⟧", "111122223333").is_open());
    /// ```
    pub fn settled(&self, symbol: &str, text: &str) -> Policy {
        let Some(open) = &self.inner.open else { return self.clone() };
        let (mut document, kind) = (**open).clone();
        document.words(&mut |word| {
            if word.text.contains(symbol) {
                word.text = word.text.replace(symbol, text).into();
            }
        });
        let origin = Origin { name: self.name(), path: self.path(), lines: None };
        let (policy, _) = Policy::forced(&document, kind, origin);
        let (positions, body) = (self.inner.positions.clone(), policy.inner.body.clone());
        Policy::with(origin, positions, body, Some(Box::new((document, kind))))
    }

    /// The same policy from another place that has the same text, letter for letter: the document
    /// that began at `here` begins at `there`. It decides alike and knows its own name and places.
    pub fn again(&self, origin: Origin<'_>, here: Span, there: Span) -> Policy {
        let moved = |span: Span| {
            let start = there.start.saturating_add(span.start.saturating_sub(here.start));
            Span { start, end: start }
        };
        let positions = origin
            .lines
            .map(|lines| self.statements().iter().map(|statement| Place::of(lines, moved(statement.span))).collect());
        Policy::of(origin, positions.unwrap_or_default(), self.inner.body.clone())
    }

    /// The policy's ARN or name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The file it was read from.
    pub fn path(&self) -> &str {
        &self.inner.path
    }

    /// The statements, in the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.inner.body.statements
    }

    /// Whether a template leaves parts of it open.
    pub fn is_open(&self) -> bool {
        self.statements().iter().any(Statement::is_open)
    }

    /// The same policy without some of its statements.
    pub(crate) fn without(&self, left_out: impl Fn(&Statement) -> bool) -> Policy {
        let kept = self.statements().iter().enumerate().filter(|(_, statement)| !left_out(statement));
        let (indexes, statements): (Vec<usize>, Vec<Statement>) =
            kept.map(|(index, kept)| (index, kept.clone())).unzip();
        let positions = indexes.iter().filter_map(|index| self.inner.positions.get(*index).cloned()).collect();
        let index = Index::new(statements.iter().map(handles));
        let origin = Origin { name: self.name(), path: self.path(), lines: None };
        Policy::of(origin, positions, Arc::new(Body { statements: statements.into(), index }))
    }

    pub(crate) fn index(&self) -> &Index {
        &self.inner.body.index
    }

    /// Where a statement stands: `policies/report.json:12:5`.
    pub fn place(&self, statement: &Statement) -> String {
        let index = self.statements().iter().position(|own| core::ptr::eq(own, statement));
        let place = index.and_then(|index| self.inner.positions.get(index));
        let path = place.and_then(|place| place.path.as_deref()).unwrap_or(self.path());
        match (path, place.map(|place| place.position)) {
            ("", None) => String::new(),
            ("", Some(position)) => position.to_string(),
            (path, None) => path.to_owned(),
            (path, Some(position)) => format!("{path}:{position}"),
        }
    }
}

/// Under what a statement can be filed.
fn handles(statement: &Statement) -> Handles {
    let (principals, accounts) = match &statement.principals {
        Principals::Named(names) => principal_handles(names),
        Principals::Any | Principals::Except(_) => (None, None),
    };
    let literals = |texts: &Texts, domain: Domain| match texts {
        Texts::Named(patterns) => {
            patterns.iter().map(|pattern| pattern.literal().map(|text| digest(domain, text))).collect()
        }
        Texts::Any | Texts::Except(_) => None,
    };
    let services = match &statement.actions {
        Texts::Named(patterns) => patterns
            .iter()
            .map(|pattern| pattern.prefix().split_once(':').map(|(service, _)| digest(Domain::Service, service)))
            .collect(),
        Texts::Any | Texts::Except(_) => None,
    };
    Handles {
        principals,
        accounts,
        resources: literals(&statement.resources, Domain::Resource),
        actions: literals(&statement.actions, Domain::Action),
        services,
        kms_actions: if statement.inert { Some(KmsActions::NONE) } else { statement.kms_actions },
        denies: statement.effect == Effect::Deny,
    }
}

struct Compiler {
    kind: PolicyKind,
    scope: Scope,
    problems: Vec<Problem>,
}

impl Compiler {
    fn problem(&mut self, part: Part, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(part, span, message));
    }

    fn statement(&mut self, text: &StatementText) -> Statement {
        if text.unknown {
            return self.unknown(text);
        }
        let effect = self.effect(text);
        let principals = self.principals(text, effect);
        let actions = self.actions(text);
        let resources = self.resources(text);
        let conditions = self.conditions(text);
        let broken = |part: Part| self.problems.iter().any(|problem| problem.part == part);
        let spoilt = !self.problems.is_empty();
        let idle = self.problems.iter().any(|problem| problem.is_taken);
        let actions = if broken(Part::Action) { Texts::Any } else { actions };
        Statement {
            sid: text.sid.as_ref().map(|sid| sid.text.clone()),
            span: text.span,
            effect,
            inert: idle || spoilt && effect == Effect::Allow,
            doubts: self.doubts(text),
            principals: if broken(Part::Principal) { Principals::Any } else { principals },
            kms_actions: KmsActions::of(&actions),
            actions,
            resources: if broken(Part::Resource) { Texts::Any } else { resources },
            conditions: if broken(Part::Condition) { Box::default() } else { conditions },
        }
    }

    /// A statement of which nothing is known may say anything.
    fn unknown(&self, text: &StatementText) -> Statement {
        Statement {
            sid: None,
            span: text.span,
            effect: Effect::Deny,
            inert: false,
            doubts: self.doubts(text),
            principals: Principals::Any,
            kms_actions: Some(KmsActions::every()),
            actions: Texts::Any,
            resources: Texts::Any,
            conditions: Box::default(),
        }
    }

    /// What a statement as a whole turns on.
    fn doubts(&self, text: &StatementText) -> Box<[Box<str>]> {
        let effect = text.effect.as_ref().filter(|word| self.holds_symbol(&word.text));
        text.doubts.iter().chain(effect).map(|word| word.text.clone()).collect()
    }

    fn holds_symbol(&self, text: &str) -> bool {
        self.scope.symbols && symbol::holds(text)
    }

    /// An effect that cannot be read counts as Deny, should somebody insist.
    fn effect(&mut self, text: &StatementText) -> Effect {
        match text.effect.as_ref().map(|word| (&*word.text, word.span)) {
            Some(("Allow", _)) => Effect::Allow,
            Some(("Deny", _)) => Effect::Deny,
            Some((other, _)) if self.holds_symbol(other) => Effect::Deny,
            Some((other, span)) => {
                self.problem(Part::Effect, span, format!("`Effect` is `Allow` or `Deny`, not `{other}`"));
                Effect::Deny
            }
            None => {
                self.missing(text, Part::Effect, "a statement needs `Effect`");
                Effect::Deny
            }
        }
    }

    /// Reports what a statement lacks, unless its place already has a problem.
    fn missing(&mut self, text: &StatementText, part: Part, message: &str) {
        if !self.problems.iter().any(|problem| problem.part == part || problem.span == text.span) {
            let span = Span { start: text.span.start, end: text.span.start.saturating_add(1) };
            let is_taken = self.kind == PolicyKind::Key && matches!(part, Part::Action | Part::Resource);
            self.problems.push(Problem { is_taken, ..Problem::new(part, span, message) });
        }
    }

    fn principals(&mut self, text: &StatementText, effect: Effect) -> Principals {
        let Some(principal) = &text.principal else {
            if matches!(self.kind, PolicyKind::Key | PolicyKind::Resource | PolicyKind::Rcp) {
                let message = format!("a statement of {} needs `Principal`", self.kind.noun());
                self.missing(text, Part::Principal, &message);
            }
            return Principals::Any;
        };
        if matches!(self.kind, PolicyKind::Identity | PolicyKind::Scp) {
            let message = format!("{} has no `Principal`; it applies to whom it is attached to", self.kind.noun());
            self.problem(Part::Principal, principal.name_span, message);
        }
        if principal.negated && effect == Effect::Allow {
            let message = "`NotPrincipal` with `Allow` is not supported: it would allow everybody else";
            self.problem(Part::Principal, principal.name_span, message);
        }
        let names = self.names(principal);
        if self.kind == PolicyKind::Rcp && (principal.negated || !names.iter().all(PrincipalPattern::is_anyone)) {
            let message = "a resource control policy applies to everybody: write `\"Principal\": \"*\"` and conditions";
            self.problem(Part::Principal, principal.name_span, message);
        }
        if principal.negated { Principals::Except(names) } else { Principals::Named(names) }
    }

    fn names(&mut self, principal: &PrincipalText) -> Box<[PrincipalPattern]> {
        let mut names = Vec::with_capacity(principal.names.len());
        for entry in &principal.names {
            let Some(family) = &entry.family else {
                names.push(match &*entry.name.text {
                    "*" => PrincipalPattern::anyone(),
                    text => PrincipalPattern::open(text),
                });
                continue;
            };
            let known = Family::NAMES.iter().find(|(name, _)| *name == &*family.text);
            let read = match known {
                Some((_, family)) => PrincipalPattern::new(*family, &entry.name.text, self.scope.symbols)
                    .map_err(|message| (entry.name.span, message)),
                None if self.holds_symbol(&family.text) => Ok(PrincipalPattern::open(&family.text)),
                None => Err((family.span, unknown_family(&family.text))),
            };
            match read {
                Ok(name) => names.push(name),
                Err((span, message)) => self.problem(Part::Principal, span, message),
            }
        }
        names.into()
    }

    fn actions(&mut self, text: &StatementText) -> Texts {
        let Some(words) = &text.action else {
            self.missing(text, Part::Action, "a statement needs `Action` or `NotAction`");
            return Texts::Any;
        };
        let kind = self.kind;
        let scope = Scope { variables: false, ..self.scope };
        self.texts(words, Part::Action, |word| {
            // What an unknown part holds may be the service too.
            let open = scope.symbols && symbol::holds_unknown(word);
            let stars = !word.is_empty() && word.bytes().all(|byte| byte == b'*');
            let wild_service = word.split(':').next().is_some_and(|service| service.contains(['*', '?']));
            if word.contains(char::is_whitespace) {
                return Err(format!("`{word}` is not an action: it holds a space"));
            }
            if !stars && wild_service && kind != PolicyKind::Scp {
                return Err(format!("`{word}`: the service of an action cannot hold wildcards"));
            }
            match word.split_once(':') {
                _ if stars || open => {}
                Some((service, name)) if !service.is_empty() && !name.is_empty() => {}
                _ => return Err(format!("`{word}` is not an action: write `service:Action`, such as `kms:Decrypt`")),
            }
            Pattern::new(&word.to_ascii_lowercase(), Use::Glob, scope)
        })
    }

    fn resources(&mut self, text: &StatementText) -> Texts {
        let Some(words) = &text.resource else {
            if !matches!(self.kind, PolicyKind::Resource | PolicyKind::Endpoint) {
                let message = format!("a statement of {} needs `Resource`", self.kind.noun());
                self.missing(text, Part::Resource, &message);
            }
            return Texts::Any;
        };
        let scope = self.scope;
        self.texts(words, Part::Resource, |word| Pattern::new(word, Use::Resource, scope))
    }

    fn texts(&mut self, words: &Words, part: Part, compile: impl Fn(&str) -> Result<Pattern, String>) -> Texts {
        let mut patterns = Vec::with_capacity(words.words.len());
        for word in &words.words {
            match compile(&word.text) {
                Ok(pattern) => patterns.push(pattern),
                Err(message) => self.problem(part, word.span, message),
            }
        }
        if words.negated { Texts::Except(patterns.into()) } else { Texts::Named(patterns.into()) }
    }

    fn conditions(&mut self, text: &StatementText) -> Box<[Atom]> {
        let mut atoms = Vec::with_capacity(text.conditions.len());
        for row in &text.conditions {
            let values: Vec<&str> = row.values.iter().map(|word| &*word.text).collect();
            match Atom::new(&row.operator.text, &row.key.text, &values, self.scope) {
                Ok(atom) => atoms.push(atom),
                Err(AtomError::Operator(message)) => self.problem(Part::Condition, row.operator.span, message),
                Err(AtomError::Value(error)) => {
                    let span = row.values.get(error.index).map_or(row.key.span, |word| word.span);
                    self.problem(Part::Condition, span, error.message);
                }
            }
        }
        atoms.into()
    }
}

fn unknown_family(name: &str) -> String {
    let listed = "`AWS`, `Service`, `Federated` or `CanonicalUser`";
    match Family::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((known, _)) => format!("`{name}` is written `{known}`"),
        None => format!("`{name}` is not a kind of principal; write {listed}"),
    }
}
