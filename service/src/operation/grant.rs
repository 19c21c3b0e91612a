//! Grants: made, listed, retired, revoked. What a grant permits is decided by `policy`, like everything else.

use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Pairs as Logged, Parameters, Prose, Word, Words};
use wardbook_audit::time::Timestamp;
use wardbook_policy::caller::{Caller as Principal, CallerKind};
use wardbook_policy::catalogue::{KeyUsage, kms_operation};

use super::fact::{named, tell_context};
use super::key::note_key;
use super::list::{Sizes, page};
use crate::api::{
    CREATE_GRANT_REQUEST, CreateGrantRequest, CreateGrantResponse, GrantConstraints, GrantListEntry, GrantOperation,
    LIST_GRANTS_REQUEST, LIST_RETIRABLE_GRANTS_REQUEST, ListGrantsRequest, ListGrantsResponse,
    ListRetirableGrantsRequest, RETIRE_GRANT_REQUEST, REVOKE_GRANT_REQUEST, RetireGrantRequest, RevokeGrantRequest,
    Shape,
};
use crate::authorize::{On, Question};
use crate::caller::{Caller, Facts};
use crate::desk::{Aliases, Desk, Found};
use crate::grant_token;
use crate::kms::Permit;
use crate::name::{KeyName, hex, partition};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::{GrantRecord, Key};
use crate::wire::encode::Empty;

/// Operations whose grants may have constraints.
const CONSTRAINABLE: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
];

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Why::Validation, message)
}

/// One of the two ways to name somebody.
fn one_of(principal: Option<&String>, service: Option<&String>) -> Result<Option<String>, Refusal> {
    match (principal, service) {
        (Some(_), Some(_)) => Err(invalid("A principal and a service principal cannot be specified together.")),
        (principal, service) => Ok(principal.or(service).cloned()),
    }
}

fn check_principal(text: &str, desk: &Desk<'_>) -> Result<(), Refusal> {
    let parsed = Principal::parse(text).ok();
    let known = parsed.is_some_and(|caller| {
        !matches!(caller.kind(), CallerKind::Anonymous | CallerKind::CanonicalUser | CallerKind::Federated)
    });
    match known && !desk.kms.parts.directory.lacks(text) {
        true => Ok(()),
        false => Err(Refusal::new(Why::InvalidArn, format!("Invalid arn {text}"))),
    }
}

impl CreateGrantRequest {
    fn grantee(&self) -> Result<String, Refusal> {
        let grantee = one_of(self.grantee_principal.as_ref(), self.grantee_service_principal.as_ref())?;
        grantee.ok_or_else(|| invalid("GranteePrincipal or GranteeServicePrincipal is required."))
    }

    fn retiring(&self) -> Result<Option<String>, Refusal> {
        one_of(self.retiring_principal.as_ref(), self.retiring_service_principal.as_ref())
    }

    fn facts(&self) -> Result<Facts, Refusal> {
        let mut facts = Facts::default();
        facts.many("kms:GrantOperations", self.operations.iter().map(|operation| operation.name()));
        facts.some("kms:GranteePrincipal", self.grantee_principal.as_ref());
        facts.some("kms:GranteeServicePrincipal", self.grantee_service_principal.as_ref());
        facts.some("kms:RetiringPrincipal", self.retiring_principal.as_ref());
        facts.some("kms:RetiringServicePrincipal", self.retiring_service_principal.as_ref());
        if let Some(constraints) = &self.constraints {
            let (kind, pairs) = match (&constraints.encryption_context_subset, &constraints.encryption_context_equals) {
                (Some(_), Some(_)) => {
                    return Err(invalid(
                        "EncryptionContextSubset and EncryptionContextEquals cannot be specified together.",
                    ));
                }
                (Some(pairs), None) => (Some("EncryptionContextSubset"), Some(pairs)),
                (None, Some(pairs)) => (Some("EncryptionContextEquals"), Some(pairs)),
                (None, None) => (None, None),
            };
            facts.some("kms:GrantConstraintType", kind);
            tell_context(pairs, &mut facts)?;
            facts.some("kms:GrantConstraintSourceArn", constraints.source_arn.as_ref());
        }
        Ok(facts)
    }

    /// Whether the operations go with the key, and the constraints with the operations.
    fn check(&self, key: &Key) -> Result<(), Refusal> {
        if self.operations.is_empty() {
            return Err(invalid("Operations must not be empty."));
        }
        let source = self.constraints.as_ref().and_then(|constraints| constraints.source_arn.as_ref());
        if self.grantee_service_principal.is_some() && (source.is_none() || self.retiring()?.is_none()) {
            let message = "GranteeServicePrincipal requires a SourceArn constraint, and a RetiringPrincipal or \
                           RetiringServicePrincipal.";
            return Err(invalid(message));
        }
        let record = &key.record;
        for operation in &self.operations {
            let name = operation.name();
            let usage = kms_operation(&format!("kms:{name}")).and_then(|known| known.key_usage()).map(KeyUsage::name);
            let symmetric = record.is_symmetric_encryption();
            let fits = usage.is_none_or(|usage| usage == record.usage)
                && (symmetric || !name.starts_with("GenerateDataKey"))
                && (name != "GetPublicKey" || !(symmetric || record.usage == "GENERATE_VERIFY_MAC"));
            if !fits {
                let message = format!(
                    "Operation {name} is not valid for a KMS key with key spec {} and key usage {}.",
                    record.spec, record.usage
                );
                return Err(invalid(message));
            }
        }
        let has_context = self.constraints.as_ref().is_some_and(|constraints| {
            constraints.encryption_context_subset.is_some() || constraints.encryption_context_equals.is_some()
        });
        let odd = self.operations.iter().find(|operation| !CONSTRAINABLE.contains(&operation.name()));
        match (has_context, record.is_symmetric_encryption(), odd) {
            (true, false, _) => Err(invalid("Grant constraints are not supported for asymmetric and HMAC KMS keys.")),
            (true, _, Some(operation)) => {
                Err(invalid(format!("Operation {} is not valid in a grant with constraints.", operation.name())))
            }
            _ => Ok(()),
        }
    }

    fn record(&self, desk: &Desk<'_>) -> Result<GrantRecord, Refusal> {
        let constraints = self.constraints.as_ref();
        let (account, region) = (&desk.caller.account, desk.caller.region());
        let mut operations: Vec<String> = Vec::new();
        for operation in &self.operations {
            if !operations.iter().any(|known| known == operation.name()) {
                operations.push(operation.name().to_owned());
            }
        }
        Ok(GrantRecord {
            id: hex(&desk.random::<32>()?),
            name: self.name.clone(),
            created: desk.now.micros(),
            grantee: self.grantee()?,
            retiring: self.retiring()?,
            issuing_account: format!("arn:{}:iam::{account}:root", partition(region)),
            operations,
            subset: constraints.and_then(|constraints| constraints.encryption_context_subset.clone()),
            equals: constraints.and_then(|constraints| constraints.encryption_context_equals.clone()),
            source_arn: constraints.and_then(|constraints| constraints.source_arn.clone()),
        })
    }
}

impl Serve for CreateGrantRequest {
    const SHAPE: &'static Shape = &CREATE_GRANT_REQUEST;
    type Answer = CreateGrantResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        let grantee = self.grantee_principal.as_ref().or(self.grantee_service_principal.as_ref());
        let retiring = self.retiring_principal.as_ref().or(self.retiring_service_principal.as_ref());
        parameters.set_some(Field::GRANTEE_PRINCIPAL, grantee.and_then(|text| Name::new(text.as_str())));
        parameters.set_some(Field::RETIRING_PRINCIPAL, retiring.and_then(|text| Name::new(text.as_str())));
        let operations = self.operations.iter().filter_map(|operation| Word::new(operation.name()));
        parameters.set(Field::OPERATIONS, Words(operations.collect()));
        parameters.set_some(Field::GRANT_NAME, self.name.as_deref().map(Prose::new));
        if let Some(constraints) = &self.constraints {
            let mut noted = Parameters::default();
            let logged = |pairs: &Option<_>| pairs.clone().map(Logged);
            noted.set_some(Field::ENCRYPTION_CONTEXT_SUBSET, logged(&constraints.encryption_context_subset));
            noted.set_some(Field::ENCRYPTION_CONTEXT_EQUALS, logged(&constraints.encryption_context_equals));
            noted.set_some(Field::SOURCE_ARN, constraints.source_arn.as_deref().and_then(Name::new));
            parameters.set(Field::CONSTRAINTS, noted);
        }
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let facts = self.facts()?;
        Ok(Plan::on("kms:CreateGrant", &found, facts).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        self.check(key)?;
        let record = self.record(desk)?;
        check_principal(&record.grantee, desk)?;
        if let Some(retiring) = &record.retiring {
            check_principal(retiring, desk)?;
        }
        let same = |known: &&GrantRecord| {
            let (id, created) = (known.id.clone(), known.created);
            record.name.is_some() && **known == GrantRecord { id, created, ..record.clone() }
        };
        let before = key.grants.records.iter().find(same).map(|known| known.id.clone());
        let most = desk.kms.parts.quotas.resources.grants;
        if before.is_none() && key.grants.records.len() >= most {
            let message = format!("{} has {most} grants.", key.name.arn());
            return Err(Refusal::new(Why::LimitExceeded, message));
        }
        desk.stop_if_dry(self.dry_run)?;
        let id = match before {
            Some(id) => id,
            None => {
                let id = record.id.clone();
                let written = desk.writes.grant(&key.name, record);
                written.map_err(invalid)?;
                id
            }
        };
        let token = grant_token::make(&desk.kms.parts.sealer, &key.name, &id, desk.random()?);
        desk.note_answer(Field::GRANT_ID, Name::new(id.as_str()));
        desk.note_answer(Field::KEY_ID, Name::new(key.name.arn()));
        Ok(CreateGrantResponse { grant_token: Some(token), grant_id: Some(id) })
    }
}

fn entry(key: &KeyName, record: &GrantRecord) -> GrantListEntry {
    let service = |text: &str| text.ends_with(".amazonaws.com") && !text.starts_with("arn:");
    let constraints = GrantConstraints {
        encryption_context_subset: record.subset.clone(),
        encryption_context_equals: record.equals.clone(),
        source_arn: record.source_arn.clone(),
    };
    let constrained = record.subset.is_some() || record.equals.is_some() || record.source_arn.is_some();
    let retiring = record.retiring.clone();
    GrantListEntry {
        key_id: Some(key.arn()),
        grant_id: Some(record.id.clone()),
        name: Some(record.name.clone().unwrap_or_default()),
        creation_date: Some(Timestamp::from_micros(record.created)),
        grantee_principal: Some(record.grantee.clone()),
        grantee_service_principal: Some(record.grantee.clone()).filter(|grantee| service(grantee)),
        retiring_service_principal: retiring.clone().filter(|retiring| service(retiring)),
        retiring_principal: retiring,
        issuing_account: Some(record.issuing_account.clone()),
        operations: Some(record.operations.iter().filter_map(|name| named::<GrantOperation>(name)).collect()),
        constraints: constrained.then_some(constraints),
    }
}

/// Grants follow one another by age, and by id where they are of one moment.
fn place(record: &GrantRecord) -> String {
    format!("{:020}/{}", record.created, record.id)
}

const GRANTS: Sizes = Sizes { list: "grants", usual: 50, max: 100 };
const RETIRABLE: Sizes = Sizes { list: "retirable", ..GRANTS };

impl Serve for ListGrantsRequest {
    const SHAPE: &'static Shape = &LIST_GRANTS_REQUEST;
    type Answer = ListGrantsResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::GRANT_ID, self.grant_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::GRANTEE_PRINCIPAL, self.grantee_principal.as_deref().and_then(Name::new));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:ListGrants", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, _: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let grantee = one_of(self.grantee_principal.as_ref(), self.grantee_service_principal.as_ref())?;
        let wanted = |record: &&GrantRecord| {
            self.grant_id.as_ref().is_none_or(|id| *id == record.id)
                && grantee.as_ref().is_none_or(|grantee| *grantee == record.grantee)
        };
        let records = key.grants.records.iter().filter(wanted);
        let entries = records.map(|record| (place(record), entry(&key.name, record)));
        let (grants, next) = page(entries, self.limit, self.marker.as_ref(), &GRANTS)?;
        Ok(ListGrantsResponse { grants: Some(grants), truncated: Some(next.is_some()), next_marker: next })
    }
}

impl Serve for ListRetirableGrantsRequest {
    const SHAPE: &'static Shape = &LIST_RETIRABLE_GRANTS_REQUEST;
    type Answer = ListGrantsResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::RETIRING_PRINCIPAL, self.retiring_principal.as_deref().and_then(Name::new));
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let retiring = one_of(self.retiring_principal.as_ref(), self.retiring_service_principal.as_ref())?;
        let retiring = retiring.ok_or_else(|| invalid("RetiringPrincipal or RetiringServicePrincipal is required."))?;
        if self.retiring_principal.is_some() && wardbook_policy::arn::Arn::parse(&retiring).is_none() {
            return Err(Refusal::new(Why::InvalidArn, format!("Invalid arn {retiring}")));
        }
        let on = if retiring.starts_with("arn:") { On::Arn(retiring) } else { On::Anything };
        let question = Question { action: "kms:ListRetirableGrants", on, facts: Facts::default() };
        Ok(Plan { questions: vec![question], ..Plan::default() })
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let retiring = one_of(self.retiring_principal.as_ref(), self.retiring_service_principal.as_ref())?;
        if self.retiring_service_principal.is_some() && desk.caller.principal.kind() != CallerKind::Service {
            // Services retire grants on keys of all accounts, which are not for others to see.
            return Err(invalid("RetiringServicePrincipal is for service principals alone."));
        }
        let region = desk.caller.region();
        let mut found: Vec<(String, GrantListEntry)> = desk.read(|state| {
            let keys = state.keys().filter(|key| key.name.region == region);
            let grants = keys.flat_map(|key| key.grants.records.iter().map(move |record| (&key.name, record)));
            let retirable = grants.filter(|(_, record)| record.retiring == retiring);
            retirable.map(|(key, record)| (place(record), entry(key, record))).collect()
        });
        found.sort_by(|(left, _), (right, _)| left.cmp(right));
        let (grants, next) = page(found.into_iter(), self.limit, self.marker.as_ref(), &RETIRABLE)?;
        Ok(ListGrantsResponse { grants: Some(grants), truncated: Some(next.is_some()), next_marker: next })
    }
}

fn unknown_grant(id: &str) -> Refusal {
    Refusal::new(Why::NotFound, format!("Grant ID {id} not found"))
}

/// What the constraint of a grant tells of a request to retire it.
fn constraint_facts(record: &GrantRecord) -> Result<Facts, Refusal> {
    let (kind, pairs) = match (&record.subset, &record.equals) {
        (Some(pairs), _) => (Some("EncryptionContextSubset"), Some(pairs)),
        (None, Some(pairs)) => (Some("EncryptionContextEquals"), Some(pairs)),
        (None, None) => (None, None),
    };
    let mut facts = Facts::default();
    facts.some("kms:GrantConstraintType", kind);
    tell_context(pairs, &mut facts)?;
    Ok(facts)
}

/// The question whether one grant of a key may be retired: the other grants of the key have no say. To another account
/// a grant that is not there reads like a key that is not.
fn retire(found: &Found, id: &str, caller: &Caller, plan: &mut Plan) -> Result<(), Refusal> {
    let known = |key: &Key| key.grants.records.iter().any(|record| record.id == id);
    let on = match found {
        Found::Here(key, _) if key.name.account != caller.account && !known(key) => {
            On::NoKey(key.name.clone(), key.name.arn())
        }
        Found::Here(key, _) => {
            let index = key.grants.records.iter().position(|record| record.id == id);
            let grant = index.and_then(|index| key.grants.compiled.get(index)).ok_or_else(|| unknown_grant(id))?;
            plan.uses.push(("kms:RetireGrant", Arc::clone(key)));
            On::Grant(Arc::clone(key), Box::new(grant.clone()))
        }
        elsewhere => elsewhere.on(),
    };
    let record = found.key().and_then(|key| key.grants.records.iter().find(|record| record.id == id));
    let facts = record.map(constraint_facts).transpose()?.unwrap_or_default();
    plan.questions.push(Question { action: "kms:RetireGrant", on, facts });
    Ok(())
}

impl RetireGrantRequest {
    /// The key and the id of the grant.
    fn named(&self, desk: &Desk<'_>) -> Result<(String, String), Refusal> {
        match (&self.grant_token, &self.key_id, &self.grant_id) {
            (Some(token), None, None) => {
                grant_token::read(&desk.kms.parts.sealer, token).ok_or_else(|| Refusal::new(Why::InvalidGrantToken, ""))
            }
            (None, Some(key), Some(grant)) => Ok((key.clone(), grant.clone())),
            _ => Err(invalid("Specify either GrantToken, or KeyId and GrantId.")),
        }
    }
}

impl Serve for RetireGrantRequest {
    const SHAPE: &'static Shape = &RETIRE_GRANT_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::KEY_ID, self.key_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::GRANT_ID, self.grant_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let (key, grant) = self.named(desk)?;
        desk.notes.additional.set_some(Field::GRANT_ID, Name::new(grant.as_str()));
        let found = desk.find(&key, Aliases::Refuse)?;
        let mut plan = Plan::default();
        retire(&found, &grant, desk.caller, &mut plan)?;
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (_, grant) = self.named(desk)?;
        desk.stop_if_dry(self.dry_run)?;
        let key = plan.key()?;
        desk.note_answer(Field::GRANT_ID, Name::new(grant.as_str()));
        desk.note_answer(Field::KEY_ID, Name::new(key.name.arn()));
        desk.writes.no_grant(&key.name, &grant);
        Ok(Empty)
    }
}

impl Serve for RevokeGrantRequest {
    const SHAPE: &'static Shape = &REVOKE_GRANT_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::GRANT_ID, Name::new(self.grant_id.as_str()));
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:RevokeGrant", &found, Facts::default()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        if !key.grants.records.iter().any(|record| record.id == self.grant_id) {
            return Err(unknown_grant(&self.grant_id));
        }
        desk.stop_if_dry(self.dry_run)?;
        desk.note_answer(Field::GRANT_ID, Name::new(self.grant_id.as_str()));
        desk.note_answer(Field::KEY_ID, Name::new(key.name.arn()));
        desk.writes.no_grant(&key.name, &self.grant_id);
        Ok(Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_a_grant_is_an_action() {
        for (_, name) in GrantOperation::ALL {
            let known = kms_operation(&format!("kms:{name}")).and_then(|known| known.grant_operation());
            assert_eq!(known, Some(*name), "{name}");
        }
    }
}
