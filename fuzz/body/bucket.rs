//! A copy of a bucket with CloudTrail's logs and digests in which one file is another: the first byte chooses it, the
//! second whether itself is changed or what it inflates to, and the rest tells the changes. There is a report, which
//! finds nothing where nothing was changed.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use wardbook_audit::aws_digest::{PublicKeys, verify};
use wardbook_audit::disk::MemoryDisk;
use wardbook_audit::log::Verdict;

use crate::edits;

struct Bucket {
    keys: PublicKeys,
    files: Vec<(PathBuf, Vec<u8>)>,
}

static GOOD: LazyLock<Bucket> = LazyLock::new(|| {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|up| up.join("testdata/cloudtrail-digest"));
    let folder = above.find(|folder| folder.is_dir()).expect("the repository has testdata/cloudtrail-digest");
    let keys = std::fs::read_to_string(folder.join("public-keys.json")).expect("there are keys");
    let mut files = Vec::new();
    gather(&folder.join("bucket"), Path::new(""), &mut files);
    files.sort();
    Bucket { keys: PublicKeys::read(&keys).expect("they can be read"), files }
});

fn gather(folder: &Path, name: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let name = name.join(entry.file_name());
        match entry.path().is_dir() {
            true => gather(&entry.path(), &name, files),
            false => files.push((name, std::fs::read(entry.path()).expect("a file can be read"))),
        }
    }
}

pub(crate) fn run(data: &[u8]) {
    let &[chosen, what, ref rest @ ..] = data else { return };
    let (files, disk) = (&GOOD.files, MemoryDisk::default());
    let chosen = usize::from(chosen) % files.len();
    let mut is_whole = true;
    for (at, (path, good)) in files.iter().enumerate() {
        let mut bytes = good.clone();
        let mut content = Vec::new();
        // The head of a chain is not compressed.
        let is_packed = good.starts_with(&[0x1f, 0x8b]);
        if at == chosen && (what.is_multiple_of(2) || !is_packed) {
            bytes = edits::changed(good, rest);
        } else if at == chosen {
            MultiGzDecoder::new(&**good).read_to_end(&mut content).expect("it is compressed");
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&edits::changed(&content, rest)).expect("memory takes it");
            bytes = packed.finish().expect("memory takes it");
        }
        is_whole &= bytes == *good;
        disk.put(path, bytes);
    }
    let report = verify(&disk, &GOOD.keys).expect("a disk in memory does not fail");
    assert!(!is_whole || report.verdict() == Verdict::Verified, "{report:?}");
    assert!(report.findings.iter().all(|finding| !finding.problem.to_string().is_empty()));
}
