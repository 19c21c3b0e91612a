//! Memory for root keys: a page of its own, locked into RAM where the system allows it, wiped at the end.

use std::fmt;

use zeroize::Zeroize;

/// A 32-byte key on a page of its own.
pub struct LockedKey {
    // INVARIANT: `Drop` below wipes the page, then fields are dropped in this order: the page is unlocked while
    // it is still ours, and freed last.
    guard: Option<region::LockGuard>,
    page: Box<Page>,
}

/// Whether a key is kept out of swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Its page is locked into RAM.
    Locked,
    /// The system refused to lock it: see `ulimit -l`.
    Refused,
}

/// Bytes of a root key.
pub const KEY_BYTES: usize = 32;

const PAGE_BYTES: usize = 4_096;

#[repr(align(4096))]
struct Page([u8; PAGE_BYTES]);

impl LockedKey {
    /// A locked page that `fill` writes a key into.
    pub fn new<E>(fill: impl FnOnce(&mut [u8; KEY_BYTES]) -> Result<(), E>) -> Result<Self, E> {
        let page = Box::new(Page([0; PAGE_BYTES]));
        let guard = region::lock(page.0.as_ptr(), PAGE_BYTES).ok();
        let mut key = Self { guard, page };
        if let Some(bytes) = key.page.0.first_chunk_mut() {
            fill(bytes)?;
        }
        Ok(key)
    }

    /// The key.
    pub(crate) fn expose(&self) -> &[u8] {
        self.page.0.get(..KEY_BYTES).unwrap_or_default()
    }

    /// Whether the key is kept out of swap. Whoever starts a server should warn if not.
    pub fn lock(&self) -> Lock {
        match self.guard {
            Some(_) => Lock::Locked,
            None => Lock::Refused,
        }
    }
}

impl Drop for LockedKey {
    fn drop(&mut self) {
        self.page.0.zeroize();
    }
}

impl fmt::Debug for LockedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LockedKey({KEY_BYTES} bytes, {:?})", self.lock())
    }
}

/// Overwrites what earlier calls left on the stack below the caller: libraries wipe what they own, and not what the
/// compiler copied on its way there. For whoever handled a private key and is done; costs a fill of so many bytes.
#[inline(never)]
pub fn sweep<const BYTES: usize>() {
    let mut below = [0_u8; BYTES];
    std::hint::black_box(&mut below);
}

/// Keeps this process out of core dumps and away from other processes' debuggers, where the system has that.
///
/// It holds for the whole process, so it is for whoever starts a server to call, once, before any key is read.
pub fn forbid_dumps() -> Result<(), DumpsError> {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(rustix::process::Resource::Core, none).map_err(|_| DumpsError)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(|_| DumpsError)?;
    Ok(())
}

/// The system did not let this process forbid dumps of its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system does not let this process forbid dumps of its memory")]
pub struct DumpsError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_key_prints_nothing_of_itself() {
        let key = LockedKey::new(|key| {
            key.fill(0xab);
            Ok::<(), ()>(())
        })
        .expect("filled");
        assert_eq!(key.expose(), [0xab; KEY_BYTES]);
        assert!(format!("{key:?}").starts_with("LockedKey(32 bytes, "));
        #[cfg(target_os = "linux")]
        if key.lock() == Lock::Locked {
            let status = std::fs::read_to_string("/proc/self/status").expect("status");
            let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).expect("VmLck");
            assert_ne!(locked.trim(), "0 kB", "the page is not locked");
        }
    }

    #[test]
    fn dumps_can_be_forbidden() {
        assert_eq!(forbid_dumps(), Ok(()));
        #[cfg(target_os = "linux")]
        {
            let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
            let core = limits.lines().find(|line| line.starts_with("Max core file size"));
            assert!(core.is_none_or(|line| line.split_whitespace().nth(4) == Some("0")), "{core:?}");
        }
    }
}
