//! Sessions without a store: the token says it all, sealed; the secret follows from the token.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wardbook_audit::time::Timestamp;
use wardbook_backend::secret::Secret;
use wardbook_policy::policy::{Policy, PolicyKind};

use super::{Credential, Tags};
use crate::document::compile;
use crate::seal::Sealer;

/// What a session has besides its principal.
#[derive(Clone, Debug)]
pub struct Session {
    /// When it began.
    pub began: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// The keys of those tags that sessions assumed from this one have too.
    pub transitive: Vec<String>,
    /// The ARNs of the managed policies that limit it, beside the texts that do.
    pub policy_arns: Vec<String>,
    /// The identity that was set when the role was assumed.
    pub source_identity: Option<String>,
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The ARN of the session.
    pub principal: String,
    /// The texts of its session policies; none if there are none.
    pub policies: Vec<String>,
    /// The ARNs of managed policies that are session policies as well.
    pub policy_arns: Vec<String>,
    /// Its tags.
    pub tags: Tags,
    /// The keys of those tags that sessions assumed from it have too.
    pub transitive: Vec<String>,
    /// When it begins.
    pub began: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The identity that was set when the role was assumed.
    pub source_identity: Option<String>,
}

const PURPOSE: &str = "session token";
const SECRET: &str = "session secret";
const PREFIX: &str = "ASIA";

pub(super) fn begin(sealer: &Sealer, session: &NewSession, fresh: [u8; 10]) -> Option<(String, Secret, String)> {
    let access_key = format!("{PREFIX}{}", base32(fresh));
    let body = json!({
        "principal": session.principal,
        "policies": session.policies,
        "policy_arns": session.policy_arns,
        "tags": session.tags,
        "transitive": session.transitive,
        "began": session.began.micros(),
        "expires": session.expires.micros(),
        "source_identity": session.source_identity,
    });
    let sealed = sealer.seal(PURPOSE, &[&access_key], body.to_string().as_bytes()).ok()?;
    let token = STANDARD.encode(sealed);
    let secret = secret(sealer, &access_key, &token);
    Some((access_key, secret, token))
}

pub(super) fn open(sealer: &Sealer, access_key: &str, token: &str) -> Option<Credential> {
    if !access_key.starts_with(PREFIX) {
        return None;
    }
    let body = sealer.open(PURPOSE, &[access_key], &STANDARD.decode(token).ok()?).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let time = |name: &str| Some(Timestamp::from_micros(body.get(name)?.as_i64()?));
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let policies: Option<Vec<Policy>> = body
        .get("policies")?
        .as_array()?
        .iter()
        .map(|text| compile(text.as_str()?, PolicyKind::Identity).ok())
        .collect();
    let policies = policies.filter(|policies| !policies.is_empty());
    if policies.is_none() && !body.get("policies")?.as_array()?.is_empty() {
        return None;
    }
    let tags = body.get("tags")?.as_object()?.iter();
    let tags: Option<Tags> = tags.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    // A token that an earlier version made has neither.
    let texts = |name: &str| -> Option<Vec<String>> {
        let list = body.get(name).map_or(Some([].as_slice()), |list| list.as_array().map(Vec::as_slice))?;
        list.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let session = Session {
        began: time("began")?,
        tags: tags?,
        transitive: texts("transitive")?,
        policy_arns: texts("policy_arns")?,
        source_identity: text("source_identity"),
    };
    let mut credential = Credential::new(access_key, Vec::new(), text("principal")?);
    credential.secret = Arc::new(secret(sealer, access_key, token));
    credential.token = Some(Arc::new(Secret::copy(token.as_bytes())));
    credential.expires = Some(time("expires")?);
    credential.session_policies = policies.map(Into::into);
    credential.session = Some(Arc::new(session));
    Some(credential)
}

/// Forty letters, as secret access keys have.
fn secret(sealer: &Sealer, access_key: &str, token: &str) -> Secret {
    let text = STANDARD.encode(sealer.mark(SECRET, &[access_key, token]));
    Secret::copy(text.as_bytes().get(..40).unwrap_or_default())
}

/// Sixteen letters of `A-Z2-7`.
fn base32(bytes: [u8; 10]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let letter = |place: u32| {
        let index = usize::try_from(number >> (5 * place) & 31).unwrap_or(0);
        char::from(LETTERS.get(index).copied().unwrap_or(b'A'))
    };
    (0..16).rev().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use wardbook_backend::random::System;

    use super::*;

    #[test]
    fn a_session_comes_back_from_its_token_and_from_no_other() {
        let sealer = Sealer::new(Secret::new(vec![1; 32]), Arc::new(System));
        let session = NewSession {
            principal: "arn:aws:sts::111122223333:assumed-role/app/s".into(),
            policies: vec![
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#.into(),
            ],
            policy_arns: vec!["arn:aws:iam::aws:policy/x".into()],
            tags: [("team".to_owned(), "a".to_owned())].into(),
            transitive: vec!["team".into()],
            began: Timestamp::from_micros(1),
            expires: Timestamp::from_micros(2),
            source_identity: None,
        };
        let (id, secret, token) = begin(&sealer, &session, [255; 10]).expect("begun");
        assert_eq!((id.as_str(), secret.len()), ("ASIA7777777777777777", 40));
        let found = open(&sealer, &id, &token).expect("opens");
        assert_eq!((found.principal.as_str(), found.secret()), (session.principal.as_str(), secret.expose()));
        assert_eq!(found.session_policies.expect("there").len(), 1);
        let told = found.session.expect("a session");
        assert_eq!((&told.policy_arns, &told.transitive), (&session.policy_arns, &session.transitive));
        assert!(open(&sealer, "ASIA7777777777777776", &token).is_none());
        assert!(
            open(&sealer, &id, token.trim_start_matches('A')).is_none()
                && open(&sealer, "AKIA7777777777777777", &token).is_none()
        );
    }
}
