//! The tables as files, and the search over them; the facts are under `tests/`.

use std::collections::HashSet;

use proptest::prelude::*;

use super::table::{LISTS, Row, Table};
use super::*;

mod action_facts;
mod condition_key_facts;
mod kms_facts;
mod nearest_facts;

const TABLES: [(&str, Table, usize); 8] = [
    ("service.tsv", action::SERVICES, 3),
    ("action.tsv", action::ACTIONS, 4),
    ("resource.tsv", action::RESOURCES, 3),
    ("condition_key.tsv", condition_key::KEYS, 3),
    ("list.tsv", LISTS, 2),
    ("kms_operation.tsv", kms_operation::OPERATIONS, 10),
    ("kms_state.tsv", kms_state::STATES, 9),
    ("kms_error.tsv", kms_error::ERRORS, 3),
];

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn names(found: impl Iterator<Item = Action>) -> Vec<&'static str> {
    found.map(Action::name).collect()
}

// --- the tables

#[test]
fn tables_are_ascii_lines_of_whole_fields_sorted_and_unique() {
    for (name, table, fields) in TABLES {
        let text = table.text();
        assert!(text.is_ascii(), "{name}: not ASCII");
        assert!(!text.contains('\r'), "{name}: carriage return");
        assert!(text.ends_with('\n'), "{name}: last line is not ended");
        let keys: Vec<String> = table.rows().map(|row| lower(row.field(0))).collect();
        for pair in keys.windows(2) {
            assert!(pair[0] < pair[1], "{name}: `{}` before `{}`", pair[0], pair[1]);
        }
        for line in text.lines() {
            assert_eq!(line.split('\t').count(), fields, "{name}: {line}");
            assert!(!line.starts_with('\t'), "{name}: {line}");
        }
    }
}

#[test]
fn tables_are_compact() {
    let bytes: usize = TABLES.iter().map(|(_, table, _)| table.text().len()).sum();
    assert!(bytes < 1_700_000, "{bytes} bytes");
}

#[test]
fn counts_are_at_least_those_of_the_sources() {
    // iam-data 0.21.202609261: 456 services, 22,091 actions; two more by correction.
    assert!(services().count() >= 450);
    assert!(actions().count() >= 22_000);
    // Of the 98 keys that KMS declares three are `aws:` keys; kms:PolicyName by correction.
    let kms = condition_keys().filter(|key| key.name().starts_with("kms:"));
    assert_eq!(kms.count(), 98 - 3 + 1);
    for name in ["aws:RequestTag/a", "aws:ResourceTag/a", "aws:TagKeys"] {
        assert!(condition_key(name).is_some(), "{name}");
    }
    // 59 global keys, of which three depend on the service.
    assert_eq!(condition_keys().filter(|key| key.is_global()).count(), 59 - 3);
}

#[test]
fn what_a_table_mentions_exists() {
    let mut mentioned = HashSet::new();
    let mut check_list = |row: Row, index: usize| {
        if let Some(list) = row.field(index).strip_prefix('@') {
            mentioned.insert(list);
            assert!(row.list(index).count() > 0, "{row:?} mentions an unknown list");
        }
        row.list(index).collect::<Vec<_>>()
    };
    for row in action::ACTIONS.rows() {
        let (prefix, _) = row.field(0).split_once(':').unwrap();
        assert!(service(prefix).is_some(), "{row:?}");
        assert!(["L", "R", "T", "W", "P"].contains(&row.field(1)), "{row:?}");
        for name in check_list(row, 2) {
            let known = resource_type(prefix, name.trim_end_matches('*'));
            assert!(known.is_some(), "{row:?}: {name}");
        }
        for name in check_list(row, 3) {
            assert_eq!(condition_key(name).unwrap().name(), name, "{row:?}");
        }
    }
    for row in action::RESOURCES.rows() {
        let (prefix, _) = row.field(0).split_once(':').unwrap();
        assert!(service(prefix).is_some(), "{row:?}");
        assert!(row.field(1).starts_with("arn:${Partition}:"), "{row:?}");
        for name in check_list(row, 2) {
            assert_eq!(condition_key(name).unwrap().name(), name, "{row:?}");
        }
    }
    for list in LISTS.rows() {
        assert!(mentioned.contains(list.field(0)), "{list:?} is mentioned nowhere");
    }
}

#[test]
fn words_of_the_tables_are_known() {
    let types = ["ARN", "Bool", "Date", "IPAddress", "Numeric", "String"];
    for row in condition_key::KEYS.rows() {
        let text = row.field(1);
        assert!(types.contains(&text.strip_prefix("ArrayOf").unwrap_or(text)), "{row:?}");
        assert!(["global", "-"].contains(&row.field(2)), "{row:?}");
    }
    for row in action::SERVICES.rows() {
        assert!(["rcp", "-"].contains(&row.field(2)), "{row:?}");
    }
    for row in kms_operation::OPERATIONS.rows() {
        let kinds = ["key", "alias+key", "retiring-principal", "none"];
        assert!(kinds.contains(&row.field(2)), "{row:?}");
        assert!(row.field(5) == "-" || KeyUsage::from_name(row.field(5)).is_some(), "{row:?}");
        for flag in [3, 4, 6, 7, 8] {
            assert!(["yes", "-"].contains(&row.field(flag)), "{row:?}");
        }
    }
    // An unknown word reads as unavailable.
    for row in kms_state::STATES.rows() {
        for (index, state) in KeyState::ALL.into_iter().enumerate() {
            let unavailable = kms_state(row.field(0), state) == Some(StateRefusal::Unavailable);
            assert_eq!(unavailable, row.field(index + 1) == "unavailable", "{row:?}");
        }
    }
}

#[test]
fn parameters_begin_where_they_are_looked_for() {
    for key in condition_keys().filter(|key| key.has_parameter()) {
        assert!(key.stem().len() <= condition_key::PARAMETER_OFFSET_MAX, "{key:?}");
        assert!(key.stem().ends_with(['/', ':', '.', '-']), "{key:?}");
    }
    for action in actions() {
        assert!(action.name().len() <= NAME_BYTES_MAX, "{action:?}");
    }
    for key in condition_keys() {
        assert!(key.name().len() <= NAME_BYTES_MAX, "{key:?}");
    }
}

// --- search

/// The obvious way to do what [`Table::find`] does.
fn find_slowly(table: Table, key: &str) -> Option<Row> {
    table.rows().find(|row| row.field(0).eq_ignore_ascii_case(key))
}

#[test]
fn every_line_is_found_and_its_neighbors_are_not_mistaken_for_it() {
    for (name, table, _) in TABLES {
        let known: HashSet<String> = table.rows().map(|row| lower(row.field(0))).collect();
        for row in table.rows() {
            let key = row.field(0);
            assert_eq!(table.find(&[key]), Some(row), "{name}: {key}");
            assert_eq!(table.find(&[&key.to_ascii_uppercase()]), Some(row), "{name}: {key}");
            let (head, tail) = key.split_at(key.len() / 2);
            assert_eq!(table.find(&[head, tail]), Some(row), "{name}: {key}");
            let shorter = key.split_at(key.len() - 1).0;
            for near in [shorter.to_string(), format!("{key}!"), format!("{key}~"), format!("{key}\t")] {
                let found = table.find(&[&near]).is_some();
                assert_eq!(found, known.contains(&lower(&near)), "{name}: {near}");
            }
        }
    }
}

proptest! {
    // Each case walks whole tables.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn search_agrees_with_a_walk(index in 0usize..30_000, cut in 0usize..80, tail in "[a-zA-Z:$/~! -]{0,3}") {
        for (name, table, _) in TABLES {
            let row = table.rows().nth(index % table.rows().count()).unwrap();
            let key: String = row.field(0).chars().take(cut).chain(tail.chars()).collect();
            prop_assert_eq!(table.find(&[&key]), find_slowly(table, &key), "{}: {}", name, key);

            let fast: Vec<Row> = table.starting_with(key.clone()).collect();
            let slow: Vec<Row> = table
                .rows()
                .filter(|row| lower(row.field(0)).starts_with(&lower(&key)))
                .collect();
            prop_assert_eq!(fast, slow, "{}: {}", name, key);
        }
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answer_everything(&text);
    }

    #[test]
    fn wildcards_agree_with_an_obvious_matcher(pattern in "(kms|k\\*|\\*|ss\\?|KMS)(:|)[*?DdGrantKey]{0,6}") {
        let slow: Vec<_> = actions()
            .map(Action::name)
            .filter(|name| matches_plainly(lower(&pattern).as_bytes(), lower(name).as_bytes()))
            .collect();
        prop_assert_eq!(names(actions_matching(&pattern)), slow, "{}", pattern);
    }
}

fn matches_plainly(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        ([b'*', rest @ ..], text) => {
            matches_plainly(rest, text) || !text.is_empty() && matches_plainly(pattern, &text[1..])
        }
        ([b'?', rest @ ..], [_, text @ ..]) => matches_plainly(rest, text),
        ([byte, rest @ ..], [first, text @ ..]) => byte == first && matches_plainly(rest, text),
        (_, []) => false,
    }
}

fn answer_everything(text: &str) {
    let _ = service(text).map(|found| found.actions().count());
    let _ = action(text);
    let _ = resource_type(text, text);
    let _ = resource_type("kms", text);
    let _ = condition_key(text);
    let _ = carries(text, text);
    let _ = carries("kms:Decrypt", text);
    let _ = kms_operation(text);
    let _ = kms_operations_of(text).count();
    let _ = kms_state(text, KeyState::Enabled);
    let _ = KeyState::from_name(text);
    let _ = kms_error(text);
    let _ = nearest_action(text);
    let _ = nearest_condition_key(text);
    let _ = actions_matching(text).count();
}

#[test]
fn hostile_text_is_answered() {
    let long = [
        "x".repeat(1 << 20),
        "*".repeat(1 << 20),
        "?".repeat(1 << 20),
        ":".repeat(1 << 20),
        "/".repeat(1 << 20),
        "*a".repeat(1 << 19),
        format!("kms:{}", "[".repeat(1 << 20)),
        "é".repeat(1 << 19),
    ];
    for text in long.iter().map(String::as_str) {
        answer_everything(text);
        assert_eq!(action(text), None);
    }
    let short = [
        "",
        " ",
        ":",
        "::",
        ":::::",
        "\t",
        "\n",
        "\0",
        "@",
        "@4tel",
        "${",
        "}",
        "kms",
        "kms:",
        ":Decrypt",
        "kms:Decrypt\tW",
        "kms:Decrypt\n",
        "kms:D\u{e9}crypt",
        "\u{212a}ms:Decrypt",
        "kms:**",
        "[a-z]*",
        "{kms,s3}:*",
        "kms:\\*",
        "!*",
        "kms:[!a]*",
        "aws:PrincipalTag/",
        "aws:PrincipalTag/\u{1f511}",
        "/:/:/:",
    ];
    for text in short {
        answer_everything(text);
        assert_eq!(action(text), None, "{text:?}");
    }
    assert_eq!(actions_matching(&"*".repeat(1 << 20)).count(), actions().count());
    assert_eq!(condition_key("aws:PrincipalTag/\u{1f511}").unwrap().stem(), "aws:PrincipalTag/");
    let endless = format!("kms:EncryptionContext:{}", ":".repeat(1 << 20));
    assert_eq!(condition_key(&endless).unwrap().stem(), "kms:EncryptionContext:");
}
