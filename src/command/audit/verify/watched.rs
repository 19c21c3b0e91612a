//! A folder that is verified, with a bar that follows what was read of it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use wardbook_audit::disk::{LocalDisk, WatchedDisk};

use crate::cli::Global;
use crate::progress::Progress;

/// The folder at a path. `times` says how often a file is read.
pub(super) fn watched(path: &Path, global: &Global, times: fn(&Path) -> u64) -> WatchedDisk {
    let (all, shown) = (bytes_below(path, times), Mutex::new((0, Progress::new(global))));
    let told = move |bytes: u64| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, progress) = &mut *shown;
        *done += bytes;
        progress.bytes((*done).min(all), all, || "verified".to_owned());
    };
    WatchedDisk::new(Arc::new(LocalDisk::new(path)), Arc::new(told))
}

/// How many bytes there are to read. What cannot be looked at counts nothing: whoever reads it will say so.
fn bytes_below(path: &Path, times: fn(&Path) -> u64) -> u64 {
    let (mut bytes, mut folders) = (0, vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) => bytes += metadata.len() * times(&path),
                Err(_) => {}
            }
        }
    }
    bytes
}
