use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::column::{COLUMNS, Source};
use crate::event::EventText;
use crate::folder::{LeafRange, Origin};
use crate::time::Timestamp;

fn footer() -> Footer {
    let range = LeafRange { first: 0, last: 99 };
    Footer { origin: Origin::new("test").unwrap(), range, sources: vec!["ab".into()], more: vec![] }
}

fn write(events: &[EventText]) -> Vec<u8> {
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    for (index, event) in events.iter().enumerate() {
        writer.append(&event.view(), index as u64).unwrap();
    }
    writer.finish(&footer()).unwrap()
}

fn open(bytes: Vec<u8>) -> EventFile {
    EventFile::open(Arc::new(Bytes::from(bytes))).unwrap()
}

fn given_back(file: &EventFile, filter: &Filter) -> Vec<(u64, String)> {
    let mut events = Vec::new();
    file.events(filter, |index, text| {
        events.push((index, text.to_owned()));
        Ok::<(), FileError>(())
    })
    .unwrap();
    events
}

fn event(text: &str) -> EventText {
    EventText::read(text.to_owned()).unwrap()
}

#[track_caller]
fn comes_back(texts: &[&str]) {
    let events: Vec<_> = texts.iter().map(|text| event(text)).collect();
    let mut back = given_back(&open(write(&events)), &Filter::default());
    back.sort();
    assert_eq!(back.len(), events.len());
    for (event, (_, text)) in events.iter().zip(&back) {
        assert_eq!(EventText::read(text.clone()).unwrap().view().record(), event.view().record(), "{text}");
    }
}

/// Whatever byte of a file is another one: its reader gives events or an error. It does not panic, and does not ask for
/// more memory than there is.
#[test]
fn a_flipped_byte_anywhere_ends_in_events_or_an_error() {
    let event = |second: u32| {
        event(&format!(
            r#"{{"eventTime":"2026-04-01T12:00:{second:02}Z","eventSource":"kms.amazonaws.com","eventID":"id-{second}",
            "eventName":"Decrypt","readOnly":true,"requestParameters":{{"encryptionContext":{{"a":"{second}"}}}},
            "resources":[{{"ARN":"arn:aws:kms:eu-west-1:111122223333:key/k","accountId":"111122223333"}}]}}"#
        ))
    };
    let good = write(&(0..20).map(event).collect::<Vec<_>>());
    let footer = good.len() - 8 - u32::from_le_bytes(*good[good.len() - 8..].first_chunk().unwrap()) as usize;
    let filter = Filter::default().and(Test::equals("event_id", "id-7"));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic_is_caught() {
            hook(panic);
        }
    }));
    let (mut whole, mut errors) = (0, 0);
    // Most lengths stand in the footer.
    let places = (0..footer).step_by(7).chain((footer..good.len()).step_by(2));
    for (place, at) in places.enumerate() {
        let mut bad = good.clone();
        bad[at] ^= [0x80, 0x01, 0xff, 0x10][place % 4];
        let bad = Bytes::from(bad);
        let read = |filter: &Filter| {
            let file = EventFile::open(Arc::new(bad.clone()))?;
            file.events(filter, |_, _| Ok::<(), FileError>(()))
        };
        match (read(&Filter::default()), read(&filter)) {
            (Ok(()), Ok(())) => whole += 1,
            _ => errors += 1,
        }
    }
    assert!(errors > 1_000, "{errors} errors, {whole} read");
}

#[test]
fn awkward_events_come_back() {
    let time = r#""eventTime":"2026-04-01T12:00:00Z""#;
    let bodies = [
        r#""unknown":{"deep":[1,2.50,{"x":null}],"n":123456789012345678901234567890}"#,
        r#""eventName":null,"eventID":5,"userIdentity":null,"resources":null,"readOnly":null"#,
        r#""userIdentity":{}"#,
        r#""userIdentity":{"sessionContext":{"webIdFederationData":{},"sessionIssuer":{}}}"#,
        r#""userIdentity":{"type":null,"arn":7,"new":true,"sessionContext":{"sessionIssuer":{"x":1}}}"#,
        r#""userIdentity":"none""#,
        r#""userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{}}}}"#,
        r#""userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{"a":"b","c":"d"}}}}"#,
        r#""userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{"a":"b","c":1}}}}"#,
        r#""resources":[]"#,
        r#""resources":[{}]"#,
        r#""resources":[null,1]"#,
        r#""resources":[{"ARN":"a","accountId":"001234567890","type":"T"},{"ARN":"b"}]"#,
        r#""resources":[{"ARN":"a","arn":"b"}]"#,
        r#""resources":[{"ARN":null}]"#,
        r#""resources":{"ARN":"a"}"#,
        r#""requestParameters":"text","responseElements":[],"additionalEventData":0,"serviceEventDetails":{ "a" : 1 }"#,
        r#""requestParameters":{"x":1e400,"y":-0.0,"z":18446744073709551617,"a":"\u0000\ud83d\ude00\/"}"#,
        r#""eventname":"lower","EventName":"upper","eventName":"right""#,
        r#""readOnly":"true","managementEvent":1"#,
        r#""event\u004eame":"escaped name","user\u0049dentity":{"ar\u006e":"x","\u0000":1}"#,
        r#""insightDetails":{"state":"Start"},"eventCategory":"Insight","remainder":"r","leaf_index":7,"":[]"#,
        r#""tlsDetails":{"tlsVersion":"TLSv1.3","keyExchange":"X25519MLKEM768","y":[]}"#,
        r#""addendum":{"reason":"UPDATED_DATA","updatedFields":["a"]},"eventContext":{"tagContext":null}"#,
        r#""errorMessage":"line\nbreak \"quoted\" \\ tab\t é \u007f""#,
    ];
    let texts: Vec<_> = bodies.iter().map(|body| format!("{{{time},{body}}}")).collect();
    comes_back(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    comes_back(&[
        r#"{"eventTime":"2026-04-01T12:00:00.000Z"}"#,
        r#"{"eventTime":"2026-04-01T14:00:00+02:00"}"#,
        r#"{"eventTime":"2026-04-01t12:00:00z"}"#,
        r#"{"eventTime":"2026-04-01T12:00:00.123456789Z"}"#,
        r#"{"eventTime":"\u0032026-04-01T12:00:00Z"}"#,
    ]);
}

#[test]
fn same_events_same_bytes() {
    let events: Vec<_> = (0..50).map(numbered).collect();
    assert_eq!(write(&events), write(&events));
}

fn numbered(index: usize) -> EventText {
    let key = index % 5;
    event(&format!(
        r#"{{"eventTime":"2026-04-01T{:02}:{:02}:00Z","eventSource":"kms.amazonaws.com","eventID":"id-{index}","eventName":"Decrypt",
        "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::00{index}:user/u"}},
        "resources":[{{"ARN":"arn:aws:kms:eu-west-1:111122223333:key/{key}"}}]}}"#,
        index / 60 % 24,
        index % 60
    ))
}

#[test]
fn rows_are_sorted_and_say_so() {
    let events: Vec<_> = (0..50).rev().map(numbered).collect();
    let file = open(write(&events));
    let mut found = Vec::new();
    for batch in file.batches(["event_source", "kms_key_arn", "event_time"], &Filter::default()).unwrap() {
        let batch = batch.unwrap();
        assert_eq!(batch, sort_columns(&batch));
        found.push(batch.num_rows());
    }
    assert_eq!(found, [50]);
    let footer = ::parquet::file::serialized_reader::SerializedFileReader::new(Bytes::from(write(&events))).unwrap();
    let metadata = ::parquet::file::reader::FileReader::metadata(&footer).clone();
    let sorting = metadata.row_group(0).sorting_columns().unwrap();
    let names: Vec<_> = sorting
        .iter()
        .map(|column| metadata.row_group(0).column(column.column_idx as usize).column_path().string())
        .collect();
    assert_eq!(names, ["event_source", "kms_key_arn", "event_time"]);
    let keys: Vec<_> =
        metadata.file_metadata().key_value_metadata().unwrap().iter().map(|pair| pair.key.as_str()).collect();
    assert_eq!(
        keys,
        ["wardbook.schema_version", "wardbook.origin", "wardbook.first_leaf", "wardbook.last_leaf", "wardbook.sources"]
    );
}

fn sort_columns(batch: &arrow_array::RecordBatch) -> arrow_array::RecordBatch {
    use arrow_array::cast::AsArray;
    let keys = batch.column_by_name("kms_key_arn").unwrap().as_string::<i32>().clone();
    let times = batch.column_by_name("event_time").unwrap();
    let times = times.as_primitive::<arrow_array::types::TimestampMicrosecondType>().values().to_vec();
    let mut order: Vec<_> = (0..batch.num_rows()).collect();
    order.sort_by_key(|row| (keys.value(*row).to_owned(), times[*row]));
    let rows = arrow_array::UInt32Array::from_iter_values(order.iter().map(|row| *row as u32));
    arrow_select::take::take_record_batch(batch, &rows).unwrap()
}

/// Three row groups of two keys each.
fn grouped() -> EventFile {
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    for group in 0..3u64 {
        let mut rows = Rows::default();
        for index in 0..20_000u64 {
            let key = group * 2 + index % 2;
            let text = format!(
                r#"{{"eventTime":"2026-04-01T12:00:00Z","eventID":"{group}-{index}","eventSource":"kms.amazonaws.com","resources":[{{"ARN":"arn:aws:kms:r:1:key/{key}"}}]}}"#
            );
            rows.append(&event(&text).view(), group * 20_000 + index);
        }
        writer.append_group(&sort(&rows.finish().unwrap()).unwrap()).unwrap();
    }
    open(writer.finish(&footer()).unwrap())
}

#[test]
fn row_groups_pages_and_bloom_filters_prune() {
    let file = grouped();
    assert_eq!(file.rows(), 60_000);
    let key = |key: u32| Test::equals("kms_key_arn", format!("arn:aws:kms:r:1:key/{key}"));
    let filter = Filter::default().and(key(2));
    let pruned = file.pruned(&filter).unwrap();
    assert_eq!((pruned.row_groups, &*pruned.kept), (3, &[1][..]));
    assert!(pruned.rows < 20_000, "pages prune as well: {pruned:?}");
    assert_eq!(given_back(&file, &filter).len(), 10_000);

    let filter = Filter::default().and_any(vec![key(0), key(5)]);
    assert_eq!(file.pruned(&filter).unwrap().kept, [0, 2]);
    assert_eq!(given_back(&file, &filter).len(), 20_000);

    // Inside the bounds of the first group, so only its bloom filter can tell.
    let filter = Filter::default().and(Test::equals("event_id", "0-1xyz"));
    assert_eq!(file.pruned(&filter).unwrap().kept, Vec::<usize>::new());
    let filter = Filter::default().and(Test::equals("event_id", "1-77"));
    assert_eq!(file.pruned(&filter).unwrap().kept, [1]);
    assert_eq!(given_back(&file, &filter).iter().map(|(index, _)| *index).collect::<Vec<_>>(), [20_077]);

    let time = |text: &str| Timestamp::read(text);
    let day = Test::Time { since: time("2026-04-01T12:00:00Z"), until: time("2026-04-01T12:00:01Z") };
    assert_eq!(file.pruned(&Filter::default().and(day)).unwrap().kept.len(), 3);
    let before = Test::Time { since: None, until: time("2026-04-01T12:00:00Z") };
    assert!(file.pruned(&Filter::default().and(before)).unwrap().kept.is_empty());
    let never = Filter::default().and(Test::equals("dest_kms_key_arn", "x"));
    assert!(file.pruned(&never).unwrap().kept.is_empty());
}

#[test]
fn footers_come_back_and_newer_ones_are_refused() {
    let file = open(write(&[numbered(1)]));
    assert_eq!(file.footer(), &footer());
    let mut pairs = footer().write();
    pairs[0].value = Some("2".into());
    assert_eq!(Footer::read(&pairs), Err(FooterError::Version("2".into())));
    assert_eq!(Footer::read(&[]), Err(FooterError::Key("wardbook.schema_version")));
}

#[test]
fn promoted_columns_are_what_the_event_says() {
    let events: Vec<_> = (0..10).map(numbered).collect();
    let file = open(write(&events));
    let names: Vec<_> = COLUMNS.iter().filter(|c| c.source == Source::Promoted).map(|c| c.field.name).collect();
    for batch in file.batches(names.iter().copied().chain(["leaf_index"]), &Filter::default()).unwrap() {
        use arrow_array::{Array, cast::AsArray, types::Int64Type};
        let batch = batch.unwrap();
        let index = batch.column_by_name("leaf_index").unwrap().as_primitive::<Int64Type>().clone();
        for name in &names {
            let Some(column) = batch.column_by_name(name).unwrap().as_string_opt::<i32>() else { continue };
            for row in 0..batch.num_rows() {
                let promoted = events[index.value(row) as usize].view().promoted();
                assert_eq!(column.is_valid(row).then(|| column.value(row)), promoted.text(name), "{name}");
            }
        }
    }
}
