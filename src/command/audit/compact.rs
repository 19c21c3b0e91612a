//! `audit compact`: the small files of each day into large ones.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use wardbook_audit::compact::{CompactError, Compacted, Compactor, Options};

use super::key;
use crate::cli::Global;
use crate::diagnostic::{Severity, plain};
use crate::exit::Exit;
use crate::output::{self, Format, Report, Screen};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The audit folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    key: key::SigningKeyFile,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Done>(global)?;
    let folder = super::opened(&arguments.folder)?;
    let mut done = Done::default();
    let cannot = || format!("cannot compact `{}`", arguments.folder.display());
    for origin in folder.origins()? {
        let compactor = match Compactor::begin(&folder, &origin) {
            // A server compacts nothing, and its files wait until it stops.
            Err(error @ CompactError::Locked(_)) => {
                done.busy.push(origin.to_string());
                let message = format!("{error}; its files are left as they are");
                eprintln!("{}", plain(Severity::Warning, &message, Screen::new(global).stderr_color));
                continue;
            }
            begun => begun.with_context(cannot)?,
        };
        let mut log = arguments.key.open(&folder, &origin)?;
        let Compacted { merged, written, files } = compactor.run(&mut log, Options::default()).with_context(cannot)?;
        done.compacted.merged += merged;
        done.compacted.written += written;
        done.compacted.files += files;
    }
    output::emit(&done, global)?;
    Ok(Exit::Fine)
}

/// What was done, to be printed.
#[derive(Debug, Default)]
struct Done {
    compacted: Compacted,
    busy: Vec<String>,
}

impl Report for Done {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, _: bool) -> anyhow::Result<String> {
        let Compacted { merged, written, files } = self.compacted;
        match format {
            Format::Json => output::json(
                &json!({"schema_version": 1, "merged": merged, "written": written, "files": files, "busy": self.busy}),
            ),
            _ => Ok(format!("{}\n", self.summary())),
        }
    }

    fn summary(&self) -> String {
        let Compacted { merged, written, files } = self.compacted;
        format!("merged {merged} files into {written}; there are {files} now")
    }
}
