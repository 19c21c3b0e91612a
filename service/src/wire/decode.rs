//! From JSON to typed requests: first everything is held against its [`Shape`], then reading cannot fail.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wardbook_audit::time::Timestamp;
use wardbook_backend::secret::Secret;

use super::constraint;
use crate::api::Shape;
use crate::limits::{BODY_DEPTH_MAX, MOMENT_SECONDS_MAX};
use crate::refusal::{Refusal, Why};

/// Bytes that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

/// A text that is never shown.
#[derive(Debug)]
pub struct SecretText(pub Secret);

/// A type that a checked JSON value can be read as.
pub trait Decode: Sized {
    /// The value, or `None` if it has another type.
    fn decode(value: &Value) -> Option<Self>;
}

/// Reads a request: JSON, types, and constraints with all violations in one message.
pub fn request<T: Decode>(body: &[u8], shape: &Shape) -> Result<T, Refusal> {
    let value = object(body)?;
    let violations = constraint::violations(&value, shape)?;
    if !violations.is_empty() {
        let (count, plural) = (violations.len(), if violations.len() == 1 { "" } else { "s" });
        let message = format!("{count} validation error{plural} detected: {}", violations.join("; "));
        return Err(Refusal::new(Why::Validation, message));
    }
    T::decode(&value).ok_or_else(|| Refusal::new(Why::Internal, "a checked request could not be read"))
}

/// The body as a JSON object; an empty body is an empty one.
fn object(body: &[u8]) -> Result<Value, Refusal> {
    let refuse = || Refusal::new(Why::Serialization, "");
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    if depth(body) > BODY_DEPTH_MAX {
        return Err(refuse());
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(refuse()),
    }
}

/// How deep brackets stand inside each other, texts skipped.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A member that must be there.
pub fn need<T: Decode>(value: &Value, name: &str) -> Option<T> {
    T::decode(value.get(name)?)
}

/// A member that may be absent or null.
pub fn may<T: Decode>(value: &Value, name: &str) -> Option<Option<T>> {
    match value.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => T::decode(value).map(Some),
    }
}

/// Bytes in base64.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A text; numbers and truth values in a map of texts count as they are written.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

impl Decode for String {
    fn decode(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Decode for Secret {
    fn decode(value: &Value) -> Option<Self> {
        bytes(value.as_str()?).map(Secret::new)
    }
}

impl Decode for SecretText {
    fn decode(value: &Value) -> Option<Self> {
        Some(Self(Secret::copy(value.as_str()?.as_bytes())))
    }
}

impl Decode for Blob {
    fn decode(value: &Value) -> Option<Self> {
        bytes(value.as_str()?).map(Blob)
    }
}

impl Decode for i64 {
    fn decode(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Decode for bool {
    fn decode(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Decode for Timestamp {
    fn decode(value: &Value) -> Option<Self> {
        let seconds = value.as_f64().filter(|seconds| seconds.abs() <= MOMENT_SECONDS_MAX)?;
        #[expect(clippy::cast_possible_truncation, reason = "bounded on the line above")]
        Some(Timestamp::from_micros((seconds * 1e6).round() as i64))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::decode).collect()
    }
}

impl Decode for BTreeMap<String, String> {
    fn decode(value: &Value) -> Option<Self> {
        value.as_object()?.iter().map(|(name, value)| Some((name.clone(), scalar(value)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ENCRYPT_REQUEST, EncryptRequest};

    fn refused(body: &str) -> (Why, String) {
        let refusal = request::<EncryptRequest>(body.as_bytes(), &ENCRYPT_REQUEST).expect_err("refused");
        (refusal.why, refusal.message)
    }

    #[test]
    fn a_request_is_read() {
        let body = r#"{"KeyId": "k", "Plaintext": "aGk=", "EncryptionContext": {"a": "b", "n": 1}, "Unknown": [1]}"#;
        let request: EncryptRequest = request(body.as_bytes(), &ENCRYPT_REQUEST).expect("read");
        assert_eq!((request.key_id.as_str(), request.plaintext.expose()), ("k", &b"hi"[..]));
        assert_eq!(request.encryption_context.expect("there").get("n").map(String::as_str), Some("1"));
        assert!(request.dry_run.is_none());
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for body in
            ["[]", "{", "nul", "\"x\"", r#"{"KeyId": 5, "Plaintext": ""}"#, r#"{"KeyId": "k", "Plaintext": "%"}"#]
        {
            assert_eq!(refused(body).0, Why::Serialization, "{body}");
        }
    }

    #[test]
    fn the_deepest_body_is_read_and_one_deeper_is_not() {
        let nested = |depth: usize| format!("{{\"X\": {}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert_eq!(refused(&nested(BODY_DEPTH_MAX)).0, Why::Validation);
        assert_eq!(refused(&nested(BODY_DEPTH_MAX + 1)).0, Why::Serialization);
        assert_eq!(depth(br#"{"[[[": "\"[[["}"#), 1);
    }
}
