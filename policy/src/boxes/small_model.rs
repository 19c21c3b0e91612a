//! One request out of every combination of classes: what is true of all of them is true of every request.

use crate::layers::Layers;
use crate::quirk::Quirks;
use crate::request::Request;

use super::Excess;
use super::formula::Side;
use super::glob::ones;
use super::product::{Product, Work};
use super::residual::Question;
use super::witness;

/// A request of one combination of classes, and what the boxes say of it.
#[derive(Debug, Clone)]
pub struct Representative {
    /// The request.
    pub request: Request,
    /// Whether it is allowed; `None` where that is not decided.
    pub allowed: Option<bool>,
}

/// A request out of each combination of classes of the keys that `request` leaves unknown, as far as such
/// a request is possible; `most` bounds how many. A key with a list of values has none, one class, or two.
///
/// `decide` is constant on each combination, so this is a complete small model of the question: whoever
/// doubts the boxes, or the evaluator, compares the two here. The tests do.
pub fn representatives(
    request: &Request,
    layers: &Layers<'_>,
    quirks: Quirks,
    most: usize,
) -> Result<Vec<Representative>, Excess> {
    let question = Question::new(request, layers, quirks)?;
    let certain = question.side(Side::Certain)?;
    let possible = question.side(Side::Possible)?;
    let layout = &question.space.layout;
    let mut points = vec![layout.everything()];
    for (place, dimension) in question.space.dimensions.iter().enumerate() {
        let choices = dimension.witnesses.len() + 1;
        let mut more = Vec::new();
        for point in &points {
            for class in 0..choices {
                if !dimension.many {
                    more.extend(restricted(point, &question, place, &dimension.class(class), &[]));
                    continue;
                }
                let one = dimension.class(class);
                more.extend(restricted(point, &question, place, &one, core::slice::from_ref(&one)));
                for other in class + 1..dimension.witnesses.len() {
                    let other = dimension.class(other);
                    let both: Vec<u64> = one.iter().zip(&other).map(|(a, b)| a | b).collect();
                    more.extend(restricted(point, &question, place, &both, &[one.clone(), other]));
                }
            }
            if more.len() > most {
                break;
            }
        }
        points = more;
    }
    points.truncate(most);
    let mut work = Work::new(layout);
    let mut found = Vec::new();
    for point in points {
        if question.impossible.iter().any(|product| product.covers(&point, layout)) {
            continue;
        }
        let Some(request) = witness::of(&question, &point) else { continue };
        let mut lies_in =
            |union: &[Product]| work.and(core::slice::from_ref(&point), union).map(|both| !both.is_empty());
        let (sure, maybe) = (lies_in(&certain.left)?, lies_in(&possible.left)?);
        found.push(Representative { request, allowed: (sure == maybe).then_some(sure) });
    }
    Ok(found)
}

/// The point with these classes of one dimension; an empty list where there is no class and no hit.
fn restricted(
    point: &Product,
    question: &Question<'_>,
    place: usize,
    classes: &[u64],
    hits: &[Vec<u64>],
) -> Option<Product> {
    let layout = &question.space.layout;
    let mut point = point.clone();
    point.restrict(layout, place, classes);
    if ones(classes).next().is_some() {
        for hit in hits {
            point.hit(place, hit);
        }
    }
    (!point.is_empty(layout)).then_some(point)
}
