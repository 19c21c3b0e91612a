//! Laws that a generator attacks: what goes into a file comes out of it, and equal values have equal leaves.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Number, Value};
use wardbook_audit::column::{COLUMNS, Field, Kind, Source};
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{LeafRange, Origin};
use wardbook_audit::parquet::{EventColumns, EventFile, EventWriter, FileError, Filter, Footer, Rows, Settings};

/// Any JSON, with numbers that no double can hold.
fn any_json() -> BoxedStrategy<Value> {
    let number = prop_oneof!["-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", "0|1|-1"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(|text| Value::Number(text.parse::<Number>().unwrap())),
        any::<String>().prop_map(Value::String),
        "[a-z:/]{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof!["[a-zA-Z]{0,4}", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
    .boxed()
}

/// What a field usually holds, and now and then anything else.
fn like(kind: Kind) -> BoxedStrategy<Value> {
    let usual = match kind {
        Kind::Text => "[ -~é]{0,20}".prop_map(Value::String).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Struct(fields) => object_of(fields),
        Kind::List(fields) => prop::collection::vec(object_of(fields), 0..3).prop_map(Value::Array).boxed(),
        Kind::Map => prop::collection::btree_map("[a-z:]{0,6}", "[ -~]{0,9}", 0..3)
            .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key, Value::String(value))).collect())
            .boxed(),
        Kind::Json | Kind::Timestamp | Kind::Integer => any_json(),
    };
    prop_oneof![6 => usual, 1 => Just(Value::Null), 1 => any_json()].boxed()
}

fn object_of(fields: &'static [Field]) -> BoxedStrategy<Value> {
    let known = prop::collection::vec(prop::sample::select(fields), 0..=fields.len()).prop_flat_map(|fields| {
        fields
            .into_iter()
            .map(|field| like(field.kind).prop_map(move |value| (field.json.to_owned(), value)))
            .collect::<Vec<_>>()
    });
    let unknown = prop::collection::vec(("[a-zA-Z]{0,6}", any_json()), 0..2);
    (known, unknown)
        .prop_map(|(known, unknown)| Value::Object(Map::from_iter(known.into_iter().chain(unknown))))
        .boxed()
}

fn event() -> impl Strategy<Value = String> {
    let fields: Vec<Field> =
        COLUMNS.iter().filter(|column| column.source == Source::Record).map(|column| column.field).collect();
    let time = prop_oneof![
        Just("2026-04-01T12:00:00Z"),
        Just("2026-04-01T12:00:00.250Z"),
        Just("1999-12-31T23:59:59-01:30"),
        Just("2016-12-31T23:59:60Z")
    ];
    (object_of(Box::leak(fields.into_boxed_slice())), time).prop_map(|(mut event, time)| {
        if let Value::Object(members) = &mut event {
            members.insert("eventTime".to_owned(), Value::String(time.to_owned()));
        }
        event.to_string()
    })
}

/// The same JSON with the first letter of every other text, names included, spelled as an escape.
fn respelled(text: &str) -> String {
    let (mut out, mut count, mut inside, mut escaped) = (String::new(), 0, false, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        match letter {
            '"' if !escaped => {
                inside = !inside;
                count += usize::from(inside);
                if let Some(first) = letters.next_if(|first| inside && count % 2 == 1 && first.is_ascii_alphabetic()) {
                    out.push_str(&format!("\\u{:04x}", u32::from(first)));
                }
                escaped = false;
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    out
}

/// A file of some events, as it is read again.
fn file(events: &[EventText]) -> EventFile {
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    for (index, event) in events.iter().enumerate() {
        writer.append(&event.view(), index as u64).unwrap();
    }
    let range = LeafRange { first: 0, last: 11 };
    let footer = Footer { origin: Origin::new("test").unwrap(), range, sources: vec![], more: vec![] };
    EventFile::open(Arc::new(bytes::Bytes::from(writer.finish(&footer).unwrap()))).unwrap()
}

/// Whether the events that columns give back have these columns.
fn gives_its_columns(file: &EventFile) -> bool {
    let names = COLUMNS.iter().map(|column| column.field.name);
    let mut batches = file.batches(names, &Filter::default()).unwrap();
    batches.all(|batch| {
        let batch = batch.unwrap();
        let (mut columns, mut again) = (EventColumns::new(&batch).unwrap(), Rows::default());
        for row in 0..batch.num_rows() {
            let mut text = Vec::new();
            columns.write(row, &mut text).unwrap();
            let event = EventText::read(String::from_utf8(text).unwrap()).unwrap();
            again.append(&event.view(), columns.leaf_index(row).unwrap());
        }
        again.finish().unwrap().columns() == batch.columns()
    })
}

#[test]
fn the_spelling_of_names_is_kept_where_no_column_has_them() {
    for text in [
        r#"{"eventTime":"2026-04-01T12:00:00Z","\u0065ventName":5}"#,
        r#"{"eventTime":"2026-04-01T12:00:00Z","\u0065ventName":"Decrypt","\ud83d\ude00":[],"a\"b":1,"\u0000":{}}"#,
        r#"{"\u0065ventTime":"2026-04-01T12:00:00.5Z","\u0075serIdentity":{"typ\u0065":1,"sessionContex\u0074":{"a\/":1}}}"#,
    ] {
        let event = EventText::read(text.to_owned()).unwrap();
        assert!(gives_its_columns(&file(&[event])), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_come_back_from_columns(texts in prop::collection::vec(event(), 1..12)) {
        let events: Vec<_> = texts.iter().map(|text| EventText::read(text.clone()).unwrap()).collect();
        let file = file(&events);
        let mut back = Vec::new();
        file.events(&Filter::default(), |index, text| {
            back.push((index, text.to_owned()));
            Ok::<(), FileError>(())
        }).unwrap();
        back.sort();
        prop_assert_eq!(back.len(), events.len());
        for (event, (_, text)) in events.iter().zip(back) {
            let back = EventText::read(text).unwrap();
            prop_assert_eq!(back.view().leaf(), event.view().leaf(), "{} came back as {}", event.text(), back.text());
        }
    }

    /// `verify` computes the columns of an event again from what they give back.
    #[test]
    fn columns_come_of_what_they_give_back(texts in prop::collection::vec(event(), 1..12)) {
        let event = |text: &String| EventText::read(respelled(text)).unwrap();
        let events: Vec<_> = texts.iter().map(event).collect();
        for (event, text) in events.iter().zip(&texts) {
            let plain = EventText::read(text.clone()).unwrap();
            prop_assert_eq!(event.view().leaf(), plain.view().leaf(), "{}", event.text());
        }
        prop_assert!(gives_its_columns(&file(&events)), "{events:?}");
    }

    /// serde_json with exact numbers reads the same values as our reader: what it writes has the same leaf.
    #[test]
    fn another_reader_agrees(text in event()) {
        let event = EventText::read(text.clone()).unwrap();
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap();
        let other = EventText::read(pretty).unwrap();
        prop_assert_eq!(event.view().leaf(), other.view().leaf());
        let canonical = String::from_utf8(event.view().record().canonical()).unwrap();
        prop_assert_eq!(EventText::read(canonical.clone()).unwrap().view().record().canonical(), canonical.into_bytes());
        prop_assert_eq!(EventText::read(event.view().compact().into_owned()).unwrap().view().leaf(), event.view().leaf());
    }

    /// Whatever is not JSON for the one is not for the other, our stricter rules aside.
    #[test]
    fn refusals_agree(text in "[\\[\\]{}\",:0-9eE.+\\-tfn\\\\u \u{e9}]{0,12}") {
        let ours = wardbook_audit::json::Tree::default().read(&text).map(|_| ());
        let theirs = serde_json::from_str::<Value>(&text);
        match ours {
            Ok(()) => prop_assert!(theirs.is_ok(), "{} is read by us alone", text),
            Err(error) => {
                let stricter = error.to_string().contains("twice") || error.to_string().contains("exponent");
                prop_assert!(theirs.is_err() || stricter, "{}: {}", text, error);
            }
        }
    }

    #[test]
    fn nothing_makes_the_reader_of_files_or_texts_panic(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let _ = EventText::read(text);
        let _ = EventFile::open(Arc::new(bytes::Bytes::from(bytes)));
    }
}
