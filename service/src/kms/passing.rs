//! Answers that are under way, and changes that outlast them.
//!
//! Whoever answers from what is takes a pass before the last look at what was read, and keeps it until the event of the
//! answer is durable. A change, once it is made, waits for everybody whose pass is older than that, so that nobody is
//! answered from what was before after the change was answered. Nobody waits to get a pass.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Who is under way.
#[derive(Default)]
pub(super) struct Passing {
    shared: Arc<Shared>,
}

/// Leave to answer from what is, until it is dropped.
pub(super) struct Pass {
    shared: Arc<Shared>,
    round: u64,
}

#[derive(Default)]
struct Shared {
    rounds: Mutex<Rounds>,
    left: Condvar,
}

#[derive(Default)]
struct Rounds {
    /// The round of those who come now; each change begins one.
    now: u64,
    /// How many are under way, by their rounds.
    under_way: BTreeMap<u64, usize>,
    /// Changes that wait.
    waiting: usize,
}

impl Passing {
    /// A pass. What is looked at afterwards may be answered.
    pub(super) fn pass(&self) -> Pass {
        let mut rounds = self.shared.rounds();
        let round = rounds.now;
        *rounds.under_way.entry(round).or_default() += 1;
        Pass { shared: Arc::clone(&self.shared), round }
    }

    /// Returns when nobody has a pass any more who had one before.
    pub(super) fn outlast(&self) {
        let mut rounds = self.shared.rounds();
        let before = rounds.now;
        rounds.now += 1;
        rounds.waiting += 1;
        let some = |rounds: &mut Rounds| rounds.under_way.range(..=before).next().is_some();
        let left = self.shared.left.wait_while(rounds, some);
        left.unwrap_or_else(PoisonError::into_inner).waiting -= 1;
    }
}

impl Shared {
    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut rounds = self.shared.rounds();
        let Some(count) = rounds.under_way.get_mut(&self.round) else { return };
        *count -= 1;
        if *count == 0 {
            rounds.under_way.remove(&self.round);
            if rounds.waiting > 0 {
                self.shared.left.notify_all();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_change_outlasts_those_before_it_and_no_others() {
        let passing = Passing::default();
        passing.outlast();
        let (first, done) = (passing.pass(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    passing.outlast();
                    assert!(done.load(Ordering::SeqCst), "somebody was under way");
                });
            }
            // Those who come meanwhile are not waited for, and do not wait.
            while passing.shared.rounds().waiting < 2 {
                std::thread::sleep(Duration::from_millis(1));
            }
            let _second = passing.pass();
            done.store(true, Ordering::SeqCst);
            drop(first);
            while passing.shared.rounds().waiting > 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        assert!(passing.shared.rounds().under_way.is_empty());
    }
}
