//! An identity policy that allows decryption under every key.
//!
//! Whoever holds it reads whatever any key policy leaves to IAM. AWS Security Hub's KMS.1 and KMS.2 look for the same.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "*"}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Action": "kms:Decrypt",
//!   "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
//! ```

use crate::arn::Arn;
use crate::document::Word;
use crate::lint::finding::Findings;
use crate::lint::kind::Kind;
use crate::lint::view::{View, actions_of, plain};

const READING: &[&str] = &["kms:Decrypt", "kms:ReEncryptFrom"];

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.kind != Kind::Identity {
        return;
    }
    for statement in view.allows().filter(|statement| statement.conditions.is_empty()) {
        let reads = actions_of(statement).into_iter().find(|action| READING.contains(action));
        // Whoever may do everything everywhere is another matter.
        let everything = plain(&statement.action).iter().any(|word| &*word.text == "*");
        if let (Some(action), Some(word)) =
            (reads.filter(|_| !everything), plain(&statement.resource).iter().find(is_every_key))
        {
            found
                .security(word.span, format!("`{action}` is allowed under every key"))
                .help("name the keys, or bind it with kms:ViaService, kms:ResourceAliases or aws:ResourceTag");
        }
    }
}

/// Whether a resource takes every key of an account.
pub(in crate::lint) fn is_every_key(word: &&Word) -> bool {
    let stars = |text: &str| !text.is_empty() && text.chars().all(|c| c == '*');
    stars(&word.text)
        || Arn::parse(&word.text).is_some_and(|arn| {
            ["kms", "*"].contains(&arn.service)
                && (stars(arn.resource) || arn.resource.strip_prefix("key/").is_some_and(stars))
        })
}
