//! In which contexts is a request allowed, of which not every condition key is known?

use core::fmt;

use crate::decide::{Verdict, decide};
use crate::key::Key;
use crate::layers::{Layer, Layers};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::scene::Scene;
use crate::tri::Tri;

use super::Excess;
use super::collect::{Collector, Sayings};
use super::demand::Ask;
use super::formula::{Formula, Outcome, Side};
use super::product::{Product, Union, Work};
use super::space::Space;
use super::words::{self, Wording};
use super::{prime, rule, witness};

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Allowed in every context.
    Always,
    /// Allowed in the contexts of the alternatives, and in no other.
    OnlyIf,
    /// Allowed in no context.
    Never,
    /// Nobody knows, for the reasons given as doubts. Alternatives that are given hold all the same.
    NotDecided,
}

/// Why a question has no exact answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// It turns on documents of this layer, which nobody collected.
    Documents(Layer),
    /// It turns on how unknown keys stand to each other.
    Variables {
        /// The key that is compared, or `Resource`.
        of: Box<str>,
        /// The unknown keys inside the values it is compared with.
        keys: Vec<Box<str>>,
    },
    /// It turns on whether the caller escapes a NotPrincipal element.
    NotPrincipal,
    /// It turns on what a template leaves open: these symbols, brackets included.
    Symbols(Vec<Box<str>>),
    /// One key is held against patterns and against numbers, dates or addresses at once.
    Mixed(Box<str>),
    /// It outgrew a limit.
    Excess(Excess),
    /// A witness was not decided as it should have been. This is an error of ours; please report it.
    Contradiction,
}

/// One way to be allowed: every condition has to hold.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// The conditions, as rows of a Condition block, sorted by key.
    pub conditions: Vec<Condition>,
    /// A whole request of this kind, which `decide` allows.
    pub witness: Request,
}

/// A row of a Condition block.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Condition {
    /// The condition key.
    pub key: Box<str>,
    /// The operator as policies spell it: `StringLike`, `ForAnyValue:StringEquals`, `Null`. Where unknown keys
    /// are compared with each other and policies have no word for the opposite, `not ` stands before it.
    pub operator: Box<str>,
    /// The values, those of the documents wherever they say it.
    pub values: Vec<Box<str>>,
}

/// The contexts in which a request is allowed.
#[derive(Debug, Clone)]
pub struct Residual {
    /// The answer in one word.
    pub answer: Answer,
    /// The ways to be allowed, fewest conditions first. One without conditions where the answer is
    /// [`Answer::Always`], none where it is [`Answer::Never`].
    pub alternatives: Vec<Alternative>,
    /// Why the answer is not exact; empty unless it is [`Answer::NotDecided`].
    pub doubts: Vec<Doubt>,
}

/// The contexts in which `decide` allows a request, of all those that its unknown keys leave open.
///
/// Declare free what may vary ([`RequestBuilder::unnamed`](crate::request::RequestBuilder::unnamed),
/// [`unknown`](crate::request::RequestBuilder::unknown)) and give what caller and resource determine; keys
/// that follow from those given are derived as ever. Where nothing is unknown this is `decide` itself.
///
/// ```
/// use wardbook_policy::{boxes::{Answer, residual}, context::Unnamed, document::Document, json, layers::{Layers, Told}};
/// use wardbook_policy::{policy::{Origin, Policy, PolicyKind}, quirk::Quirks, request::Request};
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Principal": "*",
///     "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}}"#;
/// let key_policy = [Policy::new(&Document::read(&json::parse(text).unwrap()), PolicyKind::Key, Origin::default()).unwrap()];
/// let request = Request::builder("arn:aws:iam::111122223333:role/report", "kms:Decrypt",
///     "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab").unnamed(Unnamed::Unknown).build().unwrap();
/// let layers = Layers { resource: Told::Known(&key_policy), ..Layers::default() };
/// let left = residual(&request, &layers, Quirks::default());
/// assert_eq!(left.answer, Answer::OnlyIf);
/// assert_eq!(left.to_string(), "kms:ViaService is s3.eu-west-1.amazonaws.com");
/// ```
pub fn residual(request: &Request, layers: &Layers<'_>, quirks: Quirks) -> Residual {
    let settled = |answer, alternatives| Residual { answer, alternatives, doubts: Vec::new() };
    match decide(request, layers, quirks).verdict() {
        Verdict::Allow => {
            let witness = request.completed(Vec::new(), Vec::new(), quirks);
            match decide(&witness, layers, quirks).verdict() {
                Verdict::Allow => settled(Answer::Always, vec![Alternative { conditions: Vec::new(), witness }]),
                _ => Residual::undecided(Doubt::Contradiction),
            }
        }
        Verdict::ImplicitDeny | Verdict::ExplicitDeny => settled(Answer::Never, Vec::new()),
        Verdict::Unknown => match Question::new(request, layers, quirks) {
            Ok(question) => question.answer().unwrap_or_else(|excess| Residual::undecided(Doubt::Excess(excess))),
            Err(excess) => Residual::undecided(Doubt::Excess(excess)),
        },
    }
}

/// One question, its space laid out.
pub(super) struct Question<'a> {
    pub(super) request: &'a Request,
    pub(super) layers: &'a Layers<'a>,
    pub(super) scene: Scene<'a>,
    pub(super) sayings: Sayings,
    pub(super) space: Space<'a>,
    pub(super) impossible: Union,
    doubts: Vec<Doubt>,
}

impl<'a> Question<'a> {
    pub(super) fn new(request: &'a Request, layers: &'a Layers<'a>, quirks: Quirks) -> Result<Question<'a>, Excess> {
        let has_boundary = layers.has_boundary(&request.caller);
        let scene = Scene { request, quirks, has_boundary, in_key_policy: false };
        let mut collector = Collector::new(scene);
        let sayings = collector.take(layers);
        let mut demands = collector.demands;
        let related = rule::related(&demands, &scene);
        demands.extend(rule::own_demands(&demands, scene.request));
        let mut space = Space::new(demands, &related, &scene)?;
        let impossible = rule::impossible(&space, &scene);
        space.note_never_absent(&impossible);
        let mut doubts = collector.doubts;
        let mixed = space.dimensions.iter().filter(|dimension| !dimension.complete);
        doubts.extend(mixed.map(|dimension| Doubt::Mixed(dimension.key.name().into())));
        Ok(Question { request, layers, scene, sayings, space, impossible, doubts })
    }

    fn answer(&self) -> Result<Residual, Excess> {
        let sure = self.side(Side::Certain)?;
        let doubtful = !self.doubts.is_empty() || self.scene.has_boundary == Tri::Unknown;
        let mut doubts = Vec::new();
        if doubtful {
            let possible = self.side(Side::Possible)?;
            let mixed = self.doubts.iter().any(|doubt| matches!(doubt, Doubt::Mixed(_)));
            if mixed
                || !possible
                    .left
                    .iter()
                    .all(|product| sure.left.iter().any(|held| held.covers(product, &self.space.layout)))
            {
                let mut work = Work::new(&self.space.layout);
                if mixed || !work.minus(&possible.left, &sure.left)?.is_empty() {
                    doubts = self.doubts.clone();
                    doubts.dedup();
                }
            }
        }
        let mut alternatives = Vec::new();
        let mut contradicted = false;
        for (conditions, part) in self.worded(&sure)? {
            let mut work = Work::new(&self.space.layout);
            let possible = work.minus(core::slice::from_ref(&part), &self.impossible)?;
            let Some(first) = possible.first() else { continue };
            let allowed =
                |witness: &Request| decide(witness, self.layers, self.scene.quirks).verdict() == Verdict::Allow;
            match witness::all(self, first).into_iter().find(allowed) {
                Some(witness) => alternatives.push(Alternative { conditions, witness }),
                None => contradicted = true,
            }
        }
        if contradicted {
            doubts.extend(self.comparisons());
            if doubts.is_empty() {
                doubts.push(Doubt::Contradiction);
            }
        }
        let always = alternatives.first().is_some_and(|first| first.conditions.is_empty());
        let answer = match (doubts.is_empty(), alternatives.is_empty()) {
            (false, _) => Answer::NotDecided,
            (true, true) => Answer::Never,
            (true, false) if always => Answer::Always,
            (true, false) => Answer::OnlyIf,
        };
        Ok(Residual { answer, alternatives, doubts })
    }

    /// The rows that compare unknown keys with each other.
    fn comparisons(&self) -> Vec<Doubt> {
        let rows = self.space.demands.iter().filter_map(|demand| match &demand.ask {
            Ask::Opaque { atom, .. } => Some(atom),
            _ => None,
        });
        rows.map(|atom| {
            let keys = atom.patterns().into_iter().flat_map(|pattern| pattern.variables());
            Doubt::Variables { of: atom.key().name().into(), keys: keys.map(|v| v.key.name().into()).collect() }
        })
        .collect()
    }

    /// The formula on one side of the doubts, and what it leaves.
    pub(super) fn side(&self, side: Side) -> Result<Sided, Excess> {
        let work = Work::new(&self.space.layout);
        let mut formula = Formula { request: self.request, sayings: &self.sayings, space: &self.space, side, work };
        let outcome = formula.outcome()?;
        let mut work = formula.work;
        let left = work.minus(&outcome.allowed, &outcome.denied)?;
        let left = work.minus(&left, &self.impossible)?;
        Ok(Sided { outcome, left })
    }

    /// The fewest and widest products that hold what is left and, beside it, nothing but the impossible.
    fn primes(&self, sided: &Sided) -> Result<Vec<Product>, Excess> {
        let mut work = Work::new(&self.space.layout);
        let mut primes: Vec<Product> = Vec::new();
        for product in &sided.left {
            if primes.iter().any(|prime| prime.covers(product, &self.space.layout)) {
                continue;
            }
            let prime = prime::widest(&self.space, product, |wider| self.is_fine(wider, sided, &mut work))?;
            primes.retain(|held| !prime.covers(held, &self.space.layout));
            primes.push(prime);
        }
        prime::needed(primes, &sided.left, &mut work)
    }

    /// Whether everything in the product is allowed and not denied, or impossible.
    fn is_fine(&self, product: &Product, sided: &Sided, work: &mut Work<'_>) -> Result<bool, Excess> {
        let possible = work.minus(core::slice::from_ref(product), &self.impossible)?;
        if !work.and(&possible, &sided.outcome.denied)?.is_empty() {
            return Ok(false);
        }
        Ok(work.minus(&possible, &sided.outcome.allowed)?.is_empty())
    }

    /// What is left in words, the shortest first, without those that say nothing which the others do not.
    fn worded(&self, sure: &Sided) -> Result<Vec<(Vec<Condition>, Product)>, Excess> {
        let mut worded: Vec<(Vec<Condition>, Product)> = Vec::new();
        let wording = Wording::new(&self.space, self.scene);
        for product in self.primes(sure)? {
            worded.extend(wording.alternatives(&product));
        }
        worded.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        let mut work = Work::new(&self.space.layout);
        let mut at = worded.len();
        while at > 0 && worded.len() > 1 {
            at -= 1;
            let others: Vec<Product> = worded
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != at)
                .map(|(_, (_, part))| part.clone())
                .collect();
            // One that cannot be told superfluous stays.
            if work.minus(&sure.left, &others).is_ok_and(|rest| rest.is_empty()) {
                worded.remove(at);
            }
        }
        Ok(worded)
    }
}

/// The formula's outcome, and what it leaves once the impossible is gone.
pub(super) struct Sided {
    outcome: Outcome,
    pub(super) left: Union,
}

impl Residual {
    fn undecided(doubt: Doubt) -> Residual {
        Residual { answer: Answer::NotDecided, alternatives: Vec::new(), doubts: vec![doubt] }
    }
}

impl fmt::Display for Residual {
    /// `always`, `never`, or the alternatives in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.answer {
            Answer::Always => f.write_str("always"),
            Answer::Never => f.write_str("never"),
            Answer::NotDecided if self.alternatives.is_empty() => f.write_str("not decided"),
            Answer::OnlyIf | Answer::NotDecided => {
                for (index, alternative) in self.alternatives.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", or ")?;
                    }
                    alternative.fmt(f)?;
                }
                if self.answer == Answer::NotDecided { f.write_str(", or in contexts not decided") } else { Ok(()) }
            }
        }
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().enumerate() {
            if index > 0 {
                f.write_str(" and ")?;
            }
            condition.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        words::write(self, f)
    }
}

impl Doubt {
    /// The reason in words.
    pub fn sentence(&self) -> String {
        match self {
            Doubt::Documents(layer) => format!("nobody collected the documents of the layer `{}`", layer.name()),
            Doubt::Variables { of, keys } if keys.is_empty() => {
                format!("`{of}` is compared with something that is left open, and neither is known")
            }
            Doubt::Variables { of, keys } => {
                let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                format!("`{of}` is compared with {}, and neither is known", keys.join(" and "))
            }
            Doubt::NotPrincipal => "it is not known whether the caller escapes `NotPrincipal`".into(),
            Doubt::Symbols(symbols) => format!("it turns on what the template leaves open: {}", symbols.join(", ")),
            Doubt::Mixed(key) => format!("`{key}` is compared with patterns and with numbers, dates or addresses"),
            Doubt::Excess(excess) => excess.sentence().into(),
            Doubt::Contradiction => "a witness was not decided as it should have been; please report this".into(),
        }
    }
}

/// So that callers need not know which key is which.
impl Alternative {
    /// The keys on which the alternative sets a condition.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.conditions.iter().map(|condition| Key::new(&condition.key))
    }
}
