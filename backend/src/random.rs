//! Where unpredictable bytes come from: an argument, like everything else that differs between two runs.

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`, or fails and leaves them unusable.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// No randomness could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct RandomError;

/// The operating system's generator, asked anew for every request.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_| RandomError)
    }
}
