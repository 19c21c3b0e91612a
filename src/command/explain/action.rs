//! Actions: how far they reach, on what, under which conditions, and what KMS makes of its own.

use serde_json::{Value, json};
use wardbook_policy::catalogue::{
    self, Action, ConditionKey, KeyState, KmsOperation, ResourceKind, actions_matching, kms_state,
};
use wardbook_policy::question::{self, Target};

use super::page::Page;
use super::{Kind, condition_key, note};

pub(super) const KIND: Kind = Kind {
    name: "action",
    tells: "reach, resources, condition keys, key states",
    examples: &["kms:Decrypt", "s3:GetObject", "ReEncrypt"],
    page,
    names: |topic| catalogue::nearest_action(topic).map(str::to_owned).into_iter().collect(),
};

pub(super) const PATTERNS: Kind = Kind {
    name: "pattern",
    tells: "actions that a pattern stands for",
    examples: &["kms:*Grant*", "s3:Get*"],
    page: pattern,
    names: |_| Vec::new(),
};

/// The action of that name; without a prefix it is one of KMS.
fn page(topic: &str) -> Option<Page> {
    let name = if topic.contains(':') { topic.to_owned() } else { format!("kms:{topic}") };
    match catalogue::action(&name) {
        Some(action) => Some(action_page(action)),
        None => operation_page(&name),
    }
}

fn action_page(action: Action) -> Page {
    let service = catalogue::service(action.service_prefix()).map_or(action.service_prefix(), |service| service.name());
    let mut page = Page::new("action", action.name(), format!("action of {service}"))
        .fact("access level", action.access_level().name());
    let operation = catalogue::kms_operation(action.name());
    if let Some(operation) = operation {
        page = kms_facts(page, operation);
    }
    page = resources(page, action);
    if let Some(operation) = operation.filter(|operation| operation.resource_kind() != ResourceKind::NoResource) {
        page = states(page, operation.action());
    }
    condition_keys(page, action).note(note::on_action(action.name()))
}

/// An operation of the API that is no action itself: `ReEncrypt`.
fn operation_page(name: &str) -> Option<Page> {
    let (prefix, short) = name.split_once(':')?;
    let lines: Vec<KmsOperation> = catalogue::kms_operations_of(short).collect();
    let operation = lines.first().and_then(|line| line.operation())?;
    if !prefix.eq_ignore_ascii_case("kms") {
        return None;
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .filter_map(|line| catalogue::action(line.action()))
        .map(|action| vec![action.name().to_owned(), action.access_level().name().to_owned()])
        .collect();
    let page = Page::new("operation", format!("kms:{operation}"), "operation of the API, no action by itself");
    Some(permissions(page, operation).section("Actions", &["action", "access_level"], rows))
}

fn kms_facts(page: Page, line: KmsOperation) -> Page {
    let mut page = match line.operation() {
        Some(operation) => permissions(page.fact("operation", operation), operation),
        None => page.fact_as("operation", "none: only KMS itself asks for it", Value::Null),
    };
    page = page.fact(
        "decided by",
        match line.resource_kind() {
            ResourceKind::Key if line.action() == "kms:RetireGrant" => {
                "the grant itself, and IAM policies in the account it was issued in"
            }
            ResourceKind::Key => "key policy, IAM policies where the key policy lets the account decide, grants",
            ResourceKind::AliasAndKey => "on the alias IAM policies alone; on the key as for every key action",
            ResourceKind::RetiringPrincipal => "IAM policies alone, on the ARN of the retiring principal",
            ResourceKind::NoResource => "IAM policies alone, on Resource \"*\"",
        },
    );
    page = page.fact_as(
        "cross-account",
        if line.is_cross_account() { "yes" } else { "no, whatever policies say" },
        line.is_cross_account().into(),
    );
    page = match line.grant_operation() {
        Some(name) => page.fact("grant operation", name),
        None => page.fact_as("grant operation", "none: no grant can permit it", Value::Null),
    };
    page = match line.key_usage() {
        Some(usage) => page.fact("key usage", usage.name()),
        None => page.fact_as("key usage", "any", Value::Null),
    };
    page = page
        .flag("cryptographic", line.is_cryptographic())
        .fact_as(
            "read-only",
            if line.is_read_only() { "yes, as CloudTrail writes it" } else { "no" },
            line.is_read_only().into(),
        )
        .flag("dry run", line.supports_dry_run());
    let defaults: Vec<String> = line.defaults().map(|(key, value)| format!("{key} {value}")).collect();
    if defaults.is_empty() { page } else { page.list("unless sent", defaults) }
}

/// What has to be allowed, where it is more than one thing.
fn permissions(page: Page, operation: &str) -> Page {
    let Some(parts) = question::parts(&format!("kms:{operation}")) else { return page };
    let each: Vec<String> = parts
        .iter()
        .map(|part| {
            let on = match (part.target, operation) {
                (Target::Alias, _) => "the alias",
                (Target::Key, "ReEncrypt") => "the source key",
                (Target::OtherKey, "ReEncrypt") => "the destination key",
                (Target::Key, "CreateAlias") => "the key it is made for",
                (Target::Key, "UpdateAlias") => "the key it leaves",
                (Target::Key, _) => "the key it points to",
                (Target::OtherKey, _) => "the key it moves to",
            };
            format!("{} on {on}", part.action)
        })
        .collect();
    let text = format!("{operation} needs {}: {}", spelled(each.len()), each.join(", "));
    page.fact_as("permissions", text, each.into())
}

fn spelled(count: usize) -> String {
    match count {
        2 => "two".into(),
        3 => "three".into(),
        more => more.to_string(),
    }
}

fn resources(page: Page, action: Action) -> Page {
    let required: Vec<&str> = action.required_resource_types().map(|resource| resource.name()).collect();
    let row = |resource: catalogue::ResourceType| {
        let need = if required.contains(&resource.name()) { "required" } else { "" };
        vec![resource.name().to_owned(), resource.arn_shape().to_owned(), need.to_owned()]
    };
    let rows: Vec<Vec<String>> = action.resource_types().map(row).collect();
    if rows.is_empty() {
        return page.fact_as("resource types", "none: write Resource \"*\"", json!([]));
    }
    let value = rows
        .iter()
        .map(|row| match row.as_slice() {
            [name, shape, need] => json!({"name": name, "arn": shape, "required": need == "required"}),
            _ => Value::Null,
        })
        .collect();
    page.section_as("Resource types", rows, value)
}

/// The states of a key in which KMS refuses the operation, whatever policies say.
fn states(page: Page, action: &str) -> Page {
    let refusals: Vec<(KeyState, catalogue::StateRefusal)> =
        KeyState::ALL.into_iter().filter_map(|state| Some((state, kms_state(action, state)?))).collect();
    if refusals.is_empty() {
        return page.fact_as("refused in key state", "none", json!([]));
    }
    let row = |(state, refusal): &(KeyState, catalogue::StateRefusal)| {
        vec![state.name().to_owned(), refusal.error().to_owned(), format!("the key {}", refusal.reason())]
    };
    page.section("Refused in key state", &["state", "error", "reason"], refusals.iter().map(row).collect())
}

fn condition_keys(page: Page, action: Action) -> Page {
    let mut keys: Vec<ConditionKey> =
        action.condition_keys().chain(action.resource_types().flat_map(|resource| resource.condition_keys())).collect();
    keys.sort_by_key(|key| key.name());
    keys.dedup();
    if keys.is_empty() {
        return page.note("Of condition keys it carries the global ones only (`wardbook explain 'aws:*'`).");
    }
    condition_key::section(page, "Condition keys", &keys)
        .note("The global condition keys (`wardbook explain 'aws:*'`) can be on every request beside these.")
}

/// The actions that a pattern stands for.
fn pattern(topic: &str) -> Option<Page> {
    if !topic.contains(['*', '?']) {
        return None;
    }
    let rows: Vec<Vec<String>> = actions_matching(topic)
        .map(|action| vec![action.name().to_owned(), action.access_level().name().to_owned()])
        .collect();
    let summary = match rows.len() {
        0 => return None,
        1 => "pattern of 1 action".to_owned(),
        count => format!("pattern of {count} actions"),
    };
    Some(Page::new("pattern", topic, summary).section("Actions", &["action", "access_level"], rows))
}
