//! Signatures of requests: [AWS Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html),
//! as far as a proxy needs it.
//!
//! Paths are made of unreserved characters and there is no query, so nothing has to be encoded.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wardbook_backend::secret::Secret;
use zeroize::Zeroizing;

/// What is signed.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Names in lower case and in order, values without surrounding space.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// What the signing key is good for.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// `YYYYMMDD'T'HHMMSS'Z'`, in UTC.
    pub(crate) time: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// The value of the `Authorization` header.
pub(crate) fn authorization(access_key_id: &str, secret: &Secret, scope: Scope<'_>, request: &Request<'_>) -> String {
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut canonical = format!("{}\n{}\n\n", request.method, request.path);
    for (name, value) in request.headers {
        canonical.extend([name, ":", value, "\n"]);
    }
    canonical.extend(["\n", &names, "\n", &hex(&Sha256::digest(request.body))]);

    let (time, credential_scope) = (scope.time, scope.text());
    let to_sign = format!("{ALGORITHM}\n{time}\n{credential_scope}\n{}", hex(&Sha256::digest(&canonical)));
    let signature = hex(&*mac(&*signing_key(secret, scope), &to_sign));
    format!("{ALGORITHM} Credential={access_key_id}/{credential_scope}, SignedHeaders={names}, Signature={signature}")
}

impl Scope<'_> {
    fn date(&self) -> &str {
        self.time.split('T').next().unwrap_or_default()
    }

    fn text(&self) -> String {
        format!("{}/{}/{}/{TERMINATOR}", self.date(), self.region, self.service)
    }
}

fn signing_key(secret: &Secret, scope: Scope<'_>) -> Zeroizing<[u8; 32]> {
    let mut start = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
    start.extend_from_slice(b"AWS4");
    start.extend_from_slice(secret.expose());
    let day = mac(&start, scope.date());
    [scope.region, scope.service, TERMINATOR].into_iter().fold(day, |key, part| mac(&*key, part))
}

fn mac(key: &[u8], message: &str) -> Zeroizing<[u8; 32]> {
    // INVARIANT: HMAC takes keys of every length, so the empty one never stands in.
    let state = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
    Zeroizing::new(state.chain_update(message).finalize().into_bytes().into())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The published vectors: <https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html>, and the
/// signing key of <https://docs.aws.amazon.com/general/latest/gr/sigv4-calculate-signature.html>.
#[cfg(test)]
mod tests {
    use super::*;

    const TIME: (&str, &str) = ("x-amz-date", "20150830T123600Z");
    const HOST: (&str, &str) = ("host", "example.amazonaws.com");

    fn secret() -> Secret {
        Secret::copy(b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    }

    fn signed(method: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let scope = Scope { time: TIME.1, region: "us-east-1", service: "service" };
        authorization("AKIDEXAMPLE", &secret(), scope, &Request { method, path: "/", headers, body })
    }

    #[test]
    fn the_test_suite_agrees() {
        let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        assert_eq!(
            signed("GET", &[HOST, TIME], b""),
            format!(
                "{start}host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
            )
        );
        assert_eq!(
            signed("POST", &[HOST, TIME], b""),
            format!(
                "{start}host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
            )
        );
        assert_eq!(
            signed("POST", &[("content-type", "application/x-www-form-urlencoded"), HOST, TIME], b"Param1=value1"),
            format!(
                "{start}content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
            )
        );
    }

    #[test]
    fn the_documented_signing_key_comes_out() {
        let secret = Secret::copy(b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let key = signing_key(&secret, Scope { time: TIME.1, region: "us-east-1", service: "iam" });
        assert_eq!(hex(&*key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    }
}
