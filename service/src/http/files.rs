//! How many files the process may have open: connections are files too, and have to leave some to the store and the log.

use crate::limits::FILES_KEPT;

/// Asks for as many open files as so many connections and everything else take, and says how many connections fit into
/// what there is.
#[cfg(unix)]
pub(super) fn connections(most: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = u64::try_from(most.saturating_add(FILES_KEPT)).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < wanted) {
        let current = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        // Where it is not granted, fewer connections fit.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
    fit(most, getrlimit(Resource::Nofile).current)
}

#[cfg(not(unix))]
pub(super) fn connections(most: usize) -> usize {
    most
}

/// How many connections fit into so many files. With few files, half of them.
fn fit(most: usize, files: Option<u64>) -> usize {
    let Some(files) = files.and_then(|files| usize::try_from(files).ok()) else { return most };
    most.min(files.saturating_sub(FILES_KEPT).max(files / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_the_rest() {
        assert_eq!(fit(4_096, None), 4_096);
        assert_eq!(fit(4_096, Some(1 << 20)), 4_096);
        assert_eq!(fit(4_096, Some(4_096 + 256)), 4_096);
        assert_eq!(fit(4_096, Some(4_096 + 255)), 4_095);
        assert_eq!(fit(4_096, Some(1_024)), 768);
        assert_eq!(fit(4_096, Some(64)), 32);
    }
}
