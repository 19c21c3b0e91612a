//! The two operations of STS that clients of a KMS call: who am I, and may I become this role?
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

mod assume;
mod form;

use wardbook_audit::journal;

use crate::authenticate::Claim;
use crate::event::Case;
use crate::kms::{Kms, Reply};
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};

use form::Form;

/// Whether a request is for STS: a form, in the body or in the query of a URL that was signed for somebody else to open,
/// and no target.
pub(crate) fn is_meant(raw: &Raw) -> bool {
    let form = raw.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    (form || in_query(raw)) && !raw.has_header("x-amz-target")
}

fn in_query(raw: &Raw) -> bool {
    raw.method == "GET" && Form::read(raw.query.as_bytes()).get("Action").is_some()
}

/// Answers in the XML of STS.
pub(crate) fn answer(kms: &Kms, raw: &Raw, mut case: Case) -> Reply {
    case.about("sts.amazonaws.com");
    let outcome = handle(kms, raw, &mut case);
    let event = case.event(outcome.as_ref().err());
    let logged = event.and_then(|event| kms.append(&event));
    let outcome = logged.and(outcome);
    let told = case.told(outcome.as_ref().err());
    let id = &case.request_id;
    let (status, body) = match outcome {
        Ok((name, result)) => (
            200,
            format!(
                "<{name}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{result}<ResponseMetadata>\
                 <RequestId>{id}</RequestId></ResponseMetadata></{name}Response>"
            ),
        ),
        Err(refusal) => {
            let (code, status, fault) = name(refusal.why);
            let message = form::escaped(&refusal.message);
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{fault}</Type><Code>\
                 {code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
            );
            (status, body)
        }
    };
    Reply { status, content_type: "text/xml", body, request_id: case.request_id, explain: None, told }
}

/// The names of the errors of STS.
fn name(why: Why) -> (&'static str, u16, &'static str) {
    match why {
        Why::AccessDenied => ("AccessDenied", 403, "Sender"),
        Why::MissingAuthentication => ("MissingAuthenticationToken", 403, "Sender"),
        Why::IncompleteSignature => ("IncompleteSignature", 400, "Sender"),
        Why::RequestSignature => ("SignatureDoesNotMatch", 403, "Sender"),
        Why::UnrecognizedClient => ("InvalidClientTokenId", 403, "Sender"),
        Why::ExpiredToken => ("ExpiredToken", 403, "Sender"),
        Why::UnknownOperation => ("InvalidAction", 400, "Sender"),
        Why::MalformedPolicy => ("MalformedPolicyDocument", 400, "Sender"),
        Why::Validation | Why::Serialization => ("ValidationError", 400, "Sender"),
        _ => ("InternalFailure", 500, "Receiver"),
    }
}

fn handle(kms: &Kms, raw: &Raw, case: &mut Case) -> Result<(&'static str, String), Refusal> {
    if let Some(refusal) = kms.journal().refusal() {
        return Err(refused(&refusal));
    }
    let form = if in_query(raw) { Form::read(raw.query.as_bytes()) } else { Form::read(&raw.body) };
    let action = form.get("Action").unwrap_or_default();
    case.name(action);
    case.read_only = true;
    let caller = kms.authenticate(raw, Claim::read(raw)?, case, &["sts"])?;
    match action {
        "GetCallerIdentity" => {
            let id = case.principal_id().unwrap_or_else(|| caller.account.clone());
            let (arn, account, id) = (form::escaped(caller.arn()), form::escaped(&caller.account), form::escaped(&id));
            let result = format!(
                "<GetCallerIdentityResult><Arn>{arn}</Arn><UserId>{id}</UserId><Account>{account}</Account>\
                 </GetCallerIdentityResult>"
            );
            Ok(("GetCallerIdentity", result))
        }
        "AssumeRole" => Ok(("AssumeRole", assume::assume(kms, &caller, &form, case)?)),
        _ => Err(Refusal::new(
            Why::UnknownOperation,
            format!("Could not find operation {action} for version 2011-06-15"),
        )),
    }
}

fn refused(refusal: &journal::Refusal) -> Refusal {
    Refusal::new(Why::Internal, refusal.to_string())
}
