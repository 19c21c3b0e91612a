mod filled;
mod lanes;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::frame::{Group, segment_header};
use super::*;
use crate::disk::{Disk, Failure, MemoryDisk};
use crate::event::EventText;
use crate::folder::{Folder, Origin};
use crate::parquet::{EventFile, Filter};

fn origin() -> Origin {
    Origin::new("server").unwrap()
}

/// Every other event is of another day, so that segments seal into several files.
fn event(id: u64) -> EventText {
    let day = 1 + id % 2;
    EventText::read(format!(r#"{{"eventTime":"2026-04-0{day}T12:00:00Z","eventID":"{id}","readOnly":true}}"#)).unwrap()
}

fn cut_event(cut: &CutTail) -> Option<EventText> {
    let text = format!(r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"cut","file":"{}"}}"#, cut.kept.display());
    Some(EventText::read(text).unwrap())
}

fn options() -> Options {
    let settings = Settings { small_zstd_level: 1, ..Settings::default() };
    Options { time_limit: Duration::from_secs(20), segment_bytes: 600, filled_bytes: 0, settings }
}

fn append(journal: &Journal, ids: std::ops::Range<u64>) {
    for id in ids {
        journal.append(&event(id)).unwrap();
    }
}

fn open(disk: &MemoryDisk) -> Result<Journal, JournalError> {
    open_filled(disk, 0)
}

fn open_filled(disk: &MemoryDisk, filled_bytes: u64) -> Result<Journal, JournalError> {
    let folder = Folder::new(Arc::new(disk.clone()));
    Journal::open(&folder, &origin(), Options { filled_bytes, ..options() }, Box::new(()), cut_event)
}

/// How often each event id is found, sealed or not.
fn found(disk: &MemoryDisk) -> BTreeMap<String, usize> {
    let folder = Folder::new(Arc::new(disk.clone()));
    let snapshot = snapshot(&folder).unwrap();
    let mut texts: Vec<String> = snapshot.unsealed.iter().map(|unsealed| unsealed.event.text().to_owned()).collect();
    for file in &snapshot.files {
        let file = EventFile::open(disk.open(&file.path()).unwrap()).unwrap();
        file.events(&Filter::default(), |_, text| {
            texts.push(text.to_owned());
            Ok::<(), crate::parquet::FileError>(())
        })
        .unwrap();
    }
    let mut found = BTreeMap::new();
    for text in texts {
        let id = EventText::read(text).unwrap().view().id().unwrap().into_owned();
        *found.entry(id).or_insert(0) += 1;
    }
    found
}

#[track_caller]
fn holds_once(disk: &MemoryDisk, acknowledged: &[u64], attempted: u64, when: &str) {
    let found = found(disk);
    for id in acknowledged {
        assert_eq!(found.get(&id.to_string()), Some(&1), "{when}: acknowledged event {id}; found {found:?}");
    }
    for (id, times) in &found {
        assert!(id == "cut" || id.parse::<u64>().unwrap() < attempted, "{when}: {id} was never appended");
        assert_eq!(*times, 1, "{when}: {id}; found {found:?}");
    }
}

#[test]
fn what_is_appended_is_found_while_open_and_after() {
    let disk = MemoryDisk::default();
    let journal = open(&disk).unwrap();
    for id in 0..20 {
        assert_eq!(journal.append(&event(id)).unwrap().leaf_index(), id);
        holds_once(&disk, &(0..=id).collect::<Vec<_>>(), id + 1, "while open");
    }
    assert!(journal.has_closed_segments());
    journal.seal().unwrap();
    assert!(!journal.has_closed_segments());
    holds_once(&disk, &(0..20).collect::<Vec<_>>(), 20, "sealed");
    journal.append_all(&[event(20), event(21)]).unwrap();
    journal.close().unwrap();
    holds_once(&disk, &(0..22).collect::<Vec<_>>(), 22, "closed");
    assert_eq!(snapshot(&Folder::new(Arc::new(disk.clone()))).unwrap().unsealed, []);
    let journal = open(&disk).unwrap();
    assert_eq!(journal.append(&event(22)).unwrap().leaf_index(), 22, "indexes go on");
}

#[test]
fn there_is_one_writer() {
    let disk = MemoryDisk::default();
    let first = open(&disk).unwrap();
    assert!(matches!(open(&disk), Err(JournalError::Locked(_))));
    drop(first);
    open(&disk).unwrap();
}

#[test]
fn many_writers_share_syncs_and_lose_nothing() {
    let disk = MemoryDisk::default();
    let journal = open(&disk).unwrap();
    let before = disk.steps();
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let journal = &journal;
            scope.spawn(move || append(journal, writer * 50..writer * 50 + 50));
        }
        for _ in 0..5 {
            journal.seal().unwrap();
        }
    });
    assert!(disk.steps() > before);
    journal.close().unwrap();
    holds_once(&disk, &(0..800).collect::<Vec<_>>(), 800, "closed");
}

/// Appends, seals and appends until something fails, and returns what was acknowledged.
fn run(disk: &MemoryDisk, attempts: u64, filled: u64) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    let Ok(journal) = open_filled(disk, filled) else { return acknowledged };
    for id in 0..attempts {
        if journal.append(&event(id)).is_ok() {
            acknowledged.push(id);
        } else {
            assert!(journal.append(&event(id)).is_err(), "it goes on refusing");
            assert!(journal.refusal().is_some());
            break;
        }
        if id % 4 == 3 {
            let _ = journal.seal();
            let _ = journal.prepare(Duration::ZERO);
        }
    }
    let _ = journal.close();
    acknowledged
}

#[test]
fn the_disk_fails_at_every_step_and_nothing_acknowledged_is_lost() {
    let attempts = 9;
    // Segments that grow, and ones whose zeros suffice for the first frames.
    for filled in [0, 300] {
        let whole = MemoryDisk::default();
        assert_eq!(run(&whole, attempts, filled).len() as u64, attempts);
        let steps = whole.steps();
        assert!(steps > 50, "{steps} steps");
        let failures = [Failure::Once, Failure::Always];
        for (step, failure) in (1..=steps).flat_map(|step| failures.map(|failure| (step, failure))) {
            let disk = MemoryDisk::default();
            disk.fail_at(step, failure);
            let acknowledged = run(&disk, attempts, filled);
            disk.release();
            for (name, after) in [
                ("power cut", disk.after_power_cut(0)),
                ("power cut, some bytes kept", disk.after_power_cut(50)),
                ("killed", disk.after_kill()),
            ] {
                let when = format!("{failure:?} at step {step}, {filled} zeros, {name}");
                holds_once(&after, &acknowledged, attempts, &format!("{when}, before opening"));
                let journal = open_filled(&after, filled).unwrap_or_else(|error| panic!("{when}: {error}"));
                holds_once(&after, &acknowledged, attempts, &format!("{when}, opened"));
                journal.append(&event(attempts)).unwrap();
                journal.close().unwrap();
                let all: Vec<_> = acknowledged.iter().copied().chain([attempts]).collect();
                holds_once(&after, &all, attempts + 1, &format!("{when}, closed"));
            }
        }
    }
}

#[test]
fn recovery_fails_at_every_step_and_nothing_is_lost() {
    let disk = MemoryDisk::default();
    let folder = Folder::new(Arc::new(disk.clone()));
    // Segments end only where this test says, so that the steps are the same each time.
    let options = Options { segment_bytes: 1 << 20, ..options() };
    let journal = Journal::open(&folder, &origin(), options, Box::new(()), cut_event).unwrap();
    append(&journal, 0..3);
    disk.fail_at(7, Failure::Once);
    assert!(journal.seal().is_err());
    append(&journal, 3..6);
    disk.fail_at(1, Failure::Always);
    assert!(journal.append(&event(6)).is_err());
    drop(journal);
    disk.release();
    let all: Vec<_> = (0..6).collect();
    let steps = {
        let disk = disk.after_kill();
        open(&disk).unwrap().close().unwrap();
        assert_eq!(found(&disk).get("cut"), Some(&1), "the torn tail is named");
        disk.steps()
    };
    for step in 1..=steps {
        let disk = disk.after_kill();
        disk.fail_at(step, Failure::Always);
        if let Ok(journal) = open(&disk) {
            let _ = journal.close();
        }
        disk.release();
        for after in [disk.after_kill(), disk.after_power_cut(0), disk.after_power_cut(7)] {
            let paths = after.paths();
            let journal = open(&after).unwrap_or_else(|error| panic!("step {step}: {error}: {paths:?}"));
            journal.close().unwrap();
            holds_once(&after, &all, 7, &format!("step {step}"));
            // A power cut can take the tail with it before it is kept.
            let kept = after.paths().iter().filter(|path| path.starts_with("rejected")).count();
            let named = found(&after).get("cut").copied().unwrap_or(0);
            assert_eq!(named, kept, "step {step}: a tail that is kept is named, once");
        }
    }
}

/// Also where the segment is gone already and only its removal is not durable yet.
#[test]
fn sealing_goes_on_after_any_step_of_it_failed_once() {
    let options = Options { segment_bytes: 1 << 20, ..options() };
    let begin = |disk: &MemoryDisk| {
        let folder = Folder::new(Arc::new(disk.clone()));
        let journal = Journal::open(&folder, &origin(), options, Box::new(()), cut_event).unwrap();
        append(&journal, 0..3);
        journal
    };
    let steps = {
        let disk = MemoryDisk::default();
        let (journal, before) = (begin(&disk), disk.steps());
        journal.seal().unwrap();
        disk.steps() - before
    };
    let mut went_on = 0;
    for step in 1..=steps {
        let disk = MemoryDisk::default();
        let journal = begin(&disk);
        disk.fail_at(step, Failure::Once);
        let first = journal.seal();
        if journal.refusal().is_none() {
            assert!(first.is_err(), "step {step}");
            journal.seal().unwrap_or_else(|error| panic!("step {step}: {first:?}, then {error}"));
            append(&journal, 3..4);
            journal.close().unwrap();
            went_on += 1;
        }
        holds_once(&disk, &(0..3).collect::<Vec<_>>(), 4, &format!("step {step}"));
        holds_once(&disk.after_power_cut(0), &(0..3).collect::<Vec<_>>(), 4, &format!("step {step}, power cut"));
    }
    assert!(went_on > 8, "{went_on} of {steps}");
}

/// A segment with five frames of one or two events.
fn segment_bytes() -> (Vec<u8>, Vec<(usize, u64)>) {
    let header = segment_header(&origin(), 0);
    let (mut bytes, mut ends, mut next) = (header.clone(), vec![(header.len(), 0)], 0);
    for frame in 0..5u64 {
        let mut group = Group::default();
        (0..=frame % 2).for_each(|offset| group.push(&event(next + offset).view().compact()));
        group.write(&header, next, 0, &mut bytes);
        next += group.count();
        ends.push((bytes.len(), next));
    }
    (bytes, ends)
}

#[test]
fn the_journal_is_cut_at_every_byte() {
    let (bytes, ends) = segment_bytes();
    let header = ends[0].0;
    for length in header..=bytes.len() {
        let disk = MemoryDisk::default();
        disk.put("journal/server/000000000000.journal", bytes[..length].to_vec());
        let (end, whole) = *ends.iter().rev().find(|(end, _)| *end <= length).unwrap();
        let acknowledged: Vec<_> = (0..whole).collect();
        holds_once(&disk, &acknowledged, whole, &format!("cut at {length}"));
        open(&disk).unwrap().close().unwrap();
        holds_once(&disk, &acknowledged, whole, &format!("cut at {length}, opened"));
        let kept: Vec<_> = disk.paths().into_iter().filter(|path| path.starts_with("rejected")).collect();
        assert_eq!(kept.len(), usize::from(end < length));
        for path in kept {
            let tail = &bytes[end..length];
            let zeros = tail.iter().rev().take_while(|byte| **byte == 0).count();
            assert_eq!(disk.read(&path).unwrap(), tail[..tail.len() - zeros]);
        }
    }
    // A header is durable before the file has its name, so a shorter one was made by somebody.
    for length in 0..header {
        let disk = MemoryDisk::default();
        disk.put("journal/server/000000000000.journal", bytes[..length].to_vec());
        assert!(matches!(open(&disk), Err(JournalError::Tampered { .. })), "cut at {length}");
    }
}

#[test]
fn a_changed_byte_is_torn_only_in_the_last_frame() {
    let (bytes, ends) = segment_bytes();
    let last = ends[ends.len() - 2].0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        let segment = Segment::read(&origin(), 0, changed.into());
        if at < last {
            assert!(segment.check().is_err(), "byte {at}");
        } else {
            assert!(segment.check().is_ok() && segment.torn().is_some(), "byte {at}");
            assert_eq!(segment.next(), ends[ends.len() - 2].1);
        }
    }
}

#[test]
fn frames_that_are_moved_are_found_out() {
    let (bytes, ends) = segment_bytes();
    let frame = |index: usize| bytes[ends[index].0..ends[index + 1].0].to_vec();
    let header = bytes[..ends[0].0].to_vec();
    for order in [vec![1, 0, 2], vec![0, 2], vec![1], vec![0, 0]] {
        let changed: Vec<u8> = order.iter().fold(header.clone(), |bytes, index| [bytes, frame(*index)].concat());
        assert!(Segment::read(&origin(), 0, changed.into()).check().is_err(), "{order:?}");
    }
    let other = Segment::read(&Origin::new("other").unwrap(), 0, bytes.into());
    assert!(other.check().is_err(), "a segment of another log");
}

#[test]
fn segments_that_are_missing_are_found_out() {
    let disk = MemoryDisk::default();
    let journal = open(&disk).unwrap();
    append(&journal, 0..30);
    drop(journal);
    let segments: Vec<_> = disk.paths().into_iter().filter(|path| path.starts_with("journal")).collect();
    assert!(segments.len() > 3, "{segments:?}");
    let damaged = disk.after_kill();
    damaged.remove(&segments[1]).unwrap();
    assert!(matches!(open(&damaged), Err(JournalError::Tampered { .. })));
    let shortened = disk.after_kill();
    let bytes = shortened.read(&segments[1]).unwrap();
    shortened.put(&segments[1], bytes[..bytes.len() - 3].to_vec());
    assert!(matches!(open(&shortened), Err(JournalError::Tampered { .. })));
    // The last segment cannot be taken away once its events are sealed.
    let sealed = MemoryDisk::default();
    let journal = open(&sealed).unwrap();
    append(&journal, 0..3);
    journal.close().unwrap();
    sealed.remove(Path::new("journal/server/000000000003.journal")).unwrap();
    sealed.put("journal/server/000000000001.journal", segment_header(&origin(), 1));
    assert!(matches!(open(&sealed), Err(JournalError::Tampered { .. })));
}

#[test]
fn a_disk_that_hangs_is_not_waited_for() {
    let disk = MemoryDisk::default();
    let folder = Folder::new(Arc::new(disk.clone()));
    let options = Options { time_limit: Duration::from_millis(50), ..options() };
    let journal = Journal::open(&folder, &origin(), options, Box::new(()), cut_event).unwrap();
    journal.append(&event(0)).unwrap();
    disk.fail_at(1, Failure::Hang);
    assert!(matches!(journal.append(&event(1)), Err(Refusal::Hung(_))));
    assert!(matches!(journal.append(&event(2)), Err(Refusal::Hung(_))));
    assert!(matches!(journal.seal(), Err(JournalError::Refused(_))));
    disk.release();
    assert!(matches!(journal.append(&event(3)), Err(Refusal::Hung(_))), "it goes on refusing");
    drop(journal);
}

/// Appends until the disk is known to answer at once, and how many that took.
fn warm(journal: &Journal) -> u64 {
    for id in 0.. {
        let ticket = journal.submit(&[event(id)]).unwrap();
        let settled = ticket.is_settled();
        ticket.wait().unwrap();
        if settled {
            return id + 1;
        }
        assert!(id < 100_000, "nobody ever wrote himself");
    }
    unreachable!("it is found above")
}

fn open_for_long(disk: &MemoryDisk, time_limit: Duration) -> Journal {
    let options = Options { time_limit, segment_bytes: 64 << 20, ..options() };
    let folder = Folder::new(Arc::new(disk.clone()));
    Journal::open(&folder, &origin(), options, Box::new(()), cut_event).unwrap()
}

#[test]
fn where_the_disk_answers_at_once_callers_write_themselves_and_nothing_is_lost() {
    let disk = MemoryDisk::default();
    let journal = open_for_long(&disk, Duration::from_secs(20));
    let first = warm(&journal);
    for id in first..first + 50 {
        assert_eq!(journal.submit(&[event(id)]).unwrap().wait().unwrap().leaf_index(), id);
        holds_once(&disk.after_power_cut(0), &[id], id + 1, "after its ticket was good");
    }
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let journal = &journal;
            scope.spawn(move || append(journal, first + 50 + writer * 200..first + 250 + writer * 200));
        }
        (0..5).for_each(|_| journal.seal().unwrap());
    });
    journal.close().unwrap();
    holds_once(&disk, &(0..first + 850).collect::<Vec<_>>(), first + 850, "closed");
}

#[test]
fn whoever_waits_without_a_thread_is_woken_when_the_event_is_durable() {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let disk = MemoryDisk::default();
    let journal = open_for_long(&disk, Duration::from_secs(20));
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (journal, disk) = (&journal, &disk);
            scope.spawn(move || {
                let waker = Arc::new(Unpark(std::thread::current())).into();
                for id in writer * 50..writer * 50 + 50 {
                    let ticket = journal.submit(&[event(id)]).unwrap();
                    while ticket.poll(&waker).is_pending() {
                        std::thread::park();
                    }
                    ticket.give_up().unwrap();
                    if id % 10 == 0 {
                        holds_once(&disk.after_power_cut(0), &[id], 400, "woken");
                    }
                }
            });
        }
    });
    journal.close().unwrap();
    holds_once(&disk, &(0..400).collect::<Vec<_>>(), 400, "closed");
}

#[test]
fn a_disk_that_hangs_holds_up_the_one_who_writes_and_nobody_else() {
    let disk = MemoryDisk::default();
    let journal = open_for_long(&disk, Duration::from_millis(50));
    let first = warm(&journal);
    disk.fail_at(1, Failure::Hang);
    std::thread::scope(|scope| {
        let callers = [first, first + 1].map(|id| {
            let journal = &journal;
            scope.spawn(move || journal.append(&event(id)))
        });
        // Whoever came second is told in time, and whoever writes once the disk answers.
        while journal.refusal().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(matches!(journal.submit(&[event(first + 2)]), Err(Refusal::Hung(_))));
        disk.release();
        assert!(callers.into_iter().all(|caller| matches!(caller.join().unwrap(), Err(Refusal::Hung(_)))));
    });
    drop(journal);
}

#[test]
fn the_pace_that_lets_callers_write_is_below_its_limit_and_not_at_it() {
    use crate::limits::JOURNAL_OWN_WRITE_MAX as LIMIT;
    let after = |took: Duration, times: usize| (0..times).fold(2 * LIMIT, |pace, _| super::append::paced(pace, took));
    assert!(after(LIMIT - Duration::from_micros(1), 100) < LIMIT);
    assert!(after(LIMIT, 10_000) >= LIMIT);
    assert!(super::append::paced(Duration::ZERO, Duration::from_secs(9)) >= LIMIT, "one long one is enough");
}

#[test]
fn a_log_gets_every_leaf_in_order_and_its_lines_stand_in_the_footer() {
    struct Leaves(u64);
    impl Log for Leaves {
        fn plan(&self, _: u64, _: &[crate::event::Leaf]) -> std::io::Result<Vec<(String, String)>> {
            Ok(Vec::new())
        }

        fn extend(&mut self, first: u64, leaves: &[crate::event::Leaf]) -> std::io::Result<Vec<(String, String)>> {
            assert_eq!(first, self.0);
            for (index, leaf) in (first..).zip(leaves) {
                assert_eq!(*leaf, event(index).view().leaf());
            }
            self.0 += leaves.len() as u64;
            Ok(vec![("wardbook.root".into(), self.0.to_string())])
        }
        fn sealed(&mut self, file: &crate::folder::DayFile, digest: [u8; 32]) -> std::io::Result<()> {
            assert!(file.length > 0 && digest != [0; 32]);
            Ok(())
        }
    }
    let disk = MemoryDisk::default();
    let folder = Folder::new(Arc::new(disk.clone()));
    let journal = Journal::open(&folder, &origin(), options(), Box::new(Leaves(0)), cut_event).unwrap();
    append(&journal, 0..20);
    journal.close().unwrap();
    for file in folder.day_files().unwrap() {
        let footer = EventFile::open(disk.open(&file.path()).unwrap()).unwrap().footer().clone();
        assert_eq!((&footer.origin, footer.range), (&file.origin, file.range));
        assert_eq!(footer.more, [("wardbook.root".to_owned(), (file.range.last + 1).to_string())]);
    }
}
