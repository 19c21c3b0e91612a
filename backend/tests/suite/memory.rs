//! Looking for secrets in the memory of this process: it reads itself, the stacks of its threads included.

use std::os::unix::fs::FileExt;

/// What is looked for, in a form in which it is not found.
pub(crate) struct Inverse {
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
}

impl Inverse {
    pub(crate) fn of(what: impl Into<String>, secret: &[u8]) -> Self {
        Self { what: what.into(), bytes: secret.iter().map(|byte| !byte).collect() }
    }

    /// As it stands, and as a number in the order in which processors keep one.
    pub(crate) fn both_orders(what: impl Into<String>, secret: &[u8]) -> [Self; 2] {
        let what = what.into();
        let reversed = secret.iter().rev().map(|byte| !byte).collect();
        let little = Self { what: format!("{what}, least significant byte first"), bytes: reversed };
        [Self::of(what, secret), little]
    }

    /// Padded, as HMAC keeps its key: RFC 2104.
    pub(crate) fn padded(what: &str, secret: &[u8]) -> [Self; 2] {
        let pad = |with: u8, name: &str| Self {
            what: format!("{what}, in the {name} block"),
            bytes: secret.iter().map(|byte| !(byte ^ with)).collect(),
        };
        [pad(0x36, "inner"), pad(0x5c, "outer")]
    }

    /// How many times the secret stands in memory that this process can write to.
    pub(crate) fn found(&self) -> usize {
        found(std::slice::from_ref(self)).into_iter().sum()
    }
}

/// The same for several at once.
pub(crate) fn found(secrets: &[Inverse]) -> Vec<usize> {
    const STEP: usize = 1 << 16;
    let mut starts = [false; 256];
    secrets.iter().for_each(|secret| starts[usize::from(!secret.bytes[0])] = true);
    let longest = secrets.iter().map(|secret| secret.bytes.len()).max().expect("something to look for");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
    let memory = std::fs::File::open("/proc/self/mem").expect("opened");
    let mut window = vec![0; STEP + longest - 1];
    // The window is left out: a read of itself into itself would copy what it just read.
    let own = window.as_ptr() as u64..window.as_ptr() as u64 + window.len() as u64;
    let mut hits = vec![0; secrets.len()];
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
        let (start, rest) = line.split_once('-').expect("a range");
        let number = |digits: &str| u64::from_str_radix(digits, 16).expect("digits");
        let (start, end) = (number(start), number(rest.split(' ').next().expect("an end")));
        for (start, end) in [(start, end.min(own.start)), (start.max(own.end), end)] {
            for at in (start..end).step_by(STEP) {
                let bytes = window.len().min(usize::try_from(end - at).expect("small"));
                let Ok(read) = memory.read_at(&mut window[..bytes], at) else { continue };
                for (place, byte) in window[..read.min(STEP)].iter().enumerate() {
                    if !starts[usize::from(*byte)] {
                        continue;
                    }
                    for (secret, hits) in secrets.iter().zip(&mut hits) {
                        let there = window
                            .get(place..place + secret.bytes.len())
                            .filter(|_| place + secret.bytes.len() <= read);
                        let same =
                            |there: &[u8]| there.iter().zip(&secret.bytes).all(|(byte, inverse)| *byte == !inverse);
                        *hits += usize::from(there.is_some_and(same));
                    }
                }
            }
        }
    }
    window.fill(0);
    std::hint::black_box(&window);
    hits
}
