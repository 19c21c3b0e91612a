//! Where state is kept: rows with revisions, changed together or not at all, and only if nothing that a change was
//! decided on has changed meanwhile.
//!
//! A store knows nothing of what a row says. An event that tells of a change is kept in the same transaction until the
//! journal has it.

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

use std::path::Path;

use wardbook_audit::event::EventText;

#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;

/// The name of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId {
    /// What it is.
    pub kind: Kind,
    /// Which: parts joined by slashes.
    pub name: String,
}

/// What a row is. The order is that in which rows are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A key.
    Key,
    /// An alias.
    Alias,
    /// A grant.
    Grant,
    /// A custom key store.
    KeyStore,
}

/// What was read: a row and its revision, 0 if it was not there.
pub type Seen = (RowId, u64);

/// A row as it is kept: its body is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: RowId,
    /// Its revision.
    pub revision: u64,
    /// What it says.
    pub body: Vec<u8>,
}

/// A change of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Makes it or replaces its body.
    Put(RowId, Vec<u8>),
    /// Takes it away.
    Delete(RowId),
    /// Leaves its body and gives it a new revision, because something that belongs to it changed.
    Touch(RowId),
}

/// Why a store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something that was read has changed meanwhile; nothing was done.
    #[error("what was read has changed meanwhile")]
    Conflict,
    /// The store cannot be used.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What it holds is not what was put in.
    #[error("the store is corrupted: {0}")]
    Corrupted(String),
    /// A newer version wrote it.
    #[error("the store has schema {found}, and this version knows schemas up to {known}")]
    Newer {
        /// What it has.
        found: i64,
        /// What is known.
        known: i64,
    },
}

/// A place for state. Synchronous; every method may block.
pub trait Store: Send + Sync {
    /// Whether [`Store::confirm`] and [`Store::version`] are answered from memory, at once.
    fn is_near(&self) -> bool {
        false
    }

    /// Every row, in the order of their kinds.
    fn load(&self) -> Result<Vec<Row>, StoreError>;

    /// Makes all changes, if everything that was seen still has its revision. Gives the revision that the changed rows
    /// have, and the place of the event among those that wait for the journal.
    fn commit(&self, seen: &[Seen], changes: &[Change], event: &EventText) -> Result<Committed, StoreError>;

    /// The same, if the state is also still at a version. A store without versions is changed by this process alone,
    /// which has made sure of it before.
    fn commit_at(
        &self,
        version: u64,
        seen: &[Seen],
        changes: &[Change],
        event: &EventText,
    ) -> Result<Committed, StoreError> {
        let _ = version;
        self.commit(seen, changes, event)
    }

    /// Whether everything that was seen still has its revision.
    fn confirm(&self, seen: &[Seen]) -> Result<bool, StoreError>;

    /// The events that wait for the journal, oldest first.
    fn waiting(&self) -> Result<Vec<(i64, String)>, StoreError>;

    /// The journal has these.
    fn settle(&self, events: &[i64]) -> Result<(), StoreError>;

    /// A value of the installation, made by `make` if it is not there.
    fn once(&self, name: &str, make: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<Vec<u8>, StoreError>;

    /// The values of the installation, with their names.
    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError>;

    /// Takes a value of the installation away; nothing happens if it is not there.
    fn forget(&self, name: &str) -> Result<(), StoreError>;

    /// The version of the state: the revision of the latest change, whoever made it. None where no other process can
    /// change anything, so that what memory has is the truth.
    fn version(&self) -> Result<Option<u64>, StoreError>;

    /// What has changed since a version that this process knows.
    fn since(&self, version: u64) -> Result<News, StoreError>;

    /// Keeps when keys last did their work, for other nodes. Without other nodes there is nobody to tell.
    fn tell_uses(&self, uses: &[LastUse]) -> Result<(), StoreError> {
        let _ = uses;
        Ok(())
    }

    /// What other nodes told of a key.
    fn uses_of(&self, key: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let _ = key;
        Ok(Vec::new())
    }

    /// Copies the whole state of one moment into a file that is not there yet, while everything goes on.
    fn back_up(&self, to: &Path) -> Result<(), StoreError>;

    /// Takes every row away.
    fn clear(&self) -> Result<(), StoreError>;

    /// Whether it can be used at this moment.
    fn check(&self) -> Result<(), StoreError>;
}

/// What has changed since some version, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The version that this leads to.
    pub version: u64,
    /// Whether this is all there is, and what is not here is gone: what was known is too old, or of another history.
    pub whole: bool,
    /// Rows that were made or changed, in the order of their kinds.
    pub changed: Vec<Row>,
    /// Rows that were taken away.
    pub gone: Vec<RowId>,
}

/// When a key last did its work on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// The ARN of the key.
    pub key: String,
    /// When, in microseconds since 1970.
    pub moment: i64,
    /// What is told of it, sealed.
    pub body: Vec<u8>,
}

/// What came of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The revision of the changed rows.
    pub revision: u64,
    /// The place of the event.
    pub event: i64,
}

impl RowId {
    /// A name from its parts.
    pub fn new(kind: Kind, parts: &[&str]) -> Self {
        Self { kind, name: parts.join("/") }
    }
}

impl Kind {
    /// All kinds, in the order in which rows are loaded.
    pub const ALL: [Self; 4] = [Self::Key, Self::Alias, Self::Grant, Self::KeyStore];

    /// The word that stands for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Alias => "alias",
            Self::Grant => "grant",
            Self::KeyStore => "key-store",
        }
    }
}

impl Change {
    /// The row.
    pub fn id(&self) -> &RowId {
        match self {
            Self::Put(id, _) | Self::Delete(id) | Self::Touch(id) => id,
        }
    }
}
