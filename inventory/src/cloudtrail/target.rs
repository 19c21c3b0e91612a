//! What a KMS call was about: its keys and aliases.

use wardbook_policy::arn::Arn;
use wardbook_policy::catalogue::{self, ResourceKind};
use wardbook_policy::json::Value;
use wardbook_policy::question::Target;

use crate::access_denied::AccessDenied;
use crate::authorization_details::{list, text};
use crate::page::{key_arn, partition};

/// The keys and aliases of one event.
pub(super) struct Targets<'v> {
    /// The keys that AWS resolved, in the order of the event.
    keys: Vec<&'v str>,
    /// The source key, or the only one, as the caller named it.
    named: Option<&'v str>,
    /// The destination of ReEncrypt, or the key that an alias is moved to, as the caller named it.
    destination: Option<&'v str>,
    /// Whether an alias is moved from one key to another.
    moves: bool,
    alias: Option<&'v str>,
    retiring: Option<&'v str>,
    denied: Option<&'v str>,
    region: &'v str,
    account: String,
}

impl<'v> Targets<'v> {
    pub(super) fn of(event: &'v Value, account: Option<&str>, denied: Option<&'v AccessDenied>) -> Targets<'v> {
        let parameters = event.member("requestParameters");
        let parameter = |name: &str| parameters.and_then(|parameters| text(parameters, name));
        let arns = list(event, "resources").iter().filter_map(|entry| text(entry, "ARN").or(text(entry, "arn")));
        let moves = text(event, "eventName") == Some("UpdateAlias");
        let account = account.or(text(event, "recipientAccountId")).unwrap_or_default();
        Targets {
            keys: arns.filter(|arn| is_key_arn(arn)).collect(),
            named: parameter("keyId").or(parameter("sourceKeyId")).or(parameter("targetKeyId").filter(|_| !moves)),
            destination: parameter("destinationKeyId").or(parameter("targetKeyId").filter(|_| moves)),
            moves,
            alias: parameter("aliasName"),
            retiring: parameter("retiringPrincipal"),
            denied: denied.and_then(|denied| denied.resource.as_deref()),
            region: text(event, "awsRegion").unwrap_or_default(),
            account: account.to_owned(),
        }
    }

    /// The resource of one question, and what the event leaves open about it.
    pub(super) fn resource(&self, action: &str, target: Target) -> (String, Vec<String>) {
        match catalogue::kms_operation(action).map(catalogue::KmsOperation::resource_kind) {
            Some(ResourceKind::NoResource) => return ("*".into(), Vec::new()),
            Some(ResourceKind::RetiringPrincipal) => return (self.retiring.unwrap_or("*").into(), Vec::new()),
            _ => {}
        }
        let found = match target {
            Target::Alias => self.alias.map(|alias| self.whole(alias)),
            Target::Key => self.key(),
            Target::OtherKey => self.other_key(),
        };
        match found {
            Some(found) => (found, Vec::new()),
            None => ("*".into(), vec!["the event does not say which key it is about".into()]),
        }
    }

    /// The source key of ReEncrypt, or the only key.
    fn key(&self) -> Option<String> {
        if self.moves {
            // The event names the key that the alias is moved to; the other one is the key it had.
            let moved_to = self.other_key();
            return self.keys.iter().find(|key| Some(**key) != moved_to.as_deref()).map(|key| (*key).to_owned());
        }
        if let Some(named) = self.named.filter(|named| is_key_arn(named) && self.keys.is_empty()) {
            return Some(named.into());
        }
        self.keys
            .first()
            .map(|key| (*key).to_owned())
            .or_else(|| self.named.map(|named| self.whole(named)))
            .or_else(|| self.denied.filter(|denied| denied.starts_with("arn:")).map(str::to_owned))
    }

    fn other_key(&self) -> Option<String> {
        if let Some(named) = self.destination.filter(|named| is_key_arn(named)) {
            return Some(named.into());
        }
        // One key alone is both source and destination.
        let key = self.keys.get(1).or(self.keys.first().filter(|_| self.destination.is_some()));
        let named = self.destination.map(|named| self.whole(named));
        if self.moves {
            return named;
        }
        key.map(|key| (*key).to_owned()).or(named)
    }

    /// Whether ReEncrypt stayed on its key; `None` if the event does not tell.
    pub(super) fn are_the_same(&self) -> Option<bool> {
        let (key, other) = (self.key()?, self.other_key()?);
        (is_key_arn(&key) && is_key_arn(&other)).then_some(key == other)
    }

    pub(super) fn source_alias(&self) -> Option<String> {
        self.named.and_then(alias_name)
    }

    pub(super) fn destination_alias(&self) -> Option<String> {
        self.destination.and_then(alias_name)
    }

    /// The ARN behind a key id or an alias name, which are those of the caller's account.
    fn whole(&self, name: &str) -> String {
        if name.starts_with("arn:") {
            name.to_owned()
        } else if name.starts_with("alias/") {
            format!("arn:{}:kms:{}:{}:{name}", partition(self.region), self.region, self.account)
        } else {
            key_arn(&self.account, self.region, name)
        }
    }
}

fn is_key_arn(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
}

fn alias_name(text: &str) -> Option<String> {
    let name = Arn::parse(text).map_or(text, |arn| arn.resource);
    name.starts_with("alias/").then(|| name.to_owned())
}
