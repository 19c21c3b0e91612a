//! What `aws kms` prints about keys: list-keys, describe-key, get-key-policy, list-grants,
//! list-aliases, list-resource-tags; and a bare key policy in the folder of its key.
//!
//! get-key-policy and list-resource-tags do not say which key they are of; the folders do.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html>

use wardbook_policy::arn::Arn;
use wardbook_policy::grant::Grant;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::policy::PolicyKind;

use crate::authorization_details::{list, tags, text};
use crate::coverage::{Gap, GapKind};
use crate::embedded;
use crate::page::{Page, is_key_id, key_arn};
use crate::world::harvest::{Harvest, RawAlias, RawKey};

/// Whether a list has entries of this kind. An empty one is the answer to a call that found
/// nothing, so there nothing else may stand beside it.
fn entries_have(value: &Value, member: &str, name: &str) -> bool {
    match value.member(member).and_then(Value::as_list) {
        Some([]) => {
            let beside = [member, "Truncated", "NextMarker"];
            value.as_object().unwrap_or_default().iter().all(|member| beside.contains(&&*member.name))
        }
        Some(entries) => entries.iter().all(|entry| entry.member(name).is_some()),
        None => false,
    }
}

fn is_truncated(value: &Value) -> bool {
    matches!(value.member("Truncated").map(|value| &value.kind), Some(Kind::Bool(true)))
}

pub(crate) fn recognizes_keys(value: &Value) -> bool {
    entries_have(value, "Keys", "KeyId")
}

pub(crate) fn read_keys(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    for entry in list(value, "Keys") {
        if let Some(arn) = arn_of(page, text(entry, "KeyArn").or(text(entry, "KeyId"))) {
            harvest.key(&arn);
        } else {
            unplaced(page, "a key", text(entry, "KeyId").unwrap_or_default(), harvest);
        }
    }
    if is_truncated(value) {
        harvest.truncated(page, "the list of keys");
    }
}

pub(crate) fn recognizes_metadata(value: &Value) -> bool {
    value.member("KeyMetadata").is_some_and(|metadata| metadata.member("KeyId").is_some())
}

pub(crate) fn read_metadata(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let Some(metadata) = value.member("KeyMetadata") else { return };
    let Some(arn) = arn_of(page, text(metadata, "Arn").or(text(metadata, "KeyId"))) else {
        return unplaced(page, "metadata", text(metadata, "KeyId").unwrap_or_default(), harvest);
    };
    let owned = |name: &str| text(metadata, name).map(Into::into);
    let key = harvest.key(&arn);
    key.described = true;
    key.state = owned("KeyState");
    key.manager = owned("KeyManager");
    key.spec = owned("KeySpec").or_else(|| owned("CustomerMasterKeySpec"));
    key.usage = owned("KeyUsage");
    key.origin = owned("Origin");
    key.multi_region = match metadata.member("MultiRegion").map(|value| &value.kind) {
        Some(Kind::Bool(told)) => Some(*told),
        _ => None,
    };
    key.multi_region_kind = metadata
        .member("MultiRegionConfiguration")
        .and_then(|configuration| text(configuration, "MultiRegionKeyType"))
        .map(Into::into);
}

pub(crate) fn recognizes_policy(value: &Value) -> bool {
    text(value, "Policy").is_some_and(embedded::looks_like_document)
}

pub(crate) fn read_policy(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let name = text(value, "PolicyName").unwrap_or("default");
    if let Some(document) = value.member("Policy") {
        read_document(page, document, name, harvest);
    }
}

pub(crate) fn recognizes_bare_policy(value: &Value, page: &Page<'_>) -> bool {
    value.member("Statement").is_some() && page.hints.key_id.is_some()
}

pub(crate) fn read_bare_policy(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    read_document(page, value, "default", harvest);
}

fn read_document(page: &Page<'_>, document: &Value, name: &str, harvest: &mut Harvest) {
    let Some(arn) = arn_of(page, page.hints.key_id) else {
        return unplaced(page, "a key policy", "", harvest);
    };
    let title = format!("{arn} key policy {name}");
    let policy = page.policy(document, &title, PolicyKind::Key, &mut harvest.gaps);
    let key = harvest.key(&arn);
    if key.policies.contains_key(name) {
        let message = format!("`{}`: {title} occurs in an earlier file too; the earlier one counts", page.source.path);
        harvest.gaps.push(Gap::new(GapKind::Twice, &arn, message));
    } else if let Some(policy) = policy {
        key.policies.insert(name.into(), policy);
    }
}

pub(crate) fn recognizes_grants(value: &Value) -> bool {
    entries_have(value, "Grants", "Operations")
}

pub(crate) fn read_grants(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    add_grants(page, list(value, "Grants"), !is_truncated(value), harvest);
}

/// Takes in the grants of one key; `complete` tells whether these are all.
pub(crate) fn add_grants(page: &Page<'_>, entries: &[Value], complete: bool, harvest: &mut Harvest) {
    let folder = arn_of(page, page.hints.key_id);
    if let Some(arn) = &folder {
        harvest.key(arn).grants_end |= complete;
        harvest.key(arn).grants.get_or_insert_default();
    } else if entries.is_empty() {
        unplaced(page, "an empty list of grants", "", harvest);
    }
    for entry in entries {
        let grant = match Grant::read(entry) {
            Ok(grant) => grant.at(&page.source.path, page.lines.position(entry.span)),
            Err(problem) => {
                let key = arn_of(page, text(entry, "KeyId")).or_else(|| folder.clone()).unwrap_or_default();
                harvest.gaps.push(Gap::problem(&key, &page.source.path, page.lines, problem));
                continue;
            }
        };
        match arn_of(page, grant.key()).or_else(|| folder.clone()) {
            Some(arn) => {
                let key = harvest.key(&arn);
                // A list of grants belongs to one key, so it is complete for whichever key it names.
                key.grants_end |= complete;
                let grants = key.grants.get_or_insert_default();
                if grant.id().is_empty() || key.grant_ids.insert(grant.id().into()) {
                    grants.push(grant);
                }
            }
            None => unplaced(page, "a grant", grant.id(), harvest),
        }
    }
}

pub(crate) fn recognizes_aliases(value: &Value) -> bool {
    entries_have(value, "Aliases", "AliasName")
}

pub(crate) fn read_aliases(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let complete = !is_truncated(value);
    if complete && let (Some(account), Some(region)) = (page.hints.account, page.hints.region) {
        harvest.alias_list(account, region, page.hints.key_id);
    }
    for entry in list(value, "Aliases") {
        let Some(name) = text(entry, "AliasName") else { continue };
        let arn = match text(entry, "AliasArn") {
            Some(arn) => arn.to_owned(),
            None => match (page.hints.account, page.hints.region) {
                (Some(account), Some(region)) => key_arn(account, region, "").replace("key/", name),
                _ => {
                    unplaced(page, "an alias", name, harvest);
                    continue;
                }
            },
        };
        let Some(parts) = Arn::parse(&arn) else { continue };
        if complete {
            harvest.alias_list(parts.account, parts.region, page.hints.key_id);
        }
        // An alias that AWS holds ready for a key not yet made has no target.
        let target = text(entry, "TargetKeyId")
            .map(|id| if id.starts_with("arn:") { id.to_owned() } else { key_arn(parts.account, parts.region, id) });
        harvest.aliases.insert(arn.as_str().into(), RawAlias { name: name.into(), target: target.map(Into::into) });
    }
}

pub(crate) fn recognizes_tags(value: &Value) -> bool {
    entries_have(value, "Tags", "TagKey")
}

pub(crate) fn read_tags(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let Some(arn) = arn_of(page, page.hints.key_id) else {
        return unplaced(page, "tags of a key", "", harvest);
    };
    let key: &mut RawKey = harvest.key(&arn);
    key.tags.get_or_insert_default().extend(tags(value, "TagKey", "TagValue"));
    if is_truncated(value) {
        harvest.truncated(page, "the list of tags");
    }
}

/// The whole ARN of a key, from its ARN, or from its id and the folders.
fn arn_of(page: &Page<'_>, key: Option<&str>) -> Option<String> {
    let key = key?;
    if Arn::parse(key).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/")) {
        return Some(key.to_owned());
    }
    let id = Some(key).filter(|key| is_key_id(key))?;
    Some(key_arn(page.hints.account?, page.hints.region?, id))
}

fn unplaced(page: &Page<'_>, what: &str, name: &str, harvest: &mut Harvest) {
    let named = if name.is_empty() { String::new() } else { format!(" `{name}`") };
    let message = format!(
        "`{}`: {what}{named}, but neither the file nor its folders (ACCOUNT/kms/REGION/KEY-ID) say of which key",
        page.source.path
    );
    harvest.gaps.push(Gap::new(GapKind::Unreadable, &page.source.path, message));
}
