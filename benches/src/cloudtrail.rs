//! CloudTrail files of any volume, resampled from real events: fresh ids and times, a few accounts, some dozens of keys.
//!
//! The events are those of the folder that `WARDBOOK_SHARED_DATA` names, below `cloudtrail/`; without it, the few in
//! `documents/events.jsonl`. Few templates flatter dictionaries, so sizes are measured on events as they came.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wardbook_audit::event::Event;
use wardbook_audit::json::Tree;
use wardbook_audit::time::Timestamp;

/// Events that are in the repository.
const CHECKED_IN: &str = include_str!("../documents/events.jsonl");

/// How many keys and accounts the resampled events are about.
const KEYS: u64 = 40;
const ACCOUNTS: u64 = 5;

/// The files of the real corpus, if there is one here, in the order of their names.
pub fn corpus() -> Option<Vec<PathBuf>> {
    let folder = std::env::var_os("WARDBOOK_SHARED_DATA")?;
    let mut found = Vec::new();
    below(&Path::new(&folder).join("cloudtrail"), &mut found);
    found.sort();
    Some(found)
}

/// The JSON files below a folder.
pub fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        match path.is_dir() {
            true => below(&path, found),
            false if name.ends_with(".json") || name.ends_with(".json.gz") => found.push(path),
            false => {}
        }
    }
}

/// Makes events that were never seen out of some that were.
pub struct Resampler {
    templates: Vec<Template>,
    random: u64,
}

/// An event's text, cut where something fresh goes in.
struct Template {
    parts: Vec<(String, Fresh)>,
    rest: String,
}

#[derive(Clone, Copy)]
enum Fresh {
    Time,
    /// So many hexadecimal digits, dashes as in a GUID.
    Id,
    Key,
    Account,
}

impl Resampler {
    /// From the real events, or those that are checked in.
    pub fn new() -> Self {
        let texts: Vec<String> = match corpus() {
            Some(paths) => paths.iter().flat_map(|path| records(&read(path))).collect(),
            None => CHECKED_IN.lines().map(str::to_owned).collect(),
        };
        Self { templates: texts.iter().map(|text| Template::new(text)).collect(), random: 20_261_127 }
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.random;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// One file as CloudTrail delivers it: so many events within `seconds` from `start` on.
    pub fn file(&mut self, events: usize, start: i64, seconds: u64) -> String {
        let mut text = String::from("{\"Records\":[");
        for event in 0..events {
            text.push_str(if event > 0 { "," } else { "" });
            let pick = self.random() as usize % self.templates.len();
            let time = start + (self.random() % seconds) as i64;
            let (key, account) = (self.random() % KEYS, self.random() % ACCOUNTS);
            let words: Vec<u64> = (0..6).map(|_| self.random()).collect();
            self.templates[pick].write(&mut text, time, key, account, &words);
        }
        text.push_str("]}");
        text
    }
}

impl Default for Resampler {
    fn default() -> Self {
        Self::new()
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the corpus is readable")
}

/// The records of a file, without whitespace.
fn records(text: &str) -> Vec<String> {
    let mut tree = Tree::default();
    let value = tree.read(text).expect("the corpus is JSON");
    let records = value.member("Records").expect("the corpus has records");
    records.elements().map(|record| record.compact().into_owned()).collect()
}

impl Template {
    fn new(text: &str) -> Self {
        let mut tree = Tree::default();
        let record = tree.read(text).expect("an event is JSON");
        let event = Event::of(record).expect("an event has a time");
        let member = |name: &str| record.text_member(name).map(|value| format!("\"{name}\":\"{value}\""));
        let mut cuts: Vec<(usize, usize, Fresh)> = Vec::new();
        let mut cut = |found: &str, skip: usize, fresh: Fresh| {
            for (at, _) in text.match_indices(found) {
                cuts.push((at + skip, at + found.len() - usize::from(found.ends_with('"')), fresh));
            }
        };
        for name in ["eventID", "requestID", "sharedEventID"] {
            if let Some(found) = member(name) {
                cut(&found, name.len() + 4, Fresh::Id);
            }
        }
        if let Some(found) = member("eventTime") {
            cut(&found, "eventTime".len() + 4, Fresh::Time);
        }
        if let Some(account) = record.text_member("recipientAccountId") {
            cut(&account, 0, Fresh::Account);
        }
        if let Some(arn) = event.promoted().kms_key_arn
            && let Some((_, id)) = arn.split_once(":key/")
        {
            cut(id, 0, Fresh::Key);
        }
        cuts.sort_by_key(|(start, ..)| *start);
        let (mut parts, mut done) = (Vec::new(), 0);
        for (start, end, fresh) in cuts {
            if start >= done {
                parts.push((text[done..start].to_owned(), fresh));
                done = end;
            }
        }
        Self { parts, rest: text[done..].to_owned() }
    }

    fn write(&self, out: &mut String, time: i64, key: u64, account: u64, words: &[u64]) {
        let mut words = words.chunks(2).cycle();
        for (before, fresh) in &self.parts {
            out.push_str(before);
            let _ = match fresh {
                Fresh::Time => write!(out, "{}", Timestamp::from_micros(time * 1_000_000)),
                Fresh::Key => write!(out, "1234abcd-12ab-34cd-56ef-{:012x}", key * 0x0101_0101),
                Fresh::Account => write!(out, "{:012}", 11_122_223_333 + account * 111_111_111_111),
                Fresh::Id => {
                    let (a, b) = words.next().map_or((0, 0), |pair| (pair[0], pair[1]));
                    let (b, c, d) = (b >> 48, b & 0xFFFF_FFFF_FFFF, b >> 16 & 0xFFFF);
                    write!(out, "{:08x}-{:04x}-{:04x}-{:04x}-{c:012x}", a >> 32, a & 0xFFFF, b, d)
                }
            };
        }
        out.push_str(&self.rest);
    }
}
