//! Names of keys and aliases as callers write them, and as ARNs.

use wardbook_policy::arn::{Arn, is_account_id};

/// Which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName {
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its id.
    pub id: String,
}

/// Which alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasName {
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name, `alias/...`.
    pub name: String,
}

/// Which custom key store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreName {
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its id, `cks-...`.
    pub id: String,
}

/// What a caller wrote where a key is to be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// An id or a key ARN.
    Key(KeyName),
    /// An alias or its ARN.
    Alias(AliasName),
    /// An ARN of this other region.
    OtherRegion(String),
    /// An ARN of something else, or one that is malformed.
    OtherArn,
    /// No id at all.
    Malformed,
}

/// The partition of a region.
pub fn partition(region: &str) -> &'static str {
    let own = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    own.map_or("aws", |(_, partition)| partition)
}

/// How the Regions of every partition but the first begin.
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
];

impl KeyName {
    /// The ARN.
    pub fn arn(&self) -> String {
        let Self { account, region, id } = self;
        format!("arn:{}:kms:{region}:{account}:key/{id}", partition(region))
    }

    /// Whether its id is that of a multi-Region key.
    pub fn is_multi_region(&self) -> bool {
        self.id.starts_with("mrk-")
    }
}

impl AliasName {
    /// The ARN.
    pub fn arn(&self) -> String {
        let Self { account, region, name } = self;
        format!("arn:{}:kms:{region}:{account}:{name}", partition(region))
    }
}

impl Written {
    /// Reads what a caller of an account wrote in a region.
    pub fn read(text: &str, account: &str, region: &str) -> Self {
        let own = || (account.to_owned(), region.to_owned());
        if !text.starts_with("arn:") {
            let (account, region) = own();
            return match text {
                name if name.starts_with("alias/") => Self::Alias(AliasName { account, region, name: name.into() }),
                id if is_key_id(id) => Self::Key(KeyName { account, region, id: id.into() }),
                _ => Self::Malformed,
            };
        }
        let Some(arn) = Arn::parse(text).filter(|arn| arn.service == "kms" && is_account_id(arn.account)) else {
            return Self::OtherArn;
        };
        if arn.region != region {
            return Self::OtherRegion(arn.region.to_owned());
        }
        if arn.partition != partition(region) {
            return Self::OtherArn;
        }
        let (account, region) = (arn.account.to_owned(), region.to_owned());
        match arn.resource.strip_prefix("key/") {
            Some(id) => Self::Key(KeyName { account, region, id: id.into() }),
            None if arn.resource.starts_with("alias/") => {
                Self::Alias(AliasName { account, region, name: arn.resource.into() })
            }
            None => Self::OtherArn,
        }
    }
}

/// A UUID in lower case, or `mrk-` and 32 hexadecimal digits.
pub fn is_key_id(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if let Some(rest) = text.strip_prefix("mrk-") {
        return rest.len() == 32 && hex(rest);
    }
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.split('-').all(hex)
}

/// A UUID of random bytes.
pub(crate) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut out = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.extend(digits(*byte));
    }
    out
}

/// Hexadecimal in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        out.extend(digits(*byte));
    }
    out
}

fn digits(byte: u8) -> [char; 2] {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' - 10 + half });
    [digit(byte >> 4), digit(byte & 0x0f)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn names_are_read_as_they_are_written() {
        let read = |text: &str| Written::read(text, "111122223333", "eu-west-1");
        let arn = format!("arn:aws:kms:eu-west-1:444455556666:key/{ID}");
        let Written::Key(key) = read(&arn) else { panic!("a key") };
        assert_eq!((key.arn(), key.account.as_str()), (arn, "444455556666"));
        assert!(matches!(read(ID), Written::Key(key) if key.account == "111122223333"));
        let Written::Alias(alias) = read("alias/a/b") else { panic!("an alias") };
        assert_eq!(alias.arn(), "arn:aws:kms:eu-west-1:111122223333:alias/a/b");
        assert!(matches!(read(&alias.arn()), Written::Alias(again) if again == alias));
        assert_eq!(read("arn:aws:kms:eu-west-2:444455556666:key/x"), Written::OtherRegion("eu-west-2".into()));
        for other in [
            "arn:aws:s3:::b",
            "arn:aws:kms:eu-west-1:444455556666:thing/x",
            "arn:aws-cn:kms:eu-west-1:444455556666:key/x",
        ] {
            assert_eq!(read(other), Written::OtherArn, "{other}");
        }
        for bad in ["", "fake-key-id", "1234ABCD-12ab-34cd-56ef-1234567890ab", "mrk-fake-key-id", "aliasx"] {
            assert_eq!(read(bad), Written::Malformed, "{bad}");
        }
        assert!(is_key_id(&format!("mrk-{}", "0a".repeat(16))) && is_key_id(&uuid([255; 16])));
        assert_eq!(uuid([0xab; 16]), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(hex(&[0x00, 0x09, 0x1a, 0xff]), "00091aff");
    }
}
