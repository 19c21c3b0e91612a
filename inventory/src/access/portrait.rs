//! Requests that pose as one principal after the other, to see what statements say of each personally.
//!
//! Only keys that tell members of one account apart are looked at, so that one request for each
//! account and kind of principal poses as all of them.

use std::collections::HashMap;

use wardbook_policy::context::Values;
use wardbook_policy::key::Key;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

use super::class;
use super::search::{any_key, portrait};
use crate::world::{NamedAction, Principal, PrincipalKind, World};

/// One request for each kind of principal.
#[derive(Debug)]
pub(super) struct Portraits {
    posing: HashMap<(Box<str>, PrincipalKind, bool), Posing>,
    /// The keys of tags, by the tag.
    tags: HashMap<Box<str>, Key>,
    of_arn: Key,
    of_id: Key,
    of_name: Key,
    /// What a principal determines beside its tags.
    determined: [Key; 6],
}

#[derive(Debug)]
struct Posing {
    request: Request,
    /// The tags of whom it poses as.
    tags: Vec<Key>,
}

impl Default for Portraits {
    fn default() -> Portraits {
        Portraits {
            posing: HashMap::new(),
            tags: HashMap::new(),
            of_arn: Key::new("aws:PrincipalArn"),
            of_id: Key::new("aws:userid"),
            of_name: Key::new("aws:username"),
            determined: [
                "aws:PrincipalArn",
                "aws:PrincipalOrgID",
                "aws:PrincipalOrgPaths",
                "aws:PrincipalType",
                "aws:userid",
                "aws:username",
            ]
            .map(Key::new),
        }
    }
}

impl Portraits {
    /// The condition keys that a principal determines, by name.
    pub(super) fn determined_by(
        &mut self,
        who: &Principal,
        world: &World,
        action: &NamedAction,
        quirks: Quirks,
    ) -> Vec<(Box<str>, Values)> {
        let determined = self.determined.clone();
        let Some(request) = self.of(who, world, action, quirks) else { return Vec::new() };
        let is_tag = |key: &Key| key.lower().starts_with("aws:principaltag/");
        let given = request.context().given_where(|key| determined.contains(key) || is_tag(key)).into_iter();
        given.map(|(key, values)| (key.name().into(), values.clone())).collect()
    }

    /// A request that poses as a principal; which key it is about does not matter to what is personal.
    pub(super) fn of(
        &mut self,
        who: &Principal,
        world: &World,
        action: &NamedAction,
        quirks: Quirks,
    ) -> Option<&Request> {
        let name = (who.account.clone(), who.kind, class::is_service_linked(who));
        let posing = match self.posing.entry(name) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(free) => {
                let asker = portrait(world, who, action, quirks);
                let request = asker.open.on(&any_key(&who.account)).build().ok()?;
                let tags = who.tags.iter().map(|(tag, _)| tag_key(&mut self.tags, tag)).collect();
                free.insert(Posing { request, tags })
            }
        };
        let request = &mut posing.request;
        request.overwrite(&self.of_arn, Values::One(who.arn.clone()));
        if who.kind == PrincipalKind::User {
            request.overwrite(&self.of_name, Values::from(who.name()));
            // Of a role it is unknown, since the name of the session is not told.
            match &who.id {
                Some(id) => request.overwrite(&self.of_id, Values::One(id.clone())),
                None => request.forget(&self.of_id),
            }
        }
        for tag in posing.tags.drain(..) {
            request.leave_out(&tag);
        }
        for (tag, value) in &who.tags {
            let key = tag_key(&mut self.tags, tag);
            request.overwrite(&key, Values::One(value.clone()));
            posing.tags.push(key);
        }
        Some(request)
    }
}

fn tag_key(known: &mut HashMap<Box<str>, Key>, tag: &str) -> Key {
    if let Some(key) = known.get(tag) {
        return key.clone();
    }
    let key = Key::new(&format!("aws:PrincipalTag/{tag}"));
    known.insert(tag.into(), key.clone());
    key
}
