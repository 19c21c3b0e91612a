//! On what requests can be that policies of somebody's own, or of an organization, tell apart: a resource for
//! each class of ARNs, and which actions are done to it.

use crate::arn::Arn;
use crate::catalogue::{self, ResourceKind};
use crate::key::Key;
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::request::Request;
use crate::scene::Scene;
use crate::statement::{Statement, Texts};
use crate::tri::Tri;

use super::Excess;
use super::demand::pattern_seeds;
use super::focus::Focus;
use super::landscape::Setting;
use super::value::Candidates;

/// The key that is taken where any would do.
const SOME_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A resource for each class that the Resource elements can tell apart and that a changed statement may
/// cover; `None` where no element names anything but everything.
pub(super) fn targets(
    sides: [&[Policy]; 2],
    setting: &Setting<'_>,
    focus: Option<&Focus<'_>>,
) -> Result<Option<Vec<Box<str>>>, Excess> {
    let statements = || sides.into_iter().flatten().flat_map(|policy| policy.statements());
    if statements().all(|statement| statement.resources.is_everything()) {
        return Ok(None);
    }
    let nobody = Request::builder("*", "none:None", "*").build().map_err(|_| Excess::Names)?;
    let scene = Scene { request: &nobody, quirks: setting.quirks, has_boundary: Tri::False, in_key_policy: false };
    let patterns: Vec<&Pattern> = statements().flat_map(|statement| patterns(&statement.resources)).collect();
    let seeds = pattern_seeds(patterns.iter().copied(), &scene);
    let mut texts: Vec<Box<str>> = vec!["*".into(), SOME_KEY.into()];
    // What lies beside a pattern: another resource of its service.
    texts.extend(patterns.iter().flat_map(|pattern| beside(pattern.source())));
    texts.extend(Candidates::new(&Key::new("\0resource"), &seeds)?.texts);
    let mut seen: Vec<(Vec<Tri>, Box<str>)> = Vec::new();
    let mut found = Vec::new();
    for text in texts {
        let service = match Arn::parse(&text) {
            Some(arn) if !text.contains(['*', '?']) => arn.service,
            _ if &*text == "*" => "",
            _ => continue,
        };
        // A key is one by its ARN; parts of one are not asked about.
        let kind: Box<str> = format!("{service}{}", if text.contains(":key/") { ":key/" } else { "" }).into();
        let vector: Vec<Tri> = statements().map(|statement| statement.resources.hold(&text, &scene)).collect();
        if seen.contains(&(vector.clone(), kind.clone())) {
            continue;
        }
        seen.push((vector, kind));
        let covers = |statement: &&Statement| statement.resources.hold(&text, &scene) != Tri::False;
        if focus.is_none_or(|focus| focus.changed().iter().any(covers)) {
            found.push(text);
        }
    }
    Ok(Some(found))
}

fn patterns(texts: &Texts) -> &[Pattern] {
    match texts {
        Texts::Named(patterns) | Texts::Except(patterns) => patterns,
        Texts::Any => &[],
    }
}

/// Other resources in the place of a pattern, with its wildcards filled: by name, by region, by account.
fn beside(pattern: &str) -> Vec<Box<str>> {
    let Some(arn) = Arn::parse(pattern) else { return Vec::new() };
    let filled = |part: &str, some: &str| if part.contains(['*', '?']) { some.to_owned() } else { part.to_owned() };
    let service = filled(arn.service, "kms");
    let name = if service == "kms" { "key/00000000-0000-0000-0000-000000000000" } else { "any-other" };
    let partition = filled(arn.partition, "aws");
    let (region, account) = (filled(arn.region, "us-east-1"), filled(arn.account, "111122223333"));
    let there = |region: &str, account: &str| format!("arn:{partition}:{service}:{region}:{account}:{name}").into();
    let other = |part: &str, some: &str| if part.is_empty() { String::new() } else { some.to_owned() };
    vec![
        there(&region, &account),
        there(&other(&region, "ap-south-2"), &account),
        there(&region, &other(&account, "999988887777")),
    ]
}

/// Whether requests for the action can be about the resource.
pub(super) fn fits(action: &str, resource: &str) -> bool {
    let service = Arn::parse(resource).map(|arn| arn.service);
    if let Some(operation) = catalogue::kms_operation(action) {
        return match operation.resource_kind() {
            ResourceKind::Key | ResourceKind::AliasAndKey => service == Some("kms") && resource.contains(":key/"),
            ResourceKind::NoResource | ResourceKind::RetiringPrincipal => resource == "*",
        };
    }
    let Some(action) = catalogue::action(action) else { return true };
    let mut shapes = action.resource_types().map(|kind| kind.arn_shape()).peekable();
    match (shapes.peek().is_some(), service) {
        (false, _) => resource == "*",
        (true, None) => true,
        (true, Some(service)) => shapes.any(|shape| shape.split(':').nth(2) == Some(service)),
    }
}
