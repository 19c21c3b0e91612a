//! Any bytes as a ciphertext, a key token and an import session: taken apart without harm, never opened.

use std::sync::{Arc, LazyLock};

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::blob::Blob;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::import::ImportSession;
use wardbook_backend::key::Key;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::{KeyToken, MaterialId};

static KEYS: LazyLock<Vec<(Algorithm, Box<dyn Key>)>> = LazyLock::new(|| {
    let random: Arc<dyn Random> = Arc::new(System);
    let specs = [
        (KeySpec::SymmetricDefault, Algorithm::SymmetricDefault),
        (KeySpec::Sm4, Algorithm::SymmetricDefault),
        (KeySpec::Sm2, Algorithm::Sm2Pke),
    ];
    let load = |spec| RustCrypto.load(spec, MaterialId([0; 32]), &Secret::copy(&[7; 32]), &random);
    specs.into_iter().filter_map(|(spec, algorithm)| Some((algorithm, load(spec).ok()?))).collect()
});

pub(crate) fn run(data: &[u8]) {
    if let Some(blob) = Blob::parse(data) {
        assert_eq!(blob.header.to_bytes(), blob.header_bytes);
        assert_eq!([blob.header_bytes, blob.ciphertext, &blob.tag].concat(), data);
    }
    for (algorithm, key) in &*KEYS {
        let opened = key.decrypt(*algorithm, data, &Context::empty(), &Call::unhurried());
        assert_eq!(opened, Err(BackendError::InvalidCiphertext));
    }
    if let Ok(token) = KeyToken::from_bytes(data) {
        assert_eq!(KeyToken::new(token.provider(), token.payload()).as_ref(), Ok(&token));
        assert_eq!(token.as_bytes(), data);
    }
    if let Ok((wrapping, token)) = ImportSession::from_bytes(data).and_then(|session| session.open()) {
        let session = ImportSession::new(wrapping, &token);
        assert!(session.is_ok_and(|session| session.as_bytes() == data));
    }
}
