//! `lint --against OLD`: what was there before is left out, so that only what the change makes worse is told.
//!
//! The old files are read under the names of the new ones; so symbols, subjects and fingerprints are the same.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use wardbook_inventory::carriers::{Form, Found};

use super::issue::Issue;
use super::walk;
use super::workspace::Workspace;

/// What there was before.
#[derive(Debug, Default)]
pub(super) struct Old {
    pub(super) found: Vec<Found>,
    pub(super) issues: Vec<Issue>,
}

impl Old {
    /// The carrier that this one was.
    pub(super) fn counterpart(&self, new: &Found) -> Option<&Found> {
        let key = key(new);
        self.found.iter().find(|old| self::key(old) == key)
    }
}

fn key(found: &Found) -> (bool, &str) {
    let path = match &found.carrier {
        Some(carrier) if found.form == Form::Terraform => &*carrier.path,
        _ => found.files.first().map_or("", |(_, path)| path),
    };
    (found.form == Form::Terraform, path)
}

/// Reads the old files under the names of the new ones: a file for a file, a folder for a folder.
pub(super) fn read(
    old: &Path,
    new: &[PathBuf],
    is_document: bool,
    errors: &mut Vec<anyhow::Error>,
) -> anyhow::Result<Workspace> {
    let here = PathBuf::from(".");
    let new = match new {
        [] => &here,
        [one] => one,
        _ => bail!("`--against` compares one file with one file, or one folder with one folder"),
    };
    if old.is_dir() != new.is_dir() {
        let kind = |path: &Path| if path.is_dir() { "a folder" } else { "a file" };
        bail!(
            "`--against` compares like with like: `{}` is {}, `{}` is {}",
            old.display(),
            kind(old),
            new.display(),
            kind(new)
        );
    }
    if old.is_dir() {
        let (files, unreadable) = walk::files(std::slice::from_ref(&old.to_owned()));
        errors.extend(unreadable);
        return Ok(Workspace::read_as(&files, old, new, errors));
    }
    let mut source = crate::input::read(old)?;
    source.path = if new.as_os_str() == "-" { "<stdin>".to_owned() } else { walk::named(new) };
    let mut workspace = Workspace::default();
    workspace.add(source, is_document);
    Ok(workspace)
}

/// Leaves out what was found before: by what it is known by, else by what it says of the same thing.
pub(super) fn leave_out(issues: &mut Vec<Issue>, old: &[Issue]) {
    let exact = |issue: &Issue| (issue.place.path.to_string(), issue.code, issue.fingerprint.clone());
    let said =
        |issue: &Issue| (issue.place.path.to_string(), issue.code, format!("{:?}{}", issue.subject, issue.message));
    let mut known: HashMap<_, usize> = HashMap::new();
    let mut left: HashMap<_, usize> = HashMap::new();
    for issue in old {
        *known.entry(exact(issue)).or_default() += 1;
        *left.entry(said(issue)).or_default() += 1;
    }
    let mut take = |issue: &Issue| {
        let count = known.get_mut(&exact(issue)).filter(|count| **count > 0)?;
        *count -= 1;
        let said = left.get_mut(&said(issue))?;
        *said = said.saturating_sub(1);
        Some(())
    };
    issues.retain(|issue| take(issue).is_none());
    issues.retain(|issue| match left.get_mut(&said(issue)).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            false
        }
        None => true,
    });
}
