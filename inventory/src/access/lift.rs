//! What somebody may change about the organization's policies over somebody: those who may are of the management
//! account, or of a member to which the organization's own policy delegates it.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html>

use wardbook_policy::policy::Policy;
use wardbook_policy::statement::Effect as Says;

use super::Who;
use super::change::{Actor, Change, Effect};
use super::search::Search;
use super::step::{Deed, Taken, take};
use super::takeover::Takeovers;
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::organization::Family;
use crate::world::{KmsKey, Principal};

const UPDATE: &str = "organizations:UpdatePolicy";
const DETACH: &str = "organizations:DetachPolicy";
const ATTACH: &str = "organizations:AttachPolicy";
const DISABLE: &str = "organizations:DisablePolicyType";

/// One of the organization's policies, and what it is attached to on the way to somebody.
struct Limit {
    family: Family,
    name: Box<str>,
    targets: Vec<Box<str>>,
    denies: bool,
}

/// What limits somebody on a key.
#[derive(Default)]
struct Limits {
    limits: Vec<Limit>,
    /// Levels at which no SCP allows everything, with what they are.
    bare: Vec<(usize, Box<str>)>,
    /// The families that limit at all, each with the root.
    families: Vec<(Family, Box<str>)>,
}

/// Somebody who may have a say, and where.
struct Administrator<'a, 'w> {
    actor: Actor<'w>,
    organization: &'a str,
    management: &'a str,
    delegation: Option<Policy>,
}

impl<'w> Search<'w> {
    /// What an actor may change about the organization's policies that limit a principal on a key.
    pub(super) fn lifts(
        &mut self,
        actor: Actor<'w>,
        whom: &Principal,
        key: &KmsKey,
        takeovers: &Takeovers,
    ) -> Vec<Change> {
        let Some(organization) = self.world.organization() else { return Vec::new() };
        let Some(management) = organization.management_account.as_deref() else { return Vec::new() };
        let may = |action: &str| takeovers.may_use(actor.index, action);
        if !organization.may_administer(&actor.who.account) || ![UPDATE, DETACH, ATTACH, DISABLE].into_iter().any(may) {
            return Vec::new();
        }
        let delegation = organization.delegation.clone();
        let administrator = Administrator { actor, organization: &organization.id, management, delegation };
        let limits = self.limits_on(whom, key);
        let mut found = Vec::new();
        // What is needed where several stand in the way: for each the first that may be done.
        let mut all: Vec<Change> = Vec::new();
        for limit in &limits.limits {
            let names = || vec![limit.name.clone()];
            let update = may(UPDATE).then(|| self.update(&administrator, limit)).flatten();
            let update = update.map(|steps| Change { steps, effect: Effect::Open(names()) });
            let detach = (limit.denies && may(DETACH)).then(|| self.detach(&administrator, limit)).flatten();
            let detach = detach.map(|steps| Change { steps, effect: Effect::Lift(names()) });
            let first = update.as_ref().or(detach.as_ref()).filter(|_| limit.denies).cloned();
            found.extend([update, detach].into_iter().flatten());
            all.extend(first);
        }
        for (level, target) in &limits.bare {
            let steps = may(ATTACH).then(|| self.attach(&administrator, target)).flatten();
            let change = steps.map(|steps| Change { steps, effect: Effect::Attach(vec![*level]) });
            found.extend(change.clone());
            all.extend(change);
        }
        if all.len() > 1 {
            let steps = all.iter().flat_map(|change| change.steps.clone()).collect();
            let effects = all.into_iter().map(|change| change.effect).collect();
            found.push(Change { steps, effect: Effect::Several(effects) });
        }
        for (family, root) in &limits.families {
            let steps = may(DISABLE).then(|| self.disable(&administrator, *family, root)).flatten();
            found.extend(steps.map(|steps| Change { steps, effect: Effect::Disable(*family) }));
        }
        found
    }

    fn limits_on(&mut self, whom: &Principal, key: &KmsKey) -> Limits {
        let mut found = Limits::default();
        let probe = self.probe(&key.account);
        for (family, account) in [(Family::Scp, &whom.account), (Family::Rcp, &key.account)] {
            let membership = self.world.organization().and_then(|organization| organization.accounts.get(account));
            let Some(membership) = membership else { continue };
            let levels = match family {
                Family::Scp => self.scps(account),
                Family::Rcp => self.rcps(account),
            };
            let targets = membership.path.iter().chain([account]);
            for (at, (target, level)) in targets.zip(levels.items()).enumerate() {
                let is_full = |policy: &Policy| family.implied(policy.name()).is_some();
                for policy in level.iter().filter(|policy| !is_full(policy)) {
                    match found.limits.iter_mut().find(|known| *known.name == *policy.name()) {
                        Some(known) => known.targets.push(target.clone()),
                        None => found.limits.push(Limit {
                            family,
                            name: policy.name().into(),
                            targets: vec![target.clone()],
                            denies: self.says(policy, probe.as_ref(), Says::Deny),
                        }),
                    }
                }
                if family == Family::Scp && !level.iter().any(is_full) {
                    found.bare.push((at, target.clone()));
                }
            }
            if let Some(root) = membership.path.first().filter(|_| found.limits.iter().any(|of| of.family == family)) {
                found.families.push((family, root.clone()));
            }
        }
        found
    }

    fn update(&mut self, by: &Administrator<'_, 'w>, limit: &Limit) -> Option<Vec<Taken>> {
        let why = match limit.denies {
            true => "takes what denies it out of the organization's policy",
            false => "lets the organization's policy allow it",
        };
        Some(vec![self.administer(by, UPDATE, &by.policy(limit.family, &limit.name), limit.family, why)?])
    }

    fn detach(&mut self, by: &Administrator<'_, 'w>, limit: &Limit) -> Option<Vec<Taken>> {
        let policy = by.policy(limit.family, &limit.name);
        let mut from = |target: &str| {
            // The right is asked of the policy and of what it is taken from.
            self.administer(by, DETACH, &by.target(target), limit.family, "")?;
            let why = format!("detaches the organization's policy that denies it from `{target}`");
            self.administer(by, DETACH, &policy, limit.family, &why)
        };
        limit.targets.iter().map(|target| from(target)).collect()
    }

    fn attach(&mut self, by: &Administrator<'_, 'w>, target: &str) -> Option<Vec<Taken>> {
        const FULL: &str = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess";
        self.administer(by, ATTACH, FULL, Family::Scp, "")?;
        let why = "attaches a policy of the organization that allows it";
        Some(vec![self.administer(by, ATTACH, &by.target(target), Family::Scp, why)?])
    }

    fn disable(&mut self, by: &Administrator<'_, 'w>, family: Family, root: &str) -> Option<Vec<Taken>> {
        let why = "switches off this type of the organization's policies";
        Some(vec![self.administer(by, DISABLE, &by.target(root), family, why)?])
    }

    /// One action on something of the organization, which is the management account's.
    fn administer(
        &mut self,
        by: &Administrator<'_, 'w>,
        action: &str,
        resource: &str,
        family: Family,
        why: &str,
    ) -> Option<Taken> {
        let who = by.actor.who;
        let facts =
            Circumstances::default().with("organizations:PolicyType", family.name()).resource_account(by.management);
        let deed = Deed { action, resource, facts, why };
        let resource = match &by.delegation {
            Some(policy) => Collected::known(vec![policy.clone()]),
            None => Collected::Absent,
        };
        let layers = OwnedLayers { resource, ..self.side_of(who) };
        take(self.world, (Who::Collected(by.actor.index), &*who.arn, Some(who)), &deed, &layers, self.quirks)
    }
}

impl Administrator<'_, '_> {
    /// The ARN of a policy, which may go by its id alone.
    fn policy(&self, family: Family, name: &str) -> String {
        match name.starts_with("arn:") {
            true => name.to_owned(),
            false => {
                let kind = family.name().to_ascii_lowercase();
                format!("arn:aws:organizations::{}:policy/{}/{kind}/{name}", self.management, self.organization)
            }
        }
    }

    /// The ARN of a root, an organizational unit or an account, by its id.
    fn target(&self, id: &str) -> String {
        let kind = match id {
            id if id.starts_with("r-") => "root",
            id if id.starts_with("ou-") => "ou",
            _ => "account",
        };
        format!("arn:aws:organizations::{}:{kind}/{}/{id}", self.management, self.organization)
    }
}
