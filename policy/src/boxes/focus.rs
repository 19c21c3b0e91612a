//! What a difference between policies can be about: what a statement says that one side alone has.
//!
//! For whom and for what no such statement is, both sides say the same, whatever else they say.

use crate::statement::{Statement, Texts};

/// The statements that one side alone has.
#[derive(Debug)]
pub(super) struct Focus<'a> {
    changed: Vec<&'a Statement>,
}

impl<'a> Focus<'a> {
    /// `None` where a template leaves open what one of them says, so that it may be about anything.
    pub(super) fn on(changed: Vec<&'a Statement>) -> Option<Focus<'a>> {
        let open = changed.iter().any(|statement| statement.is_open() || !statement.doubts.is_empty());
        (!open).then_some(Focus { changed })
    }

    /// The statements.
    pub(super) fn changed(&self) -> &[&'a Statement] {
        &self.changed
    }

    /// Whether one of them is about the action, given in lower case.
    pub(super) fn is_about(&self, action: &str) -> bool {
        self.changed.iter().any(|statement| match &statement.actions {
            Texts::Any => true,
            Texts::Named(patterns) => patterns.iter().any(|pattern| pattern.matches_plainly(action)),
            Texts::Except(patterns) => !patterns.iter().any(|pattern| pattern.matches_plainly(action)),
        })
    }
}
