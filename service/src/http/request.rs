//! One request at the rim: which route, how large, how long.

use std::future::poll_fn;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::http::request::Parts as Head;
use hyper::{Method, Request, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::log::Line;
use super::{Bounds, Shared};
use crate::console;
use crate::kms::{Kms, Logging, Reply as Answer, Step};
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};
use crate::wire::error;

type Reply = Response<Full<Bytes>>;

const JSON: &str = "application/x-amz-json-1.1";
/// Why nobody has looked at the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spoiled {
    /// The headers before it are longer than permitted.
    HeadTooLong,
    /// It is longer than permitted.
    TooLong,
    /// It took longer than permitted.
    TooSlow,
    /// It broke off, or is none.
    Broken,
}

impl Spoiled {
    /// What the log calls it, and the HTTP status.
    fn name(self) -> (&'static str, u16) {
        match self {
            Self::HeadTooLong => ("head-refused", 431),
            Self::TooLong => ("body-too-long", 413),
            Self::TooSlow => ("body-too-slow", 408),
            Self::Broken => ("body-broken", 400),
        }
    }

    fn refusal(self, bounds: &Bounds) -> Refusal {
        let message = match self {
            Self::HeadTooLong => format!("The headers are longer than {} bytes.", bounds.header_bytes),
            Self::TooLong => format!("The body is longer than {} bytes.", bounds.body_bytes),
            Self::TooSlow => format!("The body did not arrive within {} ms.", bounds.body_time.as_millis()),
            Self::Broken => "The body broke off.".to_owned(),
        };
        Refusal::new(Why::Serialization, message)
    }
}

const TEXT: &str = "text/plain; version=0.0.4";

pub(super) async fn answer(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    peer: IpAddr,
    tls: Option<(String, String)>,
) -> Reply {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // What answers GET answers HEAD; hyper leaves the body away.
    match (&method, path.as_str()) {
        (&Method::GET | &Method::HEAD, "/healthz") => return reply(200, TEXT, "ok\n".into()),
        (&Method::GET | &Method::HEAD, "/readyz") => return ready(shared).await,
        (&Method::GET | &Method::HEAD, "/metrics") => {
            return reply(200, TEXT, shared.metrics.text(shared.kms.rewrap_left.load(Ordering::Relaxed)));
        }
        (&Method::POST, "/wardbook/reset" | "/wardbook/clock") if shared.settings.development.is_some() => {
            return develop(shared, &path, request).await;
        }
        (&Method::GET, path) if shared.settings.console && console::is_meant(path) => {
            return show(shared, &request, peer).await;
        }
        _ => {}
    }
    let began = Instant::now();
    let (head, body) = request.into_parts();
    let Ok(room) = Arc::clone(&shared.room).try_acquire_owned() else {
        shared.metrics.shed.fetch_add(1, Ordering::Relaxed);
        let answered = shed(&shared.kms, &raw_of(head, Bytes::new(), peer, tls)).await;
        let line = Line { event: "shed", peer: Some(peer.to_string()), ..Line::default() };
        return respond(shared, answered, Line { duration: Some(began.elapsed()), ..line });
    };
    let _under_way = UnderWay::of(shared);
    let lengths = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let collected = match lengths.sum::<usize>() > shared.settings.bounds.header_bytes {
        true => Err(Spoiled::HeadTooLong),
        false => collect(body, &shared.settings.bounds).await,
    };
    let (body, spoiled) = match collected {
        Ok(body) => (body, None),
        Err(spoiled) => (Bytes::new(), Some(spoiled)),
    };
    let raw = raw_of(head, body, peer, tls);
    let answered = match spoiled {
        None => answer_soon(shared, raw, room).await,
        Some(spoiled) => {
            let (kms, bounds) = (Arc::clone(&shared.kms), shared.settings.bounds);
            let decline = move || {
                let declined = kms.decline(&raw, spoiled.name().1, spoiled.refusal(&bounds));
                drop(room);
                declined
            };
            tokio::task::spawn_blocking(decline).await.ok()
        }
    };
    let event = spoiled.map_or("request", |spoiled| spoiled.name().0);
    if let Some(spoiled) = spoiled.filter(|_| answered.is_some()) {
        let counter = match spoiled {
            Spoiled::HeadTooLong => &shared.metrics.heads_refused,
            Spoiled::TooLong => &shared.metrics.bodies_too_long,
            Spoiled::TooSlow => &shared.metrics.bodies_too_slow,
            Spoiled::Broken => &shared.metrics.bodies_broken,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
    let line = Line { event, peer: Some(peer.to_string()), duration: Some(began.elapsed()), ..Line::default() };
    respond(shared, answered, line)
}

/// What is sent for an answer, which is none if somebody panicked, with its line in the operator's log.
fn respond(shared: &Shared, answered: Option<Answer>, line: Line<'_>) -> Reply {
    let Some(answered) = answered else {
        shared.say(&Line { status: Some(500), ..line });
        return refuse(&Refusal::new(Why::Internal, ""));
    };
    shared.metrics.count(answered.status);
    let (status, request_id) = (Some(answered.status), Some(answered.request_id.as_str()));
    shared.say(&Line { status, told: Some(&answered.told), request_id, ..line });
    let mut response = reply(answered.status, answered.content_type, answered.body);
    for (name, value) in [("x-amzn-requestid", Some(answered.request_id)), ("x-wardbook-explain", answered.explain)] {
        // What a header cannot hold is left out.
        if let Some(value) = value.and_then(|value| value.parse().ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn raw_of(head: Head, body: Bytes, peer: IpAddr, tls: Option<(String, String)>) -> Raw {
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
    Raw { method: head.method.to_string(), path, query, headers, body, peer, tls }
}

/// A request counts as under way as long as somebody waits for it.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn of(shared: &'a Shared) -> Self {
        shared.metrics.under_way.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.metrics.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers here what takes microseconds, and has threads go on with the rest. None if somebody panicked.
async fn answer_soon(shared: &Arc<Shared>, raw: Raw, room: OwnedSemaphorePermit) -> Option<Answer> {
    let (mut raw, room) = (raw, Arc::new(room));
    let mut step = catch_unwind(AssertUnwindSafe(|| shared.kms.begin(&raw))).ok()?;
    loop {
        let kms = Arc::clone(&shared.kms);
        match step {
            Step::Done(reply) => return Some(*reply),
            Step::Logging(logging) => return logged(&kms, *logging).await,
            Step::Blocks(blocked) => match shared.pools.turn(blocked.pool()).await {
                None => step = kms.turn_away(&raw, *blocked),
                Some(turn) => {
                    let room = Arc::clone(&room);
                    let go_on = move || {
                        let step = kms.go_on(&raw, *blocked);
                        drop((turn, room));
                        (raw, step)
                    };
                    (raw, step) = tokio::task::spawn_blocking(go_on).await.ok()?;
                }
            },
        }
    }
}

/// The reply to a request for which there is no room. Nobody waits for it but its own connection.
async fn shed(kms: &Arc<Kms>, raw: &Raw) -> Option<Answer> {
    match catch_unwind(AssertUnwindSafe(|| kms.shed(raw))).ok()? {
        Step::Done(reply) => Some(*reply),
        Step::Logging(logging) => logged(kms, *logging).await,
        Step::Blocks(_) => None,
    }
}

/// The reply, once its event is durable.
async fn logged(kms: &Arc<Kms>, logging: Logging) -> Option<Answer> {
    if !logging.is_durable() {
        let durable = poll_fn(|context| logging.poll(context.waker()));
        // Whoever has waited so long gives the disk up in `reply`, for everybody.
        let _ = tokio::time::timeout(logging.limit(), durable).await;
    }
    let kms = Arc::clone(kms);
    match logging.is_late(&kms) {
        false => Some(logging.reply(&kms)),
        true => tokio::task::spawn_blocking(move || logging.reply(&kms)).await.ok(),
    }
}

/// The body, if it is short enough and comes soon enough.
async fn collect(body: Incoming, bounds: &Bounds) -> Result<Bytes, Spoiled> {
    // What says itself that it is too long need not be waited for.
    if body.size_hint().lower() > u64::try_from(bounds.body_bytes).unwrap_or(u64::MAX) {
        return Err(Spoiled::TooLong);
    }
    let collected = tokio::time::timeout(bounds.body_time, Limited::new(body, bounds.body_bytes).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Spoiled::TooLong),
        Ok(Err(_)) => Err(Spoiled::Broken),
        Err(_) => Err(Spoiled::TooSlow),
    }
}

async fn ready(shared: &Arc<Shared>) -> Reply {
    let kms = Arc::clone(&shared.kms);
    match tokio::task::spawn_blocking(move || kms.is_ready()).await {
        Ok(true) => reply(200, TEXT, "ready\n".into()),
        _ => reply(503, TEXT, "not ready\n".into()),
    }
}

/// A page of the console.
async fn show(shared: &Arc<Shared>, request: &Request<Incoming>, peer: IpAddr) -> Reply {
    let path = request.uri().path().to_owned();
    let host = request.headers().get(hyper::header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let kms = Arc::clone(&shared.kms);
    let shown = tokio::task::spawn_blocking(move || console::show(&kms, &path, peer, host.as_deref())).await;
    let Ok(shown) = shown else { return reply(500, TEXT, String::new()) };
    let mut response = reply(shown.status, shown.content_type, shown.body);
    for (name, value) in [
        ("content-security-policy", console::CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

/// The routes of development: they exist only where a clock may be moved.
async fn develop(shared: &Arc<Shared>, path: &str, request: Request<Incoming>) -> Reply {
    let Some(clock) = shared.settings.development.clone() else { return reply(404, TEXT, String::new()) };
    let body = match collect(request.into_body(), &shared.settings.bounds).await {
        Ok(body) => body,
        Err(spoiled) => return reply(spoiled.name().1, TEXT, String::new()),
    };
    let kms = Arc::clone(&shared.kms);
    if path == "/wardbook/reset" {
        return match tokio::task::spawn_blocking(move || kms.reset()).await {
            Ok(Ok(())) => reply(200, TEXT, String::new()),
            _ => reply(500, TEXT, String::new()),
        };
    }
    let body: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
    let seconds = body.as_ref().and_then(|body| body.get("advance_seconds")).and_then(serde_json::Value::as_u64);
    let Some(seconds) = seconds.and_then(|seconds| u32::try_from(seconds).ok()) else {
        return reply(400, TEXT, "write {\"advance_seconds\": n}\n".into());
    };
    if !clock.advance(seconds) {
        return reply(400, TEXT, "the clock goes up to the year 9999\n".into());
    }
    // What has become due is done before this is answered.
    match tokio::task::spawn_blocking(move || kms.tick()).await {
        Ok(failed) if failed.is_empty() => reply(200, TEXT, String::new()),
        _ => reply(500, TEXT, String::new()),
    }
}

fn refuse(refusal: &Refusal) -> Reply {
    reply(error::status(refusal.why), JSON, error::body(refusal))
}

fn reply(status: u16, kind: &'static str, body: String) -> Reply {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
