//! Questions about many requests, held against `decide` on every combination of classes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test says what is wrong by panicking"
)]
#![allow(dead_code, reason = "the generator of worlds is shared with the twin")]

#[path = "twin/case.rs"]
mod case;
#[path = "twin/world.rs"]
mod world;

use proptest::prelude::*;
use wardbook_policy::boxes::{Answer, Doubt, representatives, residual};
use wardbook_policy::decide::{Verdict, decide};
use wardbook_policy::quirk::Quirks;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    /// Every combination of classes has one request here, and `decide` says of it what the boxes say.
    #[test]
    fn boxes_and_decide_agree_on_the_small_model(world in world::world(true)) {
        let quirks = Quirks::default();
        let case = case::Case::read(&world, quirks);
        let layers = case.layers();
        let all = representatives(&case.request, &layers, quirks, 3_000).unwrap();
        for one in &all {
            let decided = decide(&one.request, &layers, quirks).verdict();
            if let Some(allowed) = one.allowed {
                prop_assert_eq!(
                    decided == Verdict::Allow, allowed,
                    "decide: {}\n{:?}\n{:#}", decided.name(), one.request.context().given(), world
                );
            }
        }
    }

    /// What a residual says in words is what it says in requests.
    #[test]
    fn every_residual_has_witnesses(world in world::world(true)) {
        let quirks = Quirks::default();
        let case = case::Case::read(&world, quirks);
        let layers = case.layers();
        let left = residual(&case.request, &layers, quirks);
        prop_assert!(!left.doubts.contains(&Doubt::Contradiction), "{left}\n{world:#}");
        for alternative in &left.alternatives {
            prop_assert_eq!(decide(&alternative.witness, &layers, quirks).verdict(), Verdict::Allow);
        }
        let none = left.alternatives.is_empty();
        prop_assert_eq!(none && left.doubts.is_empty(), left.answer == Answer::Never);
    }
}
