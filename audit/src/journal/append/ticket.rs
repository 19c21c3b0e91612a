//! What a caller has while his events are on their way: to wait for them on his thread, or to be woken.

use std::sync::{Arc, PoisonError};
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
    pub(super) turn: usize,
    pub(super) limit: Duration,
    /// What came of it, if that was known at once.
    pub(super) settled: Option<Result<Durable, Refusal>>,
}

impl Ticket {
    /// Waits until the events are durable. On any error they must be taken as not recorded; the journal refuses from then
    /// on, and whether they are found later is not known.
    pub fn wait(self) -> Result<Durable, Refusal> {
        if let Some(settled) = self.settled {
            return settled;
        }
        let (mut state, half) = (self.shared.state(), self.turn % 2);
        if let Some(threads) = state.threads.get_mut(half) {
            *threads += 1;
        }
        let pending = |state: &mut State| state.durable < self.next && state.refusal.is_none();
        let [even, odd] = &self.shared.durable;
        let turn = if half == 0 { even } else { odd };
        let waited = turn.wait_timeout_while(state, self.limit, pending);
        (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(threads) = state.threads.get_mut(half) {
            *threads -= 1;
        }
        self.outcome(&state).unwrap_or_else(|| Err(self.shared.refuse(&mut state, Refusal::Hung(self.limit))))
    }

    /// What came of it, if that is known; else the waker is woken once it is. After [`Ticket::limit`] the disk has to be
    /// given up.
    pub fn poll(&self, waker: &Waker) -> Poll<Result<Durable, Refusal>> {
        if let Some(settled) = &self.settled {
            return Poll::Ready(settled.clone());
        }
        let mut state = self.shared.state();
        if let Some(outcome) = self.outcome(&state) {
            return Poll::Ready(outcome);
        }
        if let Some(wakers) = state.wakers.get_mut(self.turn % 2) {
            wakers.push(waker.clone());
        }
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
