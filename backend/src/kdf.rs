//! Key derivation in counter mode: NIST SP 800-108r1, section 4.1, with a 32-bit counter before the fixed input.

use crate::error::BackendError;
use crate::secret::Block;

/// Bytes of one block of every pseudorandom function used here.
pub const BLOCK_BYTES: usize = 32;

/// Fills `output` with `prf(1 || fixed) || prf(2 || fixed) || ...`, the counter in 32 bits, big-endian. What is
/// fixed is no secret.
pub fn counter_mode(
    mut prf: impl FnMut(&[u8]) -> Result<Block<BLOCK_BYTES>, BackendError>,
    fixed: &[u8],
    output: &mut [u8],
) -> Result<(), BackendError> {
    let mut input = Vec::with_capacity(4 + fixed.len());
    for (counter, chunk) in (1_u32..).zip(output.chunks_mut(BLOCK_BYTES)) {
        input.clear();
        input.extend(counter.to_be_bytes());
        input.extend_from_slice(fixed);
        let block = prf(&input)?;
        chunk.iter_mut().zip(block.iter()).for_each(|(to, from)| *to = *from);
    }
    Ok(())
}

/// The fixed input `label || 00 || context || [bits]`, as section 4 recommends it.
pub fn fixed_input(label: &[u8], context: &[u8], output_bits: u32) -> Vec<u8> {
    [label, &[0], context, &output_bits.to_be_bytes()].concat()
}
