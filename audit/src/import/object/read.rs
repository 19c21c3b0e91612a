//! Reads an object from its beginning, a part at a time, with the next part and the next objects on their way.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};

use super::bucket::{Bucket, Failure, Part, Pending};
use crate::import::{Source, is_digest};
use crate::limits::{OBJECT_FAILURES_MAX, OBJECT_PART_BYTES_MAX, OBJECTS_AHEAD_MAX};

/// The objects that stand below one address, in the order of their names.
pub(super) struct Objects {
    bucket: Arc<Bucket>,
    /// How much of a name comes before the key.
    root: usize,
    /// Names and lengths, as far as they were told.
    names: Vec<(Box<str>, Option<u64>)>,
    ahead: Mutex<Ahead>,
    /// How many objects in a row failed for want of an answer.
    failures: AtomicU32,
}

/// Those that are fetched before they are read.
#[derive(Default)]
struct Ahead {
    next: usize,
    pending: BTreeMap<usize, Pending<Part>>,
}

impl Objects {
    pub(super) fn new(bucket: Arc<Bucket>, root: String, found: Vec<(String, Option<u64>)>) -> Arc<Self> {
        let name = |(key, length)| (format!("{root}{key}").into_boxed_str(), length);
        let names = found.into_iter().map(name).collect();
        Arc::new(Self { bucket, root: root.len(), names, ahead: Mutex::default(), failures: AtomicU32::new(0) })
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    fn key(&self, at: usize) -> &str {
        self.names.get(at).and_then(|(name, _)| name.get(self.root..)).unwrap_or_default()
    }

    /// Begins to fetch the objects after one, and returns what was begun of that one.
    fn ahead(&self, at: usize) -> Option<Pending<Part>> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = ahead.pending.remove(&at);
        ahead.next = ahead.next.max(at + 1);
        while ahead.next <= at + OBJECTS_AHEAD_MAX && self.failures.load(Ordering::Relaxed) == 0 {
            let next = ahead.next;
            let Some((name, length)) = self.names.get(next) else { break };
            ahead.next += 1;
            if length.is_some_and(|length| length > 0) && !is_digest(name) {
                ahead.pending.insert(next, self.bucket.part(self.key(next), 0..OBJECT_PART_BYTES_MAX, None));
            }
        }
        // One that nobody came for must not wait for ever.
        while ahead.pending.len() > 2 * OBJECTS_AHEAD_MAX {
            ahead.pending.pop_first();
        }
        begun
    }

    fn answered<T>(&self, answer: Result<T, Failure>) -> io::Result<T> {
        match answer {
            Ok(found) => {
                self.failures.store(0, Ordering::Relaxed);
                Ok(found)
            }
            Err(Failure::Refused(why)) => {
                self.failures.store(0, Ordering::Relaxed);
                Err(io::Error::other(why))
            }
            Err(Failure::NoAnswer(why)) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                Err(io::Error::other(why))
            }
        }
    }

    /// The first part of an object.
    fn first(&self, at: usize) -> io::Result<Part> {
        if self.failures.load(Ordering::Relaxed) >= OBJECT_FAILURES_MAX {
            let why = format!("not asked for, since {OBJECT_FAILURES_MAX} objects in a row had no answer");
            return Err(io::Error::other(why));
        }
        if let Some(Ok(part)) = self.ahead(at).map(Pending::wait) {
            return self.answered(Ok(part));
        }
        let length = match self.names.get(at).and_then(|(_, length)| *length) {
            Some(length) => length,
            None => self.answered(self.bucket.length(self.key(at)).wait())?,
        };
        match length {
            // No part of nothing can be asked for.
            0 => Ok(Part::default()),
            _ => self.answered(self.bucket.part(self.key(at), 0..OBJECT_PART_BYTES_MAX, None).wait()),
        }
    }
}

/// One of them.
pub(super) struct ObjectSource {
    objects: Arc<Objects>,
    at: usize,
}

impl ObjectSource {
    pub(super) fn new(objects: Arc<Objects>, at: usize) -> Self {
        Self { objects, at }
    }
}

impl Source for ObjectSource {
    fn name(&self) -> &str {
        self.objects.names.get(self.at).map(|(name, _)| &**name).unwrap_or_default()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let Part { bytes, length, state } = self.objects.first(self.at)?;
        let mut reader = ObjectReader {
            objects: self.objects.clone(),
            at: self.at,
            asked: bytes.len() as u64,
            length,
            state,
            bytes,
            next: None,
        };
        reader.ask();
        Ok(Box::new(reader))
    }

    fn length(&self) -> u64 {
        self.objects.names.get(self.at).and_then(|(_, length)| *length).unwrap_or_default()
    }
}

struct ObjectReader {
    objects: Arc<Objects>,
    at: usize,
    length: u64,
    state: Option<String>,
    /// What was fetched and not read.
    bytes: Bytes,
    /// Up to where the object was asked for.
    asked: u64,
    next: Option<Pending<Part>>,
}

impl ObjectReader {
    /// Begins to fetch the next part, if there is one.
    fn ask(&mut self) {
        if self.asked < self.length {
            let range = self.asked..self.length.min(self.asked + OBJECT_PART_BYTES_MAX);
            self.asked = range.end;
            self.next = Some(self.objects.bucket.part(self.objects.key(self.at), range, self.state.clone()));
        }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.bytes.is_empty() {
            let Some(next) = self.next.take() else { return Ok(0) };
            self.bytes = self.objects.answered(next.wait())?.bytes;
            self.ask();
        }
        let length = self.bytes.len().min(buffer.len());
        let (to, _) = buffer.split_at_mut(length);
        self.bytes.copy_to_slice(to);
        Ok(length)
    }
}
