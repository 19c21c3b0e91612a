//! Terraform's JSON syntax, put into Terraform's own language: the same blocks, places kept.
//! <https://developer.hashicorp.com/terraform/language/syntax/json>

use hcl_edit::expr::Expression;
use wardbook_policy::json::{Kind, Member, ParseError, Value};
use wardbook_policy::span::Span;

use super::written::Written;

/// What stands at the top of a file, and how many labels lead to a block of it.
const TOP: &[(&str, usize)] =
    &[("resource", 2), ("data", 2), ("variable", 1), ("output", 1), ("module", 1), ("provider", 1), ("locals", 0)];

/// What else may stand there.
const OTHERS: &[&str] = &["//", "terraform", "moved", "import", "removed", "check", "ephemeral", "action", "list"];

/// Properties that are blocks although one alone may be written as an object.
const BLOCKS: &[&str] = &[
    "statement",
    "principals",
    "not_principals",
    "condition",
    "constraints",
    "inline_policy",
    "lifecycle",
    "assume_role",
    "assume_role_with_web_identity",
    "default_tags",
];

/// Properties whose texts are expressions and not templates.
const REFERENCES: &[&str] = &["provider", "providers", "type"];

/// Whether a file is written in the syntax, whatever it is called.
pub(crate) fn recognizes(value: &Value) -> bool {
    let known = |member: &Member| TOP.iter().any(|(name, _)| **name == *member.name) || OTHERS.contains(&&*member.name);
    let of_aws = |name: &str| {
        let kinds = value.member(name).and_then(Value::as_object).unwrap_or_default();
        kinds.iter().any(|member| member.name.starts_with("aws_") && holds_blocks(&member.value))
    };
    value.as_object().is_some_and(|members| members.iter().all(known)) && (of_aws("resource") || of_aws("data"))
}

fn holds_blocks(value: &Value) -> bool {
    value.as_object().is_some()
        || value.as_list().is_some_and(|items| items.iter().all(|item| item.as_object().is_some()))
}

/// The blocks of a file whose text begins at `base` of the joined text.
pub(crate) fn module(value: &Value, text: &str, base: usize) -> Result<Written, ParseError> {
    let mut writer = Writer { text, base, out: Written::default() };
    for object in objects(value, "a file of Terraform")? {
        for member in object {
            if let Some((name, labels)) = TOP.iter().find(|(name, _)| **name == *member.name) {
                writer.blocks(name, *labels, &member.value, &mut Vec::new())?;
            } else if !OTHERS.contains(&&*member.name) {
                let message = format!("unknown kind of block `{}`", member.name);
                return Err(ParseError { message, span: member.name_span });
            }
        }
    }
    Ok(writer.out)
}

/// The values of a file of variables, which are taken as they are written.
pub(crate) fn values(value: &Value, text: &str, base: usize) -> Result<Written, ParseError> {
    let mut writer = Writer { text, base, out: Written::default() };
    for object in objects(value, "a file of variables")? {
        for member in object {
            writer.attribute(member, Texts::Literal)?;
        }
    }
    Ok(writer.out)
}

/// How texts are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Template,
    Literal,
    Expression,
}

struct Writer<'t> {
    text: &'t str,
    base: usize,
    out: Written,
}

/// An object, or a list of objects, which mean the same.
fn objects<'v>(value: &'v Value, what: &str) -> Result<Vec<&'v [Member]>, ParseError> {
    let fail = |value: &Value| ParseError { message: format!("{what} is an object"), span: value.span };
    match value.as_list() {
        Some(items) => items.iter().map(|item| item.as_object().ok_or_else(|| fail(item))).collect(),
        None => value.as_object().map(|object| vec![object]).ok_or_else(|| fail(value)),
    }
}

fn is_identifier(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    begins && name.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

impl Writer<'_> {
    fn at(&self, span: Span) -> (usize, usize) {
        (self.base + span.start as usize, (span.end - span.start.min(span.end)) as usize)
    }

    /// A name as it stands, without its quotes.
    fn name(&mut self, name: &str, span: Span) -> Result<(), ParseError> {
        if !is_identifier(name) {
            return Err(ParseError { message: format!("`{name}` is no name"), span });
        }
        let (start, _) = self.at(span);
        self.out.push_at(name, start + 1, name.len());
        Ok(())
    }

    /// ` "name"`
    fn label(&mut self, label: &Member) -> Result<(), ParseError> {
        let (start, length) = self.at(label.name_span);
        self.out.push(" ");
        self.out.push_at("\"", start, 1);
        self.name(&label.name, label.name_span)?;
        self.out.push_at("\"", (start + length).saturating_sub(1), 1);
        Ok(())
    }

    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
    fn blocks<'v>(
        &mut self,
        kind: &str,
        labels_left: usize,
        value: &'v Value,
        labels: &mut Vec<&'v Member>,
    ) -> Result<(), ParseError> {
        let what = match labels.last() {
            Some(last) => format!("`{}`", last.name),
            None => format!("`{kind}`"),
        };
        for (index, object) in objects(value, &what)?.into_iter().enumerate() {
            if labels_left > 0 {
                for member in object.iter().filter(|member| &*member.name != "//") {
                    labels.push(member);
                    self.blocks(kind, labels_left - 1, &member.value, labels)?;
                    labels.pop();
                }
                continue;
            }
            let of = value.as_list().and_then(|items| items.get(index)).unwrap_or(value);
            let head = labels.last().map_or(of.span, |last| last.name_span);
            let (start, _) = self.at(head);
            self.out.push_at(kind, start, 0);
            for label in &*labels {
                self.label(label)?;
            }
            self.body(kind, object, of.span)?;
        }
        Ok(())
    }

    /// ` { ... }`
    fn body(&mut self, kind: &str, members: &[Member], span: Span) -> Result<(), ParseError> {
        let (start, length) = self.at(span);
        self.out.push(" ");
        self.out.push_at("{", start, 1);
        self.out.push("\n");
        for member in members {
            self.property(kind, member)?;
        }
        self.out.push_at("}", (start + length).saturating_sub(1), 1);
        self.out.push("\n");
        Ok(())
    }

    fn property(&mut self, kind: &str, member: &Member) -> Result<(), ParseError> {
        let name = &*member.name;
        let is_map = matches!(kind, "locals" | "module" | "variable" | "output");
        match name {
            "//" | "depends_on" | "provisioner" | "connection" | "validation" | "precondition" | "postcondition" => {
                Ok(())
            }
            "default" if kind == "variable" => self.attribute(member, Texts::Literal),
            "source" | "version" if kind == "module" => self.attribute(member, Texts::Literal),
            _ if REFERENCES.contains(&name) && (kind == "variable") == (name == "type") && kind != "locals" => {
                self.attribute(member, Texts::Expression)
            }
            "dynamic" if !is_map => {
                for object in objects(&member.value, "`dynamic`")? {
                    for of in object {
                        self.nested("dynamic", Some(of), &of.value)?;
                    }
                }
                Ok(())
            }
            "content" if kind == "dynamic" => self.nested("content", None, &member.value),
            _ if BLOCKS.contains(&name) && !is_map && member.value.as_object().is_some() => {
                self.nested(name, None, &member.value)
            }
            _ if BLOCKS.contains(&name) && !is_map && holds_blocks(&member.value) => {
                self.nested(name, None, &member.value)
            }
            _ => self.attribute(member, Texts::Template),
        }
    }

    /// Blocks inside a block.
    fn nested(&mut self, kind: &str, label: Option<&Member>, value: &Value) -> Result<(), ParseError> {
        for (index, object) in objects(value, &format!("`{kind}`"))?.into_iter().enumerate() {
            let of = value.as_list().and_then(|items| items.get(index)).unwrap_or(value);
            let (start, _) = self.at(of.span);
            self.out.push_at(kind, start, 0);
            if let Some(label) = label {
                self.label(label)?;
            }
            self.body(kind, object, of.span)?;
        }
        Ok(())
    }

    fn attribute(&mut self, member: &Member, texts: Texts) -> Result<(), ParseError> {
        self.name(&member.name, member.name_span)?;
        self.out.push(" = ");
        self.expression(&member.value, texts);
        self.out.push("\n");
        Ok(())
    }

    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
    fn expression(&mut self, value: &Value, texts: Texts) {
        let (start, length) = self.at(value.span);
        let end = (start + length).saturating_sub(1);
        match &value.kind {
            Kind::Null => self.out.push_at("null", start, length),
            Kind::Bool(told) => self.out.push_at(if *told { "true" } else { "false" }, start, length),
            Kind::Number(digits) => self.out.push_at(digits, start, length),
            Kind::Text(text) if texts == Texts::Expression && text.parse::<Expression>().is_ok() => {
                self.out.push_at(text, start + 1, length.saturating_sub(2));
            }
            Kind::Text(_) => self.quoted(value.span, texts),
            Kind::List(items) => {
                self.out.push_at("[", start, 1);
                for item in items {
                    self.expression(item, texts);
                    self.out.push(", ");
                }
                self.out.push_at("]", end, 1);
            }
            Kind::Object(members) => {
                self.out.push_at("{", start, 1);
                self.out.push("\n");
                for member in members.iter().filter(|member| &*member.name != "//" || texts == Texts::Literal) {
                    match texts {
                        // The names of providers are references as well.
                        Texts::Expression => self.out.push(&member.name),
                        _ => self.quoted(member.name_span, texts),
                    }
                    self.out.push(" = ");
                    self.expression(&member.value, texts);
                    self.out.push("\n");
                }
                self.out.push_at("}", end, 1);
            }
        }
    }

    /// A JSON string as a quoted template.
    fn quoted(&mut self, span: Span, texts: Texts) {
        let (start, length) = self.at(span);
        let written = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
        self.out.push_at("\"", start, 1);
        let mut template = Template::default();
        let characters: Vec<(usize, usize, char)> = Characters { inner, at: 0 }.collect();
        for (index, (at, taken, character)) in characters.iter().enumerate() {
            let next = |ahead: usize| characters.get(index + ahead).map(|(.., character)| *character);
            let begins = matches!(character, '$' | '%') && next(1) == Some('{');
            if texts == Texts::Literal && begins {
                // Doubled, it begins nothing.
                self.out.push(character.encode_utf8(&mut [0; 4]));
            }
            let doubled = index > 0 && characters.get(index - 1).is_some_and(|(.., before)| before == character);
            let mode = match texts {
                Texts::Literal => Mode::Literal,
                _ => template.step(*character, begins && !doubled),
            };
            let shown = match (mode, character) {
                (Mode::Literal, '"') => "\\\"".to_owned(),
                (Mode::Literal, '\\') => "\\\\".to_owned(),
                (Mode::Literal, '\n') => "\\n".to_owned(),
                (Mode::Literal, '\r') => "\\r".to_owned(),
                (Mode::Literal, '\t') => "\\t".to_owned(),
                (Mode::Literal, control) if control.is_control() => format!("\\u{:04x}", u32::from(*control)),
                (Mode::Code, '\n' | '\r') => " ".to_owned(),
                (_, other) => other.to_string(),
            };
            self.out.push_at(&shown, start + 1 + at, *taken);
        }
        self.out.push_at("\"", (start + length).saturating_sub(1), 1);
    }
}

/// The characters that the inside of a JSON string means, with where each was written and in how many bytes.
struct Characters<'t> {
    inner: &'t str,
    at: usize,
}

impl Iterator for Characters<'_> {
    type Item = (usize, usize, char);

    fn next(&mut self) -> Option<(usize, usize, char)> {
        let rest = self.inner.get(self.at..)?;
        let first = rest.chars().next()?;
        let unit = |from: usize| rest.get(from..from + 4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let (taken, meant) = match (first, rest.as_bytes().get(1)) {
            ('\\', Some(b'u')) => {
                let pair = [unit(2).unwrap_or_default(), unit(8).unwrap_or_default()];
                match char::decode_utf16(pair).next() {
                    Some(Ok(meant)) => (if meant.len_utf16() == 2 { 12 } else { 6 }, meant),
                    _ => (6, char::REPLACEMENT_CHARACTER),
                }
            }
            ('\\', Some(escape)) => {
                let meant = match escape {
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    other => char::from(*other),
                };
                (2, meant)
            }
            _ => (first.len_utf8(), first),
        };
        let at = self.at;
        self.at += taken;
        Some((at, taken, meant))
    }
}

/// What a character of a template is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The text itself.
    Literal,
    /// An expression inside it.
    Code,
    /// A string inside such an expression.
    Inner,
}

/// Follows a template through the expressions inside it and the strings inside those.
#[derive(Default)]
struct Template {
    /// What is open: for each expression the braces in it, for each string nothing.
    open: Vec<Option<usize>>,
    escaped: bool,
    /// The brace that follows belongs to what was begun.
    begun: bool,
}

impl Template {
    fn step(&mut self, character: char, begins: bool) -> Mode {
        let mode = match self.open.last() {
            None => Mode::Literal,
            Some(Some(_)) => Mode::Code,
            Some(None) => Mode::Inner,
        };
        if self.begun {
            self.begun = false;
            self.open.push(Some(0));
            return Mode::Code;
        }
        if self.escaped {
            self.escaped = false;
            return mode;
        }
        match (mode, character) {
            (Mode::Literal | Mode::Inner, _) if begins => self.begun = true,
            (Mode::Inner, '\\') => self.escaped = true,
            (Mode::Inner, '"') => drop(self.open.pop()),
            (Mode::Code, '"') => self.open.push(None),
            (Mode::Code, '{') => {
                if let Some(Some(braces)) = self.open.last_mut() {
                    *braces += 1;
                }
            }
            (Mode::Code, '}') => match self.open.last_mut() {
                Some(Some(braces)) if *braces > 0 => *braces -= 1,
                _ => drop(self.open.pop()),
            },
            _ => {}
        }
        mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardbook_policy::json;

    fn module_of(text: &str) -> Result<Written, ParseError> {
        module(&json::parse(text).unwrap(), text, 0)
    }

    fn shown(text: &str) -> String {
        module_of(text).unwrap().text
    }

    #[test]
    fn blocks_stand_as_in_terraforms_own_language() {
        for (json, hcl) in [
            (r#"{"locals": {"a": 1, "//": "no"}}"#, "locals {\na = 1\n}\n"),
            (
                r#"{"resource": {"aws_kms_key": {"k": {"policy": "${data.d.json}", "provider": "aws.eu"}}}}"#,
                "resource \"aws_kms_key\" \"k\" {\npolicy = \"${data.d.json}\"\nprovider = aws.eu\n}\n",
            ),
            (
                r#"{"variable": [{"a": {"type": "list(string)", "default": ["${x}"]}}]}"#,
                "variable \"a\" {\ntype = list(string)\ndefault = [\"$${x}\", ]\n}\n",
            ),
            (
                r#"{"module": {"m": {"source": "./m", "providers": {"aws": "aws.eu"}, "statement": {"a": 1}}}}"#,
                "module \"m\" {\nsource = \"./m\"\nproviders = {\naws = aws.eu\n}\nstatement = {\n\"a\" = 1\n}\n}\n",
            ),
            (
                r#"{"data": {"d": {"x": {"statement": [{"sid": "A"}], "dynamic": {"statement": {"content": {}}}}}}}"#,
                "data \"d\" \"x\" {\nstatement {\nsid = \"A\"\n}\ndynamic \"statement\" {\ncontent {\n}\n}\n}\n",
            ),
        ] {
            assert_eq!(shown(json), hcl);
            hcl_edit::parser::parse_body(hcl).unwrap();
        }
    }

    #[test]
    fn texts_are_templates_in_which_only_expressions_are_taken_as_written() {
        for (json, hcl) in [
            (r#""a\"b\\c\nd""#, r#""a\"b\\c\nd""#),
            (r#""${f(\"x\\\"}\", {a = \"b\"})}\"""#, r#""${f("x\"}", {a = "b"})}\"""#),
            (r#""$${x}\"""#, r#""$${x}\"""#),
            (r#""\u0041\uD83D\uDE00\/%{if a}\"%{endif}""#, "\"A\u{1F600}/%{if a}\\\"%{endif}\""),
            (r#""${\"${a[\"b\"]}\"}\t""#, r#""${"${a["b"]}"}\t""#),
            (r#""\u0001""#, r#""\u0001""#),
        ] {
            let text = format!(r#"{{"locals": {{"a": {json}}}}}"#);
            let wanted = format!("locals {{\na = {hcl}\n}}\n");
            assert_eq!(shown(&text), wanted);
            hcl_edit::parser::parse_body(&wanted).unwrap();
        }
    }

    #[test]
    fn what_is_no_block_is_refused_where_it_stands() {
        for (text, message, at) in [
            (r#"{"resource": 1}"#, "`resource` is an object", 13),
            (r#"{"resource": {"aws_kms_key": {"k": "x"}}}"#, "`k` is an object", 35),
            (r#"{"widget": {}}"#, "unknown kind of block `widget`", 1),
            (r#"{"locals": {"a b": 1}}"#, "`a b` is no name", 12),
        ] {
            let error = module_of(text).unwrap_err();
            assert_eq!((error.message.as_str(), error.span.start), (message, at), "{text}");
        }
        assert!(recognizes(&json::parse(r#"{"resource": {"aws_kms_key": {"k": {}}}, "terraform": {}}"#).unwrap()));
        for other in [r#"{"resource": {"x": {}}}"#, r#"{"resource": {"aws_kms_key": 1}}"#, r#"{"locals": {}}"#, "[]"] {
            assert!(!recognizes(&json::parse(other).unwrap()), "{other}");
        }
    }
}
