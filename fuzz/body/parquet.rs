//! Any bytes as a Parquet file of the log, or a good one with something changed: events, or an error. Whatever it says
//! of itself, it is read in bounded memory, and what the library panics at is an error too.

use std::path::Path;
use std::sync::LazyLock;

use wardbook_audit::disk::{Disk, MemoryDisk};
use wardbook_audit::event::EventText;
use wardbook_audit::folder::{LeafRange, Origin};
use wardbook_audit::parquet::{
    EventFile, EventWriter, FileError, Filter, Footer, Rest, Settings, Test, panic_is_caught,
};

use crate::edits;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut writer = EventWriter::new(Vec::new(), Settings::default());
    for second in 0..20_u64 {
        let text = format!(
            r#"{{"eventTime":"2026-04-01T12:00:{second:02}Z","eventSource":"kms.amazonaws.com","eventID":"id-{second}",
            "eventName":"Decrypt","readOnly":true,"requestParameters":{{"encryptionContext":{{"a":"{second}"}}}},
            "resources":[{{"ARN":"arn:aws:kms:eu-west-1:111122223333:key/k","accountId":"111122223333"}}],"x":{second}}}"#
        );
        writer.append(&EventText::read(text).expect("an event").view(), second).expect("it can be written");
    }
    let origin = Origin::new("fuzz").expect("a name");
    let range = LeafRange { first: 0, last: 19 };
    writer.finish(&Footer { origin, range, sources: Vec::new(), more: Vec::new() }).expect("a file")
});

/// A panic that becomes an error is nobody's business.
#[allow(dead_code, reason = "for the fuzzer, which ends at any panic that it hears of")]
pub(crate) fn hear_no_caught_panic() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic_is_caught() {
            hook(panic);
        }
    }));
}

pub(crate) fn run(data: &[u8]) {
    let bytes = match data.starts_with(b"PAR1") {
        true => data.to_vec(),
        false => edits::changed(&GOOD, data),
    };
    let disk = MemoryDisk::default();
    disk.put("file.parquet", bytes);
    let Ok(file) = EventFile::open(disk.open(Path::new("file.parquet")).expect("it is there")) else { return };
    let everything = Filter::default();
    let one = Filter::default().and(Test::equals("event_id", "id-7"));
    for filter in [&everything, &one] {
        let _ = file.pruned(filter);
        let _ = file.events(filter, |_, _| Ok::<(), FileError>(()));
        for rest in [Rest::Read, Rest::Left] {
            if let Ok((_, batches)) = file.scan(["event_name", "kms_key_arn", "event_time"], filter, rest) {
                batches.for_each(drop);
            }
        }
    }
}
