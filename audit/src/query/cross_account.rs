//! Calls on keys of another account. AWS tells both accounts, each in an event of its own, and gives the two the same
//! shared event id; the owner's event does not have the caller's ARN.

use std::collections::BTreeMap;

use super::answer::Cell;
use super::row::Row;
use super::{Fold, KEYS, Query};
use crate::parquet::FileError;
use crate::time::Timestamp;

pub(super) struct CrossAccount {
    query: Query,
    shared: BTreeMap<String, Call>,
    alone: Vec<Call>,
}

/// What one event or both tell about a call.
#[derive(Clone)]
struct Call {
    time: Timestamp,
    principal: Option<String>,
    account: Option<String>,
    keys: [Option<String>; 2],
    name: Option<String>,
    error: Option<String>,
}

impl CrossAccount {
    pub(super) fn new(query: &Query) -> Self {
        Self { query: query.clone(), shared: BTreeMap::new(), alone: Vec::new() }
    }
}

impl Fold for CrossAccount {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        let shared = row.text("shared_event_id");
        let account = row.text("principal_account_id");
        let is_foreign = |arn: &str| account_of(arn).is_some_and(|owner| Some(owner) != account);
        // Alone it must tell of two accounts; most events do not, and are passed over before anything is kept.
        if shared.is_none()
            && (account.is_none() || !KEYS.iter().any(|column| row.text(column).is_some_and(is_foreign)))
        {
            return Ok(());
        }
        let text = |column| row.text(column).map(str::to_owned);
        let call = Call {
            time: row.time()?,
            principal: text("principal_arn"),
            account: account.map(str::to_owned),
            keys: KEYS.map(text),
            name: text("event_name"),
            error: text("error_code"),
        };
        match shared {
            None => self.alone.push(call),
            Some(shared) => match self.shared.get_mut(shared) {
                None => {
                    self.shared.insert(shared.to_owned(), call);
                }
                Some(other) => other.join(call),
            },
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        let query = self.query;
        self.shared.into_values().chain(self.alone).filter_map(|call| call.row(&query)).collect()
    }
}

impl Call {
    /// What the one does not tell, the other does. Where they differ, the one with the caller's ARN is the caller's.
    fn join(&mut self, mut other: Call) {
        if (other.principal.is_some(), std::cmp::Reverse(other.time))
            > (self.principal.is_some(), std::cmp::Reverse(self.time))
        {
            std::mem::swap(self, &mut other);
        }
        self.account = self.account.take().or(other.account);
        for (key, other) in self.keys.iter_mut().zip(other.keys) {
            *key = key.take().or(other);
        }
        self.name = self.name.take().or(other.name);
        self.error = self.error.take().or(other.error);
    }

    /// The row, if a key is of another account than the caller: that key, or the one that is asked about.
    fn row(self, query: &Query) -> Option<Vec<Cell>> {
        let account = self.account.as_deref()?;
        let foreign = |arn: &&String| account_of(arn).is_some_and(|owner| owner != account);
        let mut foreign = self.keys.iter().flatten().filter(foreign);
        let key = foreign.clone().find(|key| query.wants_key(key)).or_else(|| foreign.next())?;
        Some(vec![
            Cell::Time(self.time),
            Cell::text(self.principal.as_deref()),
            Cell::text(Some(account)),
            Cell::text(Some(key)),
            Cell::text(account_of(key)),
            Cell::text(self.name.as_deref()),
            Cell::text(self.error.as_deref()),
        ])
    }
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}
