//! Segments that are filled with zeros before they are begun.

use std::io;

use bytes::Bytes;

use super::super::segment::OpenSegment;
use super::*;
use crate::disk::ReadAt;

const FILLED: u64 = 2_000;

fn lengths(disk: &MemoryDisk, folder: &str) -> Vec<u64> {
    disk.list(Path::new(folder)).unwrap().iter().map(|entry| entry.length).collect()
}

#[test]
fn the_next_segment_is_made_ahead_and_none_is_left_after_a_clean_stop() {
    let disk = MemoryDisk::default();
    let journal = open_filled(&disk, FILLED).unwrap();
    assert_eq!((lengths(&disk, "journal/server"), lengths(&disk, "tmp")), (vec![FILLED], vec![]), "the first at once");
    journal.prepare(Duration::ZERO).unwrap();
    journal.prepare(Duration::ZERO).unwrap();
    assert_eq!(lengths(&disk, "tmp"), [FILLED], "one is enough");
    append(&journal, 0..2);
    journal.seal().unwrap();
    assert_eq!((lengths(&disk, "journal/server"), lengths(&disk, "tmp")), (vec![FILLED], vec![]), "it is used");
    append(&journal, 2..4);
    journal.seal().unwrap();
    let header = segment_header(&origin(), 4).len() as u64;
    assert_eq!(lengths(&disk, "journal/server"), [header], "without one that is ready nobody waits for it");
    journal.prepare(Duration::ZERO).unwrap();
    append(&journal, 4..6);
    holds_once(&disk, &(0..6).collect::<Vec<_>>(), 6, "while open");
    journal.close().unwrap();
    let header = segment_header(&origin(), 6).len() as u64;
    assert_eq!((lengths(&disk, "journal/server"), lengths(&disk, "tmp")), (vec![header], vec![]));
    holds_once(&disk, &(0..6).collect::<Vec<_>>(), 6, "closed");
}

#[test]
fn what_a_killed_run_had_made_ahead_is_made_again() {
    let disk = MemoryDisk::default();
    let journal = open_filled(&disk, FILLED).unwrap();
    journal.prepare(Duration::ZERO).unwrap();
    append(&journal, 0..2);
    let after = disk.after_kill();
    assert_eq!(lengths(&after, "tmp"), [FILLED]);
    let journal = open_filled(&after, 500).unwrap();
    append(&journal, 2..3);
    assert_eq!((lengths(&after, "journal/server"), lengths(&after, "tmp")), (vec![500], vec![]));
    holds_once(&after, &[0, 1, 2], 3, "opened again");
}

#[test]
fn where_there_is_no_room_for_zeros_there_may_be_for_events() {
    let disk = MemoryDisk::default();
    let journal = open_filled(&disk, FILLED).unwrap();
    disk.fail_at(1, Failure::Once);
    assert!(matches!(journal.prepare(Duration::ZERO), Err(JournalError::Disk { .. })));
    assert!(lengths(&disk, "tmp").is_empty(), "half a file is none");
    append(&journal, 0..30);
    assert_eq!(journal.refusal().map(|refusal| refusal.to_string()), None);
    journal.prepare(Duration::ZERO).unwrap();
    assert_eq!(lengths(&disk, "tmp"), [FILLED], "it is tried again");
}

#[test]
fn whoever_prepares_waits_until_the_next_segment_is_wanted() {
    let disk = MemoryDisk::default();
    let journal = open_filled(&disk, FILLED).unwrap();
    journal.prepare(Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| journal.prepare(Duration::from_secs(60)));
        append(&journal, 0..2);
        journal.seal().unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(lengths(&disk, "tmp"), [FILLED]);
}

/// The last frame, with any of its bytes from one place to another not written.
#[test]
fn a_frame_with_holes_is_torn_and_every_frame_before_it_whole() {
    let (bytes, ends) = segment_bytes();
    let [.., (last, whole), (end, _)] = ends[..] else { panic!("five frames") };
    for (from, to) in (last..end).flat_map(|from| (from + 1..=end).map(move |to| (from, to))) {
        let mut found = [&bytes[..], &[0; 5_000]].concat();
        let was = found.clone();
        found[from..to].fill(0);
        let segment = Segment::read(&origin(), 0, found.clone().into());
        assert!(segment.check().is_ok(), "{from}..{to}");
        let is_whole = found == was;
        assert_eq!(segment.next() == whole, !is_whole, "{from}..{to}");
        assert_eq!(segment.torn().is_some(), !is_whole && (from, to) != (last, end), "{from}..{to}");
        // What was kept of it before a power cut made the holes is still all of it, and anything else is not.
        let kept = bytes[last..].to_vec();
        assert_eq!(segment.is_kept(&kept), segment.torn().is_some(), "{from}..{to}");
        let mut other = kept;
        other.iter_mut().for_each(|byte| *byte ^= 0x40);
        assert!(!segment.is_kept(&other), "{from}..{to}");
    }
}

#[test]
fn zeros_between_whole_frames_were_made_by_somebody() {
    let (bytes, ends) = segment_bytes();
    for pair in ends.windows(2).take(ends.len() - 2) {
        let mut found = [&bytes[..], &[0; 700]].concat();
        found[pair[0].0..pair[1].0].fill(0);
        assert!(Segment::read(&origin(), 0, found.into()).check().is_err());
    }
}

/// Killed, opened, and then the power is cut before the segment with the torn tail is gone: the tail has holes by then.
#[test]
fn a_tail_that_was_kept_may_have_holes_later() {
    let (bytes, ends) = segment_bytes();
    let [.., (last, whole), (end, _)] = ends[..] else { panic!("five frames") };
    let torn = &bytes[..end - 3];
    let path = "journal/server/000000000000.journal";
    let disk = MemoryDisk::default();
    disk.put(path, [torn, &[0; 400]].concat());
    // The event that names the tail is durable, and the segment with the tail is still there.
    let steps = {
        let disk = disk.after_kill();
        open(&disk).unwrap();
        disk.steps()
    };
    let mut met = 0;
    for step in 1..=steps {
        let disk = disk.after_kill();
        disk.fail_at(step, Failure::Always);
        let _ = open(&disk);
        let after = disk.after_power_cut(0);
        if !after.paths().contains(&path.into()) {
            continue;
        }
        let mut holes = [torn, &[0; 400]].concat();
        holes[last..last + 30].fill(0);
        after.put(path, holes);
        met += usize::from(after.paths().iter().any(|path| path.starts_with("rejected")));
        open(&after).unwrap_or_else(|error| panic!("step {step}: {error}")).close().unwrap();
        holds_once(&after, &(0..whole).collect::<Vec<_>>(), whole, &format!("step {step}"));
    }
    assert!(met > 2, "{met}");
}

/// A file that is written to while it is read: each read finds more.
struct Growing(std::sync::Mutex<Vec<Bytes>>);

impl ReadAt for Growing {
    fn length(&self) -> u64 {
        self.0.lock().unwrap()[0].len() as u64
    }

    fn read_at(&self, _: u64, _: u64) -> io::Result<Bytes> {
        let mut reads = self.0.lock().unwrap();
        Ok(if reads.len() > 1 { reads.remove(0) } else { reads[0].clone() })
    }
}

#[test]
fn a_frame_that_came_while_its_segment_was_read_does_not_look_changed() {
    let (bytes, ends) = segment_bytes();
    let without = |frame: usize, frames: usize| {
        let mut found = bytes.clone();
        found[ends[frame].0..ends[frame + 1].0].fill(0);
        found[ends[frames].0..].fill(0);
        Bytes::from(found)
    };
    let read = |reads: &[Bytes]| {
        let file = Arc::new(Growing(std::sync::Mutex::new(reads.to_vec())));
        OpenSegment { first: 0, file }.read(&origin()).unwrap()
    };
    // The second frame was not there when its place was read, and the third was; and then the same with the fourth.
    let grown = read(&[without(1, 3), without(3, 5), bytes.clone().into()]);
    assert!(grown.check().is_ok());
    assert_eq!(grown.next(), ends[5].1);
    assert!(read(&[without(1, 3)]).check().is_err(), "what stays so was changed");
    assert!(read(&[without(3, 5), without(1, 5), without(1, 5)]).check().is_err(), "also where it moves back");
}
