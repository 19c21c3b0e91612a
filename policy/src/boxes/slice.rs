//! The statements of some policies that can matter to one action: what two principals must share to be one case.

use core::hash::{Hash, Hasher};

use crate::condition::Quantifier;
use crate::digest::{Domain, digest};
use crate::key::Key;
use crate::policy::Policy;
use crate::statement::{Effect, Principals, Statement, Texts};

/// Statements that can matter to an action, compared by what they mean: Sids and places do not count.
///
/// Principals of one account whose slices are equal, and who have the same values under the
/// [keys](Slice::keys) that the slices ask for, get the same answers.
///
/// ```
/// use wardbook_policy::{boxes::Slice, document::Document, json, policy::{Origin, Policy, PolicyKind}};
/// let policy = |sid: &str, action: &str| {
///     let text = format!(r#"{{"Version": "2012-10-17", "Statement": [
///         {{"Sid": "{sid}", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}},
///         {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}]}}"#);
///     [Policy::new(&Document::read(&json::parse(&text).unwrap()), PolicyKind::Identity, Origin::default()).unwrap()]
/// };
/// let (one, other) = (policy("One", "s3:*"), policy("Other", "ec2:*"));
/// assert_eq!(Slice::of(&one, "kms:Decrypt"), Slice::of(&other, "kms:Decrypt"));
/// assert_ne!(Slice::of(&one, "s3:GetObject"), Slice::of(&other, "s3:GetObject"));
/// ```
#[derive(Debug, Clone)]
pub struct Slice<'a> {
    /// Sorted by digest; statements of one meaning occur once.
    statements: Vec<(u64, &'a Statement)>,
}

impl<'a> Slice<'a> {
    /// The statements that can matter to the action, by its name alone.
    pub fn of(policies: &'a [Policy], action: &str) -> Slice<'a> {
        let lower = action.to_ascii_lowercase();
        Slice::keeping(policies, |statement| statement.actions.may_hold(&lower))
    }

    /// All statements that can matter at all.
    pub(super) fn whole(policies: &'a [Policy]) -> Slice<'a> {
        Slice::keeping(policies, |_| true)
    }

    /// The statements of which the other slice has none that means the same.
    pub(super) fn without<'s>(&'s self, other: &'s Slice<'a>) -> impl Iterator<Item = &'a Statement> + 's {
        let has = |digest: u64, statement: &Statement| {
            let first = other.statements.partition_point(|(known, _)| *known < digest);
            let rest = other.statements.get(first..).unwrap_or_default();
            rest.iter().take_while(|(known, _)| *known == digest).any(|(_, known)| means_the_same(known, statement))
        };
        self.statements
            .iter()
            .filter(move |(digest, statement)| !has(*digest, statement))
            .map(|(_, statement)| *statement)
    }

    fn keeping(policies: &'a [Policy], fits: impl Fn(&Statement) -> bool) -> Slice<'a> {
        let statements = policies.iter().flat_map(|policy| policy.statements());
        let mut kept: Vec<(u64, &'a Statement)> = statements
            .filter(|statement| !statement.inert && fits(statement))
            .map(|statement| (meaning(statement), statement))
            .collect();
        kept.sort_by_key(|(digest, _)| *digest);
        kept.dedup_by(|a, b| a.0 == b.0 && means_the_same(a.1, b.1));
        Slice { statements: kept }
    }

    /// Whether no statement can matter.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether some statement allows.
    pub fn allows(&self) -> bool {
        self.statements().any(|statement| statement.effect() == Effect::Allow)
    }

    /// The statements, in an order of their own.
    pub fn statements(&self) -> impl Iterator<Item = &'a Statement> + '_ {
        self.statements.iter().map(|(_, statement)| *statement)
    }

    /// The condition keys that the statements ask for, as variables too, each once and sorted.
    pub fn keys(&self) -> Vec<&'a Key> {
        let mut keys: Vec<&'a Key> = Vec::new();
        for (_, statement) in &self.statements {
            for atom in statement.conditions() {
                keys.push(atom.key());
                keys.extend(atom.patterns().into_iter().flat_map(|pattern| pattern.variables()).map(|v| &v.key));
            }
            if let Texts::Named(patterns) | Texts::Except(patterns) = statement.resources() {
                keys.extend(patterns.iter().flat_map(|pattern| pattern.variables()).map(|v| &v.key));
            }
            if let Principals::Named(names) | Principals::Except(names) = statement.principals() {
                keys.extend(names.iter().filter_map(|name| name.key()));
            }
        }
        keys.sort_by(|a, b| a.lower().cmp(b.lower()));
        keys.dedup();
        keys
    }
}

impl PartialEq for Slice<'_> {
    fn eq(&self, other: &Slice<'_>) -> bool {
        self.statements.len() == other.statements.len()
            && self.statements.iter().zip(&other.statements).all(|(a, b)| a.0 == b.0 && means_the_same(a.1, b.1))
    }
}

impl Eq for Slice<'_> {}

impl Hash for Slice<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.statements.len().hash(state);
        self.statements.iter().for_each(|(digest, _)| digest.hash(state));
    }
}

/// A hash of what a statement means; equal meanings have equal hashes.
fn meaning(statement: &Statement) -> u64 {
    let mut sum = statement.effect() as u64;
    let mut add = |text: &str| sum = sum.rotate_left(5) ^ digest(Domain::Key, text);
    if let Principals::Named(names) | Principals::Except(names) = statement.principals() {
        names.iter().for_each(|name| add(name.source()));
    }
    for texts in [statement.actions(), statement.resources()] {
        if let Texts::Named(patterns) | Texts::Except(patterns) = texts {
            patterns.iter().for_each(|pattern| add(pattern.source()));
        }
    }
    for atom in statement.conditions() {
        add(atom.spelled());
        add(atom.key().lower());
        atom.values().iter().for_each(|value| add(value));
    }
    sum
}

fn means_the_same(a: &Statement, b: &Statement) -> bool {
    let texts = |a: &Texts, b: &Texts| match (a, b) {
        (Texts::Any, Texts::Any) => true,
        (Texts::Named(a), Texts::Named(b)) | (Texts::Except(a), Texts::Except(b)) => a == b,
        _ => false,
    };
    let principals = match (a.principals(), b.principals()) {
        (Principals::Any, Principals::Any) => true,
        (Principals::Named(a), Principals::Named(b)) | (Principals::Except(a), Principals::Except(b)) => a == b,
        _ => false,
    };
    a.effect() == b.effect()
        && principals
        && texts(a.actions(), b.actions())
        && texts(a.resources(), b.resources())
        && a.conditions().len() == b.conditions().len()
        && a.conditions().iter().zip(b.conditions()).all(|(a, b)| {
            core::ptr::eq(a.operator(), b.operator())
                && (a.quantifier(), a.if_exists()) == (b.quantifier(), b.if_exists())
                && (a.quantifier() == Quantifier::Single || a.spelled() == b.spelled())
                && a.key() == b.key()
                && a.test() == b.test()
        })
}
