//! A compiled statement, and the one question put to it: does it apply to this request?

use crate::action_set::KmsActions;
use crate::condition::Atom;
use crate::context::Lookup;
use crate::key::Key;
use crate::pattern::Pattern;
use crate::principal::{PrincipalPattern, Relation, escapes};
use crate::scene::Scene;
use crate::span::Span;
use crate::symbol;
use crate::tri::Tri;

/// What a statement does to the requests that it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows them.
    Allow,
    /// It denies them, whatever else allows.
    Deny,
}

/// A statement, ready to be held against requests.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) span: Span,
    pub(crate) effect: Effect,
    /// A broken Allow, which never applies.
    pub(crate) inert: bool,
    /// The symbols on which it turns whether the statement is there, or what it says.
    pub(crate) doubts: Box<[Box<str>]>,
    pub(crate) principals: Principals,
    pub(crate) actions: Texts,
    /// The KMS actions among them; `None` where a template leaves actions open.
    pub(crate) kms_actions: Option<KmsActions>,
    pub(crate) resources: Texts,
    pub(crate) conditions: Box<[Atom]>,
}

/// Principal, NotPrincipal, or neither.
#[derive(Debug, Clone)]
pub enum Principals {
    /// No such element: whoever the policy is attached to.
    Any,
    /// Principal.
    Named(Box<[PrincipalPattern]>),
    /// NotPrincipal.
    Except(Box<[PrincipalPattern]>),
}

/// Action or Resource, its `Not...` form, or neither.
#[derive(Debug, Clone)]
pub enum Texts {
    /// No such element.
    Any,
    /// The element.
    Named(Box<[Pattern]>),
    /// Its negation.
    Except(Box<[Pattern]>),
}

/// Which part of a statement a request does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mismatch {
    /// Action or NotAction.
    Action,
    /// Principal or NotPrincipal.
    Principal,
    /// Resource or NotResource.
    Resource,
    /// The row of that number in the Condition block.
    Condition(usize),
    /// The statement is a broken Allow.
    Broken,
}

/// Whether a statement applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It does, and names the caller this directly.
    Applies(Directness),
    /// It does not, because of this part first of all.
    DoesNot(Mismatch),
    /// It turns on keys that are not known.
    TurnsOnUnknown(Directness),
}

/// How directly a statement names the caller: for each relation, whether it stands in it.
///
/// A statement may name both the account and the caller, and one of them may turn on an unknown key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directness {
    /// A bit for each relation that holds.
    holds: u8,
    /// A bit for each relation that may hold.
    may: u8,
}

impl Directness {
    pub(crate) const NONE: Directness = Directness { holds: 0, may: 0 };

    /// It may stand in every relation.
    const UNKNOWN: Directness = Directness { holds: 0, may: u8::MAX };

    fn of(relation: Relation) -> Directness {
        Directness { holds: 1 << relation as u8, may: 0 }
    }

    fn add(&mut self, relation: Relation, holds: Tri) {
        match holds {
            Tri::True => self.holds |= 1 << relation as u8,
            Tri::Unknown => self.may |= 1 << relation as u8,
            Tri::False => {}
        }
    }

    /// Whether the statement names the caller in this relation.
    pub fn is(self, relation: Relation) -> Tri {
        self.is_any(1 << relation as u8)
    }

    /// Whether it names the caller in one of these relations, a bit each.
    pub(crate) fn is_any(self, relations: u8) -> Tri {
        if self.holds & relations != 0 {
            Tri::True
        } else if self.may & relations != 0 {
            Tri::Unknown
        } else {
            Tri::False
        }
    }

    fn any(self) -> Tri {
        self.is_any(u8::MAX)
    }

    /// What it may name, depending on unknown keys, a bit each.
    pub(crate) fn possible(self) -> u8 {
        self.may
    }

    /// What it names for certain, a bit each.
    pub(crate) fn certain(self) -> u8 {
        self.holds
    }

    /// The same, with nothing certain: the statement itself may not apply.
    pub(crate) fn doubted(self) -> Directness {
        Directness { holds: 0, may: self.holds | self.may }
    }

    pub(crate) fn or(self, other: Directness) -> Directness {
        Directness { holds: self.holds | other.holds, may: self.may | other.may }
    }
}

impl Statement {
    /// The Sid.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Where it stands in its document.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Allow or Deny.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Principal or NotPrincipal.
    pub fn principals(&self) -> &Principals {
        &self.principals
    }

    /// Action or NotAction, in lower case.
    pub fn actions(&self) -> &Texts {
        &self.actions
    }

    /// Resource or NotResource.
    pub fn resources(&self) -> &Texts {
        &self.resources
    }

    /// The rows of the Condition block.
    pub fn conditions(&self) -> &[Atom] {
        &self.conditions
    }

    /// Whether a template leaves parts of it open.
    pub fn is_open(&self) -> bool {
        self.open_texts().any(symbol::holds)
    }

    /// The symbols that stand in it, brackets included. A statement of a document that was not
    /// declared to hold symbols has none that count.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.open_texts().flat_map(symbol::names)
    }

    /// Every text that takes part in decisions.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let principals: &[PrincipalPattern] = match &self.principals {
            Principals::Named(names) | Principals::Except(names) => names,
            Principals::Any => &[],
        };
        let texts = [&self.actions, &self.resources].into_iter().flat_map(|texts| match texts {
            Texts::Named(patterns) | Texts::Except(patterns) => &**patterns,
            Texts::Any => &[],
        });
        let principals = principals.iter().map(PrincipalPattern::source);
        let rows = self.conditions.iter().flat_map(Atom::texts);
        self.doubts.iter().map(|doubt| &**doubt).chain(principals).chain(texts.map(Pattern::source)).chain(rows)
    }

    fn open_texts(&self) -> impl Iterator<Item = &str> {
        let principals: &[PrincipalPattern] = match &self.principals {
            Principals::Named(names) | Principals::Except(names) => names,
            Principals::Any => &[],
        };
        let principals = principals.iter().filter(|name| name.is_open()).map(PrincipalPattern::source);
        let texts = [&self.actions, &self.resources].into_iter().flat_map(|texts| match texts {
            Texts::Named(patterns) | Texts::Except(patterns) => &**patterns,
            Texts::Any => &[],
        });
        let texts = texts.filter(|pattern| pattern.is_open()).map(Pattern::source);
        let rows = self.conditions.iter().filter(|atom| atom.is_open()).flat_map(Atom::texts);
        self.doubts.iter().map(|doubt| &**doubt).chain(principals).chain(texts).chain(rows)
    }

    /// Holds the statement against a request: action, principal, resource, conditions. A part that
    /// turns on an unknown key does not end the walk, since a later part may still say no.
    pub(crate) fn outcome(&self, scene: &Scene<'_>) -> Outcome {
        if self.inert {
            return Outcome::DoesNot(Mismatch::Broken);
        }
        let about = self.is_about_action(scene);
        if about == Tri::False {
            return Outcome::DoesNot(Mismatch::Action);
        }
        match self.outcome_for_action(scene) {
            Outcome::Applies(directness) if about == Tri::Unknown => Outcome::TurnsOnUnknown(directness),
            outcome => outcome,
        }
    }

    /// The same for a statement that is not broken and is about the action.
    #[inline(always)]
    pub(crate) fn outcome_for_action(&self, scene: &Scene<'_>) -> Outcome {
        let mut doubted = !self.doubts.is_empty();
        let mut fails = |holds: Tri| {
            doubted |= holds == Tri::Unknown;
            holds == Tri::False
        };
        let directness = self.principals.directness(scene);
        if fails(directness.any()) {
            return Outcome::DoesNot(Mismatch::Principal);
        }
        if !self.resources.is_anything() && fails(self.resources.hold(&scene.request.resource, scene)) {
            return Outcome::DoesNot(Mismatch::Resource);
        }
        for (row, atom) in self.conditions.iter().enumerate() {
            match atom.holds(scene) {
                Tri::True => {}
                Tri::Unknown => doubted = true,
                Tri::False => return Outcome::DoesNot(Mismatch::Condition(row)),
            }
        }
        if doubted { Outcome::TurnsOnUnknown(directness) } else { Outcome::Applies(directness) }
    }

    /// Whether Action or NotAction fits.
    fn is_about_action(&self, scene: &Scene<'_>) -> Tri {
        let request = scene.request;
        match self.kms_actions {
            Some(actions) if !request.kms_action.is_empty() => Tri::from(actions.meets(request.kms_action)),
            _ => self.actions.hold(&request.action_lower, scene),
        }
    }

    /// Every part that the request does not fit, for reports of how near a statement came.
    pub(crate) fn mismatches(&self, scene: &Scene<'_>) -> Vec<Mismatch> {
        if self.inert {
            return vec![Mismatch::Broken];
        }
        let request = scene.request;
        let parts = [
            (self.is_about_action(scene), Mismatch::Action),
            (self.principals.directness(scene).any(), Mismatch::Principal),
            (self.resources.hold(&request.resource, scene), Mismatch::Resource),
        ];
        let rows = self.conditions.iter().enumerate().map(|(row, atom)| (atom.holds(scene), Mismatch::Condition(row)));
        parts.into_iter().chain(rows).filter(|(holds, _)| *holds == Tri::False).map(|(_, part)| part).collect()
    }

    /// Whether it names the caller itself, or the role or user behind it, and not just its account.
    pub(crate) fn names_directly(&self, scene: &Scene<'_>) -> bool {
        let directness = self.principals.directness(scene);
        let direct = [Relation::Behind, Relation::LimitedSession, Relation::Caller];
        direct.into_iter().any(|relation| directness.is(relation) == Tri::True)
    }

    /// Whether symbols are among what it turns on, given that it turns on something.
    ///
    /// A key that is not known may be asked for; that is no symbol, also in a request that holds some.
    pub(crate) fn turns_on_symbols(&self, scene: &Scene<'_>) -> bool {
        let request = scene.request;
        let symbolic = |key: &Key| match scene.lookup(key) {
            Lookup::One(text) => request.open && symbol::holds(text),
            Lookup::Many(texts) => request.open && texts.iter().any(|text| symbol::holds(text)),
            Lookup::Absent | Lookup::Unknown => false,
        };
        let texts: &[Pattern] = match &self.resources {
            Texts::Named(patterns) | Texts::Except(patterns) => patterns,
            Texts::Any => &[],
        };
        let resource = || {
            let open = || {
                texts.iter().any(Pattern::is_open)
                    || texts.iter().flat_map(Pattern::variables).any(|variable| symbolic(&variable.key))
                    || request.open && symbol::holds(&request.resource)
            };
            self.resources.hold(&request.resource, scene) == Tri::Unknown && open()
        };
        let row = |atom: &Atom| {
            let open = || {
                let patterns = atom.patterns();
                let mut variables = patterns.iter().flat_map(|pattern| pattern.variables());
                atom.is_open() || symbolic(atom.key()) || variables.any(|variable| symbolic(&variable.key))
            };
            atom.holds(scene) == Tri::Unknown && open()
        };
        // A unique id turns on aws:userid, every other name on how the caller is called.
        let principal = || match &self.principals {
            Principals::Named(names) | Principals::Except(names) => {
                names.iter().any(|name| name.key().is_none() && name.relation(scene).0 == Tri::Unknown)
            }
            Principals::Any => false,
        };
        !self.doubts.is_empty()
            || self.is_about_action(scene) == Tri::Unknown
            || request.open && principal()
            || resource()
            || self.conditions.iter().any(row)
    }

    /// Whether it turns on a permissions boundary that nobody collected.
    pub(crate) fn turns_on_boundary(&self, scene: &Scene<'_>) -> bool {
        scene.has_boundary == Tri::Unknown && matches!(self.principals, Principals::Except(_))
    }

    /// The unknown keys on which the statement turns.
    pub(crate) fn unknown_keys<'a>(&'a self, scene: &Scene<'a>, keys: &mut Vec<&'a Key>) {
        if let Principals::Named(names) | Principals::Except(names) = &self.principals {
            let unsettled = names.iter().filter(|name| name.relation(scene).0 == Tri::Unknown);
            keys.extend(unsettled.filter_map(PrincipalPattern::key));
        }
        if let Texts::Named(patterns) | Texts::Except(patterns) = &self.resources {
            for variable in patterns.iter().flat_map(Pattern::variables) {
                if scene.lookup(&variable.key) == Lookup::Unknown {
                    keys.push(&variable.key);
                }
            }
        }
        for atom in self.conditions.iter().filter(|atom| atom.holds(scene) == Tri::Unknown) {
            atom.unknown_keys(scene, keys);
        }
    }
}

impl Principals {
    #[inline(always)]
    pub(crate) fn directness(&self, scene: &Scene<'_>) -> Directness {
        match self {
            Principals::Any => Directness::of(Relation::Caller),
            Principals::Named(names) if names.first().is_some_and(|name| name.is_certainly_anyone(scene)) => {
                Directness::of(Relation::Caller)
            }
            Principals::Named(names) => directness_of(names, scene),
            Principals::Except(names) => directness_of_others(names, scene),
        }
    }
}

/// How directly names name the caller.
#[inline(never)]
fn directness_of(names: &[PrincipalPattern], scene: &Scene<'_>) -> Directness {
    let mut directness = Directness::NONE;
    for name in names {
        let (holds, relation) = name.relation(scene);
        directness.add(relation, holds);
        if name.may_be_anyone() {
            directness = directness.or(Directness::UNKNOWN);
        }
    }
    directness
}

/// The same for NotPrincipal. A caller with a boundary never escapes.
#[inline(never)]
fn directness_of_others(names: &[PrincipalPattern], scene: &Scene<'_>) -> Directness {
    let mut directness = Directness::NONE;
    directness.add(Relation::Caller, scene.has_boundary.or(!escapes(names, scene)));
    directness
}

impl Texts {
    /// Whether it is certain that every text will do.
    #[inline(always)]
    fn is_anything(&self) -> bool {
        match self {
            Texts::Any => true,
            Texts::Named(patterns) => patterns.first().is_some_and(Pattern::is_anything),
            Texts::Except(_) => false,
        }
    }

    #[inline(never)]
    pub(crate) fn hold(&self, text: &str, scene: &Scene<'_>) -> Tri {
        let any = |patterns: &[Pattern]| match patterns {
            [only] => only.matches(text, scene),
            patterns => Tri::any(patterns.iter().map(|pattern| pattern.matches(text, scene))),
        };
        match self {
            Texts::Any => Tri::True,
            Texts::Named(patterns) => any(patterns),
            Texts::Except(patterns) => !any(patterns),
        }
    }
}
