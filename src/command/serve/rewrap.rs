//! Moves everything from the old root key to the new one, beside the requests, and says how far it is.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wardbook_service::kms::Kms;
use wardbook_service::rewrap::Rewrapped;

/// How often it is said how far it is.
const SAY: Duration = Duration::from_secs(5);
/// How long what could not be moved is left alone.
const AGAIN: Duration = Duration::from_secs(30);

/// Works until it is done or dropped.
pub(super) struct Rewrap {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rewrap {
    /// Begins. `others` is what the store has under the old root key besides tokens.
    pub(super) fn start(kms: &Arc<Kms>, others: Vec<String>, quiet: bool) -> io::Result<Self> {
        kms.rewrap_begins();
        let stop = Arc::new(AtomicBool::new(false));
        let (kms, stopped) = (Arc::clone(kms), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("rewrap".into()).spawn(move || {
            let say = |line: String| {
                if !quiet {
                    // Whoever started it may have stopped reading; it goes on all the same.
                    let _ = writeln!(io::stderr(), "{line}");
                }
            };
            while !stopped.load(Ordering::SeqCst) {
                let mut said = Instant::now();
                let pass = kms.rewrap(&stopped, &others, &mut |so_far: &Rewrapped| {
                    if said.elapsed() >= SAY {
                        said = Instant::now();
                        say(format!("changing the root key: {} of {} keys are done", so_far.done, so_far.keys));
                    }
                });
                match pass {
                    Ok(pass) if pass.is_whole() => {
                        say(format!(
                            "everything is under the new root key ({} keys, {} of them moved): --old-root-key can be left out",
                            pass.keys, pass.moved
                        ));
                        return;
                    }
                    Ok(pass) if stopped.load(Ordering::SeqCst) => {
                        say(format!("changing the root key goes on at the next start: {} of {} keys", pass.done, pass.keys));
                    }
                    Ok(pass) => {
                        let why = pass.failures.first().map(|(key, why)| format!("; {key}: {why}")).unwrap_or_default();
                        let left = pass.failures.len();
                        say(format!("{left} keys are still under the old root key{why}; they are tried again"));
                    }
                    Err(error) => say(format!("changing the root key: {error}; it is tried again")),
                }
                let begun = Instant::now();
                while begun.elapsed() < AGAIN && !stopped.load(Ordering::SeqCst) {
                    std::thread::park_timeout(AGAIN);
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Rewrap {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
