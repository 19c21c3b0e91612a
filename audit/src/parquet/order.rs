//! The rows of a batch in the order that the table says.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch, StringArray, UInt32Array};

use super::FileError;

/// The rows of a batch in the order that the table says, and then of their places in the log.
pub fn sort(batch: &RecordBatch) -> Result<RecordBatch, FileError> {
    let missing = |name: &str| FileError::Damaged(format!("no column `{name}`"));
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let source = text("event_source").ok_or_else(|| missing("event_source"))?;
    let key = text("kms_key_arn").ok_or_else(|| missing("kms_key_arn"))?;
    let time =
        batch.column_by_name("event_time").and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let time = time.ok_or_else(|| missing("event_time"))?;
    let leaf = batch.column_by_name("leaf_index").and_then(|column| column.as_primitive_opt::<Int64Type>());
    let leaf = leaf.ok_or_else(|| missing("leaf_index"))?;
    let (sources, keys) = (ranks(source), ranks(key));
    let mut order: Vec<(u32, u32, i64, i64, u32)> = (0..batch.num_rows() as u32)
        .zip(sources.iter().zip(keys.iter()).zip(time.values().iter().zip(leaf.values().iter())))
        .map(|(row, ((source, key), (time, leaf)))| (*source, *key, *time, *leaf, row))
        .collect();
    order.sort_unstable();
    let rows = UInt32Array::from_iter_values(order.into_iter().map(|(.., row)| row));
    let columns = batch.columns().iter().map(|column| arrow_select::take::take(column, &rows, None));
    Ok(RecordBatch::try_new(batch.schema(), columns.collect::<Result<_, _>>()?)?)
}

/// For each row, which of the distinct values it has, counted in their order; NULL is last.
fn ranks(values: &StringArray) -> Vec<u32> {
    let mut distinct = std::collections::HashMap::new();
    let mut names = Vec::new();
    let mut ids = Vec::with_capacity(values.len());
    for value in values.iter() {
        let id = *distinct.entry(value).or_insert_with(|| {
            names.push(value);
            names.len() as u32 - 1
        });
        ids.push(id);
    }
    let mut order: Vec<u32> = (0..names.len() as u32).collect();
    let name = |id: &u32| names.get(*id as usize).copied().flatten();
    order.sort_unstable_by(|a, b| match (name(a), name(b)) {
        (Some(a), Some(b)) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    let mut rank = vec![0; names.len()];
    for (place, id) in order.iter().enumerate() {
        if let Some(rank) = rank.get_mut(*id as usize) {
            *rank = place as u32;
        }
    }
    ids.iter().map(|id| rank.get(*id as usize).copied().unwrap_or_default()).collect()
}
