//! The text with which AWS refuses: who, what, on what, and which kind of policy stands in the way.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use wardbook_policy::decide::{Decision, Reason, Silence};

/// What the text names as the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// This.
    Resource(String),
    /// Whatever the ciphertext belongs to; the text says no more, so that nobody learns whether it exists.
    Ciphertext,
}

/// The text of a refusal.
pub fn text(principal: &str, action: &str, shown: &Shown, decision: &Decision<'_>) -> String {
    let resource = match shown {
        Shown::Resource(resource) => resource,
        Shown::Ciphertext => {
            return format!(
                "User: {principal} is not authorized to perform: {action} on the resource associated with this \
                 ciphertext because the resource does not exist in this Region, no resource-based policies allow \
                 access, or a resource-based policy explicitly denies access"
            );
        }
    };
    let why = match decision.reason() {
        Reason::DeniedBy(cited) => {
            let noun = cited.layer.noun();
            let article = if noun.starts_with(['i', 'e']) { "an" } else { "a" };
            format!("with an explicit deny in {article} {noun}")
        }
        Reason::Silent(Silence::OtherAccount) => {
            format!("because no resource-based policy allows the {action} action")
        }
        Reason::Silent(silence) => {
            let noun = match silence.layer() {
                wardbook_policy::layers::Layer::Grant => "resource-based policy",
                layer => layer.noun(),
            };
            format!("because no {noun} allows the {action} action")
        }
        Reason::AllowedBy { .. } | Reason::TurnsOn { .. } => {
            format!("because no identity-based policy allows the {action} action")
        }
    };
    format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {why}")
}
