//! Syncs that are under way at the same time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::limits::{JOURNAL_BESIDE_MIN, JOURNAL_LANES};

/// Later syncs return before earlier ones.
const TIMES: [Duration; 4] =
    [Duration::from_millis(9), Duration::from_millis(4), Duration::from_millis(2), Duration::from_millis(3)];

fn slow_disk(times: impl Into<Vec<Duration>>) -> MemoryDisk {
    let disk = MemoryDisk::default();
    disk.sync_takes(times);
    disk
}

/// Segments that hold some groups, as most of a segment passes while only one sync is under way at its end.
fn open_long(disk: &MemoryDisk, filled_bytes: u64, segment_bytes: u64) -> Result<Journal, JournalError> {
    let options = Options { filled_bytes, segment_bytes, ..options() };
    Journal::open(&Folder::new(Arc::new(disk.clone())), &origin(), options, Box::new(()), cut_event)
}

/// What several writers were told is durable, each of whom takes his own time for the next event, until the journal refuses or
/// they have no more.
fn write(journal: &Journal, writers: u64, each: u64, acknowledged: &Mutex<Vec<u64>>) {
    std::thread::scope(|scope| {
        for writer in 0..writers {
            scope.spawn(move || {
                for id in writer * each..(writer + 1) * each {
                    if journal.append(&event(id)).is_err() {
                        break;
                    }
                    acknowledged.lock().unwrap().push(id);
                    std::thread::sleep(Duration::from_micros(300 * writer));
                }
            });
        }
    });
}

#[test]
fn where_syncs_take_long_they_overlap_and_every_event_that_counts_is_durable() {
    for filled in [0, 12_000] {
        let disk = slow_disk(TIMES);
        let (journal, acknowledged) = (open_long(&disk, filled, 8_000).unwrap(), Mutex::new(Vec::new()));
        let stops = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let cuts = scope.spawn(|| {
                let mut cuts = 0;
                for unsynced in [0, 1, 40, 90, 200, 500].into_iter().cycle() {
                    if stops.load(Ordering::Relaxed) {
                        break;
                    }
                    let before = acknowledged.lock().unwrap().clone();
                    let after = disk.after_power_cut(unsynced);
                    holds_once(&after, &before, 400, &format!("{unsynced} bytes kept"));
                    open_long(&after, filled, 8_000).unwrap_or_else(|error| panic!("{unsynced} bytes kept: {error}"));
                    holds_once(&after, &before, 400, &format!("{unsynced} bytes kept, opened"));
                    cuts += 1;
                }
                cuts
            });
            write(&journal, 10, 40, &acknowledged);
            stops.store(true, Ordering::Relaxed);
            assert!(cuts.join().unwrap() > 5);
        });
        assert!((2..=JOURNAL_LANES).contains(&disk.syncs_at_once()), "{} at once", disk.syncs_at_once());
        journal.close().unwrap();
        assert_eq!(acknowledged.into_inner().unwrap().len(), 400);
        holds_once(&disk, &(0..400).collect::<Vec<_>>(), 400, "closed");
    }
}

#[test]
fn a_failure_while_others_are_under_way_lets_nothing_count_that_is_not_there() {
    for (failure, filled) in [(Failure::Once, 0), (Failure::Once, 50_000), (Failure::Always, 50_000)] {
        for step in (1..40).step_by(3) {
            let disk = slow_disk(TIMES);
            let journal = open_long(&disk, filled, 1 << 20).unwrap();
            let acknowledged = Mutex::new(Vec::new());
            disk.fail_at(step, failure);
            write(&journal, 8, 30, &acknowledged);
            let acknowledged = acknowledged.into_inner().unwrap();
            let when = format!("{failure:?} at step {step}, {filled} zeros");
            assert!(acknowledged.len() < 240 && journal.refusal().is_some(), "{when}");
            assert!(journal.append(&event(0)).is_err(), "{when}: it goes on refusing");
            drop(journal);
            assert!(step < 20 || disk.syncs_at_once() > 1, "{when}");
            disk.release();
            for after in [disk.after_power_cut(0), disk.after_power_cut(70), disk.after_kill()] {
                open(&after).unwrap_or_else(|error| panic!("{when}: {error}")).close().unwrap();
                holds_once(&after, &acknowledged, 240, &when);
            }
        }
    }
}

/// The sync of the second returns first, and says that all is well.
#[test]
fn no_event_counts_before_those_that_were_written_before_it() {
    for fails in [false, true] {
        let ms = Duration::from_millis;
        let disk = slow_disk([ms(5)]);
        let journal = open_long(&disk, 0, 1 << 20).unwrap();
        append(&journal, 0..2);
        disk.sync_takes([ms(200), ms(5)]);
        if fails {
            // After the write comes the sync.
            disk.fail_at(2, Failure::Once);
        }
        let tickets = [2, 3].map(|id| {
            let ticket = journal.submit(&[event(id)]).unwrap();
            std::thread::sleep(ms(20));
            ticket
        });
        std::thread::sleep(ms(40));
        assert_eq!(disk.syncs_at_once(), 2);
        assert!(tickets[1].poll(std::task::Waker::noop()).is_pending(), "the first is still under way");
        let results = tickets.map(Ticket::wait);
        assert!(results.iter().all(|result| result.is_err() == fails), "{results:?}");
        holds_once(&disk.after_power_cut(0), if fails { &[0, 1] } else { &[0, 1, 2, 3] }, 4, "at the end");
    }
}

/// Segments are begun and sealed while several syncs are under way.
#[test]
fn segments_end_between_syncs_that_overlap() {
    let disk = slow_disk(TIMES);
    let (journal, acknowledged, done) =
        (open_long(&disk, 0, 4_000).unwrap(), Mutex::new(Vec::new()), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let seals = scope.spawn(|| {
            let mut seals = 0;
            while done.load(Ordering::Relaxed) == 0 {
                journal.seal().unwrap();
                seals += 1;
            }
            seals
        });
        write(&journal, 10, 20, &acknowledged);
        done.store(1, Ordering::Relaxed);
        assert!(seals.join().unwrap() > 1);
    });
    assert!(disk.syncs_at_once() > 1);
    journal.close().unwrap();
    holds_once(&disk, &(0..200).collect::<Vec<_>>(), 200, "closed");
}

#[test]
fn a_sync_is_begun_beside_another_only_from_a_limit_on() {
    for (time, beside) in [(JOURNAL_BESIDE_MIN / 4, false), (JOURNAL_BESIDE_MIN * 4, true)] {
        let disk = slow_disk([time]);
        let journal = open_long(&disk, 0, 1 << 20).unwrap();
        write(&journal, 12, 15, &Mutex::new(Vec::new()));
        // On a machine that is busy a short sync can take long as well, but not always.
        assert!(disk.syncs_at_once() > 1 || !beside, "{time:?}");
    }
}

/// Frames of one event each: how many before each were not known to be durable, which is broken, whether a crash can have
/// left that.
const BROKEN: &[(&[u64], usize, bool)] = &[
    (&[0, 0, 0], 2, true),
    (&[0, 0, 0], 1, false),
    (&[0, 1, 2], 0, true),
    (&[0, 1, 2], 1, true),
    (&[0, 0, 1], 0, false),
    (&[0, 0, 1], 1, true),
    (&[0, 1, 1], 0, false),
    (&[0, 1, 2, 3, 3], 0, false),
    (&[0, 1, 2, 3, 3], 1, true),
    (&[0, 1, 2, 3, 4], 0, true),
    (&[0, 1, 2, 3, 0], 3, false),
];

#[test]
fn a_broken_frame_is_torn_unless_a_later_one_vouches_for_it() {
    for (unsettled, broken, torn) in BROKEN {
        let header = segment_header(&origin(), 0);
        let (mut bytes, mut starts) = (header.clone(), Vec::new());
        for (id, unsettled) in (0..).zip(*unsettled) {
            let mut group = Group::default();
            group.push(&event(id).view().compact());
            starts.push(bytes.len());
            group.write(&header, id, *unsettled, &mut bytes);
        }
        starts.push(bytes.len());
        let whole = Segment::read(&origin(), 0, bytes.clone().into());
        assert!(whole.check().is_ok() && whole.torn().is_none(), "{unsettled:?}");
        assert_eq!(whole.next(), unsettled.len() as u64);
        for at in starts[*broken]..starts[broken + 1] {
            let mut found = bytes.clone();
            found[at] ^= 0x10;
            let segment = Segment::read(&origin(), 0, found.into());
            assert_eq!(segment.check().is_ok(), *torn, "{unsettled:?}, byte {at} of frame {broken}");
            assert_eq!(segment.next(), *broken as u64);
        }
    }
}
