//! Two policies held against each other: what does the new one allow that the old one did not, and the other way round?

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use crate::digest::Quick;
use crate::limits::{DIFFERENCES_MAX, PIECES_MAX};
use crate::policy::Policy;
use crate::principal::Relation;
use crate::request::Request;
use crate::statement::{Effect, Statement};

use super::Excess;
use super::focus::Focus;
use super::landscape::{Covered, Landscape, Setting};
use super::meaning::{Meanings, without_reordered};
use super::outsider::{Cast, Who};
use super::prime;
use super::product::{Product, Work};
use super::residual::{Condition, Doubt};
use super::target::{Target, targets};

/// How the new policies stand to the old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// They allow the same.
    Equal,
    /// They allow less.
    Narrower,
    /// They allow more.
    Wider,
    /// They allow some things more and others less.
    Incomparable,
}

impl Change {
    fn of(gains: bool, losses: bool) -> Change {
        match (gains, losses) {
            (false, false) => Change::Equal,
            (false, true) => Change::Narrower,
            (true, false) => Change::Wider,
            (true, true) => Change::Incomparable,
        }
    }

    /// The word used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Change::Equal => "equal",
            Change::Narrower => "narrower",
            Change::Wider => "wider",
            Change::Incomparable => "incomparable",
        }
    }
}

/// What made a difference.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'a> {
    /// This statement of the side that allows it.
    Allowed(&'a Policy, &'a Statement),
    /// This Deny of the side that does not; both sides have a statement that would allow it.
    Denied(&'a Policy, &'a Statement),
}

/// Something that one side allows and the other does not.
#[derive(Debug, Clone)]
pub struct Difference<'a> {
    /// Whom it concerns; empty where the policies say nothing of principals.
    pub who: Vec<Who>,
    /// How far it has to reach to make a difference.
    pub reach: Relation,
    /// The actions, as AWS spells them. Of actions that the policies cannot tell apart one stands for all.
    pub actions: Vec<Box<str>>,
    /// The conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// A request that one side allows and the other does not, both by `decide`.
    pub witness: Request,
    /// The statement that made it.
    pub cause: Option<Cause<'a>>,
}

/// The differences between old and new policies.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    /// How the new ones stand to the old ones; `None` if that is not decided.
    pub change: Option<Change>,
    /// What the new ones allow in addition.
    pub gained: Vec<Difference<'a>>,
    /// What they no longer allow.
    pub lost: Vec<Difference<'a>>,
    /// Whether all of them are listed. Of very many only some are, of each statement.
    pub complete: bool,
    /// Why it is not decided.
    pub doubts: Vec<Doubt>,
}

/// Compares policies of one kind: a key policy before and after, or all identity policies of somebody.
///
/// ```
/// use wardbook_policy::{boxes::{Change, Setting, compare}, document::Document, json, policy::{Origin, Policy, PolicyKind}};
/// let policy = |service: &str| {
///     let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "kms:Decrypt",
///         "Principal": {{"AWS": "111122223333"}}, "Resource": "*",
///         "Condition": {{"StringLike": {{"kms:ViaService": "{service}.eu-west-1.amazonaws.com"}}}}}}}}"#);
///     [Policy::new(&Document::read(&json::parse(&text).unwrap()), PolicyKind::Key, Origin::default()).unwrap()]
/// };
/// let (old, new) = (policy("s3"), policy("*"));
/// let comparison = compare(&old, &new, &Setting::of(PolicyKind::Key));
/// assert_eq!(comparison.change, Some(Change::Wider));
/// let told: Vec<String> = comparison.gained[0].conditions.iter().map(ToString::to_string).collect();
/// assert_eq!(told, ["kms:ViaService is like *.eu-west-1.amazonaws.com", "kms:ViaService is not like s3.eu-west-1.amazonaws.com"]);
/// ```
pub fn compare<'a>(old: &'a [Policy], new: &'a [Policy], setting: &Setting<'_>) -> Comparison<'a> {
    let (before, after) = (Meanings::of(old), Meanings::of(new));
    let (mut lost, mut gained): (Vec<&Statement>, Vec<&Statement>) =
        (before.without(&after).collect(), after.without(&before).collect());
    if old.iter().chain(new).flat_map(Policy::statements).any(Statement::is_open) {
        (lost, gained) = without_reordered(lost, gained);
    }
    let changed: Vec<&Statement> = lost.into_iter().chain(gained).collect();
    if changed.is_empty() {
        return Comparison {
            change: Some(Change::Equal),
            gained: Vec::new(),
            lost: Vec::new(),
            complete: true,
            doubts: Vec::new(),
        };
    }
    let focus = Focus::on(changed);
    let given = setting.names_principals() || setting.resource.is_some();
    let targets = if given { Ok(None) } else { targets([old, new], setting, focus.as_ref()) };
    match targets {
        Ok(None) => on_one(old, new, setting, focus.as_ref()),
        Ok(Some(targets)) => on_each(&targets, old, new, setting, focus.as_ref()),
        Err(excess) => Comparison::undecided(excess),
    }
}

/// The comparison on one resource after the other. Of differences that are the same but for the resource of
/// their witness the first is told.
fn on_each<'a>(
    targets: &[Target],
    old: &'a [Policy],
    new: &'a [Policy],
    setting: &Setting<'_>,
    focus: Option<&Focus<'_>>,
) -> Comparison<'a> {
    let (mut gains, mut losses) = (false, false);
    let mut sum = Comparison { change: None, gained: Vec::new(), lost: Vec::new(), complete: true, doubts: Vec::new() };
    for target in targets {
        let own = on_one(
            old,
            new,
            &Setting { resource: Some(&target.resource), account: Some(&target.account), ..*setting },
            focus,
        );
        gains |= !own.gained.is_empty() || matches!(own.change, Some(Change::Wider | Change::Incomparable));
        losses |= !own.lost.is_empty() || matches!(own.change, Some(Change::Narrower | Change::Incomparable));
        sum.complete &= own.complete;
        for (all, more) in [(&mut sum.gained, own.gained), (&mut sum.lost, own.lost)] {
            for difference in more {
                if !all.iter().any(|known| known.is_alike(&difference)) {
                    all.push(difference);
                }
            }
        }
        for doubt in own.doubts {
            if !sum.doubts.contains(&doubt) {
                sum.doubts.push(doubt);
            }
        }
    }
    sum.change = sum.doubts.is_empty().then(|| Change::of(gains, losses));
    sum
}

fn on_one<'a>(
    old: &'a [Policy],
    new: &'a [Policy],
    setting: &Setting<'_>,
    focus: Option<&Focus<'_>>,
) -> Comparison<'a> {
    let cast = match focus {
        Some(focus) => Cast::concerned_by(old, new, focus.changed(), setting),
        None => Cast::new(&[old, new], setting),
    };
    let found = cast.and_then(|cast| match cast.people.is_empty() {
        // Somebody there has to be, and nothing changes for any.
        true => Cast::new(&[old, new], setting).and_then(|cast| Differ::run(&cast, old, new, setting, focus)),
        false => Differ::run(&cast, old, new, setting, focus),
    });
    found.unwrap_or_else(Comparison::undecided)
}

impl Comparison<'_> {
    fn undecided(excess: Excess) -> Self {
        let (gained, lost) = (Vec::new(), Vec::new());
        Comparison { change: None, gained, lost, complete: false, doubts: vec![Doubt::Excess(excess)] }
    }
}

impl Difference<'_> {
    /// Whether the other says the same of another resource.
    fn is_alike(&self, other: &Difference<'_>) -> bool {
        let statement = |cause: &Option<Cause<'_>>| match cause {
            Some(Cause::Allowed(_, statement) | Cause::Denied(_, statement)) => Some(std::ptr::from_ref(*statement)),
            None => None,
        };
        self.actions == other.actions
            && self.conditions == other.conditions
            && self.who == other.who
            && statement(&self.cause) == statement(&other.cause)
    }
}

/// Products to be found among others.
type Known<'p> = HashSet<&'p Product, BuildHasherDefault<Quick>>;

struct Differ<'l, 'a> {
    landscape: &'l Landscape<'l>,
    doubts: Vec<Doubt>,
    complete: bool,
    policies: [&'a [Policy]; 2],
}

impl<'a> Differ<'_, 'a> {
    fn run(
        cast: &Cast,
        old: &'a [Policy],
        new: &'a [Policy],
        setting: &Setting<'_>,
        focus: Option<&Focus<'_>>,
    ) -> Result<Comparison<'a>, Excess> {
        let landscape = Landscape::new(cast, &[old, new], setting, focus)?;
        let [before, after] = &*landscape.sides else { return Err(Excess::Boxes) };
        let mut differ =
            Differ { landscape: &landscape, doubts: landscape.doubts.clone(), complete: true, policies: [old, new] };
        let (gains, gained) = differ.gained(before, after, [0, 1])?;
        let (losses, lost) = differ.gained(after, before, [1, 0])?;
        let change = Change::of(gains, losses);
        let decided = differ.doubts.is_empty();
        Ok(Comparison {
            change: decided.then_some(change),
            gained,
            lost,
            complete: differ.complete,
            doubts: differ.doubts,
        })
    }

    /// What `more` allows and `less` does not; `sides` are the places of their policies.
    fn gained(
        &mut self,
        less: &Covered,
        more: &Covered,
        sides: [usize; 2],
    ) -> Result<(bool, Vec<Difference<'a>>), Excess> {
        let landscape = self.landscape;
        let space = &landscape.space;
        let (allowed, denied) = (more.allowed(), more.denied());
        let (old_allowed, old_denied) = (less.allowed(), less.denied());
        let held: Vec<&Product> = old_allowed.iter().collect();
        let barred: Vec<&Product> = old_denied.iter().collect();
        let closed: Vec<&Product> = denied.iter().chain(&landscape.impossible).collect();
        let denied: Vec<&Product> = denied.iter().collect();
        let open: Vec<&Product> = allowed.iter().chain(&landscape.impossible).collect();
        let (known, kept) =
            (held.iter().copied().collect::<Known<'_>>(), denied.iter().copied().collect::<Known<'_>>());
        let gone: Vec<&Product> = barred.iter().copied().filter(|product| !kept.contains(product)).collect();
        let fresh: Vec<&Product> = closed.iter().copied().chain(held.iter().copied()).collect();
        let mut work = Work::new(&space.layout);
        let mut primes: Vec<Product> = Vec::new();
        for bound in &allowed {
            // What only a Deny kept out, and what nothing allowed. Both have a say in what the other found.
            let freed = gone.iter().filter_map(|product| bound.and(product, &space.layout)).map(|both| (both, &closed));
            let added = (!known.contains(&bound)).then(|| (bound.clone(), &fresh));
            for (product, removed) in freed.chain(added) {
                if primes.len() >= DIFFERENCES_MAX {
                    self.complete = false;
                    break;
                }
                let found = work.survivors(product, removed, PIECES_MAX)?;
                self.complete &= found.len() < PIECES_MAX;
                if found.is_empty() {
                    continue;
                }
                let [denied, held, barred, open] =
                    [&denied, &held, &barred, &open].map(|products| landscape.near(bound, products));
                for piece in found {
                    if primes.iter().any(|prime| prime.covers(&piece, &space.layout)) {
                        continue;
                    }
                    primes.push(prime::towards(space, &piece, bound, |wider| {
                        Ok(landscape.has_nothing_of(wider, &denied, &[], &mut work)?
                            && landscape.has_nothing_of(wider, &held, &barred, &mut work)?
                            && work.is_within(wider, &open)?)
                    })?);
                }
            }
        }
        let primes = prime::merged(primes, space);
        let wording = landscape.wording().ok_or(Excess::Names)?;
        let mut differences = Vec::new();
        for prime in &primes {
            for (conditions, part) in wording.alternatives(prime) {
                let possible = work.minus(core::slice::from_ref(&part), &landscape.impossible)?;
                if possible.is_empty() {
                    continue;
                }
                match self.witnessed(&possible, &held, sides) {
                    Some((witness, cause)) => differences.push(Difference {
                        who: if landscape.names_principals() { landscape.who(&part) } else { Vec::new() },
                        reach: landscape.reach(&part),
                        actions: landscape.actions(&part),
                        conditions,
                        witness,
                        cause,
                    }),
                    // Where something else is in doubt, that is the reason.
                    None if !self.doubts.is_empty() => {}
                    None => self.doubts.push(landscape.unwitnessed()),
                }
            }
        }
        differences.sort_by(|a: &Difference<'_>, b| {
            (&a.who, &a.actions, &a.conditions, a.reach).cmp(&(&b.who, &b.actions, &b.conditions, b.reach))
        });
        Ok((!primes.is_empty(), differences))
    }

    /// A request in one of the pieces that bears the difference out, and the statement that made it.
    fn witnessed(
        &self,
        pieces: &[Product],
        held: &[&Product],
        [less, more]: [usize; 2],
    ) -> Option<(Request, Option<Cause<'a>>)> {
        let policies = |side: usize| self.policies.get(side).copied().unwrap_or_default();
        for piece in pieces {
            let rank = self.landscape.rank(piece);
            let witness = self.landscape.requests(piece).into_iter().find(|request| {
                self.landscape.allows(request, policies(more), rank)
                    && !self.landscape.allows(request, policies(less), rank)
            });
            let Some(witness) = witness else { continue };
            let denied = self.landscape.cited(&witness, policies(less), policies(more), Effect::Deny);
            let allowed_before = held.iter().any(|held| held.meets(piece, &self.landscape.space.layout));
            let cause = match (denied, self.landscape.cited(&witness, policies(more), policies(less), Effect::Allow)) {
                (Some((policy, statement)), _) if allowed_before => Some(Cause::Denied(policy, statement)),
                (_, Some((policy, statement))) => Some(Cause::Allowed(policy, statement)),
                (_, None) => None,
            };
            return Some((witness, cause));
        }
        None
    }
}
