//! Who makes a request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::arn::{Arn, is_account};
use crate::digest::{Domain, digest, pair};
use crate::symbol;
use crate::tri::Tri;

/// What kind of principal makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// A session of a role whose session name is not told.
    Role,
    /// A session of a role.
    Session,
    /// A session from GetFederationToken.
    FederatedUser,
    /// An AWS service that acts for itself.
    Service,
    /// Somebody signed in by a SAML or OIDC provider, before a role is assumed.
    Federated,
    /// An S3 canonical user.
    CanonicalUser,
    /// Nobody known: the request is not signed.
    Anonymous,
}

impl CallerKind {
    /// The kind in the words of a report.
    pub fn noun(self) -> &'static str {
        match self {
            CallerKind::Root => "root user",
            CallerKind::User => "user",
            CallerKind::Role => "role",
            CallerKind::Session => "session",
            CallerKind::FederatedUser => "federated user",
            CallerKind::Service => "service",
            CallerKind::Federated => "federated identity",
            CallerKind::CanonicalUser => "canonical user",
            CallerKind::Anonymous => "anonymous",
        }
    }
}

/// The principal of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    kind: CallerKind,
    text: Box<str>,
    partition: Box<str>,
    account: Option<Box<str>>,
    /// The name of the user, or of the role behind a session; empty for other kinds.
    name: Box<str>,
    /// The whole ARN of the role, path included, if it was told.
    role_arn: Option<Box<str>>,
    /// The unique id of the role (`AROA...`), if it was told.
    role_id: Option<Box<str>>,
    /// The ARN of the user behind a federated-user session: the one told, else the user of the same name.
    user_arn: Option<Box<str>>,
    service_linked: bool,
    /// Under what policies may have filed a statement about this caller.
    digests: Box<[u64]>,
}

/// Identity providers that are named by a domain and not by an ARN.
const WEB_PROVIDERS: &[&str] =
    &["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

impl Caller {
    /// Reads a principal: an ARN of any kind, an account id (its root user), a service, or `*`.
    pub fn parse(text: &str) -> Result<Caller, CallerError> {
        let fail = |reason| CallerError { text: text.into(), reason };
        let bare = |kind| Caller::of(kind, text, "aws", None, "");
        if text == "*" {
            return Ok(bare(CallerKind::Anonymous));
        }
        if is_account(text) {
            let arn = format!("arn:aws:iam::{text}:root");
            return Ok(Caller::of(CallerKind::Root, &arn, "aws", Some(text), ""));
        }
        // Nobody else's name begins like an ARN.
        if !text.starts_with("arn:") {
            if WEB_PROVIDERS.contains(&text) {
                return Ok(bare(CallerKind::Federated));
            }
            if is_service_name(text) {
                return Ok(bare(CallerKind::Service));
            }
            if is_canonical_id(text) {
                return Ok(bare(CallerKind::CanonicalUser));
            }
        }
        let Some(arn) = Arn::parse(text) else {
            return Err(fail("it is neither an ARN, an account id, a service nor `*`"));
        };
        if text.contains(['*', '?']) {
            return Err(fail("a request is made by one principal, without wildcards"));
        }
        if !is_account(arn.account) {
            return Err(fail("its account is not twelve digits"));
        }
        let of = |kind, name| Ok(Caller::of(kind, text, arn.partition, Some(arn.account), name));
        match (arn.service, arn.resource.split_once('/')) {
            ("iam", None) if arn.resource == "root" => of(CallerKind::Root, ""),
            ("iam", Some(("user", path))) if named(path) => of(CallerKind::User, last_segment(path)),
            ("iam", Some(("role", path))) if named(path) => of(CallerKind::Role, last_segment(path)),
            ("iam", Some(("saml-provider" | "oidc-provider", path))) if named(path) => of(CallerKind::Federated, ""),
            ("sts", Some(("assumed-role", path))) => match path.split_once('/') {
                Some((role, session)) if !role.is_empty() && named(session) => of(CallerKind::Session, role),
                _ => Err(fail("a session is `assumed-role/ROLE/SESSION`")),
            },
            ("sts", Some(("federated-user", name))) if named(name) => of(CallerKind::FederatedUser, name),
            ("iam", Some(("group", _))) => Err(fail("a group makes no requests; name one of its users")),
            _ => Err(fail("only users, roles, sessions, federated users, providers and `root` make requests")),
        }
    }

    fn of(kind: CallerKind, text: &str, partition: &str, account: Option<&str>, name: &str) -> Caller {
        let mut caller = Caller {
            kind,
            text: text.into(),
            partition: partition.into(),
            account: account.map(Into::into),
            name: name.into(),
            role_arn: (kind == CallerKind::Role).then(|| text.into()),
            role_id: None,
            user_arn: None,
            service_linked: false,
            digests: Box::default(),
        };
        if kind == CallerKind::FederatedUser {
            let account = account.unwrap_or_default();
            caller.user_arn = Some(format!("arn:{partition}:iam::{account}:user/{name}").into());
        }
        caller.file();
        caller
    }

    /// The same session, with the whole ARN of its role told.
    pub(crate) fn with_role_arn(mut self, arn: &str) -> Caller {
        if matches!(self.kind, CallerKind::Role | CallerKind::Session) {
            self.role_arn = Some(arn.into());
            self.file();
        }
        self
    }

    /// The same role, with its unique id told: that of its sessions begins so, whatever their names.
    pub(crate) fn with_role_id(mut self, id: &str) -> Caller {
        if self.kind == CallerKind::Role {
            self.role_id = Some(id.into());
        }
        self
    }

    /// The unique id of the role, if it was told beside its ARN.
    pub fn role_id(&self) -> Option<&str> {
        self.role_id.as_deref()
    }

    /// The same session, of a role whose path nobody knows: its name alone makes it no service-linked role.
    pub(crate) fn with_unknown_path(mut self) -> Caller {
        self.service_linked = false;
        self
    }

    /// The same federated-user session, with its user told.
    pub(crate) fn with_issuer(mut self, arn: &str) -> Caller {
        if self.kind == CallerKind::FederatedUser {
            self.user_arn = Some(arn.into());
            self.file();
        }
        self
    }

    /// INVARIANT: whatever `PrincipalPattern` files a statement under for a caller it matches, stands here.
    fn file(&mut self) {
        self.service_linked = match (&self.kind, &self.role_arn) {
            (CallerKind::Role | CallerKind::Session, Some(arn)) => arn.contains(":role/aws-service-role/"),
            (CallerKind::Session, None) => self.name.starts_with("AWSServiceRoleFor"),
            _ => false,
        };
        let mut digests = vec![digest(Domain::Principal, &self.text)];
        if let Some(account) = &self.account {
            digests.push(digest(Domain::Account, account));
            if matches!(self.kind, CallerKind::Role | CallerKind::Session) {
                digests.push(pair(Domain::RoleName, account, &self.name));
            }
        }
        if let Some(user) = &self.user_arn {
            digests.push(digest(Domain::Principal, user));
        }
        self.digests = digests.into();
    }

    /// What kind of principal it is.
    pub fn kind(&self) -> CallerKind {
        self.kind
    }

    /// The principal as it was named; an account id became its root user's ARN.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The account, for principals that belong to one.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The name of the user, or of the role behind a session.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ARN of the role behind a session, path included where it was told.
    pub fn role_arn(&self) -> Option<Box<str>> {
        match self.kind {
            CallerKind::Role | CallerKind::Session => Some(match (&self.role_arn, &self.account) {
                (Some(arn), _) => arn.clone(),
                (None, Some(account)) => format!("arn:{}:iam::{account}:role/{}", self.partition, self.name).into(),
                (None, None) => return None,
            }),
            _ => None,
        }
    }

    /// The user behind a federated-user session: the one told, else the user of the same name.
    pub fn user_arn(&self) -> Option<&str> {
        self.user_arn.as_deref()
    }

    pub(crate) fn is_role_arn(&self, arn: &str, account: &str, name: &str) -> bool {
        match &self.role_arn {
            Some(told) => &**told == arn,
            None => {
                let partition = Arn::parse(arn).is_some_and(|arn| arn.partition == &*self.partition);
                partition && self.account() == Some(account) && &*self.name == name
            }
        }
    }

    /// The same where the ARNs may hold symbols.
    pub(crate) fn may_be_role_arn(&self, arn: &str, account: &str, name: &str) -> Tri {
        match &self.role_arn {
            Some(told) => symbol::same(told, arn),
            None => {
                let partition = Arn::parse(arn).map(|arn| symbol::same(arn.partition, &self.partition));
                let own = symbol::same(self.account().unwrap_or_default(), account);
                partition.unwrap_or(Tri::False).and(own).and(symbol::same(&self.name, name))
            }
        }
    }

    /// Whether identity policies, boundaries and session policies exist for this kind of caller.
    pub fn has_iam(&self) -> bool {
        matches!(self.kind, CallerKind::User | CallerKind::Role | CallerKind::Session | CallerKind::FederatedUser)
    }

    /// Whether this is a session of a service-linked role, which no SCP or RCP limits.
    pub fn is_service_linked(&self) -> bool {
        self.service_linked
    }

    pub(crate) fn digests(&self) -> &[u64] {
        &self.digests
    }
}

/// Why a text names no principal that could make a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no principal of a request: {reason}")]
pub struct CallerError {
    text: Box<str>,
    reason: &'static str,
}

/// `s3.amazonaws.com`, `logs.eu-west-1.amazonaws.com`, `lambda.amazonaws.com.cn`.
pub(crate) fn is_service_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    let stem = text.strip_suffix(".cn").unwrap_or(text);
    let stem = stem
        .strip_suffix(".amazonaws.com")
        .or_else(|| stem.strip_suffix(".amazon.com"))
        .or_else(|| stem.strip_suffix(".aws.internal"));
    stem.is_some_and(|stem| stem.split('.').all(label))
}

pub(crate) fn is_canonical_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn is_web_provider(text: &str) -> bool {
    WEB_PROVIDERS.contains(&text)
}

fn named(path: &str) -> bool {
    !path.is_empty() && !path.ends_with('/')
}

pub(crate) fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_principal_is_told_apart() {
        let kinds = [
            ("111122223333", CallerKind::Root),
            ("arn:aws:iam::111122223333:root", CallerKind::Root),
            ("arn:aws:iam::111122223333:user/team/bob", CallerKind::User),
            ("arn:aws:iam::111122223333:role/app", CallerKind::Role),
            ("arn:aws:sts::111122223333:assumed-role/app/s1", CallerKind::Session),
            ("arn:aws:sts::111122223333:federated-user/bob", CallerKind::FederatedUser),
            ("s3.amazonaws.com", CallerKind::Service),
            ("logs.eu-west-1.amazonaws.com", CallerKind::Service),
            ("arn:aws:iam::111122223333:saml-provider/idp", CallerKind::Federated),
            ("accounts.google.com", CallerKind::Federated),
            ("*", CallerKind::Anonymous),
        ];
        for (text, kind) in kinds {
            assert_eq!(Caller::parse(text).unwrap().kind(), kind, "{text}");
        }
        for text in [
            "",
            "bob",
            "11112222333",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::x:user/bob",
            "arn:aws:sts::111122223333:assumed-role/app",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::111122223333:user/",
        ] {
            assert!(Caller::parse(text).is_err(), "accepted {text:?}");
        }
    }

    #[test]
    fn a_session_belongs_to_the_role_of_its_name_whatever_its_path() {
        let session = Caller::parse("arn:aws:sts::111122223333:assumed-role/App/s1").unwrap();
        assert_eq!(session.role_arn().as_deref(), Some("arn:aws:iam::111122223333:role/App"));
        assert!(session.is_role_arn("arn:aws:iam::111122223333:role/any/path/App", "111122223333", "App"));
        let told = session.with_role_arn("arn:aws:iam::111122223333:role/team/App");
        assert!(!told.is_role_arn("arn:aws:iam::111122223333:role/any/path/App", "111122223333", "App"));
    }
}
