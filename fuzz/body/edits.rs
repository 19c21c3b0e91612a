//! Good bytes with something changed, so that a fuzzer need not find out a whole format by itself.

/// The bytes after the changes that an input tells, four of its bytes for each: a place, what to do there, and a byte.
pub(crate) fn changed(good: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for edit in edits.chunks_exact(4).take(EDITS_MAX) {
        let &[high, low, what, byte] = edit else { continue };
        let place = usize::from(u16::from_be_bytes([high, low])) % (bytes.len() + 1);
        let end = bytes.len().min(place + usize::from(byte) + 1);
        match what % 8 {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, byte),
            2 => drop(bytes.drain(place..end)),
            3 => {
                let again: Vec<u8> = bytes.get(place..end).unwrap_or_default().to_vec();
                bytes.splice(place..place, again);
            }
            4 => bytes.iter_mut().take(end).skip(place).for_each(|at| *at = 0),
            5 => bytes.iter_mut().skip(place).take(1).for_each(|at| *at ^= 1 << (byte % 8)),
            _ => bytes.iter_mut().skip(place).take(1).for_each(|at| *at = byte),
        }
    }
    bytes
}

/// More changes than this say nothing that fewer do not.
const EDITS_MAX: usize = 64;
