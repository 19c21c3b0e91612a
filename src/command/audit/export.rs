//! `audit export`: every event back as the JSON value it was.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use wardbook_audit::export::{ExportError, export};
use wardbook_audit::folder::Folder;

use crate::cli::Global;
use crate::exit::Exit;
use crate::output::Format;

#[derive(Debug, Args)]
#[command(after_help = "Formats: jsonl (the default), cloudtrail.")]
pub(crate) struct Arguments {
    /// The audit folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    let formats = global.format.into_iter().chain(global.out.iter().map(|target| target.format));
    let formats = formats.map(form).collect::<anyhow::Result<Vec<_>>>()?;
    let folder = super::opened(&arguments.folder)?;
    for target in &global.out {
        let file = File::create(&target.path).with_context(|| format!("cannot write `{}`", target.path.display()))?;
        let count = write(&folder, form(target.format)?, &mut BufWriter::new(file))?;
        if global.format.is_none() {
            crate::output::print(&format!("{count} events in `{}`\n", target.path.display()))?;
        }
    }
    if global.format.is_some() || global.out.is_empty() {
        let form = formats.first().copied().filter(|_| global.format.is_some()).unwrap_or(Form::Lines);
        let done = write(&folder, form, &mut BufWriter::with_capacity(256 << 10, io::stdout().lock()));
        match done {
            Err(WriteError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            done => _ = done?,
        }
    }
    Ok(Exit::Fine)
}

/// How events stand beside each other.
#[derive(Debug, Clone, Copy)]
enum Form {
    Lines,
    Records,
}

fn form(format: Format) -> anyhow::Result<Form> {
    match format {
        Format::Auto | Format::Jsonl => Ok(Form::Lines),
        Format::Cloudtrail => Ok(Form::Records),
        _ => bail!("this command has no format `{}`; it has jsonl, cloudtrail", format.name()),
    }
}

#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("cannot write the events")]
    Write(#[from] io::Error),
}

fn write(folder: &Folder, form: Form, to: &mut dyn Write) -> Result<u64, WriteError> {
    let (begin, between, end) = match form {
        Form::Lines => ("", "\n", "\n"),
        Form::Records => ("{\"Records\":[", ",\n", "]}\n"),
    };
    to.write_all(begin.as_bytes())?;
    let mut is_first = true;
    let count = export(folder, |event| {
        if !std::mem::replace(&mut is_first, false) {
            to.write_all(between.as_bytes())?;
        }
        Ok::<(), WriteError>(to.write_all(event.as_bytes())?)
    })?;
    if count > 0 || matches!(form, Form::Records) {
        to.write_all(end.as_bytes())?;
    }
    to.flush()?;
    Ok(count)
}
