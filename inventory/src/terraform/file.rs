//! The files of Terraform modules, joined in one text so that a span says which file it is of.

use std::collections::BTreeMap;

use hcl_edit::parser;
use hcl_edit::structure::Body;
use wardbook_policy::span::Span;

use crate::limits::{TERRAFORM_FILE_BYTES_MAX, TERRAFORM_JOINED_BYTES_MAX};
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
    /// Where its text begins in the joined text.
    pub(crate) base: usize,
}

/// The files of a folder that belong to its module.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) files: Vec<File>,
    /// `terraform.tfvars` and `*.auto.tfvars`, in the order in which Terraform reads them.
    pub(crate) values: Vec<File>,
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
    let name = source.path.rsplit(['/', '\\']).next().unwrap_or(&source.path);
    if name == "terraform.tfvars" || name.ends_with(".auto.tfvars") {
        return Some(Role::Values);
    }
    (name.ends_with(".tf") || begins_like_module(&source.text)).then_some(Role::Module)
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
            let message = format!("the file is longer than the {TERRAFORM_FILE_BYTES_MAX} bytes that are read as HCL");
            return Err(source.error(Span::default(), message));
        }
        let body = parser::parse_body(&source.text).map_err(|error| {
            let at = error.location().offset();
            source.error(Span::new(at, at), format!("not HCL: {}", error.message().replace('\n', ", ")))
        })?;
        let Some(base) = joined.add(&source.path, &source.text) else {
            return Err(source.error(Span::default(), "there are more Terraform files than are read together"));
        };
        let folder = self.folders.entry(folder_of(&source.path)).or_default();
        match role {
            Role::Module => folder.files.push(File { body, base }),
            // The one of this name is read before all others, whatever the order of names.
            Role::Values if source.path.ends_with("terraform.tfvars") => folder.values.insert(0, File { body, base }),
            Role::Values => folder.values.push(File { body, base }),
        }
        Ok(())
    }
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
