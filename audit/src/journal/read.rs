//! What an audit folder holds at one moment: files, and the events of the journals that no file has.

use super::JournalError;
use super::segment::{OpenSegment, Segment};
use crate::event::EventText;
use crate::folder::{DayFile, Folder, Origin};
use crate::parquet::FileError;

/// Files and journals that together hold each event once. Of the journals no more than one segment is in memory.
pub struct Moment {
    /// Sealed events, by day, origin and range.
    pub files: Vec<DayFile>,
    segments: Vec<(Origin, OpenSegment)>,
}

/// The same with the events of the journals in memory, for those that are known to be few.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Sealed events, by day, origin and range.
    pub files: Vec<DayFile>,
    /// Events that are only in a journal, by origin and index.
    pub unsealed: Vec<Unsealed>,
}

/// An event of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsealed {
    /// Its log.
    pub origin: Origin,
    /// Its place there.
    pub leaf_index: u64,
    /// The event.
    pub event: EventText,
}

/// Looks at an audit folder, also while it is written to.
///
/// Journals are opened before the files are listed: an event that is sealed in between is found in both, and one that
/// was sealed before is found in its file. An event is left out of the journal's if a file of its day holds the range
/// of its segment.
pub fn moment(folder: &Folder) -> Result<Moment, JournalError> {
    let list = |path: &'static str| JournalError::disk(path);
    let mut segments = Vec::new();
    for origin in folder.origins().map_err(list("journal"))? {
        let opened = Segment::open_all(&**folder.disk(), &origin)?;
        segments.extend(opened.into_iter().map(|segment| (origin.clone(), segment)));
    }
    let files = folder.day_files().map_err(list("dt=*"))?;
    Ok(Moment { files, segments })
}

/// Looks at an audit folder, and reads all of its journals.
pub fn snapshot(folder: &Folder) -> Result<Snapshot, JournalError> {
    let (moment, mut unsealed) = (moment(folder)?, Vec::new());
    moment.unsealed(|event| {
        unsealed.push(event);
        Ok::<(), JournalError>(())
    })?;
    Ok(Snapshot { files: moment.files, unsealed })
}

impl Moment {
    /// Calls `each` with the events that are only in a journal, by origin and index.
    pub fn unsealed<E: From<JournalError>>(&self, mut each: impl FnMut(Unsealed) -> Result<(), E>) -> Result<(), E> {
        for (origin, segment) in &self.segments {
            let segment = segment.read(origin)?;
            segment.check()?;
            let Some(range) = segment.range() else { continue };
            for (leaf_index, text) in segment.events() {
                let event = EventText::read(text.to_owned())
                    .map_err(|error| FileError::Damaged(format!("event {leaf_index} in the journal: {error}")))
                    .map_err(JournalError::from)?;
                let wanted = DayFile { date: event.view().time().date(), origin: origin.clone(), range, length: 0 };
                if !self.files.iter().any(|file| file.holds(&wanted)) {
                    each(Unsealed { origin: origin.clone(), leaf_index, event })?;
                }
            }
        }
        Ok(())
    }
}
