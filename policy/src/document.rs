//! A policy document as somebody wrote it, mistakes and positions included.
//!
//! Reading never fails: what cannot be understood becomes a [`Problem`] with its place. Only
//! [`Policy::new`](crate::policy::Policy::new) turns a document into something that decides, and it
//! refuses documents that have problems.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use std::collections::BTreeSet;

use crate::json::{Kind, Member, Value};
use crate::limits::STATEMENTS_MAX;
use crate::span::Span;
use crate::symbol;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where the document stands.
    pub span: Span,
    /// The Version element.
    pub version: Option<Word>,
    /// The Id element.
    pub id: Option<Word>,
    /// Whether symbols in its texts are symbols: a template leaves parts of it open.
    pub open: bool,
    /// The statements, in their order.
    pub statements: Vec<StatementText>,
    /// What is wrong outside the statements.
    pub problems: Vec<Problem>,
}

/// A statement as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementText {
    /// Where it stands.
    pub span: Span,
    /// The Sid element.
    pub sid: Option<Word>,
    /// The Effect element.
    pub effect: Option<Word>,
    /// Principal or NotPrincipal.
    pub principal: Option<PrincipalText>,
    /// Action or NotAction.
    pub action: Option<Words>,
    /// Resource or NotResource.
    pub resource: Option<Words>,
    /// The rows of the Condition block.
    pub conditions: Vec<ConditionText>,
    /// The symbols on which it turns whether there is such a statement, or what an essential part of it is.
    pub doubts: Vec<Word>,
    /// Whether nothing is known of it: it may allow or deny anything.
    pub unknown: bool,
    /// What is wrong in this statement.
    pub problems: Vec<Problem>,
}

/// A text and its place. Numbers and booleans where a text belongs are kept as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: Box<str>,
    /// Its place.
    pub span: Span,
}

/// The texts of an element that may be negated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Whether it is the `Not...` form.
    pub negated: bool,
    /// Where the element's name stands.
    pub name_span: Span,
    /// Its texts.
    pub words: Vec<Word>,
}

/// A Principal or NotPrincipal element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalText {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Where the element's name stands.
    pub name_span: Span,
    /// `"*"` (or a symbol), or the families (`AWS`, `Service`, ...) with their names.
    pub names: Vec<PrincipalName>,
}

/// One name in a Principal element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalName {
    /// `AWS`, `Service`, ...; `None` for `Principal: "*"` and for a symbol in its place.
    pub family: Option<Word>,
    /// The name.
    pub name: Word,
}

/// One row of a Condition block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionText {
    /// The operator.
    pub operator: Word,
    /// The condition key.
    pub key: Word,
    /// The values.
    pub values: Vec<Word>,
}

/// The part of a statement that a problem spoils.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The document outside its statements.
    Document,
    /// The statement as a whole.
    Statement,
    /// Effect.
    Effect,
    /// Principal or NotPrincipal.
    Principal,
    /// Action or NotAction.
    Action,
    /// Resource or NotResource.
    Resource,
    /// Condition.
    Condition,
}

/// Something that AWS would refuse, or that cannot be evaluated, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, and what to write instead where that is clear.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What it spoils.
    pub part: Part,
    /// Whether AWS takes the document all the same, and the statement has no effect.
    pub is_taken: bool,
}

impl Problem {
    pub(crate) fn new(part: Part, span: Span, message: impl Into<String>) -> Problem {
        Problem { message: message.into(), span, part, is_taken: false }
    }
}

impl Document {
    /// Reads a document from a value of whatever carrier.
    pub fn read(value: &Value) -> Document {
        Document::read_with(value, false)
    }

    /// Reads a document of which a template leaves parts open: [symbols](crate::symbol) in its texts
    /// are symbols. A statement, or the whole, may be a symbol; a member of a statement whose name is
    /// a symbol says that the statement may not be there.
    pub fn read_open(value: &Value) -> Document {
        Document::read_with(value, true)
    }

    fn read_with(value: &Value, open: bool) -> Document {
        let (span, statements, problems) = (value.span, Vec::new(), Vec::new());
        let mut document = Document { span, version: None, id: None, open, statements, problems };
        if let Some(symbol) = symbol(value, open) {
            document.statements.push(StatementText::unknown(symbol));
            return document;
        }
        let Some(members) = value.as_object() else {
            document.problem(value.span, format!("a policy document is an object, not {}", value.noun()));
            return document;
        };
        let mut found = false;
        for member in members {
            match &*member.name {
                "Version" => document.version = word(&member.value, Part::Document, "Version", &mut document.problems),
                "Id" => document.id = word(&member.value, Part::Document, "Id", &mut document.problems),
                "Statement" => {
                    found = true;
                    document.read_statements(&member.value);
                }
                name => {
                    let known = ["Version", "Id", "Statement"];
                    let message = unknown_element(name, "a policy document", &known);
                    document.problem(member.name_span, message);
                }
            }
        }
        if !found {
            document.problem(head(value), "a policy document needs `Statement`");
        }
        document
    }

    fn read_statements(&mut self, value: &Value) {
        let statements = match &value.kind {
            Kind::Object(_) => core::slice::from_ref(value),
            Kind::Text(_) if symbol(value, self.open).is_some() => core::slice::from_ref(value),
            Kind::List(values) if values.is_empty() => {
                return self.problem(value.span, "`Statement` is empty");
            }
            Kind::List(values) if values.len() > STATEMENTS_MAX => {
                return self.problem(value.span, format!("more than {STATEMENTS_MAX} statements"));
            }
            Kind::List(values) => values,
            _ => {
                let message = format!("`Statement` is an object or a list of objects, not {}", value.noun());
                return self.problem(value.span, message);
            }
        };
        self.statements = statements.iter().map(|value| StatementText::read(value, self.open)).collect();
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(Part::Document, span, message));
    }

    /// Whether policy variables have a meaning in this document.
    pub fn has_variables(&self) -> bool {
        self.version.as_ref().is_some_and(|version| &*version.text == VERSION_2012 || self.holds_symbol(&version.text))
    }

    /// Whether a text of this document holds a symbol.
    pub(crate) fn holds_symbol(&self, text: &str) -> bool {
        self.open && symbol::holds(text)
    }

    /// Calls with every text that takes part in decisions.
    pub(crate) fn words(&mut self, call: &mut dyn FnMut(&mut Word)) {
        for statement in &mut self.statements {
            let elements = [&mut statement.action, &mut statement.resource];
            elements.into_iter().flatten().flat_map(|words| &mut words.words).for_each(&mut *call);
            let names = statement.principal.iter_mut().flat_map(|principal| &mut principal.names);
            names.for_each(|name| call(&mut name.name));
            for row in &mut statement.conditions {
                call(&mut row.key);
                row.values.iter_mut().for_each(&mut *call);
            }
        }
    }
}

/// The version whose documents may hold policy variables; without a Version the older one holds.
pub const VERSION_2012: &str = "2012-10-17";
/// The older version.
pub const VERSION_2008: &str = "2008-10-17";

const ELEMENTS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl StatementText {
    /// A statement of which nothing is known.
    fn unknown(symbol: Word) -> StatementText {
        StatementText { unknown: true, ..StatementText::empty(symbol.span).with_doubt(symbol) }
    }

    fn with_doubt(mut self, doubt: Word) -> StatementText {
        self.doubts.push(doubt);
        self
    }

    fn empty(span: Span) -> StatementText {
        StatementText {
            span,
            sid: None,
            effect: None,
            principal: None,
            action: None,
            resource: None,
            conditions: Vec::new(),
            doubts: Vec::new(),
            unknown: false,
            problems: Vec::new(),
        }
    }

    fn read(value: &Value, open: bool) -> StatementText {
        if let Some(symbol) = symbol(value, open) {
            return StatementText::unknown(symbol);
        }
        let mut statement = StatementText::empty(value.span);
        let Some(members) = value.as_object() else {
            let message = format!("a statement is an object, not {}", value.noun());
            statement.problems.push(Problem::new(Part::Statement, value.span, message));
            return statement;
        };
        for member in members {
            if open && symbol::holds(&member.name) {
                statement.doubts.push(Word { text: member.name.clone(), span: member.name_span });
            } else {
                statement.read_element(member, open);
            }
        }
        statement
    }

    fn read_element(&mut self, member: &Member, open: bool) {
        let problems = &mut self.problems;
        let value = &member.value;
        match &*member.name {
            "Sid" => self.sid = word(value, Part::Statement, "Sid", problems),
            "Effect" => self.effect = word(value, Part::Effect, "Effect", problems),
            "Principal" | "NotPrincipal" => {
                let read = principal(member, open, problems);
                pair(&mut self.principal, read, member, Part::Principal, problems);
            }
            "Action" | "NotAction" => {
                let read = words(member, Part::Action, problems);
                pair(&mut self.action, read, member, Part::Action, problems);
            }
            "Resource" | "NotResource" => {
                let read = words(member, Part::Resource, problems);
                pair(&mut self.resource, read, member, Part::Resource, problems);
            }
            "Condition" => self.conditions = conditions(value, open, &mut self.doubts, problems),
            name => {
                let message = unknown_element(name, "a statement", ELEMENTS);
                problems.push(Problem::new(Part::Statement, member.name_span, message));
            }
        }
    }
}

/// A text that is one symbol, where something else was wanted.
fn symbol(value: &Value, open: bool) -> Option<Word> {
    let text = value.as_text().filter(|text| open && symbol::is_lone(text))?;
    Some(Word { text: text.into(), span: value.span })
}

/// An element and its `Not...` form exclude each other.
fn pair<T>(slot: &mut Option<T>, read: T, member: &Member, part: Part, problems: &mut Vec<Problem>) {
    if slot.is_some() {
        let name = member.name.trim_start_matches("Not");
        let message = format!("a statement has either `{name}` or `Not{name}`, not both");
        problems.push(Problem::new(part, member.name_span, message));
    } else {
        *slot = Some(read);
    }
}

fn unknown_element(name: &str, holder: &str, known: &[&str]) -> String {
    match known.iter().find(|candidate| candidate.eq_ignore_ascii_case(name)) {
        Some(candidate) => format!("element names are case-sensitive: write `{candidate}` instead of `{name}`"),
        None => format!("`{name}` is not an element of {holder}"),
    }
}

/// The first character of a value, for what is missing inside it.
fn head(value: &Value) -> Span {
    Span { start: value.span.start, end: value.span.start.saturating_add(1) }
}

fn word(value: &Value, part: Part, name: &str, problems: &mut Vec<Problem>) -> Option<Word> {
    match &value.kind {
        Kind::Text(text) => Some(Word { text: text.clone(), span: value.span }),
        _ => {
            problems.push(Problem::new(part, value.span, format!("`{name}` is a text, not {}", value.noun())));
            None
        }
    }
}

/// A text, or a list of texts; an empty list is a problem.
fn words(member: &Member, part: Part, problems: &mut Vec<Problem>) -> Words {
    let name = &member.name;
    let mut words = Words { negated: name.starts_with("Not"), name_span: member.name_span, words: Vec::new() };
    for value in one_or_many(&member.value, name, part, problems) {
        words.words.extend(word(value, part, name, problems));
    }
    words
}

fn one_or_many<'a>(value: &'a Value, name: &str, part: Part, problems: &mut Vec<Problem>) -> &'a [Value] {
    match &value.kind {
        Kind::List(values) => {
            if values.is_empty() {
                problems.push(Problem::new(part, value.span, format!("`{name}` is an empty list")));
            }
            values
        }
        _ => core::slice::from_ref(value),
    }
}

fn principal(member: &Member, open: bool, problems: &mut Vec<Problem>) -> PrincipalText {
    let mut read =
        PrincipalText { negated: &*member.name == "NotPrincipal", name_span: member.name_span, names: Vec::new() };
    match &member.value.kind {
        Kind::Text(text) if &**text == "*" || symbol(&member.value, open).is_some() => {
            let name = Word { text: text.clone(), span: member.value.span };
            read.names.push(PrincipalName { family: None, name });
        }
        Kind::Object(families) => {
            if families.is_empty() {
                let message = format!("`{}` is empty", member.name);
                problems.push(Problem::new(Part::Principal, member.value.span, message));
            }
            for family in families {
                for value in one_or_many(&family.value, &family.name, Part::Principal, problems) {
                    let Some(name) = word(value, Part::Principal, &family.name, problems) else { continue };
                    let family = Word { text: family.name.clone(), span: family.name_span };
                    read.names.push(PrincipalName { family: Some(family), name });
                }
            }
        }
        _ => {
            let message = format!(
                "`{}` is `\"*\"` or an object such as `{{\"AWS\": \"...\"}}`, not {}",
                member.name,
                member.value.noun()
            );
            problems.push(Problem::new(Part::Principal, member.value.span, message));
        }
    }
    read
}

fn conditions(value: &Value, open: bool, doubts: &mut Vec<Word>, problems: &mut Vec<Problem>) -> Vec<ConditionText> {
    if let Some(symbol) = symbol(value, open) {
        doubts.push(symbol);
        return Vec::new();
    }
    let mut problem = |span: Span, message: String| problems.push(Problem::new(Part::Condition, span, message));
    let mut rows: Vec<ConditionText> = Vec::new();
    let Some(operators) = value.as_object() else {
        problem(value.span, format!("`Condition` is an object, not {}", value.noun()));
        return rows;
    };
    for operator in operators {
        let unknown_operator = open && symbol::holds(&operator.name);
        if unknown_operator || symbol(&operator.value, open).is_some() {
            let place = if unknown_operator { operator.name_span } else { operator.value.span };
            let text = if unknown_operator { Some(&*operator.name) } else { operator.value.as_text() };
            doubts.push(Word { text: text.unwrap_or_default().into(), span: place });
            continue;
        }
        let Some(keys) = operator.value.as_object().filter(|keys| !keys.is_empty()) else {
            problem(
                operator.value.span,
                format!("`{}` needs an object of condition keys and their values", operator.name),
            );
            continue;
        };
        let mut seen = BTreeSet::new();
        for key in keys {
            if !seen.insert(key.name.to_lowercase()) {
                let message = format!("`{}` stands here twice; condition keys do not differ by case", key.name);
                problem(key.name_span, message);
            }
            let values = match &key.value.kind {
                Kind::List(values) => values,
                _ => core::slice::from_ref(&key.value),
            };
            if values.is_empty() {
                problem(key.value.span, format!("`{}` has no values", key.name));
            }
            let mut texts = Vec::with_capacity(values.len());
            for value in values {
                match scalar(value) {
                    Some(text) => texts.push(Word { text, span: value.span }),
                    None => problem(value.span, format!("a condition value is a text, not {}", value.noun())),
                }
            }
            rows.push(ConditionText {
                operator: Word { text: operator.name.clone(), span: operator.name_span },
                key: Word { text: key.name.clone(), span: key.name_span },
                values: texts,
            });
        }
    }
    rows
}

/// Texts, numbers and booleans are condition values; each is its text.
pub fn scalar(value: &Value) -> Option<Box<str>> {
    match &value.kind {
        Kind::Text(text) | Kind::Number(text) => Some(text.clone()),
        Kind::Bool(true) => Some("true".into()),
        Kind::Bool(false) => Some("false".into()),
        Kind::Null | Kind::List(_) | Kind::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        Document::read(&crate::json::parse(text).unwrap())
    }

    fn messages(text: &str) -> Vec<String> {
        let document = read(text);
        let inner = document.statements.iter().flat_map(|statement| &statement.problems);
        document.problems.iter().chain(inner).map(|problem| problem.message.clone()).collect()
    }

    #[test]
    fn every_documented_shape_is_understood() {
        let one = read(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}"#,
        );
        let many = read(
            r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a b","Effect":"Allow","Principal":{"AWS":["1","2"],"Service":"s"},
            "NotAction":["a:b"],"NotResource":["x"],"Condition":{"Bool":{"k":true},"NumericEquals":{"n":[1,2.5]}}}]}"#,
        );
        assert!(one.problems.is_empty() && one.statements[0].problems.is_empty());
        assert!(many.problems.is_empty() && many.statements[0].problems.is_empty());
        let statement = &many.statements[0];
        assert_eq!(statement.principal.as_ref().unwrap().names.len(), 3);
        assert!(statement.action.as_ref().unwrap().negated && statement.resource.as_ref().unwrap().negated);
        assert_eq!(&*statement.conditions[0].values[0].text, "true");
        assert_eq!(&*statement.conditions[1].values[1].text, "2.5");
    }

    #[test]
    fn mistakes_are_named_and_placed() {
        let wanted = [
            (r#"[]"#, "is an object, not a list"),
            (r#"{}"#, "needs `Statement`"),
            (r#"{"statement":[]}"#, "write `Statement` instead of `statement`"),
            (r#"{"Statement":[]}"#, "is empty"),
            (r#"{"Statement":[1]}"#, "a statement is an object"),
            (r#"{"Statement":{"Tags":[]}}"#, "`Tags` is not an element of a statement"),
            (r#"{"Statement":{"action":"x"}}"#, "write `Action`"),
            (r#"{"Statement":{"Action":"a","NotAction":"b"}}"#, "either `Action` or `NotAction`"),
            (r#"{"Statement":{"Action":[]}}"#, "is an empty list"),
            (r#"{"Statement":{"Action":1}}"#, "`Action` is a text, not a number"),
            (r#"{"Statement":{"Principal":"arn:x"}}"#, "`Principal` is `\"*\"` or an object"),
            (r#"{"Statement":{"Principal":{}}}"#, "`Principal` is empty"),
            (r#"{"Statement":{"Condition":{"Bool":{}}}}"#, "needs an object of condition keys"),
            (r#"{"Statement":{"Condition":{"StringEquals":{"aws:A":"1","AWS:a":"2"}}}}"#, "do not differ by case"),
            (r#"{"Statement":{"Condition":{"StringEquals":{"aws:A":[]}}}}"#, "has no values"),
            (r#"{"Statement":{"Condition":{"StringEquals":{"aws:A":{}}}}}"#, "a condition value is a text"),
        ];
        for (text, part) in wanted {
            let found = messages(text);
            assert!(found.iter().any(|message| message.contains(part)), "{text}: {found:?}");
        }
    }
}
