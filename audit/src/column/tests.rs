use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn the_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("COLUMNS.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page(), "COLUMNS.md is stale: UPDATE=1 cargo test rewrites it");
}

#[test]
fn names_are_distinct_and_lower_case() {
    fn check(fields: &[Field]) {
        let names: BTreeSet<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), fields.len());
        for field in fields {
            assert!(field.name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{}", field.name);
            if let Kind::Struct(inner) | Kind::List(inner) = field.kind {
                check(inner);
            }
        }
    }
    check(&COLUMNS.iter().map(|column| column.field).collect::<Vec<_>>());
}

#[test]
fn every_struct_has_parts_because_parquet_has_no_empty_ones() {
    fn check(kind: Kind) {
        if let Kind::Struct(fields) | Kind::List(fields) = kind {
            assert!(!fields.is_empty());
            fields.iter().for_each(|field| check(field.kind));
        }
    }
    COLUMNS.iter().for_each(|column| check(column.field.kind));
}
