//! Candidates against values drawn at random: no value is told apart from all of them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::condition::{Atom, Scope};
use crate::context::Lookup;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::scene::Scene;
use crate::tri::Tri;

fn nobody() -> Request {
    Request::builder("arn:aws:iam::111122223333:user/u", "s3:GetObject", "*").build().unwrap()
}

/// What each row says of a value.
fn vector(rows: &[Atom], value: &str) -> Vec<bool> {
    let request = nobody();
    let scene = Scene { request: &request, quirks: Quirks::default(), has_boundary: Tri::False, in_key_policy: false };
    rows.iter().map(|row| row.holds_for(Lookup::One(value), &scene) == Tri::True).collect()
}

fn rows(key: &str, spelled: &[(&str, Vec<String>)]) -> Vec<Atom> {
    spelled
        .iter()
        .map(|(operator, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            Atom::new(operator, key, &values, Scope { variables: false }).unwrap()
        })
        .collect()
}

fn candidates(key: &Key, rows: &[Atom]) -> Vec<Box<str>> {
    let request = nobody();
    let scene = Scene { request: &request, quirks: Quirks::default(), has_boundary: Tri::False, in_key_policy: false };
    let seeds: Vec<Seed> = rows.iter().flat_map(|row| super::super::demand::row_seeds(row, &scene)).collect();
    Candidates::new(key, &seeds).unwrap().texts
}

fn pattern() -> impl Strategy<Value = String> {
    vec(select(&["a", "b", "A", "é", "*", "?", ":", "k", "\u{212a}"][..]), 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts(
        spelled in vec((select(&["StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringNotLike"][..]), vec(pattern(), 1..3)), 1..5),
        values in vec(vec(select(&["a", "b", "A", "B", "é", "É", ":", "k", "K", "\u{212a}", "z"][..]), 0..6), 20),
    ) {
        let rows = rows("x:Text", &spelled);
        let all: Vec<Vec<bool>> =
            candidates(&Key::new("x:Text"), &rows).iter().map(|text| vector(&rows, text)).collect();
        for value in values.iter().map(|parts| parts.concat()) {
            prop_assert!(all.contains(&vector(&rows, &value)), "{value:?} {spelled:?}");
        }
    }

    #[test]
    fn numbers(
        spelled in vec((select(&["NumericEquals", "NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"][..]),
            vec(select(&["0", "-0.5", "1", "10", "10.25", "-3", "99999999999999999999", "0.001"][..]).prop_map(String::from), 1..3)), 1..5),
        values in vec((-1200_i64..1200, 0..4_u32), 20),
    ) {
        let key = Key::new("s3:max-keys");
        let rows = rows("s3:max-keys", &spelled);
        let all: Vec<Vec<bool>> = candidates(&key, &rows).iter().map(|text| vector(&rows, text)).collect();
        for (number, places) in values {
            let sign = if number < 0 { "-" } else { "" };
            let (number, scale) = (number.abs(), 10_i64.pow(places));
            let value = format!("{sign}{}.{:0width$}", number / scale, number % scale, width = places.max(1) as usize);
            prop_assert!(all.contains(&vector(&rows, &value)), "{value:?} {spelled:?}");
        }
    }

    #[test]
    fn addresses(
        spelled in vec((select(&["IpAddress", "NotIpAddress"][..]),
            vec(select(&["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "255.255.255.255", "2001:db8::/32", "::/0", "2001:db8::1"][..]).prop_map(String::from), 1..3)), 1..5),
        near in vec((select(&[0x0a00_0000_u32, 0x0a01_0000, 0x0a01_0203, 0xffff_ffff, 0][..]), -2..3_i32), 20),
        far in vec((select(&[0x2001_0db8_u128 << 96, (0x2001_0db8_u128 << 96) + 1, 0][..]), -2..3_i32), 20),
    ) {
        let key = Key::new("aws:SourceIp");
        let rows = rows("aws:SourceIp", &spelled);
        let all: Vec<Vec<bool>> = candidates(&key, &rows).iter().map(|text| vector(&rows, text)).collect();
        let four = near.iter().map(|(address, by)| core::net::Ipv4Addr::from(address.wrapping_add_signed(*by)).to_string());
        let six = far.iter().map(|(address, by)| core::net::Ipv6Addr::from(address.wrapping_add_signed((*by).into())).to_string());
        for value in four.chain(six) {
            prop_assert!(all.contains(&vector(&rows, &value)), "{value:?} {spelled:?}");
        }
    }

    #[test]
    fn moments(
        spelled in vec((select(&["DateEquals", "DateLessThan", "DateGreaterThanEquals", "NumericLessThan"][..]),
            vec(select(&["1767225600", "1767225600.5", "-1", "0"][..]).prop_map(String::from), 1..3)), 1..5),
        values in vec((select(&[1_767_225_600_i64, -1, 0][..]), -2..3_i64, select(&["", ".5", ".25"][..])), 20),
    ) {
        let key = Key::new("aws:EpochTime");
        let rows = rows("aws:EpochTime", &spelled);
        let all: Vec<Vec<bool>> = candidates(&key, &rows).iter().map(|text| vector(&rows, text)).collect();
        for (seconds, by, fraction) in values {
            let value = format!("{}{fraction}", seconds + by);
            prop_assert!(all.contains(&vector(&rows, &value)), "{value:?} {spelled:?}");
        }
    }
}
