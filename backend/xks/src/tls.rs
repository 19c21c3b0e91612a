//! How a proxy proves that it is the one, and how we prove the same where it asks.
//!
//! TLS 1.2 and 1.3 over AWS-LC, the library that the `aws-lc` backend computes with.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use wardbook_backend::secret::Secret;

/// Whom to believe. Files are their owner's to read.
#[derive(Debug)]
pub struct Trust {
    /// Certificates of the authorities that may vouch for the proxy, as PEM.
    pub roots: Vec<u8>,
    /// What to show a proxy that asks for a client certificate.
    pub identity: Option<Identity>,
}

/// A client certificate and its key.
#[derive(Debug)]
pub struct Identity {
    /// The certificate, then those that lead to its root, as PEM.
    pub chain: Vec<u8>,
    /// The private key, as PEM.
    pub key: Secret,
}

/// Why trust could not be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The roots are no certificates, or there are none.
    #[error("the trusted roots are not certificates in PEM, or there are none")]
    Roots,
    /// The client certificate or its key cannot be used.
    #[error("the client certificate and its key are not PEM, or do not belong together")]
    Identity,
}

impl Trust {
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.roots).ok_or(TrustError::Roots)? {
            roots.add(certificate).map_err(|_| TrustError::Roots)?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| TrustError::Roots)?
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let chain = certificates(&identity.chain).ok_or(TrustError::Identity)?;
                let key = PrivateKeyDer::from_pem_slice(identity.key.expose()).map_err(|_| TrustError::Identity)?;
                builder.with_client_auth_cert(chain, key).map_err(|_| TrustError::Identity)?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|certificates| !certificates.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_at_once() {
        for roots in [&b""[..], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"x"] {
            let trust = Trust { roots: roots.to_vec(), identity: None };
            assert_eq!(trust.config().err(), Some(TrustError::Roots));
        }
    }
}
