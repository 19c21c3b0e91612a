//! Trying a token out: the known answers, with objects of known material that live as long as the trial.
//!
//! A row that the token declines is not claimed, because saying no is not lying. A row that it computes wrongly
//! is refuted, and whoever starts the backend hears of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use pkcs8::der::Decode;
use pkcs8::{DecodePrivateKey, PrivateKeyInfoRef};
use wardbook_backend::call::Call;
use wardbook_backend::capability::{Capabilities, Capability};
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::import::Wrapping;
use wardbook_backend::key::{Key, Pair};
use wardbook_backend::known_answer::Prover;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::provider::Provider;
use wardbook_backend::random::Random;
use wardbook_backend::secret::Secret;
use wardbook_backend::spec::KeySpec;
use wardbook_backend::token::MaterialId;
use zeroize::Zeroizing;

use crate::backend::NAME;
use crate::claims;
use crate::der;
use crate::failure::Failure;
use crate::key::{self, CURVES, EDWARDS};
use crate::object::{self, Held, ObjectId};
use crate::settings::Derivation;
use crate::symmetric::{self, TokenCipherKey};
use crate::token::Token;

/// A token as a provider of throw-away keys, whose material is the id of an object of the session: for running
/// known answers in it, ours and others'. Only the last few keys are still there.
pub struct Trial {
    token: Arc<Token>,
    derivation: Derivation,
    claims: Vec<Capability>,
    made: Mutex<VecDeque<ObjectId>>,
}

/// How many keys of a trial there are at once: tokens look objects up one by one.
const MADE_MAX: usize = 8;

/// What the token does, and how its symmetric keys work.
pub(crate) fn run(token: &Arc<Token>, wanted: Option<Derivation>, budget: bool) -> (Capabilities, Option<Derivation>) {
    let ways = [Derivation::InToken, Derivation::FromHmac, Derivation::None];
    let ways = ways.into_iter().filter(|way| wanted.is_none_or(|wanted| wanted == *way));
    let mut rows = Vec::new();
    let mut chosen = None;
    for way in ways.filter(|way| *way != Derivation::None || budget) {
        let tried = attempt(token, way, claims::symmetric(token, way));
        if tried.len() == 3 && tried.iter().all(|(_, outcome)| outcome.is_ok()) {
            (chosen, rows) = (Some(way), tried);
            break;
        }
        // A wrong answer is heard of; the next way may still be right.
        rows.extend(tried.into_iter().filter(|(_, outcome)| outcome.is_err()));
    }
    rows.extend(attempt(token, Derivation::FromHmac, claims::of(token)));
    let mut outcomes = rows.iter().map(|(_, outcome)| outcome.clone());
    let outcome = |_: &Capability| outcomes.next().unwrap_or_else(|| Err("not tried".to_owned()));
    (Capabilities::probe(rows.iter().map(|(row, _)| *row), outcome), chosen)
}

/// Whether the way in which symmetric keys work still gives the known answers.
pub(crate) fn again(token: &Arc<Token>, way: Derivation) -> bool {
    let tried = attempt(token, way, claims::symmetric(token, way));
    !tried.is_empty() && tried.iter().all(|(_, outcome)| outcome.is_ok())
}

/// Runs claims, and leaves out what the token declines.
fn attempt(
    token: &Arc<Token>,
    derivation: Derivation,
    claims: Vec<Capability>,
) -> Vec<(Capability, Result<(), String>)> {
    let trial = Trial::new(token, derivation, Vec::new());
    let mut prover = Prover::new(&trial, Arc::clone(token) as Arc<dyn Random>);
    let mut tried = Vec::new();
    for claim in claims {
        token.forgive();
        let outcome = match (claim.spec, derivation) {
            (KeySpec::SymmetricDefault, Derivation::None) => trial.cipher(&claim),
            _ if trial.is_slow(&claim) => Ok(()),
            _ => prover.prove(&claim),
        };
        if outcome.is_ok() || !token.has_declined() {
            tried.push((claim, outcome));
        }
    }
    tried
}

/// What cannot be destroyed goes with its session.
impl Drop for Trial {
    fn drop(&mut self) {
        for id in self.made.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = object::destroy(&self.token, id, &Call::unhurried());
        }
    }
}

impl Trial {
    pub(crate) fn new(token: &Arc<Token>, derivation: Derivation, claims: Vec<Capability>) -> Self {
        Self { token: Arc::clone(token), derivation, claims, made: Mutex::default() }
    }

    /// Making a long RSA key takes seconds; that the token makes short ones, and says that it makes long ones,
    /// must do. A key that it then does not make is refused when it is wanted.
    fn is_slow(&self, claim: &Capability) -> bool {
        claim.operation == OperationKind::Generate && matches!(claim.spec, KeySpec::Rsa3072 | KeySpec::Rsa4096)
    }

    fn fresh(&self) -> Result<ObjectId, BackendError> {
        let mut id = [0; 32];
        self.token.fill(&mut id)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.push_back(ObjectId(id));
        let old = if made.len() > MADE_MAX { made.pop_front() } else { None };
        drop(made);
        if let Some(old) = old {
            object::destroy(&self.token, old, &Call::unhurried())?;
        }
        Ok(ObjectId(id))
    }

    fn create(&self, templates: &[Vec<Attribute>]) -> Result<(), BackendError> {
        self.token.with(&Call::unhurried(), |lease| {
            for template in templates {
                lease.session().create_object(template)?;
            }
            Ok(())
        })
    }

    fn secret(&self, spec: KeySpec, material: &[u8], id: ObjectId) -> Result<(), BackendError> {
        let declined = |_: Failure| BackendError::Internal;
        let (_, mechanism, uses) = key::secret_kind(spec, Some(self.derivation)).map_err(declined)?;
        let aes = matches!(mechanism, Mechanism::AesKeyGen);
        let mut template = key::kept(id, "wardbook trial", false);
        template.extend([
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(if aes { KeyType::AES } else { KeyType::GENERIC_SECRET }),
            Attribute::Value(material.to_vec()),
        ]);
        template.extend(uses);
        self.create(&[template])
    }

    fn pair(&self, spec: KeySpec, material: &[u8], id: ObjectId) -> Result<(), BackendError> {
        let invalid = BackendError::UnfitMaterial;
        let (secret_uses, public_uses) = key::permissions(spec, None);
        let mut private = key::kept(id, "wardbook trial", false);
        private.push(Attribute::Class(ObjectClass::PRIVATE_KEY));
        private.extend(secret_uses);
        let mut public = vec![
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::Token(false),
            Attribute::Private(false),
            Attribute::Id(id.0.to_vec()),
        ];
        public.extend(public_uses);
        if key::rsa_bits(spec).is_some() {
            let info = PrivateKeyInfoRef::from_der(material).map_err(|_| invalid)?;
            let numbers = der::rsa_numbers(info.private_key.as_bytes()).ok_or(invalid)?;
            let [n, e, d, p, q, dp, dq, qinv] = numbers.as_slice() else { return Err(invalid) };
            let both =
                [Attribute::KeyType(KeyType::RSA), Attribute::Modulus(n.clone()), Attribute::PublicExponent(e.clone())];
            public.extend(both.iter().cloned());
            private.extend(both);
            private.extend([
                Attribute::PrivateExponent(d.clone()),
                Attribute::Prime1(p.clone()),
                Attribute::Prime2(q.clone()),
                Attribute::Exponent1(dp.clone()),
                Attribute::Exponent2(dq.clone()),
                Attribute::Coefficient(qinv.clone()),
            ]);
            return self.create(&[private, public]);
        }
        let (scalar, point) = numbers(spec, material).ok_or(invalid)?;
        private.push(Attribute::Value(scalar.to_vec()));
        public.push(Attribute::EcPoint(der::tlv(4, &[&point])));
        self.on_curve(spec, &[private, public])
    }

    /// A public key alone.
    fn public(&self, spec: KeySpec, spki: &[u8], id: ObjectId) -> Result<(), BackendError> {
        let mut public = vec![
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::Token(false),
            Attribute::Private(false),
            Attribute::Id(id.0.to_vec()),
        ];
        public.extend(key::permissions(spec, None).1);
        if let Some(bits) = key::rsa_bits(spec) {
            let (n, e) = der::rsa_public(spki).filter(|(n, _)| n.len() == bits / 8).ok_or(InputError::PublicKey)?;
            public.extend([Attribute::KeyType(KeyType::RSA), Attribute::Modulus(n), Attribute::PublicExponent(e)]);
            return self.create(&[public]);
        }
        let point = key::point(spec, spki).ok_or(InputError::PublicKey)?;
        public.push(Attribute::EcPoint(der::tlv(4, &[&point])));
        self.on_curve(spec, &[public])
    }

    /// Objects on a curve, under whichever name the token has for it.
    fn on_curve(&self, spec: KeySpec, templates: &[Vec<Attribute>]) -> Result<(), BackendError> {
        let kinds: Vec<(KeyType, &[u8])> = match CURVES.iter().find(|(its, ..)| *its == spec) {
            Some((_, parameters, _)) => vec![(KeyType::EC, *parameters)],
            None => EDWARDS.iter().map(|parameters| (KeyType::EC_EDWARDS, *parameters)).collect(),
        };
        let mut last = Err(BackendError::Internal);
        for (kind, parameters) in kinds {
            let kind = [Attribute::KeyType(kind), Attribute::EcParams(parameters.to_vec())];
            let named: Vec<_> = templates.iter().map(|template| [&template[..], &kind].concat()).collect();
            last = self.create(&named);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    /// The known answer of AES-GCM (McGrew and Viega, test case 16), for a token that encrypts by itself.
    fn cipher(&self, claim: &Capability) -> Result<(), String> {
        let (call, text) = (&Call::unhurried(), |error: BackendError| error.to_string());
        let id = self.fresh().map_err(text)?;
        if claim.operation == OperationKind::Generate {
            let made =
                self.token.with(call, |lease| key::make(lease, claim.spec, None, Some(self.derivation), id, false));
            return made.map_err(text);
        }
        let token = Arc::clone(&self.token);
        let object = Held::new(id, ObjectClass::SECRET_KEY);
        let key = TokenCipherKey { token, object, id, version: MaterialId([0; 32]), budget: None };
        self.secret(claim.spec, CIPHER_KEY, id).map_err(text)?;
        let sealed = [CIPHERTEXT, CIPHER_TAG].concat();
        match claim.operation {
            OperationKind::Encrypt => {
                let computed = key.seal(CIPHER_IV, CIPHER_ASSOCIATED, CIPHER_PLAINTEXT, call).map_err(text)?;
                let empty = key.seal(CIPHER_IV, CIPHER_ASSOCIATED, &[], call).map_err(text)?;
                (computed == sealed && empty.len() == CIPHER_TAG.len()).then_some(()).ok_or("another answer".to_owned())
            }
            _ => {
                let opened = key.unseal(CIPHER_IV, CIPHER_ASSOCIATED, &sealed, call).map_err(text)?;
                let mut changed = sealed;
                changed.iter_mut().take(1).for_each(|byte| *byte ^= 1);
                let refused = key.unseal(CIPHER_IV, CIPHER_ASSOCIATED, &changed, call);
                let holds = opened.expose() == CIPHER_PLAINTEXT && refused == Err(BackendError::InvalidCiphertext);
                holds.then_some(()).ok_or("another answer than the known one".to_owned())
            }
        }
    }
}

const CIPHER_KEY: &[u8] = b"\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08";
const CIPHER_IV: &[u8; 12] = b"\xca\xfe\xba\xbe\xfa\xce\xdb\xad\xde\xca\xf8\x88";
const CIPHER_ASSOCIATED: &[u8] = b"\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
const CIPHER_PLAINTEXT: &[u8] = b"\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30\x3d\x8a\x31\x8a\x72\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\x49\xa6\xb5\x25\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39";
const CIPHERTEXT: &[u8] = b"\x52\x2d\xc1\xf0\x99\x56\x7d\x07\xf4\x7f\x37\xa3\x2a\x84\x42\x7d\x64\x3a\x8c\xdc\xbf\xe5\xc0\xc9\x75\x98\xa2\xbd\x25\x55\xd1\xaa\x8c\xb0\x8e\x48\x59\x0d\xbb\x3d\xa7\xb0\x8b\x10\x56\x82\x88\x38\xc5\xf6\x1e\x63\x93\xba\x7a\x0a\xbc\xc9\xf6\x62";
const CIPHER_TAG: &[u8] = b"\x76\xfc\x6e\xce\x0f\x4e\x17\x68\xcd\xdf\x88\x53\xbb\x2d\x55\x1b";

/// Scalar or seed, and the point that belongs to it.
fn numbers(spec: KeySpec, material: &[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)> {
    macro_rules! on {
        ($curve:ident) => {{
            use $curve::elliptic_curve::sec1::ToSec1Point;
            let key = $curve::SecretKey::from_pkcs8_der(material).ok()?;
            let scalar = Zeroizing::new(key.to_bytes().to_vec());
            (scalar, key.public_key().to_sec1_point(false).as_bytes().to_vec())
        }};
    }
    Some(match spec {
        KeySpec::EccNistP256 => on!(p256),
        KeySpec::EccNistP384 => on!(p384),
        KeySpec::EccNistP521 => on!(p521),
        KeySpec::EccSecgP256k1 => on!(k256),
        KeySpec::EccNistEdwards25519 => {
            let key = ed25519_dalek::SigningKey::from_pkcs8_der(material).ok()?;
            (Zeroizing::new(key.to_bytes().to_vec()), key.verifying_key().to_bytes().to_vec())
        }
        _ => return None,
    })
}

impl Provider for Trial {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self) -> Vec<Capability> {
        self.claims.clone()
    }

    fn generate(&self, spec: KeySpec, _: &dyn Random) -> Result<Secret, BackendError> {
        let id = self.fresh()?;
        let derivation = Some(self.derivation);
        self.token.with(&Call::unhurried(), |lease| key::make(lease, spec, None, derivation, id, false))?;
        Ok(Secret::copy(&id.0))
    }

    fn accept(&self, spec: KeySpec, material: &Secret) -> Result<Secret, BackendError> {
        let id = self.fresh()?;
        match spec.is_symmetric() {
            true => self.secret(spec, material.expose(), id)?,
            false => self.pair(spec, material.expose(), id)?,
        }
        Ok(Secret::copy(&id.0))
    }

    fn load(
        &self,
        spec: KeySpec,
        version: MaterialId,
        material: &Secret,
        random: &Arc<dyn Random>,
    ) -> Result<Box<dyn Key>, BackendError> {
        let id = ObjectId(material.expose().try_into().map_err(|_| BackendError::Internal)?);
        if spec == KeySpec::SymmetricDefault {
            return Ok(symmetric::deriving(&self.token, id, self.derivation, version, Arc::clone(random)));
        }
        key::open(&self.token, spec, id, &Call::unhurried())
    }

    fn load_public(&self, spec: KeySpec, public: &[u8], _: &Arc<dyn Random>) -> Result<Box<dyn Key>, BackendError> {
        let id = self.fresh()?;
        self.public(spec, public, id)?;
        key::open_public(&self.token, spec, id, &Call::unhurried())
    }

    fn pair_specs(&self) -> &'static [KeySpec] {
        &[]
    }

    fn pair(&self, _: KeySpec, _: &dyn Random) -> Result<Pair, BackendError> {
        Err(BackendError::Internal)
    }

    fn wrappings(&self) -> &'static [Wrapping] {
        &[]
    }

    fn wrapping_key(&self, _: Wrapping, _: &dyn Random) -> Result<Pair, BackendError> {
        Err(BackendError::Internal)
    }

    fn unwrap(&self, _: Wrapping, _: &Secret, _: &[u8]) -> Result<Secret, BackendError> {
        Err(BackendError::Internal)
    }
}
