//! The one form of a request that both sides hash.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::claim::{Claim, Form};
use crate::name::hex;
use crate::raw::Raw;

/// What is signed: algorithm, time, scope, and the hash of the canonical request.
pub(super) fn string_to_sign(claim: &Claim, raw: &Raw, body: &[u8]) -> String {
    let request = Sha256::digest(canonical_request(claim, raw, body));
    let Claim { date, day, region, service, terminator, .. } = claim;
    let hash = hex(&request);
    format!("AWS4-HMAC-SHA256\n{date}\n{day}/{region}/{service}/{terminator}\n{hash}")
}

fn canonical_request(claim: &Claim, raw: &Raw, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let line = |out: &mut Vec<u8>, text: &str| {
        out.extend_from_slice(text.as_bytes());
        out.push(b'\n');
    };
    line(&mut out, &raw.method);
    line(&mut out, &path(&raw.path));
    line(&mut out, &query(&raw.query, claim.form));
    for name in &claim.signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        let values = raw.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_slice());
        for (index, value) in values.enumerate() {
            if index > 0 {
                out.push(b',');
            }
            collapse(value, &mut out);
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    line(&mut out, &claim.signed_headers.join(";"));
    out.extend_from_slice(hex(body).as_bytes());
    out
}

/// Without spaces at the ends, and with one where several stood.
fn collapse(value: &[u8], out: &mut Vec<u8>) {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// The path without dot segments and empty ones, and encoded once more than it was sent.
fn path(sent: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in sent.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut out = String::new();
    for segment in &segments {
        out.push('/');
        encode(segment.as_bytes(), &mut out);
    }
    if segments.is_empty() || sent.ends_with('/') {
        out.push('/');
    }
    out
}

/// Names and values encoded, sorted by name and value, without the signature itself.
fn query(sent: &str, form: Form) -> String {
    let mut pairs: Vec<(String, String)> = sent
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let again = |text: &str| {
                let mut out = String::new();
                encode(&percent_decoded(text), &mut out);
                out
            };
            (again(name), again(value))
        })
        .filter(|(name, _)| form == Form::Header || name != "X-Amz-Signature")
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// RFC 3986: everything but letters, digits and `-_.~`.
fn encode(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(*byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// What is no whole escape stays as it is.
pub(super) fn percent_decoded(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let (mut out, mut place) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(place) {
        match (byte, digit(bytes.get(place + 1)), digit(bytes.get(place + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                place += 3;
            }
            (byte, ..) => {
                out.push(*byte);
                place += 1;
            }
        }
    }
    out
}
