//! Requests out, answers in, over connections that are kept for the next request, until a moment and no longer.
//!
//! An HTTP/1.1 client of its own, because every single wait has to end at one deadline: looking the host up,
//! connecting, the handshake, a peer that trickles bytes. It follows no redirect and decodes no content.
//!
//! A request is sent again only if a kept connection turns out to have been closed before one byte of an answer
//! came. What the four calls do can be done twice, so that is safe; everything else is for the caller to judge.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::endpoint::Endpoint;
use crate::limits::{IDLE, IDLE_CONNECTIONS_MAX};
use crate::reply::{self, Malformed, Reply};
use crate::resolve::Resolver;

/// The way to one proxy.
pub(crate) struct Transport {
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    resolver: Resolver,
    idle: Mutex<Vec<Kept>>,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// The moment came first.
    Timeout,
    /// No connection, or it broke.
    Broken,
    /// What came is no answer.
    Malformed,
}

struct Kept {
    stream: Stream,
    since: Instant,
}

enum Stream {
    Clear(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket on which no operation lasts beyond a moment.
struct Timed {
    socket: TcpStream,
    until: Instant,
}

/// A failure, and whether it came before the first byte of an answer.
struct Failure {
    error: TransportError,
    unanswered: bool,
}

impl Transport {
    /// `None` if TLS is wanted and the host is no name to prove.
    pub(crate) fn new(endpoint: &Endpoint, tls: Option<Arc<ClientConfig>>) -> Option<Self> {
        let tls = match tls {
            None => None,
            Some(config) => Some((config, ServerName::try_from(endpoint.host().to_owned()).ok()?)),
        };
        let resolver = Resolver::new(endpoint.host(), endpoint.port());
        Some(Self { tls, resolver, idle: Mutex::default() })
    }

    /// Sends a whole request and reads its answer.
    pub(crate) fn exchange(&self, request: &[u8], until: Instant) -> Result<Reply, TransportError> {
        if let Some(stream) = self.take() {
            match self.exchange_on(stream, request, until) {
                Err(Failure { error: TransportError::Broken, unanswered: true }) => {}
                other => return other.map_err(|failure| failure.error),
            }
        }
        let stream = self.connect(until)?;
        self.exchange_on(stream, request, until).map_err(|failure| failure.error)
    }

    fn exchange_on(&self, mut stream: Stream, request: &[u8], until: Instant) -> Result<Reply, Failure> {
        stream.timed().until = until;
        let reply = stream.exchange(request)?;
        if reply.reusable {
            let mut idle = self.idle();
            if idle.len() < IDLE_CONNECTIONS_MAX {
                idle.push(Kept { stream, since: Instant::now() });
            }
        }
        Ok(reply)
    }

    /// A kept connection on which nothing has happened since.
    fn take(&self) -> Option<Stream> {
        let mut idle = self.idle();
        while let Some(Kept { mut stream, since }) = idle.pop() {
            if since.elapsed() < IDLE && stream.timed().is_quiet() {
                return Some(stream);
            }
        }
        None
    }

    fn connect(&self, until: Instant) -> Result<Stream, TransportError> {
        let addresses = self.resolver.addresses(until);
        for (tried, address) in addresses.iter().enumerate() {
            let left = left(until).map_err(|_| TransportError::Timeout)?;
            // An address that swallows packets leaves time for the others.
            let share = left / u32::try_from(addresses.len() - tried).unwrap_or(1);
            let Ok(socket) = TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) else { continue };
            socket.set_nodelay(true).map_err(|_| TransportError::Broken)?;
            let timed = Timed { socket, until };
            return match &self.tls {
                None => Ok(Stream::Clear(timed)),
                Some((config, name)) => {
                    let connection = ClientConnection::new(Arc::clone(config), name.clone());
                    let connection = connection.map_err(|_| TransportError::Broken)?;
                    Ok(Stream::Tls(Box::new(StreamOwned::new(connection, timed))))
                }
            };
        }
        match left(until) {
            Ok(_) => Err(TransportError::Broken),
            Err(_) => Err(TransportError::Timeout),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    fn timed(&mut self) -> &mut Timed {
        match self {
            Self::Clear(timed) => timed,
            Self::Tls(stream) => &mut stream.sock,
        }
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Reply, Failure> {
        let sent = self.write_all(request).and_then(|()| self.flush());
        sent.map_err(|error| Failure { error: error.into(), unanswered: true })?;
        let mut answer = Vec::new();
        let mut chunk = [0; 8_192];
        loop {
            let unanswered = answer.is_empty();
            let read = match self.read(&mut chunk) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure { error: error.into(), unanswered }),
            };
            answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
            match (reply::parse(&answer, read == 0), read) {
                (Ok(Some(reply)), _) => return Ok(reply),
                (Ok(None), 0) => return Err(Failure { error: TransportError::Broken, unanswered }),
                (Ok(None), _) => {}
                (Err(Malformed), _) => return Err(Failure { error: TransportError::Malformed, unanswered: false }),
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(timed) => timed.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(timed) => timed.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(timed) => timed.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

impl Timed {
    /// Neither closed nor speaking out of turn.
    fn is_quiet(&self) -> bool {
        let peeked = self.socket.set_nonblocking(true).and_then(|()| self.socket.peek(&mut [0]));
        let waiting = matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock);
        waiting && self.socket.set_nonblocking(false).is_ok()
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(left(self.until)?))?;
        self.socket.read(buffer).map_err(late)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(left(self.until)?))?;
        self.socket.write(bytes).map_err(late)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
    left.ok_or_else(|| ErrorKind::TimedOut.into())
}

/// Systems differ in what they call a wait that was too long.
fn late(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    fn transport(listener: &TcpListener) -> Transport {
        let address = listener.local_addr().expect("bound");
        let endpoint = Endpoint::parse(&format!("http://{address}/kms/xks/v1")).expect("valid");
        Transport::new(&endpoint, None).expect("no name to prove")
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[test]
    fn no_more_connections_are_kept_than_the_limit_says() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let transport = transport(&listener);
        let calls = IDLE_CONNECTIONS_MAX + 1;
        let all = Barrier::new(calls);
        thread::scope(|scope| {
            for _ in 0..calls {
                scope.spawn(|| transport.exchange(b"request", soon()).map(|reply| reply.status));
            }
            for _ in 0..calls {
                let (mut socket, _) = listener.accept().expect("a connection");
                let all = &all;
                scope.spawn(move || {
                    // Nobody is answered before everybody has a connection.
                    all.wait();
                    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("written");
                    let _ = socket.read(&mut [0; 16]);
                });
            }
        });
        assert_eq!(transport.idle().len(), IDLE_CONNECTIONS_MAX);
    }

    #[test]
    fn a_connection_is_kept_as_long_as_the_limit_says() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let transport = transport(&listener);
        let keep = |age: Duration| {
            let stream = transport.connect(soon()).expect("connects");
            let since = Instant::now().checked_sub(age).expect("the machine has run for longer");
            transport.idle().push(Kept { stream, since });
            transport.take().is_some()
        };
        assert!(keep(IDLE / 2));
        assert!(!keep(IDLE));
    }

    #[test]
    fn after_the_moment_nothing_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let passed = Instant::now();
        assert_eq!(transport(&listener).exchange(b"request", passed), Err(TransportError::Timeout));
        listener.set_nonblocking(true).expect("set");
        assert!(listener.accept().is_err(), "nobody connected");
    }
}
