//! The backend: tokens of ours lead to objects of theirs.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cryptoki::object::ObjectClass;
use wardbook_backend::backend::{Backend, Condition, Depth, Destruction, Health, Member};
use wardbook_backend::call::Call;
use wardbook_backend::capability::Capabilities;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::import::{ImportOffer, ImportSession, Imported, Wrapping};
use wardbook_backend::key::{Key, KeyHandle};
use wardbook_backend::limits;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::Random;
use wardbook_backend::software::agree_with_itself;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::{Binding, KeyToken};

use crate::budget::Budget;
use crate::key;
use crate::locator::{self, Locator};
use crate::object::{self, Held};
use crate::root::TokenRoot;
use crate::settings::{Derivation, Settings};
use crate::symmetric::{self, TokenCipherKey};
use crate::token::Token;
use crate::trial::{self, Trial};

/// Keys in a PKCS#11 token.
pub struct Pkcs11 {
    token: Arc<Token>,
    serial: String,
    capabilities: Capabilities,
    derivation: Option<Derivation>,
    budget: Option<Arc<Budget>>,
}

/// The name that key tokens carry.
pub const NAME: &str = "pkcs11";

/// Why a token could not be taken into use.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The library cannot be loaded, or does not start.
    #[error("the PKCS#11 module `{path}` cannot be used: {reason}")]
    Module {
        /// The library.
        path: String,
        /// What the system or the library said.
        reason: String,
    },
    /// The token is not there, does not let us in, or computes wrongly.
    #[error("the PKCS#11 token cannot be used: {0}")]
    Token(BackendError),
}

/// Loads the module and logs in.
pub(crate) fn connect(settings: Settings) -> Result<(Arc<Token>, Option<PathBuf>), StartError> {
    let path = settings.module.display().to_string();
    let token = Token::new(settings);
    let (token, budget) = token.map_err(|error| StartError::Module { path, reason: error.to_string() })?;
    token.with(&Call::unhurried(), |_| Ok(())).map_err(StartError::Token)?;
    Ok((Arc::new(token), budget))
}

impl Pkcs11 {
    /// Logs in and tries out what the token can do, which may take seconds. Look at
    /// [`Capabilities::refuted`] afterwards.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let wanted = settings.derivation;
        let (token, budget) = connect(settings)?;
        let serial = token.serial().map_err(StartError::Token)?;
        let (capabilities, derivation) = trial::run(&token, wanted, budget.is_some());
        let budget = budget.map(|folder| Arc::new(Budget::new(folder)));
        Ok(Self { token, serial, capabilities, derivation, budget })
    }

    /// How new symmetric keys work; `None` if the token serves none.
    pub fn derivation(&self) -> Option<Derivation> {
        self.derivation
    }

    /// The token as a provider of throw-away keys of known material, for those who have answers of their own.
    pub fn trial(&self) -> Trial {
        let derivation = self.derivation.unwrap_or(Derivation::FromHmac);
        Trial::new(&self.token, derivation, self.capabilities.rows().to_vec())
    }

    /// A root key in the token, under which the software backend wraps its material. It is made if there is none
    /// of this name.
    pub fn root(&self, name: &str, call: &Call<'_>) -> Result<TokenRoot, BackendError> {
        TokenRoot::open(&self.token, name, call)
    }

    fn derivation_of(&self, spec: KeySpec) -> Option<Derivation> {
        self.derivation.filter(|_| spec == KeySpec::SymmetricDefault)
    }

    fn key(&self, locator: &Locator, binding: &Binding, call: &Call<'_>) -> Result<Box<dyn Key>, BackendError> {
        let (id, version) = (locator.id, binding.version());
        let Some(derivation) = locator.derivation else { return key::open(&self.token, binding.spec(), id, call) };
        let object = Held::new(id, ObjectClass::SECRET_KEY);
        self.token.with(call, |lease| object.handle(lease).map(|_| ()))?;
        let token = Arc::clone(&self.token);
        if derivation == Derivation::None {
            return Ok(Box::new(TokenCipherKey { token, object, id, version, budget: self.budget.clone() }));
        }
        Ok(symmetric::deriving(&self.token, id, derivation, version, token))
    }

    fn handle(&self, binding: &Binding, key: Box<dyn Key>) -> KeyHandle {
        KeyHandle::new(binding, NAME, &self.capabilities, Arc::clone(&self.token) as Arc<dyn Random>, key)
    }

    fn condition(&self, depth: Depth, call: &Call<'_>) -> Condition {
        let answers = self.token.with(call, |_| Ok(())).is_ok() && self.token.serial().as_ref() == Ok(&self.serial);
        let computes = || self.derivation.is_none_or(|way| trial::again(&self.token, way));
        match (answers, self.capabilities.refuted().is_empty()) {
            (false, _) => Condition::Unavailable,
            (true, _) if depth == Depth::Deep && !computes() => Condition::Unavailable,
            (true, true) => Condition::Active,
            (true, false) => Condition::Degraded,
        }
    }
}

impl Backend for Pkcs11 {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn serves(&self, token: &KeyToken) -> bool {
        locator::serves(token, &self.serial)
    }

    fn health(&self, depth: Depth, call: &Call<'_>) -> Result<Health, BackendError> {
        call.left()?;
        let condition = self.condition(depth, call);
        Ok(Health { members: vec![Member { name: NAME.to_owned(), condition, latency: None }] })
    }

    fn generate(&self, binding: &Binding, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        let (spec, usage, operation) = (binding.spec(), binding.usage(), OperationKind::Generate);
        if !self.capabilities.covers(spec, usage, operation) {
            return Err(BackendError::Unsupported { spec, operation, algorithm: None, message: None });
        }
        call.left()?;
        let derivation = self.derivation_of(spec);
        let locator = Locator::new(binding, &self.serial, derivation, &*self.token)?;
        let made = self.token.with(call, |lease| key::make(lease, spec, Some(usage), derivation, locator.id, true));
        let checked = made.and_then(|()| {
            let key = self.handle(binding, self.key(&locator, binding, call)?);
            agree_with_itself(&key, call)
        });
        if let Err(error) = checked {
            // Nobody will ever know this id again.
            let _ = object::destroy(&self.token, locator.id, &Call::unhurried());
            return Err(error);
        }
        locator.token()
    }

    fn begin_import(&self, binding: &Binding, _: Wrapping, _: &Call<'_>) -> Result<ImportOffer, BackendError> {
        let (spec, operation) = (binding.spec(), OperationKind::Import);
        Err(BackendError::Unsupported { spec, operation, algorithm: None, message: None })
    }

    fn import(&self, binding: &Binding, _: &ImportSession, _: &[u8], _: &Call<'_>) -> Result<Imported, BackendError> {
        let (spec, operation) = (binding.spec(), OperationKind::Import);
        Err(BackendError::Unsupported { spec, operation, algorithm: None, message: None })
    }

    fn open(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<KeyHandle, BackendError> {
        call.left()?;
        let locator = Locator::read(token, binding, &self.serial)?;
        Ok(self.handle(binding, self.key(&locator, binding, call)?))
    }

    fn destroy(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Destruction, BackendError> {
        call.left()?;
        let locator = Locator::read(token, binding, &self.serial)?;
        match object::destroy(&self.token, locator.id, call)? {
            true => Ok(Destruction::AtHolder),
            false => Err(BackendError::NotFound),
        }
    }

    fn rewrap(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Option<KeyToken>, BackendError> {
        call.left()?;
        Locator::read(token, binding, &self.serial).map(|_| None)
    }

    fn random(&self, bytes: &mut [u8], call: &Call<'_>) -> Result<(), BackendError> {
        call.left()?;
        let bytes_max = limits::RANDOM_BYTES_MAX;
        if !(1..=bytes_max).contains(&bytes.len()) {
            return Err(InputError::OutOfRange { bytes_max }.into());
        }
        Ok(self.token.fill(bytes)?)
    }
}

impl fmt::Debug for Pkcs11 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11").field("token", &self.token).field("serial", &self.serial).finish_non_exhaustive()
    }
}
