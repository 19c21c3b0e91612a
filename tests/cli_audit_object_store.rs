//! `audit import s3://...`: with the feature `object-store` it is done, without it the message says how to get it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "object-store")]
#[path = "../audit/tests/support/s3.rs"]
mod s3;
mod support;

use support::Folder;

#[cfg(not(feature = "object-store"))]
#[test]
fn without_the_feature_the_message_names_it() {
    let folder = Folder::new("without");
    let run = folder.run(&["audit", "import", "s3://trail/logs", "--to", "log", "--signing-key", "audit.key"]);
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("`s3://trail/logs`") && run.stderr.contains("--features object-store"), "{run:?}");
}

#[cfg(feature = "object-store")]
mod with {
    use serde_json::{Value, json};

    use super::s3::{Mishap, Server};
    use super::{Folder, support::Run};

    fn event(number: usize) -> String {
        format!(r#"{{"eventTime":"2026-04-01T12:00:{number:02}Z","eventID":"{number}"}}"#)
    }

    fn import(folder: &Folder, server: &Server, sources: &[&str], more: &[&str]) -> Run {
        let mut arguments = vec!["audit", "import", "--to", "log", "--signing-key", "audit.key"];
        arguments.extend(sources);
        arguments.extend(more);
        folder.run_in(&arguments, &server.variables())
    }

    #[test]
    fn objects_and_files_are_imported_together_and_once() {
        let (folder, server) = (Folder::new("together"), Server::start());
        server.put("logs/a.json", format!("{{\"Records\":[{},{}]}}", event(1), event(2)));
        server.put("logs/b.jsonl", format!("{}\nno\n", event(3))).put("logs/notes.txt", "no");
        server.put("logs/x_CloudTrail-Digest_y.json.gz", "no").put("logs/z.head.json", "no");
        folder.write("local.json", event(4));
        let first = import(&folder, &server, &["local.json", "s3://trail/logs"], &[]);
        assert_eq!(first.code, 2, "{first:?}");
        let wanted = "read 5 = written 4 + duplicate 0 + rejected 1\n2 digest and head files skipped\n1 other file in";
        assert!(first.stdout.starts_with(wanted), "{}", first.stdout);
        assert!(first.stderr.contains("`s3://trail/logs/b.jsonl`, record 2"), "{}", first.stderr);
        let again = import(&folder, &server, &["s3://trail", "local.json"], &["--format", "json"]);
        let books: Value = again.stdout.parse().unwrap();
        let counts =
            ["read", "written", "duplicate", "rejected", "skipped", "ignored", "conflict"].map(|name| &books[name]);
        assert_eq!(counts, [&json!(5), &json!(0), &json!(4), &json!(1), &json!(2), &json!(1), &json!(0)]);
        assert_eq!(books["rejections"][0]["source"], json!("s3://trail/logs/b.jsonl"));
        assert_eq!(folder.run(&["audit", "export", "log"]).stdout.lines().count(), 4);
        let kept = std::fs::read_dir(folder.path("log/rejected")).unwrap().map(|entry| entry.unwrap().path());
        let reasons: String = kept.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        assert!(reasons.contains("s3://trail/logs/b.jsonl"), "{reasons}");
    }

    #[test]
    fn what_cannot_be_asked_or_listed_is_an_error() {
        let (folder, server) = (Folder::new("errors"), Server::start());
        for (address, why) in [
            ("gs://trail/logs", "write s3://BUCKET/PREFIX"),
            ("s3://", "a bucket's name"),
            ("s3://trail//logs", "empty segment"),
        ] {
            let run = import(&folder, &server, &[address], &[]);
            assert_eq!((run.code, &*run.stdout), (2, ""), "{address}");
            assert!(run.stderr.contains(address) && run.stderr.contains(why), "{run:?}");
        }
        assert_eq!(server.requests(), [""; 0], "nothing was asked");
        server.mishap("?", Mishap::Refused(403, "AccessDenied"), 1);
        let run = import(&folder, &server, &["s3://trail/logs"], &[]);
        assert_eq!((run.code, &*run.stdout), (2, ""));
        assert!(run.stderr.contains("cannot list `s3://trail/logs`: AccessDenied"), "{run:?}");
        let run = import(&folder, &server, &["s3://trail/nothing/"], &[]);
        assert_eq!(run.code, 2);
        assert!(run.stdout.starts_with("read 1 = written 0 + duplicate 0 + rejected 1\n"), "{run:?}");
        let run = folder.run_in(
            &["audit", "import", "s3://trail", "--to", "log", "--signing-key", "audit.key"],
            &[("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned())],
        );
        assert!(run.code == 2 && run.stderr.contains("AWS_ACCESS_KEY_ID"), "{run:?}");
        assert!(!run.stderr.contains("wJalrXUtnFEMI"), "no secret is printed");
    }
}
