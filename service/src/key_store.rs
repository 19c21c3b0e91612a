//! Custom key stores: who may be connected to, and what is connected.
//!
//! Only places that the operator named are ever contacted, whatever a request says: a request names a proxy or a
//! cluster, and the operator says where that really is.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use wardbook_backend::backend::Backend;
use wardbook_backend::error::BackendError;
use wardbook_backend::secret::Secret;

use crate::name::StoreName;
use crate::state::{KeyStoreRecord, StoreKind};

/// What an opener is given.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The region of the store.
    pub region: &'a str,
    /// The access key id for a proxy; empty for a cluster.
    pub access_key: &'a str,
    /// The secret access key for a proxy, or the password of a cluster.
    pub secret: &'a Secret,
}

/// Connects to one place.
pub trait Opener: Send + Sync {
    /// A backend whose keys are there.
    fn open(&self, opening: &Opening<'_>) -> Result<Arc<dyn Backend>, BackendError>;
}

/// The places that the operator named, and what is connected.
#[derive(Default)]
pub struct KeyStores {
    places: BTreeMap<String, Arc<dyn Opener>>,
    connected: Mutex<HashMap<StoreName, Arc<dyn Backend>>>,
}

impl KeyStores {
    /// These places, each under the name by which requests know it: endpoint and path of a proxy, or a cluster's id.
    pub fn new(places: impl IntoIterator<Item = (String, Arc<dyn Opener>)>) -> Self {
        Self { places: places.into_iter().collect(), connected: Mutex::default() }
    }

    /// Whether the operator named a place.
    pub fn knows(&self, place: &str) -> bool {
        self.places.contains_key(place)
    }

    /// Connects anew.
    pub fn connect(&self, name: &StoreName, record: &KeyStoreRecord) -> Result<Arc<dyn Backend>, BackendError> {
        let opener = self.places.get(&record.place()).ok_or(BackendError::NotFound)?;
        let secret = Secret::copy(record.secret.0.as_bytes());
        let opening = Opening { region: &name.region, access_key: &record.access_key, secret: &secret };
        let backend = opener.open(&opening)?;
        self.connected().insert(name.clone(), Arc::clone(&backend));
        Ok(backend)
    }

    /// The backend of a store that is connected; after a start it is connected when it is first used.
    pub fn backend(&self, name: &StoreName, record: &KeyStoreRecord) -> Result<Arc<dyn Backend>, BackendError> {
        if let Some(backend) = self.connected().get(name) {
            return Ok(Arc::clone(backend));
        }
        self.connect(name, record)
    }

    /// Forgets a connection.
    pub fn disconnect(&self, name: &StoreName) {
        self.connected().remove(name);
    }

    fn connected(&self) -> std::sync::MutexGuard<'_, HashMap<StoreName, Arc<dyn Backend>>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStoreRecord {
    /// The name under which the operator may have named its place.
    pub fn place(&self) -> String {
        match self.kind {
            StoreKind::External => format!("{}{}", self.endpoint, self.path),
            StoreKind::CloudHsm => self.cluster.clone(),
        }
    }
}

impl std::fmt::Debug for KeyStores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyStores").field("places", &self.places.keys()).finish()
    }
}
