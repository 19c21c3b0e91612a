//! The folder tree that iam-collect writes: one file per document, `accounts/<id>/iam/role/<name>/trust-policy.json`.
//!
//! Most of its files say what they are by where they stand, so a tree is recognized by its folders:
//! below one called `accounts` those of account ids, below `organizations` those of organization
//! ids. The files of one folder come one after another and are put together when the folder ends. A
//! `grants.json` beside a key's policy is read too, as list-grants prints it or as a bare list.

use std::collections::BTreeMap;

use std::rc::Rc;

use wardbook_policy::arn::is_account_id;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::span::Lines;

use crate::authorization_details::{list, text};
use crate::coverage::{Gap, GapKind};
use crate::kms_dump;
use crate::layer::Collected;
use crate::limits::ORGANIZATION_LEVELS_MAX;
use crate::organization::{Family, Membership, Organization};
use crate::page::{Compiled, Page};
use crate::parameters::file_name;
use crate::source::Source;
use crate::world::PrincipalKind;
use crate::world::harvest::{Group, Harvest, RawPrincipal};

/// Where a folder stands in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'p> {
    /// `accounts/<id>/...`
    Account(&'p str),
    /// `organizations/<id>/...`
    Organization(&'p str),
    /// `indexes`
    Indexes,
}

/// One folder of a tree, with its files taken apart.
pub(crate) struct Folder {
    path: String,
    files: Vec<(Source, Value)>,
    /// The names of files that could not be read.
    broken: Vec<String>,
    compiled: Rc<Compiled>,
}

impl Folder {
    /// The folder of a file, if it is one of such a tree.
    pub(crate) fn of(path: &str, compiled: &Rc<Compiled>) -> Option<Folder> {
        let (folder, _) = path.rsplit_once(['/', '\\'])?;
        place(folder)?;
        Some(Folder { path: folder.to_owned(), files: Vec::new(), broken: Vec::new(), compiled: compiled.clone() })
    }

    /// Whether a file stands in it.
    pub(crate) fn holds(&self, path: &str) -> bool {
        path.rsplit_once(['/', '\\']).is_some_and(|(folder, _)| folder == self.path)
    }

    pub(crate) fn add(&mut self, source: Source, value: Value) {
        self.files.push((source, value));
    }

    /// A file of the folder that could not be read.
    pub(crate) fn add_broken(&mut self, path: &str) {
        self.broken.push(file_name(path).to_owned());
    }

    fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|broken| broken == name)
    }

    /// How many files were read.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Reads the folder as a whole.
    pub(crate) fn read(&self, harvest: &mut Harvest) {
        let Some((place, rest)) = place(&self.path) else { return };
        match (place, rest.as_slice()) {
            (Place::Account(account), ["iam", "role", _]) => self.principal(account, PrincipalKind::Role, harvest),
            (Place::Account(account), ["iam", "user", _]) => self.principal(account, PrincipalKind::User, harvest),
            (Place::Account(account), ["iam", "group", _]) => self.group(account, harvest),
            (Place::Account(account), ["iam", "policy", _] | ["iam", "aws", "policy", _]) => {
                self.managed(account, harvest);
            }
            (Place::Account(_), ["kms", _, "key", _]) => self.key(harvest),
            (Place::Account(account), []) => {
                harvest.collected_account(account);
            }
            (Place::Organization(id), ["scps", _]) => self.organization_policy(id, Family::Scp, harvest),
            (Place::Organization(id), ["rcps", _]) => self.organization_policy(id, Family::Rcp, harvest),
            (Place::Organization(id), []) => self.organization(id, harvest),
            // Buckets, queues and the like have no say about keys; indexes repeat what stands elsewhere.
            _ => {}
        }
    }

    fn file(&self, name: &str) -> Option<(&Source, &Value)> {
        let found = self.files.iter().find(|(source, _)| file_name(&source.path) == name);
        found.map(|(source, value)| (source, value))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.file(name).map(|(_, value)| value)
    }

    /// A document that fills a file of its own.
    fn policy(&self, file: &str, name: &str, kind: PolicyKind, gaps: &mut Vec<Gap>) -> Option<Policy> {
        let (source, value) = self.file(file)?;
        let lines = Lines::new(&source.text);
        Page::new(source, &lines, &self.compiled).policy(value, name, kind, gaps)
    }

    /// The ARN of what the folder is about.
    fn arn(&self, gaps: &mut Vec<Gap>) -> Option<&str> {
        let arn = self.value("metadata.json").and_then(|metadata| text(metadata, "arn"));
        if arn.is_none() {
            let message =
                format!("`{}`: no `metadata.json` with an `arn`, so nobody knows whose these files are", self.path);
            gaps.push(Gap::new(GapKind::Unreadable, &self.path, message));
        }
        arn
    }

    fn inline(&self, arn: &str, gaps: &mut Vec<Gap>) -> Vec<Option<Policy>> {
        // Policies that nobody could read may say anything.
        let lost = ["inline-policies.json", "managed-policies.json", "groups.json"];
        if lost.iter().any(|name| self.is_broken(name)) {
            return vec![None];
        }
        let Some((source, value)) = self.file("inline-policies.json") else { return Vec::new() };
        let lines = Lines::new(&source.text);
        let page = Page::new(source, &lines, &self.compiled);
        let entries = value.as_list().unwrap_or_default().iter();
        entries
            .map(|entry| {
                let name = format!("{arn} inline {}", text(entry, "PolicyName").unwrap_or_default());
                page.policy(entry.member("PolicyDocument")?, &name, PolicyKind::Identity, gaps)
            })
            .collect()
    }

    fn texts(&self, name: &str) -> Vec<Box<str>> {
        let values = self.value(name).and_then(Value::as_list).unwrap_or_default();
        values.iter().filter_map(Value::as_text).map(Into::into).collect()
    }

    fn tags(&self) -> Vec<(Box<str>, Box<str>)> {
        let Some(value) = self.value("tags.json") else { return Vec::new() };
        match &value.kind {
            Kind::Object(members) => members
                .iter()
                .filter_map(|member| Some((member.name.clone(), member.value.as_text()?.into())))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn principal(&self, account: &str, kind: PrincipalKind, harvest: &mut Harvest) {
        harvest.collected_account(account);
        let Some(arn) = self.arn(&mut harvest.gaps) else { return };
        let metadata = self.value("metadata.json");
        let told = |name: &str| metadata.and_then(|metadata| text(metadata, name));
        let boundary = told("permissionBoundary").or(told("permissionsBoundary"));
        let inline = self.inline(arn, &mut harvest.gaps);
        let trust =
            self.policy("trust-policy.json", &format!("{arn} trust policy"), PolicyKind::Resource, &mut harvest.gaps);
        let groups = self.texts("groups.json");
        let principal = RawPrincipal {
            kind,
            arn: arn.into(),
            id: told("id").map(Into::into),
            tags: self.tags(),
            inline,
            attached: self.texts("managed-policies.json"),
            groups: groups.iter().map(|arn| arn.rsplit('/').next().unwrap_or(arn).into()).collect(),
            boundary: boundary.map(Into::into),
            trust,
        };
        harvest.collected_account(account).principals.push(principal);
    }

    fn group(&self, account: &str, harvest: &mut Harvest) {
        let Some(arn) = self.arn(&mut harvest.gaps) else { return };
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let inline = self.inline(arn, &mut harvest.gaps);
        let group = Group { inline, attached: self.texts("managed-policies.json") };
        harvest.collected_account(account).groups.entry(name.into()).or_insert(group);
    }

    fn managed(&self, account: &str, harvest: &mut Harvest) {
        let Some(arn) = self.arn(&mut harvest.gaps) else { return };
        let policy = self.policy("current-policy.json", arn, PolicyKind::Identity, &mut harvest.gaps);
        harvest.collected_account(account).managed.entry(arn.into()).or_insert(policy);
    }

    fn key(&self, harvest: &mut Harvest) {
        let Some(arn) = self.arn(&mut harvest.gaps) else { return };
        let title = format!("{arn} key policy default");
        let policy = self.policy("policy.json", &title, PolicyKind::Key, &mut harvest.gaps);
        let tags = self.tags();
        let key = harvest.key(arn);
        // A key without tags has no file of tags.
        if !self.is_broken("tags.json") {
            key.tags.get_or_insert_default().extend(tags);
        }
        if let Some(policy) = policy {
            key.policies.entry("default".into()).or_insert(policy);
        }
        if let Some((source, value)) = self.file("grants.json") {
            let lines = Lines::new(&source.text);
            let page = Page::new(source, &lines, &self.compiled);
            match value.as_list() {
                Some(entries) => kms_dump::add_grants(&page, entries, true, harvest),
                None => kms_dump::read_grants(&page, value, harvest),
            }
        }
    }

    fn organization_policy(&self, id: &str, family: Family, harvest: &mut Harvest) {
        let Some(arn) = self.arn(&mut harvest.gaps) else { return };
        let policy = self.policy("policy.json", arn, family.kind(), &mut harvest.gaps);
        harvest.trees.entry(id.into()).or_default().policies.insert(arn.into(), policy);
    }

    fn organization(&self, id: &str, harvest: &mut Harvest) {
        let tree = harvest.trees.entry(id.into()).or_default();
        tree.path = self.path.clone();
        // Folders inside may come between the files of this one.
        let files = [
            (&mut tree.metadata, "metadata.json"),
            (&mut tree.accounts, "accounts.json"),
            (&mut tree.units, "ous.json"),
        ];
        for (slot, name) in files {
            if let Some(value) = self.value(name) {
                *slot = Some(value.clone());
            }
        }
    }
}

/// Where in a tree a folder stands, and the folders below that.
fn place(folder: &str) -> Option<(Place<'_>, Vec<&str>)> {
    let parts: Vec<&str> = folder.split(['/', '\\']).collect();
    for (index, part) in parts.iter().enumerate().rev() {
        let next = parts.get(index + 1).copied();
        let rest = || parts.get(index + 2..).unwrap_or_default().to_vec();
        match (*part, next) {
            ("accounts", Some(id)) if is_account_id(id) => return Some((Place::Account(id), rest())),
            ("organizations", Some(id)) if id.starts_with("o-") => return Some((Place::Organization(id), rest())),
            ("indexes", None) => return Some((Place::Indexes, Vec::new())),
            _ => {}
        }
    }
    None
}

/// An organization in the making: its files stand in many folders.
#[derive(Default)]
pub(crate) struct Tree {
    path: String,
    metadata: Option<Value>,
    accounts: Option<Value>,
    units: Option<Value>,
    /// By ARN; `None` for one that cannot be read.
    policies: BTreeMap<Box<str>, Option<Policy>>,
}

impl Tree {
    /// The organization, once every folder was read.
    pub(crate) fn organization(&self, id: &str, gaps: &mut Vec<Gap>) -> Option<Organization> {
        let Some(accounts) = self.accounts.as_ref().and_then(Value::as_object) else {
            let message = format!("the accounts of organization `{id}` were not collected");
            gaps.push(Gap::new(GapKind::Organization, id, message));
            return None;
        };
        let metadata = self.metadata.as_ref();
        let management = metadata.and_then(|metadata| text(metadata, "rootAccountId"));
        let enabled = |family: Family| {
            let features = metadata.and_then(|metadata| metadata.member("features"));
            !matches!(
                features.and_then(|features| features.member(family.name())).map(|value| &value.kind),
                Some(Kind::Bool(false))
            )
        };
        let mut members = BTreeMap::new();
        for member in accounts {
            let Some(units) = self.path_of(&member.value) else {
                let message =
                    format!("`{}`: the place of account {} in the organization is not told", self.path, member.name);
                gaps.push(Gap::new(GapKind::Organization, &member.name, message));
                continue;
            };
            let exempt = management == Some(&*member.name);
            let mut levels = |family: Family| {
                if exempt || !enabled(family) {
                    return Collected::Absent;
                }
                let holders = units.iter().map(|(_, unit)| *unit).chain([&member.value]);
                self.levels(holders, family, gaps)
            };
            let (scps, rcps) = (levels(Family::Scp), levels(Family::Rcp));
            let path = units.iter().map(|(name, _)| (*name).into()).collect();
            members.insert(member.name.clone(), Membership { path, scps, rcps });
        }
        Some(Organization {
            id: id.into(),
            management_account: management.map(Into::into),
            accounts: members,
            delegation: None,
        })
    }

    /// From the root down to the account's own unit; `None` if the way up is broken or goes in circles.
    fn path_of<'v>(&'v self, account: &'v Value) -> Option<Vec<(&'v str, &'v Value)>> {
        let units = self.units.as_ref()?;
        let mut path = Vec::new();
        let mut at = text(account, "ou")?;
        while path.len() < ORGANIZATION_LEVELS_MAX {
            let unit = units.member(at)?;
            path.push((at, unit));
            match text(unit, "parent") {
                Some(parent) => at = parent,
                None => {
                    path.reverse();
                    return Some(path);
                }
            }
        }
        None
    }

    fn levels<'v>(
        &self,
        holders: impl Iterator<Item = &'v Value>,
        family: Family,
        gaps: &mut Vec<Gap>,
    ) -> Collected<Vec<Policy>> {
        let mut incomplete = false;
        let mut levels = Vec::new();
        for holder in holders {
            let mut level = Vec::new();
            for arn in list(holder, family.folder()).iter().filter_map(Value::as_text) {
                let policy = self.policies.get(arn).cloned().flatten().or_else(|| family.implied(arn));
                if policy.is_none() {
                    let message =
                        format!("`{}`: the content of organization policy `{arn}` was not collected", self.path);
                    gaps.push(Gap::new(GapKind::OrganizationPolicy, arn, message));
                }
                incomplete |= policy.is_none();
                level.extend(policy);
            }
            levels.push(level);
        }
        if incomplete { Collected::Incomplete(levels.into()) } else { Collected::known(levels) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_what_they_are_about() {
        let account = "c/aws/aws/accounts/111122223333";
        assert_eq!(place(account), Some((Place::Account("111122223333"), vec![])));
        let role = format!("{account}/iam/role/app");
        assert_eq!(place(&role), Some((Place::Account("111122223333"), vec!["iam", "role", "app"])));
        assert_eq!(place("c/organizations/o-1/scps/p-x").unwrap().1, ["scps", "p-x"]);
        assert_eq!(place("c/indexes"), Some((Place::Indexes, vec![])));
        for other in ["w/111122223333/kms", "accounts/readme", "organizations", "indexes/x", ""] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
