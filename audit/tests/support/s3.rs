//! A server on loopback that speaks enough S3 to be listed and read, and misbehaves as it is told.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const BUCKET: &str = "trail";

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing, so that it is the request after this one.
    Nothing,
    /// It is answered with this status and the store's name for what is wrong.
    Refused(u16, &'static str),
    /// The connection ends in the middle of the answer.
    CutOff,
    /// There is no answer at all.
    Silent,
    /// The answer comes a few bytes at a time.
    Slow,
    /// The whole object is sent where a part was asked for.
    WholeObject,
    /// The object is another one from now on.
    Replaced,
    /// The next page is this one.
    SamePage,
    /// What is told was not asked for.
    OtherKeys,
    /// The answer is no XML.
    Garbage,
}

/// A server. It stops when this is dropped.
pub struct Server {
    address: SocketAddr,
    inside: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    page_keys: AtomicUsize,
    /// What goes wrong with requests for a key (or `?` for listings), and how often.
    mishaps: Mutex<Vec<(String, Mishap, usize)>>,
    requests: Mutex<Vec<String>>,
    now: AtomicUsize,
    busiest: AtomicUsize,
    stopped: AtomicBool,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Arc::new(Inside { page_keys: AtomicUsize::new(1_000), ..Inside::default() });
        let server = Server { address, inside: inside.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if inside.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let inside = inside.clone();
                std::thread::spawn(move || inside.serve(stream.unwrap()));
            }
        });
        server
    }

    /// What a client's environment says about it.
    pub fn variables(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    pub fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) -> &Server {
        self.inside.objects.lock().unwrap().insert(key.to_owned(), bytes.into());
        self
    }

    /// How many keys a page has.
    pub fn page_keys(&self, count: usize) -> &Server {
        self.inside.page_keys.store(count, Ordering::SeqCst);
        self
    }

    /// Lets the next requests for a key go wrong; `?` is for listings.
    pub fn mishap(&self, key: &str, mishap: Mishap, times: usize) -> &Server {
        self.inside.mishaps.lock().unwrap().push((key.to_owned(), mishap, times));
        self
    }

    /// What was asked for so far: method, key or `?prefix`, and range.
    pub fn requests(&self) -> Vec<String> {
        self.inside.requests.lock().unwrap().clone()
    }

    /// How many requests were answered at a time at most.
    pub fn busiest(&self) -> usize {
        self.inside.busiest.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.inside.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(self.address);
    }
}

/// A request as far as it matters here.
struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    range: Option<(usize, usize)>,
    if_match: Option<String>,
    is_signed: bool,
}

/// An answer.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Inside {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(request) = request(&mut reader).filter(|_| !self.stopped.load(Ordering::SeqCst)) {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.busiest.fetch_max(now, Ordering::SeqCst);
            let goes_on = self.answer(&request, &stream);
            self.now.fetch_sub(1, Ordering::SeqCst);
            if !goes_on {
                return;
            }
        }
    }

    /// Whether the connection stays.
    fn answer(&self, request: &Request, stream: &TcpStream) -> bool {
        let listing = request.path.trim_end_matches('/') == format!("/{BUCKET}");
        let key = request.path.strip_prefix(&format!("/{BUCKET}/")).unwrap_or_default();
        let about = if listing { "?" } else { key };
        let range = request.range.map(|(start, end)| format!(" {start}-{end}")).unwrap_or_default();
        let prefix = request.query.get("prefix").cloned().unwrap_or_default();
        let what = if listing { format!("?{prefix}") } else { key.to_owned() };
        self.requests.lock().unwrap().push(format!("{} {what}{range}", request.method));

        let mishap = self.mishap(about);
        let answer = match mishap {
            _ if !request.is_signed => error(403, "AccessDenied", "not signed"),
            Some(Mishap::Refused(status, code)) => error(status, code, "so it was told"),
            _ if listing => self.list(request, mishap),
            _ => self.get(key, request, mishap),
        };
        self.send(&answer, request.method == "HEAD", mishap, stream)
    }

    fn mishap(&self, about: &str) -> Option<Mishap> {
        let mut mishaps = self.mishaps.lock().unwrap();
        let (_, mishap, times) = mishaps.iter_mut().find(|(key, _, times)| key == about && *times > 0)?;
        *times -= 1;
        Some(*mishap)
    }

    fn list(&self, request: &Request, mishap: Option<Mishap>) -> Answer {
        let text = |name: &str| request.query.get(name).cloned().unwrap_or_default();
        assert_eq!(text("list-type"), "2");
        let (prefix, token) = (text("prefix"), text("continuation-token"));
        let objects = self.objects.lock().unwrap();
        let is_asked = |key: &str| match mishap {
            Some(Mishap::OtherKeys) => true,
            _ => key.starts_with(&prefix) && key > &*token,
        };
        let keys: Vec<_> = objects.iter().filter(|(key, _)| is_asked(key)).collect();
        let page = &keys[..keys.len().min(self.page_keys.load(Ordering::SeqCst))];
        let mut body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>".to_owned();
        for (key, bytes) in page {
            let key = escaped(key);
            let (length, tag) = (bytes.len(), tag(bytes).replace('"', "&quot;"));
            body.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2026-04-01T00:00:00.000Z</LastModified>\
                <ETag>{tag}</ETag><Size>{length}</Size></Contents>"
            ));
        }
        match (mishap, page.last()) {
            (Some(Mishap::SamePage), _) => body.push_str("<NextContinuationToken>~</NextContinuationToken>"),
            (_, Some((last, _))) if page.len() < keys.len() => {
                body.push_str(&format!("<NextContinuationToken>{}</NextContinuationToken>", escaped(last)));
            }
            _ => {}
        }
        body.push_str("</ListBucketResult>");
        let body = if mishap == Some(Mishap::Garbage) { "no XML".to_owned() } else { body };
        Answer { status: 200, headers: Vec::new(), body: body.into_bytes() }
    }

    fn get(&self, key: &str, request: &Request, mishap: Option<Mishap>) -> Answer {
        let mut objects = self.objects.lock().unwrap();
        let Some(object) = objects.get_mut(key) else { return error(404, "NoSuchKey", "there is none") };
        if mishap == Some(Mishap::Replaced) {
            object.reverse();
        }
        let etag = tag(object);
        if request.if_match.as_ref().is_some_and(|wanted| *wanted != etag) {
            return error(412, "PreconditionFailed", "it is another one");
        }
        let mut headers = vec![("ETag", etag), ("Last-Modified", "Wed, 01 Apr 2026 00:00:00 GMT".to_owned())];
        match request.range {
            Some((start, end)) if mishap != Some(Mishap::WholeObject) => {
                if start >= object.len() {
                    return error(416, "InvalidRange", "there is no such part");
                }
                let end = end.min(object.len() - 1);
                headers.push(("Content-Range", format!("bytes {start}-{end}/{}", object.len())));
                Answer { status: 206, headers, body: object[start..=end].to_vec() }
            }
            _ => Answer { status: 200, headers, body: object.clone() },
        }
    }

    fn send(&self, answer: &Answer, is_head: bool, mishap: Option<Mishap>, mut stream: &TcpStream) -> bool {
        if mishap == Some(Mishap::Silent) {
            while !self.stopped.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            return false;
        }
        let mut head = format!("HTTP/1.1 {} Whatever\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let body: &[u8] = if is_head { &[] } else { &answer.body };
        let body = if mishap == Some(Mishap::CutOff) { &body[..body.len() / 2] } else { body };
        let sent = stream.write_all(head.as_bytes()).and_then(|()| match mishap {
            Some(Mishap::Slow) => body.chunks(body.len() / 8 + 1).try_for_each(|some| {
                std::thread::sleep(Duration::from_millis(20));
                stream.write_all(some)
            }),
            _ => stream.write_all(body),
        });
        sent.is_ok() && mishap != Some(Mishap::CutOff)
    }
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer { status, headers: Vec::new(), body: body.into_bytes() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn tag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("\"{:016x}\"", hasher.finish())
}

/// Reads one request; there is none if the connection is closed.
fn request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    let mut request = Request { method, path: decoded(path), query, range: None, if_match: None, is_signed: false };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            return Some(request);
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match &*name.to_ascii_lowercase() {
            "range" => {
                let (start, end) = value.strip_prefix("bytes=")?.split_once('-')?;
                request.range = Some((start.parse().ok()?, end.parse().ok()?));
            }
            "if-match" => request.if_match = Some(value.to_owned()),
            "authorization" => {
                let scope = "/eu-west-1/s3/aws4_request";
                request.is_signed = value.starts_with("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
                    && value.contains(scope)
                    && value.contains("Signature=");
            }
            _ => {}
        }
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (b'%', [high, low, more @ ..]) => {
                let digits = String::from_utf8_lossy(&[*high, *low]).into_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                rest = more;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}
