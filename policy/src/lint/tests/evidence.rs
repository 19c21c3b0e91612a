//! Witnesses and proofs, tried apart from the rules that gave them.

use super::case::cases;
use super::subject::template;
use super::{run, whole};
use crate::boxes::{Change, Setting, compare};
use crate::decide::{Verdict, decide};
use crate::document::Document;
use crate::json::{self, Value};
use crate::layers::{Layers, Told};
use crate::lint::{Evidence, Finding, Kind, RULES, Severity, witness};
use crate::policy::{Origin, Policy};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::span::Span;

/// What an example or fixture says, old and new, each document with its kind.
pub(super) fn documents_of(text: &str) -> [Vec<(Kind, Document)>; 2] {
    let Ok(value) = json::parse(text) else { return [Vec::new(), Vec::new()] };
    let of = |value: &Value| match value.member("Resources") {
        Some(_) => {
            let found = template(value).documents.into_iter();
            found.map(|subject| (Kind::of(subject.kind, &subject.document), subject.document)).collect()
        }
        None if value.member("Statement").is_some() => {
            let document = Document::read(value);
            vec![(Kind::infer(&document), document)]
        }
        None => Vec::new(),
    };
    [value.member("Old").map(of).unwrap_or_default(), of(value.member("New").unwrap_or(&value))]
}

/// Whether documents allow a request, the caller's own IAM allowing everything or nothing where it is asked.
fn allowed(request: &Request, documents: &[(Kind, Document)], generous: bool) -> bool {
    let at_home = if generous { witness::everything() } else { Vec::new() };
    let delegating = witness::delegating(request.resource_account().unwrap_or_default());
    documents.iter().any(|(kind, document)| {
        let Ok(policy) = Policy::new(document, kind.policy_kind(), Origin::default()) else { return false };
        let policies = [policy];
        let (resource, identity) = match kind {
            Kind::Identity => (Told::Known(&delegating), Told::Known(&policies[..])),
            _ => (Told::Known(&policies[..]), Told::Known(&at_home)),
        };
        let layers = Layers { resource, identity, ..Layers::default() };
        decide(request, &layers, Quirks::default()).verdict() == Verdict::Allow
    })
}

/// Rules that evaluate: what they find has a request that bears it out, or a reason why there is none.
const EVALUATED: &[&str] =
    &["KP07", "KP08", "KP09", "KP10", "IP05", "SE01", "SE02", "SE03", "SE04", "SE05", "SE07", "SE08", "SE09", "KC10"];

#[test]
fn every_witness_is_allowed_by_decide_and_every_proof_holds() {
    let examples = RULES.iter().map(|rule| rule.bad_example().unwrap());
    let texts: Vec<String> = cases().into_iter().map(|case| case.text).chain(examples).collect();
    let (mut witnesses, mut proofs) = (0, 0);
    for text in texts {
        let text = whole(&text);
        let [old, new] = documents_of(&text);
        for finding in run(&text, false) {
            let code = finding.rule.code;
            match &finding.evidence {
                Some(Evidence::Witness(request)) => {
                    // Made names stand as they are in the policies, and as ids in requests about keys.
                    if !new.iter().any(|(_, document)| document.open) {
                        assert!(allowed(request, &new, true), "{code}: {text}");
                        let gained = |generous| allowed(request, &new, generous) && !allowed(request, &old, generous);
                        assert!(code != "SE07" || gained(true) || gained(false), "{code}: {text}");
                    }
                    witnesses += 1;
                }
                Some(Evidence::Proof(_)) => {
                    if let [(kind, document)] = &*new {
                        proven(&finding, *kind, document, &text);
                    }
                    proofs += 1;
                }
                None => assert!(!EVALUATED.contains(&code) || finding.severity == Severity::Info, "{code}: {text}"),
            }
        }
    }
    assert!(witnesses > 20 && proofs > 20, "{witnesses} {proofs}");
}

/// Without the statement, or the condition, that is said to do nothing, the same is allowed.
fn proven(finding: &Finding, kind: Kind, document: &Document, text: &str) {
    let mut without = document.clone();
    let lies_in = |outer: Span| outer.start <= finding.span.start && finding.span.end <= outer.end;
    match finding.rule.code {
        "SE01" | "SE02" | "SE03" | "SE04" => without.statements.retain(|statement| !lies_in(statement.span)),
        "SE05" => {
            for statement in &mut without.statements {
                statement.conditions.retain(|row| !lies_in(row.key.span));
            }
        }
        _ => return,
    }
    assert_ne!(&without, document, "{text}");
    let compiled = |document: &Document| [Policy::new(document, kind.policy_kind(), Origin::default()).unwrap()];
    let (before, after) = (compiled(document), compiled(&without));
    let change = compare(&before, &after, &Setting::of(kind.policy_kind())).change;
    assert_eq!(change, Some(Change::Equal), "{}: {text}", finding.rule.code);
}
