//! Objects are imported as files are, and a store that misbehaves is found out.

#![cfg(feature = "object-store")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/s3.rs"]
mod s3;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use s3::{BUCKET, Mishap, Server};
use wardbook_audit::disk::MemoryDisk;
use wardbook_audit::folder::Folder;
use wardbook_audit::import::object::{Access, Found, ObjectError, objects};
use wardbook_audit::import::{Books, Importer, Options, Source};
use wardbook_audit::limits::{OBJECT_PART_BYTES_MAX, OBJECTS_AHEAD_MAX, SOURCE_BYTES_HELD_MAX};

/// A source of this test.
struct Held(String, Vec<u8>);

impl Source for Held {
    fn name(&self) -> &str {
        &self.0
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(std::io::Cursor::new(self.1.clone())))
    }
}

fn event(number: usize) -> String {
    let (minute, second) = (number / 60 % 60, number % 60);
    format!(r#"{{"eventTime":"2026-04-01T12:{minute:02}:{second:02}Z","eventID":"{number}"}}"#)
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn new_folder() -> Folder {
    Folder::new(Arc::new(MemoryDisk::default()))
}

fn find(server: &Server, address: &str) -> Result<Found, ObjectError> {
    let access = Access::new(server.variables()).patience(Duration::from_secs(2));
    objects(address, &access, &mut |_| {})
}

fn import_into(folder: &Folder, sources: Vec<Box<dyn Source>>) -> Books {
    Importer::begin(folder).unwrap().run(sources, &mut (), Options::default(), &mut ()).unwrap()
}

fn import(server: &Server, address: &str) -> Books {
    import_into(&new_folder(), find(server, address).unwrap().sources)
}

fn counts(books: &Books) -> [u64; 5] {
    assert_eq!(books.read, books.written + books.duplicate + books.rejected);
    [books.written, books.duplicate, books.rejected, books.skipped, books.conflict]
}

/// Every file that a reader of the folder sees.
fn files(folder: &Folder) -> Vec<(PathBuf, Vec<u8>)> {
    let disk = folder.disk();
    let days = disk.list(Path::new("")).unwrap().into_iter().filter(|entry| entry.name.starts_with("dt="));
    days.flat_map(|day| {
        let entries = disk.list(Path::new(&day.name)).unwrap();
        let path = move |name: String| Path::new(&day.name).join(name);
        entries.into_iter().map(move |entry| path(entry.name))
    })
    .map(|path| (path.clone(), disk.read(&path).unwrap().to_vec()))
    .collect()
}

#[test]
fn a_prefix_is_imported_like_a_folder_and_once() {
    let server = Server::start();
    let name = "logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/04/01/a&b é.json.gz";
    let objects = [
        (name, gzipped(&format!("{{\"Records\":[{},{}]}}", event(1), event(2)))),
        ("logs/b.json", format!("[{}]", event(3)).into_bytes()),
        ("logs/c.jsonl", format!("{}\nno\n{}\n", event(4), event(1)).into_bytes()),
        ("logs/d/CloudTrail-Digest/x.json.gz", gzipped("{}")),
        ("logs/d/e.head.json", b"{}".to_vec()),
    ];
    server.page_keys(2).put("logs-old/z.json", event(9)).put("logs/", "").put("logs/notes.txt", "no");
    for (key, bytes) in &objects {
        server.put(key, bytes.clone());
    }
    let mut listed = Vec::new();
    let access = Access::new(server.variables());
    let found = wardbook_audit::import::object::objects("s3://trail/logs", &access, &mut |count| listed.push(count));
    let found = found.unwrap();
    assert_eq!((found.sources.len(), found.others, &*listed), (5, 1, &[1, 3, 5, 6][..]));

    let folder = new_folder();
    let books = import_into(&folder, found.sources);
    assert_eq!(counts(&books), [4, 1, 1, 2, 0]);
    assert_eq!((&*books.rejections[0].source, books.rejections[0].record), ("s3://trail/logs/c.jsonl", Some(2)));
    let requests = server.requests();
    assert_eq!(requests.iter().filter(|request| request.starts_with("GET ?logs/")).count(), 4, "{requests:?}");
    assert!(!requests.iter().any(|request| request.contains("Digest") || request.contains("head")), "{requests:?}");
    assert!(requests.contains(&format!("GET {name} 0-{}", OBJECT_PART_BYTES_MAX - 1)), "{requests:?}");

    assert_eq!(counts(&import_into(&folder, find(&server, "s3://trail/logs/").unwrap().sources)), [0, 5, 1, 2, 0]);
    let held = objects.iter().map(|(key, bytes)| Box::new(Held((*key).to_owned(), bytes.clone())) as Box<dyn Source>);
    let local = new_folder();
    assert_eq!(counts(&import_into(&local, held.collect())), [4, 1, 1, 2, 0]);
    assert!(files(&folder) == files(&local) && !files(&local).is_empty(), "the same files come of a folder");
}

#[test]
fn an_address_may_be_a_beginning_or_one_object_or_nothing() {
    let server = Server::start();
    for number in 0..4 {
        server.put(&format!("logs/2026-04-0{number}.json"), event(number));
    }
    server.put("logs/plain", event(7)).put("logs/empty.json", "");
    assert_eq!(counts(&import(&server, "s3://trail/logs/2026-04-0*")), [4, 0, 0, 0, 0]);
    assert_eq!(counts(&import(&server, "s3://trail")), [4, 0, 1, 0, 0]);
    assert_eq!(counts(&import(&server, "s3://trail/logs/2026-04-02.json")), [1, 0, 0, 0, 0]);
    assert_eq!(counts(&import(&server, "s3://trail/logs/plain")), [1, 0, 0, 0, 0]);
    for (address, why) in [
        ("s3://trail/nothing/", "no object below"),
        ("s3://trail/logs/3*", "no object below"),
        ("s3://trail/nothing", "no such object"),
        ("s3://trail/logs/none.json", "no such object"),
        ("s3://trail/logs/empty.json", "empty"),
    ] {
        let books = import(&server, address);
        assert_eq!(counts(&books), [0, 0, 1, 0, 0], "{address}");
        let rejection = &books.rejections[0];
        assert!(rejection.source == address && rejection.message.contains(why), "{rejection:?}");
    }
}

/// Longer than one part, and than what an import holds in memory.
fn long_object() -> (String, u64) {
    let padding = "x".repeat(2_000);
    let mut text = String::new();
    let mut count = 0;
    while text.len() <= SOURCE_BYTES_HELD_MAX + (1 << 20) {
        text.push_str(&format!(
            "{{\"eventTime\":\"2026-04-01T12:00:00Z\",\"eventID\":\"{count}\",\"p\":\"{padding}\"}}\n"
        ));
        count += 1;
    }
    (text, count)
}

#[test]
fn a_long_object_comes_in_parts_and_breaks_in_between_do_not_matter() {
    let server = Server::start();
    let (text, count) = long_object();
    let key = "long.jsonl";
    server.put(key, text);
    for mishap in [Mishap::Nothing, Mishap::CutOff, Mishap::Slow, Mishap::Refused(503, "SlowDown"), Mishap::CutOff] {
        server.mishap(key, mishap, 1);
    }
    assert_eq!(counts(&import(&server, "s3://trail/")), [count, 0, 0, 0, 0]);
    let longest = server
        .requests()
        .iter()
        .filter_map(|request| request.rsplit_once(' ')?.1.split_once('-'))
        .fold(0, |longest, (start, end)| longest.max(end.parse::<u64>().unwrap() + 1 - start.parse::<u64>().unwrap()));
    assert_eq!(longest, OBJECT_PART_BYTES_MAX);
}

#[test]
fn an_object_that_changes_while_it_is_read_is_not_taken() {
    let server = Server::start();
    let (text, _) = long_object();
    server.put("long.jsonl", text).put("short.json", event(1));
    server.mishap("long.jsonl", Mishap::Nothing, 2).mishap("long.jsonl", Mishap::Replaced, 1);
    let books = import(&server, "s3://trail/");
    assert_eq!(counts(&books), [1, 0, 1, 0, 0]);
    assert!(books.rejections[0].message.contains("changed while it was read"), "{books:?}");
}

#[test]
fn one_object_that_cannot_be_had_does_not_stop_the_rest() {
    for (mishap, times, why) in [
        (Mishap::Refused(500, "InternalError"), 2, None),
        (Mishap::Refused(503, "SlowDown"), 3, None),
        (Mishap::CutOff, 1, None),
        (Mishap::Slow, 1, None),
        (Mishap::Refused(403, "AccessDenied"), 9, Some("AccessDenied: so it was told")),
        (Mishap::Refused(400, "KMS.DisabledException"), 9, Some("KMS.DisabledException")),
        (Mishap::Refused(404, "NoSuchKey"), 9, Some("no such object")),
        (Mishap::Refused(500, "InternalError"), 99, Some("InternalError")),
        (Mishap::CutOff, 99, Some("")),
        (Mishap::WholeObject, 99, Some("partial")),
        (Mishap::Silent, 99, Some("")),
    ] {
        let server = Server::start();
        for name in ["a.json", "b.json", "c.json"] {
            server.put(name, event(name.len() + usize::from(name.as_bytes()[0])));
        }
        server.mishap("b.json", mishap, times);
        let begun = Instant::now();
        let books = import(&server, "s3://trail");
        assert!(begun.elapsed() < Duration::from_secs(15), "{mishap:?} took {:?}", begun.elapsed());
        match why {
            None => assert_eq!(counts(&books), [3, 0, 0, 0, 0], "{mishap:?}: {books:?}"),
            Some(why) => {
                assert_eq!(counts(&books), [2, 0, 1, 0, 0], "{mishap:?}");
                let rejection = &books.rejections[0];
                assert!(rejection.source == "s3://trail/b.json" && rejection.message.contains(why), "{rejection:?}");
                assert!(!rejection.message.contains(['\n', '<']), "{rejection:?}");
            }
        }
    }
}

#[test]
fn a_store_that_is_gone_is_not_asked_for_every_object() {
    let server = Server::start();
    for number in 100..160 {
        server.put(&format!("{number}.json"), event(number));
    }
    let sources = find(&server, "s3://trail").unwrap().sources;
    drop(server);
    let begun = Instant::now();
    let books = import_into(&new_folder(), sources);
    assert_eq!(counts(&books)[2] + counts(&books)[0], 60);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(books.rejections.last().unwrap().message.contains("in a row"), "{:?}", books.rejections.last());
}

#[test]
fn many_objects_are_fetched_at_a_time_but_not_more_than_a_few_and_each_once() {
    let server = Server::start();
    for number in 0..200 {
        let key = format!("{number:03}.json");
        server.put(&key, event(number)).mishap(&key, Mishap::Slow, 1);
    }
    assert_eq!(counts(&import(&server, "s3://trail")), [200, 0, 0, 0, 0]);
    assert_eq!(server.requests().len(), 201, "one listing and each object once");
    assert!((4..=OBJECTS_AHEAD_MAX + 4).contains(&server.busiest()), "{} at a time", server.busiest());
}

#[test]
fn a_listing_that_makes_no_sense_is_an_error() {
    for (mishap, times, why) in [
        (Mishap::Refused(500, "InternalError"), 2, None),
        (Mishap::CutOff, 1, None),
        (Mishap::Slow, 1, None),
        (Mishap::Refused(403, "AccessDenied"), 9, Some("AccessDenied: so it was told")),
        (Mishap::Refused(404, "NoSuchBucket"), 9, Some("NoSuchBucket")),
        (Mishap::Refused(301, "PermanentRedirect"), 9, Some("region")),
        (Mishap::SamePage, 9, Some("again and again")),
        (Mishap::OtherKeys, 9, Some("`b.json`, which was not asked for")),
        (Mishap::Garbage, 99, Some("")),
        (Mishap::Silent, 99, Some("")),
    ] {
        let server = Server::start();
        server.put("p/a.json", event(1)).put("b.json", event(2)).mishap("?", mishap, times);
        match (find(&server, "s3://trail/p"), why) {
            (Ok(found), None) => assert_eq!(found.sources.len(), 1, "{mishap:?}"),
            (Err(error), Some(why)) => {
                let error = error.to_string();
                assert!(error.starts_with("cannot list `s3://trail/p`: ") && error.contains(why), "{error}");
            }
            (Ok(_), Some(_)) => panic!("{mishap:?} was not noticed"),
            (Err(error), None) => panic!("{mishap:?}: {error}"),
        }
    }
    assert_eq!(BUCKET, "trail");
}

#[test]
fn requests_are_signed() {
    let server = Server::start();
    server.put("a.json", event(1));
    let mut variables = server.variables();
    variables.push(("AWS_SKIP_SIGNATURE".to_owned(), "true".to_owned()));
    let access = Access::new(variables).patience(Duration::from_secs(1));
    let error = objects("s3://trail", &access, &mut |_| {}).err().unwrap().to_string();
    assert!(error.contains("AccessDenied: not signed"), "{error}");
    assert_eq!(counts(&import(&server, "s3://trail")), [1, 0, 0, 0, 0]);
}
