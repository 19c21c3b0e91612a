//! Counting by texts: each distinct text is kept once, and is looked up once for each dictionary that has it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::answer::Cell;
use super::row::{Memo, Word};

/// A value for each combination of `N` texts.
pub(super) struct Groups<const N: usize, T> {
    texts: Texts,
    memos: [Memo<u32>; N],
    /// The combination that came last, and where its value is.
    last: Option<([u32; N], usize)>,
    places: HashMap<[u32; N], usize, BuildHasherDefault<OfNumbers>>,
    values: Vec<([u32; N], T)>,
}

/// Texts by the number that they got when they first came. NULL is number 0.
#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

/// A hash of numbers that nobody outside can choose.
#[derive(Default)]
struct OfNumbers(u64);

impl<const N: usize, T> Default for Groups<N, T> {
    fn default() -> Self {
        Self {
            texts: Texts::default(),
            memos: std::array::from_fn(|_| Memo::default()),
            last: None,
            places: HashMap::default(),
            values: Vec::new(),
        }
    }
}

impl<const N: usize, T> Groups<N, T> {
    /// Does something with the value of these texts, which begins as `value` says.
    #[inline]
    pub(super) fn with(&mut self, words: [Word<'_>; N], value: impl FnOnce() -> T, change: impl FnOnce(&mut T)) {
        let mut key = [0; N];
        for ((number, memo), word) in key.iter_mut().zip(&mut self.memos).zip(words) {
            *number = memo.of(word, |text| self.texts.number(text));
        }
        let place = match self.last {
            Some((last, place)) if last == key => place,
            _ => *self.places.entry(key).or_insert(self.values.len()),
        };
        self.last = Some((key, place));
        if place == self.values.len() {
            self.values.push((key, value()));
        }
        if let Some((_, value)) = self.values.get_mut(place) {
            change(value);
        }
    }

    /// All of them, in no order.
    pub(super) fn finish(self) -> impl Iterator<Item = ([Cell; N], T)> {
        let texts = self.texts.texts;
        let cell = move |number: u32| {
            let text = (number as usize).checked_sub(1).and_then(|at| texts.get(at));
            Cell::text(text.map(String::as_str))
        };
        self.values.into_iter().map(move |(key, value)| (key.map(&cell), value))
    }
}

impl Texts {
    fn number(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.texts.push(text.to_owned());
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

impl Hasher for OfNumbers {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(5) ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_group_like_any_other() {
        let mut groups = Groups::<2, u64>::default();
        let (null, a) = (Word::Null, Word::Text("a"));
        for words in [[null, null], [a, null], [null, null], [null, null], [null, a], [a, null], [null, null]] {
            groups.with(words, || 0, |count| *count += 1);
        }
        let mut counts: Vec<_> = groups.finish().collect();
        counts.sort();
        let a = || Cell::Text("a".to_owned());
        assert_eq!(counts, [([Cell::Null, Cell::Null], 4), ([Cell::Null, a()], 1), ([a(), Cell::Null], 2)]);
    }
}
