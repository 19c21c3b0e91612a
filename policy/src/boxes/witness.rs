//! A whole request out of a box: a value for every dimension, and what follows from them.

use crate::context::Values;
use crate::key::{ENCRYPTION_CONTEXT, Key};
use crate::request::Request;

use super::glob::ones;
use super::product::Product;
use super::residual::Question;

/// A request whose context lies in the product, which is not empty and holds nothing impossible.
pub(super) fn of(question: &Question<'_>, product: &Product) -> Option<Request> {
    let space = &question.space;
    let layout = &space.layout;
    let mut given: Vec<(Key, Values)> = Vec::new();
    let mut absent: Vec<Key> = Vec::new();
    for (place, dimension) in space.dimensions.iter().enumerate() {
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
                absent.push(dimension.key.clone());
            } else {
                given.push((dimension.key.clone(), Values::Many(values)));
            }
            continue;
        }
        // Absence is the plainest value, where it is one.
        let absence = dimension.absence().filter(|absence| ones(classes).any(|class| class == *absence));
        match absence {
            Some(_) => absent.push(dimension.key.clone()),
            None => {
                let value = value(ones(classes).next()?)?;
                let from_a_service =
                    dimension.key.lower() == "aws:sourceip" && value.parse::<core::net::IpAddr>().is_err();
                // Then it follows from the service that calls.
                if !from_a_service {
                    given.push((dimension.key.clone(), Values::One(value)));
                }
            }
        }
    }
    Some(question.request.completed(spelled(given), absent, question.scene.quirks))
}

/// The names of an encryption context as the list of its names spells them.
fn spelled(mut given: Vec<(Key, Values)>) -> Vec<(Key, Values)> {
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
    // A name that no pair was asked for has some value.
    for name in names {
        let key = Key::new(&format!("kms:EncryptionContext:{name}"));
        if !given.iter().any(|(known, _)| *known == key) {
            given.push((key, Values::One("x".into())));
        }
    }
    given
}
