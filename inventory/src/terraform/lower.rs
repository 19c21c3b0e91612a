//! From Terraform's values to the values and words of `policy`, symbols named after their carrier.

use std::collections::HashSet;
use std::sync::Arc;

use wardbook_policy::document::Word;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::symbol;

use super::text::{CLOSE, OPEN, Piece, Text, ends_in_string};
use super::value::{self, Val};

/// How symbols are named in one carrier.
pub(crate) struct Names {
    pub(crate) carrier: Arc<str>,
    /// The names that resources get when they are created, such as `aws_kms_key.main.key_id`.
    pub(crate) made: HashSet<String>,
}

impl Names {
    fn symbol(&self, name: &str) -> String {
        match self.made.contains(name) {
            // The thing is better known by its address than by its id.
            true => {
                let address = name.rsplit_once('.').map_or(name, |(address, _)| address);
                symbol::made(&format!("{}#{}", self.carrier, spelled(address)))
            }
            false => symbol::unknown(&format!("{}#{}", self.carrier, spelled(name))),
        }
    }

    pub(crate) fn text(&self, text: &Text) -> String {
        let mut out = String::new();
        let mut inside = text.encodes.is_none();
        for piece in text.pieces() {
            match piece {
                Piece::Literal(literal) => {
                    inside = text.encodes.is_none() || ends_in_string(&literal.text, inside);
                    out.push_str(&literal.text);
                }
                Piece::Symbol(name, _) if inside => out.push_str(&self.symbol(name)),
                // In JSON a value that is not known is written as a text that is its symbol.
                Piece::Symbol(name, _) => {
                    out.push('"');
                    out.push_str(&self.symbol(name));
                    out.push('"');
                }
            }
        }
        out
    }

    /// A text, or the symbol of one; `None` for null, lists and objects.
    pub(crate) fn word(&self, value: &Val) -> Option<Word> {
        let text = match &value.kind {
            value::Kind::Text(text) => self.text(text),
            value::Kind::Number(digits) => digits.to_string(),
            value::Kind::Bool(told) => told.to_string(),
            value::Kind::Unknown(symbol) => self.symbol(&symbol.name),
            value::Kind::Handle(_) => self.symbol(&described(value)),
            value::Kind::Null | value::Kind::List(_) | value::Kind::Object(_) => return None,
        };
        Some(Word { text: text.into(), span: value.span })
    }

    /// The whole value. Null members are left out, as the provider leaves them out.
    ///
    /// INVARIANT: the recursion is bounded, since values nest no deeper than their limit.
    pub(crate) fn value(&self, value: &Val) -> Value {
        let kind = match &value.kind {
            value::Kind::Null => Kind::Null,
            value::Kind::Bool(told) => Kind::Bool(*told),
            value::Kind::Number(digits) => Kind::Number((&**digits).into()),
            value::Kind::Text(text) => Kind::Text(self.text(text).into()),
            value::Kind::List(items) => Kind::List(items.iter().map(|item| self.value(item)).collect()),
            value::Kind::Object(entries) => Kind::Object(
                entries
                    .iter()
                    .map(|entry| Member {
                        name: self.name(&entry.name),
                        name_span: entry.name_span,
                        value: self.value(&entry.value),
                    })
                    .collect(),
            ),
            value::Kind::Unknown(symbol) => Kind::Text(self.symbol(&symbol.name).into()),
            value::Kind::Handle(_) => Kind::Text(self.symbol(&described(value)).into()),
        };
        Value { span: value.span, kind }
    }

    /// A member name with its symbols.
    pub(crate) fn name(&self, name: &str) -> Box<str> {
        let mut out = String::new();
        for part in name.split(OPEN) {
            match part.split_once(CLOSE) {
                Some((symbol, rest)) => {
                    out.push_str(&self.symbol(symbol));
                    out.push_str(rest);
                }
                None => out.push_str(part),
            }
        }
        out.into()
    }
}

fn described(value: &Val) -> String {
    let mut name = String::new();
    value.describe(&mut name);
    name
}

/// A name that survives the brackets of a symbol: indexes become `=key`, and whatever else would be
/// lost is told apart by a digest.
fn spelled(name: &str) -> String {
    let indexed = name.replace("[\"", "=").replace("\"]", "").replace('[', "=").replace(']', "").replace('*', "each");
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    match indexed.chars().all(plain) && !indexed.contains("..") {
        true => indexed,
        false => {
            let short: String = indexed.chars().take(60).collect();
            format!("{short}@{:016x}", digest(name))
        }
    }
}

/// FNV-1a, so that names that differ stay different.
fn digest(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}
