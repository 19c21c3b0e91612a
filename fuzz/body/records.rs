//! Any bytes as a file of CloudTrail records, whose first byte tells its name: the books balance, what was written is
//! given back, a second time nothing is, and the folder verifies.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use wardbook_audit::disk::MemoryDisk;
use wardbook_audit::export::{ExportError, export};
use wardbook_audit::folder::Folder;
use wardbook_audit::import::{Books, Importer, Options, Source, origin};
use wardbook_audit::log::{LogWriter, SigningKey, Trust, Verdict, verify};

const NAMES: [&str; 4] = ["a.json", "a.json.gz", "a.jsonl", "a"];

struct Memory(&'static str, Vec<u8>);

impl Source for Memory {
    fn name(&self) -> &str {
        self.0
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.1.clone())))
    }
}

fn import(folder: &Folder, name: &'static str, bytes: &[u8]) -> Books {
    let importer = Importer::begin(folder).expect("nobody else imports");
    let mut log = LogWriter::open(folder, &origin(), SigningKey::from_seed(&[7; 32])).expect("a log");
    let options = Options { threads: 1, ..Options::default() };
    let books = importer.run(vec![Box::new(Memory(name, bytes.to_vec()))], &mut log, options, &mut ());
    let books = books.expect("only a broken disk ends an import");
    assert_eq!(books.read, books.written + books.duplicate + books.rejected, "{books:?}");
    books
}

pub(crate) fn run(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let folder = Folder::new(Arc::new(MemoryDisk::default()));
    let books = import(&folder, name, bytes);
    let mut given_back = 0;
    let exported = export(&folder, |_| {
        given_back += 1;
        Ok::<(), ExportError>(())
    });
    assert!(exported.is_ok(), "{exported:?}");
    assert_eq!(given_back, books.written, "events were lost or made");
    let again = import(&folder, name, bytes);
    assert_eq!((again.written, again.read), (0, books.read), "{books:?} {again:?}");
    let trust = Trust { keys: vec![SigningKey::from_seed(&[7; 32]).public()], kept: Vec::new() };
    let report = verify(&folder, &trust).expect("a disk in memory does not fail");
    assert_eq!(report.verdict(), Verdict::Verified, "{report:?}");
}
