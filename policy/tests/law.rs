//! Laws that hold for every request and all policies, attacked by a generator.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

#[path = "twin/case.rs"]
mod case;
#[path = "twin/world.rs"]
mod world;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use wardbook_policy::decide::{Reason, Verdict, decide};
use wardbook_policy::explain::explain;
use wardbook_policy::layers::{Layer, Told};
use wardbook_policy::quirk::{Quirk, Quirks};

use case::{Case, decided};
use world::{MIXED, Names, document, grant, statement, world};

fn says(case: &Value) -> Verdict {
    decided(case, Quirks::default())
}

/// How far a verdict opens.
fn openness(case: &Value) -> u8 {
    match says(case) {
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => 0,
        Verdict::Unknown => 1,
        Verdict::Allow => 2,
    }
}

/// Runs over every statement of a layer, however deep its lists are.
fn each_statement(value: &mut Value, change: &mut impl FnMut(&mut Vec<Value>)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| each_statement(value, change)),
        Value::Object(document) => change(document["Statement"].as_array_mut().unwrap()),
        _ => {}
    }
}

const WITH_STATEMENTS: &[&str] = &["resource", "identity", "boundary", "session", "scps", "rcps", "endpoint"];

fn each_document(case: &mut Value, mut change: impl FnMut(&mut Vec<Value>)) {
    for name in WITH_STATEMENTS {
        if let Some(layer) = case["policies"].get_mut(name) {
            each_statement(layer, &mut change);
        }
    }
}

fn turn(values: &mut [Value], by: usize) {
    if !values.is_empty() {
        let by = by % values.len();
        values.rotate_left(by);
        if by % 2 == 1 {
            values.reverse();
        }
    }
}

/// Turns every list in the value, and so the statements, actions, names, values and documents; an order that bears
/// on nothing. The values of the request stay: aws:CalledVia has an order.
fn turn_all(value: &mut Value, by: usize) {
    match value {
        Value::Array(values) => {
            values.iter_mut().for_each(|value| turn_all(value, by));
            turn(values, by);
        }
        Value::Object(members) => members.values_mut().for_each(|value| turn_all(value, by)),
        _ => {}
    }
}

/// Puts the statement into one of the case's documents, or into a new one of that layer.
fn with_statement(case: &Value, layer: &str, statement: Value, at: &Index) -> Value {
    let mut case = case.clone();
    let Some(there) = case["policies"].get_mut(layer) else {
        case["policies"][layer] = json!({"Version": "2012-10-17", "Statement": [statement]});
        return case;
    };
    let mut count = 0;
    each_statement(there, &mut |_| count += 1);
    if count == 0 {
        *there = json!({"Version": "2012-10-17", "Statement": [statement]});
        return case;
    }
    let (chosen, mut passed) = (at.index(count), 0);
    each_statement(there, &mut |statements| {
        if passed == chosen {
            statements.insert(at.index(statements.len() + 1), statement.clone());
        }
        passed += 1;
    });
    case
}

fn spelled(name: &str, loud: bool) -> String {
    if loud { name.to_ascii_uppercase() } else { name.to_ascii_lowercase() }
}

/// Condition key names and actions in another case. The names in an encryption context are also values of
/// kms:EncryptionContextKeys, which keep their case, and so those keys stay in the request.
fn respelled(case: &Value, loud: bool) -> Value {
    let mut case = case.clone();
    each_document(&mut case, |statements| {
        for statement in statements {
            for name in ["Action", "NotAction"] {
                match statement.get_mut(name) {
                    Some(Value::String(action)) => *action = spelled(action, loud),
                    Some(Value::Array(actions)) => {
                        actions.iter_mut().for_each(|action| *action = json!(spelled(action.as_str().unwrap(), !loud)));
                    }
                    _ => {}
                }
            }
            for keys in
                statement.get_mut("Condition").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
            {
                *keys = keys
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(key, values)| (spelled(key, loud), values.clone()))
                    .collect();
            }
        }
    });
    let request = &mut case["request"];
    request["action"] = json!(spelled(request["action"].as_str().unwrap(), loud));
    let keep = |key: &str| key.starts_with("kms:EncryptionContext:");
    request["context"] = request["context"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (if keep(key) { key.clone() } else { spelled(key, loud) }, value.clone()))
        .collect();
    if let Some(unknown) = request.get_mut("unknown").and_then(Value::as_array_mut) {
        unknown.iter_mut().for_each(|key| *key = json!(spelled(key.as_str().unwrap(), loud)));
    }
    case
}

/// A statement that any version of document may hold: a variable in `Bool` is refused in an older one.
fn fit(statement: &Value) -> Value {
    serde_json::from_str(&statement.to_string().replace("${aws:SecureTransport}", "true")).unwrap()
}

/// The reason without what is cited: where several statements allow or deny, either may be named.
fn gist(reason: &Reason<'_>) -> String {
    match reason {
        Reason::AllowedBy { grant, .. } => format!("allowed, by grant {}", grant.is_some()),
        Reason::DeniedBy(cited) => format!("denied by {:?}", cited.layer),
        other => format!("{other:?}"),
    }
}

fn any_world() -> impl Strategy<Value = Value> {
    prop_oneof![1 => world(false), 1 => world(true)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_is_irrelevant(case in any_world(), by in 1..24usize) {
        let mut turned = case.clone();
        turn_all(&mut turned["policies"], by);
        // A second key policy stands in its place: the first is `default`, the second `AWS_RAM`.
        prop_assert_eq!(says(&case), says(&turned), "{:#}", case);
    }

    #[test]
    fn one_more_deny_never_opens(case in any_world(), to_all in statement(Names::Everybody, &["Deny"]), to_some in statement(Names::Anybody, &["Deny"]), bare in statement(Names::Nobody, &["Deny"]), at: Index) {
        for layer in WITH_STATEMENTS {
            let statement = match *layer {
                "rcps" => &to_all,
                "resource" | "endpoint" => &to_some,
                _ => &bare,
            };
            // A layer that was not there, with nothing but a Deny in it, allows nothing either.
            let more = with_statement(&case, layer, fit(statement), &at);
            prop_assert!(openness(&more) <= openness(&case), "{} with {:#}\n{:#}", layer, statement, case);
        }
    }

    #[test]
    fn one_more_allow_never_closes(case in any_world(), named in statement(Names::Anybody, &["Allow"]), bare in statement(Names::Nobody, &["Allow"]), at: Index) {
        for (layer, statement) in [("resource", &named), ("identity", &bare)] {
            let more = with_statement(&case, layer, fit(statement), &at);
            prop_assert!(openness(&more) >= openness(&case), "{} with {:#}\n{:#}", layer, statement, case);
        }
    }

    #[test]
    fn a_statement_of_several_actions_is_several_statements(case in any_world()) {
        let mut split = case.clone();
        each_document(&mut split, |statements| {
            *statements = statements.iter().flat_map(|statement| {
                let Some(actions) = statement.get("Action").and_then(Value::as_array) else { return vec![statement.clone()] };
                let one = |action: &Value| {
                    let mut one = statement.clone();
                    one["Action"] = action.clone();
                    one
                };
                actions.iter().map(one).collect()
            }).collect();
        });
        prop_assert_eq!(says(&case), says(&split), "{:#}", case);
    }

    #[test]
    fn one_more_grant_never_closes(case in any_world(), grant in grant(), at: Index) {
        let mut more = case.clone();
        match more["policies"].get_mut("grants").and_then(Value::as_array_mut) {
            Some(grants) => grants.insert(at.index(grants.len() + 1), grant),
            None => more["policies"]["grants"] = json!([grant]),
        }
        prop_assert!(openness(&more) >= openness(&case), "{:#}", more);
    }

    #[test]
    fn case_of_key_names_and_actions_is_irrelevant(case in any_world()) {
        for loud in [false, true] {
            prop_assert_eq!(says(&case), says(&respelled(&case, loud)), "{:#}", case);
        }
    }

    #[test]
    fn decide_and_explain_agree(case in any_world()) {
        let compiled = Case::read(&case, Quirks::default());
        let decision = decide(&compiled.request, &compiled.layers(), Quirks::default());
        let explanation = explain(&compiled.request, &compiled.layers(), Quirks::default());
        prop_assert_eq!(decision.verdict(), explanation.decision().verdict(), "{:#}", case);
        prop_assert_eq!(gist(decision.reason()), gist(explanation.decision().reason()), "{:#}", case);
    }

    #[test]
    fn a_layer_that_nobody_collected_never_contradicts(case in any_world(), other in document(Names::Nobody, MIXED)) {
        let known = Case::read(&case, Quirks::default());
        for layer in Layer::ALL {
            let mut layers = known.layers();
            match layer {
                Layer::Resource => layers.resource = Told::Unknown,
                Layer::Identity => layers.identity = Told::Unknown,
                Layer::Boundary => layers.boundary = Told::Unknown,
                Layer::Session => layers.session = Told::Unknown,
                Layer::Scp => layers.scps = Told::Unknown,
                Layer::Rcp => layers.rcps = Told::Unknown,
                Layer::Endpoint => layers.endpoint = Told::Unknown,
                Layer::Grant => layers.grants = Told::Unknown,
            }
            let verdict = decide(&known.request, &layers, Quirks::default()).verdict();
            let mut alternatives = vec![says(&case)];
            if layer == Layer::Identity {
                let mut case = case.clone();
                case["policies"]["identity"] = other.clone();
                alternatives.push(says(&case));
            }
            for told in alternatives {
                let agree = verdict == Verdict::Unknown || (verdict == Verdict::Allow) == (told == Verdict::Allow);
                prop_assert!(agree, "without {:?} {}, with it {}\n{:#}", layer, verdict.name(), told.name(), case);
            }
        }
    }
}

mod quirk_sides {
    //! Each question that AWS leaves open, with a request on which its two sides differ, worked out by hand.

    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/App/s1";

    fn sides(quirk: Quirk, request: Value, policies: Value) -> [Verdict; 2] {
        let case = json!({"request": request, "policies": policies});
        [Quirks::default(), Quirks::default().with_other(quirk)].map(|quirks| decided(&case, quirks))
    }

    fn key_policy(principal: Value, condition: Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", "Condition": condition
        }})
    }

    /// A session asks to decrypt, under a key policy that names everybody on this condition.
    fn on_condition(quirk: Quirk, context: Value, condition: Value) -> [Verdict; 2] {
        let request = json!({"principal": SESSION, "action": "kms:Decrypt", "resource": KEY, "context": context});
        sides(quirk, request, json!({"resource": key_policy(json!("*"), condition)}))
    }

    fn grant(grantee: &str, constraints: Value) -> Value {
        json!([{
            "GrantId": "g1", "KeyId": KEY, "IssuingAccount": "arn:aws:iam::111122223333:root",
            "GranteePrincipal": grantee, "Operations": ["Decrypt"], "Constraints": constraints
        }])
    }

    fn everything() -> Value {
        json!([{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])
    }

    use Verdict::{Allow, ImplicitDeny};

    #[test]
    fn grant_context_key_case() {
        let request = json!({"principal": SESSION, "action": "kms:Decrypt", "resource": KEY, "context": {"kms:EncryptionContext:Dept": "Finance"}});
        let grants =
            grant("arn:aws:iam::111122223333:role/App", json!({"EncryptionContextSubset": {"dept": "Finance"}}));
        assert_eq!(sides(Quirk::GrantContextKeyCase, request, json!({"grants": grants})), [Allow, ImplicitDeny]);
    }

    #[test]
    fn variable_in_bool() {
        let context = json!({"aws:SecureTransport": "false", "aws:ViaAWSService": "false"});
        let condition = json!({"Bool": {"aws:SecureTransport": "${aws:ViaAWSService}"}});
        assert_eq!(on_condition(Quirk::VariableInBool, context, condition), [Allow, ImplicitDeny]);
    }

    #[test]
    fn for_any_value_if_exists() {
        let condition = json!({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}});
        assert_eq!(on_condition(Quirk::ForAnyValueIfExists, json!({}), condition), [ImplicitDeny, Allow]);
    }

    #[test]
    fn short_arn() {
        let condition = json!({"ArnLike": {"aws:PrincipalArn": "*"}});
        assert_eq!(on_condition(Quirk::ShortArn, json!({}), condition), [ImplicitDeny, Allow]);
    }

    #[test]
    fn aws_star_and_services() {
        let request = json!({"principal": "s3.amazonaws.com", "action": "kms:Decrypt", "resource": KEY});
        let policies = json!({"resource": key_policy(json!({"AWS": "*"}), json!({}))});
        assert_eq!(sides(Quirk::AwsStarAndServices, request, policies), [Allow, ImplicitDeny]);
    }

    #[test]
    fn empty_text() {
        let condition = json!({"Null": {"aws:PrincipalTag/team": "true"}});
        assert_eq!(
            on_condition(Quirk::EmptyText, json!({"aws:PrincipalTag/team": ""}), condition),
            [ImplicitDeny, Allow]
        );
    }

    #[test]
    fn session_arn_and_session_policy() {
        let request = json!({"principal": SESSION, "action": "kms:Decrypt", "resource": KEY});
        let policies = json!({"resource": key_policy(json!({"AWS": SESSION}), json!({})), "session": []});
        assert_eq!(sides(Quirk::SessionArnAndSessionPolicy, request, policies), [Allow, ImplicitDeny]);
    }

    #[test]
    fn resource_inner_wildcard() {
        let request = json!({"principal": SESSION, "action": "s3:GetObject", "resource": "arn:aws:s3:::bucket/a:b"});
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/a*b"});
        let policies = json!({"identity": [{"Version": "2012-10-17", "Statement": statement}]});
        assert_eq!(sides(Quirk::ResourceInnerWildcard, request, policies), [ImplicitDeny, Allow]);
    }

    #[test]
    fn re_encrypt_alias() {
        use wardbook_policy::question::{Target, request_alias};
        // The source key was named by its alias, the destination key by its id.
        let sides = [Quirks::default(), Quirks::default().with_other(Quirk::ReEncryptAlias)].map(|quirks| {
            let alias = request_alias(Target::OtherKey, Some("alias/app"), None, quirks);
            let mut context = json!({});
            if let Some(alias) = alias {
                context["kms:RequestAlias"] = json!(alias);
            }
            let request =
                json!({"principal": SESSION, "action": "kms:ReEncryptTo", "resource": KEY, "context": context});
            let condition = json!({"StringEquals": {"kms:RequestAlias": "alias/app"}});
            let policies = json!({"resource": key_policy(json!("*"), condition)});
            decided(&json!({"request": request, "policies": policies}), quirks)
        });
        assert_eq!(sides, [ImplicitDeny, Allow]);
    }

    #[test]
    fn account_grantee() {
        let request = json!({"principal": SESSION, "action": "kms:Decrypt", "resource": KEY});
        let policies = json!({"identity": everything(), "grants": grant("arn:aws:iam::111122223333:root", json!({}))});
        assert_eq!(sides(Quirk::AccountGrantee, request, policies), [Allow, ImplicitDeny]);
    }

    #[test]
    fn owner_issued_grant() {
        let request = json!({"principal": "arn:aws:sts::444455556666:assumed-role/Part/s1", "action": "kms:Decrypt", "resource": KEY});
        let policies = json!({"grants": grant("arn:aws:iam::444455556666:role/Part", json!({}))});
        assert_eq!(sides(Quirk::OwnerIssuedGrant, request, policies), [Allow, ImplicitDeny]);
    }

    #[test]
    fn grant_and_boundary() {
        let request = json!({"principal": SESSION, "action": "kms:Decrypt", "resource": KEY});
        let policies = json!({"boundary": [], "grants": grant("arn:aws:iam::111122223333:role/App", json!({}))});
        assert_eq!(sides(Quirk::GrantAndBoundary, request, policies), [ImplicitDeny, Allow]);
    }

    #[test]
    fn ram_policy() {
        let request = json!({"principal": SESSION, "action": "kms:Decrypt", "resource": KEY});
        let default = key_policy(json!({"AWS": "arn:aws:iam::111122223333:user/Ana"}), json!({}));
        let shared = key_policy(json!({"AWS": "arn:aws:iam::111122223333:role/App"}), json!({}));
        assert_eq!(sides(Quirk::RamPolicy, request, json!({"resource": [default, shared]})), [Allow, ImplicitDeny]);
    }

    #[test]
    fn called_via() {
        let condition = json!({"ForAnyValue:StringEquals": {"aws:CalledVia": "s3.amazonaws.com"}});
        let context = json!({"kms:ViaService": "s3.eu-west-1.amazonaws.com"});
        assert_eq!(on_condition(Quirk::CalledVia, context, condition), [Allow, ImplicitDeny]);
    }

    #[test]
    fn every_quirk_has_its_test() {
        assert_eq!(wardbook_policy::quirk::QUIRKS.len(), 14, "a quirk without a test above");
    }
}
