//! Sign and verify on P-256, Ed25519, ML-DSA-65 and RSA-2048 beside the same library alone, and beside the others.
//!
//! `wardbook` verifies an Ed25519 signature before it is released, because one faulty one would reveal the key;
//! `raw` does not, and `raw-and-verify` is the library doing both. ECDSA and ML-DSA signatures are hedged on
//! every side that can.

use std::hint::black_box;

use aws_lc_rs::signature::{self as aws, KeyPair as _};
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use ecdsa::signature::hazmat::PrehashVerifier;
use ed25519_dalek::Signer;
use ml_dsa::signature::Keypair as _;
use ml_dsa::{MlDsa65, SigningKey};
use rand_core::{TryCryptoRng, TryRng};
use ring::signature::{self as ring_signature, KeyPair as _};
use sha2::{Digest, Sha256};
use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::call::Call;
use wardbook_backend::key::KeyHandle;
use wardbook_backend::random::{Random, RandomError, System};
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_benches::keys;

const MESSAGE: &[u8] = &[0x5a; 256];
const SEED: [u8; 32] = [7; 32];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// The system's generator in the shape the RustCrypto crates want.
struct Rng;

fn open(provider: &str, spec: KeySpec) -> KeyHandle {
    keys::open(provider, spec, Usage::SignVerify)
}

fn measure<T>(group: &mut Group<'_>, name: &str, mut body: impl FnMut() -> T) {
    group.bench_function(name, |bencher| bencher.iter(&mut body));
}

/// Sign and verify with an open key.
fn wardbook(criterion: &mut Criterion, name: &str, provider: &str, spec: KeySpec, algorithm: Algorithm) {
    let (key, call) = (open(provider, spec), Call::unhurried());
    let sign = || key.sign(algorithm, MessageType::Raw, black_box(MESSAGE), &call).expect("signed");
    let signature = sign();
    measure(&mut criterion.benchmark_group(format!("sign-{name}-{provider}")), "wardbook", sign);
    measure(&mut criterion.benchmark_group(format!("verify-{name}-{provider}")), "wardbook", || {
        key.verify(algorithm, MessageType::Raw, black_box(MESSAGE), &signature, &call).expect("genuine")
    });
}

/// The library alone, by the same names.
fn raw<T: AsRef<[u8]>>(
    criterion: &mut Criterion,
    place: &str,
    name: &str,
    sign: impl Fn(&[u8]) -> T,
    verify: impl Fn(&[u8], &[u8]),
) {
    let signature = sign(MESSAGE);
    measure(&mut criterion.benchmark_group(format!("sign-{place}")), name, || sign(black_box(MESSAGE)));
    measure(&mut criterion.benchmark_group(format!("sign-{place}")), &format!("{name}-and-verify"), || {
        let signature = sign(black_box(MESSAGE));
        verify(MESSAGE, signature.as_ref());
        signature
    });
    measure(&mut criterion.benchmark_group(format!("verify-{place}")), name, || {
        verify(black_box(MESSAGE), signature.as_ref());
    });
}

fn p256(criterion: &mut Criterion) {
    wardbook(criterion, "p256", keys::RUSTCRYPTO, KeySpec::EccNistP256, Algorithm::EcdsaSha256);
    wardbook(criterion, "p256", keys::AWS_LC, KeySpec::EccNistP256, Algorithm::EcdsaSha256);
    let key = p256::ecdsa::SigningKey::from_slice(&SEED).expect("a key");
    let public = *key.verifying_key();
    let sign = |message: &[u8]| {
        let mut hedge = [0; 32];
        System.fill(&mut hedge).expect("random");
        let digest = Sha256::digest(message);
        let scalar = key.as_nonzero_scalar();
        let signed = ecdsa::hazmat::sign_prehashed_rfc6979::<p256::NistP256, Sha256>(scalar, &digest, &hedge);
        signed.0.to_der().as_bytes().to_vec()
    };
    let verify = |message: &[u8], signature: &[u8]| {
        let signature = p256::ecdsa::Signature::from_der(signature).expect("a signature");
        public.verify_prehash(&Sha256::digest(message), &signature).expect("genuine");
    };
    raw(criterion, "p256-rustcrypto", "raw", sign, verify);

    let random = aws_lc_rs::rand::SystemRandom::new();
    let key = aws::EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let public = aws::ParsedPublicKey::new(&aws::ECDSA_P256_SHA256_ASN1, key.public_key()).expect("a key");
    let sign = |message: &[u8]| key.sign(&random, message).expect("signed");
    let verify = |message: &[u8], signature: &[u8]| public.verify_sig(message, signature).expect("genuine");
    raw(criterion, "p256-aws-lc", "raw", sign, verify);

    let random = ring::rand::SystemRandom::new();
    let algorithm = &ring_signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = ring_signature::EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    let key = ring_signature::EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
    let public =
        ring_signature::UnparsedPublicKey::new(&ring_signature::ECDSA_P256_SHA256_ASN1, key.public_key().as_ref());
    let sign = |message: &[u8]| key.sign(&random, message).expect("signed");
    let verify = |message: &[u8], signature: &[u8]| public.verify(message, signature).expect("genuine");
    raw(criterion, "p256-aws-lc", "raw-ring", sign, verify);
}

fn ed25519(criterion: &mut Criterion) {
    wardbook(criterion, "ed25519", keys::RUSTCRYPTO, KeySpec::EccNistEdwards25519, Algorithm::Ed25519Sha512);
    wardbook(criterion, "ed25519", keys::AWS_LC, KeySpec::EccNistEdwards25519, Algorithm::Ed25519Sha512);
    let key = ed25519_dalek::SigningKey::from_bytes(&SEED);
    let public = key.verifying_key();
    let sign = |message: &[u8]| key.sign(message).to_bytes();
    let verify = |message: &[u8], signature: &[u8]| {
        let signature = ed25519_dalek::Signature::from_slice(signature).expect("a signature");
        public.verify_strict(message, &signature).expect("genuine");
    };
    raw(criterion, "ed25519-rustcrypto", "raw", sign, verify);

    let key = aws::Ed25519KeyPair::generate().expect("a key");
    let public = aws::ParsedPublicKey::new(&aws::ED25519, key.public_key()).expect("a key");
    let sign = |message: &[u8]| key.sign(message);
    let verify = |message: &[u8], signature: &[u8]| public.verify_sig(message, signature).expect("genuine");
    raw(criterion, "ed25519-aws-lc", "raw", sign, verify);

    let key = ring_signature::Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a key");
    let public = ring_signature::UnparsedPublicKey::new(&ring_signature::ED25519, key.public_key().as_ref());
    let sign = |message: &[u8]| key.sign(message);
    let verify = |message: &[u8], signature: &[u8]| public.verify(message, signature).expect("genuine");
    raw(criterion, "ed25519-aws-lc", "raw-ring", sign, verify);
}

fn ml_dsa_65(criterion: &mut Criterion) {
    wardbook(criterion, "ml-dsa-65", keys::RUSTCRYPTO, KeySpec::MlDsa65, Algorithm::MlDsaShake256);
    wardbook(criterion, "ml-dsa-65", keys::AWS_LC, KeySpec::MlDsa65, Algorithm::MlDsaShake256);
    let key = SigningKey::<MlDsa65>::from_seed(&SEED.into());
    let public = key.verifying_key();
    let sign =
        |message: &[u8]| key.expanded_key().sign_randomized(message, &[], &mut Rng).expect("signed").encode().to_vec();
    let verify = |message: &[u8], signature: &[u8]| {
        let signature = ml_dsa::Signature::<MlDsa65>::try_from(signature).expect("a signature");
        assert!(public.verify_with_context(message, &[], &signature));
    };
    raw(criterion, "ml-dsa-65-rustcrypto", "raw", sign, verify);

    let key = aws::PqdsaKeyPair::generate(&aws::ML_DSA_65_SIGNING).expect("a key");
    let public = aws::ParsedPublicKey::new(&aws::ML_DSA_65, key.public_key()).expect("a key");
    let sign = |message: &[u8]| {
        let mut signature = vec![0; key.algorithm().signature_len()];
        key.sign(message, &mut signature).expect("signed");
        signature
    };
    let verify = |message: &[u8], signature: &[u8]| public.verify_sig(message, signature).expect("genuine");
    raw(criterion, "ml-dsa-65-aws-lc", "raw", sign, verify);
}

fn rsa_2048(criterion: &mut Criterion) {
    wardbook(criterion, "rsa-2048", keys::AWS_LC, KeySpec::Rsa2048, Algorithm::RsassaPssSha256);
    let random = aws_lc_rs::rand::SystemRandom::new();
    let key = aws::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key");
    let public = aws::ParsedPublicKey::new(&aws::RSA_PSS_2048_8192_SHA256, key.public_key()).expect("a key");
    let sign = |message: &[u8]| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&aws::RSA_PSS_SHA256, &random, message, &mut signature).expect("signed");
        signature
    };
    let verify = |message: &[u8], signature: &[u8]| public.verify_sig(message, signature).expect("genuine");
    raw(criterion, "rsa-2048-aws-lc", "raw", sign, verify);
}

impl TryRng for Rng {
    type Error = RandomError;

    fn try_next_u32(&mut self) -> Result<u32, RandomError> {
        let mut bytes = [0; 4];
        System.fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, RandomError> {
        let mut bytes = [0; 8];
        System.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        System.fill(bytes)
    }
}

impl TryCryptoRng for Rng {}

criterion_group!(benches, p256, ed25519, ml_dsa_65, rsa_2048);
criterion_main!(benches);
