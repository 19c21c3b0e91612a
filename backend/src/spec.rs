//! What a key is: its spec, and the one thing it may be used for.

use std::fmt;
use std::str::FromStr;

/// The kind and size of a key, as the KMS documentation names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySpec {
    /// 256-bit material for AES-256-GCM through the envelope.
    SymmetricDefault,
    /// Material for SM4-128-GCM through the envelope: what `SYMMETRIC_DEFAULT` means where SM algorithms
    /// are the law. The caller knows where that is.
    Sm4,
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
    /// NIST P-256.
    EccNistP256,
    /// NIST P-384.
    EccNistP384,
    /// NIST P-521.
    EccNistP521,
    /// secp256k1.
    EccSecgP256k1,
    /// Ed25519.
    EccNistEdwards25519,
    /// HMAC, 224 bits.
    Hmac224,
    /// HMAC, 256 bits.
    Hmac256,
    /// HMAC, 384 bits.
    Hmac384,
    /// HMAC, 512 bits.
    Hmac512,
    /// The SM2 curve.
    Sm2,
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
    /// ML-KEM-512.
    MlKem512,
    /// ML-KEM-768.
    MlKem768,
    /// ML-KEM-1024.
    MlKem1024,
}

/// What a key is for. Fixed when it is made, bound into its token, checked at every operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Usage {
    /// Encrypt, decrypt, data keys.
    EncryptDecrypt,
    /// Sign and verify.
    SignVerify,
    /// Make and verify message authentication codes.
    GenerateVerifyMac,
    /// Agree on a shared secret.
    KeyAgreement,
    /// Encapsulate and decapsulate a shared secret.
    EncapsulateDecapsulate,
}

/// Spec, name, usages a key of it may be made for.
const SPECS: &[(KeySpec, &str, &[Usage])] = &[
    (KeySpec::SymmetricDefault, "SYMMETRIC_DEFAULT", &[Usage::EncryptDecrypt]),
    (KeySpec::Sm4, "SM4", &[Usage::EncryptDecrypt]),
    (KeySpec::Rsa2048, "RSA_2048", &[Usage::EncryptDecrypt, Usage::SignVerify]),
    (KeySpec::Rsa3072, "RSA_3072", &[Usage::EncryptDecrypt, Usage::SignVerify]),
    (KeySpec::Rsa4096, "RSA_4096", &[Usage::EncryptDecrypt, Usage::SignVerify]),
    (KeySpec::EccNistP256, "ECC_NIST_P256", &[Usage::SignVerify, Usage::KeyAgreement]),
    (KeySpec::EccNistP384, "ECC_NIST_P384", &[Usage::SignVerify, Usage::KeyAgreement]),
    (KeySpec::EccNistP521, "ECC_NIST_P521", &[Usage::SignVerify, Usage::KeyAgreement]),
    (KeySpec::EccSecgP256k1, "ECC_SECG_P256K1", &[Usage::SignVerify]),
    (KeySpec::EccNistEdwards25519, "ECC_NIST_EDWARDS25519", &[Usage::SignVerify]),
    (KeySpec::Hmac224, "HMAC_224", &[Usage::GenerateVerifyMac]),
    (KeySpec::Hmac256, "HMAC_256", &[Usage::GenerateVerifyMac]),
    (KeySpec::Hmac384, "HMAC_384", &[Usage::GenerateVerifyMac]),
    (KeySpec::Hmac512, "HMAC_512", &[Usage::GenerateVerifyMac]),
    (KeySpec::Sm2, "SM2", &[Usage::EncryptDecrypt, Usage::SignVerify, Usage::KeyAgreement]),
    (KeySpec::MlDsa44, "ML_DSA_44", &[Usage::SignVerify]),
    (KeySpec::MlDsa65, "ML_DSA_65", &[Usage::SignVerify]),
    (KeySpec::MlDsa87, "ML_DSA_87", &[Usage::SignVerify]),
    (KeySpec::MlKem512, "ML_KEM_512", &[Usage::EncapsulateDecapsulate]),
    (KeySpec::MlKem768, "ML_KEM_768", &[Usage::EncapsulateDecapsulate]),
    (KeySpec::MlKem1024, "ML_KEM_1024", &[Usage::EncapsulateDecapsulate]),
];

const USAGES: &[(Usage, &str)] = &[
    (Usage::EncryptDecrypt, "ENCRYPT_DECRYPT"),
    (Usage::SignVerify, "SIGN_VERIFY"),
    (Usage::GenerateVerifyMac, "GENERATE_VERIFY_MAC"),
    (Usage::KeyAgreement, "KEY_AGREEMENT"),
    (Usage::EncapsulateDecapsulate, "ENCAPSULATE_DECAPSULATE"),
];

impl KeySpec {
    /// Every spec, in the order of the table.
    pub fn all() -> impl Iterator<Item = KeySpec> {
        SPECS.iter().map(|(spec, ..)| *spec)
    }

    /// The name, as `KeySpec` is spelled in the KMS documentation.
    pub fn as_str(self) -> &'static str {
        SPECS.iter().find(|(spec, ..)| *spec == self).map_or("", |(_, name, _)| name)
    }

    /// The usages a key of this spec may be made for.
    pub fn usages(self) -> &'static [Usage] {
        SPECS.iter().find(|(spec, ..)| *spec == self).map_or(&[], |(.., usages)| usages)
    }

    /// Whether the key has one secret half and no public one.
    pub fn is_symmetric(self) -> bool {
        matches!(
            self,
            KeySpec::SymmetricDefault
                | KeySpec::Sm4
                | KeySpec::Hmac224
                | KeySpec::Hmac256
                | KeySpec::Hmac384
                | KeySpec::Hmac512
        )
    }
}

impl Usage {
    /// The name, as `KeyUsage` is spelled in the KMS documentation.
    pub fn as_str(self) -> &'static str {
        USAGES.iter().find(|(usage, _)| *usage == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for KeySpec {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        SPECS.iter().find(|(_, known, _)| *known == name).map(|(spec, ..)| *spec).ok_or(UnknownName)
    }
}

impl FromStr for Usage {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        USAGES.iter().find(|(_, known)| *known == name).map(|(usage, _)| *usage).ok_or(UnknownName)
    }
}

/// A name that no table of this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_has_its_own_name_and_at_least_one_usage() {
        assert_eq!(KeySpec::all().count(), 21, "the 20 KMS key specs, and SM4");
        for spec in KeySpec::all() {
            assert_eq!(spec.as_str().parse(), Ok(spec));
            assert!(!spec.usages().is_empty(), "{spec}");
            assert!(spec.usages().iter().all(|usage| usage.as_str().parse() == Ok(*usage)));
        }
    }
}
