//! Few and wide boxes instead of many and narrow ones.

use super::Excess;
use super::product::{Product, Work, meets};
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
    for dimension in 0..layout.dimensions() {
        let mut wider = prime.clone();
        wider.free(layout, dimension);
        try_wider(&mut prime, wider)?;
    }
    for (place, dimension) in space.dimensions.iter().enumerate() {
        if prime.is_free(layout, place) {
            continue;
        }
        let hits: Vec<Vec<u64>> = prime.hits(place).map(<[u64]>::to_vec).collect();
        for hit in hits {
            let wider = prime.without_hit(place, &hit);
            try_wider(&mut prime, wider)?;
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
