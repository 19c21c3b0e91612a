//! Users, roles, groups, and the policies that are theirs or attached to them.

use std::sync::Arc;

use wardbook_policy::arn::Arn;
use wardbook_policy::document::Word;
use wardbook_policy::policy::PolicyKind;

use super::{Declared, Declaring};
use crate::carrier::{Attached, AttachedPolicy, Attachment, DeclaredGroup, DeclaredPolicy, DeclaredPrincipal};
use crate::terraform::value::Val;
use crate::world::PrincipalKind;

/// `aws_iam_policy`
pub(super) fn managed(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let arn = declared.text(declaring.follow("arn").as_ref());
    let Some(policy) = declaring.given("policy") else { return };
    let document = declared.document(declaring, &arn, PolicyKind::Identity, policy, false);
    declared.carrier.managed.push(DeclaredPolicy { arn, document });
}

pub(super) fn group(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let group = DeclaredGroup {
        declaration: Arc::clone(&declaring.declaration),
        name: declared.text(declaring.follow("name").as_ref()),
        arn: declared.text(declaring.follow("arn").as_ref()),
    };
    declared.carrier.groups.push(group);
}

pub(super) fn role(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let arn = declared.text(declaring.follow("arn").as_ref());
    let trust = declaring.given("assume_role_policy").map(|policy| {
        declared.document(declaring, &format!("{arn} trust policy"), PolicyKind::Resource, policy, false)
    });
    let name = last(&arn);
    let incomplete = own_policies(declared, declaring, &name);
    principal(declared, declaring, PrincipalKind::Role, arn, trust, incomplete);
}

pub(super) fn user(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let arn = declared.text(declaring.follow("arn").as_ref());
    principal(declared, declaring, PrincipalKind::User, arn, None, false);
}

fn principal(
    declared: &mut Declared<'_>,
    declaring: &Declaring<'_>,
    kind: PrincipalKind,
    arn: Box<str>,
    trust: Option<usize>,
    incomplete: bool,
) {
    let (tags, _) = declared.tags(declaring);
    let principal = DeclaredPrincipal {
        declaration: Arc::clone(&declaring.declaration),
        kind,
        arn,
        tags,
        groups: Vec::new(),
        boundary: declared.word(declaring.given("permissions_boundary")).filter(|arn| !arn.text.is_empty()),
        trust,
        incomplete,
    };
    declared.carrier.principals.push(principal);
}

/// The policies that a role resource itself holds; says whether there may be more.
fn own_policies(declared: &mut Declared<'_>, declaring: &Declaring<'_>, name: &str) -> bool {
    let to = Attached::Principal(PrincipalKind::Role);
    let place = Word { text: name.into(), span: declaring.resource.span };
    let account = declared.text(Some(&declaring.resource.setting.account));
    let mut incomplete = false;
    for block in declaring.given("inline_policy").and_then(Val::as_list).unwrap_or_default() {
        let Some(policy) = block.given("policy") else {
            incomplete |= block.as_symbol().is_some();
            continue;
        };
        let title = declared.text(block.given("name"));
        let arn = declared.text(declaring.follow("arn").as_ref());
        let title = format!("{arn} inline {title}");
        let index = declared.document(declaring, &title, PolicyKind::Identity, policy, false);
        let policy = AttachedPolicy::Inline(index);
        declared.carrier.attachments.push(Attachment { to, name: place.clone(), account: account.clone(), policy });
    }
    let arns = declaring.given("managed_policy_arns");
    incomplete |= arns.is_some_and(|arns| arns.as_symbol().is_some() || arns.is_open());
    for arn in declared.words(arns.filter(|arns| arns.as_list().is_some())) {
        let policy = AttachedPolicy::Managed(arn);
        declared.carrier.attachments.push(Attachment { to, name: place.clone(), account: account.clone(), policy });
    }
    incomplete
}

/// To whom the kinds with one target attach, and the argument that names it.
const TARGETS: &[(&str, &str, Attached)] = &[
    ("aws_iam_role_policy", "role", Attached::Principal(PrincipalKind::Role)),
    ("aws_iam_user_policy", "user", Attached::Principal(PrincipalKind::User)),
    ("aws_iam_group_policy", "group", Attached::Group),
];

/// `aws_iam_role_policy` and its like.
pub(super) fn inline(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let Some((to, holder)) = target(declared, declaring) else { return };
    let Some(policy) = declaring.given("policy") else { return };
    let account = declared.text(Some(&declaring.resource.setting.account));
    let owner = holder_arn(declared, to, &holder.text).unwrap_or_else(|| holder.text.clone());
    let title = declared.text(declaring.given("name"));
    let title = format!("{owner} inline {}", if title.is_empty() { &declaring.resource.address } else { &*title });
    let index = declared.document(declaring, &title, PolicyKind::Identity, policy, true);
    let policy = AttachedPolicy::Inline(index);
    declared.carrier.attachments.push(Attachment { to, name: holder, account, policy });
}

/// `aws_iam_role_policy_attachment` and its like.
pub(super) fn attachment(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let Some((to, holder)) = target(declared, declaring) else { return };
    attach(declared, declaring, to, holder);
}

/// `aws_iam_policy_attachment`
pub(super) fn attachments(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let lists = [
        ("users", Attached::Principal(PrincipalKind::User)),
        ("roles", Attached::Principal(PrincipalKind::Role)),
        ("groups", Attached::Group),
    ];
    for (argument, to) in lists {
        for holder in declared.words(declaring.given(argument)) {
            attach(declared, declaring, to, holder);
        }
    }
}

fn attach(declared: &mut Declared<'_>, declaring: &Declaring<'_>, to: Attached, holder: Word) {
    let Some(arn) = declared.word(declaring.given("policy_arn")) else { return };
    // Whether an attachment of an unknown number is there, nobody knows; so its holder may have more.
    let account = match declaring.resource.is_symbolic {
        true => declared.doubt(declaring.resource),
        false => declared.text(Some(&declaring.resource.setting.account)),
    };
    declared.carrier.attachments.push(Attachment { to, name: holder, account, policy: AttachedPolicy::Managed(arn) });
}

fn target(declared: &Declared<'_>, declaring: &Declaring<'_>) -> Option<(Attached, Word)> {
    let kind = declaring.resource.kind.trim_end_matches("_attachment");
    let (_, argument, to) = TARGETS.iter().find(|(known, ..)| *known == kind)?;
    let holder = declared.word(declaring.given(argument))?;
    // An ARN is accepted by mistake now and then; the name is its end.
    let name = last(&holder.text);
    Some((*to, Word { text: name.into(), ..holder }))
}

fn holder_arn(declared: &Declared<'_>, to: Attached, name: &str) -> Option<Box<str>> {
    let carrier = &declared.carrier;
    let found = match to {
        Attached::Group => carrier.groups.iter().map(|group| &group.arn).find(|arn| last(arn) == name),
        Attached::Principal(kind) => carrier
            .principals
            .iter()
            .filter(|principal| principal.kind == kind)
            .map(|principal| &principal.arn)
            .find(|arn| last(arn) == name),
    };
    found.cloned()
}

/// The name at the end of an ARN; any other text is a name already.
fn last(arn: &str) -> String {
    match Arn::parse(arn) {
        Some(arn) => arn.resource.rsplit('/').next().unwrap_or_default().to_owned(),
        None => arn.to_owned(),
    }
}

/// `aws_iam_user_group_membership`
pub(super) fn membership(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let Some(user) = declared.word(declaring.given("user")) else { return };
    for group in declared.words(declaring.given("groups")) {
        declared.memberships.push((user.clone(), group));
    }
}

/// `aws_iam_group_membership`
pub(super) fn members(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let Some(group) = declared.word(declaring.given("group")) else { return };
    for user in declared.words(declaring.given("users")) {
        declared.memberships.push((user, group.clone()));
    }
}
