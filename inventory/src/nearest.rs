//! Did you mean: the known name closest to a misspelled one.

/// The known name that `text` was probably meant to be.
pub(crate) fn nearest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().filter_map(|name| Some((distance(text, name)?, *name)));
    near.min().map(|(_, name)| name)
}

/// `` `expct` is not a member of a case; did you mean `expect`? ``
pub(crate) fn unknown_member(name: &str, holder: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(meant) => format!("`{name}` is not a member of {holder}; did you mean `{meant}`?"),
        None => {
            let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("`{name}` is not a member of {holder}, which has {}", listed.join(", "))
        }
    }
}

/// How many letters to insert, drop or replace, if that is few enough for a slip.
fn distance(given: &str, known: &str) -> Option<usize> {
    let limit = (known.len() / 3).clamp(1, 3);
    if given.len().abs_diff(known.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = (0..=known.len()).collect();
    for (row, given_byte) in given.bytes().enumerate() {
        let mut current = vec![row + 1];
        for (known_byte, pair) in known.bytes().zip(before.windows(2)) {
            let (diagonal, above) = (pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0));
            let left = current.last().copied().unwrap_or(0);
            let same = given_byte.eq_ignore_ascii_case(&known_byte);
            current.push((diagonal + usize::from(!same)).min(above + 1).min(left + 1));
        }
        before = current;
    }
    before.last().copied().filter(|steps| *steps <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let known = ["expect", "because", "name"];
        assert_eq!(nearest("expcet", &known), Some("expect"));
        assert_eq!(nearest("Name", &known), Some("name"));
        assert_eq!(nearest("becuase", &known), Some("because"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
