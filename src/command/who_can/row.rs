//! One row: a principal, a key, and what was found, in the names that every format has.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use wardbook_inventory::access::{Entry, KeyAccess, Means, OnlyIf, Proof, Search, Step, Who, WhoKind};
use wardbook_inventory::world::{PrincipalKind, World};
use wardbook_policy::context::Values;

use crate::command::trace;

/// By what somebody can.
pub(super) struct By {
    /// What is cited for several rows has a number of its own.
    pub(super) number: Option<usize>,
    pub(super) via: &'static str,
    pub(super) policy: String,
    pub(super) sid: Option<String>,
    pub(super) source: Option<String>,
}

/// The names of what was cited before.
#[derive(Default)]
pub(super) struct Cited {
    /// Of one key, which rows of it share.
    of_key: RefCell<OfKey>,
    /// By principal, each by position among its statements.
    of_principal: RefCell<Vec<Vec<(usize, Named)>>>,
    numbers: Cell<usize>,
}

#[derive(Default)]
struct OfKey {
    arn: Box<str>,
    named: Vec<(Means, Named)>,
}

/// The name of something that was cited; `None` where it was not found.
type Named = Option<Rc<By>>;

impl Cited {
    /// The means of an answer, each with its place.
    pub(super) fn by<'w>(&self, search: &Search<'w>, access: &KeyAccess<'w>, entry: &Entry) -> Vec<Rc<By>> {
        let mut by = Vec::new();
        self.each(search, access, entry, |means| by.push(Rc::clone(means)));
        by
    }

    /// The same, one by one.
    pub(super) fn each<'w>(
        &self,
        search: &Search<'w>,
        access: &KeyAccess<'w>,
        entry: &Entry,
        mut see: impl FnMut(&Rc<By>),
    ) {
        if let Some(first) = entry.answer.path.first() {
            for cite in &first.by {
                see(&Rc::new(By {
                    number: None,
                    via: cite.via,
                    policy: cite.policy.to_string(),
                    sid: cite.sid.as_deref().map(str::to_owned),
                    source: cite.source.as_deref().map(str::to_owned),
                }));
            }
            return;
        }
        let mut of_key = self.of_key.borrow_mut();
        if of_key.arn != access.key.arn {
            *of_key = OfKey { arn: access.key.arn.clone(), named: Vec::new() };
        }
        let mut of_principal = self.of_principal.borrow_mut();
        for means in &entry.answer.means {
            let make = || search.proof_by(access, entry, *means).map(|proof| Rc::new(self.named(&proof)));
            let named = match (means, &entry.who) {
                (Means::Identity(position), Who::Collected(principal)) => {
                    if of_principal.len() <= *principal {
                        of_principal.resize_with(principal + 1, Vec::new);
                    }
                    of_principal.get_mut(*principal).and_then(|known| remembered(known, *position, make))
                }
                _ => remembered(&mut of_key.named, *means, make),
            };
            named.iter().for_each(&mut see);
        }
    }

    fn named(&self, proof: &Proof<'_>) -> By {
        let number = Some(self.numbers.replace(self.numbers.get() + 1));
        let (via, policy, statement) = match proof {
            Proof::Grant(grant) => {
                let name = Some(grant.name()).filter(|name| !name.is_empty()).map(str::to_owned);
                let source = Some(grant.place()).filter(|place| !place.is_empty()).map(str::to_owned);
                return By { number, via: "grant", policy: grant.id().to_owned(), sid: name, source };
            }
            Proof::KeyPolicy(policy, statement) => ("key-policy", policy, statement),
            Proof::Identity(policy, statement) => ("identity", policy, statement),
        };
        let place = policy.place(statement);
        By {
            number,
            via,
            policy: policy.name().to_owned(),
            sid: statement.sid().map(str::to_owned),
            source: Some(place).filter(|place| !place.is_empty()),
        }
    }
}

fn remembered<N: PartialEq>(known: &mut Vec<(N, Named)>, name: N, make: impl FnOnce() -> Named) -> Named {
    if let Some((_, named)) = known.iter().find(|(known, _)| *known == name) {
        return named.clone();
    }
    let named = make();
    known.push((name, named.clone()));
    named
}

pub(super) fn by_json(by: &[Rc<By>]) -> Value {
    let one = |by: &Rc<By>| json!({"via": by.via, "policy": by.policy, "sid": by.sid, "source": by.source});
    by.iter().map(one).collect()
}

/// The kind of a row in words.
pub(super) fn kind(world: &World, who: &Who) -> WhoKind {
    match who {
        Who::Collected(index) => match world.principals().get(*index).map(|principal| principal.kind) {
            Some(PrincipalKind::User) => WhoKind::User,
            _ => WhoKind::Role,
        },
        Who::Other(other) => other.kind,
    }
}

/// The account of a row, where it has one.
pub(super) fn account<'w>(world: &'w World, who: &'w Who) -> Option<&'w str> {
    match who {
        Who::Collected(index) => world.principals().get(*index).map(|principal| &*principal.account),
        Who::Other(other) => other.account.as_deref(),
    }
}

/// The restrictions, each with the number of the alternative that it belongs to.
pub(crate) fn conditions_json(only_if: Option<&OnlyIf>) -> Value {
    let alternatives = only_if.map(|only_if| only_if.alternatives.as_slice()).unwrap_or_default();
    let restrictions = alternatives.iter().enumerate().flat_map(|(number, all)| {
        all.iter().map(move |only| {
            json!({"alternative": number + 1, "key": only.key, "operator": only.operator, "values": only.values})
        })
    });
    restrictions.collect()
}

pub(super) fn step_json(world: &World, step: &Step) -> Value {
    json!({
        "principal": step.who.text(world),
        "action": step.action,
        "resource": step.resource,
        "only_if": step.only_if,
        "why": step.why,
    })
}

/// Witnesses put together from what principal, key and answer each tell; the first two are told once.
#[derive(Default)]
pub(super) struct Witnesses {
    by_principal: RefCell<Vec<Option<Told>>>,
    by_key: RefCell<Option<(Box<str>, Rc<Told>)>>,
    /// By the address of the answer that rows share, which lives as long as the report.
    by_answer: RefCell<HashMap<usize, Rc<str>>>,
}

/// What a principal or a key tells of a witness, as JSON text.
struct Told {
    /// Its own members of the request.
    request: String,
    /// Its condition keys, as members of the context.
    context: String,
}

impl Witnesses {
    /// The request that `test` accepts, as JSON text.
    pub(super) fn text<'w>(&self, search: &Search<'w>, access: &KeyAccess<'w>, entry: &Entry, world: &World) -> String {
        let mut text = String::new();
        self.parts(search, access, entry, world, &mut |part| text.push_str(part));
        text
    }

    /// The same, part by part.
    pub(super) fn parts<'w>(
        &self,
        search: &Search<'w>,
        access: &KeyAccess<'w>,
        entry: &Entry,
        world: &World,
        put: &mut dyn FnMut(&str),
    ) {
        let answer = &entry.answer;
        let (Who::Collected(index), None, None) = (&entry.who, &answer.session, &answer.first) else {
            let request = search.witness(access, entry);
            put(&request.map_or(Value::Null, |request| trace::request_json(&request)).to_string());
            return;
        };
        let mut by_principal = self.by_principal.borrow_mut();
        if by_principal.len() <= *index {
            by_principal.resize_with(index + 1, || None);
        }
        let Some(principal) = by_principal.get_mut(*index) else { return };
        let principal = principal.get_or_insert_with(|| {
            let who = Value::from(entry.who.text(world));
            let request = format!("{{\"principal\":{who},\"action\":\"{}\",\"resource\":", search.action());
            Told { request, context: members(&search.determined_by(*index)) }
        });
        let key = self.key(search, access);
        let address = Arc::as_ptr(answer) as usize;
        let mut by_answer = self.by_answer.borrow_mut();
        let own = by_answer.entry(address).or_insert_with(|| members(&answer.context).into());
        put(&principal.request);
        put(&key.request);
        let mut comma = false;
        for part in [&*principal.context, &*key.context, &**own] {
            if comma && !part.is_empty() {
                put(",");
            }
            comma |= !part.is_empty();
            put(part);
        }
        put("}}");
    }

    fn key<'w>(&self, search: &Search<'w>, access: &KeyAccess<'w>) -> Rc<Told> {
        let mut known = self.by_key.borrow_mut();
        match &*known {
            Some((arn, told)) if *arn == access.key.arn => Rc::clone(told),
            _ => {
                let (arn, account) = (Value::from(&*access.key.arn), Value::from(&*access.key.account));
                let request = format!("{arn},\"resource_account\":{account},\"context\":{{");
                let told = Rc::new(Told { request, context: members(&search.determined_by_key(access.key)) });
                *known = Some((access.key.arn.clone(), Rc::clone(&told)));
                told
            }
        }
    }
}

/// Condition keys as members of a JSON object, without its braces.
fn members(keys: &[(Box<str>, Values)]) -> String {
    let mut text = String::new();
    for (number, (name, values)) in keys.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        quote(&mut text, name);
        text.push(':');
        match values {
            Values::One(value) => quote(&mut text, value),
            Values::Many(values) => {
                text.push('[');
                for (number, value) in values.iter().enumerate() {
                    if number > 0 {
                        text.push(',');
                    }
                    quote(&mut text, value);
                }
                text.push(']');
            }
        }
    }
    text
}

/// A text as JSON.
fn quote(json: &mut String, text: &str) {
    let plain = text.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\'));
    if plain {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&Value::from(text).to_string());
    }
}

/// The row in JSON, without its witness.
pub(super) fn row_json<'w>(
    world: &World,
    search: &Search<'w>,
    cited: &Cited,
    access: &KeyAccess<'w>,
    entry: &Entry,
) -> Map<String, Value> {
    let answer = &entry.answer;
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| drop(row.insert(name.into(), value));
    put("principal", entry.who.text(world).into());
    put("account", account(world, &entry.who).into());
    put("kind", kind(world, &entry.who).name().into());
    put("tier", answer.tier.name().into());
    put("by", by_json(&cited.by(search, access, entry)));
    put("only_if", answer.only_if.as_ref().map(|only_if| only_if.text.as_str()).into());
    put("conditions", conditions_json(answer.only_if.as_ref()));
    put("path", answer.path.iter().map(|step| step_json(world, step)).collect());
    row
}
