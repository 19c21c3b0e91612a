//! One bucket: its connection, the threads that wait for it, and how long they do.

use std::future::Future;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, sync_channel};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientConfigKey, ClientOptions, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt,
    RetryConfig,
};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::listing::Page;
use super::{Access, ObjectError};
use crate::limits::{OBJECT_ATTEMPT_SECONDS_MAX, OBJECT_ERROR_CHARS_MAX, OBJECT_RETRIES_MAX};

/// A bucket.
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    /// Always there until it is dropped.
    runtime: Option<Runtime>,
    patience: Duration,
    hint: &'static str,
}

/// Some bytes of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    /// How many the whole object has.
    pub(super) length: u64,
    /// Which state of the object they are of.
    pub(super) state: Option<String>,
}

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The store said no, and would again.
    Refused(String),
    /// It said nothing that can be used, however often it was asked.
    NoAnswer(String),
}

/// What is waited for.
pub(super) struct Pending<T>(Receiver<Result<T, Failure>>);

impl<T> Pending<T> {
    pub(super) fn wait(self) -> Result<T, Failure> {
        // Nothing is sent if the runtime was ended first.
        self.0.recv().unwrap_or_else(|RecvError| Err(Failure::NoAnswer("given up".to_owned())))
    }
}

impl Bucket {
    /// Prepares to ask; no request is made.
    pub(super) fn connect(name: &str, access: &Access) -> Result<Self, ObjectError> {
        let wrong = |error: Error| ObjectError::Access(said(&error));
        let attempt = access.patience.min(Duration::from_secs(OBJECT_ATTEMPT_SECONDS_MAX));
        let options =
            ClientOptions::new().with_timeout(attempt).with_connect_timeout(attempt.min(Duration::from_secs(5)));
        let backoff = BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() };
        let retry = RetryConfig { backoff, max_retries: OBJECT_RETRIES_MAX, retry_timeout: access.patience };
        let mut builder = AmazonS3Builder::new().with_client_options(options);
        for (variable, value) in &access.variables {
            if let Ok(key) = variable.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
                builder = builder.with_config(key, value);
            }
        }
        let http = AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp);
        let allows_http = builder.get_config_value(&http).is_some_and(|value| value == "true" || value == "1");
        for key in [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint] {
            let Some(endpoint) = builder.get_config_value(&key) else { continue };
            if is_loopback(&endpoint) {
                builder = builder.with_allow_http(true);
            } else if endpoint.starts_with("http://") && !allows_http {
                let message = format!("`{endpoint}` is not encrypted; set AWS_ALLOW_HTTP=true if it may be used");
                return Err(ObjectError::Access(message));
            }
            break;
        }
        let has_none = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
            .into_iter()
            .chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SKIP_SIGNATURE"])
            .all(|name| access.variable(name).is_none());
        if has_none && access.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value == "true") {
            return Err(ObjectError::Access(NO_CREDENTIALS.to_owned()));
        }
        let store = builder.with_bucket_name(name).with_retry(retry).build().map_err(wrong)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("objects").enable_all().build()?;
        let hint = if has_none { NO_CREDENTIALS } else { "" };
        Ok(Self { store: Arc::new(store), runtime: Some(runtime), patience: access.patience, hint })
    }

    /// Some of the objects whose keys begin with a prefix.
    pub(super) fn page(&self, prefix: &str, page_token: Option<String>) -> Result<Page, String> {
        let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
        let store = self.store.clone();
        let pending = self.begin(move || {
            let (store, prefix, page_token) = (store.clone(), prefix.clone(), page_token.clone());
            async move {
                let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
                let page = store.list_paginated(prefix.as_deref(), options).await?;
                let object = |meta: object_store::ObjectMeta| (meta.location.to_string(), meta.size);
                let objects = page.result.objects.into_iter().map(object).collect();
                Ok(Page { objects, token: page.page_token })
            }
        });
        pending.wait().map_err(|failure| match failure {
            Failure::Refused(why) => why,
            Failure::NoAnswer(why) if self.hint.is_empty() => why,
            Failure::NoAnswer(why) => format!("{why} ({})", self.hint),
        })
    }

    /// Begins to fetch a part of an object; it must be in that state if one is given.
    pub(super) fn part(&self, key: &str, range: Range<u64>, state: Option<String>) -> Pending<Part> {
        let (store, key) = (self.store.clone(), key.to_owned());
        self.begin(move || {
            let (store, key, range, state) = (store.clone(), key.clone(), range.clone(), state.clone());
            async move { part(&store, &Path::parse(key).map_err(Error::from)?, range, state).await }
        })
    }

    /// Begins to ask how many bytes an object has.
    pub(super) fn length(&self, key: &str) -> Pending<u64> {
        let (store, key) = (self.store.clone(), key.to_owned());
        self.begin(move || {
            let (store, key) = (store.clone(), key.clone());
            async move { Ok(store.head(&Path::parse(key).map_err(Error::from)?).await?.size) }
        })
    }

    /// Begins something that the store itself does not try again when the answer breaks off.
    fn begin<T, F>(&self, what: impl Fn() -> F + Send + 'static) -> Pending<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send,
    {
        let (send, receive) = sync_channel(1);
        let patience = self.patience;
        let task = async move {
            // Nobody may want it any more.
            let _ = send.send(again(what, patience).await);
        };
        if let Some(runtime) = &self.runtime {
            runtime.spawn(task);
        }
        Pending(receive)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // A name that is still being looked up is not waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

const NO_CREDENTIALS: &str = "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if \
     there is one; `aws configure export-credentials --format env` prints those of a profile";

/// Tries until there is an answer, the patience is at its end, or nothing else is to be expected.
async fn again<T, F: Future<Output = Result<T, Error>>>(
    what: impl Fn() -> F,
    patience: Duration,
) -> Result<T, Failure> {
    let end = Instant::now() + patience;
    let mut last = format!("no answer within {} seconds", patience.as_secs_f32());
    for retry in 0..=OBJECT_RETRIES_MAX {
        if retry > 0 {
            tokio::time::sleep(Duration::from_millis(100 << retry)).await;
        }
        let answer = match tokio::time::timeout_at(end, what()).await {
            Ok(answer) => answer,
            Err(_) => break,
        };
        match answer {
            Ok(found) => return Ok(found),
            Err(error) if !is_no_answer(&error) => return Err(Failure::Refused(said(&error))),
            Err(error) => last = said(&error),
        }
        if last.contains(TRIED) {
            break;
        }
    }
    Err(Failure::NoAnswer(last))
}

/// What errors of requests say that the store's client itself has sent again.
const TRIED: &str = " retries, max_retries: ";

/// What errors say if the store understood the request and will not do it.
const REFUSED: &[&str] = &["status code: 4", "Received redirect without LOCATION"];

/// Whether the store might say something else next time.
fn is_no_answer(error: &Error) -> bool {
    let text = error.to_string();
    matches!(error, Error::Generic { .. }) && !REFUSED.iter().any(|words| text.contains(words))
}

async fn part(store: &AmazonS3, key: &Path, range: Range<u64>, state: Option<String>) -> Result<Part, Error> {
    let options = GetOptions { range: Some(GetRange::Bounded(range)), if_match: state, ..GetOptions::default() };
    let got = store.get_opts(key, options).await?;
    let (length, state) = (got.meta.size, got.meta.e_tag.clone());
    let promised = got.range.end.saturating_sub(got.range.start) as usize;
    let mut bytes = Vec::with_capacity(promised);
    let mut stream = got.into_stream();
    while let Some(more) = stream.next().await {
        bytes.extend_from_slice(&more?);
        if bytes.len() > promised {
            break;
        }
    }
    match bytes.len() == promised {
        true => Ok(Part { bytes: bytes.into(), length, state }),
        false => Err(Error::Generic { store: "S3", source: "the answer is not as long as it says".into() }),
    }
}

/// Whether an endpoint is on this machine, where nobody listens in.
fn is_loopback(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What went wrong, in the words of the store where it has some.
fn said(error: &Error) -> String {
    let whole = error.to_string();
    let text = match (error, code(&whole)) {
        (Error::NotFound { .. }, None | Some("NoSuchKey")) => "there is no such object".to_owned(),
        (Error::Precondition { .. }, _) => "it changed while it was read".to_owned(),
        (_, Some(code)) => match between(&whole, "<Message>", "</Message>") {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        },
        (Error::Generic { source, .. }, None) => with_cause(source.as_ref()),
        (other, None) => with_cause(other),
    };
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(OBJECT_ERROR_CHARS_MAX).collect()
}

/// An error, and the innermost reason, which says what happened: refused, reset, timed out.
fn with_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let text = error.to_string();
    let mut innermost = error;
    while let Some(deeper) = innermost.source() {
        innermost = deeper;
    }
    let inner = innermost.to_string();
    if text.contains(&inner) { text } else { format!("{text}: {inner}") }
}

/// The name that the store has for what went wrong.
fn code(text: &str) -> Option<&str> {
    between(text, "<Code>", "</Code>")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}
