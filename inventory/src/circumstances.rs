//! What somebody tells about a request beside who, what and on what.

use std::collections::BTreeMap;

use wardbook_policy::context::{Unnamed, Values};
use wardbook_policy::key::Key;
use wardbook_policy::policy::Policy;
use wardbook_policy::request::RequestBuilder;

use crate::layer::Collected;

/// The circumstances of a request. Condition keys named here win over whatever a world knows, and
/// the last word on a key counts.
///
/// ```
/// use wardbook_inventory::circumstances::Circumstances;
/// use wardbook_policy::request::Request;
///
/// let circumstances = Circumstances::default()
///     .with("kms:ViaService", "s3.eu-west-1.amazonaws.com")
///     .unknown("aws:SourceIp");
/// let builder = Request::builder("111122223333", "kms:ListKeys", "*");
/// assert!(circumstances.tell(builder).build().is_ok());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// By name in lower case.
    facts: BTreeMap<Box<str>, (Key, Fact)>,
    whole: Vec<Box<str>>,
    open: Vec<Box<str>>,
    direct_call: bool,
    resource_account: Option<Box<str>>,
    issuer: Option<Box<str>>,
    role_id: Option<Box<str>>,
    aws_managed_key: bool,
    /// Session policies of the caller.
    pub session: Collected<Policy>,
    /// The policy of the VPC endpoint through which the request comes.
    pub endpoint: Collected<Policy>,
}

#[derive(Debug, Clone)]
enum Fact {
    Given(Values),
    Absent,
    Unknown,
}

/// Keys of which a world may have to say that it does not know them.
const ABSENT_UNLESS_NAMED: &[&str] =
    &["aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:ResourceOrgID", "aws:ResourceOrgPaths"];
const WHOLE: &[&str] = &["aws:PrincipalTag/", "aws:ResourceTag/", "aws:RequestTag/", "kms:EncryptionContext:"];

impl Circumstances {
    /// A plain direct call: over TLS, through no service, with an empty encryption context, and
    /// without any key that nobody names and neither principal nor resource determines.
    pub fn direct_call() -> Circumstances {
        Circumstances { direct_call: true, ..Circumstances::default() }
            .with("aws:SecureTransport", "true")
            .with("aws:ViaAWSService", "false")
            .whole("kms:EncryptionContext:")
    }

    /// Whether unnamed keys are absent.
    pub fn is_direct_call(&self) -> bool {
        self.direct_call
    }

    /// With these condition keys in place of those that were named, and no others.
    pub(crate) fn exactly<'a>(self, keys: impl Iterator<Item = (&'a str, Values)>) -> Circumstances {
        let (facts, whole, open) = (BTreeMap::new(), Vec::new(), Vec::new());
        let bare = Circumstances { facts, whole, open, direct_call: true, ..self };
        let told = keys.fold(bare, |told, (key, values)| told.with(key, values));
        // What a world does not know either is not there all the same.
        let told =
            ABSENT_UNLESS_NAMED.iter().fold(told, |told, key| if told.names(key) { told } else { told.absent(key) });
        WHOLE.iter().fold(told, |told, prefix| told.whole(prefix))
    }

    /// Gives a condition key; a list makes it multi-valued.
    pub fn with(mut self, key: &str, values: impl Into<Values>) -> Circumstances {
        self.set(key, Fact::Given(values.into()));
        self
    }

    /// Declares a key absent.
    pub fn absent(mut self, key: &str) -> Circumstances {
        self.set(key, Fact::Absent);
        self
    }

    /// Declares a key unknown.
    pub fn unknown(mut self, key: &str) -> Circumstances {
        self.set(key, Fact::Unknown);
        self
    }

    /// Every key below the prefix is named here.
    pub fn whole(mut self, prefix: &str) -> Circumstances {
        self.whole.push(prefix.into());
        self
    }

    /// Takes back that every key below the prefix is named.
    pub(crate) fn not_whole(mut self, prefix: &str) -> Circumstances {
        self.whole.retain(|whole| **whole != *prefix);
        self
    }

    /// Unnamed keys below the prefix are unknown, also on a direct call.
    pub fn unknown_below(mut self, prefix: &str) -> Circumstances {
        self.open.push(prefix.into());
        self
    }

    /// The account that owns the resource, where its ARN does not say.
    pub fn resource_account(mut self, account: &str) -> Circumstances {
        self.resource_account = Some(account.into());
        self
    }

    /// The unique id of the role that asks.
    pub fn role_id(mut self, id: &str) -> Circumstances {
        self.role_id = Some(id.into());
        self
    }

    /// The user behind a federated-user session.
    pub fn issuer(mut self, user_arn: &str) -> Circumstances {
        self.issuer = Some(user_arn.into());
        self
    }

    /// The key is one that AWS manages.
    pub fn aws_managed_key(mut self, managed: bool) -> Circumstances {
        self.aws_managed_key = managed;
        self
    }

    /// Whether a key is named here at all.
    pub fn names(&self, key: &str) -> bool {
        self.facts.contains_key(&*key.to_lowercase())
    }

    /// The one value given for a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.facts.get(&*key.to_lowercase()) {
            Some((_, Fact::Given(Values::One(text)))) => Some(text),
            _ => None,
        }
    }

    /// These circumstances on top of others: what is named here wins.
    pub fn over(mut self, mut others: Circumstances) -> Circumstances {
        others.facts.append(&mut self.facts);
        others.whole.append(&mut self.whole);
        others.open.append(&mut self.open);
        Circumstances {
            facts: others.facts,
            whole: others.whole,
            open: others.open,
            direct_call: self.direct_call || others.direct_call,
            resource_account: self.resource_account.or(others.resource_account),
            issuer: self.issuer.or(others.issuer),
            role_id: self.role_id.or(others.role_id),
            aws_managed_key: self.aws_managed_key || others.aws_managed_key,
            session: if let Collected::Absent = self.session { others.session } else { self.session },
            endpoint: if let Collected::Absent = self.endpoint { others.endpoint } else { self.endpoint },
        }
    }

    /// Tells a request all of this.
    pub fn tell(&self, builder: RequestBuilder) -> RequestBuilder {
        let builder = builder.unnamed(if self.direct_call { Unnamed::Absent } else { Unnamed::Unknown });
        self.add_to(builder.aws_managed_key(self.aws_managed_key))
    }

    /// Tells a request that already knows its circumstances what is named here beside.
    pub(crate) fn add_to(&self, mut builder: RequestBuilder) -> RequestBuilder {
        for prefix in &self.open {
            builder = builder.unknown_below(prefix);
        }
        for prefix in &self.whole {
            builder = builder.whole(prefix);
        }
        for (key, fact) in self.facts.values() {
            builder = match fact {
                Fact::Given(values) => builder.with_key(key, values.clone()),
                Fact::Absent => builder.absent_key(key),
                Fact::Unknown => builder.unknown_key(key),
            };
        }
        if let Some(account) = &self.resource_account {
            builder = builder.resource_account(account);
        }
        if let Some(id) = &self.role_id {
            builder = builder.role_id(id);
        }
        if let Some(issuer) = &self.issuer {
            builder = builder.issuer(issuer);
        }
        if self.aws_managed_key { builder.aws_managed_key(true) } else { builder }
    }

    /// Whether a key has a value here.
    pub(crate) fn gives(&self, key: &Key) -> bool {
        matches!(self.facts.get(key.lower()), Some((_, Fact::Given(_))))
    }

    /// The keys that have a value here, with it.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&Key, &Values)> {
        self.facts.values().filter_map(|(key, fact)| match fact {
            Fact::Given(values) => Some((key, values)),
            Fact::Absent | Fact::Unknown => None,
        })
    }

    fn set(&mut self, key: &str, fact: Fact) {
        let key = Key::new(key);
        self.facts.insert(key.lower().into(), (key, fact));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardbook_policy::context::Lookup;
    use wardbook_policy::key::Key;
    use wardbook_policy::request::Request;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn lookup<'r>(request: &'r Request, key: &str) -> Lookup<'r> {
        request.context().lookup(&Key::new(key))
    }

    fn request(circumstances: &Circumstances) -> Request {
        circumstances.tell(Request::builder("111122223333", "kms:Decrypt", KEY)).build().unwrap()
    }

    #[test]
    fn what_nobody_names_is_unknown_and_on_a_direct_call_absent() {
        let unknown = request(&Circumstances::default());
        assert_eq!(lookup(&unknown, "aws:SourceIp"), Lookup::Unknown);
        assert_eq!(lookup(&unknown, "kms:EncryptionContext:a"), Lookup::Unknown);
        let direct = request(&Circumstances::direct_call());
        assert_eq!(lookup(&direct, "aws:SourceIp"), Lookup::Absent);
        assert_eq!(lookup(&direct, "kms:EncryptionContext:a"), Lookup::Absent);
        assert_eq!(lookup(&direct, "aws:SecureTransport"), Lookup::One("true"));
        assert_eq!(lookup(&direct, "aws:ViaAWSService"), Lookup::One("false"));
        assert_eq!(lookup(&direct, "kms:ViaService"), Lookup::Absent);
    }

    #[test]
    fn the_last_word_on_a_key_counts() {
        let below = Circumstances::default().unknown("aws:userid").with("aws:SourceIp", "1.1.1.1").unknown_below("x:");
        let above = Circumstances::direct_call().with("AWS:userid", "AIDAX").absent("aws:sourceip");
        let found = request(&above.over(below));
        assert_eq!(lookup(&found, "aws:userid"), Lookup::One("AIDAX"));
        assert_eq!(lookup(&found, "aws:SourceIp"), Lookup::Absent);
        assert_eq!(lookup(&found, "x:y"), Lookup::Unknown);
    }
}
