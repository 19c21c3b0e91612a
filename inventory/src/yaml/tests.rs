use super::*;
use proptest::prelude::*;
use wardbook_policy::json;

fn message(text: &str) -> String {
    match parse(text) {
        Err(error) => format!("{}: {}", error.span.position(text), error.message),
        Ok(value) => panic!("{text:?} was read as {value:?}"),
    }
}

fn kind(text: &str) -> Kind {
    parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).kind
}

/// The bytes of every scalar and name are where its span says.
fn check_spans(text: &str, value: &Value) {
    let at = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
    match &value.kind {
        Kind::List(values) => values.iter().for_each(|value| check_spans(text, value)),
        Kind::Object(members) => {
            for member in members {
                assert!(at(member.name_span).contains(&*member.name), "{:?}", at(member.name_span));
                check_spans(text, &member.value);
            }
        }
        Kind::Text(content) => assert!(at(value.span).contains(&**content), "{:?}", at(value.span)),
        Kind::Number(number) => assert_eq!(at(value.span), &**number),
        Kind::Bool(_) | Kind::Null => {}
    }
}

#[test]
fn json_is_yaml_to_the_last_span() {
    let texts = [
        r#"{"a": 1, "b": [true, false, null, "x", -1.5e-3, 0], "c": {"d": {}, "e": []}}"#,
        "[\n  {\"Sid\": \"é∑😀\", \"n\": 12345678901234567890123},\n\t{\"x\":[[[]]]}\n]",
        "\"text\"",
        "12",
        r#"{"a\"b\\c\/\n\t\u00e9": "\u0041"}"#,
        r#"{"<<": {"a": 1}, "~": "null", "true": "yes"}"#,
        "{\"aws:s3:arn\":\"arn:aws:s3:::b\",\"https://x#y\":\"a: b # c\"}",
    ];
    for text in texts {
        assert_eq!(parse(text), json::parse(text), "{text}");
    }
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    let number = |text: &str| Kind::Number(text.into());
    for (text, wanted) in [
        ("~", Kind::Null),
        ("null", Kind::Null),
        ("True", Kind::Bool(true)),
        ("FALSE", Kind::Bool(false)),
        ("12", number("12")),
        ("-0.5", number("-0.5")),
        ("+12", number("12")),
        (".5", number("0.5")),
        ("5.", number("5.0")),
        ("1E5", number("1E5")),
        ("1e+05", number("1e+05")),
        ("0x1F", number("31")),
        ("0o17", number("15")),
        ("111122223333", number("111122223333")),
    ] {
        assert_eq!(kind(text), wanted, "{text}");
    }
    for text in [
        "yes",
        "no",
        "on",
        "012345678901",
        "-01",
        "2012-10-17",
        ".inf",
        "1_000",
        "0x",
        "0xg",
        ".",
        "1e",
        "tRUE",
        "1.2.3",
    ] {
        assert_eq!(kind(text), Kind::Text(text.into()), "{text}");
    }
    for text in ["'12'", "\"true\"", "'~'", "!!str 12", "! 12", "|\n  12", ">-\n  12"] {
        assert!(matches!(kind(text), Kind::Text(_)), "{text}");
    }
}

#[test]
fn places_are_bytes_of_the_text() {
    let text = "é: ∑∑ # c\nlist:\n  - 1\n  - {x: \"ü\", y: [a, b]}\n\n# end\nlast:\n  k: v\n";
    let value = parse(text).unwrap();
    check_spans(text, &value);
    let at = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
    assert_eq!(at(value.member("list").unwrap().span), "- 1\n  - {x: \"ü\", y: [a, b]}");
    assert_eq!(at(value.member("last").unwrap().span), "k: v");
    assert_eq!(at(value.span), text.trim_end());
}

#[test]
fn many_characters_keep_their_offsets() {
    let text: String = (0..500).map(|line| format!("ключ{line}: \"зн{line}😀\"\n")).collect();
    check_spans(&text, &parse(&text).unwrap());
    for characters in 60..70 {
        let text = format!("[{}]", "é".repeat(characters - 2));
        assert_eq!(parse(&text).unwrap().span, Span::new(0, text.len()), "{characters}");
    }
}

#[test]
fn aliases_are_what_they_stand_for() {
    let plain = r#"{"a": [1, {"b": 2}], "c": [1, {"b": 2}], "d": "t", "e": "t"}"#;
    let aliased = "a: &x\n  - 1\n  - b: 2\nc: *x\nd: &y t\ne: *y\n";
    assert_eq!(strip(parse(aliased).unwrap()), strip(json::parse(plain).unwrap()));
    let merged = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall: {<<: [*b, *m], x: 0}\none:\n  <<: *b\n";
    let plain = r#"{"base": {"x": 1, "y": 2}, "more": {"y": 3, "z": 4}, "all": {"x": 0, "y": 2, "z": 4}, "one": {"x": 1, "y": 2}}"#;
    assert_eq!(strip(parse(merged).unwrap()), strip(json::parse(plain).unwrap()));
    let key = "a: &k name\n*k : 1\n";
    assert!(parse(key).unwrap().member("name").is_some());
}

fn strip(mut value: Value) -> Value {
    value.span = Span::default();
    value.kind = match value.kind {
        Kind::List(values) => Kind::List(values.into_iter().map(strip).collect()),
        Kind::Object(members) => Kind::Object(
            members
                .into_iter()
                .map(|member| Member { name_span: Span::default(), value: strip(member.value), ..member })
                .collect(),
        ),
        kind => kind,
    };
    value
}

#[test]
fn refusals_say_what_and_where() {
    for (text, wanted) in [
        ("", "1:1: the text holds no value"),
        ("# only a comment\n", "1:1: the text holds no value"),
        ("a: 1\nb: 2\na: 3\n", "3:1: `a` occurs twice in this mapping"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; a file holds one"),
        ("a: !Ref Key\n", "1:4: the tag `!Ref` has no meaning here; write the value itself"),
        ("a: !Sub\n  - x\n", "the tag `!Sub` has no meaning here"),
        ("!Ref a: 1\n", "the tag `!Ref` has no meaning here"),
        ("a: !!set {x}\n", "the tag `!!set` has no meaning here"),
        ("a: !!int x\n", "`x` is not what the tag `!!int` says"),
        ("a: !!int 1.5\n", "`1.5` is not what the tag `!!int` says"),
        ("? [a]\n: b\n", "1:3: the name of a member is a text, not a list or a mapping"),
        (": b\n", "1:1: a member has no name"),
        ("a: &x [*x]\n", "1:8: this alias stands inside what it stands for"),
        ("a: *x\n", "1:4: "),
        ("<<: 1\n", "`<<` takes a mapping or a list of mappings"),
        ("<<: {a: 1}\n<<: {b: 1}\n", "2:1: `<<` occurs twice in this mapping"),
        ("a: [1, 2\n", ""),
        ("a: \"x\n", ""),
        ("a: b: c\n", "1:"),
        ("a:\n\tb: 1\n", ""),
    ] {
        let found = message(text);
        assert!(found.contains(wanted), "{text:?}: {found}");
    }
}

#[test]
fn depth_has_the_limit_of_json() {
    let lists = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in JSON_DEPTH_MAX - 1..JSON_DEPTH_MAX + 3 {
        for inner in ["", "1"] {
            let text = lists(depth, inner);
            assert_eq!(parse(&text).is_ok(), json::parse(&text).is_ok(), "{depth} {inner}");
        }
    }
    assert!(message(&lists(JSON_DEPTH_MAX + 2, "")).contains("nested deeper than 128 levels"));
    assert!(parse(&lists(100_000, "")).is_err());
    let half = JSON_DEPTH_MAX / 2;
    let through_alias = |outer: usize| format!("- &x {}\n- {}\n", lists(half, ""), lists(outer, "*x"));
    assert!(parse(&through_alias(half)).is_ok());
    assert!(
        parse(&through_alias(half + 1)).is_err_and(|error| error.message.contains("nested deeper than 128 levels"))
    );
}

#[test]
fn alias_bombs_end_quickly() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(message(&bomb).contains("more than 1000000 nodes"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 17].join(", "));
    assert!(message(&long).contains("add up to more than 16777216 bytes"));
    let fits = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 16].join(", "));
    assert!(parse(&fits).is_ok());
}

#[test]
fn sizes_have_limits() {
    let nodes = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert!(parse(&nodes(YAML_NODES_MAX - 1)).is_ok());
    assert!(message(&nodes(YAML_NODES_MAX)).contains("more than 1000000 nodes"));
    let text = |bytes: usize| format!("a{}", " ".repeat(bytes - 1));
    assert!(parse(&text(YAML_BYTES_MAX)).is_ok());
    assert!(message(&text(YAML_BYTES_MAX + 1)).contains("longer than"));
}

/// Any JSON value, names and texts of whatever characters JSON allows.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        "[-~*&!|>%@`#:?, \\[\\]{}'\"0-9a-z]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_json_is_the_same_yaml(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(parse(&text), json::parse(&text), "{}", text);
    }

    #[test]
    fn no_text_does_harm(text in any::<String>()) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.span.start as usize <= text.len() && error.span.start <= error.span.end);
        }
    }

    #[test]
    fn no_text_like_yaml_does_harm(text in "[-a-z0-9&*!<>:|{}\\[\\],'\"# \n\t~]{0,60}") {
        if let Ok(value) = parse(&text) {
            prop_assert!(value.span.end as usize <= text.len());
        }
    }
}

#[test]
fn functions_in_short_form_are_read_in_long_form_with_the_place_of_their_argument() {
    let text = "a: !Sub |\n  x\n  y\nb: !Ref c\nd: !GetAtt [e, f]\ng: !If\n- h\n- !Ref i\n- {j: !Sub \"k\"}\n";
    let value = parse_template(text).unwrap();
    let argument = |name: &str, function: &str| value.member(name).unwrap().member(function).unwrap().clone();
    let raw =
        |value: &Value| text.get(value.span.start as usize..value.span.end as usize).unwrap().trim_end().to_owned();
    assert_eq!(raw(&argument("a", "Fn::Sub")), "|\n  x\n  y");
    assert_eq!(raw(&argument("b", "Ref")), "c");
    assert_eq!(raw(&argument("d", "Fn::GetAtt")), "[e, f]");
    assert_eq!(argument("g", "Fn::If").as_list().unwrap().len(), 3);
    assert!(parse(text).is_err());
}
