//! Which field of an object has a name: one look into a table, and mostly two numbers to compare.

/// Fields by their JSON names.
#[derive(Debug)]
pub(super) struct Members {
    /// As many as a power of two; each field stands at the place that its name has.
    slots: Vec<Option<Slot>>,
    /// What places are computed with, such that no two fields have the same.
    factor: u64,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    ends: (u64, u64),
    name: &'static str,
    field: usize,
}

impl Members {
    /// The fields of these names, which are numbered in their order.
    pub(super) fn new(names: &[&'static str]) -> Self {
        let mut members = Self { slots: Vec::new(), factor: 0x9E37_79B9_7F4A_7C15 };
        let mut size = (4 * names.len()).next_power_of_two();
        while !members.fill(names, size) {
            // Another factor each time, and now and then more room: some will do, since no two names are the same.
            members.factor = members.factor.wrapping_mul(0x5851_F42D_4C95_7F2D) | 1;
            size += if members.factor & 0x70 == 0 { size } else { 0 };
        }
        members
    }

    /// Puts all fields in their places, unless two have the same.
    fn fill(&mut self, names: &[&'static str], size: usize) -> bool {
        self.slots = vec![None; size];
        for (field, name) in names.iter().enumerate() {
            let ends = ends(name.as_bytes());
            let place = self.place(ends, name.len());
            match self.slots.get_mut(place) {
                Some(slot @ None) => *slot = Some(Slot { ends, name, field }),
                // A name that is there twice is found under its first field.
                Some(Some(slot)) if slot.name == *name => {}
                _ => return false,
            }
        }
        true
    }

    fn place(&self, ends: (u64, u64), length: usize) -> usize {
        let mixed = (ends.0 ^ ends.1.rotate_left(29) ^ length as u64).wrapping_mul(self.factor);
        (mixed >> 40) as usize & (self.slots.len() - 1)
    }

    /// The field of that name, if there is one.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        let ends = ends(name);
        let slot = self.slots.get(self.place(ends, name.len()))?.as_ref()?;
        let same =
            slot.ends == ends && slot.name.len() == name.len() && (name.len() <= 16 || slot.name.as_bytes() == name);
        same.then_some(slot.field)
    }
}

/// The first eight bytes and the last eight; with the length that is all of a name of up to 16.
#[inline]
fn ends(name: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    (name.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{COLUMNS, Kind};

    #[test]
    fn every_name_is_found_and_no_other() {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.field.json).filter(|name| !name.is_empty()).collect();
        let members = Members::new(&names);
        for (field, name) in names.iter().enumerate() {
            assert_eq!(members.find(name.as_bytes()), Some(field), "{name}");
            let capital = name.to_uppercase();
            for other in [
                name.get(1..).unwrap(),
                name.get(..name.len() - 1).unwrap(),
                &format!("{name}x"),
                &format!("x{name}"),
                &capital,
            ] {
                let known = names.iter().position(|name| *name == other);
                assert_eq!(members.find(other.as_bytes()), known, "{other}");
            }
            for place in 0..name.len() {
                let mut letters = name.as_bytes().to_vec();
                letters[place] ^= 1;
                let other = String::from_utf8(letters).unwrap();
                assert_eq!(members.find(other.as_bytes()), names.iter().position(|name| *name == other), "{other}");
            }
        }
        assert_eq!(members.find(b""), None);
        assert_eq!(Members::new(&[]).find(b"a"), None);
        for column in COLUMNS {
            if let Kind::List(fields) | Kind::Struct(fields) = column.field.kind {
                let names: Vec<&str> = fields.iter().map(|field| field.json).collect();
                let members = Members::new(&names);
                assert!(names.iter().enumerate().all(|(field, name)| members.find(name.as_bytes()) == Some(field)));
            }
        }
    }
}
