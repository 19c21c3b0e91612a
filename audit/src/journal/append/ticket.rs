//! What a caller has while his events are on their way: to wait for them on his thread, or to be woken.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use super::super::Refusal;
use super::{Durable, Shared, State};

/// Events on their way: durable some time, unless the journal refuses. Whoever drops it does not hear of it.
#[must_use]
pub struct Ticket {
    pub(super) shared: Arc<Shared>,
    pub(super) leaf_index: u64,
    /// The index after its last event.
    pub(super) next: u64,
    /// Who else waits for them.
    pub(super) waiting: Arc<Waiting>,
    pub(super) limit: Duration,
    /// What came of it, if that was known at once.
    pub(super) settled: Option<Result<Durable, Refusal>>,
}

/// Those who wait for one group. All of it is touched only by those who hold the lock of the state.
#[derive(Default)]
pub(super) struct Waiting {
    /// The group is durable, or the journal refuses.
    over: Condvar,
    who: Mutex<Who>,
}

#[derive(Default)]
struct Who {
    /// Whether there are threads.
    threads: bool,
    wakers: Vec<Waker>,
}

impl Waiting {
    fn who(&self) -> MutexGuard<'_, Who> {
        self.who.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the threads, and returns what wakes the others.
    pub(super) fn wake(&self) -> Vec<Waker> {
        let mut who = self.who();
        if std::mem::take(&mut who.threads) {
            self.over.notify_all();
        }
        std::mem::take(&mut who.wakers)
    }
}

impl Ticket {
    /// Waits until the events are durable. On any error they must be taken as not recorded; the journal refuses from then
    /// on, and whether they are found later is not known.
    pub fn wait(self) -> Result<Durable, Refusal> {
        if let Some(settled) = self.settled {
            return settled;
        }
        let pending = |state: &mut State| state.durable < self.next && state.refusal.is_none();
        let mut state = self.shared.state();
        self.waiting.who().threads = true;
        let waited = self.waiting.over.wait_timeout_while(state, self.limit, pending);
        (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        self.outcome(&state).unwrap_or_else(|| Err(self.shared.refuse(&mut state, Refusal::Hung(self.limit))))
    }

    /// What came of it, if that is known; else the waker is woken once it is. After [`Ticket::limit`] the disk has to be
    /// given up.
    pub fn poll(&self, waker: &Waker) -> Poll<Result<Durable, Refusal>> {
        if let Some(settled) = &self.settled {
            return Poll::Ready(settled.clone());
        }
        let state = self.shared.state();
        if let Some(outcome) = self.outcome(&state) {
            return Poll::Ready(outcome);
        }
        self.waiting.who().wakers.push(waker.clone());
        Poll::Pending
    }

    /// Whether it is known already what came of it.
    pub fn is_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// How long to wait at most.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Gives the disk up, for everybody, unless the events are durable by now.
    pub fn give_up(self) -> Result<Durable, Refusal> {
        let mut state = self.shared.state();
        self.outcome(&state).unwrap_or_else(|| Err(self.shared.refuse(&mut state, Refusal::Hung(self.limit))))
    }

    fn outcome(&self, state: &State) -> Option<Result<Durable, Refusal>> {
        match (&self.settled, &state.refusal) {
            (Some(settled), _) => Some(settled.clone()),
            (None, _) if state.durable >= self.next => Some(Ok(Durable { leaf_index: self.leaf_index })),
            (None, Some(refusal)) => Some(Err(refusal.clone())),
            (None, None) => None,
        }
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("leaf_index", &self.leaf_index).finish_non_exhaustive()
    }
}
