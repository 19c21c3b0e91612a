//! Patterns in lock-step: every combination of patterns that one text can match, each with its shortest text.
//!
//! Each pattern is a small automaton whose states are the places in it. All of them read the same text;
//! a breadth-first walk over their joint states meets the shortest text of each combination first.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use crate::digest::Quick;
use crate::limits::{CLASSES_MAX, PATTERN_STATES_MAX};
use crate::pattern::Step;

use super::Excess;

/// A text for every set of patterns that can match at once, the shortest there is.
///
/// `avoided` are characters that stand for something else, so that the ones made up here differ from them.
pub(super) fn witnesses(globs: &[Vec<Step>], avoided: impl Iterator<Item = char>) -> Result<Vec<String>, Excess> {
    let mut texts = continuations(globs, "", avoided)?;
    texts.push(String::new());
    Ok(texts)
}

/// The same for texts that begin with `prefix` and go on: what follows it.
pub(super) fn continuations(
    globs: &[Vec<Step>],
    prefix: &str,
    avoided: impl Iterator<Item = char>,
) -> Result<Vec<String>, Excess> {
    let machine = Machine::new(globs, avoided);
    // Nothing tells texts apart.
    if globs.is_empty() {
        return Ok(vec![machine.other.to_string()]);
    }
    let start = prefix.chars().fold(machine.start(), |state, character| machine.step(&state, character));
    let mut walk = Walk { nodes: Vec::new(), seen: HashSet::default() };
    walk.visit(start, None);
    let mut found: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut order = Vec::new();
    let mut at = 0;
    while let Some(node) = walk.nodes.get(at) {
        let state = node.state.clone();
        let accepted = machine.accepted(&state);
        // The empty text is looked at last, since it tells a reader least.
        if at > 0 && !found.contains_key(&accepted) {
            found.insert(accepted, at);
            order.push(at);
            if order.len() > CLASSES_MAX {
                return Err(Excess::Classes);
            }
        }
        for character in machine.alphabet(&state) {
            walk.visit(machine.step(&state, character), Some((at, character)));
        }
        if walk.nodes.len() > PATTERN_STATES_MAX {
            return Err(Excess::Patterns);
        }
        at += 1;
    }
    Ok(order.into_iter().map(|node| walk.text(node)).collect())
}

/// Whether the pattern takes the text.
pub(super) fn accepts(glob: &[Step], text: &str) -> bool {
    // Which beginnings of the pattern take what was read so far, the shortest first.
    let mut reached: Vec<usize> = Vec::new();
    let mut next: Vec<usize> = Vec::new();
    reach(glob, 0, &mut reached);
    for character in text.chars() {
        next.clear();
        for place in &reached {
            match glob.get(*place) {
                Some(Step::Char(wanted)) if *wanted == character => reach(glob, place + 1, &mut next),
                Some(Step::Lower(wanted)) if is_lower(character, *wanted) => reach(glob, place + 1, &mut next),
                Some(Step::One { colons }) if *colons || character != ':' => reach(glob, place + 1, &mut next),
                Some(Step::Many { colons }) if *colons || character != ':' => reach(glob, *place, &mut next),
                _ => {}
            }
        }
        if next.is_empty() {
            return false;
        }
        std::mem::swap(&mut reached, &mut next);
    }
    reached.last() == Some(&glob.len())
}

/// Adds a beginning, and those that are longer by stars alone: these may take nothing.
fn reach(glob: &[Step], mut place: usize, reached: &mut Vec<usize>) {
    loop {
        // What is not past the last is there already, since beginnings come in order, each with its stars.
        if reached.last().is_none_or(|last| *last < place) {
            reached.push(place);
        }
        match glob.get(place) {
            Some(Step::Many { .. }) => place += 1,
            _ => return,
        }
    }
}

struct Walk {
    nodes: Vec<Node>,
    seen: HashSet<Vec<u64>, BuildHasherDefault<Quick>>,
}

struct Node {
    state: Vec<u64>,
    before: Option<(usize, char)>,
}

impl Walk {
    /// A state that only the empty text leads to is visited again, so that longer texts count too.
    fn visit(&mut self, state: Vec<u64>, before: Option<(usize, char)>) {
        if before.is_none() || self.seen.insert(state.clone()) {
            self.nodes.push(Node { state, before });
        }
    }

    fn text(&self, mut node: usize) -> String {
        let mut characters = Vec::new();
        while let Some((before, character)) = self.nodes.get(node).and_then(|node| node.before) {
            characters.push(character);
            node = before;
        }
        characters.iter().rev().collect()
    }
}

/// A set of characters, most of them of ASCII.
#[derive(Default)]
struct Characters {
    ascii: u128,
    others: HashSet<char>,
}

impl Characters {
    /// Whether it is the first time.
    fn insert(&mut self, character: char) -> bool {
        match 1_u128.checked_shl(u32::from(character)) {
            Some(bit) => {
                let first = self.ascii & bit == 0;
                self.ascii |= bit;
                first
            }
            None => self.others.insert(character),
        }
    }

    fn contains(&self, character: char) -> bool {
        match 1_u128.checked_shl(u32::from(character)) {
            Some(bit) => self.ascii & bit != 0,
            None => self.others.contains(&character),
        }
    }
}

/// The patterns laid end to end: a place for each step, and one after the last.
struct Machine {
    places: Vec<Option<Step>>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    other: char,
}

impl Machine {
    fn new(globs: &[Vec<Step>], avoided: impl Iterator<Item = char>) -> Machine {
        let mut machine = Machine { places: Vec::new(), starts: Vec::new(), ends: Vec::new(), other: 'x' };
        let mut used = Characters::default();
        used.insert(':');
        for character in avoided {
            used.insert(character);
        }
        for glob in globs {
            machine.starts.push(machine.places.len());
            machine.places.extend(glob.iter().copied().map(Some));
            machine.ends.push(machine.places.len());
            machine.places.push(None);
            for step in glob {
                match step {
                    Step::Char(character) => {
                        used.insert(*character);
                    }
                    Step::Lower(character) => {
                        for case in cases(*character) {
                            used.insert(case);
                        }
                    }
                    Step::One { .. } | Step::Many { .. } => {}
                }
            }
        }
        let readable = ('x'..='z').chain('a'..='w').chain('0'..='9').chain('A'..='Z').chain('\u{4e00}'..='\u{9fff}');
        machine.other = readable.into_iter().find(|character| !used.contains(*character)).unwrap_or('\u{e000}');
        machine
    }

    fn nowhere(&self) -> Vec<u64> {
        vec![0; self.places.len().div_ceil(64)]
    }

    fn start(&self) -> Vec<u64> {
        let mut state = self.nowhere();
        for start in &self.starts {
            self.enter(&mut state, *start);
        }
        state
    }

    /// Steps on a place; a `*` may as well be left at once.
    fn enter(&self, state: &mut [u64], mut place: usize) {
        loop {
            if let Some(word) = state.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
            match self.places.get(place) {
                Some(Some(Step::Many { .. })) => place += 1,
                _ => return,
            }
        }
    }

    fn step(&self, state: &[u64], character: char) -> Vec<u64> {
        let mut next = self.nowhere();
        for place in ones(state) {
            match self.places.get(place).copied().flatten() {
                Some(Step::Char(wanted)) if wanted == character => self.enter(&mut next, place + 1),
                Some(Step::Lower(wanted)) if is_lower(character, wanted) => self.enter(&mut next, place + 1),
                Some(Step::One { colons }) if colons || character != ':' => self.enter(&mut next, place + 1),
                Some(Step::Many { colons }) if colons || character != ':' => self.enter(&mut next, place),
                _ => {}
            }
        }
        next
    }

    /// The characters that lead to different states: those that some step wants, and one that none does.
    fn alphabet(&self, state: &[u64]) -> Vec<char> {
        let mut characters = vec![self.other];
        for place in ones(state) {
            match self.places.get(place).copied().flatten() {
                Some(Step::Char(character)) => characters.push(character),
                Some(Step::Lower(character)) => characters.extend(cases(character)),
                Some(Step::One { colons: false } | Step::Many { colons: false }) => characters.push(':'),
                _ => {}
            }
        }
        let mut seen = Characters::default();
        characters.retain(|character| seen.insert(*character));
        characters
    }

    /// Which patterns accept, a bit each.
    fn accepted(&self, state: &[u64]) -> Vec<u64> {
        let mut accepted = vec![0; self.ends.len().div_ceil(64)];
        for (glob, end) in self.ends.iter().enumerate() {
            let accepts = state.get(end / 64).is_some_and(|word| word & (1 << (end % 64)) != 0);
            if accepts && let Some(word) = accepted.get_mut(glob / 64) {
                *word |= 1 << (glob % 64);
            }
        }
        accepted
    }
}

/// The numbers of the bits that are set.
pub(super) fn ones(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(|(index, word)| {
        let mut rest = *word;
        core::iter::from_fn(move || {
            let bit = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                index * 64 + bit
            })
        })
    })
}

fn is_lower(character: char, lower: char) -> bool {
    let mut folded = character.to_lowercase();
    folded.next() == Some(lower) && folded.next().is_none()
}

/// Characters that become another in lower case, and are not its upper case.
const MORE_CASES: &[(char, char)] = &[
    ('k', '\u{212a}'),
    ('å', '\u{212b}'),
    ('ω', '\u{2126}'),
    ('ß', '\u{1e9e}'),
    ('θ', '\u{3f4}'),
    ('ǆ', '\u{1c5}'),
    ('ǉ', '\u{1c8}'),
    ('ǌ', '\u{1cb}'),
    ('ǳ', '\u{1f2}'),
];

/// The characters that become this one in lower case.
fn cases(lower: char) -> Vec<char> {
    let upper = lower.to_uppercase();
    let more = MORE_CASES.iter().filter(|(small, _)| *small == lower).map(|(_, large)| *large);
    // Greek letters with an iota below have a title case only, eight or nine places on.
    let title = [8, 9].into_iter().filter_map(|places| char::from_u32(u32::from(lower) + places));
    let title = title.filter(|_| ('\u{1f80}'..='\u{1fff}').contains(&lower));
    let mut all: Vec<char> = core::iter::once(lower).chain(upper).chain(more).chain(title).collect();
    all.retain(|character| is_lower(*character, lower));
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> Vec<Step> {
        text.chars()
            .map(|character| match character {
                '*' => Step::Many { colons: true },
                '?' => Step::One { colons: true },
                other => Step::Char(other),
            })
            .collect()
    }

    #[test]
    fn every_combination_has_its_shortest_text() {
        let globs = [glob("a*"), glob("*b"), glob("???")];
        let mut texts = witnesses(&globs, "".chars()).unwrap();
        texts.sort();
        assert_eq!(texts, ["", "a", "ab", "axb", "axx", "b", "x", "xxb", "xxx"]);
    }

    #[test]
    fn without_patterns_one_text_stands_for_all() {
        assert_eq!(witnesses(&[], "xyz".chars()).unwrap(), ["a", ""]);
        assert_eq!(continuations(&[], "role/", "é".chars()).unwrap(), ["x"]);
    }

    #[test]
    fn patterns_made_to_explode_end_within_the_limit() {
        let infix: Vec<_> = ('a'..='p').map(|letter| glob(&format!("*{letter}{letter}*"))).collect();
        assert!(matches!(witnesses(&infix, "".chars()), Err(Excess::Classes | Excess::Patterns)));
        let few: Vec<_> = ('a'..='h').map(|letter| glob(&format!("*{letter}*"))).collect();
        assert_eq!(witnesses(&few, "".chars()).unwrap().len(), 256 + 1);
    }

    /// What the letters of either case rest on.
    #[test]
    fn no_character_is_left_out_of_its_case() {
        for character in '\0'..=char::MAX {
            let mut folded = character.to_lowercase();
            if let (Some(lower), None) = (folded.next(), folded.next())
                && lower != character
            {
                assert!(cases(lower).contains(&character), "{character:?} {:x}", character as u32);
            }
        }
    }
}
