//! The latest decisions, kept in memory where the console is on.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use wardbook_audit::event::EventText;

use crate::limits::CONSOLE_EVENTS_MAX;

/// The latest events. Until it is turned on it keeps none.
#[derive(Default)]
pub struct Tail {
    on: AtomicBool,
    kept: Mutex<VecDeque<String>>,
}

/// One event, as it is shown.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) time: String,
    pub(super) operation: String,
    pub(super) who: String,
    pub(super) key: String,
    pub(super) decision: String,
    pub(super) reason: String,
    pub(super) answer: String,
}

impl Tail {
    /// Keeps events from here on.
    pub fn turn_on(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    /// An event that is durable.
    pub(crate) fn push(&self, event: &EventText) {
        if !self.on.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CONSOLE_EVENTS_MAX {
            kept.pop_front();
        }
        kept.push_back(event.text().to_owned());
    }

    /// What is kept, newest first.
    pub(super) fn latest(&self) -> Vec<Line> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().filter_map(|text| Some(line(&serde_json::from_str(text).ok()?))).collect()
    }
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tail")
    }
}

fn line(event: &Value) -> Line {
    let text = |pointers: &[&str]| {
        let found = pointers.iter().find_map(|pointer| event.pointer(pointer).and_then(Value::as_str));
        found.unwrap_or_default().to_owned()
    };
    let error = text(&["/errorCode"]);
    Line {
        time: text(&["/eventTime"]),
        operation: text(&["/eventName"]),
        who: text(&["/userIdentity/arn", "/userIdentity/invokedBy", "/userIdentity/accessKeyId"]),
        key: text(&["/resources/0/ARN", "/resources/0/arn"]),
        decision: text(&["/additionalEventData/wardbook/decision"]),
        reason: text(&["/additionalEventData/wardbook/decidedBy", "/errorMessage"]),
        answer: if error.is_empty() { "done".to_owned() } else { error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_latest_once_it_is_on_and_no_more_than_it_may() {
        let event = |number: usize| {
            let text = format!(r#"{{"eventTime":"2026-01-01T00:00:00Z","eventName":"E{number}"}}"#);
            EventText::read(text).expect("an event")
        };
        let tail = Tail::default();
        tail.push(&event(0));
        assert!(tail.latest().is_empty());
        tail.turn_on();
        for number in 1..=CONSOLE_EVENTS_MAX {
            tail.push(&event(number));
        }
        let latest = tail.latest();
        assert_eq!((latest.len(), latest[CONSOLE_EVENTS_MAX - 1].operation.as_str()), (CONSOLE_EVENTS_MAX, "E1"));
        tail.push(&event(1_000));
        let latest = tail.latest();
        assert_eq!((latest.len(), latest[0].operation.as_str()), (CONSOLE_EVENTS_MAX, "E1000"));
        assert_eq!(latest.last().map(|line| line.operation.as_str()), Some("E2"));
    }
}
