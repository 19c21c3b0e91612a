//! ML-KEM, FIPS 203. Material is the expanded decapsulation key, because AWS-LC's interface takes no seed.
//!
//! A key in PKCS#8 is accepted if it has the expanded key (RFC 9935), alone or beside the seed; that serves the
//! known-answer runs. Import, and pairs for others, are left to whoever takes and gives seeds.

use aws_lc_rs::digest::{SHA3_256, digest};
use aws_lc_rs::kem::{
    Algorithm as Parameters, Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_512, ML_KEM_768, ML_KEM_1024,
};
use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::der::{Decode, Encode, Header, Reader, SliceReader, Tag};
use pkcs8::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef};
use wardbook_backend::call::Call;
use wardbook_backend::error::BackendError;
use wardbook_backend::key::Key;
use wardbook_backend::operation::Encapsulated;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;

use crate::provider::Family;

/// An ML-KEM key in use.
struct MlKemKey {
    encapsulating: MlKemPublic,
    decapsulating: DecapsulationKey,
}

/// An ML-KEM public key.
struct MlKemPublic {
    set: &'static Set,
    key: EncapsulationKey,
}

/// One parameter set.
struct Set {
    spec: KeySpec,
    parameters: &'static Parameters,
    oid: ObjectIdentifier,
    /// Bytes of the two parts of the expanded key that are not 32 bytes long: secret vector, public key.
    vector_bytes: usize,
    public_bytes: usize,
}

static SETS: &[Set] = &[
    Set {
        spec: KeySpec::MlKem512,
        parameters: &ML_KEM_512,
        oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.1"),
        vector_bytes: 768,
        public_bytes: 800,
    },
    Set {
        spec: KeySpec::MlKem768,
        parameters: &ML_KEM_768,
        oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.2"),
        vector_bytes: 1_152,
        public_bytes: 1_184,
    },
    Set {
        spec: KeySpec::MlKem1024,
        parameters: &ML_KEM_1024,
        oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.3"),
        vector_bytes: 1_536,
        public_bytes: 1_568,
    },
];

pub(crate) const FAMILY: Family = Family {
    generate: |spec| {
        let key = DecapsulationKey::generate(set(spec)?.parameters).ok()?;
        Some(Secret::copy(key.key_bytes().ok()?.as_ref()))
    },
    accept: |spec, pkcs8| {
        let set = set(spec)?;
        let info = PrivateKeyInfoRef::from_der(pkcs8).ok()?;
        let ours = info.algorithm == AlgorithmIdentifierRef { oid: set.oid, parameters: None };
        let expanded = Secret::copy(expanded(info.private_key.as_bytes()).filter(|_| ours)?);
        let (public, hash) = set.public(&expanded)?;
        (digest(&SHA3_256, public).as_ref() == hash).then_some(expanded)
    },
    pair: |_, _| None,
    load: |spec, material| {
        let set = set(spec)?;
        let key = EncapsulationKey::new(set.parameters, set.public(material)?.0).ok()?;
        let decapsulating = DecapsulationKey::new(set.parameters, material.expose()).ok()?;
        Some(Box::new(MlKemKey { encapsulating: MlKemPublic { set, key }, decapsulating }))
    },
    load_public: |spec, public| {
        let set = set(spec)?;
        let info = SubjectPublicKeyInfoRef::from_der(public).ok()?;
        let ours = info.algorithm == AlgorithmIdentifierRef { oid: set.oid, parameters: None };
        let key = EncapsulationKey::new(set.parameters, info.subject_public_key.as_bytes().filter(|_| ours)?).ok()?;
        Some(Box::new(MlKemPublic { set, key }))
    },
};

fn set(spec: KeySpec) -> Option<&'static Set> {
    SETS.iter().find(|set| set.spec == spec)
}

/// `seed [0]`, `expandedKey OCTET STRING`, or a sequence of both; in the sequence the seed has no tag of its own.
fn expanded(private: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(private).ok()?;
    let both = Header::peek(&reader).ok()?.tag() == Tag::Sequence;
    let key = match both {
        false => <&OctetStringRef>::decode(&mut reader).ok()?,
        true => reader
            .sequence(|inner: &mut SliceReader<'_>| {
                <&OctetStringRef>::decode(inner)?;
                <&OctetStringRef>::decode(inner)
            })
            .ok()?,
    };
    reader.is_finished().then_some(key.as_bytes())
}

impl Set {
    /// The public key and its hash, which stand in the middle of the expanded key (FIPS 203, algorithm 16).
    fn public<'a>(&self, expanded: &'a Secret) -> Option<(&'a [u8], &'a [u8])> {
        let (public, rest) = expanded.expose().get(self.vector_bytes..)?.split_at_checked(self.public_bytes)?;
        let (hash, fallback) = rest.split_at_checked(32)?;
        (fallback.len() == 32).then_some((public, hash))
    }
}

impl Key for MlKemPublic {
    fn encapsulate(&self, _: &Call<'_>) -> Result<Encapsulated, BackendError> {
        let (ciphertext, shared) = self.key.encapsulate().map_err(|_| BackendError::Internal)?;
        Ok(Encapsulated { ciphertext: ciphertext.as_ref().to_vec(), shared_secret: Secret::copy(shared.as_ref()) })
    }

    fn public_key(&self, _: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        let bytes = self.key.key_bytes().map_err(|_| BackendError::Internal)?;
        let subject_public_key = BitStringRef::from_bytes(bytes.as_ref()).map_err(|_| BackendError::Internal)?;
        let algorithm = AlgorithmIdentifierRef { oid: self.set.oid, parameters: None };
        let info = SubjectPublicKeyInfo { algorithm, subject_public_key };
        info.to_der().map_err(|_| BackendError::Internal)
    }
}

impl Key for MlKemKey {
    fn encapsulate(&self, call: &Call<'_>) -> Result<Encapsulated, BackendError> {
        self.encapsulating.encapsulate(call)
    }

    fn decapsulate(&self, ciphertext: &[u8], _: &Call<'_>) -> Result<Secret, BackendError> {
        let shared = self.decapsulating.decapsulate(Ciphertext::from(ciphertext));
        shared.map(|shared| Secret::copy(shared.as_ref())).map_err(|_| BackendError::InvalidCiphertext)
    }

    fn public_key(&self, call: &Call<'_>) -> Result<Vec<u8>, BackendError> {
        self.encapsulating.public_key(call)
    }
}
