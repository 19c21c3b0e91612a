//! A folder with its log, and everything that can happen to them: changed, removed, swapped, rolled back, cut off.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use sha2::{Digest, Sha256};
use wardbook_audit::disk::{Disk, Failure, MemoryDisk};
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{DayFile, Folder, LeafRange, Origin};
use wardbook_audit::journal::{Journal, Options};
use wardbook_audit::log::{
    Bound, Hash, LogWriter, Problem, Proof, Report, SigningKey, Trust, Verdict, prove, root_pairs, tree, verify,
};
use wardbook_audit::parquet::{EventWriter, Footer, Rows, Settings};

fn origin() -> Origin {
    Origin::new("server").unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn trust() -> Trust {
    Trust::from(key().public())
}

fn folder(disk: &MemoryDisk) -> Folder {
    Folder::new(Arc::new(disk.clone()))
}

fn event(index: u64) -> EventText {
    let day = 1 + index % 2;
    let text = format!(
        r#"{{"eventTime":"2026-04-0{day}T12:00:00Z","eventID":"id-{index}","eventSource":"kms.amazonaws.com",
        "eventName":"Decrypt","requestParameters":{{"encryptionContext":{{"n":"{index}"}}}},
        "resources":[{{"ARN":"arn:aws:kms:eu-west-1:111122223333:key/{}"}}],
        "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u"}}}}"#,
        index % 3
    );
    EventText::read(text).unwrap()
}

fn options() -> Options {
    Options { segment_bytes: 16 << 10, ..Options::default() }
}

fn open(disk: &MemoryDisk) -> Journal {
    let log = LogWriter::open(&folder(disk), &origin(), key()).unwrap();
    Journal::open(&folder(disk), &origin(), options(), Box::new(log), |_| None).unwrap()
}

fn write(disk: &MemoryDisk, events: std::ops::Range<u64>) {
    let journal = open(disk);
    for index in events {
        journal.append(&event(index)).unwrap();
    }
    journal.close().unwrap();
}

fn written(events: u64) -> MemoryDisk {
    let disk = MemoryDisk::default();
    write(&disk, 0..events);
    disk
}

fn check(disk: &MemoryDisk) -> Report {
    verify(&folder(disk), &trust()).unwrap()
}

fn bytes(disk: &MemoryDisk, path: &Path) -> Vec<u8> {
    disk.read(path).unwrap().to_vec()
}

fn is_covered(path: &Path) -> bool {
    !path.starts_with("lock") && !path.starts_with("tmp")
}

fn covered(disk: &MemoryDisk) -> Vec<PathBuf> {
    disk.paths().into_iter().filter(|path| is_covered(path)).collect()
}

#[track_caller]
fn is_clean(disk: &MemoryDisk) {
    let report = check(disk);
    assert_eq!(report.verdict(), Verdict::Verified, "{:#?}", report.findings);
}

#[track_caller]
fn is_tampered(disk: &MemoryDisk, what: &dyn std::fmt::Display) {
    assert_eq!(check(disk).verdict(), Verdict::Tampered, "{what}");
}

#[test]
fn what_was_written_is_verified() {
    let disk = MemoryDisk::default();
    for (first, last) in [(0, 0), (0, 3), (3, 3), (3, 270), (270, 300)] {
        write(&disk, first..last);
        is_clean(&disk);
        let report = check(&disk);
        assert_eq!(report.origins[0].checkpoint.size, last);
        assert!(report.origins[0].trusted);
    }
    assert!(!verify(&folder(&disk), &Trust::default()).unwrap().origins[0].trusted);
}

#[test]
fn an_unsealed_journal_is_no_fault() {
    let disk = MemoryDisk::default();
    let journal = open(&disk);
    journal.append(&event(0)).unwrap();
    is_clean(&disk);
    assert_eq!(check(&disk).origins[0].unsealed, 1);
    assert_eq!(prove(&folder(&disk), &trust(), "id-0").unwrap(), Proof::Unsealed);
    journal.close().unwrap();
}

#[test]
fn every_event_has_a_proof_and_an_unknown_one_has_none() {
    let disk = written(300);
    for index in [0, 1, 255, 256, 299] {
        let Proof::Proved(proofs) = prove(&folder(&disk), &trust(), &format!("id-{index}")).unwrap() else { panic!() };
        let [proof] = proofs.as_slice() else { panic!("{proofs:?}") };
        assert_eq!(proof.leaf_hash.0, event(index).view().leaf().0);
        assert!(tree::includes(proof.leaf_hash, proof.leaf_index, proof.tree_size, &proof.path, proof.root));
        let json: serde_json::Value = serde_json::from_str(&proof.json()).unwrap();
        assert_eq!(json["leaf_index"], index);
        assert_eq!(json["tree_size"], 300);
        assert_eq!(json["leaf_hash"], proof.leaf_hash.to_string());
        assert_eq!(json["root"], proof.root.to_string());
        assert_eq!(json["proof"].as_array().unwrap().len(), proof.path.len());
    }
    assert_eq!(prove(&folder(&disk), &trust(), "id-300").unwrap(), Proof::Unknown);
}

/// Flips a bit of every few bytes of every file and looks whether it is seen. A file of events is covered by its digest
/// as a whole, so that fewer bytes of it are tried.
fn flip_everywhere(disk: &MemoryDisk, log_step: usize, events_step: usize) {
    is_clean(disk);
    for (place, path) in covered(disk).into_iter().enumerate() {
        let step = if path.starts_with("log") { log_step } else { events_step };
        let good = bytes(disk, &path);
        for at in (place % step..good.len()).step_by(step) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            disk.put(&path, bad);
            is_tampered(disk, &format!("{} byte {at}", path.display()));
        }
        disk.put(&path, good);
    }
    is_clean(disk);
}

#[test]
fn a_flipped_byte_anywhere_in_a_small_folder_is_caught() {
    flip_everywhere(&written(3), 1, 61);
}

#[test]
fn a_flipped_byte_in_a_folder_with_several_tiles_is_caught() {
    flip_everywhere(&written(258), 127, 4_001);
}

#[test]
fn a_removed_or_shortened_or_added_file_is_caught() {
    let disk = written(270);
    for path in covered(&disk) {
        let good = bytes(&disk, &path);
        disk.remove(&path).unwrap();
        is_tampered(&disk, &format!("{} removed", path.display()));
        for length in [0, good.len() / 2, good.len().saturating_sub(1)] {
            if length < good.len() {
                disk.put(&path, good[..length].to_vec());
                is_tampered(&disk, &format!("{} cut to {length}", path.display()));
            }
        }
        disk.put(&path, [good.as_slice(), b"\n"].concat());
        is_tampered(&disk, &format!("{} is longer", path.display()));
        disk.put(&path, good);
    }
    let others =
        ["notes", "dt=2026-04-01/x.parquet", "log/server/x", "log/server/tile/x", "log/readme", "journal/server/x"];
    for path in others {
        disk.put(path, b"x".to_vec());
        is_tampered(&disk, &path);
        disk.remove(Path::new(path)).unwrap();
    }
    is_clean(&disk);
}

#[test]
fn two_files_that_change_places_are_caught() {
    let disk = written(270);
    for pair in covered(&disk).windows(2) {
        let (a, b) = (bytes(&disk, &pair[0]), bytes(&disk, &pair[1]));
        if a != b {
            disk.put(&pair[0], b.clone());
            disk.put(&pair[1], a.clone());
            is_tampered(&disk, &format!("{} and {}", pair[0].display(), pair[1].display()));
            disk.put(&pair[0], a);
            disk.put(&pair[1], b);
        }
    }
}

#[test]
fn a_file_of_an_older_state_is_caught() {
    let disk = MemoryDisk::default();
    write(&disk, 0..200);
    let old = disk.after_kill();
    write(&disk, 200..270);
    for path in covered(&old) {
        let before = bytes(&old, &path);
        if disk.open(&path).is_ok() && bytes(&disk, &path) != before {
            let now = bytes(&disk, &path);
            disk.put(&path, before);
            is_tampered(&disk, &path.display());
            disk.put(&path, now);
        }
    }
    is_clean(&disk);
}

#[test]
fn only_a_kept_checkpoint_shows_that_the_whole_folder_was_rolled_back() {
    let disk = MemoryDisk::default();
    write(&disk, 0..200);
    let old = disk.after_kill();
    let checkpoint = |disk: &MemoryDisk| String::from_utf8(bytes(disk, Path::new("log/server/checkpoint"))).unwrap();
    write(&disk, 200..270);
    let with = |text: String| Trust { kept: vec![text], ..trust() };
    let problems = |disk: &MemoryDisk, trust: &Trust| {
        let report = verify(&folder(disk), trust).unwrap();
        report.findings.into_iter().map(|finding| finding.problem).collect::<Vec<_>>()
    };
    assert_eq!(problems(&disk, &with(checkpoint(&old))), []);
    assert_eq!(problems(&disk, &with(checkpoint(&disk))), []);
    assert_eq!(problems(&old, &trust()), []);
    assert_eq!(problems(&old, &with(checkpoint(&disk))), [Problem::RolledBack { kept: 270, now: 200 }]);

    let other = MemoryDisk::default();
    write(&other, 1..300);
    assert_eq!(problems(&other, &with(checkpoint(&disk))), [Problem::Forked { kept: 270 }]);
    assert_eq!(problems(&MemoryDisk::default(), &with(checkpoint(&disk))), [Problem::NoCheckpoint]);
    let untrusted = Trust { keys: vec![], kept: vec![checkpoint(&disk)] };
    assert_eq!(problems(&disk, &untrusted), []);
    let broken = checkpoint(&disk).replace("270", "271");
    assert!(matches!(problems(&disk, &with(broken))[..], [Problem::Kept(_)]));
}

#[test]
fn a_history_that_another_key_signed_is_not_believed() {
    let disk = MemoryDisk::default();
    let log = LogWriter::open(&folder(&disk), &origin(), SigningKey::from_seed(&[8; 32])).unwrap();
    let journal = Journal::open(&folder(&disk), &origin(), options(), Box::new(log), |_| None).unwrap();
    journal.append(&event(0)).unwrap();
    journal.close().unwrap();
    is_tampered(&disk, &"another key");
    assert_eq!(verify(&folder(&disk), &Trust::default()).unwrap().verdict(), Verdict::Verified);
    assert!(LogWriter::open(&folder(&disk), &origin(), key()).is_err());
}

/// A folder with one event, signed by the right key, whose column `principal_arn` says this.
fn with_principal(arn: &str) -> MemoryDisk {
    let disk = MemoryDisk::default();
    let (event, range) = (event(0), LeafRange { first: 0, last: 0 });
    let mut rows = Rows::default();
    rows.append(&event.view(), 0);
    let batch = rows.finish().unwrap();
    let mut columns = batch.columns().to_vec();
    columns[batch.schema().index_of("principal_arn").unwrap()] = Arc::new(StringArray::from(vec![arn]));
    let batch = RecordBatch::try_new(batch.schema(), columns).unwrap();

    let mut log = LogWriter::open(&folder(&disk), &origin(), key()).unwrap();
    disk.put("journal/server/000000000001.journal", b"wardbook journal 1\nserver\n1\n".to_vec());
    log.append(event.view().leaf()).unwrap();
    let more = root_pairs(log.size(), log.root());
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    writer.append_group(&batch).unwrap();
    let footer = Footer { origin: origin(), range, sources: vec![], more };
    let bytes = writer.finish(&footer).unwrap();
    let file = DayFile { date: event.view().time().date(), origin: origin(), range, length: bytes.len() as u64 };
    let digest = Hash(Sha256::digest(&bytes).into());
    disk.put(file.path(), bytes);
    log.bind(&file.path(), Bound { digest, length: file.length }).unwrap();
    log.checkpoint().unwrap();
    disk
}

#[test]
fn promoted_columns_are_computed_again() {
    is_clean(&with_principal("arn:aws:iam::111122223333:user/u"));
    let report = check(&with_principal("arn:aws:iam::111122223333:user/someone-else"));
    let problems: Vec<_> = report.findings.into_iter().map(|finding| finding.problem).collect();
    assert_eq!(problems, [Problem::Columns]);
}

/// A wider file takes the place of those whose events it holds: what `compact` does.
#[test]
fn compaction_changes_no_leaf() {
    let disk = MemoryDisk::default();
    write(&disk, 0..4);
    write(&disk, 4..8);
    let before = check(&disk).origins[0].checkpoint.clone();
    let mut log = LogWriter::open(&folder(&disk), &origin(), key()).unwrap();
    let range = LeafRange { first: 0, last: 7 };
    let footer = Footer { origin: origin(), range, sources: vec![], more: root_pairs(log.size(), log.root()) };
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    for index in [0, 2, 4, 6] {
        writer.append(&event(index).view(), index).unwrap();
    }
    let bytes = writer.finish(&footer).unwrap();
    let file = DayFile { date: "2026-04-01".into(), origin: origin(), range, length: bytes.len() as u64 };
    let digest = Sha256::digest(&bytes).into();
    disk.put(file.path(), bytes);
    assert_eq!(check(&disk).verdict(), Verdict::Undetermined, "the new file is there, and not bound yet");
    wardbook_audit::journal::Log::sealed(&mut log, &file, digest).unwrap();
    assert_eq!(check(&disk).verdict(), Verdict::Undetermined, "the old files are there, and not bound any more");
    for old in [
        "dt=2026-04-01/server-000000000000-000000000003.parquet",
        "dt=2026-04-01/server-000000000004-000000000007.parquet",
    ] {
        disk.remove(Path::new(old)).unwrap();
    }
    is_clean(&disk);
    let after = check(&disk).origins[0].checkpoint.clone();
    assert_eq!((after.size, after.root), (before.size, before.root));
}

#[test]
fn after_a_clean_stop_nothing_may_appear_in_the_journal() {
    let disk = written(5);
    let journal = open(&disk);
    journal.append(&event(5)).unwrap();
    let path = disk.paths().into_iter().find(|path| path.starts_with("journal")).unwrap();
    let segment = bytes(&disk, &path);
    is_clean(&disk.after_kill());
    let stopped = written(5);
    stopped.put(&path, segment);
    is_tampered(&stopped, &"an event that was never acknowledged");
}

/// One failed write is told to the journal, which brings the events again.
#[test]
fn a_log_goes_on_after_a_write_failed_once() {
    let total = {
        let disk = MemoryDisk::default();
        let journal = open(&disk);
        journal.append(&event(0)).unwrap();
        let before = disk.steps();
        journal.seal().unwrap();
        disk.steps() - before
    };
    for step in 1..=total {
        let disk = MemoryDisk::default();
        let journal = open(&disk);
        journal.append(&event(0)).unwrap();
        disk.fail_at(step, Failure::Once);
        let sealed = journal.seal();
        if journal.refusal().is_none() {
            journal.seal().unwrap_or_else(|error| panic!("step {step}: {sealed:?}, then {error}"));
            journal.append(&event(1)).unwrap();
            journal.close().unwrap();
            is_clean(&disk);
            assert_eq!(check(&disk).origins[0].checkpoint.size, 2, "step {step}");
        }
    }
}

/// Whatever step fails, and whether the power is cut or the process killed: the folder is never taken for tampered
/// with, and the next start puts it right.
#[test]
fn a_crash_at_any_step_is_no_tampering_and_is_put_right() {
    let start = written(254);
    let total = {
        let disk = start.after_kill();
        let before = disk.steps();
        write(&disk, 254..257);
        disk.steps() - before
    };
    assert!(total > 50, "{total} steps");
    for step in 1..=total {
        let disk = start.after_kill();
        disk.fail_at(step, Failure::Always);
        let mut acknowledged = 254;
        let opened = LogWriter::open(&folder(&disk), &origin(), key()).ok();
        let opened =
            opened.and_then(|log| Journal::open(&folder(&disk), &origin(), options(), Box::new(log), |_| None).ok());
        if let Some(journal) = opened {
            while acknowledged < 257 && journal.append(&event(acknowledged)).is_ok() {
                acknowledged += 1;
            }
            let _ = journal.close();
        }
        let found = [disk.after_kill(), disk.after_power_cut(40)];
        for (how, found) in ["killed", "power cut"].into_iter().zip(found) {
            let report = check(&found);
            assert_ne!(report.verdict(), Verdict::Tampered, "step {step}, {how}: {:#?}", report.findings);
            write(&found, 900..903);
            let report = check(&found);
            assert_eq!(report.verdict(), Verdict::Verified, "step {step}, {how}: {:#?}", report.findings);
            assert!(report.origins[0].checkpoint.size >= acknowledged + 3, "step {step}, {how}");
        }
    }
}

#[test]
fn bytes_changed_after_a_crash_are_still_caught() {
    let disk = written(5);
    let journal = open(&disk);
    journal.append(&event(5)).unwrap();
    journal.append(&event(6)).unwrap();
    let killed = disk.after_kill();
    is_clean(&killed);
    let path = killed.paths().into_iter().find(|path| path.starts_with("journal")).unwrap();
    let good = bytes(&killed, &path);
    let mut seen = (0, 0);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        killed.put(&path, bad);
        match check(&killed).verdict() {
            Verdict::Tampered => seen.0 += 1,
            Verdict::Undetermined => seen.1 += 1,
            Verdict::Verified => panic!("byte {at}"),
        }
    }
    // The last frame may be one that a crash cut off; everything before it has whole frames after it.
    assert!(seen.0 > good.len() / 3 && seen.1 < good.len() * 2 / 3, "{seen:?}");
}

#[test]
fn a_forged_file_beside_the_log_is_caught() {
    let disk = written(10);
    let other = MemoryDisk::default();
    write(&other, 100..120);
    let forged = other.paths().into_iter().find(|path| path.starts_with("dt=2026-04-01")).unwrap();
    for (name, what) in [
        ("dt=2026-04-01/server-000000000000-000000000019.parquet", "events that the log does not have"),
        ("dt=2026-04-01/server-000000000010-000000000029.parquet", "events beyond the log"),
        ("dt=2026-04-01/other-000000000000-000000000019.parquet", "events of a log that is not there"),
    ] {
        disk.put(name, bytes(&other, &forged));
        is_tampered(&disk, &what);
        disk.remove(Path::new(name)).unwrap();
    }
}
