//! The same over TLS: whom to believe, who is believed, and handshakes that do not end.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use wardbook_backend::error::BackendError;
use wardbook_backend::random::System;
use wardbook_backend::secret::Secret;
use wardbook_backend_xks::client::{Client, Settings, SettingsError};
use wardbook_backend_xks::credential::Credential;
use wardbook_backend_xks::endpoint::Endpoint;
use wardbook_backend_xks::tls::{Identity, Trust, TrustError};

use crate::proxy::{self, Proxy};
use crate::scene::{EASY, SHORT, SOON, Still, credential, probe};

const ROOT: &[u8] = include_bytes!("../../testdata/root.pem");
const STRANGER: &[u8] = include_bytes!("../../testdata/stranger.pem");
const CLIENT: &[u8] = include_bytes!("../../testdata/client.pem");
const CLIENT_KEY: &[u8] = include_bytes!("../../testdata/client.key");

/// What the server wants to know of its clients.
#[derive(Clone, Copy, PartialEq)]
enum Clients {
    Anyone,
    Certified,
}

fn server(clients: Clients) -> Arc<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("../../testdata/proxy.pem")).expect("PEM")];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../testdata/proxy.key")).expect("PEM");
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let builder = match clients {
        Clients::Anyone => builder.with_no_client_auth(),
        Clients::Certified => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(ROOT).expect("PEM")).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("verifier"))
        }
    };
    Arc::new(builder.with_single_cert(chain, key).expect("they belong together"))
}

/// Answers as many requests of as many connections, one after the other, and ends.
fn serve(proxy: &Proxy, listener: &TcpListener, clients: Clients, connections: usize) {
    for _ in 0..connections {
        let (socket, _) = listener.accept().expect("a connection");
        let connection = ServerConnection::new(server(clients)).expect("a connection");
        let mut stream = StreamOwned::new(connection, socket);
        while let Some((head, body)) = proxy::read_request(&mut stream) {
            if stream.write_all(proxy.answer(&head, &body).as_bytes()).and_then(|()| stream.flush()).is_err() {
                break;
            }
        }
    }
}

fn client(host: &str, address: SocketAddr, trust: Trust, patience: Duration) -> Result<Client, SettingsError> {
    let endpoint = Endpoint::parse(&format!("https://{host}:{}/tenant/kms/xks/v1", address.port())).expect("valid");
    let credential: Credential = credential(proxy::SECRET);
    let settings = Settings { patience, ..Settings::new(endpoint, proxy::REGION, credential, Some(trust)) };
    Client::new(settings, Arc::new(System), Arc::new(Still(proxy::NOW)), None)
}

fn trust(roots: &[u8]) -> Trust {
    Trust { roots: roots.to_vec(), identity: None }
}

fn certified(chain: &[u8], key: &[u8]) -> Trust {
    let identity = Identity { chain: chain.to_vec(), key: Secret::copy(key) };
    Trust { identity: Some(identity), ..trust(ROOT) }
}

#[test]
fn a_proxy_is_believed_if_a_trusted_root_vouches_for_its_name() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let ask = |host: &str, trust: Trust, times: usize| {
        let client = client(host, address, trust, EASY).expect("valid");
        (0..times).map(|_| probe(&client)).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        scope.spawn(|| serve(&proxy, &listener, Clients::Anyone, 3));
        assert_eq!(ask("localhost", trust(ROOT), 3), [Ok(()); 3], "over one connection");
        assert_eq!(ask("localhost", trust(STRANGER), 1), [Err(BackendError::Unavailable)], "another root");
        assert_eq!(ask("127.0.0.1", trust(ROOT), 1), [Err(BackendError::Unavailable)], "another name");
    });
    assert_eq!(proxy.seen().len(), 3, "nothing was sent to whom nobody vouched for");
}

#[test]
fn a_proxy_that_asks_for_a_certificate_is_shown_it() {
    let proxy = Proxy::start();
    proxy.add_key("one");
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let ask = |trust: Trust| probe(&client("localhost", address, trust, EASY).expect("valid"));
    thread::scope(|scope| {
        scope.spawn(|| serve(&proxy, &listener, Clients::Certified, 2));
        assert_eq!(ask(certified(CLIENT, CLIENT_KEY)), Ok(()));
        assert_eq!(ask(trust(ROOT)), Err(BackendError::Unavailable));
    });
    for trust in [certified(CLIENT, b"x"), certified(b"x", CLIENT_KEY), certified(ROOT, CLIENT_KEY)] {
        let refused = client("localhost", address, trust, EASY).err();
        assert_eq!(refused, Some(SettingsError::Trust(TrustError::Identity)));
    }
}

#[test]
fn a_handshake_that_does_not_end_is_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let silent = |_: TcpStream| {};
    // The head of a record that would be long, and then a byte now and again.
    let trickling = |mut socket: TcpStream| {
        let _ = socket.write_all(&[0x16, 3, 3, 0x40, 0]);
        while socket.write_all(&[0]).is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    };
    for peer in [&silent as &(dyn Fn(TcpStream) + Sync), &trickling] {
        let ask = client("127.0.0.1", address, trust(ROOT), SHORT).expect("valid");
        let (start, ended) = (Instant::now(), std::sync::mpsc::channel::<()>());
        thread::scope(|scope| {
            let (sender, receiver) = ended;
            let listener = &listener;
            scope.spawn(move || {
                let (socket, _) = listener.accept().expect("a connection");
                peer(socket.try_clone().expect("clone"));
                let _ = receiver.recv();
            });
            assert_eq!(probe(&ask), Err(BackendError::Timeout));
            drop(sender);
        });
        assert!(start.elapsed() < SOON);
    }
}
