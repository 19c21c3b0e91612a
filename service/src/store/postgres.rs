//! State in PostgreSQL, for several nodes: every commit one function call, so that nothing is locked while a node is
//! waited for.
//!
//! Commits take the one row of the counter first, so they come one after the other, in the order of their revisions;
//! whoever reads a version sees everything up to it.

mod line;
mod rounds;
mod schema;
mod tls;

use std::path::Path;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row as Answer};
use wardbook_audit::event::EventText;

use super::{Change, Committed, Kind, LastUse, News, Row, RowId, Seen, Store, StoreError};
use crate::limits::{GONE_REVISIONS_KEPT, STORE_TIME};

use line::{Line, way};
use rounds::Rounds;

/// State in the schema `wardbook` of a database.
pub struct PostgresStore {
    runtime: Runtime,
    /// Which node this is: events wait for the journal of their own node.
    node: String,
    gone_kept: i64,
    /// For the question that every request waits for.
    asking: Line,
    /// For everything else.
    telling: Line,
    rounds: Rounds,
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

impl PostgresStore {
    /// Connects, and makes or brings up the schema. The password counts if the URL has none. The node is named, and its
    /// name stays its own.
    pub fn open(url: &str, password: Option<&str>, node: &str) -> Result<Self, StoreError> {
        let mut way = way(url)?;
        if let Some(password) = password.filter(|_| way.configuration.get_password().is_none()) {
            way.configuration.password(password);
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("postgres").enable_all().build();
        let store = Self {
            runtime: runtime.map_err(|error| StoreError::Unavailable(error.to_string()))?,
            node: node.to_owned(),
            gone_kept: i64::from(GONE_REVISIONS_KEPT),
            asking: Line::new(way.clone()),
            telling: Line::new(way),
            rounds: Rounds::default(),
        };
        store.on(&store.telling, async |client| Ok(schema::migrate(client).await))??;
        store.forget_uses_of_what_is_gone()?;
        Ok(store)
    }

    /// The same, remembering for so many revisions only that a row was taken away.
    #[must_use]
    pub fn keeping_gone(self, revisions: u32) -> Self {
        Self { gone_kept: i64::from(revisions), ..self }
    }

    /// Keys that are gone were used by nobody.
    fn forget_uses_of_what_is_gone(&self) -> Result<(), StoreError> {
        let sql = "DELETE FROM wardbook.last_use AS told WHERE NOT EXISTS (
            SELECT FROM wardbook.row WHERE kind = 'key' AND body IS NOT NULL
                AND name = split_part(told.key, ':', 5) || '/' || split_part(told.key, ':', 4) || '/'
                    || split_part(told.key, '/', 2))";
        self.ask(&self.telling, sql, &[]).map(drop)
    }

    /// One conversation, which has to end.
    fn on<T>(&self, line: &Line, work: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Result<T, StoreError> {
        self.runtime.block_on(async {
            let talk = async {
                let client = line.client().await?;
                work(&client).await.map_err(understood)
            };
            let answered = tokio::time::timeout(STORE_TIME, talk).await;
            answered.unwrap_or_else(|_| Err(StoreError::Unavailable("the database did not answer in time".into())))
        })
    }

    /// A question that may be asked twice, so a connection that broke meanwhile is made again.
    fn ask(&self, line: &Line, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Answer>, StoreError> {
        let once = || self.on(line, async |client| client.query_typed(sql, parameters).await);
        match once() {
            Err(StoreError::Unavailable(_)) if self.runtime.block_on(line.is_closed()) => once(),
            answered => answered,
        }
    }

    /// One call of a function in the database, which does all of it or nothing.
    fn commit_if(
        &self,
        version: Option<i64>,
        seen: &[Seen],
        changes: &[Change],
        event: &EventText,
    ) -> Result<Committed, StoreError> {
        let seen = Columns::of(seen);
        let acts: Vec<&str> = changes.iter().map(act).collect();
        let kinds: Vec<&str> = changes.iter().map(|change| change.id().kind.word()).collect();
        let names: Vec<&str> = changes.iter().map(|change| change.id().name.as_str()).collect();
        let bodies: Vec<Option<&[u8]>> = changes
            .iter()
            .map(|change| match change {
                Change::Put(_, body) => Some(body.as_slice()),
                Change::Delete(_) | Change::Touch(_) => None,
            })
            .collect();
        let (node, text) = (self.node.as_str(), event.text());
        let mut parameters: Vec<Parameter<'_>> = vec![
            (&seen.kinds, Type::TEXT_ARRAY),
            (&seen.names, Type::TEXT_ARRAY),
            (&seen.revisions, Type::INT8_ARRAY),
            (&acts, Type::TEXT_ARRAY),
            (&kinds, Type::TEXT_ARRAY),
            (&names, Type::TEXT_ARRAY),
            (&bodies, Type::BYTEA_ARRAY),
            (&node, Type::TEXT),
            (&text, Type::TEXT),
            (&self.gone_kept, Type::INT8),
        ];
        let mut sql = "SELECT made, kept FROM wardbook.commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        if let Some(version) = &version {
            parameters.push((version, Type::INT8));
            sql = "SELECT made, kept FROM wardbook.commit_at($11, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        }
        // Not asked twice: if the connection breaks, nobody knows whether it was done.
        let answers = self.on(&self.telling, async |client| client.query_typed(sql, &parameters).await)?;
        let answer = only(&answers)?;
        Ok(Committed { revision: field::<i64>(answer, 0)?.unsigned_abs(), event: field(answer, 1)? })
    }

    fn news(&self, version: i64) -> Result<News, StoreError> {
        // One statement sees one moment. The row of the counter is there also when nothing has changed.
        let sql = "SELECT counter.revision, counter.forgotten, row.kind, row.name, row.revision, row.body
            FROM wardbook.counter AS counter
            LEFT JOIN wardbook.row AS row ON row.revision > $1 AND ($1 > 0 OR row.body IS NOT NULL)";
        let mut news = News { version: 0, whole: version == 0, changed: Vec::new(), gone: Vec::new() };
        for answer in self.ask(&self.telling, sql, &[(&version, Type::INT8)])? {
            let (latest, forgotten): (i64, i64) = (field(&answer, 0)?, field(&answer, 1)?);
            if version != 0 && (version < forgotten || latest < version) {
                // Too old, or the store went back to an earlier time.
                return self.news(0);
            }
            news.version = latest.unsigned_abs();
            let Some(kind) = field::<Option<String>>(&answer, 2)? else { continue };
            let id = RowId { kind: kind_of(&kind)?, name: field(&answer, 3)? };
            match field::<Option<Vec<u8>>>(&answer, 5)? {
                Some(body) => {
                    news.changed.push(Row { id, revision: field::<i64>(&answer, 4)?.unsigned_abs(), body });
                }
                None => news.gone.push(id),
            }
        }
        news.changed.sort_by(|left, right| left.id.cmp(&right.id));
        news.gone.sort();
        Ok(news)
    }
}

impl Store for PostgresStore {
    fn load(&self) -> Result<Vec<Row>, StoreError> {
        Ok(self.news(0)?.changed)
    }

    fn commit(&self, seen: &[Seen], changes: &[Change], event: &EventText) -> Result<Committed, StoreError> {
        self.commit_if(None, seen, changes, event)
    }

    fn commit_at(
        &self,
        version: u64,
        seen: &[Seen],
        changes: &[Change],
        event: &EventText,
    ) -> Result<Committed, StoreError> {
        self.commit_if(Some(i64::try_from(version).unwrap_or(i64::MAX)), seen, changes, event)
    }

    fn confirm(&self, seen: &[Seen]) -> Result<bool, StoreError> {
        let seen = Columns::of(seen);
        let parameters: [Parameter<'_>; 3] =
            [(&seen.kinds, Type::TEXT_ARRAY), (&seen.names, Type::TEXT_ARRAY), (&seen.revisions, Type::INT8_ARRAY)];
        let answers = self.ask(&self.asking, "SELECT wardbook.is_at($1, $2, $3)", &parameters)?;
        field(only(&answers)?, 0)
    }

    fn waiting(&self) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = "SELECT place, event FROM wardbook.waiting WHERE node = $1 ORDER BY place";
        let answers = self.ask(&self.telling, sql, &[(&self.node, Type::TEXT)])?;
        answers.iter().map(|answer| Ok((field(answer, 0)?, field(answer, 1)?))).collect()
    }

    fn settle(&self, events: &[i64]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let sql = "DELETE FROM wardbook.waiting WHERE place = ANY($1) AND node = $2";
        self.ask(&self.telling, sql, &[(&events, Type::INT8_ARRAY), (&self.node, Type::TEXT)]).map(drop)
    }

    fn once(&self, name: &str, make: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        let find = || {
            let sql = "SELECT value FROM wardbook.installation WHERE name = $1";
            let answers = self.ask(&self.telling, sql, &[(&name, Type::TEXT)])?;
            answers.first().map(|answer| field(answer, 0)).transpose()
        };
        if let Some(value) = find()? {
            return Ok(value);
        }
        let value = make().ok_or_else(|| StoreError::Unavailable(format!("`{name}` could not be made")))?;
        let sql = "INSERT INTO wardbook.installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.ask(&self.telling, sql, &[(&name, Type::TEXT), (&value, Type::BYTEA)])?;
        // Another node may have been faster.
        find()?.ok_or_else(|| StoreError::Corrupted(format!("`{name}` was made and is not there")))
    }

    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let answers = self.ask(&self.telling, "SELECT name, value FROM wardbook.installation ORDER BY name", &[])?;
        answers.iter().map(|answer| Ok((field(answer, 0)?, field(answer, 1)?))).collect()
    }

    fn forget(&self, name: &str) -> Result<(), StoreError> {
        self.ask(&self.telling, "DELETE FROM wardbook.installation WHERE name = $1", &[(&name, Type::TEXT)]).map(drop)
    }

    fn version(&self) -> Result<Option<u64>, StoreError> {
        let ask = || {
            let answers = self.ask(&self.asking, "SELECT revision FROM wardbook.counter", &[])?;
            Ok(field::<i64>(only(&answers)?, 0)?.unsigned_abs())
        };
        self.rounds.ask(ask).map(Some)
    }

    fn since(&self, version: u64) -> Result<News, StoreError> {
        self.news(i64::try_from(version).unwrap_or(i64::MAX))
    }

    fn tell_uses(&self, uses: &[LastUse]) -> Result<(), StoreError> {
        let keys: Vec<&str> = uses.iter().map(|told| told.key.as_str()).collect();
        let moments: Vec<i64> = uses.iter().map(|told| told.moment).collect();
        let bodies: Vec<&[u8]> = uses.iter().map(|told| told.body.as_slice()).collect();
        let parameters: [Parameter<'_>; 4] = [
            (&self.node, Type::TEXT),
            (&keys, Type::TEXT_ARRAY),
            (&moments, Type::INT8_ARRAY),
            (&bodies, Type::BYTEA_ARRAY),
        ];
        let sql = "INSERT INTO wardbook.last_use AS known (node, key, moment, body)
            SELECT $1, told.* FROM unnest($2::text[], $3::bigint[], $4::bytea[]) AS told
            ON CONFLICT (key, node) DO UPDATE SET moment = excluded.moment, body = excluded.body
            WHERE known.moment < excluded.moment";
        self.ask(&self.telling, sql, &parameters).map(drop)
    }

    fn uses_of(&self, key: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM wardbook.last_use WHERE key = $1 ORDER BY moment";
        let answers = self.ask(&self.telling, sql, &[(&key, Type::TEXT)])?;
        answers.iter().map(|answer| field(answer, 0)).collect()
    }

    fn back_up(&self, _: &Path) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("state in PostgreSQL is backed up with pg_dump".into()))
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.ask(&self.telling, "SELECT wardbook.clear()", &[]).map(drop)
    }

    fn check(&self) -> Result<(), StoreError> {
        self.version().map(drop)
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresStore({})", self.node)
    }
}

/// What was seen, by columns.
struct Columns<'a> {
    kinds: Vec<&'a str>,
    names: Vec<&'a str>,
    revisions: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(seen: &'a [Seen]) -> Self {
        Self {
            kinds: seen.iter().map(|(id, _)| id.kind.word()).collect(),
            names: seen.iter().map(|(id, _)| id.name.as_str()).collect(),
            revisions: seen.iter().map(|(_, revision)| i64::try_from(*revision).unwrap_or(i64::MAX)).collect(),
        }
    }
}

fn act(change: &Change) -> &'static str {
    match change {
        Change::Put(..) => "put",
        Change::Delete(_) => "delete",
        Change::Touch(_) => "touch",
    }
}

fn kind_of(word: &str) -> Result<Kind, StoreError> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
    kind.ok_or_else(|| StoreError::Corrupted(format!("a row of the unknown kind `{word}`")))
}

fn only(answers: &[Answer]) -> Result<&Answer, StoreError> {
    answers.first().ok_or_else(|| StoreError::Corrupted("the counter is not there".into()))
}

fn field<'a, T: tokio_postgres::types::FromSql<'a>>(answer: &'a Answer, place: usize) -> Result<T, StoreError> {
    answer.try_get(place).map_err(|error| StoreError::Corrupted(error.to_string()))
}

fn understood(error: Error) -> StoreError {
    match error.as_db_error() {
        Some(told) if told.code().code() == schema::CONFLICT => StoreError::Conflict,
        Some(told) => StoreError::Unavailable(format!("{} ({})", told.message(), told.code().code())),
        None => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            StoreError::Unavailable(format!("{error}{}", cause.unwrap_or_default()))
        }
    }
}
