//! The software backend: providers compute, root keys guard what is stored.
//!
//! Tokens hold the material wrapped under a root key and bound to what it belongs to, so they can be stored
//! anywhere and swapped nowhere. Of several providers, the first that proved a spec makes its keys; the token
//! names it, and it serves that key for ever.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use hmac::{KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::backend::{Backend, Condition, Depth, Destruction, Health, Member};
use crate::call::Call;
use crate::capability::Capabilities;
use crate::error::{BackendError, InputError};
use crate::import::{Fingerprint, ImportOffer, ImportSession, Imported, Wrapping};
use crate::key::{Key, KeyHandle, Pair, PairMaker};
use crate::known_answer::Prover;
use crate::limits;
use crate::operation::OperationKind;
use crate::provider::Provider;
use crate::random::Random;
use crate::root::{RootId, Roots};
use crate::secret::Secret;
use crate::spec::{KeySpec, Usage};
use crate::token::{Binding, KeyToken, MaterialId};

/// Keys in the memory of this process, wrapped at rest.
pub struct Software {
    members: Vec<Served>,
    capabilities: Capabilities,
    roots: RwLock<Roots>,
    random: Arc<dyn Random>,
}

/// A provider and what it proved.
struct Served {
    provider: Arc<dyn Provider>,
    capabilities: Capabilities,
    random: Arc<dyn Random>,
}

impl Served {
    fn prove(&mut self) {
        self.capabilities = prove(&*self.provider, &self.random);
    }
}

/// Makes pairs with one provider.
struct ProviderPairs {
    provider: Arc<dyn Provider>,
    random: Arc<dyn Random>,
}

const MATERIAL: &str = "material";
const SESSION: &str = "import session";
const FINGERPRINT_LABEL: &[u8] = b"wardbook-fingerprint";

impl Software {
    /// Starts: every claim of every provider is run with a known answer, which takes some milliseconds. Look at
    /// [`Capabilities::refuted`] afterwards.
    pub fn start(
        providers: impl IntoIterator<Item = Arc<dyn Provider>>,
        roots: Roots,
        random: Arc<dyn Random>,
    ) -> Self {
        let mut members: Vec<Served> = Vec::new();
        for provider in providers {
            let random = provider.random().unwrap_or_else(|| Arc::clone(&random));
            members.push(Served { provider, capabilities: Capabilities::default(), random });
        }
        // Side by side, because somebody waits for a server to be up; alone where the system has no thread to give.
        thread::scope(|scope| {
            for member in &mut members {
                let _ = thread::Builder::new().spawn_scoped(scope, || member.prove());
            }
        });
        let mut capabilities = Capabilities::default();
        for member in &mut members {
            if member.capabilities.rows().is_empty() && member.capabilities.refuted().is_empty() {
                member.prove();
            }
            capabilities.merge(&member.capabilities);
        }
        Self { members, capabilities, roots: RwLock::new(roots), random }
    }

    /// Uses other root keys from here on; tokens that neither of them can open are refused.
    pub fn set_roots(&self, roots: Roots) {
        *self.roots.write().unwrap_or_else(PoisonError::into_inner) = roots;
    }

    /// Which root key wraps what is new.
    pub fn current_root(&self) -> RootId {
        self.roots().current()
    }

    fn roots(&self) -> Roots {
        self.roots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first provider that proved the spec.
    fn maker(&self, binding: &Binding, origin: OperationKind) -> Result<&Served, BackendError> {
        let (spec, usage) = (binding.spec(), binding.usage());
        let mut members = self.members.iter();
        let unsupported = BackendError::Unsupported { spec, operation: origin, algorithm: None, message: None };
        members.find(|member| member.capabilities.covers(spec, usage, origin)).ok_or(unsupported)
    }

    fn named(&self, provider: &str) -> Result<&Served, BackendError> {
        self.members.iter().find(|member| member.provider.name() == provider).ok_or(BackendError::InvalidToken)
    }

    fn token(
        &self,
        provider: &str,
        purpose: &str,
        binding: &Binding,
        secret: &Secret,
        call: &Call<'_>,
    ) -> Result<KeyToken, BackendError> {
        let context = binding.context(purpose, provider)?;
        KeyToken::new(provider, &self.roots().wrap(secret, &context, &*self.random, call)?)
    }

    fn material(
        &self,
        token: &KeyToken,
        binding: &Binding,
        call: &Call<'_>,
    ) -> Result<(&Served, Secret, RootId), BackendError> {
        let member = self.named(token.provider())?;
        let context = binding.context(MATERIAL, token.provider())?;
        let (material, root) = self.roots().unwrap(token.payload(), &context, call)?;
        Ok((member, material, root))
    }

    fn load(&self, member: &Served, binding: &Binding, material: &Secret) -> Result<Box<dyn Key>, BackendError> {
        member.provider.load(binding.spec(), binding.version(), material, &member.random)
    }

    fn handle(&self, member: &Served, binding: &Binding, key: Box<dyn Key>) -> KeyHandle {
        let (provider, random) = (member.provider.name(), Arc::clone(&member.random));
        let handle = KeyHandle::new(binding, provider, &member.capabilities, random, key);
        match binding.usage() {
            Usage::EncryptDecrypt if binding.spec().is_symmetric() => handle.with_pairs(self.pair_makers()),
            _ => handle,
        }
    }
}

fn prove(provider: &dyn Provider, random: &Arc<dyn Random>) -> Capabilities {
    let mut prover = Prover::new(provider, Arc::clone(random));
    let capabilities = Capabilities::probe(provider.claims(), |claim| prover.prove(claim));
    let made = |spec: &KeySpec| {
        capabilities.rows().iter().any(|row| row.spec == *spec && row.operation == OperationKind::Generate)
    };
    let pairs: Vec<KeySpec> = provider.pair_specs().iter().copied().filter(made).collect();
    capabilities.with_pairs(pairs).with_wrappings(provider.wrappings().iter().copied())
}

impl Backend for Software {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn serves(&self, token: &KeyToken) -> bool {
        self.named(token.provider()).is_ok()
    }

    fn health(&self, depth: Depth, call: &Call<'_>) -> Result<Health, BackendError> {
        call.left()?;
        let members = self.members.iter().map(|member| {
            let condition = match depth {
                Depth::Shallow => condition(&member.capabilities),
                Depth::Deep => condition(&prove(&*member.provider, &member.random)),
            };
            Member { name: member.provider.name().to_owned(), condition, latency: None }
        });
        Ok(Health { members: members.collect() })
    }

    fn generate(&self, binding: &Binding, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        let member = self.maker(binding, OperationKind::Generate)?;
        call.left()?;
        let material = member.provider.generate(binding.spec(), &*member.random)?;
        let key = self.load(member, binding, &material)?;
        agree_with_itself(&self.handle(member, binding, key), call)?;
        self.token(member.provider.name(), MATERIAL, binding, &material, call)
    }

    fn begin_import(
        &self,
        binding: &Binding,
        wrapping: Wrapping,
        call: &Call<'_>,
    ) -> Result<ImportOffer, BackendError> {
        self.maker(binding, OperationKind::Import)?;
        call.left()?;
        let unwrapper = self.members.iter().find(|member| member.provider.wrappings().contains(&wrapping));
        let provider = &unwrapper.ok_or(BackendError::WrappingUnsupported { wrapping })?.provider;
        let Pair { private, public } = provider.wrapping_key(wrapping, &*self.random)?;
        let purpose = format!("{SESSION}: {wrapping}");
        let token = self.token(provider.name(), &purpose, binding, &private, call)?;
        Ok(ImportOffer { public_key: public, session: ImportSession::new(wrapping, &token)? })
    }

    fn import(
        &self,
        binding: &Binding,
        session: &ImportSession,
        wrapped: &[u8],
        call: &Call<'_>,
    ) -> Result<Imported, BackendError> {
        let member = self.maker(binding, OperationKind::Import)?;
        call.left()?;
        if wrapped.len() > limits::IMPORT_BYTES_MAX {
            return Err(BackendError::InvalidImport);
        }
        let (wrapping, token) = session.open()?;
        let unwrapper = self.named(token.provider()).map_err(|_| BackendError::InvalidImportSession)?;
        let context = binding.context(&format!("{SESSION}: {wrapping}"), token.provider())?;
        let private = self.roots().unwrap(token.payload(), &context, call).map_err(|error| match error {
            BackendError::InvalidToken => BackendError::InvalidImportSession,
            other => other,
        })?;
        let unwrapped = unwrapper.provider.unwrap(wrapping, &private.0, wrapped)?;
        let material = member.provider.accept(binding.spec(), &unwrapped)?;
        let key = self.load(member, binding, &material).map_err(|_| BackendError::UnfitMaterial)?;
        let fingerprint = fingerprint(binding.spec(), &material, &*key, call)?;
        agree_with_itself(&self.handle(member, binding, key), call)?;
        let token = self.token(member.provider.name(), MATERIAL, binding, &material, call)?;
        Ok(Imported { token, fingerprint })
    }

    fn open(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<KeyHandle, BackendError> {
        call.left()?;
        let (member, material, _) = self.material(token, binding, call)?;
        let key = self.load(member, binding, &material)?;
        Ok(self.handle(member, binding, key))
    }

    fn open_public(
        &self,
        spec: KeySpec,
        usage: Usage,
        public: &[u8],
        call: &Call<'_>,
    ) -> Result<KeyHandle, BackendError> {
        call.left()?;
        let operation = OperationKind::PublicKey;
        let unsupported = BackendError::Unsupported { spec, operation, algorithm: None, message: None };
        let proved = |member: &&Served| member.capabilities.of(spec, usage).any(|row| row.operation == operation);
        let member = self.members.iter().find(proved).ok_or(unsupported)?;
        if public.len() > limits::PUBLIC_KEY_BYTES_MAX {
            return Err(InputError::PublicKey.into());
        }
        let key = member.provider.load_public(spec, public, &member.random)?;
        // A public key belongs to nobody here; the binding only says what may be done with it.
        let binding = Binding::new("public", MaterialId([0; 32]), spec, usage)?;
        let (capabilities, random) = (member.capabilities.public(), Arc::clone(&member.random));
        Ok(KeyHandle::new(&binding, member.provider.name(), &capabilities, random, key))
    }

    fn destroy(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Destruction, BackendError> {
        call.left()?;
        self.material(token, binding, call).map(|_| Destruction::TokenIsAll)
    }

    fn rewrap(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Option<KeyToken>, BackendError> {
        call.left()?;
        let (_, material, root) = self.material(token, binding, call)?;
        match root == self.current_root() {
            true => Ok(None),
            false => self.token(token.provider(), MATERIAL, binding, &material, call).map(Some),
        }
    }

    fn random(&self, bytes: &mut [u8], call: &Call<'_>) -> Result<(), BackendError> {
        call.left()?;
        limits::random(bytes.len())?;
        Ok(self.random.fill(bytes)?)
    }

    fn pair_makers(&self) -> Vec<Arc<dyn PairMaker>> {
        let makers = self.members.iter().map(|member| {
            let (provider, random) = (Arc::clone(&member.provider), Arc::clone(&member.random));
            Arc::new(ProviderPairs { provider, random }) as Arc<dyn PairMaker>
        });
        makers.collect()
    }
}

impl PairMaker for ProviderPairs {
    fn pair_specs(&self) -> Vec<KeySpec> {
        self.provider.pair_specs().to_vec()
    }

    fn pair(&self, spec: KeySpec, call: &Call<'_>) -> Result<Pair, BackendError> {
        call.left()?;
        self.provider.pair(spec, &*self.random)
    }
}

fn condition(capabilities: &Capabilities) -> Condition {
    match (capabilities.rows().is_empty(), capabilities.refuted().is_empty()) {
        (true, _) => Condition::Unavailable,
        (false, true) => Condition::Active,
        (false, false) => Condition::Degraded,
    }
}

/// Whether both directions of a key fit together: what every fresh key must do before it is handed out.
pub fn agree_with_itself(key: &KeyHandle, call: &Call<'_>) -> Result<(), BackendError> {
    use crate::context::Context;
    let message = [0x5a; 64];
    for row in key.capabilities() {
        let (Some(algorithm), true) = (row.algorithm, row.operation.usage() == Some(key.usage())) else { continue };
        match (row.operation, row.message_type) {
            (OperationKind::Encrypt, _) => {
                let ciphertext = key.encrypt(algorithm, &message[..32], &Context::empty(), call)?;
                let plaintext = key.decrypt(algorithm, &ciphertext, &Context::empty(), call);
                if plaintext.map_err(integrity)?.expose() != message.get(..32).unwrap_or_default() {
                    return Err(BackendError::Integrity);
                }
                return Ok(());
            }
            (OperationKind::Sign, Some(message_type)) => {
                let bytes = algorithm.message_bytes(message_type).unwrap_or(message.len());
                let message = message.get(..bytes).ok_or(BackendError::Internal)?;
                let signature = key.sign(algorithm, message_type, message, call)?;
                return key.verify(algorithm, message_type, message, &signature, call).map_err(integrity);
            }
            (OperationKind::Mac, _) => return key.mac(algorithm, &message, call).map(|_| ()),
            (OperationKind::Agree, _) => {
                let public = key.public_key(call)?;
                return key.agree(&public, call).map(|_| ());
            }
            (OperationKind::Encapsulate, _) => {
                let made = key.encapsulate(call)?;
                return match key.decapsulate(&made.ciphertext, call)? == made.shared_secret {
                    true => Ok(()),
                    false => Err(BackendError::Integrity),
                };
            }
            _ => {}
        }
    }
    Ok(())
}

fn integrity(error: BackendError) -> BackendError {
    match error {
        BackendError::InvalidCiphertext | BackendError::InvalidSignature => BackendError::Integrity,
        other => other,
    }
}

/// Symmetric material under a pseudorandom function of itself; of a pair, its public half.
fn fingerprint(spec: KeySpec, material: &Secret, key: &dyn Key, call: &Call<'_>) -> Result<Fingerprint, BackendError> {
    if !spec.is_symmetric() {
        return Ok(Fingerprint(Sha256::digest(key.public_key(call)?).into()));
    }
    let mac = hmac::Hmac::<Sha256>::new_from_slice(material.expose()).map_err(|_| BackendError::Internal)?;
    let mac = mac.chain_update(FINGERPRINT_LABEL).chain_update(spec.as_str());
    Ok(Fingerprint(mac.finalize().into_bytes().into()))
}

impl fmt::Debug for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.members.iter().map(|member| member.provider.name()).collect();
        f.debug_struct("Software")
            .field("providers", &names)
            .field("root", &self.current_root())
            .finish_non_exhaustive()
    }
}
