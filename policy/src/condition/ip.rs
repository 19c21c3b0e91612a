//! `IpAddress` and `NotIpAddress`: addresses and ranges, version 4 and 6, which never match each other.

use core::net::IpAddr;

use super::{Operator, Scope, ValueError, each};

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "IpAddress", negated: false, compile },
    Operator { name: "NotIpAddress", negated: true, compile },
];

/// The ranges of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    ranges: Box<[Range]>,
}

/// A range of addresses; a single address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    address: IpAddr,
    bits: u8,
}

impl Test {
    /// The ranges.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        let Ok(address) = value.parse::<IpAddr>() else { return false };
        self.ranges.iter().any(|range| range.contains(address))
    }
}

fn compile(values: &[&str], _: Scope) -> Result<super::Test, ValueError> {
    let ranges = each(values, |value| {
        Range::parse(value).ok_or_else(|| format!("`{value}` is not an address or a range such as `203.0.113.0/24`"))
    })?;
    Ok(super::Test::Ip(Test { ranges }))
}

impl Range {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or an address alone.
    pub fn parse(text: &str) -> Option<Range> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
        };
        (bits <= most).then_some(Range { address, bits })
    }

    /// The first address of the range.
    pub fn first(self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6((u128::from(address) & mask).into())
            }
        }
    }

    /// The address after the last of the range, if there is one in its family.
    pub fn after(self) -> Option<IpAddr> {
        match self.first() {
            IpAddr::V4(first) => {
                let size = 1_u32.checked_shl(32 - u32::from(self.bits))?;
                u32::from(first).checked_add(size).map(|next| IpAddr::V4(next.into()))
            }
            IpAddr::V6(first) => {
                let size = 1_u128.checked_shl(128 - u32::from(self.bits))?;
                u128::from(first).checked_add(size).map(|next| IpAddr::V6(next.into()))
            }
        }
    }

    /// Whether the address lies in the range.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differing = u32::from(ours) ^ u32::from(theirs);
                differing.checked_shr(32 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differing = u128::from(ours) ^ u128::from(theirs);
                differing.checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_edges_and_no_other_family() {
        let holds = |range: &str, address: &str| Range::parse(range).unwrap().contains(address.parse().unwrap());
        assert!(holds("203.0.113.0/24", "203.0.113.255") && !holds("203.0.113.0/24", "203.0.114.0"));
        assert!(holds("0.0.0.0/0", "255.255.255.255") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("2001:db8::/32", "2001:DB8:0:0::1") && holds("2001:db8::1", "2001:db8:0::1"));
        assert!(holds("::/0", "::ffff:203.0.113.1") && !holds("203.0.113.0/24", "::ffff:203.0.113.1"));
        assert!(holds("10.1.2.3/8", "10.9.9.9"));
        for text in
            ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8/8", "010.0.0.1", "*"]
        {
            assert_eq!(Range::parse(text), None, "{text:?}");
        }
    }
}
