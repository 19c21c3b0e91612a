//! `audit sql`: any question that SQL can ask. An answer is written as it comes, however long it is.

mod sink;

use std::path::PathBuf;

use clap::Args;
use wardbook_audit::sql::{SqlError, query};

use super::opened;
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Screen};
use sink::{FORMATS, Sinks};

#[derive(Debug, Args)]
#[command(
    after_help = "Columns: `audit schema --engine duckdb DIR` lists them; `dt` is the day in UTC as text, and naming it \
    opens that day's files only. encryption_context['k'] reads a map, user_identity['arn'] a struct.\nRows have no \
    order of their own: say ORDER BY where it matters."
)]
pub(crate) struct Arguments {
    /// The query, such as "SELECT event_name, count(*) FROM events GROUP BY 1"
    #[arg(value_name = "SQL")]
    sql: String,
    /// The audit folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check_formats(FORMATS, global)?;
    opened(&arguments.folder)?;
    let color = Screen::new(global).stdout_color;
    let mut sinks = Sinks::new(&arguments.sql, color);
    for target in &global.out {
        sinks.file(target.format, &target.path);
    }
    match global.format {
        None if !global.out.is_empty() => sinks.summary(),
        format => sinks.stdout(format.unwrap_or(Format::Auto)),
    }
    match query(&arguments.folder, &arguments.sql, &mut sinks) {
        Ok(()) => sinks.finish()?,
        // Whoever read stdout has had enough.
        Err(SqlError::Take(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            sinks.discard();
            return Err(error.into());
        }
    }
    Ok(Exit::Fine)
}
