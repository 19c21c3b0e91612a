//! What kind of policy a bare document is, told from what it says.

use crate::arn::{Arn, is_account_id};
use crate::document::{Document, StatementText};
use crate::policy::PolicyKind;

/// What kind of policy a document is; finer than [`PolicyKind`], since trust policies have rules of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A key policy.
    KeyPolicy,
    /// An identity policy, a boundary or a session policy.
    Identity,
    /// The trust policy of a role.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// The policy of a VPC endpoint.
    Endpoint,
    /// Any other resource-based policy.
    Resource,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 7] =
        [Kind::KeyPolicy, Kind::Identity, Kind::Trust, Kind::Scp, Kind::Rcp, Kind::Endpoint, Kind::Resource];

    /// The word that `--kind` takes.
    pub fn name(self) -> &'static str {
        match self {
            Kind::KeyPolicy => "key-policy",
            Kind::Identity => "identity",
            Kind::Trust => "trust",
            Kind::Scp => "scp",
            Kind::Rcp => "rcp",
            Kind::Endpoint => "endpoint",
            Kind::Resource => "resource",
        }
    }

    /// The kind that is called so.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What people call a policy of this kind.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::KeyPolicy => "a key policy",
            Kind::Identity => "an identity policy",
            Kind::Trust => "a trust policy",
            Kind::Scp => "a service control policy",
            Kind::Rcp => "a resource control policy",
            Kind::Endpoint => "an endpoint policy",
            Kind::Resource => "a resource policy",
        }
    }

    /// What the evaluator takes it for.
    pub fn policy_kind(self) -> PolicyKind {
        match self {
            Kind::KeyPolicy => PolicyKind::Key,
            Kind::Identity => PolicyKind::Identity,
            Kind::Trust | Kind::Resource => PolicyKind::Resource,
            Kind::Scp => PolicyKind::Scp,
            Kind::Rcp => PolicyKind::Rcp,
            Kind::Endpoint => PolicyKind::Endpoint,
        }
    }

    /// The kind of a document of which the evaluator's kind is known.
    pub fn of(kind: PolicyKind, document: &Document) -> Kind {
        match kind {
            PolicyKind::Key => Kind::KeyPolicy,
            PolicyKind::Identity => Kind::Identity,
            PolicyKind::Resource if is_trust(document) => Kind::Trust,
            PolicyKind::Resource => Kind::Resource,
            PolicyKind::Scp => Kind::Scp,
            PolicyKind::Rcp => Kind::Rcp,
            PolicyKind::Endpoint => Kind::Endpoint,
        }
    }

    /// The kind of a document that stands alone. Service control, resource control and endpoint policies
    /// look like others and have to be told.
    ///
    /// ```
    /// use wardbook_policy::{document::Document, json, lint::Kind};
    /// let kind = |text| Kind::infer(&Document::read(&json::parse(text).unwrap()));
    /// assert_eq!(kind(r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}"#), Kind::Identity);
    /// assert_eq!(kind(r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}"#), Kind::KeyPolicy);
    /// assert_eq!(kind(r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}"#), Kind::Resource);
    /// ```
    pub fn infer(document: &Document) -> Kind {
        if !document.statements.iter().any(|statement| statement.principal.is_some()) {
            return Kind::Identity;
        }
        if is_trust(document) {
            return Kind::Trust;
        }
        let mut actions = document.statements.iter().flat_map(services).peekable();
        let only_kms = actions.peek().is_some() && actions.all(|service| service.eq_ignore_ascii_case("kms"));
        let delegates = document.statements.iter().any(|statement| delegated_account(statement, &["kms:*"]).is_some());
        if only_kms || delegates { Kind::KeyPolicy } else { Kind::Resource }
    }
}

/// The services that the actions of a statement belong to, where they say.
fn services(statement: &StatementText) -> impl Iterator<Item = &str> {
    let words = statement.action.iter().flat_map(|action| &action.words);
    words.filter_map(|word| word.text.split_once(':')).map(|(service, _)| service)
}

fn is_trust(document: &Document) -> bool {
    let words = document.statements.iter().flat_map(|statement| &statement.action).flat_map(|action| &action.words);
    let mut assumes = false;
    for word in words {
        let Some((service, name)) = word.text.split_once(':') else { continue };
        if !service.eq_ignore_ascii_case("sts") {
            return false;
        }
        assumes |= name.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("AssumeRole"));
    }
    assumes
}

/// The account of a bare key policy: that of the only root principal which is allowed `kms:*` or `kms:PutKeyPolicy`.
pub fn inferred_account(document: &Document) -> Option<Box<str>> {
    let mut found: Option<&str> = None;
    for statement in &document.statements {
        for account in
            delegated_account(statement, &["kms:*", "*", "kms:PutKeyPolicy", "kms:Put*"]).into_iter().flatten()
        {
            if found.is_some_and(|found| found != account) {
                return None;
            }
            found = Some(account);
        }
    }
    // What a template leaves open is no account to compare with.
    found.filter(|account| is_account_id(account)).map(Into::into)
}

/// The accounts whose root a statement allows one of these actions.
fn delegated_account<'a>(statement: &'a StatementText, wanted: &[&str]) -> Option<Vec<&'a str>> {
    let allows = statement.effect.as_ref().is_some_and(|effect| &*effect.text == "Allow");
    let action = statement.action.as_ref().filter(|action| allows && !action.negated)?;
    let is_wanted = |text: &str| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(text));
    if !action.words.iter().any(|word| is_wanted(&word.text)) {
        return None;
    }
    let principal = statement.principal.as_ref().filter(|principal| !principal.negated)?;
    let accounts: Vec<&str> = principal.names.iter().filter_map(|name| account_of_root(&name.name.text)).collect();
    (!accounts.is_empty()).then_some(accounts)
}

/// The account of which this names the root.
pub(super) fn account_of_root(text: &str) -> Option<&str> {
    if is_account_id(text) {
        return Some(text);
    }
    let arn = Arn::parse(text)?;
    (arn.service == "iam" && arn.resource == "root").then_some(arn.account)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        Document::read(&crate::json::parse(text).unwrap())
    }

    #[test]
    fn a_root_that_may_do_anything_makes_a_key_policy() {
        let text = r#"{"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, "Action": "s3:GetObject", "Resource": "*"}]}"#;
        assert_eq!(Kind::infer(&read(text)), Kind::KeyPolicy);
        assert_eq!(inferred_account(&read(text)).as_deref(), Some("111122223333"));
    }

    #[test]
    fn a_policy_for_assuming_a_role_is_a_trust_policy() {
        let text = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}}"#;
        assert_eq!(Kind::infer(&read(text)), Kind::Trust);
    }

    #[test]
    fn two_roots_leave_the_account_open() {
        let text = r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "444455556666"]}}}"#;
        assert_eq!(inferred_account(&read(text)), None);
    }

    #[test]
    fn names_lead_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
    }
}
