//! A grant for decryption without a bound on the encryption context, or a bound where there is none.
//!
//! Without it the grantee decrypts whatever is under the key. Signatures and MACs have no encryption context.
//!
//! # Bad
//!
//! ```json
//! {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
//!   "Operations": ["Decrypt"]}
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

use crate::lint::finding::Findings;
use crate::lint::rule::action_not_of_usage::usage_of;
use crate::subject::{GrantSubject, KeySubject};

pub(in crate::lint) fn check(grant: &GrantSubject, key: Option<&KeySubject>, found: &mut Findings<'_>) {
    let operations = grant.value.member("Operations").and_then(|value| value.as_list()).unwrap_or_default();
    let constraints =
        grant.value.member("Constraints").filter(|value| value.as_object().is_some_and(|members| !members.is_empty()));
    let asymmetric = key.is_some_and(|key| key.spec.as_ref().is_some_and(|spec| &*spec.text != "SYMMETRIC_DEFAULT"));
    match constraints {
        None if !asymmetric => {
            let usage = key.and_then(usage_of);
            let reads = operations.iter().find(|value| value.as_text() == Some("Decrypt"));
            if let Some(reads) = reads.filter(|_| usage.is_none_or(|usage| usage == "ENCRYPT_DECRYPT")) {
                found
                    .security(reads.span, "the grantee may decrypt under every encryption context")
                    .help("add a constraint on the encryption context");
            }
        }
        Some(constraints) if asymmetric => {
            found.error(constraints.span, "operations of this key have no encryption context, so the grant is refused");
        }
        _ => {}
    }
}
