//! A way round the attestation that a key asks of an enclave.
//!
//! Found by evaluation. A key whose policy asks for `kms:RecipientAttestation:...` somewhere is meant to give its secrets to attested enclaves alone; a principal that may decrypt without has no need of an enclave. Measurements that are all zeros are those of an enclave in debug mode, whose console anybody on the instance reads.
//! That the account's root may allow it by IAM is a note only.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17", "Statement": [
//!   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:Describe*", "kms:Get*"], "Resource": "*"},
//!   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/enclave"}, "Action": "kms:Decrypt", "Resource": "*",
//!     "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "9fedcba8abcdef7abcdef6abcdef5abcdef4abcdef3abcdef2abcdef1abcdef1abcdef0abcdef1abcdef2abcdef3abcdef"}}},
//!   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/debug"}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17", "Statement": [
//!   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:PutKeyPolicy", "kms:Describe*", "kms:Get*"], "Resource": "*"},
//!   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/enclave"}, "Action": "kms:Decrypt", "Resource": "*",
//!     "Condition": {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "9fedcba8abcdef7abcdef6abcdef5abcdef4abcdef3abcdef2abcdef1abcdef1abcdef0abcdef1abcdef2abcdef3abcdef"}}}]}
//! ```

use crate::boxes::{Condition, Standing};
use crate::document::StatementText;
use crate::lint::finding::{Findings, Severity};
use crate::lint::kind::account_of_root;
use crate::lint::view::{View, handle, is_about, is_negated, operator};
use crate::lint::witness::ways;

/// What an enclave may be asked for.
const SECRETS: &[&str] = &["kms:Decrypt", "kms:DeriveSharedSecret", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"];

const PREFIX: &str = "kms:recipientattestation:";

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let rows = || view.document.statements.iter().flat_map(|statement| &statement.conditions);
    for row in rows().filter(|row| is_attestation(&row.key.text)) {
        for value in row.values.iter().filter(|value| value.text.len() > 1 && value.text.chars().all(|c| c == '0')) {
            found
                .security(value.span, "a measurement of zeros alone is that of any enclave in debug mode")
                .help("name the measurement of the image that is meant");
        }
    }
    if !view.is_key_policy() || !view.allows().flat_map(|own| &own.conditions).any(|row| is_attestation(&row.key.text))
    {
        return;
    }
    let mut said: Vec<(&StatementText, Box<str>)> = Vec::new();
    for row in view.known_access().iter().filter(|row| !row.conditions.iter().any(attests)) {
        for who in &row.who {
            let named = matches!(who.standing, Standing::Named | Standing::OtherOfAccount);
            for action in row.actions.iter().filter(|action| named && SECRETS.contains(&&***action)) {
                let open = ways(view, row, who, action);
                let Some(way) = open.into_iter().find(|way| !way.conditions.iter().any(attests)) else { continue };
                if said.iter().any(|(statement, _)| statement.span == way.statement.span) {
                    continue;
                }
                let place = way.statement.principal.iter().flat_map(|principal| &principal.names);
                let root = place.clone().any(|name| account_of_root(&name.name.text).is_some());
                let name = place.clone().find(|name| name.name.text == who.principal);
                let span = name.map_or(handle(way.statement), |name| name.name.span);
                let (severity, message) = match root {
                    true => (
                        Severity::Info,
                        format!("IAM may allow `{action}` without the attestation that this policy asks for elsewhere"),
                    ),
                    false => (
                        Severity::Security,
                        format!(
                            "`{}` may call `{action}` without the attestation that this policy asks for elsewhere",
                            view.told(&who.principal)
                        ),
                    ),
                };
                said.push((way.statement, action.clone()));
                let attested =
                    view.allows().filter(|own| own.conditions.iter().any(|row| is_attestation(&row.key.text)));
                let finding = found.add(severity, span, message).witness(&way.request);
                for statement in attested.filter(|own| is_about(own, action)) {
                    finding.label(handle(statement), "attestation is asked for here");
                }
            }
        }
    }
}

fn is_attestation(key: &str) -> bool {
    key.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
}

/// Whether a condition asks for an attestation.
fn attests(condition: &Condition) -> bool {
    let (_, name, if_exists) = operator(&condition.operator);
    let absent = name == "Null" && condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
    is_attestation(&condition.key) && !is_negated(name) && !if_exists && !absent
}
