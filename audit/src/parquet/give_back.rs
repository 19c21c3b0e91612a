//! From columns back to the JSON value that an event was.
//!
//! Objects of the remainder are merged over structs; anything else in it stands instead of what a column has. Names in
//! it are given back as they are spelled there, so that the same columns come of the event again.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, BooleanArray, ListArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow_array::{TimestampMicrosecondArray, types::Int64Type};

use super::FileError;
use crate::column::{COLUMNS, Field, Kind, LEAF_INDEX, REMAINDER, Source};
use crate::json::{Kind as Json, Tree, Value, write_string};
use crate::time::Timestamp;

/// The columns of a batch from which its events are given back.
pub struct EventColumns<'a> {
    members: Vec<Part<'a>>,
    remainder: Option<&'a StringArray>,
    leaf_index: Option<&'a [i64]>,
    tree: Tree,
}

struct Part<'a> {
    field: &'static Field,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Text(&'a StringArray),
    Json(&'a StringArray),
    Bool(&'a BooleanArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Map(&'a MapArray, &'a StringArray, &'a StringArray),
    List(&'a ListArray, Parts<'a>),
    Struct(Parts<'a>),
}

struct Parts<'a> {
    array: &'a StructArray,
    parts: Vec<Part<'a>>,
}

impl<'a> EventColumns<'a> {
    /// The names of the columns that a batch must have been read with.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let needed = |source| matches!(source, Source::Record | Source::Remainder | Source::Log);
        COLUMNS.iter().filter(move |column| needed(column.source)).map(|column| column.field.name)
    }

    /// Looks at a batch. Columns that its file does not have count as NULL.
    pub fn new(batch: &'a RecordBatch) -> Result<Self, FileError> {
        let mut members = Vec::new();
        for column in COLUMNS.iter().filter(|column| column.source == Source::Record) {
            if let Some(array) = batch.column_by_name(column.field.name) {
                members.push(Part::new(&column.field, array)?);
            }
        }
        let remainder = batch.column_by_name(REMAINDER).map(|array| text(array, REMAINDER)).transpose()?;
        let leaf_index = batch.column_by_name(LEAF_INDEX).and_then(|array| array.as_primitive_opt::<Int64Type>());
        let leaf_index = leaf_index.map(|array| array.values().as_ref());
        Ok(Self { members, remainder, leaf_index, tree: Tree::default() })
    }

    /// The place of the event of a row in its log.
    pub fn leaf_index(&self, row: usize) -> Option<u64> {
        self.leaf_index?.get(row).and_then(|index| u64::try_from(*index).ok())
    }

    /// Writes the event of a row.
    pub fn write(&mut self, row: usize, out: &mut Vec<u8>) -> Result<(), FileError> {
        let remainder = self.remainder.filter(|array| row < array.len() && array.is_valid(row));
        let remainder = match remainder {
            Some(array) => {
                let read = self.tree.read(array.value(row));
                Some(read.map_err(|error| FileError::Damaged(format!("remainder: {error}")))?)
            }
            None => None,
        };
        write_object(&self.members, row, remainder, out);
        Ok(())
    }
}

impl<'a> Part<'a> {
    fn new(field: &'static Field, array: &'a ArrayRef) -> Result<Self, FileError> {
        let unlike = || FileError::Damaged(format!("column `{}` is not as the table says", field.name));
        let cells = match field.kind {
            Kind::Text => Cells::Text(text(array, field.name)?),
            Kind::Json => Cells::Json(text(array, field.name)?),
            Kind::Bool => Cells::Bool(array.as_boolean_opt().ok_or_else(unlike)?),
            Kind::Timestamp => {
                Cells::Timestamp(array.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(unlike)?)
            }
            Kind::Map => {
                let map = array.as_map_opt().ok_or_else(unlike)?;
                Cells::Map(map, text(map.keys(), field.name)?, text(map.values(), field.name)?)
            }
            Kind::List(fields) => {
                let list = array.as_list_opt::<i32>().ok_or_else(unlike)?;
                Cells::List(list, Parts::new(fields, list.values().as_struct_opt().ok_or_else(unlike)?)?)
            }
            Kind::Struct(fields) => Cells::Struct(Parts::new(fields, array.as_struct_opt().ok_or_else(unlike)?)?),
            Kind::Integer => return Err(unlike()),
        };
        Ok(Self { field, cells })
    }

    /// Whether the column alone has a value in this row.
    fn has(&self, row: usize) -> bool {
        match &self.cells {
            Cells::Text(array) | Cells::Json(array) => array.is_valid(row),
            Cells::Bool(array) => array.is_valid(row),
            Cells::Timestamp(array) => array.is_valid(row),
            Cells::Map(array, ..) => array.is_valid(row),
            Cells::List(array, _) => array.is_valid(row),
            Cells::Struct(parts) => parts.array.is_valid(row),
        }
    }

    fn write(&self, row: usize, remainder: Option<Value<'_>>, out: &mut Vec<u8>) {
        match &self.cells {
            Cells::Text(array) => write_string(array.value(row), out),
            Cells::Json(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Cells::Bool(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            Cells::Timestamp(array) => {
                write_string(&Timestamp::from_micros(array.value(row)).to_string(), out);
            }
            Cells::Map(array, keys, values) => {
                let mut separator = b'{';
                for pair in range(array.value_offsets(), row) {
                    out.push(std::mem::replace(&mut separator, b','));
                    write_string(keys.value(pair), out);
                    out.push(b':');
                    write_string(values.value(pair), out);
                }
                out.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
            }
            Cells::List(array, elements) => {
                let mut separator = b'[';
                for element in range(array.value_offsets(), row) {
                    out.push(std::mem::replace(&mut separator, b','));
                    write_object(&elements.parts, element, None, out);
                }
                out.extend_from_slice(if separator == b'[' { b"[]" } else { b"]" });
            }
            Cells::Struct(parts) => write_object(&parts.parts, row, remainder, out),
        }
    }
}

impl<'a> Parts<'a> {
    fn new(fields: &'static [Field], array: &'a StructArray) -> Result<Self, FileError> {
        let mut parts = Vec::new();
        for field in fields {
            if let Some(column) = array.column_by_name(field.name) {
                parts.push(Part::new(field, column)?);
            }
        }
        Ok(Self { array, parts })
    }
}

fn text<'a>(array: &'a ArrayRef, name: &str) -> Result<&'a StringArray, FileError> {
    let text = array.as_string_opt::<i32>();
    text.ok_or_else(|| FileError::Damaged(format!("column `{name}` is not as the table says")))
}

fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let offset = |at: usize| offsets.get(at).map_or(0, |offset| *offset as usize);
    offset(row)..offset(row + 1)
}

fn write_object(parts: &[Part<'_>], row: usize, remainder: Option<Value<'_>>, out: &mut Vec<u8>) {
    let mut separator = b'{';
    for part in parts {
        let is_it = |(name, _): &(Value<'_>, Value<'_>)| name.text_value() == part.field.json;
        let (name, left) = remainder.iter().flat_map(Value::names).find(is_it).unzip();
        let merged = left.is_none_or(|left| left.kind() == Json::Object && matches!(part.cells, Cells::Struct(_)));
        if left.is_none() && !part.has(row) {
            continue;
        }
        out.push(std::mem::replace(&mut separator, b','));
        match name {
            Some(name) => out.extend_from_slice(name.compact().as_bytes()),
            None => write_string(part.field.json, out),
        }
        out.push(b':');
        match left.filter(|_| !merged) {
            Some(left) => out.extend_from_slice(left.compact().as_bytes()),
            None => part.write(row, left, out),
        }
    }
    for (name, value) in remainder.iter().flat_map(Value::names) {
        let text = name.text_value();
        if !parts.iter().any(|part| part.field.json == text) {
            out.push(std::mem::replace(&mut separator, b','));
            out.extend_from_slice(name.compact().as_bytes());
            out.push(b':');
            out.extend_from_slice(value.compact().as_bytes());
        }
    }
    out.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
}
