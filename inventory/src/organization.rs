//! The organization in one file: accounts, organizational units, roots, and the policies attached to them.
//!
//! The members are those that `aws organizations` prints (`Organization`, `Roots`,
//! `OrganizationalUnits` and `Accounts` with a `ParentId`, `Policies` with `Content` and `Targets`,
//! `ResourcePolicy`); no single call prints them together. The last may stand in a file of its own.
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>

use std::collections::BTreeMap;

use wardbook_policy::document::Document;
use wardbook_policy::json::{self, Value};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

use crate::authorization_details::{list, text};
use crate::coverage::{Gap, GapKind};
use crate::layer::Collected;
use crate::limits::ORGANIZATION_LEVELS_MAX;
use crate::page::Page;
use crate::world::harvest::Harvest;

/// An organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id, `o-...`.
    pub id: Box<str>,
    /// The management account, which no SCP or RCP limits.
    pub management_account: Option<Box<str>>,
    /// The place of each account.
    pub accounts: BTreeMap<Box<str>, Membership>,
    /// The policy by which members administer the organization's policies, if there is one and it was collected.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>
    pub delegation: Option<Policy>,
}

/// An account's place in its organization.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The ids of its root and organizational units, root first; without the account itself.
    pub path: Vec<Box<str>>,
    /// Service control policies, one list per level: root, organizational units, account.
    pub scps: Collected<Vec<Policy>>,
    /// Resource control policies, likewise.
    pub rcps: Collected<Vec<Policy>>,
}

impl Organization {
    /// Whether people of this account may have a say in the organization's policies.
    pub(crate) fn may_administer(&self, account: &str) -> bool {
        self.management_account.as_deref() == Some(account)
            || (self.delegation.is_some() && self.accounts.contains_key(account))
    }

    /// The value of aws:PrincipalOrgPaths for principals of this account.
    pub fn org_path(&self, account: &str) -> Option<String> {
        let membership = self.accounts.get(account)?;
        let ids = membership.path.iter().map(|id| format!("{id}/"));
        Some(format!("{}/{}", self.id, ids.collect::<String>()))
    }
}

pub(crate) fn recognizes(value: &Value) -> bool {
    value.member("Organization").is_some_and(|organization| organization.member("Id").is_some())
        && (value.member("Accounts").is_some() || value.member("Roots").is_some())
}

/// What describe-resource-policy prints.
pub(crate) fn recognizes_delegation(value: &Value) -> bool {
    value.member("ResourcePolicy").is_some_and(|policy| policy.member("Content").is_some())
}

pub(crate) fn read_delegation(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let policy = value.member("ResourcePolicy");
    let Some(content) = policy.and_then(|policy| policy.member("Content")) else { return };
    let summary = policy.and_then(|policy| policy.member("ResourcePolicySummary"));
    let name = summary.and_then(|summary| text(summary, "Arn")).unwrap_or("the organization's delegation policy");
    let policy = page.policy(content, name, PolicyKind::Resource, &mut harvest.gaps);
    if harvest.delegation.is_none() {
        harvest.delegation = policy;
    }
}

pub(crate) fn read(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    read_delegation(page, value, harvest);
    let Some(organization) = value.member("Organization") else { return };
    let id = text(organization, "Id").unwrap_or_default();
    if harvest.organization.is_some() {
        let message = format!("`{}`: a second organization `{id}`; the earlier one counts", page.source.path);
        harvest.gaps.push(Gap::new(GapKind::Twice, id, message));
        return;
    }
    let parents: BTreeMap<&str, &str> = ["OrganizationalUnits", "Accounts"]
        .iter()
        .flat_map(|name| list(value, name))
        .filter_map(|unit| Some((text(unit, "Id")?, text(unit, "ParentId")?)))
        .collect();
    let management = text(organization, "MasterAccountId").or(text(organization, "ManagementAccountId"));
    let scps = Attached::read(page, value, Family::Scp, harvest);
    let rcps = Attached::read(page, value, Family::Rcp, harvest);
    let mut accounts = BTreeMap::new();
    for account in list(value, "Accounts") {
        let Some(account) = text(account, "Id") else { continue };
        let Some(path) = path_to(account, &parents, list(value, "Roots")) else {
            let message =
                format!("`{}`: the place of account {account} in the organization is not told", page.source.path);
            harvest.gaps.push(Gap::new(GapKind::Organization, account, message));
            continue;
        };
        let exempt = management == Some(account);
        let levels = |attached: &Attached| if exempt { Collected::Absent } else { attached.levels(&path, account) };
        let membership =
            Membership { scps: levels(&scps), rcps: levels(&rcps), path: path.iter().map(|id| (*id).into()).collect() };
        accounts.insert(account.into(), membership);
    }
    harvest.organization = Some(Organization {
        id: id.into(),
        management_account: management.map(Into::into),
        accounts,
        delegation: None,
    });
}

/// From the root down to the account's parent; `None` if the way up is broken or goes in circles.
fn path_to<'v>(account: &str, parents: &BTreeMap<&'v str, &'v str>, roots: &[Value]) -> Option<Vec<&'v str>> {
    let mut path = Vec::new();
    let mut at = *parents.get(account)?;
    while path.len() < ORGANIZATION_LEVELS_MAX {
        path.push(at);
        match parents.get(at) {
            Some(parent) => at = parent,
            None => {
                let is_root = at.starts_with("r-") || roots.iter().any(|root| text(root, "Id") == Some(at));
                path.reverse();
                return is_root.then_some(path);
            }
        }
    }
    None
}

/// A kind of organization policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Scp,
    Rcp,
}

impl Family {
    pub(crate) fn kind(self) -> PolicyKind {
        match self {
            Family::Scp => PolicyKind::Scp,
            Family::Rcp => PolicyKind::Rcp,
        }
    }

    /// What a folder or list of them is called in iam-collect's tree.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Family::Scp => "scps",
            Family::Rcp => "rcps",
        }
    }

    /// The policy of that name or ARN, if it is the one whose content everybody knows.
    pub(crate) fn implied(self, name: &str) -> Option<Policy> {
        let (full_access, document) = self.full_access();
        let id = name.rsplit('/').next().unwrap_or(name);
        if id != full_access {
            return None;
        }
        let document = Document::read(&json::parse(document).ok()?);
        Some(Policy::forced(&document, self.kind(), Origin { name, ..Origin::default() }).0)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Family::Scp => "SERVICE_CONTROL_POLICY",
            Family::Rcp => "RESOURCE_CONTROL_POLICY",
        }
    }

    /// The policy that AWS attaches everywhere; its content never changes.
    fn full_access(self) -> (&'static str, &'static str) {
        match self {
            Family::Scp => (
                "p-FullAWSAccess",
                r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#,
            ),
            Family::Rcp => (
                "p-RCPFullAWSAccess",
                r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#,
            ),
        }
    }
}

/// The policies of one family, by what they are attached to.
struct Attached {
    /// Whether the organization uses policies of this family.
    enabled: bool,
    /// Whether any was collected.
    collected: bool,
    /// `None` stands for a policy whose content is missing.
    by_target: BTreeMap<Box<str>, Vec<Option<Policy>>>,
}

impl Attached {
    fn read(page: &Page<'_>, value: &Value, family: Family, harvest: &mut Harvest) -> Attached {
        let mut attached =
            Attached { enabled: is_enabled(value, family), collected: false, by_target: BTreeMap::new() };
        for entry in list(value, "Policies") {
            let Some(summary) = entry.member("PolicySummary") else { continue };
            if text(summary, "Type") != Some(family.name()) {
                continue;
            }
            attached.collected = true;
            let policy = content(page, entry, summary, family, &mut harvest.gaps);
            for target in list(entry, "Targets") {
                if let Some(target) = target.as_text().or(text(target, "TargetId")) {
                    attached.by_target.entry(target.into()).or_default().push(policy.clone());
                }
            }
        }
        if attached.enabled && !attached.collected {
            // A file with SCPs that speaks of RCPs nowhere is of an organization that has none, as far as one knows.
            let has_none = family == Family::Rcp && !lists_types(value) && !list(value, "Policies").is_empty();
            let message = match has_none {
                false => format!("`{}`: no policy of type {} was collected", page.source.path, family.name()),
                true => format!(
                    "`{}`: neither a policy of type {} nor whether there are any was collected: answers are as if there were none",
                    page.source.path,
                    family.name()
                ),
            };
            harvest.gaps.push(Gap::new(GapKind::Organization, family.name(), message));
            attached.enabled = !has_none;
        }
        attached
    }

    fn levels(&self, path: &[&str], account: &str) -> Collected<Vec<Policy>> {
        if !self.enabled {
            return Collected::Absent;
        }
        if !self.collected {
            return Collected::Unknown;
        }
        let mut incomplete = false;
        let levels: Vec<Vec<Policy>> = path
            .iter()
            .copied()
            .chain([account])
            .map(|id| {
                let policies = self.by_target.get(id).map(Vec::as_slice).unwrap_or_default();
                incomplete |= policies.iter().any(Option::is_none);
                policies.iter().flatten().cloned().collect()
            })
            .collect();
        if incomplete { Collected::Incomplete(levels.into()) } else { Collected::known(levels) }
    }
}

/// A root that lists its policy types has those that it lists as enabled; one that lists none is taken to have all.
fn is_enabled(value: &Value, family: Family) -> bool {
    let mut types = list(value, "Roots").iter().filter_map(|root| root.member("PolicyTypes")?.as_list()).flatten();
    !lists_types(value)
        || types.any(|entry| text(entry, "Type") == Some(family.name()) && text(entry, "Status") == Some("ENABLED"))
}

fn lists_types(value: &Value) -> bool {
    list(value, "Roots").iter().any(|root| root.member("PolicyTypes").is_some())
}

fn content(page: &Page<'_>, entry: &Value, summary: &Value, family: Family, gaps: &mut Vec<Gap>) -> Option<Policy> {
    let id = text(summary, "Id").unwrap_or_default();
    let name = text(summary, "Arn").unwrap_or(id);
    if let Some(document) = entry.member("Content") {
        return page.policy(document, name, family.kind(), gaps);
    }
    if id == family.full_access().0 {
        return family.implied(if name.ends_with(id) { name } else { id });
    }
    let message = format!("`{}`: the content of organization policy `{id}` was not collected", page.source.path);
    gaps.push(Gap::new(GapKind::OrganizationPolicy, name, message));
    None
}
