//! Condition keys that follow from the rest of a request, so that nobody has to write them by hand.
//!
//! A key that was given, declared absent or declared unknown is never overwritten.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html>

use std::sync::LazyLock;

use crate::arn::Arn;
use crate::caller::CallerKind;
use crate::catalogue::{KmsOperation, ResourceKind};
use crate::context::{Context, Lookup, Unnamed, Values};
use crate::key::Key;
use crate::quirk::{Quirk, Quirks};
use crate::request::Request;

/// Services whose calls carry aws:CalledVia by the page of that key (quirk `called-via`).
const CALLED_VIA_LISTED: &[&str] = &["athena", "cloudformation", "dynamodb", "kms"];

/// The operations that carry kms:GrantIsForAWSResource.
pub(crate) const GRANT_OPERATIONS: &[&str] = &["kms:creategrant", "kms:listgrants", "kms:revokegrant"];

/// The keys that are filled in, looked up once.
struct Keys {
    principal_arn: Key,
    principal_account: Key,
    principal_org_id: Key,
    principal_org_paths: Key,
    principal_type: Key,
    user_name: Key,
    user_id: Key,
    is_service: Key,
    service_name: Key,
    service_names: Key,
    mfa_present: Key,
    mfa_age: Key,
    via_service: Key,
    via_aws_service: Key,
    called_via: Key,
    called_via_first: Key,
    called_via_last: Key,
    source_ip: Key,
    network: [Key; 4],
    resource_account: Key,
    requested_region: Key,
    caller_account: Key,
    context_keys: Key,
    for_resource: Key,
    /// Two keys for one fact each.
    pairs: [[Key; 2]; 2],
    times: [Key; 2],
    aliases: [Key; 2],
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    principal_arn: Key::new("aws:PrincipalArn"),
    principal_account: Key::new("aws:PrincipalAccount"),
    principal_org_id: Key::new("aws:PrincipalOrgID"),
    principal_org_paths: Key::new("aws:PrincipalOrgPaths"),
    principal_type: Key::new("aws:PrincipalType"),
    user_name: Key::new("aws:username"),
    user_id: Key::new("aws:userid"),
    is_service: Key::new("aws:PrincipalIsAWSService"),
    service_name: Key::new("aws:PrincipalServiceName"),
    service_names: Key::new("aws:PrincipalServiceNamesList"),
    mfa_present: Key::new("aws:MultiFactorAuthPresent"),
    mfa_age: Key::new("aws:MultiFactorAuthAge"),
    via_service: Key::new("kms:ViaService"),
    via_aws_service: Key::new("aws:ViaAWSService"),
    called_via: Key::new("aws:CalledVia"),
    called_via_first: Key::new("aws:CalledViaFirst"),
    called_via_last: Key::new("aws:CalledViaLast"),
    source_ip: Key::new("aws:SourceIp"),
    network: ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpcSourceIp"].map(Key::new),
    resource_account: Key::new("aws:ResourceAccount"),
    requested_region: Key::new("aws:RequestedRegion"),
    caller_account: Key::new("kms:CallerAccount"),
    context_keys: Key::new("kms:EncryptionContextKeys"),
    for_resource: Key::new("kms:GrantIsForAWSResource"),
    pairs: [["kms:KeySpec", "kms:CustomerMasterKeySpec"], ["kms:KeyUsage", "kms:CustomerMasterKeyUsage"]]
        .map(|pair| pair.map(Key::new)),
    times: ["aws:CurrentTime", "aws:EpochTime"].map(Key::new),
    aliases: ["kms:RequestAlias", "kms:ResourceAliases"].map(Key::new),
});

pub(crate) fn fill(request: &mut Request, quirks: Quirks) {
    let keys = &*KEYS;
    principal(request, keys);
    via_service(request, quirks, keys);
    resource(request, keys);
    kms(request, keys);
    same(&mut request.context, &keys.times);
}

/// Gives a key unless somebody named it already.
fn offer(context: &mut Context, key: &Key, values: impl Into<Values>) {
    if !context.is_named(key) {
        context.give(key.clone(), values.into());
    }
}

/// Leaves a key out unless somebody named it already.
fn withhold(context: &mut Context, key: &Key) {
    if !context.is_named(key) {
        context.remove(key.clone());
    }
}

/// Declares a key unknown that follows from one that is unknown, unless somebody named it already.
fn unsettle(context: &mut Context, key: &Key) {
    if !context.is_named(key) {
        context.forget(key.clone());
    }
}

fn principal(request: &mut Request, keys: &Keys) {
    let Request { caller, context, .. } = request;
    let kind = match caller.kind() {
        CallerKind::Root => Some("Account"),
        CallerKind::User => Some("User"),
        CallerKind::Role | CallerKind::Session => Some("AssumedRole"),
        CallerKind::FederatedUser => Some("FederatedUser"),
        CallerKind::Anonymous => Some("Anonymous"),
        CallerKind::Service | CallerKind::Federated | CallerKind::CanonicalUser => None,
    };
    let signed_by_account = caller.account().filter(|_| caller.kind() != CallerKind::Federated);
    match signed_by_account {
        Some(account) => {
            if !context.is_named(&keys.principal_arn) {
                let arn = caller.role_arn().unwrap_or_else(|| caller.text().into());
                context.give(keys.principal_arn.clone(), Values::One(arn));
            }
            offer(context, &keys.principal_account, account);
        }
        None => {
            for key in [&keys.principal_arn, &keys.principal_account, &keys.principal_org_id, &keys.principal_org_paths]
            {
                withhold(context, key);
            }
        }
    }
    if let Some(kind) = kind {
        offer(context, &keys.principal_type, kind);
    }
    match caller.kind() {
        CallerKind::User => offer(context, &keys.user_name, caller.name()),
        _ => withhold(context, &keys.user_name),
    }
    if caller.kind() == CallerKind::Root {
        offer(context, &keys.user_id, caller.account().unwrap_or_default());
    }
    if caller.kind() == CallerKind::Service {
        offer(context, &keys.is_service, "true");
        offer(context, &keys.service_name, caller.text());
        offer(context, &keys.service_names, [caller.text()].as_slice());
        context.set_whole("aws:principaltag/");
        withhold(context, &keys.mfa_present);
        withhold(context, &keys.mfa_age);
    } else {
        offer(context, &keys.is_service, "false");
        withhold(context, &keys.service_name);
        withhold(context, &keys.service_names);
    }
}

/// A request that a service makes for its caller (forward access session) says so in several keys.
fn via_service(request: &mut Request, quirks: Quirks, keys: &Keys) {
    let Request { caller, context, .. } = request;
    if caller.kind() == CallerKind::Service {
        withhold(context, &keys.via_service);
    }
    if context.text_of(&keys.via_aws_service).is_some_and(|told| told.eq_ignore_ascii_case("false")) {
        for key in [&keys.via_service, &keys.called_via, &keys.called_via_first, &keys.called_via_last] {
            withhold(context, key);
        }
    }
    match context.lookup(&keys.via_service) {
        Lookup::One(service) => {
            let stem: Box<str> = service.split('.').next().unwrap_or_default().into();
            offer(context, &keys.via_aws_service, "true");
            if !quirks.is_other(Quirk::CalledVia) || CALLED_VIA_LISTED.contains(&&*stem) {
                offer(context, &keys.called_via, [&*format!("{stem}.amazonaws.com")].as_slice());
            }
            from_the_service_network(context, &stem, keys);
        }
        Lookup::Unknown => {
            unsettle(context, &keys.via_aws_service);
            unsettle(context, &keys.called_via);
            // It is the service's own, if there is one.
            unsettle(context, &keys.source_ip);
        }
        Lookup::Absent | Lookup::Many(_) => match context.lookup(&keys.called_via) {
            Lookup::One(_) | Lookup::Many(_) => offer(context, &keys.via_aws_service, "true"),
            Lookup::Unknown => unsettle(context, &keys.via_aws_service),
            Lookup::Absent => {
                if caller.kind() != CallerKind::Anonymous && direct(context, keys) {
                    offer(context, &keys.via_aws_service, "false");
                }
            }
        },
    }
    let ends: Option<[Box<str>; 2]> = match context.lookup(&keys.called_via) {
        Lookup::One(service) => Some([service.into(), service.into()]),
        Lookup::Many(services) => services.first().cloned().zip(services.last().cloned()).map(Into::into),
        Lookup::Unknown => {
            unsettle(context, &keys.called_via_first);
            unsettle(context, &keys.called_via_last);
            None
        }
        Lookup::Absent => None,
    };
    if let Some([first, last]) = ends {
        offer(context, &keys.called_via_first, &*first);
        offer(context, &keys.called_via_last, &*last);
    }
}

/// A service calls from its own network: its address lies in no range of anybody's policy, and no
/// endpoint of the caller's is involved. The service's name stands for the address, as in CloudTrail.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-aws.html>
fn from_the_service_network(context: &mut Context, stem: &str, keys: &Keys) {
    offer(context, &keys.source_ip, &*format!("{stem}.amazonaws.com"));
    for key in &keys.network {
        withhold(context, key);
    }
}

/// Whether it is settled that no service stands between the caller and this request.
fn direct(context: &Context, keys: &Keys) -> bool {
    context.unnamed() == Unnamed::Absent || context.is_named(&keys.via_service)
}

fn resource(request: &mut Request, keys: &Keys) {
    let Request { resource, resource_account, context, .. } = request;
    if let Some(account) = resource_account {
        offer(context, &keys.resource_account, &**account);
    }
    if let Some(region) = Arn::parse(resource).map(|arn| arn.region).filter(|region| !region.is_empty()) {
        offer(context, &keys.requested_region, region);
    }
}

fn kms(request: &mut Request, keys: &Keys) {
    if !request.action_lower.starts_with("kms:") {
        return;
    }
    let Request { caller, context, aws_managed_key, action_lower, .. } = request;
    let carried = context.carried_by(action_lower);
    match caller.account().filter(|_| carried.carries_account) {
        Some(account) => offer(context, &keys.caller_account, account),
        None => withhold(context, &keys.caller_account),
    }
    encryption_context_keys(context, keys);
    if GRANT_OPERATIONS.contains(&&**action_lower) {
        grant_is_for_resource(context, caller.kind() == CallerKind::Service, keys);
    }
    if context.unnamed() == Unnamed::Absent {
        for (key, value) in &carried.defaults {
            offer(context, key, *value);
        }
    }
    for pair in &keys.pairs {
        same(context, pair);
    }
    *aws_managed_key |= keys.aliases.iter().any(|key| match context.lookup(key) {
        Lookup::One(alias) => alias.starts_with("alias/aws/"),
        Lookup::Many(aliases) => aliases.iter().any(|alias| alias.starts_with("alias/aws/")),
        Lookup::Absent | Lookup::Unknown => false,
    });
}

/// Operations that somebody calls on a key; they always carry kms:CallerAccount.
pub(crate) fn is_call_on_key(operation: KmsOperation) -> bool {
    operation.resource_kind() == ResourceKind::Key && operation.operation().is_some()
}

/// The names of the encryption context are one more key, taken from the context itself.
fn encryption_context_keys(context: &mut Context, keys: &Keys) {
    let mut names: Vec<Box<str>> = context.encryption_context().map(|(name, _)| name.into()).collect();
    names.sort();
    if context.has_unknown_encryption_context() {
        unsettle(context, &keys.context_keys);
    } else if !names.is_empty() {
        offer(context, &keys.context_keys, Values::Many(names));
    } else if context.is_whole(crate::key::ENCRYPTION_CONTEXT) {
        withhold(context, &keys.context_keys);
    }
}

fn grant_is_for_resource(context: &mut Context, by_service: bool, keys: &Keys) {
    match context.lookup(&keys.via_service) {
        Lookup::One(_) => offer(context, &keys.for_resource, "true"),
        _ if by_service => offer(context, &keys.for_resource, "true"),
        Lookup::Absent | Lookup::Many(_) => offer(context, &keys.for_resource, "false"),
        Lookup::Unknown => unsettle(context, &keys.for_resource),
    }
}

/// Two keys for one fact: what is told of one holds for the other.
fn same(context: &mut Context, [one, other]: &[Key; 2]) {
    for (one, other) in [(one, other), (other, one)] {
        let told: Option<Box<str>> = match context.lookup(one) {
            Lookup::One(_) if context.is_named(other) => None,
            Lookup::One(value) => Some(value.into()),
            Lookup::Unknown if context.is_named(one) => {
                unsettle(context, other);
                None
            }
            _ => None,
        };
        if let Some(value) = told {
            context.give(other.clone(), Values::One(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    /// What lets `kms` skip a look-up.
    #[test]
    fn every_operation_on_a_key_carries_the_callers_account() {
        for operation in catalogue::kms_operations().filter(|operation| is_call_on_key(*operation)) {
            assert!(catalogue::carries(operation.action(), "kms:CallerAccount"), "{}", operation.action());
        }
    }
}
