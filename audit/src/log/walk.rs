//! All files below a folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::limits::FOLDER_DEPTH_MAX;

/// Paths and lengths of the files below a folder, sorted. Deeper than any of ours lies nothing of ours: such a folder
/// stands for itself, as a file of no length.
pub(crate) fn files_below(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let (mut files, mut waiting) = (Vec::new(), vec![(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = waiting.pop() {
        for entry in disk.list(&folder)? {
            let path = folder.join(&entry.name);
            match entry.is_folder && depth < FOLDER_DEPTH_MAX {
                true => waiting.push((path, depth + 1)),
                false => files.push((path, entry.length)),
            }
        }
    }
    files.sort();
    Ok(files)
}
