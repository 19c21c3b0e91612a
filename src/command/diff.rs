//! `diff`: what does the new one allow that the old one did not, and the other way round?

mod deployment;
mod grant;
mod report;
mod side;

use std::path::PathBuf;

use clap::Args;
use wardbook_policy::boxes::{Change, Comparison, Setting, compare};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;

use crate::cli::Global;
use crate::exit::Exit;
use crate::output;

use deployment::Deployment;
use report::{Diff, Entry};
use side::{Part, Side};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A policy, a file or folder that `--world` could be, or `-` for stdin
    old: PathBuf,
    /// The same, after the change
    new: PathBuf,
    /// What kind of policy two bare documents are, where they do not tell
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<side::Kind>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Diff>(global)?;
    let quirks = super::quirks(global)?;
    let old = Side::read(&arguments.old, arguments.kind, Some(&arguments.new), global)?;
    let new = Side::read(&arguments.new, arguments.kind, None, global)?;
    let report = between(&old, &new, quirks);
    output::emit(&report, global)?;
    Ok(match report.change {
        None => Exit::Undetermined,
        Some(Change::Equal | Change::Narrower) => Exit::Fine,
        Some(Change::Wider | Change::Incomparable) => Exit::No,
    })
}

/// Holds each part of one side against the part of the same name of the other.
fn between(old: &Side, new: &Side, quirks: Quirks) -> Diff {
    let names: std::collections::BTreeSet<&String> = old.parts.keys().chain(new.parts.keys()).collect();
    let mut diff = Diff::default();
    for name in names {
        let (before, after) = (old.parts.get(name), new.parts.get(name));
        let Some(part) = before.or(after) else { continue };
        let (gained, lost) = match part {
            Part::Grant(_) => grants(name, (before, after), (old, new), quirks, &mut diff),
            Part::Policies { .. } => policies(name, (before, after), (old, new), quirks, &mut diff),
        };
        diff.change = diff.change.and_then(|change| {
            let (gains, loses) = match change {
                Change::Equal => (false, false),
                Change::Narrower => (false, true),
                Change::Wider => (true, false),
                Change::Incomparable => (true, true),
            };
            Some(match (gains || gained?, loses || lost?) {
                (false, false) => Change::Equal,
                (false, true) => Change::Narrower,
                (true, false) => Change::Wider,
                (true, true) => Change::Incomparable,
            })
        });
    }
    diff.sort();
    diff
}

type Pair<'p, T> = (Option<&'p T>, Option<&'p T>);

/// A grant that is there or not, or that permits something else than before.
fn grants(
    name: &str,
    parts: Pair<'_, Part>,
    (old, new): (&Side, &Side),
    quirks: Quirks,
    diff: &mut Diff,
) -> (Option<bool>, Option<bool>) {
    let of = |part: Option<&'_ Part>| match part {
        Some(Part::Grant(grant)) => Some(grant.clone()),
        _ => None,
    };
    // A key whose grants nobody listed may have had this one as well.
    let key = name.rsplit(" of ").next().unwrap_or_default();
    let not_listed = |side: &Side| side.open_grants.contains(key);
    match (of(parts.0), of(parts.1)) {
        (None, Some(_)) if not_listed(old) => diff.doubt(format!("{name}: the grants before were not all collected")),
        (Some(_), None) if not_listed(new) => {
            diff.doubt(format!("{name}: the grants afterwards were not all collected"))
        }
        (before, after) => {
            let gained = grant::beyond(after.as_deref(), &old.grants_of(key), key, quirks);
            let lost = grant::beyond(before.as_deref(), &new.grants_of(key), key, quirks);
            let changes = (Some(!gained.is_empty()), Some(!lost.is_empty()));
            diff.gained.extend(gained.iter().map(|permitted| Entry::of_grant(name, permitted, new)));
            diff.lost.extend(lost.iter().map(|permitted| Entry::of_grant(name, permitted, old)));
            return changes;
        }
    }
    (None, None)
}

fn policies(
    name: &str,
    (before, after): Pair<'_, Part>,
    (old_side, new_side): (&Side, &Side),
    quirks: Quirks,
    diff: &mut Diff,
) -> (Option<bool>, Option<bool>) {
    let of = |part: Option<&'_ Part>| match part {
        Some(Part::Policies { policies, .. }) => policies.clone(),
        _ => None,
    };
    let missing = |part: Option<&'_ Part>| match part {
        Some(Part::Policies { missing, .. }) => missing.clone(),
        _ => Vec::new(),
    };
    let (kind, resource, is_limit) = match (before, after) {
        (Some(Part::Policies { kind, resource, is_limit, .. }), _)
        | (_, Some(Part::Policies { kind, resource, is_limit, .. })) => (*kind, resource.clone(), *is_limit),
        _ => return (Some(false), Some(false)),
    };
    // What is missing on both sides is taken to be the same.
    let (lacked, lacks) = (missing(before), missing(after));
    if lacked != lacks {
        let all: std::collections::BTreeSet<String> = lacked.into_iter().chain(lacks).collect();
        let all: Vec<String> = all.into_iter().collect();
        diff.doubt(format!("{name}: not collected on one of the sides: {}", all.join(", ")));
        return (None, None);
    }
    // A limit that is not there lets everything through; a policy that is not there allows nothing.
    let absent = || if is_limit { side::everything() } else { Vec::new() };
    let (old, new): (Vec<Policy>, Vec<Policy>) = (of(before).unwrap_or_else(absent), of(after).unwrap_or_else(absent));
    let (mut gained, mut lost) = (Some(false), Some(false));
    for deployment in Deployment::all(name, &old, &new) {
        let (old, new) = (deployment.policies(&old), deployment.policies(&new));
        let resource = resource.as_deref().map(|arn| deployment.settled(arn));
        let setting = Setting { resource: resource.as_deref(), quirks, ..Setting::of(kind) };
        let mut comparison: Comparison<'_> = compare(&old, &new, &setting);
        // One account among all is worth a word only for what the others do not show.
        if gained == Some(true) {
            comparison.gained.clear();
        }
        if lost == Some(true) {
            comparison.lost.clear();
        }
        diff.add(name, &comparison, (old_side, new_side), &deployment);
        let Some(change) = comparison.change else { return (None, None) };
        gained = gained.map(|gains| gains || matches!(change, Change::Wider | Change::Incomparable));
        lost = lost.map(|loses| loses || matches!(change, Change::Narrower | Change::Incomparable));
    }
    (gained, lost)
}

/// The kind of a bare document that does not tell: who it is for decides.
pub(super) fn kind_of(policy_names_principals: bool) -> PolicyKind {
    if policy_names_principals { PolicyKind::Key } else { PolicyKind::Identity }
}
