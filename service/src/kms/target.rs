//! Which operation a request names.

use std::collections::HashMap;
use std::sync::LazyLock;

use wardbook_policy::catalogue::kms_operations_of;

use crate::api::Operation;
use crate::event::Case;
use crate::raw::Raw;
use crate::refusal::{Refusal, Why};

/// The operation that a request names.
pub(super) fn target(raw: &Raw, case: &mut Case) -> Result<Operation, Refusal> {
    let unknown = || Refusal::new(Why::UnknownOperation, "");
    let name =
        raw.header("x-amz-target").and_then(|target| target.strip_prefix("TrentService.")).ok_or_else(unknown)?;
    case.name(name);
    let (operation, read_only) = OPERATIONS.get(name).copied().ok_or_else(unknown)?;
    case.read_only = read_only;
    Ok(operation)
}

/// Every operation by its name, and whether it only reads.
static OPERATIONS: LazyLock<HashMap<&'static str, (Operation, bool)>> = LazyLock::new(|| {
    let read_only = |name: &str| kms_operations_of(name).all(|line| line.is_read_only());
    Operation::ALL.into_iter().map(|operation| (operation.name(), (operation, read_only(operation.name())))).collect()
});
