//! The files of Terraform modules, joined in one text so that a span says which file it is of.

use std::collections::BTreeMap;

use hcl_edit::parser;
use hcl_edit::structure::Body;
use wardbook_policy::json::{ParseError, Value};
use wardbook_policy::span::Span;

use super::evaluator::Failure;
use super::json_syntax;
use super::overriding;
use super::written::{Base, Written};
use crate::limits::{TERRAFORM_FILE_BYTES_MAX, TERRAFORM_JOINED_BYTES_MAX};
use crate::parameters::file_name;
use crate::source::{ReadError, Source};

/// Texts one after another, each under its name.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub(crate) text: String,
    /// Where each begins.
    pub(crate) files: Vec<(u32, Box<str>)>,
}

impl Joined {
    /// Adds a text and says where it begins; `None` if the whole would be too long.
    pub(crate) fn add(&mut self, path: &str, text: &str) -> Option<usize> {
        let base = self.text.len();
        if !has_room(base, text.len()) {
            return None;
        }
        self.files.push((u32::try_from(base).ok()?, path.into()));
        self.text.push_str(text);
        // Each text begins on a line of its own.
        self.text.push('\n');
        Some(base)
    }
}

/// Whether a text of that length still fits behind others.
fn has_room(taken: usize, more: usize) -> bool {
    taken.saturating_add(more) < TERRAFORM_JOINED_BYTES_MAX
}

/// A parsed `.tf` file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) body: Body,
    /// Where its text stands in the joined text.
    place: Place,
}

#[derive(Debug)]
enum Place {
    At { start: usize, length: usize },
    Written(Written),
}

impl File {
    /// A text that was put together from others, parsed.
    pub(crate) fn written(written: Written) -> Result<File, parser::Error> {
        Ok(File { body: parser::parse_body(&written.text)?, place: Place::Written(written) })
    }

    pub(crate) fn base(&self) -> Base<'_> {
        match &self.place {
            Place::At { start, .. } => Base::Plain(*start),
            Place::Written(written) => written.base(),
        }
    }

    /// The text that its syntax is of.
    pub(crate) fn text<'t>(&'t self, joined: &'t str) -> &'t str {
        match &self.place {
            Place::At { start, length } => joined.get(*start..start + length).unwrap_or_default(),
            Place::Written(written) => &written.text,
        }
    }
}

/// The files of a folder that belong to its module.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) files: Vec<File>,
    /// `override.tf` and `*_override.tf`, by their names.
    overrides: BTreeMap<String, File>,
    /// `terraform.tfvars` and `*.auto.tfvars`, in the order in which Terraform reads them.
    pub(crate) values: BTreeMap<(usize, String), File>,
}

/// Every folder that holds Terraform files, by its path.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    pub(crate) folders: BTreeMap<String, Folder>,
}

/// What a file of Terraform's own language is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Blocks.
    Module,
    /// Values of variables.
    Values,
}

/// Whether a file is written in Terraform's language: by its name, else by how it begins.
pub(crate) fn role(source: &Source) -> Option<Role> {
    let name = file_name(&source.path);
    if name == "terraform.tfvars" || name.ends_with(".auto.tfvars") {
        return Some(Role::Values);
    }
    (name.ends_with(".tf") || begins_like_module(&source.text)).then_some(Role::Module)
}

/// Whether a file in JSON belongs to a module: by its name, else by what it holds.
pub(crate) fn json_role(path: &str, value: &Value) -> Option<Role> {
    named_json_role(path).or_else(|| json_syntax::recognizes(value).then_some(Role::Module))
}

/// The same by the name alone.
pub(crate) fn named_json_role(path: &str) -> Option<Role> {
    let name = file_name(path);
    if name == "terraform.tfvars.json" || name.ends_with(".auto.tfvars.json") {
        return Some(Role::Values);
    }
    name.ends_with(".tf.json").then_some(Role::Module)
}

/// Whether a file of that name changes what others declare.
fn overrides(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let stem = stem.strip_suffix(".tf").unwrap_or_default();
    stem == "override" || stem.ends_with("_override")
}

/// Whether the first thing that is no comment is the head of a block that only Terraform has.
fn begins_like_module(text: &str) -> bool {
    let mut rest = text.trim_start();
    // JSON may be one line of many megabytes, which nobody needs to read twice.
    if !rest.starts_with(|first: char| first.is_ascii_lowercase() || matches!(first, '#' | '/')) {
        return false;
    }
    loop {
        rest = match rest {
            _ if rest.starts_with('#') || rest.starts_with("//") => {
                rest.split_once('\n').map_or("", |(_, after)| after).trim_start()
            }
            _ if rest.starts_with("/*") => rest.split_once("*/").map_or("", |(_, after)| after).trim_start(),
            _ => break,
        };
    }
    let head = rest.split('\n').next().unwrap_or_default();
    let mut words = head.split_whitespace();
    let mut next = || words.next().unwrap_or_default();
    let first = next();
    if !HEADS.contains(&first) {
        return false;
    }
    match [first, next(), next()] {
        ["resource" | "data", kind, name] => is_quoted(kind) && is_quoted(name),
        ["variable" | "module" | "provider" | "output", name, brace] => is_quoted(name) && brace.starts_with('{'),
        ["locals" | "terraform", brace, _] => brace.starts_with('{'),
        _ => false,
    }
}

/// The words with which a block begins that only Terraform has.
const HEADS: &[&str] = &["resource", "data", "variable", "module", "provider", "output", "locals", "terraform"];

fn is_quoted(word: &str) -> bool {
    word.len() > 2 && word.starts_with('"') && word.ends_with('"')
}

impl Folders {
    /// Parses a file and adds it to its folder.
    pub(crate) fn add(&mut self, source: &Source, role: Role, joined: &mut Joined) -> Result<(), ReadError> {
        if source.text.len() > TERRAFORM_FILE_BYTES_MAX {
            return Err(source.error(Span::default(), too_long()));
        }
        let body = parser::parse_body(&source.text).map_err(|error| {
            let at = error.location().offset();
            source.error(Span::new(at, at), format!("not HCL: {}", error.message().replace('\n', ", ")))
        })?;
        let Some(start) = joined.add(&source.path, &source.text) else { return Err(too_many(source)) };
        self.insert(source, role, File { body, place: Place::At { start, length: source.text.len() } });
        Ok(())
    }

    /// Adds a file in JSON to its folder.
    pub(crate) fn add_json(
        &mut self,
        source: &Source,
        value: &Value,
        role: Role,
        joined: &mut Joined,
    ) -> Result<(), ReadError> {
        if source.text.len() > TERRAFORM_FILE_BYTES_MAX {
            return Err(source.error(Span::default(), too_long()));
        }
        let base = joined.text.len();
        let written = match role {
            Role::Module => json_syntax::module(value, &source.text, base),
            Role::Values => json_syntax::values(value, &source.text, base),
        };
        let refused = |ParseError { message, span }| source.error(span, message);
        let written = written.map_err(refused)?;
        let places = written.clone();
        let file = File::written(written).map_err(|error| {
            let at = error.location().offset();
            let at = (places.base().span(Some(at..at)).start as usize).saturating_sub(base);
            source.error(Span::new(at, at), format!("not Terraform: {}", error.message().replace('\n', ", ")))
        })?;
        if joined.add(&source.path, &source.text).is_none() {
            return Err(too_many(source));
        }
        self.insert(source, role, file);
        Ok(())
    }

    fn insert(&mut self, source: &Source, role: Role, file: File) {
        let folder = self.folders.entry(folder_of(&source.path)).or_default();
        let name = file_name(&source.path);
        match role {
            Role::Module if overrides(name) => drop(folder.overrides.insert(name.to_owned(), file)),
            Role::Module => folder.files.push(file),
            Role::Values => {
                // Two are read before all others, whatever the order of names.
                let first = ["terraform.tfvars", "terraform.tfvars.json"];
                let rank = first.iter().position(|known| *known == name).unwrap_or(first.len());
                folder.values.insert((rank, name.to_owned()), file);
            }
        }
    }

    /// Lets the files that override others do so; what is wrong with them, by folder.
    pub(crate) fn override_files(&mut self, joined: &Joined) -> Vec<(String, Failure)> {
        let mut wrong = Vec::new();
        for (path, folder) in &mut self.folders {
            for file in std::mem::take(&mut folder.overrides).into_values() {
                let failures = overriding::apply(&mut folder.files, file, &joined.text);
                wrong.extend(failures.into_iter().map(|failure| (path.clone(), failure)));
            }
        }
        wrong
    }
}

fn too_long() -> String {
    format!("the file is longer than the {TERRAFORM_FILE_BYTES_MAX} bytes that are read as HCL")
}

fn too_many(source: &Source) -> ReadError {
    source.error(Span::default(), "there are more Terraform files than are read together")
}

/// The folder of a file: `a/b` of `a/b/main.tf`, and nothing of `main.tf`.
pub(crate) fn folder_of(path: &str) -> String {
    let path = path.replace('\\', "/");
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    resolve(folder, "").unwrap_or_default()
}

/// `a/b` and `../c/./d` give `a/c/d`; `None` if that leads out of what the first one is in.
pub(crate) fn resolve(folder: &str, path: &str) -> Option<String> {
    let absolute = folder.starts_with('/');
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if absolute => return None,
                Some(&"..") | None => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Some(if absolute { format!("/{joined}") } else { joined })
}

/// A path without `.` and `..`, as modules ask for it.
pub(crate) fn plain(path: &str) -> String {
    let path = path.replace('\\', "/");
    let root = if path.starts_with('/') { "/" } else { "" };
    resolve(root, &path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role_of(path: &str, text: &str) -> Option<Role> {
        role(&Source::new(path, text))
    }

    #[test]
    fn modules_are_told_by_their_names_and_by_how_they_begin() {
        assert_eq!(role_of("a/main.tf", ""), Some(Role::Module));
        assert_eq!(role_of("terraform.tfvars", "a = 1"), Some(Role::Values));
        assert_eq!(role_of("x/b.auto.tfvars", "a = 1"), Some(Role::Values));
        assert_eq!(role_of("other.tfvars", "a = 1"), None);
        for (path, role) in [
            ("a/main.tf.json", Some(Role::Module)),
            ("a/terraform.tfvars.json", Some(Role::Values)),
            ("b.auto.tfvars.json", Some(Role::Values)),
            ("b.tfvars.json", None),
        ] {
            assert_eq!(named_json_role(path), role, "{path}");
        }
        assert!(overrides("override.tf") && overrides("a_override.tf.json"));
        assert!(!overrides("overrides.tf") && !overrides("override.json"));
        for text in [
            "resource \"aws_kms_key\" \"k\" {\n}",
            "# a\n// b\n/* c\n */ data \"a\" \"b\" {}",
            "variable \"x\" {}",
            "locals {\n}",
            "terraform {",
        ] {
            assert_eq!(role_of("module.txt", text), Some(Role::Module), "{text}");
        }
        for text in ["", "resource a b", "# resource", "/* resource", "data: 1", "{}", "module {", "locals = 1"] {
            assert_eq!(role_of("notes.txt", text), None, "{text}");
        }
    }

    #[test]
    fn paths_are_followed_and_do_not_lead_above_the_root() {
        for (folder, path, wanted) in [
            ("a/b", "../c/./d", Some("a/c/d")),
            ("./a", "b", Some("a/b")),
            ("", "../a", Some("../a")),
            ("..", "../a", Some("../../a")),
            ("/a", "../b", Some("/b")),
            ("/a", "../../b", None),
            ("a", "..", Some("")),
        ] {
            assert_eq!(resolve(folder, path).as_deref(), wanted, "{folder} {path}");
        }
        assert_eq!((folder_of("main.tf").as_str(), folder_of("./a/main.tf").as_str()), ("", "a"));
        assert_eq!((folder_of("/main.tf").as_str(), plain("./a/../b.json").as_str()), ("/", "b.json"));
    }

    #[test]
    fn a_file_at_the_limit_is_read_and_one_above_it_is_not() {
        let mut folders = Folders::default();
        let mut joined = Joined::default();
        let of = |length: usize| Source::new("a.tf", format!("#{}\n", " ".repeat(length - 2)));
        assert!(folders.add(&of(TERRAFORM_FILE_BYTES_MAX), Role::Module, &mut joined).is_ok());
        let error = folders.add(&of(TERRAFORM_FILE_BYTES_MAX + 1), Role::Module, &mut joined).unwrap_err();
        assert!(error.message.contains("longer than the 8388608 bytes"), "{error}");
        assert!(has_room(TERRAFORM_JOINED_BYTES_MAX - 2, 1) && !has_room(TERRAFORM_JOINED_BYTES_MAX - 2, 2));
    }

    #[test]
    fn a_broken_file_says_where() {
        let mut folders = Folders::default();
        let source = Source::new("a.tf", "locals {\n  a = [1,\n}\n");
        let error = folders.add(&source, Role::Module, &mut Joined::default()).unwrap_err();
        assert!(error.to_string().starts_with("a.tf:3:1: not HCL: "), "{error}");
        assert!(folders.folders.is_empty());
    }
}
