//! Events that waited in the store when the last run ended: those that the journal does not have are brought there.
//!
//! The journal is asked by the ids of the events: it may have an event although nobody got round to telling the store.

use std::collections::HashSet;

use wardbook_audit::event::EventText;
use wardbook_audit::folder::Folder;
use wardbook_audit::journal::{Journal, moment};
use wardbook_audit::parquet::{EventFile, FileError, Filter, Test};

use crate::kms::StartError;
use crate::store::Store;

/// Empties the store of events.
pub(crate) fn deliver(store: &dyn Store, journal: &Journal, folder: &Folder) -> Result<(), StartError> {
    let waiting = store.waiting()?;
    if waiting.is_empty() {
        return Ok(());
    }
    let mut events = Vec::with_capacity(waiting.len());
    for (place, text) in waiting {
        events.push((place, EventText::read(text)?));
    }
    let logged = logged(folder, &events)?;
    let mut settled = Vec::with_capacity(events.len());
    for (place, event) in events {
        if !event.view().id().is_some_and(|id| logged.contains(&*id)) {
            journal.append(&event)?;
        }
        settled.push(place);
    }
    Ok(store.settle(&settled)?)
}

/// Which of these the journal, or a file that came of it, has.
fn logged(folder: &Folder, events: &[(i64, EventText)]) -> Result<HashSet<String>, StartError> {
    let ids: Vec<String> = events.iter().filter_map(|(_, event)| Some(event.view().id()?.into_owned())).collect();
    let first = events.iter().map(|(_, event)| event.view().time().date()).min().unwrap_or_default();
    let mut found = HashSet::new();
    let moment = moment(folder)?;
    moment.unsealed(|one| {
        found.extend(one.event.view().id().map(std::borrow::Cow::into_owned));
        Ok::<(), StartError>(())
    })?;
    let filter = Filter::default().and(Test::Text { column: "event_id", values: ids });
    for file in moment.files.iter().filter(|file| file.date >= first) {
        let source = folder.disk().open(&file.path()).map_err(FileError::Disk)?;
        EventFile::open(source)?.events(&filter, |_, text| {
            let event = EventText::read(text.to_owned())?;
            found.extend(event.view().id().map(std::borrow::Cow::into_owned));
            Ok::<(), StartError>(())
        })?;
    }
    Ok(found)
}
