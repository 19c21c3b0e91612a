//! Boxes back into rows of a Condition block, in the author's own values.

use core::cell::OnceCell;
use core::fmt;

use crate::condition::{Atom, Scope, Test};
use crate::pattern::Step;
use crate::scene::Scene;
use crate::tri::Tri;

use super::demand::{Ask, Demand};
use super::glob::ones;
use super::product::{Product, without};
use super::residual::Condition;
use super::space::{Dimension, Space};

/// Operators and what says the opposite.
const OPPOSITES: &[(&str, &str)] = &[
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("NumericLessThan", "NumericGreaterThanEquals"),
    ("NumericLessThanEquals", "NumericGreaterThan"),
    ("NumericGreaterThan", "NumericLessThanEquals"),
    ("NumericGreaterThanEquals", "NumericLessThan"),
    ("DateEquals", "DateNotEquals"),
    ("DateLessThan", "DateGreaterThanEquals"),
    ("DateLessThanEquals", "DateGreaterThan"),
    ("DateGreaterThan", "DateLessThanEquals"),
    ("DateGreaterThanEquals", "DateLessThan"),
    ("IpAddress", "NotIpAddress"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
];

/// An operator with values, and the classes it takes; absence is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    operator: &'static str,
    /// Whether it holds where the key is absent.
    negated: bool,
    values: Vec<Box<str>>,
    classes: Vec<u64>,
}

/// The words for products of one space. What the documents say about a key is gathered once.
pub(super) struct Wording<'s> {
    space: &'s Space<'s>,
    scene: Scene<'s>,
    /// By dimension.
    words: Vec<OnceCell<Words<'s>>>,
}

impl<'s> Wording<'s> {
    pub(super) fn new(space: &'s Space<'s>, scene: Scene<'s>) -> Wording<'s> {
        Wording { space, scene, words: space.dimensions.iter().map(|_| OnceCell::new()).collect() }
    }

    /// The product as conjunctions of rows, each with the part of it that it stands for.
    pub(super) fn alternatives(&self, product: &Product) -> Vec<(Vec<Condition>, Product)> {
        let space = self.space;
        let mut found = vec![(Vec::new(), product.clone())];
        for ((place, dimension), words) in space.dimensions.iter().enumerate().zip(&self.words) {
            if product.is_free(&space.layout, place) {
                continue;
            }
            if !dimension.is_key() {
                let rows = opaque(dimension, &space.demands, product.classes(&space.layout, place)).unwrap_or_default();
                for (conditions, _) in &mut found {
                    conditions.extend(rows.iter().cloned());
                }
                continue;
            }
            let words = words.get_or_init(|| Words::new(dimension, &space.demands, &self.scene));
            if dimension.many {
                let rows = words.list(product.classes(&space.layout, place), product.hits(place));
                for (conditions, _) in &mut found {
                    conditions.extend(rows.iter().cloned());
                }
                continue;
            }
            let mut more = Vec::new();
            for (classes, rows) in words.single(product.classes(&space.layout, place)) {
                for (conditions, part) in &found {
                    let mut part = part.clone();
                    part.restrict(&space.layout, place, &classes);
                    more.push((conditions.iter().chain(&rows).cloned().collect(), part));
                }
            }
            found = more;
        }
        for (conditions, _) in &mut found {
            conditions.sort_by(|a, b| (a.key.to_lowercase(), a).cmp(&(b.key.to_lowercase(), b)));
        }
        found
    }
}

/// Stands before an operator that no other is the opposite of.
const NEGATION: &str = "not ";

/// A dimension that is a row of its own, as that row or its opposite.
fn opaque(dimension: &Dimension, demands: &[Demand<'_>], classes: &[u64]) -> Option<Vec<Condition>> {
    let asked = dimension.demands.iter().find_map(|index| demands.get(*index))?;
    let Ask::Opaque { atom, plain } = &asked.ask else { return None };
    let holds = dimension.select(false, |witness| witness == "true");
    let wanted = super::product::within(classes, &holds) == *plain;
    let spelled = atom.spelled();
    let opposite = OPPOSITES.iter().filter(|(_, not)| not.contains("Not")).find_map(|(plain, not)| match spelled {
        _ if spelled == *plain => Some(*not),
        _ if spelled == *not => Some(*plain),
        _ => None,
    });
    let operator = match (wanted, opposite) {
        (true, _) => spelled.to_owned(),
        (false, Some(opposite)) => opposite.to_owned(),
        (false, None) => format!("{NEGATION}{spelled}"),
    };
    Some(vec![Condition { key: atom.key().name().into(), operator: operator.into(), values: atom.values().to_vec() }])
}

/// The classes without those that no request has: words need not tell these apart.
fn possible(dimension: &Dimension, classes: &[u64]) -> Vec<u64> {
    if dimension.never.is_empty() { classes.to_vec() } else { without(classes, &dimension.never) }
}

/// What the documents say about one key.
struct Words<'d> {
    dimension: &'d Dimension,
    /// All classes of values.
    present: Vec<u64>,
    units: Vec<Unit>,
}

impl<'d> Words<'d> {
    fn new(dimension: &'d Dimension, demands: &[Demand<'_>], scene: &Scene<'_>) -> Words<'d> {
        let present = possible(dimension, &dimension.select(false, |_| true));
        let mut words = Words { dimension, present, units: Vec::new() };
        let asked = dimension.demands.iter().filter_map(|index| demands.get(*index));
        let mut literals: Vec<Box<str>> = Vec::new();
        for demand in asked {
            words.add(demand, scene);
            literals.extend(demand.literals(scene));
        }
        words.add_finite(literals, demands, scene);
        let mut seen: Vec<Unit> = Vec::new();
        words.units.retain(|unit| {
            let fresh = !seen.iter().any(|other| other.classes == unit.classes && other.negated == unit.negated);
            if fresh {
                seen.push(unit.clone());
            }
            fresh
        });
        words
    }

    fn add(&mut self, demand: &Demand<'_>, scene: &Scene<'_>) {
        match &demand.ask {
            Ask::Row { atom, .. } => self.add_row(atom, scene),
            Ask::UniqueId(id) => {
                // One class, as far as this is all that is asked: of the user or role, and of its sessions.
                let sessions = format!("{id}:*").into();
                let texts = if id.contains(':') { vec![(*id).into()] } else { vec![(*id).into(), sessions] };
                self.add_values("StringLike", texts);
            }
            Ask::Text(texts) => {
                self.add_values("StringEquals", texts.iter().map(|text| (*text).into()).collect());
            }
            Ask::AllAmong(texts) => self.add_values("StringEqualsIgnoreCase", texts.clone()),
            Ask::Name(name) => {
                self.add_values("StringEqualsIgnoreCase", vec![name.clone()]);
            }
            // The texts that the variable has to stand for; which of them count is asked of the evaluator.
            Ask::Variable(variable) if variable.ignores_case() => {
                let told = variable.settles();
                let texts = variable.solutions.iter().filter(|text| demand.takes(Some(text), scene) == told);
                let texts: Vec<Box<str>> = texts.cloned().collect();
                self.add_values("StringEqualsIgnoreCase", texts);
            }
            Ask::Ends(suffix) => {
                self.add_values("StringLike", vec![format!("*{suffix}").into()]);
            }
            Ask::Address => {
                self.add_values("IpAddress", ["0.0.0.0/0", "::/0"].map(Into::into).to_vec());
            }
            Ask::Variable(_) | Ask::Begins(_) | Ask::Opaque { .. } => {}
        }
    }

    fn add_values(&mut self, operator: &'static str, values: Vec<Box<str>>) {
        if let Some(classes) = self.taken(operator, &values) {
            self.add_both(operator, values, classes);
        }
    }

    /// The classes of values that an operator takes with plain values.
    fn taken(&self, operator: &str, values: &[Box<str>]) -> Option<Vec<u64>> {
        let texts: Vec<&str> = values.iter().map(|value| &**value).collect();
        let atom =
            Atom::new(operator, self.dimension.key.name(), &texts, Scope { variables: false, symbols: false }).ok()?;
        let request = crate::request::Request::builder("*", "none:None", "*").build().ok()?;
        let scene = Scene {
            request: &request,
            quirks: crate::quirk::Quirks::default(),
            has_boundary: Tri::False,
            in_key_policy: false,
        };
        Some(self.dimension.select(false, |witness| atom.satisfied_by(witness, &scene) == Tri::True))
    }

    fn add_row(&mut self, atom: &Atom, scene: &Scene<'_>) {
        if matches!(atom.test(), Test::Null(_)) {
            return;
        }
        let written = atom.operator();
        let plain = match OPPOSITES.iter().find(|(_, opposite)| written.negated && *opposite == written.name) {
            Some((plain, _)) => *plain,
            None => written.name,
        };
        let classes =
            self.dimension.select(false, |witness| (atom.satisfied_by(witness, scene) == Tri::True) != written.negated);
        self.add_both(plain, atom.values().to_vec(), classes);
    }

    /// The unit and its opposite.
    fn add_both(&mut self, operator: &'static str, values: Vec<Box<str>>, classes: Vec<u64>) {
        let classes = possible(self.dimension, &classes);
        let rest = without(&self.present, &classes);
        let opposite = OPPOSITES.iter().find(|(plain, _)| *plain == operator).map(|(_, opposite)| *opposite);
        let opposite = match (operator, opposite, &*values) {
            ("Bool", _, [value]) => {
                let other = if value.eq_ignore_ascii_case("true") { "false" } else { "true" };
                let taken = self.dimension.select(false, |witness| witness.eq_ignore_ascii_case(other));
                let taken = possible(self.dimension, &taken);
                (taken == rest).then(|| Unit { operator, negated: false, values: vec![other.into()], classes: taken })
            }
            (_, Some(opposite), _) if opposite.contains("Not") => {
                Some(Unit { operator: opposite, negated: true, values: values.clone(), classes: rest })
            }
            // The opposite of an order holds for numbers only, and of several values turns on one.
            (_, Some(opposite), [_, ..]) => {
                let sound = self.dimension.select(false, |witness| is_ordered(opposite, witness));
                let mut rest = rest;
                super::product::keep(&mut rest, &sound);
                let bound = farthest(operator, &values);
                bound.map(|bound| Unit {
                    operator: opposite,
                    negated: false,
                    values: vec![bound.clone()],
                    classes: rest,
                })
            }
            _ => None,
        };
        self.units.push(Unit { operator, negated: false, values, classes });
        self.units.extend(opposite);
    }

    /// Texts that are a class of their own, or all of one together.
    fn add_finite(&mut self, mut literals: Vec<Box<str>>, demands: &[Demand<'_>], scene: &Scene<'_>) {
        literals.sort();
        literals.dedup();
        let asked: Vec<&Demand<'_>> = self.dimension.demands.iter().filter_map(|index| demands.get(*index)).collect();
        let vector = |text: &str| -> Vec<bool> {
            let takes = |demand: &&Demand<'_>| {
                if self.dimension.many { demand.takes_one(text, scene) } else { demand.takes(Some(text), scene) }
            };
            asked.iter().map(takes).collect()
        };
        let vectors: Vec<Vec<bool>> = self.dimension.witnesses.iter().map(|witness| vector(witness)).collect();
        let mut members: Vec<Vec<Box<str>>> = vec![Vec::new(); vectors.len()];
        for literal in literals {
            let own = vector(&literal);
            if let Some(class) = vectors.iter().position(|other| *other == own)
                && let Some(list) = members.get_mut(class)
            {
                list.push(literal);
            }
        }
        // A class is finite where some row that knows nothing but texts tells it from all others.
        let finite = |class: usize| {
            asked.iter().zip(vectors.get(class).into_iter().flatten()).any(|(demand, takes)| demand.is_finite(*takes))
        };
        let closed: Vec<(usize, Vec<Box<str>>)> =
            members.into_iter().enumerate().filter(|(class, list)| !list.is_empty() && finite(*class)).collect();
        for (class, list) in closed {
            let classes = self.dimension.class(class);
            self.add_both("StringEquals", list, classes);
        }
    }

    /// Rows for a key with one value; several lists of rows are alternatives, each for its classes.
    fn single(&self, classes: &[u64]) -> Vec<(Vec<u64>, Vec<Condition>)> {
        let absence = self.dimension.absence().map(|class| self.dimension.class(class)).unwrap_or_default();
        let absent = super::product::meets(classes, &absence);
        let values = possible(self.dimension, &without(classes, &absence));
        if values.iter().all(|word| *word == 0) {
            return vec![(classes.to_vec(), vec![self.null("true")])];
        }
        if values == self.present {
            let free = absent || self.dimension.never_absent;
            // Where the values that there can be are those of a row, the row tells more than that there is one.
            let told = self.units.iter().find(|unit| !unit.negated && unit.classes == self.present);
            let rows = match told.filter(|_| self.dimension.never.iter().any(|word| *word != 0)) {
                _ if free => Vec::new(),
                Some(unit) => self.rows(std::slice::from_ref(unit), false),
                None => vec![self.null("false")],
            };
            return vec![(classes.to_vec(), rows)];
        }
        if let Some(units) = self.conjunction(&values) {
            return vec![(classes.to_vec(), self.rows(&units, absent))];
        }
        let mut found: Vec<(Vec<u64>, Vec<Condition>)> = Vec::new();
        if absent && !self.dimension.never_absent {
            found.push((absence, vec![self.null("true")]));
        }
        for class in ones(&values) {
            let bit = self.dimension.class(class);
            found.push((bit.clone(), self.rows(&self.describe(&bit), false)));
        }
        found
    }

    fn rows(&self, units: &[Unit], absent: bool) -> Vec<Condition> {
        let mut rows: Vec<Condition> = units
            .iter()
            .map(|unit| {
                let suffix = if absent && !unit.negated && !self.dimension.never_absent { "IfExists" } else { "" };
                self.condition(format!("{}{suffix}", unit.operator), &unit.values)
            })
            .collect();
        if !absent && !self.dimension.never_absent && units.iter().all(|unit| unit.negated) {
            rows.push(self.null("false"));
        }
        rows
    }

    /// Rows for a key with a list of values.
    fn list<'p>(&self, classes: &[u64], hits: impl Iterator<Item = &'p [u64]>) -> Vec<Condition> {
        let mut rows = Vec::new();
        if classes.iter().all(|word| *word == 0) {
            return vec![self.null("true")];
        }
        if *classes != *self.present {
            for unit in self.conjunction(classes).unwrap_or_else(|| vec![self.witnesses(classes)]) {
                rows.push(self.condition(format!("ForAllValues:{}", unit.operator), &unit.values));
            }
        }
        for hit in hits {
            if *hit == *self.present {
                rows.push(self.null("false"));
                continue;
            }
            let unit = match self.conjunction(hit).as_deref() {
                Some([only]) => only.clone(),
                _ => self.witnesses(hit),
            };
            rows.push(self.condition(format!("ForAnyValue:{}", unit.operator), &unit.values));
        }
        rows
    }

    /// The values of the witnesses themselves, where the documents have no words for them.
    fn witnesses(&self, classes: &[u64]) -> Unit {
        let values = ones(classes).filter_map(|class| self.dimension.witnesses.get(class).cloned()).collect();
        Unit { operator: "StringEquals", negated: false, values, classes: classes.to_vec() }
    }

    /// One operator or two that together take just these classes.
    fn conjunction(&self, wanted: &[u64]) -> Option<Vec<Unit>> {
        if let Some(unit) = self.units.iter().find(|unit| unit.classes == wanted) {
            return Some(vec![unit.clone()]);
        }
        if let Some(unit) = self.joined(wanted) {
            return Some(vec![unit]);
        }
        let mut larger: Vec<Unit> = self.units.clone();
        larger.retain(|unit| super::product::within(wanted, &unit.classes));
        for (index, first) in larger.iter().enumerate() {
            for second in larger.iter().skip(index + 1) {
                let both: Vec<u64> = first.classes.iter().zip(&second.classes).map(|(a, b)| a & b).collect();
                if both == wanted {
                    return Some(vec![first.clone(), second.clone()]);
                }
            }
        }
        // All that take the wanted ones, if together they take nothing else; then without what is not needed.
        self.meet(larger, wanted).or_else(|| {
            let first = self.units.iter().filter(|unit| super::product::within(wanted, &unit.classes));
            let base = first.min_by_key(|unit| ones(&unit.classes).count())?;
            let rest = self.joined_not(&without(&base.classes, wanted))?;
            Some(vec![base.clone(), rest])
        })
    }

    fn meet(&self, mut units: Vec<Unit>, wanted: &[u64]) -> Option<Vec<Unit>> {
        let taken = |units: &[Unit]| {
            let mut classes = self.present.clone();
            units.iter().for_each(|unit| super::product::keep(&mut classes, &unit.classes));
            classes
        };
        if taken(&units) != wanted {
            return None;
        }
        let mut at = 0;
        while at < units.len() {
            let mut fewer = units.clone();
            fewer.remove(at);
            if taken(&fewer) == wanted { units = fewer } else { at += 1 }
        }
        Some(units)
    }

    /// What tells one class from all others.
    fn describe(&self, class: &[u64]) -> Vec<Unit> {
        let units = self.units.iter().filter(|unit| super::product::within(class, &unit.classes)).cloned().collect();
        self.meet(units, class).unwrap_or_else(|| vec![self.witnesses(class)])
    }

    /// Values of one operator joined, or those of its opposite.
    fn joined(&self, wanted: &[u64]) -> Option<Unit> {
        self.joined_plain(wanted, false).or_else(|| self.joined_not(&without(&self.present, wanted)))
    }

    fn joined_plain(&self, wanted: &[u64], opposite: bool) -> Option<Unit> {
        for (plain, not) in OPPOSITES.iter().chain(&[("Bool", "Bool")]) {
            if opposite && !not.contains("Not") {
                continue;
            }
            let mut classes = vec![0; wanted.len()];
            let mut values: Vec<Box<str>> = Vec::new();
            for unit in &self.units {
                let fits = unit.operator == *plain && super::product::within(&unit.classes, wanted);
                if !fits || super::product::within(&unit.classes, &classes) {
                    continue;
                }
                classes.iter_mut().zip(&unit.classes).for_each(|(word, more)| *word |= more);
                values.extend(unit.values.iter().cloned());
            }
            if classes == wanted && !values.is_empty() {
                values.sort();
                values.dedup();
                return Some(Unit {
                    operator: if opposite { not } else { plain },
                    negated: opposite,
                    classes: if opposite { without(&self.present, wanted) } else { classes },
                    values,
                });
            }
        }
        None
    }

    fn joined_not(&self, excluded: &[u64]) -> Option<Unit> {
        self.joined_plain(excluded, true)
    }

    fn condition(&self, operator: String, values: &[Box<str>]) -> Condition {
        Condition { key: self.dimension.key.name().into(), operator: operator.into(), values: values.to_vec() }
    }

    fn null(&self, value: &str) -> Condition {
        self.condition("Null".into(), &[value.into()])
    }
}

/// The one of several bounds on which it turns whether some of them hold: the last of those that a value has to
/// be before, the first of those that it has to be after.
fn farthest(operator: &str, values: &[Box<str>]) -> Option<Box<str>> {
    use core::cmp::Ordering;

    use crate::condition::date::Moment;
    use crate::condition::numeric::Decimal;
    let order = |a: &str, b: &str| match operator.starts_with("Date") {
        true => Some(Moment::parse(a)?.cmp(&Moment::parse(b)?)),
        false => Some(Decimal::parse(a)?.cmp(&Decimal::parse(b)?)),
    };
    let wanted = if operator.contains("LessThan") { Ordering::Greater } else { Ordering::Less };
    let mut values = values.iter();
    let first = values.next()?;
    values.try_fold(first, |best, value| Some(if order(value, best)? == wanted { value } else { best })).cloned()
}

fn is_ordered(operator: &str, witness: &str) -> bool {
    use crate::condition::date::Moment;
    use crate::condition::numeric::Decimal;
    if operator.starts_with("Date") { Moment::parse(witness).is_some() } else { Decimal::parse(witness).is_some() }
}

impl Demand<'_> {
    /// The plain texts that it names.
    fn literals(&self, scene: &Scene<'_>) -> Vec<Box<str>> {
        match &self.ask {
            Ask::Row { atom, .. } => match atom.test() {
                Test::String(test) if test.ignores_case() => Vec::new(),
                Test::String(_) | Test::Arn(_) => {
                    let steps = atom.patterns().into_iter().filter_map(|pattern| pattern.steps(scene));
                    steps
                        .filter_map(|steps| steps.into_iter().map(Step::character).collect::<Option<String>>())
                        .map(Into::into)
                        .collect()
                }
                Test::Binary(_) => atom.values().to_vec(),
                _ => Vec::new(),
            },
            Ask::UniqueId(id) => vec![(*id).into()],
            Ask::Text(texts) => texts.iter().map(|text| (*text).into()).collect(),
            Ask::Variable(variable) => variable.solutions.clone(),
            Ask::AllAmong(_) | Ask::Name(_) | Ask::Begins(_) | Ask::Ends(_) | Ask::Address | Ask::Opaque { .. } => {
                Vec::new()
            }
        }
    }

    /// Whether only plain texts give this answer.
    fn is_finite(&self, takes: bool) -> bool {
        match &self.ask {
            Ask::Row { atom, .. } => {
                let plain_only = match atom.test() {
                    Test::String(test) => {
                        !test.ignores_case() && test.patterns().iter().all(|pattern| pattern.literal().is_some())
                    }
                    Test::Arn(test) => test.patterns().all(|pattern| pattern.literal().is_some()),
                    Test::Binary(_) => true,
                    _ => false,
                };
                plain_only && takes != atom.operator().negated
            }
            Ask::Text(_) => takes,
            Ask::UniqueId(id) => takes && id.contains(':'),
            Ask::Variable(variable) => !variable.ignores_case() && takes == variable.settles(),
            Ask::AllAmong(_) | Ask::Name(_) | Ask::Begins(_) | Ask::Ends(_) | Ask::Address | Ask::Opaque { .. } => {
                false
            }
        }
    }
}

/// Operators in words: for one value, and before several.
const SAID: &[(&str, &str, &str)] = &[
    ("StringEquals", "is", "is one of"),
    ("StringNotEquals", "is not", "is none of"),
    ("StringEqualsIgnoreCase", "is, in any case,", "is, in any case, one of"),
    ("StringNotEqualsIgnoreCase", "is not, in any case,", "is, in any case, none of"),
    ("StringLike", "is like", "is like one of"),
    ("StringNotLike", "is not like", "is like none of"),
    ("ArnEquals", "is like", "is like one of"),
    ("ArnNotEquals", "is not like", "is like none of"),
    ("ArnLike", "is like", "is like one of"),
    ("ArnNotLike", "is not like", "is like none of"),
    ("NumericEquals", "is", "is one of"),
    ("NumericNotEquals", "is not", "is none of"),
    ("NumericLessThan", "is below", "is below one of"),
    ("NumericLessThanEquals", "is at most", "is at most one of"),
    ("NumericGreaterThan", "is above", "is above one of"),
    ("NumericGreaterThanEquals", "is at least", "is at least one of"),
    ("DateEquals", "is", "is one of"),
    ("DateNotEquals", "is not", "is none of"),
    ("DateLessThan", "is before", "is before one of"),
    ("DateLessThanEquals", "is not after", "is not after one of"),
    ("DateGreaterThan", "is after", "is after one of"),
    ("DateGreaterThanEquals", "is not before", "is not before one of"),
    ("Bool", "is", "is one of"),
    ("BinaryEquals", "is", "is one of"),
    ("IpAddress", "is in", "is in one of"),
    ("NotIpAddress", "is not in", "is in none of"),
];

/// Ranges that hold every address, or every one of a family.
const ADDRESSES: &[(&str, &[&str], &str)] = &[
    ("IpAddress", &["0.0.0.0/0", "::/0"], "is an IP address"),
    ("NotIpAddress", &["0.0.0.0/0", "::/0"], "is no IP address"),
    ("IpAddress", &["0.0.0.0/0"], "is an IPv4 address"),
    ("NotIpAddress", &["0.0.0.0/0"], "is not an IPv4 address"),
    ("IpAddress", &["::/0"], "is an IPv6 address"),
    ("NotIpAddress", &["::/0"], "is not an IPv6 address"),
];

fn same(texts: &[&str], values: &[Box<str>]) -> bool {
    texts.len() == values.len() && texts.iter().zip(values).all(|(text, value)| **text == **value)
}

pub(super) fn write(condition: &Condition, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Condition { key, operator, values } = condition;
    if &**operator == "Null" {
        let absent = values.iter().any(|value| &**value == "true");
        return write!(f, "{key} is {}", if absent { "absent" } else { "present" });
    }
    let (operator, denied) = match operator.strip_prefix(NEGATION) {
        Some(operator) => (operator, "it is not so that "),
        None => (&**operator, ""),
    };
    let (lead, base) = match operator.split_once(':') {
        Some(("ForAllValues", base)) => (" has only values of which each", base),
        Some((_, base)) => (" has a value that", base),
        None => ("", operator),
    };
    let (base, absent) = match base.strip_suffix("IfExists") {
        Some(base) => (base, " is absent or"),
        None => (base, ""),
    };
    let (one, several) =
        SAID.iter().find(|(name, ..)| *name == base).map_or((base, base), |(_, one, several)| (*one, *several));
    if let Some((_, _, noun)) = ADDRESSES.iter().find(|(of, families, _)| *of == base && same(families, values)) {
        return write!(f, "{denied}{key}{lead}{absent} {noun}");
    }
    let said = if values.len() == 1 { one } else { several };
    write!(f, "{denied}{key}{lead}{absent} {said} {}", values.join(", "))
}
