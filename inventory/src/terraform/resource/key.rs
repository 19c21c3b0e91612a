//! Keys, their policies, aliases and grants.

use std::sync::Arc;

use wardbook_policy::document::Word;
use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::policy::PolicyKind;
use wardbook_policy::span::Span;
use wardbook_policy::subject::{AliasSubject, GrantSubject, KeySubject};
use wardbook_policy::symbol;
use wardbook_policy::tri::Tri;

use super::{Declared, Declaring};
use crate::carrier::DeclaredKeyPolicy;
use crate::terraform::value::Val;

pub(super) fn key(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let arn = declared.text(declaring.follow("arn").as_ref());
    let external = declaring.resource.kind.contains("external");
    let policy = declaring.given("policy").filter(|policy| policy.plain().is_none_or(|policy| !policy.is_empty())).map(
        |policy| declared.document(declaring, &format!("{arn} key policy default"), PolicyKind::Key, policy, false),
    );
    let word = |name: &str| declared.word(declaring.given(name));
    let spec = word("customer_master_key_spec").or_else(|| word("key_spec"));
    let origin = external.then(|| Word { text: "EXTERNAL".into(), span: declaring.resource.span });
    let store = word("custom_key_store_id").filter(|store| !store.text.is_empty());
    let store = store.map(|store| match word("xks_key_id").filter(|key| !key.text.is_empty()) {
        Some(_) => Word { text: "EXTERNAL_KEY_STORE".into(), ..store },
        None => Word { text: "AWS_CLOUDHSM".into(), ..store },
    });
    let (tags, whole) = declared.tags(declaring);
    let subject = KeySubject {
        declaration: Arc::clone(&declaring.declaration),
        arn,
        spec,
        usage: word("key_usage"),
        origin: origin.or(store),
        enabled: word("is_enabled").or_else(|| word("enabled")),
        multi_region: word("multi_region"),
        primary: word("primary_key_arn"),
        rotation: word("enable_key_rotation"),
        rotation_period: word("rotation_period_in_days"),
        deletion_window: word("deletion_window_in_days"),
        bypasses_lockout_check: word("bypass_policy_lockout_safety_check"),
        tags: whole.then_some(tags),
        policy,
    };
    declared.carrier.subjects.keys.push(subject);
}

/// `aws_kms_key_policy`
pub(super) fn policy(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let (Some(key), Some(policy)) = (declared.word(declaring.given("key_id")), declaring.given("policy")) else {
        return;
    };
    let named = declared.key_of(&key);
    let name = format!("{} key policy default", named.as_deref().unwrap_or(&key.text));
    let document = declared.document(declaring, &name, PolicyKind::Key, policy, true);
    let setting = &declaring.resource.setting;
    let (account, region) = (declared.text(Some(&setting.account)), declared.text(Some(&setting.region)));
    let place = declared.place(key.span).into();
    declared.key_policies.push(DeclaredKeyPolicy { key, account, region, document, place });
}

impl Declared<'_> {
    /// The ARN of the key that an id, an ARN or the symbol of one certainly names.
    pub(super) fn key_of(&self, key: &Word) -> Option<Box<str>> {
        let keys = self.carrier.subjects.keys.iter();
        keys.map(|subject| &subject.arn).find(|arn| names_key(&key.text, arn) == Tri::True).cloned()
    }

    /// Gives a key its policy; says whether it is one of those declared.
    pub(super) fn set_policy(&mut self, key: &Word, document: usize) -> bool {
        let Some(arn) = self.key_of(key) else { return false };
        for subject in self.carrier.subjects.keys.iter_mut().filter(|subject| subject.arn == arn) {
            subject.policy = Some(document);
        }
        true
    }
}

fn names_key(named: &str, arn: &str) -> Tri {
    match named.starts_with("arn:") {
        true => symbol::same(named, arn),
        false => arn.rsplit('/').next().map_or(Tri::False, |id| symbol::same(named, id)),
    }
}

pub(super) fn alias(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let subject = AliasSubject {
        declaration: Arc::clone(&declaring.declaration),
        arn: declared.text(declaring.follow("arn").as_ref()),
        name: declared.word(declaring.follow("name").as_ref()),
        target: declared.word(declaring.given("target_key_id")),
    };
    declared.carrier.subjects.aliases.push(subject);
}

/// The grant in the members that list-grants prints.
pub(super) fn grant(declared: &mut Declared<'_>, declaring: &Declaring<'_>) {
    let resource = declaring.resource;
    let span = resource.span;
    let mut members = Vec::new();
    let mut push = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.push(Member { name: name.into(), name_span: value.span, value });
        }
    };
    // A state has empty texts for what is not set.
    let set = |val: &&Val| val.plain().as_deref() != Some("");
    let value = |val: Option<&Val>| val.filter(set).map(|val| declared.names.value(val));
    let id = declaring.given("grant_id").cloned();
    let id = id.unwrap_or_else(|| Val::unknown(span, format!("{}.grant_id", resource.address)));
    push("GrantId", value(Some(&id)));
    push("Name", value(declaring.given("name")));
    let key = declared.word(declaring.given("key_id"));
    let arn = key.as_ref().and_then(|key| declared.key_of(key)).or_else(|| key.as_ref().map(|key| key.text.clone()));
    push("KeyId", key.as_ref().zip(arn).map(|(key, arn)| Value { span: key.span, kind: Kind::Text(arn) }));
    push("GranteePrincipal", value(declaring.given("grantee_principal")));
    push("RetiringPrincipal", value(declaring.given("retiring_principal")));
    let issuer = declared.text(Some(&resource.setting.account));
    let partition = declared.text(Some(&resource.setting.partition));
    let issuer = format!("arn:{partition}:iam::{issuer}:root");
    push("IssuingAccount", Some(Value { span, kind: Kind::Text(issuer.into()) }));
    let mut operations: Vec<Value> = declared.words(declaring.given("operations")).into_iter().map(text).collect();
    if resource.is_symbolic {
        // Whether there is such a grant turns on a symbol, and so does each operation.
        operations = vec![Value { span, kind: Kind::Text(declared.doubt(resource)) }];
    }
    push(
        "Operations",
        Some(Value { span: operations.first().map_or(span, |first| first.span), kind: Kind::List(operations) }),
    );
    push("Constraints", constraints(declared, declaring.given("constraints"), span));
    let value = Value { span, kind: Kind::Object(members) };
    let declaration = Arc::clone(&declaring.declaration);
    declared.carrier.subjects.grants.push(GrantSubject { declaration, key, value });
}

fn constraints(declared: &Declared<'_>, blocks: Option<&Val>, span: Span) -> Option<Value> {
    let rows = [
        ("encryption_context_equals", "EncryptionContextEquals"),
        ("encryption_context_subset", "EncryptionContextSubset"),
        ("source_arn", "SourceArn"),
    ];
    let blocks =
        blocks?.as_list().map_or_else(|| blocks.into_iter().collect(), |items| items.iter().collect::<Vec<_>>());
    let mut members = Vec::new();
    for block in blocks {
        for (argument, name) in rows {
            if let Some(found) =
                block.given(argument).filter(|found| found.as_object().is_none_or(|map| !map.is_empty()))
            {
                let value = declared.names.value(found);
                members.push(Member { name: name.into(), name_span: found.span, value });
            }
        }
    }
    (!members.is_empty()).then_some(Value { span, kind: Kind::Object(members) })
}

fn text(word: Word) -> Value {
    Value { span: word.span, kind: Kind::Text(word.text) }
}
