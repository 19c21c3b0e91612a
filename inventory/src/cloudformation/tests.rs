//! The limits of evaluating a template, just under and just over.

use std::collections::HashMap;
use std::fmt::Write;

use wardbook_policy::json::{self, Value};
use wardbook_policy::tri::Tri;

use super::evaluate::{Bounds, Evaluator};
use super::{Told, carrier};
use crate::carrier::Deployment;
use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATE_DEPTH_MAX};
use crate::source::Source;

/// What an evaluator with these bounds makes of the value called `Value` in a template.
fn evaluate(text: &str, bounds: impl FnOnce(Bounds) -> Bounds) -> Vec<String> {
    let template = json::parse(text).unwrap();
    let told = HashMap::new();
    let evaluator = Evaluator::new(text, "t", Deployment::new("t", None, None), &told, &template).within(bounds);
    let value = evaluator.value(template.member("Value").unwrap()).unwrap();
    let values = value.as_list().map_or_else(|| vec![&value], |values| values.iter().collect());
    values.into_iter().map(|value| value.as_text().unwrap().to_owned()).collect()
}

#[test]
fn a_template_has_so_many_bytes() {
    let template = r#"{"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}"#;
    let value = json::parse(template).unwrap();
    let read = |length: usize| {
        let source = Source::new("t.json", template.to_owned() + &" ".repeat(length - template.len()));
        carrier(&source, &value, &Told::default()).map(|carrier| carrier.subjects.keys.len())
    };
    assert_eq!(read(TEMPLATE_BYTES_MAX), Ok(1));
    let message = read(TEMPLATE_BYTES_MAX + 1).unwrap_err().to_string();
    assert_eq!(message, "t.json:1:1: a template of more than 16777216 bytes is not read");
}

#[test]
fn after_so_many_steps_the_rest_is_open() {
    // The list is one step, each element another one.
    let text = r#"{"Value": ["a", "b", "c"]}"#;
    assert_eq!(evaluate(text, |bounds| Bounds { steps: 4, ..bounds }), ["a", "b", "c"]);
    assert_eq!(evaluate(text, |bounds| Bounds { steps: 3, ..bounds }), ["a", "b", "⟦t#beyond.limits@21⟧"]);
}

#[test]
fn after_so_many_bytes_of_text_the_rest_is_open() {
    let text = r#"{"Value": [{"Fn::Join": ["", ["123", "45"]]}, "b"]}"#;
    assert_eq!(evaluate(text, |bounds| Bounds { text_bytes: 5, ..bounds }), ["12345", "b"]);
    assert_eq!(evaluate(text, |bounds| Bounds { text_bytes: 4, ..bounds }), ["12345", "⟦t#beyond.limits@46⟧"]);
    // What a text grows to while it is put together counts too: twice three bytes put in, and six in the text.
    let text = r#"{"Parameters": {"P": {"Type": "String", "Default": "123"}}, "Value": {"Fn::Sub": "${P}${P}"}}"#;
    assert_eq!(evaluate(text, |bounds| Bounds { text_bytes: 12, ..bounds }), ["123123"]);
    assert_eq!(evaluate(text, |bounds| Bounds { text_bytes: 11, ..bounds }), ["⟦t#Sub.P.P.⟧"]);
}

/// Roles, each of which is called as the next one, and the last one `end`.
fn names(count: usize) -> String {
    let mut resources = String::new();
    for index in 1..count {
        let name = format!(r#"{{"Ref": "R{index}"}}"#);
        let before = index - 1;
        let _ =
            write!(resources, r#""R{before}": {{"Type": "AWS::IAM::Role", "Properties": {{"RoleName": {name}}}}}, "#);
    }
    let last = count - 1;
    let _ = write!(resources, r#""R{last}": {{"Type": "AWS::IAM::Role", "Properties": {{"RoleName": "end"}}}}"#);
    format!(r#"{{"Resources": {{{resources}}}, "Value": {{"Ref": "R0"}}}}"#)
}

#[test]
fn names_lead_to_one_another_over_so_many_levels() {
    // The first reference is a level of its own.
    assert_eq!(evaluate(&names(TEMPLATE_DEPTH_MAX - 1), |bounds| bounds), ["end"]);
    let [found] = evaluate(&names(TEMPLATE_DEPTH_MAX), |bounds| bounds).try_into().unwrap();
    assert!(found.starts_with("⟦t#beyond.limits@"), "{found}");
}

/// Conditions, each of which holds as the next one does, and the last one does.
fn condition(count: usize) -> Tri {
    let mut conditions = String::new();
    for index in 1..count {
        let _ = write!(conditions, r#""C{}": {{"Condition": "C{index}"}}, "#, index - 1);
    }
    let text = format!(r#"{{"Conditions": {{{conditions}"C{}": {{"Fn::Equals": ["a", "a"]}}}}}}"#, count - 1);
    let template: Value = json::parse(&text).unwrap();
    let told = HashMap::new();
    Evaluator::new(&text, "t", Deployment::new("t", None, None), &told, &template).condition("C0")
}

#[test]
fn conditions_lead_to_one_another_over_so_many_levels() {
    assert_eq!(condition(TEMPLATE_DEPTH_MAX - 1), Tri::True);
    assert_eq!(condition(TEMPLATE_DEPTH_MAX), Tri::Unknown);
    // Far more than a stack has room for.
    assert_eq!(condition(50_000), Tri::Unknown);
}
