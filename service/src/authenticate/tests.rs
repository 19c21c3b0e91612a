//! Signatures of our own making, and everything that can be wrong with one. `tests/signature.rs` asks botocore.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use wardbook_backend::random::System;
use wardbook_backend::secret::Secret;

use super::*;
use crate::seal::Sealer;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const NOW: &str = "2026-01-02T03:04:05Z";

fn credentials() -> Credentials {
    let sealer = Sealer::new(Secret::new(vec![1; 32]), Arc::new(System));
    Credentials::new([Credential::new(ID, SECRET, "arn:aws:iam::123456789012:root")], sealer)
}

fn request(body: &str) -> Raw {
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Raw {
        method: "POST".into(),
        path: "/".into(),
        query: String::new(),
        headers: vec![
            header("host", "localhost"),
            header("x-amz-date", "20260102T030405Z"),
            header("x-amz-target", "TrentService.ListKeys"),
        ],
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: None,
    }
}

/// Signs as a client would.
fn signed(mut raw: Raw, headers: &str) -> Raw {
    let scope = "20260102/eu-west-1/kms/aws4_request";
    let unsigned =
        format!("AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders={headers}, Signature={}", "0".repeat(64));
    raw.headers.push(("authorization".into(), unsigned.into_bytes()));
    let claim = Claim::read(&raw).expect("a claim");
    let text = canonical::string_to_sign(&claim, &raw, &Sha256::digest(&raw.body));
    let credential = Credential::new(ID, SECRET, "x");
    let signature = SigningKeys::default().sign(&credential, &claim, text.as_bytes());
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let header = raw.headers.last_mut().expect("pushed");
    header.1 = String::from_utf8(header.1.clone()).expect("text").replace(&"0".repeat(64), &signature).into_bytes();
    raw
}

fn verdict(raw: &Raw, now: &str) -> Result<String, (Why, String)> {
    let now = Timestamp::read(now).expect("a time");
    authenticate(raw, &credentials(), &SigningKeys::default(), &["kms"], now)
        .map(|authentic| authentic.region)
        .map_err(|refusal| (refusal.why, refusal.message))
}

const HEADERS: &str = "host;x-amz-date;x-amz-target";

#[test]
fn a_genuine_signature_is_believed_for_fifteen_minutes() {
    let raw = signed(request("{}"), HEADERS);
    for now in [NOW, "2026-01-02T03:19:05Z", "2026-01-02T02:49:05Z"] {
        assert_eq!(verdict(&raw, now), Ok("eu-west-1".into()), "{now}");
    }
    let (why, message) = verdict(&raw, "2026-01-02T03:19:06Z").expect_err("late");
    assert_eq!(why, Why::RequestSignature);
    assert_eq!(
        message,
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T031906Z - 15 min.)"
    );
    let (_, message) = verdict(&raw, "2026-01-02T02:49:04Z").expect_err("early");
    assert!(message.starts_with("Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z"));
}

#[test]
fn whatever_is_changed_is_noticed() {
    let good = signed(request("{\"Limit\":5}"), HEADERS);
    let mut changes: Vec<Raw> = Vec::new();
    let mut change = |with: &dyn Fn(&mut Raw)| {
        let mut raw = good.clone();
        with(&mut raw);
        changes.push(raw);
    };
    change(&|raw| raw.body = Bytes::from_static(b"{\"Limit\":6}"));
    change(&|raw| raw.method = "PUT".into());
    change(&|raw| raw.path = "/x".into());
    change(&|raw| raw.query = "a=b".into());
    change(&|raw| raw.headers[0].1 = b"elsewhere".to_vec());
    change(&|raw| raw.headers[2].1 = b"TrentService.CreateKey".to_vec());
    change(&|raw| raw.headers.push(("x-amz-target".into(), b"TrentService.CreateKey".to_vec())));
    change(&|raw| raw.headers.push(("x-amz-extra".into(), b"1".to_vec())));
    change(&|raw| raw.headers.push(("x-amz-content-sha256".into(), b"UNSIGNED-PAYLOAD".to_vec())));
    for raw in changes {
        let (why, _) = verdict(&raw, NOW).expect_err("changed");
        assert_eq!(why, Why::RequestSignature, "{raw:?}");
    }
    let mut other = good.clone();
    other.headers.push(("user-agent".into(), b"anything".to_vec()));
    assert!(verdict(&other, NOW).is_ok(), "what is not signed may be added");
}

#[test]
fn what_is_not_signed_as_it_must_be_is_refused() {
    let (why, message) = verdict(&signed(request(""), "host;x-amz-date"), NOW).expect_err("target is loose");
    assert_eq!((why, message.contains("'x-amz-target' must be")), (Why::RequestSignature, true));
    assert_eq!(
        verdict(&signed(request(""), "x-amz-date;x-amz-target"), NOW).expect_err("host").0,
        Why::RequestSignature
    );
    assert_eq!(verdict(&request(""), NOW).expect_err("unsigned").0, Why::MissingAuthentication);
    let with = |text: &str| {
        let mut raw = request("");
        raw.headers.push(("authorization".into(), text.as_bytes().to_vec()));
        verdict(&raw, NOW).expect_err("refused")
    };
    for text in [
        "Bearer x",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=x;host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Credential=a/b/c/d/e, SignedHeaders=host, Signature=x",
    ] {
        assert_eq!(with(text).0, Why::IncompleteSignature, "{text}");
    }
    let unknown = with(
        "AWS4-HMAC-SHA256 Credential=AKIAUNKNOWNUNKNOWN00/20260102/r/kms/aws4_request, SignedHeaders=host, Signature=00",
    );
    assert_eq!(unknown, (Why::UnrecognizedClient, "The security token included in the request is invalid.".into()));
    for scope in [
        "20260102/eu-west-1/s3/aws4_request",
        "20260102/eu-west-1/kms/aws3",
        "20260101/eu-west-1/kms/aws4_request",
        "20260102//kms/aws4_request",
    ] {
        let text = format!("AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders={HEADERS}, Signature=00");
        assert_eq!(with(&text).0, Why::RequestSignature, "{scope}");
    }
}

#[test]
fn a_key_without_a_session_takes_no_token() {
    let mut raw = request("");
    raw.headers.push(("x-amz-security-token".into(), b"t".to_vec()));
    let raw = signed(raw, "host;x-amz-date;x-amz-security-token;x-amz-target");
    assert_eq!(verdict(&raw, NOW).expect_err("token").0, Why::UnrecognizedClient);
}
