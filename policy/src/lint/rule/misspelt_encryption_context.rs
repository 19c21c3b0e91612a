//! A key of an encryption context that is a slip of one that AWS services use.
//!
//! The service sends its own spelling, so the condition never holds.
//!
//! # Bad
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionContext:aws:rds:dbid": "db-1"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Effect": "Allow",
//!   "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
//!   "Action": "kms:Decrypt",
//!   "Resource": "*",
//!   "Condition": {"StringEquals": {"kms:EncryptionContext:aws:rds:db-id": "db-1"}}}
//! ```

use crate::document::Word;
use crate::key::ENCRYPTION_CONTEXT;
use crate::lint::finding::Findings;
use crate::lint::view::View;
use crate::lint::vocabulary::List;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
        let key = row.key.text.to_ascii_lowercase();
        if let Some(name) = key.strip_prefix(ENCRYPTION_CONTEXT) {
            said(name, &row.key, found);
        } else if key == "kms:encryptioncontextkeys" {
            row.values.iter().for_each(|value| said(&value.text, value, found));
        }
    }
}

fn said(name: &str, word: &Word, found: &mut Findings<'_>) {
    // Short names of one's own are near to something by chance.
    let telling = name.contains(':') || name.len() > 8;
    if !telling || List::Context.has(name) {
        return;
    }
    if let Some(near) = List::Context.nearest(name) {
        found.warning(
            word.span,
            format!("no service sends `{name}` in its encryption context; `{near}` is one that is sent"),
        );
    }
}
