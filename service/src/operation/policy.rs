//! Key policies: read, replaced, and kept from locking out whoever writes them.

use std::sync::Arc;

use wardbook_audit::event::{Field, Name, Parameters, PolicyText};
use wardbook_policy::arn::is_account_id;
use wardbook_policy::json;
use wardbook_policy::policy::{Policy, PolicyKind};

use super::key::{change, check_manager, note_key};
use super::list::{Sizes, page};
use crate::api::{
    GET_KEY_POLICY_REQUEST, GetKeyPolicyRequest, GetKeyPolicyResponse, LIST_KEY_POLICIES_REQUEST,
    ListKeyPoliciesRequest, ListKeyPoliciesResponse, PUT_KEY_POLICY_REQUEST, PutKeyPolicyRequest, Shape,
};
use crate::authorize::{On, Question};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk};
use crate::document::{INVALID_PRINCIPALS, compile};
use crate::kms::Permit;
use crate::limits::POLICY_BYTES_MAX;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::Key;
use crate::wire::encode::Empty;

const DEFAULT: &str = "default";
const RAM: &str = "AWS_RAM";

/// The text of a key policy as what decides.
pub(super) fn read_policy(text: &str, desk: &Desk<'_>) -> Result<Policy, Refusal> {
    let malformed = |message: String| Refusal::new(Why::MalformedPolicy, message);
    if text.len() > POLICY_BYTES_MAX {
        return Err(Refusal::new(Why::LimitExceeded, format!("The policy is longer than {POLICY_BYTES_MAX} bytes.")));
    }
    let policy = compile(text, PolicyKind::Key).map_err(malformed)?;
    let value = json::parse(text).map_err(|error| malformed(error.to_string()))?;
    // A unique id stands for somebody who is gone; nobody can be named by one.
    let is_id = |name: &str| !(name == "*" || name.starts_with("arn:") || is_account_id(name));
    match principals(&value).into_iter().any(|name| is_id(name) || desk.kms.parts.directory.lacks(name)) {
        true => Err(malformed(INVALID_PRINCIPALS.into())),
        false => Ok(policy),
    }
}

/// Everybody whom the Principal and NotPrincipal elements name.
pub(crate) fn principals(policy: &json::Value) -> Vec<&str> {
    let Some(statements) = policy.member("Statement") else { return Vec::new() };
    let one = [statements];
    let list: Vec<&json::Value> = match statements.as_list() {
        Some(list) => list.iter().collect(),
        None => one.to_vec(),
    };
    let mut found = Vec::new();
    for statement in list {
        for element in ["Principal", "NotPrincipal"] {
            let Some(principal) = statement.member(element) else { continue };
            found.extend(principal.as_text());
            let Some(aws) = principal.member("AWS") else { continue };
            found.extend(aws.as_text());
            found.extend(aws.as_list().unwrap_or_default().iter().filter_map(json::Value::as_text));
        }
    }
    found
}

/// Whether whoever sets a policy could set another one afterwards.
pub(super) fn check_lockout(key: &Arc<Key>, policy: &Policy, desk: &Desk<'_>) -> Result<(), Refusal> {
    let on = On::KeyWith(Arc::clone(key), policy.clone());
    let question = Question { action: "kms:PutKeyPolicy", on, facts: Facts::default() };
    match desk.court().judge(&question).refusal {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            Why::MalformedPolicy,
            "The new key policy will not allow you to update the key policy in the future.",
        )),
    }
}

/// Keys that take no policy of that name.
fn check_name(name: Option<&String>) -> Result<(), Refusal> {
    match name.map(String::as_str) {
        None | Some(DEFAULT) => Ok(()),
        Some(RAM) => Err(Refusal::new(Why::Validation, "The AWS_RAM policy can only be managed by the RAM service.")),
        Some(_) => Err(Refusal::new(Why::NotFound, "No such policy exists")),
    }
}

impl Serve for GetKeyPolicyRequest {
    const SHAPE: &'static Shape = &GET_KEY_POLICY_REQUEST;
    type Answer = GetKeyPolicyResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::POLICY_NAME, self.policy_name.as_deref().and_then(Name::new));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.some("kms:PolicyName", self.policy_name.as_ref());
        Ok(Plan::on("kms:GetKeyPolicy", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, _: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        if self.policy_name.as_deref().is_some_and(|name| name != DEFAULT) {
            return Err(Refusal::new(Why::NotFound, "No such policy exists"));
        }
        let policy = plan.key()?.record.policy.clone();
        Ok(GetKeyPolicyResponse { policy: Some(policy), policy_name: Some(DEFAULT.into()) })
    }
}

impl Serve for ListKeyPoliciesRequest {
    const SHAPE: &'static Shape = &LIST_KEY_POLICIES_REQUEST;
    type Answer = ListKeyPoliciesResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        Ok(Plan::on("kms:ListKeyPolicies", &found, Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, _: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let names = [DEFAULT].map(|name| (name.to_owned(), name.to_owned())).into_iter();
        let sizes = Sizes { list: "policies", usual: 100, max: 1_000 };
        let (names, next) = page(names, self.limit, self.marker.as_ref(), &sizes)?;
        Ok(ListKeyPoliciesResponse { policy_names: Some(names), truncated: Some(next.is_some()), next_marker: next })
    }
}

impl Serve for PutKeyPolicyRequest {
    const SHAPE: &'static Shape = &PUT_KEY_POLICY_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::POLICY_NAME, self.policy_name.as_deref().and_then(Name::new));
        parameters.set_some(Field::POLICY, PolicyText::new(self.policy.as_str()));
        parameters.set_some(Field::BYPASS_POLICY_LOCKOUT_SAFETY_CHECK, self.bypass_policy_lockout_safety_check);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Refuse)?;
        let mut facts = Facts::default();
        facts.some("kms:PolicyName", self.policy_name.as_ref());
        facts.flag("kms:BypassPolicyLockoutSafetyCheck", self.bypass_policy_lockout_safety_check);
        Ok(Plan::on("kms:PutKeyPolicy", &found, facts))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        check_name(self.policy_name.as_ref())?;
        check_manager(key)?;
        let policy = read_policy(&self.policy, desk)?;
        if self.bypass_policy_lockout_safety_check != Some(true) {
            check_lockout(key, &policy, desk)?;
        }
        let mut changed = (**key).clone();
        changed.policy = [policy];
        change(&changed, desk, |record| record.policy.clone_from(&self.policy));
        Ok(Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_named_is_found() {
        let text = r#"{"Statement": [{"Principal": {"AWS": ["a", "b"], "Service": "s"}}, {"NotPrincipal": {"AWS": "c"}},
            {"Principal": "*"}]}"#;
        assert_eq!(principals(&json::parse(text).expect("JSON")), ["a", "b", "c", "*"]);
        assert_eq!(principals(&json::parse(r#"{"Statement": {"Principal": {"AWS": "d"}}}"#).expect("JSON")), ["d"]);
    }
}
