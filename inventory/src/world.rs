//! Everything that was collected: accounts, principals, keys, the organization, and what is missing.

pub(crate) mod harvest;

mod ask;
mod facts;
mod folder;
pub(crate) mod recognize;
mod resolve;

use std::collections::{BTreeMap, HashMap};

use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;
use wardbook_policy::symbol;

use crate::coverage::{Coverage, Gap, GapKind};
use crate::layer::Collected;
use crate::organization::Organization;

pub use ask::{AskError, Asked, NamedAction};
pub use folder::WorldError;
pub use resolve::{NamedKey, NamedPrincipal};

/// What people already have, put together.
#[derive(Debug)]
pub struct World {
    /// The accounts that were collected, and whether to the end.
    accounts: BTreeMap<Box<str>, bool>,
    /// Sorted by ARN.
    principals: Vec<Principal>,
    /// Sorted by ARN.
    keys: Vec<KmsKey>,
    /// The ARN of each alias, with that of its key.
    aliases: BTreeMap<Box<str>, Option<Box<str>>>,
    organization: Option<Organization>,
    coverage: Coverage,
    /// What users and roles of each account could have besides.
    offers: BTreeMap<Box<str>, Offers>,
    /// Whether part of it is declared in templates, so that symbols count.
    open: bool,
    /// Positions in `principals`, by name without path.
    by_name: HashMap<Box<str>, Vec<usize>>,
    /// What is wrong with policies and grants, by the name of the policy or the ARN of the key.
    problems: HashMap<Box<str>, Vec<Gap>>,
}

/// Policies that lie ready in an account, for users and roles that do not have them.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    /// The groups, by name.
    pub(crate) groups: BTreeMap<Box<str>, Collected<Policy>>,
    /// Managed policies, those of AWS that were collected included, by ARN.
    pub(crate) managed: BTreeMap<Box<str>, Policy>,
    /// The versions of managed policies that are not the default one, by ARN.
    pub(crate) versions: BTreeMap<Box<str>, Vec<Policy>>,
}

/// A user or a role.
#[derive(Debug, Clone)]
pub struct Principal {
    /// User or role.
    pub kind: PrincipalKind,
    /// Its whole ARN, path included.
    pub arn: Box<str>,
    /// Its account.
    pub account: Box<str>,
    /// Its unique id, `AIDA...` or `AROA...`.
    pub id: Option<Box<str>>,
    /// Its tags.
    pub tags: Vec<(Box<str>, Box<str>)>,
    /// The groups of a user.
    pub groups: Vec<Box<str>>,
    /// Inline and attached policies, those of groups included.
    pub policies: Collected<Policy>,
    /// How many of the policies collected are its own; those of its groups follow, group by group.
    pub(crate) own: usize,
    /// How many are of each group.
    pub(crate) of_groups: Vec<usize>,
    /// The permissions boundary.
    pub boundary: Collected<Policy>,
    /// Who may assume a role.
    pub trust: Option<Policy>,
    /// The ARNs of attached policies that are not in the dump, and `group/NAME` of such groups.
    pub missing: Vec<Box<str>>,
}

/// What kind of principal was collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
}

/// A KMS key.
#[derive(Debug, Clone)]
pub struct KmsKey {
    /// Its ARN.
    pub arn: Box<str>,
    /// The account that owns it.
    pub account: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its id.
    pub id: Box<str>,
    /// Whether its metadata was collected.
    pub described: bool,
    /// `Enabled`, `Disabled`, `PendingDeletion`, ...
    pub state: Option<Box<str>>,
    /// `AWS` or `CUSTOMER`.
    pub manager: Option<Box<str>>,
    /// `SYMMETRIC_DEFAULT`, ...
    pub spec: Option<Box<str>>,
    /// `ENCRYPT_DECRYPT`, ...
    pub usage: Option<Box<str>>,
    /// `AWS_KMS`, `EXTERNAL`, ...
    pub origin: Option<Box<str>>,
    /// Whether it is a multi-Region key.
    pub multi_region: Option<bool>,
    /// `PRIMARY` or `REPLICA`, of a multi-Region key.
    pub multi_region_kind: Option<Box<str>>,
    /// Its aliases (`alias/...`), if those of its region were collected.
    pub aliases: Option<Vec<Box<str>>>,
    /// Its tags, if they were collected.
    pub tags: Option<Vec<(Box<str>, Box<str>)>>,
    /// Its key policy, and the second one of a key shared through RAM.
    pub policy: Collected<Policy>,
    /// Its grants.
    pub grants: Collected<Grant>,
}

impl World {
    /// Whether templates leave parts of it open.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    fn new(
        accounts: BTreeMap<Box<str>, bool>,
        principals: Vec<Principal>,
        keys: Vec<KmsKey>,
        aliases: BTreeMap<Box<str>, Option<Box<str>>>,
        organization: Option<Organization>,
        coverage: Coverage,
    ) -> World {
        let mut by_name: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (index, principal) in principals.iter().enumerate() {
            by_name.entry(symbol::short(principal.name()).into()).or_default().push(index);
        }
        let mut problems: HashMap<Box<str>, Vec<Gap>> = HashMap::new();
        for gap in coverage.gaps.iter().filter(|gap| gap.kind == GapKind::Problem) {
            problems.entry(gap.subject.clone()).or_default().push(gap.clone());
        }
        let offers = BTreeMap::new();
        World { accounts, principals, keys, aliases, organization, coverage, offers, open: false, by_name, problems }
    }

    /// The accounts whose users and roles were collected, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(|account| &**account)
    }

    /// Whether the users and roles of an account were collected.
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.contains_key(account)
    }

    /// Whether every user and role of an account was collected.
    pub fn has_whole_account(&self, account: &str) -> bool {
        self.accounts.get(account) == Some(&true)
    }

    /// Every user and role, sorted by ARN.
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// Every key, sorted by ARN.
    pub fn keys(&self) -> &[KmsKey] {
        &self.keys
    }

    /// What users and roles of an account could have besides.
    pub(crate) fn offers(&self, account: &str) -> Option<&Offers> {
        self.offers.get(account)
    }

    /// The managed policies that were collected, those of AWS among them, by ARN. One of AWS comes once for each account.
    pub fn managed_policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        self.offers.values().flat_map(|offers| offers.managed.iter().map(|(arn, policy)| (&**arn, policy)))
    }

    /// The organization, if it was collected.
    pub fn organization(&self) -> Option<&Organization> {
        self.organization.as_ref()
    }

    /// What could not be read and what is missing, over the whole world.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The user or role of that ARN.
    pub fn principal(&self, arn: &str) -> Option<&Principal> {
        let index = self.principals.binary_search_by(|principal| (*principal.arn).cmp(arn)).ok()?;
        self.principals.get(index)
    }

    /// Where the user or role of that ARN stands among [`World::principals`].
    pub(crate) fn position(&self, arn: &str) -> Option<usize> {
        self.principals.binary_search_by(|principal| (*principal.arn).cmp(arn)).ok()
    }

    /// The user or role of an account that has this name, below whatever path.
    pub(crate) fn named_in(&self, account: &str, kind: PrincipalKind, name: &str) -> Option<&Principal> {
        match kind {
            PrincipalKind::Role => self.role_named(account, name),
            PrincipalKind::User => self.user_named(account, name),
        }
    }

    /// The key of that ARN.
    pub fn key(&self, arn: &str) -> Option<&KmsKey> {
        let index = self.keys.binary_search_by(|key| (*key.arn).cmp(arn)).ok()?;
        self.keys.get(index)
    }

    /// The users and roles of that name, in any account and below any path.
    fn named<'w>(&'w self, name: &str) -> impl Iterator<Item = &'w Principal> + use<'w> {
        let indexes = self.by_name.get(symbol::short(name)).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().filter_map(|index| self.principals.get(*index))
    }

    /// The role behind a session: of all roles of an account, one has the name.
    fn role_named(&self, account: &str, name: &str) -> Option<&Principal> {
        self.named(name)
            .find(|found| found.kind == PrincipalKind::Role && *found.account == *account && *found.name() == *name)
    }

    fn user_named(&self, account: &str, name: &str) -> Option<&Principal> {
        self.named(name)
            .find(|found| found.kind == PrincipalKind::User && *found.account == *account && *found.name() == *name)
    }
}

impl Principal {
    /// Its name, without path.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// `role/team/app`, `user/ana`
    pub fn short(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn)
    }
}

impl PrincipalKind {
    /// `user` or `role`.
    pub fn noun(self) -> &'static str {
        match self {
            PrincipalKind::User => "user",
            PrincipalKind::Role => "role",
        }
    }
}

impl KmsKey {
    /// What was not collected of the key.
    pub fn gaps(&self) -> Vec<Gap> {
        let arn = &*self.arn;
        let mut gaps = Vec::new();
        let mut gap = |kind: GapKind, missing: bool, what: &str| {
            if missing {
                gaps.push(Gap::new(kind, arn, format!("{what} of `{arn}` was not collected")));
            }
        };
        let whole = |is_known: bool, is_incomplete: bool| !is_known || is_incomplete;
        gap(
            GapKind::KeyPolicy,
            whole(!matches!(self.policy, Collected::Unknown), self.policy.is_incomplete()),
            "the key policy",
        );
        gap(
            GapKind::Grants,
            whole(!matches!(self.grants, Collected::Unknown), self.grants.is_incomplete()),
            "the whole list of grants",
        );
        gap(GapKind::KeyMetadata, !self.described, "the metadata");
        gap(GapKind::KeyTags, self.tags.is_none(), "the list of tags");
        gap(GapKind::Aliases, self.aliases.is_none(), "the list of aliases");
        gaps
    }
}

#[cfg(test)]
mod tests;
