//! Grants: one more way to be allowed, for one key, some operations and some contexts. They never deny.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>

use crate::arn::{Arn, is_account};
use crate::caller::is_service_name;
use crate::condition::Atom;
use crate::context::Lookup;
use crate::document::{Part, Problem};
use crate::json::{Kind, Value};
use crate::key::{ENCRYPTION_CONTEXT, Key};
use crate::limits::GRANT_CONTEXT_PAIRS_MAX;
use crate::principal::{Family, PrincipalPattern, Relation};
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::span::Position;
use crate::symbol;
use crate::tri::Tri;

/// A grant, ready to be held against requests.
#[derive(Debug, Clone)]
pub struct Grant {
    id: Box<str>,
    name: Box<str>,
    key: Option<Box<str>>,
    issuing_account: Option<Box<str>>,
    grantee: PrincipalPattern,
    retiring: Option<PrincipalPattern>,
    /// In lower case, as actions are compared.
    operations: Box<[Box<str>]>,
    constraints: Box<[ContextConstraint]>,
    source_arn: Option<Box<str>>,
    source_arn_atom: Option<Box<Atom>>,
    keys: Keys,
    /// Whether symbols in its texts are symbols.
    open: bool,
    /// `file:line:column`, where that was told.
    place: Box<str>,
}

/// A constraint on the encryption context.
#[derive(Debug, Clone)]
pub struct ContextConstraint {
    exact: bool,
    pairs: Box<[Pair]>,
}

#[derive(Debug, Clone)]
struct Pair {
    key: Key,
    name: Box<str>,
    value: Box<str>,
}

/// The condition keys that a grant looks at.
#[derive(Debug, Clone)]
struct Keys {
    operations: Key,
    constraint_type: Key,
    constraint_source: Key,
    context_keys: Key,
}

/// Which part of a grant a request does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantMismatch {
    /// It is a grant of another key.
    Key,
    /// The operation is not among the grant's.
    Operation,
    /// The caller is not the grantee.
    Grantee,
    /// The encryption context does not satisfy the constraint.
    EncryptionContext,
    /// aws:SourceArn does not satisfy the constraint.
    SourceArn,
    /// The grant to be created would reach further than this one.
    WiderChild,
    /// The caller may not retire it.
    Retire,
}

/// Whether a grant permits a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantOutcome {
    /// It does, and names the caller this directly.
    Permits(Relation),
    /// It does not, because of this first of all.
    DoesNot(GrantMismatch),
    /// It turns on keys that are not known.
    TurnsOnUnknown(Relation),
}

/// One thing that a grant asks of a request.
#[derive(Debug, Clone)]
pub(crate) enum GrantDemand<'a> {
    /// That this row holds.
    Row(&'a Atom),
    /// That the key is there, with one of these texts.
    Text(&'a Key, Vec<&'a str>),
    /// That the encryption context has this pair, its name as written.
    Pair {
        key: &'a Key,
        name: &'a str,
        value: &'a str,
        /// The key that lists the names of the encryption context.
        names: &'a Key,
    },
    /// That the encryption context, whose names this key lists, has pairs of these names only.
    OnlyPairs(&'a Key, Vec<&'a str>),
    /// That each value of the key is one of these operations (`kms:decrypt`).
    AllAmong(&'a Key, &'a [Box<str>]),
}

impl Grant {
    /// Reads a grant as `aws kms list-grants` prints it. Members that do not bear on decisions are ignored.
    pub fn read(value: &Value) -> Result<Grant, Problem> {
        Grant::read_with(value, false)
    }

    /// The same for a grant that a template declares, in which [symbols](crate::symbol) are symbols.
    pub fn read_open(value: &Value) -> Result<Grant, Problem> {
        Grant::read_with(value, true)
    }

    fn read_with(value: &Value, open: bool) -> Result<Grant, Problem> {
        let problem = |value: &Value, message: String| Problem::new(Part::Document, value.span, message);
        if value.as_object().is_none() {
            return Err(problem(value, format!("a grant is an object, not {}", value.noun())));
        }
        let text = |name: &str| match value.member(name) {
            None => Ok(None),
            Some(member) => match member.as_text() {
                Some(text) => Ok(Some((text, member))),
                None => Err(problem(member, format!("`{name}` is a text, not {}", member.noun()))),
            },
        };
        let principal = |names: [&str; 2]| -> Result<Option<PrincipalPattern>, Problem> {
            for name in names {
                if let Some((text, member)) = text(name)? {
                    let family = if is_service_name(text) { Family::Service } else { Family::Aws };
                    return PrincipalPattern::new(family, text, open)
                        .map(Some)
                        .map_err(|message| problem(member, message));
                }
            }
            Ok(None)
        };
        let Some(grantee) = principal(["GranteePrincipal", "GranteeServicePrincipal"])? else {
            return Err(problem(value, "a grant needs `GranteePrincipal`".into()));
        };
        let retiring = principal(["RetiringPrincipal", "RetiringServicePrincipal"])?;
        let constraints = value.member("Constraints");
        let source_arn = constraints.and_then(|constraints| constraints.member("SourceArn"));
        let source_arn = source_arn.map(|value| {
            value.as_text().ok_or_else(|| problem(value, format!("`SourceArn` is a text, not {}", value.noun())))
        });
        let source_arn: Option<Box<str>> = source_arn.transpose()?.map(Into::into);
        let source_arn_atom = source_arn.as_deref().and_then(|arn| {
            Atom::new("ArnLike", "aws:SourceArn", &[arn], crate::condition::Scope { variables: false, symbols: open })
                .ok()
        });
        Ok(Grant {
            id: text("GrantId")?.map(|(text, _)| text).unwrap_or_default().into(),
            name: text("Name")?.map(|(text, _)| text).unwrap_or_default().into(),
            key: text("KeyId")?.map(|(text, _)| text.into()),
            issuing_account: text("IssuingAccount")?.and_then(|(text, _)| account_of(text)),
            grantee,
            retiring,
            operations: operations(value)?,
            constraints: constraints.map(context_constraints).transpose()?.unwrap_or_default(),
            source_arn,
            source_arn_atom: source_arn_atom.map(Box::new),
            open,
            place: "".into(),
            keys: Keys {
                operations: Key::new("kms:GrantOperations"),
                constraint_type: Key::new("kms:GrantConstraintType"),
                constraint_source: Key::new("kms:GrantConstraintSourceArn"),
                context_keys: Key::new("kms:EncryptionContextKeys"),
            },
        })
    }

    /// The same grant, with the place where it stands.
    pub fn at(self, path: &str, position: Position) -> Grant {
        let place = if path.is_empty() { position.to_string() } else { format!("{path}:{position}") };
        Grant { place: place.into(), ..self }
    }

    /// Where it stands, as `file:line:column`; nothing if that was not told.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The grant's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The grant's name, or nothing.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key it belongs to, where it says so.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The account in which it was created.
    pub fn issuing_account(&self) -> Option<&str> {
        self.issuing_account.as_deref()
    }

    /// Who gets the permissions.
    pub fn grantee(&self) -> &PrincipalPattern {
        &self.grantee
    }

    /// Who may retire it.
    pub fn retiring(&self) -> Option<&PrincipalPattern> {
        self.retiring.as_ref()
    }

    /// The actions it permits, in lower case: `kms:decrypt`.
    pub fn operations(&self) -> &[Box<str>] {
        &self.operations
    }

    /// The pairs of encryption context that its constraints ask for.
    pub fn constraint_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.constraints.iter().flat_map(|constraint| &constraint.pairs).map(|pair| (&*pair.name, &*pair.value))
    }

    /// The pattern of its constraint on `aws:SourceArn`, if it has one.
    pub fn source_arn_constraint(&self) -> Option<&str> {
        self.source_arn.as_deref()
    }

    /// The operations that it permits somewhere where another grant of the same key does not.
    pub fn beyond(&self, other: &Grant) -> Vec<&str> {
        let within = self.grantee.source() == other.grantee.source() && self.is_bound_like(other);
        let operations = self.operations.iter().map(|operation| &**operation);
        operations.filter(|operation| !within || !other.operations.iter().any(|known| **known == **operation)).collect()
    }

    /// Whether every context that satisfies this grant's constraints satisfies those of the other.
    fn is_bound_like(&self, other: &Grant) -> bool {
        let pairs = |constraint: &ContextConstraint| -> Vec<(Box<str>, Box<str>)> {
            let mut pairs: Vec<_> =
                constraint.pairs.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
            pairs.sort();
            pairs
        };
        let own: Vec<_> = self.constraints.iter().flat_map(pairs).collect();
        let holds = |asked: &ContextConstraint| match asked.exact {
            true => self.constraints.iter().any(|own| own.exact && pairs(own) == pairs(asked)),
            false => pairs(asked).iter().all(|pair| own.contains(pair)),
        };
        other.constraints.iter().all(holds) && (other.source_arn.is_none() || self.source_arn == other.source_arn)
    }

    /// The symbols that stand in it, if a template declares it.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &str> {
        let texts =
            [Some(self.grantee.source()), self.key.as_deref(), self.source_arn.as_deref()].into_iter().flatten();
        texts.filter(|_| self.open).flat_map(symbol::names)
    }

    /// Whether the grant permits the request. RetireGrant is another question: [`Grant::retire_outcome`].
    pub(crate) fn outcome(&self, scene: &Scene<'_>) -> GrantOutcome {
        let mut sum = self.is_of(scene);
        if sum == Tri::False {
            return GrantOutcome::DoesNot(GrantMismatch::Key);
        }
        let (grantee, relation) = self.grantee.relation(scene);
        sum = sum.and(grantee);
        if sum == Tri::False {
            return GrantOutcome::DoesNot(GrantMismatch::Grantee);
        }
        sum = sum.and(self.has_operation(&scene.request.action_lower));
        if sum == Tri::False {
            return GrantOutcome::DoesNot(GrantMismatch::Operation);
        }
        sum = sum.and(self.source_arn(scene));
        if sum == Tri::False {
            return GrantOutcome::DoesNot(GrantMismatch::SourceArn);
        }
        let (context, mismatch) = match &*scene.request.action_lower {
            "kms:describekey" => (Tri::True, GrantMismatch::EncryptionContext),
            "kms:creategrant" => (self.child_is_narrower(scene), GrantMismatch::WiderChild),
            _ => (self.context(scene), GrantMismatch::EncryptionContext),
        };
        match sum.and(context) {
            Tri::True => GrantOutcome::Permits(relation),
            Tri::False => GrantOutcome::DoesNot(mismatch),
            Tri::Unknown => GrantOutcome::TurnsOnUnknown(relation),
        }
    }

    /// Whether the caller may retire the grant: the retiring principal, the grantee if the grant
    /// says so, or the account in which it was created. Constraints do not matter.
    pub(crate) fn retire_outcome(&self, scene: &Scene<'_>) -> GrantOutcome {
        let of_key = self.is_of(scene);
        if of_key == Tri::False {
            return GrantOutcome::DoesNot(GrantMismatch::Key);
        }
        let grantee_may = self.has_operation("kms:retiregrant");
        let grantee = (grantee_may != Tri::False).then_some((&self.grantee, of_key.and(grantee_may)));
        let ways = self.retiring.iter().map(|retiring| (retiring, of_key)).chain(grantee);
        let issuer =
            self.issuing_account.as_deref().is_some_and(|account| scene.request.caller.account() == Some(account));
        let root = scene.request.caller.kind() == crate::caller::CallerKind::Root;
        let issuer = issuer.then_some((of_key, if root { Relation::Caller } else { Relation::Account }));
        let ways = ways.map(|(pattern, sum)| {
            let (holds, relation) = pattern.relation(scene);
            (holds.and(sum), relation)
        });
        let best = ways.chain(issuer).filter(|(holds, _)| *holds != Tri::False);
        match best.max_by_key(|(holds, relation)| (*holds == Tri::True, *relation)) {
            Some((Tri::True, relation)) => GrantOutcome::Permits(relation),
            Some((_, relation)) => GrantOutcome::TurnsOnUnknown(relation),
            None => GrantOutcome::DoesNot(GrantMismatch::Retire),
        }
    }

    /// Whoever may retire it by name, or might: the retiring principal, and the grantee if the grant says so.
    pub(crate) fn retirers(&self) -> impl Iterator<Item = &PrincipalPattern> {
        let grantee_may = self.has_operation("kms:retiregrant") != Tri::False;
        self.retiring.iter().chain(grantee_may.then_some(&self.grantee))
    }

    fn is_of(&self, scene: &Scene<'_>) -> Tri {
        let resource: &str = &scene.request.resource;
        let equal = |left: &str, right: &str| match self.open || scene.request.open {
            true => symbol::same(left, right),
            false => Tri::from(left == right),
        };
        match self.key.as_deref() {
            None => Tri::True,
            Some(key) if key.contains(':') => equal(key, resource),
            Some(id) => resource.rsplit('/').next().map_or(Tri::False, |own| equal(id, own)),
        }
    }

    pub(crate) fn has_operation(&self, wanted: &str) -> Tri {
        Tri::any(self.operations.iter().map(|operation| match **operation == *wanted {
            false if self.open && symbol::holds(operation) => Tri::Unknown,
            listed => Tri::from(listed),
        }))
    }

    fn source_arn(&self, scene: &Scene<'_>) -> Tri {
        match (&self.source_arn, &self.source_arn_atom) {
            (None, _) => Tri::True,
            (Some(_), Some(atom)) => atom.holds(scene),
            (Some(_), None) => Tri::False,
        }
    }

    /// The encryption context of the request, held against the constraint.
    fn context(&self, scene: &Scene<'_>) -> Tri {
        Tri::all(self.constraints.iter().map(|constraint| {
            if self.open && constraint.pairs.iter().any(|pair| symbol::holds(pair.key.name())) {
                return Tri::Unknown;
            }
            constraint.pairs(scene, self.open).and(match constraint.exact {
                true => constraint.nothing_else(scene),
                false => Tri::True,
            })
        }))
    }

    /// A grant made by the grantee of this one must not reach further: no other operations, and
    /// the same constraint or a stricter one.
    fn child_is_narrower(&self, scene: &Scene<'_>) -> Tri {
        let held = |operation: &str| {
            self.operations
                .iter()
                .any(|held| held.strip_prefix("kms:").is_some_and(|held| held.eq_ignore_ascii_case(operation)))
        };
        let operations = match scene.lookup(&self.keys.operations) {
            Lookup::Absent => Tri::True,
            Lookup::Unknown => Tri::Unknown,
            Lookup::One(operation) => Tri::from(held(operation)),
            Lookup::Many(operations) => Tri::from(operations.iter().all(|operation| held(operation))),
        };
        let source = match (&self.source_arn, scene.lookup(&self.keys.constraint_source)) {
            (None, _) => Tri::True,
            (Some(_), Lookup::Unknown) => Tri::Unknown,
            (Some(ours), Lookup::One(theirs)) => Tri::from(**ours == *theirs),
            (Some(_), _) => Tri::False,
        };
        if self.constraints.is_empty() {
            return operations.and(source);
        }
        let exact = self.constraints.iter().any(|constraint| constraint.exact);
        let kind = match scene.lookup(&self.keys.constraint_type) {
            Lookup::Unknown => Tri::Unknown,
            Lookup::One("EncryptionContextEquals") => Tri::True,
            Lookup::One("EncryptionContextSubset") => Tri::from(!exact),
            _ => Tri::False,
        };
        operations.and(source).and(kind).and(self.context(scene))
    }

    /// What a request has to have for the grant to permit it, given that key, operation and grantee fit.
    pub(crate) fn demands(&self, action_lower: &str) -> Vec<GrantDemand<'_>> {
        let mut demands: Vec<GrantDemand<'_>> =
            self.source_arn_atom.iter().map(|atom| GrantDemand::Row(atom)).collect();
        if action_lower == "kms:describekey" {
            return demands;
        }
        if action_lower == "kms:creategrant" {
            demands.push(GrantDemand::AllAmong(&self.keys.operations, &self.operations));
            if let Some(arn) = &self.source_arn {
                demands.push(GrantDemand::Text(&self.keys.constraint_source, vec![arn]));
            }
            if !self.constraints.is_empty() {
                let exact = self.constraints.iter().any(|constraint| constraint.exact);
                let kinds: &[&str] = if exact {
                    &["EncryptionContextEquals"]
                } else {
                    &["EncryptionContextEquals", "EncryptionContextSubset"]
                };
                demands.push(GrantDemand::Text(&self.keys.constraint_type, kinds.to_vec()));
            }
        }
        for constraint in &self.constraints {
            demands.extend(constraint.pairs.iter().map(|pair| GrantDemand::Pair {
                key: &pair.key,
                name: &pair.name,
                value: &pair.value,
                names: &self.keys.context_keys,
            }));
            if constraint.exact {
                let names = constraint.pairs.iter().map(|pair| &*pair.name).collect();
                demands.push(GrantDemand::OnlyPairs(&self.keys.context_keys, names));
            }
        }
        demands
    }

    /// The unknown keys on which the grant turns.
    pub(crate) fn unknown_keys<'a>(&'a self, scene: &Scene<'a>, keys: &mut Vec<&'a Key>) {
        let unknown = |key: &Key| scene.lookup(key) == Lookup::Unknown;
        keys.extend(self.grantee.key().filter(|key| unknown(key)));
        if let Some(atom) = self.source_arn_atom.as_deref() {
            atom.unknown_keys(scene, keys);
        }
        if &*scene.request.action_lower == "kms:creategrant" {
            let own = [&self.keys.operations, &self.keys.constraint_type, &self.keys.constraint_source];
            keys.extend(own.into_iter().filter(|key| unknown(key)));
        }
        for constraint in &self.constraints {
            let pairs = constraint.pairs.iter().map(|pair| &pair.key);
            keys.extend(pairs.filter(|key| unknown(key)));
            if constraint.exact && constraint.nothing_else(scene) == Tri::Unknown {
                keys.push(&self.keys.context_keys);
            }
        }
    }
}

impl ContextConstraint {
    /// Every pair of the constraint is in the request.
    fn pairs(&self, scene: &Scene<'_>, open: bool) -> Tri {
        let sensitive = scene.quirks.is_other(Quirk::GrantContextKeyCase);
        Tri::all(self.pairs.iter().map(|pair| match scene.lookup(&pair.key) {
            Lookup::One(value) if *value == *pair.value => {
                let same = |name: &str| name == &*pair.name;
                Tri::from(!sensitive || scene.context().encryption_context().any(|(name, _)| same(name)))
            }
            Lookup::Unknown => Tri::Unknown,
            Lookup::One(value) if open => symbol::same(value, &pair.value),
            _ => Tri::False,
        }))
    }

    /// The request has no pair that the constraint does not have.
    fn nothing_else(&self, scene: &Scene<'_>) -> Tri {
        let context = scene.context();
        if context.encryption_context_keys().any(|key| !self.pairs.iter().any(|pair| pair.key == *key)) {
            return Tri::False;
        }
        let settled = context.is_whole(ENCRYPTION_CONTEXT) && !context.has_unknown_encryption_context();
        if settled { Tri::True } else { Tri::Unknown }
    }
}

/// `arn:aws:iam::111122223333:root` or `111122223333`.
fn account_of(text: &str) -> Option<Box<str>> {
    let account = Arn::parse(text).map_or(text, |arn| arn.account);
    is_account(account).then(|| account.into())
}

fn operations(value: &Value) -> Result<Box<[Box<str>]>, Problem> {
    let Some(list) = value.member("Operations") else {
        return Err(Problem::new(Part::Document, value.span, "a grant needs `Operations`"));
    };
    let names = list.as_list().unwrap_or_default().iter().map(Value::as_text);
    match (list.as_list(), names.collect::<Option<Vec<&str>>>()) {
        (Some(_), Some(names)) => {
            Ok(names.iter().map(|name| format!("kms:{}", name.to_ascii_lowercase()).into()).collect())
        }
        _ => Err(Problem::new(Part::Document, list.span, "`Operations` is a list of texts")),
    }
}

/// The constraints on the encryption context; a grant that has both kinds is held to both.
fn context_constraints(constraints: &Value) -> Result<Box<[ContextConstraint]>, Problem> {
    let problem = |value: &Value, message: String| Err(Problem::new(Part::Document, value.span, message));
    let Kind::Object(members) = &constraints.kind else {
        return problem(constraints, format!("`Constraints` is an object, not {}", constraints.noun()));
    };
    let mut found = Vec::new();
    for member in members {
        let exact = match &*member.name {
            "EncryptionContextEquals" => true,
            "EncryptionContextSubset" => false,
            "SourceArn" => continue,
            name => return problem(&member.value, format!("`{name}` is not a grant constraint")),
        };
        let Some(pairs) = member.value.as_object() else {
            return problem(
                &member.value,
                format!("`{}` is an object of texts, not {}", member.name, member.value.noun()),
            );
        };
        if pairs.len() > GRANT_CONTEXT_PAIRS_MAX {
            return problem(&member.value, format!("more than {GRANT_CONTEXT_PAIRS_MAX} pairs in a grant constraint"));
        }
        let mut read = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let Some(value) = pair.value.as_text() else {
                return problem(&pair.value, format!("`{}` is a text, not {}", pair.name, pair.value.noun()));
            };
            read.push(Pair {
                key: Key::new(&format!("kms:EncryptionContext:{}", pair.name)),
                name: pair.name.clone(),
                value: value.into(),
            });
        }
        found.push(ContextConstraint { exact, pairs: read.into() });
    }
    Ok(found.into())
}
