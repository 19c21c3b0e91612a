//! YAML in which every value knows where it stands, as the very tree that JSON gives.
//!
//! One document, plain data: aliases are what they stand for, `<<` merges, and a tag that is not
//! YAML's own is refused. Plain scalars follow the core schema of YAML 1.2, with one exception:
//! digits with a leading zero stay text, since an account id loses its meaning as a number.
//! <https://yaml.org/spec/1.2.2/#103-core-schema>

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};

use wardbook_policy::json::{Kind, Member, ParseError, Value};
use wardbook_policy::limits::JSON_DEPTH_MAX;
use wardbook_policy::span::Span;

use crate::limits::{YAML_ALIAS_BYTES_MAX, YAML_BYTES_MAX, YAML_NODES_MAX};

/// Reads the one document of a YAML text.
///
/// ```
/// use wardbook_policy::json;
///
/// let value = wardbook_inventory::yaml::parse("account: 012345678901\ncount: 3\n").unwrap();
/// assert_eq!(value.member("account").and_then(|v| v.as_text()), Some("012345678901"));
/// assert_eq!(value.member("count").map(|v| &v.kind), Some(&json::Kind::Number("3".into())));
/// assert!(wardbook_inventory::yaml::parse("a: 1\na: 2\n").is_err());
/// ```
pub fn parse(text: &str) -> Result<Value, ParseError> {
    parse_with(text, false)
}

/// Reads the one document of a CloudFormation template: the short form of a function, `!Sub x`, is
/// read as its long form, `{"Fn::Sub": "x"}`.
pub fn parse_template(text: &str) -> Result<Value, ParseError> {
    parse_with(text, true)
}

fn parse_with(text: &str, functions: bool) -> Result<Value, ParseError> {
    if text.len() > YAML_BYTES_MAX {
        return Err(error(format!("the text is longer than the {YAML_BYTES_MAX} bytes of YAML that are read"), 0, 0));
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        offsets: Offsets::new(text),
        anchors: HashMap::new(),
        nodes: 0,
        alias_bytes: 0,
        functions,
    };
    reader.document()
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    offsets: Offsets<'a>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    alias_bytes: usize,
    /// Whether tags are the short form of functions.
    functions: bool,
}

/// What an alias stands for, and what it costs to repeat it.
struct Anchored {
    value: Value,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// A list or mapping whose end has not been seen.
struct Open {
    anchor: usize,
    start: u32,
    /// Just past the last thing inside, for block styles, whose end has no mark of its own.
    end: u32,
    content: Content,
    /// The function whose argument it is.
    function: Option<Box<str>>,
}

enum Content {
    List(Vec<Value>),
    Mapping { members: Vec<Member>, merged: Vec<Value>, key: Option<Name> },
}

struct Name {
    text: Box<str>,
    span: Span,
    merge: bool,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Value, ParseError> {
        let mut open: Vec<Open> = Vec::new();
        let mut root = None;
        let mut documents = 0;
        while let Some(next) = self.parser.next_event() {
            let (event, place) = next.map_err(|problem| {
                let at = self.offsets.byte(problem.marker());
                error(problem.info(), at as usize, at as usize)
            })?;
            let span = Span { start: self.offsets.byte(&place.start), end: self.offsets.byte(&place.end) };
            let (value, anchor, place) = match event {
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(fault("a second document begins here; a file holds one", span));
                    }
                    continue;
                }
                Event::SequenceStart(anchor, tag) => {
                    let function = self.function(tag.as_deref());
                    if function.is_none() {
                        collection_tag(tag.as_deref(), "seq", span)?;
                    }
                    self.begin(&mut open, anchor, span, Content::List(Vec::new()), function)?;
                    continue;
                }
                Event::MappingStart(anchor, tag) => {
                    let function = self.function(tag.as_deref());
                    if function.is_none() {
                        collection_tag(tag.as_deref(), "map", span)?;
                    }
                    let content = Content::Mapping { members: Vec::new(), merged: Vec::new(), key: None };
                    self.begin(&mut open, anchor, span, content, function)?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                    Some(ended) => {
                        let (anchor, function) = (ended.anchor, ended.function.clone());
                        let value = applied(close(ended, span)?, function);
                        let place = value.span;
                        (value, anchor, place)
                    }
                    None => continue,
                },
                Event::Alias(id) => (self.alias(id, span, self.depth(&open))?, 0, span),
                Event::Scalar(text, style, anchor, tag) => {
                    self.count(1, span)?;
                    if let Some(Open { content: Content::Mapping { key: key @ None, .. }, .. }) = open.last_mut() {
                        let name = name(&text, style, tag.as_deref(), span)?;
                        if anchor != 0 {
                            let value = Value { span, kind: Kind::Text(name.text.clone()) };
                            self.anchors.insert(anchor, Anchored::new(value));
                        }
                        *key = Some(name);
                        continue;
                    }
                    within_depth(self.depth(&open), span)?;
                    let value = match self.function(tag.as_deref()) {
                        Some(function) => {
                            let span = self.offsets.after_tag(span);
                            let argument = Value { span, kind: Kind::Text(text.as_ref().into()) };
                            applied(argument, Some(function))
                        }
                        None => Value { span, kind: scalar(&text, style, tag.as_deref(), span)? },
                    };
                    (value, anchor, span)
                }
            };
            if anchor != 0 {
                self.anchors.insert(anchor, Anchored::new(value.clone()));
            }
            match open.last_mut() {
                Some(parent) => parent.take(value, place)?,
                None => root = Some(value),
            }
        }
        root.ok_or_else(|| error("the text holds no value", 0, 0))
    }

    /// The function that a tag is the short form of.
    fn function(&self, tag: Option<&Tag>) -> Option<Box<str>> {
        let tag = tag.filter(|tag| self.functions && tag.handle == "!" && !tag.suffix.is_empty())?;
        Some(match tag.suffix.as_str() {
            name @ ("Ref" | "Condition") => name.into(),
            name => format!("Fn::{name}").into(),
        })
    }

    /// How deep the next value stands, functions counted.
    fn depth(&self, open: &[Open]) -> usize {
        match self.functions {
            true => open.iter().map(|open| 1 + usize::from(open.function.is_some())).sum(),
            false => open.len(),
        }
    }

    fn begin(
        &mut self,
        open: &mut Vec<Open>,
        anchor: usize,
        span: Span,
        content: Content,
        function: Option<Box<str>>,
    ) -> Result<(), ParseError> {
        if let Some(Open { content: Content::Mapping { key: None, .. }, .. }) = open.last() {
            return Err(fault("the name of a member is a text, not a list or a mapping", span));
        }
        let span = if function.is_some() { self.offsets.after_tag(span) } else { span };
        self.count(1, span)?;
        // A function is a mapping around its argument.
        within_depth(self.depth(open) + usize::from(function.is_some()), span)?;
        open.push(Open { anchor, start: span.start, end: span.end, content, function });
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), ParseError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > YAML_NODES_MAX {
            let message = format!("with every alias replaced, the document has more than {YAML_NODES_MAX} nodes");
            return Err(fault(message, span));
        }
        Ok(())
    }

    /// A copy of what the alias stands for; its size is known before it is made.
    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Value, ParseError> {
        let Some(size) = self.anchors.get(&id).map(|anchored| anchored.size) else {
            return Err(fault("this alias stands inside what it stands for", span));
        };
        self.count(size.nodes, span)?;
        self.alias_bytes = self.alias_bytes.saturating_add(size.bytes);
        if self.alias_bytes > YAML_ALIAS_BYTES_MAX {
            let message = format!("the texts that aliases repeat add up to more than {YAML_ALIAS_BYTES_MAX} bytes");
            return Err(fault(message, span));
        }
        within_depth(depth + size.depth - 1, span)?;
        match self.anchors.get(&id) {
            Some(anchored) => Ok(anchored.value.clone()),
            None => Err(fault("there is no anchor of this name", span)),
        }
    }
}

impl Anchored {
    fn new(value: Value) -> Anchored {
        Anchored { size: Size::of(&value), value }
    }
}

impl Size {
    /// INVARIANT: no deeper than `JSON_DEPTH_MAX`, which `begin` and `alias` keep.
    fn of(value: &Value) -> Size {
        match &value.kind {
            Kind::Null | Kind::Bool(_) => Size { nodes: 1, bytes: 0, depth: 1 },
            Kind::Number(text) | Kind::Text(text) => Size { nodes: 1, bytes: text.len(), depth: 1 },
            Kind::List(values) => values.iter().map(Size::of).fold(Size::LEAF, Size::around),
            Kind::Object(members) => members.iter().fold(Size::LEAF, |size, member| {
                let inner = Size::of(&member.value);
                Size { bytes: inner.bytes + member.name.len(), nodes: inner.nodes + 1, ..inner }.inside(size)
            }),
        }
    }

    const LEAF: Size = Size { nodes: 1, bytes: 0, depth: 1 };

    fn around(self, inner: Size) -> Size {
        inner.inside(self)
    }

    fn inside(self, outer: Size) -> Size {
        Size {
            nodes: outer.nodes + self.nodes,
            bytes: outer.bytes + self.bytes,
            depth: outer.depth.max(self.depth + 1),
        }
    }
}

impl Open {
    fn take(&mut self, value: Value, place: Span) -> Result<(), ParseError> {
        self.end = self.end.max(place.end);
        match &mut self.content {
            Content::List(values) => values.push(value),
            Content::Mapping { members, merged, key } => match key.take() {
                Some(name) if name.merge && !merged.is_empty() => {
                    return Err(fault("`<<` occurs twice in this mapping", name.span));
                }
                Some(name) if name.merge => merged.push(value),
                Some(name) => members.push(Member { name: name.text, name_span: name.span, value }),
                None => match value.kind {
                    Kind::Text(text) => *key = Some(Name { text, span: place, merge: false }),
                    _ => return Err(fault("the name of a member is a text", place)),
                },
            },
        }
        Ok(())
    }
}

/// The long form of a function applied to its argument.
fn applied(argument: Value, function: Option<Box<str>>) -> Value {
    match function {
        None => argument,
        Some(name) => {
            let span = argument.span;
            Value { span, kind: Kind::Object(vec![Member { name, name_span: span, value: argument }]) }
        }
    }
}

fn within_depth(depth: usize, span: Span) -> Result<(), ParseError> {
    if depth > JSON_DEPTH_MAX {
        return Err(fault(format!("nested deeper than {JSON_DEPTH_MAX} levels"), span));
    }
    Ok(())
}

fn close(open: Open, mark: Span) -> Result<Value, ParseError> {
    // The end of a flow style is a bracket; that of a block style is wherever the next thing begins.
    let end = if mark.start < mark.end { mark.end } else { open.end };
    let span = Span { start: open.start, end };
    let kind = match open.content {
        Content::List(values) => Kind::List(values),
        Content::Mapping { mut members, merged, .. } => {
            refuse_duplicates(&members)?;
            merge(&mut members, merged)?;
            Kind::Object(members)
        }
    };
    Ok(Value { span, kind })
}

/// Members of merged mappings, where the mapping has none of that name itself; earlier mappings win.
fn merge(members: &mut Vec<Member>, merged: Vec<Value>) -> Result<(), ParseError> {
    if merged.is_empty() {
        return Ok(());
    }
    let mut names: HashSet<Box<str>> = members.iter().map(|member| member.name.clone()).collect();
    for value in merged {
        let span = value.span;
        let mappings = match value.kind {
            Kind::List(values) => values,
            _ => vec![value],
        };
        for mapping in mappings {
            let Kind::Object(inherited) = mapping.kind else {
                return Err(fault("`<<` takes a mapping or a list of mappings", span));
            };
            members.extend(inherited.into_iter().filter(|member| names.insert(member.name.clone())));
        }
    }
    Ok(())
}

/// Two names that are equal letter for letter.
fn refuse_duplicates(members: &[Member]) -> Result<(), ParseError> {
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by(|a, b| a.name.cmp(&b.name).then(a.name_span.cmp(&b.name_span)));
    match order.windows(2).find_map(|pair| match pair {
        [first, second] if first.name == second.name => Some(*second),
        _ => None,
    }) {
        Some(member) => Err(fault(format!("`{}` occurs twice in this mapping", member.name), member.name_span)),
        None => Ok(()),
    }
}

fn name(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Name, ParseError> {
    if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
        return Err(custom(tag, span));
    }
    if text.is_empty() && style == ScalarStyle::Plain {
        return Err(fault("a member has no name", span));
    }
    Ok(Name { text: text.into(), span, merge: style == ScalarStyle::Plain && text == "<<" })
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Kind, ParseError> {
    let suffix = match tag {
        None if style == ScalarStyle::Plain => return Ok(core_schema(text)),
        None => return Ok(Kind::Text(text.into())),
        Some(tag) if tag.is_yaml_core_schema() => tag.suffix.as_str(),
        // A lone `!` says that the scalar is a text.
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => "str",
        Some(tag) => return Err(custom(tag, span)),
    };
    let kind = if suffix == "str" { Kind::Text(text.into()) } else { core_schema(text) };
    let fits = match (suffix, &kind) {
        ("str", _) | ("null", Kind::Null) | ("bool", Kind::Bool(_)) | ("float", Kind::Number(_)) => true,
        ("int", Kind::Number(number)) => !number.contains(['.', 'e', 'E']),
        _ => false,
    };
    if fits { Ok(kind) } else { Err(fault(format!("`{text}` is not what the tag `!!{suffix}` says"), span)) }
}

fn collection_tag(tag: Option<&Tag>, wanted: &str, span: Span) -> Result<(), ParseError> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == wanted => Ok(()),
        Some(tag) => Err(custom(tag, span)),
    }
}

fn custom(tag: &Tag, span: Span) -> ParseError {
    let name = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
    fault(format!("the tag `{name}` has no meaning here; write the value itself"), span)
}

/// What a plain scalar is.
fn core_schema(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(text) {
            Some(number) => Kind::Number(number),
            None => Kind::Text(text.into()),
        },
    }
}

/// A number in JSON's spelling, kept as it was written where JSON spells it the same.
fn number(text: &str) -> Option<Box<str>> {
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'-') => ("-", text.get(1..)?),
        Some(b'+') => ("", text.get(1..)?),
        _ => ("", text),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let spelled = digits(whole)
        && fraction.is_none_or(digits)
        && exponent_digits.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
        && !(whole.is_empty() && fraction.is_none_or(str::is_empty));
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !spelled || leading_zero {
        return None;
    }
    let mut number = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    if let Some(fraction) = fraction {
        number.push('.');
        number.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    if let Some(exponent) = exponent {
        number.push(if rest.contains('E') { 'E' } else { 'e' });
        number.push_str(exponent);
    }
    Some(number.into())
}

fn based(digits: &str, radix: u32) -> Option<Box<str>> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u128::from_str_radix(digits, radix).ok().filter(|_| plain).map(|number| number.to_string().into())
}

/// From offsets in characters, which the parser counts, to offsets in bytes.
struct Offsets<'a> {
    text: &'a str,
    ascii: bool,
    /// The byte offset of every `STEP`th character.
    marks: Vec<u32>,
}

impl<'a> Offsets<'a> {
    const STEP: usize = 64;

    fn new(text: &'a str) -> Offsets<'a> {
        let ascii = text.is_ascii();
        let marks = match ascii {
            true => Vec::new(),
            false => text.char_indices().step_by(Self::STEP).map(|(offset, _)| Span::new(offset, 0).start).collect(),
        };
        Offsets { text, ascii, marks }
    }

    /// The same place without the tag that may stand in front.
    fn after_tag(&self, span: Span) -> Span {
        let raw = self.text.get(span.start as usize..).unwrap_or_default();
        if !raw.starts_with('!') {
            return span;
        }
        let blank = [' ', '\t', '\n', '\r'];
        let rest = raw.find(blank).and_then(|tag| raw.get(tag..)).unwrap_or_default().trim_start_matches(blank);
        let start = Span::new(self.text.len().saturating_sub(rest.len()), 0).start;
        Span { start, end: span.end.max(start) }
    }

    fn byte(&self, marker: &Marker) -> u32 {
        let index = marker.index();
        if self.ascii {
            return Span::new(index.min(self.text.len()), 0).start;
        }
        // The end of the text has no mark if its characters are a multiple of the step.
        let mark = self.marks.get(index / Self::STEP).map_or(self.text.len(), |mark| *mark as usize);
        let rest = self.text.get(mark..).unwrap_or_default();
        let within = rest.char_indices().nth(index % Self::STEP).map_or(rest.len(), |(offset, _)| offset);
        Span::new(mark + within, 0).start
    }
}

fn fault(message: impl Into<String>, span: Span) -> ParseError {
    ParseError { message: message.into(), span }
}

fn error(message: impl Into<String>, start: usize, end: usize) -> ParseError {
    fault(message, Span::new(start, end))
}

#[cfg(test)]
mod tests;
