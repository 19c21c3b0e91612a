//! Larger data that people have, kept outside the repository: the folder that `WARDBOOK_SHARED_DATA` names.

use std::path::PathBuf;

use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::cloudtrail;
use wardbook_inventory::coverage::GapKind;
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;
use wardbook_policy::quirk::Quirks;

/// A path below the shared data, or a message why the test has nothing to do.
fn shared(path: &str) -> Option<PathBuf> {
    let found = std::env::var_os("WARDBOOK_SHARED_DATA").map(|folder| PathBuf::from(folder).join(path));
    let found = found.filter(|found| found.exists());
    if found.is_none() {
        eprintln!("skipped: set WARDBOOK_SHARED_DATA to a folder that holds `{path}`");
    }
    found
}

#[test]
fn an_account_of_many_principals_is_read_whole() {
    let Some(path) = shared("authorization-details/example.json") else { return };
    let source = Source::from_bytes("example.json", std::fs::read(path).unwrap()).unwrap();
    let world = World::from_sources([source]);
    assert_eq!(world.principals().len(), 44 + 78);
    assert_eq!(world.accounts().collect::<Vec<_>>(), ["200611803367"]);
    let gaps = world.coverage().gaps.iter();
    let strange: Vec<_> = gaps.filter(|gap| !matches!(gap.kind, GapKind::Problem | GapKind::Organization)).collect();
    assert!(strange.is_empty(), "{strange:#?}");
    let key = "arn:aws:kms:us-east-1:200611803367:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for principal in world.principals() {
        for circumstances in [Circumstances::default(), Circumstances::direct_call()] {
            let asked = world.ask(&principal.arn, "kms:Decrypt", key, circumstances, Quirks::default()).unwrap();
            let _ = asked.decide();
        }
    }
}

#[test]
fn every_recorded_kms_event_becomes_a_request() {
    let Some(folder) = shared("cloudtrail") else { return };
    let mut folders = vec![folder];
    let mut kms = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let source = Source::from_bytes(path.to_string_lossy(), std::fs::read(&path).unwrap()).unwrap();
                for call in cloudtrail::read(&source, Quirks::default()).unwrap() {
                    if call.event_source == "kms.amazonaws.com" {
                        kms += 1;
                        for question in call.questions.unwrap() {
                            question.request(Quirks::default()).unwrap();
                        }
                    } else if let Ok(questions) = call.questions {
                        // Other services are not promised, but must not do harm.
                        for question in questions {
                            let _ = question.request(Quirks::default());
                        }
                    }
                }
            }
        }
    }
    assert!(kms > 0, "no KMS event below the shared data");
}
