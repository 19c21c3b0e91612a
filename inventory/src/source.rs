//! The text of a file under its name, and the one value it holds.

use std::io::Read;

use wardbook_policy::json::{self, ParseError, Value};
use wardbook_policy::span::{Lines, Position, Span};

use crate::limits::{FILE_BYTES_MAX, MESSAGE_CHARACTERS_MAX};
use crate::yaml;

/// A text and the name it goes by in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name of the file, as it was given.
    pub path: String,
    /// Its text, without a byte order mark.
    pub text: String,
}

/// What is wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{position}: {message}")]
pub struct ReadError {
    /// The file.
    pub path: String,
    /// Line and column of the first character concerned.
    pub position: Position,
    /// The bytes concerned, in the text of the source.
    pub span: Span,
    /// What is wrong, and what to write instead where that is clear.
    pub message: String,
}

impl Source {
    /// A text under a name.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    /// The bytes of a file as text. A byte order mark is left out; what is not UTF-8 is refused.
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Result<Source, ReadError> {
        let path = path.into();
        if let Some(message) = too_long(bytes.len()) {
            return Err(ReadError::new(path, &Lines::new(""), Span::default(), message));
        }
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                Ok(Source { path, text })
            }
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let valid = String::from_utf8_lossy(error.as_bytes().get(..offset).unwrap_or_default());
                let hint = match error.as_bytes() {
                    [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "; it looks like UTF-16",
                    [0x1F, 0x8B, ..] => "; it looks like gzip",
                    _ => "",
                };
                let message = format!("the text is not UTF-8: byte {offset} begins no character{hint}");
                Err(ReadError::new(path, &Lines::new(&valid), Span::new(offset, offset), message))
            }
        }
    }

    /// Reads a source to its end, or to the limit of what is read.
    ///
    /// # Errors
    ///
    /// What the reader says, or that there is more than the limit.
    pub fn bytes_of(reader: impl std::io::Read) -> std::io::Result<Vec<u8>> {
        Source::bytes_expected(reader, 0)
    }

    /// The same for a reader that probably has this many bytes.
    pub(crate) fn bytes_expected(reader: impl std::io::Read, length: usize) -> std::io::Result<Vec<u8>> {
        // One more, so that the end is met without growing.
        let mut bytes = Vec::with_capacity(length.min(FILE_BYTES_MAX).saturating_add(1));
        let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
        reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        match too_long(bytes.len()) {
            Some(message) => Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message)),
            None => Ok(bytes),
        }
    }

    /// Something wrong at a place in this text.
    pub fn error(&self, span: Span, message: impl Into<String>) -> ReadError {
        ReadError::new(self.path.as_str(), &Lines::new(&self.text), span, message)
    }

    fn parse_error(&self, error: ParseError) -> ReadError {
        self.error(error.span, error.message)
    }
}

impl ReadError {
    /// Something wrong at a place in a text whose lines are known.
    pub fn new(path: impl Into<String>, lines: &Lines<'_>, span: Span, message: impl Into<String>) -> ReadError {
        let mut message: String = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX) {
            message.truncate(end);
            message.push('…');
        }
        let path = lines.path(span).map_or_else(|| path.into(), str::to_owned);
        ReadError { path, position: lines.position(span), span, message }
    }
}

/// Reads the one value of a source: JSON if it begins like JSON, else YAML.
///
/// A file called `.yaml` or `.yml` that begins like JSON and is not JSON is read as YAML, whose
/// flow style looks alike.
///
/// ```
/// use wardbook_inventory::source::{Source, read_value};
///
/// assert!(read_value(&Source::new("a.json", r#"{"a": 1}"#)).is_ok());
/// assert!(read_value(&Source::new("a.yaml", "a: 1")).is_ok());
/// let error = read_value(&Source::new("a.json", "{\"a\": 1,\n \"a\": 2}")).unwrap_err();
/// assert_eq!(error.to_string(), "a.json:2:2: `a` occurs twice in this object");
/// ```
pub fn read_value(source: &Source) -> Result<Value, ReadError> {
    read_one(source, yaml::parse)
}

/// The same for what may be a CloudFormation template, whose YAML may have functions in short form.
pub fn read_template(source: &Source) -> Result<Value, ReadError> {
    read_one(source, yaml::parse_template)
}

fn read_one(source: &Source, yaml: fn(&str) -> Result<Value, ParseError>) -> Result<Value, ReadError> {
    let called_yaml = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
    let read = if begins_like_json(&source.text) {
        match json::parse(&source.text) {
            Err(_) if called_yaml => yaml(&source.text),
            read => read,
        }
    } else {
        yaml(&source.text)
    };
    read.map_err(|error| source.parse_error(error))
}

/// Reads the values of a source that may hold several JSON values one after another, as JSON lines
/// and concatenated pages do; YAML holds one.
pub fn read_values(source: &Source) -> Result<Vec<Value>, ReadError> {
    if !begins_like_json(&source.text) {
        return read_value(source).map(|value| vec![value]);
    }
    let mut values = Vec::new();
    let mut at = 0;
    while values.is_empty() || at < source.text.len() {
        let (value, end) = json::parse_prefix(&source.text, at).map_err(|error| source.parse_error(error))?;
        values.push(value);
        at = end;
    }
    Ok(values)
}

/// What to say of a file of this length, if it is longer than what is read.
pub(crate) fn too_long(bytes: usize) -> Option<String> {
    (bytes > FILE_BYTES_MAX)
        .then(|| format!("the file has {bytes} bytes, more than the {FILE_BYTES_MAX} that are read"))
}

pub(crate) fn begins_like_json(text: &str) -> bool {
    text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with(['{', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_left_out_and_other_bytes_are_refused_with_their_offset() {
        assert_eq!(Source::from_bytes("a", b"\xEF\xBB\xBF{}".to_vec()).unwrap().text, "{}");
        let error = Source::from_bytes("a", b"x: 1\ny: \xFF".to_vec()).unwrap_err();
        assert_eq!(error.to_string(), "a:2:4: the text is not UTF-8: byte 8 begins no character");
        let error = Source::from_bytes("a", b"\xFF\xFEx\0".to_vec()).unwrap_err();
        assert!(error.message.ends_with("it looks like UTF-16"), "{error}");
        assert!(Source::from_bytes("a", vec![0x1F, 0x8B, 8]).unwrap_err().message.ends_with("gzip"));
    }

    #[test]
    fn a_file_at_the_limit_is_read_and_one_above_it_is_not() {
        assert_eq!(too_long(FILE_BYTES_MAX), None);
        assert!(too_long(FILE_BYTES_MAX + 1).is_some_and(|message| message.contains("268435457 bytes")));
    }

    #[test]
    fn flow_style_in_a_yaml_file_is_yaml() {
        assert!(read_value(&Source::new("a.yaml", "{a: b}")).is_ok());
        assert!(read_value(&Source::new("a.json", "{a: b}")).is_err());
    }

    #[test]
    fn pages_one_after_another_are_values_of_their_own() {
        assert_eq!(read_values(&Source::new("a", "{}\n{} [1]\n")).unwrap().len(), 3);
        assert_eq!(read_values(&Source::new("a", "a: 1\n")).unwrap().len(), 1);
        let error = read_values(&Source::new("a", "{}\n{\"a\"")).unwrap_err();
        assert_eq!(error.position, Position { line: 2, column: 5 });
        assert!(read_values(&Source::new("a", "")).is_err());
    }
}
