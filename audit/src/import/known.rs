//! Which events an audit folder holds already.
//!
//! An event is known if one of the same `eventID` is there that is the same JSON value; one without an `eventID` is
//! compared with those of its moment. Only names and places are collected beforehand. What a stored event says is
//! read when one of its name arrives, so a forged event can neither pass for a stored one nor keep one out.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};

use super::ImportError;
use super::index::{Index, Value};
use crate::disk::Disk;
use crate::event::{Event, EventText, Leaf};
use crate::folder::{DayFile, Folder};
use crate::journal::moment;
use crate::limits::{INDEXED_EVENTS_HELD_MAX, INDEXED_FILES_MAX, LOOKUPS_MAX};
use crate::parquet::{EventFile, FileError, Filter, Row, Test, text_slot};
use crate::time::Timestamp;

/// The events of an audit folder by name.
pub(super) struct Known {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    files: Vec<Stored>,
    /// The slot of `eventID` in a row.
    id: u16,
    /// By name: the file and the place in its log.
    stored: Index,
    /// By name: the leaf of an event that is in a journal or was taken in this run.
    taken: Index,
    /// By place: the leaves of files that were asked more than a few times.
    open: HashMap<u32, Index>,
    /// Those whose leaves are in memory, and how many leaves that are; the first was opened first.
    held: VecDeque<(u32, usize)>,
    /// Those whose leaves were put by.
    put_by: VecDeque<u32>,
}

struct Stored {
    file: DayFile,
    lookups: u32,
}

/// What an event is to those that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing of its name is known.
    New,
    /// It is there already.
    Duplicate,
    /// Another value is known under its `eventID`.
    Conflict,
}

/// What an event is found by: its `eventID`, or else its moment.
fn key(event: &Event<'_>) -> u64 {
    key_of(event.id().as_deref(), event.time())
}

/// The same for an event of which only these are at hand.
pub(super) fn key_of(id: Option<&str>, time: Timestamp) -> u64 {
    let mut hasher = DefaultHasher::new();
    match id {
        Some(id) => id.hash(&mut hasher),
        None => time.micros().hash(&mut hasher),
    }
    hasher.finish()
}

fn short(leaf: Leaf) -> Value {
    leaf.0.first_chunk::<16>().copied().unwrap_or_default()
}

impl Known {
    /// Collects the names of all events of a folder. `scratch` is where it may keep files.
    pub(super) fn collect(folder: &Folder, scratch: PathBuf) -> Result<Self, ImportError> {
        let disk = folder.disk().clone();
        let moment = moment(folder)?;
        let stored = Index::new(disk.clone(), scratch.join("stored"));
        let taken = Index::new(disk.clone(), scratch.join("taken"));
        let id = text_slot("event_id");
        let (files, open, held, put_by) = (Vec::new(), HashMap::new(), VecDeque::new(), VecDeque::new());
        let mut known = Self { disk, folder: scratch, files, id, stored, taken, open, held, put_by };
        moment.unsealed(|unsealed| {
            let event = unsealed.event.view();
            known.take(key(&event), event.leaf())
        })?;
        for file in moment.files {
            known.collect_file(file)?;
        }
        Ok(known)
    }

    fn collect_file(&mut self, file: DayFile) -> Result<(), ImportError> {
        let place = self.files.len() as u64;
        let path = file.path();
        let opened = EventFile::open(self.disk.open(&path).map_err(ImportError::disk(&path))?);
        let opened = opened.map_err(ImportError::file(&path))?;
        let batches = opened.batches(["event_id", "event_time", "leaf_index"], &Filter::default());
        for batch in batches.map_err(ImportError::file(&path))? {
            let batch = batch.map_err(ImportError::file(&path))?;
            for (key, leaf_index) in
                names(&batch).ok_or_else(|| damaged("no names")).map_err(ImportError::file(&path))?
            {
                let mut value = [0; 16];
                let bytes = place.to_be_bytes().into_iter().chain(leaf_index.to_be_bytes());
                value.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
                self.stored.insert(key, value).map_err(ImportError::disk(&self.folder))?;
            }
        }
        self.files.push(Stored { file, lookups: 0 });
        Ok(())
    }

    /// Looks where events of these names would be, so that the processor fetches all these places at once: they are far
    /// apart, and [`Known::standing`] would wait for one after the other.
    pub(super) fn fetch(&self, keys: impl Iterator<Item = u64>) {
        black_box(keys.filter(|key| self.taken.is_held(*key)).count());
    }

    /// What an event is to those that are known. It is only looked at if something of its name is.
    pub(super) fn standing<'a>(
        &mut self,
        key: u64,
        event: impl FnOnce() -> Row<'a>,
        leaf: Leaf,
    ) -> Result<Standing, ImportError> {
        let leaf = short(leaf);
        let taken = self.taken.values(key).map_err(|error| ImportError::disk(&self.folder)(error))?;
        if taken.contains(&leaf) {
            return Ok(Standing::Duplicate);
        }
        let places = self.stored.values(key).map_err(|error| ImportError::disk(&self.folder)(error))?;
        if taken.is_empty() && places.is_empty() {
            return Ok(Standing::New);
        }
        let id = self.id(&event());
        for place in &places {
            if self.stored_leaf(u128::from_be_bytes(*place), id)? == Some(leaf) {
                return Ok(Standing::Duplicate);
            }
        }
        match id {
            None => Ok(Standing::New),
            Some(_) => Ok(Standing::Conflict),
        }
    }

    /// The `eventID` of an event.
    pub(super) fn id<'a>(&self, event: &Row<'a>) -> Option<&'a str> {
        let [id] = event.texts([self.id]);
        id
    }

    /// Knows an event from now on.
    pub(super) fn take(&mut self, key: u64, leaf: Leaf) -> Result<(), ImportError> {
        self.taken.insert(key, short(leaf)).map_err(|error| ImportError::disk(&self.folder)(error))
    }

    /// What the event at a place says.
    fn stored_leaf(&mut self, place: u128, id: Option<&str>) -> Result<Option<Value>, ImportError> {
        let (file, leaf_index) = ((place >> 64) as u32, place as u64);
        if !self.open.contains_key(&file) {
            let Some(stored) = self.files.get_mut(file as usize) else { return Ok(None) };
            stored.lookups += 1;
            let path = stored.file.path();
            if let Some(id) = id.filter(|_| stored.lookups <= LOOKUPS_MAX) {
                let filter = Filter::default().and(Test::equals("event_id", id));
                let mut found = None;
                self.leaves(&path, &filter, |_, index, leaf| {
                    if index == leaf_index {
                        found = Some(leaf);
                    }
                    Ok(())
                })?;
                return Ok(found);
            }
            let mut index = Index::new(self.disk.clone(), self.folder.join(format!("file-{file}")));
            let mut count = 0;
            self.leaves(&path, &Filter::default(), |_, place, leaf| {
                count += 1;
                index.insert(place, leaf).map_err(ImportError::disk(&path))
            })?;
            self.open.insert(file, index);
            self.held.push_back((file, count));
            self.make_room(INDEXED_EVENTS_HELD_MAX, INDEXED_FILES_MAX)?;
        }
        let Some(index) = self.open.get(&file) else { return Ok(None) };
        let found = index.values(leaf_index).map_err(ImportError::disk(&self.folder))?;
        Ok(found.first().copied())
    }

    /// Puts leaves by that take too much memory, the oldest first: a file that was forgotten would be read whole again
    /// for the next event.
    fn make_room(&mut self, events_max: usize, files_max: usize) -> Result<(), ImportError> {
        let mut events: usize = self.held.iter().map(|(_, count)| count).sum();
        while events > events_max
            && let Some((file, count)) = self.held.pop_front()
        {
            if let Some(index) = self.open.get_mut(&file) {
                index.put_by().map_err(ImportError::disk(&self.folder))?;
            }
            self.put_by.push_back(file);
            events -= count;
        }
        while self.put_by.len() > files_max
            && let Some(file) = self.put_by.pop_front()
        {
            self.open.remove(&file);
        }
        Ok(())
    }

    fn leaves(
        &self,
        path: &std::path::Path,
        filter: &Filter,
        mut each: impl FnMut(&Self, u64, Value) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let opened = EventFile::open(self.disk.open(path).map_err(ImportError::disk(path))?);
        let opened = opened.map_err(ImportError::file(path))?;
        opened.events(filter, |leaf_index, text| {
            let event =
                EventText::read(text.to_owned()).map_err(|error| ImportError::from(damaged(&error.to_string())))?;
            each(self, leaf_index, short(event.view().leaf()))
        })
    }
}

fn damaged(what: &str) -> FileError {
    FileError::Damaged(what.to_owned())
}

/// Names and places of the rows of a batch.
fn names(batch: &RecordBatch) -> Option<Vec<(u64, u64)>> {
    let ids = batch.column_by_name("event_id")?.as_string_opt::<i32>()?;
    let times = batch.column_by_name("event_time")?.as_primitive_opt::<TimestampMicrosecondType>()?;
    let leaves = batch.column_by_name("leaf_index")?.as_primitive_opt::<Int64Type>()?;
    let rows = times.values().iter().zip(leaves.values().iter()).enumerate();
    let names = rows.map(|(row, (time, leaf))| {
        let id = ids.is_valid(row).then(|| ids.value(row));
        (key_of(id, Timestamp::from_micros(*time)), *leaf as u64)
    });
    Some(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn leaves_are_put_by_when_they_are_too_many_and_forgotten_when_their_files_are() {
        let disk = MemoryDisk::default();
        disk.create_folder("tmp".as_ref()).unwrap();
        let mut known = Known::collect(&Folder::new(Arc::new(disk.clone())), "tmp".into()).unwrap();
        let open = |known: &mut Known, file: u32| {
            let mut index = Index::new(known.disk.clone(), format!("tmp/file-{file}").into());
            (0..3).for_each(|place| index.insert(place, [file as u8; 16]).unwrap());
            known.open.insert(file, index);
            known.held.push_back((file, 3));
            known.make_room(6, 1).unwrap();
        };
        let found = |known: &Known, file: u32| known.open.get(&file).map(|index| index.values(2).unwrap());
        for (file, put_by) in [(0, &[][..]), (1, &[]), (2, &[0]), (3, &[1])] {
            open(&mut known, file);
            assert_eq!(known.put_by, put_by, "after file {file}");
            assert_eq!(disk.paths().len(), put_by.len());
        }
        assert_eq!(found(&known, 0), None, "one may be put by, and this was the first");
        for file in 1..=3 {
            assert_eq!(found(&known, file), Some(vec![[file as u8; 16]]));
        }
    }
}
