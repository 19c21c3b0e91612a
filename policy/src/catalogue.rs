//! What AWS calls its actions, resources and condition keys, and what KMS makes of its own.
//!
//! The tables are text in `policy/data`, searched as they stand: nothing is parsed at start-up, and an
//! answer is a view into the text. Names are compared without regard to ASCII case, as IAM compares them.
//! What a table does not know is [`None`], never a guess; whoever decides on that must fail closed.
//!
//! ```
//! use wardbook_policy::catalogue::{self, AccessLevel};
//!
//! let decrypt = catalogue::action("KMS:decrypt").unwrap();
//! assert_eq!(decrypt.name(), "kms:Decrypt");
//! assert_eq!(decrypt.access_level(), AccessLevel::Write);
//! assert!(catalogue::kms_operation("kms:Decrypt").unwrap().is_cross_account());
//!
//! let team = catalogue::condition_key("aws:PrincipalTag/team").unwrap();
//! assert_eq!(team.name(), "aws:PrincipalTag/${TagKey}");
//! assert!(!team.is_multi_valued());
//! ```

mod action;
mod condition_key;
mod kms_error;
mod kms_operation;
mod kms_state;
mod nearest;
mod region;
mod table;
#[cfg(test)]
mod tests;

pub use action::{
    AccessLevel, Action, ResourceType, Service, action, actions, actions_matching, resource_type, service, services,
};
pub use condition_key::{ConditionKey, ValueType, carries, condition_key, condition_keys};
pub use kms_error::{KmsError, kms_error, kms_errors};
pub use kms_operation::{KeyUsage, KmsOperation, ResourceKind, kms_operation, kms_operations, kms_operations_of};
pub use kms_state::{KeyState, StateRefusal, kms_state};
pub use nearest::{nearest_action, nearest_condition_key, slip};
pub(crate) use region::REGIONS;
pub use region::is_region;

/// No name in the tables is longer; whatever is cannot be one of them.
const NAME_BYTES_MAX: usize = 128;
