//! Finds the records of a source, whatever stands around them, without holding more of it than one record needs.
//!
//! A source is any number of JSON values. A list holds records; so does the list `Records` (CloudTrail) or `Events`
//! (lookup-events) of an object that begins with it, or with short members before it. Any other value is a record.
//! A record that is not JSON is skipped to where the next one can begin, and only a source that ends inside a value,
//! or that is no JSON from its beginning, is refused.

use std::io::Read;

use crate::json::{JsonError, Problem, Tree};
use crate::limits::{ENVELOPE_BYTES_MAX, EVENT_BYTES_MAX};

/// How many bytes are read at a time.
const READ_BYTES: usize = 1 << 20;

/// Near the end of what was read so far, an error may only mean that more must be read.
const LOOKAHEAD_BYTES: usize = 16;

/// The records of a source, one after another.
pub(super) struct Records<'a, R> {
    source: R,
    /// A part of the source, if it is read.
    window: Vec<u8>,
    /// All of the source, if it is in memory, and the text that it begins with.
    whole: Option<(&'a [u8], &'a str)>,
    /// Where in the source the window begins.
    base: u64,
    at: usize,
    /// Up to here the window is UTF-8; what follows is not if `broken`, else it is not known yet.
    valid: usize,
    broken: bool,
    ended: bool,
    place: Place,
    /// A line that is no JSON is a record that is none; else it makes the whole source unreadable.
    has_lines: bool,
    begun: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between values.
    Top,
    /// In a list of records: at its beginning, after a record if `after`, or after the comma that follows one.
    List { in_object: bool, after: bool, begins: bool },
    /// In an object, after the list of records.
    Object,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A JSON value, which the tree has read.
    Record { offset: u64, place: std::ops::Range<usize> },
    /// Something else in the place of one. If it is too long, its bytes were not held.
    Unreadable { offset: u64, message: String, place: Option<std::ops::Range<usize>> },
}

/// Why nothing of a source can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) offset: Option<u64>,
    pub(super) message: String,
}

impl<'a> Records<'a, std::io::Empty> {
    /// Those of a source that is in memory.
    pub(super) fn held(whole: &'a [u8], has_lines: bool) -> Self {
        let mut records = Records::new(std::io::empty(), has_lines);
        let text = std::str::from_utf8(whole).unwrap_or_else(|error| {
            let valid = whole.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        });
        (records.whole, records.ended) = (Some((whole, text)), true);
        (records.valid, records.broken) = (text.len(), text.len() < whole.len());
        records
    }
}

impl<R: Read> Records<'_, R> {
    pub(super) fn new(source: R, has_lines: bool) -> Self {
        Self {
            source,
            window: Vec::new(),
            whole: None,
            base: 0,
            at: 0,
            valid: 0,
            broken: false,
            ended: false,
            place: Place::Top,
            has_lines,
            begun: false,
        }
    }

    /// Where the records came from, read to its end if they were.
    pub(super) fn into_source(self) -> R {
        self.source
    }

    fn window(&self) -> &[u8] {
        self.whole.map_or(self.window.as_slice(), |(whole, _)| whole)
    }

    /// The bytes of a place that was found last.
    pub(super) fn bytes(&self, place: &std::ops::Range<usize>) -> &[u8] {
        self.window().get(place.clone()).unwrap_or_default()
    }

    /// The text of a record that was found last.
    pub(super) fn text(&self, place: &std::ops::Range<usize>) -> &str {
        let known = self.whole.and_then(|(_, text)| text.get(place.clone()));
        known.unwrap_or_else(|| std::str::from_utf8(self.bytes(place)).unwrap_or_default())
    }

    /// Finds the next record. The tree reads it.
    pub(super) fn next(&mut self, tree: &mut Tree) -> Result<Option<Found>, Refusal> {
        loop {
            let next = self.peek()?;
            match (self.place, next) {
                (Place::Top, None) if !self.begun && !self.has_lines => {
                    return Err(Refusal { offset: Some(0), message: "the file holds no JSON value".to_owned() });
                }
                (Place::Top, None) => return Ok(None),
                (_, None) => return Err(self.cut_off(self.at)),
                (Place::Top, Some(b'[')) => self.enter(false),
                (Place::Top, Some(b'{')) if self.enter_envelope()? => {}
                (Place::Top, Some(_)) => return self.value(tree).map(Some),
                (Place::List { in_object, after, begins }, Some(b']')) => {
                    let (at, offset) = (self.at, self.offset());
                    self.at += 1;
                    self.place = if in_object { Place::Object } else { Place::Top };
                    if !after && !begins {
                        let message = format!("expected a value at byte {offset}");
                        return Ok(Some(Found::Unreadable { offset, message, place: Some(at..at) }));
                    }
                }
                (Place::List { in_object, after: true, .. }, Some(b',')) => {
                    self.at += 1;
                    self.place = Place::List { in_object, after: false, begins: false };
                }
                (Place::List { in_object, after: false, .. }, Some(_)) => {
                    self.place = Place::List { in_object, after: true, begins: false };
                    return self.value(tree).map(Some);
                }
                (Place::List { .. }, Some(_)) => {
                    let message = format!("expected `,` or `]` at byte {}", self.offset());
                    return self.skip(message).map(Some);
                }
                (Place::Object, Some(b'}')) => {
                    self.at += 1;
                    self.place = Place::Top;
                }
                (Place::Object, Some(b',')) => self.member()?,
                (Place::Object, Some(_)) => return Err(self.refuse("expected `,` or `}`")),
            }
        }
    }

    fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    fn refuse(&self, message: &str) -> Refusal {
        Refusal { offset: Some(self.offset()), message: format!("{message} at byte {}", self.offset()) }
    }

    fn cut_off(&self, at: usize) -> Refusal {
        let offset = self.base + at as u64;
        let message = format!("the file is cut off: it ends inside the value at byte {offset}");
        Refusal { offset: Some(offset), message }
    }

    fn enter(&mut self, in_object: bool) {
        self.at += 1;
        self.begun = true;
        self.place = Place::List { in_object, after: false, begins: true };
    }

    /// The next byte that is no whitespace.
    fn peek(&mut self) -> Result<Option<u8>, Refusal> {
        if self.base == 0 && self.at == 0 {
            while self.window().len() < 3 && self.fill()? {}
            if self.window().starts_with(b"\xef\xbb\xbf") {
                self.at = 3;
            }
        }
        loop {
            let rest = self.window().get(self.at..).unwrap_or_default();
            match rest.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
                Some(spaces) => {
                    self.at += spaces;
                    return Ok(self.window().get(self.at).copied());
                }
                None => self.at = self.window().len(),
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads on; false at the end. Positions in the window from `at` on may move towards its beginning.
    fn fill(&mut self) -> Result<bool, Refusal> {
        if self.ended {
            return Ok(false);
        }
        if self.at > 0 {
            self.window.drain(..self.at);
            self.base += self.at as u64;
            self.valid = self.valid.saturating_sub(self.at);
            self.at = 0;
        }
        // Twice as much each time, so that a long record is not read over and over.
        let wanted = READ_BYTES.max(self.window().len()) as u64;
        let read = self.source.by_ref().take(wanted).read_to_end(&mut self.window).map_err(|error| {
            let offset = self.base + self.window().len() as u64;
            let message = match error.kind() {
                std::io::ErrorKind::UnexpectedEof => format!("the file is cut off after {offset} readable bytes"),
                _ => format!("{error}, after {offset} readable bytes"),
            };
            Refusal { offset: Some(offset), message }
        })?;
        self.ended = (read as u64) < wanted;
        self.validate();
        Ok(read > 0)
    }

    fn validate(&mut self) {
        if self.broken && self.valid >= self.at {
            return;
        }
        self.valid = self.valid.max(self.at);
        match std::str::from_utf8(self.window().get(self.valid..).unwrap_or_default()) {
            Ok(text) => (self.valid, self.broken) = (self.valid + text.len(), false),
            Err(error) => {
                self.valid += error.valid_up_to();
                self.broken = error.error_len().is_some() || self.ended;
            }
        }
    }

    /// Goes into the list of an envelope, if the object that begins here is one.
    fn enter_envelope(&mut self) -> Result<bool, Refusal> {
        while self.window().len() < self.at + ENVELOPE_BYTES_MAX && self.fill()? {}
        let head = self.window().get(self.at..).unwrap_or_default();
        let head = head.get(..head.len().min(ENVELOPE_BYTES_MAX)).unwrap_or_default();
        let Some(list) = list_of_envelope(head) else { return Ok(false) };
        self.at += list;
        self.enter(true);
        Ok(true)
    }

    /// The value that begins here, or what stands in its place.
    fn value(&mut self, tree: &mut Tree) -> Result<Found, Refusal> {
        loop {
            if self.at > self.valid {
                self.validate();
            }
            let end = self.valid.min(self.at + EVENT_BYTES_MAX + LOOKAHEAD_BYTES);
            // INVARIANT: up to `valid` the window is UTF-8, so every record in it is.
            let text = self.window().get(self.at..end).unwrap_or_default();
            let (length, closed) = (text.len(), matches!(text.last(), Some(b'}' | b']' | b'"')));
            let room = length <= EVENT_BYTES_MAX && !self.ended && !self.broken;
            let error = match tree.read_prefix_bytes(text) {
                // A number at the end may go on.
                Ok(end) if room && end == length && !closed && self.fill()? => continue,
                Ok(end) => {
                    let place = self.at..self.at + end;
                    let found = Found::Record { offset: self.offset(), place: place.clone() };
                    (self.at, self.begun) = (place.end, true);
                    return Ok(found);
                }
                Err(error) if room && error.offset + LOOKAHEAD_BYTES >= length && self.fill()? => continue,
                Err(error) => error,
            };
            return self.unreadable(error, length);
        }
    }

    fn unreadable(&mut self, error: JsonError, read: usize) -> Result<Found, Refusal> {
        let at = self.offset() + error.offset as u64;
        let ended = error.problem == Problem::Incomplete;
        let message = match ended {
            true if read > EVENT_BYTES_MAX => format!("{} at byte {}", Problem::TooLong, self.offset()),
            true if self.broken => format!("not UTF-8 at byte {}", self.base + self.valid as u64),
            true => return Err(self.cut_off(self.at)),
            false => format!("{} at byte {at}", error.problem),
        };
        let is_first = self.place == Place::Top && !self.begun && !self.has_lines;
        if is_first && !matches!(error.problem, Problem::TooDeep | Problem::DuplicateName(_) | Problem::LoneSurrogate) {
            return Err(Refusal { offset: Some(at), message: format!("not JSON: {message}") });
        }
        self.skip(message)
    }

    /// Skips to where the next record can begin: the end of the line at the top, the end of the element in a list.
    fn skip(&mut self, message: String) -> Result<Found, Refusal> {
        let start = self.offset();
        let mut skipper = Skipper { in_lines: self.place == Place::Top, ..Skipper::default() };
        let (mut place, mut held) = (self.at, true);
        self.begun = true;
        loop {
            let rest = self.window().get(place..).unwrap_or_default();
            if let Some(length) = skipper.end(rest) {
                let end = place + length;
                let found = (held && end - self.at <= EVENT_BYTES_MAX).then_some(self.at..end);
                self.at = end;
                self.validate();
                return Ok(Found::Unreadable { offset: start, message, place: found });
            }
            place = self.window().len() - self.at;
            if place > EVENT_BYTES_MAX {
                (self.at, place, held) = (self.window().len(), 0, false);
            }
            if !self.fill()? {
                if !skipper.in_lines {
                    return Err(Refusal {
                        offset: Some(start),
                        message: format!("{message}, and no end of that value"),
                    });
                }
                let end = self.window().len();
                let found = held.then_some(self.at..end);
                self.at = end;
                return Ok(Found::Unreadable { offset: start, message, place: found });
            }
            place += self.at;
        }
    }

    /// A member of an envelope after its list: another list of records, or something to skip.
    fn member(&mut self) -> Result<(), Refusal> {
        let mut skipper = Skipper::default();
        self.at += 1;
        self.peek()?;
        while self.window().len() < self.at + ENVELOPE_BYTES_MAX && self.fill()? {}
        if let Some(list) = self.window().get(self.at..).and_then(list_of_member) {
            self.at += list;
            self.enter(true);
            return Ok(());
        }
        loop {
            match skipper.end(self.window().get(self.at..).unwrap_or_default()) {
                Some(length) => {
                    self.at += length;
                    return Ok(());
                }
                None => self.at = self.window().len(),
            }
            if !self.fill()? {
                return Err(self.cut_off(self.at));
            }
        }
    }
}

/// Where a value ends that need not be JSON.
#[derive(Debug, Default)]
struct Skipper {
    in_lines: bool,
    depth: u64,
    in_text: bool,
    escaped: bool,
}

impl Skipper {
    /// Goes over some bytes; if the value ends in them, how many of them are its.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.in_lines {
            return bytes.iter().position(|byte| *byte == b'\n');
        }
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' => self.in_text = !self.in_text,
                _ if self.in_text => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return Some(at),
                b'}' | b']' => self.depth -= 1,
                b',' if self.depth == 0 => return Some(at),
                _ => {}
            }
        }
        None
    }
}

/// Where the list of an envelope begins, if the object at the start of `head` is one: only short members before it.
fn list_of_envelope(head: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += spaces(head.get(at..)?);
        if let Some(list) = list_of_member(head.get(at..)?) {
            return Some(at + list);
        }
        let (name, value) = member_name(head.get(at..)?)?;
        if OF_EVENTS.contains(&name) {
            return None;
        }
        at += value;
        let value = head.get(at..)?;
        at += match value.first()? {
            b'"' => text_length(value)?,
            b'{' | b'[' => Skipper::default().end(value)?,
            _ => value.iter().position(|byte| matches!(byte, b',' | b'}'))?,
        };
        at += spaces(head.get(at..)?);
        if head.get(at) != Some(&b',') {
            return None;
        }
        at += 1;
    }
}

/// Members by which an object shows early that it is an event and no envelope.
const OF_EVENTS: [&[u8]; 6] =
    [b"eventVersion", b"userIdentity", b"eventTime", b"eventID", b"eventSource", b"CloudTrailEvent"];

/// Where the list of records begins, if that is what this member has.
fn list_of_member(member: &[u8]) -> Option<usize> {
    let (name, value) = member_name(member)?;
    (matches!(name, b"Records" | b"Events") && member.get(value) == Some(&b'[')).then_some(value)
}

/// The name of a member, and where its value begins.
fn member_name(member: &[u8]) -> Option<(&[u8], usize)> {
    let name = text_length(member)?;
    let colon = name + spaces(member.get(name..)?);
    let value = colon + 1;
    let value = value + spaces(member.get(value..)?);
    (member.get(colon) == Some(&b':')).then_some((member.get(1..name - 1)?, value))
}

/// How long a text is, quotes included.
fn text_length(bytes: &[u8]) -> Option<usize> {
    let (quote, rest) = bytes.split_first()?;
    let mut escaped = false;
    let close = rest.iter().position(|byte| {
        let is_close = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_close
    });
    (*quote == b'"').then_some(close? + 2)
}

fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a few bytes at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(3);
            self.0.read(buffer.get_mut(..length).unwrap_or_default())
        }
    }

    fn all<R: Read>(mut records: Records<'_, R>) -> Result<Vec<String>, String> {
        let (mut tree, mut found) = (Tree::default(), Vec::new());
        while let Some(next) = records.next(&mut tree).map_err(|refusal| refusal.message)? {
            found.push(match next {
                Found::Record { place, .. } => records.text(&place).trim_end().to_owned(),
                Found::Unreadable { offset, place, message } => {
                    let bytes = place.map(|place| String::from_utf8_lossy(records.bytes(&place)).into_owned());
                    format!("{offset}: {message}: {}", bytes.unwrap_or_default())
                }
            });
        }
        Ok(found)
    }

    fn check(text: &[u8], has_lines: bool) -> Result<Vec<String>, String> {
        let held = all(Records::held(text, has_lines));
        assert_eq!(all(Records::new(Drip(text), has_lines)), held, "held and streamed");
        held
    }

    #[test]
    fn records_are_found_in_every_envelope() {
        let wanted = Ok(vec![r#"{"a":1}"#.to_owned(), r#"{"b":2}"#.to_owned()]);
        for text in [
            r#"{"Records":[{"a":1},{"b":2}]}"#,
            "\u{feff} { \"Records\" : [ {\"a\":1} , {\"b\":2} ] , \"x\": {\"y\": [\"]}\\\"\", 1]} } \n",
            r#"{"NextToken":"a\"b","n":1,"Events":[{"a":1},{"b":2}]}"#,
            r#"{"ResponseMetadata":{"h":["]}",{"x":"\"}"}],"n":1} , "Events":[{"a":1},{"b":2}]}"#,
            r#"{"l":[[1],{}],"Records":[{"a":1},{"b":2}]}"#,
            r#"{"Records":[{"a":1}],"Records":[{"b":2}]}"#,
            r#"[{"a":1},{"b":2}]"#,
            "{\"a\":1}\n{\"b\":2}\n",
            r#"{"a":1}{"b":2}"#,
            "{\"Records\":[{\"a\":1}]}\n[{\"b\":2}]",
        ] {
            assert_eq!(check(text.as_bytes(), false), wanted, "{text}");
        }
        for event in [r#"{"eventVersion":"1.11","Records":[{"a":1}]}"#, r#"{"a":{"Records":[{"b":1}]}}"#] {
            assert_eq!(check(event.as_bytes(), false), Ok(vec![event.to_owned()]));
        }
        assert_eq!(check(b" \n", true), Ok(vec![]));
        for nothing in [&b" \n"[..], b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"] {
            assert_eq!(check(nothing, false), Err("the file holds no JSON value".to_owned()));
        }
        assert_eq!(check(b"{\"Records\":[]}", false), Ok(vec![]));
    }

    #[test]
    fn what_is_no_record_does_not_stop_the_next_one() {
        let found = check(br#"{"Records":[{"a":1,},oops,{"b":"],}"} {"c":3},{"d":4}]}"#, false).unwrap();
        let wanted = [
            "12: expected a name at byte 19: {\"a\":1,}",
            "21: expected a value at byte 21: oops",
            "{\"b\":\"],}\"}",
            "38: expected `,` or `]` at byte 38: {\"c\":3}",
            "{\"d\":4}",
        ];
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        for (found, wanted) in found.iter().zip(wanted) {
            assert_eq!(found.split(':').next(), wanted.split(':').next(), "{found}");
            assert_eq!(found.rsplit(": ").next(), wanted.rsplit(": ").next(), "{found}");
        }
        for text in [&br#"{"Records":[{"a":1}, ],"x":1}"#[..], br#"           [{"a":1}, ]"#] {
            assert_eq!(check(text, false).unwrap(), [r#"{"a":1}"#, "21: expected a value at byte 21: "]);
        }
        let lines = check(b"{\"a\":1}\n{\"b\":\n{\"c\":\"\xff\"}\nno\n{\"d\":4}\n", true).unwrap();
        assert_eq!((lines.len(), lines.last().unwrap().as_str()), (5, "{\"d\":4}"), "{lines:?}");
        let deep = format!("[{}1{},{{\"a\":1}}]", "[".repeat(300), "]".repeat(300));
        let found = check(deep.as_bytes(), false).unwrap();
        assert!(found.len() == 2 && found.last().unwrap() == "{\"a\":1}", "{found:?}");
    }

    #[test]
    fn a_source_that_is_cut_off_anywhere_is_refused() {
        let text = r#"{"Records":[{"a":"\ud83d\ude00é"},{"b":[1,{"c":null}]}],"x":[1]}"#.as_bytes();
        for end in 1..text.len() {
            assert!(check(&text[..end], false).is_err(), "cut after {end} bytes");
        }
        assert!(check(b"hello", false).unwrap_err().contains("not JSON"));
    }

    #[test]
    fn a_record_that_is_too_long_is_skipped_and_not_held() {
        let long = format!("[{{\"a\":\"{}\"}},{{\"b\":2}}]", "x".repeat(EVENT_BYTES_MAX));
        let records = all(Records::new(long.as_bytes(), false)).unwrap();
        assert!(records[0].contains("longer than"), "{} bytes", records[0].len());
        assert_eq!(records[1..], [r#"{"b":2}"#.to_owned()]);
    }
}
