//! One representative and one key: whether, by what, and only if.

use std::cell::RefCell;
use std::sync::Arc;

use wardbook_policy::boxes::Doubt;
use wardbook_policy::context::Values;
use wardbook_policy::decide::{Reason, Verdict};
use wardbook_policy::explain::Cause;
use wardbook_policy::grant::Grant;
use wardbook_policy::key::Key;
use wardbook_policy::layers::Layer;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestBuilder};
use wardbook_policy::statement::Principals;

use super::condition::{self, Found, OnlyIf};
use super::{Answer, Means, Tier, Undecided};
use crate::circumstances::Circumstances;
use crate::layer::OwnedLayers;
use crate::world::{NamedAction, World};

/// Somebody who asks, with everything told that does not depend on the key.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// On a plain direct call.
    pub(super) direct: RequestBuilder,
    /// In a context of which nothing else is known.
    pub(super) open: RequestBuilder,
    /// The keys that it determines.
    pub(super) own: Vec<Key>,
    /// The requests that it made last, to be turned to the next key of the same kind.
    standing: RefCell<Option<Standing>>,
}

/// What makes requests about two keys alike.
#[derive(Debug)]
pub(super) struct Kindred {
    /// Keys of one kind are equal in everything that a request tells of them, but for the names and tags here.
    pub(super) kind: usize,
    pub(super) arn: Box<str>,
    pub(super) own: Arc<[(Key, Values)]>,
}

/// The requests about one key.
#[derive(Debug, Clone)]
struct Standing {
    about: Option<About>,
    direct: Arc<Request>,
    /// Made when it is needed.
    open: Option<Arc<Request>>,
}

/// The kind of key that requests are about, and the keys told of this one alone.
#[derive(Debug, Clone)]
struct About {
    kind: usize,
    own: Arc<[(Key, Values)]>,
}

/// What a key determines.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) arn: Box<str>,
    pub(super) facts: Circumstances,
}

/// What was found.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// In no context.
    No,
    /// In some.
    Yes(Arc<Answer>),
    /// Not known.
    Open(Arc<Undecided>),
}

/// Keys that follow from a principal's name.
const OF_NAMES: &[&str] = &["aws:PrincipalArn", "aws:username", "aws:PrincipalType"];

impl Asker {
    pub(super) fn new(text: &str, action: &NamedAction, facts: &Circumstances, world: &World, quirks: Quirks) -> Asker {
        // The resource is told with each key.
        let builder = || {
            let builder = Request::builder(text, &action.name, "*")
                .quirks(quirks)
                .carried(Arc::clone(&action.carried))
                .prepared();
            if world.is_open() { builder.open() } else { builder }
        };
        let told = |told: Circumstances| told.over(facts.clone()).tell(builder());
        let own = facts.given().map(|(key, _)| key.clone());
        Asker {
            direct: told(Circumstances::direct_call()),
            open: told(Circumstances::default()),
            own: own.chain(OF_NAMES.iter().map(|name| Key::new(name))).collect(),
            standing: RefCell::new(None),
        }
    }
}

impl Asker {
    /// The same, with what it determines told in each witness: nobody else can look it up.
    pub(super) fn telling_all(mut self) -> Asker {
        self.own.clear();
        self
    }
}

impl Asker {
    /// Its requests about a key.
    fn stand(&self, asked: &Asked, kindred: Option<&Kindred>) -> Option<Standing> {
        if let Some(kindred) = kindred
            && let Some(last) = self.standing.take()
            && let Some(turned) = last.turned(kindred)
        {
            return Some(turned);
        }
        let direct = self.request(&self.direct, asked)?;
        let of_kind = |kindred: &Kindred| About { kind: kindred.kind, own: Arc::clone(&kindred.own) };
        Some(Standing { about: kindred.map(of_kind), direct, open: None })
    }

    fn request(&self, builder: &RequestBuilder, asked: &Asked) -> Option<Arc<Request>> {
        asked.facts.add_to(builder.clone().on(&asked.arn)).build().ok().map(Arc::new)
    }
}

impl Standing {
    /// The same about another key, if that is of the same kind.
    fn turned(mut self, kindred: &Kindred) -> Option<Standing> {
        let about = self.about.as_mut().filter(|about| about.kind == kindred.kind)?;
        for request in [Some(&mut self.direct), self.open.as_mut()].into_iter().flatten() {
            let request = Arc::make_mut(request);
            if !request.turn_to(&kindred.arn) {
                return None;
            }
            for (former, _) in about.own.iter() {
                if !kindred.own.iter().any(|(key, _)| key == former) {
                    request.leave_out(former);
                }
            }
            for told in kindred.own.iter().filter(|told| !about.own.contains(told)) {
                request.overwrite(&told.0, told.1.clone());
            }
        }
        about.own = Arc::clone(&kindred.own);
        Some(self)
    }
}

/// What is allowed, without a word on how.
#[derive(Debug)]
pub(super) enum Allowed<R = Box<Request>> {
    No,
    /// This request is, under these restrictions if it is not a plain direct call.
    Yes(R, Option<OnlyIf>),
    Open(Undecided),
}

/// Asks. The layers are those of the asker and the resource.
pub(super) fn allowed(asker: &Asker, asked: &Asked, layers: &OwnedLayers, quirks: Quirks) -> Allowed {
    match allowed_of_kind(asker, asked, None, layers, quirks) {
        Allowed::No => Allowed::No,
        Allowed::Yes(request, only_if) => Allowed::Yes(Box::new(Arc::unwrap_or_clone(request)), only_if),
        Allowed::Open(undecided) => Allowed::Open(undecided),
    }
}

/// The same with the requests made for the last key, where it is of the same kind.
fn allowed_of_kind(
    asker: &Asker,
    asked: &Asked,
    kindred: Option<&Kindred>,
    layers: &OwnedLayers,
    quirks: Quirks,
) -> Allowed<Arc<Request>> {
    let Some(mut standing) = asker.stand(asked, kindred) else { return Allowed::No };
    let found = judge(asker, asked, &mut standing, layers, quirks);
    if kindred.is_some() {
        asker.standing.replace(Some(standing));
    }
    found
}

fn judge(
    asker: &Asker,
    asked: &Asked,
    standing: &mut Standing,
    layers: &OwnedLayers,
    quirks: Quirks,
) -> Allowed<Arc<Request>> {
    if layers.decide(&standing.direct, quirks).verdict() == Verdict::Allow {
        return Allowed::Yes(Arc::clone(&standing.direct), None);
    }
    if standing.open.is_none() {
        standing.open = asker.request(&asker.open, asked);
    }
    let Some(open) = &standing.open else { return Allowed::No };
    let open = &**open;
    let decision = layers.decide(open, quirks);
    if matches!(decision.verdict(), Verdict::ImplicitDeny | Verdict::ExplicitDeny) {
        return Allowed::No;
    }
    if let Reason::TurnsOn { documents, .. } = decision.reason()
        && !documents.is_empty()
    {
        let doubts: Vec<Doubt> = documents.iter().copied().map(Doubt::Documents).collect();
        return Allowed::Open(Undecided::because_of(&doubts));
    }
    match condition::contexts(open, &layers.bearing_on(open, quirks), quirks) {
        Found::Nowhere => Allowed::No,
        Found::Open(doubts) => Allowed::Open(Undecided::because_of(&doubts)),
        Found::When(only_if, witness) => {
            let context = context(&witness, asker, asked);
            let told = settled(asked.facts.add_to(asker.direct.clone().on(&asked.arn)), &context).build().ok();
            // A witness that the evaluator does not confirm is not shown.
            match told.filter(|told| layers.decide(told, quirks).verdict() == Verdict::Allow) {
                None => Allowed::Open(Undecided::because_of(&[Doubt::Contradiction])),
                Some(witness) => Allowed::Yes(Arc::new(witness), Some(only_if)),
            }
        }
    }
}

/// A request that is allowed in some context, its own unknown keys settled as well: some are absent in it.
pub(super) fn some_context(asker: &Asker, asked: &Asked, layers: &OwnedLayers, quirks: Quirks) -> Option<Box<Request>> {
    let open = asked.facts.add_to(asker.open.clone().on(&asked.arn)).build().ok()?;
    match condition::contexts(&open, &layers.bearing_on(&open, quirks), quirks) {
        Found::When(_, witness) => Some(witness),
        Found::Nowhere | Found::Open(_) => None,
    }
}

/// A request with these condition keys given, whatever was told of them before.
pub(super) fn settled(builder: RequestBuilder, context: &[(Box<str>, Values)]) -> RequestBuilder {
    context.iter().fold(builder, |builder, (key, values)| builder.settle(key, values.clone()))
}

/// Asks, and finds by what.
pub(super) fn ask(
    asker: &Asker,
    asked: &Asked,
    kindred: Option<&Kindred>,
    layers: &OwnedLayers,
    quirks: Quirks,
    locate: &dyn Locate,
) -> Outcome {
    match allowed_of_kind(asker, asked, kindred, layers, quirks) {
        Allowed::No => Outcome::No,
        Allowed::Open(undecided) => Outcome::Open(Arc::new(undecided)),
        Allowed::Yes(request, only_if) => {
            let tier = if only_if.is_some() { Tier::Condition } else { Tier::Now };
            let context = context(&request, asker, asked);
            let answer = answer(tier, &request, layers, quirks, locate);
            // A request that stands by itself has to tell by which id a policy names the role.
            let id = answer.context.into_iter().filter(|(id, _)| !context.iter().any(|(key, _)| key == id));
            let context = id.collect::<Vec<_>>().into_iter().chain(context).collect();
            Outcome::Yes(Arc::new(Answer { only_if, context, ..answer }))
        }
    }
}

impl Undecided {
    pub(super) fn because_of(doubts: &[Doubt]) -> Undecided {
        let mut undecided = Undecided { documents: Vec::new(), keys: Vec::new(), over_budget: false, why: Vec::new() };
        for doubt in doubts {
            undecided.why.push(doubt.sentence());
            match doubt {
                Doubt::Documents(layer) => undecided.documents.push(layer.name()),
                Doubt::Variables { of, keys } => undecided.keys.extend(std::iter::once(of).chain(keys).cloned()),
                Doubt::Mixed(key) => undecided.keys.push(key.clone()),
                Doubt::NotPrincipal | Doubt::Symbols(_) => {}
                Doubt::Excess(_) | Doubt::Contradiction => undecided.over_budget = true,
            }
        }
        undecided
    }
}

/// Finds where a cited statement or grant stands.
pub(super) trait Locate {
    fn key_policy(&self, policy: &Policy, statement: &wardbook_policy::statement::Statement) -> Option<Means>;
    fn identity(&self, policy: &Policy, statement: &wardbook_policy::statement::Statement) -> Option<Means>;
    fn grant(&self, grant: &Grant) -> Option<Means>;
}

fn answer(tier: Tier, request: &Request, layers: &OwnedLayers, quirks: Quirks, locate: &dyn Locate) -> Answer {
    let explanation = layers.explain(request, quirks);
    let found = explanation.causes().iter().filter_map(|cause| match cause {
        Cause::Statement(cited) if cited.layer == Layer::Resource => locate.key_policy(cited.policy, cited.statement),
        Cause::Statement(cited) if cited.layer == Layer::Identity => locate.identity(cited.policy, cited.statement),
        Cause::Grant(grant) => locate.grant(grant),
        Cause::Statement(_) | Cause::Silence(_) => None,
    });
    let mut means: Vec<Means> = found.collect();
    means.sort();
    means.dedup();
    let by_id = explanation.causes().iter().any(|cause| match cause {
        Cause::Statement(cited) => match cited.statement.principals() {
            Principals::Named(names) => names.iter().any(|name| name.key().is_some()),
            Principals::Any | Principals::Except(_) => false,
        },
        Cause::Grant(_) | Cause::Silence(_) => false,
    });
    let id = request.caller().role_id().filter(|_| by_id);
    let context = id.map(|id| ("aws:userid".into(), Values::from(&*format!("{id}:session")))).into_iter().collect();
    Answer { tier, means, only_if: None, context, session: None, path: Vec::new(), first: None }
}

/// The condition keys of a witness beside those that the principal or the key determines by itself.
fn context(witness: &Request, asker: &Asker, asked: &Asked) -> Vec<(Box<str>, Values)> {
    let told = |key: &Key| asker.own.contains(key) || asked.facts.gives(key);
    let given = witness.context().given_where(|key| !told(key)).into_iter();
    given.map(|(key, values)| (key.name().into(), values.clone())).collect()
}
