//! The state as Terraform keeps it in `terraform.tfstate`, version 4: the resources of all modules in one list.
//! <https://developer.hashicorp.com/terraform/language/state>

use std::collections::BTreeMap;
use std::rc::Rc;

use wardbook_policy::json::{Kind, Value};

use super::Instance;

/// The version of the format since Terraform 0.12; the ones before it hold other things.
const VERSION: &str = "4";

pub(crate) fn recognizes(value: &Value) -> bool {
    let is_version = value.member("version").is_some_and(|version| match &version.kind {
        Kind::Number(digits) => **digits == *VERSION,
        _ => false,
    });
    let resources = value.member("resources").and_then(Value::as_list);
    is_version
        && resources.is_some()
        && (value.member("lineage").is_some() || value.member("terraform_version").is_some())
}

/// What tells one state from others, and which of its versions this is.
pub(crate) fn lineage(value: &Value) -> Option<(&str, u64)> {
    let serial = value.member("serial").and_then(|serial| match &serial.kind {
        Kind::Number(digits) => digits.parse().ok(),
        _ => None,
    })?;
    value
        .member("lineage")
        .and_then(Value::as_text)
        .filter(|lineage| !lineage.is_empty())
        .map(|lineage| (lineage, serial))
}

/// Every instance by its address.
pub(super) fn instances(value: &Value) -> BTreeMap<Rc<str>, Instance<'_>> {
    let mut found = BTreeMap::new();
    for entry in value.member("resources").and_then(Value::as_list).unwrap_or_default() {
        let text = |name: &str| entry.member(name).and_then(Value::as_text);
        let (Some(kind), Some(name)) = (text("type"), text("name")) else { continue };
        let is_data = text("mode") == Some("data");
        let module = text("module").map(|module| format!("{module}.")).unwrap_or_default();
        let mode = if is_data { "data." } else { "" };
        for instance in entry.member("instances").and_then(Value::as_list).unwrap_or_default() {
            let index = index(instance.member("index_key"));
            // What waits for its deletion is still there.
            let deposed = instance.member("deposed").and_then(Value::as_text);
            let deposed = deposed.map(|key| format!(" (deposed {key})")).unwrap_or_default();
            let address = format!("{module}{mode}{kind}.{name}{index}{deposed}").into();
            let instance = Instance {
                module: module.clone(),
                kind,
                name,
                is_data,
                place: instance,
                values: instance.member("attributes"),
                unknown: None,
                provider: text("provider").map(provider),
            };
            found.insert(address, instance);
        }
    }
    found
}

/// `[0]`, `["eu"]`, or nothing.
fn index(key: Option<&Value>) -> String {
    match key.map(|key| &key.kind) {
        Some(Kind::Number(digits)) => format!("[{digits}]"),
        Some(Kind::Text(text)) => format!("[{text:?}]"),
        _ => String::new(),
    }
}

/// `aws.eu` of `module.keys.provider["registry.terraform.io/hashicorp/aws"].eu`
fn provider(written: &str) -> String {
    let (module, rest) = match written.split_once("provider[") {
        Some((module, rest)) => (module.trim_end_matches('.'), rest),
        None => ("", written),
    };
    let (source, alias) = rest.split_once(']').unwrap_or((rest, ""));
    let name = source.trim_matches('"').rsplit('/').next().unwrap_or_default();
    match module {
        "" => format!("{name}{alias}"),
        module => format!("{module}:{name}{alias}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardbook_policy::json;

    #[test]
    fn a_state_is_told_by_its_content() {
        let of = |text: &str| recognizes(&json::parse(text).unwrap());
        assert!(of(r#"{"version": 4, "lineage": "a", "resources": []}"#));
        assert!(of(r#"{"version": 4, "terraform_version": "1.9.8", "resources": []}"#));
        for other in [
            r#"{"version": 3, "lineage": "a", "resources": []}"#,
            r#"{"version": "4", "lineage": "a", "resources": []}"#,
            r#"{"version": 4, "resources": []}"#,
            r#"{"version": 4, "lineage": "a", "modules": []}"#,
        ] {
            assert!(!of(other), "{other}");
        }
    }

    #[test]
    fn addresses_are_those_that_terraform_shows() {
        let text = r#"{"version": 4, "lineage": "l", "serial": 7, "resources": [
            {"module": "module.keys[\"a\"]", "mode": "managed", "type": "aws_kms_key", "name": "k",
             "provider": "module.keys.provider[\"registry.terraform.io/hashicorp/aws\"].eu",
             "instances": [{"index_key": 0, "attributes": {}}, {"index_key": "b", "deposed": "00c0ffee", "attributes": {}}]},
            {"mode": "data", "type": "aws_region", "name": "r", "instances": [{"attributes": {}}]}]}"#;
        let value = json::parse(text).unwrap();
        assert_eq!(lineage(&value), Some(("l", 7)));
        let found = instances(&value);
        let addresses: Vec<&str> = found.keys().map(|address| &**address).collect();
        let wanted = [
            "data.aws_region.r",
            "module.keys[\"a\"].aws_kms_key.k[\"b\"] (deposed 00c0ffee)",
            "module.keys[\"a\"].aws_kms_key.k[0]",
        ];
        assert_eq!(addresses, wanted);
        let providers: Vec<Option<&str>> = found.values().map(|found| found.provider.as_deref()).collect();
        assert_eq!(providers, [None, Some("module.keys:aws.eu"), Some("module.keys:aws.eu")]);
        assert_eq!(provider("provider[\"registry.terraform.io/hashicorp/aws\"]"), "aws");
    }
}
