//! List prices of requests to KMS, from the dated table `data/kms_price.tsv`.

use std::collections::HashMap;

use super::row::Row;
use crate::json::Tree;

const TABLE: &str = include_str!("../../data/kms_price.tsv");

/// Classes of requests and what one request of each costs, in millionths of a dollar.
pub(super) struct Prices {
    classes: HashMap<&'static str, u64>,
    /// The day on which the prices were listed.
    pub(super) date: &'static str,
}

impl Prices {
    /// The prices of the table. A class that it does not have costs nothing; a test holds that there is none such.
    pub(super) fn listed() -> Self {
        let date = TABLE.lines().find_map(|line| line.strip_prefix("# date: ")).unwrap_or_default();
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        let classes = lines.filter_map(|line| {
            let mut fields = line.split('\t');
            let (class, dollars) = (fields.next()?, fields.next()?);
            let (whole, cents) = dollars.split_once('.')?;
            // A cent for 10,000 requests is a millionth of a dollar for one.
            Some((class, whole.parse::<u64>().ok()? * 100 + cents.parse::<u64>().ok()?))
        });
        Self { classes: classes.collect(), date }
    }

    /// What a request costs.
    pub(super) fn of(&self, class: &str) -> u64 {
        self.classes.get(class).copied().unwrap_or_default()
    }
}

/// The class of a request. `spec` is that of its key, where the log tells it: an RSA key of unknown size counts as one
/// of the larger, dearer ones.
pub(super) fn class(row: Row<'_>, spec: Option<&str>, tree: &mut Tree) -> &'static str {
    let parameters = row.text("request_parameters").unwrap_or_default();
    let mut parameter = |name: &str| {
        let value = tree.read(parameters).ok()?;
        value.text_member(name).map(|text| text.into_owned())
    };
    let asymmetric = if spec == Some("RSA_2048") { "rsa-2048" } else { "asymmetric" };
    match row.text("event_name").unwrap_or_default() {
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            let rsa = parameter("keyPairSpec").is_some_and(|spec| spec.starts_with("RSA"));
            if rsa { "rsa-pair" } else { "ecc-pair" }
        }
        "Sign" | "Verify" | "GetPublicKey" | "DeriveSharedSecret" | "Encapsulate" | "Decapsulate" => asymmetric,
        "Encrypt" | "Decrypt" => match parameter("encryptionAlgorithm") {
            Some(algorithm) if algorithm != "SYMMETRIC_DEFAULT" => asymmetric,
            _ => "request",
        },
        "ReEncrypt" => match parameter("sourceEncryptionAlgorithm") {
            Some(algorithm) if algorithm != "SYMMETRIC_DEFAULT" => asymmetric,
            _ => "request",
        },
        _ => "request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_price() {
        let prices = Prices::listed();
        let classes = ["request", "rsa-2048", "ecc-pair", "asymmetric", "rsa-pair"];
        assert_eq!(classes.map(|class| prices.of(class)), [3, 3, 10, 15, 1_200]);
        assert_eq!(prices.classes.len(), classes.len());
        assert_eq!(prices.date.len(), "2026-06-01".len());
    }
}
