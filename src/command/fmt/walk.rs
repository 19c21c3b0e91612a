//! The files that `fmt` looks at, in a fixed order and each once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::input;

/// Folders of other people's files.
const PASSED_OVER: &[&str] = &["node_modules"];

/// A file, and whether somebody asked for this very file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) named: bool,
}

/// The named files, and the `.json` files below the named folders.
pub(super) fn files(roots: &[PathBuf]) -> Vec<anyhow::Result<File>> {
    let mut files = Vec::new();
    for root in roots {
        if !root.is_dir() {
            files.push(Ok(File { path: root.clone(), named: true }));
            continue;
        }
        match input::files_below(root) {
            Ok(below) => files.extend(below.into_iter().filter(|path| is_ours(path, root)).map(|path| {
                // `./a.json` is `a.json` to those who read it.
                let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
                Ok(File { path, named: false })
            })),
            Err(error) => files.push(Err(error)),
        }
    }
    let mut seen = BTreeSet::new();
    files.retain(|file| file.as_ref().map_or(true, |file| seen.insert(file.path.clone())));
    files
}

fn is_ours(path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    let passed_over = below.components().any(|part| PASSED_OVER.iter().any(|name| part.as_os_str() == *name));
    path.extension().is_some_and(|extension| extension == "json") && !passed_over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_named_twice_is_one_file() {
        let paths = ["b.json", "a.json", "b.json"].map(PathBuf::from);
        let files: Vec<PathBuf> = files(&paths).into_iter().map(|file| file.unwrap().path).collect();
        assert_eq!(files, ["b.json", "a.json"].map(PathBuf::from));
    }

    #[test]
    fn folders_of_other_people_are_passed_over_unless_named() {
        let ours = |path: &str, root: &str| is_ours(Path::new(path), Path::new(root));
        assert!(ours("a/b.json", "a") && !ours("a/b.yaml", "a") && !ours("a/json", "a"));
        assert!(!ours("a/node_modules/x/b.json", "a") && ours("node_modules/b.json", "node_modules"));
    }
}
