use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::*;
use crate::decide::decide;
use crate::document::{Document, Problem};
use crate::json::parse;
use crate::layers::{Layers, Told};
use crate::policy::{Origin, Policy, PolicyKind};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::span::Span;

fn format(text: &str) -> String {
    canonical(&parse(text).unwrap())
}

/// Canonical form of a document with this one statement, without what stands around the statement.
fn statement_lines(text: &str) -> Vec<String> {
    let whole = format(&format!("{{\"Statement\": [{text}]}}"));
    let lines: Vec<&str> = whole.lines().collect();
    lines[3..lines.len() - 3].iter().map(|line| line.strip_prefix("      ").unwrap().to_owned()).collect()
}

#[test]
fn what_is_written_is_never_too_deep_to_be_read() {
    for (lists, is_wrapped) in [(JSON_DEPTH_MAX - 3, true), (JSON_DEPTH_MAX - 2, false)] {
        for innermost in ["1", "1, []"] {
            let deep = format!("{}{innermost}{}", "[".repeat(lists), "]".repeat(lists));
            let text = format(&format!("{{\"Statement\": {{\"a\": {deep}}}}}"));
            assert_eq!(parse(&text).unwrap().member("Statement").unwrap().as_list().is_some(), is_wrapped, "{lists}");
            assert_eq!(format(&text), text);
        }
    }
}

#[test]
fn elements_stand_in_the_order_of_the_reference() {
    let text = r#"{"Statement":{"Condition":{"StringLike":{"kms:ViaService":"s3.*","aws:PrincipalOrgID":"o-1"},"Bool":{"aws:SecureTransport":true}},
        "Resource":"*","NotAction":"kms:*","NotPrincipal":{"Service":"s3.amazonaws.com","AWS":["2","1"]},"Effect":"Deny","Sid":"x y"},
        "Id":"key","Version":"2012-10-17"}"#;
    let wanted = r#"{
  "Version": "2012-10-17",
  "Id": "key",
  "Statement": [
    {
      "Sid": "x y",
      "Effect": "Deny",
      "NotPrincipal": {
        "AWS": ["1", "2"],
        "Service": "s3.amazonaws.com"
      },
      "NotAction": "kms:*",
      "Resource": "*",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": true
        },
        "StringLike": {
          "aws:PrincipalOrgID": "o-1",
          "kms:ViaService": "s3.*"
        }
      }
    }
  ]
}
"#;
    assert_eq!(format(text), wanted);
    assert_eq!(format(wanted), wanted);
}

#[test]
fn lists_are_sorted_without_repeats_and_one_value_stands_alone() {
    let lines = statement_lines(r#"{"Action":["s3:b","S3:c","s3:a","s3:b"],"Resource":["*"]}"#);
    assert_eq!(lines, [r#""Action": ["s3:a", "s3:b", "S3:c"],"#, r#""Resource": "*""#]);
    let lines = statement_lines(r#"{"Condition":{"NumericEquals":{"n":[10,"10",2.50,1e3,true,"true"]}}}"#);
    assert_eq!(lines[2].trim(), r#""n": ["10", 1e3, 2.50, "true"]"#);
}

#[test]
fn names_that_differ_by_case_stay_apart() {
    assert_eq!(statement_lines(r#"{"Action":["kms:sign","kms:Sign"]}"#), [r#""Action": ["kms:Sign", "kms:sign"]"#]);
}

#[test]
fn a_list_is_broken_where_the_line_would_be_longer_than_a_hundred_columns() {
    let with = |length: usize, more: &str| {
        let text = format!(r#"{{"Action": ["kms:A", "{}"]{more}}}"#, "é".repeat(length));
        statement_lines(&text)
    };
    // Indentation, name, brackets, the other item and the quotes take 29 columns; a comma one more.
    let (just_fits, with_comma) = (with(71, ""), with(70, r#", "Resource": "*""#));
    assert_eq!((just_fits.len(), just_fits[0].chars().count()), (1, 94));
    assert_eq!((with_comma.len(), with_comma[0].chars().count()), (2, 94));
    assert_eq!(with(72, "").len(), 4);
    assert_eq!(with(71, r#", "Resource": "*""#).len(), 5);
}

#[test]
fn texts_keep_every_character_and_no_needless_escape() {
    let lines = statement_lines(r#"{"Sid":"\u0041\/\u00e9\ud83d\ude00\"\\\n\u0001\u007f\b"}"#);
    assert_eq!(lines, ["\"Sid\": \"A/é😀\\\"\\\\\\n\\u0001\u{7f}\\b\""]);
}

#[test]
fn statements_keep_their_order_and_are_always_a_list() {
    assert_eq!(format(r#"{"Statement":{}}"#), "{\n  \"Statement\": [\n    {}\n  ]\n}\n");
    let text = format(r#"{"Statement":[{"Sid":"b"},{"Sid":"a"}]}"#);
    assert!(text.find("\"b\"") < text.find("\"a\""));
}

#[test]
fn what_is_no_policy_document_is_written_as_it_is() {
    for text in ["null\n", "[]\n", "{}\n", "1e5\n", "[1, \"a\", 1]\n", "{\n  \"Statement\": 1,\n  \"a\": []\n}\n"] {
        assert_eq!(format(text), text);
    }
    let odd = r#"{"Statement":[1,{"Action":[["b","a"]],"Principal":"*","Condition":[],"Tags":[2,1],"Sid":null}]}"#;
    let once = format(odd);
    assert!(once.contains("\"Sid\": null") && once.contains("[2, 1]") && once.contains("[\"b\", \"a\"]"), "{once}");
    assert_eq!(format(&once), once);
}

fn value(kind: Kind) -> Value {
    Value { span: Span::default(), kind }
}

fn text(text: impl Into<Box<str>>) -> Value {
    value(Kind::Text(text.into()))
}

fn object(members: Vec<(String, Value)>) -> Value {
    let member = |(name, value): (String, Value)| Member { name: name.into(), name_span: Span::default(), value };
    value(Kind::Object(members.into_iter().map(member).collect()))
}

/// One of the texts, or a list of them with repeats.
fn one_or_many(values: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![values.clone(), vec(values, 1..6).prop_map(|values| value(Kind::List(values)))]
}

fn texts(texts: &'static [&'static str]) -> impl Strategy<Value = Value> + Clone {
    prop_oneof![4 => select(texts).prop_map(text), 1 => "\\PC{0,6}".prop_map(text)]
}

fn condition_value() -> impl Strategy<Value = Value> + Clone {
    prop_oneof![
        texts(&["true", "1", "s3.eu-west-1.amazonaws.com", "a*", "\"\\\n"]),
        any::<bool>().prop_map(|told| value(Kind::Bool(told))),
        select(vec!["1", "1.0", "-2e3", "10"]).prop_map(|number| value(Kind::Number(number.into()))),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = select(vec!["StringLike", "StringNotEquals", "NumericLessThan", "Bool", "ForAnyValue:StringEquals"]);
    let key = select(vec!["aws:SecureTransport", "kms:ViaService", "aws:TagKeys", "aws:MultiFactorAuthAge"]);
    let keys = btree_map(key.prop_map(str::to_owned), one_or_many(condition_value()), 1..4);
    let operators = btree_map(operator.prop_map(str::to_owned), keys.prop_map(shuffled), 0..4);
    operators.prop_map(shuffled)
}

/// Anything but sorted.
fn shuffled(members: std::collections::BTreeMap<String, Value>) -> Value {
    object(members.into_iter().rev().collect())
}

fn principal() -> impl Strategy<Value = Value> {
    let family = select(vec!["AWS", "Service", "Federated"]).prop_map(str::to_owned);
    let names = texts(&["*", "111122223333", "arn:aws:iam::111122223333:role/App", "s3.amazonaws.com"]);
    prop_oneof![Just(text("*")), btree_map(family, one_or_many(names), 1..4).prop_map(shuffled)]
}

fn elements() -> impl Strategy<Value = Vec<(String, Value)>> {
    let named = |names: &[&str], values: BoxedStrategy<Value>| {
        (select(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()), values)
    };
    let actions = one_or_many(texts(&["kms:Decrypt", "kms:*", "KMS:decrypt", "kms:Sign", "*"])).boxed();
    let resources = one_or_many(texts(&["*", "arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:*:*:alias/a"])).boxed();
    let effects = Union::new([Just(text("Allow")), Just(text("Deny"))]).boxed();
    (
        proptest::option::of(named(&["Sid"], texts(&["One", "Two words"]).boxed())),
        named(&["Effect"], effects),
        named(&["Principal", "NotPrincipal"], principal().boxed()),
        named(&["Action", "NotAction"], actions),
        named(&["Resource", "NotResource"], resources),
        proptest::option::of(named(&["Condition"], condition().boxed())),
    )
        .prop_map(|(sid, effect, principal, action, resource, condition)| {
            let always = [effect, principal, action, resource];
            sid.into_iter().chain(always).chain(condition).collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn documents() -> impl Strategy<Value = Value> {
    let statements = prop_oneof![
        elements().prop_map(object),
        vec(elements().prop_map(object), 1..4).prop_map(|statements| value(Kind::List(statements))),
    ];
    (statements, any::<bool>(), any::<bool>()).prop_map(|(statements, version, id)| {
        let mut members = vec![("Statement".to_owned(), statements)];
        members.extend(id.then(|| ("Id".to_owned(), text("x"))));
        members.extend(version.then(|| ("Version".to_owned(), text("2012-10-17"))));
        object(members)
    })
}

/// What a document says, with order and repeats gone where they mean nothing, and no places.
fn meaning(document: &Document) -> String {
    let set = |mut texts: Vec<String>| {
        texts.sort();
        texts.dedup();
        texts
    };
    let mut said =
        vec![format!("{:?} {:?}", document.version.as_ref().map(|w| &w.text), document.id.as_ref().map(|w| &w.text))];
    for statement in &document.statements {
        let words = |words: &Option<crate::document::Words>| {
            words.as_ref().map(|words| (words.negated, set(words.words.iter().map(|w| w.text.to_string()).collect())))
        };
        let names = statement.principal.as_ref().map(|principal| {
            let name = |name: &crate::document::PrincipalName| {
                format!("{:?} {}", name.family.as_ref().map(|f| &f.text), name.name.text)
            };
            (principal.negated, set(principal.names.iter().map(name).collect()))
        });
        let row = |row: &crate::document::ConditionText| {
            let values = set(row.values.iter().map(|value| value.text.to_string()).collect());
            format!("{} {} {values:?}", row.operator.text, row.key.text)
        };
        said.push(format!(
            "{:?} {:?} {names:?} {:?} {:?} {:?} {:?}",
            statement.sid.as_ref().map(|w| &w.text),
            statement.effect.as_ref().map(|w| &w.text),
            words(&statement.action),
            words(&statement.resource),
            set(statement.conditions.iter().map(row).collect()),
            messages(&statement.problems),
        ));
    }
    said.push(format!("{:?}", messages(&document.problems)));
    said.join("\n")
}

fn messages(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| &*problem.message).collect()
}

fn requests() -> Vec<Request> {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut requests = Vec::new();
    for principal in
        ["arn:aws:sts::111122223333:assumed-role/App/s", "arn:aws:iam::444455556666:user/u", "s3.amazonaws.com"]
    {
        for action in ["kms:Decrypt", "kms:Sign"] {
            let bare = Request::builder(principal, action, key);
            let full = Request::builder(principal, action, key)
                .with("kms:ViaService", "s3.eu-west-1.amazonaws.com")
                .with("aws:SecureTransport", "true")
                .with("aws:MultiFactorAuthAge", "1");
            requests.extend([bare.build().unwrap(), full.build().unwrap()]);
        }
    }
    requests
}

proptest! {
    #[test]
    fn the_canonical_form_is_its_own_and_says_the_same(value in documents()) {
        let once = canonical(&value);
        let read = parse(&once).unwrap();
        prop_assert_eq!(&canonical(&read), &once);
        let (before, after) = (Document::read(&value), Document::read(&read));
        prop_assert_eq!(meaning(&before), meaning(&after));
        let policy = |document: &Document| [Policy::forced(document, PolicyKind::Key, Origin::default()).0];
        let (before, after) = (policy(&before), policy(&after));
        for request in requests() {
            let verdict = |policies: &[Policy]| {
                let layers = Layers { resource: Told::Known(policies), ..Layers::default() };
                decide(&request, &layers, Quirks::default()).verdict()
            };
            prop_assert_eq!(verdict(&before), verdict(&after), "{:?}\n{}", request, once);
        }
    }
}
