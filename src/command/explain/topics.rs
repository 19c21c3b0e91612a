//! What can be asked.

use super::page::Page;
use super::{KINDS, Kind};

pub(super) const KIND: Kind = Kind {
    name: "list",
    tells: "what there is of a kind",
    examples: &["topics", "operators", "errors", "layers", "quirks", "rules"],
    page,
    names: |_| ["topics", "operators", "errors", "layers", "quirks", "rules"].map(str::to_owned).to_vec(),
};

fn page(topic: &str) -> Option<Page> {
    if !topic.eq_ignore_ascii_case("topics") {
        return None;
    }
    let row = |kind: &Kind| vec![kind.name.to_owned(), kind.tells.to_owned(), kind.examples.join(", ")];
    let rows = KINDS.iter().map(row).collect();
    Some(Page::new("list", "topics", "what can be asked").section("Kinds", &["kind", "tells", "examples"], rows).note(
        "Case does not matter. An action or condition key without a prefix is one of KMS; quote what holds a `*`.",
    ))
}
