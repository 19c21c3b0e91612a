//! A bucket as AWS would have filled it, signed with keys made here, and everything that can happen to its copy.

use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::disk::{Disk, MemoryDisk};

static KEYS: LazyLock<[KeyPair; 2]> = LazyLock::new(|| [(); 2].map(|()| KeyPair::generate(KeySize::Rsa2048).unwrap()));

/// Digests of a region: its key, and the hours from a start of the trail to its stop.
struct Region {
    name: &'static str,
    key: usize,
    hours: std::ops::RangeInclusive<usize>,
}

const REGIONS: [Region; 2] =
    [Region { name: "eu-west-1", key: 0, hours: 1..=5 }, Region { name: "us-east-1", key: 1, hours: 1..=5 }];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn digest_key(region: &str, hour: usize) -> String {
    format!(
        "AWSLogs/111122223333/CloudTrail-Digest/{region}/2026/04/01/\
        111122223333_CloudTrail-Digest_{region}_my_trail_eu-west-1_20260401T{hour:02}0000Z.json.gz"
    )
}

fn log_key(region: &str, hour: usize, file: usize) -> String {
    format!(
        "AWSLogs/111122223333/CloudTrail/{region}/2026/04/01/\
        111122223333_CloudTrail_{region}_20260401T{hour:02}{file:02}Z_abc.json.gz"
    )
}

fn fill(disk: &MemoryDisk, region: &Region) {
    let mut previous = None;
    for hour in region.hours.clone() {
        let logs: Vec<String> = (0..hour % 3)
            .map(|file| {
                let (key, text) = (log_key(region.name, hour, file), format!("{{\"Records\":[{hour},{file}]}}"));
                disk.put(&key, gzip(&text));
                let hash = hex(&Sha256::digest(&text));
                format!(
                    r#"{{"s3Bucket":"logs","s3Object":"{key}","hashValue":"{hash}","hashAlgorithm":"SHA-256",
                    "newestEventTime":"2026-04-01T00:00:00Z","oldestEventTime":"2026-04-01T00:00:00Z"}}"#
                )
            })
            .collect();
        let key = digest_key(region.name, hour);
        let (before, signature) = match &previous {
            None => (
                r#""previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,
                "previousDigestHashAlgorithm":null,"previousDigestSignature":null"#
                    .to_owned(),
                "null".to_owned(),
            ),
            Some((key, hash, signature)) => (
                format!(
                    r#""previousDigestS3Bucket":"logs","previousDigestS3Object":"{key}",
                    "previousDigestHashValue":"{hash}","previousDigestHashAlgorithm":"SHA-256",
                    "previousDigestSignature":"{signature}""#
                ),
                String::clone(signature),
            ),
        };
        let end = format!("2026-04-01T{hour:02}:00:00Z");
        let text = format!(
            r#"{{"awsAccountId":"111122223333","digestStartTime":"2026-04-01T{:02}:00:00Z","digestEndTime":"{end}",
            "digestS3Bucket":"logs","digestS3Object":"{key}","digestPublicKeyFingerprint":"f{}",
            "digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,
            {before},"logFiles":[{}]}}"#,
            hour - 1,
            region.key,
            logs.join(",")
        );
        let hash = hex(&Sha256::digest(&text));
        let signed = format!("{end}\nlogs/{key}\n{hash}\n{signature}");
        let pair = &KEYS[region.key];
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        let signature = hex(&signature);
        disk.put(&key, gzip(&text));
        if hour == *region.hours.end() {
            let head = format!(
                r#"{{"ContentLength":1,"Metadata":{{"signature":"{signature}","signature-algorithm":"SHA256withRSA"}}}}"#
            );
            disk.put(format!("{key}.head.json"), head.into_bytes());
        }
        previous = Some((key, hash, signature));
    }
}

fn bucket() -> MemoryDisk {
    let disk = MemoryDisk::default();
    REGIONS.iter().for_each(|region| fill(&disk, region));
    disk
}

/// The outputs of ListPublicKeys of the regions, one after another.
fn public_keys(of: &[usize]) -> PublicKeys {
    let output = |key: &usize| {
        let value = STANDARD.encode(KEYS[*key].public_key().as_ref());
        format!("{{\"PublicKeyList\": [{{\"Value\": \"{value}\", \"Fingerprint\": \"f{key}\"}}]}}\n")
    };
    PublicKeys::read(&of.iter().map(output).collect::<String>()).unwrap()
}

fn check(disk: &MemoryDisk) -> Report {
    verify(disk, &public_keys(&[0, 1])).unwrap()
}

#[track_caller]
fn finds(disk: &MemoryDisk, verdict: Verdict, wanted: &[(String, Problem)]) {
    let report = check(disk);
    let found: Vec<_> =
        report.findings.iter().map(|finding| (finding.path.display().to_string(), finding.problem.clone())).collect();
    assert_eq!(found, wanted);
    assert_eq!(report.verdict(), verdict);
}

fn remove(disk: &MemoryDisk, key: &str) {
    disk.remove(Path::new(key)).unwrap();
}

#[test]
fn an_untouched_bucket_is_verified() {
    let report = check(&bucket());
    assert_eq!((report.verdict(), &report.findings), (Verdict::Verified, &vec![]));
    assert_eq!(report.chains.len(), 2);
    assert_eq!((report.chains[0].digests, report.chains[0].logs), (5, 6));
    assert_eq!(report.chains[0].end, "2026-04-01T05:00:00Z");
}

#[test]
fn missing_predecessors_are_seen_one_or_several() {
    let region = "eu-west-1";
    for missing in [vec![3], vec![2, 3], vec![1, 2, 3], vec![1], vec![2, 3, 4]] {
        let disk = bucket();
        missing.iter().for_each(|hour| remove(&disk, &digest_key(region, *hour)));
        let report = check(&disk);
        assert_eq!(report.verdict(), Verdict::Tampered, "{missing:?}");
        let last = missing[missing.len() - 1];
        let next = digest_key(region, last + 1);
        let wanted = Finding { path: digest_key(region, last).into(), problem: Problem::Missing { next } };
        assert!(report.findings.contains(&wanted), "{missing:?}: {:#?}", report.findings);
    }
}

#[test]
fn without_its_public_key_a_chain_is_undetermined() {
    let report = verify(&bucket(), &public_keys(&[0])).unwrap();
    assert_eq!(report.verdict(), Verdict::Undetermined);
    assert_eq!(report.findings.len(), 5);
    assert!(report.findings.iter().all(|finding| finding.problem == Problem::NoKey("f1".into())));
}

#[test]
fn a_key_signs_nothing_after_its_time() {
    let disk = bucket();
    let with = |until: &str| {
        let mut outputs = String::new();
        for (of, until) in [(0, until), (1, r#""2026-05-01T00:00:00Z""#)] {
            let value = STANDARD.encode(KEYS[of].public_key().as_ref());
            let entry = format!(r#"{{"Value":"{value}","Fingerprint":"f{of}","ValidityEndTime":{until}}}"#);
            outputs.push_str(&format!(r#"{{"PublicKeyList":[{entry}]}}"#));
        }
        verify(&disk, &PublicKeys::read(&outputs).unwrap()).unwrap()
    };
    // The digests of the first region end at 01:00 to 05:00; the last was signed after five.
    for (until, first) in [
        (r#""2026-04-01T05:00:00+00:00""#, 6),
        ("1775019600.0", 6),
        ("1775019600", 6),
        ("null", 6),
        (r#""2026-04-01T04:59:59Z""#, 5),
        ("1775019599.999", 5),
        (r#""2026-04-01T03:30:00+01:00""#, 3),
        (r#""2025-01-01T00:00:00Z""#, 1),
    ] {
        let report = with(until);
        let expired = (first..=5).map(|hour| digest_key("eu-west-1", hour).into());
        let expired: Vec<PathBuf> = expired.collect();
        let found: Vec<PathBuf> = report.findings.iter().map(|finding| finding.path.clone()).collect();
        assert_eq!(found, expired, "{until}");
        assert!(report.findings.iter().all(|finding| finding.problem == Problem::KeyExpired("f0".to_owned())));
        let verdict = if first > 5 { Verdict::Verified } else { Verdict::Undetermined };
        assert_eq!(report.verdict(), verdict, "{until}");
    }
    let odd = r#"{"PublicKeyList":[{"Value":"AAAA","Fingerprint":"f","ValidityEndTime":"soon"}]}"#;
    assert!(PublicKeys::read(odd).is_err());
}

#[test]
fn a_newest_digest_that_may_be_missing_is_reported() {
    let region = "eu-west-1";
    let newest = digest_key(region, 5);
    let disk = bucket();
    remove(&disk, &newest);
    let mut wanted: Vec<_> = (0..2).map(|file| (log_key(region, 5, file), Problem::Unlisted)).collect();
    wanted.push((digest_key(region, 4), Problem::NoSignature));
    wanted.push((newest.clone(), Problem::OnlyHead));
    finds(&disk, Verdict::Undetermined, &wanted);

    remove(&disk, &format!("{newest}.head.json"));
    (0..2).for_each(|file| remove(&disk, &log_key(region, 5, file)));
    finds(&disk, Verdict::Undetermined, &[(digest_key(region, 4), Problem::NoSignature)]);

    let disk = MemoryDisk::default();
    fill(&disk, &Region { name: "eu-west-1", key: 0, hours: 1..=2 });
    fill(&disk, &REGIONS[1]);
    let problem = Problem::EndsEarly { end: "2026-04-01T02:00:00Z".into(), other: "2026-04-01T05:00:00Z".into() };
    let chain = "AWSLogs/111122223333/CloudTrail-Digest/111122223333_CloudTrail-Digest_eu-west-1_my_trail_eu-west-1";
    finds(&disk, Verdict::Undetermined, &[(chain.to_owned(), problem)]);
}

#[test]
fn log_files_are_held_against_their_digests() {
    let (region, key) = ("eu-west-1", log_key("eu-west-1", 2, 1));
    let disk = bucket();
    remove(&disk, &key);
    finds(&disk, Verdict::Tampered, &[(key.clone(), Problem::LogMissing)]);

    disk.put(&key, gzip("{\"Records\":[]}"));
    finds(&disk, Verdict::Tampered, &[(key.clone(), Problem::LogChanged)]);

    // Hashes are over inflated bytes: how they are packed does not matter, what follows does.
    let text = "{\"Records\":[2,1]}";
    disk.put(&key, text.as_bytes().to_vec());
    finds(&disk, Verdict::Verified, &[]);
    disk.put(&key, [gzip("{\"Records\""), gzip(":[2,1]}")].concat());
    finds(&disk, Verdict::Verified, &[]);
    disk.put(&key, [gzip(text), gzip("{\"Records\":[666]}")].concat());
    finds(&disk, Verdict::Tampered, &[(key.clone(), Problem::LogChanged)]);
    for broken in [[gzip(text), b"{}".to_vec()].concat(), gzip(text)[..20].to_vec()] {
        disk.put(&key, broken);
        let report = check(&disk);
        assert!(matches!(report.findings[..], [Finding { problem: Problem::LogUnreadable(_), .. }]), "{report:#?}");
    }

    let disk = bucket();
    let added = log_key(region, 1, 7);
    disk.put(&added, gzip(text));
    finds(&disk, Verdict::Undetermined, &[(added, Problem::Unlisted)]);
}

#[test]
fn a_changed_digest_is_seen_wherever_it_stands() {
    for hour in 1..=5 {
        let disk = bucket();
        let key = digest_key("eu-west-1", hour);
        let mut content = String::new();
        let bytes = disk.read(Path::new(&key)).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut content).unwrap();
        disk.put(&key, gzip(&format!("{content} ")));
        let mut wanted = vec![(key.clone(), Problem::Signature)];
        if hour < 5 {
            wanted.push((key, Problem::Changed));
        }
        finds(&disk, Verdict::Tampered, &wanted);
    }
}

#[test]
fn a_digest_at_another_place_was_moved() {
    let disk = bucket();
    let (from, to) = (digest_key("eu-west-1", 2), digest_key("eu-west-1", 3));
    disk.put(&to, disk.read(Path::new(&from)).unwrap().to_vec());
    assert!(check(&disk).findings.iter().any(|finding| finding.problem == Problem::Moved(from.clone())));
    assert_eq!(check(&disk).verdict(), Verdict::Tampered);
}

#[test]
fn no_flipped_byte_of_a_bucket_is_verified() {
    let disk = MemoryDisk::default();
    fill(&disk, &Region { name: "eu-west-1", key: 0, hours: 1..=2 });
    for path in disk.paths() {
        let good = disk.read(&path).unwrap().to_vec();
        let is_gzip = good.starts_with(&[0x1f, 0x8b]);
        for at in (0..good.len()).step_by(3) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            disk.put(&path, bad);
            let verdict = check(&disk).verdict();
            // Flags, time and system in the header of gzip, the bits that fill up the last byte before its trailer,
            // and most of a head file, say nothing about the content.
            let idle = if is_gzip { (3..10).contains(&at) || at + 9 == good.len() } else { true };
            assert!(idle || verdict != Verdict::Verified, "{} byte {at}", path.display());
        }
        disk.put(&path, good);
    }
    assert_eq!(check(&disk).verdict(), Verdict::Verified);
}

#[test]
fn a_folder_without_digests_is_not_verified() {
    finds(&MemoryDisk::default(), Verdict::Undetermined, &[(String::new(), Problem::NoDigests)]);
    let disk = MemoryDisk::default();
    disk.put(digest_key("eu-west-1", 1), b"{}".to_vec());
    assert_eq!(check(&disk).verdict(), Verdict::Tampered);
}

#[test]
fn a_trail_that_was_stopped_and_started_has_two_beginnings() {
    // The first digest after a start follows none; the last one before has its signature in its metadata only.
    let disk = MemoryDisk::default();
    fill(&disk, &Region { name: "eu-west-1", key: 0, hours: 1..=2 });
    fill(&disk, &Region { name: "eu-west-1", key: 0, hours: 4..=5 });
    finds(&disk, Verdict::Verified, &[]);
    assert_eq!(check(&disk).chains.len(), 1);
    remove(&disk, &format!("{}.head.json", digest_key("eu-west-1", 2)));
    finds(&disk, Verdict::Undetermined, &[(digest_key("eu-west-1", 2), Problem::NoSignature)]);
}

#[test]
fn keys_come_in_the_ways_that_the_tool_prints_them() {
    let entry = r#"{"PublicKeyList": [{"Value": "AAAA", "Fingerprint": "f"}]}"#;
    for text in [
        entry.to_owned(),
        format!("{entry}{entry}\n\n{entry} "),
        format!("[{entry}, {entry}]"),
        format!("\u{feff}{entry}\r\n"),
    ] {
        assert!(PublicKeys::read(&text).is_ok(), "{text}");
    }
    for text in ["", "{}", "[1]", r#"{"PublicKeyList": [{}]}"#, r#"{"PublicKeyList": {}}"#, "x"] {
        assert!(PublicKeys::read(text).is_err(), "{text}");
    }
}
