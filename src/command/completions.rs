//! `completions`: a completion script for a shell, made from the command line's own definition.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::cli::Arguments::command(), "wardbook", &mut script);
    crate::output::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
