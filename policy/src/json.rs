//! Strict JSON in which every value knows where it stands.
//!
//! Stricter than RFC 8259 asks: a name that occurs twice in one object is an error, because the
//! last one would silently win elsewhere. Numbers keep their text, so nothing is rounded.
//! The tree is plain data; other readers (YAML) build the same tree.

use crate::limits::{JSON_BYTES_MAX, JSON_DEPTH_MAX, JSON_NODES_MAX};
use crate::span::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Where the value stands, quotes and brackets included.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(Box<str>),
    /// A text, escapes resolved.
    Text(Box<str>),
    /// An array.
    List(Vec<Value>),
    /// An object, in the order of its text.
    Object(Vec<Member>),
}

/// One name and its value in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, escapes resolved.
    pub name: Box<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// The value.
    pub value: Value,
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl Value {
    /// The text, if the value is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if the value is an array.
    pub fn as_list(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(values) => Some(values),
            _ => None,
        }
    }

    /// The members, if the value is an object.
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member of that exact name, if the value is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.as_object()?.iter().find(|member| &*member.name == name).map(|member| &member.value)
    }

    /// What the value is, in the words of a message.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }
}

/// Reads one JSON value; anything but whitespace after it is an error.
///
/// ```
/// let value = wardbook_policy::json::parse(r#"{"Version": "2012-10-17"}"#).unwrap();
/// assert_eq!(value.member("Version").and_then(|v| v.as_text()), Some("2012-10-17"));
/// assert!(wardbook_policy::json::parse(r#"{"a": 1, "a": 2}"#).is_err());
/// ```
pub fn parse(text: &str) -> Result<Value, ParseError> {
    let (value, end) = parse_prefix(text, 0)?;
    match text.get(end..) {
        Some("") | None => Ok(value),
        Some(_) => Err(error("expected the end of the text", end, end + 1)),
    }
}

/// Reads one JSON value at byte `start` and returns it with the offset of what follows
/// (whitespace skipped), for files that hold several values one after another.
pub fn parse_prefix(text: &str, start: usize) -> Result<(Value, usize), ParseError> {
    if text.len() > JSON_BYTES_MAX {
        return Err(error(format!("the text is longer than {JSON_BYTES_MAX} bytes"), 0, 0));
    }
    read_prefix(text, start, JSON_NODES_MAX)
}

fn read_prefix(text: &str, start: usize, nodes_max: usize) -> Result<(Value, usize), ParseError> {
    let (members, values) = (Vec::new(), Vec::new());
    let mut reader = Reader { text, bytes: text.as_bytes(), at: start, nodes: 0, nodes_max, members, values };
    reader.skip_whitespace();
    let value = reader.value(0)?;
    reader.skip_whitespace();
    Ok((value, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    nodes_max: usize,
    /// The members of all objects that are not closed yet, so that each object is made at its size.
    members: Vec<Member>,
    /// The same for lists.
    values: Vec<Value>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        if depth > JSON_DEPTH_MAX {
            return Err(error(format!("nested deeper than {JSON_DEPTH_MAX} levels"), self.at, self.at + 1));
        }
        let start = self.at;
        self.nodes += 1;
        if self.nodes > self.nodes_max {
            return Err(error(format!("the value has more than {} values in it", self.nodes_max), start, start + 1));
        }
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Kind::Bool(true))?,
            Some(b'f') => self.word("false", Kind::Bool(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(_) => return Err(self.unexpected("a JSON value")),
            None => return Err(error("the text ends where a JSON value should stand", start, start)),
        };
        Ok(Value { span: Span::new(start, self.at), kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, ParseError> {
        self.at += 1;
        let base = self.members.len();
        self.skip_whitespace();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Object(Vec::new()));
        }
        loop {
            self.skip_whitespace();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a member name in double quotes"));
            }
            let name = self.string()?;
            let name_span = Span::new(start, self.at);
            self.skip_whitespace();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("`:`"));
            }
            self.at += 1;
            self.skip_whitespace();
            let value = self.value(depth + 1)?;
            self.members.push(Member { name, name_span, value });
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        self.at += 1;
        let members = self.members.split_off(base);
        refuse_duplicates(&members)?;
        Ok(Kind::Object(members))
    }

    fn list(&mut self, depth: usize) -> Result<Kind, ParseError> {
        self.at += 1;
        let base = self.values.len();
        self.skip_whitespace();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::List(Vec::new()));
        }
        loop {
            self.skip_whitespace();
            let value = self.value(depth + 1)?;
            self.values.push(value);
            self.skip_whitespace();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("`,` or `]`")),
            }
        }
        self.at += 1;
        Ok(Kind::List(self.values.split_off(base)))
    }

    fn string(&mut self) -> Result<Box<str>, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut owned: Option<String> = None;
        let mut run = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = owned.get_or_insert_default();
                    text.push_str(self.text.get(run..self.at).unwrap_or_default());
                    let character = self.escape()?;
                    owned.get_or_insert_default().push(character);
                    run = self.at;
                }
                Some(0..=0x1F) => {
                    return Err(error("a control character in a text must be escaped", self.at, self.at + 1));
                }
                Some(_) => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    self.at += rest.iter().position(|byte| ends_run(*byte)).unwrap_or(rest.len());
                }
                None => return Err(error("the text ends inside this string", start, start + 1)),
            }
        }
        let tail = self.text.get(run..self.at).unwrap_or_default();
        self.at += 1;
        Ok(match owned {
            None => tail.into(),
            Some(mut text) => {
                text.push_str(tail);
                text.into_boxed_str()
            }
        })
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let start = self.at;
        self.at += 1;
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(error("unknown escape", start, start + 1)),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, ParseError> {
        let high = self.four_digits(start)?;
        let code = if (0xD800..0xDC00).contains(&high) && self.bytes.get(self.at) == Some(&b'\\') {
            self.at += 1;
            match self.four_digits(start)? {
                low @ 0xDC00..0xE000 => 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00),
                _ => high,
            }
        } else {
            high
        };
        char::from_u32(code).ok_or_else(|| error("half of a surrogate pair stands alone", start, self.at))
    }

    fn four_digits(&mut self, start: usize) -> Result<u32, ParseError> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let code = digits
            .filter(|digits| self.peek() == Some(b'u') && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| error("`\\u` takes four hexadecimal digits", start, start + 1))?;
        self.at += 5;
        Ok(code)
    }

    fn number(&mut self) -> Result<Kind, ParseError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            _ => return Err(self.unexpected("a digit")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.expect_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.expect_digits()?;
        }
        if let Some(b'0'..=b'9') = self.peek() {
            return Err(error("a number must not begin with zeros", start, self.at));
        }
        Ok(Kind::Number(self.text.get(start..self.at).unwrap_or_default().into()))
    }

    fn expect_digits(&mut self) -> Result<(), ParseError> {
        match self.peek() {
            Some(b'0'..=b'9') => {
                self.skip_digits();
                Ok(())
            }
            _ => Err(self.unexpected("a digit")),
        }
    }

    fn skip_digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, ParseError> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            Ok(kind)
        } else {
            Err(self.unexpected("a JSON value"))
        }
    }

    fn unexpected(&self, wanted: &str) -> ParseError {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => error(
                format!("expected {wanted}, found `{}`", found.escape_debug()),
                self.at,
                self.at + found.len_utf8(),
            ),
            None => error(format!("expected {wanted}, found the end of the text"), self.at, self.at),
        }
    }
}

/// Whether a byte inside a string needs a look.
fn ends_run(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1F)
}

/// Two names that are equal letter for letter. Sorting keeps a large object from costing a square.
fn refuse_duplicates(members: &[Member]) -> Result<(), ParseError> {
    let twice = |name: &Member| {
        error(
            format!("`{}` occurs twice in this object", name.name),
            name.name_span.start as usize,
            name.name_span.end as usize,
        )
    };
    if members.len() <= 8 {
        for (index, member) in members.iter().enumerate() {
            if members.iter().take(index).any(|earlier| earlier.name == member.name) {
                return Err(twice(member));
            }
        }
        return Ok(());
    }
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by(|a, b| a.name.cmp(&b.name).then(a.name_span.cmp(&b.name_span)));
    match order.windows(2).find_map(|pair| match pair {
        [first, second] if first.name == second.name => Some(*second),
        _ => None,
    }) {
        Some(member) => Err(twice(member)),
        None => Ok(()),
    }
}

fn error(message: impl Into<String>, start: usize, end: usize) -> ParseError {
    ParseError { message: message.into(), span: Span::new(start, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_where_others_are_lax() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{'a':1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "nul",
            "\"\n\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "1 2",
            "// c\n1",
            "[1 2]",
            "{\"a\" 1}",
            "\u{feff}1",
            "NaN",
            "-",
            "{\"a\":1,\"a\":1}",
            "tru",
            "\"abc",
        ] {
            assert!(parse(text).is_err(), "accepted {text:?}");
        }
    }

    #[test]
    fn duplicates_are_found_after_unescaping_and_in_large_objects() {
        assert!(parse(r#"{"a":1,"\u0061":2}"#).unwrap_err().message.contains("`a` occurs twice"));
        let mut text = String::from("{");
        for index in 0..5000 {
            text.push_str(&format!("\"k{index}\":1,"));
        }
        assert!(parse(&format!("{text}\"z\":1}}")).is_ok());
        let error = parse(&format!("{text}\"k17\":1}}")).unwrap_err();
        assert_eq!(error.span.start as usize, text.len());
    }

    #[test]
    fn depth_is_bounded_on_both_sides() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(JSON_DEPTH_MAX)).is_ok());
        assert!(parse(&nested(JSON_DEPTH_MAX + 1)).is_err());
        assert!(parse(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn the_number_of_values_is_bounded_on_both_sides() {
        assert!(read_prefix("[0, {\"a\": 1}]", 0, 4).is_ok());
        let error = read_prefix("[0, {\"a\": 1}]", 0, 3).unwrap_err();
        assert_eq!((error.message.as_str(), error.span.start), ("the value has more than 3 values in it", 10));
    }

    #[test]
    fn errors_name_their_place() {
        let text = "{\n  \"a\": tru\n}";
        let error = parse(text).unwrap_err();
        assert_eq!(error.span.position(text).to_string(), "2:8");
    }

    #[test]
    fn texts_and_numbers_are_kept_exactly() {
        let value = parse(r#"["😀 \u00e9\n", "\ud83d\ude00", -12.50e+3, 123456789012345678901234567890]"#).unwrap();
        let kinds: Vec<&Kind> = value.as_list().unwrap().iter().map(|value| &value.kind).collect();
        assert_eq!(kinds[0], &Kind::Text("😀 é\n".into()));
        assert_eq!(kinds[1], &Kind::Text("😀".into()));
        assert_eq!(kinds[2], &Kind::Number("-12.50e+3".into()));
        assert_eq!(kinds[3], &Kind::Number("123456789012345678901234567890".into()));
    }

    fn plain(value: &Value) -> serde_json::Value {
        match &value.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool(value) => serde_json::Value::Bool(*value),
            Kind::Number(text) => serde_json::from_str(text).unwrap(),
            Kind::Text(text) => serde_json::Value::String(text.to_string()),
            Kind::List(values) => values.iter().map(plain).collect(),
            Kind::Object(members) => {
                members.iter().map(|member| (member.name.to_string(), plain(&member.value))).collect()
            }
        }
    }

    proptest::proptest! {
        /// The differential test: whatever serde_json accepts without duplicate names, we read as the same value,
        /// and what it refuses, we refuse.
        #[test]
        fn agrees_with_serde_json(text in "[\\[\\]{}:,\"\\\\a-c0-9eE+\\-. \\nutrfalsn]{0,24}") {
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
            match (parse(&text), theirs) {
                (Ok(ours), Ok(theirs)) => proptest::prop_assert_eq!(plain(&ours), theirs),
                (Err(ours), Ok(_)) => proptest::prop_assert!(ours.message.contains("occurs twice"), "{}", ours),
                (Ok(_), Err(theirs)) => proptest::prop_assert!(false, "accepted what serde_json refuses: {}", theirs),
                (Err(_), Err(_)) => {}
            }
        }
    }
}
