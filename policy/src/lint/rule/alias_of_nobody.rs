//! A condition on an alias that nothing here declares.
//!
//! `kms:ResourceAliases` and `kms:RequestAlias` allow by the name of an alias. Where a template or module declares aliases, one that it does not is seldom meant, and a statement that waits for it never applies.
//!
//! # Bad
//!
//! ```json
//! {"Resources": {
//!   "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/orders", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}},
//!   "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement":
//!     {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:RequestAlias": "alias/order"}}}}}]}}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Resources": {
//!   "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/orders", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}},
//!   "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement":
//!     {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:RequestAlias": "alias/orders"}}}}}]}}}}
//! ```

use crate::catalogue::slip;
use crate::condition::Scope;
use crate::lint::finding::{About, Findings};
use crate::lint::view::{is_negated, operator};
use crate::lint::whole::Whole;
use crate::pattern::{Pattern, Use};
use crate::symbol;

const KEYS: &[&str] = &["kms:resourcealiases", "kms:requestalias"];

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    let aliases = whole.subjects.aliases.iter();
    let declared = aliases.filter_map(|alias| alias.name.as_ref()).map(|name| &*name.text);
    let mut names: Vec<&str> = declared.chain(whole.around.aliases()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() || names.iter().any(|name| symbol::holds_unknown(name)) {
        return;
    }
    let where_ = if whole.around.is_empty() { "declared here" } else { "declared here or was collected" };
    for (index, view) in whole.views.iter().enumerate() {
        for row in view.document.statements.iter().flat_map(|statement| &statement.conditions) {
            let (_, name, _) = operator(&row.operator.text);
            let about = KEYS.contains(&&*row.key.text.to_ascii_lowercase());
            if !about || !name.starts_with("String") || is_negated(name) {
                continue;
            }
            for value in &row.values {
                let text = &*value.text;
                let elsewhere = text.starts_with("alias/aws/") || text.contains("${") || symbol::holds(text);
                if elsewhere || names.iter().any(|name| takes(text, name)) {
                    continue;
                }
                let near = names.iter().filter_map(|name| Some((slip(text, name)?, name))).min();
                let near = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
                found
                    .at(About::Document(index))
                    .warning(value.span, format!("no alias that is {where_} is called `{text}`{near}"));
            }
        }
    }
}

/// Whether a value, with its wildcards, takes a name.
fn takes(pattern: &str, name: &str) -> bool {
    let scope = Scope { variables: false, symbols: false };
    Pattern::new(pattern, Use::Glob, scope).is_ok_and(|pattern| pattern.matches_plainly(name))
}
