//! A whole request out of a box: a value for every dimension, and what follows from them.

use crate::condition::{Atom, Quantifier};
use crate::context::{Lookup, Values};
use crate::key::{ENCRYPTION_CONTEXT, Key};
use crate::pattern::Step;
use crate::request::Request;
use crate::scene::Scene;
use crate::tri::Tri;

use super::demand::Ask;
use super::glob::ones;
use super::product::Product;
use super::residual::Question;
use super::space::{Dimension, Space};

/// So many requests are tried for a box in which unknown keys are compared with each other.
const ATTEMPTS_MAX: usize = 64;

/// Requests whose contexts lie in the product, which is not empty and holds nothing impossible.
///
/// All do where no unknown keys are compared with each other. Where they are, the values that make the
/// comparison come out as the product wants it are sought among those of the classes.
pub(super) fn all(question: &Question<'_>, product: &Product) -> Vec<Request> {
    within(&question.space, question.request, &question.scene, product)
}

/// The same for a request of which the product may say more than it leaves unknown.
pub(super) fn within(space: &Space<'_>, request: &Request, scene: &Scene<'_>, product: &Product) -> Vec<Request> {
    let question = &Frame { space, request, scene: *scene };
    let Some(first) = Told::of(question, product) else { return Vec::new() };
    let mut attempts = vec![first];
    for (place, dimension) in space.dimensions.iter().enumerate() {
        let asked = dimension.demands.iter().find_map(|index| space.demands.get(*index));
        let Some(Ask::Opaque { atom, .. }) = asked.map(|demand| &demand.ask) else { continue };
        let wanted = ones(product.classes(&space.layout, place)).next() == Some(1);
        attempts = attempts.iter().flat_map(|told| told.settled(question, product, atom, wanted)).collect();
        attempts.truncate(ATTEMPTS_MAX);
    }
    attempts.into_iter().map(|told| told.request(question)).collect()
}

/// A request whose context lies in the product.
pub(super) fn of(question: &Question<'_>, product: &Product) -> Option<Request> {
    all(question, product).into_iter().next()
}

/// What a witness is made for.
struct Frame<'f> {
    space: &'f Space<'f>,
    request: &'f Request,
    scene: Scene<'f>,
}

impl<'f> Frame<'f> {
    fn place(&self, key: &Key) -> Option<(usize, &'f Dimension)> {
        let place = self.space.place(key.lower())?;
        Some((place, self.space.dimensions.get(place)?))
    }
}

/// What is told of the unknown keys.
#[derive(Debug, Clone)]
struct Told {
    given: Vec<(Key, Values)>,
    absent: Vec<Key>,
}

impl Told {
    fn of(question: &Frame<'_>, product: &Product) -> Option<Told> {
        let space = &question.space;
        let layout = &space.layout;
        let mut told = Told { given: Vec::new(), absent: Vec::new() };
        for (place, dimension) in space.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.is_key()) {
            if question.request.context.lookup(&dimension.key) != Lookup::Unknown {
                continue;
            }
            let classes = product.classes(layout, place);
            let value = |class: usize| dimension.witnesses.get(class).cloned();
            if dimension.many {
                let mut values: Vec<Box<str>> = Vec::new();
                for hit in product.hits(place) {
                    let both: Vec<u64> = classes.iter().zip(hit).map(|(a, b)| a & b).collect();
                    let value = value(ones(&both).next()?)?;
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                values.sort();
                if values.is_empty() {
                    told.absent.push(dimension.key.clone());
                } else {
                    told.given.push((dimension.key.clone(), Values::Many(values)));
                }
                continue;
            }
            // Absence is the plainest value, where it is one.
            let absence = dimension.absence().filter(|absence| ones(classes).any(|class| class == *absence));
            match absence {
                Some(_) => told.absent.push(dimension.key.clone()),
                None => {
                    let value = value(ones(classes).next()?)?;
                    let from_a_service =
                        dimension.key.lower() == "aws:sourceip" && value.parse::<core::net::IpAddr>().is_err();
                    // Then it follows from the service that calls.
                    if !from_a_service {
                        told.given.push((dimension.key.clone(), Values::One(value)));
                    }
                }
            }
        }
        Some(told)
    }

    fn request(self, question: &Frame<'_>) -> Request {
        let given = spelled(self.given, question.request);
        question.request.completed(given, self.absent, question.scene.quirks)
    }

    /// With this value of a key, where the product leaves the key that value.
    fn with(&self, question: &Frame<'_>, product: &Product, key: &Key, value: &str) -> Option<Told> {
        let values = match question.place(key) {
            Some((place, dimension)) => {
                let takes = |value: &str| dimension.answers(question.space, value, &question.scene);
                let own = takes(value);
                let mut classes = ones(product.classes(&question.space.layout, place));
                let admitted = classes.any(|class| dimension.witnesses.get(class).is_some_and(|one| takes(one) == own));
                // A list is left as it stands: nothing is compared with one.
                if dimension.many || !admitted {
                    return None;
                }
                Values::One(value.into())
            }
            None if key.listed().is_some_and(|listed| listed.many) => Values::Many(vec![value.into()]),
            None => Values::One(value.into()),
        };
        let mut told = self.clone();
        told.absent.retain(|absent| absent != key);
        told.given.retain(|(given, _)| given != key);
        told.given.push((key.clone(), values));
        Some(told)
    }

    /// The values that a key may have in the product; some value where it may have any.
    fn values(&self, question: &Frame<'_>, product: &Product, key: &Key) -> Vec<Box<str>> {
        let Some((place, dimension)) = question.place(key) else { return vec!["x".into()] };
        let classes = product.classes(&question.space.layout, place);
        ones(classes).filter_map(|class| dimension.witnesses.get(class).cloned()).take(8).collect()
    }

    /// Ways to make the row hold, or not.
    fn settled(&self, question: &Frame<'_>, product: &Product, atom: &Atom, wanted: bool) -> Vec<Told> {
        let mut ways = vec![self.clone()];
        let own = self.values(question, product, atom.key());
        let with = |told: &Told, key: &Key, value: &str| told.with(question, product, key, value);
        for pattern in atom.patterns() {
            for variable in pattern.variables() {
                for value in self.values(question, product, &variable.key) {
                    let Some(told) = with(self, &variable.key, &value) else { continue };
                    let request = told.clone().request(question);
                    let scene = Scene { request: &request, ..question.scene };
                    let steps = pattern.steps(&scene).unwrap_or_default();
                    let text: String = steps.into_iter().filter_map(Step::character).collect();
                    ways.extend(with(&told, atom.key(), &text));
                    ways.extend(own.iter().filter_map(|own| with(&told, atom.key(), own)));
                    ways.push(told);
                }
                let both = |own| with(&with(self, atom.key(), own)?, &variable.key, own);
                ways.extend(own.iter().filter_map(|own| both(own)));
            }
        }
        ways.retain(|told| {
            let request = told.clone().request(question);
            let scene = Scene { request: &request, ..question.scene };
            let holds = atom.holds(&scene) == Tri::True;
            let plain =
                holds != (atom.operator().negated && !atom.if_exists() && atom.quantifier() == Quantifier::Single);
            plain == wanted
        });
        ways.truncate(ATTEMPTS_MAX);
        ways
    }
}

/// The names of an encryption context as the list of its names spells them.
fn spelled(mut given: Vec<(Key, Values)>, request: &Request) -> Vec<(Key, Values)> {
    let listed = given.iter().find_map(|(key, values)| match values {
        Values::Many(names) if key.lower() == "kms:encryptioncontextkeys" => Some(names.clone()),
        _ => None,
    });
    let Some(names) = listed else { return given };
    for (key, _) in &mut given {
        let Some(lower) = key.lower().strip_prefix(ENCRYPTION_CONTEXT) else { continue };
        if let Some(name) = names.iter().find(|name| name.to_lowercase() == lower) {
            *key = Key::new(&format!("kms:EncryptionContext:{name}"));
        }
    }
    // A name that no pair was asked for has the value that the request tells, or else some value.
    for name in names {
        let key = Key::new(&format!("kms:EncryptionContext:{name}"));
        let told = matches!(request.context.lookup(&key), Lookup::One(_) | Lookup::Many(_));
        if !told && !given.iter().any(|(known, _)| *known == key) {
            given.push((key, Values::One("x".into())));
        }
    }
    given
}
