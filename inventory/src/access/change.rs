//! What somebody may change about a user or role, itself or another, so that more is allowed to it: its
//! policies, its groups, its boundary, and the organization's policies over it.

use wardbook_policy::arn::Arn;
use wardbook_policy::policy::Policy;
use wardbook_policy::request::Request;
use wardbook_policy::statement::Effect as Says;

use super::Who;
use super::search::{Search, any_key};
use super::step::{Deed, Taken, take};
use super::takeover::Takeovers;
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::organization::Family;
use crate::world::{KmsKey, Principal, PrincipalKind};

/// Some steps, and what they change.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) steps: Vec<Taken>,
    pub(super) effect: Effect,
}

/// What is different afterwards.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// Its own policies allow everything beside what they say.
    Widen,
    /// It has these policies too.
    Add(Vec<Policy>),
    /// One of its policies is another version of itself.
    Replace(usize, Policy),
    /// These of its policies are gone.
    Drop(Vec<usize>),
    /// These of its policies allow everything, and deny nothing.
    Rewrite(Vec<usize>),
    /// It has no boundary.
    Unbind,
    /// These of the organization's policies are gone.
    Lift(Vec<Box<str>>),
    /// These of the organization's policies allow everything, and deny nothing.
    Open(Vec<Box<str>>),
    /// At these levels of the organization everything is allowed beside what its SCPs say.
    Attach(Vec<usize>),
    /// Policies of this family limit nobody.
    Disable(Family),
    /// All of these.
    Several(Vec<Effect>),
}

/// Everything that somebody may change about somebody.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// What gives policies that allow more.
    pub(super) policies: Vec<Change>,
    /// What takes away policies that deny.
    pub(super) denials: Vec<Change>,
    pub(super) boundary: Option<Change>,
    pub(super) organization: Vec<Change>,
    /// Whether tags may be set or removed.
    pub(super) tags: bool,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        let lists = [&self.policies, &self.denials, &self.organization];
        lists.iter().all(|list| list.is_empty()) && self.boundary.is_none() && !self.tags
    }
}

/// The policy with which anybody may be given everything.
const ADMINISTRATOR: &str = "policy/AdministratorAccess";

/// Names of actions that there are for roles and for users.
struct Verbs {
    put: &'static str,
    attach: &'static str,
    delete: &'static str,
    detach: &'static str,
    put_boundary: &'static str,
    delete_boundary: &'static str,
    tag: &'static str,
    untag: &'static str,
}

const OF_ROLES: Verbs = Verbs {
    put: "iam:PutRolePolicy",
    attach: "iam:AttachRolePolicy",
    delete: "iam:DeleteRolePolicy",
    detach: "iam:DetachRolePolicy",
    put_boundary: "iam:PutRolePermissionsBoundary",
    delete_boundary: "iam:DeleteRolePermissionsBoundary",
    tag: "iam:TagRole",
    untag: "iam:UntagRole",
};

const OF_USERS: Verbs = Verbs {
    put: "iam:PutUserPolicy",
    attach: "iam:AttachUserPolicy",
    delete: "iam:DeleteUserPolicy",
    detach: "iam:DetachUserPolicy",
    put_boundary: "iam:PutUserPermissionsBoundary",
    delete_boundary: "iam:DeleteUserPermissionsBoundary",
    tag: "iam:TagUser",
    untag: "iam:UntagUser",
};

fn verbs(kind: PrincipalKind) -> &'static Verbs {
    match kind {
        PrincipalKind::Role => &OF_ROLES,
        PrincipalKind::User => &OF_USERS,
    }
}

/// Where one of a principal's policies is kept.
enum Kept<'p> {
    /// Inline.
    Inline,
    /// Managed, with this ARN.
    Managed(&'p str),
}

fn kept(policy: &Policy) -> Kept<'_> {
    match policy.name().rsplit_once(" inline ") {
        Some(_) => Kept::Inline,
        None => Kept::Managed(policy.name()),
    }
}

/// Somebody, and the position.
#[derive(Clone, Copy)]
pub(super) struct Actor<'w> {
    pub(super) index: usize,
    pub(super) who: &'w Principal,
}

impl<'w> Search<'w> {
    /// Everything that an actor may change about a principal, where one key is concerned.
    pub(super) fn changes(
        &mut self,
        actor: Actor<'w>,
        whom: &'w Principal,
        key: &KmsKey,
        takeovers: &Takeovers,
    ) -> Changes {
        let mut changes = Changes { organization: self.lifts(actor, whom, key, takeovers), ..Changes::default() };
        if actor.who.account != whom.account {
            return changes;
        }
        let verbs = verbs(whom.kind);
        changes.policies = self.widenings(actor, whom, takeovers);
        changes.denials = self.removals(actor, whom, key, takeovers);
        changes.boundary = self.unbinding(actor, whom, takeovers);
        changes.tags = [verbs.tag, verbs.untag].iter().any(|action| takeovers.may_use(actor.index, action));
        changes
    }

    /// One action of an actor on something of IAM or of the organization.
    fn change_step(
        &mut self,
        actor: Actor<'w>,
        action: &str,
        resource: &str,
        facts: Circumstances,
        why: &str,
    ) -> Option<Taken> {
        let deed = Deed { action, resource, facts, why };
        let layers = self.side_of(actor.who);
        let row = (Who::Collected(actor.index), &*actor.who.arn, Some(actor.who));
        take(self.world, row, &deed, &layers, self.quirks)
    }

    /// Ways to more policies: any policy at all, else those that lie ready.
    fn widenings(&mut self, actor: Actor<'w>, whom: &'w Principal, takeovers: &Takeovers) -> Vec<Change> {
        let verbs = verbs(whom.kind);
        let may = |action: &str| takeovers.may_use(actor.index, action);
        let single = |taken: Taken, effect: Effect| Change { steps: vec![taken], effect };
        let partition = Arn::parse(&whom.arn).map_or("aws", |arn| arn.partition);
        let account = &*whom.account;
        let group_arn = |name: &str| format!("arn:{partition}:iam::{account}:group/{name}");
        let administrator = format!("arn:{partition}:iam::aws:{ADMINISTRATOR}");
        let with_policy = |facts: Circumstances, arn: &str| facts.with("iam:PolicyARN", arn);
        if may(verbs.put)
            && let Some(taken) =
                self.change_step(actor, verbs.put, &whom.arn, facts_of(whom), "writes an inline policy that allows it")
        {
            return vec![single(taken, Effect::Widen)];
        }
        if may(verbs.attach) {
            let facts = with_policy(facts_of(whom), &administrator);
            if let Some(taken) =
                self.change_step(actor, verbs.attach, &whom.arn, facts, "attaches a policy that allows it")
            {
                return vec![single(taken, Effect::Widen)];
            }
        }
        let managed: Vec<(usize, &Policy)> = self.managed_of(whom);
        if may("iam:CreatePolicyVersion") {
            let why = "gives a policy of its own another version that allows it";
            for (_, policy) in &managed {
                if let Some(taken) =
                    self.change_step(actor, "iam:CreatePolicyVersion", policy.name(), Circumstances::default(), why)
                {
                    return vec![single(taken, Effect::Widen)];
                }
            }
        }
        for (action, why) in [
            ("iam:PutGroupPolicy", "writes a policy of its own group that allows it"),
            ("iam:AttachGroupPolicy", "attaches a policy to its own group that allows it"),
        ] {
            for group in whom.groups.iter().filter(|_| may(action)) {
                let facts = match action {
                    "iam:AttachGroupPolicy" => with_policy(Circumstances::default(), &administrator),
                    _ => Circumstances::default(),
                };
                if let Some(taken) = self.change_step(actor, action, &group_arn(group), facts, why) {
                    return vec![single(taken, Effect::Widen)];
                }
            }
        }
        let mut found = Vec::new();
        let offers = self.world.offers(account);
        let probe = self.probe(account);
        let allows = |policy: &Policy| self.says(policy, probe.as_ref(), Says::Allow);
        let helpful: Vec<(&str, &Policy)> = offers
            .into_iter()
            .flat_map(|offers| &offers.managed)
            .filter(|(_, policy)| allows(policy))
            .map(|(arn, policy)| (&**arn, policy))
            .collect();
        let joinable: Vec<(&str, &Collected<Policy>)> = offers
            .into_iter()
            .flat_map(|offers| &offers.groups)
            .filter(|(name, policies)| !whom.groups.contains(name) && policies.items().iter().any(allows))
            .map(|(name, policies)| (&**name, policies))
            .collect();
        for (arn, policy) in helpful.into_iter().filter(|_| may(verbs.attach)) {
            let facts = with_policy(facts_of(whom), arn);
            let why = format!("attaches `{arn}`, which allows it");
            if let Some(taken) = self.change_step(actor, verbs.attach, &whom.arn, facts, &why) {
                found.push(single(taken, Effect::Add(vec![policy.clone()])));
            }
        }
        let is_user = whom.kind == PrincipalKind::User;
        for (name, policies) in joinable.into_iter().filter(|_| is_user && may("iam:AddUserToGroup")) {
            let why = format!("joins the group `{name}`, which may");
            if let Some(taken) =
                self.change_step(actor, "iam:AddUserToGroup", &group_arn(name), Circumstances::default(), &why)
            {
                found.push(single(taken, Effect::Add(policies.items().to_vec())));
            }
        }
        for (position, policy) in managed.iter().filter(|_| may("iam:SetDefaultPolicyVersion")) {
            let versions = offers.and_then(|offers| offers.versions.get(policy.name())).map_or(&[][..], Vec::as_slice);
            let why = "makes another version of a policy the one that counts";
            let taken = match versions.is_empty() {
                true => None,
                false => {
                    self.change_step(actor, "iam:SetDefaultPolicyVersion", policy.name(), Circumstances::default(), why)
                }
            };
            for version in taken.iter().flat_map(|_| versions) {
                let steps = taken.iter().cloned().collect();
                found.push(Change { steps, effect: Effect::Replace(*position, version.clone()) });
            }
        }
        found
    }

    /// The managed policies of a principal that its own account can change, with their positions.
    fn managed_of(&self, whom: &'w Principal) -> Vec<(usize, &'w Policy)> {
        let prefix = format!(":iam::{}:policy/", whom.account);
        let own = whom.policies.items().iter().enumerate();
        own.filter(|(_, policy)| matches!(kept(policy), Kept::Managed(arn) if arn.contains(&prefix))).collect()
    }

    /// Ways to be rid of policies that deny: each, and all together.
    fn removals(&mut self, actor: Actor<'w>, whom: &'w Principal, key: &KmsKey, takeovers: &Takeovers) -> Vec<Change> {
        let probe = self.probe(&key.account);
        let denying: Vec<usize> = (0_usize..)
            .zip(whom.policies.items())
            .filter(|(_, policy)| self.says(policy, probe.as_ref(), Says::Deny))
            .map(|(position, _)| position)
            .collect();
        let mut found: Vec<Change> = Vec::new();
        for position in denying {
            if let Some(change) = self.removal(actor, whom, position, takeovers) {
                found.push(change);
            }
        }
        if found.len() > 1 {
            let steps = found.iter().flat_map(|change| change.steps.clone()).collect();
            let gone = found.iter().flat_map(|change| match &change.effect {
                Effect::Drop(gone) | Effect::Rewrite(gone) => gone.clone(),
                _ => Vec::new(),
            });
            let rewritten = found.iter().any(|change| matches!(change.effect, Effect::Rewrite(_)));
            let effect = if rewritten { Effect::Rewrite(gone.collect()) } else { Effect::Drop(gone.collect()) };
            found.push(Change { steps, effect });
        }
        found
    }

    fn removal(
        &mut self,
        actor: Actor<'w>,
        whom: &'w Principal,
        position: usize,
        takeovers: &Takeovers,
    ) -> Option<Change> {
        let policy = whom.policies.items().get(position)?;
        let verbs = verbs(whom.kind);
        let partition = Arn::parse(&whom.arn).map_or("aws", |arn| arn.partition);
        let mut first = whom.own;
        let group = whom.groups.iter().zip(&whom.of_groups).find_map(|(group, count)| {
            let own = first..first + count;
            first = own.end;
            own.contains(&position).then(|| (format!("arn:{partition}:iam::{}:group/{group}", whom.account), own))
        });
        let mut tries: Vec<(&str, String, Circumstances, &str, Vec<usize>)> = Vec::new();
        let alone = vec![position];
        let (on, facts, inline, attached) = match &group {
            None => (whom.arn.to_string(), facts_of(whom), [verbs.delete, verbs.put], verbs.detach),
            Some((arn, own)) => {
                let why = "leaves the group whose policy denies it";
                tries.push((
                    "iam:RemoveUserFromGroup",
                    arn.clone(),
                    Circumstances::default(),
                    why,
                    own.clone().collect(),
                ));
                let inline = ["iam:DeleteGroupPolicy", "iam:PutGroupPolicy"];
                (arn.clone(), Circumstances::default(), inline, "iam:DetachGroupPolicy")
            }
        };
        match kept(policy) {
            Kept::Inline => {
                let [delete, put] = inline;
                tries.push((delete, on.clone(), facts.clone(), "deletes the policy that denies it", alone.clone()));
                tries.push((put, on, facts, "overwrites the policy that denies it", alone));
            }
            Kept::Managed(arn) => {
                let detached = facts.with("iam:PolicyARN", arn);
                tries.push((attached, on, detached, "detaches the policy that denies it", alone.clone()));
                if arn.contains(&format!(":iam::{}:policy/", whom.account)) {
                    let why = "gives the policy that denies it another version";
                    tries.push(("iam:CreatePolicyVersion", arn.to_owned(), Circumstances::default(), why, alone));
                }
            }
        }
        let mut tries = tries.into_iter().filter(|(action, ..)| takeovers.may_use(actor.index, action));
        tries.find_map(|(action, resource, facts, why, gone)| {
            let taken = self.change_step(actor, action, &resource, facts, why)?;
            let rewrites = action.starts_with("iam:Put") || action == "iam:CreatePolicyVersion";
            let effect = if rewrites { Effect::Rewrite(gone) } else { Effect::Drop(gone) };
            Some(Change { steps: vec![taken], effect })
        })
    }

    fn unbinding(&mut self, actor: Actor<'w>, whom: &'w Principal, takeovers: &Takeovers) -> Option<Change> {
        if matches!(whom.boundary, Collected::Absent) {
            return None;
        }
        let verbs = verbs(whom.kind);
        let partition = Arn::parse(&whom.arn).map_or("aws", |arn| arn.partition);
        let administrator = format!("arn:{partition}:iam::aws:{ADMINISTRATOR}");
        let another = facts_of(whom).with("iam:PermissionsBoundary", administrator.as_str());
        let tries = [
            (verbs.delete_boundary, facts_of(whom), "takes the permissions boundary away"),
            (verbs.put_boundary, another, "sets a permissions boundary that allows everything"),
        ];
        let mut tries = tries.into_iter().filter(|(action, ..)| takeovers.may_use(actor.index, action));
        tries.find_map(|(action, facts, why)| {
            let taken = self.change_step(actor, action, &whom.arn, facts, why)?;
            Some(Change { steps: vec![taken], effect: Effect::Unbind })
        })
    }

    /// A request about the action, to see what statements are about it.
    pub(super) fn probe(&self, account: &str) -> Option<Request> {
        Request::builder(account, self.operation.action(), &any_key(account)).quirks(self.quirks).build().ok()
    }

    /// Whether a policy has such a statement about the action.
    pub(super) fn says(&self, policy: &Policy, probe: Option<&Request>, effect: Says) -> bool {
        let about = |probe: &Request| {
            policy
                .statements()
                .iter()
                .any(|statement| statement.effect() == effect && statement.is_about(probe, self.quirks))
        };
        probe.is_some_and(about)
    }

    /// The steps by which an actor gives a principal these tags and takes those away.
    pub(super) fn retag_steps(
        &mut self,
        actor: Actor<'w>,
        whom: &'w Principal,
        set: &[(Box<str>, Box<str>)],
        removed: &[Box<str>],
        takeovers: &Takeovers,
    ) -> Option<Vec<Taken>> {
        let verbs = verbs(whom.kind);
        let mut steps = Vec::new();
        if !set.is_empty() {
            let facts = requested_tags(facts_of(whom), set);
            let why = "sets a tag on which a policy turns";
            let may = takeovers.may_use(actor.index, verbs.tag);
            steps.push(may.then(|| self.change_step(actor, verbs.tag, &whom.arn, facts, why)).flatten()?);
        }
        if !removed.is_empty() {
            let facts = facts_of(whom).with("aws:TagKeys", wardbook_policy::context::Values::Many(removed.to_vec()));
            let why = "removes a tag on which a policy turns";
            let may = takeovers.may_use(actor.index, verbs.untag);
            steps.push(may.then(|| self.change_step(actor, verbs.untag, &whom.arn, facts, why)).flatten()?);
        }
        Some(steps)
    }
}

/// What a request that sets tags says of them.
pub(super) fn requested_tags(facts: Circumstances, set: &[(Box<str>, Box<str>)]) -> Circumstances {
    let facts = set.iter().fold(facts, |facts, (name, value)| facts.with(&format!("aws:RequestTag/{name}"), &**value));
    let names = set.iter().map(|(name, _)| name.clone()).collect();
    facts.whole("aws:RequestTag/").with("aws:TagKeys", wardbook_policy::context::Values::Many(names))
}

/// The condition keys that a user or role determines where it is what an action is used on.
pub(super) fn facts_of(whom: &Principal) -> Circumstances {
    let mut facts = Circumstances::default();
    for prefix in ["aws:ResourceTag/", "iam:ResourceTag/"] {
        facts = facts.whole(prefix);
        for (name, value) in &whom.tags {
            facts = facts.with(&format!("{prefix}{name}"), &**value);
        }
    }
    match (&whom.boundary, whom.boundary.items().first()) {
        (Collected::Absent, _) => facts.absent("iam:PermissionsBoundary"),
        (_, Some(boundary)) => facts.with("iam:PermissionsBoundary", boundary.name()),
        (_, None) => facts,
    }
}

impl Effect {
    /// The layers of a principal afterwards. `everything` is a policy that allows everything.
    pub(super) fn apply(&self, layers: OwnedLayers, everything: &Collected<Policy>) -> OwnedLayers {
        let with = |policies: &Collected<Policy>, more: &[Policy]| {
            let all: Vec<Policy> = policies.items().iter().chain(more).cloned().collect();
            match policies {
                Collected::Incomplete(_) | Collected::Unknown if more.is_empty() => Collected::Incomplete(all.into()),
                _ => Collected::known(all),
            }
        };
        let kept = |levels: &Collected<Vec<Policy>>, keep: &dyn Fn(&Policy) -> Option<Policy>| match levels {
            Collected::Known(levels) => {
                Collected::known(levels.iter().map(|level| level.iter().filter_map(keep).collect()).collect())
            }
            other => other.clone(),
        };
        match self {
            Effect::Widen => OwnedLayers { identity: with(&layers.identity, everything.items()), ..layers },
            Effect::Add(more) => OwnedLayers { identity: with(&layers.identity, more), ..layers },
            Effect::Replace(position, version) => {
                let identity = changed(&layers.identity, |at, policy| {
                    Some(if at == *position { version.clone() } else { policy.clone() })
                });
                OwnedLayers { identity, ..layers }
            }
            Effect::Drop(gone) => {
                let identity = changed(&layers.identity, |at, policy| (!gone.contains(&at)).then(|| policy.clone()));
                OwnedLayers { identity, ..layers }
            }
            Effect::Rewrite(gone) => {
                let identity = changed(&layers.identity, |at, policy| (!gone.contains(&at)).then(|| policy.clone()));
                OwnedLayers { identity: with(&identity, everything.items()), ..layers }
            }
            Effect::Unbind => OwnedLayers { boundary: Collected::Absent, ..layers },
            Effect::Lift(names) => {
                let keep = |policy: &Policy| (!named(names, policy)).then(|| policy.clone());
                OwnedLayers { scps: kept(&layers.scps, &keep), rcps: kept(&layers.rcps, &keep), ..layers }
            }
            Effect::Open(names) => {
                let (scp, rcp) = (Family::Scp.implied("p-FullAWSAccess"), Family::Rcp.implied("p-RCPFullAWSAccess"));
                let of = |policy: &Policy, full: &Option<Policy>| match full {
                    Some(full) if named(names, policy) => Some(full.clone()),
                    _ => Some(policy.clone()),
                };
                let scps = kept(&layers.scps, &|policy| of(policy, &scp));
                OwnedLayers { scps, rcps: kept(&layers.rcps, &|policy| of(policy, &rcp)), ..layers }
            }
            Effect::Attach(levels) => {
                let full = Family::Scp.implied("p-FullAWSAccess");
                let scps = match &layers.scps {
                    Collected::Known(own) => Collected::known(
                        own.iter()
                            .enumerate()
                            .map(|(at, level)| {
                                let more = full.iter().filter(|_| levels.contains(&at));
                                level.iter().chain(more).cloned().collect()
                            })
                            .collect(),
                    ),
                    other => other.clone(),
                };
                OwnedLayers { scps, ..layers }
            }
            Effect::Disable(Family::Scp) => OwnedLayers { scps: Collected::Absent, ..layers },
            Effect::Disable(Family::Rcp) => OwnedLayers { rcps: Collected::Absent, ..layers },
            Effect::Several(effects) => effects.iter().fold(layers, |layers, effect| effect.apply(layers, everything)),
        }
    }

    /// Whether policies go with all that they say.
    pub(super) fn takes_away(&self) -> bool {
        matches!(self, Effect::Drop(_) | Effect::Rewrite(_))
    }

    /// In which order effects are applied, so that positions stay good.
    pub(super) fn order(&self) -> u8 {
        match self {
            Effect::Replace(..) => 0,
            Effect::Drop(_) | Effect::Rewrite(_) => 1,
            _ => 2,
        }
    }
}

fn named(names: &[Box<str>], policy: &Policy) -> bool {
    names.iter().any(|name| **name == *policy.name())
}

fn changed(policies: &Collected<Policy>, change: impl Fn(usize, &Policy) -> Option<Policy>) -> Collected<Policy> {
    let all: Vec<Policy> = policies.items().iter().enumerate().filter_map(|(at, policy)| change(at, policy)).collect();
    match policies {
        Collected::Incomplete(_) | Collected::Unknown => Collected::Incomplete(all.into()),
        Collected::Absent | Collected::Known(_) => Collected::known(all),
    }
}
