//! The table `events`: the sealed files, of which only those of the days in question are opened, and the journal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as Place;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use super::SqlError;
use crate::column::schema;
use crate::folder::DayFile;
use crate::journal::Snapshot;
use crate::parquet::Rows;

/// The day in UTC. No file has it inside: its folder says it.
const DAY: &str = "dt";

fn day_field() -> FieldRef {
    Arc::new(Field::new(DAY, DataType::Utf8, false))
}

/// The columns of a file, and the day.
fn columns() -> SchemaRef {
    let columns = schema();
    let fields: Vec<FieldRef> = columns.fields().iter().cloned().chain([day_field()]).collect();
    Arc::new(Schema::new(fields))
}

/// What a folder has.
pub(super) fn events(context: &SessionContext, folder: &Path, now: &Snapshot) -> Result<DataFrame, SqlError> {
    let unsealed = context.read_batch(unsealed(now)?)?;
    if now.files.is_empty() {
        return Ok(unsealed);
    }
    let root = std::path::absolute(folder).map_err(|error| SqlError::Query(error.to_string()))?;
    let sealed = context.read_table(Arc::new(Sealed { root, files: now.files.clone() }))?;
    match now.unsealed.is_empty() {
        true => Ok(sealed),
        false => Ok(sealed.union(unsealed)?),
    }
}

fn unsealed(now: &Snapshot) -> Result<RecordBatch, SqlError> {
    let mut rows = Rows::default();
    now.unsealed.iter().for_each(|unsealed| rows.append(&unsealed.event.view(), unsealed.leaf_index));
    let batch = rows.finish()?;
    let days: StringArray = now.unsealed.iter().map(|unsealed| Some(unsealed.event.view().time().date())).collect();
    let arrays: Vec<ArrayRef> = batch.columns().iter().cloned().chain([Arc::new(days) as ArrayRef]).collect();
    Ok(RecordBatch::try_new(columns(), arrays).map_err(DataFusionError::from)?)
}

/// The sealed files of a folder.
#[derive(Debug)]
struct Sealed {
    root: PathBuf,
    files: Vec<DayFile>,
}

impl Sealed {
    /// The files of the days for which these filters can be true.
    fn files(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<&DayFile>, DataFusionError> {
        let days: BTreeSet<&str> = self.files.iter().map(|file| file.date.as_str()).collect();
        let day_schema = Arc::new(Schema::new(vec![day_field()]));
        let array: ArrayRef = Arc::new(StringArray::from_iter_values(&days));
        let batch = RecordBatch::try_new(day_schema.clone(), vec![array])?;
        let columns = DFSchema::try_from(day_schema)?;
        let mut kept = days.clone();
        for filter in filters {
            let read = filter.column_refs();
            if read.is_empty() || read.iter().any(|column| column.name != DAY) || filter.is_volatile() {
                continue;
            }
            let filter = state.create_physical_expr(filter.clone(), &columns)?;
            let answers = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
            if let Some(answers) = answers.as_boolean_opt() {
                let holds = days.iter().zip(answers.iter()).filter(|(_, holds)| *holds == Some(true));
                let holds: BTreeSet<&str> = holds.map(|(day, _)| *day).collect();
                kept.retain(|day| holds.contains(day));
            }
        }
        Ok(self.files.iter().filter(|file| kept.contains(file.date.as_str())).collect())
    }
}

#[async_trait]
impl TableProvider for Sealed {
    fn schema(&self) -> SchemaRef {
        columns()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let file = |file: &DayFile| {
            let location = Place::from_absolute_path(self.root.join(file.path()))?;
            let (last_modified, size) = (Default::default(), file.length);
            let meta = ObjectMeta { location, last_modified, size, e_tag: None, version: None };
            let day = ScalarValue::from(file.date.as_str());
            Ok::<_, DataFusionError>(PartitionedFile::new_from_meta(meta).with_partition_values(vec![day]))
        };
        let files = self.files(state, filters)?.into_iter().map(file).collect::<Result<_, _>>()?;
        let columns = TableSchema::builder(schema()).with_table_partition_cols(vec![day_field()]).build();
        let source = ParquetSource::new(columns).with_table_parquet_options(state.default_table_options().parquet);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(vec![FileGroup::new(files)])
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
