//! Where the AWS documentation is silent or contradicts itself: one named switch per question.
//!
//! Each has a default side and another one, and a test for both. Nothing here weakens a rule that
//! is documented; a switch only picks between two readings.

/// A question that the documentation leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quirk {
    /// Case of the keys in a grant's encryption context constraints.
    GrantContextKeyCase,
    /// Policy variables in the values of `Bool`.
    VariableInBool,
    /// `ForAnyValue:...IfExists` on a missing key.
    ForAnyValueIfExists,
    /// Values of the Arn operators with fewer than six parts.
    ShortArn,
    /// `{"AWS": "*"}` and service principals.
    AwsStarAndServices,
    /// A single-valued key whose value is the empty text.
    EmptyText,
    /// A session ARN named by a resource policy, and the session policy.
    SessionArnAndSessionPolicy,
    /// A wildcard inside a segment of a Resource, and colons.
    ResourceInnerWildcard,
    /// kms:RequestAlias of ReEncrypt when the alias names the other key.
    ReEncryptAlias,
    /// An account as the grantee of a grant.
    AccountGrantee,
    /// A grant that the key's owner issued to another account's principal.
    OwnerIssuedGrant,
    /// A grant, and the grantee's permissions boundary and session policy.
    GrantAndBoundary,
    /// A second key policy, `AWS_RAM`.
    RamPolicy,
    /// aws:CalledVia of requests that a service makes for its caller.
    CalledVia,
}

/// One row of the table of quirks.
#[derive(Debug, Clone, Copy)]
pub struct QuirkRow {
    /// Which quirk.
    pub quirk: Quirk,
    /// Its name on the command line.
    pub name: &'static str,
    /// The name of the side that holds unless told otherwise.
    pub default: &'static str,
    /// The name of the other side.
    pub other: &'static str,
    /// The question, and what speaks for either side.
    pub question: &'static str,
}

const fn row(
    quirk: Quirk,
    name: &'static str,
    default: &'static str,
    other: &'static str,
    question: &'static str,
) -> QuirkRow {
    QuirkRow { quirk, name, default, other, question }
}

/// All quirks, in the order of [`Quirk`].
pub const QUIRKS: &[QuirkRow] = &[
    row(
        Quirk::GrantContextKeyCase,
        "grant-context-key-case",
        "insensitive",
        "sensitive",
        "Do the encryption context keys of a grant constraint compare with case? The API reference says no, the developer guide says yes.",
    ),
    row(
        Quirk::VariableInBool,
        "variable-in-bool",
        "expanded",
        "literal",
        "Are policy variables expanded in the values of `Bool`? The page on operators says yes, the page on variables lists string and ARN operators only.",
    ),
    row(
        Quirk::ForAnyValueIfExists,
        "for-any-value-if-exists",
        "false",
        "true",
        "Does `ForAnyValue:...IfExists` hold when the key is missing? ForAnyValue says no, IfExists says yes.",
    ),
    row(
        Quirk::ShortArn,
        "short-arn",
        "never",
        "glob",
        "Can a value of an Arn operator with fewer than six parts, such as `*`, match? The operators compare six parts each.",
    ),
    row(
        Quirk::AwsStarAndServices,
        "aws-star-and-services",
        "match",
        "no-match",
        "Does `{\"AWS\": \"*\"}` name service principals too? It is documented as equal to `\"*\"`, which does.",
    ),
    row(
        Quirk::EmptyText,
        "empty-text",
        "present",
        "absent",
        "Does a single-valued key whose value is the empty text count as absent? It does for multi-valued keys.",
    ),
    row(
        Quirk::SessionArnAndSessionPolicy,
        "session-arn-and-session-policy",
        "escapes",
        "limited",
        "Does a resource policy that names a session ARN reach past the session policy? The guide says yes.",
    ),
    row(
        Quirk::ResourceInnerWildcard,
        "resource-inner-wildcard",
        "stops",
        "crosses",
        "Does a wildcard inside a segment of a Resource stop at a colon? Only one that ends a segment is documented to go on.",
    ),
    row(
        Quirk::ReEncryptAlias,
        "re-encrypt-alias",
        "own-key",
        "either-key",
        "Is kms:RequestAlias set for one key of ReEncrypt when the alias names the other?",
    ),
    row(
        Quirk::AccountGrantee,
        "account-grantee",
        "delegates",
        "nothing",
        "Does a grant whose grantee is an account let that account delegate by IAM? It is documented for a retiring account only.",
    ),
    row(
        Quirk::OwnerIssuedGrant,
        "owner-issued-grant",
        "suffices",
        "needs-iam",
        "Does a grant that the key's owner issued to another account suffice without an IAM Allow there?",
    ),
    row(
        Quirk::GrantAndBoundary,
        "grant-and-boundary",
        "as-key-policy",
        "escapes",
        "Do the boundary and the session policy of a role limit what a grant gives it, as they limit a key policy that names the role?",
    ),
    row(
        Quirk::RamPolicy,
        "ram-policy",
        "union",
        "ignored",
        "Do the statements of the second key policy `AWS_RAM` count beside those of `default`?",
    ),
    row(
        Quirk::CalledVia,
        "called-via",
        "every-service",
        "listed-services",
        "Is aws:CalledVia set whenever a service calls for its caller? The page on forward access sessions says yes; the page on the key lists few services.",
    ),
];

/// The sides chosen; the default of each unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quirks {
    other: u32,
}

impl Quirks {
    /// Whether the other side was chosen.
    pub fn is_other(self, quirk: Quirk) -> bool {
        self.other & (1 << quirk as u32) != 0
    }

    /// The same choices, with the other side of this quirk.
    pub fn with_other(self, quirk: Quirk) -> Quirks {
        Quirks { other: self.other | (1 << quirk as u32) }
    }

    /// The same choices, with the side of that name: `set("short-arn", "glob")`.
    pub fn set(self, name: &str, side: &str) -> Result<Quirks, QuirkError> {
        let row = QUIRKS.iter().find(|row| row.name == name).ok_or_else(|| QuirkError::Name(name.into()))?;
        let bit = 1 << row.quirk as u32;
        if side == row.default {
            Ok(Quirks { other: self.other & !bit })
        } else if side == row.other {
            Ok(Quirks { other: self.other | bit })
        } else {
            Err(QuirkError::Side { name: row.name, side: side.into(), default: row.default, other: row.other })
        }
    }
}

/// A quirk or a side that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuirkError {
    /// No quirk of that name.
    #[error("there is no quirk `{0}`")]
    Name(String),
    /// The quirk has no such side.
    #[error("quirk `{name}` has no side `{side}`; it has `{default}` (default) and `{other}`")]
    Side {
        /// The quirk.
        name: &'static str,
        /// What was asked for.
        side: String,
        /// Its default side.
        default: &'static str,
        /// Its other side.
        other: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_names_differ() {
        for (index, row) in QUIRKS.iter().enumerate() {
            assert_eq!(row.quirk as usize, index, "{}", row.name);
            assert_ne!(row.default, row.other);
            assert_eq!(QUIRKS.iter().filter(|other| other.name == row.name).count(), 1);
        }
    }

    #[test]
    fn sides_are_chosen_by_name() {
        let quirks = Quirks::default().set("short-arn", "glob").unwrap();
        assert!(quirks.is_other(Quirk::ShortArn) && !quirks.is_other(Quirk::EmptyText));
        assert_eq!(quirks.set("short-arn", "never").unwrap(), Quirks::default());
        assert!(quirks.set("short-arn", "maybe").unwrap_err().to_string().contains("`never` (default) and `glob`"));
        assert_eq!(quirks.set("long-arn", "x"), Err(QuirkError::Name("long-arn".into())));
    }
}
