//! What the FIPS 140 module of AWS-LC calls an approved service.
//!
//! The feature `fips` chooses the module and refuses everything else. What is approved follows the module's own
//! service indicator: digests computed elsewhere, OAEP, Ed25519 and secp256k1 are not. AES-GCM is where the module
//! draws the initialisation vector, so this build makes blobs of suite 3; all material and all data keys come from
//! the module's own generator.

use wardbook_backend::algorithm::{Algorithm, MessageType};
use wardbook_backend::capability::Capability;
use wardbook_backend::operation::OperationKind;
use wardbook_backend::spec::KeySpec;

/// The FIPS module did not pass its self-tests, or is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleError;

/// Whether this build uses the FIPS module.
pub(crate) const MODULE: bool = cfg!(feature = "fips");

/// Runs the module's self-tests, in a build that has it.
pub(crate) fn start() -> Result<(), ModuleError> {
    #[cfg(feature = "fips")]
    aws_lc_rs::try_fips_mode().map_err(|_| ModuleError)?;
    Ok(())
}

/// Whether the module's service indicator approves of this. Keys that could only decrypt, and imports that no
/// approved wrapping leads to, are of no use and left out as well.
pub(crate) fn approves(row: &Capability) -> bool {
    use KeySpec::{EccNistEdwards25519, EccSecgP256k1};
    let spec = !matches!(row.spec, EccSecgP256k1 | EccNistEdwards25519);
    let oaep = matches!(row.algorithm, Some(Algorithm::RsaesOaepSha1 | Algorithm::RsaesOaepSha256));
    spec && !oaep && row.operation != OperationKind::Import && row.message_type != Some(MessageType::Digest)
}

impl std::fmt::Display for ModuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the FIPS module of AWS-LC did not start")
    }
}

impl std::error::Error for ModuleError {}
