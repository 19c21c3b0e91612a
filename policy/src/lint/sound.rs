//! Fixes that would break the document they mend are left out: a name that occurs twice in an object is no JSON.

use std::collections::HashMap;

use crate::json::{Kind, Member, Value};
use crate::span::Span;

use super::finding::{Edit, Finding};

/// Takes the fixes away by which two members of an object would have the same name.
pub(super) fn keep_sound(value: &Value, found: &mut [Finding]) {
    if found.iter().all(|finding| finding.fix.is_none()) {
        return;
    }
    let mut objects = HashMap::new();
    gather(value, &mut objects);
    for finding in found {
        let breaks = |edit: &Edit| match edit {
            Edit::Text { span, text } => objects.get(span).is_some_and(|members: &&[Member]| {
                members.iter().any(|other| other.name_span != *span && other.name.eq_ignore_ascii_case(text))
            }),
            Edit::FirstMember { .. } => false,
        };
        if finding.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(breaks)) {
            finding.fix = None;
        }
    }
}

/// The members of the object in which each name stands.
///
/// INVARIANT: no deeper than the readers let values be.
fn gather<'v>(value: &'v Value, objects: &mut HashMap<Span, &'v [Member]>) {
    match &value.kind {
        Kind::List(values) => values.iter().for_each(|value| gather(value, objects)),
        Kind::Object(members) => {
            for member in members {
                objects.insert(member.name_span, members);
                gather(&member.value, objects);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::json;
    use crate::lint::{Kind, Settings, document};

    #[test]
    fn a_fix_that_would_repeat_a_name_is_not_offered() {
        let fixes = |operators: &str| {
            let text = format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*", "Condition": {operators}}}}}"#
            );
            let (_, found) = document(&json::parse(&text).unwrap(), Some(Kind::Identity), &Settings::default());
            found.iter().filter(|finding| finding.rule.code == "CO04" && finding.fix.is_some()).count()
        };
        let wild = r#""StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}"#;
        assert_eq!(fixes(&format!("{{{wild}}}")), 1);
        assert_eq!(fixes(&format!(r#"{{{wild}, "StringLike": {{"aws:PrincipalArn": "*role/a"}}}}"#)), 0);
    }
}
