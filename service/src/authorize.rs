//! May they? Every question goes to `policy::decide`, with all layers that bear on it; there is no way past it.

use std::sync::Arc;

use wardbook_audit::event::{ConditionKey, ContextValue, Decision as Logged, Name, Prose, Word};
use wardbook_audit::time::Timestamp;
use wardbook_policy::context::{Carried, Values};
use wardbook_policy::decide::{Decision, Reason, Verdict, decide};
use wardbook_policy::grant::Grant;
use wardbook_policy::key::Key as ConditionName;
use wardbook_policy::layers::{Layers, Told};
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::Statement;

use crate::caller::{Caller, Facts};
use crate::denied;
use crate::directory::{Directory, Held};
use crate::name::{AliasName, KeyName};
use crate::refusal::{Refusal, Why};
use crate::state::Key;

/// One question: may the caller do this to that?
#[derive(Clone, Debug)]
pub struct Question {
    /// The action, such as `kms:Decrypt`.
    pub action: &'static str,
    /// On what.
    pub on: On,
    /// What the request tells besides.
    pub facts: Facts,
}

/// What a question is about.
#[derive(Clone, Debug)]
pub enum On {
    /// A key, and how it was named.
    Key(Arc<Key>, Named),
    /// A key as it would be with another policy.
    KeyWith(Arc<Key>, Policy),
    /// A key, of whose grants this one alone counts.
    Grant(Arc<Key>, Box<Grant>),
    /// A key that is not there, in somebody's account, and how it was named. Nobody is ever allowed.
    NoKey(KeyName, String),
    /// A key that is not there and was named by a ciphertext alone.
    Ciphertext(KeyName),
    /// A role to be assumed, and its trust policy if it is known.
    Role(String, Option<Policy>),
    /// An alias.
    Alias(AliasName),
    /// Something named by its ARN, such as who may retire grants.
    Arn(String),
    /// Nothing in particular.
    Anything,
}

/// How a key was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By its id or ARN.
    Itself,
    /// By this alias.
    Alias(String),
    /// By a ciphertext.
    Ciphertext,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Why not, if not.
    pub refusal: Option<Refusal>,
    /// What the log has.
    pub logged: Logged,
    /// What the caller may be told of the reason.
    pub told: String,
}

/// Everything that a decision needs besides the question.
#[derive(Clone, Copy, Debug)]
pub struct Court<'a> {
    /// Who exists.
    pub directory: &'a Directory,
    /// Who asks.
    pub caller: &'a Caller,
    /// When.
    pub now: Timestamp,
}

impl Court<'_> {
    /// Decides. A key of another account that may not be used reads exactly as one that is not there.
    pub fn judge(&self, question: &Question) -> Judgement {
        let judgement = self.decide(question);
        let (key, named) = match &question.on {
            On::Key(key, named) => (key, named),
            On::Grant(key, _) => (key, &Named::Itself),
            _ => return judgement,
        };
        if judgement.refusal.is_none() || key.name.account == self.caller.account {
            return judgement;
        }
        let on = match named {
            Named::Itself => On::NoKey(key.name.clone(), key.name.arn()),
            Named::Ciphertext => On::Ciphertext(key.name.clone()),
            Named::Alias(name) => {
                let KeyName { account, region, .. } = key.name.clone();
                On::NoKey(key.name.clone(), AliasName { account, region, name: name.clone() }.arn())
            }
        };
        let phantom = self.decide(&Question { on, action: question.action, facts: question.facts.clone() });
        Judgement { logged: judgement.logged, ..phantom }
    }

    fn decide(&self, question: &Question) -> Judgement {
        let resource = resource(&question.on);
        let request = match self.request(question, &resource) {
            Ok(request) => request,
            Err(message) => return undecided(&message),
        };
        let known = self.directory.principal(&self.caller.principal);
        let account = self.directory.account(&self.caller.account);
        let owner = request.resource_account().map(|account| self.directory.account(account));
        let nobody: (Held<Policy>, Held<Policy>) = match self.caller.principal.has_iam() {
            true => (Held::Known(Arc::new([])), Held::Absent),
            false => (Held::Absent, Held::Absent),
        };
        let (identity, boundary) = known.map_or((&nobody.0, &nobody.1), |known| (&known.policies, &known.boundary));
        let limits = self.session_policies();
        let changed;
        let (resource_policy, grants) = match &question.on {
            On::Key(key, _) => (Told::Known(key.policy.as_slice()), Told::Known(key.grants.compiled.as_slice())),
            On::KeyWith(key, policy) => {
                changed = [policy.clone()];
                (Told::Known(changed.as_slice()), Told::Known(key.grants.compiled.as_slice()))
            }
            On::Grant(key, grant) => (Told::Known(key.policy.as_slice()), Told::Known(std::slice::from_ref(&**grant))),
            On::NoKey(..) | On::Ciphertext(_) => (Told::Known([].as_slice()), Told::Known([].as_slice())),
            On::Role(_, trust) => (Told::Known(trust.as_slice()), Told::Absent),
            On::Alias(_) | On::Arn(_) | On::Anything => (Told::Absent, Told::Absent),
        };
        let layers = Layers {
            resource: resource_policy,
            identity: identity.lend(),
            boundary: boundary.lend(),
            session: limits.lend(),
            scps: account.scps.lend(),
            rcps: owner.map_or(Told::Absent, |owner| owner.rcps.lend()),
            endpoint: Told::Absent,
            grants,
        };
        let decision = decide(&request, &layers, Quirks::default());
        let refusal = (decision.verdict() != Verdict::Allow).then(|| {
            let message = denied::text(self.caller.arn(), question.action, &shown(&question.on, &resource), &decision);
            Refusal::new(Why::AccessDenied, message)
        });
        let logged = logged(&request, &decision, question, self.caller);
        let told = logged.decided_by.as_ref().map(|told| told.as_str().to_owned()).unwrap_or_default();
        Judgement { refusal, logged, told }
    }

    /// Whether any policy that bears on the caller's use of this key speaks of a condition key, or may.
    pub(crate) fn speaks_of(&self, key: &Key, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let speaks = |policies: &[Policy]| {
            let mut texts = policies.iter().flat_map(Policy::statements).flat_map(Statement::texts);
            texts.any(|text| text.to_ascii_lowercase().contains(&name))
        };
        let held = |policies: &Held<Policy>| matches!(policies, Held::Known(policies) if speaks(policies));
        let levels = |levels: &Held<Vec<Policy>>| matches!(levels, Held::Known(levels) if levels.iter().any(|level| speaks(level)));
        let known = self.directory.principal(&self.caller.principal);
        let account = self.directory.account(&self.caller.account);
        speaks(&key.policy)
            || known.is_some_and(|known| held(&known.policies) || held(&known.boundary))
            || held(&self.session_policies())
            || levels(&account.scps)
            || levels(&account.rcps)
    }

    /// What limits the caller's session: texts, and managed policies as they are at this moment.
    fn session_policies(&self) -> Held<Policy> {
        let credential = &self.caller.authentic.credential;
        let texts = credential.session_policies.as_ref();
        let arns = credential.session.as_ref().map(|session| session.policy_arns.as_slice()).unwrap_or_default();
        if arns.is_empty() {
            return texts.map_or(Held::Absent, |texts| Held::Known(Arc::clone(texts)));
        }
        let managed: Option<Vec<Policy>> = arns.iter().map(|arn| self.directory.managed_policy(arn).cloned()).collect();
        let Some(managed) = managed else { return Held::Unknown };
        Held::Known(texts.into_iter().flat_map(|texts| texts.iter()).cloned().chain(managed).collect())
    }

    fn request(&self, question: &Question, resource: &str) -> Result<Request, String> {
        let mut builder = Request::builder(self.caller.arn(), question.action, resource);
        let mut own = self.caller.facts(self.directory, self.now);
        let mut of_key = Facts::default();
        if let On::Key(key, _) | On::KeyWith(key, _) | On::Grant(key, _) = &question.on {
            key_facts(key, &mut of_key);
            builder = builder.aws_managed_key(key.record.manager == "AWS");
        }
        if let On::Key(_, Named::Alias(alias)) = &question.on {
            of_key.text("kms:RequestAlias", alias);
        }
        let carried = Carried::by(question.action);
        for facts in [&mut own, &mut of_key] {
            facts.0.retain(|(key, _)| key.starts_with("aws:") || carried.carries(&ConditionName::new(key)));
        }
        if let Some((id, path)) = wardbook_policy::arn::Arn::parse(resource)
            .and_then(|arn| self.directory.account(arn.account).organization.as_ref())
        {
            of_key.text("aws:ResourceOrgID", id);
            of_key.many("aws:ResourceOrgPaths", [path.as_str()]);
        }
        // What the question tells of the request comes first: it knows in which region a replica will be.
        let mut facts = question.facts.0.clone();
        facts.extend(own.0);
        facts.extend(of_key.0);
        let mut named = std::collections::HashSet::with_capacity(facts.len());
        for (key, value) in facts {
            // Of names that IAM takes for one, the first stands.
            if named.insert(key.to_ascii_lowercase()) {
                builder = builder.with(&key, value);
            }
        }
        builder.carried(carried).build().map_err(|error| error.to_string())
    }
}

/// What follows from the key.
fn key_facts(key: &Key, facts: &mut Facts) {
    let record = &key.record;
    for (names, value) in [
        (["kms:KeySpec", "kms:CustomerMasterKeySpec"], &record.spec),
        (["kms:KeyUsage", "kms:CustomerMasterKeyUsage"], &record.usage),
    ] {
        for name in names {
            facts.text(name, value);
        }
    }
    facts.text("kms:KeyOrigin", &record.origin);
    facts.text("kms:MultiRegion", if record.multi_region.is_some() { "true" } else { "false" });
    if let Some(multi) = &record.multi_region {
        facts.text("kms:MultiRegionKeyType", if multi.primary == key.name.region { "PRIMARY" } else { "REPLICA" });
    }
    if !key.aliases.is_empty() {
        facts.many("kms:ResourceAliases", key.aliases.iter().map(String::as_str));
    }
    for (name, value) in &record.tags {
        facts.text(&format!("aws:ResourceTag/{name}"), value);
    }
}

fn resource(on: &On) -> String {
    match on {
        On::Key(key, _) | On::KeyWith(key, _) | On::Grant(key, _) => key.name.arn(),
        On::NoKey(name, _) | On::Ciphertext(name) => name.arn(),
        On::Alias(name) => name.arn(),
        On::Arn(arn) | On::Role(arn, _) => arn.clone(),
        On::Anything => "*".to_owned(),
    }
}

fn shown(on: &On, resource: &str) -> denied::Shown {
    match on {
        On::NoKey(_, shown) => denied::Shown::Resource(shown.clone()),
        On::Ciphertext(_) => denied::Shown::Ciphertext,
        _ => denied::Shown::Resource(resource.to_owned()),
    }
}

fn undecided(message: &str) -> Judgement {
    let logged = Logged {
        decision: word("unknown"),
        decided_by: Some(Prose::new(message)),
        grant: None,
        policy_digest: None,
        via_service: None,
        context: Vec::new(),
    };
    Judgement { refusal: Some(Refusal::new(Why::AccessDenied, message)), logged, told: message.to_owned() }
}

fn logged(request: &Request, decision: &Decision<'_>, question: &Question, caller: &Caller) -> Logged {
    let (decided_by, grant) = match decision.reason() {
        Reason::AllowedBy { resource, identity, grant } => {
            let cited = [identity, resource].into_iter().flatten().next();
            let grant_id = grant.map(|grant| grant.id().to_owned());
            let told = match (grant, cited) {
                (Some(grant), _) => format!("grant {}", grant.id()),
                (None, Some(cited)) => cite(cited),
                (None, None) => String::new(),
            };
            (told, grant_id)
        }
        Reason::DeniedBy(cited) => (cite(cited), None),
        Reason::Silent(silence) => (format!("{}: {}", silence.layer().name(), silence.sentence()), None),
        Reason::TurnsOn { keys, documents, .. } => {
            let keys = keys.iter().map(|key| key.name().to_owned());
            let layers = documents.iter().map(|layer| format!("the {} was not collected", layer.noun()));
            (format!("turns on {}", keys.chain(layers).collect::<Vec<_>>().join(", ")), None)
        }
    };
    let context = request.context().given().into_iter().filter_map(|(key, values)| {
        let value = match values {
            Values::One(text) => ContextValue::One(text.to_string()),
            Values::Many(texts) => ContextValue::Many(texts.iter().map(ToString::to_string).collect()),
        };
        Some((ConditionKey::new(key.name())?, value))
    });
    let digest = match &question.on {
        On::Key(key, _) => Name::new(key.policy_digest.as_str()),
        _ => None,
    };
    Logged {
        decision: word(decision.verdict().name()),
        decided_by: Some(Prose::new(&decided_by)).filter(|told| !told.as_str().is_empty()),
        grant: grant.and_then(Name::new),
        policy_digest: digest,
        via_service: caller.authentic.credential.via.clone().and_then(Name::new),
        context: context.collect(),
    }
}

/// `resource statement 1 (AllowReports)`
fn cite(cited: &wardbook_policy::decide::Cited<'_>) -> String {
    let sid = cited.statement.sid().map(|sid| format!(" ({sid})")).unwrap_or_default();
    let place = cited.policy.statements().iter().position(|statement| std::ptr::eq(statement, cited.statement));
    let place = place.map(|place| format!(" statement {place}")).unwrap_or_default();
    let name = match cited.policy.name() {
        "" => String::new(),
        name => format!(" {name}"),
    };
    format!("{}{name}{place}{sid}", cited.layer.name())
}

#[expect(clippy::expect_used, reason = "the words are the few literals of verdicts, all of them words")]
fn word(text: &str) -> Word {
    Word::new(text).expect("a word")
}
