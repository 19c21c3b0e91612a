//! Policies over everybody, every action and every context at once: what each statement covers, and who gets in.

use crate::caller::CallerKind;
use crate::catalogue::{self, ResourceKind};
use crate::context::{Lookup, Unnamed};
use crate::decide::{Verdict, decide};
use crate::derive::GRANT_OPERATIONS;
use crate::layers::{Layers, Told};
use crate::limits::{BOXES_MAX, CLASSES_MAX};
use crate::policy::{Policy, PolicyKind};
use crate::principal::Relation;
use crate::quirk::Quirks;
use crate::request::{Request, ResourceRule};
use crate::scene::Scene;
use crate::statement::{Effect, Statement};
use crate::tri::Tri;

use super::demand::Ask;
use super::glob::ones;
use super::outsider::{Cast, Who};
use super::plan::{Plan, Planner, REACHES, bits, relation};
use super::product::{Product, Union, Work};
use super::residual::{Condition, Doubt};
use super::review::{Review, reviews};
use super::space::{Dimension, Part, Space};
use super::{Excess, prime, rule, witness, words};

/// Where policies stand, for questions about the policies alone.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What kind of policies they are.
    pub kind: PolicyKind,
    /// The ARN of the key or other resource that they are attached to; a made-up one unless told.
    pub resource: Option<&'a str>,
    /// The account that owns it. Unless told, that of the ARN, else the first that the policies name.
    pub account: Option<&'a str>,
    /// The sides of the quirks.
    pub quirks: Quirks,
}

impl<'a> Setting<'a> {
    /// The setting of a kind of policies, with nothing else told.
    pub fn of(kind: PolicyKind) -> Setting<'a> {
        Setting { kind, resource: None, account: None, quirks: Quirks::default() }
    }

    /// Whether statements say who, and how directly.
    pub(super) fn names_principals(&self) -> bool {
        matches!(self.kind, PolicyKind::Key | PolicyKind::Resource)
    }
}

/// What somebody may do by the policies alone.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// Who. Several stand in the same relation.
    pub who: Vec<Who>,
    /// How far it reaches: to the account's own IAM, to a role within its boundary, or to the caller itself.
    pub reach: Relation,
    /// The actions, as AWS spells them.
    pub actions: Vec<Box<str>>,
    /// The conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// A request of this kind.
    pub witness: Request,
    /// The statement that allows the witness.
    pub statement: Option<(&'a Policy, &'a Statement)>,
}

/// Everything that the policies allow anybody: for a key policy, who gets in, how far and when.
///
/// Those whom no document names are there too, one for each kind that the documents can tell apart
/// ([`Standing`](super::Standing)). A statement that names an account reaches
/// [`Relation::Account`]: its own IAM has to allow as well.
///
/// ```
/// use wardbook_policy::{boxes::{Setting, Standing, access}, document::Document, json, policy::{Origin, Policy, PolicyKind}};
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Principal": "*",
///     "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}}"#;
/// let policy = [Policy::new(&Document::read(&json::parse(text).unwrap()), PolicyKind::Key, Origin::default()).unwrap()];
/// let (rows, doubts) = access(&policy, &Setting::of(PolicyKind::Key));
/// assert!(doubts.is_empty());
/// assert!(rows.iter().any(|row| row.who.iter().any(|who| who.standing == Standing::AnyAccount)));
/// assert_eq!(rows[0].conditions[0].to_string(), "aws:PrincipalOrgID is o-a1b2c3d4e5");
/// ```
pub fn access<'a>(policies: &'a [Policy], setting: &Setting<'_>) -> (Vec<Access<'a>>, Vec<Doubt>) {
    let found = Cast::new(&[policies], setting).and_then(|cast| {
        let landscape = Landscape::new(&cast, &[policies], setting)?;
        let side = landscape.sides.first().ok_or(Excess::Boxes)?;
        let mut doubts = landscape.doubts.clone();
        let rows = landscape.access(side, policies, &mut doubts)?;
        Ok((rows, doubts))
    });
    found.unwrap_or_else(|excess| (Vec::new(), vec![Doubt::Excess(excess)]))
}

/// What the policies allow, and what is to be said of their statements: [`access`] and
/// [`review`](super::review::review) for half the price.
pub fn survey<'a>(policies: &'a [Policy], setting: &Setting<'_>) -> Survey<'a> {
    let found = Cast::new(&[policies], setting).and_then(|cast| {
        let landscape = Landscape::new(&cast, &[policies], setting)?;
        let side = landscape.sides.first().ok_or(Excess::Boxes)?;
        let mut doubts = landscape.doubts.clone();
        let access = match landscape.access(side, policies, &mut doubts) {
            Ok(rows) => (rows, doubts),
            Err(excess) => (Vec::new(), vec![Doubt::Excess(excess)]),
        };
        let reviews = match reviews(&landscape) {
            Ok(found) => (found, landscape.doubts.clone()),
            Err(excess) => (Vec::new(), vec![Doubt::Excess(excess)]),
        };
        Ok(Survey { access, reviews })
    });
    found.unwrap_or_else(|excess| Survey {
        access: (Vec::new(), vec![Doubt::Excess(excess)]),
        reviews: (Vec::new(), vec![Doubt::Excess(excess)]),
    })
}

/// What [`survey`] finds, each part with what is not decided of it.
#[derive(Debug, Clone)]
pub struct Survey<'a> {
    /// As from [`access`].
    pub access: (Vec<Access<'a>>, Vec<Doubt>),
    /// As from [`review`](super::review::review).
    pub reviews: (Vec<Review>, Vec<Doubt>),
}

/// The statements of one side, each as the boxes that it covers.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) allow: Vec<(usize, usize, Union)>,
    pub(super) deny: Vec<(usize, usize, Union)>,
}

impl Covered {
    pub(super) fn allowed(&self) -> Union {
        self.allow.iter().flat_map(|(_, _, union)| union.iter().cloned()).collect()
    }

    pub(super) fn denied(&self) -> Union {
        self.deny.iter().flat_map(|(_, _, union)| union.iter().cloned()).collect()
    }
}

/// The space of everybody, every action and every context, and what each side's statements cover of it.
pub(super) struct Landscape<'c> {
    cast: &'c Cast,
    setting: Setting<'c>,
    pub(super) space: Space<'c>,
    pub(super) impossible: Union,
    pub(super) sides: Vec<Covered>,
    pub(super) doubts: Vec<Doubt>,
    places: Places,
    plans: Vec<Plan>,
    /// A policy that allows everything, for whatever a question takes for granted.
    everything: Vec<Policy>,
}

#[derive(Debug, Clone, Copy)]
struct Places {
    who: usize,
    reach: usize,
    action: usize,
}

impl<'c> Landscape<'c> {
    pub(super) fn new(cast: &'c Cast, sides: &[&'c [Policy]], setting: &Setting<'c>) -> Result<Landscape<'c>, Excess> {
        let mut planner = Planner::new(cast, sides, setting);
        let mut plans = Vec::new();
        for (side, policies) in sides.iter().enumerate() {
            for (policy, document) in policies.iter().enumerate() {
                for (index, statement) in document.statements().iter().enumerate() {
                    plans.extend(planner.plan((side, policy, index), statement));
                }
            }
        }
        let Planner { mut demands, doubts, actions, .. } = planner;
        let Some((_, first)) = cast.people.first() else { return Err(Excess::Names) };
        if cast.people.len() > CLASSES_MAX {
            return Err(Excess::Classes);
        }
        let scene = Scene {
            request: first,
            quirks: setting.quirks,
            has_boundary: Tri::False,
            in_key_policy: setting.kind == PolicyKind::Key,
        };
        let related = rule::related(&demands, &scene);
        demands.extend(rule::own_demands(&demands));
        let mut space = Space::new(demands, &related, &scene)?;
        let people = cast.people.iter().map(|(who, _)| who.principal.clone()).collect();
        let places = Places {
            who: space.add("\0who", people),
            reach: space.add("\0reach", REACHES.map(Into::into).to_vec()),
            action: space.add("\0action", actions),
        };
        let mut landscape = Landscape {
            cast,
            setting: *setting,
            space,
            impossible: Union::new(),
            sides: sides.iter().map(|_| Covered::default()).collect(),
            doubts,
            places,
            plans: Vec::new(),
            everything: everything(),
        };
        landscape.impossible = landscape.impossible(&scene);
        landscape.space.note_never_absent(&landscape.impossible);
        for plan in &plans {
            let union = landscape.union(plan, None)?;
            if let Some(side) = landscape.sides.get_mut(plan.side) {
                let list = if plan.effect == Effect::Allow { &mut side.allow } else { &mut side.deny };
                list.push((plan.policy, plan.statement, union));
            }
        }
        landscape.plans = plans;
        Ok(landscape)
    }

    fn plan(&self, (policy, statement): (usize, usize)) -> Option<&Plan> {
        self.plans.iter().find(|plan| (plan.side, plan.policy, plan.statement) == (0, policy, statement))
    }

    /// How many rows the Condition block of a statement has.
    pub(super) fn rows(&self, statement: (usize, usize)) -> usize {
        self.plan(statement).map_or(0, |plan| plan.rows.len() - plan.before_conditions)
    }

    /// The boxes of a statement without one row of its Condition block.
    pub(super) fn union_without(&self, statement: (usize, usize), row: usize) -> Result<Union, Excess> {
        match self.plan(statement) {
            Some(plan) => self.union(plan, Some(plan.before_conditions + row)),
            None => Ok(Union::new()),
        }
    }

    fn restricted(&self, product: &Product, place: usize, classes: &[u64]) -> Option<Product> {
        self.space.with(product, &Part { dimension: place, classes: classes.to_vec(), hit: None })
    }

    /// The boxes of a statement.
    fn union(&self, plan: &Plan, left_out: Option<usize>) -> Result<Union, Excess> {
        let mut union = Union::new();
        let Some(start) = self.restricted(&self.space.everything(), self.places.action, &plan.actions) else {
            return Ok(union);
        };
        for (people, reaches, demand) in &plan.people {
            let named = self.restricted(&start, self.places.who, people);
            let Some(named) = named.and_then(|named| self.restricted(&named, self.places.reach, reaches)) else {
                continue;
            };
            let mut products = match demand {
                Some(demand) => self.space.and_demand(&[named], *demand),
                None => vec![named],
            };
            for (_, row) in plan.rows.iter().enumerate().filter(|(index, _)| Some(*index) != left_out) {
                let mut narrower: Union = products
                    .iter()
                    .filter_map(|product| self.restricted(product, self.places.who, &row.holds))
                    .collect();
                for (people, demand) in &row.asked {
                    let asked: Union = products
                        .iter()
                        .filter_map(|product| self.restricted(product, self.places.who, people))
                        .collect();
                    narrower.extend(self.space.and_demand(&asked, *demand));
                }
                products = narrower;
                if products.len() > BOXES_MAX {
                    return Err(Excess::Boxes);
                }
            }
            union.extend(products);
        }
        Ok(union)
    }

    /// What no request can be: by the rules of the keys, of the actions, and of other accounts.
    fn impossible(&self, scene: &Scene<'_>) -> Union {
        let space = &self.space;
        let everything = space.everything();
        let actions = |fits: &dyn Fn(&str) -> bool| self.select(self.places.action, fits);
        let on_grants = actions(&|action| GRANT_OPERATIONS.iter().any(|name| name.eq_ignore_ascii_case(action)));
        let mut found = Union::new();
        for services in [false, true] {
            let people = self.people(|_, request| (request.caller.kind() == CallerKind::Service) == services);
            let Some(base) = self.restricted(&everything, self.places.who, &people) else { continue };
            let mut speakers = self.cast.people.iter().map(|(_, request)| request);
            let Some(request) = speakers.find(|request| (request.caller.kind() == CallerKind::Service) == services)
            else {
                continue;
            };
            let scene = Scene { request, ..*scene };
            let grants = self.restricted(&base, self.places.action, &on_grants);
            found.extend(rule::impossible_within(space, &scene, &base, grants.as_ref()));
        }
        self.never_carried(&mut found);
        self.never_had(&mut found);
        if self.setting.kind == PolicyKind::Key {
            let strangers = self.people(|_, request| request.is_cross_account());
            let own: Vec<&str> =
                catalogue::kms_operations().filter(|line| !line.is_cross_account()).map(|line| line.action()).collect();
            let product = self.restricted(&everything, self.places.action, &actions(&|action| own.contains(&action)));
            found.extend(product.and_then(|product| self.restricted(&product, self.places.who, &strangers)));
        }
        found
    }

    /// Keys that some people never have.
    fn never_had(&self, found: &mut Union) {
        for (place, dimension) in self.space.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.is_key()) {
            let people = self.people(|_, request| request.context.lookup(&dimension.key) == Lookup::Absent);
            let Some(mut product) = self.restricted(&self.space.everything(), self.places.who, &people) else {
                continue;
            };
            let present = dimension.select(false, |_| true);
            if dimension.many {
                product.hit(place, &present);
            } else {
                product.restrict(&self.space.layout, place, &present);
            }
            if !product.is_empty(&self.space.layout) {
                found.push(product);
            }
        }
    }

    /// Keys that the requests of an action never carry, and keys that they always do.
    fn never_carried(&self, found: &mut Union) {
        let space = &self.space;
        let everything = space.everything();
        let known: Vec<Option<Vec<&str>>> = match space.dimensions.get(self.places.action) {
            Some(actions) if space.dimensions.iter().any(is_of_kms) => {
                let listed = |action: &str| catalogue::action(action).map(catalogue::Action::listed_keys);
                actions.witnesses.iter().map(|action| listed(action)).collect()
            }
            _ => Vec::new(),
        };
        for (place, dimension) in space.dimensions.iter().enumerate().filter(|(_, dimension)| is_of_kms(dimension)) {
            let lower = dimension.key.lower();
            let key = catalogue::condition_key(lower).filter(|key| !key.is_carried_anyway());
            let carries = |listed: &Option<Vec<&str>>| {
                listed.as_ref().zip(key).is_none_or(|(listed, key)| listed.contains(&key.name()))
            };
            let never = bits(known.iter().map(|listed| !carries(listed)));
            if let Some(mut product) = self.restricted(&everything, self.places.action, &never) {
                let present = dimension.select(false, |_| true);
                if dimension.many {
                    product.hit(place, &present);
                } else {
                    product.restrict(&space.layout, place, &present);
                }
                found.push(product);
            }
            let always: Vec<&str> = catalogue::kms_operations()
                .filter(|line| line.defaults().any(|(name, _)| name.eq_ignore_ascii_case(lower)))
                .map(|line| line.action())
                .collect();
            let always = self.select(self.places.action, &|action| always.contains(&action));
            let absent = dimension.select(true, |_| false);
            if let Some(product) = self.restricted(&everything, self.places.action, &always)
                && let Some(product) = self.restricted(&product, place, &absent)
            {
                found.push(product);
            }
        }
    }

    fn select(&self, place: usize, fits: &dyn Fn(&str) -> bool) -> Vec<u64> {
        self.space.dimensions.get(place).map(|dimension| dimension.select(false, fits)).unwrap_or_default()
    }

    fn people(&self, fits: impl Fn(&Who, &Request) -> bool) -> Vec<u64> {
        bits(self.cast.people.iter().map(|(who, request)| fits(who, request)))
    }

    /// Everything allowed, in few wide rows.
    fn access<'p>(
        &self,
        side: &Covered,
        policies: &'p [Policy],
        doubts: &mut Vec<Doubt>,
    ) -> Result<Vec<Access<'p>>, Excess> {
        let (allowed, denied) = (side.allowed(), side.denied());
        let denied: Vec<&Product> = denied.iter().collect();
        let closed: Vec<&Product> = denied.iter().copied().chain(&self.impossible).collect();
        let open: Vec<&Product> = allowed.iter().chain(&self.impossible).collect();
        let mut work = Work::new(&self.space.layout);
        let mut primes: Vec<Product> = Vec::new();
        for bound in &allowed {
            for product in work.survivors(bound.clone(), &closed, usize::MAX)? {
                if primes.iter().any(|prime| prime.covers(&product, &self.space.layout)) {
                    continue;
                }
                primes.push(prime::towards(&self.space, &product, bound, |wider| {
                    Ok(self.has_nothing_of(wider, &denied, &[], &mut work)? && work.is_within(wider, &open)?)
                })?);
            }
        }
        let primes = prime::merged(primes, &self.space);
        let mut rows = Vec::new();
        for prime in primes {
            for (conditions, part) in self.words(&prime) {
                let possible = work.minus(core::slice::from_ref(&part), &self.impossible)?;
                if possible.is_empty() {
                    continue;
                }
                match self.row(&part, &possible, conditions, policies) {
                    Some(row) => rows.push(row),
                    None if !doubts.is_empty() => {}
                    None => doubts.push(self.unwitnessed()),
                }
            }
        }
        rows.sort_by(|a: &Access<'_>, b| {
            (&a.who, a.reach, &a.actions, &a.conditions).cmp(&(&b.who, b.reach, &b.actions, &b.conditions))
        });
        Ok(rows)
    }

    /// Whether the product holds nothing possible of these but what is in `besides`.
    pub(super) fn has_nothing_of(
        &self,
        product: &Product,
        others: &[&Product],
        besides: &[&Product],
        work: &mut Work<'_>,
    ) -> Result<bool, Excess> {
        for other in others.iter().filter(|other| other.meets(product, &self.space.layout)) {
            let Some(both) = product.and(other, &self.space.layout) else { continue };
            let removed: Vec<&Product> = besides.iter().copied().chain(&self.impossible).collect();
            if !work.is_within(&both, &removed)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The conditions of a product in words, each with its part of the product.
    pub(super) fn words(&self, product: &Product) -> Vec<(Vec<Condition>, Product)> {
        match self.cast.people.first() {
            Some((_, request)) => {
                let scene = Scene {
                    request,
                    quirks: self.setting.quirks,
                    has_boundary: Tri::False,
                    in_key_policy: self.setting.kind == PolicyKind::Key,
                };
                words::alternatives(&self.space, &scene, product)
            }
            None => Vec::new(),
        }
    }

    /// The product as a row; `possible` are its pieces that a request can be of.
    fn row<'p>(
        &self,
        product: &Product,
        possible: &[Product],
        conditions: Vec<Condition>,
        policies: &'p [Policy],
    ) -> Option<Access<'p>> {
        // The farthest reach is the one that is told: it holds what reaches less far.
        let reach = ones(product.classes(&self.space.layout, self.places.reach)).last().unwrap_or(0);
        let farthest = bits((0..REACHES.len()).map(|rank| rank == reach));
        let points = possible.iter().filter_map(|point| self.restricted(point, self.places.reach, &farthest));
        let mut requests = points.flat_map(|point| self.requests(&point));
        let witness = requests.find(|request| self.allows(request, policies, reach))?;
        let statement = self.cited(&witness, policies, Effect::Allow);
        Some(Access {
            who: self.who(product),
            reach: relation(reach),
            actions: self.actions(product),
            conditions,
            witness,
            statement,
        })
    }

    pub(super) fn who(&self, product: &Product) -> Vec<Who> {
        let classes = product.classes(&self.space.layout, self.places.who);
        let mut who: Vec<Who> =
            ones(classes).filter_map(|class| self.cast.people.get(class)).map(|(who, _)| who.clone()).collect();
        who.sort();
        who
    }

    pub(super) fn actions(&self, product: &Product) -> Vec<Box<str>> {
        let Some(dimension) = self.space.dimensions.get(self.places.action) else { return Vec::new() };
        let classes = product.classes(&self.space.layout, self.places.action);
        ones(classes).filter_map(|class| dimension.witnesses.get(class).cloned()).collect()
    }

    pub(super) fn reach(&self, product: &Product) -> Relation {
        relation(self.rank(product))
    }

    /// The least that tells the product from nothing: the first rank it has.
    pub(super) fn rank(&self, product: &Product) -> usize {
        ones(product.classes(&self.space.layout, self.places.reach)).next().unwrap_or(0)
    }

    /// Requests that lie in the product.
    pub(super) fn requests(&self, product: &Product) -> Vec<Request> {
        let first = |place| ones(product.classes(&self.space.layout, place)).next();
        let person = first(self.places.who).and_then(|class| self.cast.people.get(class));
        let action = self
            .space
            .dimensions
            .get(self.places.action)
            .zip(first(self.places.action))
            .and_then(|(dimension, class)| dimension.witnesses.get(class));
        let (Some((who, base)), Some(action)) = (person, action) else { return Vec::new() };
        let resource = self.resource_of(action);
        let mut builder =
            Request::builder(&who.principal, action, &resource).unnamed(Unnamed::Unknown).quirks(self.setting.quirks);
        if self.setting.names_principals() {
            builder = builder.resource_account(&self.cast.account);
        }
        let Ok(request) = builder.build() else { return Vec::new() };
        let scene =
            Scene { request: base, quirks: self.setting.quirks, has_boundary: Tri::False, in_key_policy: false };
        witness::within(&self.space, &request, &scene, product)
    }

    fn resource_of(&self, action: &str) -> Box<str> {
        let resource = &self.cast.resource;
        let Some(operation) = catalogue::kms_operation(action) else { return resource.clone() };
        match operation.resource_kind() {
            ResourceKind::Key | ResourceKind::AliasAndKey if !resource.contains(":key/") => {
                format!("arn:aws:kms:us-east-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab", self.cast.account).into()
            }
            ResourceKind::NoResource | ResourceKind::RetiringPrincipal => "*".into(),
            _ => resource.clone(),
        }
    }

    /// Whether `decide` lets the request in by these policies, with everything else in its favour that a
    /// reach of this rank allows.
    pub(super) fn allows(&self, request: &Request, policies: &[Policy], rank: usize) -> bool {
        let everything = &*self.everything;
        let none: &[Policy] = &[];
        let mut layers = Layers::default();
        if self.setting.names_principals() {
            layers.resource = Told::Known(policies);
            if rank == 0 || request.is_cross_account() {
                layers.identity = Told::Known(everything);
            } else if rank == 2 {
                layers.boundary = Told::Known(none);
                layers.session = Told::Known(none);
            }
            // A federated user has nothing without a session policy.
            if (rank < 2 || request.is_cross_account()) && request.caller.kind() == CallerKind::FederatedUser {
                layers.session = Told::Known(everything);
            }
            return decide(request, &layers, self.setting.quirks).verdict() == Verdict::Allow;
        }
        let delegating = delegating(request);
        let levels = [policies.to_vec()];
        if matches!(request.rule(), ResourceRule::KmsKey | ResourceRule::RoleTrust) {
            layers.resource = Told::Known(&delegating);
        }
        layers.identity = Told::Known(everything);
        match self.setting.kind {
            PolicyKind::Scp => layers.scps = Told::Known(&levels),
            PolicyKind::Rcp => layers.rcps = Told::Known(&levels),
            PolicyKind::Endpoint => layers.endpoint = Told::Known(policies),
            _ => layers.identity = Told::Known(policies),
        }
        decide(request, &layers, self.setting.quirks).verdict() == Verdict::Allow
    }

    pub(super) fn names_principals(&self) -> bool {
        self.setting.names_principals()
    }

    /// Why a product has no witness: unknown keys that are compared with each other, or an error of ours.
    pub(super) fn unwitnessed(&self) -> Doubt {
        let comparison = self.space.demands.iter().find_map(|demand| match &demand.ask {
            Ask::Opaque { atom, .. } => Some(atom),
            _ => None,
        });
        match comparison {
            Some(atom) => {
                let patterns = atom.patterns();
                let keys = patterns.iter().flat_map(|pattern| pattern.variables()).map(|v| v.key.name().into());
                Doubt::Variables { of: atom.key().name().into(), keys: keys.collect() }
            }
            None => Doubt::Contradiction,
        }
    }

    /// The first statement of this effect that applies to the request.
    pub(super) fn cited<'p>(
        &self,
        request: &Request,
        policies: &'p [Policy],
        effect: Effect,
    ) -> Option<(&'p Policy, &'p Statement)> {
        let scene = Scene {
            request,
            quirks: self.setting.quirks,
            has_boundary: Tri::False,
            in_key_policy: self.setting.kind == PolicyKind::Key,
        };
        policies.iter().flat_map(|policy| policy.statements().iter().map(move |statement| (policy, statement))).find(
            |(_, statement)| {
                statement.effect() == effect
                    && matches!(statement.outcome(&scene), crate::statement::Outcome::Applies(_))
            },
        )
    }
}

fn is_of_kms(dimension: &Dimension) -> bool {
    dimension.is_key() && dimension.key.lower().starts_with("kms:")
}

/// A policy that allows everything, for whatever a question takes for granted.
fn everything() -> Vec<Policy> {
    policy(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        PolicyKind::Identity,
    )
}

/// A policy of the resource that leaves all to the caller's own IAM.
fn delegating(request: &Request) -> Vec<Policy> {
    let account = request.caller().account().unwrap_or_default();
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Principal": {{"AWS": "{account}"}}, "Resource": "*"}}}}"#
    );
    policy(&text, PolicyKind::Resource)
}

fn policy(text: &str, kind: PolicyKind) -> Vec<Policy> {
    let Ok(value) = crate::json::parse(text) else { return Vec::new() };
    let document = crate::document::Document::read(&value);
    Policy::new(&document, kind, crate::policy::Origin::default()).into_iter().collect()
}
