//! The walk along the chains.

use std::collections::{BTreeMap, BTreeSet};

use super::bucket::{Bucket, Inflate};
use super::digest::{Digest, LogFile, Previous, head_signature};
use super::key::{Answer, PublicKeys};
use super::{Chain, Problem, Report, VerifyError};
use crate::disk::Disk;
use crate::log::Hash;
use crate::time::Timestamp;

/// Checks every digest and log file of a bucket whose copy is the root of a disk.
pub fn verify(disk: &dyn Disk, keys: &PublicKeys) -> Result<Report, VerifyError> {
    let bucket = Bucket::new(disk)?;
    let mut check = Check { bucket: &bucket, keys, digests: BTreeMap::new(), report: Report::default() };
    check.read()?;
    check.signatures()?;
    check.predecessors();
    check.logs()?;
    check.chains();
    check.report.findings.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(check.report)
}

const HEAD: &str = ".head.json";
const SHA_256: &str = "SHA-256";
const SHA_256_WITH_RSA: &str = "SHA256withRSA";

/// Digests come hourly; regions of a trail may be that far apart without one of them missing.
const APART_MICROS_MAX: i64 = 2 * 3600 * 1_000_000;

struct Check<'a> {
    bucket: &'a Bucket<'a>,
    keys: &'a PublicKeys,
    digests: BTreeMap<String, Digest>,
    report: Report,
}

impl Check<'_> {
    fn read(&mut self) -> Result<(), VerifyError> {
        for key in self.bucket.keys().filter(|key| is_digest(key)) {
            let content = match self.bucket.read(key) {
                Ok(content) => content,
                Err(Inflate::Content(what)) => {
                    self.report.find(key, Problem::Digest(what));
                    continue;
                }
                Err(Inflate::Disk(error)) => return Err(failed(key, error)),
            };
            match Digest::read(&content) {
                Ok(digest) if digest.key != key => self.report.find(key, Problem::Moved(digest.key)),
                Ok(digest) => drop(self.digests.insert(key.to_owned(), digest)),
                Err(what) => self.report.find(key, Problem::Digest(what)),
            }
        }
        let heads = self.bucket.keys().filter_map(|key| key.strip_suffix(HEAD)).filter(|key| is_digest(key));
        for key in heads.filter(|key| !self.bucket.has(key)) {
            self.report.find(key, Problem::OnlyHead);
        }
        if self.digests.is_empty() && self.report.findings.is_empty() {
            self.report.find("", Problem::NoDigests);
        }
        Ok(())
    }

    fn signatures(&mut self) -> Result<(), VerifyError> {
        let mut later: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for previous in self.digests.values().filter_map(|digest| digest.previous.as_ref()) {
            later.entry(&previous.key).or_default().insert(&previous.signature);
        }
        for (key, digest) in &self.digests {
            if digest.algorithm != SHA_256_WITH_RSA {
                self.report.find(key, Problem::Algorithm(digest.algorithm.clone()));
                continue;
            }
            let head = format!("{key}{HEAD}");
            let signatures: Vec<String> = match later.get(key.as_str()) {
                Some(signatures) => signatures.iter().map(|signature| (*signature).to_owned()).collect(),
                None if self.bucket.has(&head) => match self.bucket.read(&head) {
                    Ok(content) => vec![head_signature(&content).unwrap_or_default()],
                    Err(Inflate::Content(_)) => vec![String::new()],
                    Err(Inflate::Disk(error)) => return Err(failed(&head, error)),
                },
                None => Vec::new(),
            };
            if signatures.is_empty() {
                self.report.find(key, Problem::NoSignature);
            }
            let (text, end) = (digest.signed_text(), Timestamp::read(&digest.end));
            let holds = |signature: &String| {
                let signature = from_hex(signature).unwrap_or_default();
                self.keys.verifies(&digest.fingerprint, end, text.as_bytes(), &signature)
            };
            let answers: BTreeSet<Answer> = signatures.iter().map(holds).collect();
            if answers.contains(&Answer::DoesNotHold) {
                self.report.find(key, Problem::Signature);
            } else if answers.contains(&Answer::NoKey) {
                self.report.find(key, Problem::NoKey(digest.fingerprint.clone()));
            } else if answers.contains(&Answer::Expired) {
                self.report.find(key, Problem::KeyExpired(digest.fingerprint.clone()));
            }
        }
        Ok(())
    }

    fn predecessors(&mut self) {
        for (key, digest) in &self.digests {
            let Some(Previous { bucket, key: before, hash, algorithm, .. }) = &digest.previous else { continue };
            let problem = match self.digests.get(before) {
                _ if algorithm != SHA_256 => Some((key, Problem::Algorithm(algorithm.clone()))),
                Some(before) if before.hash.to_string() == *hash => None,
                Some(_) => Some((before, Problem::Changed)),
                // There is a file, which could not be read: that was said.
                None if self.bucket.has(before) => None,
                None if *bucket != digest.bucket => Some((before, Problem::OtherBucket(bucket.clone()))),
                None => Some((before, Problem::Missing { next: key.clone() })),
            };
            if let Some((path, problem)) = problem {
                self.report.find(path, problem);
            }
        }
    }

    fn logs(&mut self) -> Result<(), VerifyError> {
        let mut hashes: BTreeMap<&str, Option<Hash>> = BTreeMap::new();
        for digest in self.digests.values() {
            for LogFile { bucket, key, hash, algorithm } in &digest.logs {
                if !hashes.contains_key(key.as_str()) {
                    let found = hash_of(self.bucket, key, &mut self.report)?;
                    hashes.insert(key, found);
                }
                let problem = match hashes.get(key.as_str()).copied().flatten() {
                    _ if algorithm != SHA_256 => Problem::Algorithm(algorithm.clone()),
                    Some(found) if found.to_string() == *hash => continue,
                    Some(_) => Problem::LogChanged,
                    None if self.bucket.has(key) => continue,
                    None if *bucket != digest.bucket => Problem::OtherBucket(bucket.clone()),
                    None => Problem::LogMissing,
                };
                self.report.find(key, problem);
            }
        }
        for key in self.bucket.keys().filter(|key| is_log(key) && !hashes.contains_key(key)) {
            self.report.find(key, Problem::Unlisted);
        }
        Ok(())
    }

    /// What the chains are, and which of them end before the others of their trail.
    fn chains(&mut self) {
        let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
        for (key, digest) in &self.digests {
            let name = chain_name(key);
            let chain = chains.entry(name.clone()).or_insert_with(|| Chain {
                name,
                digests: 0,
                logs: 0,
                start: digest.start.clone(),
                end: digest.end.clone(),
            });
            chain.digests += 1;
            chain.logs += digest.logs.len() as u64;
            if digest.start < chain.start {
                chain.start.clone_from(&digest.start);
            }
            if digest.end > chain.end {
                chain.end.clone_from(&digest.end);
            }
        }
        let mut latest: BTreeMap<String, String> = BTreeMap::new();
        for chain in chains.values().filter_map(|chain| Some((trail(&chain.name)?, &chain.end))) {
            let end = latest.entry(chain.0).or_default();
            *end = end.clone().max(chain.1.clone());
        }
        let micros = |time: &str| Timestamp::read(time).map(Timestamp::micros);
        for chain in chains.values() {
            let Some(other) = trail(&chain.name).and_then(|trail| latest.get(&trail)) else { continue };
            let apart = micros(other).zip(micros(&chain.end)).map(|(other, end)| other.saturating_sub(end));
            if apart.is_some_and(|apart| apart > APART_MICROS_MAX) {
                let problem = Problem::EndsEarly { end: chain.end.clone(), other: other.clone() };
                self.report.find(&chain.name, problem);
            }
        }
        self.report.chains = chains.into_values().collect();
    }
}

fn hash_of(bucket: &Bucket<'_>, key: &str, report: &mut Report) -> Result<Option<Hash>, VerifyError> {
    if !bucket.has(key) {
        return Ok(None);
    }
    match bucket.hash(key) {
        Ok(hash) => Ok(Some(hash)),
        Err(Inflate::Disk(error)) => Err(failed(key, error)),
        Err(Inflate::Content(what)) => {
            report.find(key, Problem::LogUnreadable(what));
            Ok(None)
        }
    }
}

fn failed(key: &str, error: std::io::Error) -> VerifyError {
    VerifyError { path: key.into(), error }
}

/// `…/CloudTrail-Digest/<region>/<date>/<account>_CloudTrail-Digest_<region>_<trail>_<home region>_<time>.json.gz`
fn is_digest(key: &str) -> bool {
    !key.ends_with(HEAD) && is_below(key, |folder| folder == "CloudTrail-Digest")
}

/// `…/CloudTrail/<region>/<date>/<account>_CloudTrail_<region>_<time>_<random>.json.gz`, and Insights alike.
fn is_log(key: &str) -> bool {
    let kind = |folder: &str| folder.starts_with("CloudTrail") && folder != "CloudTrail-Digest";
    !key.ends_with(HEAD) && is_below(key, kind)
}

fn is_below(key: &str, folder: impl Fn(&str) -> bool) -> bool {
    let mut folders = key.split('/').rev();
    let file = folders.next().unwrap_or_default();
    (file.ends_with(".json.gz") || file.ends_with(".json")) && folders.any(folder)
}

/// Folder and file name without dates. Digests of backfills are a chain of their own.
fn chain_name(key: &str) -> String {
    let (folder, file) = key.rsplit_once('/').unwrap_or(("", key));
    let top = folder.split_once("/CloudTrail-Digest/").map_or(folder, |(top, _)| top);
    let stem = file.strip_suffix(".gz").unwrap_or(file);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let (stem, backfill) = stem.strip_suffix("_backfill").map_or((stem, ""), |stem| (stem, " (backfill)"));
    let stem = stem.rsplit_once('_').map_or(stem, |(stem, _)| stem);
    format!("{top}/CloudTrail-Digest/{stem}{backfill}")
}

/// What the chains of one trail and account have in common: everything but the region. None for backfills.
fn trail(chain: &str) -> Option<String> {
    let (account, rest) = chain.rsplit_once("_CloudTrail-Digest_")?;
    let (_, trail) = rest.split_once('_')?;
    (!chain.ends_with(')')).then(|| format!("{account}_{trail}"))
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()).collect()
}
