//! One question: may this principal do this, to this, under these circumstances?
//!
//! A [`Request`] is complete when it is built: names are checked, derived keys are filled in and
//! everything that `decide` looks up is prepared. Building may fail; deciding never does.

use std::sync::Arc;

use crate::action_set::KmsActions;
use crate::arn::{Arn, is_account};
use crate::caller::{Caller, CallerError, CallerKind};
use crate::catalogue::{self, KmsOperation, ResourceKind};
use crate::context::{Carried, Context, Unnamed, Values};
use crate::derive;
use crate::digest::{Domain, digest};
use crate::key::Key;
use crate::limits::NAME_BYTES_MAX;
use crate::question;
use crate::quirk::Quirks;
use crate::symbol;
use crate::tri::Tri;

/// One request, ready to be decided.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) caller: Arc<Caller>,
    pub(crate) action: Box<str>,
    pub(crate) action_lower: Arc<str>,
    /// The same as a set of one; empty where it is another service's.
    pub(crate) kms_action: KmsActions,
    pub(crate) resource: Box<str>,
    pub(crate) resource_account: Option<Box<str>>,
    /// Whether caller and resource are in different accounts.
    across: bool,
    pub(crate) rule: ResourceRule,
    pub(crate) kms_operation: Option<KmsOperation>,
    pub(crate) works_across_accounts: bool,
    /// RetireGrant has rules of its own: only grants decide who may, and only the caller's side can deny.
    pub(crate) retires: bool,
    pub(crate) aws_managed_key: bool,
    pub(crate) context: Context,
    /// Whether symbols in its names and values are symbols.
    pub(crate) open: bool,
    /// Under what policies may have filed a statement about this request.
    pub(crate) digests: Box<[u64]>,
}

/// What the resource asks of the policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceRule {
    /// A KMS key: nothing is allowed without its key policy or a grant.
    KmsKey,
    /// A KMS alias, or a KMS operation without a key: IAM of the own account decides.
    KmsIdentityOnly,
    /// A role to be assumed: its trust policy must allow.
    RoleTrust,
    /// Anything else: the identity policy or the resource policy suffices in one account.
    Ordinary,
}

/// Why a request cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The principal makes no requests.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// The action is not `service:Action`.
    #[error("`{0}` is not an action: write `service:Action`, such as `kms:Decrypt`, without wildcards")]
    Action(Box<str>),
    /// KMS has no such action.
    #[error("KMS has no action `{action}`{hint}")]
    NotOfKms {
        /// The action asked for.
        action: Box<str>,
        /// What may have been meant.
        hint: Box<str>,
    },
    /// The resource is neither an ARN nor `*`.
    #[error("`{0}` is not a resource: write its ARN, or `*` where the action has no resource")]
    Resource(Box<str>),
    /// The account is not an account id.
    #[error("`{0}` is not an account id of twelve digits")]
    Account(Box<str>),
    /// A KMS action on a key was asked of an alias.
    #[error(
        "`{action}` acts on a key, and `{alias}` is an alias: name the key's ARN and, if the alias matters, the condition key kms:RequestAlias"
    )]
    AliasForKey {
        /// The action asked for.
        action: Box<str>,
        /// The alias.
        alias: Box<str>,
    },
    /// A KMS action on a key was asked of something else.
    #[error("`{action}` acts on a KMS key, and `{resource}` is not the ARN of one")]
    NotAKey {
        /// The action asked for.
        action: Box<str>,
        /// The resource named.
        resource: Box<str>,
    },
    /// A name is too long.
    #[error("a name of {bytes} bytes is longer than the {NAME_BYTES_MAX} that a request may hold")]
    Long {
        /// Its length.
        bytes: usize,
    },
}

/// Gathers a request; [`RequestBuilder::build`] checks it and derives what follows from it.
///
/// ```
/// use wardbook_policy::request::Request;
/// let request = Request::builder(
///     "arn:aws:sts::111122223333:assumed-role/report/s1",
///     "kms:Decrypt",
///     "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
/// )
/// .with("kms:ViaService", "s3.eu-west-1.amazonaws.com")
/// .build()
/// .unwrap();
/// assert_eq!(request.context().text("aws:ViaAWSService"), Some("true"));
/// assert_eq!(request.context().text("kms:CallerAccount"), Some("111122223333"));
/// ```
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    principal: Box<str>,
    /// The same as a caller, if it was read before.
    caller: Option<Arc<Caller>>,
    action: Box<str>,
    resource: Box<str>,
    resource_account: Option<Box<str>>,
    issuer: Option<Box<str>>,
    role_id: Option<Box<str>>,
    aws_managed_key: bool,
    context: Context,
    open: bool,
    unknown: Vec<Key>,
    absent: Vec<Key>,
    quirks: Quirks,
}

impl Request {
    /// Begins a request. An account id as principal is its root user, `*` is an unsigned request.
    pub fn builder(principal: &str, action: &str, resource: &str) -> RequestBuilder {
        RequestBuilder {
            principal: principal.into(),
            caller: None,
            action: action.into(),
            resource: resource.into(),
            resource_account: None,
            issuer: None,
            role_id: None,
            aws_managed_key: false,
            context: Context::default(),
            open: false,
            unknown: Vec::new(),
            absent: Vec::new(),
            quirks: Quirks::default(),
        }
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The action as it was written.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource as it was written.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The account that owns the resource, if it is known.
    pub fn resource_account(&self) -> Option<&str> {
        self.resource_account.as_deref()
    }

    /// What the resource asks of the policies.
    pub fn rule(&self) -> ResourceRule {
        self.rule
    }

    /// The condition keys, derived ones included.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether the key is one that AWS manages, which no RCP limits.
    pub fn is_aws_managed_key(&self) -> bool {
        self.aws_managed_key
    }

    /// The same request with every unknown key told: these have values, these are absent, and what
    /// follows from them is derived anew.
    pub(crate) fn completed(&self, given: Vec<(Key, Values)>, absent: Vec<Key>, quirks: Quirks) -> Request {
        let mut context = self.context.told_whole();
        for key in absent {
            context.remove(key);
        }
        for (key, values) in given {
            context.give(key, values);
        }
        let mut request = Request { context, ..self.clone() };
        derive::fill(&mut request, quirks);
        request
    }

    /// The same question asked by somebody else, of whom nothing is known but who asks; `open` are keys
    /// that are unknown all the same.
    pub(crate) fn asked_by(&self, caller: Caller, open: &[&str], quirks: Quirks) -> Request {
        let mut context = Context::default();
        context.set_unnamed(Unnamed::Unknown);
        context.share_carried(&self.context);
        for key in open {
            context.forget(Key::new(key));
        }
        let own = self.digests.get(..OWN_DIGESTS).unwrap_or_default();
        let digests = own.iter().chain(caller.digests()).copied().collect();
        let across = is_across(&caller, self.resource_account.as_deref());
        let mut request = Request { across, caller: Arc::new(caller), context, digests, ..self.clone() };
        derive::fill(&mut request, quirks);
        request
    }

    /// Another resource of the same account and kind.
    pub(crate) fn set_resource(&mut self, resource: &str) {
        self.resource = resource.into();
        if let Some(slot) = self.digests.get_mut(OWN_DIGESTS - 1) {
            *slot = digest(Domain::Resource, resource);
        }
    }

    /// Whether caller and resource are in different accounts. A resource whose account is not
    /// known is taken as the caller's own. Somebody signed in by a provider has no account yet.
    pub fn is_cross_account(&self) -> bool {
        self.across
    }
}

impl Request {
    /// The same request between one account and itself, if it cannot be told whether the accounts
    /// of caller and resource are one.
    pub(crate) fn within_one_account(&self) -> Option<Request> {
        if !self.open || !self.across {
            return None;
        }
        let (caller, owner) = (self.caller.account()?, self.resource_account.as_deref()?);
        (symbol::same(caller, owner) == Tri::Unknown).then(|| Request { across: false, ..self.clone() })
    }
}

impl RequestBuilder {
    /// Declares that symbols in the names and values of this request are symbols: it is about
    /// something that a template declares. See [`symbol`].
    pub fn open(mut self) -> RequestBuilder {
        self.open = true;
        self
    }

    /// What the action carries was looked up before, which spares each of many requests the search.
    pub fn carried(mut self, carried: std::sync::Arc<Carried>) -> RequestBuilder {
        self.context.set_carried(carried);
        self
    }

    /// Reads the principal now, which spares each of many requests the same. One that makes no requests
    /// is an error of [`RequestBuilder::build`] all the same.
    pub fn prepared(mut self) -> RequestBuilder {
        self.caller = Caller::parse(&self.principal).ok().map(Arc::new);
        self
    }

    /// The same request on another resource, for those who ask about many.
    pub fn on(mut self, resource: &str) -> RequestBuilder {
        self.resource = resource.into();
        self
    }

    /// The account that owns the resource, where its ARN does not say.
    pub fn resource_account(mut self, account: &str) -> RequestBuilder {
        self.resource_account = Some(account.into());
        self
    }

    /// The unique id of the role, where it is a role that asks and its `aws:userid` is not known.
    pub fn role_id(mut self, id: &str) -> RequestBuilder {
        match self.caller.take() {
            Some(caller) => self.caller = Some(Arc::new(Caller::clone(&caller).with_role_id(id))),
            None => self.role_id = Some(id.into()),
        }
        self
    }

    /// The user behind a federated-user session.
    pub fn issuer(mut self, user_arn: &str) -> RequestBuilder {
        self.issuer = Some(user_arn.into());
        self
    }

    /// The key is one that AWS manages.
    pub fn aws_managed_key(mut self, managed: bool) -> RequestBuilder {
        self.aws_managed_key = managed;
        self
    }

    /// Gives a condition key; a list makes it multi-valued. A given key wins over a derived one.
    pub fn with(mut self, key: &str, values: impl Into<Values>) -> RequestBuilder {
        self.context.give(Key::new(key), values.into());
        self
    }

    /// Gives a condition key that was declared unknown or absent before.
    pub fn settle(mut self, key: &str, values: impl Into<Values>) -> RequestBuilder {
        let key = Key::new(key);
        self.unknown.retain(|unknown| *unknown != key);
        self.absent.retain(|absent| *absent != key);
        self.context.give(key, values.into());
        self
    }

    /// The same as [`RequestBuilder::with`] for a key that was looked up before.
    pub fn with_key(mut self, key: &Key, values: Values) -> RequestBuilder {
        self.context.give(key.clone(), values);
        self
    }

    /// The same as [`RequestBuilder::unknown`] for a key that was looked up before.
    pub fn unknown_key(mut self, key: &Key) -> RequestBuilder {
        self.unknown.push(key.clone());
        self
    }

    /// The same as [`RequestBuilder::absent`] for a key that was looked up before.
    pub fn absent_key(mut self, key: &Key) -> RequestBuilder {
        self.absent.push(key.clone());
        self
    }

    /// Declares a key unknown, also one that could be derived.
    pub fn unknown(mut self, key: &str) -> RequestBuilder {
        self.unknown.push(Key::new(key));
        self
    }

    /// Declares a key absent, also one that could be derived.
    pub fn absent(mut self, key: &str) -> RequestBuilder {
        self.absent.push(Key::new(key));
        self
    }

    /// What holds for keys that nobody named; absent unless told otherwise.
    pub fn unnamed(mut self, unnamed: Unnamed) -> RequestBuilder {
        self.context.set_unnamed(unnamed);
        self
    }

    /// Every key below the prefix was told: `aws:PrincipalTag/`, `kms:EncryptionContext:`.
    pub fn whole(mut self, prefix: &str) -> RequestBuilder {
        self.context.set_whole(prefix);
        self
    }

    /// Keys below the prefix that nobody names are unknown, also where other unnamed keys are absent:
    /// the tags of a key whose tags nobody collected.
    pub fn unknown_below(mut self, prefix: &str) -> RequestBuilder {
        self.context.set_open(prefix);
        self
    }

    /// Which sides of the quirks hold, for the one that bears on derived keys.
    pub fn quirks(mut self, quirks: Quirks) -> RequestBuilder {
        self.quirks = quirks;
        self
    }

    /// Checks the request and derives the keys that follow from it.
    pub fn build(self) -> Result<Request, RequestError> {
        for name in [&self.principal, &self.action, &self.resource] {
            if name.len() > NAME_BYTES_MAX {
                return Err(RequestError::Long { bytes: name.len() });
            }
        }
        let mut context = self.context;
        for key in self.absent {
            context.remove(key);
        }
        for key in self.unknown {
            context.forget(key);
        }
        let mut caller = match self.caller {
            Some(caller) => caller,
            None => Arc::new(Caller::parse(&self.principal)?),
        };
        if let Some(id) = &self.role_id {
            caller = Arc::new(Caller::clone(&caller).with_role_id(id));
        }
        if let Some(issuer) = &self.issuer {
            caller = Arc::new(Caller::clone(&caller).with_issuer(issuer));
        }
        if caller.kind() == CallerKind::Session {
            let of_role = Key::new("aws:PrincipalArn");
            let told = context.text_of(&of_role).filter(|role| role.contains(":role/"));
            if let Some(role) = told {
                caller = Arc::new(Caller::clone(&caller).with_role_arn(role));
            } else if context.is_named(&of_role) {
                caller = Arc::new(Caller::clone(&caller).with_unknown_path());
            }
        }
        check_action(&self.action)?;
        let carried = context.carried_by(&self.action);
        let action_lower = Arc::clone(carried.action());
        let of_kms = action_lower.starts_with("kms:");
        if of_kms && !carried.is_known() && catalogue::action(&action_lower).is_none() {
            return Err(RequestError::NotOfKms { hint: hint(&action_lower), action: self.action });
        }
        let kms_operation = carried.operation;
        let works_across_accounts = !of_kms || kms_operation.is_some_and(|operation| operation.is_cross_account());
        let (resource, arn_account, rule) = resource(&self.resource, &self.action, &action_lower, kms_operation)?;
        let resource_account = match self.resource_account {
            Some(account) if is_account(&account) => Some(account),
            Some(account) => return Err(RequestError::Account(account)),
            None if rule == ResourceRule::KmsIdentityOnly && arn_account.is_none() => caller.account().map(Into::into),
            None => arn_account,
        };
        let [action_digest, service_digest] = carried.digests;
        let own: [u64; OWN_DIGESTS] = [action_digest, service_digest, digest(Domain::Resource, &resource)];
        let kms_action = carried.actions;
        if of_kms {
            context.set_kms_action(carried);
        }
        let retires = &*action_lower == "kms:retiregrant";
        let across = is_across(&caller, resource_account.as_deref());
        let mut request = Request {
            across,
            digests: own.iter().chain(caller.digests()).copied().collect(),
            caller,
            action: self.action,
            kms_action,
            action_lower,
            resource,
            resource_account,
            rule,
            kms_operation,
            works_across_accounts,
            retires,
            aws_managed_key: self.aws_managed_key,
            context,
            open: self.open,
        };
        derive::fill(&mut request, self.quirks);
        Ok(request)
    }
}

/// Whether caller and resource are in different accounts, as far as is known.
fn is_across(caller: &Caller, owner: Option<&str>) -> bool {
    match (caller.account(), owner) {
        (Some(account), Some(owner)) => caller.kind() != CallerKind::Federated && account != owner,
        _ => false,
    }
}

/// How many digests of a request are its own; those of its caller follow.
const OWN_DIGESTS: usize = 3;

/// What may have been meant by an action that KMS does not have.
fn hint(action_lower: &str) -> Box<str> {
    match question::parts(action_lower) {
        Some(parts) => {
            let names: Vec<String> = parts.iter().map(|part| format!("`{}`", part.action)).collect();
            format!(": that call is authorized as {}", names.join(" and ")).into()
        }
        None => catalogue::nearest_action(action_lower)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default()
            .into(),
    }
}

fn check_action(action: &str) -> Result<(), RequestError> {
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match action.split_once(':') {
        Some((service, name)) if plain(service) && plain(name) => Ok(()),
        _ => Err(RequestError::Action(action.into())),
    }
}

type ResourceParts = (Box<str>, Option<Box<str>>, ResourceRule);

fn resource(
    text: &str,
    action: &str,
    action_lower: &str,
    operation: Option<KmsOperation>,
) -> Result<ResourceParts, RequestError> {
    let arn = Arn::parse(text);
    if text != "*" && arn.is_none() {
        return Err(RequestError::Resource(text.into()));
    }
    let account = arn.map(|arn| arn.account).filter(|account| is_account(account)).map(Into::into);
    let rule = if action_lower.starts_with("kms:") {
        kms_rule(text, arn, action, action_lower, operation)?
    } else if action_lower.starts_with("sts:")
        && arn.is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
    {
        ResourceRule::RoleTrust
    } else {
        ResourceRule::Ordinary
    };
    Ok((text.into(), account, rule))
}

/// A KMS operation acts on a key, on an alias, or on neither.
fn kms_rule(
    text: &str,
    arn: Option<Arn<'_>>,
    action: &str,
    action_lower: &str,
    operation: Option<KmsOperation>,
) -> Result<ResourceRule, RequestError> {
    let part = arn.filter(|arn| arn.service == "kms").map(|arn| arn.resource).unwrap_or_default();
    let alias_operation = matches!(action_lower, "kms:createalias" | "kms:updatealias" | "kms:deletealias");
    let without_key = operation.is_some_and(|operation| {
        matches!(operation.resource_kind(), ResourceKind::NoResource | ResourceKind::RetiringPrincipal)
    });
    if part.starts_with("key/") && !without_key {
        Ok(ResourceRule::KmsKey)
    } else if without_key || (part.starts_with("alias/") && alias_operation) {
        Ok(ResourceRule::KmsIdentityOnly)
    } else if part.starts_with("alias/") {
        Err(RequestError::AliasForKey { action: action.into(), alias: text.into() })
    } else if operation.is_some() {
        Err(RequestError::NotAKey { action: action.into(), resource: text.into() })
    } else {
        Ok(ResourceRule::KmsKey)
    }
}
