//! Operations that AWS authorises as several requests, all of which must be allowed.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html>
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>

use crate::quirk::{Quirk, Quirks};

/// What one of the requests is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The key: the source key of ReEncrypt, the key that an alias is made for or points to.
    Key,
    /// The alias.
    Alias,
    /// The other key: the destination of ReEncrypt, the key that an alias is moved to.
    OtherKey,
}

/// One of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The action that is authorised.
    pub action: &'static str,
    /// What it is about.
    pub target: Target,
}

const fn part(action: &'static str, target: Target) -> Part {
    Part { action, target }
}

/// The operations of several requests, in lower case.
const QUESTIONS: &[(&str, &[Part])] = &[
    ("kms:createalias", &[part("kms:CreateAlias", Target::Alias), part("kms:CreateAlias", Target::Key)]),
    (
        "kms:updatealias",
        &[
            part("kms:UpdateAlias", Target::Alias),
            part("kms:UpdateAlias", Target::Key),
            part("kms:UpdateAlias", Target::OtherKey),
        ],
    ),
    ("kms:deletealias", &[part("kms:DeleteAlias", Target::Alias), part("kms:DeleteAlias", Target::Key)]),
    ("kms:reencrypt", &[part("kms:ReEncryptFrom", Target::Key), part("kms:ReEncryptTo", Target::OtherKey)]),
];

/// The requests behind an operation, or `None` if it is a single one.
///
/// ```
/// use wardbook_policy::question::{Target, parts};
/// let actions: Vec<_> = parts("kms:ReEncrypt").unwrap().iter().map(|part| part.action).collect();
/// assert_eq!(actions, ["kms:ReEncryptFrom", "kms:ReEncryptTo"]);
/// assert_eq!(parts("kms:Decrypt"), None);
/// ```
pub fn parts(operation: &str) -> Option<&'static [Part]> {
    let lower = operation.to_ascii_lowercase();
    QUESTIONS.iter().find(|(name, _)| *name == lower).map(|(_, parts)| *parts)
}

/// The kms:RequestAlias of one part of ReEncrypt, given how source and destination were named.
pub fn request_alias<'a>(
    target: Target,
    source_alias: Option<&'a str>,
    destination_alias: Option<&'a str>,
    quirks: Quirks,
) -> Option<&'a str> {
    let (own, other) = match target {
        Target::OtherKey => (destination_alias, source_alias),
        Target::Key | Target::Alias => (source_alias, destination_alias),
    };
    if quirks.is_other(Quirk::ReEncryptAlias) { own.or(other) } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_side_of_the_quirk_on_aliases() {
        let own = |target, quirks| request_alias(target, Some("alias/a"), None, quirks);
        let other = Quirks::default().with_other(Quirk::ReEncryptAlias);
        assert_eq!(own(Target::OtherKey, Quirks::default()), None);
        assert_eq!(own(Target::OtherKey, other), Some("alias/a"));
        assert_eq!(own(Target::Key, Quirks::default()), Some("alias/a"));
    }

    #[test]
    fn an_update_concerns_the_alias_and_both_keys() {
        let targets: Vec<Target> = parts("KMS:updateAlias").unwrap().iter().map(|part| part.target).collect();
        assert_eq!(targets, [Target::Alias, Target::Key, Target::OtherKey]);
    }
}
