//! What a request says, and what follows from it: a plain reading of a case file's `request`.

use std::collections::BTreeMap;

use serde_json::Value;

/// Kleene's third value is `None`.
pub(crate) type Tri = Option<bool>;

pub(crate) fn and(a: Tri, b: Tri) -> Tri {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

pub(crate) fn or(a: Tri, b: Tri) -> Tri {
    not(and(not(a), not(b)))
}

pub(crate) fn not(a: Tri) -> Tri {
    a.map(|a| !a)
}

pub(crate) fn any(all: impl IntoIterator<Item = Tri>) -> Tri {
    all.into_iter().fold(Some(false), or)
}

pub(crate) fn all(all: impl IntoIterator<Item = Tri>) -> Tri {
    all.into_iter().fold(Some(true), and)
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    Absent,
    Unknown,
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Root,
    User,
    Role,
    Session,
    FederatedUser,
    Service,
    Federated,
    Canonical,
    Anonymous,
}

#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) principal: String,
    pub(crate) kind: Kind,
    pub(crate) account: Option<String>,
    /// Of a user, role, session (its role) or federated user.
    pub(crate) name: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) owner: Option<String>,
    managed: bool,
    /// By name in lower case.
    named: BTreeMap<String, Given>,
    /// The same names as they were written.
    spelled: BTreeMap<String, String>,
    unknown_rest: bool,
    is_key_policy: bool,
    /// Whether a text around an unknown variable is looked at.
    pub(crate) sharp: bool,
}

/// The KMS operations that work from another account.
const ABROAD: &str = " Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair \
    GenerateDataKeyPairWithoutPlaintext GenerateMac VerifyMac ReEncryptFrom ReEncryptTo Sign Verify DeriveSharedSecret \
    Encapsulate Decapsulate CreateGrant DescribeKey GetKeyRotationStatus GetPublicKey ListGrants RetireGrant RevokeGrant ";
const WITHOUT_KEY: &str = " ListKeys ListAliases CreateKey GenerateRandom ConnectCustomKeyStore CreateCustomKeyStore \
    DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore UpdateCustomKeyStore ListRetirableGrants ";
const WITH_CONTEXT: &str = " Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair \
    GenerateDataKeyPairWithoutPlaintext ReEncryptFrom ReEncryptTo CreateGrant RetireGrant ";
const CRYPTO: &str = " Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair \
    GenerateDataKeyPairWithoutPlaintext GenerateMac VerifyMac ReEncryptFrom ReEncryptTo Sign Verify DeriveSharedSecret \
    Encapsulate Decapsulate DescribeKey GetPublicKey ";

fn listed(list: &str, operation: &str) -> bool {
    list.to_lowercase().contains(&format!(" {operation} "))
}

impl Facts {
    pub(crate) fn read(request: &Value, sharp: bool) -> Facts {
        let text = |name: &str| request[name].as_str().map(str::to_owned);
        let written = text("principal").unwrap();
        let principal = if is_account(&written) { format!("arn:aws:iam::{written}:root") } else { written };
        let part: Vec<&str> = principal.splitn(6, ':').collect();
        let (kind, name) = match part.as_slice() {
            ["*"] => (Kind::Anonymous, ""),
            ["arn", _, "iam", "", _, "root"] => (Kind::Root, ""),
            ["arn", _, service, "", _, rest] => match (*service, rest.split('/').collect::<Vec<_>>().as_slice()) {
                ("iam", ["user", .., name]) => (Kind::User, *name),
                ("iam", ["role", .., name]) => (Kind::Role, *name),
                ("iam", ["saml-provider" | "oidc-provider", ..]) => (Kind::Federated, ""),
                ("sts", ["assumed-role", name, _]) => (Kind::Session, *name),
                ("sts", ["federated-user", name]) => (Kind::FederatedUser, *name),
                _ => panic!("principal {principal}"),
            },
            ["accounts.google.com" | "www.amazon.com" | "graph.facebook.com" | "cognito-identity.amazonaws.com"] => {
                (Kind::Federated, "")
            }
            [service] if service.ends_with(".amazonaws.com") => (Kind::Service, ""),
            [id] if id.len() == 64 => (Kind::Canonical, ""),
            _ => panic!("principal {principal}"),
        };
        let account = part.get(4).filter(|_| kind != Kind::Federated).map(|&account| account.to_owned());
        let resource = text("resource").unwrap();
        let arn_account = resource.split(':').nth(4).filter(|account| is_account(account)).map(str::to_owned);
        let action = text("action").unwrap().to_lowercase();
        let no_key = action.strip_prefix("kms:").is_some_and(|operation| listed(WITHOUT_KEY, operation));
        let owner = text("resource_account").or(arn_account).or(if no_key { account.clone() } else { None });
        let mut facts = Facts {
            kind,
            name: name.to_owned(),
            account,
            principal,
            action,
            resource,
            owner,
            managed: request["key_manager"] == "AWS",
            named: BTreeMap::new(),
            spelled: BTreeMap::new(),
            is_key_policy: false,
            unknown_rest: request["unknown"] == "*",
            sharp,
        };
        for (key, value) in request["context"].as_object().into_iter().flatten() {
            let one = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let given = match value {
                Value::Array(values) if values.iter().all(|value| value == "") => Given::Absent,
                Value::Array(values) => Given::Many(values.iter().map(one).collect()),
                value => Given::One(one(value)),
            };
            facts.named.insert(key.to_lowercase(), given);
            facts.spelled.insert(key.to_lowercase(), key.clone());
        }
        for key in request["unknown"].as_array().into_iter().flatten() {
            facts.named.insert(key.as_str().unwrap().to_lowercase(), Given::Unknown);
        }
        facts
    }

    pub(crate) fn kms_operation(&self) -> Option<&str> {
        self.action.strip_prefix("kms:")
    }

    pub(crate) fn is_kms(&self) -> bool {
        self.kms_operation().is_some()
    }

    pub(crate) fn works_abroad(&self) -> bool {
        self.kms_operation().is_none_or(|operation| listed(ABROAD, operation))
    }

    /// A KMS request that IAM alone decides: no key, or an alias.
    pub(crate) fn is_identity_only(&self) -> bool {
        self.kms_operation().is_some_and(|operation| listed(WITHOUT_KEY, operation))
            || self.resource.contains(":alias/")
    }

    pub(crate) fn is_cross_account(&self) -> bool {
        matches!((&self.account, &self.owner), (Some(caller), Some(owner)) if caller != owner)
    }

    /// Whether it was told that no service stands between the caller and this request.
    fn is_direct(&self) -> bool {
        matches!(self.named.get("aws:viaawsservice"), Some(Given::One(via)) if via == "false")
    }

    pub(crate) fn is_service_linked(&self) -> bool {
        match (self.kind, self.named.get("aws:principalarn")) {
            (Kind::Role, _) => self.principal.contains(":role/aws-service-role/"),
            (Kind::Session, Some(Given::One(arn))) => arn.contains(":role/aws-service-role/"),
            // The path is not told: the name decides, unless it was said that nobody knows.
            (Kind::Session, None) => self.name.starts_with("AWSServiceRoleFor"),
            _ => false,
        }
    }

    pub(crate) fn is_aws_managed(&self) -> bool {
        let aws = |key: &str| match self.get(key) {
            Given::One(name) => name.starts_with("alias/aws/"),
            Given::Many(names) => names.iter().any(|name| name.starts_with("alias/aws/")),
            _ => false,
        };
        self.is_kms() && (self.managed || aws("kms:RequestAlias") || aws("kms:ResourceAliases"))
    }

    /// The pairs of the encryption context, and whether there may be others.
    pub(crate) fn encryption_context(&self) -> (BTreeMap<String, Given>, bool) {
        let pairs: BTreeMap<String, Given> = self
            .named
            .iter()
            .filter_map(|(key, given)| Some((key.strip_prefix("kms:encryptioncontext:")?.to_owned(), given.clone())))
            .filter(|(_, given)| *given != Given::Absent)
            .collect();
        let told = pairs.values().any(|given| *given != Given::Unknown);
        let open = self.unknown_rest && !told && self.carries("kms:encryptioncontext:");
        (pairs, open)
    }

    /// What the request has under the key.
    pub(crate) fn get(&self, key: &str) -> Given {
        let key = key.to_lowercase();
        if self.is_key_policy && (key.starts_with("aws:resourcetag/") || key == "kms:resourcealiases") {
            return Given::Absent;
        }
        if let Some(given) = self.named.get(&key) {
            return given.clone();
        }
        if let Some(given) = self.derived(&key) {
            return given;
        }
        let (pairs, open) = self.encryption_context();
        if key.starts_with("kms:encryptioncontext:") {
            let told = pairs.values().any(|given| *given != Given::Unknown);
            return if open && !told { Given::Unknown } else { Given::Absent };
        }
        if self.unknown_rest && self.carries(&key) { Given::Unknown } else { Given::Absent }
    }

    /// The same request as a key policy sees it: tags and aliases of the key are for IAM policies.
    pub(crate) fn for_key_policy(&self) -> Facts {
        let mut facts = self.clone();
        let absent = |name: &String| name.starts_with("aws:resourcetag/") || name == "kms:resourcealiases";
        let names: Vec<String> = facts.named.keys().filter(|name| absent(name)).cloned().collect();
        facts.named.extend(names.into_iter().map(|name| (name, Given::Absent)));
        facts.is_key_policy = true;
        facts
    }

    /// Whether a request of this action can have the key at all.
    fn carries(&self, key: &str) -> bool {
        let Some(operation) = self.kms_operation() else { return true };
        let on_key = !listed(WITHOUT_KEY, operation);
        match key {
            "kms:viaservice" | "kms:resourcealiases" => on_key,
            "kms:calleraccount" => on_key,
            "kms:requestalias" => listed(CRYPTO, operation),
            "kms:encryptioncontext:" | "kms:encryptioncontextkeys" => listed(WITH_CONTEXT, operation),
            "kms:grantisforawsresource" => ["creategrant", "listgrants", "revokegrant"].contains(&operation),
            "kms:schedulekeydeletionpendingwindowindays" => operation == "schedulekeydeletion",
            "kms:validto" => operation == "importkeymaterial",
            "kms:grantoperations"
            | "kms:grantconstrainttype"
            | "kms:grantconstraintsourcearn"
            | "kms:granteeprincipal" => operation == "creategrant",
            key => !key.starts_with("kms:"),
        }
    }

    fn derived(&self, key: &str) -> Option<Given> {
        let one = |text: &str| Some(Given::One(text.to_owned()));
        let yes = |holds: bool| Some(Given::One(holds.to_string()));
        let operation = self.kms_operation().unwrap_or_default();
        let default = |text: &str| if self.unknown_rest { None } else { one(text) };
        match key {
            "aws:principalarn" => match self.kind {
                Kind::Root | Kind::User | Kind::Role | Kind::FederatedUser => one(&self.principal),
                Kind::Session => {
                    let partition = self.principal.split(':').nth(1)?;
                    one(&format!("arn:{partition}:iam::{}:role/{}", self.account.as_ref()?, self.name))
                }
                _ => Some(Given::Absent),
            },
            "aws:principalaccount" => Some(self.account.clone().map_or(Given::Absent, Given::One)),
            "aws:principaltype" => match self.kind {
                Kind::Root => one("Account"),
                Kind::User => one("User"),
                Kind::Role | Kind::Session => one("AssumedRole"),
                Kind::FederatedUser => one("FederatedUser"),
                Kind::Anonymous => one("Anonymous"),
                _ => Some(Given::Absent),
            },
            "aws:username" if self.kind == Kind::User => one(&self.name),
            "aws:username" => Some(Given::Absent),
            "aws:principalisawsservice" => yes(self.kind == Kind::Service),
            "aws:principalservicename" if self.kind == Kind::Service => one(&self.principal),
            "aws:principalservicename" => Some(Given::Absent),
            "aws:principalservicenameslist" if self.kind == Kind::Service => {
                Some(Given::Many(vec![self.principal.clone()]))
            }
            "kms:calleraccount" if self.is_kms() && self.carries(key) => {
                Some(self.account.clone().map_or(Given::Absent, Given::One))
            }
            "aws:resourceaccount" => self.owner.clone().map(Given::One),
            "aws:requestedregion" => {
                let region = self.resource.split(':').nth(3).filter(|region| !region.is_empty());
                region.map(|region| Given::One(region.to_owned()))
            }
            "aws:userid" if self.kind == Kind::Root => self.account.clone().map(Given::One),
            "aws:principalorgid" | "aws:principalorgpaths" if self.account.is_none() => Some(Given::Absent),
            "kms:viaservice" if self.kind == Kind::Service => Some(Given::Absent),
            "kms:viaservice" if self.is_direct() => Some(Given::Absent),
            "kms:encryptioncontextkeys" if self.is_kms() => {
                let (pairs, open) = self.encryption_context();
                if pairs.is_empty() && !open {
                    return Some(Given::Absent);
                }
                if open || pairs.values().any(|given| *given == Given::Unknown) {
                    return Some(Given::Unknown);
                }
                let names = self.spelled.values().filter_map(|name| name.split_at_checked(22));
                Some(Given::Many(
                    names
                        .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("kms:EncryptionContext:"))
                        .map(|(_, name)| name.to_owned())
                        .collect(),
                ))
            }
            "aws:viaawsservice" if self.kind == Kind::Anonymous && self.get("kms:ViaService") == Given::Absent => None,
            "aws:viaawsservice" => match (self.get("kms:ViaService"), self.named.get("aws:calledvia")) {
                (Given::One(_), _) | (_, Some(Given::Many(_))) => yes(true),
                (Given::Unknown, _) | (_, Some(Given::Unknown)) => Some(Given::Unknown),
                (_, None) if self.unknown_rest => Some(Given::Unknown),
                _ => yes(false),
            },
            "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => {
                let chain = match (self.named.get("aws:calledvia"), self.get("kms:ViaService")) {
                    (Some(given), _) => given.clone(),
                    (None, Given::One(via)) => Given::Many(vec![format!("{}.amazonaws.com", via.split('.').next()?)]),
                    (None, Given::Unknown) => Given::Unknown,
                    (None, _) if self.unknown_rest && !self.is_direct() => Given::Unknown,
                    _ => Given::Absent,
                };
                Some(match (key, chain) {
                    ("aws:calledvia", chain) => chain,
                    ("aws:calledviafirst", Given::Many(chain)) => Given::One(chain.first()?.clone()),
                    (_, Given::Many(chain)) => Given::One(chain.last()?.clone()),
                    (_, other) => other,
                })
            }
            "kms:grantisforawsresource" if self.is_kms() && self.carries(key) => {
                match (self.kind, self.get("kms:ViaService")) {
                    (Kind::Service, _) | (_, Given::One(_)) => yes(true),
                    (_, Given::Unknown) => Some(Given::Unknown),
                    _ => yes(false),
                }
            }
            "aws:epochtime" => self.named.get("aws:currenttime").cloned(),
            "aws:currenttime" => self.named.get("aws:epochtime").cloned(),
            "kms:encryptionalgorithm"
                if operation.starts_with("generatedatakey")
                    || ["encrypt", "decrypt", "reencryptfrom", "reencryptto"].contains(&operation) =>
            {
                default("SYMMETRIC_DEFAULT")
            }
            "kms:messagetype" if ["sign", "verify"].contains(&operation) => default("RAW"),
            // A service calls from its own network.
            "aws:sourceip" | "aws:sourcevpc" | "aws:sourcevpce" => match self.get("kms:ViaService") {
                Given::One(via) if key == "aws:sourceip" => one(&format!("{}.amazonaws.com", via.split('.').next()?)),
                Given::One(_) => Some(Given::Absent),
                Given::Unknown if key == "aws:sourceip" => Some(Given::Unknown),
                _ => None,
            },
            "kms:schedulekeydeletionpendingwindowindays" if operation == "schedulekeydeletion" => default("30"),
            "kms:keyspec" if operation == "createkey" => default("SYMMETRIC_DEFAULT"),
            "kms:keyusage" if operation == "createkey" => default("ENCRYPT_DECRYPT"),
            "kms:keyorigin" if operation == "createkey" => default("AWS_KMS"),
            "kms:multiregion" if operation == "createkey" => default("false"),
            "kms:policyname" if operation == "putkeypolicy" => default("default"),
            _ => None,
        }
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
