//! AssumeRole: decided by the role's trust policy and the caller's own policies, in the same court as everything else.

use wardbook_audit::event::{AccessKeyId, Field, Name, Parameters};
use wardbook_policy::arn::Arn;
use wardbook_policy::caller::{Caller as Principal, CallerKind};
use wardbook_policy::policy::PolicyKind;

use super::form::{Form, escaped};
use crate::authorize::{Court, On, Question};
use crate::caller::{Caller, Facts};
use crate::clock::later;
use crate::credential::{NewSession, Tags};
use crate::document::compile;
use crate::event::Case;
use crate::kms::Kms;
use crate::limits::TAGS_MAX;
use crate::refusal::{Refusal, Why};

/// How long a session lasts: unless told otherwise, and its bounds, in seconds.
const DURATION_SECONDS: (i64, std::ops::RangeInclusive<i64>) = (3_600, 900..=43_200);
/// The longest session policy.
const POLICY_BYTES_MAX: usize = 2_048;

/// The longest session that a session may begin, in seconds.
const CHAINED_SECONDS_MAX: i64 = 3_600;
/// How many managed policies may limit a session.
const POLICY_ARNS_MAX: usize = 10;

/// What narrows or widens a session in ways that are not known here; passed over, it would make another session than the
/// one that was asked for.
const UNSUPPORTED: &[&str] = &["ProvidedContexts", "SerialNumber", "TokenCode"];

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Why::Validation, message)
}

pub(super) fn assume(kms: &Kms, caller: &Caller, form: &Form, case: &mut Case) -> Result<String, Refusal> {
    let need = |name: &str| {
        form.get(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        invalid(format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"))
    })
    };
    let (role, session) = (need("RoleArn")?, need("RoleSessionName")?);
    let mut noted = Parameters::default();
    noted.set_some(Field::ROLE_ARN, Name::new(role));
    noted.set_some(Field::ROLE_SESSION_NAME, Name::new(session));
    let duration = match form.get("DurationSeconds") {
        None => DURATION_SECONDS.0,
        Some(text) => text.parse().map_err(|_| invalid(format!("{text} is no number of seconds")))?,
    };
    noted.set_some(Field::DURATION_SECONDS, u64::try_from(duration).ok());
    case.notes.request = noted;
    if !DURATION_SECONDS.1.contains(&duration) {
        return Err(invalid("DurationSeconds must be between 900 and 43200"));
    }
    if caller.principal.kind() == CallerKind::Session && duration > CHAINED_SECONDS_MAX {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if !(2..=64).contains(&session.len()) || !session.bytes().all(plain) {
        return Err(invalid("RoleSessionName must have 2 to 64 letters, digits and _+=,.@-"));
    }
    let arn = Arn::parse(role).filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    let arn = arn.ok_or_else(|| invalid(format!("{role} is invalid")))?;
    if caller.principal.kind() == CallerKind::Root {
        return Err(Refusal::new(Why::AccessDenied, "Roles may not be assumed by root accounts."));
    }
    let unsupported = |known: &&&str| form.names().any(|name| name.split('.').next() == Some(**known));
    if let Some(name) = UNSUPPORTED.iter().find(unsupported) {
        return Err(invalid(format!("{name} is not supported")));
    }
    let told = tags(form)?;
    let inherited = Inherited::of(caller);
    let source_identity = inherited.source_identity(form.get("SourceIdentity"))?;
    let (tags, transitive) = inherited.tags(&told, &members(form, "TransitiveTagKeys", "")?)?;
    let directory = &kms.parts.directory;
    let known =
        Principal::parse(role).ok().and_then(|role| directory.principal(&role)).filter(|known| known.arn == role);
    let trust = known.and_then(|known| known.trust.clone());
    let mut facts = Facts::default();
    facts.text("sts:RoleSessionName", session);
    facts.some("sts:ExternalId", form.get("ExternalId"));
    facts.some("sts:SourceIdentity", source_identity.as_ref());
    for (name, value) in &told {
        facts.text(&format!("aws:RequestTag/{name}"), value);
    }
    if !told.is_empty() {
        facts.many("aws:TagKeys", told.keys().map(String::as_str));
    }
    if !transitive.is_empty() {
        facts.many("sts:TransitiveTagKeys", transitive.iter().map(String::as_str));
    }
    for (name, value) in known.iter().flat_map(|known| &known.tags) {
        facts.text(&format!("aws:ResourceTag/{name}"), value).text(&format!("iam:ResourceTag/{name}"), value);
    }
    let mut actions = vec!["sts:AssumeRole"];
    actions.extend((!tags.is_empty()).then_some("sts:TagSession"));
    actions.extend(source_identity.as_ref().map(|_| "sts:SetSourceIdentity"));
    let now = kms.parts.clock.wall();
    for action in actions {
        let question = Question { action, on: On::Role(role.to_owned(), trust.clone()), facts: facts.clone() };
        let judgement = Court { directory, caller, now }.judge(&question);
        if judgement.refusal.is_some() || case.notes.decision.is_none() {
            case.notes.decision = Some(judgement.logged);
        }
        if let Some(refusal) = judgement.refusal {
            // Whether the role is there is not for strangers to know.
            let message = format!("User: {} is not authorized to perform: {action} on resource: {role}", caller.arn());
            return Err(Refusal { message, ..refusal });
        }
    }
    let policies: Vec<String> = form.get("Policy").map(str::to_owned).into_iter().collect();
    for policy in &policies {
        let problem = compile(policy, PolicyKind::Identity).err();
        let problem =
            problem.or_else(|| (policy.len() > POLICY_BYTES_MAX).then(|| "the policy is too long".to_owned()));
        if let Some(problem) = problem {
            return Err(Refusal::new(Why::MalformedPolicy, problem));
        }
    }
    let policy_arns = members(form, "PolicyArns", ".arn")?;
    if policy_arns.len() > POLICY_ARNS_MAX {
        return Err(invalid(format!("PolicyArns must be at most {POLICY_ARNS_MAX}")));
    }
    for policy in &policy_arns {
        let owner = Arn::parse(policy).map(|policy| policy.account.to_owned()).unwrap_or_default();
        if ![arn.account, "aws"].contains(&owner.as_str()) || directory.managed_policy(policy).is_none() {
            // What it allows is not known, and a session that it does not limit would be another one.
            return Err(invalid(format!(
                "{policy} is no managed policy of the role's account or of AWS that is known here"
            )));
        }
    }
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let expires = later(now, duration);
    let new = NewSession {
        principal: format!("arn:{}:sts::{}:assumed-role/{name}/{session}", arn.partition, arn.account),
        policies,
        policy_arns,
        tags,
        transitive,
        began: now,
        expires,
        source_identity,
    };
    let failed = || Refusal::new(Why::Internal, "");
    let mut fresh = [0; 10];
    kms.parts.random.fill(&mut fresh).map_err(|_| failed())?;
    let (access_key, secret, token) = kms.parts.credentials.begin(&new, fresh).ok_or_else(failed)?;
    let id = format!("{}:{session}", known.and_then(|known| known.id.as_deref()).unwrap_or(name));
    let mut user = Parameters::default();
    user.set_some(Field::ASSUMED_ROLE_ID, Name::new(id.as_str()));
    user.set_some(Field::ARN, Name::new(new.principal.as_str()));
    let mut credentials = Parameters::default();
    credentials.set_some(Field::ACCESS_KEY_ID, AccessKeyId::new(access_key.as_str()));
    credentials.set(Field::EXPIRATION, expires);
    let mut answer = Parameters::default();
    answer.set(Field::CREDENTIALS, credentials).set(Field::ASSUMED_ROLE_USER, user);
    case.notes.response = Some(answer);
    let secret = String::from_utf8_lossy(secret.expose());
    let expires = wardbook_audit::time::Timestamp::from_micros(expires.micros().div_euclid(1_000_000) * 1_000_000);
    Ok(format!(
        "<AssumeRoleResult><AssumedRoleUser><AssumedRoleId>{}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{access_key}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{token}\
         </SessionToken><Expiration>{expires}</Expiration></Credentials></AssumeRoleResult>",
        escaped(&id),
        escaped(&new.principal),
        escaped(&secret),
    ))
}

/// What a session hands on to those that are assumed from it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
struct Inherited {
    tags: Tags,
    source_identity: Option<String>,
}

impl Inherited {
    fn of(caller: &Caller) -> Self {
        let Some(session) = &caller.authentic.credential.session else {
            return Self { tags: Tags::new(), source_identity: None };
        };
        let is_transitive = |name: &str| session.transitive.iter().any(|known| same(known, name));
        let tags = session.tags.iter().filter(|(name, _)| is_transitive(name));
        Self {
            tags: tags.map(|(name, value)| (name.clone(), value.clone())).collect(),
            source_identity: session.source_identity.clone(),
        }
    }

    /// Once it is set it stays.
    fn source_identity(&self, told: Option<&str>) -> Result<Option<String>, Refusal> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if told.is_some_and(|told| !(2..=64).contains(&told.len()) || !told.bytes().all(plain)) {
            return Err(invalid("SourceIdentity must have 2 to 64 letters, digits and _+=,.@-"));
        }
        match (&self.source_identity, told) {
            (Some(set), Some(told)) if set != told => {
                Err(invalid("SourceIdentity was set when the calling session began, and cannot be changed"))
            }
            (set, told) => Ok(told.map(str::to_owned).or_else(|| set.clone())),
        }
    }

    /// The tags of the new session, and the keys of those that it hands on.
    fn tags(self, told: &Tags, transitive: &[String]) -> Result<(Tags, Vec<String>), Refusal> {
        if let Some(name) = transitive.iter().find(|name| !told.keys().any(|known| same(known, name))) {
            return Err(invalid(format!("The transitive tag key {name} is none of the Tags")));
        }
        let Self { mut tags, .. } = self;
        if let Some(name) = told.keys().find(|name| tags.keys().any(|known| same(known, name))) {
            return Err(invalid(format!("The tag {name} is handed on by the calling session, and cannot be changed")));
        }
        let transitive = tags.keys().chain(transitive).cloned().collect();
        tags.extend(told.iter().map(|(name, value)| (name.clone(), value.clone())));
        match tags.len() <= TAGS_MAX {
            true => Ok((tags, transitive)),
            false => Err(invalid(format!("Tags must be at most {TAGS_MAX}, with those that are handed on"))),
        }
    }
}

/// Keys of tags are told apart as IAM does, without case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// `TransitiveTagKeys.member.1`, or `PolicyArns.member.1.arn`, and so on.
fn members(form: &Form, list: &str, part: &str) -> Result<Vec<String>, Refusal> {
    let name = |number: usize| format!("{list}.member.{number}{part}");
    let found: Vec<String> = (1..=TAGS_MAX).map_while(|number| form.get(&name(number))).map(str::to_owned).collect();
    // One after a gap, or written otherwise, would be lost.
    let prefix = format!("{list}.");
    match form.names().filter(|name| name.starts_with(&prefix) || *name == list).count() == found.len() {
        true => Ok(found),
        false => Err(invalid(format!("{list} must be numbered from 1, and be at most {TAGS_MAX}"))),
    }
}

/// `Tags.member.1.Key`, `Tags.member.1.Value`, and so on.
fn tags(form: &Form) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for number in 1..=TAGS_MAX + 1 {
        let part = |part: &str| form.get(&format!("Tags.member.{number}.{part}"));
        let (Some(key), Some(value)) = (part("Key"), part("Value")) else { break };
        let twin = tags.keys().any(|known: &String| known.to_lowercase() == key.to_lowercase());
        if twin || key.is_empty() || key.len() > 128 || value.len() > 256 || number > TAGS_MAX {
            return Err(invalid("Tags must be at most 50, with keys that differ and are not too long"));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    // Half a tag, or one after a gap, would be lost.
    match form.names().filter(|name| name.starts_with("Tags.")).count() == 2 * tags.len() {
        true => Ok(tags),
        false => Err(invalid("Tags must have a Key and a Value each, and be numbered from 1")),
    }
}
