//! The few structures of DER that a token does not speak: public keys, ECDSA signatures, private keys of
//! known-answer runs.

use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::{OctetStringRef, UintRef};
use pkcs8::der::{Decode, Reader, SliceReader};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

/// Tag, length, value.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = vec![tag];
    let bytes = length.to_be_bytes();
    let short = bytes.iter().position(|byte| *byte != 0).and_then(|first| bytes.get(first..)).unwrap_or(&[0]);
    if length >= 0x80 {
        out.push(0x80 | u8::try_from(short.len()).unwrap_or_default());
    }
    out.extend_from_slice(short);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// An unsigned integer from big-endian bytes.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0);
    let digits = first.and_then(|first| bytes.get(first..)).unwrap_or(&[0]);
    match digits.first() {
        Some(top) if *top >= 0x80 => tlv(2, &[&[0], digits]),
        _ => tlv(2, &[digits]),
    }
}

/// `SubjectPublicKeyInfo` from an encoded algorithm identifier and a key.
pub(crate) fn public_key(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    tlv(0x30, &[algorithm, &tlv(3, &[&[0], key])])
}

/// An ECDSA signature from `r || s`.
pub(crate) fn signature(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(raw.len() / 2).filter(|(r, s)| r.len() == s.len() && !r.is_empty())?;
    Some(tlv(0x30, &[&integer(r), &integer(s)]))
}

/// `r || s`, each of `field_bytes`, from an ECDSA signature in strict DER.
pub(crate) fn raw_signature(der: &[u8], field_bytes: usize) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let (r, s) = reader
        .sequence(|inner: &mut SliceReader<'_>| {
            Ok::<_, pkcs8::der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?))
        })
        .ok()?;
    let whole = reader.is_finished() && [r, s].iter().all(|number| number.as_bytes().len() <= field_bytes);
    if !whole {
        return None;
    }
    let mut raw = vec![0; 2 * field_bytes];
    for (half, number) in raw.chunks_mut(field_bytes).zip([r, s]) {
        let bytes = number.as_bytes();
        half.get_mut(field_bytes - bytes.len()..)?.copy_from_slice(bytes);
    }
    Some(raw)
}

/// The bytes inside an OCTET STRING, or the bytes themselves if they are none: tokens differ in how they give
/// out points.
pub(crate) fn unwrapped(bytes: &[u8]) -> &[u8] {
    <&OctetStringRef>::from_der(bytes).map_or(bytes, |inner| inner.as_bytes())
}

/// The numbers of an RSA private key: n, e, d, p, q, dp, dq, qinv.
pub(crate) fn rsa_numbers(pkcs1: &[u8]) -> Option<Zeroizing<Vec<Vec<u8>>>> {
    let mut reader = SliceReader::new(pkcs1).ok()?;
    let numbers = reader.sequence(|inner: &mut SliceReader<'_>| {
        UintRef::decode(inner)?;
        (0..8).map(|_| Ok(UintRef::decode(inner)?.as_bytes().to_vec())).collect::<Result<Vec<_>, pkcs8::der::Error>>()
    });
    numbers.ok().map(Zeroizing::new)
}

/// Modulus and exponent of an RSA public key.
pub(crate) fn rsa_public(spki: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let info = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
    let rsa = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    let key = info.subject_public_key.as_bytes().filter(|_| info.algorithm.oid == rsa)?;
    let mut reader = SliceReader::new(key).ok()?;
    let numbers = reader.sequence(|inner: &mut SliceReader<'_>| {
        Ok::<_, pkcs8::der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?))
    });
    let (n, e) = numbers.ok().filter(|_| reader.is_finished())?;
    Some((n.as_bytes().to_vec(), e.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_survives_both_encodings_and_no_other_is_read() {
        for fill in [0x00_u8, 0x01, 0x7f, 0x80, 0xff] {
            let mut raw = vec![fill; 132];
            raw[131] = 1;
            let der = signature(&raw).expect("even");
            assert_eq!(raw_signature(&der, 66).as_deref(), Some(&raw[..]), "{fill}");
            assert_eq!(raw_signature(&[&der[..], &[0]].concat(), 66), None);
            assert_eq!(raw_signature(&der[..der.len() - 1], 66), None);
        }
        assert_eq!(raw_signature(&signature(&[0xff; 66]).expect("even"), 32), None, "33 bytes are no field element");
        assert_eq!(raw_signature(&[0x30, 7, 2, 2, 0, 1, 2, 1, 1], 32), None, "a zero too many");
    }

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        assert_eq!(tlv(4, &[&[0; 127]])[..2], [4, 127]);
        assert_eq!(tlv(4, &[&[0; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[&[0; 256]])[..4], [4, 0x82, 1, 0]);
        assert_eq!(tlv(4, &[]), [4, 0]);
    }
}
