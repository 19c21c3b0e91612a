//! Questions about many requests at once: in which contexts is this allowed, and what would change?
//!
//! The keys that a request leaves unknown are the *dimensions* of a question. Each is cut into classes
//! of values that nothing at hand can tell apart, absence included; a statement becomes a product of
//! sets of classes, a policy a union of Allow boxes minus Deny boxes, and the formula of
//! [`decide`](crate::decide::decide) is carried out on them. What is left is exact. Each part of it has
//! a whole request as its witness, which `decide` has allowed before anybody sees it.
//!
//! Nothing is guessed: a question that outgrows its budget, that turns on documents nobody collected, or
//! on two unknown keys compared with each other, says so in its [`Doubt`]s.
//!
//! The method is that of header spaces and minterms: Kazemian et al., "Header Space Analysis" (NSDI 2012);
//! D'Antoni and Veanes, "Minimization of Symbolic Automata" (POPL 2014).

mod collect;
mod compare;
mod demand;
mod focus;
mod formula;
mod glob;
mod landscape;
mod meaning;
mod outsider;
mod plan;
mod prime;
mod product;
mod residual;
mod review;
mod rule;
mod small_model;
mod space;
mod target;
mod value;
mod witness;
mod words;

pub use compare::{Cause, Change, Comparison, Difference, compare};
pub use landscape::{Access, Setting, Survey, access, survey};
pub use outsider::{Standing, Who};
pub use residual::{Alternative, Answer, Condition, Doubt, Residual, residual};
pub use review::{Review, Verdict as StatementVerdict, review};
pub use small_model::{Representative, representatives};

/// Which limit a question ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Excess {
    /// One key has more classes of values than [`CLASSES_MAX`](crate::limits::CLASSES_MAX).
    Classes,
    /// The patterns of one key combine in more ways than [`PATTERN_STATES_MAX`](crate::limits::PATTERN_STATES_MAX).
    Patterns,
    /// The resource that the policies are said to be attached to is no ARN, or too long.
    Names,
    /// More boxes than [`BOXES_MAX`](crate::limits::BOXES_MAX), or than
    /// [`BOX_STEPS_MAX`](crate::limits::BOX_STEPS_MAX) altogether.
    Boxes,
}

impl Excess {
    /// The reason in words.
    pub fn sentence(self) -> &'static str {
        match self {
            Excess::Classes => "the values of one condition key fall into too many classes",
            Excess::Patterns => "the patterns of one condition key combine in too many ways",
            Excess::Names => "the resource is not one that requests could name",
            Excess::Boxes => "the conditions combine in too many ways",
        }
    }
}
