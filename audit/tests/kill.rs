//! A real process is killed under load, several times over: what it acknowledged is there exactly once.

#![expect(clippy::unwrap_used, reason = "a test and its child process stop at the first surprise")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use wardbook_audit::disk::LocalDisk;
use wardbook_audit::event::{EventText, Leaf};
use wardbook_audit::folder::{DayFile, Folder, Origin};
use wardbook_audit::journal::{CutTail, Journal, Log, Options, snapshot};
use wardbook_audit::parquet::{EventFile, FileError, Filter};

const CHILD: &str = "WARDBOOK_TEST_KILLED_FOLDER";
const CHILD_BETWEEN: &str = "WARDBOOK_TEST_KILLED_BETWEEN_FOLDER";
const WRITERS: usize = 8;

fn open(folder: &Path) -> Journal {
    let folder = Folder::new(Arc::new(LocalDisk::new(folder)));
    let options = Options { segment_bytes: 20_000, ..Options::default() };
    let name_cut = |cut: &CutTail| Some(event(&format!("cut {}", cut.kept.display())));
    Journal::open(&folder, &Origin::new("server").unwrap(), options, Box::new(()), name_cut).unwrap()
}

fn event(id: &str) -> EventText {
    EventText::read(format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"{id}"}}"#)).unwrap()
}

/// Not a test of its own: what the killed process does.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let journal = open(Path::new(&folder));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let journal = &journal;
            scope.spawn(move || {
                for count in 0.. {
                    let id = format!("{}-{writer}-{count}", std::process::id());
                    journal.append(&event(&id)).unwrap();
                    // One write, so that lines of several writers do not mix.
                    std::io::stdout().write_all(format!("acknowledged {id}\n").as_bytes()).unwrap();
                    std::io::stdout().flush().unwrap();
                }
            });
        }
        loop {
            journal.seal().unwrap();
        }
    });
}

#[test]
fn what_a_killed_process_acknowledged_is_there_once() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("killed-{}", std::process::id()));
    let mut acknowledged = Vec::new();
    for round in 1..=5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(CHILD, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let of = |line: String| line.split_once("acknowledged ").map(|(_, id)| id.to_owned());
        let wanted = 150 * round;
        acknowledged.extend(lines.by_ref().map_while(Result::ok).filter_map(of).take(wanted));
        child.kill().unwrap();
        // What it had acknowledged before it died is still in the pipe; the last line may be cut off.
        acknowledged.extend(lines.map_while(Result::ok).filter_map(of).filter(|id| id.matches('-').count() == 2));
        child.wait().unwrap();
    }
    assert!(acknowledged.len() > 1_000, "{}", acknowledged.len());
    holds_once(&folder, &acknowledged);
    open(&folder).close().unwrap();
    holds_once(&folder, &acknowledged);
    std::fs::remove_dir_all(folder).unwrap();
}

/// What the next process does: it seals, and stays between the name of the file and the end of the segment.
#[test]
fn child_between() {
    let Some(folder) = std::env::var_os(CHILD_BETWEEN) else { return };
    struct Stays;
    impl Log for Stays {
        fn plan(&self, _: u64, _: &[Leaf]) -> std::io::Result<Vec<(String, String)>> {
            Ok(Vec::new())
        }

        fn extend(&mut self, _: u64, _: &[Leaf]) -> std::io::Result<Vec<(String, String)>> {
            Ok(Vec::new())
        }

        fn sealed(&mut self, _: &DayFile, _: [u8; 32]) -> std::io::Result<()> {
            println!("between");
            loop {
                std::thread::park();
            }
        }
    }
    let folder = Folder::new(Arc::new(LocalDisk::new(folder)));
    let origin = Origin::new("server").unwrap();
    let journal = Journal::open(&folder, &origin, Options::default(), Box::new(Stays), |_| None).unwrap();
    for count in 0..20 {
        journal.append(&event(&format!("between-{count}"))).unwrap();
    }
    journal.seal().unwrap();
}

#[test]
fn a_process_killed_between_sealing_and_truncation_leaves_everything_once() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("killed-between-{}", std::process::id()));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_between", "--nocapture", "--test-threads=1"])
        .env(CHILD_BETWEEN, &folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("between")), "it ended before it sealed");
    child.kill().unwrap();
    child.wait().unwrap();
    let names = |place: &str| std::fs::read_dir(folder.join(place)).unwrap().count();
    assert_eq!(
        (names("dt=2026-04-01"), names("journal/server")),
        (1, 2),
        "the file has its name, the segment is there"
    );
    let acknowledged: Vec<_> = (0..20).map(|count| format!("between-{count}")).collect();
    holds_once(&folder, &acknowledged);
    open(&folder).close().unwrap();
    holds_once(&folder, &acknowledged);
    assert_eq!(names("journal/server"), 1);
    std::fs::remove_dir_all(folder).unwrap();
}

fn holds_once(folder: &Path, acknowledged: &[String]) {
    let disk = LocalDisk::new(folder);
    let snapshot = snapshot(&Folder::new(Arc::new(disk.clone()))).unwrap();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |event: &EventText| *found.entry(event.view().id().unwrap().into_owned()).or_insert(0) += 1;
    snapshot.unsealed.iter().for_each(|unsealed| count(&unsealed.event));
    for file in &snapshot.files {
        let file = EventFile::open(wardbook_audit::disk::Disk::open(&disk, &file.path()).unwrap()).unwrap();
        let each = |_, text: &str| {
            count(&EventText::read(text.to_owned()).unwrap());
            Ok::<(), FileError>(())
        };
        file.events(&Filter::default(), each).unwrap();
    }
    for (id, times) in &found {
        assert_eq!(*times, 1, "{id}");
    }
    // The last line of each killed process can be a prefix of an id.
    let missing: Vec<_> = acknowledged.iter().filter(|id| !found.contains_key(*id)).collect();
    assert!(missing.iter().all(|id| found.keys().any(|known| known.starts_with(id.as_str()))), "missing: {missing:?}");
}
