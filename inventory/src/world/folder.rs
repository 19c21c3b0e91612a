//! From a folder to a world: the one place of this crate that touches the disk.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::World;
use super::recognize::{Gathering, Parsed};
use crate::coverage::{Gap, GapKind};
use crate::limits::{FILES_MAX, FOLDER_DEPTH_MAX};
use crate::source::{Source, too_long};
use crate::terraform::file::plain;

/// Why a folder cannot be taken as a world at all.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The folder itself, or one below it, cannot be listed.
    #[error("cannot read folder `{path}`: {error}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It holds too many files.
    #[error("`{path}` holds more than {limit} files")]
    ManyFiles {
        /// The folder.
        path: String,
        /// How many are read.
        limit: usize,
    },
    /// It is nested too deeply.
    #[error("`{path}` is nested deeper than {FOLDER_DEPTH_MAX} folders")]
    Deep {
        /// The folder.
        path: String,
    },
}

impl World {
    /// Reads everything below a folder, in a fixed order, or a single file. Names that begin with a dot are left out,
    /// and links to folders are not followed. Paths in messages begin with `folder` as it was given.
    pub fn read_folder(folder: &Path) -> Result<World, WorldError> {
        World::read_folder_as(folder, folder)
    }

    /// The same, with paths in messages and names that begin with `shown`: what a template leaves open is named
    /// after it, and is the same in two versions of it only under one name.
    pub fn read_folder_as(folder: &Path, shown: &Path) -> Result<World, WorldError> {
        let named = |file: &Path| match file.strip_prefix(folder) {
            Ok(rest) if !rest.as_os_str().is_empty() => shown.join(rest).to_string_lossy().into_owned(),
            _ => shown.to_string_lossy().into_owned(),
        };
        let mut gathering = Gathering::default();
        let files = match folder.is_file() {
            true => vec![folder.to_owned()],
            false => files(folder, FILES_MAX, &mut gathering)?,
        };
        for file in &files {
            gathering.add(parse(file, named(file)));
        }
        // Only modules read other files, and most worlds have none.
        let known: LazyCell<HashMap<String, &PathBuf>, _> =
            LazyCell::new(|| files.iter().map(|file| (plain(&named(file)), file)).collect());
        Ok(gathering.finish(&mut |path| {
            let file = known.get(path).ok_or("it is not below the folder that was given")?;
            let source = Source::from_bytes(path, read(file)?).map_err(|error| error.message)?;
            Ok(source.text)
        }))
    }
}

fn parse(path: &Path, name: String) -> Parsed {
    match read(path) {
        Ok(bytes) => match Source::from_bytes(name.as_str(), bytes) {
            Ok(source) => Parsed::of(source),
            Err(error) => Parsed::unreadable(name, Gap::unreadable(&error)),
        },
        Err(message) => {
            let gap = Gap::new(GapKind::Unreadable, &name, format!("`{name}` cannot be read: {message}"));
            Parsed::unreadable(name, gap)
        }
    }
}

/// Reads a file whose length is within the limit when it is opened and when it ends.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fail = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(fail)?;
    let length = usize::try_from(file.metadata().map_err(fail)?.len()).unwrap_or(usize::MAX);
    match too_long(length) {
        Some(message) => Err(message),
        None => Source::bytes_expected(file, length).map_err(fail),
    }
}

fn files(folder: &Path, limit: usize, gathering: &mut Gathering) -> Result<Vec<PathBuf>, WorldError> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let shown = || folder.to_string_lossy().into_owned();
        if depth > FOLDER_DEPTH_MAX {
            return Err(WorldError::Deep { path: shown() });
        }
        let fail = |error| WorldError::Folder { path: shown(), error };
        // What CDK has bundled into the folder of an assembly is code and data of its own.
        let assembly = LazyCell::new(|| {
            folder.join("manifest.json").is_file() && folder.join("tree.json").is_file()
                || folder.join("cdk.out").is_file()
        });
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let kind = entry.file_type().map_err(fail)?;
            if kind.is_dir() && name.as_encoded_bytes().starts_with(b"asset.") && *assembly {
                continue;
            } else if kind.is_dir() {
                folders.push((path, depth + 1));
            } else if kind.is_symlink() && path.is_dir() {
                let name = path.to_string_lossy();
                let message = format!("`{name}` is a link to a folder, and such links are not followed");
                gathering.note(Gap::new(GapKind::Unreadable, &name, message));
            } else if kind.is_file() || path.is_file() {
                files.push(path);
            }
            if files.len() > limit {
                return Err(WorldError::ManyFiles { path: shown(), limit });
            }
        }
    }
    files.sort_by_cached_key(|path| by_component(path));
    Ok(files)
}

/// Sorts paths as their components do: no name holds a zero, so the end of one comes before whatever goes on.
fn by_component(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().map(|byte| if std::path::is_separator(char::from(*byte)) { 0 } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FILE_BYTES_MAX;

    /// A folder of its own for one test, removed when the test ends.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let folder = std::env::temp_dir().join(format!("wardbook-inventory-{}-{name}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Scratch(folder)
        }

        fn write(&self, path: &str, bytes: &[u8]) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_no_data_is_counted_and_what_should_be_is_named() {
        let scratch = Scratch::new("kinds");
        scratch.write("README.md", b"# hello");
        scratch.write("logo.png", b"\x89PNG\xFF");
        scratch.write("bad.json", b"{\"a\": \xFF}");
        scratch.write("torn.json", b"{\"Keys\": [");
        scratch.write("strange.yaml", b"a: 1");
        scratch.write(".hidden/keys.json", b"{");
        scratch.write("keys.json", br#"{"Keys": []}"#);
        let world = World::read_folder(&scratch.0).unwrap();
        let coverage = world.coverage();
        assert_eq!((coverage.files_read, coverage.files_of_other_kinds), (1, 2));
        let kinds: Vec<GapKind> = coverage.gaps.iter().map(|gap| gap.kind).collect();
        let wanted = [GapKind::FormatNotRead, GapKind::Unreadable, GapKind::Unreadable, GapKind::Organization];
        assert_eq!(kinds, wanted, "{:?}", coverage.gaps);
        assert!(coverage.gaps[1].message.contains("bad.json:1:7: the text is not UTF-8"), "{:?}", coverage.gaps);
        assert!(coverage.gaps[2].message.contains("torn.json:1:11: "), "{:?}", coverage.gaps);
    }

    #[test]
    fn the_number_of_files_and_the_depth_have_limits() {
        let scratch = Scratch::new("limits");
        scratch.write("a.json", b"{}");
        scratch.write("b/c.json", b"{}");
        assert_eq!(files(&scratch.0, 2, &mut Gathering::default()).unwrap().len(), 2);
        assert!(matches!(files(&scratch.0, 1, &mut Gathering::default()), Err(WorldError::ManyFiles { limit: 1, .. })));
        scratch.write(&format!("{}x.json", "d/".repeat(FOLDER_DEPTH_MAX)), b"{}");
        assert!(World::read_folder(&scratch.0).is_ok());
        scratch.write(&format!("{}x.json", "d/".repeat(FOLDER_DEPTH_MAX + 1)), b"{}");
        let error = World::read_folder(&scratch.0).unwrap_err();
        assert!(error.to_string().ends_with("is nested deeper than 32 folders"), "{error}");
    }

    #[test]
    fn files_come_in_the_order_of_their_components() {
        let scratch = Scratch::new("order");
        let names = ["a/b.json", "a/b/c.json", "a-b/c.json", "a.json", "a/b-c.json", "b/é.json", "b/z.json"];
        for name in names {
            scratch.write(name, b"{}");
        }
        let found = files(&scratch.0, 10, &mut Gathering::default()).unwrap();
        let mut wanted: Vec<PathBuf> = names.iter().map(|name| scratch.0.join(name)).collect();
        wanted.sort();
        assert_eq!(found, wanted);
    }

    /// A file of holes costs nothing to make; reading it would take gigabytes.
    #[test]
    fn the_length_of_a_file_is_looked_at_before_it_is_read() {
        let scratch = Scratch::new("long");
        scratch.write("keys.json", br#"{"Keys": []}"#);
        for (name, length) in [("huge.json", 1 << 40), ("long.json", FILE_BYTES_MAX as u64 + 1)] {
            File::create(scratch.0.join(name)).unwrap().set_len(length).unwrap();
            let message = read(&scratch.0.join(name)).unwrap_err();
            assert_eq!(message, format!("the file has {length} bytes, more than the {FILE_BYTES_MAX} that are read"));
        }
        let world = World::read_folder(&scratch.0).unwrap();
        assert_eq!(world.coverage().files_read, 1);
        let unreadable = world.coverage().gaps.iter().filter(|gap| gap.kind == GapKind::Unreadable);
        assert_eq!(unreadable.count(), 2);
    }

    #[test]
    fn one_file_is_a_world_and_assets_are_none() {
        let scratch = Scratch::new("cdk");
        let template =
            br#"{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Metadata": {"aws:cdk:path": "App/Key/Resource"}}}}"#;
        scratch.write("App.template.json", template);
        scratch.write("cdk.out", br#"{"version": "36.0.0"}"#);
        scratch.write("tree.json", br#"{"version": "tree-0.1", "tree": {"id": "App"}}"#);
        scratch.write("App.assets.json", br#"{"version": "36.0.0", "files": {}, "dockerImages": {}}"#);
        let manifest = br#"{"version": "36.0.0", "artifacts": {"App": {"type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "App.template.json"}}}}"#;
        scratch.write("manifest.json", manifest);
        scratch.write("asset.1234/package.json", br#"{"name": "bundle"}"#);
        scratch.write("asset.1234/t.template.json", template);
        let stage = manifest.to_vec();
        scratch.write("assembly-Prod/manifest.json", &stage);
        scratch.write("assembly-Prod/App.template.json", template);
        let world = World::read_folder(&scratch.0).unwrap();
        let arns: Vec<&str> = world.keys().iter().map(|key| &*key.arn).collect();
        assert_eq!(arns.len(), 2, "{arns:?}");
        assert!(arns.iter().all(|arn| arn.starts_with("arn:aws:kms:eu-west-1:111122223333:key/")), "{arns:?}");
        assert!(!world.coverage().gaps.iter().any(|gap| gap.kind.is_defect()), "{:?}", world.coverage());
        assert_eq!(world.coverage().files_read, 7);
        let world = World::read_folder(&scratch.0.join("App.template.json")).unwrap();
        assert_eq!(world.keys().len(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = World::read_folder(Path::new("no/such/folder")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read folder `no/such/folder`: "), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_named_and_not_followed() {
        let scratch = Scratch::new("links");
        scratch.write("a/keys.json", br#"{"Keys": []}"#);
        std::os::unix::fs::symlink(&scratch.0, scratch.0.join("a/loop")).unwrap();
        let world = World::read_folder(&scratch.0).unwrap();
        assert_eq!(world.coverage().files_read, 1);
        assert!(world.coverage().gaps.iter().any(|gap| gap.message.ends_with("such links are not followed")));
    }
}
