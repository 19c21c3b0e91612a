//! Condition keys: their types, and which requests carry them.

use super::table::{Row, Table, ends_with};
use super::{action, service};

pub(super) const KEYS: Table = Table::new(include_str!("../../data/condition_key.tsv"));

/// The parameter of a name, as in `aws:PrincipalTag/${TagKey}`, begins after one of these.
const BEFORE_PARAMETER: [char; 4] = ['/', ':', '.', '-'];

/// No parameter begins later in a name.
pub(super) const PARAMETER_OFFSET_MAX: usize = 64;

/// The condition key that a policy or a request calls `name`, parameter included.
///
/// ```
/// use wardbook_policy::catalogue::condition_key;
///
/// let name = |text| condition_key(text).map(|key| key.name());
/// assert_eq!(name("KMS:viaservice"), Some("kms:ViaService"));
/// assert_eq!(name("kms:EncryptionContext:aws:s3:arn"), Some("kms:EncryptionContext:${EncryptionContextKey}"));
/// assert_eq!(name("kms:EncryptionContext:"), None);
/// ```
pub fn condition_key(name: &str) -> Option<ConditionKey> {
    if let Some(row) = KEYS.find(&[name]) {
        return Some(ConditionKey(row));
    }
    // The longest stem wins, and with one stem the longest tail.
    name.char_indices()
        .take_while(|(offset, _)| *offset < PARAMETER_OFFSET_MAX)
        .filter(|(_, character)| BEFORE_PARAMETER.contains(character))
        .filter_map(|(offset, _)| name.split_at_checked(offset + 1))
        .filter_map(|(stem, parameter)| {
            KEYS.starting_with(format!("{stem}${{"))
                .map(ConditionKey)
                .filter(|key| {
                    let tail = key.tail();
                    parameter.len() > tail.len() && ends_with(parameter, tail)
                })
                .max_by_key(|key| key.tail().len())
        })
        .last()
}

/// All condition keys, sorted by name.
pub fn condition_keys() -> impl Iterator<Item = ConditionKey> {
    KEYS.rows().map(ConditionKey)
}

/// Whether a request for this action can carry this condition key.
///
/// False only where the catalogue knows both and says no: a key or an action newer than the catalogue is
/// unknown, not absent, since a condition that is silently dropped can turn a Deny into an Allow.
/// Global keys may be on every request; so may keys of no service, such as those of identity providers.
/// Whoever asks about many keys of one action looks the action up once and asks [`super::Action::carries`].
///
/// ```
/// use wardbook_policy::catalogue::carries;
///
/// assert!(carries("kms:Decrypt", "kms:EncryptionContext:stage"));
/// assert!(carries("kms:Decrypt", "aws:SourceIp"));
/// assert!(!carries("kms:Sign", "kms:EncryptionContext:stage"));
/// assert!(carries("kms:Sign", "kms:KeyNotYetInvented"));
/// ```
pub fn carries(action_name: &str, key_name: &str) -> bool {
    let (Some(action), Some(key)) = (action(action_name), condition_key(key_name)) else {
        return true;
    };
    action.carries(key)
}

/// A condition key that a policy can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConditionKey(Row);

impl ConditionKey {
    /// The name as AWS spells it; a parameter is written `${Name}`.
    pub fn name(self) -> &'static str {
        self.0.field(0)
    }

    /// The name before its parameter, such as `aws:PrincipalTag/`; the whole name if it has none.
    pub fn stem(self) -> &'static str {
        self.name().split("${").next().unwrap_or("")
    }

    /// Whether part of the name is chosen by the caller, such as a tag key.
    pub fn has_parameter(self) -> bool {
        self.stem().len() < self.name().len()
    }

    /// The type of its values.
    pub fn value_type(self) -> ValueType {
        let text = self.0.field(1);
        match text.strip_prefix("ArrayOf").unwrap_or(text) {
            "ARN" => ValueType::Arn,
            "Binary" => ValueType::Binary,
            "Bool" => ValueType::Bool,
            "Date" => ValueType::Date,
            "IPAddress" => ValueType::IpAddress,
            "Numeric" => ValueType::Numeric,
            _ => ValueType::String,
        }
    }

    /// Whether a request may carry several values, so that a condition needs a set operator.
    pub fn is_multi_valued(self) -> bool {
        self.0.field(1).starts_with("ArrayOf")
    }

    /// Whether requests carry it that do not list it.
    pub(crate) fn is_carried_anyway(self) -> bool {
        self.is_global() || !self.belongs_to_service()
    }

    /// Whether requests to any service may carry it.
    pub fn is_global(self) -> bool {
        self.0.field(2) == "global"
    }

    /// The name after its parameter.
    fn tail(self) -> &'static str {
        match self.name().split_once("${") {
            Some((_, rest)) => rest.split_once('}').map_or("", |(_, tail)| tail),
            None => "",
        }
    }

    /// Whether the key stands or falls with what services list: its prefix is a service's, or it is one of
    /// the `aws:` keys that are not on every request.
    pub(super) fn belongs_to_service(self) -> bool {
        let prefix = self.name().split(':').next().unwrap_or("");
        prefix == "aws" || service(prefix).is_some()
    }
}

/// The type of a condition key's values, which tells the operators that suit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// An ARN; `Arn…` operators, and `String…` ones as well.
    Arn,
    /// Base64 text of bytes.
    Binary,
    /// `true` or `false`.
    Bool,
    /// A time, as ISO 8601 or seconds since 1970.
    Date,
    /// An address, compared with CIDR blocks.
    IpAddress,
    /// A number.
    Numeric,
    /// Text.
    String,
}
