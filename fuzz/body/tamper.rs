//! An audit folder in which one file was changed, removed, or put in the place of another: whatever it is, the folder
//! does not verify. The first byte chooses the file, the second what is done, and the rest tells the changes.

use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use wardbook_audit::disk::{Disk, MemoryDisk};
use wardbook_audit::folder::Folder;
use wardbook_audit::import::{Importer, Options, Source, origin};
use wardbook_audit::log::{LogWriter, SigningKey, Trust, Verdict, prove, verify};

use crate::edits;

struct Records;

impl Source for Records {
    fn name(&self) -> &str {
        "records.jsonl"
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut text = String::from("this is no record\n");
        for id in 0..5 {
            text += &format!("{{\"eventTime\":\"2026-04-01T12:00:00Z\",\"eventID\":\"id-{id}\"}}\n");
        }
        Ok(Box::new(Cursor::new(text.into_bytes())))
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// The files of a good folder that have anything in them.
static GOOD: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let disk = MemoryDisk::default();
    let folder = Folder::new(Arc::new(disk.clone()));
    let importer = Importer::begin(&folder).expect("nobody else imports");
    let mut log = LogWriter::open(&folder, &origin(), key()).expect("a log");
    importer.run(vec![Box::new(Records)], &mut log, Options::default(), &mut ()).expect("an import");
    let told = |path: &PathBuf| !path.starts_with("lock") && !path.starts_with("tmp");
    let read = |path: PathBuf| {
        let bytes = disk.read(&path).expect("it is there").to_vec();
        (path, bytes)
    };
    disk.paths().into_iter().filter(told).map(read).collect()
});

pub(crate) fn run(data: &[u8]) {
    let &[chosen, what, ref rest @ ..] = data else { return };
    let place = usize::from(chosen) % GOOD.len();
    let other = (place + 1 + usize::from(what) / 4) % GOOD.len();
    let (path, good) = &GOOD[place];
    let disk = MemoryDisk::default();
    for (path, bytes) in GOOD.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, file)| file) {
        disk.put(path, bytes.clone());
    }
    let found = match what % 4 {
        0 => None,
        1 => Some(GOOD[other].1.clone()),
        _ => Some(edits::changed(good, rest)),
    };
    let is_whole = found.as_ref() == Some(good);
    if let Some(bytes) = found {
        disk.put(path, bytes);
    }
    let folder = Folder::new(Arc::new(disk));
    let trust = Trust { keys: vec![key().public()], kept: Vec::new() };
    let report = verify(&folder, &trust).expect("a disk in memory does not fail");
    assert_eq!(report.verdict() == Verdict::Verified, is_whole, "{} {report:?}", path.display());
    if data.len().is_multiple_of(8) {
        let _ = verify(&folder, &Trust::default());
        let _ = prove(&folder, &trust, "id-3");
    }
}
