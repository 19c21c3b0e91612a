//! Which operations the state of a key refuses.
//!
//! Follows <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>; `policy/data/README.md`
//! lists what we chose where that page leaves a choice.

use super::table::Table;

pub(super) const STATES: Table = Table::new(include_str!("../../data/kms_state.tsv"));

/// Why a key in this state refuses this action, or [`None`] if its state does not stand in the way.
///
/// Actions that use no existing key, and actions that are not of KMS, meet no refusal here.
/// Whether the key's origin and spec suit the operation is another question.
///
/// ```
/// use wardbook_policy::catalogue::{KeyState, StateRefusal, kms_state};
///
/// assert_eq!(kms_state("kms:Decrypt", KeyState::Disabled), Some(StateRefusal::Disabled));
/// assert_eq!(kms_state("kms:DescribeKey", KeyState::Disabled), None);
/// ```
pub fn kms_state(action: &str, state: KeyState) -> Option<StateRefusal> {
    let row = STATES.find(&[action])?;
    StateRefusal::from_word(row.field(state.column()))
}

/// The state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// A replica that is not ready yet.
    Creating,
    /// Ready for use.
    Enabled,
    /// Switched off by its owner.
    Disabled,
    /// Waiting for the day of its deletion.
    PendingDeletion,
    /// A primary that waits for the deletion of its replicas.
    PendingReplicaDeletion,
    /// Waiting for key material.
    PendingImport,
    /// Its custom key store is disconnected.
    Unavailable,
    /// Its primary Region is being moved.
    Updating,
}

impl KeyState {
    /// All states, in the order of the table's columns.
    pub const ALL: [Self; 8] = [
        Self::Creating,
        Self::Enabled,
        Self::Disabled,
        Self::PendingDeletion,
        Self::PendingReplicaDeletion,
        Self::PendingImport,
        Self::Unavailable,
        Self::Updating,
    ];

    /// The state that the API calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::PendingImport => "PendingImport",
            Self::Unavailable => "Unavailable",
            Self::Updating => "Updating",
        }
    }

    fn column(self) -> usize {
        Self::ALL.into_iter().position(|state| state == self).map_or(0, |index| index + 1)
    }
}

/// Why the state of a key refuses an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateRefusal {
    /// The key is being made.
    Creating,
    /// A key of a custom key store knows no such operation.
    CustomKeyStore,
    /// The key is disabled.
    Disabled,
    /// A key with imported material knows no such operation.
    ExternalOrigin,
    /// There is no deletion to cancel.
    NotPendingDeletion,
    /// The key is about to be deleted.
    PendingDeletion,
    /// The key has no material.
    PendingImport,
    /// The key's store is out of reach.
    Unavailable,
    /// The key is being changed.
    Updating,
}

impl StateRefusal {
    /// The name of the error that KMS answers.
    pub fn error(self) -> &'static str {
        match self {
            Self::Disabled => "DisabledException",
            Self::CustomKeyStore | Self::ExternalOrigin => "UnsupportedOperationException",
            Self::Creating
            | Self::NotPendingDeletion
            | Self::PendingDeletion
            | Self::PendingImport
            | Self::Unavailable
            | Self::Updating => "KMSInvalidStateException",
        }
    }

    /// What is said of the key, to be read after its ARN.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Creating => "is creating",
            Self::CustomKeyStore => "is in a custom key store, which is not valid for this operation",
            Self::Disabled => "is disabled",
            Self::ExternalOrigin => "origin is EXTERNAL which is not valid for this operation",
            Self::NotPendingDeletion => "is not pending deletion",
            Self::PendingDeletion => "is pending deletion",
            Self::PendingImport => "is pending import",
            Self::Unavailable => "is unavailable",
            Self::Updating => "is updating",
        }
    }

    /// A word that is not known refuses: the table may not open what nobody understands.
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "ok" => None,
            "creating" => Some(Self::Creating),
            "custom-key-store" => Some(Self::CustomKeyStore),
            "disabled" => Some(Self::Disabled),
            "external-origin" => Some(Self::ExternalOrigin),
            "not-pending-deletion" => Some(Self::NotPendingDeletion),
            "pending-deletion" => Some(Self::PendingDeletion),
            "pending-import" => Some(Self::PendingImport),
            "updating" => Some(Self::Updating),
            _ => Some(Self::Unavailable),
        }
    }
}
