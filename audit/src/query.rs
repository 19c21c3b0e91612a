//! Questions about keys that have a name, answered straight from the files, the unsealed journal included.
//!
//! A question is a row of [`QUESTIONS`]: its columns, what it must read, which rows may matter to it, and a fold over
//! those. Days, row groups and pages that cannot have such rows are not read. Each event counts once.
//!
//! ```
//! use std::sync::Arc;
//! use wardbook_audit::disk::MemoryDisk;
//! use wardbook_audit::folder::Folder;
//! use wardbook_audit::query::{Query, ask, question};
//!
//! let folder = Folder::new(Arc::new(MemoryDisk::default()));
//! let answer = ask(&folder, &Query::new(question("used-by").unwrap())).unwrap();
//! assert_eq!(answer.columns[0].name, "principal_arn");
//! assert!(answer.rows.is_empty());
//! ```

mod answer;
mod cost;
mod cross_account;
mod group;
mod list;
mod operation;
mod price;
mod row;
#[cfg(test)]
mod tests;
mod usage;

use std::io;

pub use answer::{Answer, AnswerColumn, Cell, CellKind};

use crate::folder::{DayFile, Folder};
use crate::journal::{JournalError, Moment, moment};
use crate::log::{Reading, Vouched};
use crate::parquet::{FileError, Filter, Rest, Rows, Test};
use crate::time::Timestamp;

use operation::{CREATION, CRYPTOGRAPHIC, DELETION, GRANT, KMS, POLICY_CHANGE, ROTATION};
use row::{Batch, Column, Row};

/// A question that has a name.
pub struct Question {
    /// Its name.
    pub name: &'static str,
    /// What it asks, in a sentence without a full stop.
    pub about: &'static str,
    /// The columns of its answer.
    pub columns: &'static [AnswerColumn],
    /// The columns that it reads.
    reads: &'static [Column],
    /// The rows that may matter, before those that a query leaves out.
    rows: fn(&Query) -> Filter,
    /// How many they are.
    share: Share,
    /// The fold over them.
    begin: fn(&Query) -> Box<dyn Fold>,
}

/// How many of the rows in pages that cannot be ruled out matter to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Few: first it is found out which, and the other columns are read of those only.
    Few,
    /// Many: all columns are read at once.
    Many,
}

/// Takes rows in any order, and has the rows of the answer at the end.
trait Fold {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError>;

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>>;

    /// What else must be read when all rows are taken.
    fn after(&self) -> Option<(&'static [Column], Filter)> {
        None
    }

    /// A row of that.
    fn take_after(&mut self, _: Row<'_>) {}
}

/// A question and what is left out of it.
#[derive(Clone)]
pub struct Query {
    /// The question.
    pub question: &'static Question,
    /// Only about this key.
    pub key: Option<KeyName>,
    /// Only about this caller.
    pub principal: Option<PrincipalName>,
    /// Only what happened at this moment or later.
    pub since: Option<Timestamp>,
    /// Only what happened before this moment.
    pub until: Option<Timestamp>,
    /// Every event of a key, not only its uses.
    pub all_events: bool,
}

/// A key, by ARN or id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

/// A caller: the value of `principal_arn`, or the ARN of one session of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalName(String);

/// What had to be read, and what there was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// How many Parquet files there are.
    pub files: usize,
    /// Those whose day may matter; only these were opened.
    pub files_read: usize,
    /// How many row groups these have.
    pub row_groups: usize,
    /// Those that may have rows that matter.
    pub row_groups_read: usize,
    /// How many rows the files that were opened have.
    pub rows: usize,
    /// How many rows stand in pages that may matter.
    pub rows_read: usize,
    /// How many events came from journals.
    pub unsealed: usize,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The folder could not be looked at.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file could not be read.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// Why.
        error: FileError,
    },
    /// Events of the journal could not be looked through.
    #[error("the journal: {0}")]
    Unsealed(FileError),
}

/// Why a text names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no key; write the ARN of a key or its id (events know the alias only as it was asked for)")]
pub struct KeyNameError(String);

/// How often a question is asked again when files were compacted away under it.
const ATTEMPTS_MAX: usize = 5;

/// Answers a query.
pub fn ask(folder: &Folder, query: &Query) -> Result<Answer, QueryError> {
    let mut attempt = 1;
    loop {
        match ask_once(folder, query) {
            Err(QueryError::File { error: FileError::Disk(error), .. })
                if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS_MAX =>
            {
                attempt += 1;
            }
            answer => return answer,
        }
    }
}

fn ask_once(folder: &Folder, query: &Query) -> Result<Answer, QueryError> {
    let moment = moment(folder)?;
    let vouched = Vouched::of(folder).map_err(|error| JournalError::Disk { path: "log".into(), error })?;
    let scan = Scan { folder, moment: &moment, vouched };
    let mut fold = (query.question.begin)(query);
    let mut effort = Effort::default();
    let (filter, share) = (query.filter(), query.question.share);
    scan.run(&query.reads(), &filter, share, (query.since, query.until), &mut effort, |row| {
        let wanted = query.key.as_ref().is_none_or(|key| key.names(row))
            && query.principal.as_ref().is_none_or(|principal| principal.names(row));
        if wanted { fold.take(row) } else { Ok(()) }
    })?;
    if let Some((reads, filter)) = fold.after() {
        scan.run(reads, &filter, Share::Few, (None, None), &mut Effort::default(), |row| {
            fold.take_after(row);
            Ok(())
        })?;
    }
    let mut rows = fold.finish();
    // Events by their time; everything else by its columns.
    let at = query.question.columns.iter().position(|column| column.name == "event_time").unwrap_or_default();
    rows.sort_by(|a, b| a.get(at).cmp(&b.get(at)).then_with(|| a.cmp(b)));
    Ok(Answer { query: query.question.name, columns: query.question.columns, rows, effort })
}

/// A walk over files and journals.
struct Scan<'a> {
    folder: &'a Folder,
    moment: &'a Moment,
    vouched: Vouched,
}

impl Scan<'_> {
    fn run(
        &self,
        reads: &[Column],
        filter: &Filter,
        share: Share,
        (since, until): (Option<Timestamp>, Option<Timestamp>),
        effort: &mut Effort,
        mut each: impl FnMut(Row<'_>) -> Result<(), FileError>,
    ) -> Result<(), QueryError> {
        let (first, last) = (since.map(Timestamp::date), until.map(Timestamp::date));
        effort.files += self.moment.files.len();
        for file in &self.moment.files {
            let early = first.as_ref().is_some_and(|first| file.date < *first);
            let late = last.as_ref().is_some_and(|last| file.date > *last);
            if !early && !late {
                let result = self.read(file, reads, filter, share, effort, &mut each);
                result.map_err(|error| QueryError::File { file: file.path().display().to_string(), error })?;
            }
        }
        self.read_unsealed(filter, effort, &mut each)
    }

    fn read(
        &self,
        file: &DayFile,
        reads: &[Column],
        filter: &Filter,
        share: Share,
        effort: &mut Effort,
        each: &mut impl FnMut(Row<'_>) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let file = self.vouched.open(self.folder, &file.path(), Reading::Parts)?;
        let mut reads: Vec<_> = reads.iter().map(|column| column.name()).collect();
        if share == Share::Many {
            reads.extend(filter.all_columns());
        }
        let (pruned, batches) = match share {
            Share::Few => file.scan(reads, filter, Rest::Read)?,
            Share::Many => file.scan(reads, filter, Rest::Left)?,
        };
        effort.files_read += 1;
        effort.row_groups += pruned.row_groups;
        effort.row_groups_read += pruned.kept.len();
        effort.rows += file.rows();
        effort.rows_read += pruned.rows;
        for batch in batches {
            let batch = batch?;
            let mask = if share == Share::Many { filter.mask(&batch)? } else { None };
            Batch::new(&batch).each(mask.as_ref(), &mut *each)?;
        }
        Ok(())
    }

    fn read_unsealed(
        &self,
        filter: &Filter,
        effort: &mut Effort,
        each: &mut impl FnMut(Row<'_>) -> Result<(), FileError>,
    ) -> Result<(), QueryError> {
        let mut rows = Rows::default();
        let mut pass = |rows: &mut Rows| {
            let batch = filter.of_batch(&rows.finish()?)?;
            Batch::new(&batch).each(None, &mut *each)
        };
        self.moment.unsealed(|unsealed| {
            effort.unsealed += 1;
            rows.append(&unsealed.event.view(), unsealed.leaf_index);
            match rows.len() >= crate::limits::PAGE_ROWS_MAX {
                true => pass(&mut rows).map_err(QueryError::Unsealed),
                false => Ok(()),
            }
        })?;
        pass(&mut rows).map_err(QueryError::Unsealed)
    }
}

impl Query {
    /// A question without anything left out.
    pub fn new(question: &'static Question) -> Self {
        Self { question, key: None, principal: None, since: None, until: None, all_events: false }
    }

    /// The columns that must be read.
    fn reads(&self) -> Vec<Column> {
        let mut reads = self.question.reads.to_vec();
        if self.key.is_some() {
            reads.extend(KEYS);
        }
        if self.principal.is_some() {
            reads.extend([Column::PrincipalArn, Column::SessionName]);
        }
        reads
    }

    fn filter(&self) -> Filter {
        let mut filter = (self.question.rows)(self);
        if let Some(arn) = self.key.as_ref().and_then(KeyName::arn) {
            filter = filter.and_any(KEYS.iter().map(|column| Test::equals(column.name(), arn)).collect());
        }
        if let Some(principal) = self.principal.as_ref().filter(|principal| principal.session().is_none()) {
            filter = filter.and(Test::equals("principal_arn", principal.0.clone()));
        }
        if self.since.is_some() || self.until.is_some() {
            filter = filter.and(Test::Time { since: self.since, until: self.until });
        }
        filter
    }

    /// Whether rows about this key are wanted.
    fn wants_key(&self, arn: &str) -> bool {
        self.key.as_ref().is_none_or(|key| key.is(arn))
    }
}

/// The columns that name keys.
const KEYS: [Column; 2] = [Column::KmsKeyArn, Column::DestKmsKeyArn];

impl KeyName {
    /// Takes an ARN, or an id as `1234abcd-...` or `mrk-...`.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyNameError> {
        let text = text.into();
        let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_id || text.contains(":key/") { Ok(Self(text)) } else { Err(KeyNameError(text)) }
    }

    fn arn(&self) -> Option<&str> {
        self.0.contains(':').then_some(&self.0)
    }

    fn is(&self, arn: &str) -> bool {
        match self.arn() {
            Some(own) => own == arn,
            None => arn.strip_suffix(&*self.0).is_some_and(|before| before.ends_with(":key/")),
        }
    }

    fn names(&self, row: Row<'_>) -> bool {
        KEYS.iter().any(|column| row.text(*column).is_some_and(|arn| self.is(arn)))
    }
}

impl PrincipalName {
    /// Takes an ARN.
    pub fn new(arn: impl Into<String>) -> Self {
        Self(arn.into())
    }

    /// Account, name of the role and session, if it is a session's.
    fn session(&self) -> Option<(&str, &str, &str)> {
        let (head, path) = self.0.split_once(":assumed-role/")?;
        let (role, session) = path.split_once('/')?;
        Some((head.rsplit(':').next()?, role, session))
    }

    fn names(&self, row: Row<'_>) -> bool {
        // A session whose event does not tell the role's ARN stands there with its own.
        if row.text(Column::PrincipalArn) == Some(&*self.0) {
            return true;
        }
        let Some((account, role, session)) = self.session() else { return false };
        let is_role = |arn: &str| {
            let mut parts = arn.splitn(6, ':').skip(4);
            parts.next() == Some(account)
                && parts.next().and_then(|role| role.rsplit('/').next()).is_some_and(|name| name == role)
        };
        row.text(Column::SessionName) == Some(session) && row.text(Column::PrincipalArn).is_some_and(is_role)
    }
}

/// The question of that name.
pub fn question(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.name == name)
}

fn of_kms(names: &[&str]) -> Filter {
    let values = names.iter().map(|name| (*name).to_owned()).collect();
    kms().and(Test::Text { column: "event_name", values })
}

fn kms() -> Filter {
    Filter::default().and(Test::equals("event_source", KMS))
}

fn uses(_: &Query) -> Filter {
    of_kms(CRYPTOGRAPHIC)
}

fn uses_or_all(query: &Query) -> Filter {
    match query.all_events {
        true => Filter::default().and_any(KEYS.iter().map(|column| Test::Known { column: column.name() }).collect()),
        false => uses(query),
    }
}

const fn column(name: &'static str, kind: CellKind) -> AnswerColumn {
    AnswerColumn { name, kind }
}

const fn text(name: &'static str) -> AnswerColumn {
    column(name, CellKind::Text)
}

const COUNT: AnswerColumn = column("count", CellKind::Count);

/// Every question.
pub const QUESTIONS: &[Question] = &[
    Question {
        name: "used-by",
        about: "Who used the key, for what, how often, when first and last",
        columns: &[
            text("principal_arn"),
            text("event_name"),
            COUNT,
            column("first_seen", CellKind::Time),
            column("last_seen", CellKind::Time),
        ],
        reads: &[
            Column::EventTime,
            Column::EventName,
            Column::ErrorCode,
            Column::PrincipalArn,
            Column::KmsKeyArn,
            Column::DestKmsKeyArn,
        ],
        rows: uses_or_all,
        share: Share::Many,
        begin: |query| Box::new(usage::UsedBy::new(query)),
    },
    Question {
        name: "last-used",
        about: "When each principal used each key last, and how often",
        columns: &[text("kms_key_arn"), text("principal_arn"), column("last_seen", CellKind::Time), COUNT],
        reads: &[Column::EventTime, Column::ErrorCode, Column::PrincipalArn, Column::KmsKeyArn, Column::DestKmsKeyArn],
        rows: uses,
        share: Share::Many,
        begin: |query| Box::new(usage::Seen::last(query)),
    },
    Question {
        name: "first-seen",
        about: "When each principal used each key first",
        columns: &[text("kms_key_arn"), text("principal_arn"), column("first_seen", CellKind::Time)],
        reads: &[Column::EventTime, Column::ErrorCode, Column::PrincipalArn, Column::KmsKeyArn, Column::DestKmsKeyArn],
        rows: uses,
        share: Share::Many,
        begin: |query| Box::new(usage::Seen::first(query)),
    },
    Question {
        name: "failures",
        about: "Whose calls failed, for which reason, how often; of every service",
        columns: &[text("principal_arn"), text("error_code"), COUNT],
        reads: &[Column::ErrorCode, Column::PrincipalArn],
        rows: |_| Filter::default().and(Test::Known { column: "error_code" }),
        share: Share::Many,
        begin: |_| Box::new(usage::Failures::default()),
    },
    Question {
        name: "deletions",
        about: "Who disabled or deleted keys or their material, or tried to, or canceled it",
        columns: list::DELETIONS,
        reads: &[Column::EventId, Column::EventTime, Column::EventName, Column::PrincipalArn, Column::KmsKeyArn],
        rows: |_| of_kms(DELETION),
        share: Share::Few,
        begin: |_| Box::new(list::List::deletions()),
    },
    Question {
        name: "contexts",
        about: "Which encryption contexts keys were used with, and how often",
        columns: &[text("event_name"), column("encryption_context", CellKind::Map), COUNT],
        reads: &[
            Column::EventName,
            Column::ErrorCode,
            Column::KmsKeyArn,
            Column::DestKmsKeyArn,
            Column::EncryptionContext,
            Column::DestEncryptionContext,
        ],
        rows: uses,
        share: Share::Many,
        begin: |query| Box::new(usage::Contexts::new(query)),
    },
    Question {
        name: "policy-changes",
        about: "Who changed key policies, and the digest of the policy that allowed it",
        columns: list::POLICY_CHANGES,
        reads: &[
            Column::EventId,
            Column::EventTime,
            Column::EventName,
            Column::ErrorCode,
            Column::PrincipalArn,
            Column::KmsKeyArn,
            Column::PolicyDigest,
        ],
        rows: |_| of_kms(POLICY_CHANGE),
        share: Share::Few,
        begin: |_| Box::new(list::List::policy_changes()),
    },
    Question {
        name: "grants",
        about: "Who made, retired or revoked which grant",
        columns: list::GRANTS,
        reads: &[
            Column::EventId,
            Column::EventTime,
            Column::EventName,
            Column::ErrorCode,
            Column::PrincipalArn,
            Column::KmsKeyArn,
            Column::PolicyDigest,
            Column::RequestParameters,
            Column::ResponseElements,
            Column::AdditionalEventData,
        ],
        rows: |_| of_kms(GRANT),
        share: Share::Few,
        begin: |_| Box::new(list::List::grants()),
    },
    Question {
        name: "cross-account",
        about: "Who called keys of another account, both accounts' events joined",
        columns: &[
            column("event_time", CellKind::Time),
            text("principal_arn"),
            text("principal_account_id"),
            text("kms_key_arn"),
            text("key_account_id"),
            text("event_name"),
            text("error_code"),
        ],
        reads: &[
            Column::EventTime,
            Column::EventName,
            Column::ErrorCode,
            Column::PrincipalArn,
            Column::PrincipalAccountId,
            Column::KmsKeyArn,
            Column::DestKmsKeyArn,
            Column::SharedEventId,
        ],
        rows: |_| kms(),
        share: Share::Many,
        begin: |query| Box::new(cross_account::CrossAccount::new(query)),
    },
    Question {
        name: "cost",
        about: "What the requests of each caller to each key cost at AWS's list price",
        columns: &[
            text("principal_arn"),
            text("kms_key_arn"),
            text("event_name"),
            COUNT,
            column("list_price_usd", CellKind::Dollars),
            text("price_date"),
        ],
        reads: &[
            Column::EventType,
            Column::EventName,
            Column::PrincipalArn,
            Column::KmsKeyArn,
            Column::SharedEventId,
            Column::RequestParameters,
        ],
        rows: |_| kms(),
        share: Share::Many,
        begin: |_| Box::new(cost::Cost::new()),
    },
    Question {
        name: "rotation",
        about: "When keys were rotated last, how, and how often",
        columns: &[text("kms_key_arn"), column("last_rotated", CellKind::Time), text("rotation_type"), COUNT],
        reads: &[Column::EventTime, Column::ErrorCode, Column::KmsKeyArn, Column::ServiceEventDetails],
        rows: |_| of_kms(ROTATION),
        share: Share::Few,
        begin: |_| Box::new(usage::Rotation::default()),
    },
];

fn creations() -> Filter {
    of_kms(CREATION)
}
