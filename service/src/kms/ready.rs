//! Whether origin, state and usage of a key permit what is asked of it.

use wardbook_policy::catalogue::{KeyState, KeyUsage, kms_operation, kms_state};

use crate::desk::Desk;
use crate::refusal::{Refusal, Why};
use crate::serve::Plan;
use crate::state::Key;

/// Actions that only keys of some origins know, those origins, and whether the refusal says which origin the key has.
const ORIGINS: &[(&str, &[&str], bool)] = &[
    ("kms:DeleteImportedKeyMaterial", &["EXTERNAL"], true),
    ("kms:DisableKeyRotation", &["AWS_KMS"], true),
    ("kms:EnableKeyRotation", &["AWS_KMS"], true),
    ("kms:GetKeyRotationStatus", &["AWS_KMS"], true),
    ("kms:GetParametersForImport", &["EXTERNAL"], true),
    ("kms:ImportKeyMaterial", &["EXTERNAL"], true),
    ("kms:RotateKeyOnDemand", &["AWS_KMS", "EXTERNAL"], false),
];

/// Refuses a plan if a key of it is not in a position to serve it.
pub(super) fn ready(plan: &Plan, desk: &mut Desk<'_>) -> Result<(), Refusal> {
    for (action, key) in &plan.uses {
        let arn = key.name.arn();
        let state = desk.state_of(key);
        // What a key can never do is told before what it cannot do at the moment, unless it is being made or moved.
        let passing = matches!(state, KeyState::Creating | KeyState::Updating);
        if !passing {
            check_origin(action, key)?;
        }
        if let Some(refusal) = kms_state(action, state) {
            let why = match refusal.error() {
                "DisabledException" => Why::Disabled,
                "UnsupportedOperationException" => Why::Unsupported,
                _ => Why::InvalidState,
            };
            return Err(Refusal::new(why, format!("{arn} {}.", refusal.reason())));
        }
        check_origin(action, key)?;
        let operation = kms_operation(action);
        let usage = operation.and_then(|operation| operation.key_usage()).map(KeyUsage::name);
        if usage.is_some_and(|usage| usage != key.record.usage) {
            let name = operation.and_then(|operation| operation.operation()).unwrap_or_default();
            let message = format!("{arn} key usage is {} which is not valid for {name}.", key.record.usage);
            return Err(Refusal::new(Why::InvalidKeyUsage, message));
        }
    }
    Ok(())
}

fn check_origin(action: &str, key: &Key) -> Result<(), Refusal> {
    let origin = key.record.origin.as_str();
    let Some((_, _, named)) = ORIGINS.iter().find(|(of, known, _)| *of == action && !known.contains(&origin)) else {
        return Ok(());
    };
    let message = match named {
        true => format!("{} origin is {origin} which is not valid for this operation.", key.name.arn()),
        false => String::new(),
    };
    Err(Refusal::new(Why::Unsupported, message))
}
