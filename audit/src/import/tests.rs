use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::compact::{self, Compactor};
use crate::disk::{Failure, MemoryDisk, WatchedDisk};
use crate::event::EventText;
use crate::export::{ExportError, export};
use crate::limits::{RECORDS_REJECTED_MAX, SOURCE_BYTES_HELD_MAX};
use crate::log::{LogWriter, SigningKey, Trust, Verdict, verify};
use crate::parquet::EventFile;

#[derive(Clone)]
struct Memory(String, Vec<u8>);

impl Source for Memory {
    fn name(&self) -> &str {
        &self.0
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.1.clone())))
    }
}

fn folder(disk: &MemoryDisk) -> Folder {
    Folder::new(Arc::new(disk.clone()))
}

fn source(name: &str, bytes: impl AsRef<[u8]>) -> Memory {
    Memory(name.to_owned(), bytes.as_ref().to_vec())
}

fn run(disk: &MemoryDisk, sources: &[Memory]) -> Result<Books, ImportError> {
    let folder = folder(disk);
    let importer = Importer::begin(&folder)?;
    let key = SigningKey::from_seed(&[7; 32]);
    let mut log = LogWriter::open(&folder, &origin(), key)
        .map_err(|error| ImportError::Damaged("log".into(), error.to_string()))?;
    let sources = sources.iter().map(|source| Box::new(source.clone()) as Box<dyn Source>).collect();
    importer.run(sources, &mut log, Options::default(), &mut ())
}

fn books(disk: &MemoryDisk, sources: &[Memory]) -> [u64; 4] {
    let books = run(disk, sources).unwrap();
    assert_eq!(books.read, books.written + books.duplicate + books.rejected);
    [books.read, books.written, books.duplicate, books.rejected]
}

/// The events of a folder in canonical form, sorted; duplicates are not removed.
fn events(disk: &MemoryDisk) -> Vec<String> {
    let mut found = Vec::new();
    export(&folder(disk), |text| {
        let event = EventText::read(text.to_owned()).unwrap();
        found.push(event.view().leaf().to_string());
        Ok::<(), ExportError>(())
    })
    .unwrap();
    found.sort();
    found
}

fn assert_verified(disk: &MemoryDisk) {
    let trust = Trust { keys: vec![SigningKey::from_seed(&[7; 32]).public()], kept: vec![] };
    let report = verify(&folder(disk), &trust).unwrap();
    assert_eq!(report.verdict(), Verdict::Verified, "{report:?}");
}

/// Whatever a crash leaves, it does not look like a hand.
fn assert_not_tampered(disk: &MemoryDisk, when: &str) {
    let trust = Trust { keys: vec![SigningKey::from_seed(&[7; 32]).public()], kept: vec![] };
    let report = verify(&folder(disk), &trust).unwrap();
    assert_ne!(report.verdict(), Verdict::Tampered, "{when}: {report:?}");
}

fn event(id: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-04-{:02}T12:00:00Z","eventID":"id-{id}","n":{id}}}"#,
        id % 28 + 1
    )
}

fn envelope(ids: impl IntoIterator<Item = u32>) -> String {
    format!("{{\"Records\":[{}]}}", ids.into_iter().map(event).collect::<Vec<_>>().join(","))
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_form_gives_the_same_events() {
    let lines = (0..10).map(event).collect::<Vec<_>>().join("\n");
    let quoted = |id| serde_json::to_string(&event(id)).unwrap();
    let lookup = |id| format!(r#"{{"EventId":"id-{id}","EventTime":1.7e9,"CloudTrailEvent":{}}}"#, quoted(id));
    let lookups = format!(r#"{{"NextToken":"x","Events":[{}]}}"#, (0..10).map(lookup).collect::<Vec<_>>().join(","));
    let members = [gzip(envelope(0..4)), gzip(""), gzip(envelope(4..10))].concat();
    let forms = [
        source("a.json", envelope(0..10)),
        source("b.json.gz", gzip(envelope(0..10))),
        source("c.jsonl", &lines),
        source("d.jsonl.gz", gzip(&lines)),
        source("e.json", format!("[{}]", (0..10).map(event).collect::<Vec<_>>().join(","))),
        source("f.json", &lookups),
        source("g.json.gz", members),
        source("h", &lines),
    ];
    let mut wanted = None;
    for form in &forms {
        let disk = MemoryDisk::default();
        assert_eq!(books(&disk, std::slice::from_ref(form)), [10, 10, 0, 0], "{}", form.0);
        assert_eq!(*wanted.get_or_insert_with(|| events(&disk)), events(&disk), "{}", form.0);
        assert_verified(&disk);
    }
    let disk = MemoryDisk::default();
    assert_eq!(books(&disk, &forms), [80, 10, 70, 0]);
    assert_eq!(books(&disk, &forms), [80, 0, 80, 0]);
    assert_eq!(events(&disk).len(), 10);
    assert_verified(&disk);
}

#[test]
fn duplicates_are_same_values_and_conflicts_are_kept() {
    let same = r#"[{"eventTime":"2026-04-01T12:00:00Z","eventID":"a","n":1.0,"m":{}},
        {"m":{ },"n":1e0,"eventID":"\u0061","eventTime":"2026-04-01T12:00:00Z"},
        {"eventTime":"2026-04-01T12:00:00Z"},{"eventTime":"2026-04-01T12:00:00Z"},
        {"eventTime":"2026-04-01T12:00:00Z","x":1}]"#;
    let disk = MemoryDisk::default();
    assert_eq!(books(&disk, &[source("a.json", same)]), [5, 3, 2, 0]);
    // Another day, so nothing of the old day can tell.
    let forged = r#"[{"eventTime":"2026-05-01T12:00:00Z","eventID":"a","n":1}]"#;
    let books = run(&disk, &[source("b.json", forged), source("a.json", same)]).unwrap();
    assert_eq!((books.written, books.duplicate, books.conflict), (1, 5, 1));
    let conflict = Conflict { source: "b.json".into(), record: 1, event_id: "a".into() };
    assert_eq!(books.conflicts, [conflict]);
    assert_eq!(run(&disk, &[source("b.json", forged)]).unwrap().conflict, 0, "it is there already");
    assert_verified(&disk);
}

#[test]
fn duplicates_of_many_days_do_not_have_the_same_files_read_over_and_over() {
    let disk = MemoryDisk::default();
    let events = |file: u32| {
        let events = (0..300).map(|line| {
            let day = 1 + line % 9;
            format!(r#"{{"eventTime":"2026-04-0{day}T12:00:00Z","eventID":"{file}-{line}"}}"#)
        });
        source(&format!("{file}.json"), format!("[{}]", events.collect::<Vec<_>>().join(",")))
    };
    let sources = [events(0), events(1)];
    assert_eq!(books(&disk, &sources), [600, 600, 0, 0]);
    let files: u64 = folder(&disk).day_files().unwrap().iter().map(|file| file.length).sum();
    let (read, key) = (Arc::new(AtomicU64::new(0)), SigningKey::from_seed(&[7; 32]));
    let told = read.clone();
    let told = move |bytes| {
        told.fetch_add(bytes, Ordering::Relaxed);
    };
    let folder = Folder::new(Arc::new(WatchedDisk::new(Arc::new(disk.clone()), Arc::new(told))));
    let importer = Importer::begin(&folder).unwrap();
    let mut log = LogWriter::open(&folder, &origin(), key).unwrap();
    let sources = sources.into_iter().map(|source| Box::new(source) as Box<dyn Source>).collect();
    let books = importer.run(sources, &mut log, Options::default(), &mut ()).unwrap();
    assert_eq!((books.written, books.duplicate), (0, 600));
    let read = read.load(Ordering::Relaxed);
    assert!(read < 20 * files, "{read} bytes were read of files with {files}");
}

#[test]
fn more_duplicates_than_are_looked_up_one_by_one() {
    let disk = MemoryDisk::default();
    let one_day = |from: u32, to: u32| {
        let events = (from..to).map(|id| format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"{id}"}}"#));
        format!("[{}]", events.collect::<Vec<_>>().join(","))
    };
    for from in [0, 50, 100, 150, 200] {
        assert_eq!(books(&disk, &[source("a.json", one_day(from, from + 50))]), [50, 50, 0, 0]);
    }
    assert_eq!(books(&disk, &[source("a.json", one_day(0, 300))]), [300, 50, 250, 0]);
    assert_eq!(events(&disk).len(), 300);
}

#[test]
fn hostile_sources_are_named_and_kept_and_the_rest_is_imported() {
    let whole = gzip(envelope(0..20));
    let mut flipped = whole.clone();
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    let deep = format!("[{},{}1{}]", event(3), "[".repeat(200), "]".repeat(200));
    let sources = [
        source("a.json", envelope([0, 1])),
        source("b-cut.json.gz", &whole[..whole.len() - 9]),
        source("c-flipped.json.gz", &flipped),
        source("d-cut.json", envelope([2, 3]).get(..60).unwrap()),
        source("e-garbage.json", "hello"),
        source("f-empty.json", ""),
        source("g-deep.json", deep),
        source(
            "h-time.json",
            r#"{"Records":[{"eventID":"x"},{"eventTime":7},{"eventTime":"soon"},{"eventTime":null}]}"#,
        ),
        source("i-twice.json", r#"[{"eventTime":"2026-04-01T12:00:00Z","a":1,"\u0061":2}]"#),
        source("j-half.json", r#"[{"eventTime":"2026-04-01T12:00:00Z","a":"\ud800"}]"#),
        source("k.jsonl", format!("{}\n{{\"broken\n{}\n", event(4), event(5))),
        source("l-none.json.gz", "not gzip"),
        source("l-zero.json.gz", ""),
        source("m-CloudTrail-Digest_x.json.gz", gzip("{}")),
        source("n.json", r#"{"awsAccountId":"1","digestStartTime":"x","digestS3Bucket":"b"}"#),
    ];
    let disk = MemoryDisk::default();
    let books = run(&disk, &sources).unwrap();
    assert_eq!(books.read, books.written + books.duplicate + books.rejected);
    assert_eq!((books.written, books.duplicate, books.rejected, books.skipped), (5, 0, 15, 2), "{books:?}");
    for name in ["b-cut", "c-flipped", "d-cut", "e-garbage", "f-empty", "l-none", "l-zero"] {
        let of: Vec<_> = books.rejections.iter().filter(|rejection| rejection.source.starts_with(name)).collect();
        assert!(of.len() == 1 && of[0].record.is_none() && of[0].offset.is_some(), "{name}: {of:?}");
    }
    let said = |name: &str| books.rejections.iter().find(|rejection| rejection.source.starts_with(name)).unwrap();
    assert_eq!([said("l-none"), said("l-zero")].map(|of| &*of.message), ["not a gzip file", "the file is empty"]);
    let kept = |bytes: &[u8]| {
        let held =
            |path: &PathBuf| folder(&disk).disk().read(path).unwrap().windows(bytes.len()).any(|part| part == bytes);
        disk.paths().iter().filter(|path| path.starts_with("rejected")).any(held)
    };
    assert!(kept(b"{\"broken\n") && kept(&flipped) && kept(br#""\u0061":2}"#) && kept(b"e-garbage.json"));
    assert!(kept("[".repeat(200).as_bytes()) && kept(br#"{"eventTime":"soon"}"#));
    assert_verified(&disk);
    let before = disk.paths();
    let again = run(&disk, &sources).unwrap();
    assert_eq!((again.written, again.duplicate, again.rejected), (0, 5, 15));
    assert_eq!(disk.paths(), before, "the same bytes are kept once");
}

#[test]
fn a_bomb_of_records_that_are_none_is_refused_as_one() {
    let most = RECORDS_REJECTED_MAX as usize;
    let nothings = |count: usize| format!("[{}{}]", event(0), ",0".repeat(count));
    let long = |count: usize| {
        let spaces = " ".repeat(SOURCE_BYTES_HELD_MAX);
        format!("[{spaces}{}{}]", event(1), ",{}".repeat(count))
    };
    let lines = format!("{}\n{}", event(2), "no\n".repeat(most + 1));
    let disk = MemoryDisk::default();
    for (bomb, at) in [
        (source("a.json.gz", gzip(nothings(most + 1))), nothings(most + 1).len() - 2),
        (source("b.json.gz", gzip(long(most + 1))), long(most + 1).len() - 3),
        (source("c.jsonl", &lines), lines.len() - 3),
    ] {
        let books = run(&disk, &[bomb, source("z.json", event(9))]).unwrap();
        assert_eq!((books.read, books.rejected), (2, 1), "{:?}", books.rejections);
        let [refused] = &*books.rejections else { panic!("{:?}", books.rejections) };
        assert!(refused.message.starts_with("more than 100000 of its records are no events"), "{refused:?}");
        assert_eq!((refused.record, refused.offset), (None, Some(at as u64)));
    }
    assert_eq!(events(&disk).len(), 1, "the rest is imported");
    for (name, rest, id) in [("a.json.gz", nothings(most), 0), ("b.json.gz", long(most), 1)] {
        let books = run(&disk, &[source(name, gzip(rest))]).unwrap();
        assert_eq!((books.written, books.rejected), (1, most as u64), "{name} with event {id}");
    }
    assert_verified(&disk);
}

#[test]
fn a_long_source_is_streamed_and_a_cut_one_refused() {
    let padding = "x".repeat(1 << 20);
    let record = |id: u32| format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"{id}","p":"{padding}"}}"#);
    let text = format!("{{\"Records\":[{}]}}", (0..40).map(record).collect::<Vec<_>>().join(",\n"));
    let packed = gzip(&text);
    assert!(packed.len() < 1 << 20, "a small file that is large");
    let disk = MemoryDisk::default();
    let cut = source("b.json.gz", &packed[..packed.len() - 5]);
    assert_eq!(books(&disk, &[source("a.json", text.get(..text.len() - 2).unwrap()), cut]), [2, 0, 0, 2]);
    assert_eq!(books(&disk, &[source("a.json.gz", &packed), source("b.json", &text)]), [80, 40, 40, 0]);
    assert_verified(&disk);
}

/// A source to whose end something is put between two looks at it, or which is another one then.
struct Moves(Mutex<Vec<Vec<u8>>>);

impl Source for Moves {
    fn name(&self) -> &str {
        "live.jsonl"
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut looks = self.0.lock().unwrap();
        let bytes = if looks.len() > 1 { looks.remove(0) } else { looks[0].clone() };
        Ok(Box::new(Cursor::new(bytes)))
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_imported_as_it_was() {
    let padding = "x".repeat(1 << 20);
    let lines = |ids: std::ops::Range<u32>| -> String {
        ids.map(|id| format!("{{\"eventTime\":\"2026-04-01T12:00:00Z\",\"eventID\":\"{id}\",\"p\":\"{padding}\"}}\n"))
            .collect()
    };
    let (before, after) = (lines(0..20), lines(0..21));
    let disk = MemoryDisk::default();
    let import = |looks: &[&[u8]]| {
        let source = Moves(Mutex::new(looks.iter().map(|look| look.to_vec()).collect()));
        Importer::begin(&folder(&disk)).unwrap().run(vec![Box::new(source)], &mut (), Options::default(), &mut ())
    };
    let counts = |books: Books| (books.read, books.written, books.duplicate);
    assert_eq!(counts(import(&[before.as_bytes(), after.as_bytes()]).unwrap()), (20, 20, 0));
    assert_eq!(counts(import(&[after.as_bytes()]).unwrap()), (21, 1, 20), "the next import has the rest");
    let (packed, more) = (gzip(&before), [gzip(&before), gzip(lines(20..22))].concat());
    assert_eq!(counts(import(&[&packed, &more]).unwrap()), (20, 0, 20), "members of a gzip file likewise");
    let other = lines(1..22);
    assert!(matches!(import(&[after.as_bytes(), other.as_bytes()]), Err(ImportError::Changed(_))));
    assert!(matches!(import(&[after.as_bytes(), before.as_bytes()]), Err(ImportError::Changed(_))), "it shrank");
}

/// Gives a part, and then fails.
struct Breaks(&'static [u8]);

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Ok(0) => Err(io::Error::other("the line went dead")),
            read => read,
        }
    }
}

#[test]
fn what_can_be_read_once_and_breaks_off_is_rejected_and_stops_nothing() {
    let disk = MemoryDisk::default();
    let folder = folder(&disk);
    let importer = Importer::begin(&folder).unwrap();
    let whole = br#"{"eventTime":"2026-04-01T12:00:00Z","eventID":"a"}"#;
    let mut sources: Vec<Box<dyn Source>> = vec![Box::new(source("c.json", event(3)))];
    for (name, bytes) in [("a", &whole[..]), ("b", b"")] {
        sources.push(Box::new(importer.spool(name, &mut Breaks(bytes)).unwrap()));
    }
    sources.push(Box::new(importer.spool("d", &mut &whole[..]).unwrap()));
    let books = importer.run(sources, &mut (), Options::default(), &mut ()).unwrap();
    assert_eq!((books.read, books.written, books.duplicate, books.rejected), (4, 2, 0, 2));
    let told: Vec<_> =
        books.rejections.iter().map(|one| (one.source.as_str(), one.record, one.message.as_str())).collect();
    let wanted = ["the line went dead, after 50 readable bytes", "cannot be read: the line went dead"];
    assert_eq!(told, [("a", None, wanted[0]), ("b", None, wanted[1])]);
}

#[test]
fn files_name_the_digests_of_their_sources() {
    let disk = MemoryDisk::default();
    // One event, more than are hashed at a time, and compressed.
    let sources = [
        source("a.json", envelope([0])),
        source("b.json", envelope((1..3_000).map(|id| id * 24))),
        source("c.json.gz", gzip(envelope([30_001]))),
    ];
    run(&disk, &sources).unwrap();
    let mut wanted: Vec<String> =
        sources.iter().map(|source| Hash(Sha256::digest(&source.1).into()).to_string()).collect();
    wanted.sort();
    let (mut named, folder) = (Vec::new(), folder(&disk));
    for file in folder.day_files().unwrap() {
        let file = EventFile::open(folder.disk().open(&file.path()).unwrap()).unwrap();
        named.extend(file.footer().sources.clone());
    }
    named.sort();
    named.dedup();
    assert_eq!(named, wanted);
    assert_verified(&disk);
}

#[test]
fn one_import_gives_the_same_bytes() {
    let sources: Vec<_> =
        (0..40).map(|file| source(&format!("{file}.json"), envelope(file * 50..file * 50 + 60))).collect();
    let content = |threads: usize, reversed: bool| {
        let disk = MemoryDisk::default();
        let folder = folder(&disk);
        let mut sources: Vec<Box<dyn Source>> = sources.iter().map(|source| Box::new(source.clone()) as _).collect();
        if reversed {
            sources.reverse();
        }
        let options = Options { threads, ..Options::default() };
        Importer::begin(&folder).unwrap().run(sources, &mut (), options, &mut ()).unwrap();
        let paths = disk.paths().into_iter();
        paths.map(|path| (path.clone(), folder.disk().read(&path).unwrap())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(content(1, false), content(4, true));
}

#[test]
fn two_imports_at_once_are_refused() {
    let folder = folder(&MemoryDisk::default());
    let first = Importer::begin(&folder).unwrap();
    assert!(matches!(Importer::begin(&folder), Err(ImportError::Locked)));
    drop(first);
    assert!(Importer::begin(&folder).is_ok());
}

/// Every step of the disk fails once, and after each the import is done again on what a kill and a power cut leave.
#[test]
fn an_import_that_is_stopped_anywhere_is_done_again() {
    let sources = [source("a.json", envelope([0, 1, 28, 2])), source("b.json", "[{}]")];
    let first = MemoryDisk::default();
    let wanted = {
        let disk = MemoryDisk::default();
        books(&disk, &sources);
        events(&disk)
    };
    run(&first, &[]).unwrap();
    let mut failed = 0;
    for step in 1.. {
        let disk = first.after_kill();
        disk.fail_at(step, Failure::Always);
        if run(&disk, &sources).is_ok() {
            break;
        }
        failed += 1;
        for (how, found) in
            [("kill", disk.after_kill()), ("cut", disk.after_power_cut(0)), ("cut", disk.after_power_cut(5))]
        {
            assert_not_tampered(&found, &format!("step {step}, {how}"));
            let books = run(&found, &sources).unwrap_or_else(|error| panic!("step {step}, {how}: {error}"));
            assert_eq!((books.read, books.rejected), (5, 1), "step {step}, {how}");
            assert_eq!(events(&found), wanted, "step {step}, {how}");
            assert_verified(&found);
        }
    }
    assert!(failed > 30, "{failed} steps");
}

#[test]
fn a_compaction_that_is_stopped_anywhere_changes_no_answer() {
    let first = MemoryDisk::default();
    for file in 0..4 {
        let name = format!("{file}.json");
        run(&first, &[source(&name, envelope([file * 28, file * 28 + 1]))]).unwrap();
    }
    let wanted = events(&first);
    let compact = |disk: &MemoryDisk| {
        let folder = folder(disk);
        let compactor = Compactor::begin(&folder, &origin()).map_err(|error| error.to_string())?;
        let log = LogWriter::open(&folder, &origin(), SigningKey::from_seed(&[7; 32]));
        let mut log = log.map_err(|error| error.to_string())?;
        compactor.run(&mut log, compact::Options::default()).map_err(|error| error.to_string())
    };
    let done = first.after_kill();
    let compacted = compact(&done).unwrap();
    assert_eq!((compacted.merged, compacted.written, compacted.files), (8, 2, 2));
    assert_eq!(compact(&done).unwrap().merged, 0);
    let mut failed = 0;
    for step in 1.. {
        let disk = first.after_kill();
        disk.fail_at(step, Failure::Always);
        if compact(&disk).is_ok() {
            break;
        }
        failed += 1;
        for found in [disk.after_kill(), disk.after_power_cut(0)] {
            assert_eq!(events(&found), wanted, "step {step}");
            assert_not_tampered(&found, &format!("step {step}"));
            compact(&found).unwrap_or_else(|error| panic!("step {step}: {error}"));
            assert_eq!(events(&found), wanted, "step {step}");
            assert_eq!(folder(&found).day_files().unwrap().len(), 2, "step {step}");
            assert_verified(&found);
        }
    }
    assert!(failed > 20, "{failed} steps");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Order, splitting, repetition and compaction in between are of no consequence.
    #[test]
    fn any_split_in_any_order_gives_the_same_events(
        split in proptest::collection::vec((0u32..4, 0u32..4, any::<bool>()), 40),
        more in proptest::collection::vec(0u32..40, 0..20),
    ) {
        let whole = MemoryDisk::default();
        books(&whole, &[source("all.json", envelope(0..40))]);
        let parts = MemoryDisk::default();
        let mut read = 0;
        for run_number in 0..4 {
            let mut files: BTreeMap<String, Vec<u32>> = BTreeMap::new();
            for (id, (file, run_of, packed)) in split.iter().enumerate().filter(|(_, split)| split.1 == run_number) {
                let ending = if *packed { "json.gz" } else { "json" };
                let ids = files.entry(format!("{}-{run_of}.{ending}", 9 - file)).or_default();
                ids.insert(ids.len() / 2, id as u32);
                ids.extend(&more);
            }
            let sources: Vec<_> = files
                .into_iter()
                .map(|(name, ids)| {
                    read += ids.len() as u64;
                    let text = envelope(ids);
                    if name.ends_with(".gz") { source(&name, gzip(text)) } else { source(&name, text) }
                })
                .collect();
            let counted = books(&parts, &sources);
            read -= counted[0];
            let folder = folder(&parts);
            Compactor::begin(&folder, &origin()).unwrap()
                .run(&mut LogWriter::open(&folder, &origin(), SigningKey::from_seed(&[7; 32])).unwrap(), compact::Options::default())
                .unwrap();
        }
        prop_assert_eq!(read, 0);
        prop_assert_eq!(events(&parts), events(&whole));
        assert_verified(&parts);
    }
}
