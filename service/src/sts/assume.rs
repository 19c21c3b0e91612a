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

/// What narrows or widens a session in ways that are not known here; passed over, it would make another session than the
/// one that was asked for.
const UNSUPPORTED: &[&str] = &["PolicyArns", "ProvidedContexts", "SerialNumber", "TokenCode", "TransitiveTagKeys"];

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
    let tags = tags(form)?;
    let directory = &kms.parts.directory;
    let known =
        Principal::parse(role).ok().and_then(|role| directory.principal(&role)).filter(|known| known.arn == role);
    let trust = known.and_then(|known| known.trust.clone());
    let mut facts = Facts::default();
    facts.text("sts:RoleSessionName", session);
    facts.some("sts:ExternalId", form.get("ExternalId"));
    facts.some("sts:SourceIdentity", form.get("SourceIdentity"));
    for (name, value) in &tags {
        facts.text(&format!("aws:RequestTag/{name}"), value);
    }
    if !tags.is_empty() {
        facts.many("aws:TagKeys", tags.keys().map(String::as_str));
    }
    let mut actions = vec!["sts:AssumeRole"];
    actions.extend((!tags.is_empty()).then_some("sts:TagSession"));
    actions.extend(form.get("SourceIdentity").map(|_| "sts:SetSourceIdentity"));
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
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let expires = later(now, duration);
    let new = NewSession {
        principal: format!("arn:{}:sts::{}:assumed-role/{name}/{session}", arn.partition, arn.account),
        policies,
        tags,
        began: now,
        expires,
        source_identity: form.get("SourceIdentity").map(str::to_owned),
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
