//! What a template declares, in the one shape that every reader of templates fills, and its way into a world.
//!
//! A carrier is a template, a module, a plan: something that declares keys, principals and policies
//! instead of printing those that exist. What it leaves open stands as
//! [symbols](wardbook_policy::symbol) in ARNs and documents; things it makes have ARNs with made
//! names, so that references between them hold. It is taken as the whole truth about what it
//! declares: a key has the tags, aliases and grants that stand there and no others.

use std::collections::HashMap;
use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::document::{Document, Word};
use wardbook_policy::grant::Grant;
use wardbook_policy::json::{self, ParseError};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::span::Lines;
use wardbook_policy::subject::{Declaration, HolderSubject, KeySubject, Subjects};
use wardbook_policy::symbol;
use wardbook_policy::tri::Tri;

use crate::coverage::{Gap, GapKind};
use crate::page::partition;
use crate::world::PrincipalKind;
use crate::world::harvest::{Group, Harvest, RawAlias, RawPrincipal};

/// What a carrier declares.
#[derive(Debug, Clone, Default)]
pub struct Carrier {
    /// The file, or folder, as reports name it.
    pub path: Arc<str>,
    /// Documents, keys, aliases, grants, uses and changes.
    pub subjects: Subjects,
    /// Users and roles.
    pub principals: Vec<DeclaredPrincipal>,
    /// Groups.
    pub groups: Vec<DeclaredGroup>,
    /// Managed policies.
    pub managed: Vec<DeclaredPolicy>,
    /// Policies attached to users, roles and groups by name.
    pub attachments: Vec<Attachment>,
    /// Policies of keys that something else declares, or that are there already.
    pub key_policies: Vec<DeclaredKeyPolicy>,
    /// What could not be understood.
    pub gaps: Vec<Gap>,
    /// Texts that should be documents and are none.
    pub broken: Vec<ParseError>,
    /// What is wrong without keeping anything from being read: an expression whose value cannot be told.
    pub faults: Vec<ParseError>,
    /// Where each file begins in the text that places are of, for a carrier of several files whose texts
    /// stand one after another; nothing for a carrier of one file.
    pub files: Arc<[(u32, Box<str>)]>,
}

/// A user or role.
#[derive(Debug, Clone)]
pub struct DeclaredPrincipal {
    /// What declares it.
    pub declaration: Arc<Declaration>,
    /// User or role.
    pub kind: PrincipalKind,
    /// Its ARN.
    pub arn: Box<str>,
    /// Its tags.
    pub tags: Vec<(Word, Word)>,
    /// The names of the groups of a user.
    pub groups: Vec<Word>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<Word>,
    /// Its trust policy: a position among the documents.
    pub trust: Option<usize>,
    /// Whether it may have policies that cannot be told.
    pub incomplete: bool,
}

/// A group.
#[derive(Debug, Clone)]
pub struct DeclaredGroup {
    /// What declares it.
    pub declaration: Arc<Declaration>,
    /// Its name.
    pub name: Box<str>,
    /// Its ARN.
    pub arn: Box<str>,
}

/// A managed policy.
#[derive(Debug, Clone)]
pub struct DeclaredPolicy {
    /// Its ARN.
    pub arn: Box<str>,
    /// Its document: a position among the documents.
    pub document: usize,
}

/// The policy of a key that is not declared beside it.
#[derive(Debug, Clone)]
pub struct DeclaredKeyPolicy {
    /// The key: its id or ARN.
    pub key: Word,
    /// The account in which it is set.
    pub account: Box<str>,
    /// The region in which it is set.
    pub region: Box<str>,
    /// The document: a position among the documents.
    pub document: usize,
    /// File, line and column.
    pub place: Box<str>,
}

impl DeclaredKeyPolicy {
    /// Whether it is the policy of the key of that ARN.
    pub(crate) fn is_of(&self, arn: &str) -> bool {
        let Some(parts) = Arn::parse(arn) else { return false };
        match self.key.text.starts_with("arn:") {
            true => *self.key.text == *arn,
            false => {
                parts.resource_after("key") == Some(&*self.key.text)
                    && symbol::same(&self.account, parts.account) != Tri::False
                    && symbol::same(&self.region, parts.region) != Tri::False
            }
        }
    }
}

/// A policy attached to somebody.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Whether to a user, role or group.
    pub to: Attached,
    /// The name of the user, role or group, without path.
    pub name: Word,
    /// The account of the user, role or group.
    pub account: Box<str>,
    /// What is attached.
    pub policy: AttachedPolicy,
}

/// To what a policy is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    /// A user or role.
    Principal(PrincipalKind),
    /// A group.
    Group,
}

/// What is attached.
#[derive(Debug, Clone)]
pub enum AttachedPolicy {
    /// An inline policy: a position among the documents.
    Inline(usize),
    /// A managed policy, by its ARN.
    Managed(Word),
}

/// Where a carrier is deployed, as far as that is known; what is not is a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// `aws`, `aws-cn`, ...; `aws` where nothing says otherwise.
    pub partition: Box<str>,
    /// Account id, or a symbol.
    pub account: Box<str>,
    /// Region, or a symbol.
    pub region: Box<str>,
}

impl Deployment {
    /// A deployment of the carrier of that name; symbols are its own, since two carriers need not
    /// go to one account.
    pub fn new(path: &str, account: Option<&str>, region: Option<&str>) -> Deployment {
        let open = |what: &str| symbol::unknown(&format!("{path}#{what}")).into();
        Deployment {
            partition: region.map_or("aws", partition).into(),
            account: account.map_or_else(|| open("AccountId"), Into::into),
            region: region.map_or_else(|| open("Region"), Into::into),
        }
    }

    /// The ARN of an IAM resource: `role/path/name`.
    pub fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }

    /// The ARN of a KMS resource: `key/id`, `alias/name`.
    pub fn kms(&self, resource: &str) -> String {
        format!("arn:{}:kms:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

impl Carrier {
    /// The users and roles that are declared, each with the policies that are certainly its own.
    pub fn holders(&self) -> Vec<HolderSubject> {
        let managed: HashMap<&str, usize> = self.managed.iter().map(|own| (&*own.arn, own.document)).collect();
        let mut named: HashMap<&str, Vec<&Attachment>> = HashMap::new();
        let mut may_be_of_any = false;
        for attachment in &self.attachments {
            may_be_of_any |= symbol::holds_unknown(&attachment.name.text);
            named.entry(&attachment.name.text).or_default().push(attachment);
        }
        let holder = |declared: &DeclaredPrincipal| {
            let name = declared.arn.rsplit('/').next().unwrap_or_default();
            let account = Arn::parse(&declared.arn).map_or("", |arn| arn.account);
            let (mut documents, mut is_whole) = (Vec::new(), !declared.incomplete && !may_be_of_any);
            let groups = declared.groups.iter().map(|group| (Attached::Group, &*group.text));
            for (to, name) in [(Attached::Principal(declared.kind), name)].into_iter().chain(groups) {
                let own = named.get(name).into_iter().flatten();
                for attachment in own.filter(|own| own.to == to && symbol::same(&own.account, account) == Tri::True) {
                    match &attachment.policy {
                        AttachedPolicy::Inline(index) => documents.push(*index),
                        AttachedPolicy::Managed(arn) => match managed.get(&*arn.text) {
                            Some(index) => documents.push(*index),
                            None => is_whole = false,
                        },
                    }
                }
            }
            documents.sort_unstable();
            documents.dedup();
            HolderSubject { arn: declared.arn.clone(), documents, is_whole }
        };
        self.principals.iter().map(holder).filter(|holder| !holder.documents.is_empty()).collect()
    }

    /// Adds what is declared to a harvest. `lines` are those of each file of the carrier.
    pub(crate) fn into_harvest(self, lines: &HashMap<&str, &Lines<'_>>, harvest: &mut Harvest) {
        let message = format!("`{}` is taken as deployed as it stands, with nothing added since", self.path);
        harvest.gaps.push(Gap::new(GapKind::Declared, &self.path, message));
        harvest.gaps.extend(self.gaps.iter().cloned());
        harvest.open = true;
        let policies = self.policies(lines, &mut harvest.gaps);
        self.keys(&policies, harvest);
        self.aliases(harvest);
        self.grants(lines, harvest);
        self.identities(&policies, harvest);
        let named = self.key_policies.into_iter();
        harvest.key_policies.extend(named.map(|named| (policies.get(named.document).cloned(), named)));
    }

    fn policies(&self, lines: &HashMap<&str, &Lines<'_>>, gaps: &mut Vec<Gap>) -> Vec<Policy> {
        let documents = self.subjects.documents.iter();
        documents
            .map(|subject| {
                let path = &*subject.owner.path;
                let lines = lines.get(path).copied();
                let origin = Origin { name: &subject.name, path, lines };
                let (policy, problems) = Policy::forced(&subject.document, subject.kind, origin);
                let nowhere = Lines::new("");
                let lines = lines.unwrap_or(&nowhere);
                gaps.extend(problems.into_iter().map(|problem| Gap::problem(&subject.name, path, lines, problem)));
                policy
            })
            .collect()
    }

    fn keys(&self, policies: &[Policy], harvest: &mut Harvest) {
        for subject in &self.subjects.keys {
            if harvest.has_key(&subject.arn) {
                let message = format!("`{}`: `{}` is declared twice; the first one counts", self.path, subject.arn);
                harvest.gaps.push(Gap::new(GapKind::Twice, &subject.arn, message));
                continue;
            }
            let key = harvest.key(&subject.arn);
            let text = |word: &Option<Word>, default: &str| -> Option<Box<str>> {
                Some(word.as_ref().map_or(default, |word| &word.text).into())
            };
            key.described = true;
            key.manager = Some("CUSTOMER".into());
            key.state = match subject.enabled.as_ref().map(|word| &*word.text) {
                Some("false") => Some("Disabled".into()),
                None | Some("true") => Some("Enabled".into()),
                Some(_) => None,
            };
            if subject.primary.is_none() {
                key.spec = text(&subject.spec, "SYMMETRIC_DEFAULT");
                key.usage = text(&subject.usage, "ENCRYPT_DECRYPT");
                key.origin = text(&subject.origin, "AWS_KMS");
            }
            key.multi_region = multi_region(subject);
            key.multi_region_kind = match (&subject.primary, key.multi_region) {
                (Some(_), _) => Some("REPLICA".into()),
                (None, Some(true)) => Some("PRIMARY".into()),
                (None, _) => None,
            };
            let tags = subject.tags.as_deref().map(pairs);
            key.tags = tags;
            key.grants.get_or_insert_default();
            key.grants_end = true;
            let policy = match subject.policy {
                Some(index) => policies.get(index).cloned(),
                None => default_policy(subject),
            };
            if let Some(policy) = policy {
                key.policies.insert("default".into(), policy);
            }
            if let Some(arn) = Arn::parse(&subject.arn) {
                harvest.alias_list(arn.account, arn.region, arn.resource_after("key"));
            }
        }
    }

    fn aliases(&self, harvest: &mut Harvest) {
        for alias in &self.subjects.aliases {
            let Some(name) = &alias.name else { continue };
            let target = alias.target.as_ref().map(|word| &*word.text);
            let target = target.map(|target| match Arn::parse(&alias.arn) {
                Some(arn) if !target.starts_with("arn:") => {
                    format!("arn:{}:kms:{}:{}:key/{target}", arn.partition, arn.region, arn.account)
                }
                _ => target.to_owned(),
            });
            let alias_name = name.text.clone();
            harvest.aliases.insert(alias.arn.clone(), RawAlias { name: alias_name, target: target.map(Into::into) });
        }
    }

    fn grants(&self, lines: &HashMap<&str, &Lines<'_>>, harvest: &mut Harvest) {
        let keys: Vec<&str> = self.subjects.keys.iter().map(|key| &*key.arn).collect();
        for subject in &self.subjects.grants {
            let path = &*subject.declaration.path;
            let grant = match Grant::read_open(&subject.value) {
                Ok(grant) => match lines.get(path) {
                    Some(lines) => {
                        let span = subject.declaration.span;
                        grant.at(lines.path(span).unwrap_or(path), lines.position(span))
                    }
                    None => grant,
                },
                Err(problem) => {
                    let nowhere = Lines::new("");
                    let lines = lines.get(path).copied().unwrap_or(&nowhere);
                    let key = subject.key.as_ref().map_or("", |word| &word.text);
                    harvest.gaps.push(Gap::problem(key, path, lines, problem));
                    continue;
                }
            };
            let named = subject.key.as_ref().map_or("", |word| &*word.text);
            let of = |arn: &str| match named.starts_with("arn:") {
                true => symbol::same(named, arn),
                false => arn.rsplit('/').next().map_or(Tri::False, |id| symbol::same(named, id)),
            };
            let candidates: Vec<&str> = keys.iter().copied().filter(|arn| of(arn) != Tri::False).collect();
            for arn in &candidates {
                harvest.key(arn).grants.get_or_insert_default().push(grant.clone());
            }
            if candidates.is_empty() && Arn::parse(named).is_some_and(|arn| arn.resource.starts_with("key/")) {
                harvest.key(named).grants.get_or_insert_default().push(grant);
            }
        }
    }

    fn identities(&self, policies: &[Policy], harvest: &mut Harvest) {
        let account_of = |arn: &str| -> Box<str> { Arn::parse(arn).map_or("", |arn| arn.account).into() };
        let policy = |index: usize| policies.get(index).cloned();
        for managed in &self.managed {
            let account = harvest.declared_account(&account_of(&managed.arn), &self.path);
            account.managed.entry(managed.arn.clone()).or_insert_with(|| policy(managed.document));
        }
        for group in &self.groups {
            let (inline, attached, _) = self.attached(Attached::Group, &group.name, &account_of(&group.arn), policies);
            let account = harvest.declared_account(&account_of(&group.arn), &self.path);
            account.groups.entry(group.name.clone()).or_insert(Group { inline, attached });
        }
        for declared in &self.principals {
            let name = declared.arn.rsplit('/').next().unwrap_or_default();
            let account_id = account_of(&declared.arn);
            let (mut inline, attached, doubtful) =
                self.attached(Attached::Principal(declared.kind), name, &account_id, policies);
            if declared.incomplete || doubtful {
                // A policy that cannot be told stands for all of them.
                inline.push(None);
            }
            let account = harvest.declared_account(&account_id, &self.path);
            account.principals.push(RawPrincipal {
                kind: declared.kind,
                arn: declared.arn.clone(),
                id: None,
                tags: pairs(&declared.tags),
                inline,
                attached,
                groups: declared.groups.iter().map(|word| word.text.clone()).collect(),
                boundary: declared.boundary.as_ref().map(|word| word.text.clone()),
                trust: declared.trust.and_then(policy),
            });
        }
    }

    /// The inline policies and managed ARNs attached to a name, and whether there may be more.
    fn attached(
        &self,
        to: Attached,
        name: &str,
        account: &str,
        policies: &[Policy],
    ) -> (Vec<Option<Policy>>, Vec<Box<str>>, bool) {
        let (mut inline, mut managed, mut doubtful) = (Vec::new(), Vec::new(), false);
        for attachment in self.attachments.iter().filter(|attachment| attachment.to == to) {
            let meant = symbol::same(&attachment.name.text, name).and(symbol::same(&attachment.account, account));
            match (meant, &attachment.policy) {
                (Tri::False, _) => {}
                (Tri::Unknown, _) => doubtful = true,
                (Tri::True, AttachedPolicy::Inline(index)) => inline.push(policies.get(*index).cloned()),
                (Tri::True, AttachedPolicy::Managed(arn)) => managed.push(arn.text.clone()),
            }
        }
        (inline, managed, doubtful)
    }
}

/// The policy that KMS gives to a key for which none is set: its account decides.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
fn default_policy(subject: &KeySubject) -> Option<Policy> {
    let arn = Arn::parse(&subject.arn)?;
    let text = format!(
        r#"{{"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{{"Sid": "Enable IAM User Permissions",
            "Effect": "Allow", "Principal": {{"AWS": "arn:{}:iam::{}:root"}}, "Action": "kms:*", "Resource": "*"}}]}}"#,
        arn.partition, arn.account
    );
    let document = Document::read_open(&json::parse(&text).ok()?);
    let name = format!("{} key policy default", subject.arn);
    let origin = Origin { name: &name, path: &subject.declaration.path, lines: None };
    Some(Policy::forced(&document, PolicyKind::Key, origin).0)
}

fn multi_region(subject: &KeySubject) -> Option<bool> {
    match (&subject.primary, subject.multi_region.as_ref().map(|word| &*word.text)) {
        (Some(_), _) | (None, Some("true")) => Some(true),
        (None, None | Some("false")) => Some(false),
        (None, Some(_)) => None,
    }
}

fn pairs(tags: &[(Word, Word)]) -> Vec<(Box<str>, Box<str>)> {
    tags.iter().map(|(key, value)| (key.text.clone(), value.text.clone())).collect()
}
