//! Who gets in by policies, how far and when.

use crate::policy::Policy;
use crate::principal::Relation;
use crate::request::Request;
use crate::statement::{Effect, Statement};

use super::super::Excess;
use super::super::glob::ones;
use super::super::outsider::{Cast, Who};
use super::super::plan::{REACHES, bits, relation};
use super::super::prime;
use super::super::product::{Product, Work};
use super::super::residual::{Condition, Doubt};
use super::{Covered, Landscape, Setting};

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
/// ([`Standing`](super::super::Standing)). A statement that names an account reaches
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
        let landscape = Landscape::new(&cast, &[policies], setting, None)?;
        let side = landscape.sides.first().ok_or(Excess::Boxes)?;
        let mut doubts = landscape.doubts.clone();
        let rows = landscape.access(side, policies, &mut doubts)?;
        Ok((rows, doubts))
    });
    found.unwrap_or_else(|excess| (Vec::new(), vec![Doubt::Excess(excess)]))
}

impl Landscape<'_> {
    /// Everything allowed, in few wide rows.
    pub(super) fn access<'p>(
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
        let wording = self.wording().ok_or(Excess::Names)?;
        let mut rows = Vec::new();
        for prime in primes {
            for (conditions, part) in wording.alternatives(&prime) {
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
        let statement = self.cited(&witness, policies, &[], Effect::Allow);
        Some(Access {
            who: self.who(product),
            reach: relation(reach),
            actions: self.actions(product),
            conditions,
            witness,
            statement,
        })
    }
}
