//! What time it is: of the system, or moved ahead by tests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use wardbook_audit::time::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This moment, for whatever has a date: deletions, rotations, expiries, and the log.
    fn now(&self) -> Timestamp;

    /// This moment as clients have it, for signatures and sessions. Nobody moves it.
    fn wall(&self) -> Timestamp {
        self.now()
    }
}

/// The system's clock, and how far somebody moved it ahead. Nobody moves it outside development.
#[derive(Debug, Default)]
pub struct SystemClock {
    ahead_micros: AtomicI64,
}

impl SystemClock {
    /// Moves it. It never goes back.
    pub fn advance(&self, seconds: u32) {
        self.ahead_micros.fetch_add(i64::from(seconds) * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_micros.load(Ordering::Relaxed);
        Timestamp::from_micros(self.wall().micros().saturating_add(ahead))
    }

    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX / 2))
    }
}

/// That many seconds later.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(time.micros().saturating_add(seconds.saturating_mul(1_000_000)))
}
