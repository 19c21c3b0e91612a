//! Errors of the KMS API: what they mean and what to do next.

use wardbook_policy::catalogue::{self, KeyState, KmsError};

use super::Kind;
use super::page::Page;

pub(super) const KIND: Kind = Kind {
    name: "error",
    tells: "what it means and what to do next",
    examples: &["AccessDeniedException", "AccessDenied", "KMSInvalidState"],
    page,
    names: |_| catalogue::kms_errors().flat_map(|error| [error.name().to_owned(), short(error).to_owned()]).collect(),
};

fn short(error: KmsError) -> &'static str {
    error.name().trim_end_matches("Exception")
}

fn page(topic: &str) -> Option<Page> {
    let lists = |name: &str| topic.eq_ignore_ascii_case(name);
    if lists("errors") || lists("error") {
        let row = |error: KmsError| vec![error.name().to_owned(), error.explanation().to_owned()];
        let rows = catalogue::kms_errors().map(row).collect();
        return Some(Page::new("list", "errors", "of the KMS API").section("Errors", &["error", "meaning"], rows));
    }
    let error = catalogue::kms_error(topic).or_else(|| catalogue::kms_error(&topic.replace(' ', "")))?;
    let page = Page::new("error", error.name(), "error of the KMS API")
        .fact("meaning", error.explanation())
        .fact("next step", error.next_step());
    Some(states(page, error.name()))
}

/// For the errors that a key's state gives to its use: which states.
fn states(page: Page, error: &str) -> Page {
    let refuses = |state: &KeyState| {
        catalogue::kms_operations()
            .filter(|line| line.is_cryptographic())
            .any(|line| catalogue::kms_state(line.action(), *state).is_some_and(|refusal| refusal.error() == error))
    };
    let names: Vec<String> = KeyState::ALL.into_iter().filter(refuses).map(|state| state.name().to_owned()).collect();
    if names.is_empty() { page } else { page.list("use refused in", names) }
}
