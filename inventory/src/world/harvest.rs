//! What the readers gather, file by file, before it is put together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use wardbook_policy::arn::Arn;
use wardbook_policy::caller::{Caller, CallerKind};
use wardbook_policy::grant::Grant;
use wardbook_policy::policy::Policy;

use super::{KmsKey, Offers, Principal, PrincipalKind, World};
use crate::carrier::DeclaredKeyPolicy;
use crate::cloudformation::Told;
use crate::collect::Tree;
use crate::coverage::{Coverage, Gap, GapKind};
use crate::layer::Collected;
use crate::limits::CANDIDATES_MAX;
use crate::organization::Organization;
use crate::page::Page;

#[derive(Default)]
pub(crate) struct Harvest {
    pub(crate) accounts: BTreeMap<Box<str>, Account>,
    keys: BTreeMap<Box<str>, RawKey>,
    /// By ARN.
    pub(crate) aliases: BTreeMap<Box<str>, RawAlias>,
    /// Regions (account and region) whose aliases were listed to the end, and keys for which that was done.
    alias_lists: BTreeSet<AliasList>,
    pub(crate) organization: Option<Organization>,
    /// The policy by which members administer the organization's policies.
    pub(crate) delegation: Option<Policy>,
    /// Organizations of iam-collect's trees, by id.
    pub(crate) trees: BTreeMap<Box<str>, Tree>,
    /// Where the templates of CDK stacks are deployed, by the path of the template.
    pub(crate) stacks: BTreeMap<String, Told>,
    /// Policies that carriers set for keys which something else declares.
    pub(crate) key_policies: Vec<(Option<Policy>, DeclaredKeyPolicy)>,
    pub(crate) gaps: Vec<Gap>,
    /// Whether something is declared in a template, so that symbols count.
    pub(crate) open: bool,
}

/// The authorization details of one account.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) pages: usize,
    /// The templates that declare something in it.
    pub(crate) declared_in: BTreeSet<Box<str>>,
    /// Whether a last page was seen.
    pub(crate) ends: bool,
    pub(crate) principals: Vec<RawPrincipal>,
    /// Inline and attached policies, by the group's name.
    pub(crate) groups: HashMap<Box<str>, Group>,
    /// By ARN; `None` for one whose default version cannot be read.
    pub(crate) managed: HashMap<Box<str>, Option<Policy>>,
    /// The versions that are not the default one, by ARN.
    pub(crate) versions: BTreeMap<Box<str>, Vec<Policy>>,
}

/// The policies of a group; `None` stands for one that cannot be read.
pub(crate) struct Group {
    pub(crate) inline: Vec<Option<Policy>>,
    pub(crate) attached: Vec<Box<str>>,
}

/// Where aliases were listed to the end: in a region, or for one key of it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct AliasList {
    account: Box<str>,
    region: Box<str>,
    key_id: Option<Box<str>>,
}

pub(crate) struct RawPrincipal {
    pub(crate) kind: PrincipalKind,
    pub(crate) arn: Box<str>,
    pub(crate) id: Option<Box<str>>,
    pub(crate) tags: Vec<(Box<str>, Box<str>)>,
    pub(crate) inline: Vec<Option<Policy>>,
    pub(crate) attached: Vec<Box<str>>,
    pub(crate) groups: Vec<Box<str>>,
    pub(crate) boundary: Option<Box<str>>,
    pub(crate) trust: Option<Policy>,
}

#[derive(Default)]
pub(crate) struct RawKey {
    pub(crate) described: bool,
    pub(crate) state: Option<Box<str>>,
    pub(crate) manager: Option<Box<str>>,
    pub(crate) spec: Option<Box<str>>,
    pub(crate) usage: Option<Box<str>>,
    pub(crate) origin: Option<Box<str>>,
    pub(crate) multi_region: Option<bool>,
    pub(crate) multi_region_kind: Option<Box<str>>,
    pub(crate) tags: Option<Vec<(Box<str>, Box<str>)>>,
    /// By name: `default`, and `AWS_RAM` where the key is shared.
    pub(crate) policies: BTreeMap<Box<str>, Policy>,
    pub(crate) grants: Option<Vec<Grant>>,
    pub(crate) grant_ids: HashSet<Box<str>>,
    pub(crate) grants_end: bool,
}

pub(crate) struct RawAlias {
    pub(crate) name: Box<str>,
    /// The ARN of the key.
    pub(crate) target: Option<Box<str>>,
}

impl Harvest {
    pub(crate) fn key(&mut self, arn: &str) -> &mut RawKey {
        // Most keys are met many times, so the name is copied only once.
        if !self.keys.contains_key(arn) {
            self.keys.insert(arn.into(), RawKey::default());
        }
        self.keys.entry(arn.into()).or_default()
    }

    pub(crate) fn has_key(&self, arn: &str) -> bool {
        self.keys.contains_key(arn)
    }

    /// An account that was collected whole, in a tree of folders.
    pub(crate) fn collected_account(&mut self, id: &str) -> &mut Account {
        let account = self.accounts.entry(id.into()).or_default();
        account.pages = account.pages.max(1);
        account.ends = true;
        account
    }

    /// An account in which a template declares something.
    pub(crate) fn declared_account(&mut self, id: &str, path: &str) -> &mut Account {
        let account = self.accounts.entry(id.into()).or_default();
        account.declared_in.insert(path.into());
        account
    }

    pub(crate) fn alias_list(&mut self, account: &str, region: &str, key_id: Option<&str>) {
        let key_id = key_id.map(Into::into);
        self.alias_lists.insert(AliasList { account: account.into(), region: region.into(), key_id });
    }

    pub(crate) fn truncated(&mut self, page: &Page<'_>, what: &str) {
        let message = format!("`{}`: {what} is truncated", page.source.path);
        self.gaps.push(Gap::new(GapKind::Truncated, &page.source.path, message));
    }

    fn take_trees(&mut self) {
        for (id, tree) in std::mem::take(&mut self.trees) {
            match tree.organization(&id, &mut self.gaps) {
                Some(_) if self.organization.is_some() => {
                    let message = format!("a second organization `{id}`; the earlier one counts");
                    self.gaps.push(Gap::new(GapKind::Twice, &id, message));
                }
                Some(organization) => self.organization = Some(organization),
                None => {}
            }
        }
    }

    /// Gives keys the policies that carriers set for them. Of keys that may be meant, none has a policy that is known.
    fn take_key_policies(&mut self) {
        for (policy, named) in std::mem::take(&mut self.key_policies) {
            let (place, name) = (&named.place, &named.key.text);
            let mut meant: Vec<_> = self.keys.iter_mut().filter(|(arn, _)| named.is_of(arn)).collect();
            match (meant.as_mut_slice(), policy) {
                ([], _) => {
                    let message = format!("{place}: a policy of the key `{name}`, which is not declared here");
                    self.gaps.push(Gap::new(GapKind::KeyPolicy, name, message));
                }
                ([(arn, key)], Some(policy)) => {
                    let message = format!("{place}: the policy of `{arn}` is taken as deployed as it stands here");
                    self.gaps.push(Gap::new(GapKind::Declared, arn, message));
                    key.policies.insert("default".into(), policy);
                }
                (several, _) => {
                    for (arn, key) in several {
                        let message = format!("{place}: a policy that may be the one of `{arn}`");
                        self.gaps.push(Gap::new(GapKind::KeyPolicy, arn, message));
                        key.policies.remove("default");
                    }
                }
            }
        }
    }

    /// Puts together what belongs together.
    pub(crate) fn finish(mut self, mut coverage: Coverage) -> World {
        self.take_trees();
        if let Some(organization) = &mut self.organization {
            organization.delegation = self.delegation.take();
        }
        self.take_key_policies();
        let mut gaps = self.gaps;
        let shared = aws_managed(&self.accounts);
        let mut principals = Vec::new();
        let mut accounts = BTreeMap::new();
        let mut offers = BTreeMap::new();
        for (id, mut account) in self.accounts {
            if account.pages == 0 {
                gaps.push(Gap::new(GapKind::Account, &id, declared_message(&id, &account.declared_in)));
            } else if !account.ends {
                gaps.push(Gap::new(GapKind::Truncated, &id, truncated_message(&id)));
            }
            for raw in std::mem::take(&mut account.principals) {
                // Whoever has such a name makes no requests, and must not stand for others who do.
                let wrong = match (Caller::parse(&raw.arn).map(|caller| caller.kind()), raw.kind) {
                    (Ok(CallerKind::User), PrincipalKind::User) | (Ok(CallerKind::Role), PrincipalKind::Role) => None,
                    (Ok(_), kind) => Some(format!("`{}` is no {}", raw.arn, kind.noun())),
                    (Err(error), _) => Some(error.to_string()),
                };
                if let Some(wrong) = wrong {
                    gaps.push(Gap::new(GapKind::Principal, &raw.arn, format!("of account {id}: {wrong}")));
                    continue;
                }
                principals.push(principal(raw, &id, &account, &shared, &mut gaps));
            }
            offers.insert(id.clone(), offers_of(&mut account, &shared));
            accounts.insert(id, account.ends);
        }
        principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        principals.dedup_by(|later, earlier| {
            let twice = later.arn == earlier.arn;
            if twice {
                let message = format!("`{}` occurs twice; the first one counts", later.arn);
                gaps.push(Gap::new(GapKind::Twice, &later.arn, message));
            }
            twice
        });
        let mut aliases_of: HashMap<&str, Vec<Box<str>>> = HashMap::new();
        for alias in self.aliases.values() {
            if let Some(target) = &alias.target {
                aliases_of.entry(target).or_default().push(alias.name.clone());
            }
        }
        let keys: Vec<KmsKey> = self
            .keys
            .into_iter()
            .filter_map(|(arn, raw)| {
                let aliases = aliases_of.remove(&*arn).unwrap_or_default();
                key(arn, raw, aliases, &self.alias_lists)
            })
            .collect();
        name_accounts(&accounts, &keys, self.organization.as_ref(), &mut gaps);
        gaps.extend(keys.iter().flat_map(KmsKey::gaps));
        if self.organization.is_none() {
            gaps.push(Gap::new(GapKind::Organization, "", NO_ORGANIZATION));
        }
        coverage.gaps.append(&mut gaps);
        coverage.gaps.sort();
        coverage.gaps.dedup();
        let aliases = self.aliases.into_iter().map(|(arn, alias)| (arn, alias.target)).collect();
        let world = World::new(accounts, principals, keys, aliases, self.organization, coverage);
        World { open: self.open, offers, ..world }
    }
}

pub(crate) const NO_ORGANIZATION: &str =
    "no organization was collected: answers are as if no service or resource control policy limited anybody";

/// Managed policies of AWS itself are the same in every account, so any dump that has one will do.
fn aws_managed(accounts: &BTreeMap<Box<str>, Account>) -> HashMap<Box<str>, Policy> {
    let policies = accounts.values().flat_map(|account| &account.managed);
    policies
        .filter(|(arn, _)| arn.split(':').nth(4) == Some("aws"))
        .filter_map(|(arn, policy)| Some((arn.clone(), policy.clone()?)))
        .collect()
}

/// What lies ready in an account.
fn offers_of(account: &mut Account, shared: &HashMap<Box<str>, Policy>) -> Offers {
    let mut managed: BTreeMap<Box<str>, Policy> =
        shared.iter().map(|(arn, policy)| (arn.clone(), policy.clone())).collect();
    managed.extend(account.managed.iter().filter_map(|(arn, policy)| Some((arn.clone(), policy.clone()?))));
    let groups = account.groups.iter().map(|(name, group)| {
        let found: Vec<Option<Policy>> =
            group.inline.iter().cloned().chain(group.attached.iter().map(|arn| managed.get(arn).cloned())).collect();
        let whole = found.iter().all(Option::is_some);
        let policies: Vec<Policy> = found.into_iter().flatten().collect();
        (name.clone(), if whole { Collected::known(policies) } else { Collected::Incomplete(policies.into()) })
    });
    Offers { groups: groups.collect(), versions: std::mem::take(&mut account.versions), managed }
}

fn principal(
    raw: RawPrincipal,
    account_id: &str,
    account: &Account,
    shared: &HashMap<Box<str>, Policy>,
    gaps: &mut Vec<Gap>,
) -> Principal {
    let mut missing: Vec<Box<str>> = Vec::new();
    let mut unreadable = raw.inline.iter().any(Option::is_none);
    let find = |arn: &str| account.managed.get(arn).cloned().flatten().or_else(|| shared.get(arn).cloned());
    let mut policies: Vec<Policy> = raw.inline.into_iter().flatten().collect();
    let attach = |arns: &[Box<str>], policies: &mut Vec<Policy>, missing: &mut Vec<Box<str>>| {
        for arn in arns {
            match find(arn) {
                Some(policy) => policies.push(policy),
                None => missing.push(arn.clone()),
            }
        }
    };
    attach(&raw.attached, &mut policies, &mut missing);
    let own = policies.len();
    let mut of_groups = Vec::with_capacity(raw.groups.len());
    for name in &raw.groups {
        let before = policies.len();
        match account.groups.get(name) {
            Some(group) => {
                unreadable |= group.inline.iter().any(Option::is_none);
                policies.extend(group.inline.iter().flatten().cloned());
                attach(&group.attached, &mut policies, &mut missing);
            }
            None => missing.push(format!("group/{name}").into()),
        }
        of_groups.push(policies.len() - before);
    }
    let boundary = match &raw.boundary {
        None => Collected::Absent,
        Some(arn) => match find(arn) {
            Some(policy) => Collected::known(vec![policy]),
            None => {
                let message = format!("the permissions boundary `{arn}` of `{}` is not in the dump", raw.arn);
                gaps.push(Gap::new(GapKind::ManagedPolicy, &raw.arn, message));
                Collected::Unknown
            }
        },
    };
    for arn in &missing {
        let message = format!("`{arn}` is attached to `{}`, but not in the dump", raw.arn);
        gaps.push(Gap::new(GapKind::ManagedPolicy, &raw.arn, message));
    }
    let policies = match missing.is_empty() && !unreadable {
        true => Collected::known(policies),
        false => Collected::Incomplete(policies.into()),
    };
    Principal {
        kind: raw.kind,
        account: account_id.into(),
        id: raw.id,
        tags: raw.tags,
        groups: raw.groups,
        policies,
        own,
        of_groups,
        boundary,
        trust: raw.trust,
        missing,
        arn: raw.arn,
    }
}

fn key(arn: Box<str>, mut raw: RawKey, aliases: Vec<Box<str>>, lists: &BTreeSet<AliasList>) -> Option<KmsKey> {
    let (account, region, id) = {
        let parts = Arn::parse(&arn)?;
        (Box::from(parts.account), Box::from(parts.region), Box::from(parts.resource_after("key")?))
    };
    let listed = |key_id: Option<&Box<str>>| {
        lists.contains(&AliasList {
            account: Box::clone(&account),
            region: Box::clone(&region),
            key_id: key_id.cloned(),
        })
    };
    let aliases = (listed(None) || listed(Some(&id))).then_some(aliases);
    let default = raw.policies.remove("default");
    let has_default = default.is_some();
    let policies: Vec<Policy> = default.into_iter().chain(raw.policies.into_values()).collect();
    Some(KmsKey {
        policy: match (has_default, policies.is_empty()) {
            (true, _) => Collected::known(policies),
            (false, true) => Collected::Unknown,
            (false, false) => Collected::Incomplete(policies.into()),
        },
        grants: match raw.grants {
            None => Collected::Unknown,
            Some(grants) if raw.grants_end => Collected::known(grants),
            Some(grants) => Collected::Incomplete(grants.into()),
        },
        described: raw.described,
        state: raw.state,
        manager: raw.manager,
        spec: raw.spec,
        usage: raw.usage,
        origin: raw.origin,
        multi_region: raw.multi_region,
        multi_region_kind: raw.multi_region_kind,
        tags: raw.tags,
        aliases,
        account,
        region,
        id,
        arn,
    })
}

/// Accounts that something names but whose principals nobody collected.
fn name_accounts(
    collected: &BTreeMap<Box<str>, bool>,
    keys: &[KmsKey],
    organization: Option<&Organization>,
    gaps: &mut Vec<Gap>,
) {
    let of_keys = keys.iter().map(|key| &key.account);
    let of_organization = organization.iter().flat_map(|organization| organization.accounts.keys());
    let named: BTreeSet<&Box<str>> = of_keys.chain(of_organization).collect();
    for account in named.into_iter().filter(|account| !collected.contains_key(*account)) {
        gaps.push(Gap::new(GapKind::Account, account, account_message(account)));
    }
}

pub(crate) fn account_message(account: &str) -> String {
    format!("the users and roles of account {account} were not collected")
}

fn declared_message(account: &str, templates: &BTreeSet<Box<str>>) -> String {
    let names: Vec<String> = templates.iter().take(CANDIDATES_MAX).map(|path| format!("`{path}`")).collect();
    let more = if templates.len() > CANDIDATES_MAX { ", ..." } else { "" };
    format!("of account {account}, only what is declared in {}{more} is known", names.join(", "))
}

pub(crate) fn truncated_message(account: &str) -> String {
    format!("the authorization details of account {account} end in a truncated page")
}
