//! Laws that hold for every input, attacked by a generator.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests may"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::backend::Backend;
use wardbook_backend::blob::OVERHEAD_BYTES;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::software::Software;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken, MaterialId};

static SOFTWARE: LazyLock<Software> = LazyLock::new(|| {
    let root = LocalRoot::ephemeral(&System).expect("made");
    Software::start([Arc::new(RustCrypto) as _], Roots::new(Arc::new(root)), Arc::new(System))
});

static KEYS: LazyLock<[(Binding, KeyToken, KeyHandle); 2]> = LazyLock::new(|| {
    [KeySpec::SymmetricDefault, KeySpec::Sm4].map(|spec| {
        let binding = Binding::new("law", MaterialId([1; 32]), spec, Usage::EncryptDecrypt).expect("valid");
        let token = SOFTWARE.generate(&binding, &Call::unhurried()).expect("made");
        let key = SOFTWARE.open(&token, &binding, &Call::unhurried()).expect("opens");
        (binding, token, key)
    })
});

type Pairs = BTreeMap<String, String>;

fn pairs() -> impl Strategy<Value = Pairs> {
    prop::collection::btree_map(".{0,12}", ".{0,12}", 0..5)
}

fn context(pairs: &Pairs) -> Context {
    Context::new(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))).expect("valid")
}

fn encrypt(key: &KeyHandle, plaintext: &[u8], context: &Context) -> Vec<u8> {
    key.encrypt(Algorithm::SymmetricDefault, plaintext, context, &Call::unhurried()).expect("encrypts")
}

proptest! {
    #[test]
    fn what_was_encrypted_decrypts(plaintext in prop::collection::vec(any::<u8>(), 0..4_097), pairs in pairs()) {
        let context = context(&pairs);
        for (.., key) in &*KEYS {
            let ciphertext = encrypt(key, &plaintext, &context);
            prop_assert_eq!(ciphertext.len(), plaintext.len() + OVERHEAD_BYTES);
            let opened = key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &context, &Call::unhurried());
            prop_assert!(opened.is_ok_and(|opened| opened.expose() == plaintext));
        }
    }

    #[test]
    fn under_another_context_it_does_not(plaintext in ".{0,20}", one in pairs(), other in pairs()) {
        let (mine, theirs) = (context(&one), context(&other));
        prop_assert_eq!(mine == theirs, one == other, "the encoding is injective");
        for (.., key) in &*KEYS {
            let ciphertext = encrypt(key, plaintext.as_bytes(), &mine);
            let opened = key.decrypt(Algorithm::SymmetricDefault, &ciphertext, &theirs, &Call::unhurried());
            prop_assert_eq!(opened.is_ok(), one == other);
        }
    }

    #[test]
    fn a_token_opens_whole_or_not_at_all(position in any::<prop::sample::Index>(), bit in 0..8_u8) {
        for (binding, token, _) in &*KEYS {
            let mut bytes = token.as_bytes().to_vec();
            let position = position.index(bytes.len());
            bytes[position] ^= 1 << bit;
            let opened = KeyToken::from_bytes(&bytes)
                .and_then(|token| SOFTWARE.open(&token, binding, &Call::unhurried()).map(|_| ()));
            prop_assert!(opened.is_err());
        }
    }

    #[test]
    fn a_context_reads_back_as_it_was(pairs in pairs()) {
        let context = context(&pairs);
        let read = Context::decode(context.as_bytes()).expect("canonical");
        let names: Pairs = read.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(names, pairs);
    }

    #[test]
    fn bytes_that_read_as_a_context_are_the_ones_it_writes(bytes in prop::collection::vec(0..4_u8, 0..40)) {
        if let Ok(context) = Context::decode(&bytes) {
            prop_assert_eq!(Context::new(context.pairs()).expect("valid"), context);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn with_any_bit_changed_it_does_not(
        plaintext in prop::collection::vec(any::<u8>(), 0..64),
        pairs in pairs(),
    ) {
        let context = context(&pairs);
        for (.., key) in &*KEYS {
            let ciphertext = encrypt(key, &plaintext, &context);
            for bit in 0..8 * ciphertext.len() {
                let mut damaged = ciphertext.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let opened = key.decrypt(Algorithm::SymmetricDefault, &damaged, &context, &Call::unhurried());
                prop_assert_eq!(opened, Err(BackendError::InvalidCiphertext), "bit {}", bit);
            }
        }
    }
}
