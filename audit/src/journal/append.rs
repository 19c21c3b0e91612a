//! Appending: callers put their events into a group; a thread of its own writes and syncs one group after the other.
//!
//! The thread is there so that a caller can stop waiting for a disk that does not answer.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::frame::{Group, segment_header};
use super::seal::{Log, Sealer};
use super::segment::Segment;
use super::{JournalError, Options, Refusal};
use crate::disk::{Appender, Disk, Lock};
use crate::event::EventText;
use crate::folder::{Folder, Origin};
use crate::limits::{JOURNAL_GROUP_BYTES_MAX, JOURNAL_PATIENCE_MIN, JOURNAL_PATIENCE_SHARE};

/// The journal of one log. There is one writer for each log, which holds its lock.
pub struct Journal {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    sealer: Mutex<Sealer>,
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

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write, or the writer shall stop.
    work: Condvar,
    /// A group is durable. Groups take turns, so that those who wait for the next one are not woken.
    durable: [Condvar; 2],
    /// There is room in the group, or a new segment was begun.
    moved: Condvar,
}

#[derive(Default)]
struct State {
    group: Group,
    /// Which group that is, counted from 0.
    turn: usize,
    /// The index of the first event in the group.
    first: u64,
    /// Every event below it is durable.
    durable: u64,
    /// How many events the group is likely to have if it is given a moment.
    expected: u64,
    /// The segments that are closed and not sealed.
    closed: Vec<PathBuf>,
    wants_rotation: bool,
    stops: bool,
    refusal: Option<Refusal>,
}

/// What the writing thread has for itself.
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
}

impl Journal {
    pub(super) fn start(writer: Writer, sealer: Sealer, lock: Box<dyn Lock>) -> Result<Self, JournalError> {
        let shared = Arc::new(Shared::default());
        {
            let mut state = shared.state();
            (state.first, state.durable) = (writer.next, writer.next);
        }
        let options = writer.options;
        let path = writer.path.clone();
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let writer = thread.spawn(move || theirs.write(writer)).map_err(JournalError::disk(path))?;
        Ok(Self { shared, writer: Some(writer), sealer: Mutex::new(sealer), options, _lock: lock })
    }

    /// Returns when the event is durable. On any error it must be taken as not recorded; the journal refuses from then
    /// on, and whether the event is found later is not known.
    pub fn append(&self, event: &EventText) -> Result<Durable, Refusal> {
        self.append_all(std::slice::from_ref(event))
    }

    /// The same for several events, which are written together and in this order.
    pub fn append_all(&self, events: &[EventText]) -> Result<Durable, Refusal> {
        let texts: Vec<_> = events.iter().map(|event| event.view().compact()).collect();
        let bytes: usize = texts.iter().map(|text| text.len() + 4).sum();
        let limit = self.options.time_limit;
        let state = self.shared.state();
        let full = |state: &mut State| {
            state.refusal.is_none() && state.group.len() > 0 && state.group.len() + bytes > JOURNAL_GROUP_BYTES_MAX
        };
        let waited = self.shared.moved.wait_timeout_while(state, limit, full);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && full(&mut state) {
            return Err(self.shared.refuse(&mut state, Refusal::Hung(limit)));
        }
        if let Some(refusal) = &state.refusal {
            return Err(refusal.clone());
        }
        let leaf_index = state.first + state.group.count();
        let before = state.group.count();
        texts.iter().for_each(|text| state.group.push(text));
        if before == 0 || (before < state.expected && state.group.count() >= state.expected) {
            self.shared.work.notify_one();
        }
        let next = leaf_index + texts.len() as u64;
        let [even, odd] = &self.shared.durable;
        let turn = if state.turn.is_multiple_of(2) { even } else { odd };
        let pending = |state: &mut State| state.durable < next && state.refusal.is_none();
        let waited = turn.wait_timeout_while(state, limit, pending);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.durable >= next {
            return Ok(Durable { leaf_index });
        }
        match &state.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Err(self.shared.refuse(&mut state, Refusal::Hung(limit))),
        }
    }

    /// Why it refuses, if it does.
    pub fn refusal(&self) -> Option<Refusal> {
        self.shared.state().refusal.clone()
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
        let sealed = self.seal();
        self.stop();
        sealed?;
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
        self.durable.iter().chain([&self.moved]).for_each(Condvar::notify_all);
        refusal
    }

    /// What the thread does until it is stopped or fails.
    fn write(&self, mut writer: Writer) {
        let refusal = match self.write_groups(&mut writer) {
            Ok(()) => Refusal::Closed,
            Err(error) => Refusal::Disk(format!("{}: {error}", writer.path.display()).into()),
        };
        self.refuse(&mut self.state(), refusal);
    }

    fn write_groups(&self, writer: &mut Writer) -> std::io::Result<()> {
        let (mut group, mut patience) = (Group::default(), Duration::ZERO);
        loop {
            let idle = |state: &mut State| state.group.count() == 0 && !state.wants_rotation && !state.stops;
            let state = self.work.wait_while(self.state(), idle);
            let mut state = state.unwrap_or_else(PoisonError::into_inner);
            if state.refusal.is_some() || (state.stops && state.group.count() == 0) {
                return Ok(());
            }
            // Those who waited for the last group come back one after another. Without a moment's patience the first of
            // them would have a sync of its own, and all others would wait for that one too.
            if state.group.count() < state.expected && patience >= JOURNAL_PATIENCE_MIN {
                let gathering = |state: &mut State| {
                    let waits = state.refusal.is_none() && !state.stops && !state.wants_rotation;
                    waits && state.group.count() < state.expected
                };
                let gathered = self.work.wait_timeout_while(state, patience, gathering);
                (state, _) = gathered.unwrap_or_else(PoisonError::into_inner);
            }
            let turn = state.turn;
            if state.group.count() > 0 {
                std::mem::swap(&mut group, &mut state.group);
                state.first += group.count();
                state.turn += 1;
                self.moved.notify_all();
                drop(state);
                let begun = Instant::now();
                writer.write(&group)?;
                patience = begun.elapsed() / JOURNAL_PATIENCE_SHARE;
                state = self.state();
                state.durable = writer.next;
                // All who wait for this group, and all who came since. Were only the one half expected, both would take
                // turns for ever, each waiting for the sync of the other.
                state.expected = group.count() + state.group.count();
                group.clear();
                let [even, odd] = &self.durable;
                if turn.is_multiple_of(2) { even } else { odd }.notify_all();
            }
            let wants_rotation = state.wants_rotation;
            drop(state);
            let closed = match wants_rotation || writer.bytes > writer.options.segment_bytes {
                true => writer.rotate()?,
                false => None,
            };
            let mut state = self.state();
            state.closed.extend(closed);
            if wants_rotation {
                state.wants_rotation = false;
                self.moved.notify_all();
            }
        }
    }
}

impl Writer {
    pub(super) fn write(&mut self, group: &Group) -> std::io::Result<()> {
        self.frame.clear();
        group.write(&self.header, self.next, &mut self.frame);
        self.file.append(&self.frame)?;
        self.file.sync()?;
        self.bytes += self.frame.len() as u64;
        self.next += group.count();
        Ok(())
    }

    /// Begins the next segment, if this one has events, and returns the path of this one.
    fn rotate(&mut self) -> std::io::Result<Option<PathBuf>> {
        if self.bytes <= self.header.len() as u64 {
            return Ok(None);
        }
        let next = Self::begin(self.disk.clone(), self.origin.clone(), self.options, self.next, &Group::default())?;
        Ok(Some(std::mem::replace(self, next).path))
    }

    /// Begins a segment with these events, if there are any. It gets its name when they are durable, so a header is
    /// never torn.
    pub(super) fn begin(
        disk: Arc<dyn Disk>,
        origin: Origin,
        options: Options,
        next: u64,
        group: &Group,
    ) -> std::io::Result<Self> {
        let header = segment_header(&origin, next);
        let path = Segment::path(&origin, next);
        let temporary = Folder::temporary().join(format!("{origin}.journal"));
        match disk.remove(&temporary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = disk.create(&temporary)?;
        let mut frame = header.clone();
        if group.count() > 0 {
            group.write(&header, next, &mut frame);
        }
        file.append(&frame)?;
        file.sync()?;
        disk.rename(&temporary, &path)?;
        disk.sync_folder(&Folder::journal(&origin))?;
        let (bytes, next) = (frame.len() as u64, next + group.count());
        Ok(Self { disk, origin, options, header, file, path, bytes, next, frame })
    }
}

impl Journal {
    /// Hands out what keeps the log, for those who sign it.
    pub fn with_log<T>(&self, work: impl FnOnce(&mut dyn Log) -> T) -> T {
        work(self.sealer.lock().unwrap_or_else(PoisonError::into_inner).log())
    }
}
