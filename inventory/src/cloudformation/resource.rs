//! From the resources of a template to keys, aliases, principals and policies.

use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::document::{Document, Word, scalar};
use wardbook_policy::json::{Kind, Member, ParseError, Value};
use wardbook_policy::policy::PolicyKind;
use wardbook_policy::span::{Lines, Span};
use wardbook_policy::subject::{AliasSubject, Declaration, DocumentSubject, KeySubject};
use wardbook_policy::symbol;
use wardbook_policy::tri::Tri;

use super::evaluate::{Evaluator, one_or_many};
use super::{physical, uses};
use crate::carrier::{Attached, AttachedPolicy, Attachment, Carrier, DeclaredGroup, DeclaredPolicy, DeclaredPrincipal};
use crate::coverage::{Gap, GapKind};
use crate::embedded;
use crate::source::ReadError;
use crate::world::PrincipalKind;

type Read = fn(&mut Reader<'_, '_>, &Arc<Declaration>);

/// The types that declare keys, principals and policies.
const TYPES: &[(&str, Read)] = &[
    ("AWS::KMS::Key", |reader, declared| reader.key(declared)),
    ("AWS::KMS::ReplicaKey", |reader, declared| reader.key(declared)),
    ("AWS::KMS::Alias", |reader, declared| reader.alias(declared)),
    ("AWS::IAM::Role", |reader, declared| reader.principal(declared, PrincipalKind::Role)),
    ("AWS::IAM::User", |reader, declared| reader.principal(declared, PrincipalKind::User)),
    ("AWS::IAM::Group", |reader, declared| reader.group(declared)),
    ("AWS::IAM::ManagedPolicy", |reader, declared| reader.managed(declared)),
    ("AWS::IAM::Policy", |reader, declared| reader.inline(declared)),
    ("AWS::IAM::RolePolicy", |reader, declared| reader.inline(declared)),
    ("AWS::IAM::UserPolicy", |reader, declared| reader.inline(declared)),
    ("AWS::IAM::GroupPolicy", |reader, declared| reader.inline(declared)),
];

/// Everything that the resources of a template declare.
pub(super) fn read<'t>(evaluator: &Evaluator<'t>, template: &'t Value, path: &str, lines: &Lines<'_>) -> Carrier {
    let mut reader =
        Reader { evaluator, lines, path: path.into(), carrier: Carrier { path: path.into(), ..Carrier::default() } };
    for member in template.member("Resources").and_then(Value::as_object).unwrap_or_default() {
        reader.resource(member);
    }
    reader.memberships();
    reader.carrier
}

struct Reader<'r, 't> {
    evaluator: &'r Evaluator<'t>,
    lines: &'r Lines<'r>,
    path: Arc<str>,
    carrier: Carrier,
}

impl<'t> Reader<'_, 't> {
    fn resource(&mut self, member: &'t Member) {
        let Some(kind) = member.value.member("Type").and_then(Value::as_text) else {
            let what = match member.name.starts_with("Fn::") {
                true => format!("the resources that `{}` makes are not known", member.name),
                false => format!("resource `{}` has no `Type`", member.name),
            };
            return self.gap(GapKind::Declared, member.name_span, &what);
        };
        let mut doubts = Vec::new();
        if let Some(condition) = member.value.member("Condition").and_then(Value::as_text) {
            match self.evaluator.condition(condition) {
                Tri::True => {}
                Tri::False => return,
                Tri::Unknown => doubts.push(self.evaluator.symbol(&format!("If.{condition}")).into()),
            }
        }
        let properties = member.value.member("Properties").and_then(|value| self.evaluator.value(value));
        let nothing = || Value { span: member.value.span, kind: Kind::Object(Vec::new()) };
        let settings = member.value.as_object().unwrap_or_default().iter();
        let settings: Vec<Member> =
            settings.filter(|member| !["Type", "Properties"].contains(&&*member.name)).cloned().collect();
        let declaration = Arc::new(Declaration {
            address: member.name.clone(),
            construct: construct(&settings),
            kind: kind.into(),
            path: self.path.clone(),
            name_span: member.name_span,
            span: member.value.span,
            properties: properties.unwrap_or_else(nothing),
            settings,
            doubts,
        });
        if let Some((_, read)) = TYPES.iter().find(|(known, _)| *known == kind) {
            read(self, &declaration);
        }
        self.carrier.subjects.uses.extend(uses::of(&declaration));
        self.carrier.subjects.resources.push(declaration);
    }

    fn gap(&mut self, kind: GapKind, span: Span, what: &str) {
        let message = format!("{}:{}: {what}", self.path, self.lines.position(span));
        self.carrier.gaps.push(Gap::new(kind, &self.path, message));
    }

    /// A document that a property holds, as an object or as a text with JSON in it.
    fn document(
        &mut self,
        owner: &Arc<Declaration>,
        value: &Value,
        name: &str,
        kind: PolicyKind,
        doubts: &[Box<str>],
    ) -> usize {
        let in_text = value.as_text().filter(|text| !symbol::is_lone(text));
        let mut document = match in_text.map(|text| embedded::in_text(self.evaluator.traced(value, text))) {
            None => value.clone(),
            Some(Ok(document)) => document,
            Some(Err(error)) => self.unreadable(value, error),
        };
        for doubt in doubts {
            doubt_statements(&mut document, doubt);
        }
        let subject = DocumentSubject {
            owner: owner.clone(),
            name: name.into(),
            kind,
            document: Document::read_open(&document),
            value: document,
            in_text: in_text.is_some(),
        };
        self.carrier.subjects.documents.push(subject);
        self.carrier.subjects.documents.len() - 1
    }

    /// A text that is no JSON: because of what is open in it, or because it is broken. Either way it may say anything.
    fn unreadable(&mut self, value: &Value, error: ParseError) -> Value {
        let open = value.as_text().is_some_and(symbol::holds);
        if !open {
            self.carrier.broken.push(error.clone());
            let error = ReadError::new(&*self.path, self.lines, error.span, error.message);
            self.carrier.gaps.push(Gap::unreadable(&error));
        }
        let symbol = self.evaluator.symbol(&format!("document@{}", value.span.start));
        Value { span: value.span, kind: Kind::Text(symbol.into()) }
    }

    fn key(&mut self, declared: &Arc<Declaration>) {
        let properties = &declared.properties;
        let arn = physical::key_arn(self.evaluator, &declared.address);
        let word = |name: &str| word(properties.member(name)?);
        let policy = properties.member("KeyPolicy").map(|value| {
            let name = format!("{arn} key policy default");
            self.document(declared, value, &name, PolicyKind::Key, &[])
        });
        let subject = KeySubject {
            declaration: declared.clone(),
            spec: word("KeySpec"),
            usage: word("KeyUsage"),
            origin: word("Origin"),
            enabled: word("Enabled"),
            multi_region: word("MultiRegion"),
            primary: match &*declared.kind {
                "AWS::KMS::ReplicaKey" => word("PrimaryKeyArn"),
                _ => None,
            },
            rotation: word("EnableKeyRotation"),
            rotation_period: word("RotationPeriodInDays"),
            deletion_window: word("PendingWindowInDays"),
            bypasses_lockout_check: word("BypassPolicyLockoutSafetyCheck"),
            tags: tags(properties),
            policy,
            arn: arn.into(),
        };
        self.carrier.subjects.keys.push(subject);
    }

    fn alias(&mut self, declared: &Arc<Declaration>) {
        let name = declared.properties.member("AliasName").and_then(word);
        let arn = self.evaluator.deployment.kms(name.as_ref().map_or("alias/", |name| &name.text));
        let target = declared.properties.member("TargetKeyId").and_then(word);
        self.carrier.subjects.aliases.push(AliasSubject {
            declaration: declared.clone(),
            arn: arn.into(),
            name,
            target,
        });
    }

    fn principal(&mut self, declared: &Arc<Declaration>, kind: PrincipalKind) {
        let properties = &declared.properties;
        let Some(arn) = physical::iam_arn(self.evaluator, &declared.address) else { return };
        let name = physical::iam_name(self.evaluator, &declared.address);
        let to = Attached::Principal(kind);
        let incomplete = self.own_policies(declared, to, &name, &arn);
        let trust = properties
            .member("AssumeRolePolicyDocument")
            .map(|value| self.document(declared, value, &format!("{arn} trust policy"), PolicyKind::Resource, &[]));
        let (groups, more) = words(properties.member("Groups"));
        self.carrier.principals.push(DeclaredPrincipal {
            declaration: declared.clone(),
            kind,
            tags: tags(properties).unwrap_or_default(),
            groups,
            boundary: properties.member("PermissionsBoundary").and_then(word),
            trust,
            incomplete: incomplete || more,
            arn: arn.into(),
        });
    }

    fn group(&mut self, declared: &Arc<Declaration>) {
        let Some(arn) = physical::iam_arn(self.evaluator, &declared.address) else { return };
        let name = physical::iam_name(self.evaluator, &declared.address);
        self.own_policies(declared, Attached::Group, &name, &arn);
        self.carrier.groups.push(DeclaredGroup { declaration: declared.clone(), name: name.into(), arn: arn.into() });
    }

    /// The policies that stand with their user, role or group; and whether there are others that cannot be told.
    fn own_policies(&mut self, declared: &Arc<Declaration>, to: Attached, name: &str, arn: &str) -> bool {
        let holder = Word { text: name.into(), span: declared.name_span };
        let (managed, mut incomplete) = words(declared.properties.member("ManagedPolicyArns"));
        for policy in managed {
            self.attach(to, holder.clone(), AttachedPolicy::Managed(policy));
        }
        let entries = declared.properties.member("Policies").map(one_or_many).unwrap_or_default();
        for entry in entries {
            let Some(members) = entry.as_object() else {
                incomplete = true;
                continue;
            };
            let doubts: Vec<Box<str>> = members
                .iter()
                .filter(|member| symbol::is_lone(&member.name))
                .map(|member| member.name.clone())
                .collect();
            let named = entry.member("PolicyName").and_then(Value::as_text).unwrap_or_default();
            if let Some(document) = entry.member("PolicyDocument") {
                let name = format!("{arn} inline {named}");
                let index = self.document(declared, document, &name, PolicyKind::Identity, &doubts);
                self.attach(to, holder.clone(), AttachedPolicy::Inline(index));
            }
        }
        incomplete
    }

    fn attach(&mut self, to: Attached, name: Word, policy: AttachedPolicy) {
        let account = self.evaluator.deployment.account.clone();
        self.carrier.attachments.push(Attachment { to, name, account, policy });
    }

    fn managed(&mut self, declared: &Arc<Declaration>) {
        let Some(arn) = physical::iam_arn(self.evaluator, &declared.address) else { return };
        let Some(value) = declared.properties.member("PolicyDocument") else { return };
        let document = self.document(declared, value, &arn, PolicyKind::Identity, &declared.doubts);
        self.carrier.managed.push(DeclaredPolicy { arn: arn.as_str().into(), document });
        let policy = Word { text: arn.into(), span: declared.name_span };
        self.attach_to_holders(declared, &AttachedPolicy::Managed(policy));
    }

    fn inline(&mut self, declared: &Arc<Declaration>) {
        let properties = &declared.properties;
        let Some(value) = properties.member("PolicyDocument") else { return };
        let name = properties.member("PolicyName").and_then(Value::as_text).unwrap_or_default();
        let name = format!("{} inline {name}", declared.address);
        let document = self.document(declared, value, &name, PolicyKind::Identity, &declared.doubts);
        self.attach_to_holders(declared, &AttachedPolicy::Inline(document));
    }

    /// Users, roles and groups that a policy lists, or names.
    fn attach_to_holders(&mut self, declared: &Arc<Declaration>, policy: &AttachedPolicy) {
        let holders = [
            (Attached::Principal(PrincipalKind::User), ["Users", "UserName"]),
            (Attached::Principal(PrincipalKind::Role), ["Roles", "RoleName"]),
            (Attached::Group, ["Groups", "GroupName"]),
        ];
        for (to, names) in holders {
            for name in names {
                for value in declared.properties.member(name).map(one_or_many).unwrap_or_default() {
                    // What is no text may name anybody.
                    let open = || Word { text: self.evaluator.symbol("holder").into(), span: value.span };
                    let holder = word(value).unwrap_or_else(open);
                    self.attach(to, holder, policy.clone());
                }
            }
        }
    }

    /// Users that are added to groups by resources of their own, once everybody is known.
    fn memberships(&mut self) {
        let resources = self.evaluator.resources_of("AWS::IAM::UserToGroupAddition");
        for value in resources {
            let Some(properties) = value.member("Properties").and_then(|value| self.evaluator.value(value)) else {
                continue;
            };
            let Some(group) = properties.member("GroupName").and_then(word) else { continue };
            let (users, more) = words(properties.member("Users"));
            for principal in self.carrier.principals.iter_mut().filter(|found| found.kind == PrincipalKind::User) {
                let name = principal.arn.rsplit('/').next().unwrap_or_default();
                let listed = Tri::any(users.iter().map(|user| symbol::same(&user.text, name)));
                match listed {
                    Tri::True => principal.groups.push(group.clone()),
                    Tri::Unknown => principal.incomplete = true,
                    Tri::False => principal.incomplete |= more,
                }
            }
        }
    }
}

/// A doubt in front of every statement.
fn doubt_statements(document: &mut Value, doubt: &str) {
    let span = document.span;
    let Kind::Object(members) = &mut document.kind else { return };
    for member in members.iter_mut().filter(|member| &*member.name == "Statement") {
        let statements = match &mut member.value.kind {
            Kind::List(statements) => statements.as_mut_slice(),
            _ => std::slice::from_mut(&mut member.value),
        };
        for statement in statements {
            if let Kind::Object(members) = &mut statement.kind {
                let nothing = Value { span, kind: Kind::Null };
                members.insert(0, Member { name: doubt.into(), name_span: statement.span, value: nothing });
            }
        }
    }
}

/// The path of the CDK construct that a resource was made by.
fn construct(settings: &[Member]) -> Option<Box<str>> {
    let metadata = settings.iter().find(|member| &*member.name == "Metadata")?;
    metadata.value.member("aws:cdk:path").and_then(Value::as_text).map(Into::into)
}

fn word(value: &Value) -> Option<Word> {
    scalar(value).map(|text| Word { text, span: value.span })
}

/// The texts of a list, and whether there may be more that cannot be told. A symbol in the place of a list is that.
fn words(value: Option<&Value>) -> (Vec<Word>, bool) {
    let Some(value) = value else { return (Vec::new(), false) };
    match value.as_list() {
        Some(values) => {
            let words: Vec<Word> = values.iter().filter_map(word).collect();
            let more = words.len() < values.len();
            (words, more)
        }
        None => (Vec::new(), true),
    }
}

/// The tags of a resource, if all of them can be told.
fn tags(properties: &Value) -> Option<Vec<(Word, Word)>> {
    let Some(value) = properties.member("Tags") else { return Some(Vec::new()) };
    let tag = |tag: &Value| match tag.as_object() {
        Some(members) if !members.iter().any(|member| symbol::holds(&member.name)) => {
            Some((word(tag.member("Key")?)?, word(tag.member("Value")?)?))
        }
        _ => None,
    };
    value.as_list()?.iter().map(tag).collect()
}

/// Whether a text is the ARN of an alias or key of KMS, or may be.
pub(super) fn may_be_key(text: &str) -> bool {
    symbol::holds(text) || !text.contains(':') || Arn::parse(text).is_some_and(|arn| arn.service == "kms")
}
