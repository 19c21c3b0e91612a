//! What a finding is known by when lines move: its code, the subject, the statement and what is pointed at in it.
//!
//! Statements are compared in canonical form, so that indentation, order and quotes do not matter.

use wardbook_policy::canonical::canonical;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::span::Span;
use wardbook_policy::symbol;

/// The fingerprint of a finding about a word in a statement, which is known by its own.
pub(super) fn fingerprint(code: &str, subject: &str, statement: &str, word: &str) -> String {
    of_texts(&[code, &unscoped(subject), statement, &unscoped(word)])
}

/// What a statement is known by.
pub(super) fn of_statement(statement: &Value) -> String {
    let holder = Member { name: "Statement".into(), name_span: statement.span, value: statement.clone() };
    let alone = Value { span: statement.span, kind: Kind::Object(vec![holder]) };
    of_texts(&[&unscoped(&canonical(&alone))])
}

/// The statement in which something stands.
pub(super) fn statement_at(document: &Value, span: Span) -> Option<&Value> {
    let value = document.member("Statement")?;
    let statements = value.as_list().unwrap_or(std::slice::from_ref(value));
    let holds = |statement: &&Value| statement.span.start <= span.start && span.end <= statement.span.end;
    in_order(statements, span).filter(holds).or_else(|| statements.iter().find(holds))
}

/// The one of several values, in the order of their text, in which a place has to be.
fn in_order(values: &[Value], span: Span) -> Option<&Value> {
    let after = values.partition_point(|value| value.span.start <= span.start);
    after.checked_sub(1).and_then(|index| values.get(index))
}

/// Symbols without the name of the file they are of, which is no content.
fn unscoped(text: &str) -> String {
    let mut out = text.to_owned();
    if !symbol::holds(text) {
        return out;
    }
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
