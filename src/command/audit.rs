//! `audit`: the log of every call.

mod compact;
mod export;
mod import;
pub(super) mod key;
mod object;
mod query;
mod schema;
#[cfg(feature = "sql")]
mod sql;
mod tail;
mod verify;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use wardbook_audit::disk::{Disk, LocalDisk};
use wardbook_audit::folder::Folder;

use crate::cli::Global;
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take CloudTrail files into a log, every event once
    Import(import::Arguments),
    /// Give every event back as the JSON value it was
    Export(export::Arguments),
    /// Check that nothing was changed, prove one event, or check AWS's own digest files
    Verify(verify::Arguments),
    /// Print the newest events, and go on with --follow
    Tail(tail::Arguments),
    /// Merge the small files of each day into large ones
    Compact(compact::Arguments),
    /// Answer a named question from the log
    Query(query::Arguments),
    /// When each principal used each key last; the same as `audit query last-used`
    LastUsed(query::About),
    /// Answer any SQL from the log; the table is called `events`
    #[cfg(feature = "sql")]
    Sql(sql::Arguments),
    /// Print the table definition or a view for a query engine, ready to paste
    Schema(schema::Arguments),
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Import(arguments) => import::run(arguments, global),
        Command::Export(arguments) => export::run(arguments, global),
        Command::Verify(arguments) => verify::run(arguments, global),
        Command::Tail(arguments) => tail::run(arguments, global),
        Command::Compact(arguments) => compact::run(arguments, global),
        Command::Query(arguments) => query::run(arguments, global),
        Command::LastUsed(about) => query::last_used(about, global),
        #[cfg(feature = "sql")]
        Command::Sql(arguments) => sql::run(arguments, global),
        Command::Schema(arguments) => schema::run(arguments),
    }
}

/// The audit folder at a path, which may have no events yet. It must be one: an answer from the wrong folder would look
/// like "nobody".
fn opened(path: &Path) -> anyhow::Result<Folder> {
    let disk = LocalDisk::new(path);
    let entries = disk.list(Path::new("")).with_context(|| format!("cannot read `{}`", path.display()))?;
    let is_ours = |name: &str| name.starts_with("dt=") || ["journal", "log"].contains(&name);
    if !entries.iter().any(|entry| entry.is_folder && is_ours(&entry.name)) {
        bail!("`{}` is no audit folder: it has no `dt=YYYY-MM-DD/`, `journal/` or `log/`", path.display());
    }
    Ok(Folder::new(Arc::new(disk)))
}
