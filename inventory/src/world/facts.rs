//! The condition keys that a principal and a key determine, and what is missing to determine them.

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::context::Values;
use wardbook_policy::policy::Policy;

use super::harvest::{account_message, truncated_message};
use super::{KmsKey, NamedAction, NamedKey, NamedPrincipal, Principal, World};
use crate::circumstances::Circumstances;
use crate::coverage::{Gap, GapKind};
use crate::layer::Collected;

impl World {
    /// What the principal determines.
    pub(crate) fn facts_of_principal(&self, named: &NamedPrincipal<'_>) -> (Circumstances, Vec<Gap>) {
        let mut survey = Survey::new(self, &named.caller);
        survey.about_principal(named.principal);
        (survey.facts, survey.gaps)
    }

    /// What the resource determines, as far as requests for the action carry it.
    pub(crate) fn facts_of_key(
        &self,
        caller: &Caller,
        action: &NamedAction,
        resource: &NamedKey<'_>,
    ) -> (Circumstances, Vec<Gap>) {
        let mut survey = Survey::new(self, caller);
        survey.about_key(action, resource);
        (survey.facts, survey.gaps)
    }
}

pub(super) fn has_iam(kind: CallerKind) -> bool {
    matches!(kind, CallerKind::User | CallerKind::Role | CallerKind::Session | CallerKind::FederatedUser)
}

/// Gathers the condition keys that principal and key determine.
struct Survey<'s> {
    world: &'s World,
    caller: &'s Caller,
    facts: Circumstances,
    gaps: Vec<Gap>,
}

impl<'s> Survey<'s> {
    fn new(world: &'s World, caller: &'s Caller) -> Survey<'s> {
        Survey { world, caller, facts: Circumstances::default(), gaps: Vec::new() }
    }

    fn tell(&mut self, change: impl FnOnce(Circumstances) -> Circumstances) {
        self.facts = change(std::mem::take(&mut self.facts));
    }

    fn give(&mut self, key: &str, values: impl Into<Values>) {
        self.tell(|facts| facts.with(key, values));
    }

    fn forget(&mut self, key: &str) {
        self.tell(|facts| facts.unknown(key));
    }

    fn gap(&mut self, kind: GapKind, subject: &str, message: impl Into<String>) {
        self.gaps.push(Gap::new(kind, subject, message));
    }

    fn about_principal(&mut self, principal: Option<&Principal>) {
        let kind = self.caller.kind();
        match principal {
            Some(principal) => self.about_collected(principal),
            None if has_iam(kind) && self.world.lacks(self.caller) => {
                let message = format!(
                    "`{}` is not in its account, which was collected: it is taken as one without policies and tags",
                    self.caller.text()
                );
                self.gap(GapKind::Principal, self.caller.text(), message);
                self.forget("aws:userid");
                self.tell(|facts| facts.whole("aws:PrincipalTag/"));
            }
            None if has_iam(kind) => {
                self.forget("aws:userid");
                self.tell(|facts| facts.unknown_below("aws:PrincipalTag/"));
                let account = self.caller.account().unwrap_or_default().to_owned();
                if !self.world.has_account(&account) {
                    self.gap(GapKind::Account, &account, account_message(&account));
                } else if !self.world.has_whole_account(&account) {
                    let coverage = self.world.coverage.gaps.iter();
                    let declared =
                        coverage.filter(|gap| gap.kind == GapKind::Account).find(|gap| *gap.subject == *account);
                    match declared {
                        Some(gap) => self.gaps.push(gap.clone()),
                        None => self.gap(GapKind::Truncated, &account, truncated_message(&account)),
                    }
                }
            }
            None => self.tell(|facts| facts.whole("aws:PrincipalTag/")),
        }
        if let Some(account) = self.caller.account().filter(|_| has_iam(kind) || kind == CallerKind::Root) {
            self.organization(account.to_owned().as_str(), "aws:PrincipalOrgID", "aws:PrincipalOrgPaths");
        }
    }

    fn about_collected(&mut self, principal: &Principal) {
        let tags = principal.tags.iter();
        for (name, value) in tags.clone() {
            self.give(&format!("aws:PrincipalTag/{name}"), &**value);
        }
        self.tell(|facts| facts.whole("aws:PrincipalTag/"));
        let session = self.caller.text().rsplit('/').next().unwrap_or_default();
        match (self.caller.kind(), &principal.id) {
            (CallerKind::User, Some(id)) => self.give("aws:userid", &**id),
            (CallerKind::Session, Some(id)) => self.give("aws:userid", &*format!("{id}:{session}")),
            (CallerKind::FederatedUser, _) => {
                let account = self.caller.account().unwrap_or_default();
                self.give("aws:userid", &*format!("{account}:{session}"));
            }
            // The name of the session is not told.
            (kind, id) => {
                self.forget("aws:userid");
                if let (CallerKind::Role, Some(id)) = (kind, id) {
                    self.tell(|facts| facts.role_id(id));
                }
            }
        }
        if self.caller.kind() == CallerKind::Session {
            self.give("aws:PrincipalArn", &*principal.arn);
        }
        for arn in &principal.missing {
            let message = format!("`{arn}` is attached to `{}`, but not in the dump", principal.arn);
            self.gap(GapKind::ManagedPolicy, &principal.arn, message);
        }
        if matches!(principal.boundary, Collected::Unknown) {
            let message = format!("the permissions boundary of `{}` is not in the dump", principal.arn);
            self.gap(GapKind::ManagedPolicy, &principal.arn, message);
        }
    }

    fn organization(&mut self, account: &str, id_key: &str, paths_key: &str) {
        let organization = self.world.organization.as_ref();
        let path = organization.and_then(|organization| Some((organization, organization.org_path(account)?)));
        match path {
            Some((organization, path)) => {
                self.give(id_key, &*organization.id);
                self.give(paths_key, [path.as_str()].as_slice());
            }
            None => {
                self.forget(id_key);
                self.forget(paths_key);
            }
        }
    }

    fn about_key(&mut self, action: &NamedAction, resource: &NamedKey<'_>) {
        let Some(parts) = Arn::parse(&resource.resource) else { return };
        if wardbook_policy::arn::is_account(parts.account) {
            self.organization(parts.account, "aws:ResourceOrgID", "aws:ResourceOrgPaths");
        }
        if parts.service != "kms" || !parts.resource.starts_with("key/") {
            self.tell(|facts| facts.unknown_below("aws:ResourceTag/"));
            return;
        }
        if let Some(alias) = &resource.alias {
            self.give_if_carried(action, "kms:RequestAlias", Some(Values::from(alias.as_str())));
        }
        match resource.key {
            Some(key) => self.about_collected_key(action, key),
            None => {
                self.tell(|facts| facts.unknown_below("aws:ResourceTag/"));
                for key in property_keys().filter(|key| *key != "kms:RequestAlias") {
                    self.give_if_carried(action, key, None);
                }
            }
        }
    }

    fn about_collected_key(&mut self, action: &NamedAction, key: &KmsKey) {
        self.gaps.extend(key.gaps());
        match &key.tags {
            Some(tags) => {
                for (name, value) in tags {
                    self.give(&format!("aws:ResourceTag/{name}"), &**value);
                }
                self.tell(|facts| facts.whole("aws:ResourceTag/"));
            }
            None => self.tell(|facts| facts.unknown_below("aws:ResourceTag/")),
        }
        let aliases = key.aliases.as_ref().map(|aliases| Values::Many(aliases.clone()));
        self.give_if_carried(action, "kms:ResourceAliases", aliases);
        for (names, value) in PROPERTIES {
            let value = value(key);
            for name in *names {
                match (*name, key.multi_region) {
                    ("kms:MultiRegionKeyType", Some(false)) => self.tell(|facts| facts.absent(name)),
                    _ => self.give_if_carried(action, name, value.map(Values::from)),
                }
            }
        }
        if key.manager.as_deref() == Some("AWS") {
            self.tell(|facts| facts.aws_managed_key(true));
        }
    }

    /// A key that the action carries has this value, or an unknown one; one that it does not carry is absent.
    fn give_if_carried(&mut self, action: &NamedAction, key: &str, value: Option<Values>) {
        if action.never_carries.contains(&key) {
            return self.tell(|facts| facts.absent(key));
        }
        match value {
            Some(value) => self.give(key, value),
            None => self.forget(key),
        }
    }
}

type Property = for<'k> fn(&'k KmsKey) -> Option<&'k str>;

/// The condition keys that tell a property of the key; some have an older name beside the current one.
const PROPERTIES: &[(&[&str], Property)] = &[
    (&["kms:KeySpec", "kms:CustomerMasterKeySpec"], |key| key.spec.as_deref()),
    (&["kms:KeyUsage", "kms:CustomerMasterKeyUsage"], |key| key.usage.as_deref()),
    (&["kms:KeyOrigin"], |key| key.origin.as_deref()),
    (&["kms:MultiRegion"], |key| key.multi_region.map(|told| if told { "true" } else { "false" })),
    (&["kms:MultiRegionKeyType"], |key| key.multi_region_kind.as_deref()),
];

/// Every condition key that tells a property of the key or how it was named.
pub(super) fn property_keys() -> impl Iterator<Item = &'static str> {
    let properties = PROPERTIES.iter().flat_map(|(keys, _)| keys.iter().copied());
    properties.chain(["kms:RequestAlias", "kms:ResourceAliases"])
}

/// A session that somebody names may have session policies, which no dump holds; without a word
/// about them it is taken to have none. A federated user has nothing without them, so there
/// they are unknown.
pub(super) fn session(caller: &Caller, circumstances: &Circumstances, gaps: &mut Vec<Gap>) -> Collected<Policy> {
    match (&circumstances.session, caller.kind()) {
        (Collected::Absent, CallerKind::FederatedUser) => {
            let text = caller.text();
            let message = format!("the session policies of `{text}` are not known");
            gaps.push(Gap::new(GapKind::SessionPolicy, text, message));
            Collected::Unknown
        }
        (told, _) => told.clone(),
    }
}
