//! HMAC, RFC 2104, with the SHA-2 family.

use aws_lc_rs::hmac;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::Key;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;

/// An HMAC key in use.
struct MacKey(hmac::Key);

impl Key for MacKey {
    fn mac(&self, _: Algorithm, message: &[u8], _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

pub(crate) fn load(spec: KeySpec, material: &Secret) -> Option<Box<dyn Key>> {
    let algorithm = match spec {
        KeySpec::Hmac224 => hmac::HMAC_SHA224,
        KeySpec::Hmac256 => hmac::HMAC_SHA256,
        KeySpec::Hmac384 => hmac::HMAC_SHA384,
        KeySpec::Hmac512 => hmac::HMAC_SHA512,
        _ => return None,
    };
    Some(Box::new(MacKey(hmac::Key::new(algorithm, material.expose()))))
}
