//! The values of one condition key, cut into classes that nothing at hand can tell apart.
//!
//! Seeds are what occurs in the documents: texts, patterns, numbers, moments, ranges of addresses. From them
//! come *candidates*, at least one for every class there is; which class each belongs to is then asked of
//! the evaluator itself, so that a class is never more than what it can tell apart.

use core::net::IpAddr;
use std::collections::HashSet;

use crate::catalogue::ValueType;
use crate::condition::date::Moment;
use crate::condition::ip::Range;
use crate::condition::numeric::Decimal;
use crate::key::Key;
use crate::pattern::Step;

use super::Excess;
use super::glob;

/// Something that tells values apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Seed {
    /// A text.
    Literal(Box<str>),
    /// A pattern.
    Glob(Vec<Step>),
    /// A number; values below, at and above it differ.
    Number(Box<str>),
    /// A moment; so do values before, at and after it.
    Moment(Moment),
    /// A range of addresses.
    Range(Range),
    /// `true` and `false`, in letters of either case.
    Truth,
}

/// Values of which every class has at least one.
#[derive(Debug)]
pub(super) struct Candidates {
    pub(super) texts: Vec<Box<str>>,
    /// Whether that is certain. It is not where a key is held against patterns and numbers alike.
    pub(super) complete: bool,
}

/// Values that a reader knows, preferred to the shortest where they do as well.
const PREFERRED: &[(&str, &[&str])] = &[
    ("aws:sourceip", &["198.51.100.7", "203.0.113.7", "10.0.0.7", "2001:db8::7", "ec2.amazonaws.com"]),
    ("aws:vpcsourceip", &["10.0.0.7", "198.51.100.7"]),
    ("aws:sourcevpce", &["vpce-0a1b2c3d4e5f67890"]),
    ("aws:sourcevpc", &["vpc-0a1b2c3d4e5f67890"]),
    ("aws:sourcearn", &["arn:aws:s3:::amzn-s3-demo-bucket"]),
    ("aws:sourceaccount", &["999988887777", "444455556666"]),
    ("aws:principalaccount", &["999988887777", "444455556666"]),
    ("aws:principalorgid", &["o-exampleorgid", "o-a1b2c3d4e5"]),
    ("aws:securetransport", &["true", "false"]),
    ("aws:viaawsservice", &["true", "false"]),
    ("aws:multifactorauthpresent", &["true", "false"]),
    ("kms:viaservice", &["ec2.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"]),
    ("aws:calledvia", &["athena.amazonaws.com"]),
    ("aws:currenttime", &["1767225600"]),
];

impl Candidates {
    /// `seeds` are all that bears on the key.
    pub(super) fn new(key: &Key, seeds: &[Seed]) -> Result<Candidates, Excess> {
        let value_type = key.listed().map(|listed| listed.value_type);
        let mut texts: Vec<Box<str>> = PREFERRED
            .iter()
            .filter(|(name, _)| *name == key.lower())
            .flat_map(|(_, values)| values.iter().map(|value| (*value).into()))
            .collect();
        let mut globs: Vec<Vec<Step>> = Vec::new();
        let mut literals: Vec<&str> = Vec::new();
        let mut numbers: Vec<&str> = Vec::new();
        let mut moments: Vec<Moment> = Vec::new();
        let mut ranges: Vec<Range> = Vec::new();
        let mut truths = value_type == Some(ValueType::Bool);
        for seed in seeds {
            match seed {
                Seed::Literal(text) => literals.push(text),
                Seed::Glob(steps) => globs.push(steps.clone()),
                Seed::Number(number) => numbers.push(number),
                Seed::Moment(moment) => moments.push(*moment),
                Seed::Range(range) => ranges.push(*range),
                Seed::Truth => truths = true,
            }
        }
        globs.sort_unstable();
        globs.dedup();
        let scalars = !numbers.is_empty() || !moments.is_empty() || !ranges.is_empty();
        let complete = !scalars || globs.is_empty();
        texts.extend(number_candidates(&numbers, !literals.is_empty()));
        texts.extend(moment_candidates(&moments, !numbers.is_empty() || !literals.is_empty()));
        texts.extend(address_candidates(&ranges, !literals.is_empty()));
        texts.extend(literals.iter().map(|text| Box::<str>::from(*text)));
        if truths {
            texts.extend(["true", "false"].map(Box::<str>::from));
        }
        let typed = match value_type {
            Some(ValueType::Bool) => true,
            Some(ValueType::Numeric) => !numbers.is_empty() || !moments.is_empty(),
            Some(ValueType::Date) => !moments.is_empty() || !numbers.is_empty(),
            Some(ValueType::IpAddress) => false,
            _ => false,
        };
        if typed && globs.is_empty() {
            return Ok(Candidates { texts: unique(texts), complete });
        }
        if truths && value_type != Some(ValueType::Bool) {
            globs.extend(["true", "false"].map(|text| text.chars().map(Step::Lower).collect()));
        }
        texts.extend(text_candidates(globs, &literals)?);
        Ok(Candidates { texts: unique(texts), complete })
    }
}

fn unique(mut texts: Vec<Box<str>>) -> Vec<Box<str>> {
    let mut seen = HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts
}

/// A text for each set of patterns, apart from the literals, which are candidates themselves.
fn text_candidates(mut globs: Vec<Vec<Step>>, literals: &[&str]) -> Result<Vec<Box<str>>, Excess> {
    with_taken(&mut globs, literals);
    let avoided = literals.iter().flat_map(|literal| literal.chars());
    Ok(glob::witnesses(&globs, avoided)?.into_iter().map(Into::into).collect())
}

/// Makes patterns of those literals that some pattern takes: the rest of it needs a text of its own.
pub(super) fn with_taken(globs: &mut Vec<Vec<Step>>, literals: &[&str]) {
    let everything = [Step::Many { colons: true }];
    globs.retain(|glob| **glob != everything);
    let taken: Vec<Vec<Step>> = literals
        .iter()
        .filter(|literal| globs.iter().any(|glob| takes(glob, literal)))
        .map(|literal| literal.chars().map(Step::Char).collect())
        .collect();
    globs.extend(taken);
}

/// Whether a pattern takes the text.
fn takes(glob: &[Step], text: &str) -> bool {
    may_take(glob, text) && glob::accepts(glob, text)
}

/// The same by its first and last steps alone, so that a yes may be wrong.
fn may_take(glob: &[Step], text: &str) -> bool {
    fn fits<'a>(steps: impl Iterator<Item = &'a Step>, mut characters: impl Iterator<Item = char>) -> bool {
        for step in steps {
            let fits = match step {
                Step::Many { .. } => return true,
                Step::One { .. } => characters.next().is_some(),
                Step::Char(wanted) => characters.next() == Some(*wanted),
                Step::Lower(wanted) => {
                    characters.next().is_some_and(|character| character.to_lowercase().next() == Some(*wanted))
                }
            };
            if !fits {
                return false;
            }
        }
        characters.next().is_none()
    }
    fits(glob.iter(), text.chars()) && fits(glob.iter().rev(), text.chars().rev())
}

/// Below, at, between and above the numbers; spelled in a second way too, where texts are compared as well.
fn number_candidates(numbers: &[&str], respell: bool) -> Vec<Box<str>> {
    let digits = numbers.iter().filter_map(|number| Some(number.split_once('.')?.1.len())).max().unwrap_or(0);
    let mut texts: Vec<Box<str>> = Vec::new();
    for number in numbers {
        if let Ok(whole) = number.parse::<i64>() {
            texts.extend(
                [whole.checked_add(1), whole.checked_sub(1)].into_iter().flatten().map(|n| n.to_string().into()),
            );
        }
    }
    for number in numbers {
        texts.push((*number).into());
        // Farther from zero by less than any two of the numbers are apart.
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let farther = format!("{whole}.{fraction:0<digits$}1");
        if Decimal::parse(number).is_some_and(|n| Decimal::parse("0").is_some_and(|zero| n.cmp(&zero).is_eq())) {
            let plain = whole.trim_start_matches('-');
            texts.push(format!("-{plain}.{fraction:0<digits$}1").into());
            texts.push(format!("{plain}.{fraction:0<digits$}1").into());
        } else {
            texts.push(farther.into());
        }
        if respell {
            texts.push(format!("{whole}.{fraction}0").into());
        }
    }
    if !numbers.is_empty() {
        texts.push("0".into());
    }
    texts
}

/// Before, at and after the moments, in seconds since 1970; as a date too, where it matters how they are spelled.
fn moment_candidates(moments: &[Moment], respell: bool) -> Vec<Box<str>> {
    let mut texts: Vec<Box<str>> = Vec::new();
    for moment in moments {
        let near = [
            moment.seconds.checked_add(86_400).map(|seconds| Moment { seconds, ..*moment }),
            moment.seconds.checked_sub(86_400).map(|seconds| Moment { seconds, ..*moment }),
            Some(*moment),
            Some(later(*moment)),
            Some(earlier(*moment)),
        ];
        for moment in near.into_iter().flatten() {
            texts.push(epoch(moment));
            if respell {
                texts.push(format!("{}0", epoch(Moment { nanoseconds: moment.nanoseconds.max(1), ..moment })).into());
                texts.extend(iso(moment));
            }
        }
    }
    texts
}

fn later(moment: Moment) -> Moment {
    match moment.nanoseconds {
        999_999_999.. => Moment { seconds: moment.seconds.saturating_add(1), nanoseconds: 0 },
        nanoseconds => Moment { nanoseconds: nanoseconds + 1, ..moment },
    }
}

fn earlier(moment: Moment) -> Moment {
    match moment.nanoseconds.checked_sub(1) {
        Some(nanoseconds) => Moment { nanoseconds, ..moment },
        None => Moment { seconds: moment.seconds.saturating_sub(1), nanoseconds: 999_999_999 },
    }
}

/// The moment in seconds since 1970.
fn epoch(moment: Moment) -> Box<str> {
    match (moment.seconds, moment.nanoseconds) {
        (seconds, 0) => seconds.to_string().into(),
        (seconds @ 0.., nanoseconds) => format!("{seconds}.{nanoseconds:09}").into(),
        (-1, nanoseconds) => format!("-0.{:09}", 1_000_000_000 - nanoseconds).into(),
        (seconds, nanoseconds) => format!("{}.{:09}", seconds + 1, 1_000_000_000 - nanoseconds).into(),
    }
}

/// The moment as a date, if its year has four digits.
pub(super) fn iso(moment: Moment) -> Option<Box<str>> {
    let date = chrono::DateTime::from_timestamp(moment.seconds, moment.nanoseconds)?;
    let text = date.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string();
    (Moment::parse(&text) == Some(moment)).then(|| text.into())
}

/// The first address of every stretch that the ranges cut out.
fn address_candidates(ranges: &[Range], respell: bool) -> Vec<Box<str>> {
    let mut texts: Vec<Box<str>> = Vec::new();
    for range in ranges {
        for address in [Some(range.first()), range.after()].into_iter().flatten() {
            texts.push(address.to_string().into());
            if let IpAddr::V6(address) = address
                && respell
            {
                let groups: Vec<String> = address.segments().iter().map(|group| format!("{group:04x}")).collect();
                texts.push(groups.join(":").into());
            }
        }
    }
    if !ranges.is_empty() {
        texts.extend(["0.0.0.0", "::"].map(Box::<str>::from));
    }
    texts
}

#[cfg(test)]
mod tests;
