//! An alias whose name is refused.
//!
//! It begins with `alias/`, then has letters, digits, `/`, `_` and `-`, at most 256 in all; `alias/aws/` is AWS's own.
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Alias",
//!   "Properties": {"AliasName": "orders", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Alias",
//!   "Properties": {"AliasName": "alias/orders", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::AliasSubject;
use crate::symbol;

const LENGTH_MAX: usize = 256;

pub(in crate::lint) fn check(alias: &AliasSubject, found: &mut Findings<'_>) {
    let Some(name) = alias.name.as_ref().filter(|name| !symbol::holds(&name.text)) else { return };
    let text = &*name.text;
    let rest = text.strip_prefix("alias/");
    let reason = match rest {
        None => "does not begin with `alias/`",
        Some("") => "has nothing after `alias/`",
        Some(rest) if rest.starts_with("aws/") => "begins with `alias/aws/`, which is AWS's own",
        Some(rest) if !rest.chars().all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c)) => {
            "holds other characters than letters, digits, `/`, `_` and `-`"
        }
        Some(_) if text.len() > LENGTH_MAX => "is longer than 256 characters",
        Some(_) => return,
    };
    found.error(name.span, format!("`{text}` {reason}"));
}
