//! A small audit folder: events that are sealed, and some that only the journal has.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::Path;
use std::sync::Arc;

use wardbook_audit::disk::LocalDisk;
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{Folder, Origin};
use wardbook_audit::journal::{Journal, Log, Options};
use wardbook_audit::log::{LogWriter, SigningKey};

/// Writes it. The journal stays as a process leaves it that is killed.
pub fn write(folder: &Path, sealed: &[String], unsealed: &[String]) {
    write_with(folder, sealed, unsealed, |_, _| Box::new(()));
}

/// The same with a Merkle log, signed with some key.
pub fn write_signed(folder: &Path, sealed: &[String], unsealed: &[String]) {
    write_with(folder, sealed, unsealed, |audit, origin| {
        Box::new(LogWriter::open(audit, origin, SigningKey::from_seed(&[7; 32])).unwrap())
    });
}

fn write_with(folder: &Path, sealed: &[String], unsealed: &[String], log: impl Fn(&Folder, &Origin) -> Box<dyn Log>) {
    std::fs::create_dir_all(folder).unwrap();
    let audit = Folder::new(Arc::new(LocalDisk::new(folder)));
    let open = || {
        let origin = Origin::new("test").unwrap();
        Journal::open(&audit, &origin, Options::default(), log(&audit, &origin), |_| None).unwrap()
    };
    let append = |journal: &Journal, texts: &[String]| {
        for text in texts {
            journal.append(&EventText::read(text.clone()).unwrap()).unwrap();
        }
    };
    let journal = open();
    append(&journal, sealed);
    journal.close().unwrap();
    if !unsealed.is_empty() {
        let journal = open();
        append(&journal, unsealed);
        std::mem::forget(journal);
    }
}

/// A KMS event: when, whose, what, on which key, and further members.
pub fn event(time: &str, user: &str, name: &str, key: &str, more: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"{time}","eventSource":"kms.amazonaws.com","eventName":"{name}","eventID":"{time}-{name}","eventType":"AwsApiCall","awsRegion":"eu-west-1","recipientAccountId":"011122223333","readOnly":true,"userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::011122223333:user/{user}","accountId":"011122223333"}},"resources":[{{"ARN":"arn:aws:kms:eu-west-1:011122223333:key/{key}","accountId":"011122223333","type":"AWS::KMS::Key"}}]{more}}}"#
    )
}

/// Three users and two keys, in April 2026.
pub fn april() -> (Vec<String>, Vec<String>) {
    let context = |pairs: &str| format!(r#","requestParameters":{{"encryptionContext":{{{pairs}}}}}"#);
    let denied = r#","errorCode":"AccessDenied","errorMessage":"not \"authorized\", it says""#;
    let sealed = vec![
        event("2026-04-01T10:00:00Z", "ann", "Decrypt", "k1", &context(r#""aws:s3:arn":"arn:aws:s3:::b""#)),
        event("2026-04-01T11:00:00Z", "ann", "Decrypt", "k1", &context(r#""aws:s3:arn":"arn:aws:s3:::b""#)),
        event("2026-04-02T10:00:00Z", "bob", "Encrypt", "k2", &context(r#""b":"2","a":"1, \"2\"""#)),
        event("2026-04-02T11:00:00Z", "bob", "Decrypt", "k1", denied),
        event("2026-04-02T12:00:00Z", "eve", "DisableKey", "k1", denied),
        event("2026-04-03T12:00:00Z", "bob", "DisableKey", "k1", ""),
    ];
    (sealed, vec![event("2026-04-04T00:00:00.5Z", "ann", "Decrypt", "k1", "")])
}
