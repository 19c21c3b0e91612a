//! Few and wide boxes instead of many and narrow ones.

use super::Excess;
use super::product::{Layout, Product, Work, meets, without};
use super::rule::CONTEXT_KEYS;
use super::space::Space;

/// The product made as wide as `fine` lets it be: whole dimensions first, then single classes.
pub(super) fn widest(
    space: &Space<'_>,
    product: &Product,
    mut fine: impl FnMut(&Product) -> Result<bool, Excess>,
) -> Result<Product, Excess> {
    let layout = &space.layout;
    let mut prime = product.clone();
    let mut try_wider = |prime: &mut Product, wider: Product| -> Result<(), Excess> {
        if wider != *prime && fine(&wider)? {
            *prime = wider;
        }
        Ok(())
    };
    // That a pair of the encryption context is there says more than that its name is listed.
    let is_list = |place: &usize| space.dimensions.get(*place).is_some_and(|found| found.key.lower() == CONTEXT_KEYS);
    let (lists, others): (Vec<usize>, Vec<usize>) = (0..layout.dimensions()).partition(is_list);
    for dimension in lists.into_iter().chain(others) {
        let mut wider = prime.clone();
        wider.free(layout, dimension);
        try_wider(&mut prime, wider)?;
    }
    for place in 0..layout.dimensions() {
        let hits: Vec<Vec<u64>> = prime.hits(place).map(<[u64]>::to_vec).collect();
        for hit in hits {
            let wider = prime.without_hit(place, &hit);
            try_wider(&mut prime, wider)?;
        }
    }
    for (place, dimension) in space.dimensions.iter().enumerate() {
        if prime.is_free(layout, place) {
            continue;
        }
        for class in 0..=dimension.witnesses.len() {
            let bit = dimension.class(class);
            if meets(prime.classes(layout, place), &bit) {
                continue;
            }
            let mut wider = prime.clone();
            wider.widen(layout, place, &bit);
            try_wider(&mut prime, wider)?;
        }
    }
    Ok(prime)
}

/// The products without those that hold nothing of `wanted` that the others do not.
pub(super) fn needed(
    mut primes: Vec<Product>,
    wanted: &[Product],
    work: &mut Work<'_>,
) -> Result<Vec<Product>, Excess> {
    let mut at = 0;
    while at < primes.len() {
        let mut others = primes.clone();
        others.remove(at);
        if work.minus(wanted, &others)?.is_empty() {
            primes = others;
        } else {
            at += 1;
        }
    }
    Ok(primes)
}

/// The product made wider: condition keys without any condition where `fine` lets them be, else, like
/// everything else, as far as the product goes that it comes from. What is fine of two parts is so of both
/// together, and the product is, so that only what it would gain is asked about.
pub(super) fn towards(
    space: &Space<'_>,
    product: &Product,
    bound: &Product,
    mut fine: impl FnMut(&Product) -> Result<bool, Excess>,
) -> Result<Product, Excess> {
    let layout = &space.layout;
    let mut prime = product.clone();
    for (place, dimension) in space.dimensions.iter().enumerate() {
        let mut bounded = prime.clone();
        bounded.free(layout, place);
        let free = bounded.clone();
        bounded.restrict(layout, place, bound.classes(layout, place));
        bound.hits(place).for_each(|hit| bounded.hit(place, hit));
        for wider in dimension.is_key().then_some(free).into_iter().chain([bounded]) {
            if wider != prime && fine(&gain(layout, &prime, &wider, place))? {
                prime = wider;
                break;
            }
        }
    }
    Ok(prime)
}

/// What the second product, which is wider in one dimension, has beside the first; all of it where that is no product.
fn gain(layout: &Layout, product: &Product, wider: &Product, dimension: usize) -> Product {
    let mut gain = wider.clone();
    if !layout.is_many(dimension) {
        let more = without(wider.classes(layout, dimension), product.classes(layout, dimension));
        gain.restrict(layout, dimension, &more);
    }
    gain
}

/// Fewer products that hold the same: what others cover goes, and two that differ in one dimension are one.
pub(super) fn merged(mut products: Vec<Product>, space: &Space<'_>) -> Vec<Product> {
    let layout = &space.layout;
    loop {
        let before = products.len();
        let mut at = 0;
        while let Some(product) = products.get(at).cloned() {
            let mut others = products.iter().enumerate().filter(|(other, _)| *other != at);
            let found = others.find_map(|(index, other)| match other.covers(&product, layout) {
                true => Some((index, None)),
                false => product.joined(other, layout).map(|joined| (index, Some(joined))),
            });
            match found {
                Some((index, joined)) => {
                    if let (Some(slot), Some(joined)) = (products.get_mut(index), joined) {
                        *slot = joined;
                    }
                    products.remove(at);
                }
                None => at += 1,
            }
        }
        if products.len() == before {
            return products;
        }
    }
}
