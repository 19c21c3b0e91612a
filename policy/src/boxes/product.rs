//! Products of sets, and unions of them: intersection, difference, emptiness and cover, all exact.
//!
//! A dimension with one value is a set of classes. One with a list of values is a set of classes that
//! all of them come from, and sets of which each has to be hit; the empty list is a key that is absent.

use crate::limits::{BOX_STEPS_MAX, BOXES_MAX};

use super::Excess;

/// How many words each dimension takes, and where.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    shapes: Vec<Shape>,
    full: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    start: usize,
    end: usize,
    many: bool,
}

impl Layout {
    /// Adds a dimension of so many classes; `many` if it holds a list of values.
    pub(super) fn push(&mut self, classes: usize, many: bool) {
        let start = self.full.len();
        self.full.extend(all(classes));
        self.shapes.push(Shape { start, end: self.full.len(), many });
    }

    /// The product of all values of all dimensions.
    pub(super) fn everything(&self) -> Product {
        Product { words: Words::of(&self.full), hits: Vec::new() }
    }

    pub(super) fn is_many(&self, dimension: usize) -> bool {
        self.shapes.get(dimension).is_some_and(|shape| shape.many)
    }

    pub(super) fn dimensions(&self) -> usize {
        self.shapes.len()
    }

    fn slice<'a>(&self, words: &'a [u64], dimension: usize) -> &'a [u64] {
        let Some(shape) = self.shapes.get(dimension) else { return &[] };
        words.get(shape.start..shape.end).unwrap_or_default()
    }

    fn slice_mut<'a>(&self, words: &'a mut [u64], dimension: usize) -> &'a mut [u64] {
        let Some(shape) = self.shapes.get(dimension) else { return &mut [] };
        words.get_mut(shape.start..shape.end).unwrap_or_default()
    }

    /// All classes of a dimension.
    pub(super) fn whole(&self, dimension: usize) -> &[u64] {
        self.slice(&self.full, dimension)
    }
}

/// So many bits, all set.
pub(super) fn all(count: usize) -> Vec<u64> {
    let mut words = vec![u64::MAX; count / 64];
    if !count.is_multiple_of(64) {
        words.push((1 << (count % 64)) - 1);
    }
    if words.is_empty() {
        words.push(0);
    }
    words
}

pub(super) fn meets(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

pub(super) fn within(inner: &[u64], outer: &[u64]) -> bool {
    inner.iter().zip(outer).all(|(inner, outer)| inner & !outer == 0)
}

/// The bits of the first that the second does not have.
pub(super) fn without(a: &[u64], b: &[u64]) -> Vec<u64> {
    a.iter().zip(b).map(|(a, b)| a & !b).collect()
}

pub(super) fn keep(a: &mut [u64], b: &[u64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a &= b;
    }
}

/// So many words stand in the product itself, as those of most do.
const WORDS_WITHIN: usize = 16;

/// The words of a product; those that stand within are followed by zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Words {
    Within([u64; WORDS_WITHIN]),
    Apart(Box<[u64]>),
}

impl Words {
    fn of(words: &[u64]) -> Words {
        let mut within = [0; WORDS_WITHIN];
        match within.get_mut(..words.len()) {
            Some(room) => {
                room.copy_from_slice(words);
                Words::Within(within)
            }
            None => Words::Apart(words.into()),
        }
    }
}

impl core::ops::Deref for Words {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        match self {
            Words::Within(words) => words,
            Words::Apart(words) => words,
        }
    }
}

impl core::ops::DerefMut for Words {
    fn deref_mut(&mut self) -> &mut [u64] {
        match self {
            Words::Within(words) => words,
            Words::Apart(words) => words,
        }
    }
}

/// A product of sets, one for each dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Product {
    words: Words,
    /// Dimension, and a set of classes of which at least one value has to come.
    hits: Vec<(usize, Vec<u64>)>,
}

/// A union of products; none is the empty set.
pub(super) type Union = Vec<Product>;

impl Product {
    /// The classes from which the values of a dimension come.
    pub(super) fn classes<'a>(&'a self, layout: &Layout, dimension: usize) -> &'a [u64] {
        layout.slice(&self.words, dimension)
    }

    /// The sets of a dimension of which each has to be hit.
    pub(super) fn hits(&self, dimension: usize) -> impl Iterator<Item = &[u64]> {
        self.hits.iter().filter(move |(at, _)| *at == dimension).map(|(_, set)| &**set)
    }

    /// Keeps only these classes of a dimension.
    pub(super) fn restrict(&mut self, layout: &Layout, dimension: usize, classes: &[u64]) {
        keep(layout.slice_mut(&mut self.words, dimension), classes);
    }

    /// Asks for a value of one of these classes.
    pub(super) fn hit(&mut self, dimension: usize, classes: &[u64]) {
        let known = self.hits(dimension).any(|set| within(set, classes));
        if !known {
            self.hits.push((dimension, classes.to_vec()));
        }
    }

    /// Takes these classes of a dimension in addition.
    pub(super) fn widen(&mut self, layout: &Layout, dimension: usize, classes: &[u64]) {
        for (word, more) in layout.slice_mut(&mut self.words, dimension).iter_mut().zip(classes) {
            *word |= more;
        }
    }

    /// Forgets what was asked of a dimension.
    pub(super) fn free(&mut self, layout: &Layout, dimension: usize) {
        self.widen(layout, dimension, layout.whole(dimension));
        self.hits.retain(|(at, _)| *at != dimension);
    }

    /// Forgets one set that had to be hit.
    pub(super) fn without_hit(&self, dimension: usize, classes: &[u64]) -> Product {
        let mut product = self.clone();
        product.hits.retain(|(at, set)| *at != dimension || set != classes);
        product
    }

    /// Whether anything is asked of a dimension.
    pub(super) fn is_free(&self, layout: &Layout, dimension: usize) -> bool {
        self.classes(layout, dimension) == layout.whole(dimension) && self.hits(dimension).next().is_none()
    }

    pub(super) fn is_empty(&self, layout: &Layout) -> bool {
        let empty = |(dimension, shape): (usize, &Shape)| {
            !shape.many && self.classes(layout, dimension).iter().all(|word| *word == 0)
        };
        layout.shapes.iter().enumerate().any(empty)
            || self.hits.iter().any(|(dimension, set)| !meets(self.classes(layout, *dimension), set))
    }

    /// Whether there is anything that both hold.
    pub(super) fn meets(&self, other: &Product, layout: &Layout) -> bool {
        let (ours, theirs): (&[u64], &[u64]) = (&self.words, &other.words);
        let disjoint = |shape: &Shape| {
            let range = shape.start..shape.end;
            !shape.many && !meets(ours.get(range.clone()).unwrap_or_default(), theirs.get(range).unwrap_or_default())
        };
        let missed = |(dimension, set): &(usize, Vec<u64>)| {
            let (ours, theirs) = (self.classes(layout, *dimension), other.classes(layout, *dimension));
            set.iter().zip(ours).zip(theirs).all(|((hit, a), b)| hit & a & b == 0)
        };
        // Whom and what it is about comes last, and tells most apart.
        !layout.shapes.iter().rev().any(disjoint) && !self.hits.iter().chain(&other.hits).any(missed)
    }

    /// The one product that holds just what these two do, where they differ in one dimension alone.
    pub(super) fn joined(&self, other: &Product, layout: &Layout) -> Option<Product> {
        if self.hits != other.hits {
            return None;
        }
        let mut pairs = self.words.iter().zip(other.words.iter()).enumerate();
        let (first, _) = pairs.find(|(_, (a, b))| a != b)?;
        let (dimension, shape) = layout.shapes.iter().enumerate().find(|(_, shape)| first < shape.end)?;
        if shape.many || pairs.any(|(at, (a, b))| at >= shape.end && a != b) {
            return None;
        }
        let mut joined = self.clone();
        joined.widen(layout, dimension, other.classes(layout, dimension));
        Some(joined)
    }

    /// What both hold, unless it is nothing.
    pub(super) fn and(&self, other: &Product, layout: &Layout) -> Option<Product> {
        if !self.meets(other, layout) {
            return None;
        }
        let mut both = self.clone();
        keep(&mut both.words, &other.words);
        for (dimension, set) in &other.hits {
            both.hit(*dimension, set);
        }
        Some(both)
    }

    /// Whether it holds everything that the other, which is not empty, does.
    pub(super) fn covers(&self, other: &Product, layout: &Layout) -> bool {
        within(&other.words, &self.words)
            && self.hits.iter().all(|(dimension, set)| {
                let classes = other.classes(layout, *dimension);
                other.hits(*dimension).any(|hit| hit.iter().zip(classes).zip(set).all(|((h, c), s)| h & c & !s == 0))
            })
    }

    /// What the other does not hold, in pieces that have nothing in common.
    pub(super) fn minus(&self, other: &Product, layout: &Layout, pieces: &mut Union) {
        if !self.meets(other, layout) {
            pieces.push(self.clone());
            return;
        }
        let mut rest = self.clone();
        let mut keep_piece = |piece: Product| {
            if !piece.is_empty(layout) {
                pieces.push(piece);
            }
        };
        for dimension in 0..layout.dimensions() {
            let theirs = other.classes(layout, dimension);
            if !within(rest.classes(layout, dimension), theirs) {
                let outside = without(rest.classes(layout, dimension), theirs);
                let mut piece = rest.clone();
                if layout.is_many(dimension) {
                    piece.hit(dimension, &outside);
                } else {
                    piece.restrict(layout, dimension, &outside);
                }
                keep_piece(piece);
                rest.restrict(layout, dimension, theirs);
            }
            for hit in other.hits(dimension) {
                let mut piece = rest.clone();
                let missed = without(piece.classes(layout, dimension), hit);
                piece.restrict(layout, dimension, &missed);
                keep_piece(piece);
                rest.hit(dimension, hit);
            }
        }
    }
}

/// Counts the boxes that are made, so that every question ends.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) layout: &'a Layout,
    steps: usize,
}

impl<'a> Work<'a> {
    pub(super) fn new(layout: &'a Layout) -> Work<'a> {
        Work { layout, steps: 0 }
    }

    pub(super) fn count(&mut self, boxes: usize) -> Result<(), Excess> {
        self.steps = self.steps.saturating_add(boxes);
        if self.steps > BOX_STEPS_MAX || boxes > BOXES_MAX { Err(Excess::Boxes) } else { Ok(()) }
    }

    pub(super) fn everything(&self) -> Union {
        vec![self.layout.everything()]
    }

    /// What at least one holds, without what another holds anyway.
    pub(super) fn or(&mut self, mut a: Union, b: Union) -> Result<Union, Excess> {
        for product in b {
            if !a.iter().any(|held| held.covers(&product, self.layout)) {
                a.retain(|held| !product.covers(held, self.layout));
                a.push(product);
            }
        }
        self.count(a.len())?;
        Ok(a)
    }

    /// What both hold.
    pub(super) fn and(&mut self, a: &[Product], b: &[Product]) -> Result<Union, Excess> {
        let mut sum = Union::new();
        for left in a {
            for right in b {
                if let Some(both) = left.and(right, self.layout)
                    && !sum.iter().any(|held: &Product| held.covers(&both, self.layout))
                {
                    sum.retain(|held| !both.covers(held, self.layout));
                    sum.push(both);
                }
                self.count(sum.len())?;
            }
        }
        Ok(sum)
    }

    /// What is left of a product without the others, at most `most` pieces of it: depth first, so that
    /// the question whether anything is left ends with the first piece.
    pub(super) fn survivors(&mut self, product: Product, removed: &[&Product], most: usize) -> Result<Union, Excess> {
        let mut left = Union::new();
        let mut waiting = vec![(product, 0)];
        let mut pieces = Union::new();
        while let Some((piece, at)) = waiting.pop() {
            self.count(1)?;
            let rest = removed.get(at..).unwrap_or_default();
            if rest.iter().any(|removed| removed.covers(&piece, self.layout)) {
                continue;
            }
            let Some(next) = rest.iter().position(|removed| removed.meets(&piece, self.layout)) else {
                left.push(piece);
                if left.len() >= most {
                    break;
                }
                continue;
            };
            if let Some(removed) = rest.get(next) {
                piece.minus(removed, self.layout, &mut pieces);
                waiting.extend(pieces.drain(..).map(|piece| (piece, at + next + 1)));
            }
        }
        Ok(left)
    }

    /// Whether nothing of the product is left without the others.
    pub(super) fn is_within(&mut self, product: &Product, others: &[&Product]) -> Result<bool, Excess> {
        Ok(self.survivors(product.clone(), others, 1)?.is_empty())
    }

    /// What the first holds and the second does not, in pieces that have nothing in common.
    pub(super) fn minus(&mut self, a: &[Product], b: &[Product]) -> Result<Union, Excess> {
        let mut rest = Union::new();
        for product in a {
            let mut pieces = vec![product.clone()];
            for removed in b {
                let mut smaller = Vec::with_capacity(pieces.len());
                for piece in pieces {
                    match piece.meets(removed, self.layout) {
                        true => piece.minus(removed, self.layout, &mut smaller),
                        false => smaller.push(piece),
                    }
                }
                pieces = smaller;
                self.count(pieces.len())?;
                if pieces.is_empty() {
                    break;
                }
            }
            rest.extend(pieces);
            self.count(rest.len())?;
        }
        Ok(rest)
    }
}

#[cfg(test)]
mod tests;
