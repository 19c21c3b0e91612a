//! What a finding is known by when lines move: its code, the subject, the statement and what is pointed at in it.
//!
//! Statements are compared in canonical form, so that indentation, order and quotes do not matter.

use wardbook_policy::canonical::canonical;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::span::Span;
use wardbook_policy::symbol;

/// The fingerprint of a finding at a place of a document.
pub(super) fn fingerprint(code: &str, subject: &str, document: Option<&Value>, span: Span) -> String {
    let mut hash = Hash::new();
    hash.text(code);
    hash.text(&unscoped(subject));
    if let Some(document) = document {
        if let Some(statement) = statement_at(document, span) {
            let holder = Member { name: "Statement".into(), name_span: statement.span, value: statement.clone() };
            let alone = Value { span: statement.span, kind: Kind::Object(vec![holder]) };
            hash.text(&unscoped(&canonical(&alone)));
        }
        if let Some(word) = word_at(document, span) {
            hash.text(&unscoped(&word));
        }
    }
    hash.finish()
}

/// The statement in which something stands.
pub(super) fn statement_at(document: &Value, span: Span) -> Option<&Value> {
    let value = document.member("Statement")?;
    let statements = value.as_list().unwrap_or(std::slice::from_ref(value));
    statements.iter().find(|statement| statement.span.start <= span.start && span.end <= statement.span.end)
}

/// The text, number or name that stands at a place.
///
/// INVARIANT: the recursion is bounded, since the readers bound the depth.
fn word_at(value: &Value, span: Span) -> Option<String> {
    match &value.kind {
        Kind::Text(text) | Kind::Number(text) if value.span == span => Some(text.to_string()),
        Kind::Bool(told) if value.span == span => Some(told.to_string()),
        Kind::List(values) => values.iter().find_map(|value| word_at(value, span)),
        Kind::Object(members) => members.iter().find_map(|member| match member.name_span == span {
            true => Some(member.name.to_string()),
            false => word_at(&member.value, span),
        }),
        _ => None,
    }
}

/// Symbols without the name of the file they are of, which is no content.
fn unscoped(text: &str) -> String {
    let mut out = text.to_owned();
    for name in symbol::names(text) {
        out = out.replace(name, symbol::short(name));
    }
    out
}

/// FNV-1a; a fingerprint is no secret, and two alike among the findings of one file are told apart by their order.
struct Hash(u64);

impl Hash {
    fn new() -> Hash {
        Hash(0xCBF2_9CE4_8422_2325)
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn finish(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// The fingerprint of some texts.
pub(super) fn of_texts(texts: &[&str]) -> String {
    let mut hash = Hash::new();
    texts.iter().for_each(|text| hash.text(text));
    hash.finish()
}
