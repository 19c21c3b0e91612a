//! From the text of a policy to what decides.

use wardbook_policy::document::{Document, Problem};
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

/// What AWS says of whoever cannot be a principal, or is none.
pub const INVALID_PRINCIPALS: &str = "Policy contains a statement with one or more invalid principals.";

/// Compiles a policy, or says the first thing that is wrong with it.
pub fn compile(text: &str, kind: PolicyKind) -> Result<Policy, String> {
    let value = json::parse(text).map_err(|error| error.to_string())?;
    let (document, origin) = (Document::read(&value), Origin::default());
    let compiled = match kind {
        PolicyKind::Key => Policy::kept(&document, origin),
        _ => Policy::new(&document, kind, origin),
    };
    let problems = match compiled {
        Ok(policy) => return Ok(policy),
        Err(problems) => problems,
    };
    Err(problems.into_iter().next().map(|problem| told(&document, problem)).unwrap_or_default())
}

/// What is said of a problem: where the name of a principal is wrong, the words of AWS.
fn told(document: &Document, problem: Problem) -> String {
    let principals = document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    let mut names = principals.flat_map(|principal| &principal.names);
    match names.any(|name| name.name.span == problem.span) {
        true => INVALID_PRINCIPALS.to_owned(),
        false => problem.message,
    }
}
