//! The rim: connections, limits and waits. The only place that is not synchronous.
//!
//! What takes microseconds is done where it arrived, and its reply waits for the disk without a thread; what may block is
//! handed to the threads of a pool. More requests than there is room for are told to slow down, and more connections than
//! there is room for wait to be accepted.

mod files;
mod log;
mod metrics;
mod patience;
mod pools;
mod request;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::clock::SystemClock;
use crate::kms::Kms;
use crate::limits::{
    ACCEPTS_WAITING, BODY_BYTES_MAX, BODY_TIME, CONNECTIONS_MAX, DRAIN_TIME, HEADER_BYTES_MAX, HEADER_TIME,
    HEADERS_MAX, REQUESTS_AT_ONCE_MAX, TAKING_TIME, TICK, WORKERS_MAX,
};

use log::Line;
pub use log::Log;
use metrics::Metrics;
use patience::Patience;
use pools::Pools;

/// How the rim behaves.
#[derive(Clone, Default)]
pub struct Settings {
    /// The certificate and key to serve with; without, connections are in the clear.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The clock that tests may move. With it come the routes for development; without it they do not exist.
    pub development: Option<Arc<SystemClock>>,
    /// Whether there is a console.
    pub console: bool,
    /// Where each request has its line, if anywhere.
    pub log: Option<Arc<Log>>,
    /// What is put up with.
    pub bounds: Bounds,
}

/// How much and how long the rim puts up with; by default what [`crate::limits`] says.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections that are open at once; more wait to be accepted.
    pub connections: usize,
    /// Requests that are worked on at once.
    pub requests_at_once: usize,
    /// The longest body.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// The bytes of all headers together, which are 4096 at least.
    pub header_bytes: usize,
    /// How many headers there may be.
    pub headers: usize,
    /// How long headers may take to arrive.
    pub header_time: Duration,
    /// How long a peer may take to read a reply.
    pub taking_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            requests_at_once: REQUESTS_AT_ONCE_MAX,
            body_bytes: BODY_BYTES_MAX,
            body_time: BODY_TIME,
            header_bytes: HEADER_BYTES_MAX,
            headers: HEADERS_MAX,
            header_time: HEADER_TIME,
            taking_time: TAKING_TIME,
        }
    }
}

/// What all connections share.
struct Shared {
    kms: Arc<Kms>,
    settings: Settings,
    metrics: Metrics,
    room: Arc<Semaphore>,
    pools: Pools,
}

impl Shared {
    /// Writes a line into the operator's log, if there is one.
    fn say(&self, line: &Line<'_>) {
        if let Some(log) = &self.settings.log
            && !log.write(line, self.kms.wall())
        {
            self.metrics.log_lines_lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Serves until the process is told to stop, and then until all requests under way are answered or their time is over.
/// `tell` is called once everything is ready.
pub fn serve(kms: Arc<Kms>, listener: TcpListener, settings: Settings, tell: impl FnOnce()) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    // The standard library lets 128 wait to be accepted; whoever comes after them is told nothing and tries again after
    // a second.
    #[cfg(unix)]
    rustix::net::listen(&listener, ACCEPTS_WAITING)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, usize::from))
        .max_blocking_threads(WORKERS_MAX)
        .enable_all()
        .build()?;
    let room = Arc::new(Semaphore::new(settings.bounds.requests_at_once));
    let shared = Arc::new(Shared { kms, settings, metrics: Metrics::default(), room, pools: Pools::default() });
    runtime.block_on(accept(shared, listener, tell))
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, tell: impl FnOnce()) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let acceptor = shared.settings.tls.clone().map(TlsAcceptor::from);
    let most = files::connections(shared.settings.bounds.connections);
    let connections = Arc::new(Semaphore::new(most));
    let (stop, stopped) = watch::channel(false);
    let (ticking_ends, ends) = std::sync::mpsc::channel::<()>();
    let ticked = Arc::clone(&shared);
    let ticking = std::thread::Builder::new().name("tick".to_owned()).spawn(move || tick(&ticked, &ends))?;
    let prepared = Arc::clone(&shared);
    let preparing = std::thread::Builder::new().name("prepare".to_owned()).spawn(move || prepare(&prepared))?;
    let mut told = Box::pin(told_to_stop()?);
    tell();
    loop {
        // Whoever tells the server to stop waits neither for a place nor for a client.
        let next = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, (stream, peer)) = match select(told.as_mut(), Box::pin(next)).await {
            Either::Left(_) | Either::Right(((Err(_), _), _)) => break,
            Either::Right(((Ok(place), Ok(accepted)), _)) => (place, accepted),
            Either::Right(((Ok(_), Err(_)), _)) => {
                // Out of file descriptors, most likely: those who are served give some back.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let (shared, acceptor, stopped) = (Arc::clone(&shared), acceptor.clone(), stopped.clone());
        tokio::spawn(async move {
            shared.metrics.connections.fetch_add(1, Ordering::Relaxed);
            // A connection that breaks concerns its client alone.
            let _ = connection(&shared, stream, peer, acceptor, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    let _ = stop.send(true);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(DRAIN_TIME, connections.acquire_many(all)).await;
    drop(ticking_ends);
    shared.kms.journal().prepare_no_more();
    let _ = tokio::task::spawn_blocking(move || (ticking.join(), preparing.join())).await;
    Ok(())
}

#[cfg(unix)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let _ = select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Every second: what is due is done, and closed segments of the journal are sealed. It has a thread of its own, since
/// sealing takes much memory for a moment, and an allocator with a heap for each thread would keep that for every thread
/// that ever sealed.
fn tick(shared: &Shared, ends: &std::sync::mpsc::Receiver<()>) {
    let mut goes_on = true;
    while goes_on {
        // Once more at the end: what the last requests left to be told is told by whoever served them.
        goes_on = ends.recv_timeout(TICK) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        for failed in shared.kms.tick() {
            shared.metrics.background_failures.fetch_add(1, Ordering::Relaxed);
            let detail = Some(failed.to_string());
            shared.say(&Line { event: "background-failed", detail, ..Line::default() });
        }
        if shared.kms.journal().has_closed_segments()
            && shared.kms.settle().is_ok()
            && let Err(error) = shared.kms.journal().seal()
        {
            shared.metrics.seal_failures.fetch_add(1, Ordering::Relaxed);
            let detail = Some(error.to_string());
            shared.say(&Line { event: "seal-failed", detail, ..Line::default() });
        }
    }
}

/// Makes the segments of the journal ahead, so that no request waits for that.
fn prepare(shared: &Shared) {
    loop {
        match shared.kms.journal().prepare(TICK) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                shared.metrics.background_failures.fetch_add(1, Ordering::Relaxed);
                let detail = Some(error.to_string());
                shared.say(&Line { event: "background-failed", detail, ..Line::default() });
                std::thread::sleep(TICK);
            }
        }
    }
}

async fn connection(
    shared: &Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(acceptor) = acceptor else {
        return speak(shared, TokioIo::new(stream), peer.ip(), None, stopped).await;
    };
    let shaken = tokio::time::timeout(shared.settings.bounds.header_time, acceptor.accept(stream)).await;
    let stream = shaken.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "TLSv1.2",
    };
    let suite = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown");
    let tls = Some((version.to_owned(), suite.replace("TLS13_", "TLS_")));
    speak(shared, TokioIo::new(stream), peer.ip(), tls, stopped).await
}

async fn speak<I>(
    shared: &Arc<Shared>,
    stream: I,
    peer: IpAddr,
    tls: Option<(String, String)>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, tls) = (Arc::clone(shared), tls.clone());
        async move { Ok::<Response<Full<Bytes>>, hyper::Error>(request::answer(&shared, request, peer, tls).await) }
    });
    let bounds = shared.settings.bounds;
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_time)
        .max_headers(bounds.headers)
        // What is a little over is refused by ourselves, with an event; this is for what nobody wants to hold.
        .max_buf_size(2 * bounds.header_bytes)
        .serve_connection(Patience::new(stream, bounds.taking_time), service);
    let mut connection = std::pin::pin!(connection);
    let ended = match select(connection.as_mut(), Box::pin(stopped.changed())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = &ended {
        spoiled(shared, error, peer);
    }
    ended.map_err(io::Error::other)
}

/// Notes that a head was no request, or too large, of which hyper has told the client with 400 or 431, or that a reply
/// was not read. A head that came too slowly is cut off without a word, as most often it is a client that keeps a
/// connection and has nothing to ask.
fn spoiled(shared: &Shared, error: &hyper::Error, peer: IpAddr) {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    let (counter, event, detail) = match () {
        () if error.is_parse_too_large() => {
            (&shared.metrics.heads_refused, "head-refused", "the head is too large, or has too many headers")
        }
        () if error.is_parse() => (&shared.metrics.heads_refused, "head-refused", "the head is no request"),
        () if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut) => {
            (&shared.metrics.replies_not_taken, "reply-not-taken", "the peer did not read its reply in time")
        }
        () => return,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    let (peer, detail) = (Some(peer.to_string()), Some(detail.to_owned()));
    shared.say(&Line { event, peer, detail, ..Line::default() });
}
