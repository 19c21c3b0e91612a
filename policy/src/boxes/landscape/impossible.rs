//! What no request can be, whoever makes it: by the rules of the keys, of the actions, and of other accounts.

use std::sync::{Arc, LazyLock};

use crate::caller::CallerKind;
use crate::catalogue;
use crate::context::{Carried, Lookup};
use crate::derive::GRANT_OPERATIONS;
use crate::policy::PolicyKind;
use crate::scene::Scene;

use super::super::plan::bits;
use super::super::product::Union;
use super::super::rule;
use super::super::space::Dimension;
use super::Landscape;

/// The operations that nobody from another account can call.
static WITHIN_ACCOUNT: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    catalogue::kms_operations().filter(|line| !line.is_cross_account()).map(|line| line.action()).collect()
});

/// Operations, and keys in lower case that their requests always carry.
static DEFAULTS: LazyLock<Vec<(&'static str, Box<str>)>> = LazyLock::new(|| {
    let each = |line: catalogue::KmsOperation| line.defaults().map(move |(key, _)| (line.action(), key));
    catalogue::kms_operations().flat_map(each).map(|(action, key)| (action, key.to_lowercase().into())).collect()
});

impl Landscape<'_> {
    /// What no request can be: by the rules of the keys, of the actions, and of other accounts.
    pub(super) fn impossible(&self, scene: &Scene<'_>) -> Union {
        let space = &self.space;
        let everything = space.everything();
        let actions = |fits: &dyn Fn(&str) -> bool| self.select(self.places.action, fits);
        let on_grants = actions(&|action| GRANT_OPERATIONS.iter().any(|name| name.eq_ignore_ascii_case(action)));
        let mut found = Union::new();
        for services in [false, true] {
            let people = self.people(|_, request| (request.caller.kind() == CallerKind::Service) == services);
            let Some(base) = self.restricted(&everything, self.places.who, &people) else { continue };
            let mut speakers = self.cast.people.iter().map(|(_, request)| request);
            let Some(request) = speakers.find(|request| (request.caller.kind() == CallerKind::Service) == services)
            else {
                continue;
            };
            let scene = Scene { request, ..*scene };
            let grants = self.restricted(&base, self.places.action, &on_grants);
            found.extend(rule::impossible_within(space, &scene, &base, grants.as_ref()));
            // Whoever writes one of these writes it for keys of his own; all others are about any key.
            if matches!(self.setting.kind, PolicyKind::Key | PolicyKind::Rcp) {
                found.extend(rule::aliases_of_aws(space, &scene, &base));
            }
        }
        self.never_carried(&mut found);
        self.never_had(&mut found);
        self.always_told(&mut found);
        if self.setting.kind == PolicyKind::Key {
            let strangers = self.people(|_, request| request.is_cross_account());
            let own = &WITHIN_ACCOUNT;
            let product = self.restricted(&everything, self.places.action, &actions(&|action| own.contains(&action)));
            found.extend(product.and_then(|product| self.restricted(&product, self.places.who, &strangers)));
        }
        found
    }

    /// Keys that some people never have.
    fn never_had(&self, found: &mut Union) {
        for (place, dimension) in self.space.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.is_key()) {
            let people = self.people(|_, request| request.context.lookup(&dimension.key) == Lookup::Absent);
            let Some(mut product) = self.restricted(&self.space.everything(), self.places.who, &people) else {
                continue;
            };
            let present = dimension.select(false, |_| true);
            if dimension.many {
                product.hit(place, &present);
            } else {
                product.restrict(&self.space.layout, place, &present);
            }
            if !product.is_empty(&self.space.layout) {
                found.push(product);
            }
        }
    }

    /// What requests always tell of a user or role, the only ones whom such policies are attached to or bind.
    fn always_told(&self, found: &mut Union) {
        if !matches!(self.setting.kind, PolicyKind::Identity | PolicyKind::Scp) {
            return;
        }
        let everything = self.space.everything();
        for (place, dimension) in self.space.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.is_key()) {
            let whole = match dimension.key.lower() {
                "aws:principalarn" | "aws:principalaccount" | "aws:principaltype" | "aws:userid" => {
                    Some(everything.clone())
                }
                "kms:calleraccount" => {
                    let carries = |action: &str| {
                        catalogue::kms_operation(action).is_some() && Carried::by(action).carries_account
                    };
                    self.restricted(&everything, self.places.action, &self.select(self.places.action, &carries))
                }
                _ => None,
            };
            let absent = dimension.select(true, |_| false);
            found.extend(whole.and_then(|whole| self.restricted(&whole, place, &absent)));
        }
    }

    /// Keys that the requests of an action never carry, and keys that they always do.
    fn never_carried(&self, found: &mut Union) {
        let space = &self.space;
        let everything = space.everything();
        let known: Vec<Arc<Carried>> = match space.dimensions.get(self.places.action) {
            Some(actions) if space.dimensions.iter().any(is_of_kms) => {
                actions.witnesses.iter().map(|action| Carried::by(action)).collect()
            }
            _ => Vec::new(),
        };
        for (place, dimension) in space.dimensions.iter().enumerate().filter(|(_, dimension)| is_of_kms(dimension)) {
            let lower = dimension.key.lower();
            let carries =
                |by: &Arc<Carried>| by.find(&dimension.key).unwrap_or_else(|| catalogue::carries(by.action(), lower));
            let never = bits(known.iter().map(|by| !carries(by)));
            if let Some(mut product) = self.restricted(&everything, self.places.action, &never) {
                let present = dimension.select(false, |_| true);
                if dimension.many {
                    product.hit(place, &present);
                } else {
                    product.restrict(&space.layout, place, &present);
                }
                found.push(product);
            }
            let always: Vec<&str> = match known.is_empty() {
                true => Vec::new(),
                false => DEFAULTS.iter().filter(|(_, key)| &**key == lower).map(|(action, _)| *action).collect(),
            };
            let always = self.select(self.places.action, &|action| always.contains(&action));
            let absent = dimension.select(true, |_| false);
            if let Some(product) = self.restricted(&everything, self.places.action, &always)
                && let Some(product) = self.restricted(&product, place, &absent)
            {
                found.push(product);
            }
        }
    }
}

fn is_of_kms(dimension: &Dimension) -> bool {
    dimension.is_key() && dimension.key.lower().starts_with("kms:")
}
