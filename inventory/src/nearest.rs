//! Did you mean: the known name closest to a misspelled one.

use wardbook_policy::catalogue::slip;

/// The known name that `text` was probably meant to be.
pub(crate) fn nearest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().filter_map(|name| Some((slip(text, name)?, *name)));
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
