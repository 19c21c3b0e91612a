//! The answer as Parquet: a row per key and principal, with the names of the JSON.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use arrow_array::builder::{ArrayBuilder, Int32Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use wardbook_inventory::access::{Entry, KeyAccess};

use super::{WhoCan, row};

/// How many rows become columns at a time: as many as stay in a processor's cache.
const BATCH_ROWS: usize = 1_024;

/// A page stays in a processor's cache while it is compressed.
const PAGE_BYTES: usize = 128 << 10;

/// The names of the principals of a large organization and of their policies fit in one dictionary.
const DICTIONARY_BYTES: usize = 16 << 20;

pub(super) fn write(report: &WhoCan<'_>, sink: &mut (dyn Write + Send)) -> anyhow::Result<()> {
    let schema = schema();
    let level = ZstdLevel::try_new(1).context("zstd has no such level")?;
    // No two witnesses are equal, and nobody looks for one.
    let witness = || ColumnPath::from("witness");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_column_dictionary_enabled(witness(), false)
        .set_column_statistics_enabled(witness(), EnabledStatistics::None)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_data_page_size_limit(PAGE_BYTES)
        .build();
    let mut writer = ArrowWriter::try_new(sink, Arc::clone(&schema), Some(properties))?;
    let mut columns = Columns::new(report.search.action());
    for access in &report.found {
        for entry in &access.entries {
            columns.add(report, access, entry);
            if columns.rows >= BATCH_ROWS {
                writer.write(&columns.batch(&schema)?)?;
            }
        }
    }
    writer.write(&columns.batch(&schema)?)?;
    writer.close()?;
    Ok(())
}

const BY: [&str; 4] = ["via", "policy", "sid", "source"];
const PATH: [&str; 5] = ["principal", "action", "resource", "only_if", "why"];

fn texts(names: &[&str]) -> Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

fn element(kind: DataType) -> Field {
    Field::new("element", kind, true)
}

fn restriction() -> Fields {
    let values = DataType::List(Arc::new(element(DataType::Utf8)));
    [
        Field::new("alternative", DataType::Int32, true),
        Field::new("key", DataType::Utf8, true),
        Field::new("operator", DataType::Utf8, true),
        Field::new("values", values, true),
    ]
    .into_iter()
    .collect()
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let list = |name: &str, fields: Fields| {
        Field::new(name, DataType::List(Arc::new(element(DataType::Struct(fields)))), true)
    };
    Arc::new(Schema::new(vec![
        text("action"),
        text("key"),
        text("state"),
        text("principal"),
        text("account"),
        text("kind"),
        text("tier"),
        list("by", texts(&BY)),
        text("only_if"),
        list("conditions", restriction()),
        text("witness"),
        list("path", texts(&PATH)),
    ]))
}

/// The columns of the rows that wait.
struct Columns {
    action: &'static str,
    rows: usize,
    /// action, key, state, principal, account, kind, tier
    first: [StringBuilder; 7],
    by: ListBuilder<StructBuilder>,
    only_if: StringBuilder,
    conditions: ListBuilder<StructBuilder>,
    witness: StringBuilder,
    /// A witness in the making.
    text: String,
    path: ListBuilder<StructBuilder>,
}

impl Columns {
    fn new(action: &'static str) -> Columns {
        let of_texts = |names: &[&str]| {
            let builders = names.iter().map(|_| Box::new(StringBuilder::new()) as Box<dyn ArrayBuilder>).collect();
            let fields = texts(names);
            let item = element(DataType::Struct(fields.clone()));
            ListBuilder::new(StructBuilder::new(fields, builders)).with_field(item)
        };
        let values = ListBuilder::new(StringBuilder::new()).with_field(element(DataType::Utf8));
        let restrictions: Vec<Box<dyn ArrayBuilder>> = vec![
            Box::new(Int32Builder::new()),
            Box::new(StringBuilder::new()),
            Box::new(StringBuilder::new()),
            Box::new(values),
        ];
        let conditions = ListBuilder::new(StructBuilder::new(restriction(), restrictions))
            .with_field(element(DataType::Struct(restriction())));
        Columns {
            action,
            rows: 0,
            first: std::array::from_fn(|_| StringBuilder::new()),
            by: of_texts(&BY),
            only_if: StringBuilder::new(),
            conditions,
            witness: StringBuilder::new(),
            text: String::new(),
            path: of_texts(&PATH),
        }
    }

    fn add<'w>(&mut self, report: &WhoCan<'w>, access: &KeyAccess<'w>, entry: &Entry) {
        self.rows += 1;
        let (world, answer) = (report.world, &entry.answer);
        let first = [
            Some(self.action),
            Some(&*access.key.arn),
            access.key.state.as_deref(),
            Some(entry.who.text(world)),
            row::account(world, &entry.who),
            Some(row::kind(world, &entry.who).name()),
            Some(answer.tier.name()),
        ];
        for (column, value) in self.first.iter_mut().zip(first) {
            column.append_option(value);
        }
        for by in report.cited.by(&report.search, access, entry) {
            let cells = [Some(by.via), Some(&*by.policy), by.sid.as_deref(), by.source.as_deref()];
            append(self.by.values(), &cells);
        }
        self.by.append(true);
        self.only_if.append_option(answer.only_if.as_ref().map(|only_if| only_if.text.as_str()));
        let alternatives = answer.only_if.iter().flat_map(|only_if| &only_if.alternatives);
        for (number, all) in (1_i32..).zip(alternatives) {
            for only in all {
                let builder = self.conditions.values();
                if let Some(column) = builder.field_builder::<Int32Builder>(0) {
                    column.append_value(number);
                }
                for (at, text) in [(1, &only.key), (2, &only.operator)] {
                    if let Some(column) = builder.field_builder::<StringBuilder>(at) {
                        column.append_value(text);
                    }
                }
                if let Some(column) = builder.field_builder::<ListBuilder<StringBuilder>>(3) {
                    only.values.iter().for_each(|value| column.values().append_value(value));
                    column.append(true);
                }
                builder.append(true);
            }
        }
        self.conditions.append(true);
        self.text.clear();
        report.witnesses.add(&mut self.text, &report.search, access, entry, world);
        self.witness.append_value(&self.text);
        for step in &answer.path {
            let who = step.who.text(world);
            let cells =
                [Some(who), Some(&*step.action), Some(&*step.resource), step.only_if.as_deref(), Some(&*step.why)];
            append(self.path.values(), &cells);
        }
        self.path.append(true);
    }

    fn batch(&mut self, schema: &SchemaRef) -> anyhow::Result<RecordBatch> {
        self.rows = 0;
        let mut arrays: Vec<ArrayRef> = self.first.iter_mut().map(|column| finished(column)).collect();
        arrays.push(Arc::new(self.by.finish()));
        arrays.push(finished(&mut self.only_if));
        arrays.push(Arc::new(self.conditions.finish()));
        arrays.push(finished(&mut self.witness));
        arrays.push(Arc::new(self.path.finish()));
        Ok(RecordBatch::try_new(Arc::clone(schema), arrays)?)
    }
}

/// The texts of a column; the next ones are about as long.
fn finished(column: &mut StringBuilder) -> ArrayRef {
    let next = StringBuilder::with_capacity(BATCH_ROWS, column.values_slice().len() / 8 * 9);
    Arc::new(std::mem::replace(column, next).finish())
}

/// Adds one struct of texts.
fn append(builder: &mut StructBuilder, cells: &[Option<&str>]) {
    for (at, cell) in cells.iter().enumerate() {
        if let Some(column) = builder.field_builder::<StringBuilder>(at) {
            column.append_option(*cell);
        }
    }
    builder.append(true);
}
