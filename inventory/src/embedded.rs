//! A document inside a text: get-key-policy prints the policy as a JSON string, and raw API pages
//! hold their documents URL-encoded. Positions lead back to the file.

use std::borrow::Cow;

use wardbook_policy::json::{self, Kind, Member, ParseError, Value};
use wardbook_policy::span::Span;

/// The document that a value is, or that its text holds. `file` is the text that the value's spans are of.
pub(crate) fn document<'v>(value: &'v Value, file: &str) -> Result<Cow<'v, Value>, ParseError> {
    let Kind::Text(text) = &value.kind else { return Ok(Cow::Borrowed(value)) };
    let mut inner = Inner::of(value, text, file);
    if text.trim_start().starts_with("%7B") || text.trim_start().starts_with("%7b") {
        inner = inner.percent_decoded().map_err(|message| ParseError { message, span: value.span })?;
    }
    match json::parse(&inner.text) {
        Ok(mut document) => {
            inner.lead_back(&mut document);
            Ok(Cow::Owned(document))
        }
        Err(error) => Err(ParseError { span: inner.outer(error.span), ..error }),
    }
}

/// Whether a text looks like a document of its own.
pub(crate) fn looks_like_document(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || text.starts_with("%7B") || text.starts_with("%7b")
}

/// A text that stands inside another, and where its bytes come from.
struct Inner<'t> {
    text: Cow<'t, str>,
    /// After each escape, the offset inside and the offset outside; in order. Between two of them
    /// both run alike.
    marks: Vec<(u32, u32)>,
    /// The whole text in the file, for when the way back is not known.
    whole: Span,
    known: bool,
}

impl<'t> Inner<'t> {
    /// The text of a JSON string. In other notations (YAML blocks) only the whole has a place.
    fn of(value: &Value, text: &'t str, file: &str) -> Inner<'t> {
        let mut inner = Inner { text: Cow::Borrowed(text), marks: Vec::new(), whole: value.span, known: false };
        let raw = file.get(value.span.start as usize..value.span.end as usize).unwrap_or_default();
        if raw.starts_with('"') {
            let mut outside = 1;
            let mut inside = 0;
            inner.marks.push((0, value.span.start.saturating_add(1)));
            while let Some(rest) = raw.get(outside..).filter(|rest| !rest.is_empty()) {
                let Some(run) = rest.find('\\') else {
                    inside += rest.len().saturating_sub(1);
                    break;
                };
                let after = rest.get(run..).unwrap_or_default();
                let (taken, given) = escape(after);
                outside += run + taken;
                inside += run + given;
                let outside = Span::new(outside, 0).start.saturating_add(value.span.start);
                inner.marks.push((Span::new(inside, 0).start, outside));
            }
            inner.known = inside == text.len();
        }
        inner
    }

    /// The same text with `%7B` and its like replaced.
    fn percent_decoded(self) -> Result<Inner<'static>, String> {
        let bytes = self.text.as_bytes();
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut marks = vec![(0, self.outer_offset(0))];
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if *byte != b'%' {
                decoded.push(*byte);
                at += 1;
                continue;
            }
            let digits = self.text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
                return Err("`%` takes two hexadecimal digits in a URL-encoded document".into());
            };
            decoded.push(byte);
            at += 3;
            marks.push((Span::new(decoded.len(), 0).start, self.outer_offset(Span::new(at, 0).start)));
        }
        let text = String::from_utf8(decoded).map_err(|_| "the URL-encoded document is not UTF-8".to_owned())?;
        Ok(Inner { text: Cow::Owned(text), marks, whole: self.whole, known: self.known })
    }

    fn outer_offset(&self, inside: u32) -> u32 {
        let index = self.marks.partition_point(|(mark, _)| *mark <= inside);
        match index.checked_sub(1).and_then(|index| self.marks.get(index)) {
            Some((mark, outside)) => outside.saturating_add(inside - mark),
            None => self.whole.start,
        }
    }

    fn outer(&self, span: Span) -> Span {
        if !self.known {
            return self.whole;
        }
        Span { start: self.outer_offset(span.start), end: self.outer_offset(span.end) }
    }

    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
    fn lead_back(&self, value: &mut Value) {
        value.span = self.outer(value.span);
        match &mut value.kind {
            Kind::List(values) => values.iter_mut().for_each(|value| self.lead_back(value)),
            Kind::Object(members) => members.iter_mut().for_each(|member: &mut Member| {
                member.name_span = self.outer(member.name_span);
                self.lead_back(&mut member.value);
            }),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }
}

/// How many bytes an escape takes in the file, and how many it gives inside.
fn escape(text: &str) -> (usize, usize) {
    let code = |from: usize| text.get(from..from + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match (text.as_bytes().get(1), code(2)) {
        (Some(b'u'), Some(0xD800..=0xDBFF)) => (12, 4),
        (Some(b'u'), Some(code)) => (6, char::from_u32(code).map_or(1, char::len_utf8)),
        (Some(_), _) => (2, 1),
        (None, _) => (text.len(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Value, ParseError> {
        document(&json::parse(file).unwrap(), file).map(Cow::into_owned)
    }

    fn at(file: &str, span: Span) -> &str {
        file.get(span.start as usize..span.end as usize).unwrap()
    }

    #[test]
    fn positions_inside_a_string_lead_back_to_the_file() {
        let file = r#"  "{\"Sid\": \"é\u00e9\ud83d\ude00\",\n \"x\": [1, \"a\\\"b\"]}""#;
        let value = read(file).unwrap();
        assert_eq!(value.member("Sid").and_then(Value::as_text), Some("éé😀"));
        assert_eq!(at(file, value.member("x").unwrap().span), r#"[1, \"a\\\"b\"]"#);
        assert_eq!(at(file, value.as_object().unwrap()[1].name_span), r#"\"x\""#);
        assert_eq!(at(file, value.span), file.trim().trim_matches('"'));
        let error = read(r#""{\"a\": \"b\" 1}""#).unwrap_err();
        assert_eq!((error.span.start, error.message.as_str()), (15, "expected `,` or `}`, found `1`"));
    }

    #[test]
    fn url_encoded_documents_are_read_with_their_positions() {
        let file = r#"{"d": "%7B%22Sid%22%3A%20%22%C3%A9%22%2C%22x%22%3A1%7D"}"#;
        let outer = json::parse(file).unwrap();
        let value = document(outer.member("d").unwrap(), file).unwrap();
        assert_eq!(value.member("Sid").and_then(Value::as_text), Some("é"));
        assert_eq!(at(file, value.member("x").unwrap().span), "1");
        for broken in [r#""%7B%2""#, r#""%7B%zz%7D""#, r#""%7B%22%FF%22%7D""#] {
            assert_eq!(read(broken).unwrap_err().span, Span::new(0, broken.len()), "{broken}");
        }
    }

    #[test]
    fn a_text_in_another_notation_has_the_place_of_the_whole() {
        let file = "policy: |\n  {\"a\":\n   1}\n";
        let outer = crate::yaml::parse(file).unwrap();
        let text = outer.member("policy").unwrap();
        let value = document(text, file).unwrap();
        assert_eq!(value.member("a").unwrap().span, text.span);
    }
}
