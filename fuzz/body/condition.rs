//! A row of a Condition block and what the request has, as lines: operator, key, the request's value, the row's values.

use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::document::Document;
use wardbook_policy::explain::explain;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::span::Span;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let (Some(operator), Some(key), Some(told)) = (lines.next(), lines.next(), lines.next()) else { return };
    let values: Vec<Value> = lines.map(string).collect();
    let row = object([(key, Value { span: Span::default(), kind: Kind::List(values) })]);
    let document = object([
        ("Version", string("2012-10-17")),
        (
            "Statement",
            object([
                ("Effect", string("Allow")),
                ("Action", string("*")),
                ("Resource", string("*")),
                ("Condition", object([(operator, row)])),
            ]),
        ),
    ]);
    let (policy, problems) = Policy::forced(&Document::read(&document), PolicyKind::Identity, Origin::default());
    let policy = [policy];
    let layers = Layers { identity: Told::Known(&policy), ..Layers::default() };
    let asked = || Request::builder("arn:aws:iam::111122223333:user/Ana", "s3:GetObject", "arn:aws:s3:::b/k");
    let verdicts: Vec<Verdict> = [
        asked().with(key, told),
        asked().with(key, [told, told].as_slice()),
        asked().absent(key),
        asked().unknown(key),
    ]
    .into_iter()
    .filter_map(|request| request.build().ok())
    .map(|request| {
        let verdict = decide(&request, &layers, Quirks::default()).verdict();
        assert_eq!(verdict, explain(&request, &layers, Quirks::default()).decision().verdict());
        verdict
    })
    .collect();
    // A broken Allow applies to nothing.
    assert!(problems.is_empty() || !verdicts.contains(&Verdict::Allow), "{problems:?}");
}

fn string(text: &str) -> Value {
    Value { span: Span::default(), kind: Kind::Text(text.into()) }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let member = |(name, value): (&str, Value)| Member { name: name.into(), name_span: Span::default(), value };
    Value { span: Span::default(), kind: Kind::Object(members.into_iter().map(member).collect()) }
}
