//! Many short entries found by key, most of them in sorted files.
//!
//! What is in memory has an end: then it is sorted and written to a file below `tmp/`, of which only every 256th key
//! stays in memory. The files are no part of an audit folder and go away with the index.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, ReadAt};
use crate::limits::{INDEX_ENTRIES_HELD_MAX, INDEX_SIEVES_MAX};

/// What an entry says.
pub(super) type Value = [u8; 16];

/// Entries by key; several may have the same key.
#[derive(Debug)]
pub(super) struct Index {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// The first entry of each key, and further ones.
    first: HashMap<u64, Value>,
    more: BTreeSet<(u64, Value)>,
    runs: Vec<Run>,
}

struct Run {
    path: PathBuf,
    file: Arc<dyn ReadAt>,
    entries: u64,
    /// The keys of the entries 0, 256, 512, ...
    keys: Vec<u64>,
    sieve: Option<Sieve>,
}

/// Which keys a run surely does not have, so that its file need not be read for a key that is in none. A bloom filter of
/// two bits per key in at least eight.
struct Sieve {
    words: Vec<u64>,
    shift: u32,
}

impl Sieve {
    fn new(entries: &[(u64, Value)]) -> Self {
        let words = (entries.len() / 8).next_power_of_two().max(2);
        let mut sieve = Self { words: vec![0; words], shift: 64 - words.trailing_zeros() - 6 };
        for (key, _) in entries {
            for (word, bit) in sieve.places(*key) {
                if let Some(word) = sieve.words.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        sieve
    }

    fn places(&self, key: u64) -> [(usize, u64); 2] {
        [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93].map(|odd: u64| {
            let place = (key ^ (key >> 32)).wrapping_mul(odd) >> self.shift;
            ((place / 64) as usize, 1 << (place % 64))
        })
    }

    fn may_have(&self, key: u64) -> bool {
        self.places(key).iter().all(|(word, bit)| self.words.get(*word).is_some_and(|word| word & bit != 0))
    }
}

const ENTRY_BYTES: u64 = 24;
const BLOCK_ENTRIES: u64 = 256;

impl Index {
    /// An empty one. Its files begin with `path`.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf) -> Self {
        Self { disk, path, first: HashMap::new(), more: BTreeSet::new(), runs: Vec::new() }
    }

    pub(super) fn insert(&mut self, key: u64, value: Value) -> io::Result<()> {
        match self.first.entry(key) {
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(value);
            }
            std::collections::hash_map::Entry::Occupied(there) => {
                if *there.get() != value {
                    self.more.insert((key, value));
                }
            }
        }
        match self.first.len() + self.more.len() >= INDEX_ENTRIES_HELD_MAX {
            true => self.spill(self.runs.len() < INDEX_SIEVES_MAX),
            false => Ok(()),
        }
    }

    /// Whether an entry of that key is in memory.
    pub(super) fn is_held(&self, key: u64) -> bool {
        self.first.contains_key(&key)
    }

    /// The values of a key, in no order.
    pub(super) fn values(&self, key: u64) -> io::Result<Vec<Value>> {
        let mut found: Vec<Value> = self.first.get(&key).copied().into_iter().collect();
        if !self.more.is_empty() {
            found.extend(self.more.range((key, [0; 16])..=(key, [255; 16])).map(|(_, value)| *value));
        }
        for run in &self.runs {
            run.find(key, &mut found)?;
        }
        Ok(found)
    }

    /// Keeps nothing but its files, which take little memory; whoever asks for keys that it has is answered from there.
    pub(super) fn put_by(&mut self) -> io::Result<()> {
        if self.first.is_empty() {
            return Ok(());
        }
        self.spill(false)?;
        self.first = HashMap::new();
        Ok(())
    }

    fn spill(&mut self, with_sieve: bool) -> io::Result<()> {
        let mut entries: Vec<(u64, Value)> = self.first.drain().chain(std::mem::take(&mut self.more)).collect();
        entries.sort_unstable();
        let path = self.path.with_extension(self.runs.len().to_string());
        let mut file = self.disk.create(&path)?;
        let mut block = Vec::new();
        for entries in entries.chunks(4_096) {
            block.clear();
            for (key, value) in entries {
                block.extend_from_slice(&key.to_be_bytes());
                block.extend_from_slice(value);
            }
            file.append(&block)?;
        }
        drop(file);
        let keys = entries.iter().step_by(BLOCK_ENTRIES as usize).map(|(key, _)| *key).collect();
        let file = self.disk.open(&path)?;
        let sieve = with_sieve.then(|| Sieve::new(&entries));
        self.runs.push(Run { path, file, entries: entries.len() as u64, keys, sieve });
        Ok(())
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        for run in &self.runs {
            let _ = self.disk.remove(&run.path);
        }
    }
}

impl Run {
    fn find(&self, key: u64, found: &mut Vec<Value>) -> io::Result<()> {
        if self.sieve.as_ref().is_some_and(|sieve| !sieve.may_have(key)) {
            return Ok(());
        }
        // The key may begin in the block before the first one that begins with it.
        let mut block = self.keys.partition_point(|first| *first < key).saturating_sub(1) as u64;
        while self.keys.get(block as usize).is_some_and(|first| *first <= key) {
            let start = block * BLOCK_ENTRIES;
            let length = BLOCK_ENTRIES.min(self.entries - start);
            let bytes = self.file.read_at(start * ENTRY_BYTES, length * ENTRY_BYTES)?;
            let entries = bytes.as_chunks::<{ ENTRY_BYTES as usize }>().0;
            let entries = entries.iter().filter_map(|entry| entry.split_first_chunk::<8>());
            let same = entries.filter(|(this, _)| u64::from_be_bytes(**this) == key);
            found.extend(same.filter_map(|(_, value)| value.first_chunk::<16>().copied()));
            block += 1;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} entries in {}", self.entries, self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn entries_are_found_in_memory_and_in_files() {
        let disk = MemoryDisk::default();
        disk.create_folder("tmp".as_ref()).unwrap();
        let mut index = Index::new(Arc::new(disk.clone()), "tmp/index".into());
        let value = |number: u64| {
            let mut value = [0; 16];
            value[..8].copy_from_slice(&number.to_be_bytes());
            value
        };
        let count = INDEX_ENTRIES_HELD_MAX as u64 + 1_000;
        for number in 0..count {
            index.insert((number / 3).wrapping_mul(0x9E37_79B9_7F4A_7C15), value(number)).unwrap();
            index.insert((number / 3).wrapping_mul(0x9E37_79B9_7F4A_7C15), value(number)).unwrap();
        }
        assert_eq!(disk.paths().len(), 1);
        for group in (0..count / 3).step_by(997) {
            let mut found = index.values(group.wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
            found.sort();
            found.dedup();
            assert_eq!(found, [value(group * 3), value(group * 3 + 1), value(group * 3 + 2)], "{group}");
        }
        assert!(index.values(1).unwrap().is_empty());
        let sieve = index.runs[0].sieve.as_ref().unwrap();
        let passed = (1..=10_000).filter(|absent: &u64| sieve.may_have(absent.wrapping_mul(0x0123_4567_89AB_CDEF)));
        assert!(passed.count() < 1_000);
        index.put_by().unwrap();
        assert_eq!(disk.paths().len(), 2);
        let mut found = index.values(1_u64.wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
        found.sort();
        found.dedup();
        assert_eq!(found, [3, 4, 5].map(value));
        drop(index);
        assert!(disk.paths().is_empty());
    }
}
