//! Whether what was decided on still holds, and how memory learns what other processes changed.

use std::sync::PoisonError;
use std::time::Duration;

use wardbook_backend::call::Clock as _;

use super::{Kms, failed};
use crate::limits::REPLY_TIME;
use crate::refusal::{Refusal, Why};
use crate::state::{Fresh, Writes};
use crate::store::Seen;

impl Kms {
    /// Whether everything that was seen is so at this moment, wherever it may have been changed.
    pub(super) fn holds(&self, seen: &[Seen], searched: Option<u64>) -> Result<bool, Refusal> {
        let Some(version) = self.parts.store.version().map_err(failed)? else {
            return self.parts.store.confirm(seen).map_err(failed);
        };
        self.reach(version)?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        // INVARIANT: rows were seen in memory, and memory is at least as new as the question to the store.
        Ok(state.is_at(seen) && searched.is_none_or(|version| version == state.version()))
    }

    /// A decision that waited long for its reply, because the process was stopped or a disk was slow, holds still or is
    /// not told. The log has it all the same: it was right when it was made.
    pub(super) fn hold_still(&self, since: Duration, seen: &[Seen], searched: Option<u64>) -> Result<(), Refusal> {
        let waited = self.parts.stopwatch.now().saturating_sub(since);
        if waited <= REPLY_TIME
            || self.parts.store.version().map_err(failed)?.is_none()
            || self.holds(seen, searched)?
        {
            return Ok(());
        }
        Err(Refusal::new(Why::Internal, "What the request was decided on changed before it was answered. Try again."))
    }

    /// Memory has what the store has, once this returns.
    pub(crate) fn catch_up(&self) -> Result<(), Refusal> {
        match self.parts.store.version().map_err(failed)? {
            Some(version) => self.reach(version),
            None => {
                // Whoever changed something is still telling memory of it.
                drop(self.committing.lock().unwrap_or_else(PoisonError::into_inner));
                Ok(())
            }
        }
    }

    /// Tells memory of changes that the store has just made. Whoever calls it holds `committing`.
    pub(super) fn remember(&self, writes: &Writes, revision: u64) -> Result<(), Refusal> {
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if state.version().checked_add(1) == Some(revision) {
                state.apply(writes, revision);
                return Ok(());
            }
        }
        // Others changed something in between.
        self.renew()
    }

    fn reach(&self, version: u64) -> Result<(), Refusal> {
        let reached = || self.state.read().unwrap_or_else(PoisonError::into_inner).version() == version;
        if reached() {
            return Ok(());
        }
        let _alone = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        match reached() {
            true => Ok(()),
            false => self.renew(),
        }
    }

    /// Reads what has changed, understands all of it, and only then lets it count. Whoever calls it holds `committing`.
    pub(super) fn renew(&self) -> Result<(), Refusal> {
        let version = self.state.read().unwrap_or_else(PoisonError::into_inner).version();
        let news = self.parts.store.since(version).map_err(failed)?;
        let fresh = Fresh::understand(news, &self.parts.sealer)
            .map_err(|_| Refusal::new(Why::Internal, "The store holds a row that cannot be understood."))?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match fresh {
            Fresh::Whole(whole) => {
                *state = whole;
                self.opened.clear();
            }
            Fresh::Part(part) => state.renew(part).iter().for_each(|name| self.opened.forget(name)),
        }
        Ok(())
    }
}
