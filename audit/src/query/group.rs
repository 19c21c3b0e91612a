//! Counting by texts: each distinct text is kept once, and rows that follow each other mostly share theirs.

use std::collections::HashMap;

use super::answer::Cell;

/// A value for each combination of `N` texts.
pub(super) struct Groups<const N: usize, T> {
    texts: Vec<Option<String>>,
    ids: HashMap<String, u32>,
    /// The text that came last in each place.
    last: [u32; N],
    values: HashMap<[u32; N], T>,
}

impl<const N: usize, T> Default for Groups<N, T> {
    fn default() -> Self {
        // Number 0 is NULL.
        Self { texts: vec![None], ids: HashMap::new(), last: [0; N], values: HashMap::new() }
    }
}

impl<const N: usize, T> Groups<N, T> {
    /// The value of these texts, which begins as `value` says.
    pub(super) fn entry(&mut self, texts: [Option<&str>; N], value: impl FnOnce() -> T) -> &mut T {
        let mut key = self.last;
        for (id, text) in key.iter_mut().zip(texts) {
            if self.texts.get(*id as usize).is_none_or(|last| last.as_deref() != text) {
                *id = self.id(text);
            }
        }
        self.last = key;
        self.values.entry(key).or_insert_with(value)
    }

    fn id(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.texts.len() as u32;
        self.texts.push(Some(text.to_owned()));
        self.ids.insert(text.to_owned(), id);
        id
    }

    /// All of them, in no order.
    pub(super) fn finish(self) -> impl Iterator<Item = ([Cell; N], T)> {
        let texts = self.texts;
        let cell = move |id: u32| Cell::text(texts.get(id as usize).and_then(Option::as_deref));
        self.values.into_iter().map(move |(key, value)| (key.map(&cell), value))
    }
}
