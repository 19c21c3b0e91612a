//! The columns of the file, and the definition levels that their lists have.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};

/// A list without elements.
pub(super) const EMPTY: u8 = 1;

/// An element of a list.
pub(super) const ELEMENT: u8 = 3;

/// A list without elements in an element of a list.
pub(super) const NO_VALUES: u8 = 4;

/// An element of a list in an element of a list.
pub(super) const VALUE: u8 = 5;

const BY: [&str; 4] = ["via", "policy", "sid", "source"];
const PATH: [&str; 5] = ["principal", "action", "resource", "only_if", "why"];

pub(super) fn schema() -> SchemaRef {
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
