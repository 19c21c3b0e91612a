//! CreateKey: what may be asked for, the policy that a key begins with, and its first material.

use std::collections::BTreeMap;
use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Parameters, PolicyText, Prose, Several, Tags, Word, Words};
use wardbook_backend::token::MaterialId;

use super::fact::tell_tags;
use super::metadata::{algorithms, current_id, kept, metadata};
use super::policy::{check_lockout, read_policy};
use crate::api::{CREATE_KEY_REQUEST, CreateKeyRequest, CreateKeyResponse, KeySpec, KeyUsageType, OriginType, Shape};
use crate::authorize::{Named, On, Question};
use crate::caller::Facts;
use crate::desk::{Desk, bind, refused};
use crate::kms::Permit;
use crate::name::{KeyName, partition};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{Key, KeyRecord, Material, MaterialState, MultiRegion};

/// The policy of a key whose maker gives none: the account decides.
pub(super) fn default_policy(account: &str, region: &str) -> String {
    let partition = partition(region);
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

impl CreateKeyRequest {
    fn spec(&self) -> &'static str {
        let spec = self.key_spec.map(KeySpec::name);
        spec.or(self.customer_master_key_spec.map(|spec| spec.name())).unwrap_or("SYMMETRIC_DEFAULT")
    }

    fn usage(&self) -> &'static str {
        self.key_usage.map_or("ENCRYPT_DECRYPT", KeyUsageType::name)
    }

    fn origin(&self) -> &'static str {
        self.origin.map_or("AWS_KMS", OriginType::name)
    }

    fn check(&self, region: &str) -> Result<(), Refusal> {
        let invalid = |message: String| Err(Refusal::new(Why::Validation, message));
        if self.key_spec.is_some() && self.customer_master_key_spec.is_some() {
            return invalid(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is \
                 deprecated."
                    .into(),
            );
        }
        let (spec, usage) = (self.spec(), self.usage());
        if spec != "SYMMETRIC_DEFAULT" && self.key_usage.is_none() {
            return invalid(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.".into(),
            );
        }
        if spec == "SYMMETRIC_DEFAULT" && usage != "ENCRYPT_DECRYPT" {
            return invalid(format!(
                "The operation failed because the KeyUsage value of the CMK is {usage}. To perform this operation, the \
                 KeyUsage value must be ENCRYPT_DECRYPT."
            ));
        }
        if super::metadata::algorithms(spec, usage).is_empty() {
            return invalid(format!("KeyUsage {usage} is not compatible with KeySpec {spec}"));
        }
        let unsupported = |message: String| Err(Refusal::new(Why::Unsupported, message));
        if spec == "SM2" && !region.starts_with("cn-") {
            return unsupported(format!("KeySpec SM2 is not supported in {region}."));
        }
        let stored = matches!(self.origin(), "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE");
        if stored != self.custom_key_store_id.is_some() {
            return invalid("CustomKeyStoreId goes with an Origin of AWS_CLOUDHSM or EXTERNAL_KEY_STORE.".into());
        }
        if (self.origin() == "EXTERNAL_KEY_STORE") != self.xks_key_id.is_some() {
            return invalid("XksKeyId goes with an Origin of EXTERNAL_KEY_STORE.".into());
        }
        if stored && (spec != "SYMMETRIC_DEFAULT" || self.multi_region == Some(true)) {
            return unsupported("Custom key stores have symmetric encryption keys of a single Region.".into());
        }
        Ok(())
    }
}

impl Serve for CreateKeyRequest {
    const SHAPE: &'static Shape = &CREATE_KEY_REQUEST;
    type Answer = CreateKeyResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::POLICY, self.policy.as_deref().and_then(PolicyText::new));
        parameters.set_some(Field::DESCRIPTION, self.description.as_deref().map(Prose::new));
        parameters.set_some(Field::KEY_USAGE, Word::new(self.usage()));
        parameters.set_some(Field::KEY_SPEC, Word::new(self.spec()));
        parameters.set_some(Field::CUSTOMER_MASTER_KEY_SPEC, Word::new(self.spec()));
        parameters.set_some(Field::ORIGIN, Word::new(self.origin()));
        parameters.set_some(Field::BYPASS_POLICY_LOCKOUT_SAFETY_CHECK, self.bypass_policy_lockout_safety_check);
        parameters.set_some(Field::MULTI_REGION, self.multi_region);
        parameters.set_some(Field::TAGS, self.tags.as_deref().map(noted_tags));
        parameters.set_some(Field::CUSTOM_KEY_STORE_ID, self.custom_key_store_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::XKS_KEY_ID, self.xks_key_id.as_deref().and_then(Name::new));
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let mut facts = Facts::default();
        facts.text("kms:KeySpec", self.spec()).text("kms:KeyUsage", self.usage()).text("kms:KeyOrigin", self.origin());
        facts.text("kms:MultiRegion", if self.multi_region == Some(true) { "true" } else { "false" });
        facts.some("kms:MultiRegionKeyType", (self.multi_region == Some(true)).then_some("PRIMARY"));
        facts.flag("kms:BypassPolicyLockoutSafetyCheck", self.bypass_policy_lockout_safety_check);
        tell_tags(self.tags.as_deref().unwrap_or_default(), &mut facts)?;
        Ok(Plan::anything("kms:CreateKey", facts))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (account, region) = (desk.caller.account.clone(), desk.caller.region().to_owned());
        self.check(&region)?;
        let most = desk.kms.parts.quotas.resources.keys;
        desk.stay_below(most, "keys", |state| state.keys_of(&account, &region).count())?;
        let multi_region = self.multi_region == Some(true);
        let name = KeyName { account, region, id: desk.key_id(multi_region)? };
        let text = self.policy.clone().unwrap_or_else(|| default_policy(&name.account, &name.region));
        let policy = read_policy(&text, desk)?;
        let mut record = KeyRecord {
            created: desk.now.micros(),
            description: self.description.clone().unwrap_or_default(),
            spec: self.spec().into(),
            usage: self.usage().into(),
            origin: self.origin().into(),
            manager: "CUSTOMER".into(),
            state: "Enabled".into(),
            deletion: None,
            pending_window: None,
            policy: text,
            tags: tags(self.tags.as_deref().unwrap_or_default()),
            multi_region: multi_region.then(|| MultiRegion { primary: name.region.clone(), replicas: Vec::new() }),
            materials: Vec::new(),
            rotation: None,
            rotations_on_demand: 0,
            key_store: self.custom_key_store_id.clone(),
            external_id: self.xks_key_id.clone(),
        };
        let key = Key::fresh(name.clone(), record.clone(), policy.clone());
        check_tagging(&key, self.tags.as_deref(), desk)?;
        // Whoever gives no policy leaves the key to its account, and need not be able to change that.
        if self.policy.is_some() && self.bypass_policy_lockout_safety_check != Some(true) {
            check_lockout(&key, &policy, desk)?;
        }
        if let Some(store) = &self.custom_key_store_id {
            record.materials.push(super::key_store::material(&name, store, &record, desk)?);
        } else if record.origin == "EXTERNAL" {
            record.state = "PendingImport".into();
        } else {
            record.materials.push(new_material(&name, &record, MaterialState::Current, desk)?);
        }
        desk.seen.push((name.row(), 0));
        desk.touch_key(&name);
        let metadata = metadata(&name, &record);
        desk.note_answer(Field::KEY_METADATA, Some(noted(&name, &record)));
        desk.writes.key(&name, record, &policy);
        Ok(CreateKeyResponse { key_metadata: Some(metadata) })
    }
}

/// Whoever makes a key with tags has to be allowed to tag it as well, in the region where it will be.
pub(super) fn check_tagging(
    key: &Arc<Key>,
    tags: Option<&[crate::api::Tag]>,
    desk: &mut Desk<'_>,
) -> Result<(), Refusal> {
    let Some(tags) = tags.filter(|tags| !tags.is_empty()) else { return Ok(()) };
    let mut facts = Facts::default();
    tell_tags(tags, &mut facts)?;
    facts.text("aws:RequestedRegion", &key.name.region);
    desk.ask(&Question { action: "kms:TagResource", on: On::Key(Arc::clone(key), Named::Itself), facts })
}

/// Fresh material, made by the backend.
pub(crate) fn new_material(
    name: &KeyName,
    record: &KeyRecord,
    state: MaterialState,
    desk: &Desk<'_>,
) -> Result<Material, Refusal> {
    let id = MaterialId(desk.random()?);
    let binding = bind(name, &record.spec, &record.usage, id)?;
    let token = desk.kms.parts.backend.generate(&binding, &desk.call(&desk.labels()));
    let token = token.map_err(|error| refused(error, &name.arn()))?;
    Ok(Material { id: id.to_string(), token: Some(kept(&token)), state, rotated: None, import: None })
}

/// The metadata of a key as the log has it.
pub(super) fn noted(name: &KeyName, record: &KeyRecord) -> Parameters {
    use wardbook_audit::time::Timestamp;
    let mut parameters = Parameters::default();
    parameters.set_some(Field::ACCOUNT_ID, Name::new(name.account.as_str()));
    parameters.set_some(Field::KEY_ID, Name::new(name.id.as_str()));
    parameters.set_some(Field::ARN, Name::new(name.arn()));
    parameters.set(Field::CREATION_DATE, Timestamp::from_micros(record.created));
    parameters.set(Field::ENABLED, record.state == "Enabled");
    parameters.set(Field::DESCRIPTION, Prose::new(&record.description));
    for (field, text) in [
        (Field::KEY_USAGE, &record.usage),
        (Field::KEY_STATE, &record.state),
        (Field::ORIGIN, &record.origin),
        (Field::KEY_MANAGER, &record.manager),
        (Field::KEY_SPEC, &record.spec),
        (Field::CUSTOMER_MASTER_KEY_SPEC, &record.spec),
    ] {
        parameters.set_some(field, Word::new(text.as_str()));
    }
    let algorithms = algorithms(&record.spec, &record.usage).iter().filter_map(|name| Word::new(*name)).collect();
    let field = match record.usage.as_str() {
        "SIGN_VERIFY" => Field::SIGNING_ALGORITHMS,
        "KEY_AGREEMENT" => Field::KEY_AGREEMENT_ALGORITHMS,
        "ENCAPSULATE_DECAPSULATE" => Field::ENCAPSULATION_ALGORITHMS,
        "GENERATE_VERIFY_MAC" => Field::MAC_ALGORITHMS,
        _ => Field::ENCRYPTION_ALGORITHMS,
    };
    parameters.set(field, Words(algorithms));
    parameters.set_some(Field::CURRENT_KEY_MATERIAL_ID, current_id(record).and_then(Name::new));
    parameters.set_some(Field::CUSTOM_KEY_STORE_ID, record.key_store.as_deref().and_then(Name::new));
    parameters.set(Field::MULTI_REGION, record.multi_region.is_some());
    if let Some(multi) = &record.multi_region {
        parameters.set(Field::MULTI_REGION_CONFIGURATION, noted_siblings(name, multi));
    }
    parameters
}

fn noted_siblings(name: &KeyName, multi: &MultiRegion) -> Parameters {
    let one = |region: &String| {
        let mut key = Parameters::default();
        let arn = KeyName { region: region.clone(), ..name.clone() }.arn();
        key.set_some(Field::ARN, Name::new(arn)).set_some(Field::REGION, Word::new(region.as_str()));
        key
    };
    let kind = if multi.primary == name.region { "PRIMARY" } else { "REPLICA" };
    let mut siblings = Parameters::default();
    siblings.set_some(Field::MULTI_REGION_KEY_TYPE, Word::new(kind));
    siblings.set(Field::PRIMARY_KEY, one(&multi.primary));
    siblings.set(Field::REPLICA_KEYS, Several(multi.replicas.iter().map(one).collect()));
    siblings
}

/// Tags as they are kept.
pub(super) fn tags(tags: &[crate::api::Tag]) -> BTreeMap<String, String> {
    tags.iter().map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())).collect()
}

/// Tags as the log has them.
pub(super) fn noted_tags(list: &[crate::api::Tag]) -> Tags {
    Tags(tags(list))
}
