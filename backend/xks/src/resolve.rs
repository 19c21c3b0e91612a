//! Addresses of a host, in time.
//!
//! The system's resolver knows no deadline, so it is asked on a thread of its own, one at a time. Whoever waits
//! waits until the deadline; addresses known from before serve when a fresh answer is late or fails.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::limits::RESOLVED;

pub(crate) struct Resolver {
    host: String,
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    addresses: Vec<SocketAddr>,
    learned: Option<Instant>,
    asking: bool,
}

impl Resolver {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, shared: Arc::default() }
    }

    /// The addresses; none if none are known by then.
    pub(crate) fn addresses(&self, until: Instant) -> Vec<SocketAddr> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return vec![SocketAddr::new(address, self.port)];
        }
        let mut state = self.shared.lock();
        if state.learned.is_some_and(|at| at.elapsed() < RESOLVED) {
            return state.addresses.clone();
        }
        if !state.asking {
            state.asking = self.ask();
        }
        while let (true, Some(left)) = (state.asking, until.checked_duration_since(Instant::now())) {
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.addresses.clone()
    }

    /// Whether somebody is asking now.
    fn ask(&self) -> bool {
        let (host, port, shared) = (self.host.clone(), self.port, Arc::clone(&self.shared));
        let asker = thread::Builder::new().name("xks-resolve".to_owned()).spawn(move || {
            let found: Vec<SocketAddr> =
                (host.as_str(), port).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
            let mut state = shared.lock();
            state.asking = false;
            if !found.is_empty() {
                (state.addresses, state.learned) = (found, Some(Instant::now()));
            }
            shared.changed.notify_all();
        });
        asker.is_ok()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_address_is_its_own_answer_and_a_passed_deadline_ends_the_wait() {
        let later = Instant::now() + Duration::from_secs(60);
        let found = Resolver::new("127.0.0.1", 7).addresses(later);
        assert_eq!(found, [SocketAddr::from(([127, 0, 0, 1], 7))]);
        assert!(Resolver::new("localhost", 7).addresses(later).iter().all(|address| address.ip().is_loopback()));
        let asking = Resolver::new("name.invalid", 7);
        asking.shared.lock().asking = true;
        assert!(asking.addresses(Instant::now()).is_empty());
    }

    #[test]
    fn addresses_from_before_serve_while_a_fresh_answer_is_late() {
        let resolver = Resolver::new("name.invalid", 7);
        let known = SocketAddr::from(([127, 0, 0, 1], 7));
        *resolver.shared.lock() = State { addresses: vec![known], learned: None, asking: true };
        assert_eq!(resolver.addresses(Instant::now() + Duration::from_millis(5)), [known]);
    }

    #[test]
    fn what_is_known_is_not_asked_for_again_until_it_is_old() {
        let later = Instant::now() + Duration::from_secs(60);
        let known = SocketAddr::from(([127, 0, 0, 9], 7));
        let at = |age: Duration| {
            let resolver = Resolver::new("localhost", 7);
            let learned = Instant::now().checked_sub(age);
            *resolver.shared.lock() = State { addresses: vec![known], learned, asking: false };
            resolver.addresses(later)
        };
        assert_eq!(at(RESOLVED / 2), [known]);
        assert_ne!(at(RESOLVED), [known]);
    }
}
