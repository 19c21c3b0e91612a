//! The newest events, and those that come after them.
//!
//! An event is told once, whether it is met in the journal, in the file it is sealed into or in one that this is
//! compacted into.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::event::EventText;
use crate::export::{ExportError, events_of};
use crate::folder::{Folder, LeafRange, Origin};
use crate::journal::moment;
use crate::log::Vouched;

/// Where one who reads along stands.
#[derive(Debug, Default)]
pub struct Tail {
    /// Of each log: the index after the last event that was met in a journal.
    journaled: BTreeMap<Origin, u64>,
    /// Of each log and day: the ranges of the files that were read.
    files: BTreeMap<(Origin, String), Vec<LeafRange>>,
}

impl Tail {
    /// The last `count` events by their time, and where to go on from.
    pub fn begin(folder: &Folder, count: usize) -> Result<(Self, Vec<String>), ExportError> {
        let mut tail = Self::default();
        let mut newest: BinaryHeap<Reverse<(i64, u64, String)>> = BinaryHeap::new();
        let mut order = 0;
        // Days that lie before the newest events are not read.
        let mut dates: BTreeMap<String, usize> = BTreeMap::new();
        for file in moment(folder)?.files {
            *dates.entry(file.date).or_default() += 1;
        }
        let mut wanted_from: Option<String> = None;
        for date in dates.keys().rev() {
            if wanted_from.is_none() && tail.rows_of_day(folder, date)? >= count as u64 {
                wanted_from = Some(date.clone());
            }
        }
        let from = wanted_from.unwrap_or_default();
        tail.read(folder, Some(&from), &mut |text| {
            let Ok(event) = EventText::read(text.to_owned()) else { return };
            order += 1;
            newest.push(Reverse((event.view().time().micros(), order, text.to_owned())));
            if newest.len() > count {
                newest.pop();
            }
        })?;
        let mut newest: Vec<_> = newest.into_iter().map(|Reverse(event)| event).collect();
        newest.sort();
        Ok((tail, newest.into_iter().map(|(.., text)| text).collect()))
    }

    /// What came since the last call, by log and place in it.
    pub fn next(&mut self, folder: &Folder) -> Result<Vec<String>, ExportError> {
        let mut events = Vec::new();
        self.read(folder, None, &mut |text| events.push(text.to_owned()))?;
        Ok(events)
    }

    fn rows_of_day(&self, folder: &Folder, date: &str) -> Result<u64, ExportError> {
        let disk = |error| ExportError::Disk { path: Folder::day(date), error };
        let mut rows = 0;
        for file in folder.files_of_day(date).map_err(disk)? {
            let path = file.path();
            let opened = folder.disk().open(&path).map_err(disk)?;
            let opened = crate::parquet::EventFile::open(opened);
            rows += opened.map_err(|error| ExportError::File { path, error })?.rows() as u64;
        }
        Ok(rows)
    }

    /// Calls `each` with what was not met yet; files of days before `from` only count as met.
    fn read(&mut self, folder: &Folder, from: Option<&str>, each: &mut dyn FnMut(&str)) -> Result<(), ExportError> {
        let moment = moment(folder)?;
        let disk = |error| ExportError::Disk { path: "log".into(), error };
        let mut vouched: Option<Vouched> = None;
        for file in &moment.files {
            let seen = self.files.entry((file.origin.clone(), file.date.clone())).or_default();
            if seen.iter().any(|range| range.covers(file.range)) {
                continue;
            }
            let journaled = self.journaled.get(&file.origin).copied().unwrap_or(0);
            if file.range.last >= journaled && from.is_none_or(|from| from <= file.date.as_str()) {
                let known = match &vouched {
                    Some(known) => known,
                    None => vouched.insert(Vouched::of(folder).map_err(disk)?),
                };
                events_of::<ExportError>(folder, known, file, |index, text| {
                    let was_met = seen.iter().any(|range| range.first <= index && index <= range.last);
                    if index >= journaled && !was_met {
                        each(text);
                    }
                    Ok(())
                })?;
            }
            seen.retain(|range| !file.range.covers(*range));
            seen.push(file.range);
        }
        moment.unsealed(|unsealed| {
            let next = self.journaled.entry(unsealed.origin.clone()).or_default();
            if unsealed.leaf_index >= *next {
                each(&unsealed.event.view().compact());
                *next = unsealed.leaf_index + 1;
            }
            Ok(())
        })
    }
}
