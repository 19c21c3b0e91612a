//! A grant for an operation that there is not, or that the key was not made for.
//!
//! KMS refuses it.
//!
//! # Bad
//!
//! ```json
//! {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
//!   "Operations": ["Decript"],
//!   "Constraints": {"EncryptionContextSubset": {"app": "orders"}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
//!   "Operations": ["Decrypt"],
//!   "Constraints": {"EncryptionContextSubset": {"app": "orders"}}}
//! ```

use crate::catalogue::{kms_operations, slip};
use crate::lint::finding::Findings;
use crate::lint::rule::action_not_of_usage::usage_of;
use crate::subject::{GrantSubject, KeySubject};
use crate::symbol;

pub(in crate::lint) fn check(grant: &GrantSubject, key: Option<&KeySubject>, found: &mut Findings<'_>) {
    let usage = key.and_then(usage_of);
    for operation in grant.value.member("Operations").and_then(|value| value.as_list()).unwrap_or_default() {
        let Some(name) = operation.as_text().filter(|name| !symbol::holds(name)) else { continue };
        let Some(line) = kms_operations().find(|line| line.grant_operation() == Some(name)) else {
            let known = kms_operations().filter_map(|line| line.grant_operation());
            let near = known.filter_map(|known| Some((slip(name, known)?, known))).min();
            let near = near.map(|(_, near)| format!("; did you mean `{near}`?"));
            found.error(operation.span, format!("`{name}` is not an operation of grants{}", near.unwrap_or_default()));
            continue;
        };
        let wanted = line.key_usage().map(|usage| usage.name());
        if let (Some(wanted), Some(usage)) = (wanted, usage)
            && wanted != usage
        {
            found.error(operation.span, format!("`{name}` needs a key for `{wanted}`, and this one is for `{usage}`"));
        }
    }
}
