//! In which contexts a request is allowed that is not allowed on a plain direct call.

use wardbook_policy::boxes::{Answer, Condition, Doubt, residual};
use wardbook_policy::layers::Layers;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;

/// What must hold of the context, besides what principal and key determine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlyIf {
    /// In words, with the literals of the policies.
    pub text: String,
    /// The restrictions: one of the inner lists must hold whole.
    pub alternatives: Vec<Vec<Condition>>,
}

/// What a search for contexts found.
#[derive(Debug)]
pub(super) enum Found {
    /// In no context.
    Nowhere,
    /// In these, and here is one.
    When(OnlyIf, Box<Request>),
    /// It is not known.
    Open(Vec<Doubt>),
}

/// Looks for the contexts in which a request is allowed whose open keys are unknown. What is not
/// known of some contexts does not take away those that are.
pub(super) fn contexts(request: &Request, layers: &Layers<'_>, quirks: Quirks) -> Found {
    let left = residual(request, layers, quirks);
    match (left.answer, left.alternatives.first()) {
        (Answer::Never, _) => Found::Nowhere,
        (_, Some(first)) => {
            let witness = Box::new(first.witness.clone());
            let text = match first.conditions.is_empty() {
                true => "the call is not a plain direct one".to_owned(),
                false => left.to_string(),
            };
            let alternatives = left.alternatives.into_iter().map(|alternative| alternative.conditions).collect();
            Found::When(OnlyIf { text, alternatives }, witness)
        }
        (_, None) => Found::Open(left.doubts),
    }
}
