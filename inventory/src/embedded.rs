//! A document inside a text: get-key-policy prints the policy as a JSON string, and raw API pages
//! hold their documents URL-encoded. Positions lead back to the file.

use std::borrow::Cow;

use wardbook_policy::json::{self, Kind, ParseError, Value};

use crate::traced::Traced;

/// The document that a value is, or that its text holds. `file` is the text that the value's spans are of.
pub(crate) fn document<'v>(value: &'v Value, file: &str) -> Result<Cow<'v, Value>, ParseError> {
    let Kind::Text(text) = &value.kind else { return Ok(Cow::Borrowed(value)) };
    in_text(Traced::of(value.span, text, file)).map(Cow::Owned)
}

/// The document that a text holds, perhaps URL-encoded.
pub(crate) fn in_text(mut traced: Traced<'_>) -> Result<Value, ParseError> {
    if is_encoded(&traced.text) {
        let span = traced.whole;
        traced = traced.percent_decoded().map_err(|message| ParseError { message, span })?;
    }
    match json::parse(&traced.text) {
        Ok(mut document) => {
            traced.lead_back(&mut document);
            Ok(document)
        }
        Err(error) => Err(ParseError { span: traced.outer(error.span), ..error }),
    }
}

fn is_encoded(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("%7B") || text.starts_with("%7b")
}

/// Whether a text looks like a document of its own.
pub(crate) fn looks_like_document(text: &str) -> bool {
    text.trim_start().starts_with('{') || is_encoded(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardbook_policy::span::Span;

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
    fn texts_of_yaml_lead_back_from_every_style() {
        let sid = |file: &str| {
            let outer = crate::yaml::parse(file).unwrap_or_else(|error| panic!("{file}: {error}"));
            let text = outer.member("policy").unwrap();
            let value = document(text, file).unwrap_or_else(|error| panic!("{file}: {error}")).into_owned();
            at(file, value.member("Sid").unwrap().span).to_owned()
        };
        for file in [
            "policy: |\n  {\"a\":\n     1,\n\n   \"Sid\": \"x\"}\n",
            "policy: >-\n  {\"a\": 1,\n  \"Sid\":\n  \"x\"}\n",
            "policy: |2\n    {\"a\": \"é\",\n   \"Sid\": \"x\"}\nnext: 1\n",
            "a:\n- b\npolicy: |-\n      {\n        \"Sid\": \"x\"\n      }\nz: 1",
            "policy: '{\"it''s\": 1, \"Sid\": \"x\"}'\n",
            "policy: '{\"a\": 1,\n    \"Sid\":  \"x\"}'\n",
        ] {
            assert_eq!(sid(file), "\"x\"", "{file}");
        }
        let escaped = "policy: \"{\\\"a\\\": 1,\\\n   \\\"Sid\\\": \\\"\\x41\\\"}\"\n";
        assert_eq!(sid(escaped), "\\\"\\x41\\\"");
    }
}
