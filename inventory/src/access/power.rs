//! What gives somebody an operation on a key by one's own hand: a change to the key, to its grants, to
//! its state, or an operation that reveals as much.

use std::collections::BTreeMap;

use wardbook_policy::caller::Caller;
use wardbook_policy::catalogue::KeyState;
use wardbook_policy::context::Values;
use wardbook_policy::document::Document;
use wardbook_policy::grant::Grant;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

use super::change::requested_tags;
use super::combine::{ANOTHER, fewer, tags_of};
use super::condition::OnlyIf;
use super::outsider::Persona;
use super::pair::{self, Allowed, Asked, Asker};
use super::reach::can_all_hold;
use super::step::{Deed, Taken, cite, taken};
use super::{Refusal, Search, Step, Who, WhoKind};
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::world::{KmsKey, NamedAction, NamedKey, World};

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
    /// A tag or alias changes, on which IAM policies turn: it comes, it goes, it is pointed here.
    Retag,
    Untag,
    Alias,
    Realias,
    Unalias,
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
    row("kms:UntagResource", Power::Untag, "removes a tag on which an IAM policy turns"),
    row("kms:CreateAlias", Power::Alias, "makes an alias on which an IAM policy turns"),
    row("kms:UpdateAlias", Power::Realias, "points an alias here on which an IAM policy turns"),
    row("kms:DeleteAlias", Power::Unalias, "deletes an alias on which an IAM policy turns"),
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
    pub(super) who: Who,
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
            let Some(persona) = self.persona(&entry.who, key) else { continue };
            let use_of = Use { power, action, why, key };
            let Some(gained) = self.gain(&use_of, &entry.who, &persona) else { continue };
            let (mut steps, mut request) = (vec![step], first);
            if let Some(taken) = gained.instead {
                request = taken.first().map(|taken| taken.request.clone());
                steps = taken.into_iter().map(|taken| taken.step).collect();
            }
            let last = gained.only_if.map(|only_if| self.last_condition(entry.who.clone(), key, only_if));
            steps.extend(last);
            if can_all_hold(&steps, self.quirks) {
                found.push(Able { who: entry.who.clone(), steps, first: request });
            }
        }
    }

    /// What a power gives: nothing, or what was asked about.
    fn gain(&mut self, used: &Use<'_, 'w>, who: &Who, persona: &Persona) -> Option<Gained> {
        let key = used.key;
        let own = OwnedLayers { resource: key.policy.clone(), grants: key.grants.clone(), ..persona.own.clone() };
        let anyone = || {
            let value = json::parse(ANYONE).ok()?;
            Some(Collected::known(vec![Policy::forced(&Document::read(&value), PolicyKind::Key, Origin::default()).0]))
        };
        let asked = self.asked(key);
        match used.power {
            Power::AsMuch | Power::BringBack => Some(Gained::default()),
            Power::PutKeyPolicy => {
                let layers = OwnedLayers { resource: anyone()?, ..own };
                self.ends(persona, &asked, &layers).map(|only_if| Gained { only_if, instead: None })
            }
            // A replica has a policy and grants of its own; the old ones do not follow.
            Power::ReplicateKey => {
                let layers = OwnedLayers { resource: anyone()?, grants: Collected::Absent, ..own.clone() };
                let only_if = self.ends(persona, &asked, &layers)?;
                self.makes_keys(persona).then_some(Gained { only_if, instead: None })
            }
            Power::CreateGrant => {
                let grantee = self.grantee(who, persona);
                let grant = self.grant_to(&grantee, key)?;
                let layers = OwnedLayers { grants: Collected::known(vec![grant]), ..own.clone() };
                let grantee = Persona { text: grantee.clone(), facts: persona.facts.clone(), own: persona.own.clone() };
                let only_if = self.ends(&grantee, &asked, &layers)?;
                let operation = self.operation.grant_operation()?;
                let facts = Circumstances::default()
                    .with("kms:GrantOperations", Values::Many(vec![operation.into()]))
                    .with("kms:GranteePrincipal", &*grantee.text)
                    .absent("kms:GrantConstraintType")
                    .absent("kms:ViaService");
                let taken = self.use_on_key(used, who, persona, key, facts, &own)?;
                Some(Gained { only_if, instead: Some(vec![taken]) })
            }
            Power::Retag => {
                let open = Asked { facts: with_open_tags(key, &asked), ..asked.clone() };
                let request = self.witness_of(persona, &open, &own)?;
                let is_new = |(name, value): &(Box<str>, Box<str>)| {
                    !key.tags.iter().flatten().any(|(own, told)| own == name && told == value)
                };
                let set: Vec<_> = tags_of(&request, "aws:resourcetag/").into_iter().filter(is_new).collect();
                let others = key.tags.iter().flatten().map(|(name, _)| vec![(name.clone(), ANOTHER.into())]);
                let mut tries = std::iter::once(set).chain(others).filter(|set| !set.is_empty());
                tries.find_map(|set| {
                    let facts = set.iter().fold(asked.facts.clone(), |facts, (name, value)| {
                        facts.with(&format!("aws:ResourceTag/{name}"), &**value)
                    });
                    let only_if = self.ends(persona, &Asked { facts, ..asked.clone() }, &own)?;
                    let facts = requested_tags(Circumstances::default(), &set);
                    let told: Vec<String> = set.iter().map(|(name, value)| format!("`{name}` to `{value}`")).collect();
                    let why = format!("sets the tag {}, on which an IAM policy turns", told.join(" and "));
                    let taken = self.use_on_key(&Use { why: &why, ..*used }, who, persona, key, facts, &own)?;
                    Some(Gained { only_if, instead: Some(vec![taken]) })
                })
            }
            Power::Untag => {
                let names: Vec<Box<str>> = key.tags.iter().flatten().map(|(name, _)| name.clone()).collect();
                fewer(&names).into_iter().find_map(|gone| {
                    let facts = gone
                        .iter()
                        .fold(asked.facts.clone(), |facts, name| facts.absent(&format!("aws:ResourceTag/{name}")));
                    let only_if = self.ends(persona, &Asked { facts, ..asked.clone() }, &own)?;
                    let facts = Circumstances::default().with("aws:TagKeys", Values::Many(gone));
                    let taken = self.use_on_key(used, who, persona, key, facts, &own)?;
                    Some(Gained { only_if, instead: Some(vec![taken]) })
                })
            }
            Power::Alias | Power::Realias => self.more_aliases(used, who, persona, &own),
            Power::Unalias => {
                let names = key.aliases.clone().unwrap_or_default();
                fewer(&names).into_iter().find_map(|gone| {
                    let left = names.iter().filter(|name| !gone.contains(name)).cloned().collect();
                    let facts = asked.facts.clone().with("kms:ResourceAliases", Values::Many(left));
                    let only_if = self.ends(persona, &Asked { facts, ..asked.clone() }, &own)?;
                    let mut steps = Vec::new();
                    for name in &gone {
                        self.may_use_alias(used, who, persona, name)?;
                        steps.push(self.use_on_key(used, who, persona, key, Circumstances::default(), &own)?);
                    }
                    Some(Gained { only_if, instead: Some(steps) })
                })
            }
        }
    }

    /// Aliases that the key does not have, and with which it could be used.
    fn more_aliases(&mut self, used: &Use<'_, 'w>, who: &Who, persona: &Persona, own: &OwnedLayers) -> Option<Gained> {
        let key = used.key;
        let asked = self.asked(key);
        let facts = asked.facts.clone().unknown("kms:ResourceAliases");
        let request = self.witness_of(persona, &Asked { facts, ..asked.clone() }, own)?;
        let mut names: Vec<Box<str>> = key.aliases.clone().unwrap_or_default();
        let had = names.len();
        for (condition, values) in request.context().given() {
            let told: &[Box<str>] = match (condition.lower(), values) {
                ("kms:resourcealiases", Values::Many(told)) => told,
                ("kms:requestalias" | "kms:resourcealiases", Values::One(told)) => std::slice::from_ref(told),
                _ => &[],
            };
            for name in told.iter().filter(|name| name.starts_with("alias/")) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        let facts = asked.facts.clone().with("kms:ResourceAliases", Values::Many(names.clone()));
        let only_if = self.ends(persona, &Asked { facts, ..asked }, own)?;
        let mut steps = Vec::new();
        for name in names.get(had..)? {
            let elsewhere = self.alias_elsewhere(name, key);
            match (used.power, elsewhere) {
                // The name is free.
                (Power::Alias, None) => {}
                // It is pointed here by whoever may do so with the other key as well.
                (Power::Realias, Some(other)) => {
                    let layers =
                        OwnedLayers { resource: other.policy.clone(), grants: other.grants.clone(), ..own.clone() };
                    self.use_on_key(used, who, persona, other, Circumstances::default(), &layers)?;
                }
                _ => return None,
            }
            self.may_use_alias(used, who, persona, name)?;
            let verb = if used.power == Power::Alias { "makes" } else { "points here" };
            let why = format!("{verb} the alias `{name}`, on which an IAM policy turns");
            let named = Use { why: &why, ..*used };
            steps.push(self.use_on_key(&named, who, persona, key, Circumstances::default(), own)?);
        }
        (!steps.is_empty()).then_some(Gained { only_if, instead: Some(steps) })
    }

    /// Another key of the same account and region to which an alias points.
    fn alias_elsewhere(&self, name: &str, key: &KmsKey) -> Option<&'w KmsKey> {
        let beside =
            |other: &&KmsKey| other.arn != key.arn && other.account == key.account && other.region == key.region;
        let mut others = self.world.keys().iter().filter(beside);
        others.find(|other| other.aliases.iter().flatten().any(|alias| **alias == *name))
    }

    /// An action on aliases is asked of the alias as well, which has no policy of its own.
    fn may_use_alias(&self, used: &Use<'_, 'w>, who: &Who, persona: &Persona, name: &str) -> Option<Taken> {
        let prefix = used.key.arn.split(":key/").next()?;
        let asked = Asked { arn: format!("{prefix}:{name}").into(), facts: Circumstances::default() };
        let layers = OwnedLayers { rcps: Collected::Absent, ..persona.own.clone() };
        let asker = self.asker_for(used.action, persona);
        let deed = Deed { action: used.action, resource: &asked.arn, facts: Circumstances::default(), why: used.why };
        taken(&asker, who.clone(), &asked, &deed, &layers, self.quirks)
    }

    /// The use of the power itself, with everything told that the request would say.
    fn use_on_key(
        &self,
        used: &Use<'_, 'w>,
        who: &Who,
        persona: &Persona,
        key: &'w KmsKey,
        facts: Circumstances,
        layers: &OwnedLayers,
    ) -> Option<Taken> {
        let action = NamedAction::new(used.action);
        let resource = NamedKey { resource: key.arn.clone().into(), key: Some(key), alias: None };
        let of_key = self.world.facts_of_key(&Caller::parse(&key.account).ok()?, &action, &resource).0;
        let asked = Asked { arn: key.arn.clone(), facts: facts.over(of_key) };
        let asker = self.asker_for(used.action, persona);
        let deed = Deed { action: used.action, resource: &key.arn, facts: Circumstances::default(), why: used.why };
        taken(&asker, who.clone(), &asked, &deed, layers, self.quirks)
    }

    fn asker_for(&self, action: &str, persona: &Persona) -> Asker {
        Asker::new(&persona.text, &NamedAction::new(action), &persona.facts, self.world, self.quirks)
    }

    /// Whether somebody gets what was asked about under these layers, and only if.
    fn ends(&self, persona: &Persona, asked: &Asked, layers: &OwnedLayers) -> Option<Option<OnlyIf>> {
        let asker = Asker::new(&persona.text, &self.action, &persona.facts, self.world, self.quirks);
        match pair::allowed(&asker, asked, layers, self.quirks) {
            Allowed::Yes(_, only_if) => Some(only_if),
            Allowed::No | Allowed::Open(_) => None,
        }
    }

    fn witness_of(&self, persona: &Persona, asked: &Asked, layers: &OwnedLayers) -> Option<Box<Request>> {
        let asker = Asker::new(&persona.text, &self.action, &persona.facts, self.world, self.quirks);
        pair::some_context(&asker, asked, layers, self.quirks)
    }

    /// Whether somebody may make keys in some region, as a replica needs it.
    fn makes_keys(&self, persona: &Persona) -> bool {
        let asker = self.asker_for("kms:CreateKey", persona);
        let facts = Circumstances::default().unknown("aws:RequestedRegion");
        let asked = Asked { arn: "*".into(), facts };
        let layers = OwnedLayers { rcps: Collected::Absent, ..persona.own.clone() };
        matches!(pair::allowed(&asker, &asked, &layers, self.quirks), Allowed::Yes(..))
    }

    /// Whom somebody makes a grant to: itself, or for a whole account a role of that.
    fn grantee(&self, who: &Who, persona: &Persona) -> Box<str> {
        match who {
            Who::Other(other) if other.kind == WhoKind::Account => persona.text.replace(":root", ":role/anyone").into(),
            _ => persona.text.clone(),
        }
    }

    fn grant_to(&self, grantee: &str, key: &KmsKey) -> Option<Grant> {
        let operation = self.operation.grant_operation()?;
        let text = format!(
            r#"{{"GrantId": "new", "GranteePrincipal": "{grantee}", "IssuingAccount": "{}", "Operations": ["{operation}"]}}"#,
            key.account
        );
        Grant::read(&json::parse(&text).ok()?).ok()
    }
}

/// A power as it is used on a key.
#[derive(Clone, Copy)]
struct Use<'u, 'w> {
    power: Power,
    action: &'static str,
    why: &'u str,
    key: &'w KmsKey,
}

/// What a power gives.
#[derive(Default)]
struct Gained {
    /// The restrictions of what was asked about, afterwards.
    only_if: Option<OnlyIf>,
    /// The steps, where they are not simply the use of the power.
    instead: Option<Vec<Taken>>,
}

/// The tags of a key as somebody could make them who sets any value under any name.
fn with_open_tags(key: &KmsKey, asked: &Asked) -> Circumstances {
    let facts = asked.facts.clone().unknown_below("aws:ResourceTag/").not_whole("aws:ResourceTag/");
    key.tags.iter().flatten().fold(facts, |facts, (name, _)| facts.unknown(&format!("aws:ResourceTag/{name}")))
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
