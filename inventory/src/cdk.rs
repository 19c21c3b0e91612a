//! What CDK writes beside its templates: the manifest of a cloud assembly says where each stack is
//! deployed; the construct tree and the lists of assets say nothing about access.
//!
//! <https://docs.aws.amazon.com/cdk/v2/guide/deploy.html>

use wardbook_policy::arn::is_account_id;
use wardbook_policy::json::{Kind, Value};

use crate::authorization_details::text;
use crate::cloudformation::Told;
use crate::page::{Page, is_region};
use crate::parameters::folder;
use crate::world::harvest::Harvest;

pub(crate) fn recognizes_manifest(value: &Value) -> bool {
    text(value, "version").is_some()
        && value.member("artifacts").is_some_and(|artifacts| artifacts.as_object().is_some())
}

/// The environment of each stack of an assembly. Assemblies inside it (stages) have manifests of their own.
pub(crate) fn read_manifest(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let artifacts = value.member("artifacts").and_then(Value::as_object).unwrap_or_default();
    for artifact in
        artifacts.iter().filter(|artifact| text(&artifact.value, "type") == Some("aws:cloudformation:stack"))
    {
        let Some(properties) = artifact.value.member("properties") else { continue };
        let Some(file) = text(properties, "templateFile") else { continue };
        let environment = text(&artifact.value, "environment").unwrap_or_default();
        let (account, region) =
            environment.strip_prefix("aws://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
        let parameters = properties.member("parameters").and_then(Value::as_object).unwrap_or_default();
        let told = Told {
            account: Some(account).filter(|account| is_account_id(account)).map(str::to_owned),
            region: Some(region).filter(|region| is_region(region)).map(str::to_owned),
            parameters: parameters.iter().map(|member| (member.name.to_string(), member.value.clone())).collect(),
            ..Told::default()
        };
        harvest.stacks.insert(format!("{}{file}", folder(&page.source.path)), told);
    }
}

/// The construct tree, lists of assets, and the file that marks an assembly.
pub(crate) fn recognizes_other(value: &Value) -> bool {
    let Some(version) = text(value, "version") else { return false };
    let tree = version.starts_with("tree-") && value.member("tree").is_some();
    let assets = value.member("files").is_some() && value.member("dockerImages").is_some();
    let mark = matches!(&value.kind, Kind::Object(members) if members.len() == 1);
    tree || assets || mark
}
