//! Which changes together give somebody what was asked about, the fewest steps first.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wardbook_policy::context::Values;
use wardbook_policy::request::Request;

use super::change::{Actor, Change, Changes, Effect};
use super::condition::OnlyIf;
use super::pair::{self, Allowed};
use super::reach::{Way, can_all_hold, offer};
use super::search::{Search, portrait, portrait_with_open_tags};
use super::step::Taken;
use super::takeover::Takeovers;
use super::view::View;
use super::{Step, Who};
use crate::layer::{Collected, OwnedLayers};
use crate::world::{KmsKey, Principal, PrincipalKind};

const TAG: &str = "aws:principaltag/";

/// Tags as they would have to be: those that are set, and the names of those that are removed.
type Tags = (Vec<(Box<str>, Box<str>)>, Vec<Box<str>>);

impl<'w> Search<'w> {
    /// Those who get there by a change to themselves, or to somebody whom they then become.
    pub(super) fn by_changes(
        &mut self,
        key: &'w KmsKey,
        takeovers: &mut Takeovers,
        holders: &BTreeSet<usize>,
        ways: &mut BTreeMap<usize, Way>,
    ) {
        let world = self.world;
        let mut editors = Vec::new();
        for (index, who) in world.principals().iter().enumerate() {
            if holders.contains(&index) || !takeovers.may_change(index) {
                continue;
            }
            let actor = Actor { index, who };
            match self.way_of(key, actor, actor, takeovers) {
                Some(way) => offer(ways, index, way, holders),
                None if !ways.contains_key(&index) => editors.push(actor),
                None => {}
            }
        }
        editors.retain(|actor| takeovers.may_take_over(actor.index));
        for actor in editors {
            for index in self.candidates(key, actor) {
                let Some(who) = world.principals().get(index) else { continue };
                if index == actor.index || holders.contains(&index) {
                    continue;
                }
                if let Some(way) = self.way_of(key, actor, Actor { index, who }, takeovers) {
                    offer(ways, actor.index, way, holders);
                    break;
                }
            }
        }
    }

    /// Those whom the key would let in once they were changed: all of an account that it lets in as a
    /// whole, else those whom it names.
    fn candidates(&mut self, key: &'w KmsKey, actor: Actor<'w>) -> Vec<usize> {
        let probe = Request::builder(&key.account, self.operation.action(), &key.arn).quirks(self.quirks);
        let probe = if self.world.is_open() { probe.open() } else { probe }.build();
        let Ok(probe) = probe else { return Vec::new() };
        let action = self.operation.action();
        let view = View::of(key, &probe, action, self.world, &mut self.statements, self.quirks);
        let mut found: Vec<usize> = view.named.iter().copied().collect();
        let whole = view.allows_anyone || view.delegates_to.contains(&actor.who.account);
        if whole {
            found.extend(self.members(&actor.who.account));
        }
        // An organization's policy may be all that stands between a role of another account and the key.
        if self.world.organization().is_some_and(|organization| organization.may_administer(&actor.who.account)) {
            found.extend(self.members(&key.account));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The fewest changes of an actor to a principal after which it can, with the steps by which the
    /// actor becomes that principal.
    fn way_of(&mut self, key: &'w KmsKey, actor: Actor<'w>, whom: Actor<'w>, takeovers: &mut Takeovers) -> Option<Way> {
        let memo = (actor.index, whom.index, key.account.clone());
        let changes = match takeovers.changes.get(&memo) {
            Some(known) => Rc::clone(known),
            None => {
                let found = Rc::new(self.changes(actor, whom.who, key, takeovers));
                takeovers.changes.insert(memo, Rc::clone(&found));
                found
            }
        };
        let oneself = actor.index == whom.index;
        let by_session =
            !oneself && whom.who.kind == PrincipalKind::Role && takeovers.may_use(actor.index, "sts:TagSession");
        if changes.is_empty() && !by_session || !self.could(key, whom, &changes, by_session) {
            return None;
        }
        let becomes = match oneself {
            true => Some((Vec::new(), None)),
            false => self.takeover(actor.index, whom.index, takeovers).map(|(steps, first)| (steps, Some(first))),
        };
        for picked in combinations(&changes, by_session) {
            let changed: Vec<&Change> = picked.changes;
            let layers = self.layers_after(key, whom.who, &changed);
            let (tagged, only_if, session) = match (picked.tags, picked.session) {
                (false, false) => match self.after(key, whom.who, None, &layers) {
                    Some(only_if) => (Vec::new(), only_if, None),
                    None => continue,
                },
                (_, in_session) => {
                    let mut tries = self.other_tags(key, whom.who, &layers).into_iter();
                    let found = tries.find_map(|tags| {
                        let (steps, session) = match in_session {
                            false => (self.retag_steps(actor, whom.who, &tags.0, &tags.1, takeovers)?, None),
                            // A session can only have more tags.
                            true if tags.1.is_empty() => {
                                let assumed = self.assume_with_tags(actor.index, actor.who, whom.who, &tags.0)?;
                                (Vec::new(), Some(assumed))
                            }
                            true => return None,
                        };
                        let only_if = self.after(key, whom.who, Some(&tags), &layers)?;
                        Some((steps, only_if, session))
                    });
                    match found {
                        Some(found) => found,
                        None => continue,
                    }
                }
            };
            // What takes away policies comes last, since they may also allow the other steps.
            let (last, earlier): (Vec<&Change>, Vec<&Change>) =
                changed.iter().partition(|change| change.effect.takes_away());
            let steps_of =
                |changes: Vec<&Change>| changes.into_iter().flat_map(|change| change.steps.clone()).collect();
            let (earlier, last): (Vec<Taken>, Vec<Taken>) = (steps_of(earlier), steps_of(last));
            let taken: Vec<Taken> = earlier.into_iter().chain(tagged).chain(last).collect();
            let (more, then): (Vec<Step>, Option<Request>) = match (session, &becomes) {
                (Some((steps, first)), _) => (steps, Some(first)),
                (None, Some((steps, first))) => (steps.clone(), first.clone()),
                (None, None) => continue,
            };
            let first = taken.first().map(|taken| taken.request.clone()).or(then);
            let last = only_if.map(|only_if| self.last_condition(Who::Collected(whom.index), key, only_if));
            let steps: Vec<Step> = taken.into_iter().map(|taken| taken.step).chain(more).chain(last).collect();
            if can_all_hold(&steps, self.quirks) {
                return Some(Way { steps, first });
            }
        }
        None
    }

    /// What was asked about, as the last step of a way that ends with a condition.
    pub(super) fn last_condition(&self, who: Who, key: &KmsKey, only_if: OnlyIf) -> Step {
        Step {
            who,
            action: self.action().into(),
            resource: key.arn.clone(),
            only_if: Some(only_if.text),
            why: "is what was asked about".into(),
            by: Vec::new(),
            alternatives: only_if.alternatives,
        }
    }

    /// Whether the principal could if all that may be changed were in its favor.
    fn could(&mut self, key: &'w KmsKey, whom: Actor<'w>, changes: &Changes, by_session: bool) -> bool {
        let own = self.layers_after(key, whom.who, &[]);
        let everything = self.outsiders.permits_everything().clone();
        let identity = match (changes.policies.is_empty(), changes.denials.is_empty()) {
            (true, true) => own.identity.clone(),
            (false, true) => Effect::Widen.apply(own.clone(), &everything).identity,
            (_, false) => everything,
        };
        let boundary = if changes.boundary.is_some() { Collected::Absent } else { own.boundary.clone() };
        let (scps, rcps) = match changes.organization.is_empty() {
            true => (own.scps.clone(), own.rcps.clone()),
            false => (Collected::Absent, Collected::Absent),
        };
        let layers = OwnedLayers { identity, boundary, scps, rcps, ..own };
        if changes.tags || by_session {
            let asker = portrait_with_open_tags(self.world, whom.who, &self.action, self.quirks);
            return pair::some_context(&asker, &self.asked(key), &layers, self.quirks).is_some();
        }
        let asker = portrait(self.world, whom.who, &self.action, self.quirks);
        matches!(pair::allowed(&asker, &self.asked(key), &layers, self.quirks), Allowed::Yes(..))
    }

    fn layers_after(&mut self, key: &'w KmsKey, whom: &'w Principal, changes: &[&Change]) -> OwnedLayers {
        let own = self.own_layers(whom, key);
        let own = OwnedLayers { resource: key.policy.clone(), grants: key.grants.clone(), ..own };
        let mut effects: Vec<&Effect> = changes.iter().map(|change| &change.effect).collect();
        effects.sort_by_key(|effect| effect.order());
        let everything = self.outsiders.permits_everything();
        effects.into_iter().fold(own, |layers, effect| effect.apply(layers, everything))
    }

    /// Whether the principal can under these layers, with these tags in place of its own.
    fn after(
        &mut self,
        key: &'w KmsKey,
        whom: &Principal,
        tags: Option<&Tags>,
        layers: &OwnedLayers,
    ) -> Option<Option<OnlyIf>> {
        let asker = match tags {
            None => portrait(self.world, whom, &self.action, self.quirks),
            Some((set, removed)) => {
                let kept = whom.tags.iter().filter(|(name, _)| {
                    !removed.contains(name) && !set.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
                });
                let tags = kept.chain(set).cloned().collect();
                portrait(self.world, &Principal { tags, ..whom.clone() }, &self.action, self.quirks)
            }
        };
        match pair::allowed(&asker, &self.asked(key), layers, self.quirks) {
            Allowed::Yes(_, only_if) => Some(only_if),
            Allowed::No | Allowed::Open(_) => None,
        }
    }

    /// Other tags with which the principal may be able to: one fewer, one that says something else, or
    /// those with which a request would be allowed.
    fn other_tags(&mut self, key: &'w KmsKey, whom: &Principal, layers: &OwnedLayers) -> Vec<Tags> {
        let asker = portrait_with_open_tags(self.world, whom, &self.action, self.quirks);
        let Some(request) = pair::some_context(&asker, &self.asked(key), layers, self.quirks) else {
            return Vec::new();
        };
        let wanted = tags_of(&request, TAG);
        let own = |name: &str| whom.tags.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        let set: Vec<_> =
            wanted.iter().filter(|(name, value)| own(name).is_none_or(|(_, own)| own != value)).cloned().collect();
        let names: Vec<Box<str>> = whom.tags.iter().map(|(name, _)| name.clone()).collect();
        let is_wanted = |name: &str| wanted.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let lost: Vec<Box<str>> = names.iter().filter(|name| !is_wanted(name.as_ref())).cloned().collect();
        let mut tries: Vec<Tags> = fewer(&names).into_iter().map(|gone| (Vec::new(), gone)).collect();
        tries.push((set.clone(), Vec::new()));
        tries.extend(names.iter().map(|name| (vec![(name.clone(), ANOTHER.into())], Vec::new())));
        tries.push((set, lost));
        tries.retain(|(set, removed)| !set.is_empty() || !removed.is_empty());
        tries
    }
}

/// A value that no policy means.
pub(super) const ANOTHER: &str = "something-else";

/// What can be taken from some names: each alone, then all of them.
pub(super) fn fewer(names: &[Box<str>]) -> Vec<Vec<Box<str>>> {
    let mut found: Vec<Vec<Box<str>>> = names.iter().map(|name| vec![name.clone()]).collect();
    if names.len() > 1 {
        found.push(names.to_vec());
    }
    found
}

/// The tags that a request tells under a prefix.
pub(super) fn tags_of(request: &Request, prefix: &str) -> Vec<(Box<str>, Box<str>)> {
    let given = request.context().given().into_iter();
    given
        .filter_map(|(key, values)| {
            key.lower().starts_with(prefix).then_some(())?;
            let name = key.name().get(prefix.len()..)?;
            match values {
                Values::One(value) => Some((name.into(), value.clone())),
                Values::Many(_) => None,
            }
        })
        .collect()
}

/// Some of the changes that there may be.
struct Picked<'c> {
    changes: Vec<&'c Change>,
    /// Whether its tags are changed as well.
    tags: bool,
    /// Whether a session has tags of its own.
    session: bool,
}

/// Every choice of at most one change of each kind, the fewest steps first.
fn combinations(changes: &Changes, by_session: bool) -> Vec<Picked<'_>> {
    let optional =
        |list: &'_ [Change]| -> Vec<Option<usize>> { std::iter::once(None).chain((0..list.len()).map(Some)).collect() };
    let boundary = changes.boundary.as_slice();
    let mut found = Vec::new();
    for policies in optional(&changes.policies) {
        for denials in optional(&changes.denials) {
            for bound in optional(boundary) {
                for lifted in optional(&changes.organization) {
                    let lists = [
                        (&changes.policies[..], policies),
                        (&changes.denials[..], denials),
                        (boundary, bound),
                        (&changes.organization[..], lifted),
                    ];
                    let picked: Vec<&Change> = lists.into_iter().filter_map(|(list, index)| list.get(index?)).collect();
                    let mut modes = vec![(changes.tags, false), (false, by_session)];
                    modes.retain(|(tags, session)| *tags || *session);
                    if !picked.is_empty() {
                        modes.push((false, false));
                    }
                    found.extend(modes.into_iter().map(|(tags, session)| Picked {
                        changes: picked.clone(),
                        tags,
                        session,
                    }));
                }
            }
        }
    }
    let steps = |picked: &Picked<'_>| {
        let own: usize = picked.changes.iter().map(|change| change.steps.len()).sum();
        own + usize::from(picked.tags) + usize::from(picked.session)
    };
    found.sort_by_key(steps);
    found
}
