//! Who gets in, and what the statements do, asked at once: building the landscape is half the price of either.

use crate::policy::Policy;

use super::super::Excess;
use super::super::outsider::Cast;
use super::super::residual::Doubt;
use super::super::review::{Review, reviews};
use super::{Access, Landscape, Setting};

/// What [`survey`] finds, each part with what is not decided of it.
#[derive(Debug, Clone)]
pub struct Survey<'a> {
    /// As from [`access`](super::access).
    pub access: (Vec<Access<'a>>, Vec<Doubt>),
    /// As from [`review`](super::super::review::review).
    pub reviews: (Vec<Review>, Vec<Doubt>),
}

/// What the policies allow, and what is to be said of their statements: [`access`](super::access) and
/// [`review`](super::super::review::review) for half the price.
pub fn survey<'a>(policies: &'a [Policy], setting: &Setting<'_>) -> Survey<'a> {
    let found = Cast::new(&[policies], setting).and_then(|cast| {
        let landscape = Landscape::new(&cast, &[policies], setting, None)?;
        let side = landscape.sides.first().ok_or(Excess::Boxes)?;
        let mut doubts = landscape.doubts.clone();
        let access = match landscape.access(side, policies, &mut doubts) {
            Ok(rows) => (rows, doubts),
            Err(excess) => undecided(excess),
        };
        let reviews = match reviews(&landscape) {
            Ok(found) => (found, landscape.doubts.clone()),
            Err(excess) => undecided(excess),
        };
        Ok(Survey { access, reviews })
    });
    found.unwrap_or_else(|excess| Survey { access: undecided(excess), reviews: undecided(excess) })
}

fn undecided<T>(excess: Excess) -> (Vec<T>, Vec<Doubt>) {
    (Vec::new(), vec![Doubt::Excess(excess)])
}
