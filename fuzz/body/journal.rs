//! Any bytes as a segment of the journal, or a good one with something changed. Nobody can make up an event: what is
//! read are the first of those that were written, or it is called tampered with. Where there is an even number of
//! changes, a start reads the same: it writes Parquet, which takes a hundred times longer.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use wardbook_audit::disk::{Disk, MemoryDisk};
use wardbook_audit::event::EventText;
use wardbook_audit::export::{ExportError, export};
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::journal::{Journal, Options, snapshot};

use crate::edits;

const SEGMENT: &str = "journal/server/000000000000.journal";

fn origin() -> Origin {
    Origin::new("server").expect("a name")
}

fn open(disk: &MemoryDisk) -> Option<Journal> {
    let folder = Folder::new(Arc::new(disk.clone()));
    Journal::open(&folder, &origin(), Options::default(), Box::new(()), |_| None).ok()
}

fn events() -> Vec<EventText> {
    let text = |id| format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"{id}"}}"#);
    let event = |id: u32| EventText::read(text(id)).expect("an event");
    (0..6).map(event).collect()
}

/// A segment of three groups.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let disk = MemoryDisk::default();
    let journal = open(&disk).expect("a journal");
    for events in events().chunks(2) {
        journal.append_all(events).expect("it takes events");
    }
    let found = disk.after_kill();
    found.read(Path::new(SEGMENT)).expect("a segment").to_vec()
});

pub(crate) fn run(data: &[u8]) {
    let bytes = match data.starts_with(b"wardbook journal") {
        true => data.to_vec(),
        false => edits::changed(&GOOD, data),
    };
    let disk = MemoryDisk::default();
    disk.put(SEGMENT, bytes);
    let folder = Folder::new(Arc::new(disk.clone()));
    let wanted = events();
    let read = snapshot(&folder);
    if let Ok(snapshot) = &read {
        assert!(snapshot.unsealed.len() <= wanted.len(), "events were made up");
        for (place, (unsealed, event)) in snapshot.unsealed.iter().zip(&wanted).enumerate() {
            assert_eq!(unsealed.leaf_index, place as u64);
            assert_eq!(unsealed.event.view().record(), event.view().record(), "an event was changed");
        }
    }
    if !data.len().is_multiple_of(8) {
        return;
    }
    let journal = open(&disk);
    assert_eq!(journal.is_some(), read.is_ok(), "a start and a reader do not agree: {:?}", read.err());
    let (Some(journal), Ok(before)) = (journal, read) else { return };
    assert!(journal.close().is_ok());
    let mut sealed = 0;
    let exported = export(&folder, |_| {
        sealed += 1;
        Ok::<(), ExportError>(())
    });
    assert!(exported.is_ok(), "{exported:?}");
    assert_eq!(sealed, before.unsealed.len(), "sealing lost or made events");
}
