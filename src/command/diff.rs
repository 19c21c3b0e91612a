//! `diff`: what does the new one allow that the old one did not, and the other way round?

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
    let old = Side::read(&arguments.old, arguments.kind, global)?;
    let new = Side::read(&arguments.new, arguments.kind, global)?;
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
            Part::Grant(_) => grants(name, before, after, &mut diff),
            Part::Policies { .. } => policies(name, before, after, quirks, &mut diff),
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

/// A grant is there or it is not: its text is its name.
fn grants(name: &str, before: Option<&Part>, after: Option<&Part>, diff: &mut Diff) -> (Option<bool>, Option<bool>) {
    match (before, after) {
        (None, Some(Part::Grant(grant))) => diff.gained.push(Entry::of_grant(name, grant)),
        (Some(Part::Grant(grant)), None) => diff.lost.push(Entry::of_grant(name, grant)),
        _ => return (Some(false), Some(false)),
    }
    (Some(before.is_none()), Some(after.is_none()))
}

fn policies(
    name: &str,
    before: Option<&Part>,
    after: Option<&Part>,
    quirks: Quirks,
    diff: &mut Diff,
) -> (Option<bool>, Option<bool>) {
    let of = |part: Option<&'_ Part>| match part {
        Some(Part::Policies { policies, .. }) => policies.clone(),
        _ => None,
    };
    let (kind, resource, is_limit) = match (before, after) {
        (Some(Part::Policies { kind, resource, is_limit, .. }), _)
        | (_, Some(Part::Policies { kind, resource, is_limit, .. })) => (*kind, resource.clone(), *is_limit),
        _ => return (Some(false), Some(false)),
    };
    // A limit that is not there lets everything through; a policy that is not there allows nothing.
    let missing = || if is_limit { side::everything() } else { Vec::new() };
    let (old, new): (Vec<Policy>, Vec<Policy>) =
        (of(before).unwrap_or_else(missing), of(after).unwrap_or_else(missing));
    let setting = Setting { resource: resource.as_deref(), quirks, ..Setting::of(kind) };
    let comparison: Comparison<'_> = compare(&old, &new, &setting);
    diff.add(name, &comparison);
    match comparison.change {
        None => (None, None),
        Some(change) => {
            let gains = matches!(change, Change::Wider | Change::Incomparable);
            let loses = matches!(change, Change::Narrower | Change::Incomparable);
            (Some(gains), Some(loses))
        }
    }
}

/// The kind of a bare document that does not tell: who it is for decides.
pub(super) fn kind_of(policy_names_principals: bool) -> PolicyKind {
    if policy_names_principals { PolicyKind::Key } else { PolicyKind::Identity }
}
