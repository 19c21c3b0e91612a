//! Quirks: where the documentation leaves a choice, what we chose, and how to choose otherwise.

use serde_json::{Value, json};
use wardbook_policy::quirk::{QUIRKS, QuirkRow};

use super::Kind;
use super::page::Page;

pub(super) const KIND: Kind = Kind {
    name: "quirk",
    tells: "both sides of an open question",
    examples: &["quirks", "short-arn", "grant-context-key-case"],
    page,
    names: |_| QUIRKS.iter().map(|row| row.name.to_owned()).collect(),
};

fn page(topic: &str) -> Option<Page> {
    if topic.eq_ignore_ascii_case("quirks") || topic.eq_ignore_ascii_case("quirk") {
        return Some(all());
    }
    QUIRKS.iter().find(|row| row.name.eq_ignore_ascii_case(topic)).map(one)
}

fn all() -> Page {
    let value = |row: &QuirkRow| -> Value {
        json!({"name": row.name, "default": row.default, "other": row.other, "question": row.question})
    };
    let rows =
        QUIRKS.iter().map(|row| [row.name, row.default, row.other, asked(row.question)].map(str::to_owned).to_vec());
    Page::new("list", "quirks", "questions that the documentation leaves open")
        .section_as("Quirks", rows.collect(), QUIRKS.iter().map(value).collect())
        .note("Name, default side, other side, question; `wardbook explain NAME` tells what speaks for either side.")
        .note("Choose with `--quirk NAME=SIDE`, once for each; what the documentation states cannot be switched.")
}

/// The question without what speaks for either side.
fn asked(question: &str) -> &str {
    question.split_inclusive('?').next().unwrap_or(question)
}

fn one(row: &QuirkRow) -> Page {
    Page::new("quirk", row.name, "question that the documentation leaves open")
        .fact("question", row.question)
        .fact("default", row.default)
        .fact("other side", row.other)
        .fact("switch", format!("--quirk {}={}", row.name, row.other))
}
