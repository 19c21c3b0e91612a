//! The file of the next segment, made of zeros ahead of time, so that nobody who appends waits for that.

use std::io;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::Duration;

use super::super::{JournalError, Options};
use super::{Journal, State};
use crate::disk::{Appender, Disk, remove_if_there};
use crate::folder::{Folder, Origin};

/// Whether there is one.
#[derive(Default)]
pub(super) enum Spare {
    #[default]
    Wanted,
    /// Somebody fills it.
    Filling,
    Ready(Box<dyn Appender>),
    /// It is becoming a segment, and still has its name.
    Used,
}

impl Spare {
    /// Takes it to make it a segment.
    pub(super) fn take(&mut self) -> Option<Box<dyn Appender>> {
        match std::mem::take(self) {
            Self::Ready(file) => {
                *self = Self::Used;
                Some(file)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// Says what came of it: whether it was not needed, or is a segment now, and the next is wanted.
    pub(super) fn give_back(&mut self, file: Option<Box<dyn Appender>>) {
        if let Self::Used = self {
            *self = file.map_or(Self::Wanted, Self::Ready);
        }
    }
}

/// Where it is before it is a segment.
pub(in crate::journal) fn path(origin: &Origin) -> PathBuf {
    Folder::temporary().join(format!("{origin}.spare"))
}

/// Makes it, if there shall be one.
pub(in crate::journal) fn fill(
    disk: &dyn Disk,
    origin: &Origin,
    options: &Options,
) -> io::Result<Option<Box<dyn Appender>>> {
    let path = path(origin);
    // Of one that an earlier run made nobody knows how much is there.
    remove_if_there(disk, &path)?;
    if options.filled_bytes == 0 {
        return Ok(None);
    }
    match disk.create_filled(&path, options.filled_bytes) {
        Ok(file) => Ok(Some(file)),
        Err(error) => remove_if_there(disk, &path).and(Err(error)),
    }
}

impl State {
    /// Whether nobody needs another segment.
    fn is_over(&self) -> bool {
        self.prepared || self.refusal.is_some()
    }
}

impl Journal {
    /// Fills the file of the next segment with zeros, once that is wanted; waits no longer than `wait` for it. Where nobody
    /// calls this, or the disk has no room for it, segments are begun without zeros, and their syncs take longer. Returns
    /// whether there will be more of it to do.
    pub fn prepare(&self, wait: Duration) -> Result<bool, JournalError> {
        if self.options.filled_bytes == 0 {
            return Ok(false);
        }
        let idle = |state: &mut State| !state.is_over() && !matches!(state.spare, Spare::Wanted);
        let waited = self.shared.wanted.wait_timeout_while(self.shared.state(), wait, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_over() {
            return Ok(false);
        }
        if idle(&mut state) {
            return Ok(true);
        }
        state.spare = Spare::Filling;
        drop(state);
        let filled = fill(&*self.disk, &self.origin, &self.options);
        let mut state = self.shared.state();
        state.spare = Spare::Wanted;
        if let Some(file) = filled.map_err(JournalError::disk(path(&self.origin)))? {
            state.spare = Spare::Ready(file);
        }
        Ok(true)
    }

    /// Sends those away who wait to prepare a segment: there will be no more.
    pub fn prepare_no_more(&self) {
        self.shared.state().prepared = true;
        self.shared.wanted.notify_all();
    }

    /// Removes it: the segment after a clean stop has no events, and needs no room for any.
    pub(super) fn drop_spare(&mut self) -> Result<(), JournalError> {
        let mut state = self.shared.state();
        if state.refusal.is_some() {
            return Ok(());
        }
        state.spare = Spare::Filling;
        drop(state);
        let path = path(&self.origin);
        remove_if_there(&*self.disk, &path).map_err(JournalError::disk(path))
    }
}
