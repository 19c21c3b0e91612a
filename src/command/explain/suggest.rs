//! Did you mean: the names nearest to a topic, over all kinds.

use super::Kind;

/// No more than so many names are suggested.
const NAMES_MAX: usize = 3;

/// The nearest names, nearest first. What needs more letters changed than the nearest does is left out.
pub(super) fn nearest(topic: &str, kinds: &[Kind]) -> Vec<String> {
    let mut near: Vec<(usize, String)> = kinds
        .iter()
        .flat_map(|kind| (kind.names)(topic))
        .map(|name| (edits(topic, &name), name))
        .filter(|(distance, name)| *distance <= slip(name) && *distance < name.len())
        .collect();
    near.sort();
    near.dedup();
    let least = near.first().map(|(distance, _)| *distance);
    let equally = near.into_iter().take_while(|(distance, _)| Some(*distance) == least);
    equally.map(|(_, name)| name).take(NAMES_MAX).collect()
}

/// How many letters may differ before it is no slip any more.
fn slip(name: &str) -> usize {
    (name.chars().count() / 4).clamp(1, 3)
}

/// How many letters to insert, drop, replace or swap with their neighbor; case counts as nothing.
fn edits(from: &str, to: &str) -> usize {
    let letters = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (from, to) = (letters(from), letters(to));
    let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before_that: Vec<usize> = Vec::new();
    let mut before: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, a) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut other = None;
        for (column, b) in to.iter().enumerate() {
            let mut least = (cell(&before, column) + usize::from(a != b))
                .min(cell(&before, column + 1) + 1)
                .min(cell(&current, column) + 1);
            if previous == Some(b) && other == Some(a) {
                least = least.min(cell(&before_that, column.saturating_sub(1)) + 1);
            }
            current.push(least);
            other = Some(b);
        }
        previous = Some(a);
        before_that = std::mem::replace(&mut before, current);
    }
    before.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_dropped_swapped_and_of_either_case() {
        for (from, to, wanted) in
            [("scp", "SCP", 0), ("spc", "scp", 1), ("grnt", "grant", 1), ("", "ab", 2), ("ab", "", 2)]
        {
            assert_eq!(edits(from, to), wanted, "{from} {to}");
        }
    }
}
