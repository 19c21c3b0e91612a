//! The door to the Parquet library: whatever bytes it is given, it answers or fails.
//!
//! The library trusts what it reads in places: it panics where parts of a file contradict each other, and asks for as
//! much memory as a length says, and a process that gets no memory is ended. So lengths are held against the bytes that
//! are there before the library sees them ([`is_sound`], [`PageSource`]), and a panic becomes an error
//! ([`guarded`]).

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{DCtx, ResetDirective};

use super::FileError;
use crate::limits::{PAGE_BYTES_READ_MAX, PAGE_VALUES_READ_MAX, ROW_GROUP_BYTES_READ_MAX};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is about to become an error, and need not be told to anybody.
pub fn panic_is_caught() -> bool {
    INSIDE.get()
}

/// Does work of the library. What it worked on must not be used again after a panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    let before = INSIDE.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(before);
    done.unwrap_or_else(|_| Err(FileError::Damaged("parts of the file contradict each other".to_owned())))
}

/// How deep structures of a footer stand inside each other at most; the format itself needs six.
const DEPTH_MAX: u32 = 16;

/// Whether bytes begin with a whole structure of the Thrift compact protocol in which no text and no list is longer
/// than the bytes that are left.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    Thrift { rest: bytes }.structure(0, 0, &mut |_, _, _| {}).is_some()
}

/// Reads over Thrift, and tells the numbers in it.
struct Thrift<'a> {
    rest: &'a [u8],
}

/// Called with the id of the field around (0 outermost), that of the number, and the number.
type Tell<'a> = dyn FnMut(i64, i64, i64) + 'a;

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn skip(&mut self, bytes: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn structure(&mut self, around: i64, depth: u32, tell: &mut Tell<'_>) -> Option<()> {
        let mut id = 0;
        loop {
            let header = self.byte()?;
            if header == 0 {
                return Some(());
            }
            id = match header >> 4 {
                0 => self.zigzag()?,
                step => id + i64::from(step),
            };
            match header & 0x0f {
                // The type of a boolean field is its value.
                1 | 2 => {}
                kind => self.value(kind, around, id, depth, tell)?,
            }
        }
    }

    fn value(&mut self, kind: u8, around: i64, id: i64, depth: u32, tell: &mut Tell<'_>) -> Option<()> {
        match kind {
            1..=3 => self.skip(1),
            4..=6 => {
                let number = self.zigzag()?;
                tell(around, id, number);
                Some(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            9 | 10 if depth < DEPTH_MAX => {
                let header = self.byte()?;
                let count = match header >> 4 {
                    15 => self.varint()?,
                    count => u64::from(count),
                };
                // Every element takes a byte at least.
                if count > self.rest.len() as u64 {
                    return None;
                }
                (0..count).try_for_each(|_| self.value(header & 0x0f, around, id, depth + 1, tell))
            }
            12 if depth < DEPTH_MAX => self.structure(id, depth + 1, tell),
            // The format has no maps.
            _ => None,
        }
    }
}

/// A file as the reader of pages wants it: each page is looked at before it is handed on.
#[derive(Clone)]
pub(super) struct PageSource<S> {
    source: S,
    watched: Arc<[Watched]>,
    groups: Arc<[Room]>,
}

/// Where a row group is, and how many bytes of pages, inflated, may still be read from it.
#[derive(Debug)]
struct Room {
    bytes: Range<u64>,
    left: AtomicI64,
}

/// A column of whose pages more is looked at than their headers.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) bytes: Range<u64>,
    pub(super) begins: Begins,
}

/// What the values of a page begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// Of texts that do not repeat: the lengths of all texts, before the texts. Where some are NULL, after what tells
    /// which.
    Lengths {
        /// Whether some may be NULL.
        nullable: bool,
    },
    /// Of lists: which values begin one, so many bits for each. To pass over rows, the library looks for more of these
    /// for ever if there are fewer than values.
    Levels {
        /// How many bits.
        bits: u64,
    },
}

impl<S> PageSource<S> {
    /// A file, the columns to be watched, and its row groups, each of which is gone through so often.
    pub(super) fn new(source: S, watched: Vec<Watched>, groups: Vec<Range<u64>>, passes: usize) -> Self {
        let room = ROW_GROUP_BYTES_READ_MAX.saturating_mul(i64::try_from(passes).unwrap_or(i64::MAX));
        let groups = groups.into_iter().map(|bytes| Room { bytes, left: AtomicI64::new(room) });
        Self { source, watched: watched.into(), groups: groups.collect() }
    }

    /// Whether so many bytes more, from a page of that place, are no more than what was written there can have.
    fn has_room(&self, start: u64, bytes: i64) -> bool {
        let group = self.groups.iter().find(|group| group.bytes.contains(&start));
        group.is_some_and(|group| group.left.fetch_sub(bytes, Ordering::Relaxed) >= bytes)
    }
}

impl<S: ChunkReader> Length for PageSource<S> {
    fn len(&self) -> u64 {
        self.source.len()
    }
}

impl<S: ChunkReader> ChunkReader for PageSource<S> {
    type T = S::T;

    fn get_read(&self, start: u64) -> Result<S::T, ParquetError> {
        // The reader needs this where the places of the pages are not known, and no file of ours is without them.
        Err(ParquetError::General(format!("the place of the page at byte {start} is in no page index")))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let page = self.source.get_bytes(start, length)?;
        let watched = self.watched.iter().find(|watched| watched.bytes.contains(&start));
        let begins = watched.map(|watched| watched.begins);
        let Some(head) = Page::read(&page).filter(|head| head.is_sound(begins)) else {
            return Err(ParquetError::General(format!("the header of the page at byte {start} is not true")));
        };
        match self.has_room(start, head.size) {
            true => Ok(page),
            false => {
                Err(ParquetError::General(format!("the page at byte {start} is more than its row group can have")))
            }
        }
    }
}

/// What the header of a page says.
#[derive(Debug, Default)]
struct Page<'a> {
    kind: Option<i64>,
    /// How long it is, inflated.
    size: i64,
    values: i64,
    encoding: i64,
    level_encoding: i64,
    dictionary_values: i64,
    body: &'a [u8],
}

impl<'a> Page<'a> {
    /// The kinds that we write: a page of values and a dictionary.
    const VALUES: i64 = 0;
    const DICTIONARY: i64 = 2;
    /// The encoding with lengths before the texts, and all that we write: plain, dictionary (twice), run lengths, deltas.
    const LENGTHS_FIRST: i64 = 6;
    const ENCODINGS: [i64; 6] = [0, 2, Self::RUN_LENGTHS, 5, Self::LENGTHS_FIRST, 8];
    const RUN_LENGTHS: i64 = 3;

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (mut page, mut thrift) = (Page::default(), Thrift { rest: bytes });
        thrift.structure(0, 0, &mut |around, id, number| match (around, id) {
            (0, 1) => page.kind = Some(number),
            (0, 2) => page.size = number,
            (5, 1) => page.values = number,
            (5, 2) => page.encoding = number,
            (5, 4) => page.level_encoding = number,
            (7, 1) => page.dictionary_values = number,
            _ => {}
        })?;
        page.body = thrift.rest;
        Some(page)
    }

    /// Whether it may be what its header says, and takes no more memory than a page that we wrote.
    fn is_sound(&self, begins: Option<Begins>) -> bool {
        if !(0..=PAGE_BYTES_READ_MAX).contains(&self.size) || !(0..=PAGE_VALUES_READ_MAX).contains(&self.values) {
            return false;
        }
        let values = self.values.cast_unsigned();
        match (self.kind, self.encoding, begins) {
            (Some(Self::DICTIONARY), ..) => (0..=self.size).contains(&self.dictionary_values),
            (Some(Self::VALUES), Self::LENGTHS_FIRST, Some(Begins::Lengths { nullable })) => {
                // The library makes room for as many lengths as are announced before it reads one.
                self.content(|content| announced(content, nullable)).is_some_and(|lengths| lengths <= values)
            }
            (Some(Self::VALUES), Self::LENGTHS_FIRST, _) => false,
            (Some(Self::VALUES), encoding, begins) if Self::ENCODINGS.contains(&encoding) => match begins {
                Some(Begins::Levels { bits }) => {
                    self.level_encoding == Self::RUN_LENGTHS
                        && self.content(|content| levels(content, bits, values)).is_some()
                }
                _ => true,
            },
            _ => false,
        }
    }

    /// Looks at the content of a page from its beginning.
    fn content<T>(&self, look: impl FnOnce(&mut dyn Read) -> Option<T>) -> Option<T> {
        const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
        let mut plain = self.body;
        if !plain.starts_with(ZSTD) {
            return look(&mut plain);
        }
        INFLATE.with_borrow_mut(|context| {
            let context = context.get_or_insert_with(DCtx::create);
            // It was left in the middle of the page before.
            context.reset(ResetDirective::SessionOnly).ok()?;
            look(&mut Decoder::with_context(self.body, context))
        })
    }
}

thread_local! {
    /// Making one for every page takes longer than looking at it.
    static INFLATE: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
}

/// How many lengths the content of a page announces.
fn announced(content: &mut dyn Read, nullable: bool) -> Option<u64> {
    if nullable {
        let mut length = [0; 4];
        content.read_exact(&mut length).ok()?;
        let length = u64::from(u32::from_le_bytes(length));
        if io::copy(&mut content.take(length), &mut io::sink()).ok()? < length {
            return None;
        }
    }
    let mut head = Vec::new();
    // Three numbers: how many stand in a block, in how many parts, and how many there are.
    content.take(30).read_to_end(&mut head).ok()?;
    if head.is_empty() {
        return Some(0);
    }
    let mut thrift = Thrift { rest: &head };
    (0..3).try_fold(0, |_, _| thrift.varint())
}

/// Reads the levels of a page, in runs of equal ones and of packed ones, if there are as many as values.
fn levels(content: &mut dyn Read, bits: u64, values: u64) -> Option<()> {
    let mut length = [0; 4];
    content.read_exact(&mut length).ok()?;
    let mut runs = Vec::new();
    let length = u64::from(u32::from_le_bytes(length));
    // Eight levels take a head and their bits at most.
    let most = values.div_ceil(8).saturating_mul(bits.saturating_add(1)).saturating_add(LEVELS_BYTES_AROUND);
    content.take(length.min(most)).read_to_end(&mut runs).ok()?;
    let mut runs = Thrift { rest: &runs };
    let mut found = 0_u64;
    while found < values {
        let head = runs.varint()?;
        let (count, bytes) = match head & 1 {
            // Groups of eight.
            1 => ((head >> 1).checked_mul(8)?, (head >> 1).checked_mul(bits)?),
            // That none come is what the library takes for the end.
            _ => ((head >> 1 > 0).then_some(head >> 1)?, bits.div_ceil(8)),
        };
        if count > RUN_LEVELS_MAX {
            return None;
        }
        runs.skip(bytes)?;
        found += count;
    }
    Some(())
}

/// A run of more levels than this is none that we wrote; the library counts in 32 bits.
const RUN_LEVELS_MAX: u64 = 1 << 31;

/// Room for long heads.
const LEVELS_BYTES_AROUND: u64 = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_beyond_the_end_are_found_out() {
        // Field 1 is a text of two letters, field 2 a list of two numbers, field 3 a structure, then the end.
        let sound = [0x18, 2, b'a', b'b', 0x19, 0x25, 2, 4, 0x1c, 0x15, 6, 0, 0];
        assert!(is_sound(&sound));
        for end in 0..sound.len() {
            assert!(!is_sound(&sound[..end]), "cut at {end}");
        }
        for (at, byte) in [(1, 0x7f), (5, 0xe5)] {
            let mut bad = sound;
            bad[at] = byte;
            assert!(!is_sound(&bad), "{byte} at {at}");
        }
        let deep = |depth: usize| [vec![0x1c; depth], vec![0; depth + 1]].concat();
        assert!(is_sound(&deep(DEPTH_MAX as usize)));
        assert!(!is_sound(&deep(DEPTH_MAX as usize + 1)));
    }

    /// A page with such a header, whose levels are encoded as ours are.
    fn page(kind: i64, size: i64, values: i64, encoding: i64, body: &[u8]) -> Vec<u8> {
        page_with_levels(kind, size, values, encoding, Page::RUN_LENGTHS, body)
    }

    fn page_with_levels(kind: i64, size: i64, values: i64, encoding: i64, levels: i64, body: &[u8]) -> Vec<u8> {
        let number = |number: i64| {
            let (mut left, mut bytes) = ((number << 1 ^ number >> 63).cast_unsigned(), vec![0x15]);
            while left >= 0x80 {
                bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            bytes.push(left as u8);
            bytes
        };
        // Field 5 says how many values there are and how they are encoded, field 7 the same of a dictionary.
        let inner: &[u8] = if kind == Page::DICTIONARY { &[0x4c] } else { &[0x2c] };
        let head = [number(kind), number(size), number(body.len() as i64)].concat();
        let levels = [number(levels), number(levels)].concat();
        [&head, inner, &number(values), &number(encoding), &levels, &[0, 0], body].concat()
    }

    fn is_sound_at(start: u64, bytes: &[u8]) -> bool {
        let file = Bytes::from([vec![0; start as usize], bytes.to_vec()].concat());
        let unique = Watched { bytes: 100..200, begins: Begins::Lengths { nullable: true } };
        let lists = Watched { bytes: 300..400, begins: Begins::Levels { bits: 1 } };
        let all = 0..file.len() as u64;
        PageSource::new(file, vec![unique, lists], vec![all], 1).get_bytes(start, bytes.len()).is_ok()
    }

    #[test]
    fn pages_of_a_row_group_take_no_more_memory_together_than_one_that_is_written() {
        let most = page(0, PAGE_BYTES_READ_MAX, 1, 0, b"");
        let length = most.len() as u64;
        let rest = page(0, ROW_GROUP_BYTES_READ_MAX % PAGE_BYTES_READ_MAX, 1, 0, b"");
        let more = page(0, 1, 1, 0, b"");
        let places = [length, length + rest.len() as u64];
        let file = Bytes::from([&*most, &rest, &more, &more].concat());
        let end = file.len() as u64;
        for passes in [1, 2] {
            // The last page is in a row group of its own, and behind it there is none.
            let groups = vec![0..end - more.len() as u64, end - more.len() as u64..end];
            let source = PageSource::new(file.clone(), vec![], groups, passes);
            let get = |start: u64, bytes: &[u8]| source.get_bytes(start, bytes.len()).is_ok();
            for _ in 0..passes {
                (0..ROW_GROUP_BYTES_READ_MAX / PAGE_BYTES_READ_MAX).for_each(|_| assert!(get(0, &most)));
                assert!(get(places[0], &rest));
            }
            assert!(!get(places[1], &more), "{passes} passes");
            assert!(get(end - more.len() as u64, &more));
        }
        let before = 0..places[1];
        let source = PageSource::new(file, vec![], vec![before], 1);
        assert!(source.get_bytes(places[1], more.len()).is_err(), "it is in no row group");
    }

    #[test]
    fn pages_take_no_more_memory_than_those_that_are_written() {
        for (size, values, is_sound) in [
            (PAGE_BYTES_READ_MAX, PAGE_VALUES_READ_MAX, true),
            (PAGE_BYTES_READ_MAX + 1, 1, false),
            (1, PAGE_VALUES_READ_MAX + 1, false),
            (-1, 1, false),
            (1, -1, false),
        ] {
            assert_eq!(is_sound_at(0, &page(0, size, values, 8, b"")), is_sound, "{values} values in {size} bytes");
        }
        for (values, is_sound) in [(9, true), (10, true), (11, false), (-1, false)] {
            assert_eq!(is_sound_at(0, &page(Page::DICTIONARY, 10, values, 0, b"")), is_sound, "{values} words");
        }
        for (kind, encoding, is_sound) in [(0, 5, true), (0, 7, false), (0, 9, false), (1, 0, false), (3, 0, false)] {
            assert_eq!(is_sound_at(0, &page(kind, 10, 1, encoding, b"")), is_sound, "kind {kind}, {encoding}");
        }
    }

    #[test]
    fn no_more_lengths_are_announced_than_there_are_values() {
        // Two bytes that tell which are NULL; blocks of 128 in 4 parts; so many lengths.
        let body = |count: &[u8]| [&[2, 0, 0, 0, 9, 9, 0x80, 1, 4], count, &[0; 40]].concat();
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        for (count, is_sound) in [(&[3][..], true), (&[4], true), (&[5], false), (&huge, false), (&[], true)] {
            let plain = body(count);
            let packed = zstd::bulk::compress(&plain, 1).unwrap();
            for body in [&plain, &packed] {
                let page = page(0, 49, 4, Page::LENGTHS_FIRST, body);
                assert_eq!(is_sound_at(150, &page), is_sound, "{count:?}");
                assert!(!is_sound_at(0, &page), "no column there is encoded like that");
            }
        }
        assert!(!is_sound_at(150, &page(0, 49, 4, Page::LENGTHS_FIRST, &[9, 0, 0, 0, 9, 9])), "it ends before");
    }

    #[test]
    fn there_are_as_many_levels_as_values() {
        let body = |runs: &[u8]| [&(runs.len() as u32).to_le_bytes(), runs, &[7; 40]].concat();
        for (runs, is_sound) in [
            // Twelve equal ones; five and seven; two groups of eight packed ones; eight packed ones, then four equal.
            (&[24, 0][..], true),
            (&[10, 0, 14, 1], true),
            (&[5, 0xaa, 0xaa], true),
            (&[3, 0xaa, 8, 1], true),
            // One too few, packed ones that are cut off, and nothing but the padding that ends it.
            (&[22, 0], false),
            (&[3, 0xaa, 6, 1], false),
            (&[5, 0xaa], false),
            (&[0; 12], false),
            (&[], false),
            (&[24], false),
            // More than the library counts.
            (&[0xfe, 0xff, 0xff, 0xff, 0x0f, 0], true),
            (&[0x80, 0x80, 0x80, 0x80, 0x10, 0], true),
            (&[0x82, 0x80, 0x80, 0x80, 0x10, 0], false),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0], false),
        ] {
            let plain = body(runs);
            let packed = zstd::bulk::compress(&plain, 1).unwrap();
            for body in [&plain, &packed] {
                assert_eq!(is_sound_at(350, &page(0, 60, 12, 2, body)), is_sound, "{runs:?}");
                assert!(is_sound_at(0, &page(0, 60, 12, 2, body)), "no list is there");
            }
        }
        let whole = body(&[24, 0]);
        assert!(!is_sound_at(350, &page_with_levels(0, 60, 12, 2, 4, &whole)), "packed in an older way");
        assert!(!is_sound_at(350, &page(0, 60, 12, 2, &whole[..5])), "cut off");
        assert!(is_sound_at(350, &page(0, 60, 0, 2, &body(&[]))), "no values have no levels");
        assert!(is_sound_at(350, &page(Page::DICTIONARY, 60, 12, 0, &[])), "a dictionary has none");
    }

    #[test]
    fn a_panic_becomes_an_error_and_is_known_as_one() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| assert!(panic_is_caught())));
        let done = guarded::<()>(|| panic!("in the library"));
        std::panic::set_hook(before);
        assert!(matches!(done, Err(FileError::Damaged(_))));
        assert!(!panic_is_caught());
    }
}
