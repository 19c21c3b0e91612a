//! The threads that write and sync: what each does next, and what follows when a group is durable.
//!
//! One sync is under way at a time where syncs are quick. Where they take long, further ones are begun beside it, each for
//! what has come since: a caller then waits little longer than one sync takes, and not for most of another one before his
//! own. Groups become durable in the order in which they were written, whichever sync returns first, so an event that
//! counts has none before it that does not.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::super::Refusal;
use super::ticket::Waiting;
use super::{Shared, State, Writer};
use crate::disk::Syncer;
use crate::limits::{
    JOURNAL_BESIDE_MIN, JOURNAL_GROUP_BYTES_MAX, JOURNAL_LANE_PACE_MIN, JOURNAL_LANES, JOURNAL_OWN_WRITE_MAX,
    JOURNAL_PATIENCE_MIN, JOURNAL_PATIENCE_SHARE,
};

/// A group that is written and not known to be durable.
pub(super) struct Syncing {
    turn: u64,
    /// The index after its last event.
    next: u64,
    count: u64,
    /// Its sync returned, and it waits for those before it.
    synced: bool,
    pub(super) waiting: Arc<Waiting>,
}

/// What a thread does next.
enum Step {
    Wait,
    WaitFor(Duration),
    Write,
    Rotate,
    Stop,
}

/// A thread's own handle on the segment.
#[derive(Default)]
struct Lane {
    path: PathBuf,
    file: Option<Box<dyn Syncer>>,
}

impl Lane {
    /// Follows the writer into his segment.
    fn follow(&mut self, writer: &Writer) -> io::Result<()> {
        if self.file.is_none() || self.path != writer.path {
            self.file = Some(writer.disk.open_to_sync(&writer.path)?);
            self.path.clone_from(&writer.path);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.sync())
    }
}

/// Whether syncs that take so long are begun beside others.
pub(in crate::journal) fn is_beside(took: Duration) -> bool {
    took >= JOURNAL_BESIDE_MIN
}

/// The pace after one more write. One that took long says that the next may, but not for how long it did.
pub(in crate::journal) fn paced(pace: Duration, took: Duration) -> Duration {
    (3 * pace + took.min(4 * JOURNAL_OWN_WRITE_MAX)) / 4
}

impl State {
    fn step(&self, now: Instant) -> Step {
        let nothing = self.group.count() == 0;
        let rotates = self.full || self.rotation.is_some_and(|turn| turn <= self.turn);
        let at = |time: Instant| match time.saturating_duration_since(now) {
            Duration::ZERO => Step::Write,
            left => Step::WaitFor(left),
        };
        if self.refusal.is_some() {
            return Step::Stop;
        }
        if self.writing {
            return Step::Wait;
        }
        if !self.syncing.is_empty() {
            let waits = nothing || rotates || !is_beside(self.took) || self.syncing.len() >= JOURNAL_LANES;
            let pace = (self.took / JOURNAL_LANES as u32).max(JOURNAL_LANE_PACE_MIN);
            return if waits { Step::Wait } else { at(self.begun + pace) };
        }
        if rotates {
            return Step::Rotate;
        }
        if nothing {
            return if self.stops { Step::Stop } else { Step::Wait };
        }
        // Those who waited for the last group come back one after another. Without a moment's patience the first of
        // them would have a sync of its own, and all others would wait for that one too.
        let patience = self.took / JOURNAL_PATIENCE_SHARE;
        let gathers = self.group.count() < self.expected && patience >= JOURNAL_PATIENCE_MIN;
        if gathers && !self.stops && self.rotation.is_none() { at(self.came + patience) } else { Step::Write }
    }

    /// Gives the group to the writer. Returns when that was.
    fn take(&mut self, writer: &mut Writer) -> Instant {
        self.writing = true;
        self.begun = Instant::now();
        std::mem::swap(&mut writer.group, &mut self.group);
        let count = writer.group.count();
        self.first += count;
        let waiting = std::mem::take(&mut self.waiting);
        self.syncing.push_back(Syncing { turn: self.turn, next: self.first, count, synced: false, waiting });
        self.turn += 1;
        self.begun
    }

    /// Takes the sync of a group for done. Returns those to wake who wait for groups that are durable by that.
    fn settle(&mut self, turn: u64, took: Duration) -> Vec<Waker> {
        self.took = took;
        self.pace = paced(self.pace, took);
        if let Some(group) = self.syncing.iter_mut().find(|group| group.turn == turn) {
            group.synced = true;
        }
        let (mut wakers, mut count) = (Vec::new(), 0);
        while let Some(group) = self.syncing.pop_front_if(|group| group.synced) {
            self.durable = group.next;
            count += group.count;
            wakers.append(&mut group.waiting.wake());
        }
        // All who waited for these groups, and all who came since. Were only the one half expected, both would take turns
        // for ever, each waiting for the sync of the other.
        self.expected = count + self.group.count();
        wakers
    }
}

impl Shared {
    /// What a thread does until it is stopped or fails.
    pub(super) fn write(&self) {
        let refusal = match self.write_groups() {
            Ok(()) => Refusal::Closed,
            Err(error) => self.failed(&error),
        };
        self.refuse(&mut self.state(), refusal);
    }

    fn failed(&self, error: &io::Error) -> Refusal {
        Refusal::Disk(format!("{}: {error}", self.writer().path.display()).into())
    }

    fn write_groups(&self) -> io::Result<()> {
        let mut lane = Lane::default();
        let mut state = self.state();
        loop {
            state = match state.step(Instant::now()) {
                Step::Wait => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                Step::WaitFor(time) => self.work.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0,
                Step::Write => self.write_group(state, Some(&mut lane))?,
                Step::Rotate => self.rotate(state)?,
                Step::Stop => return Ok(()),
            };
        }
    }

    /// Writes the group there is, which is the caller's alone, and wakes a thread if there is more to do.
    pub(super) fn write_own(&self, state: MutexGuard<'_, State>) -> Result<(), Refusal> {
        let state = match self.write_group(state, None) {
            Ok(state) => state,
            Err(error) => {
                let refusal = self.failed(&error);
                return Err(self.refuse(&mut self.state(), refusal));
            }
        };
        if state.group.count() > 0 || state.rotation.is_some() || state.full || state.stops {
            self.work.notify_one();
        }
        // It took so long that others have given the journal up.
        state.refusal.clone().map_or(Ok(()), Err)
    }

    /// Writes and syncs the group there is. With a lane others can write theirs meanwhile.
    fn write_group<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        lane: Option<&mut Lane>,
    ) -> io::Result<MutexGuard<'a, State>> {
        let mut writer = self.writer();
        let (turn, unsettled) = (state.turn, state.first - state.durable);
        let begun = state.take(&mut writer);
        if writer.group.len() > JOURNAL_GROUP_BYTES_MAX / 2 {
            self.moved.notify_all();
        }
        drop(state);
        writer.write(unsettled)?;
        writer.group.clear();
        let full = writer.bytes > writer.options.segment_bytes;
        match lane {
            Some(lane) => {
                lane.follow(&writer)?;
                drop(writer);
                self.wrote(full);
                lane.sync()?;
            }
            None => {
                writer.file.sync()?;
                drop(writer);
                self.wrote(full);
            }
        }
        let mut state = self.state();
        let wakers = state.settle(turn, begun.elapsed());
        if wakers.is_empty() {
            return Ok(state);
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Ok(self.state())
    }

    /// Lets others write.
    fn wrote(&self, full: bool) {
        let mut state = self.state();
        state.writing = false;
        state.full = full;
        if state.group.count() > 0 && is_beside(state.took) {
            self.work.notify_one();
        }
    }

    fn rotate<'a>(&'a self, mut state: MutexGuard<'a, State>) -> io::Result<MutexGuard<'a, State>> {
        state.writing = true;
        let mut spare = state.spare.take();
        drop(state);
        let closed = self.writer().rotate(&mut spare)?;
        let mut state = self.state();
        state.spare.give_back(spare);
        self.wanted.notify_all();
        state.closed.extend(closed);
        (state.writing, state.full) = (false, false);
        if state.rotation.is_some_and(|turn| turn <= state.turn) {
            state.rotation = None;
            self.moved.notify_all();
        }
        Ok(state)
    }
}
