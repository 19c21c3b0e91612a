//! Any bytes as a request whose signature is looked at: without the secret nothing is let in, and with it every body
//! is, until one bit is changed.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

use wardbook_audit::time::Timestamp;
use wardbook_backend::random::{Random, System};
use wardbook_backend::secret::Secret;
use wardbook_service::authenticate::{Claim, SigningKeys, authenticate};
use wardbook_service::clock::{Clock, SystemClock};
use wardbook_service::credential::{Credential, Credentials};
use wardbook_service::raw::Raw;
use wardbook_service::seal::Sealer;

use crate::kit;

/// A secret that no input can hold, beside the one that the kit signs with.
static KNOWN: LazyLock<(Credentials, Credentials)> = LazyLock::new(|| {
    let sealer = || Sealer::new(Secret::new(vec![7; 32]), Arc::new(System));
    let mut fresh = [0; 32];
    System.fill(&mut fresh).expect("randomness");
    let of = |secret: Vec<u8>| Credentials::new([Credential::new(kit::ID, secret, kit::PRINCIPAL)], sealer());
    (of(fresh.to_vec()), of(kit::SECRET.as_bytes().to_vec()))
});

/// Method, path and query, headers, an empty line, and the body.
fn raw(data: &[u8]) -> Raw {
    let mut lines = data.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (method, target) = first.split_once(' ').unwrap_or(("POST", &first));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        let at = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(at);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        headers.push((name, value.strip_prefix(b":").unwrap_or_default().trim_ascii().to_vec()));
    }
    let body: Vec<u8> = lines.collect::<Vec<_>>().join(&b'\n');
    Raw {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.into(),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: None,
    }
}

pub(crate) fn run(data: &[u8]) {
    let (secret, shared) = &*KNOWN;
    let (clock, keys) = (SystemClock::default(), SigningKeys::default());
    let forged = raw(data);
    let _ = Claim::access_key_of(&forged);
    let dated = Claim::read(&forged).ok().and_then(|claim| Timestamp::read(&claim.date));
    let admitted = authenticate(&forged, secret, &keys, &["kms", "sts"], dated.unwrap_or_else(|| clock.wall()));
    assert!(admitted.is_err(), "a forgery was let in");

    let text = String::from_utf8_lossy(data);
    let genuine = kit::request(&clock, "Encrypt", &text);
    let verdict = |request: &Raw| authenticate(request, shared, &SigningKeys::default(), &["kms"], clock.wall());
    assert!(verdict(&genuine).is_ok(), "a genuine request was refused");
    let mut changed = genuine.clone();
    let mut body = genuine.body.to_vec();
    let place = data.iter().map(|byte| usize::from(*byte)).sum::<usize>();
    match body.len() {
        0 => body.push(0),
        length => {
            if let Some(byte) = body.get_mut(place % length) {
                *byte ^= 1 << (place % 8);
            }
        }
    }
    changed.body = body.into();
    assert!(verdict(&changed).is_err(), "a changed body was let in");
}
