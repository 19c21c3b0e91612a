//! Signatures, made and verified.

use wardbook_audit::event::{Field, Parameters, Word};
use wardbook_backend::algorithm::MessageType as Form;
use wardbook_backend::error::{BackendError, InputError};

use super::cipher::suits;
use super::key::note_key;
use crate::api::{
    MessageType, SIGN_REQUEST, Shape, SignRequest, SignResponse, SigningAlgorithmSpec, VERIFY_REQUEST, VerifyRequest,
    VerifyResponse,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk, refused};
use crate::kms::Permit;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::state::Key;

fn form(message: Option<MessageType>) -> Form {
    match message.unwrap_or(MessageType::Raw) {
        MessageType::Raw => Form::Raw,
        MessageType::Digest => Form::Digest,
        MessageType::ExternalMu => Form::ExternalMu,
    }
}

fn facts(algorithm: SigningAlgorithmSpec, message: Option<MessageType>) -> Facts {
    let mut facts = Facts::default();
    facts.text("kms:SigningAlgorithm", algorithm.name());
    facts.text("kms:MessageType", message.unwrap_or(MessageType::Raw).name());
    facts
}

fn note(
    key: &str,
    algorithm: SigningAlgorithmSpec,
    message: Option<MessageType>,
    dry: Option<bool>,
    to: &mut Parameters,
) {
    note_key(key, to);
    to.set_some(Field::SIGNING_ALGORITHM, Word::new(algorithm.name()));
    to.set_some(Field::MESSAGE_TYPE, Word::new(message.unwrap_or(MessageType::Raw).name()));
    to.set_some(Field::DRY_RUN, dry);
}

fn check(
    key: &Key,
    algorithm: SigningAlgorithmSpec,
    message: Option<MessageType>,
    bytes: usize,
) -> Result<(), Refusal> {
    let suited = suits(key, algorithm.name())?;
    match suited.message_bytes(form(message)) {
        Some(wanted) if wanted != bytes => {
            let message = format!("Digest is invalid length for algorithm {}.", algorithm.name());
            Err(Refusal::new(Why::Validation, message))
        }
        _ => Ok(()),
    }
}

fn said(error: BackendError, key: &Key, algorithm: SigningAlgorithmSpec, message: Option<MessageType>) -> Refusal {
    match error {
        BackendError::Unsupported { .. } | BackendError::InvalidInput(InputError::WrongLength { .. }) => {
            let form = message.unwrap_or(MessageType::Raw).name();
            let message = format!("MessageType {form} is not valid for algorithm {}.", algorithm.name());
            Refusal::new(Why::Validation, message)
        }
        error => refused(error, &key.name.arn()),
    }
}

impl Serve for SignRequest {
    const SHAPE: &'static Shape = &SIGN_REQUEST;
    type Answer = SignResponse;

    fn note(&self, parameters: &mut Parameters) {
        note(&self.key_id, self.signing_algorithm, self.message_type, self.dry_run, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        let facts = facts(self.signing_algorithm, self.message_type);
        Ok(Plan::on("kms:Sign", &found, facts).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (key, algorithm) = (plan.key()?, self.signing_algorithm);
        check(key, algorithm, self.message_type, self.message.len())?;
        desk.stop_if_dry(self.dry_run)?;
        let (suited, form) = (suits(key, algorithm.name())?, form(self.message_type));
        let made = desk.open(key)?.sign(suited, form, self.message.expose(), &desk.call(&desk.labels()));
        let signature = made.map_err(|error| said(error, key, algorithm, self.message_type))?;
        Ok(SignResponse {
            key_id: Some(key.name.arn()),
            signature: Some(crate::wire::decode::Blob(signature)),
            signing_algorithm: Some(algorithm),
        })
    }
}

impl Serve for VerifyRequest {
    const SHAPE: &'static Shape = &VERIFY_REQUEST;
    type Answer = VerifyResponse;

    fn note(&self, parameters: &mut Parameters) {
        note(&self.key_id, self.signing_algorithm, self.message_type, self.dry_run, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        let facts = facts(self.signing_algorithm, self.message_type);
        Ok(Plan::on("kms:Verify", &found, facts).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let (key, algorithm) = (plan.key()?, self.signing_algorithm);
        check(key, algorithm, self.message_type, self.message.len())?;
        desk.stop_if_dry(self.dry_run)?;
        let (suited, form) = (suits(key, algorithm.name())?, form(self.message_type));
        let message = self.message.expose();
        let verified = desk.open(key)?.verify(suited, form, message, &self.signature.0, &desk.call(&desk.labels()));
        verified.map_err(|error| said(error, key, algorithm, self.message_type))?;
        Ok(VerifyResponse {
            key_id: Some(key.name.arn()),
            signature_valid: Some(true),
            signing_algorithm: Some(algorithm),
        })
    }
}
