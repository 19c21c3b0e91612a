//! The operator's file of access keys. What it does not know it refuses, so that no typing error is a silent default.

use std::sync::Arc;

use serde_json::Value;
use wardbook_audit::time::Timestamp;
use wardbook_backend::secret::Secret;
use wardbook_policy::caller::Caller;
use wardbook_policy::policy::{Policy, PolicyKind};

use super::Credential;
use crate::document::compile;

/// Why a file of access keys was refused. Repeats no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Not JSON.
    #[error("not JSON at line {line}, column {column}")]
    Json {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// Not of the form that is wanted.
    #[error("{place}: {message}")]
    Form {
        /// Where.
        place: String,
        /// What is wrong.
        message: String,
    },
}

const MEMBERS: &[&str] = &[
    "access_key_id",
    "secret_access_key",
    "session_token",
    "expires_at",
    "principal",
    "session_policies",
    "via",
    "source_arn",
];

/// Reads the text of the file.
pub fn read(text: &str) -> Result<Vec<Credential>, CredentialsError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| CredentialsError::Json { line: error.line(), column: error.column() })?;
    let form = |place: &str, message: String| CredentialsError::Form { place: place.to_owned(), message };
    let object = value.as_object().ok_or_else(|| form("the file", "must be a JSON object".into()))?;
    if let Some(name) = object.keys().find(|name| *name != "credentials") {
        return Err(form("the file", format!("unknown member `{name}`; there is `credentials` alone")));
    }
    let list = object.get("credentials").and_then(Value::as_array);
    let list = list.ok_or_else(|| form("the file", "`credentials` must be a list".into()))?;
    let mut found: Vec<Credential> = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let place = format!("credentials[{index}]");
        let credential = one(entry).map_err(|message| form(&place, message))?;
        if found.iter().any(|other| other.access_key == credential.access_key) {
            return Err(form(&place, format!("`{}` comes twice", credential.access_key)));
        }
        found.push(credential);
    }
    Ok(found)
}

fn one(entry: &Value) -> Result<Credential, String> {
    let object = entry.as_object().ok_or("must be an object")?;
    if let Some(name) = object.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!("unknown member `{name}`; there are {}", MEMBERS.join(", ")));
    }
    let may = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.as_str())),
        Some(_) => Err(format!("`{name}` must be a text that is not empty")),
    };
    let need = |name: &str| may(name)?.ok_or_else(|| format!("`{name}` is missing"));
    let access_key = need("access_key_id")?;
    if wardbook_audit::event::AccessKeyId::new(access_key).is_none() {
        return Err("`access_key_id` must be 16 to 128 capital letters and digits".into());
    }
    let principal = need("principal")?;
    let caller = Caller::parse(principal).map_err(|error| format!("`principal`: {error}"))?;
    if principal == "*" {
        return Err("`principal` must be somebody: nobody signs as `*`".into());
    }
    let mut credential = Credential::new(access_key, need("secret_access_key")?, caller.text());
    credential.token = may("session_token")?.map(|token| Arc::new(Secret::copy(token.as_bytes())));
    if let Some(text) = may("expires_at")? {
        let time = Timestamp::read(text).ok_or_else(|| format!("`expires_at` is no RFC 3339 time: `{text}`"))?;
        credential.expires = Some(time);
    }
    if let Some(policies) = object.get("session_policies").filter(|policies| !policies.is_null()) {
        let list = policies.as_array().ok_or("`session_policies` must be a list of policies")?;
        let policies: Result<Vec<Policy>, String> = list
            .iter()
            .map(|policy| {
                compile(&policy.to_string(), PolicyKind::Identity).map_err(|why| format!("`session_policies`: {why}"))
            })
            .collect();
        credential.session_policies = Some(policies?.into());
    }
    credential.via = may("via")?.map(str::to_owned);
    if credential
        .via
        .as_ref()
        .is_some_and(|via| !via.ends_with(".amazonaws.com") && !via.ends_with(".amazonaws.com.cn"))
    {
        return Err("`via` must be a service such as `s3.us-east-1.amazonaws.com`".into());
    }
    credential.source_arn = may("source_arn")?.map(str::to_owned);
    if credential.source_arn.as_deref().is_some_and(|arn| wardbook_policy::arn::Arn::parse(arn).is_none()) {
        return Err("`source_arn` must be an ARN".into());
    }
    Ok(credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"credentials": [{"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "s",
        "principal": "arn:aws:iam::111122223333:user/ana", "via": "s3.us-east-1.amazonaws.com"}]}"#;

    #[test]
    fn a_file_is_read_and_what_is_odd_about_it_told() {
        let read_one = read(GOOD).expect("read");
        assert_eq!(read_one[0].via.as_deref(), Some("s3.us-east-1.amazonaws.com"));
        for (from, to, told) in [
            ("\"principal\"", "\"principle\"", "credentials[0]: unknown member `principle`"),
            ("AKIAIOSFODNN7EXAMPLE", "short", "credentials[0]: `access_key_id` must be"),
            ("arn:aws:iam::111122223333:user/ana", "ana", "credentials[0]: `principal`"),
            ("arn:aws:iam::111122223333:user/ana", "*", "credentials[0]: `principal` must be somebody"),
            ("s3.us-east-1.amazonaws.com", "s3", "credentials[0]: `via` must be a service"),
            ("{\"credentials\"", "{\"x\": 1, \"credentials\"", "the file: unknown member `x`"),
            ("}]}", "", "not JSON at line 2"),
        ] {
            let error = read(&GOOD.replace(from, to)).expect_err(told).to_string();
            assert!(error.starts_with(told), "{error}");
            assert!(!error.contains("\"s\""));
        }
    }
}
