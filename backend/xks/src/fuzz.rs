//! Bodies for fuzzers: each takes any bytes and must neither panic nor hold more memory than its limits allow.

use crate::{blob, message, refusal, reply};

/// Whatever a proxy may answer, as it comes off the wire; and whatever a caller may bring as a blob.
pub fn reply(bytes: &[u8]) {
    for closed in [false, true] {
        if let Ok(Some(reply)) = reply::parse(bytes, closed) {
            bodies(reply.status, &reply.body);
        }
    }
    bodies(200, bytes);
    if let Some((head, sealed)) = blob::split(bytes) {
        assert_eq!(head.join(&sealed).as_deref(), Some(bytes), "a blob has one form");
    }
}

fn bodies(status: u16, body: &[u8]) {
    let _ = refusal::Refused::read(status, body);
    let _ = message::metadata(body);
    let _ = message::plaintext(body);
    let _ = message::status(body);
    if let Ok((sealed, _)) = message::sealed(body) {
        let _ = message::integrity_value(&sealed, body);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    const SEEDS: &[&str] = &[
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"plaintext\": \"AAAA\"}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n{\"errorName\": \"ValidationException\", \"errorMessage\": \"x\"}",
        r#"{"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"}"#,
        r#"{"ciphertext": "ghxkK1txeDNn3q8Y", "initializationVector": "HMrlRw85cAJUd5Ax", "authenticationTag": "vBxN2ncH1oEkR8WVXpmyYQ==", "ciphertextDataIntegrityValue": "qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc="}"#,
        "wbk\x01",
    ];

    proptest! {
        #[test]
        fn anything_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            super::reply(&bytes);
        }

        #[test]
        fn what_almost_makes_sense_is_survived(
            seed in prop::sample::select(SEEDS),
            at in any::<prop::sample::Index>(),
            put in prop::collection::vec(any::<u8>(), 0..8),
            cut in 0_usize..8,
        ) {
            let mut bytes = seed.as_bytes().to_vec();
            let from = at.index(bytes.len());
            let to = bytes.len().min(from + cut);
            bytes.splice(from..to, put);
            super::reply(&bytes);
        }
    }

    #[test]
    fn the_seeds_are_survived_cut_anywhere() {
        for seed in SEEDS {
            (0..=seed.len()).for_each(|cut| super::reply(&seed.as_bytes()[..cut]));
        }
        super::reply("[".repeat(100_000).as_bytes());
    }
}
