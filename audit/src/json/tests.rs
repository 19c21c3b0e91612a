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
