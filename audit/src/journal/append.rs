//! Appending: callers put their events into a group; a thread of its own writes and syncs one group after the other.
//!
//! The thread is there so that a caller can stop waiting for a disk that does not answer. Where a disk has been answering
//! sooner than the thread would wake up, a caller who comes alone writes his group himself: should the disk hang in that
//! very moment, this one caller waits for it, and all others are told as ever.

pub(super) mod spare;
mod ticket;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::frame::{Group, segment_header};
use super::seal::{Log, Sealer};
use super::segment::Segment;
use super::{JournalError, Options, Refusal};
use crate::disk::{Appender, Disk, Lock, remove_if_there};
use crate::event::EventText;
use crate::folder::{Folder, Origin};
use crate::limits::{JOURNAL_GROUP_BYTES_MAX, JOURNAL_OWN_WRITE_MAX, JOURNAL_PATIENCE_MIN, JOURNAL_PATIENCE_SHARE};

use spare::Spare;
pub use ticket::Ticket;

/// The journal of one log. There is one writer for each log, which holds its lock.
pub struct Journal {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
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
    /// There is something to write, or the writer shall stop.
    work: Condvar,
    /// A group is durable. Groups take turns, so that those who wait for the next one are not woken.
    durable: [Condvar; 2],
    /// There is room in the group, or a new segment was begun.
    moved: Condvar,
    /// A file for the next segment is wanted.
    wanted: Condvar,
}

#[derive(Default)]
struct State {
    group: Group,
    /// Whether somebody is writing a group.
    writing: bool,
    /// How long the last write and its sync took.
    took: Duration,
    /// How long they take of late, as far as it matters for whether callers write themselves.
    pace: Duration,
    /// How many threads wait, by the turn of their group, and who is to be woken in other ways.
    threads: [usize; 2],
    wakers: [Vec<Waker>; 2],
    /// Which group that is, counted from 0.
    turn: usize,
    /// The index of the first event in the group.
    first: u64,
    /// Every event below it is durable.
    durable: u64,
    /// How many events the group is likely to have if it is given a moment.
    expected: u64,
    spare: Spare,
    /// No more segments are to be made ahead.
    prepared: bool,
    /// The segments that are closed and not sealed.
    closed: Vec<PathBuf>,
    wants_rotation: bool,
    /// The segment is as large as it may be.
    full: bool,
    stops: bool,
    refusal: Option<Refusal>,
}

/// What whoever writes has for himself.
pub(super) struct Writer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) origin: Origin,
    pub(super) options: Options,
    pub(super) header: Vec<u8>,
    pub(super) file: Box<dyn Appender>,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) next: u64,
    pub(super) frame: Vec<u8>,
    /// The group that is being written.
    pub(super) group: Group,
}

impl Journal {
    pub(super) fn start(writer: Writer, sealer: Sealer, lock: Box<dyn Lock>) -> Result<Self, JournalError> {
        let (options, path) = (writer.options, writer.path.clone());
        let (disk, origin) = (writer.disk.clone(), writer.origin.clone());
        let (first, durable, pace) = (writer.next, writer.next, 2 * JOURNAL_OWN_WRITE_MAX);
        let shared = Arc::new(Shared {
            state: Mutex::new(State { first, durable, pace, ..State::default() }),
            writer: Mutex::new(writer),
            work: Condvar::new(),
            durable: [Condvar::new(), Condvar::new()],
            moved: Condvar::new(),
            wanted: Condvar::new(),
        });
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let writer = thread.spawn(move || theirs.write()).map_err(JournalError::disk(path))?;
        Ok(Self { shared, writer: Some(writer), sealer: Mutex::new(sealer), disk, origin, options, _lock: lock })
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
        texts.iter().for_each(|text| state.group.push(text));
        let (next, turn) = (leaf_index + texts.len() as u64, state.turn);
        let mut ticket = Ticket { shared: Arc::clone(&self.shared), leaf_index, next, turn, limit, settled: None };
        let alone = before == 0 && !state.writing && !state.wants_rotation && !state.full && !state.stops;
        if alone && state.pace < JOURNAL_OWN_WRITE_MAX {
            ticket.settled = Some(self.shared.write_own(state).map(|()| Durable { leaf_index }));
        } else if before == 0 || (before < state.expected && state.group.count() >= state.expected) {
            self.shared.work.notify_one();
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
            state.wants_rotation = true;
            self.shared.work.notify_one();
            let rotating = |state: &mut State| state.wants_rotation && state.refusal.is_none();
            let waited = self.shared.moved.wait_timeout_while(state, self.options.time_limit, rotating);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.wants_rotation {
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

    /// Stops the thread, unless it hangs.
    fn stop(&mut self) {
        let hangs = {
            let mut state = self.shared.state();
            state.stops = true;
            self.shared.work.notify_one();
            matches!(state.refusal, Some(Refusal::Hung(_)))
        };
        if let Some(writer) = self.writer.take().filter(|_| !hangs) {
            // A panic of the thread is told by the refusal that it left; there is nothing else to do with it.
            let _ = writer.join();
        }
    }
}

/// Waits for the thread to write what it has.
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

    fn refuse(&self, state: &mut State, refusal: Refusal) -> Refusal {
        let refusal = state.refusal.get_or_insert(refusal).clone();
        self.durable.iter().chain([&self.moved, &self.work, &self.wanted]).for_each(Condvar::notify_all);
        state.wakers.iter_mut().flat_map(std::mem::take).for_each(Waker::wake);
        refusal
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does until it is stopped or fails.
    fn write(&self) {
        let refusal = match self.write_groups() {
            Ok(()) => Refusal::Closed,
            Err(error) => self.failed(&error),
        };
        self.refuse(&mut self.state(), refusal);
    }

    fn failed(&self, error: &std::io::Error) -> Refusal {
        Refusal::Disk(format!("{}: {error}", self.writer().path.display()).into())
    }

    fn write_groups(&self) -> std::io::Result<()> {
        loop {
            let idle = |state: &mut State| {
                let nothing = state.group.count() == 0 && !state.wants_rotation && !state.full && !state.stops;
                state.refusal.is_none() && (nothing || state.writing)
            };
            let state = self.work.wait_while(self.state(), idle);
            let mut state = state.unwrap_or_else(PoisonError::into_inner);
            if state.refusal.is_some() || (state.stops && state.group.count() == 0) {
                return Ok(());
            }
            // Those who waited for the last group come back one after another. Without a moment's patience the first of
            // them would have a sync of its own, and all others would wait for that one too.
            let patience = state.took / JOURNAL_PATIENCE_SHARE;
            if state.group.count() < state.expected && patience >= JOURNAL_PATIENCE_MIN {
                let gathering = |state: &mut State| {
                    let waits = state.refusal.is_none() && !state.stops && !state.wants_rotation && !state.full;
                    waits && state.group.count() < state.expected
                };
                let gathered = self.work.wait_timeout_while(state, patience, gathering);
                (state, _) = gathered.unwrap_or_else(PoisonError::into_inner);
            }
            if state.writing {
                continue;
            }
            state.writing = true;
            if state.group.count() > 0 {
                state = self.write_group(state)?;
            }
            let (wants_rotation, full) = (state.wants_rotation, state.full);
            let mut spare = if wants_rotation || full { state.spare.take() } else { None };
            drop(state);
            let closed = if wants_rotation || full { self.writer().rotate(&mut spare)? } else { None };
            let mut state = self.state();
            state.spare.give_back(spare);
            self.wanted.notify_all();
            state.closed.extend(closed);
            (state.writing, state.full) = (false, false);
            if wants_rotation {
                state.wants_rotation = false;
                self.moved.notify_all();
            }
        }
    }

    /// Writes the group there is, which is the caller's alone, and wakes the thread if there is more to do.
    fn write_own(&self, mut state: MutexGuard<'_, State>) -> Result<(), Refusal> {
        state.writing = true;
        let mut state = match self.write_group(state) {
            Ok(state) => state,
            Err(error) => {
                let refusal = self.failed(&error);
                let mut state = self.state();
                state.writing = false;
                return Err(self.refuse(&mut state, refusal));
            }
        };
        state.writing = false;
        if state.group.count() > 0 || state.wants_rotation || state.full || state.stops {
            self.work.notify_one();
        }
        // It took so long that others have given the journal up.
        state.refusal.clone().map_or(Ok(()), Err)
    }

    /// Writes the group there is. Whoever calls it has set `writing`.
    fn write_group<'a>(&'a self, mut state: MutexGuard<'_, State>) -> std::io::Result<MutexGuard<'a, State>> {
        let mut writer = self.writer();
        let turn = state.turn;
        let crowded = state.group.len() > JOURNAL_GROUP_BYTES_MAX / 2;
        std::mem::swap(&mut writer.group, &mut state.group);
        state.first += writer.group.count();
        state.turn += 1;
        if crowded {
            self.moved.notify_all();
        }
        drop(state);
        let begun = Instant::now();
        writer.write()?;
        let took = begun.elapsed();
        let full = writer.bytes > writer.options.segment_bytes;
        let (next, count) = (writer.next, writer.group.count());
        writer.group.clear();
        drop(writer);
        let mut state = self.state();
        state.took = took;
        state.pace = paced(state.pace, took);
        state.full = full;
        state.durable = next;
        // All who wait for this group, and all who came since. Were only the one half expected, both would take turns for
        // ever, each waiting for the sync of the other.
        state.expected = count + state.group.count();
        let half = turn % 2;
        if state.threads.get(half).is_some_and(|threads| *threads > 0) {
            self.durable.get(half).into_iter().for_each(Condvar::notify_all);
        }
        let wakers = state.wakers.get_mut(half).map(std::mem::take).unwrap_or_default();
        if wakers.is_empty() {
            return Ok(state);
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Ok(self.state())
    }
}

/// The pace after one more write. One that took long says that the next may, but not for how long it did.
pub(super) fn paced(pace: Duration, took: Duration) -> Duration {
    (3 * pace + took.min(4 * JOURNAL_OWN_WRITE_MAX)) / 4
}

impl Writer {
    pub(super) fn write(&mut self) -> std::io::Result<()> {
        self.frame.clear();
        self.group.write(&self.header, self.next, &mut self.frame);
        self.file.append(&self.frame)?;
        self.file.sync()?;
        self.bytes += self.frame.len() as u64;
        self.next += self.group.count();
        Ok(())
    }

    /// Begins the next segment, if this one has events, and returns the path of this one.
    fn rotate(&mut self, spare: &mut Option<Box<dyn Appender>>) -> std::io::Result<Option<PathBuf>> {
        if self.bytes <= self.header.len() as u64 {
            return Ok(None);
        }
        let (disk, origin, spare) = (self.disk.clone(), self.origin.clone(), spare.take());
        let next = Self::begin(disk, origin, self.options, self.next, &Group::default(), spare)?;
        Ok(Some(std::mem::replace(self, next).path))
    }

    /// Begins a segment with these events, if there are any, in the file that was made ahead, if one was. It gets its name
    /// when they are durable, so a header is never torn.
    pub(super) fn begin(
        disk: Arc<dyn Disk>,
        origin: Origin,
        options: Options,
        next: u64,
        group: &Group,
        spare: Option<Box<dyn Appender>>,
    ) -> std::io::Result<Self> {
        let header = segment_header(&origin, next);
        let path = Segment::path(&origin, next);
        let (temporary, mut file) = match spare {
            Some(file) => (spare::path(&origin), file),
            None => {
                let temporary = Folder::temporary().join(format!("{origin}.journal"));
                remove_if_there(&*disk, &temporary)?;
                let file = disk.create(&temporary)?;
                (temporary, file)
            }
        };
        let mut frame = header.clone();
        if group.count() > 0 {
            group.write(&header, next, &mut frame);
        }
        file.append(&frame)?;
        file.sync()?;
        disk.rename(&temporary, &path)?;
        disk.sync_folder(&Folder::journal(&origin))?;
        let (bytes, next) = (frame.len() as u64, next + group.count());
        Ok(Self { disk, origin, options, header, file, path, bytes, next, frame, group: Group::default() })
    }
}

impl Journal {
    /// Hands out what keeps the log, for those who sign it.
    pub fn with_log<T>(&self, work: impl FnOnce(&mut dyn Log) -> T) -> T {
        work(self.sealer.lock().unwrap_or_else(PoisonError::into_inner).log())
    }
}
