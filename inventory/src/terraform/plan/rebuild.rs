//! Puts together again what a plan does not know, from what was written.
//!
//! A reference stands for a value only where nothing else could have been written around it: the
//! one document of a policy, the one name of a role, principals that are ARNs. Text around a
//! reference is not in the plan, so elsewhere a value stays a symbol.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use wardbook_policy::json::{Kind, Value};
use wardbook_policy::span::Span;

use super::Instance;
use super::configuration::{Configuration, constant, pieces, references};
use crate::limits::TERRAFORM_REFERENCES_DEPTH_MAX;
use crate::page::Hints;
use crate::terraform::attribute::{Facts, follow};
use crate::terraform::policy_document;
use crate::terraform::resource::KEY_ARGUMENTS;
use crate::terraform::text::Text;
use crate::terraform::value::{Entry, Val};

/// A plan or state with what was written for it.
pub(super) struct Plan<'v> {
    pub(super) text: &'v str,
    pub(super) instances: BTreeMap<Rc<str>, Instance<'v>>,
    pub(super) configuration: Configuration<'v>,
    variables: Option<&'v Value>,
    /// What the folders of the file say.
    pub(super) hints: Hints<'v>,
    /// Region and account of each provider that was asked for.
    pub(super) places: RefCell<HashMap<String, (Option<String>, Val)>>,
}

/// Arguments that are one name, ARN or document, so that one reference is all of it.
const WHOLE: &[&str] = &[
    "policy",
    "assume_role_policy",
    "key_id",
    "target_key_id",
    "primary_key_arn",
    "grantee_principal",
    "retiring_principal",
    "role",
    "user",
    "group",
    "policy_arn",
    "permissions_boundary",
];

/// Lists of which each element is one reference, and the attributes that those may name.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("source_policy_documents", &["json", "minified_json"]),
    ("override_policy_documents", &["json", "minified_json"]),
    ("identifiers", &["arn"]),
    ("managed_policy_arns", &["arn"]),
    ("groups", &["name", "id"]),
    ("roles", &["name", "id"]),
    ("users", &["name", "id"]),
];

/// Where in a resource a value stands.
#[derive(Clone, Copy)]
struct Spot<'s> {
    address: &'s str,
    module: &'s str,
    /// The innermost argument.
    name: &'s str,
    span: Span,
    depth: usize,
}

impl<'v> Plan<'v> {
    pub(super) fn new(
        path: &'v str,
        text: &'v str,
        value: &'v Value,
        instances: BTreeMap<Rc<str>, Instance<'v>>,
    ) -> Plan<'v> {
        let configuration = Configuration::new(value.member("configuration"));
        let variables = value.member("variables");
        Plan { text, instances, configuration, variables, hints: Hints::of(path), places: RefCell::default() }
    }

    /// The arguments of an instance.
    pub(super) fn arguments(&self, address: &str, instance: &Instance<'v>) -> Val {
        self.arguments_at(address, instance, 0)
    }

    fn arguments_at(&self, address: &str, instance: &Instance<'v>, depth: usize) -> Val {
        let written = self.configuration.resource(&instance.module, instance.is_data, instance.kind, instance.name);
        let expressions = written.and_then(|written| written.member("expressions"));
        let spot = Spot { address, module: &instance.module, name: "", span: instance.place.span, depth };
        self.members(spot, expressions, instance.values, instance.unknown)
    }

    /// An object: what is known of each member, else what was written.
    fn members(
        &self,
        spot: Spot<'_>,
        written: Option<&'v Value>,
        known: Option<&'v Value>,
        unknown: Option<&'v Value>,
    ) -> Val {
        let empty = &[][..];
        let mut entries: Vec<Entry> = Vec::new();
        for member in known.and_then(Value::as_object).unwrap_or(empty) {
            let name = &*member.name;
            let spot = Spot { name, span: member.value.span, ..spot };
            let pick = |value: Option<&'v Value>| value.and_then(|value| value.member(name));
            let value = self.value(spot, pick(written), Some(&member.value), pick(unknown));
            entries.push(Entry { name: name.into(), name_span: member.name_span, value });
        }
        let has = |entries: &[Entry], name: &str| entries.iter().any(|entry| &*entry.name == name);
        for member in unknown.and_then(Value::as_object).unwrap_or(empty) {
            let name = &*member.name;
            if !has(&entries, name) && says_unknown(&member.value) {
                let spot = Spot { name, ..spot };
                let written = match written {
                    // What was not written is for the provider to choose, and nothing that was asked for.
                    Some(written) if written.member(name).is_none() => continue,
                    written => written.and_then(|written| written.member(name)),
                };
                let value = self.value(spot, written, None, Some(&member.value));
                entries.push(Entry { name: name.into(), name_span: spot.span, value });
            }
        }
        // Without a word on what is known, there is only what was written.
        if known.is_none() && unknown.is_none() {
            for member in written.and_then(Value::as_object).unwrap_or(empty) {
                let spot = Spot { name: &member.name, span: member.value.span, ..spot };
                let value = self.value(spot, Some(&member.value), None, None);
                entries.push(Entry { name: (&*member.name).into(), name_span: member.name_span, value });
            }
        }
        Val::object(spot.span, entries)
    }

    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth of each of the three.
    fn value(
        &self,
        spot: Spot<'_>,
        written: Option<&'v Value>,
        known: Option<&'v Value>,
        unknown: Option<&'v Value>,
    ) -> Val {
        let all_unknown = matches!(unknown.map(|value| &value.kind), Some(Kind::Bool(true)));
        match known.map(|value| (&value.kind, value)) {
            Some((Kind::List(items), list)) if !all_unknown => {
                let flags = unknown.and_then(Value::as_list).unwrap_or_default();
                self.list(Spot { span: list.span, ..spot }, written, items, flags)
            }
            Some((Kind::Object(_), _)) if !all_unknown => self.members(spot, written, known, unknown),
            Some((Kind::Null, _)) | None => match (all_unknown, written) {
                (true, _) => self.rebuilt(spot, written),
                (false, Some(written)) if known.is_none() => self.written(spot, written),
                _ => Val::null(spot.span),
            },
            Some((_, value)) => match all_unknown {
                true => self.rebuilt(spot, written),
                false => self.json(value),
            },
        }
    }

    /// A list whose elements may be unknown one by one.
    fn list(&self, spot: Spot<'_>, written: Option<&'v Value>, items: &'v [Value], flags: &'v [Value]) -> Val {
        let flag = |index: usize| flags.get(index);
        let is_unknown = |index: usize| matches!(flag(index).map(|flag| &flag.kind), Some(Kind::Bool(true)));
        let open = (0..items.len()).filter(|index| is_unknown(*index)).count();
        let rebuilt = written.and_then(|written| self.elements(spot, written, items, open));
        let mut rebuilt = rebuilt.unwrap_or_default().into_iter();
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let spot = Spot { span: if is_unknown(index) { spot.span } else { item.span }, ..spot };
            if is_unknown(index) {
                let name = format!("{}.{}[{index}]", spot.address, spot.name);
                values.push(rebuilt.next().unwrap_or_else(|| Val::unknown(spot.span, name)));
            } else {
                let block = written.and_then(|written| block_of(spot.name, written, item, index, items.len()));
                values.push(self.value(spot, block, Some(item), flag(index)));
            }
        }
        Val::list(spot.span, values)
    }

    /// The unknown elements of a list, if there is one reference for each.
    fn elements(&self, spot: Spot<'_>, written: &'v Value, items: &[Value], count: usize) -> Option<Vec<Val>> {
        let (_, attributes) = ELEMENTS.iter().find(|(name, _)| *name == spot.name)?;
        let found = references(written);
        // References to what is known anyway stand for known elements.
        let is_known = |value: &Val| items.iter().any(|item| self.json(item).equals(value) == Some(true));
        let found: Vec<Val> = found
            .into_iter()
            .filter(|reference| pieces(reference).last().is_some_and(|last| attributes.contains(last)))
            .filter_map(|reference| self.reference(reference, spot.module, spot.depth))
            .filter(|value| !is_known(value))
            .collect();
        let others = references(written).iter().any(|reference| {
            let pieces = pieces(reference);
            matches!(pieces.first(), Some(&("local" | "each" | "count" | "var" | "module")))
        });
        (found.len() == count && !others).then_some(found)
    }

    /// What a value that is not known was written as.
    fn rebuilt(&self, spot: Spot<'_>, written: Option<&'v Value>) -> Val {
        match written {
            Some(written) => self.written(spot, written),
            None => Val::unknown(spot.span, format!("{}.{}", spot.address, spot.name)),
        }
    }

    fn written(&self, spot: Spot<'_>, written: &'v Value) -> Val {
        let unknown = || Val::unknown(spot.span, format!("{}.{}", spot.address, spot.name));
        if let Some(constant) = constant(written) {
            return self.json(constant);
        }
        if written.member("references").is_some() {
            let elements = ELEMENTS.iter().any(|(name, _)| *name == spot.name);
            let names_key = KEY_ARGUMENTS.contains(&spot.name)
                && references(written).iter().all(|reference| reference.contains("aws_kms_"));
            let found = match (WHOLE.contains(&spot.name) || names_key, elements) {
                (true, _) => self.expression(written, spot.module, spot.depth),
                (false, true) => {
                    let count = references(written).len();
                    self.elements(spot, written, &[], count).map(|items| Val::list(spot.span, items))
                }
                _ => None,
            };
            return found.map_or_else(unknown, |found| found.at(spot.span));
        }
        match &written.kind {
            // Blocks, each with expressions of its own.
            Kind::List(blocks) => {
                let block = |block: &'v Value| self.members(Spot { span: block.span, ..spot }, Some(block), None, None);
                Val::list(spot.span, blocks.iter().map(block).collect())
            }
            Kind::Object(members) if !members.is_empty() => self.members(spot, Some(written), None, None),
            _ => unknown(),
        }
    }

    /// The value of an expression that is a constant or one reference.
    pub(super) fn expression(&self, written: &'v Value, module: &str, depth: usize) -> Option<Val> {
        if let Some(constant) = constant(written) {
            return Some(self.json(constant));
        }
        match references(written).as_slice() {
            [only] => self.reference(only, module, depth),
            _ => None,
        }
    }

    /// What a reference stands for, in a module.
    fn reference(&self, reference: &str, module: &str, depth: usize) -> Option<Val> {
        if depth >= TERRAFORM_REFERENCES_DEPTH_MAX {
            return None;
        }
        let depth = depth + 1;
        let pieces = pieces(reference);
        match pieces.as_slice() {
            ["var", name] => match module.is_empty() {
                true => self.variables?.member(name)?.member("value").map(|value| self.json(value)),
                false => {
                    let (expression, caller) = self.configuration.argument(module, name)?;
                    self.expression(expression, caller, depth)
                }
            },
            ["module", name, rest @ ..] => {
                let (index, output) = match rest {
                    [output] => ("", output),
                    [index, output] if index.starts_with('[') => (*index, output),
                    _ => return None,
                };
                let child = format!("{module}module.{name}{index}.");
                self.expression(self.configuration.output(&child, output)?, &child, depth)
            }
            ["var" | "local" | "each" | "count" | "path" | "terraform" | "self", ..] => None,
            ["data", kind, name, rest @ ..] => self.attribute(&format!("{module}data.{kind}.{name}"), rest, depth),
            [kind, name, rest @ ..] => self.attribute(&format!("{module}{kind}.{name}"), rest, depth),
            _ => None,
        }
    }

    fn attribute(&self, address: &str, rest: &[&str], depth: usize) -> Option<Val> {
        let (address, attribute) = match rest {
            [attribute] => (address.to_owned(), *attribute),
            [index, attribute] if index.starts_with('[') => (format!("{address}{index}"), *attribute),
            _ => return None,
        };
        let instance = self.instances.get(address.as_str())?;
        let told = instance.values.and_then(|values| values.member(attribute));
        if let Some(told) = told.filter(|told| told.kind != Kind::Null) {
            return Some(self.json(told));
        }
        let span = instance.place.span;
        let arguments = self.arguments_at(&address, instance, depth);
        if instance.kind == "aws_iam_policy_document" && matches!(attribute, "json" | "minified_json") {
            let document = policy_document::build(&arguments).ok()?;
            return Some(Val::text(document.span, Text::of_json(document)));
        }
        let setting = self.setting(instance);
        let facts = Facts { given: &arguments, setting: &setting, address: &address, span };
        let kind = if instance.is_data { format!("data.{}", instance.kind) } else { instance.kind.to_owned() };
        let found = follow(&kind, attribute, &facts).or_else(|| arguments.given(attribute).cloned());
        Some(found.unwrap_or_else(|| Val::unknown(span, format!("{address}.{attribute}"))))
    }
}

/// Whether anything in a value of `after_unknown` is true.
fn says_unknown(value: &Value) -> bool {
    match &value.kind {
        Kind::Bool(told) => *told,
        Kind::List(items) => items.iter().any(says_unknown),
        Kind::Object(members) => members.iter().any(|member| says_unknown(&member.value)),
        _ => false,
    }
}

/// What was written for a block. Statements keep their order; the blocks of a set do not, so there the
/// one with the same constants is meant, if that is only one.
fn block_of<'v>(name: &str, written: &'v Value, item: &Value, index: usize, count: usize) -> Option<&'v Value> {
    let blocks = written.as_list()?;
    if blocks.len() != count {
        return None;
    }
    if name == "statement" {
        return blocks.get(index);
    }
    let fits = |block: &&Value| {
        block.as_object().unwrap_or_default().iter().all(|member| {
            match (constant(&member.value).and_then(Value::as_text), item.member(&member.name).and_then(Value::as_text))
            {
                (Some(constant), Some(known)) => constant == known,
                _ => true,
            }
        })
    };
    let mut fitting = blocks.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
