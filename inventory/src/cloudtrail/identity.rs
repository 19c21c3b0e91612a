//! Who made a call, by its `userIdentity`.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>

use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::json::Value;

use crate::authorization_details::text;
use crate::circumstances::Circumstances;

/// The caller of an event.
pub(super) struct Identity {
    pub(super) principal: String,
    /// Whether a service called for itself.
    pub(super) is_service: bool,
    pub(super) account: Option<String>,
    pub(super) circumstances: Circumstances,
    pub(super) notes: Vec<String>,
}

impl Identity {
    /// Reads the identity of an event, or says why it names nobody.
    pub(super) fn read(event: &Value) -> Result<Identity, String> {
        let Some(identity) = event.member("userIdentity").filter(|identity| identity.as_object().is_some()) else {
            return Err("the event has no `userIdentity`".into());
        };
        let kind = text(identity, "type").unwrap_or_default();
        let mut notes = Vec::new();
        let principal = principal(identity, kind, &mut notes)?;
        let caller = Caller::parse(&principal).map_err(|error| error.to_string())?;
        let account = caller.account().or(text(identity, "accountId")).map(str::to_owned);
        let mut circumstances = Circumstances::default();
        if kind == "AWSAccount" && caller.kind() == CallerKind::Root {
            for key in ["aws:PrincipalArn", "aws:PrincipalType", "aws:userid", "aws:username"] {
                circumstances = circumstances.unknown(key);
            }
        }
        let has_id = !matches!(caller.kind(), CallerKind::Service | CallerKind::Anonymous | CallerKind::Federated);
        if let Some(id) = text(identity, "principalId").filter(|id| has_id && !id.is_empty()) {
            circumstances = circumstances.with("aws:userid", id);
        }
        circumstances = session(circumstances, identity, &caller);
        let is_service = caller.kind() == CallerKind::Service;
        Ok(Identity { principal, is_service, account, circumstances, notes })
    }
}

fn principal(identity: &Value, kind: &str, notes: &mut Vec<String>) -> Result<String, String> {
    let account = text(identity, "accountId").unwrap_or_default();
    let arn = text(identity, "arn").filter(|arn| Caller::parse(arn).is_ok());
    let service = text(identity, "invokedBy").filter(|service| is_service(service));
    let provider = text(identity, "identityProvider").filter(|provider| Caller::parse(provider).is_ok());
    let found = match kind {
        "AWSService" => service.or(arn).map(str::to_owned),
        "WebIdentityUser" | "SAMLUser" => arn.or(provider).map(str::to_owned),
        "IAMUser" => arn.map(str::to_owned).or_else(|| {
            let name = text(identity, "userName").filter(|name| !name.is_empty() && !name.contains(' '))?;
            notes.push("the event does not say the path of the user".into());
            Some(format!("arn:aws:iam::{account}:user/{name}"))
        }),
        _ => arn.map(str::to_owned),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    // An event in another account than the caller's says little more than the caller's account;
    // one on a service's own behalf says the service.
    if kind == "AWSAccount" && Caller::parse(account).is_ok() {
        notes.push("the event says only the account of the principal, which is taken as its root user".into());
        return Ok(account.into());
    }
    match service {
        Some(service) if kind.is_empty() || kind == "Unknown" => Ok(service.into()),
        _ => Err(format!(
            "the event does not say who the principal is (`{}`)",
            if kind.is_empty() { "no type" } else { kind }
        )),
    }
}

fn is_service(text: &str) -> bool {
    Caller::parse(text).is_ok_and(|caller| caller.kind() == CallerKind::Service)
}

/// What the session of temporary credentials tells.
fn session(mut told: Circumstances, identity: &Value, caller: &Caller) -> Circumstances {
    let context = identity.member("sessionContext");
    let issuer = context.and_then(|context| context.member("sessionIssuer"));
    match (caller.kind(), issuer.and_then(|issuer| text(issuer, "arn"))) {
        (CallerKind::Session, Some(role)) if role.contains(":role/") => told = told.with("aws:PrincipalArn", role),
        (CallerKind::FederatedUser, Some(user)) if user.contains(":user/") => told = told.issuer(user),
        _ => {}
    }
    let Some(context) = context else {
        // Long-term credentials: neither a token nor a second factor.
        if matches!(caller.kind(), CallerKind::User | CallerKind::Root) {
            for key in
                ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime", "aws:SourceIdentity"]
            {
                told = told.absent(key);
            }
        }
        return told;
    };
    let attributes = context.member("attributes");
    if let Some(told_mfa) = attributes.and_then(|attributes| text(attributes, "mfaAuthenticated")) {
        told = told.with("aws:MultiFactorAuthPresent", told_mfa);
    }
    if let Some(issued) = attributes.and_then(|attributes| text(attributes, "creationDate")) {
        told = told.with("aws:TokenIssueTime", issued);
    }
    match text(context, "sourceIdentity") {
        Some(source) => told.with("aws:SourceIdentity", source),
        None => told.absent("aws:SourceIdentity"),
    }
}
