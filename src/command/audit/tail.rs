//! `audit tail`: the newest events, and those that come.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use wardbook_audit::tail::Tail;

use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format};

#[derive(Debug, Args)]
#[command(after_help = "Each event is a line of JSON.")]
pub(crate) struct Arguments {
    /// The audit folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How many of the newest events to print
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    lines: usize,
    /// Go on with those that come, until interrupted
    #[arg(long, short)]
    follow: bool,
}

/// How often to look for more.
const EVERY: Duration = Duration::from_millis(500);

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    if !matches!(global.format, None | Some(Format::Auto | Format::Jsonl)) || !global.out.is_empty() {
        bail!("this command has no format but jsonl, and writes to stdout only");
    }
    let folder = super::opened(&arguments.folder)?;
    let (mut tail, mut events) = Tail::begin(&folder, arguments.lines)?;
    loop {
        for event in &events {
            output::print(&format!("{event}\n"))?;
        }
        if !arguments.follow {
            return Ok(Exit::Fine);
        }
        std::thread::sleep(EVERY);
        events = tail.next(&folder)?;
    }
}
