//! What gives somebody an operation on a key by one's own hand: a change to the key, to its grants, to
//! its state, or an operation that reveals as much.

use std::collections::BTreeMap;

use wardbook_policy::catalogue::KeyState;
use wardbook_policy::context::Values;
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

use super::pair::{self, Allowed, Asked};
use super::search::portrait;
use super::step::cite;
use super::{Refusal, Search, Step, Who};
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::world::{KmsKey, NamedAction, Principal, World};

/// A power over a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    /// The operation reveals as much as the one asked about.
    AsMuch,
    PutKeyPolicy,
    CreateGrant,
    /// A replica has a policy of the maker's choice.
    ReplicateKey,
    /// The key comes back into use.
    BringBack,
    /// A tag or alias changes, on which IAM policies turn.
    Retag,
    Realias,
}

struct Row {
    action: &'static str,
    power: Power,
    why: &'static str,
}

const fn row(action: &'static str, power: Power, why: &'static str) -> Row {
    Row { action, power, why }
}

/// The powers, the shortest way first.
const POWERS: &[Row] = &[
    row("kms:ReEncryptFrom", Power::AsMuch, "encrypts what it opens anew, under a key of one's own"),
    row("kms:DeriveSharedSecret", Power::AsMuch, "gives the shared secret itself"),
    row("kms:PutKeyPolicy", Power::PutKeyPolicy, "writes a key policy that allows it"),
    row("kms:CreateGrant", Power::CreateGrant, "makes a grant to oneself"),
    row("kms:ReplicateKey", Power::ReplicateKey, "makes a replica with a policy that allows it"),
    row("kms:TagResource", Power::Retag, "sets a tag on which an IAM policy turns"),
    row("kms:UntagResource", Power::Retag, "removes a tag on which an IAM policy turns"),
    row("kms:CreateAlias", Power::Realias, "makes an alias on which an IAM policy turns"),
    row("kms:UpdateAlias", Power::Realias, "points an alias here on which an IAM policy turns"),
];

/// What brings a key back, by its state.
fn bringing_back(state: KeyState) -> &'static [(&'static str, &'static str)] {
    match state {
        KeyState::Disabled => &[("kms:EnableKey", "brings the key back into use")],
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
            &[("kms:CancelKeyDeletion", "keeps the key, which EnableKey then brings back into use")]
        }
        KeyState::PendingImport => &[("kms:ImportKeyMaterial", "gives the key its material again")],
        KeyState::Creating | KeyState::Enabled | KeyState::Unavailable | KeyState::Updating => &[],
    }
}

/// Somebody with a power, and the steps.
pub(super) struct Able {
    pub(super) who: usize,
    pub(super) steps: Vec<Step>,
    pub(super) first: Option<Request>,
}

const ANYONE: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;

impl<'w> Search<'w> {
    /// Those who are able by themselves to get what was asked about, after one step or two.
    pub(super) fn able(&mut self, key: &'w KmsKey, refused: Option<Refusal>, others: &mut Searches<'w>) -> Vec<Able> {
        let mut found = Vec::new();
        let opens = self.action() == "kms:Decrypt";
        match refused {
            Some(Refusal::State(state, _)) => {
                for (action, why) in bringing_back(state) {
                    self.with_power(action, Power::BringBack, why, key, others, &mut found);
                }
                return found;
            }
            Some(Refusal::Usage) => {
                let agrees = opens && key.usage.as_deref() == Some("KEY_AGREEMENT");
                for row in POWERS.iter().filter(|row| agrees && row.action == "kms:DeriveSharedSecret") {
                    self.with_power(row.action, row.power, row.why, key, others, &mut found);
                }
                return found;
            }
            None => {}
        }
        for row in POWERS {
            let fits = match row.power {
                Power::AsMuch => opens && row.action == "kms:ReEncryptFrom",
                Power::CreateGrant => self.operation.grant_operation().is_some(),
                Power::ReplicateKey => {
                    self.operation.key_usage().is_some() && key.multi_region_kind.as_deref() == Some("PRIMARY")
                }
                _ => row.action != self.action(),
            };
            if fits {
                self.with_power(row.action, row.power, row.why, key, others, &mut found);
            }
        }
        found
    }

    fn with_power(
        &mut self,
        action: &'static str,
        power: Power,
        why: &str,
        key: &'w KmsKey,
        others: &mut Searches<'w>,
        found: &mut Vec<Able>,
    ) {
        let Some(search) = others.of(action) else { return };
        let access = search.key(key);
        for entry in &access.entries {
            let Who::Collected(index) = entry.who else { continue };
            let Some(who) = self.world.principals().get(index) else { continue };
            let step = Step {
                who: entry.who.clone(),
                action: action.into(),
                resource: key.arn.clone(),
                only_if: entry.answer.only_if.as_ref().map(|only_if| only_if.text.clone()),
                why: why.into(),
                by: search.proof(&access, entry).iter().map(cite).collect(),
                alternatives: entry.answer.only_if.as_ref().map(|only| only.alternatives.clone()).unwrap_or_default(),
            };
            let first = search.witness(&access, entry);
            if !self.helps(power, action, who, key) {
                continue;
            }
            if let Some(more) = self.needed_beside(power, who, key) {
                let steps = more.into_iter().chain([step]).collect();
                found.push(Able { who: index, steps, first });
            }
        }
    }

    /// Whether the power gives what was asked about.
    fn helps(&mut self, power: Power, action: &str, who: &'w Principal, key: &'w KmsKey) -> bool {
        let own = OwnedLayers { resource: key.policy.clone(), grants: key.grants.clone(), ..self.own_layers(who, key) };
        let anyone = json::parse(ANYONE)
            .map(|value| Policy::forced(&Document::read(&value), PolicyKind::Key, Origin::default()).0);
        let layers = match power {
            Power::AsMuch | Power::BringBack => return true,
            Power::PutKeyPolicy => match anyone {
                Ok(policy) => OwnedLayers { resource: Collected::known(vec![policy]), ..own },
                Err(_) => return false,
            },
            // A replica has a policy and grants of its own; the old ones do not follow.
            Power::ReplicateKey => match anyone {
                Ok(policy) => {
                    OwnedLayers { resource: Collected::known(vec![policy]), grants: Collected::Absent, ..own }
                }
                Err(_) => return false,
            },
            Power::CreateGrant => match self.grant_to(who, key) {
                Some(grant) => OwnedLayers { grants: Collected::known(vec![grant]), ..own },
                None => return false,
            },
            Power::Retag | Power::Realias => own,
        };
        let mut asked = self.asked(key);
        match power {
            Power::Retag => asked.facts = open_tags(key, &asked, action == "kms:UntagResource"),
            Power::Realias => asked.facts = asked.facts.clone().unknown("kms:ResourceAliases"),
            _ => {}
        }
        let asker = portrait(self.world, who, &self.action, self.quirks);
        match pair::allowed(&asker, &asked, &layers, self.quirks) {
            Allowed::Yes(..) => true,
            Allowed::No | Allowed::Open(_) => false,
        }
    }

    /// What a power needs beside: a replica is a key that somebody makes.
    fn needed_beside(&mut self, power: Power, who: &'w Principal, key: &KmsKey) -> Option<Vec<Step>> {
        if power != Power::ReplicateKey {
            return Some(Vec::new());
        }
        let layers = self.own_layers(who, key);
        let asker = portrait(self.world, who, &NamedAction::new("kms:CreateKey"), self.quirks);
        let facts = Circumstances::default().unknown("aws:RequestedRegion");
        let asked = Asked { arn: "*".into(), facts };
        match pair::allowed(&asker, &asked, &OwnedLayers { rcps: Collected::Absent, ..layers }, self.quirks) {
            Allowed::Yes(..) => Some(Vec::new()),
            Allowed::No | Allowed::Open(_) => None,
        }
    }

    fn grant_to(&self, who: &Principal, key: &KmsKey) -> Option<Grant> {
        let operation = self.operation.grant_operation()?;
        let text = format!(
            r#"{{"GrantId": "new", "GranteePrincipal": "{}", "IssuingAccount": "{}", "Operations": ["{operation}"]}}"#,
            who.arn, key.account
        );
        Grant::read(&json::parse(&text).ok()?).ok()
    }
}

/// The tags of a key as somebody could make them: with TagResource any value under any name, with
/// UntagResource fewer of those there are.
fn open_tags(key: &KmsKey, asked: &Asked, untag: bool) -> Circumstances {
    let mut facts = asked.facts.clone();
    if !untag {
        facts = facts.unknown_below("aws:ResourceTag/").not_whole("aws:ResourceTag/");
    }
    for (name, _) in key.tags.iter().flatten() {
        let name = format!("aws:ResourceTag/{name}");
        facts = if untag { facts.absent(&name) } else { facts.unknown(&name) };
    }
    facts
}

/// Searches for other actions over the same world, made when they are needed.
pub(super) struct Searches<'w> {
    world: &'w World,
    quirks: Quirks,
    asked_about: Option<&'static str>,
    made: BTreeMap<&'static str, Search<'w>>,
}

impl<'w> Searches<'w> {
    pub(super) fn beside(search: &Search<'w>) -> Searches<'w> {
        let made = BTreeMap::new();
        Searches { world: search.world, quirks: search.quirks, asked_about: search.operation.grant_operation(), made }
    }

    fn of(&mut self, action: &'static str) -> Option<&mut Search<'w>> {
        if !self.made.contains_key(action) {
            let mut search = Search::new(self.world, action, self.quirks).ok()?;
            // A grant helps only if it is to oneself and holds the operation.
            if action == "kms:CreateGrant"
                && let Some(operation) = self.asked_about
            {
                search.told = Circumstances::default()
                    .with("kms:GrantOperations", Values::Many(vec![operation.into()]))
                    .absent("kms:GrantConstraintType")
                    .absent("kms:ViaService");
            }
            self.made.insert(action, search);
        }
        self.made.get_mut(action)
    }
}
