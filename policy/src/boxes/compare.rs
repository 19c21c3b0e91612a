//! Two policies held against each other: what does the new one allow that the old one did not, and the other way round?

use crate::policy::Policy;
use crate::principal::Relation;
use crate::request::Request;
use crate::statement::{Effect, Statement};

use super::Excess;
use super::landscape::{Covered, Landscape, Setting};
use super::outsider::{Cast, Who};
use super::prime;
use super::product::{Product, Union, Work};
use super::residual::{Condition, Doubt};

/// So many differences are told of one comparison, each with its witness.
const DIFFERENCES_MAX: usize = 256;

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
    let found = Cast::new(&[old, new], setting).and_then(|cast| Differ::run(&cast, old, new, setting));
    found.unwrap_or_else(|excess| Comparison {
        change: None,
        gained: Vec::new(),
        lost: Vec::new(),
        doubts: vec![Doubt::Excess(excess)],
    })
}

struct Differ<'l, 'a> {
    landscape: &'l Landscape<'l>,
    doubts: Vec<Doubt>,
    policies: [&'a [Policy]; 2],
}

impl<'a> Differ<'_, 'a> {
    fn run(cast: &Cast, old: &'a [Policy], new: &'a [Policy], setting: &Setting<'_>) -> Result<Comparison<'a>, Excess> {
        let landscape = Landscape::new(cast, &[old, new], setting)?;
        let [before, after] = &*landscape.sides else { return Err(Excess::Boxes) };
        let mut differ = Differ { landscape: &landscape, doubts: landscape.doubts.clone(), policies: [old, new] };
        let (gains, gained) = differ.gained(before, after, [0, 1])?;
        let (losses, lost) = differ.gained(after, before, [1, 0])?;
        let change = match (gains, losses) {
            (false, false) => Change::Equal,
            (false, true) => Change::Narrower,
            (true, false) => Change::Wider,
            (true, true) => Change::Incomparable,
        };
        let decided = differ.doubts.is_empty();
        Ok(Comparison { change: decided.then_some(change), gained, lost, doubts: differ.doubts })
    }

    /// What `more` allows and `less` does not; `sides` are the places of their policies.
    fn gained(
        &mut self,
        less: &Covered,
        more: &Covered,
        [less_side, more_side]: [usize; 2],
    ) -> Result<(bool, Vec<Difference<'a>>), Excess> {
        let landscape = self.landscape;
        let layout = &landscape.space.layout;
        let mut work = Work::new(layout);
        let left = self.left(less, more, &mut work)?;
        if left.is_empty() {
            return Ok((false, Vec::new()));
        }
        let (allowed, denied) = (more.allowed(), more.denied());
        let (old_allowed, old_denied) = (less.allowed(), less.denied());
        let mut primes: Vec<Product> = Vec::new();
        for product in &left {
            if primes.iter().any(|prime| prime.covers(product, layout)) {
                continue;
            }
            let widest = prime::widest(&landscape.space, product, |wider| {
                let possible = work.minus(core::slice::from_ref(wider), &landscape.impossible)?;
                if !work.and(&possible, &denied)?.is_empty() || !work.minus(&possible, &allowed)?.is_empty() {
                    return Ok(false);
                }
                let both = work.and(&possible, &old_allowed)?;
                Ok(work.minus(&both, &old_denied)?.is_empty())
            })?;
            primes.retain(|held| !widest.covers(held, layout));
            primes.push(widest);
        }
        let primes = prime::needed(primes, &left, &mut work)?;
        let mut differences = Vec::new();
        for prime in primes.iter().take(DIFFERENCES_MAX) {
            for (conditions, part) in landscape.words(prime) {
                let possible = work.minus(core::slice::from_ref(&part), &landscape.impossible)?;
                if possible.is_empty() {
                    continue;
                }
                match self.witnessed(&possible, [less_side, more_side]) {
                    Some((witness, cause)) => differences.push(Difference {
                        who: if landscape.names_principals() { landscape.who(&part) } else { Vec::new() },
                        reach: landscape.reach(&part),
                        actions: landscape.actions(&part),
                        conditions,
                        witness,
                        cause,
                    }),
                    None => self.doubts.push(landscape.unwitnessed()),
                }
            }
        }
        differences.sort_by(|a: &Difference<'_>, b| {
            (&a.who, &a.actions, &a.conditions, a.reach).cmp(&(&b.who, &b.actions, &b.conditions, b.reach))
        });
        Ok((true, differences))
    }

    /// The difference itself. A statement that both sides have makes one only where a Deny went.
    fn left(&self, less: &Covered, more: &Covered, work: &mut Work<'_>) -> Result<Union, Excess> {
        let denied = more.denied();
        let (old_allowed, old_denied) = (less.allowed(), less.denied());
        let gone: Union = old_denied.iter().filter(|product| !denied.contains(product)).cloned().collect();
        let mut left = Union::new();
        for product in more.allowed() {
            let fresh = if old_allowed.contains(&product) {
                work.and(core::slice::from_ref(&product), &gone)?
            } else {
                vec![product]
            };
            let open = work.minus(&fresh, &denied)?;
            let open = work.minus(&open, &self.landscape.impossible)?;
            for piece in open {
                let held = work.and(core::slice::from_ref(&piece), &old_allowed)?;
                let held = work.minus(&held, &old_denied)?;
                let rest = work.minus(&[piece], &held)?;
                left.extend(rest);
            }
            work.count(left.len())?;
        }
        Ok(left)
    }

    /// A request in one of the pieces that bears the difference out, and the statement that made it.
    fn witnessed(&self, pieces: &[Product], [less, more]: [usize; 2]) -> Option<(Request, Option<Cause<'a>>)> {
        let policies = |side: usize| self.policies.get(side).copied().unwrap_or_default();
        for piece in pieces {
            let rank = self.landscape.rank(piece);
            let witness = self.landscape.requests(piece).into_iter().find(|request| {
                self.landscape.allows(request, policies(more), rank)
                    && !self.landscape.allows(request, policies(less), rank)
            });
            let Some(witness) = witness else { continue };
            let denied = self.landscape.cited(&witness, policies(less), Effect::Deny);
            let allowed_before = self.landscape.allows_but_for_denies(&witness, policies(less), rank);
            let cause = match (denied, self.landscape.cited(&witness, policies(more), Effect::Allow)) {
                (Some((policy, statement)), _) if allowed_before => Some(Cause::Denied(policy, statement)),
                (_, Some((policy, statement))) => Some(Cause::Allowed(policy, statement)),
                (_, None) => None,
            };
            return Some((witness, cause));
        }
        None
    }
}
