//! What lies beside a carrier: keys, their aliases and policies, and users and roles with their own, as somebody collected them.

use std::collections::HashMap;

use crate::policy::Policy;

/// A key that is there already.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// Its ARN.
    pub arn: Box<str>,
    /// The names of its aliases: `alias/orders`.
    pub aliases: Vec<Box<str>>,
    /// Its key policy, if that was collected.
    pub policies: Option<Vec<Policy>>,
}

/// A user or role that is there already.
#[derive(Debug, Clone)]
pub struct KnownPrincipal {
    /// Its ARN.
    pub arn: Box<str>,
    /// Its own policies, as far as they were collected.
    pub policies: Vec<Policy>,
}

/// Everything of that kind.
#[derive(Debug, Clone, Default)]
pub struct Around {
    keys: Vec<KnownKey>,
    by_name: HashMap<Box<str>, usize>,
    principals: HashMap<Box<str>, KnownPrincipal>,
    /// Accounts of which every user and role was collected.
    accounts: Vec<Box<str>>,
}

impl Around {
    /// What was collected. Of the accounts that are named every user and role is among the principals.
    pub fn new(
        keys: Vec<KnownKey>,
        principals: impl IntoIterator<Item = KnownPrincipal>,
        accounts: Vec<Box<str>>,
    ) -> Around {
        let mut by_name: HashMap<Box<str>, Option<usize>> = HashMap::new();
        for (place, key) in keys.iter().enumerate() {
            let home = key.arn.rsplit_once(":key/");
            let id = home.map(|(_, id)| Box::from(id));
            let aliases = key.aliases.iter().flat_map(|alias| {
                let whole = home.map(|(home, _)| format!("{home}:{alias}").into());
                whole.into_iter().chain([alias.clone()])
            });
            for name in aliases.chain(id).chain([key.arn.clone()]) {
                // What several keys are called says of none of them which it is.
                by_name
                    .entry(name)
                    .and_modify(|known| *known = known.filter(|known| *known == place))
                    .or_insert(Some(place));
            }
        }
        let by_name = by_name.into_iter().filter_map(|(name, place)| Some((name, place?))).collect();
        let principals = principals.into_iter().map(|principal| (principal.arn.clone(), principal)).collect();
        Around { keys, by_name, principals, accounts }
    }

    /// Whether nothing was collected.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.principals.is_empty()
    }

    /// The one key that has this ARN, id or alias.
    pub(super) fn key(&self, text: &str) -> Option<&KnownKey> {
        self.by_name.get(text).and_then(|place| self.keys.get(*place))
    }

    /// The names of all aliases.
    pub(super) fn aliases(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().flat_map(|key| &key.aliases).map(|name| &**name)
    }

    /// A user or role, by its whole ARN.
    pub(super) fn principal(&self, arn: &str) -> Option<&KnownPrincipal> {
        self.principals.get(arn)
    }

    /// Whether somebody would be among the principals if there were such a user or role.
    pub(super) fn has_all_of(&self, account: &str) -> bool {
        self.accounts.iter().any(|known| **known == *account)
    }
}
