//! The page `COLUMNS.md`, written from the table.

use std::fmt::Write;

use super::{COLUMNS, Column, Field, Kind, SCHEMA_VERSION, Source};

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = format!(
        "# Columns\n\n\
        Schema version {SCHEMA_VERSION}. Written from the table in `src/column.rs`; `UPDATE=1 cargo test` rewrites it.\n\
        `dt=YYYY-MM-DD` in the path is the day of `event_time` in UTC and is not inside the files.\n\
        NULL means that the event does not have the field, or has `null` there; `remainder` tells which.\n\n\
        | column | type | from | what it is |\n|---|---|---|---|\n"
    );
    for column in COLUMNS {
        let from = match column.source {
            Source::Record => format!("`{}`", column.field.json),
            Source::Promoted => "promoted".to_owned(),
            Source::Remainder => "the rest".to_owned(),
            Source::Log => "the log".to_owned(),
        };
        row(&mut page, column.field.name, &column.field, &from, &notes(column));
        inner(&mut page, column.field.name, column.field.kind);
    }
    page
}

fn inner(page: &mut String, path: &str, kind: Kind) {
    let (fields, step) = match kind {
        Kind::Struct(fields) => (fields, "."),
        Kind::List(fields) => (fields, "[]."),
        _ => return,
    };
    for field in fields {
        let path = format!("{path}{step}{}", field.name);
        row(page, &path, field, &format!("`{}`", field.json), "");
        inner(page, &path, field.kind);
    }
}

fn row(page: &mut String, path: &str, field: &Field, from: &str, notes: &str) {
    let kind = match field.kind {
        Kind::Text => "text",
        Kind::Json => "JSON text",
        Kind::Bool => "boolean",
        Kind::Timestamp => "timestamp (µs, UTC)",
        Kind::Integer => "64-bit integer",
        Kind::Map => "map of text to text",
        Kind::List(_) => "list of structs",
        Kind::Struct(_) => "struct",
    };
    let _ = writeln!(page, "| `{path}` | {kind} | {from} | {}{notes} |", field.about);
}

fn notes(column: &Column) -> String {
    let mut notes = String::new();
    if !column.nullable {
        notes.push_str("; never NULL");
    }
    if column.bloom {
        notes.push_str("; bloom filter");
    }
    if let Some(place) = column.sorted {
        let _ = write!(notes, "; rows are sorted by it ({})", place + 1);
    }
    notes
}
