//! The KMS actions that a statement is about, as bits: one look instead of a pattern at a time.
//!
//! Only KMS actions are counted, since KMS has no action that the catalogue does not know, and few
//! enough for one word. Actions of other services are held against the patterns themselves.

use std::sync::LazyLock;

use crate::catalogue;
use crate::pattern::Pattern;
use crate::statement::Texts;

/// A set of KMS actions, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct KmsActions(u64);

/// The names in lower case, in the catalogue's order, which is sorted.
///
/// INVARIANT: there are at most 64; an action past that would belong to no set. The test counts them.
static NAMES: LazyLock<Box<[Box<str>]>> = LazyLock::new(|| {
    let names = catalogue::service("kms").into_iter().flat_map(|service| service.actions());
    names.map(|action| action.name().to_ascii_lowercase().into()).collect()
});

impl KmsActions {
    /// No action at all.
    pub(crate) const NONE: KmsActions = KmsActions(0);

    /// The set of one action, given in lower case; empty where it is no KMS action.
    pub(crate) fn one(action_lower: &str) -> KmsActions {
        match NAMES.binary_search_by(|name| (**name).cmp(action_lower)) {
            Ok(position) => KmsActions::bit(position),
            Err(_) => KmsActions::NONE,
        }
    }

    /// The KMS actions that an Action or NotAction element names; `None` where that is left open.
    pub(crate) fn of(actions: &Texts) -> Option<KmsActions> {
        Some(match actions {
            Texts::Named(patterns) | Texts::Except(patterns) if patterns.iter().any(Pattern::is_open) => return None,
            Texts::Any => KmsActions::every(),
            Texts::Named(patterns) => patterns.iter().fold(KmsActions::NONE, |sum, pattern| {
                let named = match pattern.literal() {
                    Some(name) => KmsActions::one(name),
                    None if pattern.prefix().contains(':') && !pattern.prefix().starts_with("kms:") => KmsActions::NONE,
                    None => KmsActions::all(|name| pattern.matches_plainly(name)),
                };
                KmsActions(sum.0 | named.0)
            }),
            Texts::Except(patterns) => {
                KmsActions::all(|name| !patterns.iter().any(|pattern| pattern.matches_plainly(name)))
            }
        })
    }

    /// Every KMS action.
    pub(crate) fn every() -> KmsActions {
        KmsActions::all(|_| true)
    }

    fn all(wanted: impl Fn(&str) -> bool) -> KmsActions {
        let bits = NAMES.iter().enumerate().filter(|(_, name)| wanted(name));
        bits.fold(KmsActions::NONE, |sum, (position, _)| KmsActions(sum.0 | KmsActions::bit(position).0))
    }

    /// Every KMS action by itself, in the order of their numbers.
    pub(crate) fn each() -> impl Iterator<Item = KmsActions> {
        (0..NAMES.len()).map(KmsActions::bit)
    }

    fn bit(position: usize) -> KmsActions {
        KmsActions(u32::try_from(position).ok().and_then(|position| 1_u64.checked_shl(position)).unwrap_or(0))
    }

    /// The number of an action, for a set of one.
    pub(crate) fn number(self) -> Option<usize> {
        (self.0 != 0).then_some(self.0.trailing_zeros() as usize)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn meets(self, other: KmsActions) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::Scope;
    use crate::pattern::Use;

    fn texts(patterns: &[&str]) -> Box<[Pattern]> {
        patterns
            .iter()
            .map(|text| Pattern::new(text, Use::Glob, Scope { variables: false, symbols: false }).unwrap())
            .collect()
    }

    #[test]
    fn every_kms_action_has_a_bit_of_its_own() {
        assert!(NAMES.len() > 50 && NAMES.len() <= 64, "{} actions", NAMES.len());
        let mut seen = 0;
        for name in &*NAMES {
            let one = KmsActions::one(name);
            assert!(!one.is_empty() && one.0 & seen == 0, "{name}");
            seen |= one.0;
        }
        assert!(KmsActions::one("s3:getobject").is_empty() && KmsActions::one("kms:nothing").is_empty());
    }

    #[test]
    fn a_set_holds_what_the_patterns_match_and_no_more() {
        let lists: &[&[&str]] = &[
            &["*"],
            &["kms:*"],
            &["kms:decrypt"],
            &["kms:re*", "kms:decrypt"],
            &["kms:?ncrypt", "s3:*"],
            &["*crypt"],
            &["k*:*key"],
            &["s3:get*", "ec2:runinstances"],
            &[],
        ];
        for list in lists {
            for name in &*NAMES {
                let named = list.iter().any(|text| texts(&[text]).iter().any(|pattern| pattern.matches_plainly(name)));
                let one = KmsActions::one(name);
                assert_eq!(KmsActions::of(&Texts::Named(texts(list))).unwrap().meets(one), named, "{list:?} {name}");
                assert_eq!(
                    KmsActions::of(&Texts::Except(texts(list))).unwrap().meets(one),
                    !named,
                    "not {list:?} {name}"
                );
            }
        }
    }
}
