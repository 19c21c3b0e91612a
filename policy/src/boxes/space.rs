//! The space of a question: a dimension for each key that is asked for, cut into classes, and what each
//! demand makes of them.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::condition::Quantifier;
use crate::context::Lookup;
use crate::digest::Quick;
use crate::key::Key;
use crate::limits::{BOXES_MAX, CLASSES_MAX};
use crate::scene::Scene;

use super::Excess;
use super::demand::{Ask, Demand, Reading};
use super::product::{Layout, Product, Union};
use super::value::Candidates;

/// One key, and the classes of its values.
#[derive(Debug)]
pub(super) struct Dimension {
    pub(super) key: Key,
    /// Whether the key holds a list. Then an empty list is its absence, else a class of its own, the last.
    pub(super) many: bool,
    /// Whether a request may do without it.
    pub(super) optional: bool,
    /// Whether a request that does without it is impossible, whatever else it has.
    pub(super) never_absent: bool,
    /// The classes of values that make a request impossible, whatever else it has.
    pub(super) never: Vec<u64>,
    /// A value of each class.
    pub(super) witnesses: Vec<Box<str>>,
    /// Whether the classes are all there are.
    pub(super) complete: bool,
    /// The demands on this key.
    pub(super) demands: Vec<usize>,
}

impl Dimension {
    /// What each demand on the key says of one value: values of which all say the same are of one class.
    pub(super) fn answers(&self, space: &Space<'_>, value: &str, scene: &Scene<'_>) -> Vec<bool> {
        let demands = self.demands.iter().filter_map(|index| space.demands.get(*index));
        demands.map(|demand| demand.takes(Some(value), scene)).collect()
    }

    /// The class of absence, where absence is one.
    pub(super) fn absence(&self) -> Option<usize> {
        (!self.many && self.optional).then_some(self.witnesses.len())
    }

    /// Whether it is a condition key, and not a row that stands for itself or a part of the request.
    pub(super) fn is_key(&self) -> bool {
        self.optional
    }

    /// One class alone; nothing if there is no such class.
    pub(super) fn class(&self, class: usize) -> Vec<u64> {
        dimension_bits(self.classes(), |other| other == class)
    }

    fn classes(&self) -> usize {
        self.witnesses.len() + usize::from(!self.many && self.optional)
    }

    /// The classes whose witness fits; `absent` tells whether absence, where it is a class, does.
    pub(super) fn select(&self, absent: bool, fits: impl Fn(&str) -> bool) -> Vec<u64> {
        let mut words = vec![0; self.classes().div_ceil(64).max(1)];
        let values = self.witnesses.iter().map(|witness| fits(witness));
        for (class, holds) in values.chain((!self.many && self.optional).then_some(absent)).enumerate() {
            if holds && let Some(word) = words.get_mut(class / 64) {
                *word |= 1 << (class % 64);
            }
        }
        words
    }
}

/// What a demand makes of its dimension; several such are alternatives.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) dimension: usize,
    pub(super) classes: Vec<u64>,
    pub(super) hit: Option<Vec<u64>>,
}

/// The dimensions of a question, and what every demand makes of them.
#[derive(Debug)]
pub(super) struct Space<'a> {
    pub(super) dimensions: Vec<Dimension>,
    pub(super) demands: Vec<Demand<'a>>,
    pub(super) layout: Layout,
    parts: Vec<Vec<Part>>,
}

/// Two names for one fact share a dimension.
pub(super) fn canonical(lower: &str) -> &str {
    match lower {
        "aws:epochtime" => "aws:currenttime",
        "kms:customermasterkeyspec" => "kms:keyspec",
        "kms:customermasterkeyusage" => "kms:keyusage",
        other => other,
    }
}

impl<'a> Space<'a> {
    /// `more` are keys that bear on others, whether or not a document asks for them.
    pub(super) fn new(demands: Vec<Demand<'a>>, more: &[Key], scene: &Scene<'_>) -> Result<Space<'a>, Excess> {
        let mut dimensions: Vec<Dimension> = Vec::new();
        let mut places: HashMap<Box<str>, usize> = HashMap::new();
        let keys = demands.iter().enumerate().map(|(index, demand)| (Some(index), demand.key.as_ref()));
        for (index, key) in keys.chain(more.iter().map(|key| (None, key))) {
            let shared = canonical(key.lower());
            // A fact that one of its names tells already is not asked for under the other.
            let told = shared != key.lower() && scene.lookup(&Key::new(shared)) != Lookup::Unknown;
            let name = if told { key.lower() } else { shared };
            let place = *places.entry(name.into()).or_insert_with(|| {
                dimensions.push(Dimension {
                    key: if name == key.lower() { key.spelled() } else { Key::new(name).spelled() },
                    many: false,
                    optional: true,
                    never_absent: false,
                    never: Vec::new(),
                    witnesses: Vec::new(),
                    complete: true,
                    demands: Vec::new(),
                });
                dimensions.len() - 1
            });
            if let (Some(dimension), Some(index)) = (dimensions.get_mut(place), index) {
                dimension.demands.push(index);
            }
        }
        let mut space = Space { dimensions, demands, layout: Layout::default(), parts: Vec::new() };
        space.parts = vec![Vec::new(); space.demands.len()];
        for place in 0..space.dimensions.len() {
            space.cut(place, scene)?;
        }
        Ok(space)
    }

    /// Cuts one dimension into classes, and asks every demand about each.
    fn cut(&mut self, place: usize, scene: &Scene<'_>) -> Result<(), Excess> {
        let Some(dimension) = self.dimensions.get_mut(place) else { return Ok(()) };
        let asked: Vec<(usize, &Demand<'_>)> =
            dimension.demands.iter().filter_map(|index| Some((*index, self.demands.get(*index)?))).collect();
        dimension.optional = !dimension.key.name().starts_with(super::demand::OPAQUE);
        dimension.many = holds_list(&dimension.key, asked.iter().map(|(_, demand)| *demand));
        let seeds: Vec<_> = asked.iter().flat_map(|(_, demand)| demand.seeds(scene)).collect();
        let candidates = if dimension.optional {
            Candidates::new(&dimension.key, &seeds)?
        } else {
            Candidates { texts: vec!["false".into(), "true".into()], complete: true }
        };
        dimension.complete = candidates.complete;
        let many = dimension.many;
        let mut classes: HashMap<Vec<bool>, usize, BuildHasherDefault<Quick>> = HashMap::default();
        let mut columns: Vec<Vec<bool>> = vec![Vec::new(); asked.len()];
        for text in candidates.texts {
            if many && text.is_empty() {
                continue;
            }
            let vector: Vec<bool> = asked
                .iter()
                .map(|(_, demand)| if many { demand.takes_one(&text, scene) } else { demand.takes(Some(&text), scene) })
                .collect();
            if classes.contains_key(&vector) {
                continue;
            }
            for (column, holds) in columns.iter_mut().zip(&vector) {
                column.push(*holds);
            }
            classes.insert(vector, dimension.witnesses.len());
            dimension.witnesses.push(text);
            if dimension.witnesses.len() > CLASSES_MAX {
                return Err(Excess::Classes);
            }
        }
        let (layout, parts) = (&mut self.layout, &mut self.parts);
        layout.push(dimension.classes(), many);
        for ((index, demand), column) in asked.into_iter().zip(columns) {
            let Some(slot) = parts.get_mut(index) else { continue };
            let bits = |absent: bool| {
                let mut column = column.iter();
                dimension_bits(dimension.classes(), |_| column.next().copied().unwrap_or(absent))
            };
            let whole = || dimension_bits(dimension.classes(), |_| true);
            let nothing = || dimension_bits(dimension.classes(), |_| false);
            let part = |classes, hit| Part { dimension: place, classes, hit };
            if !many {
                slot.push(part(bits(demand.takes(None, scene)), None));
                continue;
            }
            match demand.reading(scene) {
                Reading::All => slot.push(part(bits(false), None)),
                Reading::Any { empty } => {
                    slot.push(part(whole(), Some(bits(false))));
                    if empty {
                        slot.push(part(nothing(), None));
                    }
                }
                Reading::Presence { empty, filled } => {
                    if empty && filled {
                        slot.push(part(whole(), None));
                    } else if empty {
                        slot.push(part(nothing(), None));
                    } else if filled {
                        slot.push(part(whole(), Some(whole())));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a dimension whose classes are known: one for each of these texts.
    pub(super) fn add(&mut self, name: &str, texts: Vec<Box<str>>) -> usize {
        self.layout.push(texts.len(), false);
        self.dimensions.push(Dimension {
            key: Key::new(name),
            many: false,
            optional: false,
            never_absent: false,
            never: Vec::new(),
            witnesses: texts,
            complete: true,
            demands: Vec::new(),
        });
        self.dimensions.len() - 1
    }

    /// Notes the keys that every possible request has.
    pub(super) fn note_never_absent(&mut self, impossible: &[Product]) {
        for place in 0..self.dimensions.len() {
            let Some(dimension) = self.dimensions.get(place).filter(|dimension| !dimension.many) else { continue };
            let is_never = |class: usize| {
                let mut of_class = self.everything();
                of_class.restrict(&self.layout, place, &dimension.class(class));
                impossible.iter().any(|product| product.covers(&of_class, &self.layout))
            };
            let never_absent = dimension.absence().is_some_and(&is_never);
            let values = dimension.witnesses.len();
            let never = match impossible.is_empty() {
                true => Vec::new(),
                false => dimension_bits(dimension.classes(), |class| class < values && is_never(class)),
            };
            if let Some(dimension) = self.dimensions.get_mut(place) {
                dimension.never_absent = never_absent;
                dimension.never = never;
            }
        }
    }

    /// The place of a key's dimension.
    pub(super) fn place(&self, lower: &str) -> Option<usize> {
        let of = |name: &str| self.dimensions.iter().position(|dimension| dimension.key.lower() == name);
        of(lower).or_else(|| of(canonical(lower)))
    }

    pub(super) fn everything(&self) -> Product {
        self.layout.everything()
    }

    /// The product with what one part asks.
    pub(super) fn with(&self, product: &Product, part: &Part) -> Option<Product> {
        let mut product = product.clone();
        product.restrict(&self.layout, part.dimension, &part.classes);
        if let Some(hit) = &part.hit {
            product.hit(part.dimension, hit);
        }
        (!product.is_empty(&self.layout)).then_some(product)
    }

    /// What of a union satisfies a demand.
    pub(super) fn and_demand(&self, union: &[Product], demand: usize) -> Union {
        let parts = self.parts.get(demand).map(Vec::as_slice).unwrap_or_default();
        union.iter().flat_map(|product| parts.iter().filter_map(|part| self.with(product, part))).collect()
    }

    /// What satisfies all of these demands.
    pub(super) fn all_of(&self, demands: &[usize]) -> Result<Union, Excess> {
        let mut union = vec![self.everything()];
        for demand in demands {
            union = self.and_demand(&union, *demand);
            if union.len() > BOXES_MAX {
                return Err(Excess::Boxes);
            }
        }
        Ok(union)
    }
}

fn dimension_bits(classes: usize, mut holds: impl FnMut(usize) -> bool) -> Vec<u64> {
    let mut words = vec![0_u64; classes.div_ceil(64).max(1)];
    for class in 0..classes {
        if holds(class)
            && let Some(word) = words.get_mut(class / 64)
        {
            *word |= 1 << (class % 64);
        }
    }
    words
}

/// Whether requests carry a list under this key: the catalogue knows, else the way it is asked for tells.
fn holds_list<'a>(key: &Key, mut demands: impl Iterator<Item = &'a Demand<'a>>) -> bool {
    match key.listed() {
        Some(listed) => listed.many,
        None => demands.all(|demand| match &demand.ask {
            Ask::Row { atom, .. } => atom.quantifier() != Quantifier::Single,
            _ => false,
        }),
    }
}

#[cfg(test)]
mod tests;
