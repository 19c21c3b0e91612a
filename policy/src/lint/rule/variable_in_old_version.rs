//! A policy variable in a document whose language has none.
//!
//! Without `Version` 2012-10-17 the text `${aws:username}` is compared letter for letter, which no request ever matches.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2008-10-17",
//!   "Statement": {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringNotEquals": {"kms:EncryptionContext:user": "${aws:username}"}}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17",
//!   "Statement": {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringNotEquals": {"kms:EncryptionContext:user": "${aws:username}"}}}}
//! ```

use crate::document::{Document, VERSION_2012, Word};
use crate::lint::finding::Findings;
use crate::lint::view::{View, all};

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    if view.document.has_variables() {
        return;
    }
    for word in variables(view.document) {
        found
            .error(word.span, format!("`{}` is plain text in this version of the policy language", word.text))
            .help(format!("write `\"Version\": \"{VERSION_2012}\"` if a variable is meant"));
    }
}

/// The texts that hold something like a variable, where variables may stand.
pub(in crate::lint) fn variables(document: &Document) -> impl Iterator<Item = &Word> {
    let texts = document.statements.iter().flat_map(|statement| {
        all(&statement.resource).iter().chain(statement.conditions.iter().flat_map(|row| &row.values))
    });
    texts.filter(|word| word.text.contains("${"))
}
