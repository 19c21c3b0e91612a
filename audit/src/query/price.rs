//! List prices of requests to KMS, from the dated table `data/kms_price.tsv`.

use crate::json::Tree;

const TABLE: &str = include_str!("../../data/kms_price.tsv");

/// Classes of requests and what one request of each costs, in millionths of a dollar.
pub(super) struct Prices {
    classes: Vec<(&'static str, u64)>,
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
        self.classes.iter().find(|(name, _)| *name == class).map_or(0, |(_, price)| *price)
    }
}

/// What the parameters of a request say about its class.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parameters {
    /// `keyPairSpec` is RSA's.
    makes_rsa_pair: bool,
    /// `encryptionAlgorithm`, and that of the source, is that of an asymmetric key.
    encrypts_with_pair: bool,
    decrypts_with_pair: bool,
}

impl Parameters {
    /// Reads them. Those that are missing say nothing.
    pub(super) fn read(parameters: Option<&str>, tree: &mut Tree) -> Self {
        let Some(parameters) = parameters.and_then(|text| tree.read(text).ok()) else { return Self::default() };
        let text = |name: &str| parameters.text_member(name);
        let is_pair = |name: &str| text(name).is_some_and(|algorithm| algorithm != "SYMMETRIC_DEFAULT");
        Self {
            makes_rsa_pair: text("keyPairSpec").is_some_and(|spec| spec.starts_with("RSA")),
            encrypts_with_pair: is_pair("encryptionAlgorithm"),
            decrypts_with_pair: is_pair("sourceEncryptionAlgorithm"),
        }
    }
}

/// The class of a request. `small_rsa` is whether the log tells that its key is RSA_2048: a key of unknown kind counts
/// as one of the larger, dearer ones.
pub(super) fn class(name: &str, parameters: Parameters, small_rsa: bool) -> &'static str {
    let asymmetric = if small_rsa { "rsa-2048" } else { "asymmetric" };
    match name {
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            if parameters.makes_rsa_pair {
                "rsa-pair"
            } else {
                "ecc-pair"
            }
        }
        "Sign" | "Verify" | "GetPublicKey" | "DeriveSharedSecret" | "Encapsulate" | "Decapsulate" => asymmetric,
        "Encrypt" | "Decrypt" if parameters.encrypts_with_pair => asymmetric,
        "ReEncrypt" if parameters.decrypts_with_pair => asymmetric,
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
