//! On what requests can be that policies of somebody's own, or of an organization, tell apart: a resource for
//! each class of ARNs, accounts and Regions, and which actions are done to it.

use crate::arn::{Arn, is_account_id};
use crate::catalogue::{self, ResourceKind};
use crate::condition::Atom;
use crate::context::Lookup;
use crate::key::Key;
use crate::limits::CLASSES_MAX;
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

/// The account that owns what is named without one.
const SOME_ACCOUNT: &str = "111122223333";
/// Accounts that stand for one that nobody names; the first that no policy names is taken.
const OTHER_ACCOUNTS: [&str; 4] = ["999988887777", "888877776666", "777766665555", "666655554444"];
/// Regions of every shape that has a pattern of its own in practice.
const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

/// What requests are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) resource: Box<str>,
    /// The account that owns it.
    pub(super) account: Box<str>,
}

/// A resource for each class that the Resource elements, and conditions on its account and Region, can tell
/// apart and that a changed statement may cover; `None` where nothing tells resources apart.
pub(super) fn targets(
    sides: [&[Policy]; 2],
    setting: &Setting<'_>,
    focus: Option<&Focus<'_>>,
) -> Result<Option<Vec<Target>>, Excess> {
    let statements = || sides.into_iter().flatten().flat_map(|policy| policy.statements());
    let rows_on = |key: &'static str| {
        let rows = move |statement: &'_ Statement| statement.conditions().iter().any(|atom| atom.key().lower() == key);
        statements().any(rows)
    };
    let (by_account, by_region) = (rows_on(RESOURCE_ACCOUNT), rows_on(REQUESTED_REGION));
    if !by_account && !by_region && statements().all(|statement| statement.resources.is_everything()) {
        return Ok(None);
    }
    let rows: Vec<&Atom> = statements().flat_map(|statement| statement.conditions()).collect();
    let accounts = if by_account { accounts(&rows) } else { Vec::new() };
    let regions = if by_region { regions(&rows) } else { Vec::new() };
    let nobody = Request::builder("*", "none:None", "*").build().map_err(|_| Excess::Names)?;
    let scene = Scene { request: &nobody, quirks: setting.quirks, has_boundary: Tri::False, in_key_policy: false };
    let patterns: Vec<&Pattern> = statements().flat_map(|statement| patterns(&statement.resources)).collect();
    let seeds = pattern_seeds(patterns.iter().copied(), &scene);
    let mut texts: Vec<Box<str>> = vec!["*".into(), SOME_KEY.into()];
    // What lies beside a pattern: another resource of its service.
    texts.extend(patterns.iter().flat_map(|pattern| beside(pattern.source())));
    texts.extend(Candidates::new(&Key::new("\0resource"), &seeds)?.texts);
    let mut seen: std::collections::HashSet<(Vec<Tri>, Box<str>)> = std::collections::HashSet::new();
    let mut found = Vec::new();
    for text in texts {
        for target in placed(&text, &accounts, &regions) {
            let Target { resource, account } = &target;
            let arn = Arn::parse(resource).filter(|_| !resource.contains(['*', '?']));
            let service = match arn {
                Some(arn) => arn.service,
                None if &**resource == "*" => "",
                None => continue,
            };
            // A key is one by its ARN; parts of one are not asked about.
            let kind: Box<str> = format!("{service}{}", if resource.contains(":key/") { ":key/" } else { "" }).into();
            let mut vector: Vec<Tri> =
                statements().map(|statement| statement.resources.hold(resource, &scene)).collect();
            let region = arn.map(|arn| arn.region).filter(|region| !region.is_empty());
            vector.extend(rows.iter().filter_map(|row| match row.key().lower() {
                RESOURCE_ACCOUNT => Some(row.holds_for(Lookup::One(account), &scene)),
                REQUESTED_REGION => region.map(|region| row.holds_for(Lookup::One(region), &scene)),
                _ => None,
            }));
            if !seen.insert((vector, kind)) {
                continue;
            }
            let covers = |statement: &&Statement| statement.resources.hold(resource, &scene) != Tri::False;
            if focus.is_none_or(|focus| focus.changed().iter().any(covers)) {
                found.push(target);
            }
            if found.len() > CLASSES_MAX {
                return Err(Excess::Classes);
            }
        }
    }
    Ok(Some(found))
}

const RESOURCE_ACCOUNT: &str = "aws:resourceaccount";
const REQUESTED_REGION: &str = "aws:requestedregion";

/// A resource as it is named, then the same in each of these accounts and Regions.
fn placed(resource: &str, accounts: &[Box<str>], regions: &[Box<str>]) -> Vec<Target> {
    let Some(arn) = Arn::parse(resource) else {
        let all = [SOME_ACCOUNT].into_iter().chain(accounts.iter().map(|account| &**account));
        return all.map(|account| Target { resource: resource.into(), account: account.into() }).collect();
    };
    let own = if arn.account.is_empty() { SOME_ACCOUNT } else { arn.account };
    let mut found = Vec::new();
    for account in [own].into_iter().chain(accounts.iter().map(|account| &**account)) {
        let beside = regions.iter().map(|region| &**region).filter(|_| !arn.region.is_empty());
        for region in [arn.region].into_iter().chain(beside) {
            let shown = if arn.account.is_empty() { "" } else { account };
            let resource = format!("arn:{}:{}:{region}:{shown}:{}", arn.partition, arn.service, arn.resource);
            found.push(Target { resource: resource.into(), account: account.into() });
        }
    }
    found
}

/// The accounts that conditions on the account of a resource name, and one that none does.
fn accounts(rows: &[&Atom]) -> Vec<Box<str>> {
    let mut found: Vec<Box<str>> = Vec::new();
    for value in rows.iter().filter(|row| row.key().lower() == RESOURCE_ACCOUNT).flat_map(|row| row.values()) {
        // A pattern of accounts is met by the account that has zeros in the open places.
        let digits = value.len().saturating_sub(value.matches('*').count());
        let filled = value.replacen('*', &"0".repeat(12_usize.saturating_sub(digits)), 1);
        let filled = filled.replace('*', "").replace('?', "0");
        if is_account_id(&filled) && !found.iter().any(|known| **known == *filled) {
            found.push(filled.into());
        }
    }
    let other = OTHER_ACCOUNTS.into_iter().find(|id| !found.iter().any(|known| **known == **id));
    found.extend(other.map(Box::from));
    found
}

/// The Regions that conditions name, and all others that a pattern may mean.
fn regions(rows: &[&Atom]) -> Vec<Box<str>> {
    let named = rows.iter().filter(|row| row.key().lower() == REQUESTED_REGION).flat_map(|row| row.values());
    let plain = |text: &str| !text.is_empty() && !text.contains(['*', '?', ':', '$', '/']);
    let mut found: Vec<Box<str>> =
        named.filter(|text| plain(text)).map(|text| text.to_ascii_lowercase().into()).collect();
    found.extend(REGIONS.iter().map(|region| Box::from(*region)));
    found
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
