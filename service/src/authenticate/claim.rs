//! What a request claims about its signature, before any of it is believed.

use crate::limits::PRESIGNED_SECONDS_MAX;
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};

/// The parts of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where it stood.
    pub form: Form,
    /// The access key id.
    pub access_key: String,
    /// The day of the scope, `YYYYMMDD`.
    pub day: String,
    /// The region of the scope.
    pub region: String,
    /// The service of the scope.
    pub service: String,
    /// The end of the scope.
    pub terminator: String,
    /// The names of the headers that are signed, sorted.
    pub signed_headers: Vec<String>,
    /// The signature in hexadecimal.
    pub signature: String,
    /// When it was made, as it was written.
    pub date: String,
    /// The session token.
    pub token: Option<String>,
}

/// Where a signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: presigned, good for so long.
    Query {
        /// How long.
        expires_seconds: i64,
    },
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl Claim {
    /// Reads the claim of a request.
    pub fn read(raw: &Raw) -> Result<Self, Refusal> {
        if raw.has_header("authorization") {
            return Self::from_header(raw);
        }
        let pairs: Vec<(String, String)> = pairs(&raw.query).collect();
        if pairs.iter().any(|(name, _)| name == "X-Amz-Signature" || name == "X-Amz-Algorithm") {
            return Self::from_query(&pairs);
        }
        Err(Refusal::new(Why::MissingAuthentication, "Missing Authentication Token"))
    }

    /// The access key id that a request claims, for the log, whatever else is wrong with it.
    pub fn access_key_of(raw: &Raw) -> Option<String> {
        let header = raw.header("authorization").and_then(|header| header.split_once("Credential="));
        let scope = match header {
            Some((_, rest)) => rest.split(',').next()?.trim().to_owned(),
            None => pairs(&raw.query).find(|(name, _)| name == "X-Amz-Credential")?.1,
        };
        scope.split('/').next().map(str::to_owned)
    }

    fn from_header(raw: &Raw) -> Result<Self, Refusal> {
        let mut headers = raw.headers.iter().filter(|(name, _)| name == "authorization");
        let (Some(_), None, Some(text)) = (headers.next(), headers.next(), raw.header("authorization")) else {
            return Err(incomplete("Authorization header must be one text."));
        };
        let Some((ALGORITHM, rest)) = text.trim().split_once([' ', '\t']) else {
            return Err(incomplete("Unsupported AWS 'algorithm': use 'AWS4-HMAC-SHA256'."));
        };
        let mut parts = [("Credential", None), ("SignedHeaders", None), ("Signature", None)];
        for (name, value) in rest.split(',').filter_map(|part| part.trim().split_once('=')) {
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, place)) if place.is_none() => *place = Some(value.trim().to_owned()),
                Some(_) => return Err(incomplete(&format!("Authorization header has '{name}' more than once."))),
                None => {}
            }
        }
        let date = raw.header("x-amz-date").or_else(|| raw.header("date"));
        let mut missing: Vec<String> = parts
            .iter()
            .filter(|(_, value)| value.as_ref().is_none_or(String::is_empty))
            .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
            .collect();
        if date.is_none() {
            missing.push(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            );
        }
        let [(_, Some(credential)), (_, Some(signed)), (_, Some(signature))] = parts else {
            return Err(incomplete(&missing.join(" ")));
        };
        let (Some(date), true) = (date, missing.is_empty()) else { return Err(incomplete(&missing.join(" "))) };
        let token = raw.header("x-amz-security-token").map(str::to_owned);
        Self::of(Form::Header, &credential, &signed, signature, date.to_owned(), token)
    }

    fn from_query(pairs: &[(String, String)]) -> Result<Self, Refusal> {
        let one = |name: &str| {
            let mut found = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone());
            match (found.next(), found.next()) {
                (Some(value), None) if !value.is_empty() => Ok(value),
                _ => Err(incomplete(&format!("AWS query-string parameters must include '{name}'."))),
            }
        };
        if one("X-Amz-Algorithm")? != ALGORITHM {
            return Err(incomplete("Unsupported AWS 'algorithm': use 'AWS4-HMAC-SHA256'."));
        }
        let expires = one("X-Amz-Expires")?;
        let expires_seconds = expires.parse().ok().filter(|seconds| (1..=PRESIGNED_SECONDS_MAX).contains(seconds));
        let expires_seconds =
            expires_seconds.ok_or_else(|| incomplete("X-Amz-Expires must be between 1 and 604800 seconds."))?;
        let token = pairs.iter().find(|(name, _)| name == "X-Amz-Security-Token").map(|(_, value)| value.clone());
        let form = Form::Query { expires_seconds };
        let (credential, signed) = (one("X-Amz-Credential")?, one("X-Amz-SignedHeaders")?);
        Self::of(form, &credential, &signed, one("X-Amz-Signature")?, one("X-Amz-Date")?, token)
    }

    fn of(
        form: Form,
        credential: &str,
        signed: &str,
        signature: String,
        date: String,
        token: Option<String>,
    ) -> Result<Self, Refusal> {
        let mut parts = credential.rsplitn(5, '/').map(str::to_owned);
        let mut next = || {
            let message = "Credential must have at least 5 slash-delimited elements, e.g. \
                           keyid/date/region/service/term.";
            parts.next().ok_or_else(|| incomplete(message))
        };
        let (terminator, service, region, day, access_key) = (next()?, next()?, next()?, next()?, next()?);
        let signed_headers: Vec<String> = signed.split(';').map(str::to_owned).collect();
        let sorted = signed_headers.is_sorted_by(|left, right| left < right);
        if !sorted || signed_headers.iter().any(|name| name.is_empty() || name.bytes().any(|b| b.is_ascii_uppercase()))
        {
            return Err(incomplete("SignedHeaders must be sorted, in lower case and without repetition."));
        }
        Ok(Self { form, access_key, day, region, service, terminator, signed_headers, signature, date, token })
    }
}

fn incomplete(message: &str) -> Refusal {
    Refusal::new(Why::IncompleteSignature, message)
}

/// The pairs of a query, percent-decoded.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let read = |text: &str| String::from_utf8_lossy(&super::canonical::percent_decoded(text)).into_owned();
        (read(name), read(value))
    })
}
