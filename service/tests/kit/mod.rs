//! A service in memory, and a client that signs.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wardbook_audit::disk::MemoryDisk;
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::journal::{Journal, Options};
use wardbook_backend::call::Monotonic;
use wardbook_backend::random::{Random, System};
use wardbook_backend::root::{LocalRoot, Roots};
use wardbook_backend::rustcrypto::RustCrypto;
use wardbook_backend::secret::Secret;
use wardbook_backend::software::Software;
use wardbook_service::clock::{Clock, SystemClock};
use wardbook_service::credential::{Credential, Credentials};
use wardbook_service::directory::Directory;
use wardbook_service::kms::{Kms, Parts, Reply};
use wardbook_service::quota::Quotas;
use wardbook_service::raw::Raw;
use wardbook_service::seal::Sealer;
use wardbook_service::store::{SqliteStore, Store};

pub const ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub const PRINCIPAL: &str = "arn:aws:iam::123456789012:root";

/// What outlives a run.
#[derive(Clone)]
pub struct World {
    pub disk: Arc<MemoryDisk>,
    pub state: std::path::PathBuf,
    pub root: Arc<LocalRoot>,
    pub clock: Arc<SystemClock>,
}

impl World {
    pub fn new(folder: &std::path::Path) -> World {
        World {
            disk: Arc::new(MemoryDisk::default()),
            state: folder.join("state.sqlite"),
            root: Arc::new(LocalRoot::ephemeral(&System).unwrap()),
            clock: Arc::default(),
        }
    }

    pub fn folder(&self) -> Folder {
        Folder::new(self.disk.clone())
    }

    /// A run over what there is.
    pub fn start(&self) -> Kms {
        self.start_with(Box::new(SqliteStore::open(&self.state).unwrap()))
    }

    pub fn start_with(&self, store: Box<dyn Store>) -> Kms {
        self.start_bounded(store, Quotas::default())
    }

    pub fn start_bounded(&self, store: Box<dyn Store>, quotas: Quotas) -> Kms {
        let random: Arc<dyn Random> = Arc::new(System);
        let sealer = Sealer::new(Secret::new(vec![7; 32]), random.clone());
        let roots = Roots::new(self.root.clone());
        let backend = Software::start([Arc::new(RustCrypto) as _], roots, random.clone());
        let folder = self.folder();
        let origin = Origin::new("server").unwrap();
        let journal = Journal::open(&folder, &origin, Options::default(), Box::new(()), |_| None).unwrap();
        let parts = Parts {
            store,
            backend: Arc::new(backend),
            credentials: Credentials::new([Credential::new(ID, SECRET, PRINCIPAL)], sealer.clone()),
            sealer,
            directory: Directory::default(),
            journal,
            audit: folder,
            clock: self.clock.clone(),
            random,
            stopwatch: Monotonic::start(),
            quotas,
            key_stores: Default::default(),
            loopback_is_secure: true,
        };
        Kms::start(parts).unwrap()
    }

    /// Every event that is in the journal or was sealed.
    pub fn events(&self) -> Vec<Value> {
        let mut events = Vec::new();
        wardbook_audit::export::export(&self.folder(), |text| -> Result<(), Box<dyn std::error::Error>> {
            events.push(serde_json::from_str(text)?);
            Ok(())
        })
        .unwrap();
        events
    }
}

/// A signed request.
pub fn request(clock: &dyn Clock, operation: &str, body: &str) -> Raw {
    let micros = clock.wall().micros().div_euclid(1_000_000) * 1_000_000;
    let date: String = wardbook_audit::time::Timestamp::from_micros(micros)
        .to_string()
        .chars()
        .filter(|letter| !matches!(letter, '-' | ':'))
        .collect();
    let (day, region) = (&date[..8], "us-east-1");
    let target = format!("TrentService.{operation}");
    let headers = "host;x-amz-date;x-amz-target";
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let canonical = format!(
        "POST\n/\n\nhost:localhost\nx-amz-date:{date}\nx-amz-target:{target}\n\n{headers}\n{}",
        hex(&Sha256::digest(body))
    );
    let scope = format!("{day}/{region}/kms/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mac = |key: &[u8], text: &str| -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let mut key = mac(format!("AWS4{SECRET}").as_bytes(), day);
    for part in [region, "kms", "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &text));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders={headers}, Signature={signature}");
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Raw {
        method: "POST".into(),
        path: "/".into(),
        query: String::new(),
        headers: vec![
            header("host", "localhost"),
            header("x-amz-date", &date),
            header("x-amz-target", &target),
            header("authorization", &authorization),
        ],
        body: body.to_owned().into(),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: None,
    }
}

/// Asks, and gives the reply with its body read.
pub fn ask(kms: &Kms, clock: &dyn Clock, operation: &str, body: &Value) -> (Reply, Value) {
    let reply = kms.answer(&request(clock, operation, &body.to_string()));
    let value = serde_json::from_str(&reply.body).unwrap();
    (reply, value)
}

/// Asks for something that succeeds.
pub fn get(kms: &Kms, clock: &dyn Clock, operation: &str, body: &Value) -> Value {
    let (reply, value) = ask(kms, clock, operation, body);
    assert_eq!(reply.status, 200, "{operation}: {value}");
    value
}

/// The ARN of a fresh key.
pub fn key(kms: &Kms, clock: &dyn Clock) -> String {
    get(kms, clock, "CreateKey", &serde_json::json!({}))["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}
