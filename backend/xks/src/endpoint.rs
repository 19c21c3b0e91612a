//! Where a proxy is, and what it calls a key.

use std::fmt;
use std::net::IpAddr;

use crate::limits::{KEY_ID_BYTES_MAX, PATH_BYTES_MAX, URI_BYTES_MAX};

/// The place of a proxy: `https://host[:port][/prefix]/kms/xks/v1`.
///
/// Plain `http` is for the loopback interface only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// Why a text is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Neither `https` nor `http`.
    #[error("the endpoint does not begin with `https://`")]
    Scheme,
    /// Requests would cross a network in clear.
    #[error("plain `http://` is for the loopback interface only")]
    Clear,
    /// No host, or a port that is none.
    #[error("the endpoint has no valid host and port")]
    Authority,
    /// Not the path of this version of the protocol.
    #[error("the path of the endpoint does not end in `{VERSION_PATH}`")]
    Version,
    /// A character or a length that the protocol does not allow.
    #[error(
        "the path of the endpoint is longer than {PATH_BYTES_MAX} bytes or has other characters than a-z A-Z 0-9 / - _"
    )]
    Path,
    /// Too long once a key is named.
    #[error("the endpoint is too long: with the id of a key it exceeds {URI_BYTES_MAX} bytes")]
    TooLong,
}

/// What a proxy calls a key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExternalKeyId(String);

/// A text that no proxy can call a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an external key has 1 to {KEY_ID_BYTES_MAX} characters of a-z A-Z 0-9 . - _")]
pub struct ExternalKeyIdError;

const VERSION_PATH: &str = "/kms/xks/v1";

impl Endpoint {
    /// Reads a URI.
    pub fn parse(uri: &str) -> Result<Self, EndpointError> {
        let (tls, rest) = match (uri.strip_prefix("https://"), uri.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(EndpointError::Scheme),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at).ok_or(EndpointError::Authority)?,
            None => return Err(EndpointError::Version),
        };
        if uri.len() > URI_BYTES_MAX {
            return Err(EndpointError::TooLong);
        }
        if !path.ends_with(VERSION_PATH) {
            return Err(EndpointError::Version);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
        if path.len() > PATH_BYTES_MAX || !path.bytes().all(allowed) || path.contains("//") {
            return Err(EndpointError::Path);
        }
        let (host, port) = split_authority(authority, tls).ok_or(EndpointError::Authority)?;
        if !tls && !is_loopback(&host) {
            return Err(EndpointError::Clear);
        }
        Ok(Self { tls, host, port, path: path.to_owned() })
    }

    /// Whether TLS protects the way there.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What stands in the `Host` header.
    pub(crate) fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// The path of a call, if the whole URI stays within its bound.
    pub(crate) fn path(&self, suffix: &str) -> Result<String, EndpointError> {
        let path = format!("{}{suffix}", self.path);
        let bytes = "https://".len() + self.authority().len() + path.len();
        match bytes <= URI_BYTES_MAX {
            true => Ok(path),
            false => Err(EndpointError::TooLong),
        }
    }
}

fn split_authority(authority: &str, tls: bool) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, port.strip_prefix(':').or((port.is_empty()).then_some("")))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("")),
        },
    };
    let port = match port? {
        "" if authority.ends_with(':') => return None,
        "" => [80, 443].into_iter().nth(usize::from(tls))?,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port: &u16| *port > 0)?
        }
        _ => return None,
    };
    let name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    (!host.is_empty() && name).then(|| (host.to_ascii_lowercase(), port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl ExternalKeyId {
    /// Checks a name.
    pub fn new(name: &str) -> Result<Self, ExternalKeyIdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        // Dots alone would be taken as a place in the path.
        let dots = name.bytes().all(|byte| byte == b'.');
        match name.len() <= KEY_ID_BYTES_MAX && !dots && name.bytes().all(allowed) {
            true => Ok(Self(name.to_owned())),
            false => Err(ExternalKeyIdError),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl fmt::Display for ExternalKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ExternalKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternalKeyId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_reads_back_as_it_was_written() {
        for uri in [
            "https://xks.example.com/kms/xks/v1",
            "https://xks.example.com:8443/a-b/c_d/kms/xks/v1",
            "http://127.0.0.1:8000/kms/xks/v1",
            "http://[::1]:8000/kms/xks/v1",
            "http://localhost/kms/xks/v1",
        ] {
            assert_eq!(Endpoint::parse(uri).map(|endpoint| endpoint.to_string()), Ok(uri.to_owned()));
        }
        let endpoint = Endpoint::parse("https://XKS.example.com:443/kms/xks/v1").expect("valid");
        assert_eq!((endpoint.authority().as_str(), endpoint.port()), ("xks.example.com", 443));
    }

    #[test]
    fn what_is_no_endpoint_is_refused_with_its_reason() {
        let long = format!("https://h/{}/kms/xks/v1", "p".repeat(PATH_BYTES_MAX - 12));
        assert!(Endpoint::parse(&long).is_ok());
        for (uri, error) in [
            ("xks.example.com/kms/xks/v1", EndpointError::Scheme),
            ("http://xks.example.com/kms/xks/v1", EndpointError::Clear),
            ("http://127.0.0.1.example.com/kms/xks/v1", EndpointError::Clear),
            ("https://xks.example.com", EndpointError::Version),
            ("https://xks.example.com/kms/xks/v2", EndpointError::Version),
            ("https://xks.example.com/kms/xks/v1/", EndpointError::Version),
            ("https://xks.example.com/a%20/kms/xks/v1", EndpointError::Path),
            ("https://xks.example.com//kms/xks/v1", EndpointError::Path),
            ("https://xks.example.com/../kms/xks/v1", EndpointError::Path),
            (&long.replace("/p", "/pp"), EndpointError::Path),
            ("https:///kms/xks/v1", EndpointError::Authority),
            ("https://h:/kms/xks/v1", EndpointError::Authority),
            ("https://h:0/kms/xks/v1", EndpointError::Authority),
            ("https://h:65536/kms/xks/v1", EndpointError::Authority),
            ("https://h:+1/kms/xks/v1", EndpointError::Authority),
            ("https://user@h/kms/xks/v1", EndpointError::Authority),
            ("https://[::1/kms/xks/v1", EndpointError::Authority),
            ("https://h\r\nx/kms/xks/v1", EndpointError::Authority),
        ] {
            assert_eq!(Endpoint::parse(uri), Err(error), "{uri}");
        }
    }

    #[test]
    fn the_longest_uri_is_accepted_and_one_byte_more_is_not() {
        let endpoint = Endpoint::parse(&format!("https://{}/kms/xks/v1", "h".repeat(100))).expect("valid");
        let room = URI_BYTES_MAX - 8 - 100 - 11;
        assert!(endpoint.path(&"k".repeat(room)).is_ok());
        assert_eq!(endpoint.path(&"k".repeat(room + 1)), Err(EndpointError::TooLong));
    }

    #[test]
    fn the_longest_key_id_is_accepted_and_one_byte_more_is_not() {
        assert!(ExternalKeyId::new(&"k".repeat(KEY_ID_BYTES_MAX)).is_ok());
        for name in ["", "..", "a/b", "a b", "ä", "a%2e", &"k".repeat(KEY_ID_BYTES_MAX + 1)] {
            assert_eq!(ExternalKeyId::new(name), Err(ExternalKeyIdError), "{name}");
        }
    }
}
