//! A request as it arrived: what the signature is over, before anybody believes any of it.

use std::net::IpAddr;

use bytes::Bytes;

/// Method, path, query, headers and body, unread.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// What stood after the question mark.
    pub query: String,
    /// Names in lower case, values as they were sent, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
    /// The address of the peer.
    pub peer: IpAddr,
    /// TLS version and cipher suite, if the connection has them.
    pub tls: Option<(String, String)>,
}

impl Raw {
    /// The first header of a name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(value).ok()
    }

    /// Whether a header is there.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }
}
