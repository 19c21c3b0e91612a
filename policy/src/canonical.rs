//! One way to write a policy document: what has no meaning (order, repeats, spacing) is settled.
//!
//! Elements stand in the order of the reference, two spaces deeper than what holds them. Statements
//! keep their order and are a list, so that a second one is a small change. Principals,
//! actions, resources and condition values are sorted and occur once; one alone stands without
//! brackets. Operators and keys of a Condition are sorted. Letters sort without regard to case first.
//! A list that fits into [`COLUMNS`] stands on one line. Texts, numbers and booleans are what they were.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::document::scalar;
use crate::json::{Kind, Member, Value};
use crate::limits::JSON_DEPTH_MAX;
use crate::principal::Family;

/// The width of a line. Only a list is broken to keep it: a single text may be longer.
pub const COLUMNS: usize = 100;

/// The document in canonical form, with a line feed at the end.
///
/// Total and idempotent; it says the same as the document. A value that is no policy document, or
/// an element nobody knows, is written as it is: whoever wants those refused reads the document first.
///
/// ```
/// use wardbook_policy::{canonical::canonical, json};
/// let value = json::parse(r#"{"Statement": {"Action": ["kms:Sign", "kms:Decrypt", "kms:Sign"], "Effect": "Allow"}}"#).unwrap();
/// let text = "{\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": [\"kms:Decrypt\", \"kms:Sign\"]\n    }\n  ]\n}\n";
/// assert_eq!(canonical(&value), text);
/// assert_eq!(canonical(&json::parse(text).unwrap()), text);
/// ```
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    document(value).write(&mut text, Place::default());
    text.push('\n');
    text
}

const DOCUMENT: &[&str] = &["Version", "Id", "Statement"];

const STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// What will be written.
enum Form {
    /// A text, number, boolean or null, as JSON.
    Scalar(String),
    List(Vec<Form>),
    Object(Vec<(String, Form)>),
}

fn document(value: &Value) -> Form {
    let Kind::Object(members) = &value.kind else { return verbatim(value) };
    ordered(members, DOCUMENT, |member| match (&*member.name, &member.value.kind) {
        ("Statement", Kind::List(statements)) => Form::List(statements.iter().map(statement).collect()),
        // One that is as deep as its reader lets it be stays by itself: nobody could read the list.
        ("Statement", Kind::Object(_)) if STATEMENT_DEPTH + height(&member.value) > JSON_DEPTH_MAX => {
            statement(&member.value)
        }
        ("Statement", Kind::Object(_)) => Form::List(vec![statement(&member.value)]),
        _ => verbatim(&member.value),
    })
}

/// How deep a statement stands in the list of a document.
const STATEMENT_DEPTH: usize = 2;

/// How many values a value nests inside each other.
fn height(value: &Value) -> usize {
    // INVARIANT: no deeper than the readers of JSON and YAML go.
    match &value.kind {
        Kind::List(values) => values.iter().map(|value| 1 + height(value)).max().unwrap_or(0),
        Kind::Object(members) => members.iter().map(|member| 1 + height(&member.value)).max().unwrap_or(0),
        _ => 0,
    }
}

fn statement(value: &Value) -> Form {
    let Kind::Object(members) = &value.kind else { return verbatim(value) };
    ordered(members, STATEMENT, |member| match (&*member.name, &member.value.kind) {
        ("Action" | "NotAction" | "Resource" | "NotResource", _) => set(&member.value),
        ("Principal" | "NotPrincipal", Kind::Object(families)) => {
            let names: Vec<&str> = Family::NAMES.iter().map(|(name, _)| *name).collect();
            ordered(families, &names, |family| set(&family.value))
        }
        ("Condition", Kind::Object(operators)) => sorted(operators, |operator| match &operator.value.kind {
            Kind::Object(keys) => sorted(keys, |key| set(&key.value)),
            _ => verbatim(&operator.value),
        }),
        _ => verbatim(&member.value),
    })
}

/// Members in the order of `names`; those with other names follow in their own.
fn ordered(members: &[Member], names: &[&str], form: impl Fn(&Member) -> Form) -> Form {
    let mut members: Vec<&Member> = members.iter().collect();
    members.sort_by_key(|member| names.iter().position(|name| *name == &*member.name).unwrap_or(names.len()));
    object(members, form)
}

/// Members sorted by name.
fn sorted(members: &[Member], form: impl Fn(&Member) -> Form) -> Form {
    let mut members: Vec<&Member> = members.iter().collect();
    members.sort_by_cached_key(|member| sort_key(&member.name));
    object(members, form)
}

fn object(members: Vec<&Member>, form: impl Fn(&Member) -> Form) -> Form {
    Form::Object(members.into_iter().map(|member| (quoted(&member.name), form(member))).collect())
}

/// A list whose order and repeats mean nothing. Of `true` and `"true"`, which say the same, the text stays.
fn set(value: &Value) -> Form {
    let Kind::List(values) = &value.kind else { return verbatim(value) };
    let Some(mut texts) = values.iter().map(|value| Some((scalar(value)?, value))).collect::<Option<Vec<_>>>() else {
        return verbatim(value);
    };
    texts.sort_by_cached_key(|(text, value)| (sort_key(text), value.as_text().is_none()));
    texts.dedup_by(|(later, _), (earlier, _)| later == earlier);
    match texts.as_slice() {
        [(_, alone)] => verbatim(alone),
        _ => Form::List(texts.into_iter().map(|(_, value)| verbatim(value)).collect()),
    }
}

fn sort_key(text: &str) -> (String, String) {
    (text.to_ascii_lowercase(), text.to_owned())
}

/// The value as it is. Values are nested no deeper than their reader lets them (`JSON_DEPTH_MAX`).
fn verbatim(value: &Value) -> Form {
    match &value.kind {
        Kind::Null => Form::Scalar("null".into()),
        Kind::Bool(told) => Form::Scalar(told.to_string()),
        Kind::Number(number) => Form::Scalar(number.to_string()),
        Kind::Text(text) => Form::Scalar(quoted(text)),
        Kind::List(values) => Form::List(values.iter().map(verbatim).collect()),
        Kind::Object(members) => object(members.iter().collect(), |member| verbatim(&member.value)),
    }
}

/// The text between quotes, with no more escapes than JSON asks for.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\0'..='\u{1f}' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Where on its line a form begins, and what has to follow it there.
#[derive(Clone, Copy, Default)]
struct Place {
    indent: usize,
    /// Columns taken before it, indentation included.
    before: usize,
    /// Columns needed after it, for a comma.
    after: usize,
}

impl Form {
    fn write(&self, text: &mut String, place: Place) {
        match self {
            Form::Scalar(scalar) => text.push_str(scalar),
            Form::List(items) => match one_line(items) {
                Some(line) if place.before + line.chars().count() + place.after <= COLUMNS => text.push_str(&line),
                _ => {
                    let lines = items.iter().map(|item| (None, item));
                    block(text, place.indent, ('[', ']'), lines, items.len());
                }
            },
            Form::Object(members) if members.is_empty() => text.push_str("{}"),
            Form::Object(members) => {
                let lines = members.iter().map(|(name, form)| (Some(name.as_str()), form));
                block(text, place.indent, ('{', '}'), lines, members.len());
            }
        }
    }
}

/// A list on one line, unless an item is more than a scalar.
fn one_line(items: &[Form]) -> Option<String> {
    let scalars: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Form::Scalar(scalar) => Some(scalar.as_str()),
            Form::List(_) | Form::Object(_) => None,
        })
        .collect();
    Some(format!("[{}]", scalars?.join(", ")))
}

/// Brackets, and between them one line or more for each form.
fn block<'a>(
    text: &mut String,
    indent: usize,
    (open, close): (char, char),
    forms: impl Iterator<Item = (Option<&'a str>, &'a Form)>,
    count: usize,
) {
    let inner = indent + 2;
    text.push(open);
    for (index, (name, form)) in forms.enumerate() {
        let label = name.map(|name| format!("{name}: ")).unwrap_or_default();
        let comma = index + 1 < count;
        new_line(text, inner);
        text.push_str(&label);
        form.write(text, Place { indent: inner, before: inner + label.chars().count(), after: usize::from(comma) });
        if comma {
            text.push(',');
        }
    }
    new_line(text, indent);
    text.push(close);
}

fn new_line(text: &mut String, indent: usize) {
    text.push('\n');
    text.extend(core::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests;
