//! Who exists: principals with their policies and tags, accounts with their organization. Plain data, filled by whoever
//! read it from files; the service never asks where it came from.

use std::collections::HashMap;
use std::sync::Arc;

use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::layers::Told;
use wardbook_policy::policy::Policy;

/// What is known of one layer.
#[derive(Clone, Debug, Default)]
pub enum Held<T> {
    /// There is no such layer.
    #[default]
    Absent,
    /// All of it.
    Known(Arc<[T]>),
    /// There may be more of it than is known, so nothing can be allowed by it.
    Unknown,
}

/// A user or role.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    /// Its whole ARN, path included.
    pub arn: String,
    /// Its unique id.
    pub id: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Its identity policies, those of its groups included.
    pub policies: Held<Policy>,
    /// Its permissions boundary.
    pub boundary: Held<Policy>,
    /// Who may assume it.
    pub trust: Option<Policy>,
}

/// An account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Whether all its users and roles are known.
    pub whole: bool,
    /// The id of its organization, and its path there.
    pub organization: Option<(String, String)>,
    /// Its service control policies, one list per level.
    pub scps: Held<Vec<Policy>>,
    /// Its resource control policies, one list per level.
    pub rcps: Held<Vec<Policy>>,
}

/// Everybody who is known.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// By account, `user` or `role`, and name.
    principals: HashMap<(String, bool, String), Principal>,
    accounts: HashMap<String, Account>,
    /// What bears on the accounts that nobody added.
    strangers: Account,
    /// Managed policies, by ARN.
    managed: HashMap<String, Policy>,
}

impl<T> Held<T> {
    pub(crate) fn lend(&self) -> Told<'_, T> {
        match self {
            Self::Absent => Told::Absent,
            Self::Known(items) => Told::Known(items),
            Self::Unknown => Told::Unknown,
        }
    }
}

impl Directory {
    /// Adds a user or role; anything else is not added.
    pub fn add_principal(&mut self, principal: Principal) {
        let Ok(caller) = Caller::parse(&principal.arn) else { return };
        let (Some(account), Some(is_role)) = (caller.account(), is_role(caller.kind())) else { return };
        self.principals.insert((account.to_owned(), is_role, caller.name().to_owned()), principal);
    }

    /// Adds an account.
    pub fn add_account(&mut self, id: impl Into<String>, account: Account) {
        self.accounts.insert(id.into(), account);
    }

    /// Says what bears on accounts that nobody adds; nothing does unless this is said.
    pub fn set_strangers(&mut self, account: Account) {
        self.strangers = account;
    }

    /// Adds a managed policy, which sessions may be limited by.
    pub fn add_managed_policy(&mut self, arn: impl Into<String>, policy: Policy) {
        self.managed.insert(arn.into(), policy);
    }

    /// The managed policy of an ARN.
    pub fn managed_policy(&self, arn: &str) -> Option<&Policy> {
        self.managed.get(arn)
    }

    /// The user, or the role behind a session.
    pub fn principal(&self, caller: &Caller) -> Option<&Principal> {
        let key = (caller.account()?.to_owned(), is_role(caller.kind())?, caller.name().to_owned());
        self.principals.get(&key)
    }

    /// Every user and role, in no order.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.principals.values()
    }

    /// An account, added or not.
    pub fn account(&self, id: &str) -> &Account {
        self.accounts.get(id).unwrap_or(&self.strangers)
    }

    /// Whether somebody named in a policy or grant is known not to exist.
    pub fn lacks(&self, arn: &str) -> bool {
        let Ok(caller) = Caller::parse(arn) else { return false };
        let whole = caller.account().is_some_and(|account| self.account(account).whole);
        whole && matches!(caller.kind(), CallerKind::User | CallerKind::Role) && self.principal(&caller).is_none()
    }
}

fn is_role(kind: CallerKind) -> Option<bool> {
    match kind {
        CallerKind::User => Some(false),
        CallerKind::Role | CallerKind::Session => Some(true),
        _ => None,
    }
}
