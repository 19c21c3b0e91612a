//! A grant that lets its grantee make further grants, and names nobody to end it.
//!
//! It spreads out of sight.
//!
//! # Bad
//!
//! ```json
//! {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
//!   "Operations": ["Encrypt", "CreateGrant"]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
//!   "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
//!   "Operations": ["Encrypt", "CreateGrant"],
//!   "RetiringPrincipal": "arn:aws:iam::111122223333:role/admin"}
//! ```

use crate::lint::finding::Findings;
use crate::subject::{GrantSubject, KeySubject};

pub(in crate::lint) fn check(grant: &GrantSubject, _: Option<&KeySubject>, found: &mut Findings<'_>) {
    if grant.value.member("RetiringPrincipal").is_some() {
        return;
    }
    for operation in grant.value.member("Operations").and_then(|value| value.as_list()).unwrap_or_default() {
        if operation.as_text() == Some("CreateGrant") {
            found
                .security(operation.span, "the grantee may make further grants, and nobody is named to retire this one")
                .help("leave `CreateGrant` out, or name a retiring principal");
        }
    }
}
