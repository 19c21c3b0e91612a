//! Files of every released schema version are read forever, and the schema is what the golden file says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::file::reader::{FileReader, SerializedFileReader};
use wardbook_audit::column::SCHEMA_VERSION;
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{LeafRange, Origin};
use wardbook_audit::parquet::{EventFile, EventWriter, FileError, Filter, Footer, Settings};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/released")
}

fn events() -> Vec<EventText> {
    let text = std::fs::read_to_string(folder().join("events.jsonl")).unwrap();
    text.lines().map(|line| EventText::read(line.to_owned()).unwrap()).collect()
}

fn write() -> Vec<u8> {
    let events = events();
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    for (index, event) in events.iter().enumerate() {
        writer.append(&event.view(), index as u64).unwrap();
    }
    let range = LeafRange { first: 0, last: events.len() as u64 - 1 };
    let more = vec![("wardbook.note".to_owned(), "kept".to_owned())];
    let footer = Footer { origin: Origin::new("released").unwrap(), range, sources: vec!["00ff".into()], more };
    writer.finish(&footer).unwrap()
}

#[test]
fn files_of_released_versions_are_read() {
    let newest = folder().join(format!("schema-{SCHEMA_VERSION}.parquet"));
    if !newest.exists() {
        // A file that is there is never written again: it stands for those that people have.
        assert!(std::env::var_os("UPDATE").is_some(), "no file of schema version {SCHEMA_VERSION}: UPDATE=1 writes it");
        std::fs::write(&newest, write()).unwrap();
    }
    let mut versions = 0;
    for version in 1..=SCHEMA_VERSION.parse::<u32>().unwrap() {
        let bytes = std::fs::read(folder().join(format!("schema-{version}.parquet"))).unwrap();
        let file = EventFile::open(Arc::new(bytes::Bytes::from(bytes))).unwrap();
        assert_eq!(file.footer().origin.as_str(), "released");
        assert_eq!(file.footer().more, [("wardbook.note".to_owned(), "kept".to_owned())]);
        let mut found = BTreeMap::new();
        file.events(&Filter::default(), |index, text| {
            found.insert(index, EventText::read(text.to_owned()).unwrap().view().leaf());
            Ok::<(), FileError>(())
        })
        .unwrap();
        let expected: BTreeMap<_, _> = (0..).zip(events().iter().map(|event| event.view().leaf())).collect();
        assert_eq!(found, expected, "schema version {version}");
        versions += 1;
    }
    assert!(versions > 0);
}

#[test]
fn the_schema_is_the_golden_one() {
    let reader = SerializedFileReader::new(bytes::Bytes::from(write())).unwrap();
    let mut schema = Vec::new();
    parquet::schema::printer::print_schema(&mut schema, reader.metadata().file_metadata().schema());
    let schema = String::from_utf8(schema).unwrap();
    let path = folder().join(format!("schema-{SCHEMA_VERSION}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        schema,
        "a changed type or name needs a new version"
    );
    let columns = reader.metadata().row_group(0).columns();
    let bloom: Vec<_> = columns
        .iter()
        .filter(|column| column.bloom_filter_offset().is_some())
        .map(|column| column.column_path().string())
        .collect();
    assert_eq!(
        bloom,
        ["event_id", "request_id", "shared_event_id", "principal_arn", "kms_key_arn", "dest_kms_key_arn"]
    );
    assert!(columns.iter().all(|column| format!("{}", column.compression()).starts_with("ZSTD")));
}
