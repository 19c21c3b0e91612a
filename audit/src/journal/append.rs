//! Appending: callers put their events into a group; threads of the journal's own write and sync one group after the other,
//! and where syncs take long, begin one while others are under way.
//!
//! The threads are there so that a caller can stop waiting for a disk that does not answer. Where a disk has been answering
//! sooner than a thread would wake up, a caller who comes alone writes his group himself: should the disk hang in that
//! very moment, this one caller waits for it, and all others are told as ever.

mod lane;
pub(super) mod spare;
mod ticket;
mod writer;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::frame::Group;
use super::seal::{Log, Sealer};
use super::{JournalError, Options, Refusal};
use crate::disk::{Disk, Lock};
use crate::event::EventText;
use crate::folder::Origin;
use crate::limits::{JOURNAL_GROUP_BYTES_MAX, JOURNAL_LANES, JOURNAL_OWN_WRITE_MAX};

#[cfg(test)]
pub(super) use lane::paced;
use lane::{Syncing, is_beside};
use spare::Spare;
pub use ticket::Ticket;
use ticket::Waiting;
pub(super) use writer::Writer;

/// The journal of one log. There is one writer for each log, which holds its lock.
pub struct Journal {
    shared: Arc<Shared>,
    lanes: Vec<JoinHandle<()>>,
    sealer: Mutex<Sealer>,
    disk: Arc<dyn Disk>,
    origin: Origin,
    options: Options,
    _lock: Box<dyn Lock>,
}

/// Proof that an event is durable. Only the journal makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durable {
    leaf_index: u64,
}

impl Durable {
    /// The place of the event in its log; of several events, that of the first.
    pub fn leaf_index(&self) -> u64 {
        self.leaf_index
    }
}

struct Shared {
    state: Mutex<State>,
    /// Held by whoever set `writing`, so nobody ever waits for it.
    writer: Mutex<Writer>,
    /// There is something to write, or the threads shall stop.
    work: Condvar,
    /// There is room in the group, or a new segment was begun.
    moved: Condvar,
    /// A file for the next segment is wanted.
    wanted: Condvar,
}

struct State {
    group: Group,
    /// When its first event came.
    came: Instant,
    /// Those who wait for it.
    waiting: Arc<Waiting>,
    /// Which group that is, counted from 0.
    turn: u64,
    /// The index of its first event.
    first: u64,
    /// How many events it is likely to have if it is given a moment.
    expected: u64,
    /// For how many groups nobody waits, since it was in vain.
    pause: u32,
    /// Whether somebody is writing a group, or begins a segment.
    writing: bool,
    /// The groups that are written and not known to be durable, the oldest first.
    syncing: VecDeque<Syncing>,
    /// When the last of them was begun.
    begun: Instant,
    /// Every event below it is durable.
    durable: u64,
    /// How long the last write and its sync took.
    took: Duration,
    /// How long they take of late, as far as it matters for whether callers write themselves.
    pace: Duration,
    spare: Spare,
    /// No more segments are to be made ahead.
    prepared: bool,
    /// The segments that are closed and not sealed.
    closed: Vec<PathBuf>,
    /// Somebody wants a new segment, before the group of that turn.
    rotation: Option<u64>,
    /// The segment is as large as it may be.
    full: bool,
    stops: bool,
    refusal: Option<Refusal>,
}

impl Journal {
    pub(super) fn start(writer: Writer, sealer: Sealer, lock: Box<dyn Lock>) -> Result<Self, JournalError> {
        let (options, path) = (writer.options, writer.path.clone());
        let (disk, origin) = (writer.disk.clone(), writer.origin.clone());
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(writer.next)),
            writer: Mutex::new(writer),
            work: Condvar::new(),
            moved: Condvar::new(),
            wanted: Condvar::new(),
        });
        let sealer = Mutex::new(sealer);
        let mut journal = Self { shared, lanes: Vec::new(), sealer, disk, origin, options, _lock: lock };
        for _ in 0..JOURNAL_LANES {
            let shared = journal.shared.clone();
            let lane = std::thread::Builder::new().name("journal".to_owned()).spawn(move || shared.write());
            journal.lanes.push(lane.map_err(JournalError::disk(&path))?);
        }
        Ok(journal)
    }

    /// Returns when the event is durable. On any error it must be taken as not recorded; the journal refuses from then
    /// on, and whether the event is found later is not known.
    pub fn append(&self, event: &EventText) -> Result<Durable, Refusal> {
        self.append_all(std::slice::from_ref(event))
    }

    /// The same for several events, which are written together and in this order.
    pub fn append_all(&self, events: &[EventText]) -> Result<Durable, Refusal> {
        self.submit(events)?.wait()
    }

    /// Takes events, which are written together and in this order, and does not wait for the disk, unless it has been
    /// answering at once. Nothing counts before the ticket says that they are durable.
    pub fn submit(&self, events: &[EventText]) -> Result<Ticket, Refusal> {
        let texts: Vec<_> = events.iter().map(|event| event.view().compact()).collect();
        let bytes: usize = texts.iter().map(|text| text.len() + 4).sum();
        let limit = self.options.time_limit;
        let mut state = self.shared.state();
        let full = |state: &mut State| {
            state.refusal.is_none() && state.group.len() > 0 && state.group.len() + bytes > JOURNAL_GROUP_BYTES_MAX
        };
        if full(&mut state) {
            let waited = self.shared.moved.wait_timeout_while(state, limit, full);
            let timeout;
            (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() && full(&mut state) {
                return Err(self.shared.refuse(&mut state, Refusal::Hung(limit)));
            }
        }
        if let Some(refusal) = &state.refusal {
            return Err(refusal.clone());
        }
        let leaf_index = state.first + state.group.count();
        let before = state.group.count();
        if before == 0 {
            state.came = Instant::now();
        }
        texts.iter().for_each(|text| state.group.push(text));
        let (next, waiting) = (leaf_index + texts.len() as u64, state.waiting.clone());
        let mut ticket = Ticket { shared: Arc::clone(&self.shared), leaf_index, next, waiting, limit, settled: None };
        let idle = !state.writing && state.syncing.is_empty();
        let alone = before == 0 && idle && state.rotation.is_none() && !state.full && !state.stops;
        if alone && state.pace < JOURNAL_OWN_WRITE_MAX {
            ticket.settled = Some(self.shared.write_own(state).map(|()| Durable { leaf_index }));
        } else if idle || is_beside(state.took) {
            // Whoever is busy otherwise looks for more when he is done.
            if before == 0 || (before < state.expected && state.group.count() >= state.expected) {
                self.shared.work.notify_one();
            }
        }
        Ok(ticket)
    }

    /// Why it refuses, if it does.
    pub fn refusal(&self) -> Option<Refusal> {
        self.shared.state().refusal.clone()
    }

    /// Whether it refuses.
    pub fn refuses(&self) -> bool {
        self.shared.state().refusal.is_some()
    }

    /// Begins a new segment and seals all closed ones into Parquet files. Events can be appended meanwhile. If sealing
    /// fails, the events stay where they are, and the next call tries again.
    pub fn seal(&self) -> Result<(), JournalError> {
        let mut sealer = self.sealer.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut state = self.shared.state();
            if let Some(refusal) = &state.refusal {
                return Err(refusal.clone().into());
            }
            state.rotation = Some(state.turn + u64::from(state.group.count() > 0));
            self.shared.work.notify_one();
            let rotating = |state: &mut State| state.rotation.is_some() && state.refusal.is_none();
            let waited = self.shared.moved.wait_timeout_while(state, self.options.time_limit, rotating);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.rotation.is_some() {
                let hung = Refusal::Hung(self.options.time_limit);
                let refusal = state.refusal.clone();
                return Err(refusal.unwrap_or_else(|| self.shared.refuse(&mut state, hung)).into());
            }
        }
        loop {
            let closed = self.shared.state().closed.first().cloned();
            let Some(path) = closed else { return Ok(()) };
            sealer.seal_path(&path)?;
            self.shared.state().closed.retain(|closed| *closed != path);
        }
    }

    /// Whether closed segments wait to be sealed.
    pub fn has_closed_segments(&self) -> bool {
        !self.shared.state().closed.is_empty()
    }

    /// Stops and seals everything, so that from then on any bad byte was changed by somebody.
    pub fn close(mut self) -> Result<(), JournalError> {
        let dropped = self.drop_spare();
        let sealed = self.seal();
        self.stop();
        sealed.and(dropped)?;
        let mut sealer = self.sealer.lock().unwrap_or_else(PoisonError::into_inner);
        sealer.log().closed().map_err(JournalError::disk("log"))
    }

    /// Stops the threads, unless one hangs.
    fn stop(&mut self) {
        let hangs = {
            let mut state = self.shared.state();
            state.stops = true;
            self.shared.work.notify_all();
            matches!(state.refusal, Some(Refusal::Hung(_)))
        };
        for lane in self.lanes.drain(..).filter(|_| !hangs) {
            // A panic of the thread is told by the refusal that it left; there is nothing else to do with it.
            let _ = lane.join();
        }
    }
}

/// Waits for the threads to write what they have.
impl Drop for Journal {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Shared {
    /// A thread that panics while it holds the lock leaves nothing half done: each change below is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, state: &mut State, refusal: Refusal) -> Refusal {
        let refusal = state.refusal.get_or_insert(refusal).clone();
        [&self.moved, &self.work, &self.wanted].into_iter().for_each(Condvar::notify_all);
        let waiting = state.syncing.iter().map(|syncing| &syncing.waiting).chain([&state.waiting]);
        waiting.flat_map(|waiting| waiting.wake()).for_each(Waker::wake);
        refusal
    }
}

impl State {
    fn new(next: u64) -> Self {
        Self {
            group: Group::default(),
            came: Instant::now(),
            waiting: Arc::default(),
            turn: 0,
            first: next,
            expected: 0,
            pause: 0,
            writing: false,
            syncing: VecDeque::new(),
            begun: Instant::now(),
            durable: next,
            took: Duration::ZERO,
            pace: 2 * JOURNAL_OWN_WRITE_MAX,
            spare: Spare::default(),
            prepared: false,
            closed: Vec::new(),
            rotation: None,
            full: false,
            stops: false,
            refusal: None,
        }
    }
}

impl Journal {
    /// Hands out what keeps the log, for those who sign it.
    pub fn with_log<T>(&self, work: impl FnOnce(&mut dyn Log) -> T) -> T {
        work(self.sealer.lock().unwrap_or_else(PoisonError::into_inner).log())
    }
}
