//! Just under and just over every bound of the rim, what the client is told, and what is left of it in the audit log,
//! the metrics and the operator's log.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod kit;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kit::World;
use serde_json::{Value, json};
use wardbook_service::http::{Bounds, Log, Settings, serve};
use wardbook_service::limits::{BODY_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX};
use wardbook_service::quota::{Quotas, Resources};
use wardbook_service::store::SqliteStore;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server that runs until the test is over.
struct Rim {
    world: World,
    address: SocketAddr,
    lines: Lines,
}

impl Rim {
    fn start(bounds: Bounds) -> Rim {
        let world = World::new(std::path::Path::new(""));
        let kms = Arc::new(world.start_with(Box::new(SqliteStore::in_memory().unwrap())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, lines) = (listener.local_addr().unwrap(), Lines::default());
        let log = Some(Arc::new(Log::new(lines.clone()).unwrap()));
        let settings = Settings { log, bounds, ..Settings::default() };
        std::thread::spawn(move || serve(kms, listener, settings, || ()).unwrap());
        Rim { world, address, lines }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// A signed request as it stands on the wire, with more headers.
    fn signed(&self, operation: &str, body: &str, more: &str) -> String {
        let raw = kit::request(&*self.world.clock, operation, body);
        let headers: String = raw
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\r\n", String::from_utf8(value.clone()).unwrap()))
            .collect();
        format!("POST / HTTP/1.1\r\n{headers}content-length: {}\r\nconnection: close\r\n{more}\r\n{body}", body.len())
    }

    fn ask(&self, text: &str) -> (u16, String) {
        let mut stream = self.connect();
        // The server may answer and close before everything was sent.
        let _ = stream.write_all(text.as_bytes());
        answer(stream)
    }

    fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.ask("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        line.unwrap_or_else(|| panic!("{name} in {text}"))
    }

    /// The lines of one kind, once there are so many.
    fn lines(&self, event: &str, least: usize) -> Vec<Value> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let text = String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let found: Vec<Value> = lines.filter(|line| line["event"] == event).collect();
            if found.len() >= least || Instant::now() > end {
                return found;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Status and the whole text.
fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    // A server that closes with something unread resets the connection; what it said before counts.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), text)
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn a_body_may_be_so_long_and_no_longer() {
    let rim = Rim::start(Bounds::default());
    let longest = format!("{{}}{}", " ".repeat(BODY_BYTES_MAX - 2));
    let (status, text) = rim.ask(&rim.signed("ListKeys", &longest, ""));
    assert_eq!(status, 200, "{text}");
    let (status, text) = rim.ask(&rim.signed("ListKeys", &format!("{longest} "), ""));
    assert_eq!(status, 413, "{text}");
    assert!(text.contains(r#"{"__type":"SerializationException","message":"The body is longer than 1048576 bytes."}"#));
    assert_eq!(rim.metric("wardbook_bodies_too_long_total"), 1);

    let events = rim.world.events();
    assert_eq!(events.len(), 2, "both are in the log");
    let event = &events[1];
    assert_eq!(header(&text, "x-amzn-requestid"), event["requestID"].as_str());
    assert_eq!([&event["eventName"], &event["errorCode"]], ["ListKeys", "SerializationException"]);
    assert_eq!(event["userIdentity"]["accessKeyId"], kit::ID);
    assert_eq!(event["userIdentity"]["arn"], Value::Null, "nobody knows who it was");
    let lines = rim.lines("body-too-long", 1);
    assert_eq!(lines.len(), 1);
    assert_eq!([&lines[0]["request_id"], &lines[0]["status"]], [&event["requestID"], &json!(413)]);
}

/// One that says itself that it is too long is not waited for.
#[test]
fn a_body_that_is_announced_as_too_long_is_refused_at_once() {
    let rim = Rim::start(Bounds { body_time: Duration::from_secs(3_600), ..Bounds::default() });
    let length = BODY_BYTES_MAX + 1;
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
    let mut stream = rim.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let (status, text) = answer(stream);
    assert_eq!(status, 413, "{text}");
    assert_eq!(rim.world.events().len(), 1);
}

#[test]
fn a_body_may_take_so_long_and_no_longer() {
    let rim = Rim::start(Bounds { body_time: Duration::from_millis(300), ..Bounds::default() });
    let whole = rim.signed("ListKeys", "{   }", "");
    let (first, rest) = whole.split_at(whole.len() - 3);
    let mut stream = rim.connect();
    stream.write_all(first.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    stream.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(stream).0, 200);
    let mut stream = rim.connect();
    stream.write_all(first.as_bytes()).unwrap();
    let (status, text) = answer(stream);
    assert_eq!(status, 408, "{text}");
    assert!(text.contains("The body did not arrive within 300 ms."), "{text}");
    assert_eq!(rim.metric("wardbook_bodies_too_slow_total"), 1);
    assert_eq!(rim.world.events()[1]["errorMessage"], "The body did not arrive within 300 ms.");
    assert_eq!(rim.lines("body-too-slow", 1).len(), 1);
}

#[test]
fn as_many_are_worked_on_as_there_is_room_for() {
    let rim = Rim::start(Bounds { requests_at_once: 1, ..Bounds::default() });
    let whole = rim.signed("ListKeys", "{}", "");
    assert_eq!(rim.ask(&whole).0, 200);
    let (first, rest) = whole.split_at(whole.len() - 1);
    let mut slow = rim.connect();
    slow.write_all(first.as_bytes()).unwrap();
    // It has the room as soon as the server has read its head.
    let end = Instant::now() + Duration::from_secs(10);
    while rim.metric("wardbook_requests_under_way") == 0 {
        assert!(Instant::now() < end, "the head is read");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (status, text) = rim.ask(&whole);
    assert_eq!(status, 400, "{text}");
    assert!(text.contains(r#""__type":"ThrottlingException""#), "{text}");
    let events = rim.world.events();
    let told = events.iter().find(|event| event["errorCode"] == "ThrottlingException").unwrap();
    assert_eq!(told["requestID"], header(&text, "x-amzn-requestid").unwrap(), "it is in the log as well");
    assert_eq!(told["eventName"], "ListKeys");
    let shed = rim.metric("wardbook_requests_shed_total");
    assert_eq!(shed, 1);
    slow.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(slow).0, 200, "who had the room is answered");
    assert_eq!(rim.ask(&whole).0, 200, "and then there is room again");
    let line = &rim.lines("shed", 1)[0];
    assert_eq!((&line["status"], &line["request_id"]), (&json!(400), &told["requestID"]));
}

#[test]
fn there_may_be_so_many_headers_and_no_more() {
    let rim = Rim::start(Bounds::default());
    // Six stand there already.
    let more = |count: usize| (0..count - 6).map(|number| format!("x-{number}: y\r\n")).collect::<String>();
    let (status, text) = rim.ask(&rim.signed("ListKeys", "{}", &more(HEADERS_MAX)));
    assert_eq!(status, 200, "{text}");
    assert_eq!(rim.ask(&rim.signed("ListKeys", "{}", &more(HEADERS_MAX + 1))).0, 431);
    assert_eq!(rim.lines("head-refused", 1).len(), 1);
    assert_eq!(rim.metric("wardbook_heads_refused_total"), 1);
}

#[test]
fn headers_may_be_so_long_and_no_longer() {
    let rim = Rim::start(Bounds::default());
    let long = |bytes: usize| {
        let least = rim.signed("ListKeys", "{}", "x-long: \r\n").len() - "POST / HTTP/1.1\r\n\r\n{}".len();
        rim.signed("ListKeys", "{}", &format!("x-long: {}\r\n", "y".repeat(bytes - least)))
    };
    let (status, text) = rim.ask(&long(HEADER_BYTES_MAX));
    assert_eq!(status, 200, "{text}");
    let (status, text) = rim.ask(&long(HEADER_BYTES_MAX + 1));
    assert_eq!(status, 431, "{text}");
    assert!(text.contains("The headers are longer than 32768 bytes."), "{text}");
    assert_eq!(rim.world.events()[1]["eventName"], "ListKeys");
    assert_eq!(rim.ask(&long(4 * HEADER_BYTES_MAX)).0, 431, "and what is far over is not even read");
    assert_eq!(rim.lines("head-refused", 2).len(), 2);
    assert_eq!(rim.metric("wardbook_heads_refused_total"), 2);
    assert_eq!(rim.world.events().len(), 2);
}

#[test]
fn a_head_that_comes_too_slowly_is_cut_off() {
    let rim = Rim::start(Bounds { header_time: Duration::from_millis(200), ..Bounds::default() });
    let mut stream = rim.connect();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\n").unwrap();
    let began = Instant::now();
    answer(stream);
    assert!(began.elapsed() < Duration::from_secs(10), "the connection was closed");
    assert_eq!(rim.ask(&rim.signed("ListKeys", "{}", "")).0, 200);
}

/// A client that asks and never reads gives its connection up; one that reads slowly, but in time, has all of it.
#[test]
fn a_reply_that_is_not_read_in_time_is_cut_off() {
    let rim = Rim::start(Bounds { taking_time: Duration::from_millis(500), connections: 1, ..Bounds::default() });
    let text = rim.signed("GenerateRandom", r#"{"NumberOfBytes":1024}"#, "").replace("connection: close\r\n", "");
    let stuffed = || {
        let mut stream = rim.connect();
        stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        // Until there is room for no more questions, since nobody takes the answers.
        while stream.write_all(text.as_bytes()).is_ok() {}
        stream
    };
    let idle = stuffed();
    // The one connection that there may be is free again, though the client holds on to its end.
    assert_eq!(rim.ask(&rim.signed("ListKeys", "{}", "")).0, 200);
    assert_eq!(rim.metric("wardbook_replies_not_taken_total"), 1);
    assert_eq!(rim.lines("reply-not-taken", 1).len(), 1);
    drop(idle);
    let mut slow = rim.connect();
    slow.write_all(rim.signed("GenerateRandom", r#"{"NumberOfBytes":1024}"#, "").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(answer(slow).0, 200);
    assert_eq!(rim.metric("wardbook_replies_not_taken_total"), 1);
}

#[test]
fn whoever_looks_after_it_may_ask_for_heads_alone() {
    let rim = Rim::start(Bounds::default());
    for path in ["/healthz", "/readyz", "/metrics"] {
        for method in ["GET", "HEAD"] {
            let (status, text) = rim.ask(&format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
            assert_eq!(status, 200, "{method} {path}");
            assert_eq!(text.split_once("\r\n\r\n").unwrap().1.is_empty(), method == "HEAD", "{method} {path}");
        }
    }
    assert_eq!(rim.world.events().len(), 0);
}

/// One line for each request, with what an operator looks for and nothing that anybody keeps secret.
#[test]
fn the_log_names_and_never_quotes() {
    let rim = Rim::start(Bounds::default());
    let ask = |operation: &str, body: &Value| {
        let (_, text) = rim.ask(&rim.signed(operation, &body.to_string(), ""));
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<Value>(body).unwrap()
    };
    let key = ask("CreateKey", &json!({}))["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let plaintext = "YXR0YWNrIGF0IGRhd24=";
    let context = json!({"purpose": "a secret purpose"});
    let encrypted = ask("Encrypt", &json!({"KeyId": key, "Plaintext": plaintext, "EncryptionContext": context}));
    let ciphertext = encrypted["CiphertextBlob"].as_str().unwrap();
    ask("Decrypt", &json!({"CiphertextBlob": ciphertext, "EncryptionContext": context}));
    let grant = ask(
        "CreateGrant",
        &json!({"KeyId": key, "Operations": ["Decrypt"],
        "GranteePrincipal": "arn:aws:iam::123456789012:user/x"}),
    );
    ask("Encrypt", &json!({"KeyId": "alias/none", "Plaintext": plaintext, "GrantTokens": ["a-token"]}));
    rim.ask("POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: TrentService.\"}\r\nconnection: close\r\n\r\n");

    let lines = rim.lines("request", 6);
    let told = |line: &Value| [line["operation"].clone(), line["status"].clone(), line["error"].clone()];
    let found: Vec<_> = lines.iter().map(told).collect();
    let wanted = [
        [json!("CreateKey"), json!(200), Value::Null],
        [json!("Encrypt"), json!(200), Value::Null],
        [json!("Decrypt"), json!(200), Value::Null],
        [json!("CreateGrant"), json!(200), Value::Null],
        [json!("Encrypt"), json!(400), json!("NotFoundException")],
        [Value::Null, json!(400), json!("UnknownOperationException")],
    ];
    assert_eq!(found, wanted);
    let line = &lines[1];
    let wanted = json!(["kms.amazonaws.com", kit::PRINCIPAL, kit::ID, "us-east-1", "127.0.0.1"]);
    let found = ["service", "principal", "access_key_id", "region", "peer"].map(|name| line[name].clone());
    assert_eq!(json!(found), wanted);
    assert!(line["duration_micros"].as_i64().is_some());
    let ids: Vec<Value> = rim.world.events().iter().map(|event| event["requestID"].clone()).collect();
    let logged: Vec<Value> = lines.iter().map(|line| line["request_id"].clone()).collect();
    assert_eq!(logged, ids, "the audit log has them under the same ids");

    let text = String::from_utf8(rim.lines.0.lock().unwrap().clone()).unwrap();
    let token = grant["GrantToken"].as_str().unwrap();
    for secret in
        [plaintext, "attack at dawn", ciphertext, token, "a-token", "secret purpose", "Signature", kit::SECRET]
    {
        assert!(!text.contains(secret), "`{secret}` is in {text}");
    }
}

/// How much an account may keep, with bounds that can be reached in a test.
#[test]
fn what_is_kept_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let resources = Resources { keys: 2, grants: 2, open_keys: 1 };
    let quotas = Quotas::default().with_resources(resources);
    let kms = world.start_bounded(Box::new(SqliteStore::in_memory().unwrap()), quotas);
    let ask = |operation: &str, body: Value| kit::ask(&kms, &*world.clock, operation, &body).1;
    let keys = [kit::key(&kms, &*world.clock), kit::key(&kms, &*world.clock)];
    let third = ask("CreateKey", json!({}));
    assert_eq!(third, json!({"__type": "LimitExceededException", "message": "More than 2 keys."}));

    let grant = |user: &str| {
        let principal = format!("arn:aws:iam::123456789012:user/{user}");
        ask(
            "CreateGrant",
            json!({"KeyId": keys[0], "GranteePrincipal": principal, "Operations": ["Decrypt"], "Name": user}),
        )
    };
    let first = grant("a");
    assert!(first["GrantId"].is_string() && grant("b")["GrantId"].is_string());
    assert_eq!(grant("c")["message"], format!("{} has 2 grants.", keys[0]));
    assert_eq!(grant("a")["GrantId"], first["GrantId"], "the same grant again is none more");
    ask("RevokeGrant", json!({"KeyId": keys[0], "GrantId": first["GrantId"]}));
    assert!(grant("c")["GrantId"].is_string(), "one that is revoked makes room");

    // One key stays open, and both can be used in turn.
    for key in keys.iter().chain(&keys) {
        let body = json!({"KeyId": key, "Plaintext": "aGVsbG8="});
        let blob = ask("Encrypt", body)["CiphertextBlob"].clone();
        assert_eq!(ask("Decrypt", json!({"CiphertextBlob": blob}))["Plaintext"], "aGVsbG8=");
    }
}
