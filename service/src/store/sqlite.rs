//! State in one SQLite file: write-ahead log, every commit synced, one process at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use wardbook_audit::event::EventText;

use super::{Change, Committed, Kind, News, Row, RowId, Seen, Store, StoreError};

/// State in a file. The process that has it open is the only one, so what it remembers of revisions is the truth.
pub struct SqliteStore {
    connection: Mutex<Connection>,
    revisions: RwLock<HashMap<RowId, u64>>,
}

/// Each brings the schema from one version to the next. A released one never changes.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE row (kind TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE waiting (place INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT;
    CREATE TABLE installation (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE counter (revision INTEGER NOT NULL) STRICT;
    INSERT INTO counter VALUES (0);
"];

impl SqliteStore {
    /// Opens a file, or makes it. Another process that has it open is an error.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::of(Connection::open(path).map_err(unavailable)?)
    }

    /// A store in memory, which dies with it.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::of(Connection::open_in_memory().map_err(unavailable)?)
    }

    fn of(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(std::time::Duration::from_millis(200)).map_err(unavailable)?;
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;",
            )
            .map_err(unavailable)?;
        migrate(&mut connection)?;
        let revisions = RwLock::new(revisions(&connection)?);
        Ok(Self { connection: Mutex::new(connection), revisions })
    }

    /// Looks whether the file is whole, page by page.
    pub fn examine(&self) -> Result<(), StoreError> {
        let told: String =
            self.connection().query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(unavailable)?;
        if told == "ok" { Ok(()) } else { Err(StoreError::Corrupted(told)) }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic left open is rolled back when its guard goes.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SqliteStore {
    fn is_near(&self) -> bool {
        true
    }

    fn load(&self) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection();
        let mut rows = Vec::new();
        for kind in Kind::ALL {
            let mut statement = connection
                .prepare("SELECT name, revision, body FROM row WHERE kind = ?1 ORDER BY name")
                .map_err(unavailable)?;
            let found = statement
                .query_map([kind.word()], |row| {
                    let id = RowId { kind, name: row.get(0)? };
                    Ok(Row { id, revision: row.get::<_, i64>(1)?.unsigned_abs(), body: row.get(2)? })
                })
                .map_err(unavailable)?;
            for row in found {
                rows.push(row.map_err(unavailable)?);
            }
        }
        Ok(rows)
    }

    fn commit(&self, seen: &[Seen], changes: &[Change], event: &EventText) -> Result<Committed, StoreError> {
        let mut connection = self.connection();
        if !self.confirm(seen)? {
            return Err(StoreError::Conflict);
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unavailable)?;
        let revision: i64 = transaction
            .query_row("UPDATE counter SET revision = revision + 1 RETURNING revision", [], |row| row.get(0))
            .map_err(unavailable)?;
        for change in changes {
            let (kind, name) = (change.id().kind.word(), change.id().name.as_str());
            let changed = match change {
                Change::Put(_, body) => transaction
                    .prepare("INSERT OR REPLACE INTO row (kind, name, revision, body) VALUES (?1, ?2, ?3, ?4)")
                    .and_then(|mut statement| statement.execute(params![kind, name, revision, body])),
                Change::Delete(_) => transaction
                    .prepare("DELETE FROM row WHERE kind = ?1 AND name = ?2")
                    .and_then(|mut statement| statement.execute(params![kind, name])),
                Change::Touch(_) => transaction
                    .prepare("UPDATE row SET revision = ?3 WHERE kind = ?1 AND name = ?2")
                    .and_then(|mut statement| statement.execute(params![kind, name, revision])),
            };
            if changed.map_err(unavailable)? != 1 {
                return Err(StoreError::Conflict);
            }
        }
        transaction.execute("INSERT INTO waiting (event) VALUES (?1)", [event.text()]).map_err(unavailable)?;
        let event = transaction.last_insert_rowid();
        transaction.commit().map_err(unavailable)?;
        let revision = revision.unsigned_abs();
        let mut revisions = self.revisions.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Put(id, _) | Change::Touch(id) => revisions.insert(id.clone(), revision),
                Change::Delete(id) => revisions.remove(id),
            };
        }
        Ok(Committed { revision, event })
    }

    fn confirm(&self, seen: &[Seen]) -> Result<bool, StoreError> {
        let revisions = self.revisions.read().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.iter().all(|(id, revision)| revisions.get(id).copied().unwrap_or(0) == *revision))
    }

    fn waiting(&self) -> Result<Vec<(i64, String)>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare("SELECT place, event FROM waiting ORDER BY place").map_err(unavailable)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(unavailable)?;
        rows.collect::<Result<_, _>>().map_err(unavailable)
    }

    fn settle(&self, events: &[i64]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(unavailable)?;
        for event in events {
            transaction
                .prepare("DELETE FROM waiting WHERE place = ?1")
                .and_then(|mut statement| statement.execute([event]))
                .map_err(unavailable)?;
        }
        transaction.commit().map_err(unavailable)
    }

    fn once(&self, name: &str, make: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        let connection = self.connection();
        let found: Option<Vec<u8>> = connection
            .query_row("SELECT value FROM installation WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(unavailable)?;
        if let Some(value) = found {
            return Ok(value);
        }
        let value = make().ok_or_else(|| StoreError::Unavailable(format!("`{name}` could not be made")))?;
        connection
            .execute("INSERT INTO installation (name, value) VALUES (?1, ?2)", params![name, value])
            .map_err(unavailable)?;
        Ok(value)
    }

    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare("SELECT name, value FROM installation ORDER BY name").map_err(unavailable)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(unavailable)?;
        rows.collect::<Result<_, _>>().map_err(unavailable)
    }

    fn forget(&self, name: &str) -> Result<(), StoreError> {
        let forgotten = self.connection().execute("DELETE FROM installation WHERE name = ?1", [name]);
        forgotten.map(drop).map_err(unavailable)
    }

    fn version(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn since(&self, _: u64) -> Result<News, StoreError> {
        let version: i64 =
            self.connection().query_row("SELECT revision FROM counter", [], |row| row.get(0)).map_err(unavailable)?;
        Ok(News { version: version.unsigned_abs(), whole: true, changed: self.load()?, gone: Vec::new() })
    }

    fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("`{}`: {error}", to.display()));
        let partial = to.with_added_extension("partial");
        let text = partial.to_str().ok_or_else(|| StoreError::Unavailable("the path is no text".into()))?;
        if to.exists() {
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        // SQLite writes into an empty file that is there, so nobody else can read it at any moment.
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&partial).map_err(failed)?;
        let copied = self.connection().execute("VACUUM INTO ?1", [text]).map(drop).map_err(unavailable);
        let copied = copied.and_then(|()| file.sync_all().map_err(failed));
        if let Err(error) = copied {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        std::fs::rename(&partial, to).map_err(failed)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    fn clear(&self) -> Result<(), StoreError> {
        let connection = self.connection();
        connection.execute("DELETE FROM row", []).map_err(unavailable)?;
        self.revisions.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        self.connection().query_row("SELECT revision FROM counter", [], |_| Ok(())).map_err(unavailable)
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore")
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unavailable)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, migration) in (1_i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unavailable)?;
        transaction.execute_batch(migration).map_err(unavailable)?;
        transaction.pragma_update(None, "user_version", version).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)?;
    }
    Ok(())
}

fn revisions(connection: &Connection) -> Result<HashMap<RowId, u64>, StoreError> {
    let mut statement = connection.prepare("SELECT kind, name, revision FROM row").map_err(unavailable)?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?)))
        .map_err(unavailable)?;
    let mut found = HashMap::new();
    for row in rows {
        let (word, name, revision) = row.map_err(unavailable)?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
        let kind = kind.ok_or_else(|| StoreError::Corrupted(format!("a row of the unknown kind `{word}`")))?;
        found.insert(RowId { kind, name }, revision.unsigned_abs());
    }
    Ok(found)
}

fn unavailable(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            StoreError::Corrupted(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> EventText {
        EventText::read(format!(r#"{{"eventTime":"2026-01-01T00:00:00Z","eventName":"{name}"}}"#)).expect("an event")
    }

    fn id(name: &str) -> RowId {
        RowId::new(Kind::Key, &["a", name])
    }

    #[test]
    fn a_change_is_made_once_and_only_on_what_was_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.sqlite");
        let store = SqliteStore::open(&path).expect("opened");
        let put = |body: &[u8]| [Change::Put(id("1"), body.to_vec())];
        let first = store.commit(&[(id("1"), 0)], &put(b"one"), &event("A")).expect("made");
        assert_eq!(store.commit(&[(id("1"), 0)], &put(b"two"), &event("B")), Err(StoreError::Conflict));
        let second = store.commit(&[(id("1"), first.revision)], &put(b"two"), &event("C")).expect("changed");
        assert!(second.revision > first.revision);
        let touched = store.commit(&[], &[Change::Touch(id("1"))], &event("D")).expect("touched");
        assert_eq!(store.confirm(&[(id("1"), second.revision)]), Ok(false));
        assert_eq!(store.commit(&[], &[Change::Delete(id("2"))], &event("E")), Err(StoreError::Conflict));
        assert!(SqliteStore::open(&path).is_err(), "two at once");
        store.settle(&[first.event]).expect("settled");
        drop(store);

        let store = SqliteStore::open(&path).expect("opened again");
        let rows = store.load().expect("loaded");
        assert_eq!(rows, [Row { id: id("1"), revision: touched.revision, body: b"two".to_vec() }]);
        assert_eq!(store.confirm(&[(id("1"), touched.revision), (id("3"), 0)]), Ok(true));
        let names: Vec<String> = store.waiting().expect("read").into_iter().map(|(_, text)| text).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        store.back_up(&folder.path().join("copy.sqlite")).expect("copied");
        assert_eq!(SqliteStore::open(&folder.path().join("copy.sqlite")).expect("opens").load(), Ok(rows));
        store.commit(&[(id("1"), touched.revision)], &[Change::Delete(id("1"))], &event("F")).expect("deleted");
        assert_eq!(store.confirm(&[(id("1"), 0)]), Ok(true));
    }

    #[test]
    fn what_is_made_once_stays() {
        let store = SqliteStore::in_memory().expect("opened");
        assert_eq!(store.once("key", &mut || Some(vec![1])), Ok(vec![1]));
        assert_eq!(store.once("key", &mut || Some(vec![2])), Ok(vec![1]));
        assert!(store.once("other", &mut || None).is_err());
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.sqlite");
        drop(SqliteStore::open(&path).expect("made"));
        Connection::open(&path).expect("opened").pragma_update(None, "user_version", 99).expect("changed");
        assert_eq!(SqliteStore::open(&path).err(), Some(StoreError::Newer { found: 99, known: 1 }));
        std::fs::write(&path, b"no database at all, and long enough to be looked at").expect("written");
        assert!(matches!(SqliteStore::open(&path).err(), Some(StoreError::Corrupted(_))));
    }
}
