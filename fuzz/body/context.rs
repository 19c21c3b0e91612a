//! Any bytes as an encoded encryption context: what is read is written back byte for byte.

use wardbook_backend::context::Context;

pub(crate) fn run(data: &[u8]) {
    if let Ok(context) = Context::decode(data) {
        assert_eq!(context.as_bytes(), data);
        assert_eq!(Context::new(context.pairs()), Ok(context));
    }
    // The same bytes as names and values: whatever is accepted reads back.
    let Ok(text) = std::str::from_utf8(data) else { return };
    let pairs: Vec<(&str, &str)> = text.lines().map(|line| line.split_once('=').unwrap_or((line, ""))).collect();
    if let Ok(context) = Context::new(pairs.iter().copied()) {
        assert_eq!(Context::decode(context.as_bytes()).as_ref(), Ok(&context));
        assert_eq!(context.pairs().count(), pairs.len());
    }
}
