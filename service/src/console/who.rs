//! Who can use a key: everybody who is known is asked about, through the court that decides requests.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use wardbook_policy::arn::is_account_id;
use wardbook_policy::caller::Caller as Principal;
use wardbook_policy::catalogue::kms_state;
use wardbook_policy::json;

use crate::authenticate::Authentic;
use crate::authorize::{Court, Named, On, Question};
use crate::caller::{Caller, Facts};
use crate::credential::Credential;
use crate::desk::Desk;
use crate::kms::Kms;
use crate::name::partition;
use crate::operation::named_principals;
use crate::state::Key;

/// What is asked of every key, and what of those of one usage.
const ALWAYS: &[&str] =
    &["kms:DescribeKey", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion"];
const BY_USAGE: &[(&str, &[&str])] = &[
    ("ENCRYPT_DECRYPT", &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]),
    ("SIGN_VERIFY", &["kms:Sign", "kms:Verify"]),
    ("GENERATE_VERIFY_MAC", &["kms:GenerateMac", "kms:VerifyMac"]),
    ("KEY_AGREEMENT", &["kms:DeriveSharedSecret"]),
    ("ENCAPSULATE_DECAPSULATE", &["kms:Encapsulate", "kms:Decapsulate"]),
];
/// The row of everybody whom `*` in a key policy lets in and nobody knows, and the one who is asked for them all.
const ANYBODY_ELSE: (&str, &str) = ("anybody else (*)", "arn:aws:iam::000000000000:root");

/// What one principal may do, one answer for each action.
pub(super) struct Row {
    pub(super) principal: String,
    pub(super) answers: Vec<Answer>,
}

/// Whether it may, and why.
pub(super) struct Answer {
    pub(super) allowed: bool,
    pub(super) reason: String,
}

/// The actions that a key is asked about.
pub(super) fn actions(key: &Key) -> Vec<&'static str> {
    let own = BY_USAGE.iter().filter(|(usage, _)| *usage == key.record.usage).flat_map(|(_, actions)| *actions);
    own.chain(ALWAYS).copied().collect()
}

/// Everybody who is known and has something to do with the key's account or the key: its root, users and roles of the
/// world, whoever has an access key, whoever has a grant, and whoever the key policy names.
pub(super) fn principals(kms: &Kms, key: &Key) -> Vec<String> {
    let root = format!("arn:{}:iam::{}:root", partition(&key.name.region), key.name.account);
    let mut found = BTreeSet::from([root]);
    found.extend(kms.parts.directory.principals().map(|principal| principal.arn.clone()));
    found.extend(kms.parts.credentials.principals().map(str::to_owned));
    found.extend(key.grants.records.iter().map(|grant| grant.grantee.clone()));
    found.extend(named(&key.record.policy, partition(&key.name.region)));
    found.into_iter().collect()
}

/// Whom a key policy names: accounts by their root users, and everybody by one row.
fn named(policy: &str, partition: &str) -> Vec<String> {
    let Ok(policy) = json::parse(policy) else { return Vec::new() };
    let name = |name: &str| match name {
        "*" => ANYBODY_ELSE.0.to_owned(),
        account if is_account_id(account) => format!("arn:{partition}:iam::{account}:root"),
        name => name.to_owned(),
    };
    named_principals(&policy).into_iter().map(name).collect()
}

/// What one principal may do with a key, on a plain call over TLS from this machine, with no encryption context.
pub(super) fn row(kms: &Kms, key: &Arc<Key>, actions: &[&'static str], principal: String) -> Row {
    let (anybody, stranger) = ANYBODY_ELSE;
    let asked = if principal == anybody { stranger } else { principal.as_str() };
    let Ok(parsed) = Principal::parse(asked) else {
        let answer = || Answer { allowed: false, reason: "no name of a principal".to_owned() };
        return Row { principal, answers: actions.iter().map(|_| answer()).collect() };
    };
    let credential = Credential::new("", Vec::new(), asked.to_owned());
    let authentic =
        Authentic { credential: credential.into(), region: key.name.region.clone(), service: "kms".to_owned() };
    let account = parsed.account().unwrap_or_default().to_owned();
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let caller = Caller { authentic, principal: parsed, account, source, secure: true, user_agent: None };
    let court = Court { directory: &kms.parts.directory, caller: &caller, now: kms.parts.clock.now() };
    let state = Desk::new(kms, &caller).state_of(key);
    let answer = |action: &&'static str| {
        let mut facts = Facts::default();
        facts.text("kms:CallerAccount", &caller.account);
        let question = Question { action, on: On::Key(Arc::clone(key), Named::Itself), facts };
        let judgement = court.judge(&question);
        let reason = judgement.logged.decided_by.map(|reason| reason.as_str().to_owned()).unwrap_or_default();
        match (judgement.refusal, kms_state(action, state)) {
            (Some(_), _) => Answer { allowed: false, reason },
            (None, Some(refusal)) => Answer { allowed: false, reason: format!("the key {}", refusal.reason()) },
            (None, None) => Answer { allowed: true, reason },
        }
    };
    let answers = actions.iter().map(answer).collect();
    Row { principal, answers }
}
