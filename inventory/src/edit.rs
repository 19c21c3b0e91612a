//! An edit of a document's tree as an edit of the bytes of its carrier, in the way they are written there.
//!
//! Only what is spelled out in the carrier is edited: a text that stands there letter for letter, in quotes or without.
//! What comes from elsewhere, or is escaped, stays as it is.

use std::collections::HashMap;

use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::lint::Edit;
use wardbook_policy::span::Span;

/// Bytes that take the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What is replaced, in the text that places are of.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// What stands where in a document, for many places of one document.
#[derive(Debug, Default)]
pub struct Index<'v> {
    words: HashMap<Span, &'v str>,
    objects: HashMap<Span, &'v [Member]>,
}

impl<'v> Index<'v> {
    /// Finds every place.
    pub fn new(document: &'v Value) -> Index<'v> {
        let mut index = Index::default();
        // INVARIANT: no deeper than the readers of JSON and YAML go.
        let mut open = vec![document];
        while let Some(value) = open.pop() {
            match &value.kind {
                Kind::Text(text) | Kind::Number(text) => {
                    index.words.entry(value.span).or_insert(text);
                }
                Kind::Bool(told) => {
                    index.words.entry(value.span).or_insert(if *told { "true" } else { "false" });
                }
                Kind::Null => {}
                Kind::List(values) => open.extend(values.iter().rev()),
                Kind::Object(members) => {
                    index.objects.entry(value.span).or_insert(members);
                    for member in members {
                        index.words.entry(member.name_span).or_insert(&member.name);
                    }
                    open.extend(members.iter().rev().map(|member| &member.value));
                }
            }
        }
        index
    }

    /// The text, number or name that stands at a place.
    pub fn word(&self, span: Span) -> Option<&'v str> {
        self.words.get(&span).copied()
    }
}

/// The edit in the bytes of `text`, of which the document was read; `None` if it cannot be made there.
///
/// ```
/// use wardbook_inventory::edit::{Index, render};
/// use wardbook_policy::{json, lint::Edit};
///
/// let text = r#"{"Action": "kms:decrypt"}"#;
/// let document = json::parse(text).unwrap();
/// let span = document.member("Action").unwrap().span;
/// let edit = Edit::Text { span, text: "kms:Decrypt".into() };
/// let replacement = render(&edit, &Index::new(&document), text).unwrap();
/// assert_eq!(replacement.text, r#""kms:Decrypt""#);
/// ```
pub fn render(edit: &Edit, document: &Index<'_>, text: &str) -> Option<Replacement> {
    match edit {
        Edit::Text { span, text: new } => replaced(*span, document.word(*span)?, new, text),
        Edit::FirstMember { object, name, text: value } => {
            first_member(document.objects.get(object)?, name, value, text)
        }
    }
}

fn replaced(span: Span, old: &str, new: &str, text: &str) -> Option<Replacement> {
    let raw = text.get(span.start as usize..span.end as usize)?;
    let quote = quote_of(raw);
    let inside = raw.strip_prefix(quote)?.strip_suffix(quote).filter(|_| raw.len() >= 2 * quote.len())?;
    if inside != old {
        return None;
    }
    let before = text.get(..span.start as usize)?;
    // A span may leave out the quotes around it.
    let is_quoted = !quote.is_empty() || before.ends_with(['"', '\'']);
    let text = match is_quoted {
        true if is_plain_in_quotes(new) => format!("{quote}{new}{quote}"),
        false if is_plain_scalar(new) => new.to_owned(),
        false if is_plain_in_quotes(new) => format!("\"{new}\""),
        _ => return None,
    };
    Some(Replacement { span, text })
}

/// The quotation mark that a text begins with, with the backslashes that escape it where the whole stands in a text.
fn quote_of(raw: &str) -> &str {
    let slashes = raw.len() - raw.trim_start_matches('\\').len();
    let length = match raw.as_bytes().get(slashes) {
        Some(b'"') => slashes + 1,
        Some(b'\'') if slashes == 0 => 1,
        _ => 0,
    };
    raw.get(..length).unwrap_or_default()
}

/// Whether a text is itself inside quotes, in every notation.
fn is_plain_in_quotes(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '"' | '\'' | '\\'))
        && !text.contains("${")
        && !text.contains("%{")
}

/// Whether a text is itself without quotes, in YAML and as a name of HCL.
fn is_plain_scalar(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.' | '/' | '*' | '?' | '+' | '=');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(plain)
        && !text.ends_with(':')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&&*text.to_ascii_lowercase())
}

fn first_member(members: &[Member], name: &str, value: &str, text: &str) -> Option<Replacement> {
    if !is_plain_in_quotes(name) || !is_plain_in_quotes(value) {
        return None;
    }
    // What a template doubts has no name of its own.
    let first = members.iter().find(|member| member.name_span.end > member.name_span.start)?;
    let (start, end) = (first.name_span.start as usize, first.name_span.end as usize);
    let raw = text.get(start..end)?;
    let quote = quote_of(raw);
    if raw.strip_prefix(quote)?.strip_suffix(quote)? != &*first.name {
        return None;
    }
    let before = text.get(..start)?;
    let gap = before.get(before.trim_end_matches([' ', '\t', '\r', '\n']).len()..)?;
    let after = text.get(end..)?.trim_start_matches([' ', '\t', '\r', '\n']);
    let is_braced = before.get(..before.len() - gap.len())?.ends_with(['{']) || escaped_gap(before).is_some();
    let gap = escaped_gap(before).unwrap_or(gap);
    let text = match (is_braced, after.starts_with('=')) {
        (true, true) if gap.contains('\n') => format!("{quote}{name}{quote} = \"{value}\"{gap}"),
        (true, true) => format!("{quote}{name}{quote} = \"{value}\", "),
        (true, false) => {
            let mark = if quote.is_empty() { "\"" } else { quote };
            let gap = if gap.is_empty() { " " } else { gap };
            format!("{quote}{name}{quote}: {mark}{value}{mark},{gap}")
        }
        // A block of YAML: the next line stands below this one.
        (false, false) => {
            let line = before.rsplit('\n').next().unwrap_or_default();
            let indent = " ".repeat(line.chars().count());
            let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
            format!("{quote}{name}{quote}: \"{value}\"{line_break}{indent}")
        }
        (false, true) => return None,
    };
    Some(Replacement { span: Span { start: first.name_span.start, end: first.name_span.start }, text })
}

/// The white space in front of a name in a text that is escaped: `{\n  \"Statement\"` of one line.
fn escaped_gap(before: &str) -> Option<&str> {
    let mut rest = before;
    loop {
        let shorter = rest.trim_end_matches(' ');
        let shorter = ["\\n", "\\r", "\\t"].iter().find_map(|escape| shorter.strip_suffix(*escape)).unwrap_or(shorter);
        if shorter.len() == rest.len() {
            break;
        }
        rest = shorter;
    }
    let gap = before.get(rest.len()..)?;
    (rest.ends_with('{') && gap.contains('\\')).then_some(gap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;
    use wardbook_policy::json;

    fn apply(edit: &Edit, document: &Value, text: &str) -> Option<String> {
        let replacement = render(edit, &Index::new(document), text)?;
        let (start, end) = (replacement.span.start as usize, replacement.span.end as usize);
        Some([text.get(..start)?, &replacement.text, text.get(end..)?].concat())
    }

    fn renamed(text: &str, new: &str) -> Option<String> {
        let document = if text.starts_with('{') { json::parse(text) } else { yaml::parse(text) }.unwrap();
        let span = document.member("Action").unwrap().span;
        apply(&Edit::Text { span, text: new.into() }, &document, text)
    }

    #[test]
    fn a_text_keeps_its_quotes() {
        let changed = |text: &str| renamed(text, "kms:Decrypt");
        assert_eq!(changed(r#"{"Action": "kms:decrypt"}"#).unwrap(), r#"{"Action": "kms:Decrypt"}"#);
        assert_eq!(changed("Action: kms:decrypt # x\r\n").unwrap(), "Action: kms:Decrypt # x\r\n");
        assert_eq!(changed("Action: 'kms:decrypt'\n").unwrap(), "Action: 'kms:Decrypt'\n");
        assert_eq!(changed(r#"{"Action": "kms:\u0064ecrypt"}"#), None);
        assert_eq!(renamed("Action: kms:decrypt\n", "*").unwrap(), "Action: \"*\"\n");
        assert_eq!(renamed("Action: kms:decrypt\n", "a\"b"), None);
    }

    #[test]
    fn a_text_inside_a_text_keeps_its_escapes() {
        let text = r#"{"Policy": "{\"Action\": \"kms:decrypt\"}"}"#;
        let outer = json::parse(text).unwrap();
        let document = crate::embedded::document(outer.member("Policy").unwrap(), text).unwrap().into_owned();
        let span = document.member("Action").unwrap().span;
        let edit = Edit::Text { span, text: "kms:Decrypt".into() };
        assert_eq!(apply(&edit, &document, text).unwrap(), r#"{"Policy": "{\"Action\": \"kms:Decrypt\"}"}"#);
    }

    #[test]
    fn a_first_member_stands_as_the_others_do() {
        let changed = |text: &str| {
            let document = if text.starts_with('{') { json::parse(text) } else { yaml::parse(text) }.unwrap();
            let document = document.member("P").cloned().unwrap_or(document);
            let edit = Edit::FirstMember { object: document.span, name: "Version".into(), text: "2012-10-17".into() };
            let changed = apply(&edit, &document, text)?;
            assert!(if text.starts_with('{') { json::parse(&changed) } else { yaml::parse(&changed) }.is_ok());
            Some(changed)
        };
        assert_eq!(changed(r#"{"Statement": []}"#).unwrap(), r#"{"Version": "2012-10-17", "Statement": []}"#);
        assert_eq!(changed("{\n  \"S\": []\n}").unwrap(), "{\n  \"Version\": \"2012-10-17\",\n  \"S\": []\n}");
        assert_eq!(changed("P:\n  S: []\n").unwrap(), "P:\n  Version: \"2012-10-17\"\n  S: []\n");
        assert_eq!(
            changed("a:\r\n- 1\r\nP:\r\n  S: []\r\n").unwrap(),
            "a:\r\n- 1\r\nP:\r\n  Version: \"2012-10-17\"\r\n  S: []\r\n"
        );
        assert_eq!(changed("P: {S: []}\n").unwrap(), "P: {Version: \"2012-10-17\", S: []}\n");
        assert_eq!(changed("{}"), None);
    }

    #[test]
    fn a_first_member_inside_a_text_is_escaped() {
        for (text, wanted) in [
            (r#"{"P": "{\"S\": 1}"}"#, r#"{"P": "{\"Version\": \"2012-10-17\", \"S\": 1}"}"#),
            (r#"{"P": "{\n  \"S\": 1}"}"#, r#"{"P": "{\n  \"Version\": \"2012-10-17\",\n  \"S\": 1}"}"#),
        ] {
            let outer = json::parse(text).unwrap();
            let document = crate::embedded::document(outer.member("P").unwrap(), text).unwrap().into_owned();
            let edit = Edit::FirstMember { object: document.span, name: "Version".into(), text: "2012-10-17".into() };
            assert_eq!(apply(&edit, &document, text).as_deref(), Some(wanted));
        }
    }
}
