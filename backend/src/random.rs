//! Where unpredictable bytes come from: an argument, like everything else that differs between two runs.

use std::fmt;
use std::sync::{Mutex, TryLockError};

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`, or fails and leaves them unusable.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;

    /// The same for bytes that are about to be public, such as nonces: unpredictable beforehand, but not worth
    /// hiding afterwards. A source may have a faster way for these.
    fn fill_public(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.fill(bytes)
    }
}

/// No randomness could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct RandomError;

/// The operating system's generator, asked anew for every request.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

/// Another source for secrets, and for public bytes a ChaCha20 generator that the other source seeds, and
/// seeds anew every 64 KiB. Saves a system call per encryption. Not for processes that fork.
pub struct Seeded<R> {
    source: R,
    shards: [Mutex<Option<Shard>>; SHARDS],
}

struct Shard {
    generator: ChaCha20Rng,
    bytes_left: usize,
}

const SHARDS: usize = 16;
const RESEED_BYTES: usize = 65_536;

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_| RandomError)
    }
}

impl<R: Random> Seeded<R> {
    /// Seeds itself when it is first asked.
    pub fn new(source: R) -> Self {
        Self { source, shards: std::array::from_fn(|_| Mutex::new(None)) }
    }

    fn draw(&self, shard: &mut Option<Shard>, bytes: &mut [u8]) -> Result<(), RandomError> {
        if shard.as_ref().is_none_or(|shard| shard.bytes_left < bytes.len()) {
            let mut seed = Zeroizing::new([0; 32]);
            self.source.fill(seed.as_mut())?;
            *shard = Some(Shard { generator: ChaCha20Rng::from_seed(*seed), bytes_left: RESEED_BYTES });
        }
        let shard = shard.as_mut().ok_or(RandomError)?;
        shard.bytes_left = shard.bytes_left.checked_sub(bytes.len()).ok_or(RandomError)?;
        shard.generator.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: Random> Random for Seeded<R> {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.source.fill(bytes)
    }

    fn fill_public(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        if bytes.len() > RESEED_BYTES {
            return self.source.fill(bytes);
        }
        // Whoever finds all shards busy asks the source; nobody waits.
        for shard in &self.shards {
            match shard.try_lock() {
                Ok(mut shard) => return self.draw(&mut shard, bytes),
                Err(TryLockError::Poisoned(poisoned)) => return self.draw(&mut poisoned.into_inner(), bytes),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.source.fill(bytes)
    }
}

impl<R> fmt::Debug for Seeded<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seeded({SHARDS} shards)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Counting(AtomicUsize);

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            System.fill(bytes)
        }
    }

    #[test]
    fn public_bytes_are_seeded_anew_in_time_and_secrets_come_from_the_source() {
        let seeded = Seeded::new(Counting(AtomicUsize::new(0)));
        let asked = |seeded: &Seeded<Counting>| seeded.source.0.load(Ordering::Relaxed);
        let mut bytes = [0; 1_024];
        for _ in 0..RESEED_BYTES / bytes.len() {
            seeded.fill_public(&mut bytes).expect("filled");
        }
        assert_eq!(asked(&seeded), 1);
        seeded.fill_public(&mut bytes).expect("filled");
        assert_eq!(asked(&seeded), 2);
        seeded.fill(&mut bytes).expect("filled");
        assert_eq!(asked(&seeded), 3);
    }

    #[test]
    fn no_two_nonces_are_equal_whoever_draws_them() {
        let seeded = Seeded::new(System);
        let nonces = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let draw = || {
                            let mut nonce = [0; 16];
                            seeded.fill_public(&mut nonce).expect("filled");
                            nonce
                        };
                        (0..5_000).map(|_| draw()).collect::<Vec<_>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("joined")).collect::<Vec<_>>()
        });
        let distinct: std::collections::BTreeSet<_> = nonces.iter().collect();
        assert_eq!(distinct.len(), nonces.len());
    }

    #[test]
    fn a_source_that_fails_is_not_papered_over() {
        struct Broken;
        impl Random for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
                Err(RandomError)
            }
        }
        let seeded = Seeded::new(Broken);
        assert_eq!(seeded.fill_public(&mut [0; 16]), Err(RandomError));
        assert_eq!(seeded.fill(&mut [0; 16]), Err(RandomError));
    }
}
