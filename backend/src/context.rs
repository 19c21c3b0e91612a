//! The encryption context in the one form that is authenticated.
//!
//! The encoding is injective: two contexts have the same bytes only if they are equal. `FORMAT.md`
//! describes it with test vectors.

use crate::limits::CONTEXT_BYTES_MAX;

/// Names and values that must be given again to decrypt. Unordered, without duplicates, never secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Context {
    encoded: Vec<u8>,
}

/// What is wrong with a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// One name occurs twice.
    #[error("a name of the encryption context occurs twice")]
    Duplicate,
    /// Too long in its encoding.
    #[error("the encryption context is longer than {CONTEXT_BYTES_MAX} bytes")]
    TooLong,
    /// Bytes that no context encodes to.
    #[error("not an encoded encryption context")]
    Malformed,
}

impl Context {
    /// The context without pairs.
    pub fn empty() -> Self {
        Self { encoded: vec![0; 4] }
    }

    /// A context of these pairs, in any order.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ContextError> {
        let mut pairs: Vec<(&str, &str)> = pairs.into_iter().collect();
        pairs.sort_unstable_by(|(left, _), (right, _)| left.as_bytes().cmp(right.as_bytes()));
        let mut neighbours = pairs.iter().zip(pairs.iter().skip(1));
        if neighbours.any(|((left, _), (right, _))| left == right) {
            return Err(ContextError::Duplicate);
        }
        let bytes = pairs.iter().fold(4_usize, |sum, (name, value)| sum + 8 + name.len() + value.len());
        if bytes > CONTEXT_BYTES_MAX {
            return Err(ContextError::TooLong);
        }
        let mut encoded = Vec::with_capacity(bytes);
        encoded.extend(length(pairs.len())?);
        for (name, value) in pairs {
            for text in [name, value] {
                encoded.extend(length(text.len())?);
                encoded.extend_from_slice(text.as_bytes());
            }
        }
        Ok(Self { encoded })
    }

    /// Reads the encoding back; accepts exactly what [`Context::new`] can produce.
    pub fn decode(encoded: &[u8]) -> Result<Self, ContextError> {
        if encoded.len() > CONTEXT_BYTES_MAX {
            return Err(ContextError::TooLong);
        }
        let mut context = Self { encoded: Vec::new() };
        let (count, mut rest) = number(encoded).ok_or(ContextError::Malformed)?;
        let mut before: Option<&str> = None;
        for _ in 0..count {
            let (name, after_name) = text(rest).ok_or(ContextError::Malformed)?;
            let (_, after_value) = text(after_name).ok_or(ContextError::Malformed)?;
            if before.is_some_and(|before| before.as_bytes() >= name.as_bytes()) {
                return Err(ContextError::Malformed);
            }
            (before, rest) = (Some(name), after_value);
        }
        if !rest.is_empty() {
            return Err(ContextError::Malformed);
        }
        context.encoded = encoded.to_vec();
        Ok(context)
    }

    /// The canonical encoding: what is authenticated.
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.encoded.len() == 4
    }

    /// The pairs, sorted by the bytes of their names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.encoded.get(4..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (name, after_name) = text(rest)?;
            let (value, after_value) = text(after_name)?;
            rest = after_value;
            Some((name, value))
        })
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::empty()
    }
}

/// Values of a context often name things that a log should not; only their number is printed.
impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({} pairs)", self.pairs().count())
    }
}

fn length(bytes: usize) -> Result<[u8; 4], ContextError> {
    u32::try_from(bytes).map(u32::to_be_bytes).map_err(|_| ContextError::TooLong)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_be_bytes(*head)).ok()?, rest))
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = number(bytes)?;
    let (head, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(head).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_irrelevant_and_boundaries_are_not() {
        let one = Context::new([("a", "1"), ("b", "2")]);
        assert_eq!(one, Context::new([("b", "2"), ("a", "1")]));
        assert_ne!(Context::new([("a", "1b")]), Context::new([("a1", "b")]));
        assert_eq!(Context::new([("a", "1"), ("a", "2")]), Err(ContextError::Duplicate));
        assert_eq!(Context::new([]), Ok(Context::empty()));
    }

    #[test]
    fn the_longest_context_is_accepted_and_one_byte_more_is_not() {
        let value = "x".repeat(CONTEXT_BYTES_MAX - 4 - 8 - 1);
        assert!(Context::new([("n", value.as_str())]).is_ok());
        assert_eq!(Context::new([("nn", value.as_str())]), Err(ContextError::TooLong));
    }

    #[test]
    fn only_canonical_bytes_are_read_back() {
        let context = Context::new([("ä", "ö"), ("a", "")]).expect("valid");
        assert_eq!(Context::decode(context.as_bytes()), Ok(context.clone()));
        assert_eq!(context.pairs().collect::<Vec<_>>(), [("a", ""), ("ä", "ö")]);
        for cut in 0..context.as_bytes().len() {
            assert_eq!(Context::decode(&context.as_bytes()[..cut]), Err(ContextError::Malformed));
        }
        let swapped = [&[0, 0, 0, 2][..], &[0, 0, 0, 1, b'b', 0, 0, 0, 0], &[0, 0, 0, 1, b'a', 0, 0, 0, 0]].concat();
        assert_eq!(Context::decode(&swapped), Err(ContextError::Malformed));
    }
}
