//! An RSA key of 2048 bits for encryption.
//!
//! What is encrypted today may have to stay secret for longer than such a key is trusted. AWS Control Tower asks for more (CT.KMS.PR.2).
//!
//! # Bad
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Type": "AWS::KMS::Key",
//!   "Properties": {"KeySpec": "RSA_4096", "KeyUsage": "ENCRYPT_DECRYPT"}}
//! ```

use crate::lint::finding::Findings;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(key: &KeySubject, found: &mut Findings<'_>) {
    let Some(spec) = key.spec.as_ref().filter(|spec| &*spec.text == "RSA_2048") else { return };
    if key.usage.as_ref().is_none_or(|usage| &*usage.text == "ENCRYPT_DECRYPT") {
        found.warning(spec.span, "2048 bits are few for a key that encrypts").help("write `RSA_3072` or `RSA_4096`");
    }
}
