//! Public keys, and the secrets that two sides come to share by them.

use wardbook_audit::event::{Field, Parameters, Word};
use wardbook_backend::error::BackendError;

use super::cipher::suits;
use super::fact::{named, refuse_recipient};
use super::key::note_key;
use super::metadata::listed;
use crate::api::{
    DECAPSULATE_REQUEST, DERIVE_SHARED_SECRET_REQUEST, DecapsulateRequest, DecapsulateResponse,
    DeriveSharedSecretRequest, DeriveSharedSecretResponse, ENCAPSULATE_REQUEST, EncapsulateRequest,
    EncapsulateResponse, GET_PUBLIC_KEY_REQUEST, GetPublicKeyRequest, GetPublicKeyResponse, Shape,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk, refused};
use crate::kms::Permit;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::wire::decode::Blob;

impl Serve for GetPublicKeyRequest {
    const SHAPE: &'static Shape = &GET_PUBLIC_KEY_REQUEST;
    type Answer = GetPublicKeyResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        Ok(Plan::on("kms:GetPublicKey", &found, Facts::default()).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        let (record, arn) = (&key.record, key.name.arn());
        if record.is_symmetric_encryption() || record.usage == "GENERATE_VERIFY_MAC" {
            let message = format!("{arn} key spec {} has no public key.", record.spec);
            return Err(Refusal::new(Why::Unsupported, message));
        }
        let public = desk.open(key)?.public_key(&desk.call(&desk.labels())).map_err(|error| refused(error, &arn))?;
        Ok(GetPublicKeyResponse {
            key_id: Some(arn),
            public_key: Some(Blob(public)),
            customer_master_key_spec: named(&record.spec),
            key_spec: named(&record.spec),
            key_usage: named(&record.usage),
            encryption_algorithms: listed(record, "ENCRYPT_DECRYPT"),
            signing_algorithms: listed(record, "SIGN_VERIFY"),
            key_agreement_algorithms: listed(record, "KEY_AGREEMENT"),
            encapsulation_algorithms: listed(record, "ENCAPSULATE_DECAPSULATE"),
        })
    }
}

impl Serve for DeriveSharedSecretRequest {
    const SHAPE: &'static Shape = &DERIVE_SHARED_SECRET_REQUEST;
    type Answer = DeriveSharedSecretResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::KEY_AGREEMENT_ALGORITHM, Word::new(self.key_agreement_algorithm.name()));
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        let mut facts = Facts::default();
        facts.text("kms:KeyAgreementAlgorithm", self.key_agreement_algorithm.name());
        Ok(Plan::on("kms:DeriveSharedSecret", &found, facts).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        suits(key, self.key_agreement_algorithm.name())?;
        refuse_recipient(self.recipient.as_ref())?;
        desk.stop_if_dry(self.dry_run)?;
        let agreed = desk.open(key)?.agree(&self.public_key.0, &desk.call(&desk.labels()));
        let secret = agreed.map_err(|error| match error {
            BackendError::InvalidInput(_) => Refusal::new(Why::Validation, ""),
            error => refused(error, &key.name.arn()),
        })?;
        Ok(DeriveSharedSecretResponse {
            key_id: Some(key.name.arn()),
            shared_secret: Some(secret),
            key_agreement_algorithm: Some(self.key_agreement_algorithm),
            key_origin: named(&key.record.origin),
            ..DeriveSharedSecretResponse::default()
        })
    }
}

impl Serve for EncapsulateRequest {
    const SHAPE: &'static Shape = &ENCAPSULATE_REQUEST;
    type Answer = EncapsulateResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        Ok(Plan::on("kms:Encapsulate", &found, Facts::default()).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        suits(key, self.encapsulation_algorithm.name())?;
        desk.stop_if_dry(self.dry_run)?;
        let made =
            desk.open(key)?.encapsulate(&desk.call(&desk.labels())).map_err(|error| refused(error, &key.name.arn()))?;
        Ok(EncapsulateResponse {
            key_id: Some(key.name.arn()),
            shared_secret: Some(made.shared_secret),
            shared_secret_ciphertext_blob: Some(Blob(made.ciphertext)),
            encapsulation_algorithm: Some(self.encapsulation_algorithm),
        })
    }
}

impl Serve for DecapsulateRequest {
    const SHAPE: &'static Shape = &DECAPSULATE_REQUEST;
    type Answer = DecapsulateResponse;

    fn note(&self, parameters: &mut Parameters) {
        note_key(&self.key_id, parameters);
        parameters.set_some(Field::DRY_RUN, self.dry_run);
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        let found = desk.find(&self.key_id, Aliases::Accept)?;
        Ok(Plan::on("kms:Decapsulate", &found, Facts::default()).with_tokens(self.grant_tokens.as_ref()))
    }

    fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let key = plan.key()?;
        suits(key, self.encapsulation_algorithm.name())?;
        desk.stop_if_dry(self.dry_run)?;
        let found = desk.open(key)?.decapsulate(&self.shared_secret_ciphertext_blob.0, &desk.call(&desk.labels()));
        let secret = found.map_err(|error| match error {
            BackendError::InvalidInput(_) => Refusal::new(Why::InvalidCiphertext, ""),
            error => refused(error, &key.name.arn()),
        })?;
        Ok(DecapsulateResponse {
            key_id: Some(key.name.arn()),
            shared_secret: Some(secret),
            encapsulation_algorithm: Some(self.encapsulation_algorithm),
        })
    }
}
