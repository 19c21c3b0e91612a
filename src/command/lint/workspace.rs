//! The texts that are linted: what is on disk, unless something else was put in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use wardbook_inventory::carriers::{self, File, Found, Surroundings};
use wardbook_inventory::source::Source;
use wardbook_policy::json::ParseError;

use super::walk;
use crate::input;

/// Files by the name that reports give them.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    texts: BTreeMap<String, Text>,
    /// The files that are reported on; others are there because modules need them.
    pub(super) reported: BTreeSet<String>,
    /// Files whose bytes are no text, with what there was before the first bad byte.
    broken: Vec<(Source, ParseError)>,
    /// Under which folder the files go by their names, and in which they lie, where that is another one.
    moved: Option<(PathBuf, PathBuf)>,
}

#[derive(Debug, Clone)]
struct Text {
    source: Source,
    named: bool,
    is_document: bool,
    /// Whether the file begins with a byte order mark, which stays.
    marked: bool,
}

impl Workspace {
    /// Reads files from disk, and beside each that is Terraform the rest of its module. What cannot be read at all is
    /// an error each.
    pub(super) fn read(files: &[walk::File], is_document: bool, errors: &mut Vec<anyhow::Error>) -> Workspace {
        let mut workspace = Workspace::default();
        for file in files {
            if let Err(error) =
                workspace.add_file(walk::name(&file.path), &file.path, file.named, is_document && file.named)
            {
                errors.push(error);
            }
        }
        workspace.add_siblings();
        workspace
    }

    /// Reads files below one folder under the names that they would have below another.
    pub(super) fn read_as(files: &[walk::File], old: &Path, new: &Path, errors: &mut Vec<anyhow::Error>) -> Workspace {
        let plain = |path: &Path| PathBuf::from(walk::named(path));
        let mut workspace = Workspace { moved: Some((plain(new), plain(old))), ..Workspace::default() };
        for file in files {
            let name =
                workspace.moved.as_ref().and_then(|(new, old)| Some(new.join(file.path.strip_prefix(old).ok()?)));
            let name = walk::named(&name.unwrap_or_else(|| file.path.clone()));
            if let Err(error) = workspace.add_file(name, &file.path, false, false) {
                errors.push(error);
            }
        }
        workspace
    }

    /// Where a file lies.
    fn on_disk(&self, name: &str) -> PathBuf {
        let moved = self.moved.as_ref();
        let moved = moved.and_then(|(new, old)| Some(old.join(Path::new(name).strip_prefix(new).ok()?)));
        moved.unwrap_or_else(|| name.into())
    }

    /// Adds one text under a name, as if it stood on disk.
    pub(super) fn add(&mut self, source: Source, is_document: bool) {
        self.reported.insert(source.path.clone());
        self.texts.insert(source.path.clone(), Text { source, named: true, is_document, marked: false });
    }

    fn add_file(&mut self, name: String, path: &Path, named: bool, is_document: bool) -> anyhow::Result<()> {
        let bytes = input::bytes(path).with_context(|| format!("cannot read `{}`", walk::name(path)))?;
        let marked = bytes.starts_with(b"\xEF\xBB\xBF");
        self.reported.insert(name.clone());
        match Source::from_bytes(name.clone(), bytes) {
            Ok(source) => {
                self.texts.insert(name, Text { source, named, is_document, marked });
            }
            Err(error) if named || walk::is_data(path) => {
                // What can be read leads to the place of what cannot.
                let bytes = input::bytes(path).unwrap_or_default();
                let valid = bytes.get(..error.span.start as usize).unwrap_or_default();
                let valid = Source::new(name, String::from_utf8_lossy(valid));
                self.broken.push((valid, ParseError { span: error.span, message: error.message }));
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// The other files of the folders in which Terraform files stand, without reporting on them.
    pub(super) fn add_siblings(&mut self) {
        let is_terraform = |name: &&String| name.ends_with(".tf");
        let folders: BTreeSet<PathBuf> = self
            .texts
            .iter()
            .filter(|(name, text)| is_terraform(name) && text.named)
            .map(|(name, _)| Path::new(name).parent().unwrap_or(Path::new("")).to_owned())
            .collect();
        for source in folders.iter().flat_map(|folder| terraform_files(folder)) {
            let text = Text { named: false, is_document: false, marked: false, source };
            self.texts.entry(text.source.path.clone()).or_insert(text);
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| &*text.source.text)
    }

    /// Puts another text in the place of a file's.
    pub(super) fn set(&mut self, name: &str, new: String) {
        if let Some(text) = self.texts.get_mut(name) {
            text.source.text = new;
        }
    }

    /// The bytes of a file as they are to stand on disk.
    pub(super) fn bytes(&self, name: &str) -> Option<String> {
        let text = self.texts.get(name)?;
        let mark = if text.marked { "\u{feff}" } else { "" };
        Some(format!("{mark}{}", text.source.text))
    }

    /// Every carrier among the files.
    pub(super) fn carriers(&self) -> Vec<Found> {
        let files = self.texts.values().map(|text| File {
            source: text.source.clone(),
            named: text.named,
            is_document: text.is_document,
        });
        let mut load = |path: &str| match self.text(path) {
            Some(text) => Ok(text.to_owned()),
            None => load(&walk::name(&self.on_disk(path))),
        };
        let mut module = |folder: &str| {
            let sources = terraform_files(&self.on_disk(folder)).into_iter();
            let named = sources.map(|source| {
                let name = source.path.rsplit('/').next().unwrap_or_default();
                let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                Source { path, ..source }
            });
            named.collect()
        };
        let mut found = carriers::read(files, &mut Surroundings { load: &mut load, module: &mut module });
        found.extend(self.broken.iter().map(|(source, error)| Found::broken(source.clone(), error.clone())));
        found
    }
}

/// The Terraform files of a folder, as far as they can be read.
fn terraform_files(folder: &Path) -> Vec<Source> {
    let listed = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let Ok(entries) = std::fs::read_dir(listed) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(folder.join(entry.ok()?.file_name()))).collect();
    paths.sort();
    let is_terraform = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && (name.ends_with(".tf") || name.ends_with(".tfvars"))
    };
    let sources = paths.into_iter().filter(is_terraform).filter_map(|path| {
        let bytes = input::bytes(&path).ok()?;
        Source::from_bytes(walk::name(&path), bytes).ok()
    });
    sources.collect()
}

/// The text of a file that a module reads. Nothing above the working folder is read that way.
fn load(path: &str) -> Result<String, String> {
    if path.starts_with("..") {
        return Err("it is above the working folder".to_owned());
    }
    let bytes = input::load(path)?;
    Source::from_bytes(path, bytes).map(|source| source.text).map_err(|error| error.message)
}
