//! The Arrow schema of the table, with the inner names that the Parquet standard gives to lists and maps.

use std::sync::Arc;

use arrow_schema::{DataType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};

use super::{COLUMNS, Field, Kind};

/// The schema of every file.
pub fn schema() -> SchemaRef {
    let field =
        |column: &super::Column| ArrowField::new(column.field.name, data_type(column.field.kind), column.nullable);
    Arc::new(Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>()))
}

/// The Arrow type of a kind.
pub fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Bool => DataType::Boolean,
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Integer => DataType::Int64,
        Kind::Map => {
            let pair = Fields::from(vec![
                ArrowField::new("key", DataType::Utf8, false),
                ArrowField::new("value", DataType::Utf8, true),
            ]);
            DataType::Map(Arc::new(ArrowField::new("key_value", DataType::Struct(pair), false)), false)
        }
        Kind::List(fields) => {
            DataType::List(Arc::new(ArrowField::new("element", DataType::Struct(parts(fields)), true)))
        }
        Kind::Struct(fields) => DataType::Struct(parts(fields)),
    }
}

/// The parts of a struct.
pub(crate) fn parts(fields: &[Field]) -> Fields {
    fields.iter().map(|field| ArrowField::new(field.name, data_type(field.kind), true)).collect()
}
