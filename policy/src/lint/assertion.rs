//! What somebody declares that no policy may allow: `deny principal=... action=kms:Decrypt unless kms:ViaService=...`.

use crate::catalogue::nearest_action;

use super::view::kms_actions;

/// Something that must not be allowed, but under the conditions that are told.
///
/// ```
/// use wardbook_policy::lint::Assertion;
/// let text = "deny principal=* action=kms:Decrypt unless aws:PrincipalOrgID=o-a1b2c3d4e5";
/// assert_eq!(Assertion::parse(text).unwrap().to_string(), text);
/// assert_eq!(Assertion::parse("deny action=kms:Decript").unwrap_err().to_string(),
///     "`kms:Decript` matches no action of KMS; did you mean `kms:Decrypt`?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    text: Box<str>,
    pub(super) principal: Option<Box<str>>,
    pub(super) actions: Vec<Box<str>>,
    pub(super) key: Option<Box<str>>,
    /// Keys and the values that they may have, wildcards included; all of them have to hold.
    pub(super) unless: Vec<(Box<str>, Vec<Box<str>>)>,
}

/// Why a text is no assertion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// It does not begin with `deny`.
    #[error("an assertion begins with `deny`, not with `{0}`")]
    Beginning(String),
    /// A part that is not `name=value`, or whose name is not known.
    #[error("`{0}` is not one of `principal=`, `action=` and `key=`, or after `unless` a condition key and its value")]
    Part(String),
    /// A part that occurs twice.
    #[error("`{0}=` occurs twice")]
    Twice(String),
    /// An action that is none.
    #[error("`{action}` matches no action of KMS{}", .near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Action {
        /// What was given.
        action: String,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// No action at all.
    #[error("an assertion names an action, such as `action=kms:Decrypt`")]
    NoAction,
    /// `unless` with nothing after it.
    #[error("`unless` is followed by a condition key and its value, such as `kms:ViaService=s3.*.amazonaws.com`")]
    NoCondition,
}

impl Assertion {
    /// Reads an assertion: words between blanks; several values of one part stand between commas.
    pub fn parse(text: &str) -> Result<Assertion, AssertionError> {
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        if first != "deny" {
            return Err(AssertionError::Beginning(first.into()));
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").into();
        let (principal, actions, key, unless) = (None, Vec::new(), None, Vec::new());
        let mut assertion = Assertion { text, principal, actions, key, unless };
        let mut after_unless = false;
        for word in words {
            if word == "unless" && !after_unless {
                after_unless = true;
                continue;
            }
            let Some((name, value)) =
                word.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())
            else {
                return Err(AssertionError::Part(word.into()));
            };
            let values = || value.split(',').map(Box::<str>::from).collect::<Vec<_>>();
            match name {
                _ if after_unless && name.contains(':') => assertion.unless.push((name.into(), values())),
                _ if after_unless => return Err(AssertionError::Part(word.into())),
                "principal" => once(name, &mut assertion.principal, value)?,
                "key" => once(name, &mut assertion.key, value)?,
                "action" if assertion.actions.is_empty() => assertion.actions = values(),
                "action" => return Err(AssertionError::Twice(name.into())),
                _ => return Err(AssertionError::Part(word.into())),
            }
        }
        if after_unless && assertion.unless.is_empty() {
            return Err(AssertionError::NoCondition);
        }
        if assertion.actions.is_empty() {
            return Err(AssertionError::NoAction);
        }
        match assertion.actions.iter().find(|action| kms_actions(action).next().is_none()) {
            Some(action) => Err(AssertionError::Action { action: action.to_string(), near: nearest_action(action) }),
            None => Ok(assertion),
        }
    }
}

fn once(name: &str, slot: &mut Option<Box<str>>, value: &str) -> Result<(), AssertionError> {
    match slot {
        Some(_) => Err(AssertionError::Twice(name.into())),
        None => {
            *slot = Some(value.into());
            Ok(())
        }
    }
}

impl core::fmt::Display for Assertion {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_assertion_is_refused_with_the_word_that_is_wrong() {
        let cases = [
            ("", "an assertion begins with `deny`, not with ``"),
            ("allow action=kms:Decrypt", "an assertion begins with `deny`, not with `allow`"),
            ("deny", "an assertion names an action, such as `action=kms:Decrypt`"),
            ("deny action=kms:Decrypt action=kms:Sign", "`action=` occurs twice"),
            ("deny principal=a principal=b action=kms:Sign", "`principal=` occurs twice"),
            ("deny action=s3:GetObject", "`s3:GetObject` matches no action of KMS"),
        ];
        for (text, wanted) in cases {
            let said = Assertion::parse(text).unwrap_err().to_string();
            assert!(said.starts_with(wanted), "{text}: {said}");
        }
        for text in ["deny action=kms:Decrypt unless", "deny action=kms:Decrypt unless a=b", "deny action= x=y"] {
            assert!(Assertion::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_are_taken_apart() {
        let text = "deny  principal=arn:aws:iam::111122223333:role/app action=kms:Decrypt,kms:Sign key=* unless kms:ViaService=s3.*.amazonaws.com,rds.*.amazonaws.com";
        let assertion = Assertion::parse(text).unwrap();
        assert_eq!(assertion.principal.as_deref(), Some("arn:aws:iam::111122223333:role/app"));
        assert_eq!((assertion.actions.len(), assertion.unless.len(), assertion.unless[0].1.len()), (2, 1, 2));
        assert_eq!(assertion.key.as_deref(), Some("*"));
    }
}
