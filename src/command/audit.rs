//! `audit`: the log of every call.

mod query;
mod schema;
#[cfg(feature = "sql")]
mod sql;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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
        Command::Query(arguments) => query::run(arguments, global),
        Command::LastUsed(about) => query::last_used(about, global),
        #[cfg(feature = "sql")]
        Command::Sql(arguments) => sql::run(arguments, global),
        Command::Schema(arguments) => schema::run(arguments),
    }
}
