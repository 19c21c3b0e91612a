//! Known-answer runs: what a provider claims is believed when it computed what others computed.
//!
//! The answers are in `testdata/known-answers.txt`; where they come from is in `testdata/README.md`. None of
//! them was made with the code they test.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::algorithm::{Algorithm, MessageType};
use crate::blob::Blob;
use crate::call::Call;
use crate::capability::Capability;
use crate::context::Context;
use crate::error::BackendError;
use crate::key::Key;
use crate::operation::OperationKind;
use crate::provider::Provider;
use crate::random::{Random, RandomError};
use crate::secret::Secret;
use crate::spec::KeySpec;
use crate::token::MaterialId;

const ANSWERS: &str = include_str!("../testdata/known-answers.txt");

/// Finding primes takes up to a second, and proves nothing that the check of every fresh key against itself does
/// not. These specs are proved with the key of the known answer alone.
const SLOW_TO_MAKE: &[KeySpec] = &[KeySpec::Rsa2048, KeySpec::Rsa3072, KeySpec::Rsa4096];

/// The answers of one spec, by name.
pub(crate) struct Answers(BTreeMap<&'static str, Vec<u8>>);

/// Proves the claims of one provider. Keys are loaded once per spec.
pub struct Prover<'a> {
    provider: &'a dyn Provider,
    random: Arc<dyn Random>,
    loaded: Option<(KeySpec, Answers, Box<dyn Key>)>,
}

impl<'a> Prover<'a> {
    /// For claims of this provider; `random` serves where an answer does not say which bytes were drawn.
    pub fn new(provider: &'a dyn Provider, random: Arc<dyn Random>) -> Self {
        Self { provider, random, loaded: None }
    }

    /// Runs one claim.
    pub fn prove(&mut self, claim: &Capability) -> Result<(), String> {
        self.run(claim).map_err(|reason| format!("{} of {}: {reason}", claim.operation, claim.spec))
    }

    fn run(&mut self, claim: &Capability) -> Result<(), String> {
        if claim.operation == OperationKind::Generate && !SLOW_TO_MAKE.contains(&claim.spec) {
            let material = self.provider.generate(claim.spec, &*self.random).map_err(text)?;
            let version = MaterialId([0; 32]);
            return self.provider.load(claim.spec, version, &material, &self.random).map(|_| ()).map_err(text);
        }
        if self.loaded.as_ref().is_none_or(|(spec, ..)| *spec != claim.spec) {
            let (answers, key) = self.load(claim.spec)?;
            self.loaded = Some((claim.spec, answers, key));
        }
        let (_, answers, key) = self.loaded.as_ref().ok_or("no key")?;
        check(claim, answers, &**key)
    }

    fn load(&self, spec: KeySpec) -> Result<(Answers, Box<dyn Key>), String> {
        let answers = Answers::of(spec).ok_or("there is no known answer for this spec")?;
        let accept = |name| answers.get(name).map(|material| self.provider.accept(spec, &Secret::copy(material)));
        // Libraries that take no seed are given the expanded key that follows from it, where there is one.
        let material = match (accept("material")?, accept("expanded")) {
            (Err(BackendError::UnfitMaterial), Ok(expanded)) => expanded,
            (material, _) => material,
        };
        let material = material.map_err(text)?;
        let version = match answers.get("version") {
            Ok(version) => MaterialId(version.try_into().map_err(|_| "version")?),
            Err(_) => MaterialId([0; 32]),
        };
        // Where the answer depends on random bytes, it says which.
        let random: Arc<dyn Random> = match answers.get("random") {
            Ok(bytes) => Arc::new(Replay(bytes.to_vec())),
            Err(_) => Arc::clone(&self.random),
        };
        let key = self.provider.load(spec, version, &material, &random).map_err(text)?;
        Ok((answers, key))
    }
}

pub(crate) fn check(claim: &Capability, answers: &Answers, key: &dyn Key) -> Result<(), String> {
    let call = &Call::unhurried();
    let algorithm = || claim.algorithm.ok_or("no algorithm");
    let context = || match answers.get("context") {
        Ok(encoded) if claim.context_bytes_max > 0 => Context::decode(encoded).map_err(|error| error.to_string()),
        _ => Ok(Context::empty()),
    };
    match claim.operation {
        // The material of the answer was taken over when the key was loaded.
        OperationKind::Generate | OperationKind::Import => Ok(()),
        OperationKind::Encrypt => {
            let (algorithm, context) = (algorithm()?, context()?);
            let plaintext = answers.get("plaintext")?;
            let ciphertext = key.encrypt(algorithm, plaintext, &context, call).map_err(text)?;
            // Where the cipher draws its own initialisation vector, no two runs give the same.
            let drawn = Blob::parse(&ciphertext).is_some_and(|blob| blob.header.suite.draws_iv());
            if algorithm == Algorithm::SymmetricDefault && answers.get("random").is_ok() && !drawn {
                same(&ciphertext, answers.get("ciphertext")?)?;
            }
            same(key.decrypt(algorithm, &ciphertext, &context, call).map_err(text)?.expose(), plaintext)
        }
        OperationKind::Decrypt => {
            let (algorithm, context) = (algorithm()?, context()?);
            let names: &[&str] = match claim.context_bytes_max {
                0 => &[algorithm.as_str()],
                _ if answers.get("drawn").is_ok() => &["ciphertext", "drawn"],
                _ => &["ciphertext"],
            };
            for name in names {
                let mut ciphertext = answers.get(name)?.to_vec();
                let plaintext = key.decrypt(algorithm, &ciphertext, &context, call).map_err(text)?;
                same(plaintext.expose(), answers.get("plaintext")?)?;
                flip(&mut ciphertext);
                let refused = key.decrypt(algorithm, &ciphertext, &context, call);
                refusal(&refused.map(|_| ()), BackendError::InvalidCiphertext)?;
            }
            Ok(())
        }
        OperationKind::Sign => {
            let (algorithm, message_type, message) = signed(claim, answers)?;
            let signature = key.sign(algorithm, message_type, &message, call).map_err(text)?;
            key.verify(algorithm, message_type, &message, &signature, call).map_err(text)
        }
        OperationKind::Verify => {
            let (algorithm, message_type, message) = signed(claim, answers)?;
            let mut signature = answers.get(algorithm.as_str())?.to_vec();
            key.verify(algorithm, message_type, &message, &signature, call).map_err(text)?;
            flip(&mut signature);
            let refused = key.verify(algorithm, message_type, &message, &signature, call);
            refusal(&refused, BackendError::InvalidSignature)
        }
        OperationKind::Mac => {
            let algorithm = algorithm()?;
            let mac = key.mac(algorithm, answers.get("message")?, call).map_err(text)?;
            same(&mac, answers.get(algorithm.as_str())?)
        }
        OperationKind::Agree => {
            let shared = key.agree(answers.get("peer")?, call).map_err(text)?;
            same(shared.expose(), answers.get("shared")?)
        }
        OperationKind::Encapsulate => {
            let made = key.encapsulate(call).map_err(text)?;
            let found = key.decapsulate(&made.ciphertext, call).map_err(text)?;
            same(made.shared_secret.expose(), found.expose())
        }
        OperationKind::Decapsulate => {
            let shared = key.decapsulate(answers.get(algorithm()?.as_str())?, call).map_err(text)?;
            same(shared.expose(), answers.get("shared")?)
        }
        OperationKind::PublicKey => same(&key.public_key(call).map_err(text)?, answers.get("public")?),
        OperationKind::GenerateDataKey
        | OperationKind::GenerateDataKeyPair
        | OperationKind::VerifyMac
        | OperationKind::Adopt => Err("cannot be claimed by a provider".to_owned()),
    }
}

/// The message of the answer in the form that the claim is about.
fn signed(claim: &Capability, answers: &Answers) -> Result<(Algorithm, MessageType, Vec<u8>), String> {
    use sha2::{Digest, Sha256, Sha384, Sha512};
    let algorithm = claim.algorithm.ok_or("no algorithm")?;
    let message_type = claim.message_type.ok_or("no message type")?;
    let message = answers.get("message")?;
    let message = match message_type {
        MessageType::Raw => message.to_vec(),
        MessageType::ExternalMu => answers.get("mu")?.to_vec(),
        MessageType::Digest => match (answers.get("digest"), algorithm.message_bytes(message_type)) {
            (Ok(digest), _) => digest.to_vec(),
            (Err(_), Some(32)) => Sha256::digest(message).to_vec(),
            (Err(_), Some(48)) => Sha384::digest(message).to_vec(),
            (Err(_), _) => Sha512::digest(message).to_vec(),
        },
    };
    Ok((algorithm, message_type, message))
}

impl Answers {
    pub(crate) fn of(spec: KeySpec) -> Option<Self> {
        let header = format!("[{spec}]");
        let lines =
            ANSWERS.lines().skip_while(|line| *line != header).skip(1).take_while(|line| !line.starts_with('['));
        let answers: BTreeMap<_, _> = lines
            .filter_map(|line| line.split_once(" = "))
            .filter_map(|(name, value)| Some((name, bytes(value)?)))
            .collect();
        Some(Self(answers)).filter(|answers| !answers.0.is_empty())
    }

    pub(crate) fn get(&self, name: &str) -> Result<&[u8], String> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| format!("the known answer lacks `{name}`"))
    }
}

/// Gives the same bytes at every request.
struct Replay(Vec<u8>);

impl Random for Replay {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.copy_from_slice(self.0.get(..bytes.len()).ok_or(RandomError)?);
        Ok(())
    }
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let pairs = hexadecimal.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Changes the last byte but one, which in every format here is inside the value and not its framing.
fn flip(bytes: &mut [u8]) {
    if let Some(byte) = bytes.iter_mut().nth_back(1) {
        *byte ^= 1;
    }
}

fn same(computed: &[u8], known: &[u8]) -> Result<(), String> {
    match computed == known {
        true => Ok(()),
        false => Err("another answer than the known one".to_owned()),
    }
}

fn refusal(result: &Result<(), BackendError>, wanted: BackendError) -> Result<(), String> {
    match *result == Err(wanted) {
        true => Ok(()),
        false => Err("a flipped bit was not refused as it should be".to_owned()),
    }
}

fn text(error: BackendError) -> String {
    error.to_string()
}
