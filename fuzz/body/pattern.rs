//! A pattern and a text, parted by the first line feed: the matcher answers as the naive one does.

#[path = "../../policy/tests/twin/wild.rs"]
mod wild;

use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::span::Span;

/// The naive matcher is asked only about what it answers in reasonable time.
const NAIVE_STEPS_MAX: usize = 100_000;

const TEXT_KEY: &str = "aws:PrincipalTag/x";

pub(crate) fn run(data: &[u8]) {
    let Some((pattern, text)) = std::str::from_utf8(data).ok().and_then(|data| data.split_once('\n')) else { return };
    let small = pattern.len() * text.len() <= NAIVE_STEPS_MAX;
    for (operator, naive) in
        [("StringLike", wild::matches as fn(&[wild::Step], &str) -> bool), ("ArnLike", wild::arn_matches)]
    {
        let answer = allows("arn:aws:s3:::b", text, "*", Some((operator, pattern)));
        if small && let Some(answer) = answer {
            assert_eq!(answer, naive(&wild::glob(pattern), text), "{operator} {pattern:?} on {text:?}");
        }
    }
    let (pattern, resource) = (format!("arn:aws:s3:::{pattern}"), format!("arn:aws:s3:::{text}"));
    let answer = allows(&resource, "", &pattern, None);
    if small && let Some(answer) = answer {
        assert_eq!(answer, wild::matches(&wild::resource(&pattern), &resource), "{pattern:?} on {resource:?}");
    }
}

/// Whether one statement allows, or `None` if the request or the document is refused.
fn allows(resource: &str, text: &str, pattern: &str, condition: Option<(&str, &str)>) -> Option<bool> {
    let request = Request::builder("arn:aws:iam::111122223333:user/Ana", "s3:GetObject", resource);
    let request = request.with(TEXT_KEY, text).build().ok()?;
    let mut statement = vec![("Effect", string("Allow")), ("Action", string("*")), ("Resource", string(pattern))];
    if let Some((operator, value)) = condition {
        statement.push(("Condition", object([(operator, object([(TEXT_KEY, string(value))]))])));
    }
    let document = object([("Version", string("2008-10-17")), ("Statement", object(statement))]);
    let policy = [Policy::new(&Document::read(&document), PolicyKind::Identity, Origin::default()).ok()?];
    let layers = Layers { identity: Told::Known(&policy), ..Layers::default() };
    Some(decide(&request, &layers, Quirks::default()).verdict() == Verdict::Allow)
}

fn string(text: &str) -> Value {
    Value { span: Span::default(), kind: Kind::Text(text.into()) }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let member = |(name, value): (&str, Value)| Member { name: name.into(), name_span: Span::default(), value };
    Value { span: Span::default(), kind: Kind::Object(members.into_iter().map(member).collect()) }
}
