//! A backend whose keys somebody else holds.
//!
//! A key has two halves: one of a local backend, wrapped in the token, and one that stays with its holder. What
//! is encrypted goes through the local half first and through the proxy second, and comes back the other way,
//! so either half alone is worth nothing. See the developer guide on
//! [double encryption](https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::{Backend, Condition, Depth, Destruction, Health, Member};
use wardbook_backend::call::Call;
use wardbook_backend::capability::{Boundary, Capabilities, Capability, Cost};
use wardbook_backend::context::Context;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::import::{ImportOffer, ImportSession, Imported, Wrapping};
use wardbook_backend::key::{Key, KeyHandle};
use wardbook_backend::limits::{BLOB_BYTES_MAX, PLAINTEXT_BYTES_MAX};
use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::Random;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken};

use crate::blob::{self, CONTEXT_BYTES_MAX, Head};
use crate::client::{Behalf, Client};
use crate::endpoint::ExternalKeyId;
use crate::message::{KeyStatus, Metadata, Status};

/// Keys behind a proxy.
pub struct Xks {
    client: Arc<Client>,
    local: Arc<dyn Backend>,
    random: Arc<dyn Random>,
    test_key: Option<ExternalKeyId>,
    capabilities: Capabilities,
}

/// Both halves of one key.
struct DoubleKey {
    client: Arc<Client>,
    external: ExternalKeyId,
    local: KeyHandle,
}

/// The name in tokens. Never changes its meaning.
pub const PROVIDER: &str = "xks";

/// The first byte of a token's payload.
const TOKEN_VERSION: u8 = 1;

impl Xks {
    /// Connects: the proxy must be healthy, and if the operator set a key apart for tests, it must encrypt,
    /// decrypt, and refuse associated data that are not the same. `local` makes and wraps the local halves.
    pub fn connect(
        client: Client,
        local: Arc<dyn Backend>,
        random: Arc<dyn Random>,
        test_key: Option<ExternalKeyId>,
        call: &Call<'_>,
    ) -> Result<Self, BackendError> {
        let status = client.health(Behalf { operation: "ConnectCustomKeyStore", key: None }, call)?;
        if status.managers.iter().all(|manager| manager.condition == Condition::Unavailable) {
            return Err(BackendError::Unavailable);
        }
        let (spec, usage) = (KeySpec::SymmetricDefault, Usage::EncryptDecrypt);
        if !local.capabilities().covers(spec, usage, OperationKind::Generate) {
            let operation = OperationKind::Adopt;
            return Err(BackendError::Unsupported { spec, operation, algorithm: None, message: None });
        }
        let mut proof = None;
        let capabilities = Capabilities::probe(claims(&*local), |_| {
            match &test_key {
                None => Ok(()),
                Some(key) => *proof.get_or_insert_with(|| prove(&client, key, &*random, call)),
            }
            .map_err(|reason: &str| reason.to_owned())
        });
        Ok(Self { client: Arc::new(client), local, random, test_key, capabilities })
    }

    /// The client, to give it another credential or to ask the proxy directly.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What the proxy says about the external half of a key.
    pub fn metadata(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Metadata, BackendError> {
        let (external, local) = read_token(token)?;
        self.local.open(&local, &local_binding(binding, &external)?, call)?;
        self.client.metadata(&external, Behalf { operation: "DescribeKey", key: Some(binding.id()) }, call)
    }

    fn members(
        &self,
        status: Result<Status, BackendError>,
        depth: Depth,
        latency: Duration,
        call: &Call<'_>,
    ) -> Vec<Member> {
        let place = self.client.endpoint();
        let proven = || match (depth, &self.test_key) {
            (Depth::Deep, Some(key)) => prove(&self.client, key, &*self.random, call).is_ok(),
            _ => true,
        };
        let (name, condition, managers) = match status {
            Err(_) => (format!("{PROVIDER} {place}"), Condition::Unavailable, Vec::new()),
            Ok(status) => {
                let condition = if proven() { Condition::Active } else { Condition::Unavailable };
                (format!("{PROVIDER} {place} ({} {})", status.vendor, status.model), condition, status.managers)
            }
        };
        let mut members = vec![Member { name, condition, latency: Some(latency) }];
        members.extend(managers.into_iter().map(|manager| Member {
            name: format!("{PROVIDER} {} ({})", manager.id, manager.model),
            condition: manager.condition,
            latency: None,
        }));
        members
    }
}

/// What a healthy proxy and the local backend can do together.
fn claims(local: &dyn Backend) -> Vec<Capability> {
    let (spec, algorithm) = (KeySpec::SymmetricDefault, Some(Algorithm::SymmetricDefault));
    let context = local.capabilities().of(spec, Usage::EncryptDecrypt).map(|row| row.context_bytes_max).max();
    let row = |operation, algorithm, input_bytes_max| Capability {
        spec,
        operation,
        algorithm,
        message_type: None,
        input_bytes_max,
        context_bytes_max: context.unwrap_or_default().min(CONTEXT_BYTES_MAX),
        uses_max: None,
        provider: PROVIDER,
        boundary: Boundary::Remote,
        fips: false,
        cost: Cost::Blocking,
        verify_after_sign: false,
    };
    vec![
        row(OperationKind::Adopt, None, 0),
        row(OperationKind::Encrypt, algorithm, PLAINTEXT_BYTES_MAX),
        row(OperationKind::Decrypt, algorithm, BLOB_BYTES_MAX),
    ]
}

/// A round trip with the key that is set apart for tests.
fn prove(client: &Client, key: &ExternalKeyId, random: &dyn Random, call: &Call<'_>) -> Result<(), &'static str> {
    let behalf = Behalf { operation: "KmsHealthCheck", key: None };
    let mut plaintext = [0; 32];
    random.fill(&mut plaintext).map_err(|_| "no randomness")?;
    let sealed = client.encrypt(key, &plaintext, b"one", behalf, call).map_err(|_| "the test key does not encrypt")?;
    match client.decrypt(key, &sealed, b"one", behalf, call) {
        Ok(opened) if bool::from(opened.ct_eq(&plaintext)) => {}
        _ => return Err("the test key does not decrypt what it encrypted"),
    }
    match client.decrypt(key, &sealed, b"two", behalf, call) {
        Err(BackendError::InvalidCiphertext) => Ok(()),
        _ => Err("the proxy does not honour additional authenticated data"),
    }
}

impl Backend for Xks {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn serves(&self, token: &KeyToken) -> bool {
        token.provider() == PROVIDER
    }

    fn health(&self, depth: Depth, call: &Call<'_>) -> Result<Health, BackendError> {
        call.left()?;
        let start = Instant::now();
        let status = self.client.health(Behalf { operation: "KmsHealthCheck", key: None }, call);
        let mut members = self.members(status, depth, start.elapsed(), call);
        members.extend(self.local.health(depth, call)?.members);
        Ok(Health { members })
    }

    /// No proxy makes keys; see [`Backend::adopt`].
    fn generate(&self, binding: &Binding, _: &Call<'_>) -> Result<KeyToken, BackendError> {
        Err(unsupported(binding, OperationKind::Generate))
    }

    /// Takes on a key that the proxy says is an enabled AES-256 key for encryption and decryption.
    fn adopt(&self, binding: &Binding, name: &str, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        if !self.capabilities.covers(binding.spec(), binding.usage(), OperationKind::Adopt) {
            return Err(unsupported(binding, OperationKind::Adopt));
        }
        let external = ExternalKeyId::new(name).map_err(|_| InputError::Id)?;
        let local_binding = local_binding(binding, &external)?;
        let metadata = self.client.metadata(&external, Behalf { operation: "CreateKey", key: None }, call)?;
        let can = |operation: &str| metadata.usage.iter().any(|usage| usage == operation);
        if metadata.spec != "AES_256" {
            return Err(unsupported(binding, OperationKind::Adopt));
        }
        for (operation, name) in [(OperationKind::Encrypt, "ENCRYPT"), (OperationKind::Decrypt, "DECRYPT")] {
            if !can(name) {
                return Err(BackendError::WrongUsage { usage: binding.usage(), operation });
            }
        }
        if metadata.status != KeyStatus::Enabled {
            return Err(BackendError::InvalidState);
        }
        write_token(&external, &self.local.generate(&local_binding, call)?)
    }

    fn begin_import(&self, binding: &Binding, _: Wrapping, _: &Call<'_>) -> Result<ImportOffer, BackendError> {
        Err(unsupported(binding, OperationKind::Import))
    }

    fn import(&self, binding: &Binding, _: &ImportSession, _: &[u8], _: &Call<'_>) -> Result<Imported, BackendError> {
        Err(unsupported(binding, OperationKind::Import))
    }

    /// Does not ask the proxy: what state the external key is in shows when it is used.
    fn open(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<KeyHandle, BackendError> {
        let (external, local) = read_token(token)?;
        let local = self.local.open(&local, &local_binding(binding, &external)?, call)?;
        let key = DoubleKey { client: Arc::clone(&self.client), external, local };
        let random = Arc::clone(&self.random);
        Ok(KeyHandle::new(binding, PROVIDER, &self.capabilities, random, Box::new(key)))
    }

    /// Destroys the local half, without which the external one opens nothing.
    fn destroy(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Destruction, BackendError> {
        let (external, local) = read_token(token)?;
        self.local.destroy(&local, &local_binding(binding, &external)?, call)?;
        Ok(Destruction::KeptByHolder)
    }

    fn rewrap(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Option<KeyToken>, BackendError> {
        let (external, local) = read_token(token)?;
        let rewrapped = self.local.rewrap(&local, &local_binding(binding, &external)?, call)?;
        rewrapped.map(|local| write_token(&external, &local)).transpose()
    }

    fn random(&self, bytes: &mut [u8], call: &Call<'_>) -> Result<(), BackendError> {
        self.local.random(bytes, call)
    }
}

impl Key for DoubleKey {
    fn encrypt(
        &self,
        algorithm: Algorithm,
        plaintext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        let inner = self.local.encrypt(algorithm, plaintext, context, call)?;
        let head = Head::new(self.local.binding().version(), &inner);
        let behalf = self.behalf("Encrypt");
        let sealed = self.client.encrypt(&self.external, &inner, &head.associated(context), behalf, call)?;
        head.join(&sealed).ok_or(BackendError::Internal)
    }

    fn decrypt(
        &self,
        algorithm: Algorithm,
        ciphertext: &[u8],
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Secret, BackendError> {
        let (head, sealed) = blob::split(ciphertext).ok_or(BackendError::InvalidCiphertext)?;
        if head.material != self.local.binding().version() {
            return Err(BackendError::InvalidCiphertext);
        }
        let behalf = self.behalf("Decrypt");
        let inner = self.client.decrypt(&self.external, &sealed, &head.associated(context), behalf, call)?;
        // A proxy that honours the associated data has refused a changed digest; this is for one that does not,
        // or that answers something else.
        if !bool::from(<[u8; 32]>::from(Sha256::digest(&inner)).ct_eq(&head.digest)) {
            return Err(BackendError::Integrity);
        }
        self.local.decrypt(algorithm, &inner, context, call)
    }
}

impl DoubleKey {
    fn behalf<'a>(&'a self, operation: &'a str) -> Behalf<'a> {
        // The local half is bound to `external:id`.
        let id = self.local.binding().id().split_once(':').map(|(_, id)| id);
        Behalf { operation, key: id }
    }
}

fn unsupported(binding: &Binding, operation: OperationKind) -> BackendError {
    BackendError::Unsupported { spec: binding.spec(), operation, algorithm: None, message: None }
}

/// INVARIANT: a token opens only with the external key it was made for, because the local half is bound to its
/// name too. The name has no colon, so no two pairs of names are one.
fn local_binding(binding: &Binding, external: &ExternalKeyId) -> Result<Binding, BackendError> {
    Binding::new(&format!("{external}:{}", binding.id()), binding.version(), binding.spec(), binding.usage())
}

fn write_token(external: &ExternalKeyId, local: &KeyToken) -> Result<KeyToken, BackendError> {
    let length = u8::try_from(external.as_str().len()).map_err(|_| BackendError::Internal)?;
    let payload = [&[TOKEN_VERSION, length], external.as_str().as_bytes(), local.as_bytes()].concat();
    KeyToken::new(PROVIDER, &payload)
}

fn read_token(token: &KeyToken) -> Result<(ExternalKeyId, KeyToken), BackendError> {
    let read = || {
        let payload = token.payload().strip_prefix(&[TOKEN_VERSION])?;
        let (external, local) = blob::counted(payload)?;
        let external = ExternalKeyId::new(std::str::from_utf8(external).ok()?).ok()?;
        Some((external, KeyToken::from_bytes(local).ok()?))
    };
    let own = token.provider() == PROVIDER;
    own.then(read).flatten().ok_or(BackendError::InvalidToken)
}

impl fmt::Debug for Xks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xks").field("client", &self.client).field("test_key", &self.test_key).finish_non_exhaustive()
    }
}
