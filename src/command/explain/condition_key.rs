//! Condition keys: their type, what compares them, which requests carry them, where the value comes from.

use serde_json::{Value, json};
use wardbook_policy::catalogue::{self, Action, ConditionKey, ValueType};
use wardbook_policy::condition;

use super::page::Page;
use super::{Kind, note};

pub(super) const KIND: Kind = Kind {
    name: "condition key",
    tells: "type, operators, who carries it",
    examples: &["kms:ViaService", "aws:PrincipalTag/team", "kms:EncryptionContext:aws:s3:arn"],
    page,
    names: |topic| {
        catalogue::nearest_condition_key(topic).map(|name| with_parameter(name, topic)).into_iter().collect()
    },
};

pub(super) const PATTERNS: Kind = Kind {
    name: "prefix",
    tells: "condition keys that begin so",
    examples: &["aws:*", "kms:Grant*"],
    page: pattern,
    names: |_| Vec::new(),
};

/// A name such as `aws:PrincipalTag/${TagKey}`, with the parameter of a topic that was meant to be one.
fn with_parameter(name: &str, topic: &str) -> String {
    let Some((stem, _)) = name.split_once("${") else { return name.to_owned() };
    let parameter = match stem.ends_with('/') {
        true => topic.split_once('/').map(|(_, parameter)| parameter),
        false => topic.splitn(3, ':').nth(2),
    };
    format!("{stem}{}", parameter.unwrap_or_default())
}

/// The key of that name; without a prefix it is one of KMS or a global one.
fn page(topic: &str) -> Option<Page> {
    let names = match topic.contains(':') {
        true => vec![topic.to_owned()],
        false => vec![format!("kms:{topic}"), format!("aws:{topic}")],
    };
    names.iter().find_map(|name| Some(key_page(name, catalogue::condition_key(name)?)))
}

fn key_page(name: &str, key: ConditionKey) -> Page {
    let form = key.has_parameter() && !name.eq_ignore_ascii_case(key.name());
    let page = if form {
        let parameter = name.get(key.stem().len()..).unwrap_or_default();
        Page::new("condition-key", format!("{}{parameter}", key.stem()), "condition key").fact("form", key.name())
    } else {
        Page::new("condition-key", key.name(), "condition key")
    };
    let mut page = page
        .fact("type", type_name(key.value_type()))
        .fact_as("values", values(key), json!(if key.is_multi_valued() { "many" } else { "one" }))
        .list("operators", operators(key.value_type()));
    page = carriers(page, key);
    let said = note::on_key(key.name());
    if let Some(derived) = said.and_then(|said| said.derived) {
        page = page.fact("wardbook takes", derived);
    }
    page.note(said.and_then(|said| said.note))
}

fn values(key: ConditionKey) -> &'static str {
    match key.is_multi_valued() {
        true => "several: needs ForAnyValue: or ForAllValues: before the operator",
        false => "one: no ForAnyValue: or ForAllValues:",
    }
}

fn type_name(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Arn => "ARN",
        ValueType::Binary => "Binary",
        ValueType::Bool => "Bool",
        ValueType::Date => "Date",
        ValueType::IpAddress => "IPAddress",
        ValueType::Numeric => "Numeric",
        ValueType::String => "String",
    }
}

/// The operators made for a type; `Null` fits them all.
fn operators(value_type: ValueType) -> Vec<String> {
    let families: &[&str] = match value_type {
        ValueType::Arn => &["Arn", "String"],
        ValueType::Binary => &["Binary"],
        ValueType::Bool => &["Bool"],
        ValueType::Date => &["Date"],
        ValueType::IpAddress => &["IpAddress", "NotIpAddress"],
        ValueType::Numeric => &["Numeric"],
        ValueType::String => &["String"],
    };
    let fits = |name: &str| name == "Null" || families.iter().any(|family| name.starts_with(family));
    condition::operators().map(|operator| operator.name).filter(|name| fits(name)).map(str::to_owned).collect()
}

/// Which actions carry the key: those of its own service, of KMS for an `aws:` key, or all there are.
fn carriers(page: Page, key: ConditionKey) -> Page {
    if key.is_global() {
        return page.fact_as("carried by", "requests of every service, where it has a value", json!("*"));
    }
    let prefix = key.name().split(':').next().unwrap_or_default();
    let Some(service) = catalogue::service(if prefix == "aws" { "kms" } else { prefix }) else {
        return page.fact_as("carried by", "requests of whoever signs in through that provider", json!("*"));
    };
    let (carry, lack): (Vec<Action>, Vec<Action>) = service.actions().partition(|action| action.carries(key));
    let names = |actions: &[Action]| actions.iter().map(|action| action.short_name()).collect::<Vec<_>>().join(", ");
    let text = match (carry.len(), lack.len()) {
        (0, _) => format!("no action of {}", service.prefix()),
        (carrying, 0) => format!("all {carrying} actions of {}", service.prefix()),
        (carrying, lacking) if lacking < carrying => {
            format!("{carrying} of {} actions of {}, all but {}", carrying + lacking, service.prefix(), names(&lack))
        }
        (carrying, lacking) => {
            format!("{carrying} of {} actions of {}: {}", carrying + lacking, service.prefix(), names(&carry))
        }
    };
    let others = if prefix == "aws" { "; other services have theirs" } else { "" };
    page.fact_as("carried by", format!("{text}{others}"), carry.iter().map(|action| action.name()).collect())
}

/// The keys with a common beginning: `kms:Grant*`.
fn pattern(topic: &str) -> Option<Page> {
    let prefix = topic.strip_suffix('*').filter(|prefix| prefix.contains(':') && !prefix.contains(['*', '?']))?;
    let begins = |key: &ConditionKey| key.name().get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix));
    let keys: Vec<ConditionKey> = catalogue::condition_keys().filter(begins).collect();
    if keys.is_empty() {
        return None;
    }
    let page = Page::new("pattern", topic, format!("prefix of {} condition keys", keys.len()));
    Some(section(page, "Condition keys", &keys))
}

/// Runs of keys that differ in their last part only, such as 57 attestation keys, are one row for people.
const RUN_MIN: usize = 4;

/// A list of condition keys with their types.
pub(super) fn section(page: Page, title: &'static str, keys: &[ConditionKey]) -> Page {
    let family = |key: &ConditionKey| match key.name().rsplit_once(':') {
        Some((stem, _)) if stem.contains(':') => Some((stem, key.value_type(), key.is_multi_valued())),
        _ => None,
    };
    let same = |a: &ConditionKey, b: &ConditionKey| family(a).is_some() && family(a) == family(b);
    let mut rows = Vec::new();
    for run in keys.chunk_by(same) {
        match run {
            [first, ..] if run.len() >= RUN_MIN => {
                let stem = family(first).map_or("", |(stem, ..)| stem);
                rows.push(vec![format!("{stem}:… ({} keys)", run.len()), described(first)]);
            }
            _ => rows.extend(run.iter().map(|key| vec![key.name().to_owned(), described(key)])),
        }
    }
    let value = |key: &ConditionKey| -> Value {
        json!({"name": key.name(), "type": type_name(key.value_type()), "multi_valued": key.is_multi_valued()})
    };
    page.section_as(title, rows, keys.iter().map(value).collect())
}

fn described(key: &ConditionKey) -> String {
    let several = if key.is_multi_valued() { ", several values" } else { "" };
    format!("{}{several}", type_name(key.value_type()))
}
