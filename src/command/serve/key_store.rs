//! The places where custom key stores may be, as the operator named them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use wardbook_backend::backend::Backend;
use wardbook_backend::call::{Call, Monotonic};
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::random::System;
use wardbook_backend::secret::Secret;
use wardbook_backend_pkcs11::{Pkcs11, Settings, StartError};
use wardbook_backend_xks::client::{self, Client};
use wardbook_backend_xks::credential::Credential;
use wardbook_backend_xks::endpoint::Endpoint;
use wardbook_backend_xks::tls::Trust;
use wardbook_backend_xks::xks::Xks;
use wardbook_service::key_store::{KeyStores, Opener, Opening};

/// A name that requests use, and where that is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    name: String,
    uri: String,
}

impl Place {
    /// Reads `NAME=URI`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, uri)) if !name.is_empty() && !uri.is_empty() => {
                Ok(Self { name: name.to_owned(), uri: uri.to_owned() })
            }
            _ => Err("write NAME=URI, such as https://xks.example.com/kms/xks/v1=https://10.0.0.7/kms/xks/v1".into()),
        }
    }
}

pub(super) fn key_stores(places: &[Place], local: &Arc<dyn Backend>, data: &Path) -> anyhow::Result<KeyStores> {
    let mut openers: Vec<(String, Arc<dyn Opener>)> = Vec::with_capacity(places.len());
    for Place { name, uri } in places {
        let opener: Arc<dyn Opener> = match uri.starts_with("pkcs11:") {
            true => Arc::new(Token { uri: uri.clone(), budget: data.join("pkcs11-budget") }),
            false => Arc::new(Proxy::new(uri, local).with_context(|| format!("`--key-store {name}={uri}`"))?),
        };
        openers.push((name.clone(), opener));
    }
    Ok(KeyStores::new(openers))
}

/// An external key store's proxy.
struct Proxy {
    endpoint: Endpoint,
    roots: Option<Vec<u8>>,
    local: Arc<dyn Backend>,
}

impl Proxy {
    /// `https://HOST/.../kms/xks/v1;roots=PEM`
    fn new(uri: &str, local: &Arc<dyn Backend>) -> anyhow::Result<Self> {
        let (uri, roots) = match uri.split_once(";roots=") {
            Some((uri, path)) => (uri, Some(std::fs::read(path).with_context(|| format!("cannot read `{path}`"))?)),
            None => (uri, None),
        };
        Ok(Self { endpoint: Endpoint::parse(uri)?, roots, local: Arc::clone(local) })
    }
}

impl Opener for Proxy {
    fn open(&self, opening: &Opening<'_>) -> Result<Arc<dyn Backend>, BackendError> {
        let invalid = BackendError::InvalidInput(InputError::Id);
        let secret = Secret::copy(opening.secret.expose());
        let credential = Credential::new(opening.access_key, secret).map_err(|_| invalid)?;
        let trust = self.roots.clone().map(|roots| Trust { roots, identity: None });
        let settings = client::Settings::new(self.endpoint.clone(), opening.region, credential, trust);
        let client =
            Client::new(settings, Arc::new(System), Arc::new(client::SystemClock), None).map_err(|_| invalid)?;
        let clock = Monotonic::start();
        let call = Call::within(&clock, std::time::Duration::from_secs(5));
        Ok(Arc::new(Xks::connect(client, Arc::clone(&self.local), Arc::new(System), None, &call)?))
    }
}

/// A PKCS#11 token in the place of a CloudHSM cluster; its PIN is the password of the key store.
struct Token {
    uri: String,
    budget: PathBuf,
}

impl Opener for Token {
    fn open(&self, opening: &Opening<'_>) -> Result<Arc<dyn Backend>, BackendError> {
        const PIN: &str = "KeyStorePassword";
        let password = |name: &str| (name == PIN).then(|| Secret::copy(opening.secret.expose()));
        let settings = Settings::parse(&format!("{};pin-env={PIN}", self.uri), password);
        let mut settings = settings.map_err(|_| BackendError::NotFound)?;
        std::fs::create_dir_all(&self.budget).map_err(|_| BackendError::Unavailable)?;
        settings.budget.get_or_insert_with(|| self.budget.clone());
        match Pkcs11::start(settings) {
            Ok(token) => Ok(Arc::new(token)),
            Err(StartError::Token(error)) => Err(error),
            Err(StartError::Module { .. }) => Err(BackendError::NotFound),
        }
    }
}
