//! Any bytes as a CloudTrail record: refused, or the same value after it was written without whitespace, in canonical
//! form, and as a row of Parquet.

use wardbook_audit::disk::{Disk, MemoryDisk};
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{LeafRange, Origin};
use wardbook_audit::json::Tree;
use wardbook_audit::parquet::{EventFile, EventWriter, FileError, Filter, Footer, Settings};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut tree = Tree::default();
    if let Ok(value) = tree.read(text) {
        let canonical = String::from_utf8(value.canonical()).expect("canonical JSON is UTF-8");
        let mut again = Tree::default();
        let again = again.read(&canonical).expect("canonical JSON is JSON");
        assert_eq!(again, value, "the canonical form says something else");
        assert_eq!(again.canonical(), canonical.as_bytes(), "the canonical form has another one");
    }
    let Ok(event) = EventText::read(text.to_owned()) else { return };
    let view = event.view();
    let compact = EventText::read(view.compact().into_owned()).expect("an event without whitespace is an event");
    assert_eq!(compact.view().leaf(), view.leaf(), "whitespace made another event");

    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    writer.append(&view, 7).expect("an event can be written");
    let footer = Footer {
        origin: Origin::new("fuzz").expect("a name"),
        range: LeafRange { first: 7, last: 7 },
        sources: Vec::new(),
        more: Vec::new(),
    };
    let disk = MemoryDisk::default();
    disk.put("file.parquet", writer.finish(&footer).expect("a file can be finished"));
    let file =
        EventFile::open(disk.open("file.parquet".as_ref()).expect("it is there")).expect("what was written opens");
    let mut rows = 0;
    let read = file.events(&Filter::default(), |index, text| {
        rows += 1;
        let back = EventText::read(text.to_owned()).expect("what was written is an event");
        assert_eq!(index, 7);
        assert_eq!(back.view().record(), view.record(), "Parquet made another event");
        assert_eq!(back.view().leaf(), view.leaf(), "Parquet made another leaf");
        Ok::<(), FileError>(())
    });
    assert!(matches!(read, Ok(())), "{read:?}");
    assert_eq!(rows, 1);
}
