//! How many classes a key may have.

use std::borrow::Cow;

use super::*;
use crate::condition::{Atom, Scope};
use crate::quirk::Quirks;
use crate::request::Request;
use crate::tri::Tri;

#[test]
fn classes_end_at_their_limit() {
    let request = Request::builder("arn:aws:iam::111122223333:user/u", "s3:GetObject", "*").build().unwrap();
    let scene = Scene { request: &request, quirks: Quirks::default(), has_boundary: Tri::False, in_key_policy: false };
    let classes = |count: usize| {
        let rows: Vec<Atom> = (0..count)
            .map(|n| {
                Atom::new("StringEquals", "x:Agent", &[&format!("agent {n}")], Scope { variables: false }).unwrap()
            })
            .collect();
        let ask = |atom| Ask::Row { atom, in_key_policy: false };
        let demands =
            rows.iter().map(|atom| Demand { key: Cow::Borrowed(atom.key()), ask: ask(atom), of: None }).collect();
        Space::new(demands, &[], &scene).map(|space| space.dimensions[0].witnesses.len())
    };
    // One class for each text, and one for all others.
    assert_eq!(classes(CLASSES_MAX - 1), Ok(CLASSES_MAX));
    assert_eq!(classes(CLASSES_MAX), Err(Excess::Classes));
}
