//! Statements turned into plans: whom, which actions and which demands each is about.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::arn::Arn;
use crate::catalogue::{self, ResourceKind};
use crate::condition::Atom;
use crate::context::Lookup;
use crate::key::{ENCRYPTION_CONTEXT, Key};
use crate::pattern::Pattern;
use crate::policy::{Policy, PolicyKind};
use crate::principal::Relation;
use crate::request::{Request, ResourceRule};
use crate::scene::{Resolved, Scene};
use crate::statement::{Effect, Principals, Statement, Texts};
use crate::tri::Tri;

use super::demand::{Ask, Demand};
use super::focus::Focus;
use super::landscape::Setting;
use super::outsider::Cast;
use super::residual::Doubt;
use super::target::fits;

/// The ranks of reach: through the account's own IAM, within boundary and session policy, and freely.
pub(super) const REACHES: [&str; 3] = ["account", "behind", "caller"];

/// What a statement asks, before the classes are known.
pub(super) struct Plan {
    pub(super) side: usize,
    pub(super) policy: usize,
    pub(super) statement: usize,
    pub(super) effect: Effect,
    pub(super) actions: Vec<u64>,
    /// People, the ranks they reach, and a demand on them.
    pub(super) people: Vec<(Vec<u64>, Vec<u64>, Option<usize>)>,
    pub(super) rows: Vec<RowPlan>,
    /// How many of the rows stand for other parts of the statement.
    pub(super) before_conditions: usize,
}

/// For which people a row holds anyway, and for which it is a demand.
#[derive(Clone, Default)]
pub(super) struct RowPlan {
    pub(super) holds: Vec<u64>,
    pub(super) asked: Vec<(Vec<u64>, usize)>,
}

/// Turns statements into plans, gathering the demands that they make.
pub(super) struct Planner<'c> {
    cast: &'c Cast,
    /// Whether there is no action to ask about.
    idle: bool,
    setting: Setting<'c>,
    pub(super) demands: Vec<Demand<'c>>,
    pub(super) doubts: Vec<Doubt>,
    pub(super) actions: Vec<Box<str>>,
    actions_lower: Vec<Box<str>>,
    /// By key, the people for whom it is not known.
    unknown: HashMap<Box<str>, Vec<u64>>,
    /// By what policies file names under, the people whom such a name may mean.
    filed: HashMap<u64, Vec<usize>>,
    /// By pattern, the actions that it takes.
    taken: HashMap<&'c str, Vec<u64>>,
    /// Rows without variables, which come to the same wherever they stand.
    known: Vec<(&'c Atom, RowPlan)>,
}

impl<'c> Planner<'c> {
    /// Only actions that `focus` is about matter, where there is one.
    pub(super) fn new(
        cast: &'c Cast,
        sides: &[&'c [Policy]],
        setting: &Setting<'c>,
        focus: Option<&Focus<'_>>,
    ) -> Planner<'c> {
        let statements = sides.iter().copied().flatten().flat_map(|policy| policy.statements());
        let mut actions: Vec<Box<str>> = match setting.kind {
            PolicyKind::Key => {
                let known = ON_KEYS.iter().filter(|(_, lower)| focus.is_none_or(|focus| focus.is_about(lower)));
                known.map(|(action, _)| (*action).into()).collect()
            }
            _ => distinct_actions(statements, &cast.resource, focus),
        };
        if !setting.names_principals() && setting.resource.is_some() {
            actions.retain(|action| fits(action, &cast.resource));
        }
        // Some action there has to be, and no statement counts for it.
        let idle = actions.is_empty();
        if idle {
            actions.push(SOME_ACTION.into());
        }
        let actions_lower = actions.iter().map(|action| action.to_ascii_lowercase().into()).collect();
        Planner {
            cast,
            idle,
            setting: *setting,
            demands: Vec::new(),
            doubts: Vec::new(),
            actions,
            actions_lower,
            unknown: HashMap::new(),
            filed: filed(cast),
            taken: HashMap::new(),
            known: Vec::new(),
        }
    }

    fn scene(&self, request: &'c Request) -> Scene<'c> {
        Scene {
            request,
            quirks: self.setting.quirks,
            has_boundary: Tri::False,
            in_key_policy: self.setting.kind == PolicyKind::Key,
        }
    }

    /// A broken Allow covers nothing, and neither does a statement for other resources.
    pub(super) fn plan(
        &mut self,
        (side, policy, index): (usize, usize, usize),
        statement: &'c Statement,
    ) -> Option<Plan> {
        if statement.inert || self.idle {
            return None;
        }
        let actions = self.actions(&statement.actions);
        // What concerns no action or nobody at hand is not asked for its conditions.
        let certain = statement.doubts.is_empty() && !statement.is_open();
        if certain && actions.iter().all(|word| *word == 0) {
            return None;
        }
        let mut rows = Vec::new();
        if let Texts::Named(_) | Texts::Except(_) = &statement.resources {
            rows.push(self.resources(statement)?);
        }
        let people = self.people(statement);
        if certain && people.is_empty() {
            return None;
        }
        let before_conditions = rows.len();
        for atom in statement.conditions() {
            rows.push(self.row(atom));
        }
        Some(Plan {
            side,
            policy,
            statement: index,
            effect: statement.effect(),
            actions,
            people,
            rows,
            before_conditions,
        })
    }

    /// The people it concerns, by how far it reaches.
    fn people(&mut self, statement: &'c Statement) -> Vec<(Vec<u64>, Vec<u64>, Option<usize>)> {
        let everyone = || bits(self.cast.people.iter().map(|_| true));
        let all_ranks = || bits(REACHES.iter().map(|_| true));
        if !self.setting.names_principals() {
            return vec![(everyone(), all_ranks(), None)];
        }
        let denies = statement.effect() == Effect::Deny;
        let nobody = vec![0_u64; self.cast.people.len().div_ceil(64)];
        let mut certain: [Vec<u64>; 3] = core::array::from_fn(|_| nobody.clone());
        let mut maybe = Vec::new();
        let mut doubtful = false;
        let mut open = !statement.doubts.is_empty();
        let mut mark = |index: usize, relation: Relation, request: &Request| {
            let far = denies || request.is_cross_account();
            if far || self.counts(relation, request) {
                let rank = if far { 2 } else { rank(relation) };
                if let Some(word) = certain.get_mut(rank).and_then(|people| people.get_mut(index / 64)) {
                    *word |= 1 << (index % 64);
                }
            }
        };
        match &statement.principals {
            Principals::Named(names) => {
                for name in names {
                    let filed =
                        name.digest().map(|digest| self.filed.get(&digest).map(Vec::as_slice).unwrap_or_default());
                    let everybody = filed.is_none().then_some(0..self.cast.people.len()).into_iter().flatten();
                    for index in filed.unwrap_or_default().iter().copied().chain(everybody) {
                        let Some((_, request)) = self.cast.people.get(index) else { continue };
                        match name.relation(&self.scene(request)) {
                            (Tri::True, relation) => mark(index, relation, request),
                            (Tri::False, _) => {}
                            (Tri::Unknown, relation) => {
                                let far = denies || request.is_cross_account() || name.source().contains(':');
                                let farthest = if far { 2 } else { rank(relation) };
                                maybe.extend(name.key().map(|key| (index, farthest, key, name.source())));
                                open |= name.key().is_none();
                            }
                        }
                    }
                }
            }
            principals => {
                for (index, (_, request)) in self.cast.people.iter().enumerate() {
                    let directness = principals.directness(&self.scene(request));
                    if directness.certain() != 0 {
                        mark(index, Relation::Caller, request);
                    }
                    doubtful |= directness.possible() != 0;
                }
            }
        }
        if open {
            self.doubts.push(Doubt::Symbols(statement.symbols().map(Into::into).collect()));
        }
        if doubtful {
            self.doubts.push(Doubt::NotPrincipal);
        }
        let up_to = |rank: usize| bits((0..REACHES.len()).map(|other| other <= rank));
        let mut found: Vec<(Vec<u64>, Vec<u64>, Option<usize>)> = Vec::new();
        for (rank, people) in certain.into_iter().enumerate() {
            if people != nobody {
                found.push((people, up_to(rank), None));
            }
        }
        let count = self.cast.people.len();
        for (index, rank, key, id) in maybe {
            let demand = self.demand(Cow::Borrowed(key), Ask::UniqueId(id), None);
            found.push((bits((0..count).map(|other| other == index)), up_to(rank), Some(demand)));
        }
        found
    }

    /// The actions that an element takes.
    fn actions(&mut self, texts: &'c Texts) -> Vec<u64> {
        let all = bits(self.actions_lower.iter().map(|_| true));
        let (Texts::Named(patterns) | Texts::Except(patterns)) = texts else { return all };
        let mut sum: Vec<u64> = all.iter().map(|_| 0).collect();
        for pattern in patterns {
            let lower = &self.actions_lower;
            let taken = self
                .taken
                .entry(pattern.source())
                .or_insert_with(|| bits(lower.iter().map(|action| pattern.matches_plainly(action))));
            sum.iter_mut().zip(taken.iter()).for_each(|(sum, taken)| *sum |= taken);
        }
        match texts {
            Texts::Except(_) => super::product::without(&all, &sum),
            _ => sum,
        }
    }

    /// In one account, an ordinary resource's policy gives nothing by naming the account.
    fn counts(&self, relation: Relation, request: &Request) -> bool {
        relation != Relation::Account
            || self.setting.kind == PolicyKind::Key
            || request.is_cross_account()
            || matches!(request.rule, ResourceRule::RoleTrust)
    }

    /// Whether the Resource element fits, as a row; `None` if it never does.
    fn resources(&mut self, statement: &'c Statement) -> Option<RowPlan> {
        let holds: Vec<Tri> = self
            .cast
            .people
            .iter()
            .map(|(_, request)| statement.resources.hold(&request.resource, &self.scene(request)))
            .collect();
        if holds.contains(&Tri::Unknown) {
            self.doubts.push(Doubt::Variables { of: "Resource".into(), keys: Vec::new() });
        }
        let keeps = |holds: &Tri| *holds == Tri::True || (*holds == Tri::Unknown && statement.effect() == Effect::Deny);
        let row = RowPlan { holds: bits(holds.iter().map(keeps)), asked: Vec::new() };
        row.holds.iter().any(|word| *word != 0).then_some(row)
    }

    fn row(&mut self, atom: &'c Atom) -> RowPlan {
        if let Some((_, plan)) = self.known.iter().find(|(known, _)| is_same_row(known, atom)) {
            return plan.clone();
        }
        let variables = atom.patterns().iter().any(|pattern| pattern.variables().next().is_some());
        if variables {
            let mut plan = RowPlan::default();
            self.row_with_variables(atom, &mut plan);
            return plan;
        }
        let plan = self.row_without_variables(atom);
        self.known.push((atom, plan.clone()));
        plan
    }

    fn row_without_variables(&mut self, atom: &'c Atom) -> RowPlan {
        let unknown = self.unknown_to(atom.key());
        let mut plan = RowPlan::default();
        let everybody = bits(self.cast.people.iter().map(|_| true));
        if unknown == everybody {
            let ask = Ask::Row { atom, in_key_policy: self.setting.kind == PolicyKind::Key };
            let demand = self.shared(atom, ask);
            return RowPlan { holds: everybody.iter().map(|_| 0).collect(), asked: vec![(unknown, demand)] };
        }
        let known = |index: usize| unknown.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) == 0);
        plan.holds = bits(
            self.cast
                .people
                .iter()
                .enumerate()
                .map(|(index, (_, request))| known(index) && atom.holds(&self.scene(request)) == Tri::True),
        );
        if unknown.iter().any(|word| *word != 0) {
            let ask = Ask::Row { atom, in_key_policy: self.setting.kind == PolicyKind::Key };
            let demand = self.shared(atom, ask);
            plan.asked.push((unknown, demand));
        }
        plan
    }

    /// The demand of a row; rows that say the same share one.
    fn shared(&mut self, atom: &'c Atom, ask: Ask<'c>) -> usize {
        let same = |demand: &Demand<'_>| match &demand.ask {
            Ask::Row { atom: other, .. } if demand.of.is_none() => is_same_row(atom, other),
            _ => false,
        };
        match self.demands.iter().position(same) {
            Some(index) => index,
            None => self.demand(Cow::Borrowed(atom.key()), ask, None),
        }
    }

    /// A row whose values differ from person to person.
    fn row_with_variables(&mut self, atom: &'c Atom, plan: &mut RowPlan) {
        let cast = self.cast;
        let count = cast.people.len();
        let mut holds = vec![false; count];
        let mut opaque = vec![false; count];
        for (index, (_, request)) in cast.people.iter().enumerate() {
            let scene = self.scene(request);
            match atom.holds(&scene) {
                Tri::True => {
                    if let Some(slot) = holds.get_mut(index) {
                        *slot = true;
                    }
                    continue;
                }
                Tri::False => continue,
                Tri::Unknown => {}
            }
            let patterns = atom.patterns();
            let mut variables = patterns.iter().flat_map(|pattern| pattern.variables());
            let resolved = variables.all(|variable| scene.resolve(variable) != Resolved::Unknown);
            if resolved && scene.lookup(atom.key()) == Lookup::Unknown {
                let ask = Ask::Row { atom, in_key_policy: scene.in_key_policy };
                let demand = self.demand(Cow::Borrowed(atom.key()), ask, Some(request));
                plan.asked.push((bits((0..count).map(|other| other == index)), demand));
            } else if let Some(slot) = opaque.get_mut(index) {
                *slot = true;
            }
        }
        plan.holds = bits(holds.into_iter());
        if opaque.contains(&true) {
            self.demands.push(Demand::opaque(atom, self.setting.kind == PolicyKind::Key));
            plan.asked.push((bits(opaque.into_iter()), self.demands.len() - 1));
        }
    }

    fn unknown_to(&mut self, key: &Key) -> Vec<u64> {
        if let Some(known) = self.unknown.get(key.lower()) {
            return known.clone();
        }
        let people = self.cast.people.iter();
        let unknown = bits(people.map(|(_, request)| self.scene(request).lookup(key) == Lookup::Unknown));
        self.unknown.insert(key.lower().into(), unknown.clone());
        unknown
    }

    fn demand(&mut self, key: Cow<'c, Key>, ask: Ask<'c>, of: Option<&'c Request>) -> usize {
        self.demands.push(Demand { key, ask, of });
        self.demands.len() - 1
    }
}

fn is_same_row(a: &Atom, b: &Atom) -> bool {
    a.key() == b.key() && a.spelled() == b.spelled() && a.test() == b.test()
}

/// Everybody, filed as policies file the names of their statements.
fn filed(cast: &Cast) -> HashMap<u64, Vec<usize>> {
    let mut filed: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, (_, request)) in cast.people.iter().enumerate() {
        for digest in request.caller().digests() {
            filed.entry(*digest).or_default().push(index);
        }
    }
    filed
}

fn rank(relation: Relation) -> usize {
    match relation {
        Relation::Account => 0,
        Relation::Behind | Relation::LimitedSession => 1,
        Relation::Caller => 2,
    }
}

pub(super) fn relation(rank: usize) -> Relation {
    match rank {
        0 => Relation::Account,
        1 => Relation::Behind,
        _ => Relation::Caller,
    }
}

pub(super) fn bits(holds: impl Iterator<Item = bool>) -> Vec<u64> {
    let mut words = Vec::with_capacity(holds.size_hint().1.unwrap_or_default().div_ceil(64));
    for (index, holds) in holds.enumerate() {
        if index % 64 == 0 {
            words.push(0);
        }
        if holds && let Some(word) = words.last_mut() {
            *word |= 1 << (index % 64);
        }
    }
    words
}

/// Grants alone allow it, whatever policies say.
const RETIRE: &str = "kms:RetireGrant";

/// The actions that a key policy bears on, each also in lower case.
static ON_KEYS: LazyLock<Vec<(&'static str, Box<str>)>> = LazyLock::new(|| {
    catalogue::kms_operations()
        .filter(|operation| matches!(operation.resource_kind(), ResourceKind::Key | ResourceKind::AliasAndKey))
        .map(|operation| operation.action())
        .filter(|action| *action != RETIRE)
        .map(|action| (action, action.to_ascii_lowercase().into()))
        .collect()
});

/// An action that every key policy bears on.
const SOME_ACTION: &str = "kms:DescribeKey";

fn is_in(focus: Option<&Focus<'_>>, action: &str) -> bool {
    focus.is_none_or(|focus| focus.is_about(&action.to_ascii_lowercase()))
}

/// An action for each way in which the statements can tell actions apart, every one of KMS included.
fn distinct_actions<'s>(
    statements: impl Iterator<Item = &'s Statement>,
    resource: &'s str,
    focus: Option<&Focus<'_>>,
) -> Vec<Box<str>> {
    let mut patterns: Vec<&Pattern> = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    for statement in statements {
        if let Texts::Named(actions) | Texts::Except(actions) = &statement.actions {
            patterns.extend(actions.iter());
        }
        keys.extend(statement.conditions.iter().map(|atom| atom.key().lower()));
    }
    patterns.sort_unstable_by_key(|pattern| pattern.source());
    patterns.dedup_by_key(|pattern| pattern.source());
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| !key.starts_with(ENCRYPTION_CONTEXT));
    // What a pattern leaves of its service is another class.
    let sources = || patterns.iter().map(|pattern| pattern.source());
    let mut services: Vec<&str> = sources().filter_map(|source| source.split_once(':')).map(|(of, _)| of).collect();
    services.push("kms");
    services.extend(Arn::parse(resource).map(|arn| arn.service));
    services.sort_unstable();
    services.dedup();
    let stranger = catalogue::services().find(|service| !services.contains(&service.prefix()));
    let whole = services.iter().filter_map(|service| catalogue::service(service)).chain(stranger);
    let mut names: Vec<Cow<'_, str>> = whole.flat_map(|s| s.actions()).map(|action| action.name().into()).collect();
    let several = sources().filter(|source| source.split_once(':').is_some_and(|(of, _)| of.contains(['*', '?'])));
    names.extend(several.flat_map(catalogue::actions_matching).map(|action| action.name().into()));
    names.extend(uncatalogued(sources()));
    names.sort_unstable();
    names.dedup();
    names.retain(|name| *name != RETIRE && is_in(focus, name));
    let mut found: Vec<Box<str>> = Vec::new();
    let mut seen: std::collections::HashSet<Vec<bool>> = std::collections::HashSet::new();
    for name in names {
        let lower = name.to_ascii_lowercase();
        let is_new = lower.starts_with("kms:") || {
            let mut vector: Vec<bool> = patterns.iter().map(|pattern| pattern.matches_plainly(&lower)).collect();
            vector.extend(keys.iter().map(|key| catalogue::carries(&name, key)));
            seen.insert(vector)
        };
        if is_new {
            found.push(name.into());
        }
    }
    found
}

/// Actions that these patterns mean and the catalogue does not have: of a service that is younger, or misspelt.
fn uncatalogued<'s>(sources: impl Iterator<Item = &'s str>) -> impl Iterator<Item = Cow<'s, str>> {
    sources.filter_map(|source| {
        let (service, name) = source.split_once(':')?;
        let is_plain = !service.is_empty() && !name.is_empty() && !service.contains(['*', '?']);
        if !is_plain || service.eq_ignore_ascii_case("kms") || catalogue::actions_matching(source).next().is_some() {
            return None;
        }
        // What stands for a wildcard is a name that no other pattern is likely to spell.
        Some(match name.contains(['*', '?']) {
            true => format!("{service}:{}", name.replace('*', "AnyOther").replace('?', "x")).into(),
            false => source.into(),
        })
    })
}
