//! The events that this engine makes: one for each call, and one for each act of its own.
//!
//! What is written about a call is a [`Parameters`], so no secret can be among it. What the decision could read
//! stands in `additionalEventData.wardbook`, complete, so that replay of these events is exact.

use super::parameter::{Name, Parameters, Prose, Word, write_list, write_value};
use super::{EventError, EventText};
use crate::json::write_string;
use crate::time::Timestamp;

/// The version of the record format that these events have.
const EVENT_VERSION: &str = "1.11";
/// How long the text of such an event is, about.
const EVENT_BYTES_USUAL: usize = 3 << 10;

/// An event of this engine. Fields that are `None` are absent from the record, except that a call always has
/// `requestParameters` and `responseElements`, which may be null.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its id, a UUID.
    pub id: Name,
    /// When the request completed.
    pub time: Timestamp,
    /// A call, or an act of the service.
    pub kind: EventKind,
    /// The service, such as `kms.amazonaws.com`.
    pub source: Word,
    /// The operation, or as much of its name as was sent and is a word.
    pub name: Option<Word>,
    /// The region.
    pub region: Word,
    /// Who made the request.
    pub identity: Identity,
    /// The peer's address, or the name of the service that relayed.
    pub source_address: Prose,
    /// The caller's software.
    pub user_agent: Option<Prose>,
    /// Why it failed: CloudTrail's code and the message.
    pub error: Option<(Word, Prose)>,
    /// Whether the operation only reads.
    pub read_only: bool,
    /// What was asked.
    pub request: Option<Parameters>,
    /// What was answered, where it is logged.
    pub response: Option<Parameters>,
    /// What else is told.
    pub additional: Parameters,
    /// What a service event was about.
    pub details: Option<Parameters>,
    /// What was touched.
    pub resources: Vec<Resource>,
    /// The account that the record is for.
    pub recipient_account: Name,
    /// The id that it shares with the record for another account.
    pub shared_id: Option<Name>,
    /// The VPC endpoint that the request came through.
    pub vpc_endpoint: Option<Name>,
    /// TLS version, cipher suite and host, in that order.
    pub tls: Option<(Word, Word, Name)>,
    /// What was decided, if it came to that.
    pub decision: Option<Decision>,
}

/// What kind of event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A request, with its id.
    ApiCall {
        /// The id that the reply carries.
        request_id: Name,
    },
    /// An act of the service.
    ServiceEvent,
}

/// Who made a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `AWSAccount`, `AWSService`; absent in service events.
    pub kind: Option<Word>,
    /// The unique id.
    pub principal_id: Option<Name>,
    /// The ARN; of a role, that of its session.
    pub arn: Option<Name>,
    /// The account.
    pub account: Option<Name>,
    /// The id of the access key, also one that was only claimed.
    pub access_key: Option<AccessKeyId>,
    /// The friendly name.
    pub user_name: Option<Name>,
    /// The service that called on the caller's behalf.
    pub invoked_by: Option<Prose>,
    /// The session, of temporary credentials.
    pub session: Option<Session>,
}

/// The session of temporary credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// ARN of the role or user that issued it.
    pub issuer_arn: Name,
    /// Its type, such as `Role`.
    pub issuer_kind: Word,
    /// Its unique id.
    pub issuer_principal_id: Name,
    /// Its account.
    pub issuer_account: Name,
    /// Its name.
    pub issuer_name: Name,
    /// When the credentials were issued.
    pub created: Timestamp,
    /// Whether a second factor was used.
    pub mfa: bool,
    /// The identity that was set when the role was assumed.
    pub source_identity: Option<Name>,
}

/// The public half of a credential: 16 to 128 capital letters and digits. A secret access key or a session token is
/// none, so it cannot stand here even where somebody mixed the two up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeyId(String);

/// A thing that was touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its ARN.
    pub arn: Name,
    /// Its account.
    pub account: Name,
    /// Its type, such as `AWS::KMS::Key`.
    pub kind: Name,
}

/// What was decided and why, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `allow`, `implicit-deny`, `explicit-deny` or `unknown`.
    pub decision: Word,
    /// The statement or layer that settled it.
    pub decided_by: Option<Prose>,
    /// The grant that allowed it.
    pub grant: Option<Name>,
    /// The digest of the policy that decided.
    pub policy_digest: Option<Name>,
    /// kms:ViaService.
    pub via_service: Option<Name>,
    /// Every condition key that the decision could read, with its values.
    pub context: Vec<(ConditionKey, ContextValue)>,
}

/// The name of a condition key, such as `aws:SourceIp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionKey(String);

/// What a condition key has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextValue {
    /// A key with one value.
    One(String),
    /// A key with several values.
    Many(Vec<String>),
}

impl AccessKeyId {
    /// Checks an id.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        ((16..=128).contains(&text.len()) && text.bytes().all(valid)).then_some(Self(text))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ConditionKey {
    /// Checks a name: a service, a colon, and something after it.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let named = text.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty()
                && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !name.is_empty()
        });
        named.then_some(Self(text))
    }
}

impl NewEvent {
    /// The event as it is recorded.
    pub fn finish(&self) -> Result<EventText, EventError> {
        let mut out = Object(Vec::with_capacity(EVENT_BYTES_USUAL));
        out.0.push(b'{');
        out.text("eventVersion", EVENT_VERSION);
        out.with("userIdentity", |out| self.identity.write(out));
        out.text("eventTime", &self.time.to_string());
        out.text("eventSource", self.source.as_str());
        out.some("eventName", self.name.as_ref().map(Word::as_str));
        out.text("awsRegion", self.region.as_str());
        out.text("sourceIPAddress", self.source_address.as_str());
        out.some("userAgent", self.user_agent.as_ref().map(Prose::as_str));
        if let Some((code, message)) = &self.error {
            out.text("errorCode", code.as_str());
            out.text("errorMessage", message.as_str());
        }
        out.value("requestParameters", |out| or_null(self.request.as_ref(), out));
        out.value("responseElements", |out| or_null(self.response.as_ref(), out));
        if self.decision.is_some() || !self.additional.is_empty() {
            out.with("additionalEventData", |out| {
                self.additional.write_members(&mut out.0);
                if let Some(decision) = &self.decision {
                    out.with("wardbook", |out| decision.write(out));
                }
            });
        }
        if let EventKind::ApiCall { request_id } = &self.kind {
            out.text("requestID", request_id.as_str());
        }
        out.text("eventID", self.id.as_str());
        out.value("readOnly", |out| write_value(&self.read_only, out));
        if !self.resources.is_empty() {
            out.value("resources", |out| write_list(out, self.resources.iter(), |out, resource| resource.write(out)));
        }
        let kind = if self.kind == EventKind::ServiceEvent { "AwsServiceEvent" } else { "AwsApiCall" };
        out.text("eventType", kind);
        out.value("managementEvent", |out| write_value(&true, out));
        out.text("recipientAccountId", self.recipient_account.as_str());
        out.some("sharedEventID", self.shared_id.as_ref().map(Name::as_str));
        out.some("vpcEndpointId", self.vpc_endpoint.as_ref().map(Name::as_str));
        if let Some(details) = &self.details {
            out.value("serviceEventDetails", |out| write_value(details, out));
        }
        out.text("eventCategory", "Management");
        if let Some((version, suite, host)) = &self.tls {
            out.with("tlsDetails", |out| {
                out.text("tlsVersion", version.as_str());
                out.text("cipherSuite", suite.as_str());
                out.text("clientProvidedHostHeader", host.as_str());
            });
        }
        EventText::read(out.finish())
    }
}

impl Identity {
    fn write(&self, out: &mut Object) {
        out.some("type", self.kind.as_ref().map(Word::as_str));
        out.some("principalId", self.principal_id.as_ref().map(Name::as_str));
        out.some("arn", self.arn.as_ref().map(Name::as_str));
        out.some("accountId", self.account.as_ref().map(Name::as_str));
        out.some("accessKeyId", self.access_key.as_ref().map(AccessKeyId::as_str));
        out.some("userName", self.user_name.as_ref().map(Name::as_str));
        if let Some(session) = &self.session {
            out.with("sessionContext", |out| session.write(out));
        }
        out.some("invokedBy", self.invoked_by.as_ref().map(Prose::as_str));
    }
}

impl Session {
    fn write(&self, out: &mut Object) {
        out.with("sessionIssuer", |out| {
            out.text("type", self.issuer_kind.as_str());
            out.text("principalId", self.issuer_principal_id.as_str());
            out.text("arn", self.issuer_arn.as_str());
            out.text("accountId", self.issuer_account.as_str());
            out.text("userName", self.issuer_name.as_str());
        });
        out.with("attributes", |out| {
            out.text("creationDate", &self.created.to_string());
            out.text("mfaAuthenticated", if self.mfa { "true" } else { "false" });
        });
        out.some("sourceIdentity", self.source_identity.as_ref().map(Name::as_str));
    }
}

impl Resource {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object(std::mem::take(out));
        object.0.push(b'{');
        object.text("accountId", self.account.as_str());
        object.text("type", self.kind.as_str());
        object.text("ARN", self.arn.as_str());
        object.0.push(b'}');
        *out = object.0;
    }
}

impl Decision {
    fn write(&self, out: &mut Object) {
        out.text("decision", self.decision.as_str());
        out.some("decidedBy", self.decided_by.as_ref().map(Prose::as_str));
        out.some("grantId", self.grant.as_ref().map(Name::as_str));
        out.some("policyDigest", self.policy_digest.as_ref().map(Name::as_str));
        out.some("viaService", self.via_service.as_ref().map(Name::as_str));
        out.with("context", |out| {
            // A name that comes twice would make the record ambiguous; the first stands.
            let mut seen = std::collections::BTreeSet::new();
            for (key, value) in &self.context {
                if !seen.insert(key.0.as_str()) {
                    continue;
                }
                match value {
                    ContextValue::One(text) => out.text(&key.0, text),
                    ContextValue::Many(texts) => out.value(&key.0, |out| {
                        write_list(out, texts.iter(), |out, text| write_string(text, out));
                    }),
                }
            }
        });
    }
}

fn or_null(parameters: Option<&Parameters>, out: &mut Vec<u8>) {
    match parameters {
        Some(parameters) => write_value(parameters, out),
        None => out.extend_from_slice(b"null"),
    }
}

/// A JSON object that is being written, without its last brace.
struct Object(Vec<u8>);

impl Default for Object {
    fn default() -> Self {
        Self(vec![b'{'])
    }
}

impl Object {
    fn value(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.0.ends_with(b"{") {
            self.0.push(b',');
        }
        write_string(name, &mut self.0);
        self.0.push(b':');
        write(&mut self.0);
    }

    fn text(&mut self, name: &str, text: &str) {
        self.value(name, |out| write_string(text, out));
    }

    fn some(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn with(&mut self, name: &str, write: impl FnOnce(&mut Object)) {
        self.value(name, |out| out.push(b'{'));
        write(self);
        self.0.push(b'}');
    }

    fn finish(mut self) -> String {
        self.0.push(b'}');
        // It is made of texts and ASCII.
        String::from_utf8(self.0).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}
