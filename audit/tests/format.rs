//! `FORMAT.md` read as another program would read it: its numbers are those of the code, and journal, log and lists are
//! taken apart by its words alone.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use wardbook_audit::disk::{Disk, MemoryDisk};
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::journal::{Journal, Options};
use wardbook_audit::limits::{EVENT_BYTES_MAX, JSON_DEPTH_MAX, NUMBER_EXPONENT_MAX, ORIGIN_BYTES_MAX};
use wardbook_audit::log::{LogWriter, SigningKey};
use wardbook_audit::parquet::EventFile;

const FORMAT: &str = include_str!("../FORMAT.md");
const EVENTS: u64 = 300;

fn origin() -> Origin {
    Origin::new("server").unwrap()
}

/// An event, written as its canonical form is.
fn event(index: u64) -> String {
    let day = 1 + index / 200;
    format!(r#"{{"eventID":"{index}","eventTime":"2026-04-0{day}T12:00:00Z","n":{index}}}"#)
}

fn open(disk: &MemoryDisk) -> Journal {
    let folder = Folder::new(Arc::new(disk.clone()));
    let log = LogWriter::open(&folder, &origin(), SigningKey::from_seed(&[7; 32])).unwrap();
    Journal::open(&folder, &origin(), Options::default(), Box::new(log), |_| None).unwrap()
}

fn append(journal: &Journal, events: std::ops::Range<u64>) {
    for index in events {
        journal.append(&EventText::read(event(index)).unwrap()).unwrap();
    }
}

fn read(disk: &MemoryDisk, path: impl AsRef<Path>) -> Vec<u8> {
    disk.read(path.as_ref()).unwrap().to_vec()
}

fn text(disk: &MemoryDisk, path: impl AsRef<Path>) -> String {
    String::from_utf8(read(disk, path)).unwrap()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The root of RFC 6962, section 2.1, written as the section says it.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().div_ceil(2).next_power_of_two());
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

fn leaves() -> Vec<[u8; 32]> {
    (0..EVENTS).map(|index| sha256(&[&[0], event(index).as_bytes()])).collect()
}

#[test]
fn the_numbers_of_the_page_are_those_of_the_code() {
    let grouped = |number: i64| {
        let digits = number.to_string();
        let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
        groups.join(",")
    };
    for says in [
        format!("nested deeper than {JSON_DEPTH_MAX} levels"),
        format!("longer than {} MiB", EVENT_BYTES_MAX >> 20),
        format!("an exponent beyond {}", grouped(NUMBER_EXPONENT_MAX)),
        format!("then up to {} lower case letters", ORIGIN_BYTES_MAX - 1),
        format!("Imported events are in the log `{}`", Origin::import()),
    ] {
        assert!(FORMAT.contains(&says), "{says}");
    }
    assert!(
        Origin::new("a".repeat(ORIGIN_BYTES_MAX)).is_ok() && Origin::new("a".repeat(ORIGIN_BYTES_MAX + 1)).is_err()
    );
}

#[test]
fn the_journal_is_made_as_the_page_says() {
    let disk = MemoryDisk::default();
    let journal = open(&disk);
    append(&journal, 0..3);
    let bytes = read(&disk, "journal/server/000000000000.journal");
    let header = b"wardbook journal 1\nserver\n0\n";
    let mut rest = bytes.strip_prefix(&header[..]).unwrap();
    let (mut found, mut next) = (Vec::new(), 0);
    while !rest.is_empty() {
        let number = |at: usize| u32::from_le_bytes(*rest[at..].first_chunk().unwrap());
        assert_eq!(&rest[..4], [0xF7, 0x57, 0x42, 0x4A]);
        let (length, first, count) =
            (number(4) as usize, u64::from(number(8)) | u64::from(number(12)) << 32, number(16));
        let payload = &rest[36..36 + length];
        assert_eq!(rest[20..36], sha256(&[header, &rest[..20], payload])[..16]);
        assert_eq!(first, next);
        let mut events = payload;
        for _ in 0..count {
            let length = u32::from_le_bytes(*events.first_chunk().unwrap()) as usize;
            found.push(String::from_utf8(events[4..4 + length].to_vec()).unwrap());
            events = &events[4 + length..];
        }
        assert!(events.is_empty());
        (next, rest) = (next + u64::from(count), &rest[36 + length..]);
    }
    assert_eq!(found, (0..3).map(event).collect::<Vec<_>>());
}

/// The second is written while the sync of the first is under way.
#[test]
fn frames_that_overlap_are_made_as_the_page_says() {
    let disk = MemoryDisk::default();
    disk.sync_takes([Duration::from_millis(5)]);
    let journal = open(&disk);
    append(&journal, 0..1);
    disk.sync_takes([Duration::from_millis(300)]);
    let tickets = [1, 2].map(|index| {
        let ticket = journal.submit(&[EventText::read(event(index)).unwrap()]).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        ticket
    });
    tickets.into_iter().for_each(|ticket| assert!(ticket.wait().is_ok()));
    let bytes = read(&disk, "journal/server/000000000000.journal");
    let header = b"wardbook journal 1\nserver\n0\n";
    let before: usize = [0, 1].map(|index| 36 + 4 + event(index).len()).iter().sum();
    let frame = &bytes[header.len() + before..];
    assert_eq!(frame[..4], [0xF7, 0x57, 0x42, 0x4B]);
    let payload = [&(event(2).len() as u32).to_le_bytes(), event(2).as_bytes()].concat();
    assert_eq!(frame[4..8], (payload.len() as u32).to_le_bytes());
    assert_eq!(frame[8..16], 2u64.to_le_bytes(), "its first event");
    assert_eq!(frame[16..20], 1u32.to_le_bytes(), "how many it has");
    assert_eq!(frame[20..24], 1u32.to_le_bytes(), "how many before it are not known to be durable");
    assert_eq!(frame[24..40], sha256(&[header, &frame[..24], &payload])[..16]);
    assert_eq!(frame[40..], payload);
}

#[test]
fn the_log_is_made_as_the_page_says() {
    let disk = MemoryDisk::default();
    let journal = open(&disk);
    append(&journal, 0..EVENTS);
    let checkpoint = text(&disk, "log/server/checkpoint");
    assert!(checkpoint.contains("\njournal open\n"), "{checkpoint}");
    journal.close().unwrap();

    // Tiles: 256 hashes of 32 bytes, and the one at the right edge.
    let leaves = leaves();
    assert_eq!(read(&disk, "log/server/tile/0/000"), leaves[..256].concat());
    assert_eq!(read(&disk, "log/server/tile/0/001.p/44"), leaves[256..].concat());
    assert_eq!(read(&disk, "log/server/tile/1/000.p/1"), root(&leaves[..256]));

    // The checkpoint: name, size, root, digest of the index, how the writer was stopped; and one signature.
    let checkpoint = text(&disk, "log/server/checkpoint");
    let (body, signature) = checkpoint.split_once("\n\n").unwrap();
    let lines: Vec<_> = body.lines().collect();
    let [name, size, top, files, "journal closed"] = lines[..] else { panic!("{body}") };
    assert_eq!((name, size, top), ("wardbook/server", "300", &*STANDARD.encode(root(&leaves))));
    let line = text(&disk, "log/server/key");
    let [name, id, key] = line.trim_end().splitn(3, '+').collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert_eq!(name, "wardbook/server");
    let signature =
        signature.strip_prefix("\u{2014} wardbook/server ").and_then(|line| line.strip_suffix('\n')).unwrap();
    let (signature, key) = (STANDARD.decode(signature).unwrap(), STANDARD.decode(key).unwrap());
    assert_eq!(hex(&signature[..4]), id);
    // Signed notes: the byte 1 stands for Ed25519, and the id is of name, newline, that byte and the key.
    assert_eq!((key[0], key.len()), (1, 33));
    assert_eq!(hex(&sha256(&[name.as_bytes(), b"\n", &key])[..4]), id);
    let public = VerifyingKey::from_bytes(key[1..].first_chunk().unwrap()).unwrap();
    public.verify_strict(format!("{body}\n").as_bytes(), &Signature::from_slice(&signature[4..]).unwrap()).unwrap();

    // The index, its lists and the files that they bind: every file beside log, lock, journal and tmp.
    let list = |digest: &str| {
        let path = format!("log/server/files/{digest}");
        assert_eq!(hex(&sha256(&[&read(&disk, &path)])), digest);
        text(&disk, path)
    };
    let mut bound = BTreeSet::new();
    for line in list(files.strip_prefix("files ").unwrap()).lines() {
        let (digest, folder) = line.split_once(' ').unwrap();
        for line in list(digest).lines() {
            let [digest, length, path] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let bytes = read(&disk, path);
            assert_eq!((hex(&sha256(&[&bytes])), bytes.len().to_string()), (digest.to_owned(), length.to_owned()));
            assert_eq!(Path::new(path).parent().unwrap(), Path::new(folder));
            bound.insert(PathBuf::from(path));
        }
    }
    let is_bound = |path: &PathBuf| !["log", "lock", "journal", "tmp"].iter().any(|place| path.starts_with(place));
    assert_eq!(bound, disk.paths().into_iter().filter(is_bound).collect());

    // Names and footers of the files of events.
    let mut names: Vec<_> = bound.iter().map(|path| path.display().to_string()).collect();
    names.sort();
    let file = |day: u32| format!("dt=2026-04-0{day}/server-000000000000-000000000299.parquet");
    assert_eq!(names, [file(1), file(2)]);
    for name in &names {
        let footer = EventFile::open(disk.open(Path::new(name)).unwrap()).unwrap().footer().clone();
        assert_eq!((footer.origin, footer.range.first, footer.range.last), (origin(), 0, EVENTS - 1));
        assert!(footer.sources.is_empty(), "events of this engine have none");
        let [(size_key, size), (root_key, top)] = &footer.more[..] else { panic!("{:?}", footer.more) };
        assert_eq!((&**size_key, &**root_key), ("wardbook.tree_size", "wardbook.root"));
        assert_eq!((size.parse(), &**top), (Ok(EVENTS), &*hex(&root(&leaves))));
        let bytes = read(&disk, name);
        for key in ["schema_version", "origin", "first_leaf", "last_leaf", "tree_size", "root"] {
            let key = format!("wardbook.{key}");
            assert!(FORMAT.contains(&format!("`{key}`")), "{key} is not on the page");
            assert!(bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{key} is not in {name}");
        }
    }
}
