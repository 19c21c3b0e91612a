//! `fmt`: policy documents in JSON files, in canonical form.
//!
//! A document with a problem is reported and stays as it is; the other files are still done.

mod walk;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use wardbook_inventory::source::Source;
use wardbook_policy::canonical::canonical;
use wardbook_policy::document::{Document, Problem};
use wardbook_policy::json::{self, Value};
use wardbook_policy::span::Span;

use crate::cli::Global;
use crate::diagnostic::{self, Severity};
use crate::exit::Exit;
use crate::output::{self, Format, Report, Screen};

/// Write policies in canonical form: elements in a fixed order, lists sorted and without repeats,
/// two spaces, lines of at most 100 columns. What a policy says does not change.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files, or folders to search for `.json` files that hold a policy document; `-` is stdin to
    /// stdout [default: the current folder]
    ///
    /// Folders called `node_modules`, hidden files and folders, and links are passed over.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing, list the files that would change; exit code 1 if there are any
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Changes>(global)?;
    let color = Screen::new(global).stderr_color;
    let mut changes = Changes { check: arguments.check, changed: Vec::new(), unchanged: 0, refused: 0 };
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        if arguments.paths.len() > 1 {
            bail!("`-` stands for stdin and takes no other path beside it");
        }
        if !arguments.check {
            return filter(global, color);
        }
        changes.add(stdin()?, None, color);
    } else {
        let here = [PathBuf::from(".")];
        let roots = if arguments.paths.is_empty() { &here } else { arguments.paths.as_slice() };
        for found in walk::files(roots) {
            match found.and_then(|file| Ok((Input::read(&file)?, file))) {
                Ok((Some(input), file)) => changes.add(input, Some(&file.path), color),
                Ok((None, _)) => {}
                Err(error) => changes.refuse(&error, color),
            }
        }
        if changes.is_empty() {
            let names: Vec<String> = roots.iter().map(|root| format!("`{}`", root.display())).collect();
            bail!("no policy document below {}", names.join(", "));
        }
    }
    output::emit(&changes, global)?;
    Ok(changes.exit())
}

/// stdin to stdout. The document is the result, so there is no other format of it.
fn filter(global: &Global, color: bool) -> anyhow::Result<Exit> {
    if global.format.is_some_and(|format| format != Format::Auto) || !global.out.is_empty() {
        bail!("`fmt -` prints the document itself; `--format` and `--out` go with `--check`");
    }
    match stdin()?.formatted() {
        Ok(text) => {
            output::print(&text)?;
            Ok(Exit::Fine)
        }
        Err(refusal) => {
            refusal.print(color);
            Ok(Exit::Unreadable)
        }
    }
}

fn stdin() -> anyhow::Result<Input> {
    let bytes = Source::bytes_of(std::io::stdin().lock()).context("cannot read stdin")?;
    Input::new("<stdin>", bytes)
}

/// A file that is to be formatted.
struct Input {
    name: String,
    text: String,
    /// Whether the file began with a byte order mark, which no canonical form has.
    marked: bool,
}

impl Input {
    fn new(name: &str, bytes: Vec<u8>) -> anyhow::Result<Input> {
        let marked = bytes.starts_with(b"\xEF\xBB\xBF");
        let source = Source::from_bytes(name, bytes)?;
        Ok(Input { name: name.to_owned(), text: source.text, marked })
    }

    /// Reads a file; nothing if it was only found, not named, and holds no policy document.
    fn read(file: &walk::File) -> anyhow::Result<Option<Input>> {
        let name = file.path.display().to_string();
        let bytes = crate::input::bytes(&file.path).with_context(|| format!("cannot read `{name}`"))?;
        if !file.named && !bytes.windows(MARK.len()).any(|window| window == MARK) {
            return Ok(None);
        }
        let input = Input::new(&name, bytes)?;
        // What cannot be parsed, but speaks of statements, was meant to be one.
        let other = json::parse(&input.text).is_ok_and(|value| value.member("Statement").is_none());
        Ok((file.named || !other).then_some(input))
    }

    fn formatted(&self) -> Result<String, Refusal<'_>> {
        let refusal = |found| Refusal { input: self, found };
        let value = json::parse(&self.text).map_err(|error| refusal(vec![(error.span, error.message)]))?;
        let problems = problems(&value);
        if problems.is_empty() { Ok(canonical(&value)) } else { Err(refusal(problems)) }
    }

    fn is(&self, text: &str) -> bool {
        !self.marked && self.text == text
    }
}

/// No file without this holds a policy document.
const MARK: &[u8] = b"\"Statement\"";

/// What is wrong with a document, in the order of its text.
fn problems(value: &Value) -> Vec<(Span, String)> {
    let document = Document::read(value);
    let inner = document.statements.iter().flat_map(|statement| &statement.problems);
    let place = |problem: &Problem| (problem.span, problem.message.clone());
    let mut problems: Vec<(Span, String)> = document.problems.iter().chain(inner).map(place).collect();
    problems.sort();
    problems
}

/// Why a document stays as it is.
struct Refusal<'a> {
    input: &'a Input,
    found: Vec<(Span, String)>,
}

impl Refusal<'_> {
    fn print(&self, color: bool) {
        let Input { name, text, .. } = self.input;
        for (span, message) in &self.found {
            eprintln!("{}", diagnostic::with_caret(Severity::Error, name, text, *span, message, color));
        }
    }
}

/// What became of the files.
struct Changes {
    check: bool,
    changed: Vec<String>,
    unchanged: usize,
    refused: usize,
}

impl Changes {
    /// Formats one document; without a path there is nothing to write to.
    fn add(&mut self, input: Input, path: Option<&Path>, color: bool) {
        let text = match input.formatted() {
            Ok(text) => text,
            Err(refusal) => {
                refusal.print(color);
                self.refused += 1;
                return;
            }
        };
        if input.is(&text) {
            self.unchanged += 1;
            return;
        }
        match path.filter(|_| !self.check).map(|path| crate::replace::replace(path, &text)) {
            Some(Err(error)) => self.refuse(&error, color),
            Some(Ok(())) | None => self.changed.push(input.name),
        }
    }

    fn refuse(&mut self, error: &anyhow::Error, color: bool) {
        diagnostic::print_error(error, color);
        self.refused += 1;
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.unchanged == 0 && self.refused == 0
    }

    fn exit(&self) -> Exit {
        match self {
            Changes { refused: 1.., .. } => Exit::Unreadable,
            Changes { check: true, changed, .. } if !changed.is_empty() => Exit::No,
            _ => Exit::Fine,
        }
    }
}

impl Report for Changes {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, _: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => output::json(&json!({
                "schema_version": 1,
                "check": self.check,
                "changed": self.changed,
                "unchanged": self.unchanged,
                "refused": self.refused,
            })),
            _ => Ok(self.changed.iter().map(|name| format!("{name}\n")).collect()),
        }
    }

    fn summary(&self) -> String {
        let verb = if self.check { "would change" } else { "changed" };
        format!("{} {verb}, {} unchanged, {} refused", self.changed.len(), self.unchanged, self.refused)
    }
}
