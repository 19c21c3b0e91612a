//! `wardbook lint --format sarif`, held against the schema that is published with the standard.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "support/schema.rs"]
mod schema;

mod support;

use serde_json::{Value, json};
use support::Folder;

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
  {"Effect": "Allow", "Principal": "*", "Action": ["kms:decrypt", "kms:Encript"], "Resource": "*"},
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, "Action": "kms:Sign", "Resource": "*",
   "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}, "StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}}]}"#;

const TEMPLATE: &str = "Resources:
  Key:
    Type: AWS::KMS::Key
    Metadata: {wardbook: {ignore: [{code: KC01, reason: one year is its whole life}]}}
    Properties:
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          # wardbook: ignore KP07 -- everybody may check our signatures
          - {Effect: Allow, Principal: '*', Action: kms:Verify, Resource: '*'}
";

fn published() -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint/sarif/sarif-schema-2.1.0.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn sarif(folder: &Folder, arguments: &[&str]) -> Value {
    let run = folder.run(&[&["lint", "--format", "sarif"], arguments].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
}

#[test]
fn what_is_written_is_what_the_schema_says() {
    let schema = published();
    let folder = Folder::new("schema");
    folder.write("a b/key policy.json", POLICY).write("t.yaml", TEMPLATE).write("broken.json", "{\"Statement\": [}");
    let value = sarif(&folder, &["--strict"]);
    assert_eq!(schema::violations(&schema, &value), [""; 0]);
    let results = value["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 6, "{results:#?}");
    for part in ["fixes", "relatedLocations"] {
        assert!(results.iter().any(|result| result.get(part).is_some()), "no result has {part}");
    }
    let uris: Vec<&Value> =
        results.iter().map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).collect();
    assert!(uris.contains(&&json!("a%20b/key%20policy.json")), "{uris:?}");
    assert!(uris.iter().all(|uri| !uri.as_str().unwrap().starts_with('/')), "{uris:?}");
    let nothing = Folder::new("nothing");
    assert_eq!(schema::violations(&schema, &sarif(&nothing, &[])), [""; 0]);
}

/// The check of the check: what is wrong is found.
#[test]
fn the_schema_is_really_asked() {
    let schema = published();
    let folder = Folder::new("wrong");
    folder.write("key.json", POLICY);
    let good = sarif(&folder, &[]);
    let spoiled = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        schema::violations(&schema, &bad).len()
    };
    assert!(spoiled("/version", json!("2.0.0")) > 0);
    assert!(spoiled("/runs/0/results/0/level", json!("fatal")) > 0);
    assert!(spoiled("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)) > 0);
    assert!(spoiled("/runs/0/results/0/message", json!({})) > 0);
    assert!(spoiled("/runs/0/tool/driver", json!({"nome": "x"})) > 1);
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let folder = Folder::new("moving");
    let prints = |text: &str| {
        folder.write("key.json", text);
        let value = sarif(&folder, &[]);
        let results = value["runs"][0]["results"].as_array().unwrap().clone();
        let one =
            |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned();
        let mut prints: Vec<String> = results.iter().map(one).collect();
        prints.sort();
        prints
    };
    let before = prints(POLICY);
    assert!(before.len() > 3 && before.windows(2).all(|pair| pair[0] != pair[1]), "{before:?}");
    assert_eq!(prints(&POLICY.replace("{\"Version\"", "\n\n{\n   \"Version\"")), before);
    let other = POLICY.replace("\"Statement\": [", "\"Statement\": [{\"Sid\": \"more\", \"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:role/b\"}, \"Action\": \"kms:DescribeKey\", \"Resource\": \"*\"},");
    assert_eq!(prints(&other).iter().filter(|print| before.contains(print)).count(), before.len());
}

#[test]
fn levels_severities_and_suppressions_are_told() {
    let folder = Folder::new("levels");
    folder.write("t.yaml", TEMPLATE).write("key.json", POLICY);
    let value = sarif(&folder, &[]);
    let results = value["runs"][0]["results"].as_array().unwrap();
    let of = |code: &str, path: &str| {
        let is = |result: &&Value| {
            result["ruleId"] == code && result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path
        };
        results.iter().find(is).unwrap_or_else(|| panic!("no {code} in {path}"))
    };
    assert_eq!(of("KP07", "key.json")["level"], "error");
    assert_eq!(of("KP07", "key.json")["properties"]["security-severity"], "8.0");
    assert_eq!(of("SY14", "key.json")["level"], "note");
    assert_eq!(of("KP07", "key.json")["suppressions"], json!([]));
    let comment = &of("KP07", "t.yaml")["suppressions"][0];
    assert_eq!(
        (&comment["kind"], &comment["justification"]),
        (&json!("inSource"), &json!("everybody may check our signatures"))
    );
    assert_eq!(of("KC01", "t.yaml")["suppressions"][0]["justification"], "one year is its whole life");
    assert_eq!(of("KC01", "t.yaml")["locations"][0]["logicalLocations"][0]["name"], "Key");
}
