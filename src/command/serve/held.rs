//! `--backend xks:…`: every key has a half of its own here and needs one external key, which its holder can withhold.
//!
//! A proxy makes no keys, so the external key is one that its holder has made before. What is encrypted goes through the
//! local half first and through the proxy second. Only symmetric encryption keys can be held in this way.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use wardbook_backend::backend::{Backend, Depth, Destruction, Health};
use wardbook_backend::call::{Call, Monotonic};
use wardbook_backend::capability::{Capabilities, Capability};
use wardbook_backend::error::BackendError;
use wardbook_backend::import::{ImportOffer, ImportSession, Imported, Wrapping};
use wardbook_backend::key::KeyHandle;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::System;
use wardbook_backend::secret::Secret;
use wardbook_backend::token::{Binding, KeyToken};
use wardbook_backend_xks::client::{Client, Settings, SystemClock};
use wardbook_backend_xks::credential::Credential;
use wardbook_backend_xks::endpoint::{Endpoint, ExternalKeyId};
use wardbook_backend_xks::tls::Trust;
use wardbook_backend_xks::xks::Xks;

use super::assemble::read_private;

/// The region that signatures name, unless the URI says another one.
const REGION: &str = "us-east-1";
/// How long connecting may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);
const NAMES: &str = "key, credential-file, roots and region";

/// Keys that need an external key.
pub(super) struct Held {
    xks: Xks,
    external: String,
    capabilities: Capabilities,
}

/// What a URI says after `xks:`.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    endpoint: &'a str,
    key: &'a str,
    credential_file: &'a str,
    roots: Option<&'a str>,
    region: &'a str,
}

impl<'a> Place<'a> {
    fn read(uri: &'a str) -> anyhow::Result<Self> {
        let mut parts = uri.split(';');
        let endpoint = parts.next().unwrap_or_default();
        let mut found: Vec<(&str, &str)> = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else { bail!("`{part}` is no setting; there are {NAMES}") };
            let known = matches!(name, "key" | "credential-file" | "roots" | "region");
            if !known || value.is_empty() || found.iter().any(|(its, _)| *its == name) {
                bail!("`{part}` is unknown, empty or given twice; there are {NAMES}");
            }
            found.push((name, value));
        }
        let get = |name: &str| found.iter().find(|(its, _)| *its == name).map(|(_, value)| *value);
        let need = |name: &str| get(name).with_context(|| format!("`xks:` needs `;{name}=...`"));
        Ok(Self {
            endpoint,
            key: need("key")?,
            credential_file: need("credential-file")?,
            roots: get("roots"),
            region: get("region").unwrap_or(REGION),
        })
    }
}

impl Held {
    /// Connects to the proxy of `https://HOST/.../kms/xks/v1;key=ID;credential-file=FILE`. `local` makes the halves that
    /// are here.
    pub(super) fn connect(uri: &str, local: Arc<dyn Backend>) -> anyhow::Result<Self> {
        let place = Place::read(uri)?;
        let text = read_private(Path::new(place.credential_file))?;
        let credential = credential(&text).with_context(|| format!("`{}`", place.credential_file))?;
        let roots = place.roots.map(|path| fs::read(path).with_context(|| format!("cannot read `{path}`")));
        let trust = roots.transpose()?.map(|roots| Trust { roots, identity: None });
        let endpoint = Endpoint::parse(place.endpoint)?;
        ExternalKeyId::new(place.key)?;
        let settings = Settings::new(endpoint, place.region, credential, trust);
        let client = Client::new(settings, Arc::new(System), Arc::new(SystemClock), None)?;
        let clock = Monotonic::start();
        let call = Call::within(&clock, CONNECT_TIME);
        let connected = Xks::connect(client, local, Arc::new(System), None, &call);
        let xks = connected.with_context(|| format!("the proxy at `{}` cannot be used", place.endpoint))?;
        let capabilities = capabilities(xks.capabilities());
        Ok(Self { xks, external: place.key.to_owned(), capabilities })
    }
}

/// What the proxy knows us by. What the file holds stays out of every message.
fn credential(text: &str) -> anyhow::Result<Credential> {
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| anyhow::anyhow!("no JSON at line {}, column {}", error.line(), error.column()))?;
    let members = value.as_object().filter(|members| members.len() == 2);
    let member = |name: &str| members.and_then(|members| members.get(name)).and_then(serde_json::Value::as_str);
    match (member("access_key_id"), member("secret_access_key")) {
        (Some(id), Some(secret)) => Ok(Credential::new(id, Secret::copy(secret.as_bytes()))?),
        _ => bail!("an object of `access_key_id` and `secret_access_key`, both texts, is wanted"),
    }
}

/// A key is made by adopting the external one; everything else is as it is there.
fn capabilities(of: &Capabilities) -> Capabilities {
    let rows = of.rows().iter().filter_map(|row| match row.operation {
        OperationKind::Adopt => Some(Capability { operation: OperationKind::Generate, ..*row }),
        OperationKind::Encrypt | OperationKind::Decrypt => Some(*row),
        // What follows from these is found again.
        _ => None,
    });
    Capabilities::probe(rows, |_| Ok(()))
}

impl Backend for Held {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn serves(&self, token: &KeyToken) -> bool {
        self.xks.serves(token)
    }

    fn health(&self, depth: Depth, call: &Call<'_>) -> Result<Health, BackendError> {
        self.xks.health(depth, call)
    }

    fn generate(&self, binding: &Binding, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        self.capabilities.covers(binding.spec(), binding.usage(), OperationKind::Generate).then_some(()).ok_or({
            let (spec, operation) = (binding.spec(), OperationKind::Generate);
            BackendError::Unsupported { spec, operation, algorithm: None, message: None }
        })?;
        self.xks.adopt(binding, &self.external, call)
    }

    fn begin_import(
        &self,
        binding: &Binding,
        wrapping: Wrapping,
        call: &Call<'_>,
    ) -> Result<ImportOffer, BackendError> {
        self.xks.begin_import(binding, wrapping, call)
    }

    fn import(
        &self,
        binding: &Binding,
        session: &ImportSession,
        wrapped: &[u8],
        call: &Call<'_>,
    ) -> Result<Imported, BackendError> {
        self.xks.import(binding, session, wrapped, call)
    }

    fn open(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<KeyHandle, BackendError> {
        self.xks.open(token, binding, call)
    }

    fn destroy(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Destruction, BackendError> {
        self.xks.destroy(token, binding, call)
    }

    fn rewrap(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Option<KeyToken>, BackendError> {
        self.xks.rewrap(token, binding, call)
    }

    fn random(&self, bytes: &mut [u8], call: &Call<'_>) -> Result<(), BackendError> {
        self.xks.random(bytes, call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_two_texts_and_no_message_repeats_them() {
        let (id, secret) = ("A".repeat(20), "s".repeat(43));
        let text = format!(r#"{{"access_key_id": "{id}", "secret_access_key": "{secret}"}}"#);
        assert_eq!(credential(&text).expect("a credential").access_key_id(), id);
        for wrong in [
            text.replace('}', ""),
            text.replace("access_key_id", "access_key"),
            text.replace('}', ", \"more\": 1}"),
            text.replace("ss", ""),
            "[]".to_owned(),
        ] {
            let told = credential(&wrong).expect_err("refused").to_string();
            assert!(!told.contains("sss") && !told.contains("AAA"), "{told}");
        }
    }

    #[test]
    fn a_place_says_key_and_credential_and_nothing_unknown() {
        let place =
            Place::read("https://x/kms/xks/v1;key=k;credential-file=/c;roots=/r;region=eu-west-1").expect("a place");
        let wanted = Place {
            endpoint: "https://x/kms/xks/v1",
            key: "k",
            credential_file: "/c",
            roots: Some("/r"),
            region: "eu-west-1",
        };
        assert_eq!(place, wanted);
        for (uri, told) in [
            ("https://x/v1", "needs `;key="),
            ("https://x/v1;key=k", "needs `;credential-file="),
            ("https://x/v1;key=k;key=l", "given twice"),
            ("https://x/v1;key=", "empty"),
            ("https://x/v1;secret=s", "unknown"),
            ("https://x/v1;key", "is no setting"),
        ] {
            let error = Place::read(uri).expect_err(uri).to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
