//! Every named question against a slow twin, which goes over the exported JSON event by event and knows no columns,
//! no filters and no dictionaries.
//!
//! `WARDBOOK_SHARED_DATA` names the folder that has `cloudtrail/` in it, for the same over real events.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/generated.rs"]
mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use generated::{DELETIONS, Dice, USES, event};
use serde_json::{Value, json};
use wardbook_audit::disk::MemoryDisk;
use wardbook_audit::event::EventText;
use wardbook_audit::export::{ExportError, export};
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::import::{Importer, Options, Source};
use wardbook_audit::journal::{self, Journal};
use wardbook_audit::query::{Cell, KeyName, PrincipalName, QUESTIONS, Query, ask, question};
use wardbook_audit::time::Timestamp;

/// What is asked besides the question.
#[derive(Debug, Clone, Copy, Default)]
struct Asked<'a> {
    key: Option<&'a str>,
    principal: Option<&'a str>,
    since: Option<&'a str>,
    until: Option<&'a str>,
    all: bool,
}

/// What the twin knows of an event.
struct Fact<'a> {
    event: &'a Value,
    time: Timestamp,
    kms: bool,
    name: Option<&'a str>,
    error: Option<&'a str>,
    principal: Option<&'a str>,
    session: Option<&'a str>,
    account: Option<&'a str>,
    key: Option<&'a str>,
    second: Option<&'a str>,
}

type Rows = Vec<Vec<Cell>>;

impl<'a> Fact<'a> {
    fn of(event: &'a Value) -> Fact<'a> {
        let identity = &event["userIdentity"];
        let arn = identity["arn"].as_str();
        let issuer = identity["sessionContext"]["sessionIssuer"]["arn"].as_str();
        let is_role = identity["type"] == "AssumedRole";
        let resources = event["resources"].as_array();
        let mut keys = resources.into_iter().flatten().filter_map(|resource| resource["ARN"].as_str());
        let mut keys = keys.by_ref().filter(|arn| arn.contains(":key/"));
        let parameters = &event["requestParameters"];
        let named = |name: &str| parameters[name].as_str().filter(|text| text.split(':').nth(5).is_some_and(is_key));
        let (first, second) = (keys.next(), keys.next());
        Fact {
            event,
            time: Timestamp::read(event["eventTime"].as_str().unwrap()).unwrap(),
            kms: event["eventSource"] == "kms.amazonaws.com",
            name: event["eventName"].as_str(),
            error: event["errorCode"].as_str(),
            principal: if is_role { issuer.or(arn) } else { arn },
            session: arn.filter(|_| is_role).and_then(|arn| Some(arn.rsplit_once('/')?.1)),
            account: identity["accountId"].as_str(),
            key: first.or_else(|| named("keyId")),
            second: named("destinationKeyId").or(second),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.key.into_iter().chain(self.second)
    }

    fn is_one_of(&self, names: &str) -> bool {
        self.kms && self.name.is_some_and(|name| names.split(' ').any(|known| known == name))
    }

    fn is_use(&self) -> bool {
        self.is_one_of(USES) && self.error.is_none() && self.key.or(self.second).is_some()
    }

    fn is_asked(&self, asked: &Asked<'_>) -> bool {
        let time = |text: &str| Timestamp::read(text).unwrap();
        let by = |principal: &str| {
            let Some((head, path)) = principal.split_once(":assumed-role/") else {
                return self.principal == Some(principal);
            };
            let (role, session) = path.split_once('/').unwrap();
            let of_role = |arn: &str| {
                arn.split(':').nth(4) == head.split(':').nth(4) && arn.rsplit(['/', ':']).next() == Some(role)
            };
            self.principal == Some(principal) || self.session == Some(session) && self.principal.is_some_and(of_role)
        };
        asked.key.is_none_or(|key| self.keys().any(|arn| names(key, arn)))
            && asked.principal.is_none_or(by)
            && asked.since.is_none_or(|since| self.time >= time(since))
            && asked.until.is_none_or(|until| self.time < time(until))
    }

    fn listed(&self) -> Vec<Cell> {
        let id = self.event["eventID"].as_str();
        vec![text(id), Cell::Time(self.time), text(self.name), text(self.principal), text(self.key)]
    }
}

fn is_key(resource: &str) -> bool {
    resource.strip_prefix("key/").is_some_and(|id| !id.is_empty())
}

fn names(key: &str, arn: &str) -> bool {
    if key.contains(':') { key == arn } else { arn.ends_with(&format!(":key/{key}")) }
}

fn text(text: Option<&str>) -> Cell {
    text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()))
}

fn owner(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

fn pairs(context: &Value) -> Option<Cell> {
    let pair = |(key, value): (&String, &Value)| (key.clone(), value.as_str().map(str::to_owned));
    let mut pairs: Vec<_> = context.as_object()?.iter().map(pair).collect();
    pairs.sort();
    Some(Cell::Map(pairs))
}

/// Rows that were found, each with how often and when.
#[derive(Default)]
struct Times(BTreeMap<Vec<Cell>, Vec<Timestamp>>);

impl Times {
    fn add(&mut self, cells: Vec<Cell>, time: Timestamp) {
        self.0.entry(cells).or_default().push(time);
    }

    fn rows(self, row: impl Fn(Vec<Cell>, Cell, Cell, Cell) -> Vec<Cell>) -> Rows {
        let rows = self.0.into_iter().map(|(cells, times)| {
            let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
            row(cells, Cell::Count(times.len() as u64), Cell::Time(*first), Cell::Time(*last))
        });
        rows.collect()
    }
}

fn twin(name: &str, events: &[Value], asked: &Asked<'_>) -> Rows {
    let facts: Vec<Fact<'_>> = events.iter().map(Fact::of).filter(|fact| fact.is_asked(asked)).collect();
    let wanted = |arn: &str| asked.key.is_none_or(|key| names(key, arn));
    let listed = |names: &str, failed_too: bool, more: fn(&Fact<'_>) -> Vec<Cell>| -> Rows {
        let facts = facts.iter().filter(|fact| fact.is_one_of(names) && (failed_too || fact.error.is_none()));
        facts.map(|fact| [fact.listed(), more(fact)].concat()).collect()
    };
    let digest = |fact: &Fact<'_>| text(fact.event["additionalEventData"]["wardbook"]["policyDigest"].as_str());
    let mut times = Times::default();
    match name {
        "used-by" => {
            for fact in &facts {
                if if asked.all { fact.keys().next().is_some() } else { fact.is_use() } {
                    times.add(vec![text(fact.principal), text(fact.name)], fact.time);
                }
            }
            times.rows(|cells, count, first, last| [cells, vec![count, first, last]].concat())
        }
        "last-used" | "first-seen" => {
            for fact in facts.iter().filter(|fact| fact.is_use()) {
                for key in fact.keys().filter(|key| wanted(key)).collect::<BTreeSet<_>>() {
                    times.add(vec![text(Some(key)), text(fact.principal)], fact.time);
                }
            }
            times.rows(|cells, count, first, last| {
                [cells, if name == "last-used" { vec![last, count] } else { vec![first] }].concat()
            })
        }
        "failures" => {
            for fact in facts.iter().filter(|fact| fact.error.is_some()) {
                times.add(vec![text(fact.principal), text(fact.error)], fact.time);
            }
            times.rows(|cells, count, _, _| [cells, vec![count]].concat())
        }
        "contexts" => {
            for fact in facts.iter().filter(|fact| fact.is_use()) {
                let parameters = &fact.event["requestParameters"];
                let first = pairs(&parameters["encryptionContext"]);
                let first = first.or_else(|| pairs(&parameters["sourceEncryptionContext"]));
                let second = pairs(&parameters["destinationEncryptionContext"]);
                let first = first.filter(|_| fact.key.is_some_and(wanted));
                let second = second.filter(|_| fact.second.is_some_and(wanted));
                for context in first.into_iter().chain(second).collect::<BTreeSet<_>>() {
                    times.add(vec![text(fact.name), context], fact.time);
                }
            }
            times.rows(|cells, count, _, _| [cells, vec![count]].concat())
        }
        "rotation" => {
            for fact in facts.iter().filter(|fact| fact.is_one_of("RotateKey") && fact.error.is_none()) {
                let kind = fact.event["serviceEventDetails"]["rotationType"].as_str();
                times.add(vec![text(fact.key), text(kind)], fact.time);
            }
            times.rows(|cells, count, _, last| vec![cells[0].clone(), last, cells[1].clone(), count])
        }
        "deletions" => listed(DELETIONS, true, |_| vec![]),
        "policy-changes" => {
            let rows = listed("PutKeyPolicy", false, |fact| {
                vec![text(fact.event["additionalEventData"]["wardbook"]["policyDigest"].as_str())]
            });
            assert!(rows.iter().all(|row| row.len() == 6));
            rows
        }
        "grants" => {
            let facts = facts.iter().filter(|fact| fact.is_one_of("CreateGrant RetireGrant RevokeGrant"));
            let row = |fact: &Fact<'_>| {
                let places = ["responseElements", "requestParameters", "additionalEventData"];
                let grant = places.iter().find_map(|place| fact.event[place]["grantId"].as_str());
                let parameters = &fact.event["requestParameters"];
                let operations = parameters["operations"].as_array().map(|operations| {
                    let mut texts: Vec<_> = operations.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
                    texts.sort();
                    texts
                });
                let grantee = text(parameters["granteePrincipal"].as_str());
                let operations = operations.map_or(Cell::Null, Cell::Texts);
                [fact.listed(), vec![digest(fact), text(grant), grantee, operations]].concat()
            };
            facts.filter(|fact| fact.error.is_none()).map(row).collect()
        }
        "cross-account" => joined(&facts).iter().filter_map(|call| cross_account(call, &wanted)).collect(),
        "cost" => cost(&facts, events),
        _ => panic!("the twin does not know {name}"),
    }
}

/// Calls: the events that share an id, or one alone; the caller's first, which has its ARN.
fn joined<'a, 'b>(facts: &'b [Fact<'a>]) -> Vec<Vec<&'b Fact<'a>>> {
    let mut calls: BTreeMap<String, Vec<&Fact<'_>>> = BTreeMap::new();
    for (place, fact) in facts.iter().enumerate().filter(|(_, fact)| fact.kms) {
        let alone = || format!("alone {place}");
        let id = fact.event["sharedEventID"].as_str().map_or_else(alone, |id| format!("shared {id}"));
        calls.entry(id).or_default().push(fact);
    }
    let mut calls: Vec<_> = calls.into_values().collect();
    calls.iter_mut().for_each(|call| call.sort_by_key(|fact| (fact.principal.is_none(), fact.time)));
    calls
}

fn first<'a>(call: &[&Fact<'a>], of: fn(&Fact<'a>) -> Option<&'a str>) -> Option<&'a str> {
    call.iter().find_map(|fact| of(fact))
}

fn cross_account(call: &[&Fact<'_>], wanted: &dyn Fn(&str) -> bool) -> Option<Vec<Cell>> {
    let account = first(call, |fact| fact.account)?;
    let keys = [first(call, |fact| fact.key), first(call, |fact| fact.second)];
    let foreign = |key: &&str| owner(key).is_some_and(|owner| owner != account);
    let foreign: Vec<&str> = keys.into_iter().flatten().filter(foreign).collect();
    let key = foreign.iter().find(|key| wanted(key)).or_else(|| foreign.first())?;
    Some(vec![
        Cell::Time(call[0].time),
        text(first(call, |fact| fact.principal)),
        text(Some(account)),
        text(Some(key)),
        text(owner(key)),
        text(first(call, |fact| fact.name)),
        text(first(call, |fact| fact.error)),
    ])
}

/// Millionths of a dollar, from the page of prices.
fn cost(facts: &[Fact<'_>], events: &[Value]) -> Rows {
    let mut small = BTreeSet::new();
    let made = |event: &&Value| event["eventName"] == "CreateKey" && event["eventSource"] == "kms.amazonaws.com";
    for event in events.iter().filter(made) {
        let made = &event["responseElements"]["keyMetadata"];
        if made["keySpec"] == "RSA_2048" {
            small.extend(made["arn"].as_str());
        }
    }
    let price = |fact: &Fact<'_>, key: Option<&str>| {
        let parameters = &fact.event["requestParameters"];
        let asymmetric = |name: &str| parameters[name].as_str().is_some_and(|name| name != "SYMMETRIC_DEFAULT");
        let of_key = match fact.name.unwrap_or_default() {
            "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
                let rsa = parameters["keyPairSpec"].as_str().is_some_and(|spec| spec.starts_with("RSA"));
                return if rsa { 1_200 } else { 10 };
            }
            "Sign" | "Verify" | "GetPublicKey" | "DeriveSharedSecret" | "Encapsulate" | "Decapsulate" => true,
            "Encrypt" | "Decrypt" => asymmetric("encryptionAlgorithm"),
            "ReEncrypt" => asymmetric("sourceEncryptionAlgorithm"),
            _ => false,
        };
        if of_key && !key.is_some_and(|key| small.contains(key)) { 15 } else { 3 }
    };
    let mut requests: BTreeMap<Vec<Cell>, (u64, u64)> = BTreeMap::new();
    let is_request = |fact: &&Fact<'_>| matches!(fact.event["eventType"].as_str(), None | Some("AwsApiCall"));
    for call in joined(facts) {
        let call: Vec<&Fact<'_>> = call.into_iter().filter(is_request).collect();
        let Some(one) = call.first() else { continue };
        let (principal, key) = (first(&call, |fact| fact.principal), first(&call, |fact| fact.key));
        let sum = requests.entry(vec![text(principal), text(key), text(one.name)]).or_default();
        *sum = (sum.0 + 1, sum.1 + call.iter().map(|fact| price(fact, key)).max().unwrap());
    }
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/kms_price.tsv");
    let table = std::fs::read_to_string(table).unwrap();
    let date = table.lines().find_map(|line| line.strip_prefix("# date: "));
    let row = |(cells, (count, price))| [cells, vec![Cell::Count(count), Cell::Dollars(price), text(date)]].concat();
    requests.into_iter().map(row).collect()
}

struct Text(String);

impl Source for Text {
    fn name(&self) -> &str {
        "events.json"
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(std::io::Cursor::new(self.0.clone().into_bytes())))
    }
}

/// Some events imported, and some that only a journal has.
fn folder(events: &[Value]) -> Folder {
    let folder = Folder::new(Arc::new(MemoryDisk::default()));
    let (imported, live) = events.split_at(events.len() * 3 / 4);
    let text = Text(json!({"Records": imported}).to_string());
    let importer = Importer::begin(&folder).unwrap();
    importer.run(vec![Box::new(text)], &mut (), Options::default(), &mut ()).unwrap();
    let origin = Origin::new("live").unwrap();
    let journal = Journal::open(&folder, &origin, journal::Options::default(), Box::new(()), |_| None).unwrap();
    for event in live {
        journal.append(&EventText::read(event.to_string()).unwrap()).unwrap();
    }
    // What a process leaves that is killed.
    std::mem::forget(journal);
    folder
}

fn compare(folder: &Folder, asked: &[Asked<'_>]) {
    let mut events: Vec<Value> = Vec::new();
    export(folder, |text| {
        events.push(serde_json::from_str(text).unwrap());
        Ok::<(), ExportError>(())
    })
    .unwrap();
    for asked in asked {
        for about in QUESTIONS.iter().filter(|about| !asked.all || about.name == "used-by") {
            let time = |text: &str| Timestamp::read(text).unwrap();
            let query = Query {
                key: asked.key.map(|key| KeyName::new(key).unwrap()),
                principal: asked.principal.map(PrincipalName::new),
                since: asked.since.map(time),
                until: asked.until.map(time),
                all_events: asked.all,
                ..Query::new(question(about.name).unwrap())
            };
            let (mut found, mut wanted) = (ask(folder, &query).unwrap().rows, twin(about.name, &events, asked));
            found.sort();
            wanted.sort();
            let (more, less): (Vec<_>, Vec<_>) = (
                found.iter().filter(|row| !wanted.contains(row)).collect(),
                wanted.iter().filter(|row| !found.contains(row)).collect(),
            );
            assert!(found == wanted, "{} {asked:?}: too much {more:#?}, too little {less:#?}", about.name);
        }
    }
}

#[test]
fn questions_have_the_answers_of_a_slow_twin() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/mrk-01";
    let asked = [
        Asked::default(),
        Asked { all: true, ..Asked::default() },
        Asked { key: Some(key), ..Asked::default() },
        Asked { key: Some(key), all: true, ..Asked::default() },
        Asked { key: Some("mrk-02"), ..Asked::default() },
        Asked { principal: Some("arn:aws:iam::000000000012:role/path/app"), ..Asked::default() },
        Asked { principal: Some("arn:aws:sts::000000000012:assumed-role/app/s1"), ..Asked::default() },
        Asked { since: Some("2026-04-02T00:30:00Z"), until: Some("2026-04-02T23:30:59Z"), ..Asked::default() },
        Asked { until: Some("2026-04-01T00:30:00Z"), ..Asked::default() },
    ];
    for seed in 0..4 {
        let mut dice = Dice(seed);
        let events: Vec<Value> = (0..1_500).flat_map(|number| event(&mut dice, number)).collect();
        compare(&folder(&events), &asked);
    }
}

#[test]
fn questions_about_real_events_have_the_answers_of_a_slow_twin() {
    let Some(shared) = std::env::var_os("WARDBOOK_SHARED_DATA") else {
        eprintln!("skipped: WARDBOOK_SHARED_DATA names no folder with `cloudtrail/`");
        return;
    };
    let mut events: Vec<Value> = Vec::new();
    for day in std::fs::read_dir(Path::new(&shared).join("cloudtrail")).unwrap().map(Result::unwrap) {
        for file in std::fs::read_dir(day.path()).into_iter().flatten().map(Result::unwrap) {
            if file.path().extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(file.path()).unwrap();
                let file: Value = serde_json::from_str(&text).unwrap();
                events.extend(file["Records"].as_array().unwrap().iter().cloned());
            }
        }
    }
    assert_eq!(events.len(), 2_900);
    let key = "arn:aws:kms:us-east-1:123837392027:key/0e5d0ab6-097e-49d8-99ef-747ce3e5f8f4";
    let noon = Some("2023-07-10T12:00:00Z");
    compare(
        &folder(&events),
        &[
            Asked::default(),
            Asked { all: true, ..Asked::default() },
            Asked { key: Some(key), ..Asked::default() },
            Asked { principal: Some("arn:aws:iam::123837392027:user/bert-jan"), since: noon, ..Asked::default() },
            Asked { until: noon, ..Asked::default() },
        ],
    );
}
