//! Addresses, and listings that are too long or make no sense.

use std::time::Duration;

use super::bucket::Bucket;
use super::listing::{Listing, Page};
use super::{Access, Address, ObjectError};
use crate::limits::{OBJECT_PAGES_MAX, OBJECTS_MAX};

fn access(variables: &[(&str, &str)]) -> Access {
    Access::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn an_address_says_what_the_keys_begin_with() {
    for (text, bucket, prefix, may_be_object) in [
        ("s3://b", "b", "", false),
        ("s3://b/", "b", "", false),
        ("s3://b/logs", "b", "logs/", true),
        ("s3://b/logs/", "b", "logs/", false),
        ("s3://my.bucket-1/a/b c/é", "my.bucket-1", "a/b c/é/", true),
        ("s3://b/logs/2026*", "b", "logs/2026", false),
        ("s3://b/*", "b", "", false),
    ] {
        let address = Address::parse(text).unwrap();
        let found = (address.bucket.as_str(), address.prefix(), address.may_be_object());
        assert_eq!(found, (bucket, prefix.to_owned(), may_be_object), "{text}");
    }
    for text in ["s3://b/a.json", "s3://b/x/A.JSON.GZ", "s3://b/a.jsonl", "s3://b/a.ndjson.gz"] {
        assert!(Address::parse(text).unwrap().is_json(), "{text}");
    }
    for text in ["s3://", "s3:///a", "s3://b?c/a", "s3://b//a", "s3://b/a//b", "s3://b/../a", "s3://b/./a", "ftp://b/a"]
    {
        assert!(matches!(Address::parse(text), Err(ObjectError::Address(..))), "{text}");
    }
}

#[test]
fn what_the_variables_say_is_checked_before_anything_is_asked() {
    let keys = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "S")];
    let refused = |more: &[(&str, &str)]| match Bucket::connect("b", &access(&[&keys, more].concat())) {
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    for endpoint in ["http://127.0.0.1:9", "http://localhost/", "http://[::1]:9000", "https://example.com"] {
        assert_eq!(refused(&[("AWS_ENDPOINT_URL", endpoint)]), None, "{endpoint}");
    }
    for endpoint in ["http://example.com", "http://localhost.example.com:80", "http://127.0.0.1.example.com"] {
        let error = refused(&[("AWS_ENDPOINT_URL", endpoint)]).unwrap();
        assert!(error.contains(endpoint) && error.contains("AWS_ALLOW_HTTP"), "{error}");
        assert_eq!(refused(&[("AWS_ENDPOINT_URL", endpoint), ("AWS_ALLOW_HTTP", "true")]), None);
    }
    // The one for S3 goes before the one for everything.
    let both = [("AWS_ENDPOINT_URL", "http://example.com"), ("AWS_ENDPOINT_URL_S3", "https://s3.example.com")];
    assert_eq!(refused(&both), None);
    let half = Bucket::connect("b", &access(&keys[..1])).err().unwrap().to_string();
    assert!(half.to_lowercase().contains("secret"), "{half}");
    let none = Bucket::connect("b", &access(&[("AWS_EC2_METADATA_DISABLED", "true")])).err().unwrap().to_string();
    assert!(none.contains("AWS_ACCESS_KEY_ID"), "{none}");
}

fn page(keys: impl IntoIterator<Item = String>, token: Option<&str>) -> Page {
    Page { objects: keys.into_iter().map(|key| (key, 1)).collect(), token: token.map(str::to_owned) }
}

#[test]
fn objects_are_counted_up_to_a_limit() {
    let mut listing = Listing::new("s3://b/p", "p/".to_owned());
    let keys = (0..OBJECTS_MAX).map(|number| format!("p/{number:06}.json"));
    listing.add(page(keys.chain(["p/notes.txt".to_owned()]), Some("next"))).unwrap();
    let error = listing.add(page(["p/a.json".to_owned()], None)).unwrap_err().to_string();
    assert!(error.contains("500000 objects") && error.contains("s3://b/p"), "{error}");
}

#[test]
fn pages_are_counted_up_to_a_limit() {
    let mut listing = Listing::new("s3://b/p", "p/".to_owned());
    for number in 1..OBJECT_PAGES_MAX {
        assert!(listing.add(page([], Some(&number.to_string()))).unwrap().is_some());
    }
    let error = listing.add(page([], Some("more"))).unwrap_err().to_string();
    assert!(error.contains("100000 pages"), "{error}");
    let mut listing = Listing::new("s3://b/p", "p/".to_owned());
    for number in 1..OBJECT_PAGES_MAX {
        listing.add(page([], Some(&number.to_string()))).unwrap();
    }
    assert_eq!(listing.add(page(["p/a.json".to_owned()], None)).unwrap(), None);
    assert_eq!(listing.finish(), (vec![("p/a.json".to_owned(), Some(1))], 0));
}

#[test]
fn objects_come_in_order_and_once_and_markers_do_not_count() {
    let mut listing = Listing::new("s3://b/p", "p/".to_owned());
    listing.add(page(["p/b.json", "p/a.json", "p"].map(str::to_owned), Some("1"))).unwrap();
    let mut last = page(["p/b.json", "p/c.txt"].map(str::to_owned), None);
    last.objects.push(("p/folder".to_owned(), 0));
    listing.add(last).unwrap();
    assert_eq!(listing.count(), 4);
    let names = ["p/a.json", "p/b.json"].map(|name| (name.to_owned(), Some(1)));
    assert_eq!(listing.finish(), (names.to_vec(), 1));
}

#[test]
fn no_variable_of_others_is_taken() {
    let access = access(&[("AWS_REGION", ""), ("HOME", "/"), ("AWS_ENDPOINT_URL", "https://example.com")]);
    assert_eq!(access.variables, [("AWS_ENDPOINT_URL".to_owned(), "https://example.com".to_owned())]);
    assert_eq!(access.patience(Duration::from_secs(1)).patience, Duration::from_secs(1));
}
