//! Random key policies, the same for the same seed.

use wardbook_policy::boxes::Setting;
use wardbook_policy::policy::{Policy, PolicyKind};

use crate::{ACCOUNT, KEY, document, policy};

const ACTIONS: &[&str] = &[
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:*Grant",
    "kms:Describe*",
    "kms:Get*",
    "kms:List*",
    "kms:ReEncrypt*",
    "kms:*",
    "kms:Put*",
    "kms:Schedule*",
    "kms:Sign",
    "kms:*Key*",
];

/// Operator, key and values of the conditions.
const ROWS: &[(&str, &str, &[&str])] = &[
    ("StringEquals", "kms:ViaService", &["s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]),
    ("StringLike", "kms:ViaService", &["s3.*.amazonaws.com", "*.eu-west-1.amazonaws.com", "sqs.*"]),
    ("StringEquals", "aws:PrincipalOrgID", &["o-a1b2c3d4e5", "o-f6g7h8i9j0"]),
    ("StringLike", "aws:PrincipalArn", &["arn:aws:iam::*:role/admin*", "arn:aws:iam::111122223333:role/ci-*"]),
    ("IpAddress", "aws:SourceIp", &["203.0.113.0/24", "198.51.100.0/22", "10.0.0.0/8"]),
    ("StringNotEquals", "kms:EncryptionContext:Stage", &["prod", "test", "dev"]),
    ("StringEquals", "kms:CallerAccount", &["111122223333", "444455556666"]),
];

/// The same numbers in every run.
pub struct Dice(u64);

impl Dice {
    /// The seed tells the numbers.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// One of so many.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn quoted(&mut self, texts: &[&str]) -> String {
        let index = self.roll(texts.len());
        format!("\"{}\"", texts[index])
    }

    /// A statement of a key policy; the number is its Sid.
    pub fn statement(&mut self, number: usize) -> String {
        let effect = if self.roll(4) == 0 { "Deny" } else { "Allow" };
        let actions: Vec<String> = (0..1 + self.roll(3)).map(|_| self.quoted(ACTIONS)).collect();
        let names: Vec<String> = (0..1 + self.roll(4))
            .map(|_| match self.roll(6) {
                0 => format!("\"arn:aws:iam::{ACCOUNT}:root\""),
                1 => format!("\"arn:aws:iam::{}:root\"", 444_455_556_666_u64 + self.roll(3) as u64),
                2 => format!("\"arn:aws:iam::{ACCOUNT}:user/u{}\"", self.roll(30)),
                _ => format!("\"arn:aws:iam::{ACCOUNT}:role/r{}\"", self.roll(60)),
            })
            .collect();
        let principal =
            if self.roll(8) == 0 { "\"*\"".to_owned() } else { format!("{{\"AWS\": [{}]}}", names.join(", ")) };
        let mut rows: Vec<(&str, String)> = Vec::new();
        for _ in 0..self.roll(3) {
            let index = self.roll(ROWS.len());
            let (operator, key, values) = ROWS[index];
            let values: Vec<String> = (0..1 + self.roll(2)).map(|_| self.quoted(values)).collect();
            if rows.iter().all(|(known, row)| *known != operator && !row.contains(key)) {
                rows.push((operator, format!("\"{operator}\": {{\"{key}\": [{}]}}", values.join(", "))));
            }
        }
        let rows: Vec<String> = rows.into_iter().map(|(_, row)| row).collect();
        let condition =
            if rows.is_empty() { String::new() } else { format!(", \"Condition\": {{{}}}", rows.join(", ")) };
        format!(
            "{{\"Sid\": \"S{number}\", \"Effect\": \"{effect}\", \"Principal\": {principal}, \"Action\": [{}], \"Resource\": \"*\"{condition}}}",
            actions.join(", ")
        )
    }
}

/// A policy of so many statements, and the same with one of them written anew.
pub fn pair(statements: usize, seed: u64) -> [[Policy; 1]; 2] {
    let mut dice = Dice::new(seed);
    let old: Vec<String> = (0..statements).map(|number| dice.statement(number)).collect();
    let mut new = old.clone();
    let at = dice.roll(statements);
    new[at] = dice.statement(at);
    [old, new].map(|side| [policy(&document(side), PolicyKind::Key)])
}

/// Where the policies stand.
pub fn setting() -> Setting<'static> {
    Setting { resource: Some(KEY), account: Some(ACCOUNT), ..Setting::of(PolicyKind::Key) }
}
