//! What is stored for a key: where its object is.
//!
//! The object's id is a digest of what the key belongs to, of the way it works, and of a number drawn when it was
//! made. Whoever moves a stored locator to another key, or changes a bit of it, is led to an id that no object
//! has; only the token can make one that has it.

use sha2::{Digest, Sha256};
use wardbook_backend::error::BackendError;
use wardbook_backend::random::Random;
use wardbook_backend::token::{Binding, KeyToken};

use crate::backend::NAME;
use crate::object::ObjectId;
use crate::settings::Derivation;

/// Where a key is.
pub(crate) struct Locator {
    pub(crate) id: ObjectId,
    pub(crate) derivation: Option<Derivation>,
    bytes: Vec<u8>,
}

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 16;
const PURPOSE: &str = "place in a token";

const DERIVATIONS: &[(Option<Derivation>, u8)] =
    &[(None, 0), (Some(Derivation::InToken), 1), (Some(Derivation::FromHmac), 2), (Some(Derivation::None), 3)];

impl Locator {
    /// A place for a new key.
    pub(crate) fn new(
        binding: &Binding,
        serial: &str,
        derivation: Option<Derivation>,
        random: &dyn Random,
    ) -> Result<Self, BackendError> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce)?;
        let way = DERIVATIONS.iter().find(|(its, _)| *its == derivation).map_or(0, |(_, number)| *number);
        let head = [&[VERSION, way][..], &nonce, serial.as_bytes()].concat();
        let id = id(binding, &head)?;
        Ok(Self { id, derivation, bytes: [&head[..], &id.0].concat() })
    }

    /// For storing.
    pub(crate) fn token(&self) -> Result<KeyToken, BackendError> {
        KeyToken::new(NAME, &self.bytes)
    }

    /// Reads a stored place, if it is one of this token and belongs to this key.
    pub(crate) fn read(token: &KeyToken, binding: &Binding, serial: &str) -> Result<Self, BackendError> {
        let invalid = BackendError::InvalidToken;
        if !serves(token, serial) {
            return Err(invalid);
        }
        let bytes = token.payload();
        let (head, stored) = bytes.split_last_chunk::<32>().ok_or(invalid)?;
        let id = id(binding, head)?;
        let way = head.get(1).ok_or(invalid)?;
        let derivation = DERIVATIONS.iter().find(|(_, number)| number == way).ok_or(invalid)?.0;
        match id.0 == *stored && derivation.is_some() == (binding.spec().as_str() == "SYMMETRIC_DEFAULT") {
            true => Ok(Self { id, derivation, bytes: bytes.to_vec() }),
            false => Err(invalid),
        }
    }
}

/// Whether a stored place is one of this token.
pub(crate) fn serves(token: &KeyToken, serial: &str) -> bool {
    let head = token.payload().split_last_chunk::<32>().map(|(head, _)| head);
    let rest = head.and_then(|head| head.split_first()).filter(|(version, _)| **version == VERSION);
    let stored = rest.and_then(|(_, rest)| rest.get(1 + NONCE_BYTES..));
    token.provider() == NAME && stored == Some(serial.as_bytes())
}

fn id(binding: &Binding, head: &[u8]) -> Result<ObjectId, BackendError> {
    let context = binding.context(PURPOSE, NAME)?;
    let digest = Sha256::new().chain_update(context.as_bytes()).chain_update(head).finalize();
    Ok(ObjectId(digest.into()))
}
