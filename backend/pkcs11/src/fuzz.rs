//! The body of a fuzz target: any bytes as what is stored or brought for a key of a token. It must not panic.

use wardbook_backend::random::System;
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_backend::token::{Binding, KeyToken, MaterialId};

use crate::backend::NAME;
use crate::key::{self, CURVES};
use crate::locator::Locator;
use crate::settings::{Derivation, Settings};
use crate::{blob, der};

const SERIAL: &str = "5aa45aa45aa45aa4";

/// Any bytes as a locator, a blob, a signature, a public key, numbers of RSA, and the text of settings.
pub fn stored(data: &[u8]) {
    places(data);
    structures(data);
    let material = data.get(5..37).and_then(|id| id.try_into().ok()).map_or(MaterialId([0; 32]), MaterialId);
    if let Some((head, iv, sealed)) = blob::split(data, material) {
        assert_eq!([head, sealed].concat(), data, "a blob has one form");
        assert_eq!(blob::head(material, &iv), head);
    }
    // Whatever names a file would be read.
    if let Ok(text) = std::str::from_utf8(data)
        && !text.contains("file")
    {
        let _ = Settings::parse(text, |_| None);
    }
}

/// No bytes but those that were made for a key lead to it.
fn places(data: &[u8]) {
    let binding = |id| Binding::new(id, MaterialId([1; 32]), KeySpec::SymmetricDefault, Usage::EncryptDecrypt);
    let (Ok(own), Ok(other)) = (binding("own"), binding("other")) else { return };
    for token in [KeyToken::from_bytes(data), KeyToken::new(NAME, data)].into_iter().flatten() {
        assert!(Locator::read(&token, &own, SERIAL).is_err(), "a forged place");
    }
    let Ok(place) = Locator::new(&own, SERIAL, Some(Derivation::FromHmac), &System) else { return };
    let Ok(token) = place.token() else { return };
    assert!(Locator::read(&token, &own, SERIAL).is_ok_and(|read| read.id == place.id));
    assert!(Locator::read(&token, &other, SERIAL).is_err(), "a row that was moved");
    assert!(Locator::read(&token, &own, "another").is_err(), "another token");
    // The input says what is changed: where, and into what.
    let mut bytes = token.as_bytes().to_vec();
    for change in data.chunks_exact(2).take(4) {
        let [at, to] = change else { continue };
        let at = usize::from(*at) % bytes.len();
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = *to);
    }
    if bytes != token.as_bytes() {
        let read = KeyToken::from_bytes(&bytes).and_then(|token| Locator::read(&token, &own, SERIAL));
        assert!(read.is_err(), "a changed place");
    }
}

fn structures(data: &[u8]) {
    for bytes in [32, 48, 66] {
        if let Some(raw) = der::raw_signature(data, bytes) {
            assert_eq!(raw.len(), 2 * bytes);
            assert_eq!(der::signature(&raw).as_deref(), Some(data), "a signature has one form");
        }
    }
    assert!(der::unwrapped(data).len() <= data.len());
    if let Some((modulus, exponent)) = der::rsa_public(data) {
        let key = der::tlv(0x30, &[&der::integer(&modulus), &der::integer(&exponent)]);
        let again = der::rsa_public(&der::public_key(key::RSA_ALGORITHM, &key));
        assert_eq!(again, Some((modulus, exponent)));
    }
    let _ = der::rsa_numbers(data);
    for (spec, _, bytes) in CURVES {
        let point = key::point(*spec, data);
        assert!(point.is_none_or(|point| point.len() == 1 + 2 * bytes), "an uncompressed point");
    }
    let _ = key::point(KeySpec::EccNistEdwards25519, data);
}

#[cfg(test)]
#[path = "../../tests/suite/damaged.rs"]
mod suite;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::suite;

    fn framed(start: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..200).prop_map(move |rest| [start, &rest].concat())
    }

    proptest! {
        #[test]
        fn anything_is_survived(
            data in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300),
                framed(b"wbk\x01\x81"),
                framed(b"wbt\x01\x06pkcs11\x01\x02"),
                suite::damaged(),
                "pkcs11:[a-z=;%0-9]{0,60}".prop_map(String::into_bytes),
            ],
        ) {
            super::stored(&data);
        }
    }
}
