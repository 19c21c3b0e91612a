//! The operator's log: one line of JSON for each request, and one for whatever befalls the rim.
//!
//! Lines name operation, caller, access key id, status and duration. No body, no header and no token ever gets here, so
//! nothing secret can be in them; what was decided and why is in the audit log, under the same request id. Lines are
//! written by a thread of their own: whoever reads them slowly loses some, which is counted, and stops nobody.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use wardbook_audit::time::Timestamp;

use crate::event::Told;
use crate::limits::LOG_LINES_MAX;
use crate::wire::encode::Object;

/// Where lines go.
pub struct Log {
    lines: Option<SyncSender<String>>,
    writer: Option<JoinHandle<()>>,
}

/// What one line is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Line<'a> {
    /// What happened: `request` if it was answered.
    pub(super) event: &'a str,
    /// The address of the peer.
    pub(super) peer: Option<String>,
    /// The id under which the audit log has it.
    pub(super) request_id: Option<&'a str>,
    /// What is known of it.
    pub(super) told: Option<&'a Told>,
    /// The HTTP status.
    pub(super) status: Option<u16>,
    /// How long it took.
    pub(super) duration: Option<Duration>,
    /// What else there is to say.
    pub(super) detail: Option<String>,
}

impl Log {
    /// A log that is written to this.
    pub fn new(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, waiting) = sync_channel::<String>(LOG_LINES_MAX);
        let writer = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            while let Ok(line) = waiting.recv() {
                // Nobody reads it any more: that is no reason not to serve.
                let _ = out.write_all(line.as_bytes());
            }
            let _ = out.flush();
        })?;
        Ok(Self { lines: Some(lines), writer: Some(writer) })
    }

    /// Hands a line over; whether there was room for it.
    pub(super) fn write(&self, line: &Line<'_>, now: Timestamp) -> bool {
        self.lines.as_ref().is_some_and(|lines| lines.try_send(line.text(now)).is_ok())
    }
}

/// What was handed over is written before it is gone.
impl Drop for Log {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Line<'_> {
    fn text(&self, now: Timestamp) -> String {
        let mut out = String::new();
        let mut object = Object::open(&mut out);
        let some = |object: &mut Object<'_>, name: &str, text: Option<&str>| {
            object.some(name, text.map(str::to_owned).as_ref());
        };
        object.always("time", &now.to_string());
        some(&mut object, "event", Some(self.event));
        some(&mut object, "request_id", self.request_id);
        if let Some(told) = self.told {
            some(&mut object, "service", Some(told.service));
            some(&mut object, "operation", told.operation.as_deref());
            some(&mut object, "principal", told.principal.as_deref());
            some(&mut object, "access_key_id", told.access_key.as_deref());
            some(&mut object, "region", Some(told.region.as_str()).filter(|region| !region.is_empty()));
            some(&mut object, "error", told.error);
        }
        some(&mut object, "peer", self.peer.as_deref());
        object.some("status", self.status.map(i64::from).as_ref());
        let micros = self.duration.map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX));
        object.some("duration_micros", micros.as_ref());
        some(&mut object, "detail", self.detail.as_deref());
        object.close();
        out.push('\n');
        out
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<u8>>>);

    impl Write for Shown {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(event: &str) -> Line<'_> {
        Line { event, ..Line::default() }
    }

    #[test]
    fn a_line_has_what_is_known() {
        let shown = Shown::default();
        let log = Log::new(shown.clone()).unwrap_or_else(|error| panic!("{error}"));
        let told = Told { service: "kms.amazonaws.com", operation: Some("Encrypt".into()), ..Told::default() };
        let whole = Line {
            event: "request",
            request_id: Some("r-1"),
            told: Some(&told),
            status: Some(200),
            duration: Some(Duration::from_micros(1_500)),
            peer: Some("127.0.0.1".into()),
            detail: Some("a \"quote\"\nand a line".into()),
        };
        assert!(log.write(&whole, Timestamp::from_micros(0)));
        assert!(log.write(&line("shed"), Timestamp::from_micros(1)));
        drop(log);
        let text = String::from_utf8(shown.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("text");
        let wanted = "{\"time\":\"1970-01-01T00:00:00Z\",\"event\":\"request\",\"request_id\":\"r-1\",\"service\":\
                      \"kms.amazonaws.com\",\"operation\":\"Encrypt\",\"peer\":\"127.0.0.1\",\"status\":200,\
                      \"duration_micros\":1500,\"detail\":\"a \\\"quote\\\"\\nand a line\"}\n\
                      {\"time\":\"1970-01-01T00:00:00.000001Z\",\"event\":\"shed\"}\n";
        assert_eq!(text, wanted);
    }

    /// A reader that waits to be let go.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_reads_slowly_loses_lines_and_stops_nobody() {
        let (go, stuck) = channel();
        let log = Log::new(Stuck(stuck)).unwrap_or_else(|error| panic!("{error}"));
        let written = (0..LOG_LINES_MAX + 2).filter(|_| log.write(&line("request"), Timestamp::from_micros(0))).count();
        // One may be with the writer already.
        assert!((LOG_LINES_MAX..=LOG_LINES_MAX + 1).contains(&written), "{written}");
        drop(go);
        drop(log);
    }
}
