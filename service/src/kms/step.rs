//! How far a request has come: answered, waiting for the disk, or to be gone on with where threads may block.

use std::task::{Poll, Waker};
use std::time::Duration;

use wardbook_audit::event::EventText;
use wardbook_audit::journal::{Refusal as JournalRefusal, Ticket};
use wardbook_backend::call::Clock as _;

use super::passing::Pass;
use super::{JOURNAL_REFUSES, Kms, Reply, reply};
use crate::api::Operation;
use crate::caller::Caller;
use crate::event::Case;
use crate::limits::REPLY_TIME;
use crate::name::StoreName;
use crate::refusal::{Refusal, Why};
use crate::store::Seen;

/// How far a request has come.
#[derive(Debug)]
pub enum Step {
    /// There is a reply.
    Done(Box<Reply>),
    /// Its event is on the way to the disk.
    Logging(Box<Logging>),
    /// It may take longer than others like to wait: [`Kms::go_on`] with it on a thread of this pool.
    Blocks(Box<Blocked>),
}

/// Threads that may block, each pool by itself so that whoever is slow holds up nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// For whatever asks the store, or the folder of the log.
    Store,
    /// For what the backend takes long for.
    Backend,
    /// For the keys in a custom key store.
    KeyStore(StoreName),
}

/// Where a request is worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where it arrived: others wait, so nothing may block.
    Here,
    /// On a thread of a pool.
    Pool(Pool),
}

/// What came of working on a request.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is returned to")]
pub(crate) enum Worked {
    /// It has to be done elsewhere. Nothing has happened yet.
    Blocks(Pool),
    /// It is done, and its event on the way.
    Logging(Result<String, Refusal>, Logged),
}

/// A request that is done, and is answered once the log has it.
#[derive(Debug)]
pub struct Logging {
    case: Case,
    outcome: Result<String, Refusal>,
    asked: bool,
    logged: Logged,
}

/// An event on its way.
pub(crate) struct Logged {
    /// None if it is durable.
    pub(super) ticket: Option<Ticket>,
    pub(super) event: EventText,
    pub(super) pass: Option<Pass>,
    pub(super) basis: Option<Basis>,
}

/// What an answer that changes nothing was decided on.
pub(super) struct Basis {
    pub(super) since: Duration,
    pub(super) seen: Vec<Seen>,
    pub(super) searched: Option<u64>,
}

/// A request that has to be gone on with elsewhere.
#[derive(Debug)]
pub struct Blocked {
    pub(super) case: Case,
    pub(super) rest: Rest,
    pub(super) pool: Pool,
}

#[derive(Debug)]
pub(super) enum Rest {
    Sts,
    Kms(Operation, Box<Caller>),
}

impl Blocked {
    /// Whose threads are to go on with it.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}

impl Logging {
    pub(super) fn new(case: Case, outcome: Result<String, Refusal>, asked: bool, logged: Logged) -> Self {
        Self { case, outcome, asked, logged }
    }

    /// Whether the event is durable; else the waker is woken once it is.
    pub fn poll(&self, waker: &Waker) -> Poll<Result<(), JournalRefusal>> {
        match &self.logged.ticket {
            None => Poll::Ready(Ok(())),
            Some(ticket) => ticket.poll(waker).map(|durable| durable.map(drop)),
        }
    }

    /// Whether nothing has to be waited for.
    pub fn is_durable(&self) -> bool {
        self.logged.ticket.as_ref().is_none_or(Ticket::is_settled)
    }

    /// How long to wait for the disk at most.
    pub fn limit(&self) -> Duration {
        self.logged.ticket.as_ref().map_or(Duration::ZERO, Ticket::limit)
    }

    /// Whether so much time has passed since it was decided that the reply may have to ask the store.
    pub fn is_late(&self, kms: &Kms) -> bool {
        let waited = |basis: &Basis| kms.parts.stopwatch.now().saturating_sub(basis.since);
        self.logged.basis.as_ref().is_some_and(|basis| waited(basis) > REPLY_TIME)
    }

    /// The reply, once it is known whether the event is durable; if it is not, the disk is given up for everybody.
    pub fn reply(mut self, kms: &Kms) -> Reply {
        let durable = self.logged.ticket.take().map_or(Ok(()), |ticket| ticket.give_up().map(drop));
        self.finish(kms, durable)
    }

    /// Waits for the disk, and gives the reply.
    pub fn wait(mut self, kms: &Kms) -> Reply {
        let durable = self.logged.ticket.take().map_or(Ok(()), |ticket| ticket.wait().map(drop));
        self.finish(kms, durable)
    }

    fn finish(self, kms: &Kms, durable: Result<(), JournalRefusal>) -> Reply {
        let Logged { event, pass, basis, .. } = self.logged;
        drop(pass);
        let outcome = match durable {
            Err(_) => Err(Refusal::new(Why::Internal, JOURNAL_REFUSES)),
            Ok(()) => {
                kms.tail.push(&event);
                let held = basis.map_or(Ok(()), |basis| kms.hold_still(basis.since, &basis.seen, basis.searched));
                held.and(self.outcome)
            }
        };
        reply(self.case, outcome, self.asked)
    }
}

impl std::fmt::Debug for Logged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logged").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
