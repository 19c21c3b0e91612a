//! Questions that list events: deletions, policy changes, grants.

use super::Fold;
use super::answer::{AnswerColumn, Cell, CellKind};
use super::row::{Column, Row};
use crate::json::{Tree, Value};
use crate::parquet::FileError;

const fn column(name: &'static str, kind: CellKind) -> AnswerColumn {
    AnswerColumn { name, kind }
}

/// The columns that each has; the others follow them.
const COMMON: [AnswerColumn; 5] = [
    column("event_id", CellKind::Text),
    column("event_time", CellKind::Time),
    column("event_name", CellKind::Text),
    column("principal_arn", CellKind::Text),
    column("kms_key_arn", CellKind::Text),
];

pub(super) const DELETIONS: &[AnswerColumn] = &COMMON;

const DIGEST: AnswerColumn = column("policy_digest", CellKind::Text);

pub(super) const POLICY_CHANGES: &[AnswerColumn] = {
    let [id, time, name, principal, key] = COMMON;
    &[id, time, name, principal, key, DIGEST]
};

pub(super) const GRANTS: &[AnswerColumn] = {
    let [id, time, name, principal, key] = COMMON;
    let (grant, grantee) = (column("grant_id", CellKind::Text), column("grantee", CellKind::Text));
    &[id, time, name, principal, key, DIGEST, grant, grantee, column("operations", CellKind::Texts)]
};

/// Events as they come.
pub(super) struct List {
    /// Whether calls that failed are wanted: who tried to delete a key is asked as well, but a policy that was not
    /// put and a grant that was not made changed nothing.
    failed_too: bool,
    more: fn(Row<'_>, &mut Tree, &mut Vec<Cell>),
    rows: Vec<Vec<Cell>>,
    tree: Tree,
}

impl List {
    fn new(failed_too: bool, more: fn(Row<'_>, &mut Tree, &mut Vec<Cell>)) -> Self {
        Self { failed_too, more, rows: Vec::new(), tree: Tree::default() }
    }

    pub(super) fn deletions() -> Self {
        Self::new(true, |_, _, _| {})
    }

    pub(super) fn policy_changes() -> Self {
        Self::new(false, |row, _, cells| cells.push(Cell::text(row.text(Column::PolicyDigest))))
    }

    pub(super) fn grants() -> Self {
        Self::new(false, grant)
    }
}

impl Fold for List {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        if self.failed_too || row.succeeded() {
            let text = |column| Cell::text(row.text(column));
            let mut cells = vec![
                text(Column::EventId),
                Cell::Time(row.time()?),
                text(Column::EventName),
                text(Column::PrincipalArn),
                text(Column::KmsKeyArn),
            ];
            (self.more)(row, &mut self.tree, &mut cells);
            self.rows.push(cells);
        }
        Ok(())
    }

    /// By time, then id.
    fn finish(self: Box<Self>) -> Vec<Vec<Cell>> {
        self.rows
    }
}

/// The grant that the event is about, which is another than the one that may have allowed it.
fn grant(row: Row<'_>, tree: &mut Tree, cells: &mut Vec<Cell>) {
    let mut grant = None;
    for column in [Column::ResponseElements, Column::RequestParameters, Column::AdditionalEventData] {
        grant = grant.or_else(|| read(row, column, tree)?.text_member("grantId").map(|text| text.into_owned()));
    }
    let parameters = read(row, Column::RequestParameters, tree);
    let grantee = parameters.and_then(|parameters| parameters.text_member("granteePrincipal"));
    let operations = parameters.and_then(|parameters| parameters.member("operations"));
    let operations = operations.map(|operations| {
        let mut texts: Vec<_> = operations.elements().filter_map(|text| Some(text.as_text()?.into_owned())).collect();
        texts.sort();
        texts
    });
    cells.push(Cell::text(row.text(Column::PolicyDigest)));
    cells.push(Cell::text(grant.as_deref()));
    cells.push(Cell::text(grantee.as_deref()));
    cells.push(operations.map_or(Cell::Null, Cell::Texts));
}

fn read<'a>(row: Row<'a>, column: Column, tree: &'a mut Tree) -> Option<Value<'a>> {
    tree.read(row.text(column)?).ok()
}
