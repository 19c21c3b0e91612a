//! A moment in UTC, in microseconds, and its RFC 3339 spelling.

use std::fmt;

const MICROS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Microseconds since 1970-01-01T00:00:00Z; only years 0 to 9999 in UTC can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// That many microseconds after the epoch.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time with any offset. Digits of a fraction beyond the sixth are cut off.
    ///
    /// A leap second, which RFC 3339 lets the last minute of a month in UTC have, is the last microsecond before it: so
    /// it stays on its day and in its place.
    ///
    /// ```
    /// use wardbook_audit::time::Timestamp;
    /// let time = Timestamp::read("2023-07-10T14:30:00.5+02:00").unwrap();
    /// assert_eq!(time.to_string(), "2023-07-10T12:30:00.5Z");
    /// assert!(Timestamp::read("2023-02-29T00:00:00Z").is_none());
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (fixed, mut rest) = bytes.split_first_chunk::<19>()?;
        let [a, b, c, d, b'-', e, f, b'-', g, h, b'T' | b't', i, j, b':', k, l, b':', m, n] = *fixed else {
            return None;
        };
        let two = |tens: u8, ones: u8| {
            let digits = [tens, ones].map(|byte| i64::from(byte.wrapping_sub(b'0')));
            digits.iter().all(|digit| *digit < 10).then_some(digits[0] * 10 + digits[1])
        };
        let year = two(a, b)? * 100 + two(c, d)?;
        let (month, day) = (two(e, f)?, two(g, h)?);
        let (hour, minute, second) = (two(i, j)?, two(k, l)?, two(m, n)?);
        let valid = (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        let mut micros = 0;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let mut unit = MICROS;
            for byte in fraction.iter().take(digits.min(6)) {
                unit /= 10;
                micros += i64::from(byte - b'0') * unit;
            }
            rest = fraction.get(digits..).filter(|_| digits > 0)?;
        }
        let offset = match *rest {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), hours, hour, b':', minutes, minute] => {
                let (hours, minutes) = (two(hours, hour)?, two(minutes, minute)?);
                let seconds = (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)?;
                if sign == b'+' { seconds } else { -seconds }
            }
            _ => return None,
        };
        let seconds = days(year, month, day) * DAY_SECONDS + hour * 3_600 + minute * 60 + second - offset;
        let time = match second {
            60 => Self(seconds * MICROS - 1),
            _ => Self(seconds * MICROS + micros),
        };
        let (year, month, day) = time.civil();
        let is_spelled = second < 60 || (time.is_end_of_day() && day == days_of_month(year, month));
        (valid && is_spelled && (0..=9999).contains(&year)).then_some(time)
    }

    fn is_end_of_day(self) -> bool {
        (self.0 + 1).rem_euclid(MICROS * DAY_SECONDS) == 0
    }

    /// The day in UTC, counted from the epoch.
    pub(crate) fn day(self) -> i64 {
        self.0.div_euclid(MICROS * DAY_SECONDS)
    }

    /// The day in UTC as `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let (year, month, day) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn civil(self) -> (i64, i64, i64) {
        civil(self.day())
    }
}

/// Whole seconds where it can, else as many digits of a fraction as it takes.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        let second = self.0.div_euclid(MICROS).rem_euclid(DAY_SECONDS);
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}", second % 60)?;
        match self.0.rem_euclid(MICROS) {
            0 => f.write_str("Z"),
            mut micros => {
                let mut digits = 6;
                while micros % 10 == 0 {
                    (micros, digits) = (micros / 10, digits - 1);
                }
                write!(f, ".{micros:0digits$}Z")
            }
        }
    }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch; the year is counted from March, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_and_write() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("2026-11-22T10:11:12.25Z", 1_795_342_272_250_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
        ] {
            assert_eq!(Timestamp::read(text).map(Timestamp::micros), Some(micros), "{text}");
            assert_eq!(Timestamp::from_micros(micros).to_string(), text);
        }
        assert_eq!(Timestamp::read("2023-07-10T00:30:00+02:00").unwrap().date(), "2023-07-09");
    }

    #[test]
    fn a_leap_second_ends_its_month() {
        for (text, last) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60.25Z", "2016-12-31T23:59:59.999999Z"),
            ("2015-07-01T01:59:60+02:00", "2015-06-30T23:59:59.999999Z"),
            ("2015-06-30T18:29:60.9-05:30", "2015-06-30T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp::read(text).map(|time| time.to_string()).as_deref(), Some(last), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2023-07-10",
            "2023-07-10T12:00:00",
            "2023-13-10T12:00:00Z",
            "2023-00-10T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "1900-02-29T12:00:00Z",
            "2023-07-10T24:00:00Z",
            "2023-07-10T12:60:00Z",
            "2016-12-31T23:59:61Z",
            "2016-12-31T22:59:60Z",
            "2016-12-30T23:59:60Z",
            "2016-12-31T23:59:60+01:00",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "9999-12-31T23:59:60-00:01",
            "2023-07-10T12:00:00.Z",
            "2023-07-10T12:00:00+0200",
            "2023-07-10 12:00:00Z",
            "2023-07-10T12:00:00Zz",
            "2023-07-1\u{00bd}T12:00:0Z",
        ] {
            assert_eq!(Timestamp::read(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_comes_back() {
        for day in (-719_468..2_932_897).step_by(37) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
