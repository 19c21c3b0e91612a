//! From events to columns. What no column gives back goes into the remainder, so that nothing is lost.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, BooleanBuilder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, RecordBatch, StringArray, StructArray, UInt32Array};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, Fields, SchemaRef};

use super::FileError;
use crate::column::{COLUMNS, Field, Kind, Source, data_type, parts, schema};
use crate::event::{Event, Promoted};
use crate::json::{Kind as Json, Value};
use crate::time::Timestamp;

/// Events that become the rows of one batch.
pub struct Rows {
    schema: SchemaRef,
    columns: Vec<Builder>,
    /// Columns that are members of the record, by their JSON name.
    members: Vec<(&'static str, usize)>,
    remainder: String,
    rows: usize,
}

enum Builder {
    Text(StringBuilder),
    Json(StringBuilder),
    Bool(BooleanBuilder),
    Integer(Int64Builder),
    Timestamp(Int64Builder),
    Map(Box<MapBuilder>),
    List(Box<ListBuilder>),
    Struct(Box<StructBuilder>),
}

struct MapBuilder {
    keys: StringBuilder,
    values: StringBuilder,
    ends: Ends,
}

struct ListBuilder {
    element: StructBuilder,
    ends: Ends,
}

/// Where lists and maps end, and which are NULL.
struct Ends {
    offsets: Vec<i32>,
    validity: NullBufferBuilder,
}

struct StructBuilder {
    fields: &'static [Field],
    parts: Vec<Builder>,
    /// Parts by their JSON name.
    members: Vec<(&'static str, usize)>,
    validity: NullBufferBuilder,
}

impl Default for Rows {
    fn default() -> Self {
        let sources = COLUMNS.iter().enumerate().filter(|(_, column)| column.source == Source::Record);
        let mut members: Vec<_> = sources.map(|(index, column)| (column.field.json, index)).collect();
        members.sort_unstable();
        let columns = COLUMNS.iter().map(|column| Builder::new(column.field.kind)).collect();
        Self { schema: schema(), columns, members, remainder: String::new(), rows: 0 }
    }
}

impl Rows {
    /// Adds an event that has this place in its log.
    pub fn append(&mut self, event: &Event<'_>, leaf_index: u64) {
        let record = event.record();
        self.remainder.clear();
        self.remainder.push('{');
        let mut members = self.members.iter();
        for (name, value) in record.sorted_names() {
            let spelled = name.text_value();
            let builder = next_field(&mut members, &spelled, |index| {
                if let Some(column) = self.columns.get_mut(index) {
                    column.append_null();
                }
            });
            match builder.and_then(|index| self.columns.get_mut(index)) {
                Some(Builder::Timestamp(column)) => {
                    column.append_value(event.time().micros());
                    if !is_usual(value.written(), event.time()) {
                        leave(&mut self.remainder, name, value);
                    }
                }
                Some(column) => {
                    column.append_member(name, value, &mut self.remainder);
                }
                None => leave(&mut self.remainder, name, value),
            }
        }
        for (_, index) in members {
            if let Some(column) = self.columns.get_mut(*index) {
                column.append_null();
            }
        }
        self.append_computed(&event.promoted(), leaf_index);
        self.rows += 1;
    }

    fn append_computed(&mut self, promoted: &Promoted<'_>, leaf_index: u64) {
        self.remainder.push('}');
        for (column, builder) in COLUMNS.iter().zip(&mut self.columns) {
            match (column.source, builder) {
                (Source::Promoted, Builder::Text(builder)) => builder.append_option(promoted.text(column.field.name)),
                (Source::Promoted, Builder::Map(builder)) => builder.append_loosely(promoted.map(column.field.name)),
                (Source::Remainder, Builder::Json(builder)) => {
                    builder.append_option((self.remainder.len() > 2).then_some(&self.remainder));
                }
                (Source::Log, Builder::Integer(builder)) => {
                    builder.append_value(i64::try_from(leaf_index).unwrap_or(i64::MAX));
                }
                _ => {}
            }
        }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The events as a batch, in the order in which they came; none are left. [`sort`] makes a row group of it.
    pub fn finish(&mut self) -> Result<RecordBatch, FileError> {
        self.rows = 0;
        let columns = self.columns.iter_mut().map(Builder::finish).collect::<Result<_, _>>()?;
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

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

/// Whether a time is spelled as it will be given back. All of CloudTrail's are.
fn is_usual(written: &str, time: Timestamp) -> bool {
    let whole_second =
        matches!(written.as_bytes(), [date @ .., b'Z'] if date.len() == 19 && date.get(10) == Some(&b'T'));
    whole_second || written == time.to_string()
}

/// Both the members of an object and the fields are sorted: passes over the fields that the object does not have, and
/// returns the field of that name if there is one.
fn next_field(
    fields: &mut std::slice::Iter<'_, (&'static str, usize)>,
    name: &str,
    mut absent: impl FnMut(usize),
) -> Option<usize> {
    loop {
        let (field, index) = fields.as_slice().first()?;
        match field.as_bytes().cmp(name.as_bytes()) {
            Ordering::Less => absent(*index),
            Ordering::Equal => {
                fields.next();
                return Some(*index);
            }
            Ordering::Greater => return None,
        }
        fields.next();
    }
}

/// Leaves a member to the remainder.
fn leave(remainder: &mut String, name: Value<'_>, value: Value<'_>) {
    begin(remainder, name);
    value.write_compact(remainder);
}

fn begin(remainder: &mut String, name: Value<'_>) {
    if !remainder.ends_with('{') {
        remainder.push(',');
    }
    name.write_compact(remainder);
    remainder.push(':');
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Json => Builder::Json(StringBuilder::new()),
            Kind::Bool => Builder::Bool(BooleanBuilder::new()),
            Kind::Integer => Builder::Integer(Int64Builder::new()),
            Kind::Timestamp => Builder::Timestamp(Int64Builder::new()),
            Kind::Map => Builder::Map(Box::new(MapBuilder {
                keys: StringBuilder::new(),
                values: StringBuilder::new(),
                ends: Ends::new(),
            })),
            Kind::List(fields) => {
                Builder::List(Box::new(ListBuilder { element: StructBuilder::new(fields), ends: Ends::new() }))
            }
            Kind::Struct(fields) => Builder::Struct(Box::new(StructBuilder::new(fields))),
        }
    }

    fn append_null(&mut self) {
        match self {
            Builder::Text(builder) | Builder::Json(builder) => builder.append_null(),
            Builder::Bool(builder) => builder.append_null(),
            Builder::Integer(builder) | Builder::Timestamp(builder) => builder.append_null(),
            Builder::Map(builder) => builder.ends.append(builder.keys.len(), false),
            Builder::List(builder) => builder.ends.append(builder.element.validity.len(), false),
            Builder::Struct(builder) => builder.append_null(),
        }
    }

    /// Adds the value of a member, leaves to the remainder what the column does not give back, and tells whether the
    /// column has anything of it.
    fn append_member(&mut self, name: Value<'_>, value: Value<'_>, remainder: &mut String) -> bool {
        let fits = match (&mut *self, value.kind()) {
            (Builder::Struct(builder), Json::Object) => {
                let mark = remainder.len();
                begin(remainder, name);
                remainder.push('{');
                let inside = remainder.len();
                let has_parts = builder.append(value, remainder);
                match has_parts && remainder.len() == inside {
                    true => remainder.truncate(mark),
                    false => remainder.push('}'),
                }
                return has_parts;
            }
            (Builder::Map(builder), Json::Object) => builder.append(value),
            (Builder::List(builder), Json::List) => builder.append(value, remainder),
            (Builder::Bool(builder), Json::True | Json::False) => {
                builder.append_option(value.as_bool());
                true
            }
            (Builder::Text(builder), Json::Text) => {
                builder.append_value(value.text_value());
                true
            }
            (Builder::Json(builder), kind) if kind != Json::Null => {
                builder.append_value(value.compact());
                true
            }
            _ => {
                self.append_null();
                false
            }
        };
        if !fits {
            leave(remainder, name, value);
        }
        fits
    }

    fn finish(&mut self) -> Result<ArrayRef, FileError> {
        Ok(match self {
            Builder::Text(builder) | Builder::Json(builder) => Arc::new(finish_text(builder)),
            Builder::Bool(builder) => Arc::new(builder.finish()),
            Builder::Integer(builder) => Arc::new(builder.finish()),
            Builder::Timestamp(builder) => {
                let array = builder.finish().reinterpret_cast::<TimestampMicrosecondType>();
                Arc::new(array.with_timezone("UTC"))
            }
            Builder::Map(builder) => builder.finish()?,
            Builder::List(builder) => builder.finish()?,
            Builder::Struct(builder) => builder.finish()?,
        })
    }
}

/// The texts as an array. The next batch will need about as much memory, so that it need not grow into it.
fn finish_text(builder: &mut StringBuilder) -> StringArray {
    let array = builder.finish();
    *builder = StringBuilder::with_capacity(array.len(), array.values().len() + array.values().len() / 8);
    array
}

impl MapBuilder {
    /// Adds the pairs of an object if all its values are texts.
    fn append(&mut self, object: Value<'_>) -> bool {
        let fits = object.members().all(|(_, value)| value.kind() == Json::Text);
        if fits {
            for (key, value) in object.members() {
                self.keys.append_value(key);
                self.values.append_value(value.text_value());
            }
        }
        self.ends.append(self.keys.len(), fits);
        fits
    }

    /// Adds the pairs of an object; a value that is no text is added as JSON.
    fn append_loosely(&mut self, object: Option<Value<'_>>) {
        for (key, value) in object.iter().flat_map(Value::members) {
            self.keys.append_value(key);
            match value.kind() {
                Json::Text => self.values.append_value(value.text_value()),
                Json::Null => self.values.append_null(),
                _ => self.values.append_value(value.compact()),
            }
        }
        self.ends.append(self.keys.len(), object.is_some());
    }

    fn finish(&mut self) -> Result<ArrayRef, FileError> {
        let DataType::Map(entry, _) = data_type(Kind::Map) else { return Err(unlike_table()) };
        let DataType::Struct(pair) = entry.data_type() else { return Err(unlike_table()) };
        let columns: Vec<ArrayRef> =
            vec![Arc::new(finish_text(&mut self.keys)), Arc::new(finish_text(&mut self.values))];
        let pairs = StructArray::try_new(pair.clone(), columns, None)?;
        let (offsets, validity) = self.ends.finish();
        Ok(Arc::new(MapArray::try_new(entry, offsets, pairs, validity, false)?))
    }
}

impl ListBuilder {
    /// Adds a list, and tells whether it can be given back from here. Elements stand here in any case, as far as they
    /// fit, so that questions find them.
    fn append(&mut self, list: Value<'_>, scratch: &mut String) -> bool {
        let mark = scratch.len();
        scratch.push('{');
        let mut fits = true;
        for element in list.elements() {
            match element.kind() {
                Json::Object => fits &= self.element.append(element, scratch),
                _ => {
                    self.element.append_null();
                    fits = false;
                }
            }
        }
        fits &= scratch.len() == mark + 1;
        scratch.truncate(mark);
        self.ends.append(self.element.validity.len(), true);
        fits
    }

    fn finish(&mut self) -> Result<ArrayRef, FileError> {
        let fields = self.element.fields;
        let DataType::List(element) = data_type(Kind::List(fields)) else { return Err(unlike_table()) };
        let elements = self.element.finish()?;
        let (offsets, validity) = self.ends.finish();
        Ok(Arc::new(ListArray::try_new(element, offsets, elements, validity)?))
    }
}

fn unlike_table() -> FileError {
    FileError::Damaged("a builder is not of its column's type".to_owned())
}

impl Ends {
    fn new() -> Self {
        Self { offsets: vec![0], validity: NullBufferBuilder::new(1024) }
    }

    fn append(&mut self, end: usize, is_valid: bool) {
        self.offsets.push(end as i32);
        self.validity.append(is_valid);
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<arrow_buffer::NullBuffer>) {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        (OffsetBuffer::new(offsets.into()), self.validity.finish())
    }
}

impl StructBuilder {
    fn new(fields: &'static [Field]) -> Self {
        let mut members: Vec<_> = fields.iter().enumerate().map(|(index, field)| (field.json, index)).collect();
        members.sort_unstable();
        let parts = fields.iter().map(|field| Builder::new(field.kind)).collect();
        Self { fields, parts, members, validity: NullBufferBuilder::new(1024) }
    }

    fn append_null(&mut self) {
        self.parts.iter_mut().for_each(Builder::append_null);
        self.validity.append(false);
    }

    /// Adds an object, leaves to the remainder what does not fit, and tells whether any part did. Without a part the
    /// struct is NULL.
    fn append(&mut self, object: Value<'_>, remainder: &mut String) -> bool {
        let mut members = self.members.iter();
        let mut has_parts = false;
        for (name, value) in object.sorted_names() {
            let spelled = name.text_value();
            let index = next_field(&mut members, &spelled, |index| {
                if let Some(part) = self.parts.get_mut(index) {
                    part.append_null();
                }
            });
            match index.and_then(|index| self.parts.get_mut(index)) {
                Some(part) => has_parts |= part.append_member(name, value, remainder),
                None => leave(remainder, name, value),
            }
        }
        for (_, index) in members {
            if let Some(part) = self.parts.get_mut(*index) {
                part.append_null();
            }
        }
        self.validity.append(has_parts);
        has_parts
    }

    fn finish(&mut self) -> Result<ArrayRef, FileError> {
        let fields: Fields = parts(self.fields);
        let columns = self.parts.iter_mut().map(Builder::finish).collect::<Result<_, _>>()?;
        Ok(Arc::new(StructArray::try_new(fields, columns, self.validity.finish())?))
    }
}
