//! Whom a Principal or NotPrincipal element names, and in what relation that stands to the caller.
//!
//! The relation matters beyond yes or no: an account delegates to its IAM, a role ARN leaves the
//! boundary and session policy in force, a session ARN does not.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use crate::arn::{Arn, is_account, is_account_id};
use crate::caller::{CallerKind, is_canonical_id, is_service_name, is_web_provider, last_segment};
use crate::context::Lookup;
use crate::digest::{Domain, digest, pair};
use crate::key::Key;
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::symbol;
use crate::tri::Tri;

/// How directly a statement names the caller; later ones reach further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It names the caller's account, which delegates to IAM.
    Account,
    /// It names the role or user behind the session: boundary and session policy still limit.
    Behind,
    /// It names the session, with the session policy still limiting (a quirk's other side).
    LimitedSession,
    /// It names the caller itself, or anyone: nothing on the caller's side limits.
    Caller,
}

impl Relation {
    /// All of them, in their order.
    pub(crate) const ALL: [Relation; 4] =
        [Relation::Account, Relation::Behind, Relation::LimitedSession, Relation::Caller];
}

/// One entry of a Principal element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalPattern {
    name: Name,
    source: Box<str>,
    /// Whether it holds symbols.
    open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Anyone {
        below_aws: bool,
    },
    Account(Box<str>),
    User,
    Role {
        account: Box<str>,
        name: Box<str>,
    },
    Session,
    FederatedUser,
    /// `AIDA...`, `AROA...`, `AROA...:session`
    UniqueId(Key),
    Service,
    Federated,
    CanonicalUser,
    /// Nobody knows: an unknown symbol, or a text around one.
    Open,
}

/// The member of a Principal object below which a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Aws,
    Service,
    Federated,
    CanonicalUser,
}

impl Family {
    pub(crate) const NAMES: &[(&str, Family)] = &[
        ("AWS", Family::Aws),
        ("Service", Family::Service),
        ("Federated", Family::Federated),
        ("CanonicalUser", Family::CanonicalUser),
    ];
}

impl PrincipalPattern {
    /// `Principal: "*"`.
    pub(crate) fn anyone() -> PrincipalPattern {
        PrincipalPattern { name: Name::Anyone { below_aws: false }, source: "*".into(), open: false }
    }

    /// A principal that a template leaves open.
    pub(crate) fn open(text: &str) -> PrincipalPattern {
        PrincipalPattern { name: Name::Open, source: text.into(), open: true }
    }

    /// Reads one name, in which symbols may have a meaning; the error is a message without a place.
    pub(crate) fn new(family: Family, text: &str, symbols: bool) -> Result<PrincipalPattern, String> {
        let open = symbols && symbol::holds(text);
        let name = match family {
            _ if open => open_name(family, text)?,
            Family::Aws => aws_name(text)?,
            Family::Service if is_service_name(text) => Name::Service,
            Family::Service => return Err(format!("`{text}` is not a service principal such as `s3.amazonaws.com`")),
            Family::Federated => federated_name(text)?,
            Family::CanonicalUser if is_canonical_id(text) => Name::CanonicalUser,
            Family::CanonicalUser => {
                return Err(format!("`{text}` is not a canonical user id of 64 hexadecimal digits"));
            }
        };
        Ok(PrincipalPattern { name, source: text.into(), open })
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it holds symbols.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether nothing at all is known of whom it names.
    pub(crate) fn may_be_anyone(&self) -> bool {
        self.name == Name::Open
    }

    /// Whether it names everybody.
    pub fn is_anyone(&self) -> bool {
        matches!(self.name, Name::Anyone { .. })
    }

    /// The account it names, if it names a whole account.
    pub fn account(&self) -> Option<&str> {
        match &self.name {
            Name::Account(account) => Some(account),
            _ => None,
        }
    }

    /// Under what a statement that names this is filed; `None` if any caller might match.
    pub(crate) fn digest(&self) -> Option<u64> {
        if self.open {
            return None;
        }
        match &self.name {
            Name::Anyone { .. } | Name::UniqueId(_) | Name::Open => None,
            Name::Account(account) => Some(digest(Domain::Account, account)),
            Name::Role { account, name } => Some(pair(Domain::RoleName, account, name)),
            _ => Some(digest(Domain::Principal, &self.source)),
        }
    }

    /// Whether it names everybody, and no quirk makes an exception of this caller; then no other name matters.
    #[inline]
    pub(crate) fn is_certainly_anyone(&self, scene: &Scene<'_>) -> bool {
        self.is_anyone() && scene.request.caller.kind() != CallerKind::Service
    }

    /// Whether it names the caller, and how directly.
    #[inline]
    pub(crate) fn relation(&self, scene: &Scene<'_>) -> (Tri, Relation) {
        let caller = &scene.request.caller;
        let open = self.open || scene.request.open;
        let equal = |left: &str, right: &str| if open { symbol::same(left, right) } else { Tri::from(left == right) };
        let is_text = || equal(&self.source, caller.text());
        let session = || match scene.quirks.is_other(Quirk::SessionArnAndSessionPolicy) {
            true => Relation::LimitedSession,
            false => Relation::Caller,
        };
        let (holds, relation) = match &self.name {
            Name::Anyone { below_aws } => {
                let left_out = *below_aws
                    && caller.kind() == CallerKind::Service
                    && scene.quirks.is_other(Quirk::AwsStarAndServices);
                (Tri::from(!left_out), Relation::Caller)
            }
            Name::Account(account) => {
                let relation = if caller.kind() == CallerKind::Root { Relation::Caller } else { Relation::Account };
                let member = !matches!(caller.kind(), CallerKind::Federated);
                let own = caller.account().filter(|_| member).map(|own| equal(own, account));
                (own.unwrap_or(Tri::False), relation)
            }
            Name::User => match caller.user_arn() {
                Some(user) => (equal(user, &self.source), Relation::Behind),
                None => (is_text(), Relation::Caller),
            },
            Name::Role { account, name } => {
                let role = matches!(caller.kind(), CallerKind::Role | CallerKind::Session);
                let holds = match open {
                    true => caller.may_be_role_arn(&self.source, account, name),
                    false => Tri::from(caller.is_role_arn(&self.source, account, name)),
                };
                (Tri::from(role).and(holds), Relation::Behind)
            }
            Name::Session | Name::FederatedUser => (is_text(), session()),
            Name::UniqueId(key) => return self.unique_id(key, scene, session()),
            Name::Service => (is_text().and(Tri::from(caller.account().is_none())), Relation::Caller),
            Name::Federated | Name::CanonicalUser => (is_text(), Relation::Caller),
            Name::Open => (Tri::Unknown, Relation::Caller),
        };
        (holds, relation)
    }

    fn unique_id(&self, key: &Key, scene: &Scene<'_>, session: Relation) -> (Tri, Relation) {
        let kind = scene.request.caller.kind();
        if !matches!(kind, CallerKind::User | CallerKind::Role | CallerKind::Session) {
            return (Tri::False, Relation::Behind);
        }
        let behind = if kind == CallerKind::User { Relation::Caller } else { Relation::Behind };
        match scene.lookup(key) {
            Lookup::One(id) if *id == *self.source => (Tri::True, if id.contains(':') { session } else { behind }),
            Lookup::One(id) => (Tri::from(id.split_once(':').is_some_and(|(id, _)| *id == *self.source)), behind),
            // What a session is called is not known, but of which role it is may be.
            found => match (scene.request.caller.role_id(), self.source.split_once(':')) {
                (Some(own), None) => (Tri::from(*own == *self.source), behind),
                (Some(own), Some((id, _))) if own != id => (Tri::False, behind),
                _ if found == Lookup::Unknown => (Tri::Unknown, behind),
                _ => (Tri::False, behind),
            },
        }
    }

    /// The key that would settle an unknown relation.
    pub fn key(&self) -> Option<&Key> {
        match &self.name {
            Name::UniqueId(key) => Some(key),
            _ => None,
        }
    }
}

/// Whether NotPrincipal names the caller and everything it belongs to, so that it escapes.
///
/// Account, then user or role, then session: a parent left out is denied, and the caller with it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
pub(crate) fn escapes(names: &[PrincipalPattern], scene: &Scene<'_>) -> Tri {
    let caller = &scene.request.caller;
    let listed = |wanted: fn(&Name) -> bool| {
        let candidates = names.iter().filter(|name| wanted(&name.name) || name.may_be_anyone());
        Tri::any(candidates.map(|name| name.relation(scene).0))
    };
    let anyone = listed(|name| matches!(name, Name::Anyone { .. }));
    let account = listed(|name| matches!(name, Name::Account(_)));
    let user = listed(|name| matches!(name, Name::User | Name::UniqueId(_)));
    let role = listed(|name| matches!(name, Name::Role { .. } | Name::UniqueId(_)));
    let session = listed(|name| matches!(name, Name::Session | Name::FederatedUser));
    let itself = listed(|name| !matches!(name, Name::Account(_)));
    anyone.or(match caller.kind() {
        CallerKind::Root => account,
        CallerKind::User => account.and(user),
        CallerKind::Role | CallerKind::Session => account.and(role).and(session),
        CallerKind::FederatedUser => account.and(user).and(session),
        CallerKind::Service | CallerKind::Federated | CallerKind::CanonicalUser | CallerKind::Anonymous => itself,
    })
}

fn aws_name(text: &str) -> Result<Name, String> {
    if text == "*" {
        return Ok(Name::Anyone { below_aws: true });
    }
    if is_account_id(text) {
        return Ok(Name::Account(text.into()));
    }
    if is_unique_id(text) {
        return Ok(Name::UniqueId(Key::new("aws:userid")));
    }
    let Some(arn) = Arn::parse(text) else {
        return Err(format!("`{text}` is not a principal: write an ARN, an account id or `*`"));
    };
    if text.contains(['*', '?']) {
        return Err(format!(
            "`{text}`: wildcards cannot stand inside a principal; name the account and narrow it with aws:PrincipalArn"
        ));
    }
    let account = arn.account;
    let known = is_account(account);
    match (arn.service, arn.resource.split_once('/')) {
        ("iam", None) if known && arn.resource == "root" => Ok(Name::Account(account.into())),
        ("iam", Some(("user", path))) if known && !path.is_empty() => Ok(Name::User),
        ("iam", Some(("role", path))) if known && !path.is_empty() => {
            Ok(Name::Role { account: account.into(), name: last_segment(path).into() })
        }
        ("iam", Some(("group", _))) => {
            Err(format!("`{text}`: a group cannot be a principal; name its users or a role"))
        }
        ("sts", Some(("assumed-role", path))) if known && path.contains('/') => Ok(Name::Session),
        ("sts", Some(("assumed-role", _))) => Err(format!("`{text}`: a session is `assumed-role/ROLE/SESSION`")),
        ("sts", Some(("federated-user", path))) if known && !path.is_empty() => Ok(Name::FederatedUser),
        ("iam", Some(("saml-provider" | "oidc-provider", _))) => {
            Err(format!("`{text}` is a provider and belongs under `Federated`"))
        }
        _ => Err(format!("`{text}` is not the ARN of an account's root, a user, a role or a session")),
    }
}

/// A name with symbols in it: if what is known makes it no principal, the rest cannot either.
fn open_name(family: Family, text: &str) -> Result<Name, String> {
    let settled = |text: &str| text.split(':').nth(5).is_some_and(|resource| !symbol::holds_unknown(resource));
    match family {
        Family::Aws if is_account(text) && !symbol::holds_unknown(text) => Ok(Name::Account(text.into())),
        Family::Aws if Arn::parse(text).is_some() && settled(text) => aws_name(text),
        // The path or name may be unknown, but not that it is a role or a user.
        Family::Aws if Arn::parse(text).is_some_and(|arn| is_account(arn.account)) => {
            Ok(aws_name(text).unwrap_or(Name::Open))
        }
        Family::Aws => Ok(Name::Open),
        Family::Service => Ok(Name::Service),
        Family::Federated => Ok(Name::Federated),
        Family::CanonicalUser => Ok(Name::CanonicalUser),
    }
}

fn federated_name(text: &str) -> Result<Name, String> {
    let provider = Arn::parse(text).is_some_and(|arn| {
        arn.service == "iam"
            && (arn.resource.starts_with("saml-provider/") || arn.resource.starts_with("oidc-provider/"))
    });
    let domain = !text.contains([':', '*', '?', ' ']) && text.contains('.');
    if provider || domain || is_web_provider(text) {
        Ok(Name::Federated)
    } else {
        Err(format!("`{text}` is not an identity provider's ARN or domain"))
    }
}

/// `AIDA...` of a user, `AROA...` of a role, alone or with a session name.
fn is_unique_id(text: &str) -> bool {
    let id = text.split_once(':').map_or(text, |(id, _)| id);
    let prefix = ["AIDA", "AROA", "AIPA", "ANPA", "AGPA", "ASIA", "AKIA"];
    id.len() >= 16
        && prefix.iter().any(|p| id.starts_with(p))
        && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
