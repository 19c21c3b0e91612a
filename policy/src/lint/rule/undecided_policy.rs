//! A policy of which it is not decided what it does, so that the rules which evaluate it were silent about it.
//!
//! Evaluation has limits, so that a file of any size ends quickly. Where one is met, what was not looked at is said here; the rules that look at each statement have looked at all of it.
//! Those who want to hear everything are also told where a template leaves open what decides.
//!
//! # Bad
//!
//! ```json
//! {"Version": "2012-10-17", "Statement": [some 401 statements]}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Version": "2012-10-17", "Statement": [
//!   {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}
//! ```

use crate::boxes::Doubt;
use crate::limits::{COMPARED_DENIES_MAX, EVALUATED_STATEMENTS_MAX};
use crate::lint::finding::Findings;
use crate::lint::view::{View, effect, head};
use crate::statement::Effect;

pub(in crate::lint) fn check(view: &View<'_>, found: &mut Findings<'_>) {
    let place = head(view.document.span);
    let count = view.document.statements.len();
    if count > EVALUATED_STATEMENTS_MAX {
        found
            .info(
                place,
                format!("what this policy does was not decided: it has {count} statements, and {EVALUATED_STATEMENTS_MAX} are the most that are evaluated"),
            )
            .help("each statement was looked at by itself; split the policy to have it evaluated");
        return;
    }
    let mut said: Vec<String> = Vec::new();
    for doubt in view.doubts() {
        let limit = matches!(doubt, Doubt::Excess(_) | Doubt::Contradiction);
        let sentence = doubt.sentence();
        if (limit || view.settings.pedantic) && !said.contains(&sentence) {
            found.info(place, format!("what this policy does was not decided: {sentence}"));
            said.push(sentence);
        }
    }
    let denies = view.document.statements.iter().filter(|own| effect(own) == Some(Effect::Deny)).count();
    if view.is_key_policy() && denies > COMPARED_DENIES_MAX && view.allows().next().is_some() {
        found.info(
            place,
            format!("of {denies} Denies, {COMPARED_DENIES_MAX} were looked at for whether they take anything away"),
        );
    }
}
