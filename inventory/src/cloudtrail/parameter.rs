//! From the parameters of a KMS call to the condition keys that carry them.
//!
//! An event holds all parameters that were sent, so one that is missing was not sent: its key has
//! the default of the operation, or is absent.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>

use wardbook_policy::catalogue;
use wardbook_policy::context::Values;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::question::Target;

use crate::authorization_details::{list, text};
use crate::circumstances::Circumstances;

/// A parameter and its condition key. Operations empty: every operation whose requests carry the key.
struct Row {
    operations: &'static [&'static str],
    parameter: &'static str,
    key: &'static str,
}

const fn row(operations: &'static [&'static str], parameter: &'static str, key: &'static str) -> Row {
    Row { operations, parameter, key }
}

/// Keys such as kms:KeySpec also tell a property of the key; only CreateKey has them as parameters
/// (the `keySpec` of GenerateDataKey is that of the data key).
const ROWS: &[Row] = &[
    row(&["CreateKey"], "keySpec", "kms:KeySpec"),
    row(&["CreateKey"], "customerMasterKeySpec", "kms:KeySpec"),
    row(&["CreateKey"], "keyUsage", "kms:KeyUsage"),
    row(&["CreateKey"], "origin", "kms:KeyOrigin"),
    row(&["CreateKey"], "multiRegion", "kms:MultiRegion"),
    row(&[], "bypassPolicyLockoutSafetyCheck", "kms:BypassPolicyLockoutSafetyCheck"),
    row(&[], "encryptionAlgorithm", "kms:EncryptionAlgorithm"),
    row(&[], "keyPairSpec", "kms:DataKeyPairSpec"),
    row(&[], "signingAlgorithm", "kms:SigningAlgorithm"),
    row(&[], "messageType", "kms:MessageType"),
    row(&[], "macAlgorithm", "kms:MacAlgorithm"),
    row(&[], "keyAgreementAlgorithm", "kms:KeyAgreementAlgorithm"),
    row(&[], "wrappingAlgorithm", "kms:WrappingAlgorithm"),
    row(&[], "wrappingKeySpec", "kms:WrappingKeySpec"),
    row(&[], "expirationModel", "kms:ExpirationModel"),
    row(&[], "validTo", "kms:ValidTo"),
    row(&["PutKeyPolicy", "GetKeyPolicy"], "policyName", "kms:PolicyName"),
    row(&[], "pendingWindowInDays", "kms:ScheduleKeyDeletionPendingWindowInDays"),
    row(&[], "rotationPeriodInDays", "kms:RotationPeriodInDays"),
    row(&[], "replicaRegion", "kms:ReplicaRegion"),
    row(&[], "primaryRegion", "kms:PrimaryRegion"),
    row(&[], "granteePrincipal", "kms:GranteePrincipal"),
    row(&[], "granteeServicePrincipal", "kms:GranteeServicePrincipal"),
    row(&["CreateGrant"], "retiringPrincipal", "kms:RetiringPrincipal"),
    row(&[], "retiringServicePrincipal", "kms:RetiringServicePrincipal"),
    row(&[], "operations", "kms:GrantOperations"),
];

/// Keys for which KMS puts in a value of its own when the parameter is not sent, without a word about
/// it in the event or in its documentation.
const FILLED_IN: &[&str] = &["kms:EncryptionAlgorithm", "kms:MessageType"];

/// Tells what the parameters of a call say about one of its questions.
pub(super) fn tell(
    mut told: Circumstances,
    action: &str,
    target: Target,
    operation: &str,
    parameters: &Value,
) -> Circumstances {
    let defaults = catalogue::kms_operation(action);
    for row in ROWS {
        let fits = row.operations.is_empty() || row.operations.contains(&operation);
        if !fits
            || !catalogue::carries(action, row.key)
            || told.names(row.key) && parameters.member(row.parameter).is_none()
        {
            continue;
        }
        let name = match (row.parameter, target, operation) {
            ("encryptionAlgorithm", Target::Key, "ReEncrypt") => "sourceEncryptionAlgorithm",
            ("encryptionAlgorithm", Target::OtherKey, "ReEncrypt") => "destinationEncryptionAlgorithm",
            (name, _, _) => name,
        };
        let default = || defaults.and_then(|known| known.defaults().find(|(key, _)| *key == row.key));
        let sent = parameters.member(name).map(values);
        told = match sent {
            // Dates are shown in words that no condition compares.
            Some(Some(Values::One(date))) if row.key == "kms:ValidTo" && !is_date(&date) => told.unknown(row.key),
            Some(Some(values)) => told.with(row.key, values),
            // Something was sent whose value the event does not show.
            Some(None) => told.unknown(row.key),
            None => match default() {
                Some((_, value)) => told.with(row.key, value),
                None if FILLED_IN.contains(&row.key) => told.unknown(row.key),
                None => told.absent(row.key),
            },
        };
    }
    if operation == "CreateGrant" {
        told = constraints(told, parameters.member("constraints"));
    } else if catalogue::carries(action, "kms:EncryptionContext:x") {
        let name = match (target, operation) {
            (Target::Key, "ReEncrypt") => "sourceEncryptionContext",
            (Target::OtherKey, "ReEncrypt") => "destinationEncryptionContext",
            _ => "encryptionContext",
        };
        told = encryption_context(told, parameters.member(name));
    }
    tags(told, operation, parameters)
}

fn encryption_context(mut told: Circumstances, context: Option<&Value>) -> Circumstances {
    let Some(pairs) = context.and_then(Value::as_object) else {
        let hidden = context.is_some_and(|context| context.as_text().is_some());
        return if hidden { told } else { told.whole("kms:EncryptionContext:") };
    };
    for pair in pairs {
        let key = format!("kms:EncryptionContext:{}", pair.name);
        told = match pair.value.as_text() {
            Some(value) => told.with(&key, value),
            None => told.unknown(&key),
        };
    }
    told.whole("kms:EncryptionContext:")
}

/// The constraints of a grant to be made; their context counts as the encryption context of the call.
fn constraints(told: Circumstances, constraints: Option<&Value>) -> Circumstances {
    let source = constraints.and_then(|constraints| text(constraints, "sourceArn"));
    let told = match source {
        Some(arn) => told.with("kms:GrantConstraintSourceArn", arn),
        None => told.absent("kms:GrantConstraintSourceArn"),
    };
    let kinds = [
        ("encryptionContextEquals", "EncryptionContextEquals"),
        ("encryptionContextSubset", "EncryptionContextSubset"),
    ];
    let found = kinds.iter().find_map(|(member, kind)| Some((constraints?.member(member)?, *kind)));
    match found {
        Some((context, kind)) => encryption_context(told.with("kms:GrantConstraintType", kind), Some(context)),
        None => encryption_context(told.absent("kms:GrantConstraintType"), None),
    }
}

/// Tags that a call sets or takes away.
fn tags(mut told: Circumstances, operation: &str, parameters: &Value) -> Circumstances {
    if !matches!(operation, "TagResource" | "UntagResource" | "CreateKey" | "ReplicateKey") {
        return told;
    }
    let mut names: Vec<Box<str>> =
        list(parameters, "tagKeys").iter().filter_map(Value::as_text).map(Into::into).collect();
    for tag in list(parameters, "tags") {
        if let (Some(name), Some(value)) = (text(tag, "tagKey"), text(tag, "tagValue")) {
            told = told.with(&format!("aws:RequestTag/{name}"), value);
            names.push(name.into());
        }
    }
    told.whole("aws:RequestTag/").with("aws:TagKeys", Values::Many(names))
}

/// `2027-01-01T00:00:00Z`, or seconds.
fn is_date(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains(' ')
}

/// A parameter as a condition value; `None` for one that is shown as something else.
pub(super) fn values(value: &Value) -> Option<Values> {
    match &value.kind {
        Kind::Text(text) | Kind::Number(text) => Some(Values::One(text.clone())),
        Kind::Bool(told) => Some(Values::One(told.to_string().into())),
        Kind::List(list) => {
            list.iter().map(|value| value.as_text().map(Into::into)).collect::<Option<Vec<_>>>().map(Values::Many)
        }
        Kind::Null | Kind::Object(_) => None,
    }
}
