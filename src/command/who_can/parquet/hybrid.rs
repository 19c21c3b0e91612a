//! The hybrid of runs and packed bits in which Parquet keeps levels and places in a dictionary.
//!
//! See <https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE>.

/// Shorter runs stay among the packed bits around them.
const RUN_MIN: usize = 16;

/// Bits are packed for so many values at a time.
const GROUP: usize = 8;

/// How many bits the largest of the values takes; a single value takes one.
pub(super) fn width(largest: u32) -> u32 {
    (u32::BITS - largest.leading_zeros()).max(1)
}

/// Adds values, each of so many bits.
pub(super) fn encode<T: Copy + PartialEq + Into<u32>>(values: &[T], width: u32, bytes: &mut Vec<u8>) {
    let mut rest = values;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|value| *value == first).count();
        let (taken, after) = match run >= RUN_MIN || run == rest.len() {
            true => {
                number(run << 1, bytes);
                let value: u32 = (*first).into();
                bytes.extend(value.to_le_bytes().iter().take(width.div_ceil(8) as usize));
                rest.split_at(run)
            }
            false => {
                let (packed, after) = rest.split_at(before_run(rest));
                number(packed.len().div_ceil(GROUP) << 1 | 1, bytes);
                packed.chunks(GROUP).for_each(|group| pack(group, width, bytes));
                (packed, after)
            }
        };
        debug_assert!(!taken.is_empty());
        rest = after;
    }
}

/// How many values, in whole groups, come before one that begins a run; all of them if none does.
fn before_run<T: Copy + PartialEq>(values: &[T]) -> usize {
    let begins_run = |from: &usize| {
        let run = values.get(*from..from + RUN_MIN).unwrap_or_default();
        run.first().is_some_and(|first| run.iter().all(|value| value == first))
    };
    (0..values.len()).step_by(GROUP).find(begins_run).unwrap_or(values.len())
}

/// Eight values, the first in the lowest bits; where there are fewer, zeros follow.
fn pack<T: Copy + Into<u32>>(group: &[T], width: u32, bytes: &mut Vec<u8>) {
    let (mut held, mut count) = (0_u64, 0);
    for at in 0..GROUP {
        let value: u32 = group.get(at).map_or(0, |value| (*value).into());
        held |= u64::from(value) << count;
        count += width;
        while count >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    }
}

/// A number in groups of seven bits, the lowest first.
fn number(mut number: usize, bytes: &mut Vec<u8>) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(values: &[u32], width: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(values, width, &mut bytes);
        bytes
    }

    #[test]
    fn a_run_is_its_length_and_its_value() {
        assert_eq!(encoded(&[5; 100], 3), [0xC8, 0x01, 5]);
        assert_eq!(encoded(&[300; 3], 9), [6, 0x2C, 0x01]);
    }

    #[test]
    fn what_is_no_run_is_packed_from_the_lowest_bit() {
        // The example of the specification: 0 to 7, three bits each.
        assert_eq!(encoded(&[0, 1, 2, 3, 4, 5, 6, 7], 3), [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        assert_eq!(encoded(&[1, 0], 1), [3, 1]);
    }

    #[test]
    fn a_run_ends_a_packed_stretch_at_a_whole_group() {
        let values: Vec<u32> = [1, 0, 1].into_iter().chain([1; 40]).collect();
        assert_eq!(encoded(&values, 1), [3, 0b1111_1101, 35 << 1, 1]);
    }

    #[test]
    fn nothing_is_no_bytes() {
        assert!(encoded(&[], 7).is_empty());
        assert_eq!([0, 1, 2, 255, 256, u32::MAX].map(width), [1, 1, 2, 8, 9, 32]);
    }
}
