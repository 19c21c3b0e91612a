//! Message authentication codes.

use super::{Report, Subject, binding, flipped, handle, positions, truncated};
use crate::algorithm::Algorithm;
use crate::call::Call;
use crate::error::{BackendError, InputError};
use crate::key::KeyHandle;
use crate::operation::OperationKind;
use crate::token::Binding;

pub(super) fn run(subject: &Subject<'_>, own: &Binding, key: &KeyHandle, report: &mut Report, part: &str) {
    let call = &Call::unhurried();
    for row in key.capabilities().iter().filter(|row| row.operation == OperationKind::Mac) {
        let Some(algorithm) = row.algorithm else { continue };
        let longest = vec![0x77; row.input_bytes_max + 1];
        for length in [0, 1, 63, 64, 65, 127, 128, 129, row.input_bytes_max] {
            let message = truncated(&longest, length);
            let made = key.mac(algorithm, message, call);
            let Some(mac) = report.done(part, format_args!("a code of {length} bytes is made"), made) else { continue };
            let verified = key.verify_mac(algorithm, message, &mac, call);
            report.done(part, format_args!("a code of {length} bytes verifies"), verified);
        }
        let too_long = InputError::TooLong { bytes_max: row.input_bytes_max }.into();
        report.refuses(part, "a message that is too long", key.mac(algorithm, &longest, call), too_long);
        let message = b"message";
        let mac = key.mac(algorithm, message, call).unwrap_or_default();
        let verify = |message: &[u8], mac: &[u8]| key.verify_mac(algorithm, message, mac, call);
        for position in positions(mac.len()) {
            let verified = verify(message, &flipped(&mac, position));
            report.refuses(
                part,
                format_args!("a code with byte {position} changed"),
                verified,
                BackendError::InvalidMac,
            );
            let verified = verify(message, truncated(&mac, position));
            report.refuses(part, format_args!("a code cut to {position} bytes"), verified, BackendError::InvalidMac);
        }
        report.refuses(part, "a code of another message", verify(b"massage", &mac), BackendError::InvalidMac);
        let longer = [mac.as_slice(), &[0]].concat();
        report.refuses(part, "a code with a byte more", verify(message, &longer), BackendError::InvalidMac);
        let other = binding("conformance-other", 3, own.spec(), own.usage()).ok();
        if let Some((_, other)) = other.and_then(|other| handle(subject, &other, report, part)) {
            let verified = other.verify_mac(algorithm, message, &mac, call);
            report.refuses(part, "a code of another key", verified, BackendError::InvalidMac);
        }
    }
    for algorithm in Algorithm::all() {
        if !key.capabilities().iter().any(|row| row.algorithm == Some(algorithm)) {
            let refused = matches!(key.mac(algorithm, b"message", call), Err(BackendError::Unsupported { .. }));
            report.check(part, format_args!("a code with {algorithm} is refused"), refused);
        }
    }
}
