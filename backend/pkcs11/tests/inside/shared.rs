//! The same material in a token and in software: each opens and verifies what the other made.

use std::sync::Arc;

use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::Key;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;
use wardbook_backend_pkcs11::Trial;

const CODES: &[(KeySpec, usize, Algorithm)] = &[
    (KeySpec::Hmac224, 28, Algorithm::HmacSha224),
    (KeySpec::Hmac256, 32, Algorithm::HmacSha256),
    (KeySpec::Hmac384, 48, Algorithm::HmacSha384),
    (KeySpec::Hmac512, 64, Algorithm::HmacSha512),
];

/// How many times something of one was understood by the other.
pub(crate) fn exchange(trial: &Trial) -> usize {
    let (call, elsewhere) = (Call::unhurried(), Context::empty());
    let context = Context::new([("from", "one to the other")]).expect("valid");
    let mut count = 0;
    let load = |provider: &dyn Provider, spec, material: &[u8]| -> Box<dyn Key> {
        let material = provider.accept(spec, &Secret::copy(material)).expect("accepted");
        let random: Arc<dyn Random> = Arc::new(System);
        provider.load(spec, MaterialId([1; 32]), &material, &random).expect("loaded")
    };
    let spec = KeySpec::SymmetricDefault;
    let keys = [load(trial, spec, &[7; 32]), load(&RustCrypto, spec, &[7; 32])];
    let strangers = [load(trial, spec, &[8; 32]), load(&RustCrypto, spec, &[8; 32])];
    for bytes in [0, 1, 32, 4_096] {
        for (from, to) in [(0, 1), (1, 0)] {
            let plaintext = vec![0x5a; bytes];
            let blob = keys[from].encrypt(Algorithm::SymmetricDefault, &plaintext, &context, &call).expect("encrypted");
            let open = |key: &dyn Key, context| key.decrypt(Algorithm::SymmetricDefault, &blob, context, &call);
            assert_eq!(open(&*keys[to], &context).expect("opened").expose(), plaintext);
            assert_eq!(open(&*keys[to], &elsewhere), Err(BackendError::InvalidCiphertext));
            assert_eq!(open(&*strangers[to], &context), Err(BackendError::InvalidCiphertext));
            count += 1;
        }
    }
    for (spec, bytes, algorithm) in CODES {
        let code = |provider: &dyn Provider| load(provider, *spec, &vec![7; *bytes]).mac(*algorithm, b"message", &call);
        assert_eq!(code(trial).expect("made"), code(&RustCrypto).expect("made"), "{spec}");
        count += 1;
    }
    count
}
