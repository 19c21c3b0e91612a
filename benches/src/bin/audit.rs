//! How fast the audit room is, in processor seconds: other work on the machine makes wall time worthless.
//!
//! ```text
//! cargo run --release --bin audit -- generate DIR [EVENTS [DAYS]]   files of 2,000 events: DIR/json, DIR/gz
//! cargo run --release --bin audit -- import SRC DIR [RUNS [THREADS]]   SRC into empty folders below DIR; best of RUNS
//! cargo run --release --bin audit -- stages SRC              what each stage of an import costs alone
//! cargo run --release --bin audit -- size SRC DIR            Parquet against gzip
//! cargo run --release --bin audit -- query DIR KEY [NAME]    each named question, or one, over an audit folder
//! cargo run --release --bin audit -- append DIR [WRITERS [MS]]   durable events per second below DIR; syncs take MS longer
//! ```

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest, Sha256};
use wardbook_audit::disk::{Appender, Disk, Entry, LocalDisk, Lock, ReadAt, Syncer};
use wardbook_audit::event::{Event, EventText, LeafHasher};
use wardbook_audit::folder::{Folder, LeafRange, Origin};
use wardbook_audit::import::{FileSource, Importer, Options, Source, origin};
use wardbook_audit::journal::{Journal, Options as JournalOptions};
use wardbook_audit::json::Tree;
use wardbook_audit::limits::JOURNAL_SEGMENT_BYTES_MAX;
use wardbook_audit::log::{LogWriter, SigningKey};
use wardbook_audit::parquet::{EventWriter, Footer, Rows, Settings};
use wardbook_audit::query::{KeyName, QUESTIONS, Query, ask};
use wardbook_benches::cloudtrail::{Resampler, below};

/// 2026-04-01T00:00:00Z.
const START: i64 = 1_775_001_600;
const FILE_EVENTS: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |at: usize, otherwise: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(otherwise);
    match *words {
        ["generate", to, ..] => generate(Path::new(to), number(2, 200_000), number(3, 2) as u64),
        ["import", from, to, ..] => {
            let threads = number(4, Options::default().threads);
            imports(Path::new(from), Path::new(to), number(3, 3), Options { threads, ..Options::default() });
        }
        ["stages", from] => stages(Path::new(from)),
        ["size", from, to] => size(Path::new(from), Path::new(to)),
        ["query", folder, key, ref name @ ..] => query(Path::new(folder), key, name.first().copied()),
        ["append", to, ..] => append(Path::new(to), number(2, 64), Duration::from_millis(number(3, 0) as u64)),
        _ => eprintln!("one of: generate, import, stages, size, query, append; see the head of src/bin/audit.rs"),
    }
}

/// Seconds that all threads of this process were on a processor.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The most memory that this process ever had, in MB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn generate(to: &Path, events: usize, days: u64) {
    let mut resampler = Resampler::new();
    let files = events.div_ceil(FILE_EVENTS);
    let seconds = days * 86_400 / files as u64;
    let (mut json, mut gzip) = (0, 0);
    for file in 0..files {
        let start = START + (file as u64 * seconds) as i64;
        let text = resampler.file(FILE_EVENTS.min(events - file * FILE_EVENTS), start, seconds.max(1));
        let day = format!("{:02}", file as u64 * seconds / 86_400 + 1);
        let plain = to.join("json").join(&day).join(format!("{file:06}.json"));
        let packed = to.join("gz").join(&day).join(format!("{file:06}.json.gz"));
        for path in [&plain, &packed] {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(text.as_bytes()).expect("memory takes everything");
        let bytes = encoder.finish().expect("memory takes everything");
        (json, gzip) = (json + text.len(), gzip + bytes.len());
        std::fs::write(plain, text).expect("the file can be written");
        std::fs::write(packed, bytes).expect("the file can be written");
    }
    println!("{events} events, {:.1} MB of JSON, {:.1} MB of gzip", megabytes(json), megabytes(gzip));
}

/// Sources below a folder, and how long their texts are.
fn sources(from: &Path) -> (Vec<PathBuf>, usize) {
    let mut paths = Vec::new();
    below(from, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no JSON below {}", from.display());
    let bytes = paths.iter().map(|path| text(path).len()).sum();
    (paths, bytes)
}

fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("the file is readable");
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => inflate(&bytes),
        false => String::from_utf8(bytes).expect("the file is text"),
    }
}

fn inflate(bytes: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(bytes).read_to_string(&mut text).expect("the file is gzip");
    text
}

/// Imports into an empty folder; events, seconds.
fn import(paths: &[PathBuf], to: &Path, options: Options) -> (u64, f64) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).expect("the folder can be made");
    let folder = Folder::new(Arc::new(LocalDisk::new(to)));
    let before = cpu();
    let importer = Importer::begin(&folder).expect("nobody else imports");
    let sources = paths.iter().map(|path| Box::new(FileSource::new(path)) as Box<dyn Source>).collect();
    let mut log = LogWriter::open(&folder, &origin(), SigningKey::from_seed(&[7; 32])).expect("the log opens");
    let books = importer.run(sources, &mut log, options, &mut ()).expect("it imports");
    assert_eq!(books.read, books.written, "{books:?}");
    (books.written, cpu() - before)
}

fn imports(from: &Path, to: &Path, runs: usize, options: Options) {
    let (paths, bytes) = sources(from);
    let mut rates = Vec::new();
    for run in 1..=runs {
        let (events, seconds) = import(&paths, &to.join("run"), options);
        let rate = megabytes(bytes) / seconds;
        println!(
            "run {run}: {events} events, {:.1} MB, {seconds:.3} s, {rate:.0} MB of JSON per second",
            megabytes(bytes)
        );
        rates.push(rate);
    }
    println!("best {:.0}, peak memory {:.0} MB", rates.iter().copied().fold(0.0, f64::max), peak());
}

/// Parquet of an import into one folder against the sources compressed.
fn size(from: &Path, to: &Path) {
    let (paths, _) = sources(from);
    let mut gzip = 0;
    for path in &paths {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(text(path).as_bytes()).expect("memory takes everything");
        gzip += encoder.finish().expect("memory takes everything").len();
    }
    let (events, _) = import(&paths, &to.join("run"), Options::default());
    let folder = Folder::new(Arc::new(LocalDisk::new(to.join("run"))));
    let parquet: u64 = folder.day_files().expect("the folder is readable").iter().map(|file| file.length).sum();
    let ratio = parquet as f64 / gzip as f64;
    println!("{events} events: gzip {gzip}, Parquet {parquet}, {ratio:.3} of gzip");
}

/// Does something over and over until it was measured well; seconds of one time.
fn time(mut work: impl FnMut()) -> f64 {
    let (begun, mut best) = (Instant::now(), f64::MAX);
    while best == f64::MAX || begun.elapsed() < Duration::from_secs(3) {
        let before = cpu();
        work();
        best = best.min(cpu() - before);
    }
    best
}

/// What each stage costs where it is alone, on one file's events at a time.
fn stages(from: &Path) {
    let (paths, bytes) = sources(from);
    let files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("readable")).collect();
    let is_gzip = files.iter().any(|file| file.starts_with(&[0x1f, 0x8b]));
    let texts: Vec<String> = paths.iter().map(|path| text(path)).collect();
    let mut records = Vec::new();
    let mut tree = Tree::default();
    for text in &texts {
        let value = tree.read(text).expect("JSON").member("Records").expect("records");
        records.extend(value.elements().map(|record| record.compact().into_owned()));
    }
    let each = |work: &mut dyn FnMut(&Event<'_>)| {
        let mut tree = Tree::default();
        for record in &records {
            work(&Event::of(tree.read(record).expect("JSON")).expect("an event"));
        }
    };
    let mut stages = Vec::new();
    stages.push(("read", time(|| paths.iter().for_each(|path| drop(black_box(std::fs::read(path)))))));
    let digest = |file: &Vec<u8>| {
        black_box(Sha256::digest(file));
    };
    stages.push(("digest of the source", time(|| files.iter().for_each(digest))));
    if is_gzip {
        stages.push(("inflate", time(|| files.iter().for_each(|file| drop(black_box(inflate(file)))))));
    }
    let parse = time(|| {
        each(&mut |event| {
            black_box(event.time());
        })
    });
    stages.push(("parse", parse));
    let mut hasher = LeafHasher::default();
    let leaves = time(|| {
        each(&mut |event| {
            black_box(hasher.leaf(event));
        })
    });
    stages.push(("leaves: canonical form and SHA-256", leaves - parse));
    let mut rows = Rows::default();
    let columns = time(|| {
        each(&mut |event| {
            rows.append(event, 0);
            if rows.len() == 2_048 {
                drop(black_box(rows.finish()));
            }
        });
        drop(black_box(rows.finish()));
    });
    stages.push(("columns", columns - parse));
    let written = time(|| {
        let settings = Settings { small_zstd_level: Settings::default().zstd_level, ..Settings::default() };
        let mut writer = EventWriter::new(std::io::sink(), settings);
        let mut index = 0;
        each(&mut |event| {
            writer.append(event, index).expect("it is written");
            index += 1;
        });
        let range = LeafRange { first: 0, last: records.len() as u64 - 1 };
        let footer = Footer { origin: Origin::import(), range, sources: vec![], more: vec![] };
        writer.finish(&footer).expect("it is written");
    });
    stages.push(("order, Parquet and zstd", written - columns));
    let all: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
    for (name, seconds) in &stages {
        println!("{name:35} {:6.0} MB/s {:5.1} %", megabytes(bytes) / seconds, seconds / all * 100.0);
    }
    println!("{:35} {:6.0} MB/s", "all of these", megabytes(bytes) / all);
}

/// Milliseconds and rows of each question; those about one key are asked about this one.
fn query(folder: &Path, key: &str, only: Option<&str>) {
    let folder = Folder::new(Arc::new(LocalDisk::new(folder)));
    for question in QUESTIONS.iter().filter(|question| only.is_none_or(|only| question.name == only)) {
        let mut query = Query::new(question);
        if question.name == "used-by" {
            query.key = Some(KeyName::new(key).expect("a key"));
        }
        let mut rows = 0;
        let seconds = time(|| rows = ask(&folder, &query).expect("an answer").rows.len());
        println!("{} {:.3} {rows}", question.name, seconds * 1e3);
    }
}

/// A line of text that a journal would take for an event.
fn event(number: usize) -> EventText {
    let mut resampler = Resampler::new();
    let file = resampler.file(1, START + number as i64, 1);
    let mut tree = Tree::default();
    let value = tree.read(&file).expect("JSON").member("Records").expect("records");
    EventText::read(value.elements().next().expect("an event").compact().into_owned()).expect("an event")
}

/// Durable events per second of so many threads that each wait for theirs, beside what syncs would allow if each made an
/// event of every thread durable and nothing else took time: those of the same run, and those of a file of its own.
fn append(to: &Path, writers: usize, delay: Duration) {
    let to = to.join("run");
    let _ = std::fs::remove_dir_all(&to);
    std::fs::create_dir_all(&to).expect("the folder can be made");
    let syncs = Arc::new(Syncs { delay, ..Syncs::default() });
    let event = event(0);
    let folder = Folder::new(Arc::new(Timed { disk: LocalDisk::new(&to), syncs: syncs.clone() }));
    let origin = Origin::new("bench").expect("a name");
    let log = LogWriter::open(&folder, &origin, SigningKey::from_seed(&[7; 32])).expect("the log opens");
    let mut plain = sync_times(&to, delay);
    let options = JournalOptions { filled_bytes: JOURNAL_SEGMENT_BYTES_MAX, ..JournalOptions::default() };
    let journal = Journal::open(&folder, &origin, options, Box::new(log), |_| None).expect("it opens");
    syncs.count.store(0, Ordering::Relaxed);
    syncs.nanos.store(0, Ordering::Relaxed);
    let (begun, limit) = (Instant::now(), Duration::from_secs(5));
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let write = || {
            let mut count = 0;
            while begun.elapsed() < limit {
                journal.append(&event).expect("it is durable");
                count += 1;
            }
            count
        };
        let ahead = scope.spawn(|| while journal.prepare(limit).expect("there is room") {});
        let threads: Vec<_> = (0..writers).map(|_| scope.spawn(write)).collect();
        let counts = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        journal.prepare_no_more();
        ahead.join().expect("no panic");
        counts
    });
    let seconds = begun.elapsed().as_secs_f64();
    let (count, nanos) = (syncs.count.load(Ordering::Relaxed), syncs.nanos.load(Ordering::Relaxed));
    let events = counts.iter().sum::<usize>() as f64;
    let sync = nanos as f64 / 1e9 / count as f64;
    let (rate, bound) = (events / seconds, writers as f64 / sync);
    println!("{writers} writers: {rate:.0} durable events per second");
    println!(
        "{count} syncs of {:.3} ms with {:.1} events each; writers / sync is {bound:.0}, of which {:.2}",
        sync * 1e3,
        events / count as f64,
        rate / bound
    );
    plain.extend(sync_times(&to, delay));
    plain.sort_unstable();
    let sync = plain[plain.len() / 2].as_secs_f64();
    let bound = writers as f64 / sync;
    println!(
        "{:.3} ms for a sync of a plain file; writers / sync is {bound:.0}, of which {:.2}",
        sync * 1e3,
        rate / bound
    );
}

/// How long `fdatasync` takes after a kilobyte was appended.
fn sync_times(folder: &Path, delay: Duration) -> Vec<Duration> {
    let path = folder.join("sync");
    let mut file = std::fs::File::create(&path).expect("a file can be made");
    let times = (0..300).map(|_| {
        file.write_all(&[b'x'; 1024]).expect("there is room");
        let begun = Instant::now();
        file.sync_data().expect("it is durable");
        std::thread::sleep(delay);
        begun.elapsed()
    });
    let times = times.collect();
    std::fs::remove_file(path).expect("it was there");
    times
}

#[derive(Debug, Default)]
struct Syncs {
    /// How much longer each takes than it would.
    delay: Duration,
    count: AtomicU64,
    nanos: AtomicU64,
}

/// A disk of which the syncs of files are timed.
#[derive(Debug)]
struct Timed {
    disk: LocalDisk,
    syncs: Arc<Syncs>,
}

struct TimedFile<T: ?Sized>(Arc<Syncs>, Box<T>);

impl Appender for TimedFile<dyn Appender> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.1.append(bytes)
    }
}

impl<T: Syncer + ?Sized> Syncer for TimedFile<T> {
    fn sync(&mut self) -> io::Result<()> {
        let begun = Instant::now();
        self.1.sync()?;
        if !self.0.delay.is_zero() {
            std::thread::sleep(self.0.delay);
        }
        self.0.count.fetch_add(1, Ordering::Relaxed);
        self.0.nanos.fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
        Ok(())
    }
}

impl Disk for Timed {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.disk.create_folder(path)
    }

    fn create_filled(&self, path: &Path, length: u64) -> io::Result<Box<dyn Appender>> {
        Ok(Box::new(TimedFile(self.syncs.clone(), self.disk.create_filled(path, length)?)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.disk.list(folder)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appender>> {
        Ok(Box::new(TimedFile(self.syncs.clone(), self.disk.create(path)?)))
    }

    fn open_to_sync(&self, path: &Path) -> io::Result<Box<dyn Syncer>> {
        Ok(Box::new(TimedFile(self.syncs.clone(), self.disk.open_to_sync(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        self.disk.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        self.disk.lock(path)
    }
}
