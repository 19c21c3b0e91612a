//! What time it is: of the system, or moved ahead by tests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use wardbook_audit::time::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This moment.
    fn now(&self) -> Timestamp;
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
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX / 2);
        Timestamp::from_micros(micros.saturating_add(self.ahead_micros.load(Ordering::Relaxed)))
    }
}

/// That many seconds later.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(time.micros().saturating_add(seconds.saturating_mul(1_000_000)))
}
