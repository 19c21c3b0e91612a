//! The door to the Parquet library: whatever bytes it is given, it answers or fails.
//!
//! The library trusts what it reads in places: it panics where parts of a file contradict each other, and asks for as
//! much memory as a length says, and a process that gets no memory is ended. So lengths are held against the bytes that
//! are there before the library sees them ([`is_sound`], [`PageSource`]), and a panic becomes an error
//! ([`guarded`]).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;

use super::FileError;

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
pub(super) struct PageSource<S>(pub(super) S);

impl<S: ChunkReader> Length for PageSource<S> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<S: ChunkReader> ChunkReader for PageSource<S> {
    type T = S::T;

    fn get_read(&self, start: u64) -> Result<S::T, ParquetError> {
        // The reader needs this where the places of the pages are not known, and no file of ours is without them.
        Err(ParquetError::General(format!("the place of the page at byte {start} is in no page index")))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let page = self.0.get_bytes(start, length)?;
        match is_sound_page(&page) {
            true => Ok(page),
            false => Err(ParquetError::General(format!("the header of the page at byte {start} is not true"))),
        }
    }
}

/// Whether a page begins with a header, and a dictionary has no more values than bytes.
fn is_sound_page(page: &[u8]) -> bool {
    const SIZE: (i64, i64) = (0, 2);
    const DICTIONARY_VALUES: (i64, i64) = (7, 1);
    let (mut size, mut values) = (0, 0);
    let whole = Thrift { rest: page }.structure(0, 0, &mut |around, id, number| match (around, id) {
        SIZE => size = number,
        DICTIONARY_VALUES => values = number,
        _ => {}
    });
    whole.is_some() && 0 <= size && 0 <= values && values <= size
}

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
