//! What an audit folder holds at one moment: files, and the events of the journals that no file has.

use super::JournalError;
use super::segment::Segment;
use crate::event::EventText;
use crate::folder::{DayFile, Folder, Origin};
use crate::parquet::FileError;

/// Files and events that together hold each event once.
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
/// Journals are read before the files are listed: an event that is sealed in between is found in both, and one that was
/// sealed before is found in its file. An event is left out of the journal's if a file of its day holds the range of
/// its segment.
pub fn snapshot(folder: &Folder) -> Result<Snapshot, JournalError> {
    let list = |path: &'static str| JournalError::disk(path);
    let mut segments = Vec::new();
    for origin in folder.origins().map_err(list("journal"))? {
        for segment in Segment::all(&**folder.disk(), &origin)? {
            segment.check()?;
            segments.push((origin.clone(), segment));
        }
    }
    let files = folder.day_files().map_err(list("dt=*"))?;
    let mut unsealed = Vec::new();
    for (origin, segment) in segments {
        let Some(range) = segment.range() else { continue };
        for (leaf_index, text) in segment.events() {
            let event = EventText::read(text.to_owned())
                .map_err(|error| FileError::Damaged(format!("event {leaf_index} in the journal: {error}")))?;
            let wanted = DayFile { date: event.view().time().date(), origin: origin.clone(), range, length: 0 };
            if !files.iter().any(|file| file.holds(&wanted)) {
                unsealed.push(Unsealed { origin: origin.clone(), leaf_index, event });
            }
        }
    }
    Ok(Snapshot { files, unsealed })
}
