//! The bodies of the fuzz targets on random and on hostile inputs.
//!
//! Nothing here is timed. The sizes are such that whatever is quadratic in more than a matcher's pattern and text, or
//! worse, would keep this test running for minutes, which a person notices.

#![allow(clippy::expect_used, reason = "helpers of tests may panic as tests may")]
#![allow(clippy::disallowed_methods, reason = "what fuzzers found is in files")]

#[path = "../../fuzz/body/arn.rs"]
mod arn;
#[path = "../../fuzz/body/compare.rs"]
mod compare;
#[path = "../../fuzz/body/condition.rs"]
mod condition;
#[path = "../../fuzz/body/decide.rs"]
mod decide;
#[path = "../../fuzz/body/document.rs"]
mod document;
#[path = "../../fuzz/body/pattern.rs"]
mod pattern;
#[path = "../../fuzz/body/regression.rs"]
mod regression;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Words of the language that the inputs speak, put together without sense.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "d800",
    "\n",
    "\u{1e}",
    "*",
    "?",
    "${",
    "aws:username",
    ", 'x'}",
    "arn",
    "aws",
    "kms",
    "\"Version\":\"2012-10-17\"",
    "\"Statement\":",
    "\"Effect\":\"Allow\"",
    "\"Effect\":\"Deny\"",
    "\"Action\":\"kms:*\"",
    "\"Resource\":\"*\"",
    "\"Principal\":\"*\"",
    "\"NotPrincipal\":",
    "\"Condition\":",
    "StringLike",
    "ForAllValues:",
    "IfExists",
    "Null",
    "NumericEquals",
    "DateLessThan",
    "IpAddress",
    "BinaryEquals",
    "Bool",
    "true",
    "1e400",
    "-0",
    "2026-01-01",
    "::",
    "/",
    "root",
    "111122223333",
    "iam",
    "role",
    "key/",
    "é",
    "𝒳",
    "\u{0}",
    " ",
];

fn nonsense() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(select(WORDS), 0..24).prop_map(|words| words.concat()),
        1 => any::<String>(),
    ]
}

fn lines(first: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(first), vec(nonsense(), 0..4)).prop_map(|(first, rest)| format!("{first}\n{}", rest.join("\n")))
}

fn run_all(text: &str) {
    let data = text.as_bytes();
    document::run(data);
    pattern::run(data);
    condition::run(data);
    arn::run(data);
    decide::run(data);
    compare::run(data);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_taken(text in nonsense()) {
        run_all(&text);
    }

    #[test]
    fn bytes_are_taken(data in vec(any::<u8>(), 0..64)) {
        for body in [document::run, pattern::run, condition::run, arn::run, decide::run] {
            body(&data);
        }
    }

    #[test]
    fn conditions_are_taken(text in lines(&["StringLike", "ForAnyValue:ArnLikeIfExists", "NumericEquals", "DateLessThan", "IpAddress", "BinaryEquals", "Bool", "Null"])) {
        condition::run(text.as_bytes());
    }

    #[test]
    fn statements_are_taken(members in vec(select(WORDS), 0..12), values in vec(nonsense(), 0..3)) {
        let members = members.join(",");
        let values = values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(",");
        let text = format!("{{\"Statement\":[{{{members}}},{{\"Effect\":\"Allow\",\"Action\":[{values}],\"Resource\":\"*\"}}]}}");
        document::run(text.as_bytes());
        decide::run(format!("111122223333\u{1e}kms:Decrypt\u{1e}{KEY}\u{1e}aws:username\u{1e}x\u{1e}{text}").as_bytes());
    }
}

/// Documents around one condition, with the hostile text in every place where a text may stand.
fn everywhere(text: &str) {
    run_all(text);
    let quoted = serde_json::Value::from(text).to_string();
    for value in [&*quoted, &*format!("[{quoted}]")] {
        for member in ["Sid", "Effect", "Action", "NotResource", "Principal", "Version"] {
            document::run(format!("{{\"Statement\":{{\"{member}\":{value}}}}}").as_bytes());
        }
    }
    document::run(format!("{{\"Statement\":{{\"Condition\":{{{quoted}:{{{quoted}:{quoted}}}}}}}}}").as_bytes());
    for operator in [
        "StringLike",
        "StringEqualsIgnoreCase",
        "ArnLike",
        "NumericEquals",
        "DateEquals",
        "IpAddress",
        "BinaryEquals",
        "Bool",
    ] {
        condition::run(format!("{operator}\naws:PrincipalTag/x\n{text}\n{text}").as_bytes());
    }
    decide::run(format!("{text}\u{1e}kms:Decrypt\u{1e}{KEY}\u{1e}{text}\u{1e}{text}").as_bytes());
}

#[test]
fn what_was_found_stays_mended() {
    regression::run("arn", arn::run);
    regression::run("compare", compare::run);
    regression::run("condition", condition::run);
    regression::run("decide", decide::run);
    regression::run("document", document::run);
    regression::run("pattern", pattern::run);
}

#[test]
fn hostile_texts_are_taken() {
    let megabyte = "a".repeat(1 << 20);
    for text in [
        "",
        "\0",
        "\0\0\n\0",
        "*",
        "${",
        "${}",
        "${a",
        "${*",
        "${a,}",
        "${a, '",
        "$",
        "\u{feff}",
        "\u{202e}",
        "arn:",
        "arn:::::",
        ":::::::",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\u0041\"",
        "\"\\u12\"",
        "1e999999999",
        "-",
        "0x",
        "00",
        "[1,]",
        "{\"a\":1,\"a\":2}",
        "9999999999999999999999999999999999999999",
        "0000-00-00",
        "2026-13-45T99:99:99Z",
        "::ffff:1.2.3.4/129",
        "1.2.3.4/-1",
        "====",
        &*"*".repeat(10_000),
        &*"?".repeat(10_000),
        &*"${".repeat(10_000),
        &*"${aws:username}".repeat(1_000),
        &*":".repeat(100_000),
        &*"9".repeat(100_000),
        &*megabyte,
    ] {
        everywhere(text);
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"Statement\":", "}"), ("[{\"Condition\":", "}]")] {
        for depth in [127, 128, 129, 100_000] {
            run_all(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
            run_all(&open.repeat(depth));
        }
    }
}

#[test]
fn many_stars_against_a_long_text_end() {
    let long = "a".repeat(100_000);
    for pattern in [
        "a*".repeat(5_000) + "b",
        "*a".repeat(5_000),
        "*?".repeat(5_000) + "b",
        "*".repeat(10_000) + "b",
        "*".to_owned() + &"a".repeat(200) + "b",
    ] {
        pattern::run(format!("{pattern}\n{long}").as_bytes());
        pattern::run(format!("arn:aws:s3:::{pattern}\narn:aws:s3:::{long}").as_bytes());
        let short = "a".repeat(7_000);
        pattern::run(format!("{pattern}\n{short}").as_bytes());
    }
}

#[test]
fn many_statements_and_many_values_end() {
    let statement =
        r#"{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":{"StringLike":{"aws:username":"a*b"}}}"#;
    let statements = vec![statement; 2_000].join(",");
    document::run(format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}").as_bytes());
    let values: Vec<String> = (0..20_000).map(|n| format!("\"a*{n}\"")).collect();
    let values = values.join(",");
    document::run(format!("{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Action\":[{values}],\"Resource\":[{values}],\"Condition\":{{\"StringLike\":{{\"aws:username\":[{values}]}}}}}}}}").as_bytes());
    let keys: Vec<String> = (0..5_000).map(|n| format!("\"aws:PrincipalTag/{n}\":\"a\"")).collect();
    document::run(
        format!("{{\"Statement\":{{\"Condition\":{{\"StringEquals\":{{{}}}}}}}}}", keys.join(",")).as_bytes(),
    );
}
