//! How a request ends: what it was decided on holds still or changes, and its event is written down.

use std::sync::PoisonError;

use wardbook_audit::event::EventText;

use super::step::{Basis, Logged};
use super::{JOURNAL_REFUSES, Kms, failed};
use crate::event::Case;
use crate::refusal::{Refusal, Why};
use crate::state::Writes;
use crate::store::{Seen, StoreError};

/// Events that are told to be settled together.
const SETTLED_TOGETHER: usize = 64;

impl Kms {
    /// Makes sure that nothing has changed, and hands the event of the answer to the journal. Whether it came to that: if
    /// not, the request has to be decided again.
    pub(super) fn confirm(&self, basis: Basis, event: EventText) -> Result<Option<Logged>, Refusal> {
        let pass = self.passing.pass();
        match self.holds(&basis.seen, basis.searched)? {
            true => Ok(Some(Logged { pass: Some(pass), basis: Some(basis), ..self.submit(event)? })),
            false => Ok(None),
        }
    }

    /// Makes the changes, and writes the event down. Whether it came to that, likewise.
    pub(super) fn change(
        &self,
        seen: &[Seen],
        searched: Option<u64>,
        writes: &Writes,
        event: EventText,
    ) -> Result<Option<Logged>, Refusal> {
        let changes = writes.changes(&self.parts.sealer).map_err(|_| Refusal::new(Why::Internal, ""))?;
        let committed = {
            let _alone = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
            let committed = match searched {
                None => self.parts.store.commit(seen, &changes, &event),
                Some(version) => {
                    let current = self.state.read().unwrap_or_else(PoisonError::into_inner).version();
                    if current != version {
                        return Ok(None);
                    }
                    self.parts.store.commit_at(version, seen, &changes, &event)
                }
            };
            match committed {
                Err(StoreError::Conflict) => return Ok(None),
                Err(error) => return Err(failed(error)),
                Ok(committed) => {
                    self.remember(writes, committed.revision)?;
                    committed
                }
            }
        };
        self.passing.outlast();
        writes.emptied().for_each(|name| self.opened.forget(name));
        let logged = self.parts.journal.append(&event);
        logged.map_err(|_| Refusal::new(Why::Internal, JOURNAL_REFUSES))?;
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.push(committed.event);
        if settled.len() >= SETTLED_TOGETHER {
            self.parts.store.settle(&settled).map_err(failed)?;
            settled.clear();
        }
        Ok(Some(Logged { ticket: None, event, pass: None, basis: None }))
    }

    /// A change that nobody asked for: made, and its event durable. Whether it came to that.
    pub(crate) fn conclude(&self, seen: &[Seen], writes: &Writes, event: EventText) -> Result<bool, Refusal> {
        let logged = self.change(seen, None, writes, event)?;
        Ok(logged.inspect(|logged| self.tail.push(&logged.event)).is_some())
    }

    /// Tells the store which of its events the journal has. To be done before the journal is sealed.
    pub fn settle(&self) -> Result<(), StoreError> {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        self.parts.store.settle(&settled)?;
        settled.clear();
        self.tell_uses().map_err(|refusal| StoreError::Unavailable(refusal.message))
    }

    /// Writes an event down that changes nothing.
    pub(crate) fn append(&self, event: &EventText) -> Result<(), Refusal> {
        self.log(event)
    }

    fn log(&self, event: &EventText) -> Result<(), Refusal> {
        let appended = self.parts.journal.append(event);
        appended.map_err(|_| Refusal::new(Why::Internal, JOURNAL_REFUSES))?;
        self.tail.push(event);
        Ok(())
    }

    pub(super) fn submit(&self, event: EventText) -> Result<Logged, Refusal> {
        let submitted = self.parts.journal.submit(std::slice::from_ref(&event));
        let ticket = submitted.map_err(|_| Refusal::new(Why::Internal, JOURNAL_REFUSES))?;
        Ok(Logged { ticket: Some(ticket), event, pass: None, basis: None })
    }

    /// Writes a refusal down that came before anything was decided.
    pub(super) fn write_refusal(&self, case: &mut Case, refusal: Refusal) -> Result<String, Refusal> {
        if let Ok(event) = case.event(Some(&refusal)) {
            self.log(&event)?;
            return Err(refusal);
        }
        Err(Refusal::new(Why::Internal, ""))
    }
}
