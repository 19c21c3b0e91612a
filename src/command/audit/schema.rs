//! `audit schema`: the table as a query engine wants it told.

use anyhow::Context;
use clap::Args;
use clap::builder::PossibleValuesParser;
use wardbook_audit::schema::{ENGINES, ddl};

use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What will read the files
    #[arg(long, value_name = "ENGINE", value_parser = engines())]
    engine: String,
    /// The audit folder: a path, or the URL at which the engine finds it
    #[arg(value_name = "DIR")]
    folder: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let engine = ENGINES.iter().find(|(name, _)| *name == arguments.engine).context("there is no such engine")?.1;
    output::print(&ddl(engine, &place(&arguments.folder)?))?;
    Ok(Exit::Fine)
}

fn engines() -> PossibleValuesParser {
    ENGINES.iter().map(|(name, _)| *name).collect::<Vec<_>>().into()
}

/// A path from the root, so that it can be pasted anywhere; a URL as it is.
fn place(folder: &str) -> anyhow::Result<String> {
    if folder.contains("://") {
        return Ok(folder.to_owned());
    }
    let path = std::path::absolute(folder).with_context(|| format!("`{folder}` is no path"))?;
    let text = path.to_str().with_context(|| format!("`{folder}` is not UTF-8"))?;
    Ok(text.to_owned())
}
