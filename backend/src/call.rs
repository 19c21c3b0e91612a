//! What accompanies every call: until when an answer is wanted, and labels that nobody here reads.

use std::fmt;
use std::time::{Duration, Instant};

use crate::error::BackendError;

/// Time since some fixed moment. Never runs backwards.
pub trait Clock: Send + Sync {
    /// The time since this clock's own beginning.
    fn now(&self) -> Duration;
}

/// The process's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Monotonic(Instant);

impl Monotonic {
    /// A clock that begins here.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Monotonic {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Deadline and labels of one call.
#[derive(Clone, Copy, Default)]
pub struct Call<'a> {
    deadline: Option<(&'a dyn Clock, Duration)>,
    labels: &'a [(&'a str, &'a str)],
}

impl<'a> Call<'a> {
    /// A call that may take as long as it takes.
    pub fn unhurried() -> Self {
        Self::default()
    }

    /// A call whose answer is wanted before `clock` shows `deadline`.
    pub fn until(clock: &'a dyn Clock, deadline: Duration) -> Self {
        Self { deadline: Some((clock, deadline)), labels: &[] }
    }

    /// A call whose answer is wanted within `duration` from now.
    pub fn within(clock: &'a dyn Clock, duration: Duration) -> Self {
        Self::until(clock, clock.now().saturating_add(duration))
    }

    /// The same call with labels: words a foreign backend may forward and no backend reads to decide.
    #[must_use]
    pub fn with_labels(self, labels: &'a [(&'a str, &'a str)]) -> Self {
        Self { labels, ..self }
    }

    /// The labels, as they were given.
    pub fn labels(&self) -> &'a [(&'a str, &'a str)] {
        self.labels
    }

    /// How much time is left: `None` if there is no deadline, an error if it has passed.
    pub fn left(&self) -> Result<Option<Duration>, BackendError> {
        match self.deadline {
            None => Ok(None),
            Some((clock, deadline)) => match deadline.checked_sub(clock.now()) {
                None | Some(Duration::ZERO) => Err(BackendError::Timeout),
                left => Ok(left),
            },
        }
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.labels.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Call").field("deadline", &self.deadline.map(|(_, at)| at)).field("labels", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still(Duration);

    impl Clock for Still {
        fn now(&self) -> Duration {
            self.0
        }
    }

    #[test]
    fn a_deadline_passes_exactly_when_the_clock_reaches_it() {
        let clock = Still(Duration::from_secs(5));
        let left = |seconds| Call::until(&clock, Duration::from_secs(seconds)).left();
        assert_eq!(left(6), Ok(Some(Duration::from_secs(1))));
        assert_eq!(left(5), Err(BackendError::Timeout));
        assert_eq!(left(4), Err(BackendError::Timeout));
        assert_eq!(Call::unhurried().left(), Ok(None));
    }
}
