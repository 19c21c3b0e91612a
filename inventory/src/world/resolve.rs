//! From the names that people type to the principals and keys of a world.

use wardbook_policy::arn::{Arn, is_account_id};
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::request::RequestError;
use wardbook_policy::symbol;

use super::{AskError, KmsKey, Principal, PrincipalKind, World};
use crate::limits::CANDIDATES_MAX;
use crate::page::is_key_id;

/// A principal that somebody named.
#[derive(Debug, Clone)]
pub struct NamedPrincipal<'w> {
    /// The principal of the request: an ARN, an account id, a service or `*`.
    pub text: String,
    /// Who it is.
    pub caller: Caller,
    /// The user, or the role behind a session, if it was collected.
    pub principal: Option<&'w Principal>,
}

/// A resource that somebody named.
#[derive(Debug, Clone)]
pub struct NamedKey<'w> {
    /// The resource of the request: for a key its ARN, whatever name was used.
    pub resource: String,
    /// The key, if it was collected.
    pub key: Option<&'w KmsKey>,
    /// The alias (`alias/...`) by which it was named.
    pub alias: Option<String>,
}

impl World {
    /// The principal behind an ARN, an account id, a service, `role/NAME`, `user/NAME` or a bare
    /// name that only one user or role has.
    pub fn find_principal(&self, text: &str) -> Result<NamedPrincipal<'_>, AskError> {
        if text.starts_with("arn:") || text == "*" || is_account_id(text) || text.contains(".amazonaws.com") {
            return self.whole_principal(text);
        }
        let (kind, name) = match text.split_once('/') {
            Some(("role", name)) => (Some(PrincipalKind::Role), name),
            Some(("user", name)) => (Some(PrincipalKind::User), name),
            _ => (None, text),
        };
        let last = name.rsplit('/').next().unwrap_or(name);
        let candidates: Vec<&Principal> = self
            .named(last)
            .filter(|found| kind.is_none_or(|kind| kind == found.kind))
            .filter(|found| name == last || found.arn.ends_with(&format!("/{name}")))
            .collect();
        match candidates.as_slice() {
            [found] => self.whole_principal(&found.arn),
            // Words such as `accounts.google.com` are principals too.
            [] => self.whole_principal(text).map_err(|_| self.no_principal(text, last)),
            several => Err(AskError::AmbiguousPrincipal {
                text: text.into(),
                candidates: first_few(several.iter().map(|found| &*found.arn)),
            }),
        }
    }

    fn whole_principal(&self, text: &str) -> Result<NamedPrincipal<'_>, AskError> {
        let caller = Caller::parse(text).map_err(RequestError::Caller)?;
        let account = caller.account().unwrap_or_default();
        let principal = match caller.kind() {
            CallerKind::User | CallerKind::Role => self.principal(caller.text()),
            CallerKind::Session => self.role_named(account, caller.name()),
            CallerKind::FederatedUser => self.user_named(account, caller.name()),
            _ => None,
        };
        // Names are unique in an account, so another path under the same name is a slip of the pen.
        let namesake = match caller.kind() {
            CallerKind::User => self.user_named(account, caller.name()),
            CallerKind::Role => self.role_named(account, caller.name()),
            _ => None,
        };
        if principal.is_none() && namesake.is_some() {
            return Err(self.no_principal(text, caller.name()));
        }
        Ok(NamedPrincipal { text: text.into(), caller, principal })
    }

    fn no_principal(&self, text: &str, name: &str) -> AskError {
        let same_name = self.named(name).map(|found| &*found.arn);
        let mut near: Vec<String> = first_few(same_name);
        if near.is_empty() {
            let names: Vec<&str> = self.by_name.keys().map(|name| &**name).collect();
            let meant = crate::nearest::nearest(name, &names);
            near = first_few(meant.into_iter().flat_map(|name| self.named(name)).map(|found| &*found.arn));
        }
        AskError::NoPrincipal { text: text.into(), near }
    }

    /// The key behind a key ARN, a key id, an alias (`alias/...`) or an alias ARN; any other ARN
    /// and `*` stand for themselves. Of several keys behind one alias, those of the caller's
    /// account come first, as an alias without an account means the caller's own.
    pub fn find_key(&self, text: &str, caller_account: Option<&str>) -> Result<NamedKey<'_>, AskError> {
        let whole = |key: Option<&KmsKey>| key.map_or_else(|| text.to_owned(), |key| key.arn.clone().into());
        if let Some(arn) = Arn::parse(text) {
            if arn.service == "kms" && arn.resource.starts_with("alias/") {
                let target = self.aliases.get(text).ok_or_else(|| AskError::NoKey { text: text.into() })?;
                return Ok(self.behind(text, target.as_deref(), arn.resource));
            }
            return Ok(NamedKey { resource: text.into(), key: self.key(text), alias: None });
        }
        if text == "*" {
            return Ok(NamedKey { resource: text.into(), key: None, alias: None });
        }
        if text.starts_with("alias/") {
            let of_name = |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.resource == text);
            let all: Vec<_> = self.aliases.iter().filter(|(arn, _)| of_name(arn)).collect();
            let own = |arn: &str| Arn::parse(arn).is_some_and(|arn| Some(arn.account) == caller_account);
            let of_caller: Vec<_> = all.iter().copied().filter(|(arn, _)| own(arn)).collect();
            let candidates = if of_caller.is_empty() { all } else { of_caller };
            return match candidates.as_slice() {
                [] => Err(AskError::NoKey { text: text.into() }),
                [(arn, target)] => Ok(self.behind(arn, target.as_deref(), text)),
                several => Err(AskError::AmbiguousKey {
                    text: text.into(),
                    candidates: first_few(several.iter().map(|(arn, _)| &***arn)),
                }),
            };
        }
        let candidates: Vec<&KmsKey> =
            self.keys.iter().filter(|key| &*key.id == text || symbol::short(&key.id) == text).collect();
        match candidates.as_slice() {
            [key] => Ok(NamedKey { resource: whole(Some(key)), key: Some(key), alias: None }),
            [] if is_key_id(text) => Err(AskError::NoKey { text: text.into() }),
            [] => Err(AskError::NotAKey { text: text.into() }),
            several => Err(AskError::AmbiguousKey {
                text: text.into(),
                candidates: first_few(several.iter().map(|key| &*key.arn)),
            }),
        }
    }

    /// Whether an alias of that name points to the key, in whatever account.
    pub(crate) fn points_to(&self, alias: &str, key: &str) -> bool {
        let of_name = |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.resource == alias);
        self.aliases.iter().any(|(arn, target)| target.as_deref() == Some(key) && of_name(arn))
    }

    /// An alias that points nowhere stands for itself.
    fn behind(&self, alias_arn: &str, target: Option<&str>, name: &str) -> NamedKey<'_> {
        NamedKey {
            resource: target.unwrap_or(alias_arn).into(),
            key: target.and_then(|arn| self.key(arn)),
            alias: Some(name.into()),
        }
    }
}

fn first_few<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    names.take(CANDIDATES_MAX).map(str::to_owned).collect()
}
