//! Calls on keys of another account. AWS tells both accounts, each in an event of its own, and gives the two the same
//! shared event id; the owner's event does not have the caller's ARN.

use std::collections::BTreeMap;

use super::answer::Cell;
use super::row::{Column, Memo, Row};
use super::{Fold, KEYS, Query};
use crate::parquet::FileError;
use crate::time::Timestamp;

pub(super) struct CrossAccount {
    query: Query,
    shared: BTreeMap<String, Call>,
    alone: Vec<Call>,
    /// The accounts in the ARNs of the columns that name keys, and of callers, as numbers; 0 is none.
    owners: [Memo<u64>; 2],
    account: Memo<u64>,
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
        let (shared, alone) = (BTreeMap::new(), Vec::new());
        Self { query: query.clone(), shared, alone, owners: Default::default(), account: Memo::default() }
    }
}

impl Fold for CrossAccount {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        let shared = row.text(Column::SharedEventId);
        // Alone it must tell of two accounts; most events do not, and are passed over before anything is kept.
        if shared.is_none() && !self.may_be_foreign(row) {
            return Ok(());
        }
        let account = row.text(Column::PrincipalAccountId);
        let text = |column| row.text(column).map(str::to_owned);
        let call = Call {
            time: row.time()?,
            principal: text(Column::PrincipalArn),
            account: account.map(str::to_owned),
            keys: KEYS.map(text),
            name: text(Column::EventName),
            error: text(Column::ErrorCode),
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

impl CrossAccount {
    /// Whether the caller's account and that of a key may differ. Accounts of twelve digits are compared as numbers;
    /// whatever else stands there may be anything.
    fn may_be_foreign(&mut self, row: Row<'_>) -> bool {
        let number = |account: Option<&str>| match account {
            None => 0,
            Some(account) if account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit()) => {
                account.parse().map_or(u64::MAX, |number: u64| number + 1)
            }
            Some(_) => u64::MAX,
        };
        let account = self.account.of(row.word(Column::PrincipalAccountId), number);
        let mut keys = KEYS.iter().zip(&mut self.owners);
        account != 0
            && keys.any(|(column, memo)| {
                let owner = memo.of(row.word(*column), |arn| number(arn.and_then(account_of)));
                owner != 0 && (owner != account || owner == u64::MAX)
            })
    }
}

impl Call {
    /// What the one does not tell, the other does. Where they differ, the one with the caller's ARN is the caller's,
    /// and else the earlier; whichever comes first, the answer is the same.
    fn join(&mut self, mut other: Call) {
        if other.rank() > self.rank() {
            std::mem::swap(self, &mut other);
        }
        self.account = self.account.take().or(other.account);
        for (key, other) in self.keys.iter_mut().zip(other.keys) {
            *key = key.take().or(other);
        }
        self.name = self.name.take().or(other.name);
        self.error = self.error.take().or(other.error);
    }

    fn rank(&self) -> impl Ord + '_ {
        let Self { time, principal, account, keys, name, error } = self;
        (principal.is_some(), std::cmp::Reverse(*time), keys, principal, account, name, error)
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
