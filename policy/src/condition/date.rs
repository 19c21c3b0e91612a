//! Date operators: ISO 8601 as the W3C profile has it, or seconds since 1970, in any mixture.
//!
//! <https://www.w3.org/TR/NOTE-datetime>

use chrono::NaiveDate;

use super::numeric::{Comparison, Decimal};
use super::{Operator, Scope, ValueError, each};

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "DateEquals", negated: false, compile: |v, s| compile(v, s, Comparison::Equal) },
    Operator { name: "DateNotEquals", negated: true, compile: |v, s| compile(v, s, Comparison::Equal) },
    Operator { name: "DateLessThan", negated: false, compile: |v, s| compile(v, s, Comparison::Less) },
    Operator { name: "DateLessThanEquals", negated: false, compile: |v, s| compile(v, s, Comparison::LessOrEqual) },
    Operator { name: "DateGreaterThan", negated: false, compile: |v, s| compile(v, s, Comparison::Greater) },
    Operator {
        name: "DateGreaterThanEquals",
        negated: false,
        compile: |v, s| compile(v, s, Comparison::GreaterOrEqual),
    },
];

/// The moments of a row, and the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    comparison: Comparison,
    moments: Box<[Moment]>,
}

/// A moment: seconds since 1970 and nanoseconds within the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    pub seconds: i64,
    /// Nanoseconds after that.
    pub nanoseconds: u32,
}

impl Test {
    /// The comparison.
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// The moments.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        let Some(value) = Moment::parse(value) else { return false };
        self.moments.iter().any(|moment| self.comparison.accepts(value.cmp(moment)))
    }
}

fn compile(values: &[&str], _: Scope, comparison: Comparison) -> Result<super::Test, ValueError> {
    let moments = each(values, |value| {
        Moment::parse(value).ok_or_else(|| {
            format!("`{value}` is not a date: write `2026-01-31`, `2026-01-31T12:00:00Z` or seconds since 1970")
        })
    })?;
    Ok(super::Test::Date(Test { comparison, moments }))
}

impl Moment {
    /// Reads a date, a date with a time, or seconds since 1970.
    pub fn parse(text: &str) -> Option<Moment> {
        if Decimal::parse(text).is_some() { Moment::epoch(text) } else { Moment::iso(text) }
    }

    fn epoch(text: &str) -> Option<Moment> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let nanoseconds = nanoseconds(fraction)?;
        let seconds: i64 = whole.parse().ok()?;
        match (text.starts_with('-'), nanoseconds) {
            (true, 1..) => Some(Moment { seconds: seconds.checked_sub(1)?, nanoseconds: 1_000_000_000 - nanoseconds }),
            _ => Some(Moment { seconds, nanoseconds }),
        }
    }

    fn iso(text: &str) -> Option<Moment> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = digits(parts.next()?, 2)?;
        let day = parts.next().map_or(Some(1), |day| digits(day, 2))?;
        if parts.next().is_some() {
            return None;
        }
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let midnight = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
        let Some(time) = time else { return Some(Moment { seconds: midnight, nanoseconds: 0 }) };
        let (time, offset) = zone(time)?;
        let (seconds, nanoseconds) = clock(time)?;
        Some(Moment { seconds: midnight + seconds - offset, nanoseconds })
    }
}

/// `12:30`, `12:30:59`, `12:30:59.123` as seconds and nanoseconds after midnight.
fn clock(time: &str) -> Option<(i64, u32)> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = time.split(':');
    let hours = digits(parts.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let seconds = match parts.next() {
        Some(seconds) => digits(seconds, 2).filter(|seconds| *seconds < 60)?,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    match parts.next() {
        Some(_) => None,
        None => Some((i64::from(hours * 3600 + minutes * 60 + seconds), nanoseconds(fraction)?)),
    }
}

/// Cuts the zone off and returns its offset in seconds; a time without a zone is UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at(at);
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let zone = zone.get(1..)?;
    let (hours, minutes) = zone.split_once(':').or_else(|| zone.split_at_checked(2))?;
    let hours = digits(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(minutes, 2).filter(|minutes| *minutes < 60)?;
    Some((time, sign * i64::from(hours * 3600 + minutes * 60)))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The fraction of a second; digits past the ninth are cut off.
fn nanoseconds(fraction: &str) -> Option<u32> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept: u32 = fraction.get(..9).unwrap_or(fraction).parse().unwrap_or(0);
    let missing = 9_usize.saturating_sub(fraction.len());
    Some(kept * 10_u32.pow(u32::try_from(missing).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_tells_the_same_moment() {
        // 2018-12-31T23:59:59Z is 1546300799, checked with date(1).
        let wanted = Moment { seconds: 1_546_300_799, nanoseconds: 0 };
        for text in [
            "2018-12-31T23:59:59Z",
            "2018-12-31T23:59:59.000Z",
            "2019-01-01T00:59:59+01:00",
            "2018-12-31T18:29:59-0530",
            "1546300799",
            "1546300799.0",
            "2018-12-31T23:59:59",
        ] {
            assert_eq!(Moment::parse(text), Some(wanted), "{text}");
        }
        let midnight = Some(Moment { seconds: 1_546_300_800, nanoseconds: 0 });
        for text in ["2019-01-01", "2019-01", "2019-01-01T00:00Z"] {
            assert_eq!(Moment::parse(text), midnight, "{text}");
        }
        assert_eq!(Moment::parse("-0.25"), Some(Moment { seconds: -1, nanoseconds: 750_000_000 }));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "now",
            "2019-13-01",
            "2019-02-29",
            "2019-1-1",
            "2019-01-01T24:00Z",
            "2019-01-01T",
            "2019-01-01 00:00",
            "2019-01-01T00:00:00+1",
            "2019-01-01T00:00:00+é0:00",
            "20190101T000000Z",
            "1e9",
            "2019-01-01T00:00.5Z",
            "99999999999999999999",
        ] {
            assert_eq!(Moment::parse(text), None, "{text:?}");
        }
    }
}
