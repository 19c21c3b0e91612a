//! The four calls of a proxy, each signed, each over before its deadline.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use wardbook_backend::call::Call;
use wardbook_backend::error::{BackendError, InputError};
use wardbook_backend::operation::OperationKind;
use wardbook_backend::random::Random;

use crate::credential::Credential;
use crate::endpoint::{Endpoint, ExternalKeyId};
use crate::limits::{ASSOCIATED_BYTES_MAX, EXCHANGE, PLAINTEXT_BYTES_MAX};
use crate::message::{self, Metadata, Sealed, Standing, Status};
use crate::refusal::{Refusal, Refused};
use crate::reply::Malformed;
use crate::sigv4::{self, Request, Scope};
use crate::tls::{Trust, TrustError};
use crate::transport::{Transport, TransportError};

/// Where a proxy is, how to be believed by it, and how long to wait for it.
pub struct Settings {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The region that signatures name.
    pub region: String,
    /// What the proxy knows us by.
    pub credential: Credential,
    /// Whom to believe that they are the proxy; must be there for `https`.
    pub trust: Option<Trust>,
    /// How long one exchange may take; [`EXCHANGE`] is what AWS KMS allows.
    pub patience: Duration,
}

/// Why settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// `https` without roots.
    #[error("an `https` endpoint needs trusted roots")]
    NoTrust,
    /// See [`TrustError`].
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A host that no certificate can name.
    #[error("the host of the endpoint is not one that a certificate can name")]
    Host,
    /// Not a region.
    #[error("a region has 1 to 64 characters of a-z 0-9 -")]
    Region,
    /// No time at all, or more than a minute.
    #[error("patience with a proxy is more than zero and at most a minute")]
    Patience,
}

/// The time of day. Signatures name it.
pub trait WallClock: Send + Sync {
    /// The time since 1970 in UTC, without leap seconds.
    fn now(&self) -> Duration;
}

/// The system's time of day.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Told of every exchange, for logs and meters.
pub trait Observer: Send + Sync {
    /// One exchange is over.
    fn exchange(&self, exchange: &Exchange<'_>);
}

/// One exchange with a proxy. Nothing in it is secret.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The call.
    pub api: Api,
    /// The key, where there is one.
    pub key: Option<&'a ExternalKeyId>,
    /// `kmsRequestId`, which the proxy logs too.
    pub request_id: &'a str,
    /// How long it took.
    pub took: Duration,
    /// What the proxy refused, if it did.
    pub refusal: Option<Refusal>,
    /// The proxy's own words about that.
    pub message: Option<&'a str>,
    /// What came of it.
    pub error: Option<BackendError>,
}

/// The calls of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// GetKeyMetadata
    Metadata,
    /// Encrypt
    Encrypt,
    /// Decrypt
    Decrypt,
    /// GetHealthStatus
    Health,
}

/// A proxy, as its client sees it.
pub struct Client {
    endpoint: Endpoint,
    region: String,
    credential: RwLock<Arc<Credential>>,
    patience: Duration,
    transport: Transport,
    random: Arc<dyn Random>,
    clock: Arc<dyn WallClock>,
    observer: Option<Arc<dyn Observer>>,
}

/// On whose behalf a call is made, where its labels do not say.
#[derive(Clone, Copy)]
pub struct Behalf<'a> {
    /// The operation, in the words of the KMS API.
    pub operation: &'a str,
    /// The key, in its owner's words.
    pub key: Option<&'a str>,
}

const SERVICE: &str = "kms-xks-proxy";
const PATIENCE_MAX: Duration = Duration::from_secs(60);

impl Settings {
    /// Settings with the protocol's own patience.
    pub fn new(endpoint: Endpoint, region: &str, credential: Credential, trust: Option<Trust>) -> Self {
        Self { endpoint, region: region.to_owned(), credential, trust, patience: EXCHANGE }
    }
}

impl Client {
    /// A client; connects when it has to.
    pub fn new(
        settings: Settings,
        random: Arc<dyn Random>,
        clock: Arc<dyn WallClock>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<Self, SettingsError> {
        let Settings { endpoint, region, credential, trust, patience } = settings;
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > 64 || !region.bytes().all(letter) {
            return Err(SettingsError::Region);
        }
        if patience.is_zero() || patience > PATIENCE_MAX {
            return Err(SettingsError::Patience);
        }
        let tls = match (endpoint.is_tls(), trust) {
            (true, Some(trust)) => Some(trust.config()?),
            (true, None) => return Err(SettingsError::NoTrust),
            (false, _) => None,
        };
        let transport = Transport::new(&endpoint, tls).ok_or(SettingsError::Host)?;
        let credential = RwLock::new(Arc::new(credential));
        Ok(Self { endpoint, region, credential, patience, transport, random, clock, observer })
    }

    /// Where the proxy is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Signs with another credential from here on. Calls under way are not disturbed.
    pub fn set_credential(&self, credential: Credential) {
        *self.credential.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(credential);
    }

    /// What the proxy says about a key.
    pub fn metadata(&self, key: &ExternalKeyId, behalf: Behalf<'_>, call: &Call<'_>) -> Result<Metadata, BackendError> {
        self.call(Api::Metadata, Some(key), behalf, call, |_| (), |body| message::metadata(body).map_err(malformed))
    }

    /// Encrypts. What comes back has the integrity value that it should have.
    pub fn encrypt(
        &self,
        key: &ExternalKeyId,
        plaintext: &[u8],
        associated: &[u8],
        behalf: Behalf<'_>,
        call: &Call<'_>,
    ) -> Result<Sealed, BackendError> {
        within(plaintext, PLAINTEXT_BYTES_MAX)?;
        within(associated, ASSOCIATED_BYTES_MAX)?;
        let fill = |body: &mut _| message::encrypt(body, plaintext, associated);
        self.call(Api::Encrypt, Some(key), behalf, call, fill, |body| {
            let (sealed, integrity) = message::sealed(body).map_err(malformed)?;
            let expected = message::integrity_value(&sealed, associated);
            match bool::from(expected.ct_eq(&integrity)) && sealed.ciphertext.len() == plaintext.len() {
                true => Ok(sealed),
                false => Err(BackendError::Integrity),
            }
        })
    }

    /// Decrypts.
    pub fn decrypt(
        &self,
        key: &ExternalKeyId,
        sealed: &Sealed,
        associated: &[u8],
        behalf: Behalf<'_>,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, BackendError> {
        within(&sealed.ciphertext, PLAINTEXT_BYTES_MAX)?;
        within(associated, ASSOCIATED_BYTES_MAX)?;
        let fill = |body: &mut _| message::decrypt(body, sealed, associated);
        self.call(Api::Decrypt, Some(key), behalf, call, fill, |body| {
            let plaintext = message::plaintext(body).map_err(malformed)?;
            match plaintext.len() == sealed.ciphertext.len() {
                true => Ok(plaintext),
                false => Err(BackendError::Integrity),
            }
        })
    }

    /// How the proxy is, and what is behind it.
    pub fn health(&self, behalf: Behalf<'_>, call: &Call<'_>) -> Result<Status, BackendError> {
        self.call(Api::Health, None, behalf, call, |_| (), |body| message::status(body).map_err(malformed))
    }

    /// One call: within the deadline, signed, observed.
    fn call<T>(
        &self,
        api: Api,
        key: Option<&ExternalKeyId>,
        behalf: Behalf<'_>,
        call: &Call<'_>,
        fill: impl FnOnce(&mut Map<String, Value>),
        read: impl FnOnce(&[u8]) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let start = Instant::now();
        let patience = call.left()?.map_or(self.patience, |left| left.min(self.patience));
        let request_id = self.request_id()?;
        let standing = Standing { operation: behalf.operation, key: behalf.key, request_id: &request_id };
        let metadata = message::request_metadata(call, &standing, api == Api::Health)?;
        let request_id = metadata.get("kmsRequestId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut body = Map::from_iter([("requestMetadata".to_owned(), Value::Object(metadata))]);
        fill(&mut body);
        let request = self.request(api, key, Value::Object(body).to_string().as_bytes())?;

        let answer = self.transport.exchange(&request, start + patience);
        let (result, refused) = match answer {
            Ok(reply) if reply.status == 200 => (read(&reply.body), None),
            Ok(reply) => {
                let refused = Refused::read(reply.status, &reply.body);
                (Err(refused.refusal.error(api.operation())), Some(refused))
            }
            Err(TransportError::Timeout) => (Err(BackendError::Timeout), None),
            Err(TransportError::Broken) => (Err(BackendError::Unavailable), None),
            Err(TransportError::Malformed) => (Err(BackendError::Internal), None),
        };
        if let Some(observer) = &self.observer {
            observer.exchange(&Exchange {
                api,
                key,
                request_id: &request_id,
                took: start.elapsed(),
                refusal: refused.as_ref().map(|refused| refused.refusal),
                message: refused.as_ref().and_then(|refused| refused.message.as_deref()),
                error: result.as_ref().err().copied(),
            });
        }
        result
    }

    /// A whole request, as it goes out.
    fn request(&self, api: Api, key: Option<&ExternalKeyId>, body: &[u8]) -> Result<Vec<u8>, BackendError> {
        let suffix = match key {
            Some(key) => format!("/keys/{key}/{}", api.path()),
            None => format!("/{}", api.path()),
        };
        let path = self.endpoint.path(&suffix).map_err(|_| BackendError::InvalidInput(InputError::Id))?;
        let (host, time) = (self.endpoint.authority(), self.time()?);
        let headers = [("host", host.as_str()), ("x-amz-date", time.as_str())];
        let request = Request { method: "POST", path: &path, headers: &headers, body };
        let credential = Arc::clone(&self.credential.read().unwrap_or_else(PoisonError::into_inner));
        let scope = Scope { time: &time, region: &self.region, service: SERVICE };
        let authorization = sigv4::authorization(credential.access_key_id(), credential.secret(), scope, &request);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nX-Amz-Date: {time}\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Ok([head.as_bytes(), body].concat())
    }

    fn time(&self) -> Result<String, BackendError> {
        let seconds = i64::try_from(self.clock.now().as_secs()).map_err(|_| BackendError::Internal)?;
        let time = DateTime::from_timestamp(seconds, 0).ok_or(BackendError::Internal)?;
        Ok(time.format("%Y%m%dT%H%M%SZ").to_string())
    }

    /// A random UUID, for calls whose labels name no request.
    fn request_id(&self) -> Result<String, BackendError> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes)?;
        let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        let digits = format!("{number:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
    }
}

impl Api {
    fn path(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::Health => "health",
        }
    }

    /// What is refused when this is refused.
    fn operation(self) -> OperationKind {
        match self {
            Self::Metadata | Self::Health => OperationKind::Adopt,
            Self::Encrypt => OperationKind::Encrypt,
            Self::Decrypt => OperationKind::Decrypt,
        }
    }
}

fn within(bytes: &[u8], bytes_max: usize) -> Result<(), BackendError> {
    match bytes.len() <= bytes_max {
        true => Ok(()),
        false => Err(InputError::TooLong { bytes_max }.into()),
    }
}

fn malformed(Malformed: Malformed) -> BackendError {
    BackendError::Internal
}

impl WallClock for SystemClock {
    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
