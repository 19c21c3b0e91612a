//! A connection that is made when it is wanted, and made again when it broke.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};

use super::super::StoreError;
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

/// One connection.
pub(super) struct Line {
    configuration: Config,
    client: Mutex<Option<Arc<Client>>>,
}

impl Line {
    pub(super) fn new(configuration: Config) -> Self {
        Self { configuration, client: Mutex::default() }
    }

    /// The connection, made if there is none that works.
    pub(super) async fn client(&self) -> Result<Arc<Client>, StoreError> {
        let mut kept = self.client.lock().await;
        if let Some(client) = kept.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let (client, connection) = self.configuration.connect(NoTls).await.map_err(understood)?;
        // How it ends is told to whoever asks next.
        tokio::spawn(async { drop(connection.await) });
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
pub(super) fn configuration(url: &str) -> Result<Config, StoreError> {
    let bad = |message: String| StoreError::Unavailable(message);
    let mut configuration = Config::from_str(url).map_err(|error| bad(error.to_string()))?;
    let far = configuration.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) if name != "localhost" && !IpAddr::from_str(name).is_ok_and(|ip| ip.is_loopback()) => {
            Some(name.clone())
        }
        _ => None,
    });
    match (configuration.get_ssl_mode(), far) {
        (SslMode::Disable, _) | (SslMode::Prefer, None) => {}
        (SslMode::Prefer, Some(host)) => {
            return Err(bad(format!(
                "`{host}` is not this machine, and TLS to PostgreSQL is not spoken: say `sslmode=disable` if the way \
                 there is safe, or put a tunnel in between"
            )));
        }
        _ => return Err(bad("TLS to PostgreSQL is not spoken; only `sslmode=disable` and `prefer` are known".into())),
    }
    configuration
        .ssl_mode(SslMode::Disable)
        // A standby would answer from a state that is over.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .application_name("wardbook")
        .connect_timeout(CONNECT_TIME)
        .keepalives_idle(Duration::from_secs(30))
        .tcp_user_timeout(Duration::from_secs(10));
    Ok(configuration)
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
            assert!(configuration(good).is_ok(), "{good}");
        }
        let told = |url: &str| configuration(url).expect_err(url).to_string();
        assert!(told("postgres://w@db.example.com/d").contains("`db.example.com` is not this machine"));
        assert!(told("postgres://w@localhost,10.0.0.7/d").contains("`10.0.0.7`"));
        assert!(told("postgres://w@localhost/d?sslmode=require").contains("TLS to PostgreSQL is not spoken"));
        assert!(configuration("postgres://w@localhost/d?shape=round").is_err());
        assert!(!told("postgres://w:geheim@db.example.com/d").contains("geheim"));
    }
}
