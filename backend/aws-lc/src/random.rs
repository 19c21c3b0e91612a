//! AWS-LC's own generator as a source of unpredictable bytes.

use wardbook_backend::random::{Random, RandomError};

/// AWS-LC's generator: per thread, seeded by the system, reseeded as SP 800-90A asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLcRandom;

impl Random for AwsLcRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| RandomError)
    }
}
