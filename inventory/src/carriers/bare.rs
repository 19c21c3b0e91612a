//! Policy documents that stand for themselves in a file, and those in what the AWS CLI prints.

use wardbook_policy::json::{Kind, ParseError, Value};

use crate::embedded;

/// A document in a file that declares nothing.
#[derive(Debug, Clone)]
pub struct Bare {
    /// The document, with places in the file.
    pub value: Value,
    /// Whether it is known to say who may assume a role.
    pub is_trust: bool,
    /// Whether it is the whole file.
    pub is_whole: bool,
}

impl Bare {
    pub(super) fn whole(value: Value) -> Bare {
        Bare { value, is_trust: false, is_whole: true }
    }
}

/// Whether a value is a policy document, or was meant to be one.
pub(super) fn recognizes(value: &Value) -> bool {
    let names = |name: &str| name.eq_ignore_ascii_case("Statement") || name.eq_ignore_ascii_case("Statements");
    value.as_object().is_some_and(|members| members.iter().any(|member| names(&member.name)))
}

/// The members in which the AWS CLI prints documents, and whether they are trust policies.
const HOLDERS: &[(&str, bool)] =
    &[("Policy", false), ("PolicyDocument", false), ("Document", false), ("AssumeRolePolicyDocument", true)];

/// The documents anywhere inside a value, and texts that should be documents and are none; policies that AWS manages
/// are left out.
pub(super) fn inside(value: &Value, file: &str) -> (Vec<Bare>, Vec<ParseError>) {
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    // INVARIANT: no deeper than the readers of JSON and YAML go.
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match &value.kind {
            Kind::List(values) => open.extend(values.iter().rev()),
            // Nobody but AWS can change what AWS manages.
            Kind::Object(_) if is_managed_by_aws(value) => {}
            Kind::Object(members) => {
                for member in members.iter().rev() {
                    let holder = HOLDERS.iter().find(|(name, _)| **name == *member.name);
                    match holder {
                        Some((_, is_trust)) if may_be(&member.value) => match embedded::document(&member.value, file) {
                            Ok(value) if recognizes(&value) => {
                                let value = value.into_owned();
                                documents.push(Bare { value, is_trust: *is_trust, is_whole: false });
                            }
                            Ok(_) => {}
                            Err(error) => broken.push(error),
                        },
                        _ => open.push(&member.value),
                    }
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }
    documents.sort_by_key(|document| document.value.span);
    (documents, broken)
}

/// Whether this is a managed policy of AWS's own, as the account's authorization details list it.
fn is_managed_by_aws(value: &Value) -> bool {
    let arn = value.member("Arn").and_then(Value::as_text);
    arn.and_then(|arn| arn.split(':').nth(4)).is_some_and(|account| account == "aws")
}

fn may_be(value: &Value) -> bool {
    match &value.kind {
        Kind::Text(text) => embedded::looks_like_document(text) && text.contains("Statement"),
        _ => recognizes(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardbook_policy::json;

    #[test]
    fn what_aws_manages_is_left_to_aws() {
        let policy =
            |arn: &str| format!(r#"{{"Arn": "{arn}", "PolicyVersionList": [{{"Document": {{"Statement": []}}}}]}}"#);
        let own = policy("arn:aws:iam::111122223333:policy/own");
        let theirs = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws-us-gov:iam::aws:policy/job-function/x"];
        let file = format!(r#"{{"Policies": [{}, {own}, {}]}}"#, policy(theirs[0]), policy(theirs[1]));
        let (documents, broken) = inside(&json::parse(&file).expect("JSON"), &file);
        assert_eq!((documents.len(), broken.len()), (1, 0));
        assert!(documents[0].value.span.start as usize > file.find("policy/own").expect("there"));
    }
}
