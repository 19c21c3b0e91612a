//! Reads one source on a thread of its own: bytes in, checked events in handfuls out.
//!
//! Nothing of a source is handed on before it is known to be whole: a short one is held until its end, and a long one
//! is read twice.

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::known::key_of;
use super::records::{Found, Records, Refusal};
use super::{Source, is_digest};
use crate::event::{Event, EventError, Leaf, LeafHasher};
use crate::json::Tree;
use crate::limits::{CHUNK_BYTES_MAX, RECORDS_REJECTED_MAX, SOURCE_BYTES_HELD_MAX};
use crate::log::Hash;
use crate::parquet::{Encoder, RowBuffer, RowPlace, RowPool};
use crate::sha256::Long;

/// What a reader tells about its source, in this order: at most one of the first three, then chunks.
pub(super) enum Message {
    /// A digest or head file of CloudTrail.
    Skipped,
    /// Nothing of it can be used.
    Refused(Refusal),
    /// It is whole. This is the SHA-256 of its bytes.
    Whole(Hash),
    /// Some of its records.
    Chunk(Chunk),
    /// It is not what it was a moment ago.
    Changed,
}

/// Some records of a source.
pub(super) struct Chunk {
    pub(super) rows: Arc<RowBuffer>,
    pub(super) items: Vec<Item>,
}

/// A record.
pub(super) struct Item {
    /// Which one of its source, from 1.
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) what: What,
}

impl Item {
    /// What it is found by, if it is an event. Reads of all lines of memory that it is in.
    pub(super) fn key(&self) -> Option<u64> {
        match &self.what {
            What::Event(place) => {
                black_box((self.number, place.row.time, place.leaf));
                Some(place.key)
            }
            What::Rejected { .. } => None,
        }
    }
}

pub(super) enum What {
    Event(EventPlace),
    Rejected { message: String, bytes: Option<Vec<u8>> },
}

/// An event in a chunk.
pub(super) struct EventPlace {
    pub(super) row: RowPlace,
    pub(super) leaf: Leaf,
    pub(super) key: u64,
}

impl Chunk {
    /// What was collected.
    fn take(rows: &mut RowBuffer, items: &mut Vec<Item>, pool: &Arc<RowPool>) -> Self {
        Self { rows: Arc::new(rows.finish(pool)), items: std::mem::take(items) }
    }
}

/// What a thread reads one source after another with; its memory is used again.
pub(super) struct Tools {
    pool: Arc<RowPool>,
    rows: RowBuffer,
    held: Vec<u8>,
    hasher: LeafHasher,
    encoder: Encoder,
    tree: Tree,
    inner: Tree,
}

impl Tools {
    /// Rows are made in memory of a pool.
    pub(super) fn new(pool: Arc<RowPool>) -> Self {
        let (encoder, hasher) = (Encoder::default(), LeafHasher::default());
        let (tree, inner) = (Tree::default(), Tree::default());
        Self { rows: pool.take(), pool, held: Vec::new(), hasher, encoder, tree, inner }
    }
}

/// Reads a source. `send` returns false when nobody wants more.
pub(super) fn read(
    source: &dyn Source,
    bytes_read: &Arc<AtomicU64>,
    tools: &mut Tools,
    send: &mut dyn FnMut(Message) -> bool,
) {
    match Reader::new(source, bytes_read, tools).run(send) {
        Ok(()) => {}
        Err(refusal) => {
            send(Message::Refused(refusal));
        }
    }
}

/// How many bytes of a source are read before it is known what it is.
const BUFFER_BYTES: usize = 32 << 10;

/// How many bytes are read at a time: few enough to be in the processor's cache still when they are hashed.
const PART_BYTES: usize = 256 << 10;

/// How many bytes of events are hashed at a time: enough of them, and few enough to be in the processor's cache still.
const HASHED_BYTES: usize = 128 << 10;

struct Reader<'a> {
    source: &'a dyn Source,
    bytes_read: &'a Arc<AtomicU64>,
    has_lines: bool,
    tools: &'a mut Tools,
}

impl<'a> Reader<'a> {
    fn new(source: &'a dyn Source, bytes_read: &'a Arc<AtomicU64>, tools: &'a mut Tools) -> Self {
        let name = source.name().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let has_lines = [".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end)) || source.has_lines();
        Self { source, bytes_read, has_lines, tools }
    }

    fn run(&mut self, send: &mut dyn FnMut(Message) -> bool) -> Result<(), Refusal> {
        if is_digest(self.source.name()) {
            send(Message::Skipped);
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.tools.held);
        let read = self.read(&mut held, send);
        self.tools.held = held;
        read
    }

    fn read(&mut self, held: &mut Vec<u8>, send: &mut dyn FnMut(Message) -> bool) -> Result<(), Refusal> {
        let mut opened = self.open(Hashing::Later, u64::MAX)?;
        let length = hold(&mut opened, self.source.length(), held)?;
        let held = held.get(..length).unwrap_or_default();
        if held.is_empty() && !self.has_lines {
            return Err(Refusal { offset: Some(0), message: "the file is empty".to_owned() });
        }
        if held.len() <= SOURCE_BYTES_HELD_MAX {
            let (digest, _) = opened.digest();
            let mut plain = Long::new(if digest.is_none() { held } else { &[] });
            let mut chunks = Vec::new();
            let mut records = Records::held(held, self.has_lines);
            let ended = self.records(&mut records, &mut plain, RECORDS_REJECTED_MAX, &mut |chunk| {
                chunks.push(chunk);
                true
            })?;
            if ended.is_digest {
                send(Message::Skipped);
                return Ok(());
            }
            let digest = digest.unwrap_or_else(|| Hash(plain.finish()));
            let _ = send(Message::Whole(digest)) && chunks.into_iter().all(|chunk| send(Message::Chunk(chunk)));
            return Ok(());
        }
        opened.hash_on(held);
        let mut rest = Records::new(held.chain(opened), self.has_lines);
        let mut rejected = 0;
        while let Some(found) = rest.next(&mut self.tools.tree)? {
            let (offset, is_event) = match &found {
                Found::Unreadable { offset, .. } => (*offset, false),
                Found::Record { offset, place } => (*offset, self.may_be_event(rest.text(place))),
            };
            rejected += u64::from(!is_event);
            not_too_many(rejected, RECORDS_REJECTED_MAX, offset)?;
        }
        let (digest, length) = rest.into_source().into_inner().1.digest();
        if !digest.is_some_and(|digest| send(Message::Whole(digest))) {
            return Ok(());
        }
        // What was put to its end meanwhile is for the next import.
        let mut again = match self.open(Hashing::Now, length) {
            Ok(again) => Records::new(again, self.has_lines),
            Err(_) => {
                send(Message::Changed);
                return Ok(());
            }
        };
        let mut wanted = true;
        let read = self.records(&mut again, &mut Long::new(&[]), u64::MAX, &mut |chunk| {
            wanted = send(Message::Chunk(chunk));
            wanted
        });
        if wanted && (read.is_err() || again.into_source().digest() != (digest, length)) {
            send(Message::Changed);
        }
        Ok(())
    }

    /// Opens the source, of which no more than so many bytes are read.
    fn open(&self, hashing: Hashing, most: u64) -> Result<Inflated, Refusal> {
        let refuse = |error: io::Error| Refusal { offset: None, message: format!("cannot be read: {error}") };
        let bytes_read = self.bytes_read.clone();
        let source = self.source.open().map_err(refuse)?;
        let counted = Counted { source: source.take(most), digest: None, length: 0, bytes_read };
        let mut raw = BufReader::with_capacity(BUFFER_BYTES, counted);
        let is_gzip = raw.fill_buf().map_err(refuse)?.starts_with(&[0x1f, 0x8b]);
        if is_gzip || hashing == Hashing::Now {
            let digest = Sha256::new_with_prefix(raw.buffer());
            raw.get_mut().digest = Some(digest);
        }
        let looks_plain = raw.buffer().first();
        let looks_plain =
            looks_plain.is_some_and(|byte| matches!(byte, b'{' | b'[' | b' ' | b'\t' | b'\r' | b'\n' | 0xef));
        match is_gzip {
            true => Ok(Inflated::Gzip(Box::new(MultiGzDecoder::new(raw)))),
            // Some tools inflate what they download and leave the name.
            false if !self.source.name().ends_with(".gz") || looks_plain => Ok(Inflated::Plain(raw)),
            false => {
                let message = if raw.buffer().is_empty() { "the file is empty" } else { "not a gzip file" };
                Err(Refusal { offset: Some(0), message: message.to_owned() })
            }
        }
    }

    /// Hands on the records of a source in chunks. A long message is hashed along with their leaves.
    fn records<R: Read>(
        &mut self,
        records: &mut Records<'_, R>,
        along: &mut Long<'_>,
        rejected_max: u64,
        send: &mut dyn FnMut(Chunk) -> bool,
    ) -> Result<Ended, Refusal> {
        // Leaves are known of the items before `hashed`.
        let (mut items, mut hashed) = (Vec::new(), 0);
        self.tools.rows.clear();
        self.tools.hasher.clear();
        let (mut number, mut ended) = (0, Ended::default());
        let (mut rejected, mut rejected_bytes) = (0, 0);
        while let Some(found) = records.next(&mut self.tools.tree)? {
            number += 1;
            let (offset, what) = match found {
                Found::Unreadable { offset, message, place } => {
                    let bytes = place.map(|place| records.bytes(&place).to_vec());
                    (offset, What::Rejected { message, bytes })
                }
                Found::Record { offset, place } => {
                    let text = records.text(&place);
                    match self.event(text) {
                        Ok(event) => (offset, What::Event(event)),
                        Err(_) if number == 1 && self.is_digest(text) => {
                            ended.is_digest = true;
                            return Ok(ended);
                        }
                        Err(error) => {
                            let message = format!("{error}, in the record at byte {offset}");
                            (offset, What::Rejected { message, bytes: Some(text.trim_end().as_bytes().to_vec()) })
                        }
                    }
                }
            };
            if let What::Rejected { message, bytes } = &what {
                (rejected, rejected_bytes) = (rejected + 1, rejected_bytes + REJECTED_BYTES + message.len());
                rejected_bytes += bytes.as_ref().map_or(0, Vec::len);
                not_too_many(rejected, rejected_max, offset)?;
            }
            items.push(Item { number, offset, what });
            let Tools { rows, pool, hasher, .. } = &mut *self.tools;
            let is_full = rows.bytes() + rejected_bytes >= CHUNK_BYTES_MAX;
            if is_full || hasher.waiting() >= HASHED_BYTES {
                set_leaves(items.get_mut(hashed..).unwrap_or_default(), hasher, along);
                hashed = items.len();
            }
            if is_full {
                (rejected_bytes, hashed) = (0, 0);
                if !send(Chunk::take(rows, &mut items, pool)) {
                    return Ok(ended);
                }
            }
        }
        if !items.is_empty() {
            let Tools { rows, pool, hasher, .. } = &mut *self.tools;
            set_leaves(items.get_mut(hashed..).unwrap_or_default(), hasher, along);
            send(Chunk::take(rows, &mut items, pool));
        }
        Ok(ended)
    }

    /// The event that the tree has read, without its leaf yet, or the one inside what lookup-events says about it.
    fn event(&mut self, text: &str) -> Result<EventPlace, EventError> {
        let Tools { hasher, encoder, tree, inner: inside, rows, .. } = &mut *self.tools;
        let value = tree.value(text);
        let error = match Event::of(value) {
            Ok(event) => return Ok(place(&event, hasher, encoder, rows)),
            Err(error) => error,
        };
        let is_object = value.kind() == crate::json::Kind::Object;
        match value.text_member("CloudTrailEvent").filter(|_| is_object && error == EventError::NoTime) {
            None => Err(error),
            Some(inner) => {
                let event = Event::of(inside.read(&inner)?)?;
                Ok(place(&event, hasher, encoder, rows))
            }
        }
    }

    /// Whether `event` will find one. What lookup-events says is not looked into.
    fn may_be_event(&self, text: &str) -> bool {
        let value = self.tools.tree.value(text);
        let has_inner = || value.kind() == crate::json::Kind::Object && value.text_member("CloudTrailEvent").is_some();
        Event::of(value).is_ok() || has_inner()
    }

    fn is_digest(&self, text: &str) -> bool {
        let value = self.tools.tree.value(text);
        value.kind() == crate::json::Kind::Object
            && ["digestStartTime", "digestS3Bucket"].iter().all(|name| value.member(name).is_some())
    }
}

#[derive(Default)]
struct Ended {
    is_digest: bool,
}

/// What a rejected record takes in memory besides its bytes and the message.
const REJECTED_BYTES: usize = 192;

fn not_too_many(rejected: u64, most: u64, offset: u64) -> Result<(), Refusal> {
    if rejected <= most {
        return Ok(());
    }
    let message =
        format!("more than {most} of its records are no events, so none is imported; the last at byte {offset}");
    Err(Refusal { offset: Some(offset), message })
}

/// The place of an event whose leaf the hasher will tell.
fn place(event: &Event<'_>, hasher: &mut LeafHasher, encoder: &mut Encoder, rows: &mut RowBuffer) -> EventPlace {
    let (row, id) = encoder.encode_with_id(event, rows);
    hasher.add(event);
    EventPlace { row, leaf: Leaf([0; 32]), key: key_of(id, event.time()) }
}

/// Gives their leaves to events that the hasher knows, which are all of these and no others.
fn set_leaves(items: &mut [Item], hasher: &mut LeafHasher, along: &mut Long<'_>) {
    let mut events = items.iter_mut().filter_map(|item| match &mut item.what {
        What::Event(place) => Some(place),
        What::Rejected { .. } => None,
    });
    hasher.leaves(along, |leaf| {
        if let Some(event) = events.next() {
            event.leaf = leaf;
        }
    });
}

/// Reads a source to its end, or just beyond what may be held. The memory is wiped only where it grows, since it serves
/// one source after the other. Tells how many bytes of it were read.
fn hold(opened: &mut Inflated, expected: u64, held: &mut Vec<u8>) -> Result<usize, Refusal> {
    let most = SOURCE_BYTES_HELD_MAX + 1;
    let mut length = 0;
    while length < most {
        if length == held.len() {
            // With room for one more byte than expected, so that finding the end does not double the memory.
            let wanted = usize::try_from(expected).unwrap_or(most).saturating_add(1).max(2 * length).max(BUFFER_BYTES);
            held.resize(wanted.min(most), 0);
        }
        let room = held.get_mut(length..).unwrap_or_default();
        let part = room.len().min(PART_BYTES);
        match opened.read(room.get_mut(..part).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error, length)),
        }
    }
    Ok(length)
}

fn unreadable(error: &io::Error, read: usize) -> Refusal {
    let message = match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the file is cut off after {read} readable bytes"),
        _ => format!("{error}, after {read} readable bytes"),
    };
    Refusal { offset: Some(read as u64), message }
}

/// A source without its compression.
enum Inflated {
    Plain(BufReader<Counted>),
    Gzip(Box<MultiGzDecoder<BufReader<Counted>>>),
}

impl Inflated {
    /// The digest of the bytes that were read of the source, compressed or not, if they were hashed, and how many they were.
    fn digest(self) -> (Option<Hash>, u64) {
        let counted = match self {
            Inflated::Plain(reader) => reader.into_inner(),
            Inflated::Gzip(decoder) => decoder.into_inner().into_inner(),
        };
        (counted.digest.map(|digest| Hash(digest.finalize().into())), counted.length)
    }

    /// Hashes from here on, and these bytes, which were read before, if that was put off.
    fn hash_on(&mut self, read: &[u8]) {
        if let Inflated::Plain(reader) = self
            && reader.get_ref().digest.is_none()
        {
            let digest = Sha256::new_with_prefix(read).chain_update(reader.buffer());
            reader.get_mut().digest = Some(digest);
        }
    }
}

/// When the bytes of a source are hashed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hashing {
    /// As they are read.
    Now,
    /// As they are read if they are compressed, else when they are at hand.
    Later,
}

impl Read for Inflated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Inflated::Plain(reader) => reader.read(buffer),
            Inflated::Gzip(decoder) => decoder.read(buffer),
        }
    }
}

struct Counted {
    source: io::Take<Box<dyn Read + Send>>,
    digest: Option<Sha256>,
    length: u64,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        if let Some(digest) = &mut self.digest {
            digest.update(buffer.get(..length).unwrap_or_default());
        }
        self.length += length as u64;
        self.bytes_read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
