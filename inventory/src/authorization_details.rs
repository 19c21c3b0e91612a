//! `aws iam get-account-authorization-details`: users, groups, roles and managed policies of an account.
//!
//! The documents are objects, as the command line prints them, or URL-encoded texts, as the API
//! gives them. A file may hold one page or several.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use wardbook_policy::arn::{Arn, is_account_id};
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::policy::{Policy, PolicyKind};

use crate::coverage::{Gap, GapKind};
use crate::page::Page;
use crate::world::PrincipalKind;
use crate::world::harvest::{Account, Group, Harvest, RawPrincipal};

pub(crate) fn recognizes(value: &Value) -> bool {
    ["UserDetailList", "GroupDetailList", "RoleDetailList"].iter().any(|name| is_list(value, name))
        || value
            .member("Policies")
            .and_then(Value::as_list)
            .is_some_and(|policies| policies.first().is_some_and(|policy| policy.member("PolicyVersionList").is_some()))
}

fn is_list(value: &Value, name: &str) -> bool {
    value.member(name).is_some_and(|value| value.as_list().is_some())
}

pub(crate) fn read(page: &Page<'_>, value: &Value, harvest: &mut Harvest) {
    let Some(id) = account_of(page, value) else {
        let message = format!("`{}`: nothing says which account these authorization details are of", page.source.path);
        harvest.gaps.push(Gap::new(GapKind::Unreadable, &page.source.path, message));
        return;
    };
    let account = harvest.accounts.entry(id).or_default();
    account.pages += 1;
    account.ends |= !matches!(value.member("IsTruncated").map(|value| &value.kind), Some(Kind::Bool(true)));
    let mut reader = Reader { page, account, gaps: &mut harvest.gaps };
    // Principals refer to managed policies by ARN, so the order of pages does not matter.
    for policy in list(value, "Policies") {
        reader.managed(policy);
    }
    for group in list(value, "GroupDetailList") {
        reader.group(group);
    }
    for user in list(value, "UserDetailList") {
        reader.principal(user, PrincipalKind::User);
    }
    for role in list(value, "RoleDetailList") {
        reader.principal(role, PrincipalKind::Role);
    }
}

/// The account that the ARNs name, else the one that a folder is called after.
fn account_of(page: &Page<'_>, value: &Value) -> Option<Box<str>> {
    let lists = ["UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"];
    let mut arns = lists.iter().flat_map(|name| list(value, name)).filter_map(|entry| text(entry, "Arn"));
    let found = arns.find_map(|arn| Arn::parse(arn).map(|arn| arn.account).filter(|account| is_account_id(account)));
    found.or(page.hints.account).map(Into::into)
}

struct Reader<'r, 'p> {
    page: &'r Page<'p>,
    account: &'r mut Account,
    gaps: &'r mut Vec<Gap>,
}

impl Reader<'_, '_> {
    /// The default version of a managed policy.
    fn managed(&mut self, value: &Value) {
        let Some(arn) = text(value, "Arn") else { return };
        if self.account.managed.contains_key(arn) {
            return;
        }
        let default = text(value, "DefaultVersionId");
        let versions = list(value, "PolicyVersionList");
        let version = versions.iter().find(|version| {
            matches!(version.member("IsDefaultVersion").map(|value| &value.kind), Some(Kind::Bool(true)))
                || (default.is_some() && text(version, "VersionId") == default)
        });
        let policy = version
            .and_then(|version| version.member("Document"))
            .and_then(|document| self.page.policy(document, arn, PolicyKind::Identity, self.gaps));
        self.account.managed.insert(arn.into(), policy);
        let others = versions.iter().filter(|other| version.is_none_or(|version| !std::ptr::eq(*other, version)));
        let others = others.filter_map(|version| {
            let name = format!("{arn} version {}", text(version, "VersionId").unwrap_or_default());
            // What is wrong in a version that does not count is nobody's concern.
            self.page.policy(version.member("Document")?, &name, PolicyKind::Identity, &mut Vec::new())
        });
        let others: Vec<_> = others.collect();
        if !others.is_empty() {
            self.account.versions.insert(arn.into(), others);
        }
    }

    fn group(&mut self, value: &Value) {
        let Some(name) = text(value, "GroupName") else { return };
        let arn = text(value, "Arn").unwrap_or(name);
        let inline = self.inline(value, "GroupPolicyList", arn);
        self.account.groups.entry(name.into()).or_insert(Group { inline, attached: attached(value) });
    }

    fn principal(&mut self, value: &Value, kind: PrincipalKind) {
        let Some(arn) = text(value, "Arn") else {
            let position = self.page.lines.position(value.span);
            let message = format!("{}:{position}: a {} without `Arn`", self.page.source.path, kind.noun());
            self.gaps.push(Gap::new(GapKind::Problem, &self.page.source.path, message));
            return;
        };
        let (id, policies) = match kind {
            PrincipalKind::User => ("UserId", "UserPolicyList"),
            PrincipalKind::Role => ("RoleId", "RolePolicyList"),
        };
        let trust = value.member("AssumeRolePolicyDocument").and_then(|document| {
            self.page.policy(document, &format!("{arn} trust policy"), PolicyKind::Resource, self.gaps)
        });
        let principal = RawPrincipal {
            kind,
            arn: arn.into(),
            id: text(value, id).map(Into::into),
            tags: tags(value, "Key", "Value"),
            inline: self.inline(value, policies, arn),
            attached: attached(value),
            groups: list(value, "GroupList").iter().filter_map(Value::as_text).map(Into::into).collect(),
            boundary: value
                .member("PermissionsBoundary")
                .and_then(|boundary| text(boundary, "PermissionsBoundaryArn"))
                .map(Into::into),
            trust,
        };
        self.account.principals.push(principal);
    }

    /// Inline policies; one that cannot be read at all is missing.
    fn inline(&mut self, value: &Value, member: &str, arn: &str) -> Vec<Option<Policy>> {
        let entries = list(value, member).iter();
        entries
            .map(|entry| {
                let name = format!("{arn} inline {}", text(entry, "PolicyName").unwrap_or_default());
                let document = entry.member("PolicyDocument")?;
                self.page.policy(document, &name, PolicyKind::Identity, self.gaps)
            })
            .collect()
    }
}

fn attached(value: &Value) -> Vec<Box<str>> {
    let entries = list(value, "AttachedManagedPolicies").iter();
    entries.filter_map(|entry| text(entry, "PolicyArn")).map(Into::into).collect()
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.member(name)?.as_text()
}

pub(crate) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.member(name).and_then(Value::as_list).unwrap_or_default()
}

/// Tags as IAM (`Key`) and KMS (`TagKey`) print them.
pub(crate) fn tags(value: &Value, key: &str, name: &str) -> Vec<(Box<str>, Box<str>)> {
    let entries = list(value, "Tags").iter();
    entries.filter_map(|tag| Some((text(tag, key)?.into(), text(tag, name)?.into()))).collect()
}
