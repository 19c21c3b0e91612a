//! An event as the row that it will be: the values of its columns one after another, in a form that can wait and move.
//!
//! What no column gives back goes into the remainder, so that nothing is lost.

use std::sync::{Arc, Mutex, PoisonError};

use super::layout::{Layout, ListSlots, MapSlots, Place, Slot, StructPlace};
use super::members::Members;
use super::names::Names;
use crate::column::{COLUMNS, Field, REMAINDER, Source};
use crate::event::{Event, Promoted};
use crate::json::{Kind as Json, Value};
use crate::limits::CHUNK_BYTES_MAX;
use crate::time::Timestamp;

/// A value: its slot, and how many bytes of text are its. What has no text, as the end of a list, has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(super) slot: Slot,
    pub(super) length: u32,
}

/// Rows that wait.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
    /// The services and keys of the rows.
    pub(super) names: Names,
    /// Where its memory goes in the end.
    home: Option<Arc<RowPool>>,
}

/// Memory of buffers that are done with, for the next ones: asking the system for it takes longer than filling it.
#[derive(Debug, Default)]
pub(crate) struct RowPool(Mutex<Vec<RowBuffer>>);

/// Where a row is in a buffer, and what has to be known of it before it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowPlace {
    text: (usize, usize),
    marks: (usize, usize),
    /// How many bytes the event's text had.
    pub(crate) bytes: usize,
    pub(crate) time: Timestamp,
    /// The numbers of its service and its key, by which rows are sorted.
    pub(super) names: [u32; 2],
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(super) text: &'a str,
    pub(super) marks: &'a [Mark],
    pub(super) time: Timestamp,
}

impl RowBuffer {
    /// How many bytes of text there are.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// How many bytes its rows have. It takes up to twice as much memory, which depends on what that was used for before;
    /// what is written may not.
    pub(crate) fn used(&self) -> usize {
        self.text.len() + self.marks.len() * size_of::<Mark>()
    }

    /// The rows, if they need little of the memory in as little as they need, else as they are. Of the same buffer more
    /// rows can be made.
    pub(crate) fn finish(&mut self, pool: &Arc<RowPool>) -> Self {
        let memory = self.text.capacity() + self.marks.capacity() * size_of::<Mark>();
        if memory <= 2 * self.used() {
            return std::mem::replace(self, pool.take());
        }
        let (text, marks, names) =
            (self.text.as_str().into(), self.marks.as_slice().into(), std::mem::take(&mut self.names));
        self.clear();
        Self { text, marks, names, home: None }
    }

    /// Keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.marks.clear();
        self.names.clear();
    }

    pub(crate) fn row(&self, place: &RowPlace) -> Row<'_> {
        row(&self.text, &self.marks, place)
    }

    fn add(&mut self, slot: Slot, text: &str) {
        self.text.push_str(text);
        self.marks.push(Mark { slot, length: text.len() as u32 });
    }
}

fn row<'a>(text: &'a str, marks: &'a [Mark], place: &RowPlace) -> Row<'a> {
    let text = text.get(place.text.0..place.text.1).unwrap_or_default();
    let marks = marks.get(place.marks.0..place.marks.1).unwrap_or_default();
    Row { text, marks, time: place.time }
}

impl Drop for RowBuffer {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            let (text, marks, names) =
                (std::mem::take(&mut self.text), std::mem::take(&mut self.marks), Names::default());
            home.give(Self { text, marks, names, home: None });
        }
    }
}

impl RowPool {
    /// An empty buffer whose memory comes back here.
    pub(crate) fn take(self: &Arc<Self>) -> RowBuffer {
        let buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = buffer.unwrap_or_default();
        buffer.text.reserve(TEXT_BYTES);
        buffer.home = Some(self.clone());
        buffer
    }

    fn give(&self, mut buffer: RowBuffer) {
        // One that an exceptional event made grow is not kept.
        if buffer.text.capacity() <= 2 * TEXT_BYTES {
            buffer.clear();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}

/// How much text a buffer of a pool has room for: a chunk and the event that ends it.
const TEXT_BYTES: usize = CHUNK_BYTES_MAX + (CHUNK_BYTES_MAX >> 3);

impl<'a> Row<'a> {
    /// The texts of some slots.
    pub(crate) fn texts<const N: usize>(&self, slots: [Slot; N]) -> [Option<&'a str>; N] {
        let (mut found, mut at) = ([None; N], 0);
        for mark in self.marks {
            let end = at + mark.length as usize;
            // Few marks are of these slots.
            if slots.contains(&mark.slot) {
                for (slot, found) in slots.iter().zip(&mut found) {
                    if *slot == mark.slot {
                        *found = self.text.get(at..end);
                    }
                }
            }
            at = end;
        }
        found
    }
}

/// Makes rows of events.
#[derive(Debug)]
pub(crate) struct Encoder {
    object: Object,
    /// Slots that [`Promoted::texts`] fills, in its order.
    texts: Vec<Slot>,
    maps: Vec<(&'static str, MapSlots)>,
    /// For each field of a record, its place among [`Promoted::SOURCES`], or one behind them.
    sources: Vec<u8>,
    /// The slots of the texts that rows are sorted by, and of the event's id.
    known: [Slot; 3],
    remainder: Slot,
    /// What no column of the event at hand gives back.
    left: String,
}

/// A whole record: when it happened, and its members that columns are promoted from.
struct Record<'a> {
    time: Timestamp,
    /// For each field, which of those it is.
    sources: &'a [u8],
    values: [Option<Value<'a>>; 4],
}

impl<'a> Record<'a> {
    #[inline]
    fn keep(&mut self, field: usize, value: Value<'a>) {
        let kept = self.sources.get(field).and_then(|place| self.values.get_mut(usize::from(*place)));
        if let Some(kept) = kept {
            *kept = Some(value);
        }
    }
}

/// How an object becomes parts of a row.
#[derive(Debug)]
struct Object {
    members: Members,
    targets: Vec<Target>,
}

/// Where a member goes.
#[derive(Debug)]
enum Target {
    Text(Slot),
    Json(Slot),
    Bool(Slot),
    Time,
    Map(MapSlots),
    List { element: Slot, end: Slot, object: Object },
    Struct(Object),
    Nowhere,
}

impl Encoder {
    pub(super) fn new(layout: &Layout) -> Self {
        let columns = COLUMNS.iter().zip(&layout.columns);
        let record = columns.clone().filter(|(column, _)| column.source == Source::Record);
        let object = Object::new(record.map(|(column, place)| (&column.field, place)));
        let texts = Promoted::default().texts().into_iter().filter_map(|(name, _)| layout.text(name)).collect();
        let map = |(column, place): (&'static crate::column::Column, &Place)| match place {
            Place::Map(slots) if column.source == Source::Promoted => Some((column.field.name, *slots)),
            _ => None,
        };
        let maps = columns.filter_map(map).collect();
        let remainder = layout.text(REMAINDER).unwrap_or(Slot::MAX);
        let known = ["event_source", "kms_key_arn", "event_id"].map(|name| layout.text(name).unwrap_or(Slot::MAX));
        let mut sources = vec![u8::MAX; object.targets.len()];
        for (place, name) in (0..).zip(Promoted::SOURCES) {
            if let Some(source) = object.members.find(name.as_bytes()).and_then(|field| sources.get_mut(field)) {
                *source = place;
            }
        }
        Self { object, texts, maps, sources, known, remainder, left: String::new() }
    }

    /// Adds the row of an event.
    pub(crate) fn encode(&mut self, event: &Event<'_>, out: &mut RowBuffer) -> RowPlace {
        self.encode_with_id(event, out).0
    }

    /// Adds the row of an event, and tells its `eventID`.
    pub(crate) fn encode_with_id<'a>(
        &mut self,
        event: &Event<'_>,
        out: &'a mut RowBuffer,
    ) -> (RowPlace, Option<&'a str>) {
        let (text, marks) = (out.text.len(), out.marks.len());
        self.left.clear();
        self.left.push('{');
        let mut record = Record { time: event.time(), sources: &self.sources, values: [None; 4] };
        self.object.append(event.record(), Some(&mut record), &mut self.left, out);
        self.left.push('}');
        let promoted = Promoted::from(record.values);
        for (slot, (_, text)) in self.texts.iter().zip(promoted.texts()) {
            if let Some(text) = text {
                out.add(*slot, text);
            }
        }
        for (name, slots) in &self.maps {
            if let Some(pairs) = promoted.map(name) {
                append_loosely(*slots, pairs, out);
            }
        }
        if self.left.len() > 2 {
            out.add(self.remainder, &self.left);
        }
        let bytes = event.record().written().len();
        let (text, marks) = ((text, out.text.len()), (marks, out.marks.len()));
        let mut place = RowPlace { text, marks, bytes, time: event.time(), names: [0; 2] };
        let RowBuffer { text, marks, names, .. } = out;
        let [source, key, id] = row(text, marks, &place).texts(self.known);
        place.names = [source, key].map(|name| names.number(name));
        (place, id)
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new(&Layout::new())
    }
}

impl Object {
    fn new<'a>(fields: impl Iterator<Item = (&'static Field, &'a Place)>) -> Self {
        let (mut names, mut targets) = (Vec::new(), Vec::new());
        for (field, place) in fields {
            names.push(field.json);
            targets.push(Target::new(place));
        }
        Self { members: Members::new(&names), targets }
    }

    fn of(place: &StructPlace) -> Self {
        Self::new(place.fields.iter().zip(&place.parts))
    }

    /// Adds the members of an object, leaves to the remainder what does not fit, and tells whether any did. Of a whole
    /// record it keeps what columns are promoted from.
    fn append<'a>(
        &mut self,
        object: Value<'a>,
        mut record: Option<&mut Record<'a>>,
        left: &mut String,
        out: &mut RowBuffer,
    ) -> bool {
        let mut has_parts = false;
        for (name, value) in object.sorted_names() {
            let field = match name.plain_bytes() {
                Some(name) => self.members.find(name),
                None => self.members.find(name.text_value().as_bytes()),
            };
            if let (Some(record), Some(field)) = (&mut record, field) {
                record.keep(field, value);
            }
            let target = field.and_then(|field| self.targets.get_mut(field));
            match (target, &record) {
                (Some(Target::Time), Some(Record { time, .. })) => {
                    if !is_usual(value.written(), *time) {
                        leave(left, name, value);
                    }
                }
                (Some(target), _) => has_parts |= target.append(name, value, left, out),
                (None, _) => leave(left, name, value),
            }
        }
        has_parts
    }
}

impl Target {
    fn new(place: &Place) -> Self {
        match place {
            Place::Text(slot) => Target::Text(*slot),
            Place::Json(slot) => Target::Json(*slot),
            Place::Bool(slot) => Target::Bool(*slot),
            Place::Timestamp => Target::Time,
            Place::Integer => Target::Nowhere,
            Place::Map(slots) => Target::Map(*slots),
            Place::List(ListSlots { element, end, parts }) => {
                Target::List { element: *element, end: *end, object: Object::of(parts) }
            }
            Place::Struct(parts) => Target::Struct(Object::of(parts)),
        }
    }

    /// Adds the value of a member, leaves to the remainder what the column does not give back, and tells whether the
    /// column has anything of it.
    fn append(&mut self, name: Value<'_>, value: Value<'_>, left: &mut String, out: &mut RowBuffer) -> bool {
        let fits = match (&mut *self, value.kind()) {
            (Target::Struct(object), Json::Object) => {
                let mark = left.len();
                begin(left, name);
                left.push('{');
                let inside = left.len();
                let has_parts = object.append(value, None, left, out);
                match has_parts && left.len() == inside {
                    true => left.truncate(mark),
                    false => left.push('}'),
                }
                return has_parts;
            }
            (Target::Map(slots), Json::Object) => append_map(*slots, value, out),
            (Target::List { element, end, object }, Json::List) => {
                append_list(*element, *end, object, value, left, out)
            }
            (Target::Bool(slot), Json::True | Json::False) => {
                out.add(*slot, if value.kind() == Json::True { TRUE } else { FALSE });
                true
            }
            (Target::Text(slot), Json::Text) => {
                out.add(*slot, &value.text_value());
                true
            }
            (Target::Json(slot), kind) if kind != Json::Null => {
                out.add(*slot, &value.compact());
                true
            }
            _ => false,
        };
        if !fits {
            leave(left, name, value);
        }
        fits
    }
}

/// How truth values are written in a row.
pub(super) const TRUE: &str = "t";
const FALSE: &str = "f";

/// Adds the pairs of an object if all its values are texts.
fn append_map(slots: MapSlots, object: Value<'_>, out: &mut RowBuffer) -> bool {
    let fits = object.members().all(|(_, value)| value.kind() == Json::Text);
    if fits {
        append_loosely(slots, object, out);
    }
    fits
}

/// Adds the pairs of an object; a value that is no text is added as JSON.
fn append_loosely(slots: MapSlots, object: Value<'_>, out: &mut RowBuffer) {
    for (key, value) in object.members() {
        out.add(slots.key, &key);
        match value.kind() {
            Json::Text => out.add(slots.value, &value.text_value()),
            Json::Null => out.add(slots.null, ""),
            _ => out.add(slots.value, &value.compact()),
        }
    }
    out.add(slots.end, "");
}

/// Adds a list, and tells whether it can be given back from here. Elements stand here in any case, as far as they fit,
/// so that questions find them.
fn append_list(
    element: Slot,
    end: Slot,
    object: &mut Object,
    list: Value<'_>,
    scratch: &mut String,
    out: &mut RowBuffer,
) -> bool {
    let mark = scratch.len();
    scratch.push('{');
    let mut fits = true;
    for value in list.elements() {
        out.add(element, "");
        fits &= value.kind() == Json::Object && object.append(value, None, scratch, out);
    }
    fits &= scratch.len() == mark + 1;
    scratch.truncate(mark);
    out.add(end, "");
    fits
}

/// Whether a time is spelled as it will be given back. All of CloudTrail's are; a leap second is not.
fn is_usual(written: &str, time: Timestamp) -> bool {
    let whole_second = matches!(written.as_bytes(), [date @ .., b'Z']
        if date.len() == 19 && date.get(10) == Some(&b'T') && !date.ends_with(b"60"));
    whole_second || written == time.to_string()
}

/// Leaves a member to the remainder.
fn leave(left: &mut String, name: Value<'_>, value: Value<'_>) {
    begin(left, name);
    value.write_compact(left);
}

fn begin(left: &mut String, name: Value<'_>) {
    if !left.ends_with('{') {
        left.push(',');
    }
    name.write_compact(left);
    left.push(':');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_changes_nothing() {
        let pool = Arc::new(RowPool::default());
        let text = "x".repeat(CHUNK_BYTES_MAX);
        let mut buffer = pool.take();
        buffer.add(1, &text);
        let (full, place) = (buffer.finish(&pool), buffer.text.as_ptr());
        assert_eq!((full.used(), buffer.used()), (CHUNK_BYTES_MAX + size_of::<Mark>(), 0));
        buffer.add(1, "few");
        let few = buffer.finish(&pool);
        assert_eq!((few.text.as_str(), few.text.capacity(), few.used()), ("few", 3, 3 + size_of::<Mark>()));
        assert_eq!((buffer.text.as_ptr(), buffer.used()), (place, 0), "what had few rows goes on");
        let place = full.text.as_ptr();
        drop((full, few));
        let mut again = pool.take();
        assert_eq!((again.text.as_ptr(), again.used()), (place, 0), "what had many is given back");
        again.add(1, &text.repeat(8));
        drop(again);
        assert!(pool.take().text.capacity() < 4 * CHUNK_BYTES_MAX, "what has grown too large is not kept");
    }
}
