//! How often a key may still encrypt, kept where it survives.
//!
//! With random initialisation vectors of 96 bits, 2^32 messages under one key are the bound of NIST SP 800-38D,
//! section 8.3. Uses are reserved in blocks: the number on the disk is raised, durably, before any of the block is
//! used, so that a crash wastes uses and never repeats them.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use wardbook_backend::error::BackendError;

use crate::object::ObjectId;

/// The budgets of all keys of one folder.
pub(crate) struct Budget {
    folder: PathBuf,
    uses_max: u64,
    block: u64,
    left: Mutex<HashMap<[u8; 32], u64>>,
}

/// How often one key may encrypt.
pub(crate) const USES_MAX: u64 = 1 << 32;
/// How many uses are reserved at once: one durable write in so many.
pub(crate) const BLOCK: u64 = 1 << 16;

impl Budget {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, uses_max: USES_MAX, block: BLOCK, left: Mutex::default() }
    }

    /// Takes one use, or says that there is none left.
    pub(crate) fn take(&self, id: ObjectId) -> Result<(), BackendError> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = left.entry(id.0).or_default();
        if *left == 0 {
            *left = self.reserve(id)?;
        }
        *left -= 1;
        Ok(())
    }

    /// Raises the number on the disk. Whatever cannot be read or written durably is no budget.
    fn reserve(&self, id: ObjectId) -> Result<u64, BackendError> {
        let unavailable = |_: std::io::Error| BackendError::Unavailable;
        let name: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
        // Other processes with the same keys reserve from the same numbers, one at a time.
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(self.folder.join("lock"));
        let lock = lock.map_err(unavailable)?;
        lock.lock().map_err(unavailable)?;
        let used = match std::fs::read_to_string(self.folder.join(&name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            text => text.map_err(unavailable)?.trim_end().parse::<u64>().map_err(|_| BackendError::Unavailable)?,
        };
        let granted = self.block.min(self.uses_max.saturating_sub(used));
        if granted == 0 {
            return Err(BackendError::LimitReached);
        }
        // Beside the old number first, so that a crash leaves the old one or the new one.
        let beside = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&beside).map_err(unavailable)?;
        let text = format!("{}\n", used + granted);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unavailable)?;
        std::fs::rename(beside, self.folder.join(name)).map_err(unavailable)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(unavailable)?;
        Ok(granted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(folder: &std::path::Path) -> Budget {
        Budget { folder: folder.to_owned(), uses_max: 10, block: 4, left: Mutex::default() }
    }

    #[test]
    fn a_budget_ends_and_outlives_whoever_uses_it() {
        let folder = tempfile::tempdir().expect("made");
        let id = ObjectId([7; 32]);
        let budget = small(folder.path());
        assert_eq!((0..10).map(|_| budget.take(id)).filter(Result::is_ok).count(), 10);
        assert_eq!(budget.take(id), Err(BackendError::LimitReached));
        assert_eq!(small(folder.path()).take(id), Err(BackendError::LimitReached), "after a restart");
        assert_eq!(small(folder.path()).take(ObjectId([8; 32])), Ok(()), "another key");
    }

    #[test]
    fn a_crash_wastes_uses_and_repeats_none() {
        let folder = tempfile::tempdir().expect("made");
        let id = ObjectId([7; 32]);
        let takes = (0..5).map(|_| small(folder.path()).take(id));
        assert_eq!(takes.filter(Result::is_ok).count(), 3, "blocks of 4, 4 and 2, one use of each");
    }

    #[test]
    fn what_cannot_be_counted_is_not_used() {
        let folder = tempfile::tempdir().expect("made");
        let id = ObjectId([7; 32]);
        assert_eq!(small(&folder.path().join("none")).take(id), Err(BackendError::Unavailable));
        let path = folder.path().join("07".repeat(32));
        for damaged in ["", "x", "-1", "99999999999999999999999"] {
            std::fs::write(&path, damaged).expect("written");
            assert_eq!(small(folder.path()).take(id), Err(BackendError::Unavailable), "{damaged:?}");
        }
    }
}
