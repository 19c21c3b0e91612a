//! CloudTrail events: what was asked, by whom, and what became of it.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html>

mod identity;
mod parameter;
mod target;

use wardbook_policy::context::Values;
use wardbook_policy::json::Value;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::span::{Lines, Position, Span};
use wardbook_policy::{catalogue, question};

use crate::access_denied::{self, AccessDenied};
use crate::authorization_details::{list, text};
use crate::circumstances::Circumstances;
use crate::embedded;
use crate::limits::EVENTS_MAX;
use crate::question::Question;
use crate::source::{ReadError, Source, read_values};

use identity::Identity;

/// One call that CloudTrail recorded.
#[derive(Debug)]
pub struct Call {
    /// The event's id.
    pub event_id: Option<String>,
    /// When it happened.
    pub event_time: Option<String>,
    /// `kms.amazonaws.com`
    pub event_source: String,
    /// `Decrypt`
    pub event_name: String,
    /// The error, if it failed: `AccessDenied`.
    pub error_code: Option<String>,
    /// Its text.
    pub error_message: Option<String>,
    /// What that text says, if it is a refusal.
    pub denied: Option<AccessDenied>,
    /// Where the event stands in its file.
    pub span: Span,
    /// Line and column of its first character.
    pub position: Position,
    /// What AWS had to decide: one question, or several where an operation needs several
    /// permissions; or why the event does not tell.
    pub questions: Result<Vec<Question>, ReadError>,
}

/// Reads the events of a file: one record, `{"Records": [...]}`, the output of lookup-events,
/// EventBridge events, a list of any of these, or several one after another.
///
/// An event that tells no question keeps its place in the list and says why.
pub fn read(source: &Source, quirks: Quirks) -> Result<Vec<Call>, ReadError> {
    read_at_most(EVENTS_MAX, source, quirks)
}

fn read_at_most(limit: usize, source: &Source, quirks: Quirks) -> Result<Vec<Call>, ReadError> {
    let lines = Lines::new(&source.text);
    let values = read_values(source)?;
    let mut calls = Vec::new();
    let mut reader = Reader { source, lines: &lines, quirks, limit, calls: &mut calls };
    for value in &values {
        reader.take(value, 0)?;
    }
    if calls.is_empty() {
        let span = values.first().map(|value| value.span).unwrap_or_default();
        let message = "no CloudTrail event was found: a record has `eventSource`, `eventName` and `userIdentity`";
        return Err(ReadError::new(source.path.as_str(), &lines, span, message));
    }
    Ok(calls)
}

struct Reader<'r, 's> {
    source: &'s Source,
    lines: &'r Lines<'s>,
    quirks: Quirks,
    limit: usize,
    calls: &'r mut Vec<Call>,
}

/// The shapes in which records come stand inside each other at most this deep.
const SHAPES_MAX: usize = 4;

impl Reader<'_, '_> {
    fn error(&self, span: Span, message: impl Into<String>) -> ReadError {
        ReadError::new(self.source.path.as_str(), self.lines, span, message)
    }

    fn take(&mut self, value: &Value, depth: usize) -> Result<(), ReadError> {
        if depth > SHAPES_MAX {
            return Ok(());
        }
        if let Some(values) = value.as_list().or_else(|| value.member("Records")?.as_list()) {
            return values.iter().try_for_each(|value| self.take(value, depth + 1));
        }
        if let Some(events) = value.member("Events").and_then(Value::as_list) {
            return events.iter().try_for_each(|value| self.take(value, depth + 1));
        }
        if let Some(event) = value.member("CloudTrailEvent") {
            let event = embedded::document(event, &self.source.text);
            let event = event.map_err(|error| self.error(error.span, error.message))?;
            return self.take(&event, depth + 1);
        }
        if let Some(detail) = value.member("detail") {
            return self.take(detail, depth + 1);
        }
        if let (Some(event_source), Some(event_name)) = (text(value, "eventSource"), text(value, "eventName")) {
            if self.calls.len() >= self.limit {
                return Err(self.error(value.span, format!("more than {} events", self.limit)));
            }
            let call = self.call(value, event_source, event_name);
            self.calls.push(call);
        }
        Ok(())
    }

    fn call(&self, value: &Value, event_source: &str, event_name: &str) -> Call {
        let owned = |name: &str| text(value, name).map(str::to_owned);
        let error_message = owned("errorMessage");
        let denied = error_message.as_deref().and_then(|message| access_denied::read(message).ok());
        let event = Event { value, event_source, event_name, denied: denied.as_ref(), quirks: self.quirks };
        let questions = event.questions().map_err(|(span, message)| self.error(span, message));
        Call {
            event_id: owned("eventID"),
            event_time: owned("eventTime"),
            event_source: event_source.into(),
            event_name: event_name.into(),
            error_code: owned("errorCode"),
            error_message,
            denied,
            span: value.span,
            position: self.lines.position(value.span),
            questions,
        }
    }
}

/// One record.
struct Event<'v> {
    value: &'v Value,
    event_source: &'v str,
    event_name: &'v str,
    denied: Option<&'v AccessDenied>,
    quirks: Quirks,
}

type Trouble = (Span, String);

impl<'v> Event<'v> {
    fn questions(&self) -> Result<Vec<Question>, Trouble> {
        if let Some(kind @ ("AwsServiceEvent" | "AwsConsoleSignIn" | "AwsCloudTrailInsight")) =
            text(self.value, "eventType")
        {
            return Err((self.value.span, format!("`{}` is no call that was authorized ({kind})", self.event_name)));
        }
        let identity = Identity::read(self.value).map_err(|message| {
            let place = self.value.member("userIdentity").unwrap_or(self.value);
            (place.span, message)
        })?;
        let (general, notes) = self.circumstances(&identity);
        let asked = if self.event_source == "kms.amazonaws.com" { self.kms(&identity) } else { self.other() };
        let questions = asked.into_iter().map(|part| Question {
            principal: identity.principal.clone(),
            action: part.action,
            resource: part.resource,
            circumstances: part.circumstances.over(general.clone()),
            notes: notes.iter().cloned().chain(part.notes).collect(),
            grant: self.grant(),
        });
        let mut questions: Vec<Question> = questions.collect();
        self.exact(&mut questions);
        Ok(questions)
    }

    /// The one grant that a call would retire; others of the key have no say.
    fn grant(&self) -> Option<Box<str>> {
        let places = ["requestParameters", "additionalEventData", "responseElements"];
        let told = places.iter().find_map(|place| text(self.value.member(place)?, "grantId"));
        told.filter(|_| self.event_name == "RetireGrant").map(Into::into)
    }

    /// The condition keys that decided, in an event of our own endpoint.
    fn context(&self) -> Option<Vec<(&'v str, Values)>> {
        let told = self.value.member("additionalEventData")?.member("wardbook")?.member("context")?.as_object()?;
        told.iter().map(|pair| Some((&*pair.name, parameter::values(&pair.value)?))).collect()
    }

    /// Our own events have every condition key of the question that decided: of the refused one, else of the first. The
    /// others share what does not depend on the resource.
    fn exact(&self, questions: &mut [Question]) {
        let Some(context) = self.context() else { return };
        let denied = self.denied.map(|denied| (denied.action.as_str(), denied.resource.as_deref()));
        let named = |question: &Question| {
            denied.is_some_and(|(action, resource)| {
                question.action.eq_ignore_ascii_case(action)
                    && resource.is_none_or(|resource| resource == question.resource)
            })
        };
        let decided = match (denied, &*questions) {
            (_, [_]) | (None, _) => Some(0),
            (Some(_), all) => all.iter().position(named),
        };
        for (place, question) in questions.iter_mut().enumerate() {
            let told = std::mem::take(&mut question.circumstances);
            question.circumstances = if decided == Some(place) {
                told.exactly(context.iter().cloned())
            } else {
                let shared = context.iter().filter(|(key, _)| is_of_the_caller(key));
                shared.fold(told, |told, (key, value)| told.with(key, value.clone()))
            };
        }
    }

    fn parameters(&self) -> Option<&'v Value> {
        self.value.member("requestParameters").filter(|value| value.as_object().is_some())
    }

    /// What holds for every question of the event.
    fn circumstances(&self, identity: &Identity) -> (Circumstances, Vec<String>) {
        let mut notes = identity.notes.clone();
        let mut told = identity.circumstances.clone();
        for (member, key) in [("awsRegion", "aws:RequestedRegion"), ("eventTime", "aws:CurrentTime")] {
            if let Some(text) = text(self.value, member) {
                told = told.with(key, text);
            }
        }
        if self.value.member("tlsDetails").is_some_and(|details| details.as_object().is_some()) {
            told = told.with("aws:SecureTransport", "true");
        }
        let invoked_by = self.value.member("userIdentity").and_then(|identity| text(identity, "invokedBy"));
        match invoked_by.filter(|_| !identity.is_service) {
            None => {
                told = self.network(told, &mut notes);
                if !identity.is_service {
                    told = told.with("aws:ViaAWSService", "false").absent("kms:ViaService").absent("aws:CalledVia");
                }
            }
            // The call comes from the service's network, not from the caller's.
            Some(service) => {
                told = told.with("aws:ViaAWSService", "true").absent("aws:SourceVpce").absent("aws:SourceVpc");
                told = self.via(service, told, &mut notes);
            }
        }
        (told, notes)
    }

    fn via(&self, service: &str, told: Circumstances, notes: &mut Vec<String>) -> Circumstances {
        let stem = service.strip_suffix(".amazonaws.com").and_then(|stem| stem.split('.').next());
        let kms = self.event_source == "kms.amazonaws.com";
        match (stem, text(self.value, "awsRegion")) {
            (Some(stem), Some(region)) if kms => {
                told.with("kms:ViaService", &*format!("{stem}.{region}.amazonaws.com"))
            }
            (Some(stem), _) => told.with("aws:CalledVia", [&*format!("{stem}.amazonaws.com")].as_slice()),
            _ => {
                notes.push(format!(
                    "a service made the call for the principal (`{service}`), but the event does not say which"
                ));
                let keys = ["kms:ViaService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];
                keys.iter().fold(told, |told, key| told.unknown(key))
            }
        }
    }

    /// Where a direct call came from.
    fn network(&self, mut told: Circumstances, notes: &mut Vec<String>) -> Circumstances {
        let address = text(self.value, "sourceIPAddress").filter(|address| address.parse::<std::net::IpAddr>().is_ok());
        match (text(self.value, "vpcEndpointId"), address) {
            (Some(endpoint), address) => {
                told = told.with("aws:SourceVpce", endpoint).absent("aws:SourceIp");
                if let Some(address) = address {
                    told = told.with("aws:VpcSourceIp", address);
                }
                notes.push(format!("the policy of the VPC endpoint `{endpoint}` is not known"));
                told.endpoint = crate::layer::Collected::Unknown;
            }
            (None, Some(address)) => {
                told = told.with("aws:SourceIp", address).absent("aws:SourceVpce").absent("aws:SourceVpc");
            }
            (None, None) => {}
        }
        match text(self.value, "userAgent").filter(|agent| address.is_some() && !agent.is_empty()) {
            Some(agent) => told.with("aws:UserAgent", agent),
            None => told,
        }
    }

    /// The questions of a KMS operation.
    fn kms(&self, identity: &Identity) -> Vec<Asked> {
        let targets = target::Targets::of(self.value, identity.account.as_deref(), self.denied);
        let operation = format!("kms:{}", self.event_name);
        let single = [question::Part { action: "", target: question::Target::Key }];
        let parts = question::parts(&operation).unwrap_or(&single);
        let asked = parts.iter().map(|part| {
            let action = match part.action {
                "" => catalogue::kms_operation(&operation).map_or(operation.as_str(), |known| known.action()),
                action => action,
            };
            let (resource, notes) = targets.resource(action, part.target);
            let mut circumstances = Circumstances::default();
            if let Some(parameters) = self.parameters() {
                circumstances = parameter::tell(circumstances, action, part.target, self.event_name, parameters);
                let (source, destination) = (targets.source_alias(), targets.destination_alias());
                circumstances = match question::request_alias(
                    part.target,
                    source.as_deref(),
                    destination.as_deref(),
                    self.quirks,
                ) {
                    Some(alias) if catalogue::carries(action, "kms:RequestAlias") => {
                        circumstances.with("kms:RequestAlias", alias)
                    }
                    _ => circumstances.absent("kms:RequestAlias"),
                };
                if let (true, Some(same)) = (action.starts_with("kms:ReEncrypt"), targets.are_the_same()) {
                    circumstances = circumstances.with("kms:ReEncryptOnSameKey", if same { "true" } else { "false" });
                }
            }
            let recipient = self.value.member("additionalEventData").and_then(|data| data.member("recipient"));
            if recipient.is_none() {
                circumstances = circumstances.whole("kms:RecipientAttestation:");
            }
            Asked { action: action.into(), resource, circumstances, notes }
        });
        asked.collect()
    }

    /// The one question of a call to any other service.
    fn other(&self) -> Vec<Asked> {
        let stem = self.event_source.split('.').next().unwrap_or_default();
        let service = PREFIXES.iter().find(|(source, _)| *source == stem).map_or(stem, |(_, prefix)| prefix);
        let action = format!("{service}:{}", without_version(self.event_name));
        let arn = |entry: &'v Value| text(entry, "ARN").filter(|arn| arn.starts_with("arn:"));
        let resource = list(self.value, "resources").iter().find_map(arn);
        let role = self.parameters().and_then(|parameters| text(parameters, "roleArn")).filter(|_| service == "sts");
        let denied = self.denied.and_then(|denied| denied.resource.as_deref());
        let mut notes = Vec::new();
        let resource = role.or(denied).or(resource).unwrap_or_else(|| {
            notes.push("the event names no resource by its ARN".into());
            "*"
        });
        vec![Asked { action, resource: resource.into(), circumstances: Circumstances::default(), notes }]
    }
}

/// Whether a condition key is the same for every resource that a call is about.
fn is_of_the_caller(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let own = lower.starts_with("aws:")
        && !["aws:resource", "aws:request", "aws:tagkeys"].iter().any(|stem| lower.starts_with(stem));
    own || ["kms:viaservice", "kms:calleraccount"].contains(&&*lower)
}

/// What one part of a call asks.
struct Asked {
    action: String,
    resource: String,
    circumstances: Circumstances,
    notes: Vec<String>,
}

/// Event sources whose actions have another prefix.
const PREFIXES: &[(&str, &str)] = &[
    ("email", "ses"),
    ("monitoring", "cloudwatch"),
    ("tagging", "tag"),
    ("application-insights", "applicationinsights"),
];

/// `GetFunction20150331v2` is `GetFunction`.
fn without_version(name: &str) -> &str {
    let stem = name.rsplit_once('v').filter(|(_, digits)| is_digits(digits)).map_or(name, |(stem, _)| stem);
    let start = stem.len().saturating_sub(8);
    match (stem.get(..start), stem.get(start..)) {
        (Some(bare), Some(date))
            if date.len() == 8 && date.starts_with("20") && is_digits(date) && !bare.is_empty() =>
        {
            bare
        }
        _ => name,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
