//! Hand-made logs with answers counted by hand.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::disk::{Disk, MemoryDisk};
use crate::event::EventText;
use crate::folder::Origin;
use crate::journal::{Journal, Options};
use crate::time::Timestamp;

const K1: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";
const K2: &str = "arn:aws:kms:eu-west-1:111122223333:key/2";
const FOREIGN: &str = "arn:aws:kms:eu-west-1:444455556666:key/f";

/// An event of April 2026: its time after `2026-04-`, its name, and further members as JSON.
fn event(time: &str, name: &str, more: &str) -> EventText {
    let text = format!(
        r#"{{"eventTime":"2026-04-{time}Z","eventSource":"kms.amazonaws.com","eventName":"{name}","eventType":"AwsApiCall"{}{more}}}"#,
        if more.is_empty() { "" } else { "," }
    );
    EventText::read(text).unwrap()
}

fn user(name: &str) -> String {
    format!(
        r#""userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/{name}","accountId":"111122223333"}}"#
    )
}

fn on(keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| format!(r#"{{"ARN":"{key}","type":"AWS::KMS::Key"}}"#)).collect();
    format!(r#""resources":[{}]"#, keys.join(","))
}

/// Two runs' worth of sealed events, and some that only the journal has.
fn log(sealed: &[EventText], unsealed: &[EventText]) -> Folder {
    let disk = MemoryDisk::default();
    let folder = Folder::new(Arc::new(disk));
    let open = || {
        let origin = Origin::new("test").unwrap();
        Journal::open(&folder, &origin, Options::default(), Box::new(()), |_| None).unwrap()
    };
    let (first, second) = sealed.split_at(sealed.len() / 2);
    for part in [first, second] {
        let journal = open();
        part.iter().for_each(|event| {
            journal.append(event).unwrap();
        });
        journal.close().unwrap();
    }
    if !unsealed.is_empty() {
        let journal = open();
        unsealed.iter().for_each(|event| {
            journal.append(event).unwrap();
        });
        // Neither closed nor dropped: what a process leaves that is killed.
        std::mem::forget(journal);
    }
    folder
}

fn query(name: &str) -> Query {
    Query::new(question(name).unwrap())
}

fn time(text: &str) -> Timestamp {
    Timestamp::read(&format!("2026-04-{text}Z")).unwrap()
}

/// Rows as text: cells with a bar between them, times without what they have in common.
fn rows(folder: &Folder, query: &Query) -> Vec<String> {
    let answer = ask(folder, query).unwrap();
    let cell = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Text(text) => text.replace("arn:aws:iam::111122223333:", "").replace("arn:aws:kms:eu-west-1:", ""),
        Cell::Count(count) => count.to_string(),
        Cell::Time(time) => time.to_string().replace("2026-04-", "").replace(":00Z", ""),
        Cell::Map(pairs) => format!("{pairs:?}"),
        Cell::Texts(texts) => texts.join("+"),
        Cell::Dollars(millionths) => Cell::dollars(*millionths),
    };
    for row in &answer.rows {
        assert_eq!(row.len(), answer.columns.len());
    }
    answer.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect()
}

fn ordinary() -> Folder {
    let denied = r#","errorCode":"AccessDenied","errorMessage":"no""#;
    log(
        &[
            event("01T10:00:00", "Decrypt", &format!("{},{}", user("ann"), on(&[K1]))),
            event("02T10:00:00", "Decrypt", &format!("{},{}", user("ann"), on(&[K1]))),
            event("02T11:00:00", "Decrypt", &format!("{},{}{denied}", user("bob"), on(&[K1]))),
            event("02T12:00:00", "DescribeKey", &format!("{},{}", user("bob"), on(&[K1]))),
            event(
                "03T09:00:00",
                "ReEncrypt",
                &format!(
                    r#"{},{},"requestParameters":{{"sourceEncryptionContext":{{"b":"2","a":"1"}},"destinationEncryptionContext":{{"c":"3"}}}}"#,
                    user("bob"),
                    on(&[K2, K1])
                ),
            ),
            event("03T09:30:00", "GenerateRandom", &user("bob")),
        ],
        &[
            event(
                "04T08:00:00",
                "Encrypt",
                &format!(r#"{},{},"requestParameters":{{"encryptionContext":{{"c":"3"}}}}"#, user("ann"), on(&[K1])),
            ),
            event("04T09:00:00", "Encrypt", &format!("{},{}{denied}", user("ann"), on(&[K2]))),
        ],
    )
}

#[test]
fn used_by_counts_successful_uses_of_either_key() {
    let folder = ordinary();
    let key = Query { key: Some(KeyName::new(K1).unwrap()), ..query("used-by") };
    let wanted = [
        "user/ann | Decrypt | 2 | 01T10:00 | 02T10:00",
        "user/ann | Encrypt | 1 | 04T08:00 | 04T08:00",
        "user/bob | ReEncrypt | 1 | 03T09:00 | 03T09:00",
    ];
    assert_eq!(rows(&folder, &key), wanted);
    assert_eq!(rows(&folder, &query("used-by")), wanted, "ReEncrypt once, GenerateRandom uses no key");
    let by_id = Query { key: Some(KeyName::new("1").unwrap()), ..query("used-by") };
    assert_eq!(rows(&folder, &by_id), wanted);
    let second = Query { key: Some(KeyName::new(K2).unwrap()), ..query("used-by") };
    assert_eq!(rows(&folder, &second), ["user/bob | ReEncrypt | 1 | 03T09:00 | 03T09:00"]);
    let all = Query { all_events: true, ..key };
    assert_eq!(
        rows(&folder, &all),
        [
            "user/ann | Decrypt | 2 | 01T10:00 | 02T10:00",
            "user/ann | Encrypt | 1 | 04T08:00 | 04T08:00",
            "user/bob | Decrypt | 1 | 02T11:00 | 02T11:00",
            "user/bob | DescribeKey | 1 | 02T12:00 | 02T12:00",
            "user/bob | ReEncrypt | 1 | 03T09:00 | 03T09:00",
        ]
    );
}

#[test]
fn since_is_inclusive_and_until_exclusive() {
    let folder = ordinary();
    let between = |since: Option<&str>, until: Option<&str>| {
        let query = Query { since: since.map(time), until: until.map(time), ..query("used-by") };
        rows(&folder, &query)
    };
    let one = ["user/ann | Decrypt | 1 | 02T10:00 | 02T10:00"];
    assert_eq!(between(Some("02T10:00:00"), Some("02T10:00:01")), one);
    assert_eq!(between(Some("02T00:00:00"), Some("03T00:00:00")), one);
    assert!(between(Some("02T10:00:01"), Some("03T09:00:00")).is_empty());
    assert!(between(Some("02T09:00:00"), Some("02T10:00:00")).is_empty());
    // Of the journal alone.
    let sealed_later = "user/ann | Encrypt | 1 | 04T08:00 | 04T08:00";
    assert_eq!(between(Some("04T08:00:00"), None), [sealed_later]);
    assert_eq!(between(None, Some("01T10:00:00")), [""; 0]);
    assert!(between(Some("04T08:00:00.000001"), None).is_empty());
}

#[test]
fn last_used_and_first_seen_are_by_key_and_principal() {
    let folder = ordinary();
    let (k1, k2) = ("111122223333:key/1", "111122223333:key/2");
    assert_eq!(
        rows(&folder, &query("last-used")),
        [
            format!("{k1} | user/ann | 04T08:00 | 3"),
            format!("{k1} | user/bob | 03T09:00 | 1"),
            format!("{k2} | user/bob | 03T09:00 | 1"),
        ]
    );
    let first = Query { key: Some(KeyName::new(K1).unwrap()), ..query("first-seen") };
    assert_eq!(rows(&folder, &first), [format!("{k1} | user/ann | 01T10:00"), format!("{k1} | user/bob | 03T09:00")]);
    // Within one key, ReEncrypt counts once.
    let text = format!("{},{}", user("ann"), on(&[K1, K1]));
    let folder = log(&[event("01T00:00:00", "ReEncrypt", &text)], &[]);
    assert_eq!(rows(&folder, &query("last-used")), [format!("{k1} | user/ann | 01T00:00 | 1")]);
}

#[test]
fn each_event_counts_once_when_killed_between_sealing_and_truncation() {
    let disk = MemoryDisk::default();
    let folder = Folder::new(Arc::new(disk.clone()));
    let origin = Origin::new("test").unwrap();
    let journal = Journal::open(&folder, &origin, Options::default(), Box::new(()), |_| None).unwrap();
    journal.append(&event("01T10:00:00", "Decrypt", &format!("{},{}", user("ann"), on(&[K1])))).unwrap();
    let path = Folder::journal(&origin);
    let segments: Vec<_> = disk.list(&path).unwrap().into_iter().map(|entry| path.join(entry.name)).collect();
    let kept: Vec<_> = segments.iter().map(|path| (path.clone(), disk.read(path).unwrap())).collect();
    journal.close().unwrap();
    for (path, bytes) in kept {
        disk.put(path.to_str().unwrap(), bytes.to_vec());
    }
    assert_eq!(disk.list(Path::new("dt=2026-04-01")).unwrap().len(), 1);
    assert_eq!(rows(&folder, &query("used-by")), ["user/ann | Decrypt | 1 | 01T10:00 | 01T10:00"]);
}

#[test]
fn failures_are_of_every_service() {
    let s3 = r#"{"eventTime":"2026-04-02T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"NoSuchKey"}"#;
    let denied = r#""errorCode":"AccessDenied""#;
    let folder = log(
        &[
            event("01T00:00:00", "Decrypt", &format!("{},{denied}", user("bob"))),
            event("02T00:00:00", "ListKeys", &format!("{},{denied}", user("bob"))),
            event("02T00:00:00", "Decrypt", &format!(r#"{},"errorCode":"DisabledException""#, user("bob"))),
            EventText::read(s3.to_owned()).unwrap(),
            event("02T00:00:00", "Decrypt", &user("bob")),
        ],
        &[event("03T00:00:00", "Decrypt", &format!("{},{denied}", user("ann")))],
    );
    assert_eq!(
        rows(&folder, &query("failures")),
        [
            "- | NoSuchKey | 1",
            "user/ann | AccessDenied | 1",
            "user/bob | AccessDenied | 2",
            "user/bob | DisabledException | 1"
        ]
    );
    let of_bob = Query {
        principal: Some(PrincipalName::new("arn:aws:iam::111122223333:user/bob")),
        since: Some(time("02T00:00:00")),
        ..query("failures")
    };
    assert_eq!(rows(&folder, &of_bob), ["user/bob | AccessDenied | 1", "user/bob | DisabledException | 1"]);
}

#[test]
fn deletions_are_listed_failed_or_not() {
    let about = |id: &str, key| format!(r#""eventID":"{id}",{},{}"#, user("ann"), on(&[key]));
    let service = r#""eventID":"e5","userIdentity":{"accountId":"111122223333","invokedBy":"AWS Internal"}"#;
    let folder = log(
        &[
            event("05T00:00:00", "DeleteKey", &format!("{service},{}", on(&[K2]))),
            event("01T00:00:00", "DisableKey", &about("z1", K1)),
            event("02T00:00:00", "ScheduleKeyDeletion", &format!(r#"{},"errorCode":"AccessDenied""#, about("e2", K1))),
            event("03T00:00:00", "CancelKeyDeletion", &about("e3", K1)),
            event("03T00:00:00", "EnableKey", &about("no", K1)),
        ],
        &[
            event("04T00:00:00", "DeleteImportedKeyMaterial", &about("e4", K1)),
            event("06T00:00:00", "DeleteExpiredKeyMaterial", &about("e6", K1)),
        ],
    );
    let (k1, k2) = ("111122223333:key/1", "111122223333:key/2");
    assert_eq!(
        rows(&folder, &query("deletions")),
        [
            format!("z1 | 01T00:00 | DisableKey | user/ann | {k1}"),
            format!("e2 | 02T00:00 | ScheduleKeyDeletion | user/ann | {k1}"),
            format!("e3 | 03T00:00 | CancelKeyDeletion | user/ann | {k1}"),
            format!("e4 | 04T00:00 | DeleteImportedKeyMaterial | user/ann | {k1}"),
            format!("e5 | 05T00:00 | DeleteKey | - | {k2}"),
            format!("e6 | 06T00:00 | DeleteExpiredKeyMaterial | user/ann | {k1}"),
        ]
    );
    let until = Query { key: Some(KeyName::new(K2).unwrap()), until: Some(time("05T00:00:00")), ..query("deletions") };
    assert!(rows(&folder, &until).is_empty());
}

#[test]
fn contexts_go_with_their_keys() {
    let folder = ordinary();
    let a = r#"[("a", Some("1")), ("b", Some("2"))]"#;
    let c = r#"[("c", Some("3"))]"#;
    assert_eq!(
        rows(&folder, &query("contexts")),
        [format!("Encrypt | {c} | 1"), format!("ReEncrypt | {a} | 1"), format!("ReEncrypt | {c} | 1")]
    );
    let first = Query { key: Some(KeyName::new(K1).unwrap()), ..query("contexts") };
    assert_eq!(rows(&folder, &first), [format!("Encrypt | {c} | 1"), format!("ReEncrypt | {c} | 1")]);
    let second = Query { key: Some(KeyName::new(K2).unwrap()), ..query("contexts") };
    assert_eq!(rows(&folder, &second), [format!("ReEncrypt | {a} | 1")]);
}

#[test]
fn policy_changes_and_grants_are_those_that_happened() {
    let about = |id: &str| format!(r#""eventID":"{id}",{},{}"#, user("ann"), on(&[K1]));
    let digest = r#""additionalEventData":{"wardbook":{"decision":"allow","policyDigest":"d1","grantId":"deciding"}}"#;
    let folder = log(
        &[
            event("01T00:00:00", "PutKeyPolicy", &format!("{},{digest}", about("p1"))),
            event("02T00:00:00", "PutKeyPolicy", &format!(r#"{},"errorCode":"AccessDenied""#, about("p2"))),
            event("03T00:00:00", "PutKeyPolicy", &about("p3")),
            event(
                "04T00:00:00",
                "CreateGrant",
                &format!(
                    r#"{},{digest},"requestParameters":{{"granteePrincipal":"arn:aws:iam::111122223333:role/r","operations":["Encrypt","Decrypt"]}},"responseElements":{{"grantId":"g1"}}"#,
                    about("g1")
                ),
            ),
            event(
                "05T00:00:00",
                "RevokeGrant",
                &format!(r#"{},"requestParameters":{{"keyId":"1","grantId":"g1"}}"#, about("g2")),
            ),
        ],
        &[event(
            "06T00:00:00",
            "RetireGrant",
            &format!(r#"{},"requestParameters":null,"additionalEventData":{{"grantId":"g9"}}"#, about("g3")),
        )],
    );
    let k1 = "111122223333:key/1";
    assert_eq!(
        rows(&folder, &query("policy-changes")),
        [
            format!("p1 | 01T00:00 | PutKeyPolicy | user/ann | {k1} | d1"),
            format!("p3 | 03T00:00 | PutKeyPolicy | user/ann | {k1} | -")
        ]
    );
    assert_eq!(
        rows(&folder, &query("grants")),
        [
            format!("g1 | 04T00:00 | CreateGrant | user/ann | {k1} | d1 | g1 | role/r | Decrypt+Encrypt"),
            format!("g2 | 05T00:00 | RevokeGrant | user/ann | {k1} | - | g1 | - | -"),
            format!("g3 | 06T00:00 | RetireGrant | user/ann | {k1} | - | g9 | - | -"),
        ]
    );
}

/// One call as its caller's account and as the key's account are told.
fn pair() -> [EventText; 2] {
    let owner =
        r#""userIdentity":{"type":"AWSAccount","principalId":"AIDA","accountId":"111122223333"},"sharedEventID":"s1""#;
    [
        event("01T00:00:00", "Decrypt", &format!(r#"{},{},"sharedEventID":"s1""#, user("ann"), on(&[FOREIGN]))),
        event("01T00:00:00", "Decrypt", &format!("{owner},{}", on(&[FOREIGN]))),
    ]
}

#[test]
fn cross_account_calls_are_one_row_each() {
    let [caller, owner] = pair();
    let refused = format!(r#"{},{},"errorCode":"AccessDenied""#, user("bob"), on(&[FOREIGN]));
    let re_encrypt = format!("{},{}", user("bob"), on(&[K1, FOREIGN]));
    let own = [
        event("02T00:00:00", "Decrypt", &refused),
        event("02T00:00:00", "Decrypt", &format!("{},{}", user("bob"), on(&[K1]))),
        event("03T00:00:00", "ReEncrypt", &re_encrypt),
        // The service itself has no account of its own.
        event("03T00:00:00", "Decrypt", &format!(r#""userIdentity":{{"type":"AWSService"}},{}"#, on(&[FOREIGN]))),
    ];
    let wanted = [
        "01T00:00 | user/ann | 111122223333 | 444455556666:key/f | 444455556666 | Decrypt | -",
        "02T00:00 | user/bob | 111122223333 | 444455556666:key/f | 444455556666 | Decrypt | AccessDenied",
        "03T00:00 | user/bob | 111122223333 | 444455556666:key/f | 444455556666 | ReEncrypt | -",
    ];
    for (sealed, unsealed) in [(&caller, &owner), (&owner, &caller)] {
        let sealed: Vec<_> = [sealed.clone()].into_iter().chain(own.clone()).collect();
        let folder = log(&sealed, std::slice::from_ref(unsealed));
        assert_eq!(rows(&folder, &query("cross-account")), wanted);
    }
    // Two that tell no caller and do not agree are one row, the same in either order.
    let of_account = r#""userIdentity":{"type":"AWSAccount","accountId":"111122223333"},"sharedEventID":"s2""#;
    let other = "arn:aws:kms:eu-west-1:444455556666:key/g";
    let unlike = [FOREIGN, other].map(|key| event("04T00:00:00", "Decrypt", &format!("{of_account},{}", on(&[key]))));
    let both = [[0, 1], [1, 0]].map(|order| order.map(|at: usize| unlike[at].clone()));
    let [first, second] = both.map(|events| rows(&log(&events, &[]), &query("cross-account")));
    assert_eq!((first.len(), &first), (1, &second));
    // Only the owner's trail was imported.
    assert_eq!(
        rows(&log(&[owner], &[]), &query("cross-account")),
        ["01T00:00 | - | 111122223333 | 444455556666:key/f | 444455556666 | Decrypt | -"]
    );
}

#[test]
fn cost_is_requests_times_list_price() {
    let [caller, owner] = pair();
    let with =
        |key: &str, parameters: &str| format!(r#"{},{},"requestParameters":{{{parameters}}}"#, user("ann"), on(&[key]));
    let rsa = "arn:aws:kms:eu-west-1:111122223333:key/rsa";
    let made =
        format!(r#"{},"responseElements":{{"keyMetadata":{{"arn":"{rsa}","keySpec":"RSA_2048"}}}}"#, user("ann"));
    let old = "arn:aws:kms:eu-west-1:111122223333:key/old";
    let response = format!(r#"{{"keyMetadata":{{"arn":"{old}","customerMasterKeySpec":"RSA_2048"}}}}"#);
    let made_long_ago = format!(r#"{},"responseElements":{response}"#, user("ann"));
    let replica = "arn:aws:kms:eu-west-2:111122223333:key/rsa";
    let response = format!(r#"{{"replicaKeyMetadata":{{"arn":"{replica}","keySpec":"RSA_2048"}}}}"#);
    let replicated = format!(r#"{},"responseElements":{response}"#, user("ann"));
    let sign = r#""signingAlgorithm":"RSASSA_PSS_SHA_256""#;
    let folder = log(
        &[
            event("01T00:00:00", "CreateKey", &made),
            event("01T00:00:00", "CreateKey", &made_long_ago),
            event("01T00:00:00", "ReplicateKey", &replicated),
            event("02T00:00:00", "Sign", &with(rsa, sign)),
            event("02T00:00:00", "Sign", &with(K2, sign)),
            event("02T00:00:00", "Sign", &with(old, sign)),
            event("02T00:00:00", "Sign", &with(replica, sign)),
            event("02T00:00:00", "Decrypt", &with(K1, r#""encryptionAlgorithm":"SYMMETRIC_DEFAULT""#)),
            event("02T00:00:00", "Decrypt", &format!(r#"{},"errorCode":"AccessDenied""#, with(K1, ""))),
            event("02T00:00:00", "GenerateDataKeyPair", &with(K1, r#""keyPairSpec":"RSA_3072""#)),
            event("02T00:00:00", "GenerateDataKeyPair", &with(K1, r#""keyPairSpec":"ECC_NIST_P256""#)),
            event("02T00:00:00", "ListKeys", &user("ann")),
            event("02T00:00:00", "RotateKey", &on(&[K1]).replacen("\"res", "\"x\":1,\"res", 1))
                .text()
                .replace("AwsApiCall", "AwsServiceEvent")
                .pipe(),
            caller,
        ],
        &[owner, event("03T00:00:00", "Decrypt", &with(K1, ""))],
    );
    let (k1, foreign) = ("111122223333:key/1", "444455556666:key/f");
    let since = Query { since: Some(time("01T00:00:01")), ..query("cost") };
    let wanted = [
        "user/ann | - | ListKeys | 1 | 0.000003 | 2026-06-01".to_owned(),
        format!("user/ann | {k1} | Decrypt | 3 | 0.000009 | 2026-06-01"),
        format!("user/ann | {k1} | GenerateDataKeyPair | 2 | 0.00121 | 2026-06-01"),
        "user/ann | 111122223333:key/2 | Sign | 1 | 0.000015 | 2026-06-01".to_owned(),
        "user/ann | 111122223333:key/old | Sign | 1 | 0.000003 | 2026-06-01".to_owned(),
        "user/ann | 111122223333:key/rsa | Sign | 1 | 0.000003 | 2026-06-01".to_owned(),
        format!("user/ann | {replica} | Sign | 1 | 0.000003 | 2026-06-01"),
    ];
    assert_eq!(rows(&folder, &since), wanted, "the kind of a key is known also if it was made before");
    let day = Query { until: Some(time("01T00:00:01")), ..query("cost") };
    assert_eq!(
        rows(&folder, &day),
        [
            "user/ann | - | CreateKey | 2 | 0.000006 | 2026-06-01".to_owned(),
            "user/ann | - | ReplicateKey | 1 | 0.000003 | 2026-06-01".to_owned(),
            format!("user/ann | {foreign} | Decrypt | 1 | 0.000003 | 2026-06-01"),
        ],
        "a request that two accounts were told of is one"
    );
}

trait Pipe {
    fn pipe(self) -> EventText;
}

impl Pipe for String {
    fn pipe(self) -> EventText {
        EventText::read(self).unwrap()
    }
}

#[test]
fn rotation_is_by_key_and_kind() {
    let rotated = |kind: &str| format!(r#"{},"serviceEventDetails":{{"rotationType":"{kind}"}}"#, on(&[K1]));
    let folder = log(
        &[
            event("01T00:00:00", "RotateKey", &rotated("AUTOMATIC")),
            event("03T00:00:00", "RotateKey", &rotated("AUTOMATIC")),
            event("02T00:00:00", "RotateKey", &on(&[K2])),
            event("04T00:00:00", "RotateKeyOnDemand", &on(&[K1])),
        ],
        &[event("04T00:00:00", "RotateKey", &rotated("ON_DEMAND"))],
    );
    assert_eq!(
        rows(&folder, &query("rotation")),
        [
            "111122223333:key/1 | 03T00:00 | AUTOMATIC | 2",
            "111122223333:key/1 | 04T00:00 | ON_DEMAND | 1",
            "111122223333:key/2 | 02T00:00 | - | 1"
        ]
    );
}

#[test]
fn a_role_is_asked_about_as_a_whole_or_by_session() {
    let session = |name: &str| {
        format!(
            r#""userIdentity":{{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/r/{name}","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"arn:aws:iam::111122223333:role/path/r"}}}}}},{}"#,
            on(&[K1])
        )
    };
    let folder = log(
        &[event("01T00:00:00", "Decrypt", &session("s1")), event("02T00:00:00", "Decrypt", &session("s2"))],
        &[event("03T00:00:00", "Decrypt", &session("s1"))],
    );
    let asked = |arn: &str| {
        let query = Query { principal: Some(PrincipalName::new(arn)), ..query("used-by") };
        rows(&folder, &query)
    };
    assert_eq!(asked("arn:aws:iam::111122223333:role/path/r"), ["role/path/r | Decrypt | 3 | 01T00:00 | 03T00:00"]);
    assert_eq!(
        asked("arn:aws:sts::111122223333:assumed-role/r/s1"),
        ["role/path/r | Decrypt | 2 | 01T00:00 | 03T00:00"]
    );
    assert!(asked("arn:aws:sts::444455556666:assumed-role/r/s1").is_empty());
    assert!(asked("arn:aws:iam::111122223333:role/r").is_empty());
}

#[test]
fn what_stands_in_an_answer_can_be_asked_about() {
    // Without an issuer the caller is the session, and the answer says so.
    let session = r#""userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/r/s1"}"#;
    let folder = log(&[event("01T00:00:00", "Decrypt", &format!("{session},{}", on(&[K1])))], &[]);
    let session = "arn:aws:sts::111122223333:assumed-role/r/s1";
    let all = rows(&folder, &query("used-by"));
    let of_session = Query { principal: Some(PrincipalName::new(session)), ..query("used-by") };
    assert_eq!(all.len(), 1);
    assert_eq!(rows(&folder, &of_session), all);
    let of_another = PrincipalName::new("arn:aws:sts::111122223333:assumed-role/r/s2");
    assert!(rows(&folder, &Query { principal: Some(of_another), ..query("used-by") }).is_empty());
}

#[test]
fn what_names_no_key_is_refused() {
    for name in ["alias/x", "", "arn:aws:kms:eu-west-1:1:alias/x", "a b"] {
        assert!(KeyName::new(name).is_err(), "{name}");
    }
    assert!(KeyName::new("mrk-1234").is_ok());
}

#[test]
fn what_cannot_matter_is_not_read() {
    use crate::folder::{DayFile, LeafRange};
    use crate::parquet::{EventWriter, Footer, Settings};

    let disk = MemoryDisk::default();
    let origin = Origin::new("test").unwrap();
    // Each day a file of three row groups with two keys each.
    for (day, first) in [(1u64, 0u64), (2, 60_000)] {
        let range = LeafRange { first, last: first + 59_999 };
        let mut writer = EventWriter::new(Vec::new(), Settings { zstd_level: 1, small_zstd_level: 1 });
        for group in 0..3u64 {
            let mut batch = Rows::default();
            for index in 0..20_000u64 {
                let key = format!("arn:aws:kms:eu-west-1:111122223333:key/{}", group * 2 + index % 2);
                let more = format!("{},{}", user("ann"), on(&[&key]));
                let event = event(&format!("{day:02}T00:{:02}:00", index / 400), "Decrypt", &more);
                batch.append(&event.view(), first + group * 20_000 + index);
            }
            writer.append_group(&crate::parquet::sort(&batch.finish().unwrap()).unwrap()).unwrap();
        }
        let footer = Footer { origin: origin.clone(), range, sources: vec![], more: vec![] };
        let bytes = writer.finish(&footer).unwrap();
        let file = DayFile { date: format!("2026-04-{day:02}"), origin: origin.clone(), range, length: 0 };
        disk.put(file.path().to_str().unwrap(), bytes);
    }
    let folder = Folder::new(Arc::new(disk));
    let effort = |query: &Query| ask(&folder, query).unwrap().effort;
    let everything = effort(&query("used-by"));
    assert_eq!((everything.files, everything.files_read, everything.row_groups_read), (2, 2, 6));
    assert_eq!((everything.rows, everything.rows_read), (120_000, 120_000));

    let of_key = Query { key: Some(KeyName::new(K2).unwrap()), ..query("used-by") };
    let found = ask(&folder, &of_key).unwrap();
    assert_eq!(found.rows[0][2], Cell::Count(20_000));
    assert_eq!((found.effort.row_groups, found.effort.row_groups_read), (6, 2), "one of three in each file");
    assert!((20_000..40_000).contains(&found.effort.rows_read), "pages are left out: {:?}", found.effort);

    // The file of a day that does not matter is not even opened.
    let until = Some(time("02T00:01:00"));
    let morning = Query { since: Some(time("02T00:00:00")), until, ..of_key };
    let found = ask(&folder, &morning).unwrap();
    assert_eq!(found.rows[0][2], Cell::Count(200));
    assert_eq!((found.effort.files_read, found.effort.row_groups_read), (1, 1));
    // The page with the key's first minutes, and the one in which the next key's begin.
    assert_eq!(found.effort.rows_read, 2 * crate::limits::PAGE_ROWS_MAX);

    // Between the bounds of a row group, so that only its bloom filter tells.
    let absent = Query { key: Some(KeyName::new(format!("{K1}0")).unwrap()), ..query("used-by") };
    let found = ask(&folder, &absent).unwrap();
    assert_eq!((found.rows.len(), found.effort.row_groups_read), (0, 0));
    assert_eq!(effort(&query("deletions")).row_groups_read, 0, "no operation of that name");
    assert_eq!(effort(&query("failures")).row_groups_read, 0, "no call failed");
}

#[test]
fn answers_are_parquet_too() {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReader;

    for question in QUESTIONS {
        let answer = ask(&ordinary(), &Query::new(question)).unwrap();
        let bytes = bytes::Bytes::from(answer.write_parquet(Vec::new()).unwrap());
        let batches: Vec<_> = ParquetRecordBatchReader::try_new(bytes, 1024).unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), answer.rows.len());
        for batch in batches {
            let schema = batch.schema();
            let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(names, answer.columns.iter().map(|column| column.name).collect::<Vec<_>>());
        }
    }
}
