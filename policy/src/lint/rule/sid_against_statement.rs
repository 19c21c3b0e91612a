//! A Sid that promises less than its statement gives, or the contrary of it.
//!
//! Whoever reviews a policy reads the Sids. `Allow` in the name of a Deny, `Deny` in the name of an Allow, `ReadOnly` above actions that change something and `EncryptOnly` above decryption lead them astray. A pedantic rule, since names are a matter of taste.
//!
//! # Bad
//!
//! ```json
//! {"Sid": "Read only access",
//!   "Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/auditor"},
//!   "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:TagResource"],
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Sid": "Read only access",
//!   "Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/auditor"},
//!   "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
//!   "Resource": "*"}
//! ```

use crate::catalogue::kms_operation;
use crate::lint::finding::Findings;
use crate::lint::view::{View, actions_of, effect, listed};
use crate::statement::Effect;

/// Whether an action is one that a name does not promise.
type Belies = fn(&str) -> bool;

/// What a name without blanks and marks, in small letters, says; and which actions would belie it.
const PROMISES: &[(&str, Belies)] = &[
    ("readonly", changes),
    ("viewonly", changes),
    ("encryptonly", |action| ["kms:Decrypt", "kms:ReEncryptFrom"].contains(&action)),
    ("decryptonly", |action| ["kms:Encrypt", "kms:ReEncryptTo", "kms:GenerateDataKey"].contains(&action)),
    ("signonly", |action| kms_operation(action).is_some_and(|line| !line.is_cryptographic()) && changes(action)),
    ("verifyonly", |action| ["kms:Sign", "kms:GenerateMac"].contains(&action)),
];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for statement in &view.document.statements {
        let (Some(sid), Some(effect)) = (&statement.sid, effect(statement)) else { continue };
        let plain: String = sid.text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let says = |words: &[&str]| words.iter().any(|word| plain.starts_with(word));
        match effect {
            Effect::Allow if says(&["deny", "forbid", "prevent", "block", "disallow"]) => {
                found.info(sid.span, format!("`{}` allows", sid.text));
            }
            Effect::Deny if says(&["allow", "permit", "grant", "enable"]) && !says(&["allowonly", "grantsonly"]) => {
                found.info(sid.span, format!("`{}` denies", sid.text));
            }
            Effect::Allow => {
                let Some((_, belies)) = PROMISES.iter().find(|(promise, _)| plain.contains(promise)) else { continue };
                let more: Vec<&str> = actions_of(statement).into_iter().filter(|action| belies(action)).collect();
                if !more.is_empty() {
                    found.info(sid.span, format!("`{}` also allows {}", sid.text, listed(more, 4)));
                }
            }
            Effect::Deny => {}
        }
    }
}

/// Whether an action changes something.
fn changes(action: &str) -> bool {
    kms_operation(action).is_some_and(|line| !line.is_read_only())
}
