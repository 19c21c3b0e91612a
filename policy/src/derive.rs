//! Condition keys that follow from the rest of a request, so that nobody has to write them by hand.
//!
//! A key that was given, declared absent or declared unknown is never overwritten.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html>

use crate::arn::Arn;
use crate::caller::CallerKind;
use crate::catalogue::{self, KmsOperation, ResourceKind};
use crate::context::{Lookup, Unnamed, Values};
use crate::key::Key;
use crate::quirk::{Quirk, Quirks};
use crate::request::Request;

/// Services whose calls carry aws:CalledVia by the page of that key (quirk `called-via`).
const CALLED_VIA_LISTED: &[&str] = &["athena", "cloudformation", "dynamodb", "kms"];

/// The operations that carry kms:GrantIsForAWSResource.
pub(crate) const GRANT_OPERATIONS: &[&str] = &["kms:creategrant", "kms:listgrants", "kms:revokegrant"];

pub(crate) fn fill(request: &mut Request, quirks: Quirks) {
    principal(request);
    via_service(request, quirks);
    resource(request);
    kms(request);
    clock(request);
}

/// Gives a key unless somebody named it already.
fn offer(request: &mut Request, name: &str, values: impl Into<Values>) {
    let key = Key::new(name);
    if !request.context.is_named(&key) {
        request.context.give(key, values.into());
    }
}

/// Leaves a key out unless somebody named it already.
fn withhold(request: &mut Request, name: &str) {
    let key = Key::new(name);
    if !request.context.is_named(&key) {
        request.context.remove(key);
    }
}

/// Declares a key unknown that follows from one that is unknown, unless somebody named it already.
fn unsettle(request: &mut Request, name: &str) {
    let key = Key::new(name);
    if !request.context.is_named(&key) {
        request.context.forget(key);
    }
}

fn principal(request: &mut Request) {
    let caller = request.caller.clone();
    let arn = caller.role_arn().unwrap_or_else(|| caller.text().into());
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
            offer(request, "aws:PrincipalArn", &*arn);
            offer(request, "aws:PrincipalAccount", account);
        }
        None => {
            for name in ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"] {
                withhold(request, name);
            }
        }
    }
    if let Some(kind) = kind {
        offer(request, "aws:PrincipalType", kind);
    }
    match caller.kind() {
        CallerKind::User => offer(request, "aws:username", caller.name()),
        _ => withhold(request, "aws:username"),
    }
    if caller.kind() == CallerKind::Root {
        offer(request, "aws:userid", caller.account().unwrap_or_default());
    }
    if caller.kind() == CallerKind::Service {
        offer(request, "aws:PrincipalIsAWSService", "true");
        offer(request, "aws:PrincipalServiceName", caller.text());
        offer(request, "aws:PrincipalServiceNamesList", [caller.text()].as_slice());
        request.context.set_whole("aws:principaltag/");
        withhold(request, "aws:MultiFactorAuthPresent");
        withhold(request, "aws:MultiFactorAuthAge");
    } else {
        offer(request, "aws:PrincipalIsAWSService", "false");
        withhold(request, "aws:PrincipalServiceName");
        withhold(request, "aws:PrincipalServiceNamesList");
    }
}

/// A request that a service makes for its caller (forward access session) says so in several keys.
fn via_service(request: &mut Request, quirks: Quirks) {
    if request.caller.kind() == CallerKind::Service {
        withhold(request, "kms:ViaService");
    }
    if request.context.text("aws:ViaAWSService").is_some_and(|told| told.eq_ignore_ascii_case("false")) {
        for name in ["kms:ViaService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
            withhold(request, name);
        }
    }
    let called_via = Key::new("aws:CalledVia");
    match request.context.lookup(&Key::new("kms:ViaService")) {
        Lookup::One(service) => {
            let stem: Box<str> = service.split('.').next().unwrap_or_default().into();
            offer(request, "aws:ViaAWSService", "true");
            if !quirks.is_other(Quirk::CalledVia) || CALLED_VIA_LISTED.contains(&&*stem) {
                offer(request, "aws:CalledVia", [&*format!("{stem}.amazonaws.com")].as_slice());
            }
            from_the_service_network(request, &stem);
        }
        Lookup::Unknown => {
            unsettle(request, "aws:ViaAWSService");
            unsettle(request, "aws:CalledVia");
            // It is the service's own, if there is one.
            unsettle(request, "aws:SourceIp");
        }
        Lookup::Absent | Lookup::Many(_) => match request.context.lookup(&called_via) {
            Lookup::One(_) | Lookup::Many(_) => offer(request, "aws:ViaAWSService", "true"),
            Lookup::Unknown => unsettle(request, "aws:ViaAWSService"),
            Lookup::Absent => {
                if request.caller.kind() != CallerKind::Anonymous && direct(request) {
                    offer(request, "aws:ViaAWSService", "false");
                }
            }
        },
    }
    let ends: Option<[Box<str>; 2]> = match request.context.lookup(&called_via) {
        Lookup::One(service) => Some([service.into(), service.into()]),
        Lookup::Many(services) => services.first().cloned().zip(services.last().cloned()).map(Into::into),
        Lookup::Unknown => {
            unsettle(request, "aws:CalledViaFirst");
            unsettle(request, "aws:CalledViaLast");
            None
        }
        Lookup::Absent => None,
    };
    if let Some([first, last]) = ends {
        offer(request, "aws:CalledViaFirst", &*first);
        offer(request, "aws:CalledViaLast", &*last);
    }
}

/// A service calls from its own network: its address lies in no range of anybody's policy, and no
/// endpoint of the caller's is involved. The service's name stands for the address, as in CloudTrail.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-aws.html>
fn from_the_service_network(request: &mut Request, stem: &str) {
    offer(request, "aws:SourceIp", &*format!("{stem}.amazonaws.com"));
    for name in ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpcSourceIp"] {
        withhold(request, name);
    }
}

/// Whether it is settled that no service stands between the caller and this request.
fn direct(request: &Request) -> bool {
    request.context.unnamed() == Unnamed::Absent || request.context.is_named(&Key::new("kms:ViaService"))
}

fn resource(request: &mut Request) {
    if let Some(account) = request.resource_account.clone() {
        offer(request, "aws:ResourceAccount", &*account);
    }
    if let Some(region) = Arn::parse(&request.resource).map(|arn| arn.region).filter(|region| !region.is_empty()) {
        let region: Box<str> = region.into();
        offer(request, "aws:RequestedRegion", &*region);
    }
}

fn kms(request: &mut Request) {
    if !request.action_lower.starts_with("kms:") {
        return;
    }
    let action = request.action_lower.clone();
    if (request.kms_operation.is_some_and(is_call_on_key) || catalogue::carries(&action, "kms:calleraccount"))
        && let Some(account) = request.caller.account().map(Box::<str>::from)
    {
        offer(request, "kms:CallerAccount", &*account);
    } else {
        withhold(request, "kms:CallerAccount");
    }
    encryption_context_keys(request);
    if GRANT_OPERATIONS.contains(&&*action) {
        grant_is_for_resource(request);
    }
    if request.context.unnamed() == Unnamed::Absent
        && let Some(operation) = request.kms_operation
    {
        for (name, value) in operation.defaults() {
            offer(request, name, value);
        }
    }
    for (one, other) in [("kms:KeySpec", "kms:CustomerMasterKeySpec"), ("kms:KeyUsage", "kms:CustomerMasterKeyUsage")] {
        same(request, one, other);
        same(request, other, one);
    }
    let aliases = ["kms:RequestAlias", "kms:ResourceAliases"].map(Key::new);
    request.aws_managed_key |= aliases.iter().any(|key| match request.context.lookup(key) {
        Lookup::One(alias) => alias.starts_with("alias/aws/"),
        Lookup::Many(aliases) => aliases.iter().any(|alias| alias.starts_with("alias/aws/")),
        Lookup::Absent | Lookup::Unknown => false,
    });
}

/// Operations that somebody calls on a key; they always carry kms:CallerAccount.
fn is_call_on_key(operation: KmsOperation) -> bool {
    operation.resource_kind() == ResourceKind::Key && operation.operation().is_some()
}

/// The names of the encryption context are one more key, taken from the context itself.
fn encryption_context_keys(request: &mut Request) {
    let mut names: Vec<Box<str>> = request.context.encryption_context().map(|(name, _)| name.into()).collect();
    names.sort();
    if request.context.has_unknown_encryption_context() {
        unsettle(request, "kms:EncryptionContextKeys");
    } else if !names.is_empty() {
        offer(request, "kms:EncryptionContextKeys", Values::Many(names));
    } else if request.context.is_whole(crate::key::ENCRYPTION_CONTEXT) {
        withhold(request, "kms:EncryptionContextKeys");
    }
}

fn grant_is_for_resource(request: &mut Request) {
    let by_service = request.caller.kind() == CallerKind::Service;
    match request.context.lookup(&Key::new("kms:ViaService")) {
        Lookup::One(_) => offer(request, "kms:GrantIsForAWSResource", "true"),
        _ if by_service => offer(request, "kms:GrantIsForAWSResource", "true"),
        Lookup::Absent | Lookup::Many(_) => offer(request, "kms:GrantIsForAWSResource", "false"),
        Lookup::Unknown => unsettle(request, "kms:GrantIsForAWSResource"),
    }
}

/// aws:CurrentTime and aws:EpochTime tell the same moment.
fn clock(request: &mut Request) {
    same(request, "aws:CurrentTime", "aws:EpochTime");
    same(request, "aws:EpochTime", "aws:CurrentTime");
}

/// Two keys for one fact: what is told of one holds for the other.
fn same(request: &mut Request, one: &str, other: &str) {
    let key = Key::new(one);
    let told: Option<Box<str>> = match request.context.lookup(&key) {
        Lookup::One(value) => Some(value.into()),
        Lookup::Unknown if request.context.is_named(&key) => {
            unsettle(request, other);
            None
        }
        _ => None,
    };
    if let Some(value) = told {
        offer(request, other, &*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lets `kms` skip a look-up.
    #[test]
    fn every_operation_on_a_key_carries_the_callers_account() {
        for operation in catalogue::kms_operations().filter(|operation| is_call_on_key(*operation)) {
            assert!(catalogue::carries(operation.action(), "kms:CallerAccount"), "{}", operation.action());
        }
    }
}
