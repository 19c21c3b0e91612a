//! Data keys, key pairs for others, and random bytes.

use wardbook_audit::event::{Field, Name, Parameters, Word};
use wardbook_backend::backend::Backend;
use wardbook_backend::capability::Boundary;
use wardbook_backend::operation::{DataKey, DataKeyPair};
use wardbook_backend::secret::Secret;

use super::cipher::{facts, noted, suits};
use super::fact::{Pairs, context, refuse_recipient};
use super::key::note_key;
use super::metadata::current_id;
use crate::api::{
    DataKeyPairSpec, DataKeySpec, EncryptionAlgorithmSpec, GENERATE_DATA_KEY_PAIR_REQUEST,
    GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT_REQUEST, GENERATE_DATA_KEY_REQUEST,
    GENERATE_DATA_KEY_WITHOUT_PLAINTEXT_REQUEST, GENERATE_RANDOM_REQUEST, GenerateDataKeyPairRequest,
    GenerateDataKeyPairResponse, GenerateDataKeyPairWithoutPlaintextRequest,
    GenerateDataKeyPairWithoutPlaintextResponse, GenerateDataKeyRequest, GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextRequest, GenerateDataKeyWithoutPlaintextResponse, GenerateRandomRequest,
    GenerateRandomResponse, Shape,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk, backend_spec, refused};
use crate::kms::{Permit, Pool};
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use crate::wire::decode::Blob;

const SYMMETRIC: EncryptionAlgorithmSpec = EncryptionAlgorithmSpec::SymmetricDefault;

/// How many bytes a data key has.
fn length(spec: Option<DataKeySpec>, bytes: Option<i64>) -> Result<usize, Refusal> {
    match (spec, bytes) {
        (Some(DataKeySpec::Aes128), None) => Ok(16),
        (Some(DataKeySpec::Aes256), None) => Ok(32),
        (None, Some(bytes)) => usize::try_from(bytes).map_err(|_| Refusal::new(Why::Internal, "")),
        _ => Err(Refusal::new(Why::Validation, "Please specify either number of bytes or key spec.")),
    }
}

fn note(spec: Option<DataKeySpec>, bytes: Option<i64>, pairs: Option<&Pairs>, dry: Option<bool>, to: &mut Parameters) {
    to.set_some(Field::KEY_SPEC, spec.and_then(|spec| Word::new(spec.name())));
    to.set_some(Field::NUMBER_OF_BYTES, bytes.and_then(|bytes| u64::try_from(bytes).ok()));
    to.set_some(Field::ENCRYPTION_CONTEXT, noted(pairs));
    to.set_some(Field::DRY_RUN, dry);
}

fn generate(
    plan: &Plan,
    bytes: usize,
    pairs: Option<&Pairs>,
    dry: Option<bool>,
    desk: &Desk<'_>,
) -> Result<DataKey, Refusal> {
    let key = plan.key()?;
    suits(key, SYMMETRIC.name())?;
    desk.stop_if_dry(dry)?;
    let made = desk.open(key)?.generate_data_key(bytes, &context(pairs)?, &desk.call(&desk.labels()));
    made.map_err(|error| refused(error, &key.name.arn()))
}

fn generate_pair(
    plan: &Plan,
    spec: DataKeyPairSpec,
    pairs: Option<&Pairs>,
    dry: Option<bool>,
    desk: &Desk<'_>,
) -> Result<DataKeyPair, Refusal> {
    let key = plan.key()?;
    suits(key, SYMMETRIC.name())?;
    if key.record.key_store.is_some() {
        let message = format!("{} is in a custom key store, under which no data key pairs are made.", key.name.arn());
        return Err(Refusal::new(Why::Unsupported, message));
    }
    let region = desk.caller.region();
    if spec == DataKeyPairSpec::Sm2 && !region.starts_with("cn-") {
        return Err(Refusal::new(Why::Unsupported, format!("KeyPairSpec SM2 is not supported in {region}.")));
    }
    let spec = backend_spec(spec.name(), region)?;
    desk.stop_if_dry(dry)?;
    let made = desk.open(key)?.generate_data_key_pair(spec, &context(pairs)?, &desk.call(&desk.labels()));
    made.map_err(|error| refused(error, &key.name.arn()))
}

macro_rules! data_key {
    ($request:ident, $shape:ident, $answer:ident, $action:literal, $recipient:expr, $reply:expr) => {
        impl Serve for $request {
            const SHAPE: &'static Shape = &$shape;
            type Answer = $answer;

            fn note(&self, parameters: &mut Parameters) {
                note_key(&self.key_id, parameters);
                note(self.key_spec, self.number_of_bytes, self.encryption_context.as_ref(), self.dry_run, parameters);
            }

            fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
                let found = desk.find(&self.key_id, Aliases::Accept)?;
                let facts = facts(SYMMETRIC, self.encryption_context.as_ref())?;
                Ok(Plan::on($action, &found, facts).with_tokens(self.grant_tokens.as_ref()))
            }

            fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
                let recipient: fn(&$request) -> Result<(), Refusal> = $recipient;
                recipient(self)?;
                let bytes = length(self.key_spec, self.number_of_bytes)?;
                let made = generate(plan, bytes, self.encryption_context.as_ref(), self.dry_run, desk)?;
                let key = plan.key()?;
                let reply: fn(DataKey, String, Option<String>) -> $answer = $reply;
                desk.note_material(Field::KEY_MATERIAL_ID, current_id(&key.record));
                Ok(reply(made, key.name.arn(), current_id(&key.record)))
            }
        }
    };
}

data_key!(
    GenerateDataKeyRequest,
    GENERATE_DATA_KEY_REQUEST,
    GenerateDataKeyResponse,
    "kms:GenerateDataKey",
    |request| refuse_recipient(request.recipient.as_ref()),
    |made, arn, material| GenerateDataKeyResponse {
        ciphertext_blob: Some(Blob(made.ciphertext)),
        plaintext: Some(made.plaintext),
        key_id: Some(arn),
        key_material_id: material,
        ..GenerateDataKeyResponse::default()
    }
);
data_key!(
    GenerateDataKeyWithoutPlaintextRequest,
    GENERATE_DATA_KEY_WITHOUT_PLAINTEXT_REQUEST,
    GenerateDataKeyWithoutPlaintextResponse,
    "kms:GenerateDataKeyWithoutPlaintext",
    |_| Ok(()),
    |made, arn, material| GenerateDataKeyWithoutPlaintextResponse {
        ciphertext_blob: Some(Blob(made.ciphertext)),
        key_id: Some(arn),
        key_material_id: material,
    }
);

macro_rules! data_key_pair {
    ($request:ident, $shape:ident, $answer:ident, $action:literal, $recipient:expr, $reply:expr) => {
        impl Serve for $request {
            const SHAPE: &'static Shape = &$shape;
            type Answer = $answer;

            fn note(&self, parameters: &mut Parameters) {
                note_key(&self.key_id, parameters);
                parameters.set_some(Field::KEY_PAIR_SPEC, Word::new(self.key_pair_spec.name()));
                note(None, None, self.encryption_context.as_ref(), self.dry_run, parameters);
            }

            fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
                let found = desk.find(&self.key_id, Aliases::Accept)?;
                let mut facts = facts(SYMMETRIC, self.encryption_context.as_ref())?;
                facts.text("kms:DataKeyPairSpec", self.key_pair_spec.name());
                Ok(Plan::on($action, &found, facts).with_tokens(self.grant_tokens.as_ref()))
            }

            fn run(&self, plan: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
                let recipient: fn(&$request) -> Result<(), Refusal> = $recipient;
                recipient(self)?;
                let pairs = self.encryption_context.as_ref();
                let made = generate_pair(plan, self.key_pair_spec, pairs, self.dry_run, desk)?;
                let key = plan.key()?;
                let reply: fn(DataKeyPair, DataKeyPairSpec, String, Option<String>) -> $answer = $reply;
                desk.note_material(Field::KEY_MATERIAL_ID, current_id(&key.record));
                Ok(reply(made, self.key_pair_spec, key.name.arn(), current_id(&key.record)))
            }
        }
    };
}

data_key_pair!(
    GenerateDataKeyPairRequest,
    GENERATE_DATA_KEY_PAIR_REQUEST,
    GenerateDataKeyPairResponse,
    "kms:GenerateDataKeyPair",
    |request| refuse_recipient(request.recipient.as_ref()),
    |made, spec, arn, material| GenerateDataKeyPairResponse {
        private_key_ciphertext_blob: Some(Blob(made.ciphertext)),
        private_key_plaintext: Some(made.private),
        public_key: Some(Blob(made.public)),
        key_id: Some(arn),
        key_pair_spec: Some(spec),
        key_material_id: material,
        ..GenerateDataKeyPairResponse::default()
    }
);
data_key_pair!(
    GenerateDataKeyPairWithoutPlaintextRequest,
    GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT_REQUEST,
    GenerateDataKeyPairWithoutPlaintextResponse,
    "kms:GenerateDataKeyPairWithoutPlaintext",
    |_| Ok(()),
    |made, spec, arn, material| GenerateDataKeyPairWithoutPlaintextResponse {
        private_key_ciphertext_blob: Some(Blob(made.ciphertext)),
        public_key: Some(Blob(made.public)),
        key_id: Some(arn),
        key_pair_spec: Some(spec),
        key_material_id: material,
    }
);

/// Whether everything that a backend computes is computed in this process.
fn is_near(backend: &dyn Backend) -> bool {
    backend.capabilities().rows().iter().all(|row| row.boundary == Boundary::Process)
}

impl Serve for GenerateRandomRequest {
    const SHAPE: &'static Shape = &GENERATE_RANDOM_REQUEST;
    type Answer = GenerateRandomResponse;

    fn note(&self, parameters: &mut Parameters) {
        // How many bytes were asked for is not in the log of AWS either.
        let store = self.custom_key_store_id.as_deref();
        parameters.set_some(Field::CUSTOM_KEY_STORE_ID, store.and_then(Name::new));
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        Ok(Plan::anything("kms:GenerateRandom", Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        refuse_recipient(self.recipient.as_ref())?;
        let bytes = self.number_of_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = bytes.ok_or_else(|| Refusal::new(Why::Validation, "NumberOfBytes is required."))?;
        let backend = &desk.kms.parts.backend;
        let holder = match &self.custom_key_store_id {
            Some(id) => super::key_store::cluster(id, desk)?,
            None if is_near(&**backend) || !desk.moves_to(Pool::Backend) => std::sync::Arc::clone(backend),
            None => return Err(Refusal::new(Why::Internal, "")),
        };
        let made = Secret::filled(bytes, |bytes| holder.random(bytes, &desk.call(&desk.labels())));
        let made = made.map_err(|error| refused(error, ""))?;
        Ok(GenerateRandomResponse { plaintext: Some(made), ..GenerateRandomResponse::default() })
    }
}
