//! Did you mean: the known name closest to a misspelled one.

use super::{NAME_BYTES_MAX, action, condition_key, condition_keys, service, services};

/// The action that `text` was probably meant to be; one without a prefix is looked for in KMS.
///
/// ```
/// use wardbook_policy::catalogue::nearest_action;
///
/// assert_eq!(nearest_action("kms:Decyrpt"), Some("kms:Decrypt"));
/// assert_eq!(nearest_action("kms:Bake"), None);
/// ```
pub fn nearest_action(text: &str) -> Option<&'static str> {
    if text.len() > NAME_BYTES_MAX {
        return None;
    }
    let (prefix, name) = text.split_once(':').unwrap_or(("kms", text));
    if let Some(known) = action(text) {
        return Some(known.name());
    }
    let exact = service(prefix).map(|service| (0, service));
    let near =
        services().filter(|_| exact.is_none()).filter_map(|service| Some((slip(prefix, service.prefix())?, service)));
    exact
        .into_iter()
        .chain(near)
        .flat_map(|(apart, service)| service.actions().map(move |action| (apart, action)))
        .filter_map(|(apart, action)| Some((apart + slip(name, action.short_name())?, action.name())))
        .min()
        .map(|(_, name)| name)
}

/// The condition key that `text` was probably meant to be; one without a prefix is looked for in KMS and
/// among the global keys.
///
/// ```
/// use wardbook_policy::catalogue::nearest_condition_key;
///
/// assert_eq!(nearest_condition_key("kms:ViaServices"), Some("kms:ViaService"));
/// assert_eq!(nearest_condition_key("aws:PrincipleTag/team"), Some("aws:PrincipalTag/${TagKey}"));
/// ```
pub fn nearest_condition_key(text: &str) -> Option<&'static str> {
    if text.len() > NAME_BYTES_MAX {
        return None;
    }
    if !text.contains(':') {
        return condition_key(&format!("kms:{text}"))
            .or_else(|| condition_key(&format!("aws:{text}")))
            .map(|key| key.name());
    }
    if let Some(known) = condition_key(text) {
        return Some(known.name());
    }
    condition_keys()
        .filter_map(|key| {
            let stem = key.stem();
            let given = if key.has_parameter() { stem_like(text, stem)? } else { text };
            Some((slip(given, stem)?, key.name()))
        })
        .min()
        .map(|(_, name)| name)
}

/// As much of `text` as corresponds to a stem that ends in `/` or in its second colon.
fn stem_like<'a>(text: &'a str, stem: &str) -> Option<&'a str> {
    let end = if stem.ends_with('/') {
        text.find('/')?
    } else if stem.ends_with(':') {
        text.match_indices(':').nth(1)?.0
    } else {
        return None;
    };
    text.get(..=end)
}

/// How many letters to insert, drop, replace or swap with their neighbor, if that is few enough for a
/// slip; letter case counts as nothing. For all who ask whether one name was meant by another.
pub fn slip(given: &str, known: &str) -> Option<usize> {
    let limit = (known.len() / 4).clamp(1, 3);
    if given.len().abs_diff(known.len()) > limit {
        return None;
    }
    let letter = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before_that: Vec<usize> = Vec::new();
    let mut before: Vec<usize> = (0..=known.len()).collect();
    let mut given_before = None;
    for (row, given_byte) in given.bytes().map(|b| b.to_ascii_lowercase()).enumerate() {
        let mut current = Vec::with_capacity(before.len());
        current.push(row + 1);
        let mut known_before = None;
        for (column, known_byte) in known.bytes().map(|b| b.to_ascii_lowercase()).enumerate() {
            let mut least = (letter(&before, column) + usize::from(given_byte != known_byte))
                .min(letter(&before, column + 1) + 1)
                .min(letter(&current, column) + 1);
            if given_before == Some(known_byte) && known_before == Some(given_byte) {
                least = least.min(letter(&before_that, column.saturating_sub(1)) + 1);
            }
            current.push(least);
            known_before = Some(known_byte);
        }
        // It only grows from here, and a swap reaches back no further than the row before.
        let least = |row: &[usize]| row.iter().copied().min().unwrap_or(0);
        if least(&current) > limit && least(&before) > limit {
            return None;
        }
        given_before = Some(given_byte);
        before_that = std::mem::replace(&mut before, current);
    }
    before.last().copied().filter(|steps| *steps <= limit)
}
