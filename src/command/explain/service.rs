//! Services: what they are called, and how many actions they have of each level.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wardbook_policy::catalogue::{self, AccessLevel, Service};

use super::Kind;
use super::page::Page;

pub(super) const KIND: Kind = Kind {
    name: "service",
    tells: "its actions by access level",
    examples: &["kms", "s3"],
    page,
    names: |_| catalogue::services().map(|service| service.prefix().to_owned()).collect(),
};

const LEVELS: [AccessLevel; 5] = [
    AccessLevel::List,
    AccessLevel::Read,
    AccessLevel::Tagging,
    AccessLevel::Write,
    AccessLevel::PermissionsManagement,
];

/// Beyond so many, names are counted and not listed, for people.
const NAMES_MAX: usize = 40;

fn page(topic: &str) -> Option<Page> {
    let service = catalogue::service(topic.strip_suffix(':').unwrap_or(topic))?;
    let types: BTreeSet<&str> =
        service.actions().flat_map(|action| action.resource_types()).map(|resource| resource.name()).collect();
    let types: Vec<&str> = types.into_iter().collect();
    let count = service.actions().count();
    let control = service.supports_resource_control_policies();
    let levels: Vec<(AccessLevel, Vec<&str>)> =
        LEVELS.into_iter().map(|level| (level, names(service, level))).filter(|(_, names)| !names.is_empty()).collect();
    let row = |(level, names): &(AccessLevel, Vec<&str>)| {
        let shown = if names.len() > NAMES_MAX { String::new() } else { names.join(", ") };
        vec![level.name().to_owned(), names.len().to_string(), shown]
    };
    let value = |(level, names): &(AccessLevel, Vec<&str>)| -> Value {
        json!({"access_level": level.name(), "count": names.len(), "actions": names})
    };
    let listed = if types.len() > NAMES_MAX { types.len().to_string() } else { types.join(", ") };
    Some(
        Page::new("service", service.prefix(), service.name())
            .fact_as(
                "actions",
                format!("{count} (`wardbook explain '{}:*'` lists them)", service.prefix()),
                count.into(),
            )
            .fact_as("resource types", if types.is_empty() { "none".to_owned() } else { listed }, types.into())
            .fact_as("RCPs apply", if control { "yes" } else { "no" }, control.into())
            .section_as("By access level", levels.iter().map(row).collect(), levels.iter().map(value).collect()),
    )
}

fn names(service: Service, level: AccessLevel) -> Vec<&'static str> {
    service.actions().filter(|action| action.access_level() == level).map(|action| action.short_name()).collect()
}
