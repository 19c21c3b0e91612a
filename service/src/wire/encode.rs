//! From typed responses to JSON text.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::time::Timestamp;
use wardbook_backend::secret::Secret;

use super::decode::{Blob, SecretText};

/// A type that has a form on the wire.
pub trait Encode {
    /// Appends it.
    fn encode(&self, out: &mut String);
}

/// An answer without a body.
#[derive(Debug)]
pub struct Empty;

impl Encode for Empty {
    fn encode(&self, out: &mut String) {
        out.push_str("{}");
    }
}

/// A JSON object that is being written.
pub struct Object<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Object<'a> {
    /// Begins it.
    pub fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    /// Writes a member.
    pub fn always<T: Encode>(&mut self, name: &str, value: &T) {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        text(name, self.out);
        self.out.push(':');
        value.encode(self.out);
    }

    /// Writes a member if it is there.
    pub fn some<T: Encode>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.always(name, value);
        }
    }

    /// Ends it.
    pub fn close(self) {
        self.out.push('}');
    }
}

/// Appends a JSON text.
pub(crate) fn text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if u32::from(letter) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

impl Encode for str {
    fn encode(&self, out: &mut String) {
        text(self, out);
    }
}

impl Encode for String {
    fn encode(&self, out: &mut String) {
        text(self, out);
    }
}

fn base64(bytes: &[u8], out: &mut String) {
    out.push('"');
    STANDARD.encode_string(bytes, out);
    out.push('"');
}

impl Encode for Blob {
    fn encode(&self, out: &mut String) {
        base64(&self.0, out);
    }
}

impl Encode for Secret {
    fn encode(&self, out: &mut String) {
        base64(self.expose(), out);
    }
}

impl Encode for SecretText {
    fn encode(&self, out: &mut String) {
        text(&String::from_utf8_lossy(self.0.expose()), out);
    }
}

impl Encode for i64 {
    fn encode(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

impl Encode for bool {
    fn encode(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

/// Seconds with a fraction of milliseconds, as AWS writes them.
impl Encode for Timestamp {
    fn encode(&self, out: &mut String) {
        let millis = self.micros().div_euclid(1_000);
        let (seconds, rest) = (millis.div_euclid(1_000), millis.rem_euclid(1_000));
        let _ = match rest {
            0 => write!(out, "{seconds}"),
            rest => write!(out, "{seconds}.{rest:03}"),
        };
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut String) {
        out.push('[');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            item.encode(out);
        }
        out.push(']');
    }
}

impl Encode for BTreeMap<String, String> {
    fn encode(&self, out: &mut String) {
        let mut object = Object::open(out);
        for (name, value) in self {
            object.always(name, value);
        }
        object.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EncryptResponse;

    fn json(value: &impl Encode) -> String {
        let mut out = String::new();
        value.encode(&mut out);
        out
    }

    #[test]
    fn values_have_their_form() {
        let response = EncryptResponse {
            ciphertext_blob: Some(Blob(b"hi".to_vec())),
            key_id: Some("a\"b\u{1}".into()),
            ..EncryptResponse::default()
        };
        assert_eq!(json(&response), r#"{"CiphertextBlob":"aGk=","KeyId":"a\"b\u0001"}"#);
        assert_eq!(json(&Timestamp::from_micros(1_500_250_999)), "1500.250");
        assert_eq!(json(&Timestamp::from_micros(-1_000_000)), "-1");
        assert_eq!(json(&vec![true, false]), "[true,false]");
    }
}
