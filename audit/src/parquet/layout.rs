//! Where the values of a row go: every text, truth value, map and list of the table by a number, its slot.

use crate::column::{COLUMNS, Field, Kind};

/// The number of a slot.
pub(super) type Slot = u16;

/// What a column, or a part of one, is made of.
#[derive(Debug)]
pub(super) enum Place {
    Text(Slot),
    Json(Slot),
    Bool(Slot),
    Integer,
    Timestamp,
    Map(MapSlots),
    List(ListSlots),
    Struct(StructPlace),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct MapSlots {
    /// The map ends.
    pub(super) end: Slot,
    pub(super) key: Slot,
    pub(super) value: Slot,
    /// A value that is NULL.
    pub(super) null: Slot,
}

#[derive(Debug)]
pub(super) struct ListSlots {
    /// An element begins.
    pub(super) element: Slot,
    /// The list ends.
    pub(super) end: Slot,
    pub(super) parts: StructPlace,
}

#[derive(Debug)]
pub(super) struct StructPlace {
    /// The number of the struct.
    pub(super) group: usize,
    pub(super) fields: &'static [Field],
    pub(super) parts: Vec<Place>,
}

/// The group of what stands in no struct.
pub(super) const TABLE: usize = 0;

/// What a slot holds, and the struct that has a value if the slot has one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    Text,
    Bool,
    Key,
    Value,
    /// A NULL in the slot before.
    Null,
    /// Pairs end. The keys are in the slot three before.
    MapEnd,
    Element,
    /// The elements of this group end.
    ListEnd(usize),
}

/// The slot of the text column of that name.
pub(crate) fn text_slot(name: &str) -> u16 {
    Layout::new().text(name).unwrap_or(Slot::MAX)
}

/// All slots and structs of the table.
#[derive(Debug)]
pub(super) struct Layout {
    /// For each column its place.
    pub(super) columns: Vec<Place>,
    /// For each slot its content and its struct.
    pub(super) slots: Vec<(Content, usize)>,
    /// For each struct: the one around it, and the one that counts its rows.
    pub(super) groups: Vec<(usize, usize)>,
}

impl Layout {
    pub(super) fn new() -> Self {
        let mut layout = Self { columns: Vec::new(), slots: Vec::new(), groups: vec![(TABLE, TABLE)] };
        layout.columns = COLUMNS.iter().map(|column| layout.place(column.field.kind, TABLE)).collect();
        layout
    }

    /// Without any column.
    pub(super) fn none() -> Self {
        Self { columns: Vec::new(), slots: Vec::new(), groups: Vec::new() }
    }

    /// The slot of the text column of that name.
    pub(super) fn text(&self, name: &str) -> Option<Slot> {
        let place = COLUMNS.iter().position(|column| column.field.name == name)?;
        match self.columns.get(place)? {
            Place::Text(slot) | Place::Json(slot) => Some(*slot),
            _ => None,
        }
    }

    fn slot(&mut self, content: Content, group: usize) -> Slot {
        self.slots.push((content, group));
        self.slots.len() as Slot - 1
    }

    fn place(&mut self, kind: Kind, group: usize) -> Place {
        match kind {
            Kind::Text => Place::Text(self.slot(Content::Text, group)),
            Kind::Json => Place::Json(self.slot(Content::Text, group)),
            Kind::Bool => Place::Bool(self.slot(Content::Bool, group)),
            Kind::Integer => Place::Integer,
            Kind::Timestamp => Place::Timestamp,
            Kind::Map => {
                let [key, value, null, end] = [Content::Key, Content::Value, Content::Null, Content::MapEnd]
                    .map(|content| self.slot(content, group));
                Place::Map(MapSlots { key, value, null, end })
            }
            Kind::List(fields) => {
                let inside = self.groups.len();
                self.groups.push((inside, inside));
                let element = self.slot(Content::Element, inside);
                let end = self.slot(Content::ListEnd(inside), group);
                Place::List(ListSlots { element, end, parts: self.parts(fields, inside) })
            }
            Kind::Struct(fields) => {
                let inside = self.groups.len();
                let counted = self.groups.get(group).map_or(TABLE, |(_, counted)| *counted);
                self.groups.push((group, counted));
                Place::Struct(self.parts(fields, inside))
            }
        }
    }

    fn parts(&mut self, fields: &'static [Field], group: usize) -> StructPlace {
        let parts = fields.iter().map(|field| self.place(field.kind, group)).collect();
        StructPlace { group, fields, parts }
    }
}
