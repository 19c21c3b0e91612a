//! Any SQL over the log, answered by DataFusion: the table `events` has every column, and `dt`, the day in UTC.
//!
//! Sealed files and the unsealed journal together are the table, each event once. Only questions are answered:
//! nothing can be made, changed or written. An answer comes in pieces, so it may be larger than the memory; what
//! sorting and grouping must hold has a limit, beyond which it goes to temporary files or fails.
//! Rows without `ORDER BY` come in the order of the files, the journal last.

mod answer;
mod table;

use std::path::Path;
use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures_util::StreamExt;
use tokio::runtime::Runtime;

use crate::disk::LocalDisk;
use crate::folder::Folder;
use crate::journal::{JournalError, Snapshot, snapshot};
use crate::limits::{SQL_BYTES_MAX, SQL_MEMORY_BYTES_MAX, SQL_STACK_BYTES};
use crate::parquet::FileError;

pub use answer::{Columns, ParquetFile, Rows};

/// Who takes an answer, piece by piece.
pub trait Take {
    /// Its columns, before any row.
    fn columns(&mut self, columns: &Columns) -> std::io::Result<()>;

    /// Some of its rows.
    fn rows(&mut self, rows: &Rows) -> std::io::Result<()>;
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The folder could not be looked at.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal's events, or the answer, could not be put into columns.
    #[error(transparent)]
    File(#[from] FileError),
    /// The query is wrong, or could not be run.
    #[error("{0}")]
    Query(String),
    /// Two columns of the answer have one name.
    #[error("two columns of the answer are called `{0}`; give one another name with AS")]
    SameName(String),
    /// The query is too long.
    #[error("the query is longer than {SQL_BYTES_MAX} bytes")]
    TooLong,
    /// Files were compacted while the answer was on its way.
    #[error("the log was compacted while the answer was read; ask again")]
    Moved,
    /// Nobody could take the answer.
    #[error("cannot write the answer: {0}")]
    Take(std::io::Error),
    /// No thread could be had to run it on.
    #[error(transparent)]
    Start(std::io::Error),
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        SqlError::Query(error.strip_backtrace())
    }
}

/// How often a query is run again when files were compacted away under it.
const ATTEMPTS_MAX: usize = 5;

/// Runs a query over the audit folder at a path of this machine.
pub fn query(path: &Path, sql: &str, take: &mut (dyn Take + Send)) -> Result<(), SqlError> {
    if sql.len() > SQL_BYTES_MAX {
        return Err(SqlError::TooLong);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("sql".to_owned()).stack_size(SQL_STACK_BYTES);
        let thread = thread.spawn_scoped(scope, || attempts(path, sql, take)).map_err(SqlError::Start)?;
        thread.join().unwrap_or_else(|_| Err(SqlError::Query("the query engine gave up".to_owned())))
    })
}

fn attempts(path: &Path, sql: &str, take: &mut dyn Take) -> Result<(), SqlError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SqlError::Start)?;
    let folder = Folder::new(Arc::new(LocalDisk::new(path)));
    let mut attempt = 1;
    loop {
        let now = snapshot(&folder)?;
        let mut begun = false;
        match run(&runtime, path, &now, sql, take, &mut begun) {
            Err(SqlError::Query(message)) => match snapshot(&folder)?.files == now.files {
                true => return Err(SqlError::Query(message)),
                false if begun => return Err(SqlError::Moved),
                false if attempt >= ATTEMPTS_MAX => return Err(SqlError::Query(message)),
                false => attempt += 1,
            },
            answer => return answer,
        }
    }
}

fn run(
    runtime: &Runtime,
    path: &Path,
    now: &Snapshot,
    sql: &str,
    take: &mut dyn Take,
    begun: &mut bool,
) -> Result<(), SqlError> {
    let context = context()?;
    let plan: Arc<dyn ExecutionPlan> = runtime.block_on(async {
        context.register_table("events", table::events(&context, path, now)?.into_view())?;
        let only_questions = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let found = context.sql_with_options(sql, only_questions).await?;
        Ok::<_, SqlError>(found.create_physical_plan().await?)
    })?;
    let columns = Columns::new(plan.schema())?;
    let _entered = runtime.enter();
    // One after another, or the rows would be in another order each time.
    for mut stream in execute_stream_partitioned(plan, context.task_ctx())? {
        while let Some(batch) = runtime.block_on(stream.next()) {
            let batch = batch?;
            if !std::mem::replace(begun, true) {
                take.columns(&columns).map_err(SqlError::Take)?;
            }
            take.rows(&Rows::new(batch)).map_err(SqlError::Take)?;
        }
    }
    match begun {
        true => Ok(()),
        false => take.columns(&columns).map_err(SqlError::Take),
    }
}

fn context() -> Result<SessionContext, SqlError> {
    let mut config = SessionConfig::new().with_target_partitions(1);
    config.options_mut().execution.parquet.pushdown_filters = true;
    config.options_mut().execution.parquet.schema_force_view_types = false;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(SQL_MEMORY_BYTES_MAX, 1.0).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}
