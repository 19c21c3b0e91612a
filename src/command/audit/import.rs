//! `audit import`: CloudTrail files into a log, every event once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use wardbook_audit::disk::LocalDisk;
use wardbook_audit::folder::Folder;
use wardbook_audit::import::{self, Books, Conflict, FileSource, Importer, Options, Rejection, Source, Watch};
use wardbook_audit::limits::REPORTED_MAX;

use super::{key, object};
use crate::cli::Global;
use crate::diagnostic::{Severity, plain};
use crate::exit::Exit;
use crate::output::{self, Format, Report, Screen};
use crate::progress::Progress;

#[derive(Debug, Args)]
#[command(after_help = "A source is a file (.json, .jsonl, each also .gz), a folder, or `-` for the standard input. \
    A build with the feature `object-store` also reads s3://BUCKET/PREFIX, with credentials, region and endpoint from \
    the AWS_* variables; s3://BUCKET/BEGINNING* takes every key that begins so.\nWhat cannot be read is kept under \
    DIR/rejected, and the exit code is 2.\nMemory stays under 512 MB for any input.")]
pub(crate) struct Arguments {
    /// CloudTrail files, folders with such files, `-`, or addresses of objects
    #[arg(value_name = "SRC", required = true)]
    sources: Vec<PathBuf>,
    /// The audit folder; made if there is none
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    key: key::SigningKeyFile,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Imported>(global)?;
    let to = &arguments.to;
    std::fs::create_dir_all(to).with_context(|| format!("cannot make `{}`", to.display()))?;
    let folder = Folder::new(Arc::new(LocalDisk::new(to)));
    let importer = Importer::begin(&folder).with_context(|| format!("cannot import into `{}`", to.display()))?;
    let (sources, others) = sources(arguments, &importer, global)?;
    let mut log = arguments.key.open(&folder, &import::origin())?;
    let color = Screen::new(global).stderr_color;
    let mut shown = Shown { progress: Progress::new(global), color, told: 0 };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options { threads, ..Options::default() };
    let books = importer.run(sources, &mut log, options, &mut shown);
    shown.finish(to);
    let unfinished = || {
        format!(
            "cannot import into `{}`; what is imported stays, and the same command goes on from there",
            to.display()
        )
    };
    let imported = Imported { books: books.with_context(unfinished)?, others };
    output::emit(&imported, global)?;
    Ok(if imported.books.rejected == 0 { Exit::Fine } else { Exit::Unreadable })
}

/// Every source that is named or in a folder that is, and how many other files those folders have.
fn sources(arguments: &Arguments, importer: &Importer, global: &Global) -> anyhow::Result<(Vec<Box<dyn Source>>, u64)> {
    let except = import::whole_path(&arguments.to);
    let (mut sources, mut others): (Vec<Box<dyn Source>>, u64) = (Vec::new(), 0);
    let mut has_stdin = false;
    for path in &arguments.sources {
        let text = path.to_string_lossy();
        if text == "-" {
            if !std::mem::replace(&mut has_stdin, true) {
                sources.push(Box::new(importer.spool("<stdin>", &mut std::io::stdin().lock())?));
            }
        } else if object::is_address(&text) {
            let (objects, more) = object::below(&text, global)?;
            sources.extend(objects);
            others += more;
        } else if path.is_dir() {
            let (files, more) = FileSource::below(path, &except);
            sources.extend(files.into_iter().map(|file| Box::new(file) as Box<dyn Source>));
            others += more;
        } else if is_pipe(path)
            && let Ok(mut pipe) = std::fs::File::open(path)
        {
            sources.push(Box::new(importer.spool(FileSource::new(path).name(), &mut pipe)?));
        } else {
            sources.push(Box::new(FileSource::new(path)));
        }
    }
    Ok((sources, others))
}

/// Whether a path is a pipe, which can be read once only: `<(zcat events.gz)` of a shell.
#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// What a person sees while it goes on.
struct Shown {
    progress: Progress,
    color: bool,
    /// How many rejections and conflicts there were.
    told: usize,
}

impl Shown {
    /// Whether one more of them is told.
    fn tells(&mut self) -> bool {
        self.told += 1;
        self.told <= REPORTED_MAX
    }

    fn finish(self, to: &Path) {
        if let Some(more @ 1..) = self.told.checked_sub(REPORTED_MAX) {
            let place = to.join("rejected").display().to_string();
            let message = format!("{more} more are not told here; `{place}` has what was rejected, with the reasons");
            self.progress.print(&plain(Severity::Warning, &message, self.color));
        }
    }
}

impl Watch for Shown {
    fn rejected(&mut self, rejection: &Rejection) {
        if !self.tells() {
            return;
        }
        let place = rejection.record.map(|record| format!(", record {record}")).unwrap_or_default();
        let message = format!("rejected `{}`{place}: {}", rejection.source, rejection.message);
        self.progress.print(&plain(Severity::Error, &message, self.color));
    }

    fn conflict(&mut self, conflict: &Conflict) {
        if !self.tells() {
            return;
        }
        let Conflict { source, record, event_id } = conflict;
        let message = format!("`{source}`, record {record}: another event has the eventID `{event_id}`; both are kept");
        self.progress.print(&plain(Severity::Warning, &message, self.color));
    }

    fn progress(&mut self, progress: import::Progress) {
        self.progress.bytes(progress.bytes, progress.bytes_all, || format!("{} records", progress.records));
    }
}

const CONFLICT: &str = "written under an eventID that another event has";

/// The books, to be printed.
struct Imported {
    books: Books,
    others: u64,
}

impl Report for Imported {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, _: bool) -> anyhow::Result<String> {
        let books = &self.books;
        if format == Format::Json {
            let rejection = |rejection: &Rejection| {
                let Rejection { source, record, offset, message } = rejection;
                json!({"source": source, "record": record, "offset": offset, "message": message})
            };
            let conflict = |conflict: &Conflict| {
                let Conflict { source, record, event_id } = conflict;
                json!({"source": source, "record": record, "event_id": event_id})
            };
            return output::json(&json!({
                "schema_version": 1,
                "read": books.read,
                "written": books.written,
                "duplicate": books.duplicate,
                "rejected": books.rejected,
                "skipped": books.skipped,
                "ignored": self.others,
                "conflict": books.conflict,
                "rejections": books.rejections.iter().map(rejection).collect::<Vec<_>>(),
                "conflicts": books.conflicts.iter().map(conflict).collect::<Vec<_>>(),
            }));
        }
        let mut text = format!("{}\n", self.summary());
        for (count, one, many) in [
            (books.skipped, "digest or head file skipped", "digest and head files skipped"),
            (self.others, "other file in the folders, not read", "other files in the folders, not read"),
            (books.conflict, CONFLICT, CONFLICT),
        ] {
            match count {
                0 => {}
                1 => text.push_str(&format!("1 {one}\n")),
                _ => text.push_str(&format!("{count} {many}\n")),
            }
        }
        Ok(text)
    }

    fn summary(&self) -> String {
        let Books { read, written, duplicate, rejected, .. } = &self.books;
        format!("read {read} = written {written} + duplicate {duplicate} + rejected {rejected}")
    }
}
