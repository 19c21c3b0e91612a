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
    pub(super) fn of(&self, class: Class, small_rsa: bool) -> u64 {
        let wanted = class.name(small_rsa);
        self.classes.iter().find(|(name, _)| *name == wanted).map_or(0, |(_, price)| *price)
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

/// What decides on the price of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing but that it is one.
    Request,
    /// It makes a pair of RSA keys.
    RsaPair,
    /// It makes another pair.
    EccPair,
    /// It is answered with an asymmetric key, whose kind decides.
    OfKey,
}

impl Class {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    /// Every class, in the order of the variants.
    pub(super) const ALL: [Class; Self::COUNT] = [Class::Request, Class::RsaPair, Class::EccPair, Class::OfKey];

    /// The class of a request.
    pub(super) fn of(name: &str, parameters: Parameters) -> Self {
        match name {
            "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
                if parameters.makes_rsa_pair {
                    Class::RsaPair
                } else {
                    Class::EccPair
                }
            }
            "Sign" | "Verify" | "GetPublicKey" | "DeriveSharedSecret" | "Encapsulate" | "Decapsulate" => Class::OfKey,
            "Encrypt" | "Decrypt" if parameters.encrypts_with_pair => Class::OfKey,
            "ReEncrypt" if parameters.decrypts_with_pair => Class::OfKey,
            _ => Class::Request,
        }
    }

    /// Its name in the table. `small_rsa` is whether the log tells that the key is RSA_2048: a key of unknown kind counts
    /// as one of the larger, dearer ones.
    fn name(self, small_rsa: bool) -> &'static str {
        match self {
            Class::Request => "request",
            Class::RsaPair => "rsa-pair",
            Class::EccPair => "ecc-pair",
            Class::OfKey if small_rsa => "rsa-2048",
            Class::OfKey => "asymmetric",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_price() {
        let prices = Prices::listed();
        assert_eq!(Class::ALL.map(|class| prices.of(class, false)), [3, 1_200, 10, 15]);
        assert_eq!(Class::ALL.map(|class| prices.of(class, true)), [3, 1_200, 10, 3]);
        assert_eq!(prices.classes.len(), Class::COUNT + 1);
        assert_eq!(prices.date.len(), "2026-06-01".len());
    }
}
