//! Any SQL over the log, answered by DataFusion: the table `events` has every column, and `dt`, the day in UTC.
//!
//! Sealed files and the unsealed journal together are the table, each event once. Only questions are answered:
//! nothing can be made, changed or written.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use datafusion::arrow::json::WriterBuilder;
use datafusion::arrow::json::writer::JsonArray;
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::functions::expr_fn::to_char;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext, col, lit};

use crate::column::schema;
use crate::disk::LocalDisk;
use crate::folder::{DayFile, Folder};
use crate::journal::{JournalError, Snapshot, snapshot};
use crate::limits::SQL_MEMORY_BYTES_MAX;
use crate::parquet::{FileError, Rows};

/// What a query found.
#[derive(Debug, Clone)]
pub struct SqlAnswer {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
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
    /// No thread could be had to run it on.
    #[error(transparent)]
    Start(#[from] std::io::Error),
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        SqlError::Query(error.strip_backtrace())
    }
}

/// How often a query is run again when files were compacted away under it.
const ATTEMPTS_MAX: usize = 5;

/// Runs a query over the audit folder at a path of this machine.
pub fn query(path: &Path, sql: &str) -> Result<SqlAnswer, SqlError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let folder = Folder::new(Arc::new(LocalDisk::new(path)));
    let mut attempt = 1;
    loop {
        let now = snapshot(&folder)?;
        match runtime.block_on(run(path, &now, sql)) {
            Err(SqlError::Query(_)) if attempt < ATTEMPTS_MAX && snapshot(&folder)?.files != now.files => attempt += 1,
            answer => return answer,
        }
    }
}

async fn run(path: &Path, now: &Snapshot, sql: &str) -> Result<SqlAnswer, SqlError> {
    let mut config = SessionConfig::new();
    config.options_mut().execution.parquet.pushdown_filters = true;
    config.options_mut().execution.parquet.schema_force_view_types = false;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(SQL_MEMORY_BYTES_MAX, 1.0).build_arc()?;
    let context = SessionContext::new_with_config_rt(config, runtime);

    let mut events = context.read_batch(unsealed(now)?)?;
    if !now.files.is_empty() {
        events = context.read_table(Arc::new(sealed(path, &now.files)?))?.union(events)?;
    }
    let events = events.with_column("dt", to_char(col("event_time"), lit("%Y-%m-%d")))?;
    context.register_table("events", events.into_view())?;

    let only_questions = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let found = context.sql_with_options(sql, only_questions).await?;
    let schema = Arc::clone(found.schema().inner());
    Ok(SqlAnswer { schema, batches: found.collect().await? })
}

fn sealed(path: &Path, files: &[DayFile]) -> Result<ListingTable, SqlError> {
    let root = std::path::absolute(path)?;
    let url = |file: &DayFile| ListingTableUrl::parse(root.join(file.path()).to_string_lossy());
    let urls = files.iter().map(url).collect::<Result<Vec<_>, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema());
    Ok(ListingTable::try_new(config)?)
}

fn unsealed(now: &Snapshot) -> Result<RecordBatch, FileError> {
    let mut rows = Rows::default();
    now.unsealed.iter().for_each(|unsealed| rows.append(&unsealed.event.view(), unsealed.leaf_index));
    rows.finish()
}

impl SqlAnswer {
    /// The names of its columns.
    pub fn columns(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// The rows as a JSON list of objects, NULL as null.
    pub fn json(&self) -> Result<Vec<u8>, SqlError> {
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
        let batches: Vec<_> = self.batches.iter().collect();
        writer.write_batches(&batches).and_then(|()| writer.finish()).map_err(FileError::from)?;
        let bytes = writer.into_inner();
        Ok(if bytes.is_empty() { b"[]".to_vec() } else { bytes })
    }

    /// The rows as a Parquet file.
    pub fn parquet(&self) -> Result<Vec<u8>, SqlError> {
        Ok(crate::parquet::write_batches(self.schema.clone(), &self.batches, Vec::new())?)
    }
}
