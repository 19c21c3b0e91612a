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

/// How far a class tells keys of one kind apart, beside whether a Resource element covers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Sight {
    /// Not at all.
    #[default]
    Kind,
    /// By their tags and aliases.
    Tags,
    /// Each by itself, since a variable stands in an ARN.
    Each,
}

/// Whether a statement tells keys of other accounts apart by their account.
pub(super) fn sees_owner(statement: &Statement) -> bool {
    let mut sees = false;
    statement.visit_keys(|key| sees |= key.lower().starts_with("aws:resource") && !key.is_iam_only());
    sees
}

/// Statements, each under a number that those which say the same share.
#[derive(Debug, Default)]
pub(super) struct Statements<'w> {
    by_fingerprint: HashMap<u64, Vec<u32>>,
    /// Whether one of them looks at whose the key is.
    see_owner: bool,
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
    /// What it looks at beside.
    sight: Sight,
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
    /// Whether a statement that has a number looks at whose the key is.
    pub(super) fn see_owner(&self) -> bool {
        self.see_owner
    }

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
            self.see_owner |= sees_owner(statement);
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
        let mut sight = Sight::Kind;
        statement.visit_resource_variables(|key| {
            sight = Sight::Each;
            if is_personal(key) {
                needs.push(Need::Value(key.clone()));
            }
        });
        for (row, atom) in statement.conditions().iter().enumerate() {
            let mut variables = Vec::new();
            atom.visit_variables(|key| variables.push(key));
            if std::iter::once(&atom.key()).chain(&variables).any(|key| key.is_iam_only()) {
                sight = sight.max(Sight::Tags);
            }
            if is_personal(atom.key()) && variables.is_empty() {
                needs.push(Need::Row(row));
                continue;
            }
            let keys = std::iter::once(atom.key()).chain(variables);
            needs.extend(keys.filter(|key| is_personal(key)).map(|key| Need::Value(key.clone())));
        }
        let is_of_resources = !statement.resources().is_everything();
        Known { statement, needs, is_of_resources, sight }
    }

    pub(super) fn is_personal(&self) -> bool {
        !self.needs.is_empty()
    }

    pub(super) fn allows(&self) -> bool {
        self.statement.effect() == Effect::Allow
    }

    /// Whether it denies whatever it is about and covers, in every context.
    fn denies_outright(&self) -> bool {
        let denies = self.statement.effect() == Effect::Deny;
        denies && self.statement.conditions().is_empty() && !self.statement.is_open()
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
    sight: Sight,
    identity: Own,
    boundary: Own,
}

/// What a layer of a class says, by where it matters which key it is about.
#[derive(Debug, Default)]
struct Own {
    /// Whether it may allow something on any key.
    allows_anywhere: bool,
    /// Whether it denies everything on any key, whatever the context.
    denies_anywhere: bool,
    /// The statements whose Resource element matters.
    of_resources: Vec<OfResources>,
}

#[derive(Debug, Clone, Copy)]
struct OfResources {
    number: u32,
    allows: bool,
    /// Denies whatever the context.
    denies_outright: bool,
}

/// What a class may do on a key, by its own policies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Whether identity policies and boundary may allow something.
    pub(super) may_allow: bool,
    /// Whether one of them denies everything.
    pub(super) denies: bool,
    /// Which statements cover the key, a bit each.
    pub(super) covered: u128,
    /// How far it tells keys with the same bits apart.
    pub(super) sight: Sight,
}

/// So many statements can have a bit each.
const COVERED_BITS: usize = u128::BITS as usize;

impl Own {
    fn of(layer: &Layer, statements: &Statements<'_>) -> Own {
        let known = |number: &u32| Some((*number, statements.get(*number)?));
        let (of_resources, anywhere): (Vec<_>, Vec<_>) =
            layer.numbers().iter().filter_map(known).partition(|(_, known)| known.is_of_resources);
        Own {
            allows_anywhere: !layer.is_known() || anywhere.iter().any(|(_, known)| known.allows()),
            denies_anywhere: anywhere.iter().any(|(_, known)| known.denies_outright()),
            of_resources: of_resources
                .into_iter()
                .map(|(number, known)| OfResources {
                    number,
                    allows: known.allows(),
                    denies_outright: known.denies_outright(),
                })
                .collect(),
        }
    }

    fn reach(&self, statements: &Statements<'_>, probe: &Request, quirks: Quirks, covered: u128) -> Reach {
        let mut reach =
            Reach { may_allow: self.allows_anywhere, denies: self.denies_anywhere, covered, sight: Sight::Kind };
        for statement in &self.of_resources {
            let covers = statements.get(statement.number).map(|known| known.statement.covers(probe, quirks));
            if covers == Some(Tri::Unknown) {
                reach.sight = Sight::Each;
            }
            reach.may_allow |= statement.allows && covers != Some(Tri::False);
            reach.denies |= statement.denies_outright && covers == Some(Tri::True);
            reach.covered = reach.covered << 1 | u128::from(covers == Some(Tri::True));
        }
        reach
    }
}

impl Class {
    pub(super) fn new(mark: &Mark, statements: &Statements<'_>) -> Class {
        let numbers = mark.identity.numbers().iter().chain(mark.boundary.numbers());
        let known = numbers.filter_map(|number| statements.get(*number));
        let boundary = Own::of(&mark.boundary, statements);
        Class {
            sight: known.map(|known| known.sight).max().unwrap_or_default(),
            identity: Own::of(&mark.identity, statements),
            // No boundary is no limit.
            boundary: Own {
                allows_anywhere: boundary.allows_anywhere || matches!(mark.boundary, Layer::Absent),
                ..boundary
            },
            members: Vec::new(),
        }
    }

    /// Whether it tells keys of one kind apart in nothing.
    pub(super) fn is_blind(&self) -> bool {
        self.sight == Sight::Kind && self.identity.of_resources.is_empty() && self.boundary.of_resources.is_empty()
    }

    /// What it may do on the key of the probe.
    pub(super) fn reach(&self, statements: &Statements<'_>, probe: &Request, quirks: Quirks) -> Reach {
        let own = self.identity.reach(statements, probe, quirks, 0);
        let limit = self.boundary.reach(statements, probe, quirks, own.covered);
        let counted = self.identity.of_resources.len() + self.boundary.of_resources.len();
        Reach {
            may_allow: own.may_allow && limit.may_allow,
            denies: own.denies || limit.denies,
            covered: limit.covered,
            sight: if counted <= COVERED_BITS { self.sight.max(own.sight).max(limit.sight) } else { Sight::Each },
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
