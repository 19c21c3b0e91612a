//! Any bytes as a public key and a private key of AWS-LC, RSA above all, and as wrapped material.

use std::sync::{Arc, LazyLock};

use wardbook_backend::call::Call;
use wardbook_backend::conformance::Wrap;
use wardbook_backend::error::BackendError;
use wardbook_backend::import::{Wrapping, WrappingAlgorithm, WrappingKeySpec};
use wardbook_backend::key::Pair;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::{Random, System};
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;
use wardbook_backend_aws_lc::{AwsLc, RsaWrap};

static RANDOM: LazyLock<Arc<dyn Random>> = LazyLock::new(|| Arc::new(System));

/// The library, and the specs of its pairs.
static STARTED: LazyLock<(AwsLc, Vec<KeySpec>)> = LazyLock::new(|| {
    let provider = AwsLc::start().expect("AWS-LC starts");
    let made = provider.claims().into_iter().filter(|row| row.operation == OperationKind::Generate);
    let specs = made.map(|row| row.spec).filter(|spec| !spec.is_symmetric()).collect();
    (provider, specs)
});

const ALONE: Wrapping = Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key: WrappingKeySpec::Rsa2048 };
const AROUND: Wrapping = Wrapping { algorithm: WrappingAlgorithm::RsaAesKeyWrapSha256, key: WrappingKeySpec::Rsa2048 };

/// A wrapping key, and an AES key under it; none in a build that imports nothing.
static WRAPPING: LazyLock<Option<(Pair, Vec<u8>)>> = LazyLock::new(|| {
    let provider = &STARTED.0;
    let pair = provider.wrappings().contains(&AROUND).then(|| provider.wrapping_key(AROUND, &System).ok())??;
    let head = RsaWrap::every().wrap(ALONE, &pair.public, &[7; 32])?;
    Some((pair, head))
});

pub(crate) fn run(data: &[u8]) {
    let (provider, specs) = &*STARTED;
    let call = &Call::unhurried();
    for spec in specs {
        if let Ok(public) = provider.load_public(*spec, data, &RANDOM) {
            // Whatever was accepted has one form, which is accepted and stays.
            let canonical = public.public_key(call).unwrap_or_default();
            let again = provider.load_public(*spec, &canonical, &RANDOM).and_then(|key| key.public_key(call));
            assert_eq!(again, Ok(canonical), "{spec}");
        }
        if let Ok(material) = provider.accept(*spec, &Secret::copy(data)) {
            assert!(provider.load(*spec, MaterialId([0; 32]), &material, &RANDOM).is_ok(), "{spec}");
        }
    }
    if let Some((pair, head)) = &*WRAPPING {
        for (way, wrapped) in [(ALONE, data.to_vec()), (AROUND, data.to_vec()), (AROUND, [head, data].concat())] {
            assert_eq!(provider.unwrap(way, &pair.private, &wrapped), Err(BackendError::InvalidImport));
        }
    }
}
