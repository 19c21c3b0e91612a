//! Every event of the real corpus comes back as the JSON value it was, and the file stays small.
//!
//! The corpus is not part of the repository: `WARDBOOK_SHARED_DATA` names the folder that has `cloudtrail/` in it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wardbook_audit::event::{Event, EventText, Leaf};
use wardbook_audit::folder::{LeafRange, Origin};
use wardbook_audit::json::Tree;
use wardbook_audit::parquet::{EventFile, EventWriter, FileError, Filter, Footer, Settings, Test};

/// The texts of the corpus files, or nothing where there is no corpus.
fn corpus() -> Option<Vec<String>> {
    let Some(folder) = std::env::var_os("WARDBOOK_SHARED_DATA") else {
        eprintln!("skipped: WARDBOOK_SHARED_DATA names no folder with `cloudtrail/`");
        return None;
    };
    let mut paths = Vec::new();
    files(&Path::new(&folder).join("cloudtrail"), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "WARDBOOK_SHARED_DATA has no JSON files below `cloudtrail/`");
    Some(paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false if path.extension().is_some_and(|extension| extension == "json") => found.push(path),
            false => {}
        }
    }
}

/// Calls `each` with every event of a file.
fn records(text: &str, mut each: impl FnMut(Event<'_>)) {
    let mut tree = Tree::default();
    for record in tree.read(text).unwrap().member("Records").unwrap().elements() {
        each(Event::of(record).unwrap());
    }
}

#[test]
fn every_real_event_comes_back() {
    let Some(texts) = corpus() else { return };
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    let mut leaves: BTreeMap<u64, Leaf> = BTreeMap::new();
    for text in &texts {
        records(text, |event| {
            let index = leaves.len() as u64;
            leaves.insert(index, event.leaf());
            writer.append(&event, index).unwrap();
        });
    }
    let range = LeafRange { first: 0, last: leaves.len() as u64 - 1 };
    let footer = Footer { origin: Origin::new("import").unwrap(), range, sources: vec![], more: vec![] };
    let bytes = writer.finish(&footer).unwrap();
    let length = bytes.len();
    let file = EventFile::open(Arc::new(bytes::Bytes::from(bytes))).unwrap();
    let mut found = 0;
    file.events(&Filter::default(), |index, text| {
        let event = EventText::read(text.to_owned()).unwrap();
        assert_eq!(event.view().leaf(), leaves[&index], "{text}");
        found += 1;
        Ok::<(), FileError>(())
    })
    .unwrap();
    assert_eq!(found, 2_900);
    eprintln!("2,900 events in {length} bytes of Parquet");
    assert!(length < 277_000, "{length} bytes are more than 0.65 of the corpus in gzip files");
    let decrypts = Filter::default().and(Test::equals("event_name", "Decrypt"));
    let mut without_key = 0;
    for batch in file.batches(["kms_key_arn"], &decrypts).unwrap() {
        without_key += arrow_array::Array::null_count(batch.unwrap().column(0));
    }
    assert_eq!(without_key, 0, "every Decrypt of the corpus has its key");
}
