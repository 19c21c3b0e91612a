//! The laws of boxes against brute force: a point is in a product or it is not.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Two dimensions with one value out of three, and one with a list of values out of three.
fn layout() -> Layout {
    let mut layout = Layout::default();
    layout.push(3, false);
    layout.push(3, true);
    layout.push(3, false);
    layout
}

/// A value, a list as a set of bits, a value.
type Point = (u64, u64, u64);

fn points() -> impl Iterator<Item = Point> {
    (0..3).flat_map(|a| (0..8).flat_map(move |list| (0..3).map(move |b| (1 << a, list, 1 << b))))
}

fn holds(product: &Product, (a, list, b): Point) -> bool {
    let layout = layout();
    product.classes(&layout, 0)[0] & a != 0
        && product.classes(&layout, 2)[0] & b != 0
        && list & !product.classes(&layout, 1)[0] == 0
        && product.hits(1).all(|hit| hit[0] & list != 0)
}

fn any_of(union: &[Product], point: Point) -> bool {
    union.iter().any(|product| holds(product, point))
}

fn product() -> impl Strategy<Value = Product> {
    (1..8_u64, 0..8_u64, 1..8_u64, vec(1..8_u64, 0..3)).prop_map(|(a, list, b, hits)| {
        let layout = layout();
        let mut product = layout.everything();
        product.restrict(&layout, 0, &[a]);
        product.restrict(&layout, 1, &[list]);
        product.restrict(&layout, 2, &[b]);
        hits.iter().for_each(|hit| product.hit(1, &[*hit]));
        product
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn emptiness_and_meeting(a in product(), b in product()) {
        let layout = layout();
        prop_assert_eq!(a.is_empty(&layout), !points().any(|point| holds(&a, point)));
        prop_assert_eq!(a.meets(&b, &layout), points().any(|point| holds(&a, point) && holds(&b, point)));
        prop_assert_eq!(a.and(&b, &layout).is_some(), a.meets(&b, &layout));
    }

    #[test]
    fn cover(a in product(), b in product()) {
        let layout = layout();
        if !b.is_empty(&layout) {
            prop_assert_eq!(a.covers(&b, &layout), points().all(|point| holds(&a, point) || !holds(&b, point)));
        }
    }

    #[test]
    fn difference_in_pieces_that_have_nothing_in_common(a in product(), b in product()) {
        let mut pieces = Vec::new();
        a.minus(&b, &layout(), &mut pieces);
        for point in points() {
            let count = pieces.iter().filter(|piece| holds(piece, point)).count();
            prop_assert_eq!(count, usize::from(holds(&a, point) && !holds(&b, point)));
        }
    }

    #[test]
    fn unions(a in vec(product(), 0..4), b in vec(product(), 0..4), c in product()) {
        let layout = layout();
        let mut work = Work::new(&layout);
        let live = |union: &[Product]| -> Union { union.iter().filter(|p| !p.is_empty(&layout)).cloned().collect() };
        let (a, b) = (live(&a), live(&b));
        let or = b.iter().try_fold(a.clone(), |sum, product| work.or(sum, vec![product.clone()])).unwrap();
        let and = work.and(&a, &b).unwrap();
        let minus = work.minus(&a, &b).unwrap();
        let not = work.minus(&[layout.everything()], &a).unwrap();
        for point in points() {
            let (in_a, in_b) = (any_of(&a, point), any_of(&b, point));
            prop_assert_eq!(any_of(&or, point), in_a || in_b);
            prop_assert_eq!(any_of(&and, point), in_a && in_b);
            prop_assert_eq!(any_of(&minus, point), in_a && !in_b);
            prop_assert_eq!(any_of(&not, point), !in_a);
        }
        if !c.is_empty(&layout) {
            let removed: Vec<&Product> = b.iter().collect();
            let left = work.survivors(c.clone(), &removed, usize::MAX).unwrap();
            for point in points() {
                prop_assert_eq!(any_of(&left, point), holds(&c, point) && !any_of(&b, point));
            }
            let within = points().all(|point| !holds(&c, point) || any_of(&b, point));
            prop_assert_eq!(work.is_within(&c, &removed).unwrap(), within);
        }
    }

    #[test]
    fn joining(a in product(), b in product()) {
        if let Some(joined) = a.joined(&b, &layout()) {
            for point in points() {
                prop_assert_eq!(holds(&joined, point), holds(&a, point) || holds(&b, point));
            }
        }
    }
}

#[test]
fn boxes_and_steps_end_at_their_limits() {
    let layout = layout();
    assert!(Work::new(&layout).count(BOXES_MAX).is_ok());
    assert_eq!(Work::new(&layout).count(BOXES_MAX + 1), Err(Excess::Boxes));
    let mut work = Work::new(&layout);
    assert!((0..BOX_STEPS_MAX).all(|_| work.count(1).is_ok()));
    assert_eq!(work.count(1), Err(Excess::Boxes));
}
