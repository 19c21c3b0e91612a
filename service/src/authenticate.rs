//! Who sent a request: AWS Signature Version 4, verified over the bytes as they arrived, in both of its forms.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>

mod canonical;
mod claim;
mod signing_key;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wardbook_audit::time::Timestamp;

use crate::clock::later;
use crate::credential::{Credential, Credentials};
use crate::limits::CLOCK_SKEW_SECONDS_MAX;
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};

pub use claim::{Claim, Form};
pub use signing_key::SigningKeys;

/// A request whose signature is genuine.
#[derive(Clone, Debug)]
pub struct Authentic {
    /// Whose.
    pub credential: Arc<Credential>,
    /// The region that it was signed for.
    pub region: String,
    /// The service that it was signed for.
    pub service: String,
}

/// Verifies a request. The services are those that it may be signed for.
pub fn authenticate(
    raw: &Raw,
    credentials: &Credentials,
    keys: &SigningKeys,
    services: &[&str],
    now: Timestamp,
) -> Result<Authentic, Refusal> {
    authenticate_as(Claim::read(raw)?, raw, credentials, keys, services, now)
}

/// The same, where what the request claims was read before.
pub(crate) fn authenticate_as(
    claim: Claim,
    raw: &Raw,
    credentials: &Credentials,
    keys: &SigningKeys,
    services: &[&str],
    now: Timestamp,
) -> Result<Authentic, Refusal> {
    let credential = credentials.find(&claim.access_key, claim.token.as_deref(), now)?;
    check_scope(&claim, services)?;
    check_time(&claim, now)?;
    check_covered(&claim, raw)?;
    let text = canonical::string_to_sign(&claim, raw, &Sha256::digest(&raw.body));
    let wanted = keys.sign(&credential, &claim, text.as_bytes());
    let given = hex(&claim.signature).ok_or_else(mismatch)?;
    if !bool::from(wanted.ct_eq(&given)) {
        return Err(mismatch());
    }
    Ok(Authentic { credential, region: claim.region, service: claim.service })
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::new(Why::RequestSignature, message)
}

fn mismatch() -> Refusal {
    refuse(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.",
    )
}

fn check_scope(claim: &Claim, services: &[&str]) -> Result<(), Refusal> {
    if !services.contains(&claim.service.as_str()) {
        let wanted = services.first().copied().unwrap_or_default();
        return Err(refuse(format!("Credential should be scoped to correct service: '{wanted}'.")));
    }
    if claim.terminator != "aws4_request" {
        return Err(refuse("Credential should be scoped with a valid terminator: 'aws4_request'."));
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if claim.region.is_empty() || claim.region.len() > 32 || !claim.region.bytes().all(plain) {
        return Err(refuse("Credential should be scoped to a valid region."));
    }
    Ok(())
}

fn check_time(claim: &Claim, now: Timestamp) -> Result<(), Refusal> {
    // Signatures know whole seconds, and fifteen minutes of them are no more than fifteen minutes.
    let now = Timestamp::from_micros(now.micros().div_euclid(1_000_000) * 1_000_000);
    let Some(sent) = moment(&claim.date) else {
        let text = &claim.date;
        let shown: String = text.chars().take(32).filter(char::is_ascii_graphic).collect();
        return Err(Refusal::new(
            Why::IncompleteSignature,
            format!(
                "Date must be in ISO-8601 'basic format'. Got '{shown}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ),
        ));
    };
    if !claim.date.starts_with(&claim.day) || claim.day.len() != 8 {
        return Err(refuse(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.",
        ));
    }
    let skew = CLOCK_SKEW_SECONDS_MAX;
    if sent > later(now, skew) {
        let (now, limit) = (basic(now), basic(later(now, skew)));
        return Err(refuse(format!(
            "Signature not yet current: {} is still later than {limit} ({now} + 15 min.)",
            claim.date
        )));
    }
    let good_until = match claim.form {
        Form::Header => later(sent, skew),
        Form::Query { expires_seconds } => later(sent, expires_seconds),
    };
    if now > good_until {
        let limit = basic(later(now, -skew));
        let message = match claim.form {
            Form::Header => {
                format!("Signature expired: {} is now earlier than {limit} ({} - 15 min.)", claim.date, basic(now))
            }
            Form::Query { .. } => format!("Signature expired: {} is now earlier than {}", claim.date, basic(now)),
        };
        return Err(refuse(message));
    }
    Ok(())
}

/// Host and everything that begins with `x-amz-` must be under the signature, and the body with them.
fn check_covered(claim: &Claim, raw: &Raw) -> Result<(), Refusal> {
    let signed = |name: &str| claim.signed_headers.iter().any(|signed| signed == name);
    if !signed("host") {
        return Err(refuse("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
    }
    if claim.signed_headers.iter().any(|name| !raw.has_header(name)) {
        return Err(mismatch());
    }
    let loose = raw.headers.iter().find(|(name, _)| name.starts_with("x-amz-") && !signed(name));
    if let Some((name, _)) = loose {
        return Err(refuse(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")));
    }
    match raw.header("x-amz-content-sha256") {
        None if raw.has_header("x-amz-content-sha256") => Err(mismatch()),
        None => Ok(()),
        Some(given) if hex(given).is_some_and(|given| given[..] == Sha256::digest(&raw.body)[..]) => Ok(()),
        Some(_) => Err(refuse("The value of 'x-amz-content-sha256' is not the SHA-256 of the payload.")),
    }
}

/// `20150830T123600Z`
fn moment(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    let [y1, y2, y3, y4, m1, m2, d1, d2, b'T', h1, h2, n1, n2, s1, s2, b'Z'] = *bytes else { return None };
    let spelled = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'];
    Timestamp::read(std::str::from_utf8(&spelled).ok()?)
}

fn basic(time: Timestamp) -> String {
    let whole = Timestamp::from_micros(time.micros().div_euclid(1_000_000) * 1_000_000);
    whole.to_string().chars().filter(|letter| !matches!(letter, '-' | ':')).collect()
}

/// 64 hexadecimal digits in lower case.
fn hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes?.try_into().ok()
}
