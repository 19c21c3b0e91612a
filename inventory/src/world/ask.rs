//! One question to a world: everything it knows that bears on the answer, and everything it lacks.

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::catalogue::{self, ResourceKind};
use wardbook_policy::context::Values;
use wardbook_policy::decide::Decision;
use wardbook_policy::explain::Explanation;
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestError, ResourceRule};

use super::harvest::{NO_ORGANIZATION, account_message, truncated_message};
use super::{KmsKey, NamedKey, NamedPrincipal, Principal, World};
use crate::circumstances::Circumstances;
use crate::coverage::{Gap, GapKind};
use crate::layer::{Collected, OwnedLayers};

/// A question with everything that bears on it.
#[derive(Debug)]
pub struct Asked<'w> {
    /// The request.
    pub request: Request,
    /// The policies and grants.
    pub layers: OwnedLayers,
    /// What is missing that bears on this question, in a fixed order.
    pub coverage: Vec<Gap>,
    /// The user, or the role behind a session, if it was collected.
    pub principal: Option<&'w Principal>,
    /// The key, if the question is about one that was collected.
    pub key: Option<&'w KmsKey>,
    quirks: Quirks,
}

/// An action, with what the catalogue says about it looked up once.
#[derive(Debug, Clone)]
pub struct NamedAction {
    /// The action as it was written.
    pub name: String,
    /// Properties of a key that requests for it never carry.
    never_carries: Vec<&'static str>,
}

impl NamedAction {
    /// Looks the action up. One that the catalogue does not know may carry anything.
    pub fn new(name: &str) -> NamedAction {
        let never_carries = property_keys().filter(|key| !catalogue::carries(name, key)).collect();
        NamedAction { name: name.into(), never_carries }
    }
}

/// Why a question cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The request cannot be asked of any world.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Nobody of that name, in an account that was collected.
    #[error("there is no principal `{text}`{}", meant(near))]
    NoPrincipal {
        /// What was asked for.
        text: String,
        /// Principals that may have been meant.
        near: Vec<String>,
    },
    /// Several principals have the name.
    #[error("`{text}` is the name of several principals: {}; write one of these ARNs", listed(candidates))]
    AmbiguousPrincipal {
        /// What was asked for.
        text: String,
        /// The principals, or the first of them.
        candidates: Vec<String>,
    },
    /// No key or alias of that name was collected.
    #[error("no key `{text}` was collected; write the ARN of a key to ask about one that was not")]
    NoKey {
        /// What was asked for.
        text: String,
    },
    /// The text names no key.
    #[error("`{text}` is no key: write a key ARN, a key id, an alias (`alias/...`) or an alias ARN")]
    NotAKey {
        /// What was asked for.
        text: String,
    },
    /// Several keys have the name.
    #[error("`{text}` is the name of several keys: {}; write one of these ARNs", listed(candidates))]
    AmbiguousKey {
        /// What was asked for.
        text: String,
        /// The keys or aliases, or the first of them.
        candidates: Vec<String>,
    },
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn meant(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", listed(near)) }
}

impl Asked<'_> {
    /// The answer.
    pub fn decide(&self) -> Decision<'_> {
        self.layers.decide(&self.request, self.quirks)
    }

    /// The answer, and the walk that led to it.
    pub fn explain(&self) -> Explanation<'_> {
        self.layers.explain(&self.request, self.quirks)
    }
}

/// What is wrong with the folder as a whole bears on every answer.
fn is_of_the_whole(kind: GapKind) -> bool {
    matches!(kind, GapKind::FormatNotRead | GapKind::Unreadable | GapKind::Twice)
}

impl World {
    /// Asks whether a principal may do something to a key, under circumstances.
    ///
    /// Principal and key may go by any name that [`World::find_principal`] and [`World::find_key`]
    /// understand. The condition keys that principal, key and organization determine are filled in;
    /// those they would determine, had they been collected, are unknown, also on a direct call.
    pub fn ask(
        &self,
        principal: &str,
        action: &str,
        key: &str,
        circumstances: Circumstances,
        quirks: Quirks,
    ) -> Result<Asked<'_>, AskError> {
        let named = self.find_principal(principal)?;
        let resource = self.resource(action, key, named.caller.account())?;
        self.ask_named(&named, &NamedAction::new(action), &resource, circumstances, quirks)
    }

    /// The resource of an action: an operation on aliases is about the alias, any other about the key behind it.
    fn resource(&self, action: &str, text: &str, account: Option<&str>) -> Result<NamedKey<'_>, AskError> {
        let operation = catalogue::kms_operation(action);
        let kind = operation.map(catalogue::KmsOperation::resource_kind);
        let is_alias = Arn::parse(text).map_or(text, |arn| arn.resource).starts_with("alias/");
        match kind {
            Some(ResourceKind::AliasAndKey) if text.starts_with("arn:") && is_alias => {
                Ok(NamedKey { resource: text.into(), key: None, alias: None })
            }
            // The key of an operation that has none does not matter.
            Some(ResourceKind::NoResource) => Ok(NamedKey { resource: "*".into(), key: None, alias: None }),
            _ => self.find_key(text, account),
        }
    }

    /// Asks about a principal, an action and a key that were looked up before, for those who ask about many.
    pub fn ask_named<'w>(
        &'w self,
        named: &NamedPrincipal<'w>,
        action: &NamedAction,
        resource: &NamedKey<'w>,
        circumstances: Circumstances,
        quirks: Quirks,
    ) -> Result<Asked<'w>, AskError> {
        let mut survey = Survey {
            world: self,
            caller: &named.caller,
            principal: named.principal,
            action,
            resource,
            facts: Circumstances::default(),
            gaps: Vec::new(),
        };
        survey.about_principal();
        survey.about_key();
        let session = survey.session(&circumstances);
        let endpoint = circumstances.endpoint.clone();
        let (facts, mut gaps) = (survey.facts, survey.gaps);
        let told = circumstances.over(facts);
        let builder = Request::builder(&named.text, &action.name, &resource.resource).quirks(quirks);
        let builder = if self.open { builder.open() } else { builder };
        let request = told.tell(builder).build()?;
        let layers = OwnedLayers { session, endpoint, ..self.layers(&request, named.principal, resource, &mut gaps) };
        self.add_problems(&layers, resource, &mut gaps);
        gaps.extend(self.coverage.gaps.iter().filter(|gap| is_of_the_whole(gap.kind)).cloned());
        gaps.sort();
        gaps.dedup();
        Ok(Asked { request, layers, coverage: gaps, principal: named.principal, key: resource.key, quirks })
    }

    /// What is wrong with the policies and grants that bear on the question.
    fn add_problems(&self, layers: &OwnedLayers, resource: &NamedKey<'_>, gaps: &mut Vec<Gap>) {
        if self.problems.is_empty() {
            return;
        }
        let flat = [&layers.resource, &layers.identity, &layers.boundary];
        let levels = [&layers.scps, &layers.rcps];
        let policies = flat.iter().flat_map(|layer| layer.items());
        let policies = policies.chain(levels.iter().flat_map(|layer| layer.items().iter().flatten()));
        for name in policies.map(Policy::name).chain([resource.resource.as_str()]) {
            gaps.extend(self.problems.get(name).into_iter().flatten().cloned());
        }
    }

    /// Whether a user or role is missing from an account that was collected whole.
    fn lacks(&self, caller: &Caller) -> bool {
        let listed = matches!(caller.kind(), CallerKind::User | CallerKind::Role | CallerKind::Session);
        listed && caller.account().is_some_and(|account| self.has_whole_account(account))
    }

    fn layers(
        &self,
        request: &Request,
        principal: Option<&Principal>,
        resource: &NamedKey<'_>,
        gaps: &mut Vec<Gap>,
    ) -> OwnedLayers {
        let caller = request.caller();
        let has_iam = has_iam(caller.kind());
        let (identity, boundary) = match principal {
            Some(principal) => (principal.policies.clone(), principal.boundary.clone()),
            None if has_iam && self.lacks(caller) => (Collected::known(Vec::new()), Collected::Absent),
            None if has_iam => (Collected::Unknown, Collected::Unknown),
            None => (Collected::Absent, Collected::Absent),
        };
        let under_scps = has_iam || caller.kind() == CallerKind::Root;
        let scps = match caller.account().filter(|_| under_scps) {
            Some(account) => self.levels(account, |membership| membership.scps.clone(), gaps),
            None => Collected::Absent,
        };
        let rcps = match request.resource_account() {
            Some(account) => self.levels(account, |membership| membership.rcps.clone(), gaps),
            None => Collected::Absent,
        };
        let (policy, grants) = match (request.rule(), resource.key) {
            (ResourceRule::KmsKey, Some(key)) => (key.policy.clone(), key.grants.clone()),
            (ResourceRule::KmsKey, None) => {
                let message = format!("nothing was collected of the key `{}`", request.resource());
                gaps.push(Gap::new(GapKind::Key, request.resource(), message));
                (Collected::Unknown, Collected::Unknown)
            }
            (ResourceRule::KmsIdentityOnly, _) => (Collected::Absent, Collected::Absent),
            (ResourceRule::RoleTrust, _) => (self.trust(request.resource(), gaps), Collected::Absent),
            (ResourceRule::Ordinary, _) if request.resource() == "*" => (Collected::Absent, Collected::Absent),
            (ResourceRule::Ordinary, _) => {
                let message = format!("a policy of `{}` itself was not collected", request.resource());
                gaps.push(Gap::new(GapKind::ResourcePolicy, request.resource(), message));
                (Collected::Unknown, Collected::Absent)
            }
        };
        OwnedLayers { resource: policy, identity, boundary, scps, rcps, grants, ..OwnedLayers::default() }
    }

    fn trust(&self, role: &str, gaps: &mut Vec<Gap>) -> Collected<Policy> {
        match self.principal(role).and_then(|role| role.trust.clone()) {
            Some(trust) => Collected::known(vec![trust]),
            None => {
                let message = format!("the trust policy of `{role}` was not collected");
                gaps.push(Gap::new(GapKind::ResourcePolicy, role, message));
                Collected::Unknown
            }
        }
    }

    /// The levels of an account. Without an organization nobody is known to be limited by one;
    /// in an organization that does not list the account, nothing is known about it.
    fn levels(
        &self,
        account: &str,
        levels: impl Fn(&crate::organization::Membership) -> Collected<Vec<Policy>>,
        gaps: &mut Vec<Gap>,
    ) -> Collected<Vec<Policy>> {
        let Some(organization) = &self.organization else {
            // A file that could not be read may be the organization's.
            if self.coverage.gaps.iter().any(|gap| gap.kind == GapKind::Unreadable) {
                let message = "no organization was read, and a file that could not be read may hold it";
                gaps.push(Gap::new(GapKind::Organization, "", message));
                return Collected::Unknown;
            }
            gaps.push(Gap::new(GapKind::Organization, "", NO_ORGANIZATION));
            return Collected::Absent;
        };
        let Some(membership) = organization.accounts.get(account) else {
            let message = format!("account {account} is not among the accounts of organization `{}`", organization.id);
            gaps.push(Gap::new(GapKind::Organization, account, message));
            return Collected::Unknown;
        };
        let found = levels(membership);
        if found.is_incomplete() || matches!(found, Collected::Unknown) {
            let message = format!("not every organization policy that limits account {account} was collected");
            gaps.push(Gap::new(GapKind::OrganizationPolicy, account, message));
        }
        found
    }
}

fn has_iam(kind: CallerKind) -> bool {
    matches!(kind, CallerKind::User | CallerKind::Role | CallerKind::Session | CallerKind::FederatedUser)
}

/// Gathers the condition keys that principal and key determine.
struct Survey<'s, 'w> {
    world: &'w World,
    caller: &'s Caller,
    principal: Option<&'w Principal>,
    action: &'s NamedAction,
    resource: &'s NamedKey<'w>,
    facts: Circumstances,
    gaps: Vec<Gap>,
}

impl Survey<'_, '_> {
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

    fn about_principal(&mut self) {
        let kind = self.caller.kind();
        match self.principal {
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
            _ => self.forget("aws:userid"),
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

    fn about_key(&mut self) {
        let Some(parts) = Arn::parse(&self.resource.resource) else { return };
        if wardbook_policy::arn::is_account(parts.account) {
            self.organization(parts.account, "aws:ResourceOrgID", "aws:ResourceOrgPaths");
        }
        if parts.service != "kms" || !parts.resource.starts_with("key/") {
            self.tell(|facts| facts.unknown_below("aws:ResourceTag/"));
            return;
        }
        if let Some(alias) = self.resource.alias.clone() {
            self.give_if_carried("kms:RequestAlias", Some(Values::from(alias.as_str())));
        }
        match self.resource.key {
            Some(key) => self.about_collected_key(key),
            None => {
                self.tell(|facts| facts.unknown_below("aws:ResourceTag/"));
                for key in property_keys().filter(|key| *key != "kms:RequestAlias") {
                    self.give_if_carried(key, None);
                }
            }
        }
    }

    fn about_collected_key(&mut self, key: &KmsKey) {
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
        self.give_if_carried("kms:ResourceAliases", aliases);
        for (names, value) in PROPERTIES {
            let value = value(key);
            for name in *names {
                match (*name, key.multi_region) {
                    ("kms:MultiRegionKeyType", Some(false)) => self.tell(|facts| facts.absent(name)),
                    _ => self.give_if_carried(name, value.map(Values::from)),
                }
            }
        }
        if key.manager.as_deref() == Some("AWS") {
            self.tell(|facts| facts.aws_managed_key(true));
        }
    }

    /// A key that the action carries has this value, or an unknown one; one that it does not carry is absent.
    fn give_if_carried(&mut self, key: &str, value: Option<Values>) {
        if self.action.never_carries.contains(&key) {
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
fn property_keys() -> impl Iterator<Item = &'static str> {
    let properties = PROPERTIES.iter().flat_map(|(keys, _)| keys.iter().copied());
    properties.chain(["kms:RequestAlias", "kms:ResourceAliases"])
}

impl Survey<'_, '_> {
    /// A session that somebody names may have session policies, which no dump holds; without a word
    /// about them it is taken to have none. A federated user has nothing without them, so there
    /// they are unknown.
    fn session(&mut self, circumstances: &Circumstances) -> Collected<Policy> {
        match (&circumstances.session, self.caller.kind()) {
            (Collected::Absent, CallerKind::FederatedUser) => {
                let text = self.caller.text().to_owned();
                self.gap(GapKind::SessionPolicy, &text, format!("the session policies of `{text}` are not known"));
                Collected::Unknown
            }
            (told, _) => told.clone(),
        }
    }
}
