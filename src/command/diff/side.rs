//! One side of a comparison: a bare policy, or everything that a file or folder holds, part by part.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;
use wardbook_inventory::layer::Collected;
use wardbook_inventory::source::{Source, read_template, read_values};
use wardbook_inventory::world::World;
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json::{self, Value};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::span::Lines;

use crate::cli::Global;
use crate::diagnostic::{Severity, plain};
use crate::input;
use crate::output::{Screen, escape};

/// The kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Of a KMS key
    KeyPolicy,
    /// Of a user, group or role; boundaries and session policies too
    Identity,
    /// Of a role: who may assume it
    Trust,
    /// Of another resource
    Resource,
    /// Service control policy
    Scp,
    /// Resource control policy
    Rcp,
}

impl Kind {
    fn policy_kind(self) -> PolicyKind {
        match self {
            Kind::KeyPolicy => PolicyKind::Key,
            Kind::Identity => PolicyKind::Identity,
            Kind::Trust | Kind::Resource => PolicyKind::Resource,
            Kind::Scp => PolicyKind::Scp,
            Kind::Rcp => PolicyKind::Rcp,
        }
    }
}

/// Something that has a counterpart on the other side.
pub(super) enum Part {
    /// Policies of one layer of something.
    Policies {
        kind: PolicyKind,
        /// The ARN of what they are attached to, for policies of a resource.
        resource: Option<String>,
        /// Whether they limit what others allow.
        is_limit: bool,
        /// `None` where there is no such layer.
        policies: Option<Vec<Policy>>,
        /// What of it was not collected; nothing if all of it was.
        missing: Vec<String>,
    },
    /// A grant.
    Grant(Box<Grant>),
}

/// One side, its parts by name.
#[derive(Default)]
pub(super) struct Side {
    pub(super) parts: BTreeMap<String, Part>,
    /// The keys of which not every grant was collected.
    pub(super) open_grants: BTreeSet<String>,
    /// How its paths begin where they are told, and how they should be shown.
    renamed: Option<(String, String)>,
}

impl Side {
    /// Reads a bare policy, or a world in a file or folder. What is open in a template has the names of the
    /// other side's, if that is what it is held against.
    pub(super) fn read(
        path: &Path,
        kind: Option<Kind>,
        beside: Option<&Path>,
        global: &Global,
    ) -> anyhow::Result<Side> {
        let beside = beside.filter(|other| {
            *other != path
                && path.is_dir() == other.is_dir()
                && path.extension() == other.extension()
                && [path, other].iter().all(|path| path.as_os_str() != "-")
        });
        let renamed = beside.map(|other| (other.display().to_string(), path.display().to_string()));
        let world = if path.is_dir() {
            World::read_folder_as(path, beside.unwrap_or(path))?
        } else {
            let mut source = input::read(path)?;
            if let Some(policy) = bare(&source, kind)? {
                return Ok(policy);
            }
            if let Some((shown, _)) = &renamed {
                source.path.clone_from(shown);
            }
            World::from_sources([source])
        };
        let named = Side { renamed, ..Side::default() };
        let defects: Vec<_> = world.coverage().gaps.iter().filter(|gap| gap.kind.is_defect()).collect();
        if world.keys().is_empty() && world.principals().is_empty() && world.organization().is_none() {
            match defects.first() {
                Some(gap) => bail!("{}", named.shown(&gap.message)),
                None => bail!("`{}` holds neither a policy nor anything that `--world` reads", path.display()),
            }
        }
        if !global.quiet {
            let color = Screen::new(global).stderr_color;
            for gap in defects {
                eprintln!("{}", plain(Severity::Warning, &escape::line(&named.shown(&gap.message)), color));
            }
        }
        Ok(named.with(&world))
    }

    /// A text with the paths of this side as they are.
    pub(super) fn shown(&self, text: &str) -> String {
        match &self.renamed {
            Some((told, shown)) => text.replace(told.as_str(), shown),
            None => text.to_owned(),
        }
    }

    /// The grants of a key.
    pub(super) fn grants_of(&self, key: &str) -> Vec<&Grant> {
        let end = format!(" of {key}");
        let parts = self.parts.iter().filter(|(name, _)| name.starts_with("grant ") && name.ends_with(&end));
        parts
            .filter_map(|(_, part)| match part {
                Part::Grant(grant) => Some(&**grant),
                Part::Policies { .. } => None,
            })
            .collect()
    }

    fn with(self, world: &World) -> Side {
        let mut side = self;
        for key in world.keys() {
            side.layer(format!("key policy of {}", key.arn), PolicyKind::Key, Some(&key.arn), false, &key.policy);
            if key.grants.is_incomplete() || matches!(key.grants, Collected::Unknown) {
                side.open_grants.insert(key.arn.to_string());
            }
            for grant in key.grants.items() {
                let name = format!("grant {} of {}", grant.id(), key.arn);
                side.parts.insert(name, Part::Grant(Box::new(grant.clone())));
            }
        }
        for principal in world.principals() {
            let arn = &principal.arn;
            let name = format!("policies of {arn}");
            side.layer(name.clone(), PolicyKind::Identity, None, false, &principal.policies);
            if let Some(Part::Policies { missing, .. }) = side.parts.get_mut(&name)
                && !principal.missing.is_empty()
            {
                *missing = principal.missing.iter().map(ToString::to_string).collect();
            }
            side.layer(format!("boundary of {arn}"), PolicyKind::Identity, None, true, &principal.boundary);
            if let Some(trust) = &principal.trust {
                let trust = Collected::known(vec![trust.clone()]);
                side.layer(format!("trust policy of {arn}"), PolicyKind::Resource, Some(arn), false, &trust);
            }
        }
        for (account, membership) in world.organization().iter().flat_map(|organization| &organization.accounts) {
            for (level, policies) in membership.scps.items().iter().enumerate() {
                let name = format!("SCPs of account {account}, level {}", level + 1);
                side.layer(name, PolicyKind::Scp, None, true, &Collected::known(policies.clone()));
            }
            for (level, policies) in membership.rcps.items().iter().enumerate() {
                // An Allow of everything is attached to each level and cannot be removed.
                let with = policies.iter().cloned().chain(everything_for_anyone()).collect();
                let name = format!("RCPs of account {account}, level {}", level + 1);
                side.layer(name, PolicyKind::Rcp, None, true, &Collected::known(with));
            }
        }
        side
    }

    fn layer(
        &mut self,
        name: String,
        kind: PolicyKind,
        resource: Option<&str>,
        is_limit: bool,
        collected: &Collected<Policy>,
    ) {
        let policies = match collected {
            Collected::Absent | Collected::Unknown => None,
            Collected::Known(policies) | Collected::Incomplete(policies) => Some(policies.to_vec()),
        };
        let resource = resource.map(str::to_owned);
        let missing = match collected {
            Collected::Absent | Collected::Known(_) => Vec::new(),
            Collected::Unknown => vec!["all of it".to_owned()],
            Collected::Incomplete(_) => vec!["part of it".to_owned()],
        };
        self.parts.insert(name, Part::Policies { kind, resource, is_limit, policies, missing });
    }
}

const EVERYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
const EVERYTHING_FOR_ANYONE: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;

/// The policy of a limit that does not limit.
pub(super) fn everything() -> Vec<Policy> {
    compiled(EVERYTHING, PolicyKind::Identity).into_iter().collect()
}

fn everything_for_anyone() -> Option<Policy> {
    compiled(EVERYTHING_FOR_ANYONE, PolicyKind::Rcp)
}

fn compiled(text: &str, kind: PolicyKind) -> Option<Policy> {
    let value = json::parse(text).ok()?;
    Policy::new(&Document::read(&value), kind, Origin::default()).ok()
}

/// A bare policy document, or the output of get-key-policy.
fn bare(source: &Source, kind: Option<Kind>) -> anyhow::Result<Option<Side>> {
    let values = match read_values(source) {
        Ok(values) => values,
        // Terraform's own language is no policy, and neither is a template whose functions are in short form.
        Err(_) if source.path.ends_with(".tf") || read_template(source).is_ok() => return Ok(None),
        Err(error) => return Err(input::locate(source, error)),
    };
    let [value] = values.as_slice() else { return Ok(None) };
    let inner;
    let (document, lines) = match value.member("Policy").and_then(Value::as_text) {
        // The text of a policy inside a file has no lines of its own.
        Some(text) => {
            inner = json::parse(text).map_err(|error| {
                let place = value.member("Policy").map(|policy| policy.span).unwrap_or(value.span);
                input::locate(source, source.error(place, format!("the policy inside: {}", error.message)))
            })?;
            (&inner, None)
        }
        None => (value, Some(Lines::new(&source.text))),
    };
    let Some(statements) = document.member("Statement") else { return Ok(None) };
    let list = statements.as_list().unwrap_or(std::slice::from_ref(statements));
    let names = |statement: &Value| ["Principal", "NotPrincipal"].iter().any(|name| statement.member(name).is_some());
    let kind = kind.map_or_else(|| super::kind_of(list.iter().any(names)), Kind::policy_kind);
    let origin = Origin { name: "", path: &source.path, lines: lines.as_ref() };
    let policy =
        Policy::new(&Document::read(document), kind, origin).map_err(|problems| match problems.into_iter().next() {
            Some(problem) => input::locate(source, source.error(problem.span, problem.message)),
            None => anyhow::anyhow!("`{}` is no policy", source.path),
        })?;
    let mut side = Side::default();
    let policies = Some(vec![policy]);
    let part = Part::Policies { kind, resource: None, is_limit: false, policies, missing: Vec::new() };
    side.parts.insert("policy".into(), part);
    Ok(Some(side))
}
