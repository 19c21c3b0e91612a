//! Where results go: one report, rendered for stdout and for any number of files.

pub(crate) mod csv;
pub(crate) mod escape;
pub(crate) mod table;
pub(crate) mod xml;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::cli::{ColorChoice, Global};

/// A form that a result can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The one that suits: text for people
    Auto,
    /// Text for people
    #[value(alias = "text")]
    Table,
    /// One line each
    Concise,
    /// One JSON value
    Json,
    /// One JSON value a line
    Jsonl,
    /// CloudTrail's own files: an object with `Records`
    Cloudtrail,
    /// Comma-separated values with a header
    Csv,
    /// A Parquet file
    Parquet,
    /// JUnit XML
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub Actions run
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// Tables for a page or a pull request
    Markdown,
    /// A diagram of paths, as Mermaid draws it
    Mermaid,
}

impl Format {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// `FORMAT:PATH`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

impl Target {
    pub(crate) fn parse(text: &str) -> Result<Target, String> {
        let (format, path) = text.split_once(':').ok_or("write FORMAT:PATH, such as `junit:report.xml`")?;
        let format = Format::from_str(format, false)?;
        if path.is_empty() {
            return Err("the path is empty".into());
        }
        Ok(Target { format, path: path.into() })
    }
}

/// What a command found out.
pub(crate) trait Report {
    /// The formats it has; the first is what `auto` means.
    const FORMATS: &'static [Format];

    /// The whole result in one of [`Self::FORMATS`].
    fn render(&self, format: Format, color: bool) -> anyhow::Result<String>;

    /// The same as bytes, for those that have a format which is no text.
    fn bytes(&self, format: Format, color: bool) -> anyhow::Result<Vec<u8>> {
        Ok(self.render(format, color)?.into_bytes())
    }

    /// The same, written piece by piece by those whose results may be large.
    fn stream(&self, format: Format, color: bool, sink: &mut (dyn Write + Send)) -> anyhow::Result<()> {
        Ok(sink.write_all(&self.bytes(format, color)?)?)
    }

    /// One line, for when the result went to files.
    fn summary(&self) -> String;
}

/// What is known about the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) stdout_color: bool,
    pub(crate) stderr_color: bool,
}

impl Screen {
    pub(crate) fn new(global: &Global) -> Screen {
        let wanted = |terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        Screen {
            stdout_color: wanted(std::io::stdout().is_terminal()),
            stderr_color: wanted(std::io::stderr().is_terminal()),
        }
    }
}

/// Refuses formats that a command does not have, before any work is done.
pub(crate) fn check<R: Report>(global: &Global) -> anyhow::Result<()> {
    check_formats(R::FORMATS, global)
}

/// The same for a command whose result is no [`Report`].
pub(crate) fn check_formats(formats: &[Format], global: &Global) -> anyhow::Result<()> {
    for format in global.format.into_iter().chain(global.out.iter().map(|target| target.format)) {
        if format != Format::Auto && !formats.contains(&format) {
            let has: Vec<String> = formats.iter().map(|format| format.name()).collect();
            bail!("this command has no format `{}`; it has {}", format.name(), has.join(", "));
        }
    }
    Ok(())
}

/// Writes the files named by `--out`, and the result (or, beside files, its summary) to stdout.
pub(crate) fn emit<R: Report>(report: &R, global: &Global) -> anyhow::Result<()> {
    check::<R>(global)?;
    emit_files(report, global)?;
    let screen = Screen::new(global);
    match global.format {
        None if !global.out.is_empty() => print(&format!("{}\n", report.summary())),
        format => {
            let mut sink = std::io::BufWriter::new(std::io::stdout());
            let format = chosen::<R>(format.unwrap_or(Format::Auto));
            let written = report.stream(format, screen.stdout_color, &mut sink);
            unless_gone(written.and_then(|()| Ok(sink.flush()?)))
        }
    }
}

/// The format that a command takes for the one that was asked for.
fn chosen<R: Report>(format: Format) -> Format {
    match format {
        Format::Auto => R::FORMATS.first().copied().unwrap_or(Format::Table),
        format => format,
    }
}

/// Writes the files named by `--out`.
pub(crate) fn emit_files<R: Report>(report: &R, global: &Global) -> anyhow::Result<()> {
    for target in &global.out {
        let fail = || format!("cannot write `{}`", target.path.display());
        let file = std::fs::File::create(&target.path).with_context(fail)?;
        let mut sink = std::io::BufWriter::new(file);
        report.stream(chosen::<R>(target.format), false, &mut sink)?;
        sink.flush().with_context(fail)?;
    }
    Ok(())
}

/// A reader that went away is no error.
fn unless_gone(written: anyhow::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error)
            if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        written => written.context("cannot write the result"),
    }
}

/// Writes to stdout; a reader that went away is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Pretty JSON with a newline at the end.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}
