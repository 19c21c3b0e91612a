//! Policies over everybody, every action and every context at once: what each statement covers.

mod access;
mod impossible;
mod request;
mod survey;

use crate::limits::{BOXES_MAX, CLASSES_MAX};
use crate::policy::{Policy, PolicyKind};
use crate::principal::Relation;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::scene::Scene;
use crate::statement::Effect;
use crate::tri::Tri;

use super::focus::Focus;
use super::glob::ones;
use super::outsider::{Cast, HOLDER_KEYS, REQUESTED_REGION, Who};
use super::plan::{Plan, Planner, REACHES, bits, relation};
use super::product::{Product, Union, Work};
use super::residual::Doubt;
use super::space::Space;
use super::words::Wording;
use super::{Excess, rule};

pub use access::{Access, access};
pub use survey::{Survey, survey};

/// Where policies stand, for questions about the policies alone.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What kind of policies they are.
    pub kind: PolicyKind,
    /// The ARN of the key or other resource that they are attached to; a made-up one unless told.
    pub resource: Option<&'a str>,
    /// The account that owns it. Unless told, that of the ARN, else the first that the policies name.
    pub account: Option<&'a str>,
    /// Whether the Region in the ARN stands for one that is not known.
    pub in_some_region: bool,
    /// The sides of the quirks.
    pub quirks: Quirks,
}

impl<'a> Setting<'a> {
    /// The setting of a kind of policies, with nothing else told.
    pub fn of(kind: PolicyKind) -> Setting<'a> {
        Setting { kind, resource: None, account: None, in_some_region: false, quirks: Quirks::default() }
    }

    /// Whether statements say who, and how directly.
    pub(super) fn names_principals(&self) -> bool {
        matches!(self.kind, PolicyKind::Key | PolicyKind::Resource)
    }

    /// The keys that whoever asks and what is asked for would determine, were they told.
    pub(super) fn open_keys(&self) -> Vec<&'static str> {
        let holder: &[&str] = if self.names_principals() { &[] } else { &HOLDER_KEYS };
        let region = (self.resource.is_none() || self.in_some_region).then_some(REQUESTED_REGION);
        holder.iter().copied().chain(region).collect()
    }
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
    /// With a focus, of what matters to it only.
    pub(super) fn new(
        cast: &'c Cast,
        sides: &[&'c [Policy]],
        setting: &Setting<'c>,
        focus: Option<&Focus<'_>>,
    ) -> Result<Landscape<'c>, Excess> {
        let mut planner = Planner::new(cast, sides, setting, focus);
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
        demands.extend(rule::own_demands(&demands, scene.request));
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
            everything: request::everything(),
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
        let mut product = product.clone();
        product.restrict(&self.space.layout, place, classes);
        (!product.is_empty(&self.space.layout)).then_some(product)
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

    fn select(&self, place: usize, fits: &dyn Fn(&str) -> bool) -> Vec<u64> {
        self.space.dimensions.get(place).map(|dimension| dimension.select(false, fits)).unwrap_or_default()
    }

    fn people(&self, fits: impl Fn(&Who, &Request) -> bool) -> Vec<u64> {
        bits(self.cast.people.iter().map(|(who, request)| fits(who, request)))
    }

    /// Whether the product holds nothing possible of these but what is in `besides`.
    pub(super) fn has_nothing_of(
        &self,
        product: &Product,
        others: &[&Product],
        besides: &[&Product],
        work: &mut Work<'_>,
    ) -> Result<bool, Excess> {
        let layout = &self.space.layout;
        let mut removed: Vec<&Product> = Vec::new();
        for other in others {
            let Some(both) = product.and(other, layout) else { continue };
            if removed.is_empty() {
                let all = besides.iter().copied().chain(&self.impossible);
                removed.extend(all.filter(|removed| removed.meets(product, layout)));
            }
            if !work.is_within(&both, &removed)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Those of the products that hold anything for the people, reach and actions of this one, whatever the conditions.
    pub(super) fn near<'p>(&self, product: &Product, products: &[&'p Product]) -> Vec<&'p Product> {
        let mut near = product.clone();
        let keys = self.space.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.is_key());
        keys.for_each(|(place, _)| near.free(&self.space.layout, place));
        products.iter().copied().filter(|other| other.meets(&near, &self.space.layout)).collect()
    }

    /// The words for the conditions of products.
    pub(super) fn wording(&self) -> Option<Wording<'_>> {
        let (_, request) = self.cast.people.first()?;
        let scene = Scene {
            request,
            quirks: self.setting.quirks,
            has_boundary: Tri::False,
            in_key_policy: self.setting.kind == PolicyKind::Key,
        };
        Some(Wording::new(&self.space, scene))
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

    pub(super) fn names_principals(&self) -> bool {
        self.setting.names_principals()
    }
}
