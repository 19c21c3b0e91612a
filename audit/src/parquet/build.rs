//! From rows to columns.
//!
//! Most columns are NULL in most rows. A column is not touched then: it is filled up with NULLs when its next value
//! comes, or when the batch ends.

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, BooleanBuilder, Int64Builder, StringBuilder};
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow_buffer::{NullBuffer, NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, SchemaRef};

use super::FileError;
use super::layout::{Content, Layout, ListSlots, MapSlots, Place, Slot, StructPlace, TABLE};
use super::row::{Encoder, Row, RowBuffer, TRUE};
use crate::column::{Kind, data_type, parts, schema};
use crate::event::Event;

/// Events that become the rows of one batch.
pub struct Rows {
    schema: SchemaRef,
    layout: Layout,
    encoder: Encoder,
    /// The event at hand.
    row: RowBuffer,
    slots: Vec<Builder>,
    groups: Vec<Group>,
    times: Int64Builder,
    leaves: Int64Builder,
}

/// The values of a slot.
enum Builder {
    Text(StringBuilder, usize),
    Bool(BooleanBuilder, usize),
    /// Keys or values of a map.
    Part(StringBuilder),
    Null,
    MapEnd(Ends, usize),
    Element(usize),
    ListEnd(Ends, usize, usize),
}

/// The rows of a struct.
struct Group {
    /// The struct around it, and the group whose rows are its rows.
    around: usize,
    counted: usize,
    /// How many rows are finished, if it counts them itself; with elements of a list, those that have begun.
    rows: usize,
    validity: NullBufferBuilder,
    /// How long the validity is.
    begun: usize,
}

/// Where lists and maps end, and which are NULL.
struct Ends {
    offsets: Vec<i32>,
    validity: NullBufferBuilder,
}

impl Default for Rows {
    fn default() -> Self {
        let layout = Layout::new();
        let slots = layout.slots.iter().map(|(content, group)| Builder::new(*content, *group)).collect();
        let group = |(around, counted): &(usize, usize)| {
            let (around, counted) = (*around, *counted);
            Group { around, counted, rows: 0, validity: NullBufferBuilder::new(0), begun: 0 }
        };
        Self {
            schema: schema(),
            encoder: Encoder::new(&layout),
            row: RowBuffer::default(),
            slots,
            groups: layout.groups.iter().map(group).collect(),
            layout,
            times: Int64Builder::new(),
            leaves: Int64Builder::new(),
        }
    }
}

impl Rows {
    /// Adds an event that has this place in its log.
    pub fn append(&mut self, event: &Event<'_>, leaf_index: u64) {
        let mut buffer = std::mem::take(&mut self.row);
        buffer.clear();
        let place = self.encoder.encode(event, &mut buffer);
        self.append_row(buffer.row(&place), leaf_index);
        self.row = buffer;
    }

    /// Adds a row that has this place in its log.
    pub(super) fn append_row(&mut self, row: Row<'_>, leaf_index: u64) {
        let mut at = 0;
        for mark in row.marks {
            let end = at + mark.length as usize;
            self.append_value(mark.slot, row.text.get(at..end).unwrap_or_default());
            at = end;
        }
        self.times.append_value(row.time.micros());
        self.leaves.append_value(i64::try_from(leaf_index).unwrap_or(i64::MAX));
        if let Some(table) = self.groups.get_mut(TABLE) {
            table.rows += 1;
        }
    }

    #[inline]
    fn append_value(&mut self, slot: Slot, text: &str) {
        let Some(builder) = self.slots.get_mut(slot as usize) else { return };
        match builder {
            Builder::Text(builder, group) => {
                let row = begin_part(&mut self.groups, *group);
                let absent = row.saturating_sub(builder.len());
                if absent > 0 {
                    builder.append_nulls(absent);
                }
                builder.append_value(text);
            }
            Builder::Bool(builder, group) => {
                let row = begin_part(&mut self.groups, *group);
                builder.append_nulls(row.saturating_sub(builder.len()));
                builder.append_value(text == TRUE);
            }
            Builder::Part(builder) => builder.append_value(text),
            Builder::Null => {
                if let Some(Builder::Part(values)) = self.slots.get_mut(slot as usize - 1) {
                    values.append_null();
                }
            }
            Builder::Element(group) => {
                if let Some(group) = self.groups.get_mut(*group) {
                    group.rows += 1;
                }
            }
            Builder::ListEnd(ends, group, elements) => {
                let end = self.groups.get(*elements).map_or(0, |elements| elements.rows);
                ends.append(begin_part(&mut self.groups, *group), end);
            }
            Builder::MapEnd(_, group) => {
                let row = begin_part(&mut self.groups, *group);
                let keys = match self.slots.get(slot as usize - 3) {
                    Some(Builder::Part(keys)) => keys.len(),
                    _ => 0,
                };
                if let Some(Builder::MapEnd(ends, _)) = self.slots.get_mut(slot as usize) {
                    ends.append(row, keys);
                }
            }
        }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events as a batch, in the order in which they came; none are left. [`sort`](super::sort) makes a row group
    /// of it.
    pub fn finish(&mut self) -> Result<RecordBatch, FileError> {
        let layout = std::mem::replace(&mut self.layout, Layout::none());
        let columns = layout.columns.iter().map(|place| self.finish_place(place, TABLE)).collect::<Result<_, _>>();
        self.layout = layout;
        if let Some(table) = self.groups.get_mut(TABLE) {
            table.rows = 0;
        }
        Ok(RecordBatch::try_new(self.schema.clone(), columns?)?)
    }

    /// How many rows the parts of a struct have.
    fn rows_of(&self, group: usize) -> usize {
        let counted = self.groups.get(group).map_or(TABLE, |group| group.counted);
        self.groups.get(counted).map_or(0, |group| group.rows)
    }

    fn finish_place(&mut self, place: &Place, group: usize) -> Result<ArrayRef, FileError> {
        let rows = self.rows_of(group);
        Ok(match place {
            Place::Text(slot) | Place::Json(slot) => match self.slots.get_mut(*slot as usize) {
                Some(Builder::Text(builder, _)) => {
                    builder.append_nulls(rows.saturating_sub(builder.len()));
                    Arc::new(finish_text(builder))
                }
                _ => return Err(unlike_table()),
            },
            Place::Bool(slot) => match self.slots.get_mut(*slot as usize) {
                Some(Builder::Bool(builder, _)) => {
                    builder.append_nulls(rows.saturating_sub(builder.len()));
                    Arc::new(builder.finish())
                }
                _ => return Err(unlike_table()),
            },
            Place::Integer => Arc::new(self.leaves.finish()),
            Place::Timestamp => {
                let array = self.times.finish().reinterpret_cast::<TimestampMicrosecondType>();
                Arc::new(array.with_timezone("UTC"))
            }
            Place::Map(slots) => self.finish_map(*slots, rows)?,
            Place::List(slots) => self.finish_list(slots, rows)?,
            Place::Struct(place) => Arc::new(self.finish_struct(place)?),
        })
    }

    fn finish_map(&mut self, slots: MapSlots, rows: usize) -> Result<ArrayRef, FileError> {
        let DataType::Map(entry, _) = data_type(Kind::Map) else { return Err(unlike_table()) };
        let DataType::Struct(pair) = entry.data_type() else { return Err(unlike_table()) };
        let mut columns: Vec<ArrayRef> = Vec::new();
        for slot in [slots.key, slots.value] {
            let Some(Builder::Part(builder)) = self.slots.get_mut(slot as usize) else { return Err(unlike_table()) };
            columns.push(Arc::new(finish_text(builder)));
        }
        let pairs = StructArray::try_new(pair.clone(), columns, None)?;
        let Some(Builder::MapEnd(ends, _)) = self.slots.get_mut(slots.end as usize) else {
            return Err(unlike_table());
        };
        let (offsets, validity) = ends.finish(rows);
        Ok(Arc::new(MapArray::try_new(entry, offsets, pairs, validity, false)?))
    }

    fn finish_list(&mut self, slots: &ListSlots, rows: usize) -> Result<ArrayRef, FileError> {
        let DataType::List(element) = data_type(Kind::List(slots.parts.fields)) else { return Err(unlike_table()) };
        let elements = self.finish_struct(&slots.parts)?;
        if let Some(group) = self.groups.get_mut(slots.parts.group) {
            group.rows = 0;
        }
        let Some(Builder::ListEnd(ends, ..)) = self.slots.get_mut(slots.end as usize) else {
            return Err(unlike_table());
        };
        let (offsets, validity) = ends.finish(rows);
        Ok(Arc::new(ListArray::try_new(element, offsets, Arc::new(elements), validity)?))
    }

    fn finish_struct(&mut self, place: &StructPlace) -> Result<StructArray, FileError> {
        let columns = place.parts.iter().map(|part| self.finish_place(part, place.group)).collect::<Result<_, _>>()?;
        let rows = self.rows_of(place.group);
        let Some(group) = self.groups.get_mut(place.group) else { return Err(unlike_table()) };
        group.validity.append_n_nulls(rows.saturating_sub(group.begun));
        group.begun = 0;
        Ok(StructArray::try_new(parts(place.fields), columns, group.validity.finish())?)
    }
}

/// A part of a struct has a value, so the struct has, and those around it. Returns which row that is.
#[inline]
fn begin_part(groups: &mut [Group], at: usize) -> usize {
    let Some(group) = groups.get(at) else { return 0 };
    let begun = group.begun;
    if at == TABLE {
        return group.rows;
    }
    // The table's row at hand is not finished, the element at hand has begun.
    let rows = groups.get(group.counted).map_or(0, |group| group.rows);
    let row = rows - usize::from(group.counted != TABLE);
    if begun <= row {
        begin_groups(groups, at, row);
    }
    row
}

/// Structs have a value in a row: this one and those around it.
fn begin_groups(groups: &mut [Group], mut at: usize, row: usize) {
    while at != TABLE {
        let Some(group) = groups.get_mut(at).filter(|group| group.begun <= row) else { break };
        group.validity.append_n_nulls(row - group.begun);
        group.validity.append(true);
        group.begun = row + 1;
        at = if group.around == at { TABLE } else { group.around };
    }
}

impl Builder {
    fn new(content: Content, group: usize) -> Self {
        match content {
            Content::Text => Builder::Text(StringBuilder::new(), group),
            Content::Bool => Builder::Bool(BooleanBuilder::new(), group),
            Content::Key | Content::Value => Builder::Part(StringBuilder::new()),
            Content::Null => Builder::Null,
            Content::MapEnd => Builder::MapEnd(Ends::new(), group),
            Content::Element => Builder::Element(group),
            Content::ListEnd(elements) => Builder::ListEnd(Ends::new(), group, elements),
        }
    }
}

/// The texts as an array. The next batch will need about as much memory, so that it need not grow into it.
fn finish_text(builder: &mut StringBuilder) -> StringArray {
    let array = builder.finish();
    *builder = StringBuilder::with_capacity(array.len(), array.values().len() + array.values().len() / 8);
    array
}

fn unlike_table() -> FileError {
    FileError::Damaged("a builder is not of its column's type".to_owned())
}

impl Ends {
    fn new() -> Self {
        Self { offsets: vec![0], validity: NullBufferBuilder::new(0) }
    }

    /// Adds NULLs until there are so many rows.
    fn fill(&mut self, rows: usize) {
        let absent = rows.saturating_sub(self.validity.len());
        let end = self.offsets.last().copied().unwrap_or_default();
        self.offsets.extend(std::iter::repeat_n(end, absent));
        self.validity.append_n_nulls(absent);
    }

    fn append(&mut self, row: usize, end: usize) {
        self.fill(row);
        self.offsets.push(end as i32);
        self.validity.append(true);
    }

    fn finish(&mut self, rows: usize) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        self.fill(rows);
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        (OffsetBuffer::new(offsets.into()), self.validity.finish())
    }
}
