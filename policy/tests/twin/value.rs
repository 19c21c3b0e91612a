//! Numbers, times, addresses and bytes, each read by the plainest method that can be right.

use std::net::IpAddr;

/// An integer or decimal text; nothing else is a number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if plain(whole) && plain(fraction) { text.parse().ok() } else { None }
}

/// Seconds since 1970, of an ISO 8601 time or of seconds.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    if let Some(epoch) = number(text)
        && text.len() != 4
    {
        return Some(epoch);
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00Z"));
    let fields: Vec<i64> = date.split('-').map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let &[year, month, day] = fields.as_slice() else { return None };
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let (hours, minutes) = time[at + 1..].split_once(':')?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            (&time[..at], if time.as_bytes()[at] == b'-' { -minutes } else { minutes })
        }
    };
    let mut clock = clock.split(':');
    let (hour, minute): (i64, i64) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let second: f64 = clock.next().unwrap_or("0").parse().ok()?;
    let mut days = day - 1;
    for past in 1970..year {
        days += if leap(past) { 366 } else { 365 };
    }
    for past in 1..month {
        days += [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][past as usize - 1];
    }
    Some(((days * 24 + hour) * 60 + minute - offset) as f64 * 60.0 + second)
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Whether the address lies in the block.
pub(crate) fn in_block(block: &str, address: &str) -> bool {
    let (start, length) = match block.split_once('/') {
        Some((start, length)) => (start, length.parse().ok()),
        None => (block, None),
    };
    match (bits(start), bits(address)) {
        (Some(start), Some(address)) => {
            let length = length.unwrap_or(start.len());
            start.len() == address.len() && start[..length] == address[..length]
        }
        _ => false,
    }
}

fn bits(address: &str) -> Option<Vec<bool>> {
    let bytes = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    Some(bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect())
}

/// The bits of a base64 text; `None` if it is not one.
pub(crate) fn base64_bits(text: &str) -> Option<Vec<bool>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let stem = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - stem.len() > 2 {
        return None;
    }
    let mut bits = Vec::new();
    for c in stem.chars() {
        let index = ALPHABET.find(c)?;
        bits.extend((0..6).rev().map(|bit| index >> bit & 1 == 1));
    }
    bits.truncate(bits.len() / 8 * 8);
    Some(bits)
}
