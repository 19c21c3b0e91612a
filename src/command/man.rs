//! `man`: the manual page of the binary and of every verb, in one document.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::exit::Exit;

pub(crate) fn run() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    let mut command = crate::cli::Arguments::command();
    command.build();
    Man::new(command.clone()).render(&mut page)?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        Man::new(verb.clone()).render(&mut page)?;
    }
    crate::output::print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Fine)
}
