//! TLS to PostgreSQL: the chain and the name of the server are always looked at, against authorities that the operator
//! names.
//!
//! libpq has modes that encrypt and do not look who answers; they would protect from nobody who can answer, so here
//! `require` and `verify-ca` mean what `verify-full` means.

use std::fs;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use super::super::StoreError;

/// What a URL says of TLS, in the words of libpq.
#[derive(Debug, Default)]
pub(super) struct Wish {
    /// `sslmode`.
    pub(super) mode: Option<String>,
    /// `sslrootcert`: the file of the authorities.
    pub(super) roots: Option<String>,
    /// `sslcert` and `sslkey`: what we show a server that asks.
    pub(super) identity: (Option<String>, Option<String>),
}

impl Wish {
    /// Takes what is said of TLS out of a URL.
    pub(super) fn take(url: &str) -> Result<(String, Self), StoreError> {
        let Some((place, query)) = url.split_once('?') else { return Ok((url.to_owned(), Self::default())) };
        let (mut wish, mut rest) = (Self::default(), Vec::new());
        for part in query.split('&') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let kept = match name {
                "sslmode" => &mut wish.mode,
                "sslrootcert" => &mut wish.roots,
                "sslcert" => &mut wish.identity.0,
                "sslkey" => &mut wish.identity.1,
                _ => {
                    rest.push(part);
                    continue;
                }
            };
            let value = decoded(value).ok_or_else(|| bad(format!("`{name}` is not percent-encoded text")))?;
            if kept.replace(value).is_some() {
                return Err(bad(format!("`{name}` is given twice")));
            }
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        Ok((format!("{place}{query}"), wish))
    }

    /// How to connect, from the files that are named.
    pub(super) fn connector(&self) -> Result<Connector, StoreError> {
        let path = self.roots.as_deref().ok_or_else(|| {
            bad("TLS to PostgreSQL needs `sslrootcert=FILE`, the certificates of who may vouch for it, in PEM".into())
        })?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| bad(format!("`{path}`: {error}")))?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(error.to_string()))?
            .with_root_certificates(roots);
        let config = match &self.identity {
            (None, None) => builder.with_no_client_auth(),
            (Some(chain), Some(key)) => {
                let bytes = PrivateKeyDer::from_pem_file(key);
                let bytes = bytes.map_err(|_| bad(format!("`{key}` is no private key in PEM")))?;
                let config = builder.with_client_auth_cert(certificates(chain)?, bytes);
                config.map_err(|error| bad(format!("`{chain}` and `{key}`: {error}")))?
            }
            _ => return Err(bad("`sslcert` and `sslkey` go together".into())),
        };
        Ok(Connector(TlsConnector::from(Arc::new(config))))
    }
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let text = fs::read(path).map_err(|error| bad(format!("`{path}` cannot be read: {error}")))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| bad(format!("`{path}` has no certificates in PEM")))
}

fn bad(message: String) -> StoreError {
    StoreError::Unavailable(message)
}

fn decoded(value: &str) -> Option<String> {
    let mut parts = value.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) =
            part.split_at_checked(2).filter(|(digits, _)| digits.bytes().all(|it| it.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Makes connections of one configuration.
#[derive(Clone)]
pub(super) struct Connector(TlsConnector);

/// One connection to be made.
pub(super) struct Handshake {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// A connection.
pub(super) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Connector {
    type Stream = Stream<S>;
    type TlsConnect = Handshake;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Handshake, Self::Error> {
        Ok(Handshake { connector: self.0.clone(), name: ServerName::try_from(domain.to_owned())? })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { self.connector.connect(self.name, stream).await.map(Stream) })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    /// None: who answers is known by its certificate.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_tls_comes_out_of_the_url() {
        let url = "postgres://w@h/d?sslmode=verify-full&a=b&sslrootcert=%2Fmy%20ca.pem&sslcert=c&sslkey=k";
        let (rest, wish) = Wish::take(url).expect("a wish");
        assert_eq!(rest, "postgres://w@h/d?a=b");
        assert_eq!((wish.mode.as_deref(), wish.roots.as_deref()), (Some("verify-full"), Some("/my ca.pem")));
        assert_eq!(wish.identity, (Some("c".to_owned()), Some("k".to_owned())));
        assert_eq!(Wish::take("postgres://w@h/d").expect("none").0, "postgres://w@h/d");
        assert_eq!(Wish::take("postgres://w@h/d?sslmode=disable").expect("one").0, "postgres://w@h/d");
        for wrong in
            ["x?sslmode=a&sslmode=b", "x?sslrootcert=%2", "x?sslrootcert=%zz", "x?sslrootcert=%+1", "x?sslcert=%ff"]
        {
            assert!(Wish::take(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_are_looked_at_before_anything_is_sent() {
        let told = |url: &str| match Wish::take(url).and_then(|(_, wish)| wish.connector()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../backend/xks/testdata");
        assert_eq!(told(&format!("x?sslrootcert={folder}/root.pem")), "");
        let client = format!("x?sslrootcert={folder}/root.pem&sslcert={folder}/client.pem");
        assert_eq!(told(&format!("{client}&sslkey={folder}/client.key")), "");
        assert!(told(&client).contains("go together"));
        assert!(told(&format!("{client}&sslkey={folder}/client.pem")).contains("no private key"));
        assert!(told("x?sslmode=require").contains("needs `sslrootcert=FILE`"));
        assert!(told("x?sslrootcert=/nowhere").contains("cannot be read"));
        assert!(told(&format!("x?sslrootcert={folder}/README.md")).contains("no certificates"));
    }
}
