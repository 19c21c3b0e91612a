//! From the text of a policy to what decides.

use wardbook_policy::document::Document;
use wardbook_policy::json;
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

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
    Err(problems.into_iter().next().map(|problem| problem.message.to_string()).unwrap_or_default())
}
