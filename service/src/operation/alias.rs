//! Aliases: each question about one is asked of the alias, by IAM, and of the key behind it.

use wardbook_audit::event::{Field, Name, Parameters};

use super::key::check_manager;
use crate::api::{
    CREATE_ALIAS_REQUEST, CreateAliasRequest, DELETE_ALIAS_REQUEST, DeleteAliasRequest, Shape, UPDATE_ALIAS_REQUEST,
    UpdateAliasRequest,
};
use crate::authorize::{On, Question};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk};
use crate::kms::{KEY_ID, Permit};
use crate::limits::ALIASES_MAX;
use crate::name::{AliasName, KeyName};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::AliasRecord;
use crate::wire::encode::Empty;

/// The alias that a request names, in the caller's account.
fn own(name: &str, desk: &Desk<'_>) -> Result<AliasName, Refusal> {
    if !name.starts_with("alias/") || name == "alias/" {
        let message = "Alias must start with the prefix \"alias/\". Please see \
                       https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
        return Err(Refusal::new(Why::Validation, message));
    }
    if name.contains(':') {
        let message = format!("{name} contains invalid characters for an alias");
        return Err(Refusal::new(Why::Validation, message));
    }
    if name.starts_with("alias/aws/") {
        return Err(Refusal::new(Why::NotAuthorized, ""));
    }
    let (account, region) = (desk.caller.account.clone(), desk.caller.region().to_owned());
    Ok(AliasName { account, region, name: name.to_owned() })
}

fn on_alias(action: &'static str, name: &AliasName) -> Question {
    Question { action, on: On::Alias(name.clone()), facts: Facts::default() }
}

fn absent(name: &AliasName) -> Refusal {
    Refusal::new(Why::NotFound, format!("Alias {} is not found.", name.arn()))
}

fn note_alias(name: &str, parameters: &mut Parameters) {
    parameters.set_some(Field::ALIAS_NAME, Name::new(name));
}

impl Serve for CreateAliasRequest {
    const SHAPE: &'static Shape = &CREATE_ALIAS_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_alias(&self.alias_name, parameters);
        parameters.set_some(Field::TARGET_KEY_ID, Name::new(self.target_key_id.as_str()));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let name = own(&self.alias_name, desk)?;
        let found = desk.find(&self.target_key_id, Aliases::Refuse)?;
        desk.touch_alias(&name);
        let mut plan = Plan::on("kms:CreateAlias", &found, Facts::default());
        plan.questions.push(on_alias("kms:CreateAlias", &name));
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (name, key) = (own(&self.alias_name, desk)?, plan.key()?);
        check_manager(key)?;
        if desk.alias(&name).is_some() {
            let message = format!("An alias with the name {} already exists", name.arn());
            return Err(Refusal::new(Why::AlreadyExists, message));
        }
        if key.aliases.len() >= ALIASES_MAX {
            return Err(Refusal::new(Why::LimitExceeded, format!("{} has {ALIASES_MAX} aliases.", key.name.arn())));
        }
        let now = desk.now.micros();
        let record = AliasRecord { key: key.name.id.clone(), created: now, updated: now };
        desk.note_answer(KEY_ID, Name::new(key.name.arn()));
        desk.writes.alias(&name, record, &[&key.name]);
        Ok(Empty)
    }
}

impl Serve for UpdateAliasRequest {
    const SHAPE: &'static Shape = &UPDATE_ALIAS_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_alias(&self.alias_name, parameters);
        parameters.set_some(Field::TARGET_KEY_ID, Name::new(self.target_key_id.as_str()));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let name = own(&self.alias_name, desk)?;
        desk.touch_alias(&name);
        let before = desk.find(&name.name, Aliases::Accept).map_err(|_| absent(&name))?;
        let after = desk.find(&self.target_key_id, Aliases::Refuse)?;
        // The key that it names from here on stands first, as AWS has it; the one before is told as well.
        if let [_, before, after] = desk.notes.resources.as_mut_slice() {
            std::mem::swap(before, after);
        }
        desk.notes.resources.dedup();
        let mut plan = Plan::on("kms:UpdateAlias", &after, Facts::default());
        plan.also("kms:UpdateAlias", &before, Facts::default());
        plan.questions.push(on_alias("kms:UpdateAlias", &name));
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let name = own(&self.alias_name, desk)?;
        let (after, before) = (plan.key()?, plan.nth_key(1)?);
        let alias = desk.alias(&name).ok_or_else(|| absent(&name))?;
        check_manager(after)?;
        // Moving away from a key that is about to be deleted is what an alias is moved for; moving to one is not.
        if after.record.state.starts_with("Pending") && after.record.state.ends_with("Deletion") {
            return Err(Refusal::new(Why::InvalidState, format!("{} is pending deletion.", after.name.arn())));
        }
        let (from, to) = (&before.record, &after.record);
        if from.usage != to.usage {
            let message = format!(
                "Alias {} cannot be changed from a CMK with key usage {} to a CMK with key usage {}. The key usage must \
                 be the same.",
                name.arn(),
                from.usage,
                to.usage
            );
            return Err(Refusal::new(Why::Validation, message));
        }
        if from.is_symmetric_encryption() != to.is_symmetric_encryption() {
            let message = format!("Alias {} cannot be changed between symmetric and asymmetric keys.", name.arn());
            return Err(Refusal::new(Why::Validation, message));
        }
        if after.aliases.len() >= ALIASES_MAX && !after.aliases.contains(&name.name) {
            return Err(Refusal::new(Why::LimitExceeded, format!("{} has {ALIASES_MAX} aliases.", after.name.arn())));
        }
        let record = AliasRecord { key: after.name.id.clone(), updated: desk.now.micros(), ..alias.record };
        desk.note_answer(KEY_ID, Name::new(after.name.arn()));
        desk.writes.alias(&name, record, &[&before.name, &after.name]);
        Ok(Empty)
    }
}

impl Serve for DeleteAliasRequest {
    const SHAPE: &'static Shape = &DELETE_ALIAS_REQUEST;
    type Answer = Empty;

    fn note(&self, parameters: &mut Parameters) {
        note_alias(&self.alias_name, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let name = own(&self.alias_name, desk)?;
        desk.touch_alias(&name);
        let found = desk.find(&name.name, Aliases::Accept).map_err(|_| absent(&name))?;
        let mut plan = Plan::on("kms:DeleteAlias", &found, Facts::default());
        plan.questions.push(on_alias("kms:DeleteAlias", &name));
        Ok(plan)
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let name = own(&self.alias_name, desk)?;
        let key: &KeyName = &plan.key()?.name;
        desk.note_answer(KEY_ID, Name::new(key.arn()));
        desk.writes.no_alias(&name, Some(key));
        Ok(Empty)
    }
}
