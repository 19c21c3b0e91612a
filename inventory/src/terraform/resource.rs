//! What each kind of AWS resource declares: keys, aliases, grants, principals and their policies.
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>

mod identity;
mod key;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use wardbook_policy::document::{Document, Word};
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::policy::PolicyKind;
use wardbook_policy::span::{Lines, Span};
use wardbook_policy::subject::{Declaration, DocumentSubject, UseSubject};
use wardbook_policy::symbol;

use super::Resource;
use super::attribute::Facts;
use super::lower::Names;
use super::value::{self, Val};
use crate::carrier::{Carrier, DeclaredKeyPolicy};
use crate::coverage::{Gap, GapKind};
use crate::source::ReadError;

/// A kind of resource and what is read from it. Those that only add to others come later.
struct Row {
    name: &'static str,
    read: fn(&mut Declared<'_>, &Declaring<'_>),
}

/// Every kind that declares something, those that others refer to first.
const KINDS: &[Row] = &[
    Row { name: "aws_kms_key", read: key::key },
    Row { name: "aws_kms_external_key", read: key::key },
    Row { name: "aws_kms_replica_key", read: key::key },
    Row { name: "aws_kms_replica_external_key", read: key::key },
    Row { name: "aws_kms_key_policy", read: key::policy },
    Row { name: "aws_kms_alias", read: key::alias },
    Row { name: "aws_kms_grant", read: key::grant },
    Row { name: "aws_iam_policy", read: identity::managed },
    Row { name: "aws_iam_group", read: identity::group },
    Row { name: "aws_iam_role", read: identity::role },
    Row { name: "aws_iam_user", read: identity::user },
    Row { name: "aws_iam_role_policy", read: identity::inline },
    Row { name: "aws_iam_user_policy", read: identity::inline },
    Row { name: "aws_iam_group_policy", read: identity::inline },
    Row { name: "aws_iam_role_policy_attachment", read: identity::attachment },
    Row { name: "aws_iam_user_policy_attachment", read: identity::attachment },
    Row { name: "aws_iam_group_policy_attachment", read: identity::attachment },
    Row { name: "aws_iam_policy_attachment", read: identity::attachments },
    Row { name: "aws_iam_user_group_membership", read: identity::membership },
    Row { name: "aws_iam_group_membership", read: identity::members },
];

/// Whether a change to a resource of that kind bears on who may do what.
pub(super) fn is_of_interest(kind: &str) -> bool {
    KINDS.iter().any(|row| row.name == kind)
}

/// Arguments by which resources of any kind name a key.
pub(super) const KEY_ARGUMENTS: &[&str] = &[
    "kms_key_id",
    "kms_key_arn",
    "kms_key",
    "kms_key_name",
    "kms_master_key_id",
    "kms_arn",
    "encryption_key_arn",
    "customer_managed_key_arn",
    "kms_encryption_key",
    "kms_ebs_key_id",
    "kms_data_key_reuse_period_key_id",
    "key_management_service_arn",
    "s3_kms_key_arn",
];

/// A resource, and how it is declared.
pub(super) struct Declaring<'r> {
    pub(super) resource: &'r Resource,
    pub(super) declaration: Arc<Declaration>,
}

/// A carrier in the making.
pub(super) struct Declared<'n> {
    pub(super) carrier: Carrier,
    pub(super) names: Names,
    lines: &'n Lines<'n>,
    /// Documents of key policies that a resource of its own sets, by key.
    pub(super) key_policies: Vec<DeclaredKeyPolicy>,
    pub(super) memberships: Vec<(Word, Word)>,
}

/// Fills a carrier with what the resources declare.
pub(super) fn declare(path: &str, resources: &[Resource], lines: &Lines<'_>) -> Carrier {
    let made = resources.iter().filter_map(|resource| {
        let id = match resource.kind.as_str() {
            "aws_kms_key" | "aws_kms_external_key" | "aws_kms_replica_key" | "aws_kms_replica_external_key" => "key_id",
            "aws_iam_role" | "aws_iam_user" | "aws_iam_group" | "aws_iam_policy" | "aws_kms_alias" => "name",
            "aws_kms_grant" => "grant_id",
            _ => return None,
        };
        Some(format!("{}.{id}", resource.address))
    });
    let names = Names { carrier: path.into(), made: made.collect::<HashSet<_>>() };
    let carrier = Carrier { path: path.into(), ..Carrier::default() };
    let mut declared = Declared { carrier, names, lines, key_policies: Vec::new(), memberships: Vec::new() };
    let mut by_kind: BTreeMap<&str, Vec<Declaring<'_>>> = BTreeMap::new();
    for resource in resources.iter().filter(|resource| !resource.kind.starts_with("data.")) {
        let declaration = declared.declaration(resource);
        declared.uses(&resource.arguments, &declaration, "");
        declared.carrier.subjects.resources.push(Arc::clone(&declaration));
        by_kind.entry(&resource.kind).or_default().push(Declaring { resource, declaration });
    }
    for kind in KINDS {
        for declaring in by_kind.get(kind.name).into_iter().flatten() {
            (kind.read)(&mut declared, declaring);
        }
    }
    declared.finish()
}

impl Declaring<'_> {
    pub(super) fn given(&self, name: &str) -> Option<&Val> {
        self.resource.arguments.given(name)
    }

    /// What follows from the arguments, as the attribute of that name.
    pub(super) fn follow(&self, attribute: &str) -> Option<Val> {
        // What was told of something that exists counts before what would follow.
        if let Some(told) = self.given(attribute).filter(|told| told.plain().is_some_and(|text| !text.is_empty())) {
            return Some(told.clone());
        }
        let facts = Facts {
            given: &self.resource.arguments,
            setting: &self.resource.setting,
            address: &self.resource.address,
            span: self.resource.span,
        };
        super::attribute::follow(&self.resource.kind, attribute, &facts)
    }
}

/// A resource of which only a change is known.
pub(super) fn change_declaration(names: &Names, address: &str, kind: &str, place: &Value) -> Declaration {
    Declaration {
        address: address.into(),
        kind: kind.into(),
        path: Arc::clone(&names.carrier),
        name_span: place.span,
        span: place.span,
        properties: Value { span: place.span, kind: Kind::Null },
        settings: Vec::new(),
        doubts: Vec::new(),
        construct: None,
    }
}

impl Declared<'_> {
    fn declaration(&self, resource: &Resource) -> Arc<Declaration> {
        let path = self.lines.path(resource.span).unwrap_or(&self.names.carrier);
        let settings = resource.settings.iter().map(|lifecycle| Member {
            name: "lifecycle".into(),
            name_span: lifecycle.span,
            value: self.names.value(lifecycle),
        });
        let doubts = resource.is_symbolic.then(|| self.doubt(resource)).into_iter().collect();
        Arc::new(Declaration {
            address: resource.address.as_str().into(),
            kind: resource.kind.as_str().into(),
            path: path.into(),
            name_span: resource.name_span,
            span: resource.span,
            properties: self.names.value(&resource.arguments),
            settings: settings.collect(),
            doubts,
            construct: None,
        })
    }

    /// The symbol on which it turns whether a resource is there.
    pub(super) fn doubt(&self, resource: &Resource) -> Box<str> {
        let name = format!("{}.count", resource.address);
        self.names.word(&Val::unknown(resource.span, name)).map(|word| word.text).unwrap_or_default()
    }

    /// File, line and column.
    pub(super) fn place(&self, span: Span) -> String {
        let path = self.lines.path(span).unwrap_or(&self.names.carrier);
        format!("{path}:{}", self.lines.position(span))
    }

    pub(super) fn word(&self, value: Option<&Val>) -> Option<Word> {
        value.and_then(|value| self.names.word(value))
    }

    pub(super) fn text(&self, value: Option<&Val>) -> Box<str> {
        self.word(value).map(|word| word.text).unwrap_or_default()
    }

    /// Each text of a list; of anything else, that.
    pub(super) fn words(&self, value: Option<&Val>) -> Vec<Word> {
        match value.map(|value| (value, value.as_list())) {
            Some((_, Some(items))) => items.iter().filter_map(|item| self.names.word(item)).collect(),
            Some((value, None)) => self.names.word(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Tags with those that the provider adds. A map that is not known is one tag that is not known.
    pub(super) fn tags(&self, declaring: &Declaring<'_>) -> (Vec<(Word, Word)>, bool) {
        let resource = declaring.resource;
        let all = declaring.given("tags_all");
        let sources = match all.filter(|all| all.as_object().is_some()) {
            Some(all) => vec![all],
            None => resource.setting.default_tags.iter().chain(declaring.given("tags")).collect(),
        };
        let mut tags: Vec<(Word, Word)> = Vec::new();
        let mut whole = true;
        for source in sources {
            match source.as_object() {
                Some(entries) => {
                    for entry in entries {
                        let key = Word { text: self.names.name(&entry.name), span: entry.name_span };
                        let Some(value) = self.names.word(&entry.value) else { continue };
                        whole &= !symbol::holds(&key.text);
                        tags.retain(|(earlier, _)| earlier.text != key.text);
                        tags.push((key, value));
                    }
                }
                None => {
                    whole = false;
                    tags.extend(self.names.word(source).map(|word| (word.clone(), word)));
                }
            }
        }
        (tags, whole)
    }

    /// Adds a policy document and gives its number. What of it cannot be read is not known.
    pub(super) fn document(
        &mut self,
        declaring: &Declaring<'_>,
        name: &str,
        kind: PolicyKind,
        policy: &Val,
        attached: bool,
    ) -> usize {
        let (parsed, in_text) = match policy.as_text() {
            Some(text) => match text.parse_json(policy.span) {
                Ok(parsed) => (parsed, text.encodes.is_none()),
                Err(error) => {
                    self.carrier.broken.push(error.clone());
                    let path = self.lines.path(error.span).unwrap_or(&self.names.carrier);
                    let error = ReadError::new(path, self.lines, error.span, error.message);
                    self.carrier.gaps.push(Gap::unreadable(&error));
                    (None, true)
                }
            },
            None => (Some(policy.clone()), false),
        };
        let unknown = || Val::unknown(policy.span, format!("{}.policy", declaring.resource.address));
        let parsed = parsed.unwrap_or_else(unknown);
        // A list or a number is no policy; the document says so.
        let mut value = self.names.value(&parsed);
        if attached && declaring.resource.is_symbolic {
            doubtful(&mut value, &self.doubt(declaring.resource));
        }
        let document = Document::read_open(&value);
        let owner = Arc::clone(&declaring.declaration);
        self.carrier.subjects.documents.push(DocumentSubject {
            owner,
            name: name.into(),
            kind,
            value,
            document,
            in_text,
        });
        self.carrier.subjects.documents.len() - 1
    }

    /// Arguments at any depth that name a key.
    ///
    /// INVARIANT: the recursion is bounded, since values nest no deeper than their limit.
    fn uses(&mut self, value: &Val, declaration: &Arc<Declaration>, path: &str) {
        match &value.kind {
            value::Kind::List(items) => items.iter().for_each(|item| self.uses(item, declaration, path)),
            value::Kind::Object(entries) => {
                for entry in entries.iter() {
                    let property =
                        if path.is_empty() { entry.name.to_string() } else { format!("{path}.{}", entry.name) };
                    if KEY_ARGUMENTS.contains(&&*entry.name)
                        && let Some(key) = self.names.word(&entry.value).filter(|key| !key.text.is_empty())
                    {
                        let declaration = Arc::clone(declaration);
                        let property = property.into();
                        self.carrier.subjects.uses.push(UseSubject { declaration, property, key });
                    } else {
                        self.uses(&entry.value, declaration, &property);
                    }
                }
            }
            _ => {}
        }
    }

    /// Puts together what resources say about one another.
    fn finish(mut self) -> Carrier {
        for policy in std::mem::take(&mut self.key_policies) {
            let (key, place) = (&policy.key, &policy.place);
            if self.set_policy(key, policy.document) {
                continue;
            }
            if symbol::holds(&key.text) {
                let message = format!("{place}: a policy of the key `{}`, which is not declared here", key.text);
                self.carrier.gaps.push(Gap::new(GapKind::KeyPolicy, &key.text, message));
            } else {
                self.carrier.key_policies.push(policy);
            }
        }
        for (user, group) in std::mem::take(&mut self.memberships) {
            let users = self.carrier.principals.iter_mut();
            let user = users
                .filter(|principal| principal.kind == crate::world::PrincipalKind::User)
                .find(|principal| principal.arn.rsplit('/').next() == Some(&user.text));
            if let Some(user) = user {
                user.groups.push(group);
            }
        }
        self.carrier
    }
}

/// Says of each statement that it may not be there.
fn doubtful(document: &mut Value, doubt: &str) {
    let Kind::Object(members) = &mut document.kind else { return };
    let Some(statement) = members.iter_mut().find(|member| &*member.name == "Statement") else { return };
    let mark = |statement: &mut Value| {
        let span = Span { start: statement.span.start, end: statement.span.start };
        if let Kind::Object(members) = &mut statement.kind {
            members.push(Member { name: doubt.into(), name_span: span, value: Value { span, kind: Kind::Null } });
        }
    };
    match &mut statement.value.kind {
        Kind::List(statements) => statements.iter_mut().for_each(mark),
        _ => mark(&mut statement.value),
    }
}
