use proptest::prelude::*;

use super::*;

fn canonical(text: &str) -> String {
    let mut tree = Tree::default();
    String::from_utf8(tree.read(text).unwrap().canonical()).unwrap()
}

fn problem(text: &str) -> Problem {
    Tree::default().read(text).unwrap_err().problem
}

#[test]
fn values_are_found() {
    let text = r#" {"b": [1, {"c": "x\ny"}, []], "a": null, "é": true} "#;
    let mut tree = Tree::default();
    let value = tree.read(text).unwrap();
    assert_eq!(value.members().map(|(name, _)| name.into_owned()).collect::<Vec<_>>(), ["b", "a", "é"]);
    assert_eq!(value.sorted_members().map(|(name, _)| name.into_owned()).collect::<Vec<_>>(), ["a", "b", "é"]);
    let list = value.member("b").unwrap();
    assert_eq!(list.elements().count(), 3);
    assert_eq!(list.elements().nth(1).unwrap().text_member("c").unwrap(), "x\ny");
    assert_eq!(list.elements().next().unwrap().as_number(), Some("1"));
    assert_eq!(value.member("é").unwrap().as_bool(), Some(true));
    assert_eq!(value.compact(), r#"{"b":[1,{"c":"x\ny"},[]],"a":null,"é":true}"#);
    assert_eq!(list.elements().nth(2).unwrap().members().count(), 0);
}

#[test]
fn what_is_not_strict_is_refused() {
    for text in
        ["{'a':1}", "[1,]", "{\"a\":1,}", "[01]", "[1.]", ".5", "+1", "[1 2]", "nul1", "\"\\x\"", "\"a\u{1}\"", "1 2"]
    {
        assert!(matches!(problem(text), Problem::Expected(_)), "{text}: {:?}", problem(text));
    }
    for text in [
        "",
        "  ",
        "{",
        "[1",
        "\"a",
        "\"a\\",
        "\"\\u12",
        "tru",
        "-",
        "1e",
        "{\"a\"",
        "{\"a\":",
        "\"\\ud800",
        "\"\\ud800\\",
    ] {
        assert_eq!(problem(text), Problem::Incomplete, "{text}");
    }
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#""\ud800\n""#] {
        assert_eq!(problem(text), Problem::LoneSurrogate, "{text}");
    }
    assert_eq!(problem(r#"{"a":1,"b":{"c":1,"\u0063":2}}"#), Problem::DuplicateName("c".into()));
    assert_eq!(problem(r#"{"aaaaaaaaa":1,"b":2,"aaaaaaaaa":2}"#), Problem::DuplicateName("aaaaaaaaa".into()));
    assert_eq!(problem("1e1000000000"), Problem::Exponent);
    assert!(Tree::default().read("1e999999999").is_ok());
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Tree::default().read(&nested(crate::limits::JSON_DEPTH_MAX)).is_ok());
    assert_eq!(problem(&nested(crate::limits::JSON_DEPTH_MAX + 1)), Problem::TooDeep);
}

#[test]
fn length_has_a_limit() {
    let text = |bytes: usize| format!("[\"{}\"]", "a".repeat(bytes - 4));
    assert!(Tree::default().read(&text(crate::limits::EVENT_BYTES_MAX)).is_ok());
    assert_eq!(problem(&text(crate::limits::EVENT_BYTES_MAX + 1)), Problem::TooLong);
}

#[test]
fn special_bytes_are_found_wherever_they_stand() {
    for special in ["\\n", "\\\"", "\u{7f}", "é", "\u{80}", "😀", "\\u0000", "!", "#", "[", "]"] {
        for before in 0..20 {
            for after in 0..20 {
                let text = format!("\"{}{special}{}\"", "a".repeat(before), "z".repeat(after));
                let expected: String = serde_json::from_str(&text).unwrap();
                let mut tree = Tree::default();
                assert_eq!(tree.read(&text).unwrap().as_text().unwrap(), expected);
            }
        }
    }
}

#[test]
fn equal_numbers_are_equal() {
    for (text, expected) in [
        ("0", "0"),
        ("-0", "0"),
        ("0.000e5", "0"),
        ("1", "1"),
        ("1.0", "1"),
        ("1e0", "1"),
        ("1E+2", "100"),
        ("100", "100"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e21"),
        ("1000000000000000000000", "1e21"),
        ("1.5", "15e-1"),
        ("-0.00150", "-15e-4"),
        ("18446744073709551617", "18446744073709551617"),
        ("123456789012345678901234567890.5", "1234567890123456789012345678905e-1"),
        ("10e-1", "1"),
        ("1e-000000000000000000000003", "1e-3"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn equal_texts_are_equal() {
    for (text, expected) in [
        (r#""\/\u002f""#, r#""//""#),
        (r#""\u0041\u00e9\ud83d\ude00""#, r#""Aé😀""#),
        (r#""\u0000\u001f\b\t\n\f\r\"\\""#, r#""\u0000\u001f\b\t\n\f\r\"\\""#),
        ("\"\u{7f}\u{2028}\"", "\"\u{7f}\u{2028}\""),
        (r#"{"b":1,"a":[ ],"":{ }}"#, r#"{"":{},"a":[],"b":1}"#),
        (r#"{"\ufb33":1,"\ud83d\ude00":2}"#, "{\"\u{fb33}\":1,\"😀\":2}"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn prefixes_leave_the_rest() {
    let mut tree = Tree::default();
    let text = " {\"a\":1} \n, {\"b\":2}";
    let end = tree.read_prefix(text).unwrap();
    assert_eq!(text.get(end..), Some(", {\"b\":2}"));
    assert_eq!(tree.value(text).compact(), "{\"a\":1}");
}

/// The canonical form without what the reader found out: names sorted again, every text escaped again.
fn plain(value: Value<'_>) -> String {
    let text = |text: &str| {
        let mut out = Vec::new();
        write_string(text, &mut out);
        String::from_utf8(out).unwrap()
    };
    match value.kind() {
        Kind::Object => {
            let mut members: Vec<_> = value.members().collect();
            members.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
            let members = members.iter().map(|(name, value)| format!("{}:{}", text(name), plain(*value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Kind::List => format!("[{}]", value.elements().map(plain).collect::<Vec<_>>().join(",")),
        Kind::Text => text(&value.as_text().unwrap()),
        Kind::Number => canonical(&format!(" {} ", value.written())),
        _ => value.written().to_owned(),
    }
}

fn object() -> impl Strategy<Value = String> {
    let names = [
        "a",
        "b",
        "aaaaaaaa",
        "aaaaaaaab",
        "aaaaaaaac",
        "",
        "ab",
        "z\\u0000",
        "\\u0061\\u0063",
        "eventTime",
        "é",
        "q",
        "w",
    ];
    let value = prop_oneof![
        Just("1".to_owned()),
        Just("-0".to_owned()),
        Just("10.50".to_owned()),
        Just("\"x\\/y\"".to_owned()),
        Just("\"x\"".to_owned()),
        Just("[1, 2]".to_owned()),
        Just("[1,\"b\",{}]".to_owned()),
        Just("{\"b\":1,\"c\":true}".to_owned()),
        Just("{\"c\":null,\"b\":[{\"y\":1,\"x\":2}]}".to_owned()),
    ];
    let members = prop::sample::subsequence(names.to_vec(), 0..=names.len()).prop_shuffle();
    (members, prop::collection::vec((value, any::<bool>()), names.len())).prop_map(|(names, values)| {
        let member = |(name, (value, spaced)): (&str, (String, bool))| match spaced {
            true => format!("\"{name}\" : {value}"),
            false => format!("\"{name}\":{value}"),
        };
        format!("{{{}}}", names.into_iter().zip(values).map(member).collect::<Vec<_>>().join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_tree_held_before_changes_nothing(texts in prop::collection::vec(object(), 1..8)) {
        let mut tree = Tree::default();
        for text in texts.iter().chain(&texts).chain(&texts) {
            let value = tree.read(text).unwrap();
            prop_assert_eq!(String::from_utf8(value.canonical()).unwrap(), plain(value));
            let names: Vec<_> = value.sorted_members().map(|(name, _)| name).collect();
            prop_assert!(names.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()));
        }
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused_by_a_tree_that_is_used_again(text in object(), at in any::<prop::sample::Index>()) {
        let mut tree = Tree::default();
        let names: Vec<String> = tree.read(&text).unwrap().members().map(|(name, _)| name.into_owned()).collect();
        prop_assume!(!names.is_empty());
        tree.read(&text).unwrap();
        let name = serde_json::to_string(at.get(&names)).unwrap();
        let twice = format!("{},{name}:0}}", text.strip_suffix('}').unwrap());
        prop_assert!(matches!(tree.read(&twice).unwrap_err().problem, Problem::DuplicateName(_)));
    }
}
