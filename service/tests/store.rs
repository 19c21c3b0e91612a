//! One conformance test for every store.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "postgres")]
#[path = "../../tests/support/postgres.rs"]
mod postgres;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use wardbook_audit::event::EventText;
use wardbook_service::store::{Change, Kind, News, Row, RowId, SqliteStore, Store, StoreError};

fn event(name: &str) -> EventText {
    EventText::read(format!(r#"{{"eventTime":"2026-01-01T00:00:00Z","eventName":"{name}"}}"#)).unwrap()
}

fn id(kind: Kind, name: &str) -> RowId {
    RowId::new(kind, &["123456789012", "us-east-1", name])
}

fn put(id: &RowId, body: &[u8]) -> Change {
    Change::Put(id.clone(), body.to_vec())
}

/// `open` opens what is there, again and again, one at a time.
fn conforms(open: &dyn Fn() -> Box<dyn Store>) {
    changes_are_made_together_or_not_at_all(open);
    events_wait_until_they_are_settled(open);
    random_changes_are_those_of_a_map(open);
    only_one_of_many_wins(&*open());
    what_is_made_once_stays(open);
    clearing_takes_every_row(&*open());
}

fn changes_are_made_together_or_not_at_all(open: &dyn Fn() -> Box<dyn Store>) {
    let store = open();
    let (key, alias, grant) = (id(Kind::Key, "k"), id(Kind::Alias, "alias/ä'\\"), id(Kind::Grant, "k/g"));
    let unseen = [(key.clone(), 0), (alias.clone(), 0)];
    assert_eq!(store.confirm(&unseen), Ok(true));
    let made =
        store.commit(&unseen, &[put(&grant, b"g"), put(&alias, b""), put(&key, &[0, 255])], &event("A")).unwrap();
    let rows = [(&key, vec![0, 255]), (&alias, vec![]), (&grant, b"g".to_vec())];
    let wanted: Vec<Row> =
        rows.into_iter().map(|(id, body)| Row { id: id.clone(), revision: made.revision, body }).collect();
    assert_eq!(store.load().unwrap(), wanted, "in the order of their kinds");
    assert_eq!(store.confirm(&unseen), Ok(false));
    assert_eq!(store.confirm(&[(key.clone(), made.revision), (id(Kind::Key, "other"), 0)]), Ok(true));

    // One thing that is not as it was seen, or not there, stops all of it.
    let other = id(Kind::Key, "other");
    for (seen, changes) in [
        (vec![(key.clone(), made.revision + 1)], vec![put(&other, b"o")]),
        (vec![(key.clone(), 0)], vec![put(&other, b"o")]),
        (vec![(other.clone(), made.revision)], vec![put(&other, b"o")]),
        (vec![], vec![put(&other, b"o"), Change::Delete(id(Kind::Key, "nothing"))]),
        (vec![], vec![put(&other, b"o"), Change::Touch(id(Kind::Alias, "k"))]),
    ] {
        assert_eq!(store.commit(&seen, &changes, &event("B")), Err(StoreError::Conflict), "{changes:?}");
        assert_eq!(store.load().unwrap(), wanted);
    }
    let touched = store.commit(&[(key.clone(), made.revision)], &[Change::Touch(key.clone())], &event("C")).unwrap();
    assert!(touched.revision > made.revision && touched.event > made.event);
    let gone = store.commit(&[], &[Change::Delete(alias.clone()), Change::Delete(grant.clone())], &event("D")).unwrap();
    assert_eq!(store.confirm(&[(key.clone(), touched.revision), (alias.clone(), 0), (grant, 0)]), Ok(true));
    drop(store);

    let store = open();
    assert_eq!(store.load().unwrap(), [Row { id: key.clone(), revision: touched.revision, body: vec![0, 255] }]);
    let again = store.commit(&[(alias.clone(), 0)], &[put(&alias, b"again")], &event("E")).unwrap();
    assert!(again.revision > gone.revision);
    store.commit(&[], &[Change::Delete(alias), Change::Delete(key)], &event("F")).unwrap();
    let waiting: Vec<i64> = store.waiting().unwrap().into_iter().map(|(place, _)| place).collect();
    assert_eq!(waiting.len(), 5, "what was not done leaves no event");
    store.settle(&waiting).unwrap();
}

fn events_wait_until_they_are_settled(open: &dyn Fn() -> Box<dyn Store>) {
    let store = open();
    let texts = || -> Vec<String> { store.waiting().unwrap().into_iter().map(|(_, text)| text).collect() };
    let key = id(Kind::Key, "waits");
    let odd = EventText::read(r#"{"eventTime":"2026-01-01T00:00:00Z","eventName":"\u0000 ä '"}"#.to_owned()).unwrap();
    let first = store.commit(&[], &[put(&key, b"1")], &odd).unwrap();
    let second = store.commit(&[], &[put(&key, b"2")], &event("Second")).unwrap();
    assert_eq!(texts(), [odd.text(), event("Second").text()], "oldest first, to the letter");
    store.settle(&[]).unwrap();
    store.settle(&[first.event, i64::MAX]).unwrap();
    store.settle(&[first.event]).unwrap();
    assert_eq!(texts(), [event("Second").text()]);
    store.settle(&[second.event]).unwrap();
    let last = store.commit(&[], &[Change::Delete(key)], &event("Third")).unwrap();
    assert!(last.event > second.event, "a place is never given twice");
    drop(store);
    let store = open();
    assert_eq!(store.waiting().unwrap(), [(last.event, event("Third").text().to_owned())]);
    store.settle(&[last.event]).unwrap();
}

/// A store beside a map, changed by the same random acts; and a copy that follows by its news.
fn random_changes_are_those_of_a_map(open: &dyn Fn() -> Box<dyn Store>) {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    let mut store = open();
    let mut map: BTreeMap<RowId, (u64, Vec<u8>)> = BTreeMap::new();
    let mut follower = (store.since(0).unwrap().version, BTreeMap::new());
    for step in 0..400 {
        let pick = |number: u64| id(Kind::ALL[(number % 3) as usize], &format!("r{}", number / 3));
        let row = pick(random(12));
        let known = map.get(&row).map_or(0, |(revision, _)| *revision);
        let claimed = if random(5) == 0 { known + 1 } else { known };
        let change = match random(4) {
            0 => Change::Delete(row.clone()),
            1 => Change::Touch(row.clone()),
            _ => put(&row, &step.to_string().into_bytes()),
        };
        let possible = claimed == known && (known != 0 || matches!(change, Change::Put(..)));
        match store.commit(&[(row.clone(), claimed)], std::slice::from_ref(&change), &event("Random")) {
            Ok(made) => {
                assert!(possible, "{change:?}");
                store.settle(&[made.event]).unwrap();
                match change {
                    Change::Put(_, body) => drop(map.insert(row, (made.revision, body))),
                    Change::Touch(_) => map.get_mut(&row).unwrap().0 = made.revision,
                    Change::Delete(_) => drop(map.remove(&row)),
                }
            }
            Err(error) => assert!(error == StoreError::Conflict && !possible, "{error} {change:?}"),
        }
        let seen: Vec<_> = (0..12).map(pick).map(|id| (id.clone(), map.get(&id).map_or(0, |row| row.0))).collect();
        assert_eq!(store.confirm(&seen), Ok(true));
        if random(7) == 0 {
            let news = store.since(follower.0).unwrap();
            follow(&mut follower, news);
            assert_eq!(follower.1, map, "step {step}");
        }
        if random(60) == 0 {
            drop(store);
            store = open();
        }
    }
    let rows: Vec<Row> = map.into_iter().map(|(id, (revision, body))| Row { id, revision, body }).collect();
    assert_eq!(store.load().unwrap(), rows);
}

type Copy = (u64, BTreeMap<RowId, (u64, Vec<u8>)>);

fn follow(copy: &mut Copy, news: News) {
    if news.whole {
        copy.1.clear();
    }
    for id in news.gone {
        copy.1.remove(&id);
    }
    copy.1.extend(news.changed.into_iter().map(|row| (row.id, (row.revision, row.body))));
    copy.0 = news.version;
}

fn only_one_of_many_wins(store: &dyn Store) {
    let key = id(Kind::Key, "contended");
    let wins = AtomicU64::new(0);
    store.commit(&[], &[put(&key, b"0")], &event("Start")).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..15 {
                    let rows = store.load().unwrap();
                    let row = rows.iter().find(|row| row.id == key).unwrap();
                    let count: u64 = std::str::from_utf8(&row.body).unwrap().parse().unwrap();
                    let next = put(&key, (count + 1).to_string().as_bytes());
                    match store.commit(&[(key.clone(), row.revision)], &[next], &event("Count")) {
                        Ok(_) => drop(wins.fetch_add(1, Ordering::SeqCst)),
                        Err(error) => assert_eq!(error, StoreError::Conflict),
                    }
                }
            });
        }
    });
    let row = store.load().unwrap().into_iter().find(|row| row.id == key).unwrap();
    assert_eq!(row.body, wins.load(Ordering::SeqCst).to_string().into_bytes(), "no win was lost");
    let waiting = store.waiting().unwrap();
    assert_eq!(waiting.len() as u64, wins.load(Ordering::SeqCst) + 1, "one event for each that was made");
    store.settle(&waiting.into_iter().map(|(place, _)| place).collect::<Vec<_>>()).unwrap();
}

fn what_is_made_once_stays(open: &dyn Fn() -> Box<dyn Store>) {
    assert!(open().once("salt", &mut || None).is_err(), "what cannot be made is not there");
    assert_eq!(open().once("salt", &mut || Some(vec![1, 0])), Ok(vec![1, 0]));
    assert_eq!(open().once("salt", &mut || panic!("made twice")), Ok(vec![1, 0]));
    assert_eq!(open().once("another", &mut || Some(vec![])), Ok(vec![]));
    let kept = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    assert_eq!(open().kept(), Ok(vec![kept("another", &[]), kept("salt", &[1, 0])]));
    let store = open();
    assert_eq!((store.forget("another"), store.forget("another")), (Ok(()), Ok(())));
    drop(store);
    assert_eq!(open().kept(), Ok(vec![kept("salt", &[1, 0])]));
}

fn clearing_takes_every_row(store: &dyn Store) {
    let before = store.since(0).unwrap();
    let made = store.commit(&[], &[put(&id(Kind::Key, "last"), b"x")], &event("Last")).unwrap();
    store.settle(&[made.event]).unwrap();
    store.clear().unwrap();
    assert_eq!(store.load().unwrap(), []);
    let after = store.since(before.version).unwrap();
    assert!(after.whole || !after.gone.is_empty());
    assert!(store.check().is_ok());
}

#[test]
fn sqlite_conforms() {
    let folder = tempfile::tempdir().unwrap();
    conforms(&|| Box::new(SqliteStore::open(&folder.path().join("state.sqlite")).unwrap()));
}

#[cfg(feature = "postgres")]
mod with_postgres {
    use wardbook_service::store::{LastUse, PostgresStore};

    use super::postgres::Postgres;
    use super::*;

    #[test]
    fn postgres_conforms() {
        let Some(server) = Postgres::start() else { return };
        conforms(&|| Box::new(PostgresStore::open(&server.url(), None, "one").unwrap()));
    }

    #[test]
    fn tls_is_spoken_with_whom_the_operator_trusts_and_nobody_else() {
        let of =
            |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../backend/xks/testdata").join(name);
        let Some(server) = Postgres::start_with_tls(&of("proxy.pem"), &of("proxy.key")) else { return };
        let trusting = |mode: &str, root: &str| format!("sslmode={mode}&sslrootcert={}", of(root).display());
        let open = |url: &str| PostgresStore::open(url, None, "one");
        let url = server.network_url("localhost", &trusting("verify-full", "root.pem"));
        conforms(&|| Box::new(open(&url).unwrap()));
        let told = server.sql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'wardbook'");
        assert!(told.is_empty() || told == "t", "{told}");
        let kept = open(&server.network_url("localhost", &trusting("require", "root.pem"))).unwrap();
        let told = server.sql("SELECT count(*), bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'wardbook'");
        assert_eq!(told, "1|t");
        drop(kept);
        for (host, settings) in [
            ("localhost", trusting("verify-full", "stranger.pem")),
            ("localhost", trusting("require", "stranger.pem")),
            ("127.0.0.1", trusting("verify-full", "root.pem")),
            ("127.0.0.1", trusting("require", "root.pem")),
            // This server does not let anybody in in the clear.
            ("localhost", "sslmode=disable".to_owned()),
        ] {
            assert!(open(&server.network_url(host, &settings)).is_err(), "{host} {settings}");
        }
    }

    /// A follower that comes rarely has to start from the whole: what was taken away is not remembered for ever.
    #[test]
    fn what_is_gone_is_forgotten_after_a_while() {
        let Some(server) = Postgres::start() else { return };
        let open = || PostgresStore::open(&server.url(), None, "one").unwrap().keeping_gone(5);
        random_changes_are_those_of_a_map(&|| Box::new(open()));
        let kept = server.sql("SELECT count(*) FROM wardbook.row WHERE body IS NULL");
        assert!(kept.parse::<u32>().unwrap() <= 5, "{kept}");
        let store = open();
        let version = store.since(0).unwrap().version;
        assert!(store.since(1).unwrap().whole);
        assert!(!store.since(version - 1).unwrap().whole);
    }

    #[test]
    fn nodes_see_each_other_and_keep_their_own_events() {
        let Some(server) = Postgres::start() else { return };
        let open = |node: &str| PostgresStore::open(&server.url(), None, node).unwrap();
        let stores: Vec<PostgresStore> = std::thread::scope(|scope| {
            let opening: Vec<_> = (0..4).map(|node| scope.spawn(move || open(&format!("node{node}")))).collect();
            opening.into_iter().map(|store| store.join().unwrap()).collect()
        });
        let key = id(Kind::Key, "k");
        let start = stores[1].version().unwrap().unwrap();
        let made = stores[0].commit(&[(key.clone(), 0)], &[put(&key, b"k")], &event("A")).unwrap();
        assert_eq!(stores[1].version(), Ok(Some(made.revision)));
        assert_eq!(stores[1].since(start).unwrap().changed.len(), 1);
        assert_eq!(stores[2].commit(&[(key.clone(), 0)], &[put(&key, b"2")], &event("B")), Err(StoreError::Conflict));
        assert_eq!((stores[0].waiting().unwrap().len(), stores[1].waiting().unwrap().len()), (1, 0));
        stores[1].settle(&[made.event]).unwrap();
        assert_eq!(stores[0].waiting().unwrap().len(), 1, "another node cannot settle it");
        let values: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let making: Vec<_> = (0_u8..)
                .zip(&stores)
                .map(|(number, store)| scope.spawn(move || store.once("parent", &mut || Some(vec![number])).unwrap()))
                .collect();
            making.into_iter().map(|value| value.join().unwrap()).collect()
        });
        assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    }

    #[test]
    fn a_change_may_need_the_state_of_a_version() {
        let Some(server) = Postgres::start() else { return };
        let store = PostgresStore::open(&server.url(), None, "one").unwrap();
        let key = id(Kind::Key, "k");
        let version = store.version().unwrap().unwrap();
        let change = [put(&key, b"k")];
        assert_eq!(store.commit_at(version + 1, &[], &change, &event("A")), Err(StoreError::Conflict));
        let made = store.commit_at(version, &[(key.clone(), 0)], &change, &event("B")).unwrap();
        assert_eq!(made.revision, version + 1);
        assert_eq!(store.commit_at(version, &[], &change, &event("C")), Err(StoreError::Conflict));
        assert_eq!(store.commit_at(made.revision, &[(key, 0)], &change, &event("D")), Err(StoreError::Conflict));
        assert_eq!(store.waiting().unwrap().len(), 1, "what was not done leaves no event");
    }

    #[test]
    fn nodes_tell_each_other_when_keys_were_last_used() {
        let Some(server) = Postgres::start() else { return };
        let open = |node: &str| PostgresStore::open(&server.url(), None, node).unwrap();
        let (one, two) = (open("one"), open("two"));
        let arn = "arn:aws:kms:us-east-1:123456789012:key/k";
        let told = |moment: i64, body: &[u8]| LastUse { key: arn.into(), moment, body: body.to_vec() };
        one.tell_uses(&[]).unwrap();
        one.tell_uses(&[told(5, b"five")]).unwrap();
        two.tell_uses(&[told(3, b"three")]).unwrap();
        one.tell_uses(&[told(4, b"four")]).unwrap();
        assert_eq!(two.uses_of(arn), Ok(vec![b"three".to_vec(), b"five".to_vec()]), "the latest of each node");
        assert_eq!(one.uses_of("arn:aws:kms:us-east-1:123456789012:key/other"), Ok(vec![]));
        // A key that is gone was used by nobody; one that is there keeps what is known.
        drop(open("three"));
        assert_eq!(two.uses_of(arn), Ok(vec![]));
        one.commit(&[], &[put(&id(Kind::Key, "k"), b"k")], &event("A")).unwrap();
        one.tell_uses(&[told(6, b"six")]).unwrap();
        drop(open("three"));
        assert_eq!(two.uses_of(arn), Ok(vec![b"six".to_vec()]));
    }

    #[test]
    fn a_store_that_went_away_says_so_and_is_used_again_when_it_is_back() {
        let Some(mut server) = Postgres::start() else { return };
        let store = PostgresStore::open(&server.url(), None, "one").unwrap();
        let key = id(Kind::Key, "k");
        let made = store.commit(&[], &[put(&key, b"k")], &event("A")).unwrap();
        server.stop();
        assert!(matches!(store.version(), Err(StoreError::Unavailable(_))));
        assert!(matches!(store.commit(&[], &[put(&key, b"l")], &event("B")), Err(StoreError::Unavailable(_))));
        server.resume();
        assert_eq!(store.version(), Ok(Some(made.revision)));
        assert!(store.commit(&[(key.clone(), made.revision)], &[put(&key, b"l")], &event("B")).is_ok());
        // A store that went back to an earlier time is read from the start.
        let version = store.version().unwrap().unwrap();
        assert!(store.since(version + 10).unwrap().whole);
    }

    #[test]
    fn a_schema_of_a_newer_version_is_refused() {
        let Some(server) = Postgres::start() else { return };
        drop(PostgresStore::open(&server.url(), None, "one").unwrap());
        server.sql("UPDATE wardbook.version SET version = 99");
        let error = PostgresStore::open(&server.url(), None, "one").unwrap_err();
        assert_eq!(error, StoreError::Newer { found: 99, known: 2 });
    }

    /// Somebody who holds the counter and does not move is not waited for without end.
    #[test]
    fn a_lock_that_is_not_given_back_ends_in_an_error() {
        let Some(server) = Postgres::start() else { return };
        let store = PostgresStore::open(&server.url(), None, "one").unwrap();
        std::thread::scope(|scope| {
            let holding = "BEGIN; UPDATE wardbook.counter SET revision = revision; SELECT pg_sleep(11); ROLLBACK";
            scope.spawn(|| server.sql(holding));
            std::thread::sleep(std::time::Duration::from_secs(1));
            let begun = std::time::Instant::now();
            let refused = store.commit(&[], &[put(&id(Kind::Key, "k"), b"k")], &event("A"));
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
            assert!(begun.elapsed().as_secs() < 10);
            assert!(store.version().is_ok(), "looking is not held up");
        });
    }
}
