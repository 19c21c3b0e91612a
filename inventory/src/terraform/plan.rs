//! `terraform show -json`: what a plan will make, or what a state holds; and the state file itself.
//!
//! What a plan does not know before apply stands in its `configuration` as references; what follows
//! from those exactly is put together again, and everything else stays a symbol.
//! <https://developer.hashicorp.com/terraform/internals/json-format>

mod configuration;
mod rebuild;
mod setting;
pub(crate) mod state_file;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use wardbook_policy::json::{Kind, ParseError, Value};
use wardbook_policy::span::Lines;
use wardbook_policy::subject::ChangeSubject;

use super::resource::{self, is_of_interest};
use super::text::{Marks, Text};
use super::value::{Entry, Val};
use super::{Resource, says_something};
use crate::carrier::Carrier;
use crate::coverage::{Gap, GapKind};
use crate::limits::TERRAFORM_RESOURCES_MAX;
use crate::page::Page;
use crate::world::harvest::Harvest;

use rebuild::Plan;

pub(crate) fn recognizes(value: &Value) -> bool {
    if state_file::recognizes(value) {
        return true;
    }
    let has = |name: &str| value.member(name).is_some();
    value.member("format_version").and_then(Value::as_text).is_some()
        && ["planned_values", "values", "resource_changes", "configuration", "terraform_version"].into_iter().any(has)
}

pub(crate) fn read(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let mut carrier = carrier(&page.source.path, &page.source.text, page.lines, value);
    match says_something(&carrier) {
        true => {
            let lines = HashMap::from([(page.source.path.as_str(), page.lines)]);
            carrier.into_harvest(&lines, harvest);
        }
        false => harvest.gaps.append(&mut carrier.gaps),
    }
}

/// Everything that a plan or state declares.
pub(crate) fn carrier(path: &str, text: &str, lines: &Lines<'_>, value: &Value) -> Carrier {
    let instances = instances(value);
    let too_many = instances.len() > TERRAFORM_RESOURCES_MAX;
    let plan = Plan::new(path, text, value, instances);
    let mut resources = Vec::new();
    for (address, instance) in plan.instances.iter().take(TERRAFORM_RESOURCES_MAX) {
        if instance.is_data {
            continue;
        }
        resources.push(Resource {
            address: address.to_string(),
            kind: instance.kind.to_owned(),
            arguments: plan.arguments(address, instance),
            setting: plan.setting(instance),
            is_symbolic: false,
            span: instance.place.span,
            name_span: instance.place.member("address").map_or(instance.place.span, |address| address.span),
            settings: None,
        });
    }
    let mut carrier = resource::declare(path, &resources, lines);
    changes(&mut carrier, value, &plan);
    if too_many {
        let message = format!("`{path}` holds more than the {TERRAFORM_RESOURCES_MAX} resources that are read");
        carrier.faults.push(ParseError { message: message.clone(), span: value.span });
        carrier.gaps.push(Gap::new(GapKind::Truncated, path, message));
    }
    carrier
}

/// One resource or data source of a plan or state.
#[derive(Debug)]
pub(super) struct Instance<'v> {
    /// `module.keys["a"].`, or nothing.
    pub(super) module: String,
    /// `aws_kms_key`
    pub(super) kind: &'v str,
    pub(super) name: &'v str,
    pub(super) is_data: bool,
    /// The object that describes it.
    pub(super) place: &'v Value,
    pub(super) values: Option<&'v Value>,
    pub(super) unknown: Option<&'v Value>,
    /// Its provider, where a state says that.
    pub(super) provider: Option<String>,
}

/// Every instance by its address: planned or present ones, and data sources that were read.
fn instances(value: &Value) -> BTreeMap<Rc<str>, Instance<'_>> {
    if state_file::recognizes(value) {
        return state_file::instances(value);
    }
    let mut found = BTreeMap::new();
    let values = value.member("planned_values").or_else(|| value.member("values"));
    let prior = value.member("prior_state").and_then(|prior| prior.member("values"));
    if let Some(root) = prior.and_then(|values| values.member("root_module")) {
        collect(root, true, &mut found);
    }
    if let Some(root) = values.and_then(|values| values.member("root_module")) {
        collect(root, false, &mut found);
    }
    let changes = value.member("resource_changes").and_then(Value::as_list).unwrap_or_default();
    for entry in changes {
        let Some(change) = entry.member("change") else { continue };
        let after = change.member("after").filter(|after| after.as_object().is_some());
        let Some(mut instance) = instance(entry, after) else { continue };
        let Some(address) = entry.member("address").and_then(Value::as_text) else { continue };
        instance.unknown = change.member("after_unknown");
        match found.get_mut(address) {
            Some(earlier) => {
                earlier.unknown = instance.unknown;
                // A data source that is read at apply has more to say here than in an earlier state.
                if instance.is_data && after.is_some() {
                    earlier.values = after;
                }
            }
            // What is destroyed has nothing after.
            None if after.is_some() => {
                found.insert(address.into(), instance);
            }
            None => {}
        }
    }
    found
}

/// The resources of a module and of those below it.
///
/// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
fn collect<'v>(module: &'v Value, data_only: bool, found: &mut BTreeMap<Rc<str>, Instance<'v>>) {
    for entry in module.member("resources").and_then(Value::as_list).unwrap_or_default() {
        let Some(instance) = instance(entry, entry.member("values")) else { continue };
        let Some(address) = entry.member("address").and_then(Value::as_text) else { continue };
        if instance.is_data || !data_only {
            found.insert(address.into(), instance);
        }
    }
    for child in module.member("child_modules").and_then(Value::as_list).unwrap_or_default() {
        collect(child, data_only, found);
    }
}

fn instance<'v>(entry: &'v Value, values: Option<&'v Value>) -> Option<Instance<'v>> {
    let text = |name: &str| entry.member(name).and_then(Value::as_text);
    let (address, kind, name) = (text("address")?, text("type")?, text("name")?);
    let is_data = text("mode") == Some("data");
    let own = if is_data { format!("data.{kind}.{name}") } else { format!("{kind}.{name}") };
    let module = address.rfind(&own).and_then(|at| address.get(..at)).unwrap_or_default().to_owned();
    Some(Instance { module, kind, name, is_data, place: entry, values, unknown: None, provider: None })
}

/// What the plan changes, with what was there before.
fn changes(carrier: &mut Carrier, value: &Value, plan: &Plan<'_>) {
    let names = super::lower::Names { carrier: Arc::clone(&carrier.path), made: Default::default() };
    for entry in value.member("resource_changes").and_then(Value::as_list).unwrap_or_default() {
        let Some(change) = entry.member("change") else { continue };
        let Some(found) = instance(entry, None).filter(|found| !found.is_data) else { continue };
        if !is_of_interest(found.kind) {
            continue;
        }
        let actions: Vec<&str> = change
            .member("actions")
            .and_then(Value::as_list)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_text)
            .collect();
        if actions.iter().all(|action| matches!(*action, "no-op" | "read")) {
            continue;
        }
        let Some(address) = entry.member("address").and_then(Value::as_text) else { continue };
        let side = |name: &str| {
            change.member(name).filter(|side| side.as_object().is_some()).map(|side| names.value(&plan.json(side)))
        };
        let declaration = resource::change_declaration(&names, address, found.kind, entry);
        let after = match plan.instances.get(address) {
            Some(instance) if side("after").is_some() => Some(names.value(&plan.arguments(address, instance))),
            _ => side("after"),
        };
        let change = ChangeSubject {
            declaration: Arc::new(declaration),
            before: side("before"),
            after,
            replaces: actions.contains(&"delete") && actions.contains(&"create"),
        };
        carrier.subjects.changes.push(change);
    }
}

impl Plan<'_> {
    /// A value of the plan as one of Terraform's, places kept.
    ///
    /// INVARIANT: the recursion is bounded, since the JSON reader bounds the depth.
    pub(super) fn json(&self, value: &Value) -> Val {
        let span = value.span;
        match &value.kind {
            Kind::Null => Val::null(span),
            Kind::Bool(told) => Val::bool(span, *told),
            Kind::Number(digits) => Val::number(span, &**digits),
            Kind::Text(text) => {
                let (start, end) = (span.start as usize + 1, (span.end as usize).saturating_sub(1));
                match self.text.get(start..end).filter(|_| text.len() > 2 && text.trim_start().starts_with('{')) {
                    Some(written) => Val::text(span, Text::literal(&**text, Marks::align(written, text, start, true))),
                    None => Val::text(span, Text::placed(&**text, span)),
                }
            }
            Kind::List(values) => Val::list(span, values.iter().map(|value| self.json(value)).collect()),
            Kind::Object(members) => {
                let entries = members.iter().map(|member| Entry {
                    name: (&*member.name).into(),
                    name_span: member.name_span,
                    value: self.json(&member.value),
                });
                Val::object(span, entries.collect())
            }
        }
    }
}
