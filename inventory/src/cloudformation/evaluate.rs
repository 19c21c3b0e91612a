//! The functions of a template: `Ref`, `Fn::Sub`, `Fn::If` and their like, applied as far as that is possible before it is deployed.
//!
//! What is not known becomes a symbol. A text that was put together keeps the way back to the
//! places of its pieces.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::span::Span;
use wardbook_policy::symbol;
use wardbook_policy::tri::Tri;

use super::physical;
use crate::carrier::Deployment;
use crate::limits::{TEMPLATE_DEPTH_MAX, TEMPLATE_STEPS_MAX, TEMPLATE_TEXT_BYTES_MAX};
use crate::traced::Traced;

/// A template and where it is deployed.
pub(super) struct Evaluator<'t> {
    /// The text of the file.
    pub(super) file: &'t str,
    /// What symbols of this template begin with.
    pub(super) scope: &'t str,
    pub(super) deployment: Deployment,
    /// Values that were told for parameters.
    pub(super) told: &'t HashMap<String, Value>,
    pub(super) template: &'t Value,
    resources: HashMap<&'t str, &'t Value>,
    pub(super) conditions: RefCell<HashMap<&'t str, Tri>>,
    /// Texts that may hold a document, by their place.
    documents: RefCell<HashMap<Span, Traced<'static>>>,
    /// Names that properties set, by logical id and property.
    names: RefCell<HashMap<(&'t str, &'static str), Option<String>>>,
    steps: Cell<usize>,
    spent: Cell<usize>,
    depth: Cell<usize>,
    bounds: Bounds,
}

/// How much is evaluated before the rest stays open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) steps: usize,
    pub(super) text_bytes: usize,
    pub(super) depth: usize,
}

const BOUNDS: Bounds =
    Bounds { steps: TEMPLATE_STEPS_MAX, text_bytes: TEMPLATE_TEXT_BYTES_MAX, depth: TEMPLATE_DEPTH_MAX };

/// What a value becomes.
pub(super) enum Evaluated<'t> {
    /// `AWS::NoValue`
    Nothing,
    /// The value as it was written.
    Plain(&'t Value),
    /// A text that was put together.
    Text(Traced<'t>),
    /// Any other value.
    Made(Value),
    /// One or the other (or nothing), by a condition that is not known.
    Either { condition: &'t str, then: Option<Value>, otherwise: Option<Value> },
}

type Function = for<'e, 't> fn(&'e Evaluator<'t>, &'t Value, Span) -> Evaluated<'t>;

/// Functions of which something can be known before a template is deployed; all others are unknown.
const FUNCTIONS: &[(&str, Function)] = &[
    ("Ref", |evaluator, argument, span| evaluator.reference(argument, span)),
    ("Fn::GetAtt", |evaluator, argument, span| evaluator.attribute(argument, span)),
    ("Fn::Sub", |evaluator, argument, span| evaluator.substitute(argument, span)),
    ("Fn::Join", |evaluator, argument, span| evaluator.join(argument, span)),
    ("Fn::If", |evaluator, argument, span| evaluator.choose(argument, span)),
    ("Fn::Select", |evaluator, argument, span| evaluator.select(argument, span)),
    ("Fn::Split", |evaluator, argument, span| match evaluator.split(argument) {
        Some(parts) => Evaluated::Made(Value { span, kind: Kind::List(parts.iter().map(text_value).collect()) }),
        None => evaluator.unknown("Split", argument, span),
    }),
    ("Fn::FindInMap", |evaluator, argument, span| evaluator.find_in_map(argument, span)),
    // Where a text with JSON is wanted, the value itself does as well.
    ("Fn::ToJsonString", |evaluator, argument, _| evaluator.evaluate(argument)),
];

impl<'t> Evaluator<'t> {
    pub(super) fn new(
        file: &'t str,
        scope: &'t str,
        deployment: Deployment,
        told: &'t HashMap<String, Value>,
        template: &'t Value,
    ) -> Evaluator<'t> {
        let resources = template.member("Resources").and_then(Value::as_object).unwrap_or_default();
        Evaluator {
            file,
            scope,
            deployment,
            told,
            template,
            resources: resources.iter().map(|member| (&*member.name, &member.value)).collect(),
            conditions: RefCell::default(),
            documents: RefCell::default(),
            names: RefCell::default(),
            steps: Cell::new(0),
            spent: Cell::new(0),
            depth: Cell::new(0),
            bounds: BOUNDS,
        }
    }

    /// The same within other bounds.
    #[cfg(test)]
    pub(super) fn within(self, bounds: impl FnOnce(Bounds) -> Bounds) -> Evaluator<'t> {
        Evaluator { bounds: bounds(self.bounds), ..self }
    }

    /// What is made one level deeper; `None` where that is too deep.
    pub(super) fn deeper<T>(&self, make: impl FnOnce() -> T) -> Option<T> {
        let depth = self.depth.get();
        if depth >= self.bounds.depth {
            return None;
        }
        self.depth.set(depth + 1);
        let made = make();
        self.depth.set(depth);
        Some(made)
    }

    pub(super) fn resource(&self, logical: &str) -> Option<&'t Value> {
        self.resources.get(logical).copied()
    }

    /// The resources of a type, in their order.
    pub(super) fn resources_of(&self, kind: &'static str) -> impl Iterator<Item = &'t Value> + use<'t> {
        let members = self.template.member("Resources").and_then(Value::as_object).unwrap_or_default();
        let values = members.iter().map(|member| &member.value);
        values.filter(move |value| value.member("Type").and_then(Value::as_text) == Some(kind))
    }

    /// The text that a property of a resource is set to. One that turns on itself is not known.
    pub(super) fn property(&self, logical: &str, name: &'static str) -> Option<String> {
        let (logical, resource) = self.resources.get_key_value(logical)?;
        if let Some(found) = self.names.borrow().get(&(*logical, name)) {
            return found.clone();
        }
        let value = resource.member("Properties")?.member(name)?;
        let itself = self.symbol(&format!("{logical}.{name}"));
        self.names.borrow_mut().insert((logical, name), Some(itself));
        let found = self.text(value).map(|traced| traced.text.into_owned());
        self.names.borrow_mut().insert((logical, name), found.clone());
        found
    }

    /// A symbol of this template. A parameter may be called as what a deployment leaves open is, and need not be it.
    pub(super) fn symbol(&self, name: &str) -> String {
        let parameters = if ["AccountId", "Region"].contains(&name) { "Parameters." } else { "" };
        symbol::unknown(&format!("{}#{parameters}{name}", self.scope))
    }

    /// The value with every function applied; `None` if nothing is left of it.
    pub(super) fn value(&self, value: &'t Value) -> Option<Value> {
        match self.evaluate(value) {
            Evaluated::Nothing => None,
            Evaluated::Plain(value) => Some(value.clone()),
            Evaluated::Made(value) => Some(value),
            Evaluated::Text(traced) => Some(self.keep(traced)),
            Evaluated::Either { condition, then, otherwise } => {
                Some(self.either(condition, then, otherwise, value.span))
            }
        }
    }

    /// A text that was put together, as a value; one that may hold a document keeps its way back.
    fn keep(&self, traced: Traced<'t>) -> Value {
        let value = text_value(&traced);
        if traced.text.trim_start().starts_with('{') {
            self.documents.borrow_mut().insert(traced.whole, traced.into_owned());
        }
        value
    }

    /// The text of a value that `value` gave.
    pub(super) fn traced<'v>(&self, value: &'v Value, text: &'v str) -> Traced<'v> {
        match self.documents.borrow().get(&value.span) {
            Some(traced) if traced.text == text => traced.clone(),
            _ => Traced::of(value.span, text, self.file),
        }
    }

    /// A text, a number or a boolean; `None` for anything else.
    pub(super) fn text(&self, value: &'t Value) -> Option<Traced<'t>> {
        self.text_of(self.evaluate(value), value.span)
    }

    fn text_of(&self, evaluated: Evaluated<'t>, span: Span) -> Option<Traced<'t>> {
        let scalar = |value: &Value| match &value.kind {
            Kind::Number(text) => Some(text.to_string()),
            Kind::Bool(told) => Some(told.to_string()),
            Kind::Text(text) => Some(text.to_string()),
            Kind::Null | Kind::List(_) | Kind::Object(_) => None,
        };
        match evaluated {
            Evaluated::Plain(Value { kind: Kind::Text(text), span }) => Some(Traced::of(*span, text, self.file)),
            Evaluated::Plain(value) => Some(Traced::at(value.span, scalar(value)?)),
            Evaluated::Text(traced) => Some(traced),
            Evaluated::Made(value) => Some(Traced::at(value.span, scalar(&value)?)),
            Evaluated::Either { condition, .. } => Some(Traced::at(span, self.branch(condition, true))),
            Evaluated::Nothing => None,
        }
    }

    pub(super) fn evaluate(&self, value: &'t Value) -> Evaluated<'t> {
        self.steps.set(self.steps.get() + 1);
        let exhausted = self.steps.get() > self.bounds.steps || self.spent.get() > self.bounds.text_bytes;
        let evaluated = match exhausted {
            true => None,
            false => self.deeper(|| match &value.kind {
                Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => Evaluated::Plain(value),
                Kind::List(values) => self.list(values, value.span),
                Kind::Object(members) => self.object(members, value.span),
            }),
        };
        let Some(evaluated) = evaluated else {
            let symbol = self.symbol(&format!("beyond.limits@{}", value.span.start));
            return Evaluated::Text(Traced::at(value.span, symbol));
        };
        if let Evaluated::Text(traced) = &evaluated {
            self.spent.set(self.spent.get().saturating_add(traced.text.len()));
        }
        evaluated
    }

    fn list(&self, values: &'t [Value], span: Span) -> Evaluated<'t> {
        let mut elements = Vec::with_capacity(values.len());
        for value in values {
            match self.evaluate(value) {
                Evaluated::Either { condition, then, otherwise } => {
                    elements.extend(then.map(|value| self.doubted(value, condition, true)));
                    elements.extend(otherwise.map(|value| self.doubted(value, condition, false)));
                }
                Evaluated::Nothing => {}
                Evaluated::Plain(value) => elements.push(value.clone()),
                Evaluated::Made(value) => elements.push(value),
                Evaluated::Text(traced) => elements.push(self.keep(traced)),
            }
        }
        Evaluated::Made(Value { span, kind: Kind::List(elements) })
    }

    fn object(&self, members: &'t [Member], span: Span) -> Evaluated<'t> {
        if let [only] = members
            && (only.name.starts_with("Fn::") || &*only.name == "Ref")
        {
            return match FUNCTIONS.iter().find(|(name, _)| *name == &*only.name) {
                Some((_, function)) => function(self, &only.value, span),
                None => self.unknown(only.name.trim_start_matches("Fn::"), &only.value, span),
            };
        }
        // Macros and loops may put anything beside the other members.
        let opens = |name: &str| name == "Fn::Transform" || name.starts_with("Fn::ForEach::");
        if let Some(member) = members.iter().find(|member| opens(&member.name)) {
            return self.unknown(member.name.trim_start_matches("Fn::"), &member.value, span);
        }
        let mut evaluated = Vec::with_capacity(members.len());
        for member in members {
            if let Some(value) = self.value(&member.value) {
                evaluated.push(Member { name: member.name.clone(), name_span: member.name_span, value });
            }
        }
        Evaluated::Made(Value { span, kind: Kind::Object(evaluated) })
    }

    /// What a function gives that nobody can know yet. The same function of the same text is the same symbol.
    pub(super) fn unknown(&self, function: &str, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let name = match argument.as_text() {
            Some(text) => format!("{function}.{text}"),
            None => format!("{function}@{}", span.start),
        };
        Evaluated::Text(Traced::at(span, self.symbol(&name)))
    }

    fn reference(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let Some(name) = argument.as_text() else { return self.unknown("Ref", argument, span) };
        if name == "AWS::NoValue" {
            return Evaluated::Nothing;
        }
        match self.parameter(name) {
            Some(Parameter::Text(text)) => Evaluated::Text(Traced::at(span, text)),
            Some(Parameter::List(texts)) => {
                let texts = texts.into_iter().map(|text| Value { span, kind: Kind::Text(text.into()) });
                Evaluated::Made(Value { span, kind: Kind::List(texts.collect()) })
            }
            None => Evaluated::Text(Traced::at(span, physical::reference(self, name))),
        }
    }

    /// A pseudo-parameter, or a parameter whose value is known.
    fn parameter(&self, name: &str) -> Option<Parameter> {
        let deployment = &self.deployment;
        let china = &*deployment.partition == "aws-cn";
        let pseudo = match name {
            "AWS::AccountId" => Some(deployment.account.to_string()),
            "AWS::Region" => Some(deployment.region.to_string()),
            "AWS::Partition" => Some(deployment.partition.to_string()),
            "AWS::URLSuffix" => Some(if china { "amazonaws.com.cn" } else { "amazonaws.com" }.to_owned()),
            _ => None,
        };
        if let Some(text) = pseudo {
            return Some(Parameter::Text(text));
        }
        let declared = self.template.member("Parameters").and_then(|parameters| parameters.member(name))?;
        let kind = declared.member("Type").and_then(Value::as_text).unwrap_or("String");
        let told = self.told.get(name);
        // The default of a parameter that is kept elsewhere is only its name there.
        let elsewhere = kind.starts_with("AWS::SSM::Parameter::Value");
        let value = told.or_else(|| declared.member("Default").filter(|_| !elsewhere))?;
        let text = match &value.kind {
            Kind::Text(text) | Kind::Number(text) => text.to_string(),
            Kind::Bool(told) => told.to_string(),
            Kind::List(values) => values.iter().filter_map(Value::as_text).collect::<Vec<_>>().join(","),
            Kind::Null | Kind::Object(_) => return None,
        };
        match kind == "CommaDelimitedList" || kind.starts_with("List<") {
            true => Some(Parameter::List(text.split(',').map(|part| part.trim().to_owned()).collect())),
            false => Some(Parameter::Text(text)),
        }
    }

    fn attribute(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let (logical, attribute) = match &argument.kind {
            Kind::Text(text) => match text.split_once('.') {
                Some((logical, attribute)) => (logical, attribute.to_owned()),
                None => return self.unknown("GetAtt", argument, span),
            },
            Kind::List(parts) => match parts.as_slice() {
                [logical, attribute] => match (logical.as_text(), self.text(attribute)) {
                    (Some(logical), Some(attribute)) => (logical, attribute.text.into_owned()),
                    _ => return self.unknown("GetAtt", argument, span),
                },
                _ => return self.unknown("GetAtt", argument, span),
            },
            _ => return self.unknown("GetAtt", argument, span),
        };
        Evaluated::Text(Traced::at(span, physical::attribute(self, logical, &attribute)))
    }

    fn substitute(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let (pattern, values) = match argument.as_list() {
            Some([pattern, values]) => (pattern, Some(values)),
            Some(_) => return self.unknown("Sub", argument, span),
            None => (argument, None),
        };
        let Some(text) = pattern.as_text() else { return self.unknown("Sub", argument, span) };
        let source = Traced::of(pattern.span, text, self.file);
        let mut whole = Traced::empty(pattern.span);
        let mut at = 0;
        while let Some(open) = text.get(at..).and_then(|rest| rest.find("${")).map(|found| at + found) {
            let Some(close) = text.get(open..).and_then(|rest| rest.find('}')).map(|found| open + found) else { break };
            whole.push(&source.part(at, open));
            let name = text.get(open + 2..close).unwrap_or_default();
            match name.strip_prefix('!') {
                // `${!x}` is `${x}`, a variable of the policy and not of the template.
                Some(_) => {
                    whole.push(&source.part(open, open + 2));
                    whole.push(&source.part(open + 3, close + 1));
                }
                None => {
                    let place = source.part(open, close + 1).whole;
                    let named = values.and_then(|values| values.member(name));
                    let value = match named {
                        Some(value) => self.text(value).map(|traced| traced.text.into_owned()),
                        None => Some(self.variable(name.trim())),
                    };
                    let value = value.unwrap_or_else(|| self.symbol(name));
                    self.spent.set(self.spent.get().saturating_add(value.len()));
                    whole.push(&Traced::at(place, value));
                }
            }
            at = close + 1;
            if self.spent.get().saturating_add(whole.text.len()) > self.bounds.text_bytes {
                return self.unknown("Sub", argument, span);
            }
        }
        whole.push(&source.part(at, text.len()));
        Evaluated::Text(whole)
    }

    /// `${Name}` or `${Name.Attribute}` in a text.
    fn variable(&self, name: &str) -> String {
        match self.parameter(name) {
            Some(Parameter::Text(text)) => text,
            Some(Parameter::List(texts)) => texts.join(","),
            None => match name.split_once('.') {
                Some((logical, attribute)) => physical::attribute(self, logical, attribute),
                None => physical::reference(self, name),
            },
        }
    }

    fn join(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let Some([delimiter, list]) = argument.as_list() else { return self.unknown("Join", argument, span) };
        let Some(delimiter) = self.text(delimiter) else { return self.unknown("Join", argument, span) };
        let pieces: Option<Vec<Traced<'_>>> = match list.as_list() {
            Some(values) => values
                .iter()
                .map(|value| (self.evaluate(value), value.span))
                .filter(|(evaluated, _)| !matches!(evaluated, Evaluated::Nothing))
                .map(|(evaluated, span)| self.text_of(evaluated, span))
                .collect(),
            None => self.texts(list),
        };
        let Some(pieces) = pieces else { return self.unknown("Join", argument, span) };
        let mut whole = Traced::empty(span);
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                whole.push(&delimiter);
            }
            whole.push(piece);
        }
        Evaluated::Text(whole)
    }

    /// The texts of a list that a function gives.
    fn texts(&self, value: &'t Value) -> Option<Vec<Traced<'t>>> {
        match self.value(value)?.kind {
            Kind::List(values) => values
                .into_iter()
                .map(|value| match value.kind {
                    Kind::Text(text) | Kind::Number(text) => Some(Traced::at(value.span, text.into_string())),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }

    fn select(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let Some([index, list]) = argument.as_list() else { return self.unknown("Select", argument, span) };
        let index = self.text(index).and_then(|index| index.text.parse::<usize>().ok());
        let chosen = index.and_then(|index| match list.as_list() {
            Some(values) => values.get(index).map(|value| self.evaluate(value)),
            None => self.texts(list)?.into_iter().nth(index).map(Evaluated::Text),
        });
        chosen.unwrap_or_else(|| self.unknown("Select", argument, span))
    }

    /// The parts of a text. An unknown stretch may hold the delimiter itself, unless it is one part of an ARN.
    fn split(&self, argument: &'t Value) -> Option<Vec<Traced<'static>>> {
        let [delimiter, text] = argument.as_list()? else { return None };
        let delimiter = self.text(delimiter)?.text.into_owned();
        let source = self.text(text)?;
        let parts = [&*self.deployment.account, &*self.deployment.region];
        let certain = symbol::names(&source.text).all(|name| !symbol::holds_unknown(name) || parts.contains(&name));
        if delimiter.is_empty() || !certain {
            return None;
        }
        let mut found = Vec::new();
        let mut at = 0;
        for (next, _) in source.text.match_indices(&delimiter) {
            found.push(source.part(at, next));
            at = next + delimiter.len();
        }
        found.push(source.part(at, source.text.len()));
        Some(found)
    }

    fn find_in_map(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let found = || {
            let [map, first, second, ..] = argument.as_list()? else { return None };
            let [map, first, second] = [self.text(map)?, self.text(first)?, self.text(second)?];
            let mappings = self.template.member("Mappings")?;
            mappings.member(&map.text)?.member(&first.text)?.member(&second.text)
        };
        match found() {
            Some(Value { kind: Kind::Text(text), .. }) => Evaluated::Text(Traced::at(span, &**text)),
            Some(value) => Evaluated::Plain(value),
            None => self.unknown("FindInMap", argument, span),
        }
    }
}

enum Parameter {
    Text(String),
    List(Vec<String>),
}

fn text_value(traced: &Traced<'_>) -> Value {
    Value { span: traced.whole, kind: Kind::Text(traced.text.as_ref().into()) }
}

pub(super) fn one_or_many(value: &Value) -> &[Value] {
    value.as_list().unwrap_or(std::slice::from_ref(value))
}
