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

/// The last day of 9998 begins: dates up to a year ahead can still be written.
const LATEST_MICROS: i64 = 253_370_678_400_000_000;

/// The system's clock, and how far somebody moved it ahead. Nobody moves it outside development.
#[derive(Debug, Default)]
pub struct SystemClock {
    ahead_micros: AtomicI64,
}

impl SystemClock {
    /// Moves it, unless it would come to where the log has no dates any more. It never goes back.
    pub fn advance(&self, seconds: u32) -> bool {
        let wall = self.wall().micros();
        let moved = |ahead: i64| {
            let ahead = ahead.checked_add(i64::from(seconds) * 1_000_000)?;
            wall.checked_add(ahead).filter(|now| *now <= LATEST_MICROS).map(|_| ahead)
        };
        self.ahead_micros.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved).is_ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_as_far_as_the_log_has_dates_and_no_farther() {
        let clock = SystemClock::default();
        let moved = (0..100).take_while(|_| clock.advance(u32::MAX)).count();
        assert!((55..60).contains(&moved), "{moved} times 136 years");
        while clock.advance(86_400 * 365) {}
        while clock.advance(86_400) {}
        assert!(clock.now().to_string().starts_with("9998-12-"), "{}", clock.now());
    }
}
