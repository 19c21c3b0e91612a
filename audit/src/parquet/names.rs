//! Numbers for texts that come again and again, so that rows can be sorted without looking at their texts.

use std::collections::HashMap;

/// Texts by the number that they got when they first came. NULL is number 0.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a text.
    pub(super) fn number(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name else { return 0 };
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.numbers.len() as u32 + 1;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn clear(&mut self) {
        self.numbers.clear();
    }

    /// For each number of this table, the number of its text in another one, which learns what it does not know.
    pub(super) fn numbers_in(&self, other: &mut Names) -> Vec<u32> {
        let mut numbers = vec![0; self.numbers.len() + 1];
        for (name, number) in &self.numbers {
            if let Some(theirs) = numbers.get_mut(*number as usize) {
                *theirs = other.number(Some(name));
            }
        }
        numbers
    }

    /// For each number, the place of its text among all; NULL is last.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<_> = self.numbers.iter().collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len() + 1];
        let last = sorted.len() as u32;
        for (rank, (_, number)) in (0..).zip(sorted) {
            if let Some(place) = ranks.get_mut(*number as usize) {
                *place = rank;
            }
        }
        if let Some(null) = ranks.first_mut() {
            *null = last;
        }
        ranks
    }
}
