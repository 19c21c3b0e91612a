//! A small external key store proxy on loopback, which can misbehave on purpose.
//!
//! Written from the specification and not from the client: it checks signatures, paths, sizes and encodings by
//! itself, and keeps real AES-256-GCM keys. Ends when it is dropped.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const ACCESS_KEY_ID: &str = "AKIAI2SFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "FYtE5EFA5FT0mCc3DrGUe2sti527BitkQ0Zr9MO9fvE";
pub(crate) const REGION: &str = "eu-west-1";
/// What the clocks of the tests show.
pub(crate) const NOW: u64 = 1_700_000_000;
const DATE: &str = "20231114";
const TIME: &str = "20231114T221320Z";
const PREFIX: &str = "/tenant/kms/xks/v1";

/// What goes wrong with one answer.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The answer takes this long to begin.
    Slow(Duration),
    /// No answer ever.
    Hang,
    /// The answer comes a byte at a time, with a pause before each.
    Trickle(Duration),
    /// The connection ends after so many bytes of the answer.
    CutAfter(usize),
    /// The connection is reset instead of an answer.
    Reset,
    /// The connection is closed instead of an answer.
    Close,
    /// The stated length is off by so much.
    LengthOff(isize),
    /// These bytes instead of an answer.
    Raw(Vec<u8>),
    /// This body under this status.
    Body(u16, Vec<u8>),
    /// An error of the protocol.
    Refuse(u16, &'static str),
    /// The answer with one of its members changed.
    Change(fn(&mut Value)),
    /// The last answer to the same call once more.
    Replay,
    /// In chunks, as some servers answer.
    Chunked,
    /// A second answer that nobody asked for follows the first.
    Twice,
    /// The answer, and then the end of the connection without notice.
    ThenClose,
}

/// One request, as it was understood.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) connection: usize,
}

pub(crate) struct Key {
    cipher: Aes256Gcm,
    pub(crate) spec: &'static str,
    pub(crate) usage: Vec<&'static str>,
    pub(crate) status: &'static str,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) health: &'static str,
    pub(crate) ciphertext_metadata: Vec<u8>,
    pub(crate) long_iv: bool,
    pub(crate) ignore_associated: bool,
    pub(crate) secret: String,
    last: BTreeMap<String, (u16, Value)>,
    made: u64,
    connections: usize,
    open: BTreeMap<usize, TcpStream>,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let state = State { health: "ACTIVE", secret: SECRET.to_owned(), ..State::default() };
        let (state, ended) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let (shared, end) = (Arc::clone(&state), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            let mut serving = Vec::new();
            while let Ok((socket, _)) = listener.accept() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let number = {
                    let mut state = shared.lock().expect("state");
                    state.connections += 1;
                    let number = state.connections;
                    state.open.insert(number, socket.try_clone().expect("clone"));
                    number
                };
                let (shared, end) = (Arc::clone(&shared), Arc::clone(&end));
                serving.push(thread::spawn(move || serve(&socket, number, &shared, &end)));
            }
            serving.into_iter().for_each(|thread| thread.join().expect("the proxy did not panic"));
        });
        Self { address, state, ended, thread: Some(thread) }
    }

    pub(crate) fn uri(&self) -> String {
        format!("http://{}{PREFIX}", self.address)
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("state"))
    }

    pub(crate) fn add_key(&self, id: &str) {
        let material: [u8; 32] = Sha256::digest(id).into();
        let key = Key {
            cipher: Aes256Gcm::new(&material.into()),
            spec: "AES_256",
            usage: vec!["ENCRYPT", "DECRYPT", "WRAP"],
            status: "ENABLED",
        };
        self.with(|state| state.keys.insert(id.to_owned(), key));
    }

    /// The next answers go wrong like this, one each.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.with(|state| state.faults.extend(faults));
    }

    /// The answer to a request that came some other way.
    pub(crate) fn answer(&self, head: &str, body: &[u8]) -> String {
        let (_, (status, answer)) = self.with(|state| understand(state, head, body, 0));
        let text = answer.to_string();
        format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{text}", text.len())
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.with(|state| std::mem::take(&mut state.seen))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        for socket in self.with(|state| std::mem::take(&mut state.open)).into_values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        let ended = self.thread.take().expect("running").join();
        assert!(ended.is_ok() || thread::panicking(), "the proxy found something wrong with a request");
    }
}

fn serve(mut socket: &TcpStream, number: usize, shared: &Mutex<State>, ended: &AtomicBool) {
    loop {
        let asked = socket.peek(&mut [0]).is_ok_and(|bytes| bytes > 0);
        {
            // A socket closed with bytes unread is reset.
            let mut state = shared.lock().expect("state");
            if asked && matches!(state.faults.front(), Some(Fault::Reset)) {
                state.faults.pop_front();
                state.open.remove(&number);
                return;
            }
        }
        let Some((head, body)) = read_request(socket) else { return };
        let (fault, status, answer) = {
            let mut state = shared.lock().expect("state");
            let fault = state.faults.pop_front();
            let (path, (status, mut answer)) = understand(&mut state, &head, &body, number);
            if matches!(fault, Some(Fault::Replay)) {
                let (status, answer) = state.last.get(&path).cloned().expect("something to replay");
                (fault, status, answer)
            } else {
                state.last.insert(path, (status, answer.clone()));
                if let Some(Fault::Change(change)) = &fault {
                    change(&mut answer);
                }
                (fault, status, answer)
            }
        };
        let text = answer.to_string();
        let whole = |length: usize| {
            format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{text}")
        };
        let good = whole(text.len());
        let (bytes, stays) = match fault {
            None | Some(Fault::Change(_) | Fault::Replay) => (good.into_bytes(), true),
            Some(Fault::Slow(pause)) => {
                thread::sleep(pause);
                (good.into_bytes(), true)
            }
            Some(Fault::Hang) => {
                while !ended.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(5));
                }
                return;
            }
            Some(Fault::Trickle(pause)) => {
                for byte in good.bytes() {
                    thread::sleep(pause);
                    if ended.load(Ordering::SeqCst) || socket.write_all(&[byte]).is_err() {
                        return;
                    }
                }
                continue;
            }
            Some(Fault::CutAfter(bytes)) => (good.as_bytes()[..bytes].to_vec(), false),
            Some(Fault::Reset) => return,
            Some(Fault::Close) => (Vec::new(), false),
            Some(Fault::LengthOff(off)) => {
                (whole(text.len().checked_add_signed(off).expect("in range")).into_bytes(), true)
            }
            Some(Fault::Raw(bytes)) => (bytes, false),
            Some(Fault::Body(status, body)) => {
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
                ([head.as_bytes(), &body].concat(), true)
            }
            Some(Fault::Refuse(status, name)) => {
                let body = json!({"errorName": name, "errorMessage": "on purpose"}).to_string();
                (format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes(), true)
            }
            Some(Fault::Chunked) => {
                let (first, second) = text.split_at(text.len() / 2);
                let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
                let head = format!("HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n");
                ([head, chunk(first), chunk(second), "0\r\n\r\n".to_owned()].concat().into_bytes(), true)
            }
            Some(Fault::Twice) => {
                socket.write_all(good.as_bytes()).expect("written");
                thread::sleep(Duration::from_millis(20));
                (good.into_bytes(), true)
            }
            Some(Fault::ThenClose) => (good.into_bytes(), false),
        };
        if socket.write_all(&bytes).is_err() || !stays {
            let _ = socket.shutdown(Shutdown::Write);
            return;
        }
    }
}

/// Head and body of the next request, or `None` at the end.
pub(crate) fn read_request(mut socket: impl Read) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII");
            let length: usize = header(&head, "content-length").expect("a length").parse().expect("a number");
            if bytes.len() >= end + 4 + length {
                assert_eq!(bytes.len(), end + 4 + length, "nothing after the request");
                return Some((head, bytes.split_off(end + 4)));
            }
        }
        match socket.read(&mut chunk) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut found = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    found.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn refuse(status: u16, name: &str) -> (u16, Value) {
    (status, json!({"errorName": name}))
}

fn understand(state: &mut State, head: &str, body: &[u8], connection: usize) -> (String, (u16, Value)) {
    let line = head.lines().next().expect("a request line");
    let path = line.strip_prefix("POST ").and_then(|rest| rest.strip_suffix(" HTTP/1.1")).expect("POST over HTTP/1.1");
    let called = path.rsplit('/').next().unwrap_or_default().to_owned();
    if !signed(state, head, path, body) {
        return (called, refuse(401, "AuthenticationFailedException"));
    }
    assert_eq!(header(head, "content-type"), Some("application/json"));
    assert!(path.len() + head.len() < 4096);
    let body: Value = serde_json::from_slice(body).expect("JSON");
    state.seen.push(Seen { path: path.to_owned(), body: body.clone(), connection });
    let answer = answer(state, path, &body);
    (called, answer)
}

fn answer(state: &mut State, path: &str, body: &Value) -> (u16, Value) {
    let labels = &body["requestMetadata"];
    for name in ["kmsRequestId", "kmsOperation"] {
        assert!(labels[name].is_string(), "{name} is required");
    }
    let Some(rest) = path.strip_prefix(PREFIX) else { return refuse(404, "InvalidUriPathException") };
    if rest == "/health" {
        assert_eq!(labels.as_object().map(|labels| labels.len()), Some(2), "no more than the protocol has here");
        let manager = json!({"id": "hsm-1", "model": "Test 1", "healthStatus": state.health});
        return (
            200,
            json!({
                "xksProxyFleetSize": 1, "xksProxyVendor": "wardbook", "xksProxyModel": "test",
                "ekmVendor": "wardbook", "ekmFleetDetails": [manager],
            }),
        );
    }
    assert!(labels["awsPrincipalArn"].is_string(), "awsPrincipalArn is required");
    let parts: Vec<&str> = rest.split('/').collect();
    let ["", "keys", id, call] = parts[..] else { return refuse(404, "InvalidUriPathException") };
    let Some(key) = state.keys.get(id) else { return refuse(404, "KeyNotFoundException") };
    match call {
        "metadata" => (200, json!({"keySpec": key.spec, "keyUsage": key.usage, "keyStatus": key.status})),
        _ if key.status != "ENABLED" => refuse(400, "InvalidStateException"),
        "encrypt" if !key.usage.contains(&"ENCRYPT") => refuse(400, "InvalidKeyUsageException"),
        "decrypt" if !key.usage.contains(&"DECRYPT") => refuse(400, "InvalidKeyUsageException"),
        "encrypt" => {
            let (plaintext, given) = (bytes(body, "plaintext"), bytes(body, "additionalAuthenticatedData"));
            assert!(plaintext.len() <= 4300 && given.len() <= 8192, "sizes that a proxy need not take");
            assert_eq!(body["encryptionAlgorithm"], "AES_GCM");
            assert_eq!(body["ciphertextDataIntegrityValueAlgorithm"], "SHA_256");
            state.made += 1;
            let mut iv = [&[0; 4][..], &state.made.to_be_bytes()].concat();
            let metadata = state.ciphertext_metadata.clone();
            let associated = if state.ignore_associated { Vec::new() } else { bound(&given, &metadata) };
            let nonce = Nonce::try_from(&iv[..]).expect("12 bytes");
            let mut ciphertext =
                key.cipher.encrypt(&nonce, Payload { msg: &plaintext, aad: &associated }).expect("encrypts");
            let tag = ciphertext.split_off(plaintext.len());
            if state.long_iv {
                iv.extend([0; 4]);
            }
            let integrity = Sha256::digest([&given[..], &metadata, &iv, &ciphertext, &tag].concat());
            let mut answer = json!({
                "ciphertext": STANDARD.encode(&ciphertext),
                "initializationVector": STANDARD.encode(&iv),
                "authenticationTag": STANDARD.encode(&tag),
                "ciphertextDataIntegrityValue": STANDARD.encode(integrity),
            });
            if !metadata.is_empty() {
                answer["ciphertextMetadata"] = STANDARD.encode(&metadata).into();
            }
            (200, answer)
        }
        "decrypt" => {
            assert_eq!(body["encryptionAlgorithm"], "AES_GCM");
            let iv = bytes(body, "initializationVector");
            let given = bound(&bytes(body, "additionalAuthenticatedData"), &bytes(body, "ciphertextMetadata"));
            let associated = if state.ignore_associated { Vec::new() } else { given };
            let sealed = [bytes(body, "ciphertext"), bytes(body, "authenticationTag")].concat();
            let tail = if state.long_iv { 16 } else { 12 };
            let nonce = Nonce::try_from(iv.get(..12).unwrap_or_default());
            let opened = nonce.ok().filter(|_| iv.len() == tail && iv[12..].iter().all(|byte| *byte == 0));
            let opened =
                opened.and_then(|nonce| key.cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &associated }).ok());
            match opened {
                Some(plaintext) => (200, json!({"plaintext": STANDARD.encode(plaintext)})),
                None => refuse(400, "InvalidCiphertextException"),
            }
        }
        _ => refuse(404, "InvalidUriPathException"),
    }
}

/// What a proxy authenticates: both parts with their lengths.
fn bound(associated: &[u8], metadata: &[u8]) -> Vec<u8> {
    let length = u16::try_from(associated.len()).expect("short").to_be_bytes();
    [&length, associated, &[u8::try_from(metadata.len()).expect("short")], metadata].concat()
}

fn bytes(body: &Value, name: &str) -> Vec<u8> {
    body.get(name).map_or_else(Vec::new, |text| STANDARD.decode(text.as_str().expect("text")).expect("Base64"))
}

/// Appendix A of the specification, step by step.
fn signed(state: &State, head: &str, path: &str, body: &[u8]) -> bool {
    let mac = |key: &[u8], text: &str| {
        let mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any length");
        mac.chain_update(text).finalize().into_bytes().to_vec()
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (Some(host), Some(time)) = (header(head, "host"), header(head, "x-amz-date")) else { return false };
    if time != TIME {
        return false;
    }
    let hash = hex(&Sha256::digest(body));
    let canonical = format!("POST\n{path}\n\nhost:{host}\nx-amz-date:{time}\n\nhost;x-amz-date\n{hash}");
    let scope = format!("{}/{REGION}/kms-xks-proxy/aws4_request", DATE);
    let to_sign = format!("AWS4-HMAC-SHA256\n{TIME}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mut key = format!("AWS4{}", state.secret).into_bytes();
    for part in [DATE, REGION, "kms-xks-proxy", "aws4_request"] {
        key = mac(&key, part);
    }
    let expected = format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/{scope}, SignedHeaders=host;x-amz-date, Signature={}",
        hex(&mac(&key, &to_sign))
    );
    header(head, "authorization") == Some(&expected)
}
