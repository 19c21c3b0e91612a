//! HMAC, RFC 2104, with the SHA-2 family.

use aes_gcm::KeyInit;
use hmac::{Hmac, Mac};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::algorithm::Algorithm;
use crate::call::Call;
use crate::error::BackendError;
use crate::key::Key;
use crate::secret::Secret;
use crate::spec::KeySpec;

/// An HMAC key in use.
struct MacKey<M>(M);

impl<M: Mac + Clone + Send + Sync> Key for MacKey<M> {
    fn mac(&self, _: Algorithm, message: &[u8], _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

pub(super) fn load(spec: KeySpec, material: &Secret) -> Result<Box<dyn Key>, BackendError> {
    match spec {
        KeySpec::Hmac224 => of::<Hmac<Sha224>>(material),
        KeySpec::Hmac256 => of::<Hmac<Sha256>>(material),
        KeySpec::Hmac384 => of::<Hmac<Sha384>>(material),
        KeySpec::Hmac512 => of::<Hmac<Sha512>>(material),
        _ => Err(BackendError::Internal),
    }
}

/// Apart, so that the block that the key is padded in is on the stack below whoever sweeps it.
#[inline(never)]
fn of<M: Mac + KeyInit + Clone + Send + Sync + 'static>(material: &Secret) -> Result<Box<dyn Key>, BackendError> {
    let key = M::new_from_slice(material.expose()).map_err(|_| BackendError::InvalidToken)?;
    Ok(Box::new(MacKey(key)))
}
