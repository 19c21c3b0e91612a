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
use super::super::frame::Group;
use super::ticket::Waiting;
use super::{Shared, State, Writer};
use crate::disk::Syncer;
use crate::limits::{
    JOURNAL_BESIDE_MIN, JOURNAL_GROUP_BYTES_MAX, JOURNAL_LANE_PACE_MIN, JOURNAL_LANES, JOURNAL_OWN_WRITE_MAX,
    JOURNAL_PATIENCE_MIN, JOURNAL_PATIENCE_PAUSE, JOURNAL_PATIENCE_QUICK, JOURNAL_PATIENCE_SHARE,
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
#[derive(Debug, PartialEq, Eq)]
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
pub(super) fn is_beside(took: Duration) -> bool {
    took >= JOURNAL_BESIDE_MIN
}

/// How long a group may wait to fill, where syncs take so long.
fn patience(took: Duration) -> Duration {
    (took / JOURNAL_PATIENCE_SHARE).max(took.min(JOURNAL_PATIENCE_QUICK))
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
        match self.gathers() && !self.stops && self.rotation.is_none() {
            true => at(self.came + patience(self.took)),
            false => Step::Write,
        }
    }

    /// Whether the group is worth a moment's patience. Those who waited for the last group come back one after another: without
    /// patience the first of them would have a sync of its own, and all others would wait for that one too.
    fn gathers(&self) -> bool {
        let is_small = self.group.count() < self.expected;
        is_small && self.syncing.is_empty() && self.pause == 0 && patience(self.took) >= JOURNAL_PATIENCE_MIN
    }

    /// Gives the group to the writer. Returns when that was.
    fn take(&mut self, group: &mut Group) -> Instant {
        // Nobody came for whom it waited.
        self.pause = if self.gathers() { JOURNAL_PATIENCE_PAUSE } else { self.pause.saturating_sub(1) };
        self.writing = true;
        self.begun = Instant::now();
        std::mem::swap(group, &mut self.group);
        let count = group.count();
        self.first += count;
        let waiting = std::mem::take(&mut self.waiting);
        self.syncing.push_back(Syncing { turn: self.turn, next: self.first, count, synced: false, waiting });
        self.turn += 1;
        self.begun
    }

    /// Nobody writes any longer; the segment is full, or not.
    fn wrote(&mut self, full: bool) {
        (self.writing, self.full) = (false, full);
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
        let begun = state.take(&mut writer.group);
        if writer.group.len() > JOURNAL_GROUP_BYTES_MAX / 2 {
            self.moved.notify_all();
        }
        drop(state);
        writer.write(unsettled)?;
        writer.group.clear();
        let full = writer.bytes > writer.options.segment_bytes;
        let mut state = match lane {
            Some(lane) => {
                lane.follow(&writer)?;
                drop(writer);
                self.wrote(full);
                lane.sync()?;
                self.state()
            }
            None => {
                writer.file.sync()?;
                drop(writer);
                let mut state = self.state();
                state.wrote(full);
                state
            }
        };
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
        state.wrote(full);
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
        state.wrote(false);
        if state.rotation.is_some_and(|turn| turn <= state.turn) {
            state.rotation = None;
            self.moved.notify_all();
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Duration = Duration::from_micros(1);

    /// A journal in which one event came just now, after a group of that many.
    fn came(expected: u64, took: Duration) -> State {
        let mut state = State::new(0);
        (state.expected, state.took) = (expected, took);
        state.group.push("{}");
        state
    }

    /// What the last sync took, and how long a group may wait to fill, in microseconds.
    #[test]
    fn patience_follows_the_last_sync() {
        for (took, waits) in [(1, 1), (150, 150), (200, 200), (201, 200), (1_600, 200), (1_608, 201), (8_000, 1_000)] {
            assert_eq!(patience(took * US), waits * US, "{took}");
        }
    }

    #[test]
    fn a_group_waits_to_fill_where_that_can_pay() {
        let steps = |expected: u64, took: Duration| {
            let state = came(expected, took);
            state.step(state.came)
        };
        assert_eq!(steps(1, 150 * US), Step::Write, "all are there");
        assert_eq!(steps(2, 150 * US), Step::WaitFor(150 * US));
        assert_eq!(steps(2, JOURNAL_PATIENCE_MIN), Step::WaitFor(JOURNAL_PATIENCE_MIN));
        assert_eq!(steps(2, JOURNAL_PATIENCE_MIN - US), Step::Write, "the next sync is as soon done");
        let late = came(2, 150 * US);
        assert_eq!(late.step(late.came + 150 * US), Step::Write, "nobody came");
    }

    #[test]
    fn who_waited_in_vain_does_not_wait_for_a_while() {
        let mut state = came(2, 150 * US);
        for waits in [true, false, true] {
            for _ in 0..if waits { 1 } else { JOURNAL_PATIENCE_PAUSE } {
                assert_eq!(matches!(state.step(state.came), Step::WaitFor(_)), waits);
                let turn = state.turn;
                state.take(&mut Group::default());
                state.writing = false;
                state.settle(turn, 150 * US);
                (state.expected, state.came) = (2, Instant::now());
                state.group.push("{}");
            }
        }
    }

    /// One sync is under way, and an event comes: how long the sync before took, and how much later than it the next is begun,
    /// in microseconds.
    #[test]
    fn a_sync_is_begun_beside_another_where_that_takes_long() {
        for (took, later) in [(150, None), (999, None), (1_000, Some(250)), (2_000, Some(250)), (8_000, Some(1_000))] {
            let mut state = came(1, took * US);
            state.take(&mut Group::default());
            state.writing = false;
            assert_eq!(state.step(state.begun), Step::Wait, "nobody has come");
            state.group.push("{}");
            assert_eq!(state.step(state.begun), later.map_or(Step::Wait, |later| Step::WaitFor(later * US)), "{took}");
            if let Some(later) = later {
                assert_eq!(state.step(state.begun + later * US), Step::Write);
                state.rotation = Some(state.turn);
                assert_eq!(state.step(state.begun + later * US), Step::Wait, "the segment is to end first");
            }
        }
    }

    #[test]
    fn no_more_syncs_are_under_way_than_there_are_threads() {
        let mut state = came(1, 8_000 * US);
        for _ in 0..JOURNAL_LANES {
            assert_eq!(state.step(state.begun + 1_000 * US), Step::Write);
            state.take(&mut Group::default());
            state.writing = false;
            state.group.push("{}");
        }
        assert_eq!(state.step(state.begun + 1_000 * US), Step::Wait);
        let turn = state.turn;
        state.settle(turn - 1, 8_000 * US);
        assert_eq!((state.syncing.len(), state.durable), (JOURNAL_LANES, 0), "those before it are not durable");
        state.settle(turn - JOURNAL_LANES as u64, 8_000 * US);
        assert_eq!((state.syncing.len(), state.durable), (JOURNAL_LANES - 1, 1));
        assert_eq!(state.step(state.begun + 1_000 * US), Step::Write);
    }

    #[test]
    fn a_segment_ends_before_what_came_after_that_was_asked_for() {
        let mut state = came(1, 150 * US);
        state.rotation = Some(state.turn + 1);
        assert_eq!(state.step(state.came), Step::Write, "it came before");
        let turn = state.turn;
        state.take(&mut Group::default());
        assert_eq!(state.step(state.came), Step::Wait, "somebody writes");
        state.writing = false;
        state.group.push("{}");
        assert_eq!(state.step(state.came), Step::Wait);
        state.settle(turn, 150 * US);
        assert_eq!(state.step(state.came), Step::Rotate);
        state.rotation = None;
        state.full = true;
        assert_eq!(state.step(state.came), Step::Rotate);
        (state.full, state.stops) = (false, true);
        assert_eq!(state.step(state.came), Step::Write);
        state.group.clear();
        assert_eq!(state.step(state.came), Step::Stop);
    }
}
