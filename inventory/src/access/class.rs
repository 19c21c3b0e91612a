//! Principals that no statement about an action tells apart.

use std::collections::HashMap;

use wardbook_policy::context::{Lookup, Values};
use wardbook_policy::key::Key;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::{Effect, Statement};
use wardbook_policy::tri::Tri;

use crate::layer::Collected;
use crate::world::{Principal, PrincipalKind};

/// Whether a key tells members of one account apart.
pub(super) fn is_personal(key: &Key) -> bool {
    let name = key.lower();
    name.starts_with("aws:principaltag/")
        || matches!(name, "aws:principalarn" | "aws:username" | "aws:userid" | "aws:principaltype")
}

/// Whether a key tells keys of one account and region apart beyond their kind.
fn is_of_one_key(key: &Key) -> bool {
    key.is_iam_only()
}

/// Statements, each under a number that those which say the same share.
#[derive(Debug, Default)]
pub(super) struct Statements<'w> {
    by_fingerprint: HashMap<u64, Vec<u32>>,
    known: Vec<Known<'w>>,
    /// The statements about the action, by where the statements of their policy begin in memory.
    slices: HashMap<usize, std::sync::Arc<[Sliced]>>,
}

/// A statement about the action, and where it stands in its policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sliced {
    pub(super) number: u32,
    pub(super) index: u32,
}

/// A statement, and what it looks at.
#[derive(Debug)]
pub(super) struct Known<'w> {
    pub(super) statement: &'w Statement,
    /// Whether it looks at something that differs between members of an account.
    needs: Vec<Need>,
    /// Whether it looks at the resource, beyond everything.
    pub(super) is_of_resources: bool,
    /// Whether it looks at tags, aliases or variables that make each key a case of its own.
    pub(super) is_of_one_key: bool,
}

/// What has to be known of a principal to know what a statement says of it.
#[derive(Debug)]
enum Need {
    /// Whether the row of that number holds.
    Row(usize),
    /// The value of a key.
    Value(Key),
}

impl<'w> Statements<'w> {
    /// The statement under its number.
    pub(super) fn get(&self, number: u32) -> Option<&Known<'w>> {
        self.known.get(number as usize)
    }

    pub(super) fn number(&mut self, statement: &'w Statement) -> u32 {
        let candidates = self.by_fingerprint.entry(statement.fingerprint()).or_default();
        let same = candidates.iter().copied().find(|number| {
            self.known.get(*number as usize).is_some_and(|known| known.statement.says_the_same(statement))
        });
        same.unwrap_or_else(|| {
            let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
            candidates.push(number);
            self.known.push(Known::of(statement));
            number
        })
    }

    /// The statements of a policy that are about the action, if it was sliced.
    pub(super) fn sliced(&self, policy: &Policy) -> &[Sliced] {
        let slice = self.slices.get(&(policy.statements().as_ptr() as usize));
        slice.filter(|_| !policy.statements().is_empty()).map(|slice| &**slice).unwrap_or_default()
    }

    /// Finds the statements of a policy that are about the action.
    pub(super) fn slice(&mut self, policy: &'w Policy, probe: &Request, quirks: Quirks) -> std::sync::Arc<[Sliced]> {
        let address = policy.statements().as_ptr() as usize;
        if let Some(slice) = self.slices.get(&address).filter(|_| !policy.statements().is_empty()) {
            return std::sync::Arc::clone(slice);
        }
        let about = (0_u32..).zip(policy.statements()).filter(|(_, statement)| statement.is_about(probe, quirks));
        let slice: std::sync::Arc<[Sliced]> =
            about.map(|(index, statement)| Sliced { number: self.number(statement), index }).collect();
        self.slices.insert(address, std::sync::Arc::clone(&slice));
        slice
    }
}

impl<'w> Known<'w> {
    fn of(statement: &'w Statement) -> Known<'w> {
        let mut needs = Vec::new();
        let mut of_one_key = false;
        statement.visit_resource_variables(|key| {
            of_one_key = true;
            if is_personal(key) {
                needs.push(Need::Value(key.clone()));
            }
        });
        for (row, atom) in statement.conditions().iter().enumerate() {
            let mut variables = Vec::new();
            atom.visit_variables(|key| variables.push(key));
            of_one_key |= is_of_one_key(atom.key()) || variables.iter().any(|key| is_of_one_key(key));
            if is_personal(atom.key()) && variables.is_empty() {
                needs.push(Need::Row(row));
                continue;
            }
            let keys = std::iter::once(atom.key()).chain(variables);
            needs.extend(keys.filter(|key| is_personal(key)).map(|key| Need::Value(key.clone())));
        }
        let is_of_resources = !statement.resources().is_everything();
        Known { statement, needs, is_of_resources, is_of_one_key: of_one_key }
    }

    pub(super) fn is_personal(&self) -> bool {
        !self.needs.is_empty()
    }

    pub(super) fn allows(&self) -> bool {
        self.statement.effect() == Effect::Allow
    }

    /// What the statement needs of somebody, as far as a request tells it.
    pub(super) fn trait_of(&self, request: &Request, quirks: Quirks, in_key_policy: bool, traits: &mut Vec<Trait>) {
        for need in &self.needs {
            traits.push(match need {
                Need::Row(row) => match self.statement.conditions().get(*row) {
                    Some(atom) => Trait::Holds(atom.holds_in(request, quirks, in_key_policy)),
                    None => Trait::Absent,
                },
                Need::Value(key) => match request.context().lookup(key) {
                    Lookup::One(value) => Trait::Value(Values::from(value)),
                    Lookup::Many(values) => Trait::Value(Values::Many(values.to_vec())),
                    Lookup::Absent => Trait::Absent,
                    Lookup::Unknown => Trait::Unknown,
                },
            });
        }
    }
}

/// What one statement needs to know of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Trait {
    Holds(Tri),
    Value(Values),
    Absent,
    Unknown,
}

/// What was collected of a layer, as numbers of statements about the action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Layer {
    Absent,
    Known(Vec<u32>),
    Incomplete(Vec<u32>),
    Unknown,
}

impl Layer {
    pub(super) fn numbers(&self) -> &[u32] {
        match self {
            Layer::Known(numbers) | Layer::Incomplete(numbers) => numbers,
            Layer::Absent | Layer::Unknown => &[],
        }
    }

    pub(super) fn is_known(&self) -> bool {
        matches!(self, Layer::Absent | Layer::Known(_))
    }
}

/// What makes a class; members are equal in all of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    pub(super) kind: PrincipalKind,
    pub(super) is_service_linked: bool,
    pub(super) identity: Layer,
    pub(super) boundary: Layer,
    pub(super) traits: Vec<Trait>,
}

/// A class of principals of one account.
#[derive(Debug)]
pub(super) struct Class {
    /// Positions among the principals of the world.
    pub(super) members: Vec<usize>,
    /// Whether identity policies may allow anything of the action.
    pub(super) may_allow: bool,
    /// Whether each key is a case of its own.
    pub(super) is_of_one_key: bool,
    /// The statements whose Resource element matters.
    pub(super) of_resources: Vec<u32>,
}

impl Class {
    pub(super) fn new(mark: &Mark, statements: &Statements<'_>) -> Class {
        let numbers = || mark.identity.numbers().iter().chain(mark.boundary.numbers());
        let known = || numbers().filter_map(|number| statements.get(*number));
        let allows = |number: &u32| statements.get(*number).is_some_and(Known::allows);
        let may_allow = !mark.identity.is_known() || mark.identity.numbers().iter().any(allows);
        let is_of_resources = |number: &u32| statements.get(*number).is_some_and(|known| known.is_of_resources);
        Class {
            may_allow,
            is_of_one_key: known().any(|known| known.is_of_one_key),
            of_resources: numbers().copied().filter(is_of_resources).collect(),
            members: Vec::new(),
        }
    }
}

/// The policies of a principal as the layer of its class.
pub(super) fn layer<'w>(
    collected: &'w Collected<Policy>,
    statements: &mut Statements<'w>,
    probe: &Request,
    quirks: Quirks,
) -> Layer {
    let mut numbers = Vec::new();
    for policy in collected.items() {
        numbers.extend(statements.slice(policy, probe, quirks).iter().map(|sliced| sliced.number));
    }
    match collected {
        Collected::Absent => Layer::Absent,
        Collected::Known(_) => Layer::Known(numbers),
        Collected::Incomplete(_) => Layer::Incomplete(numbers),
        Collected::Unknown => Layer::Unknown,
    }
}

/// Whether a role is one that a service made for itself.
pub(super) fn is_service_linked(principal: &Principal) -> bool {
    principal.kind == PrincipalKind::Role && principal.arn.contains(":role/aws-service-role/")
}
