//! A connection that is made when it is wanted, and made again when it broke.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};

use super::super::StoreError;
use super::tls::{Connector, Wish};
use super::understood;

/// How long making a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// What every connection begins with. Nothing here waits for a node: locks are held within one statement alone.
const BEGIN: &str = "SET default_transaction_isolation = 'read committed';
    SET synchronous_commit = 'on';
    SET statement_timeout = '8s';
    SET lock_timeout = '8s';
    SET idle_in_transaction_session_timeout = '8s';
    SET client_min_messages = 'warning'";

/// How to connect, and through what.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) configuration: Config,
    tls: Option<Connector>,
}

/// One connection.
pub(super) struct Line {
    way: Way,
    client: Mutex<Option<Arc<Client>>>,
}

impl Line {
    pub(super) fn new(way: Way) -> Self {
        Self { way, client: Mutex::default() }
    }

    /// The connection, made if there is none that works.
    pub(super) async fn client(&self) -> Result<Arc<Client>, StoreError> {
        let mut kept = self.client.lock().await;
        if let Some(client) = kept.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let Way { configuration, tls } = &self.way;
        // How a connection ends is told to whoever asks next.
        let client = match tls {
            None => {
                let (client, connection) = configuration.connect(NoTls).await.map_err(understood)?;
                tokio::spawn(async { drop(connection.await) });
                client
            }
            Some(tls) => {
                let (client, connection) = configuration.connect(tls.clone()).await.map_err(understood)?;
                tokio::spawn(async { drop(connection.await) });
                client
            }
        };
        client.batch_execute(BEGIN).await.map_err(understood)?;
        let client = Arc::new(client);
        *kept = Some(Arc::clone(&client));
        Ok(client)
    }

    /// Whether there is no connection that works.
    pub(super) async fn is_closed(&self) -> bool {
        self.client.lock().await.as_ref().is_none_or(|client| client.is_closed())
    }
}

/// How to connect, from what the operator wrote. What is not protected on its way has to be called so.
pub(super) fn way(url: &str) -> Result<Way, StoreError> {
    let bad = |message: String| StoreError::Unavailable(message);
    let (url, wish) = Wish::take(url)?;
    let mut configuration = Config::from_str(&url).map_err(|error| bad(error.to_string()))?;
    let far = configuration.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) if name != "localhost" && !IpAddr::from_str(name).is_ok_and(|ip| ip.is_loopback()) => {
            Some(name.clone())
        }
        _ => None,
    });
    let tls = match (wish.mode.as_deref(), far) {
        (Some("disable"), _) | (None | Some("prefer"), None) => None,
        (None | Some("prefer"), Some(host)) => {
            return Err(bad(format!(
                "`{host}` is not this machine: say `sslmode=verify-full&sslrootcert=FILE`, or `sslmode=disable` if the \
                 way there is safe"
            )));
        }
        (Some("require" | "verify-ca" | "verify-full"), _) => Some(wish.connector()?),
        (Some(mode), _) => {
            return Err(bad(format!(
                "`{mode}` is no sslmode; there are `disable`, `prefer`, `require` and `verify-full`"
            )));
        }
    };
    let socket = configuration.get_hosts().iter().any(|host| matches!(host, Host::Unix(_)));
    if tls.is_some() && socket {
        return Err(bad("TLS is not spoken through a socket of this machine; leave `sslmode` out".into()));
    }
    configuration
        .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable })
        // A standby would answer from a state that is over.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .application_name("wardbook")
        .connect_timeout(CONNECT_TIME)
        .keepalives_idle(Duration::from_secs(30))
        .tcp_user_timeout(Duration::from_secs(10));
    Ok(Way { configuration, tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_another_machine_has_to_be_called_safe() {
        for good in [
            "postgres://w@localhost/d",
            "postgres://w@127.0.0.1:5433/d",
            "postgres://w@[::1]/d",
            "postgres://w@%2Frun%2Fpg/d",
            "postgres://w@db.example.com/d?sslmode=disable",
        ] {
            assert!(way(good).is_ok_and(|way| way.tls.is_none()), "{good}");
        }
        let told = |url: &str| way(url).map(|_| ()).expect_err(url).to_string();
        assert!(told("postgres://w@db.example.com/d").contains("`db.example.com` is not this machine"));
        assert!(told("postgres://w@localhost,10.0.0.7/d").contains("`10.0.0.7`"));
        assert!(told("postgres://w@db.example.com/d?sslmode=prefer").contains("is not this machine"));
        assert!(told("postgres://w@db.example.com/d?sslmode=require").contains("needs `sslrootcert=FILE`"));
        assert!(told("postgres://w@localhost/d?sslmode=allow").contains("`allow` is no sslmode"));
        assert!(way("postgres://w@localhost/d?shape=round").is_err());
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../backend/xks/testdata/root.pem");
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://w@db.example.com/d?sslmode={mode}&sslrootcert={root}");
            let way = way(&url).expect("a way");
            assert!(way.tls.is_some() && way.configuration.get_ssl_mode() == SslMode::Require);
        }
        assert!(told(&format!("postgres://w@%2Frun%2Fpg/d?sslmode=require&sslrootcert={root}")).contains("socket"));
        assert!(!told("postgres://w:geheim@db.example.com/d").contains("geheim"));
    }
}
