//! Counters in the text format of Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) connections: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) shed: AtomicU64,
    pub(super) heads_refused: AtomicU64,
    pub(super) bodies_too_long: AtomicU64,
    pub(super) bodies_too_slow: AtomicU64,
    pub(super) bodies_broken: AtomicU64,
    pub(super) replies_not_taken: AtomicU64,
    pub(super) log_lines_lost: AtomicU64,
    pub(super) under_way: AtomicU64,
    pub(super) background_failures: AtomicU64,
    pub(super) seal_failures: AtomicU64,
}

impl Metrics {
    /// Counts a reply by its status.
    pub(super) fn count(&self, status: u16) {
        let counter = match status {
            0..400 => &self.answered,
            400..500 => &self.refused,
            _ => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All of them, and how much may still be under an old root key.
    pub(super) fn text(&self, rewrap_left: usize) -> String {
        let mut out = String::new();
        let rows = [
            ("wardbook_connections_total", "counter", "Connections that were accepted.", &self.connections),
            ("wardbook_requests_answered_total", "counter", "Requests that succeeded.", &self.answered),
            ("wardbook_requests_refused_total", "counter", "Requests that were refused.", &self.refused),
            ("wardbook_requests_failed_total", "counter", "Requests that failed.", &self.failed),
            ("wardbook_requests_shed_total", "counter", "Requests that found no room.", &self.shed),
            (
                "wardbook_heads_refused_total",
                "counter",
                "Heads that were too large or no request.",
                &self.heads_refused,
            ),
            ("wardbook_bodies_too_long_total", "counter", "Bodies that were too long.", &self.bodies_too_long),
            ("wardbook_bodies_too_slow_total", "counter", "Bodies that came too slowly.", &self.bodies_too_slow),
            ("wardbook_bodies_broken_total", "counter", "Bodies that broke off.", &self.bodies_broken),
            (
                "wardbook_replies_not_taken_total",
                "counter",
                "Replies that were not read in time.",
                &self.replies_not_taken,
            ),
            ("wardbook_log_lines_lost_total", "counter", "Lines that the log had no room for.", &self.log_lines_lost),
            ("wardbook_requests_under_way", "gauge", "Requests that have room, from their head on.", &self.under_way),
            (
                "wardbook_background_failures_total",
                "counter",
                "Acts of the service that failed.",
                &self.background_failures,
            ),
            (
                "wardbook_seal_failures_total",
                "counter",
                "Times that the journal could not be sealed.",
                &self.seal_failures,
            ),
        ];
        for (name, kind, help, counter) in rows {
            let value = counter.load(Ordering::Relaxed);
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        }
        let (name, help) = ("wardbook_root_rewrap_left", "What may still be under the old root key.");
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {rewrap_left}");
        out
    }
}
