//! One question for all who ask it at once: whoever comes while it is being asked waits for the next round.

use std::sync::{Condvar, Mutex, PoisonError};

use super::super::StoreError;

/// Rounds of one question.
#[derive(Default)]
pub(super) struct Rounds {
    turn: Mutex<Turn>,
    ended: Condvar,
}

#[derive(Default)]
struct Turn {
    begun: u64,
    /// The latest round that ended, and what it found.
    ended: u64,
    found: Option<Result<u64, StoreError>>,
    running: bool,
}

impl Rounds {
    /// The answer of a round that began after this was called.
    pub(super) fn ask(&self, question: impl FnOnce() -> Result<u64, StoreError>) -> Result<u64, StoreError> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = turn.begun.saturating_add(1);
        while turn.running {
            turn = self.ended.wait(turn).unwrap_or_else(PoisonError::into_inner);
            if turn.ended >= wanted
                && let Some(found) = &turn.found
            {
                return found.clone();
            }
        }
        turn.begun = turn.begun.saturating_add(1);
        turn.running = true;
        let round = turn.begun;
        drop(turn);
        let found = question();
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.running = false;
        turn.ended = round;
        turn.found = Some(found.clone());
        drop(turn);
        self.ended.notify_all();
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn nobody_gets_an_answer_older_than_the_question_and_many_share_one() {
        let (rounds, now, asked) = (Rounds::default(), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let before = now.fetch_add(1, Ordering::SeqCst);
                        let found = rounds.ask(|| {
                            asked.fetch_add(1, Ordering::SeqCst);
                            let read = now.load(Ordering::SeqCst);
                            std::thread::sleep(Duration::from_millis(1));
                            Ok(read)
                        });
                        assert!(found.expect("an answer") > before);
                    }
                });
            }
        });
        assert!(asked.load(Ordering::SeqCst) < 200, "{asked:?} of 320");
    }
}
