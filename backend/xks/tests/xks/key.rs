//! What a key does, and whose it is.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use wardbook_backend::algorithm::Algorithm::SymmetricDefault;
use wardbook_backend::backend::{Backend, Destruction};
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec};
use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::System;
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken, MaterialId};
use wardbook_backend_xks::limits;
use wardbook_backend_xks::message::KeyStatus;
use wardbook_backend_xks::xks::Xks;

use crate::proxy::Proxy;
use crate::scene::{EASY, binding, client, context, decrypt, encrypt, local, scene, software, xks};

#[test]
fn what_was_encrypted_decrypts_whatever_the_proxy_adds() {
    let (proxy, _xks, key) = scene();
    for (metadata, long_iv) in [(0, false), (1, false), (20, true)] {
        proxy.with(|state| (state.ciphertext_metadata, state.long_iv) = (vec![7; metadata], long_iv));
        for bytes in [0, 1, 32, 4_095, 4_096] {
            let plaintext = vec![0x5a; bytes];
            let blob = encrypt(&key, &plaintext, "a").expect("encrypts");
            assert!(blob.len() <= wardbook_backend::limits::BLOB_BYTES_MAX);
            assert_eq!(decrypt(&key, &blob, "a"), Ok(plaintext), "{bytes} {metadata}");
        }
    }
    let too_long = Err(InputError::TooLong { bytes_max: 4_096 }.into());
    assert_eq!(encrypt(&key, &[0; 4_097], "a"), too_long);
    let data_key = key.generate_data_key(32, &context("a"), &Call::unhurried()).expect("made");
    assert_eq!(decrypt(&key, &data_key.ciphertext, "a"), Ok(data_key.plaintext.expose().to_vec()));
}

#[test]
fn the_context_travels_as_associated_data_and_the_plaintext_not_at_all() {
    let (proxy, _xks, key) = scene();
    let blob = encrypt(&key, b"a plaintext that nobody sees", "nile").expect("encrypts");
    decrypt(&key, &blob, "nile").expect("decrypts");
    let associated = STANDARD.encode([&blob[..69], context("nile").as_bytes()].concat());
    let seen = proxy.seen();
    assert_eq!(seen.len(), 2);
    for seen in seen {
        assert_eq!(seen.body["additionalAuthenticatedData"], associated.as_str(), "{}", seen.path);
        let inner = seen.body.get("plaintext").or(seen.body.get("ciphertext")).and_then(|text| text.as_str());
        let inner = STANDARD.decode(inner.expect("there")).expect("Base64");
        assert!(!inner.windows(9).any(|window| window == b"plaintext"), "{}", seen.path);
    }
}

#[test]
fn the_longest_context_is_honored_and_one_byte_more_is_refused() {
    let (_proxy, _xks, key) = scene();
    let longest = limits::ASSOCIATED_BYTES_MAX - 69;
    let of = |bytes: usize| Context::new([("n", "x".repeat(bytes - 13).as_str())]).expect("valid");
    let call = Call::unhurried();
    let blob = key.encrypt(SymmetricDefault, b"x", &of(longest), &call).expect("encrypts");
    assert_eq!(key.decrypt(SymmetricDefault, &blob, &of(longest), &call), Ok(Secret::copy(b"x")));
    let refused = key.encrypt(SymmetricDefault, b"x", &of(longest + 1), &call);
    assert_eq!(refused, Err(InputError::TooLong { bytes_max: longest }.into()));
}

#[test]
fn labels_reach_the_proxy_as_they_are() {
    let (proxy, _xks, key) = scene();
    let labels = [
        ("awsPrincipalArn", "arn:aws:iam::111122223333:user/Alice"),
        ("awsSourceVpc", "vpc-1"),
        ("kmsKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/1"),
        ("kmsOperation", "ReEncrypt"),
        ("kmsRequestId", "4112f4d6-db54-4af4-ae30-c55a22a8dfae"),
        ("kmsViaService", "ebs"),
    ];
    let call = Call::unhurried().with_labels(&labels);
    key.encrypt(SymmetricDefault, b"x", &Context::empty(), &call).expect("encrypts");
    encrypt(&key, b"x", "a").expect("encrypts");
    let seen = proxy.seen();
    let expected: serde_json::Map<_, _> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    assert_eq!(seen[0].body["requestMetadata"], json!(expected));
    let unlabelled = &seen[1].body["requestMetadata"];
    assert_eq!(unlabelled["kmsOperation"], "Encrypt");
    assert_eq!(unlabelled["kmsKeyArn"], binding(1).id());
    let request_id = unlabelled["kmsRequestId"].as_str().expect("text");
    let shape: Vec<usize> = request_id.split('-').map(str::len).collect();
    assert_eq!((shape, request_id.as_bytes()[14]), (vec![8, 4, 4, 4, 12], b'4'));
}

#[test]
fn whatever_is_wrong_with_a_ciphertext_is_refused_alike() {
    let (proxy, xks, key) = scene();
    proxy.with(|state| state.ciphertext_metadata = b"v=1".to_vec());
    let blob = encrypt(&key, b"secret", "a").expect("encrypts");
    let refused = Err(BackendError::InvalidCiphertext);
    assert_eq!(decrypt(&key, &blob, "b"), refused, "another context");
    for at in 0..blob.len() {
        let mut flipped = blob.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(decrypt(&key, &flipped, "a"), refused, "a bit of byte {at}");
        assert_eq!(decrypt(&key, &blob[..at], "a"), refused, "cut after {at}");
    }
    assert_eq!(decrypt(&key, &[&blob[..], &[0]].concat(), "a"), refused, "one byte more");
    assert_eq!(decrypt(&key, &[0; 6_144], "a"), refused, "noise");
    assert_eq!(decrypt(&key, &vec![0; 6_145], "a"), refused, "too long");
    proxy.seen();
    let mut renamed = blob.clone();
    renamed[5..37].copy_from_slice(&[2; 32]);
    for wrong in [&renamed[..], &blob[..68], b"", b"wbk\x01\x01"] {
        assert_eq!(decrypt(&key, wrong, "a"), refused);
    }
    assert!(proxy.seen().is_empty(), "what names another key or nothing is none of the proxy's business");
    let inner = local();
    let token = inner.generate(&binding(1), &Call::unhurried()).expect("made");
    let own = inner.open(&token, &binding(1), &Call::unhurried()).expect("opens");
    assert_eq!(decrypt(&key, &encrypt(&own, b"x", "a").expect("encrypts"), "a"), refused, "of another backend");
    // Two keys of ours over one key of the holder, of the same version even.
    let other = Binding::new("other", MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt);
    let other = other.expect("valid");
    let token = xks.adopt(&other, "one", &Call::unhurried()).expect("adopted");
    let other = xks.open(&token, &other, &Call::unhurried()).expect("opens");
    assert_eq!(decrypt(&other, &blob, "a"), refused, "another local half");
    assert_eq!(decrypt(&key, &blob, "a"), Ok(b"secret".to_vec()));
}

#[test]
fn only_a_key_that_can_serve_is_adopted() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let xks = xks(&proxy);
    let adopt = |name: &str| xks.adopt(&binding(1), name, &Call::unhurried()).err();
    let set = |spec, usage: &[&'static str], status| {
        proxy.with(|state| {
            let key = state.keys.get_mut("one").expect("there");
            (key.spec, key.usage, key.status) = (spec, usage.to_vec(), status);
        });
    };
    assert_eq!(adopt("one"), None);
    assert_eq!(adopt("two"), Some(BackendError::NotFound));
    assert_eq!(adopt("../one"), Some(InputError::Id.into()));
    set("AES_128", &["ENCRYPT", "DECRYPT"], "ENABLED");
    assert!(matches!(adopt("one"), Some(BackendError::Unsupported { operation: OperationKind::Adopt, .. })));
    set("AES_256", &["ENCRYPT"], "ENABLED");
    let wrong = |operation| Some(BackendError::WrongUsage { usage: Usage::EncryptDecrypt, operation });
    assert_eq!(adopt("one"), wrong(OperationKind::Decrypt));
    set("AES_256", &["DECRYPT", "SIGN"], "ENABLED");
    assert_eq!(adopt("one"), wrong(OperationKind::Encrypt));
    set("AES_256", &["ENCRYPT", "DECRYPT"], "DISABLED");
    assert_eq!(adopt("one"), Some(BackendError::InvalidState));
    set("AES_256", &["ENCRYPT", "DECRYPT"], "SOMETHING");
    assert_eq!(adopt("one"), Some(BackendError::Internal));

    proxy.seen();
    let call = Call::unhurried();
    let hmac = Binding::new("k", MaterialId([1; 32]), KeySpec::Hmac256, Usage::GenerateVerifyMac).expect("valid");
    assert!(matches!(xks.adopt(&hmac, "one", &call), Err(BackendError::Unsupported { .. })));
    assert!(matches!(xks.generate(&binding(1), &call), Err(BackendError::Unsupported { .. })));
    let wrapping = Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key: WrappingKeySpec::Rsa3072 };
    assert!(matches!(xks.begin_import(&binding(1), wrapping, &call), Err(BackendError::Unsupported { .. })));
    assert!(proxy.seen().is_empty(), "none of these is for the proxy to answer");
}

#[test]
fn a_key_that_its_holder_disables_stops_and_starts_again() {
    let (proxy, xks, key) = scene();
    let token = xks.adopt(&binding(1), "one", &Call::unhurried()).expect("adopted");
    let blob = encrypt(&key, b"x", "a").expect("encrypts");
    let set = |status, usage: &[&'static str]| {
        proxy.with(|state| {
            let key = state.keys.get_mut("one").expect("there");
            (key.status, key.usage) = (status, usage.to_vec());
        });
    };
    set("DISABLED", &["ENCRYPT", "DECRYPT"]);
    assert_eq!(decrypt(&key, &blob, "a"), Err(BackendError::InvalidState));
    let metadata = xks.metadata(&token, &binding(1), &Call::unhurried()).expect("told");
    assert_eq!((metadata.spec.as_str(), metadata.status), ("AES_256", KeyStatus::Disabled));
    set("ENABLED", &["ENCRYPT"]);
    let wrong = BackendError::WrongUsage { usage: Usage::EncryptDecrypt, operation: OperationKind::Decrypt };
    assert_eq!(decrypt(&key, &blob, "a"), Err(wrong));
    set("ENABLED", &["ENCRYPT", "DECRYPT"]);
    assert_eq!(decrypt(&key, &blob, "a"), Ok(b"x".to_vec()));
    proxy.with(|state| state.keys.clear());
    assert_eq!(decrypt(&key, &blob, "a"), Err(BackendError::NotFound));
}

#[test]
fn a_token_belongs_to_one_key_here_and_one_there() {
    let (proxy, xks, _key) = scene();
    proxy.add_key("two");
    let call = Call::unhurried();
    let token = xks.adopt(&binding(1), "one", &call).expect("adopted");
    assert!(xks.serves(&token));
    assert_eq!(xks.open(&token, &binding(2), &call).err(), Some(BackendError::InvalidToken));
    let mut swapped = token.as_bytes().to_vec();
    let at = swapped.windows(3).position(|window| window == b"one").expect("named");
    swapped[at..at + 3].copy_from_slice(b"two");
    let swapped = KeyToken::from_bytes(&swapped).expect("still a token");
    assert_eq!(xks.open(&swapped, &binding(1), &call).err(), Some(BackendError::InvalidToken));
    assert_eq!(xks.destroy(&swapped, &binding(1), &call), Err(BackendError::InvalidToken));
    for cut in 0..token.payload().len() {
        let cut = KeyToken::new("xks", &token.payload()[..cut]).expect("a token");
        assert_eq!(xks.open(&cut, &binding(1), &call).err(), Some(BackendError::InvalidToken));
    }
    let foreign = KeyToken::new("other", token.payload()).expect("a token");
    assert!(!xks.serves(&foreign));
    assert_eq!(xks.open(&foreign, &binding(1), &call).err(), Some(BackendError::InvalidToken));
    assert_eq!(xks.destroy(&token, &binding(1), &call), Ok(Destruction::KeptByHolder));
    assert_eq!(xks.rewrap(&token, &binding(1), &call), Ok(None));
}

#[test]
fn the_local_half_moves_to_another_root_key_and_the_blobs_stay() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let root: Arc<LocalRoot> = Arc::new(LocalRoot::ephemeral(&System).expect("made"));
    let local = Arc::new(software(Arc::clone(&root)));
    let call = Call::unhurried();
    let xks =
        Xks::connect(client(&proxy, EASY), Arc::clone(&local) as _, Arc::new(System), None, &call).expect("connects");
    let token = xks.adopt(&binding(1), "one", &call).expect("adopted");
    let blob = encrypt(&xks.open(&token, &binding(1), &call).expect("opens"), b"x", "a").expect("encrypts");
    let fresh = || Arc::new(LocalRoot::ephemeral(&System).expect("made"));
    let next = fresh();
    local.set_roots(Roots::rotating(Arc::clone(&next) as _, root));
    let moved = xks.rewrap(&token, &binding(1), &call).expect("opens").expect("moves");
    assert_eq!(xks.rewrap(&moved, &binding(1), &call), Ok(None));
    local.set_roots(Roots::new(next));
    assert_eq!(xks.open(&token, &binding(1), &call).err(), Some(BackendError::RootMissing));
    let key = xks.open(&moved, &binding(1), &call).expect("opens");
    assert_eq!(decrypt(&key, &blob, "a"), Ok(b"x".to_vec()));
    // Without its root key the local half is lost, and the external one opens nothing alone.
    local.set_roots(Roots::new(fresh()));
    assert_eq!(xks.open(&moved, &binding(1), &call).err(), Some(BackendError::RootMissing));
}
