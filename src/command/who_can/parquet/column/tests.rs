//! Columns and witnesses as another reader of Parquet sees them.

use std::sync::Arc;

use parquet::basic::Type;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::{Field, Row};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::SchemaDescriptor;

use super::super::witness::Witness;
use super::*;

const SCHEMA: &str = "message rows {
    optional binary text (UTF8);
    optional group list (LIST) { repeated group list { optional group element {
        optional int32 number; optional binary name (UTF8); } } }
    optional binary witness (UTF8);
}";

/// One row: a text that may be missing, a list of numbers with names that may be missing, and a long text.
type Wanted = (Option<String>, Vec<(i32, Option<String>)>, String);

fn wanted(row: usize) -> Wanted {
    let text = (row % 7 != 3 && row / 1_000 != 2).then(|| format!("text {}", row % 5 * (row / 300)));
    let of = |at: usize| (at as i32 - 1, (at != 2).then(|| format!("name {}", row % (at + 9))));
    let list = (0..(row / 40) % 4).map(of).collect();
    (text, list, format!("witness {row} {}", "x".repeat(row % 90)))
}

fn written(rows: usize, page_rows: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let descriptor = SchemaDescriptor::new(Arc::clone(&schema));
    let mut columns = descriptor.columns().iter().map(|column| Column::new(Arc::clone(column)));
    let mut next = || columns.next().unwrap();
    let (mut text, mut number, mut name) = (next(), next(), next());
    let mut witness = Witness::new(Arc::clone(next().descriptor()));
    let (mut flat, mut in_list) = (Levels::new(0), Levels::new(3));
    let mut press = Press::new().unwrap();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    for row in 0..rows {
        let (a, list, long) = wanted(row);
        flat.add(0, 0);
        let place = text.text(a.as_deref());
        text.push(place);
        for (at, (of, called)) in list.iter().enumerate() {
            in_list.add(u8::from(at > 0), 3);
            let places = (number.number(*of), name.text(called.as_deref()));
            number.push(places.0);
            name.push(places.1);
        }
        if list.is_empty() {
            in_list.add(0, 1);
        }
        witness.add(|put| long.split_inclusive(' ').for_each(put), &mut press).unwrap();
        if (row + 1) % page_rows == 0 || row + 1 == rows {
            text.flush(&flat, &mut press).unwrap();
            number.flush(&in_list, &mut press).unwrap();
            name.flush(&in_list, &mut press).unwrap();
            flat.clear();
            in_list.clear();
        }
    }
    let mut group = file.next_row_group().unwrap();
    for column in [text, number, name] {
        let (bytes, closed) = column.close(rows as u64, &mut press).unwrap();
        group.append_column(&bytes, closed).unwrap();
    }
    let (bytes, closed) = witness.close(rows as u64, &mut press).unwrap();
    group.append_column(&bytes, closed).unwrap();
    group.close().unwrap();
    file.into_inner().unwrap()
}

fn text_of(field: &Field) -> Option<String> {
    match field {
        Field::Str(text) => Some(text.clone()),
        _ => None,
    }
}

fn read(row: &Row) -> Wanted {
    let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
    let [text, Field::ListInternal(list), witness] = fields[..] else { panic!("{row}") };
    let element = |element: &Field| match element {
        Field::Group(group) => {
            let cells: Vec<&Field> = group.get_column_iter().map(|(_, field)| field).collect();
            let [Field::Int(number), name] = cells[..] else { panic!("{group}") };
            (*number, text_of(name))
        }
        other => panic!("{other}"),
    };
    (text_of(text), list.elements().iter().map(element).collect(), text_of(witness).unwrap())
}

#[test]
fn another_reader_sees_what_was_written() {
    for (rows, page_rows) in [(1, 10), (16, 16), (5_000, 1_000), (5_001, 777)] {
        let reader = SerializedFileReader::new(Bytes::from(written(rows, page_rows))).unwrap();
        let found = reader.get_row_iter(None).unwrap().map(|row| read(&row.unwrap()));
        let mut count = 0;
        for (number, found) in found.enumerate() {
            assert_eq!(found, wanted(number), "row {number} of {rows}");
            count += 1;
        }
        assert_eq!(count, rows);
    }
}

#[test]
fn bounds_and_nulls_are_told() {
    let reader = SerializedFileReader::new(Bytes::from(written(3_000, 500))).unwrap();
    let group = reader.metadata().row_group(0);
    let of = |column: usize| group.column(column).statistics().unwrap();
    let missing = (0..3_000).filter(|row| wanted(*row).0.is_none()).count() as u64;
    assert_eq!(of(0).null_count_opt(), Some(missing));
    assert_eq!(of(0).min_bytes_opt(), Some(b"text 0".as_slice()));
    // The numbers of `wanted` go from -1 to 1.
    assert_eq!(of(1).min_bytes_opt(), Some((-1_i32).to_le_bytes().as_slice()));
    assert_eq!(of(1).max_bytes_opt(), Some(1_i32.to_le_bytes().as_slice()));
    assert_eq!(group.column(1).column_type(), Type::INT32);
    assert!(group.column(3).statistics().is_none(), "no one looks for a witness");
}

#[test]
fn long_texts_are_no_bounds() {
    let schema = SchemaDescriptor::new(Arc::new(parse_message_type(SCHEMA).unwrap()));
    for (length, told) in [(STATISTIC_BYTES_MAX, true), (STATISTIC_BYTES_MAX + 1, false)] {
        let mut column = Column::new(schema.column(0));
        column.text(Some(&"a".repeat(length)));
        assert_eq!(column.statistics().min_bytes_opt().is_some(), told, "{length}");
    }
}
