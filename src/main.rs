//! Arguments in, report out, exit code.

mod cli;
mod command;
mod diagnostic;
mod exit;
mod input;
mod output;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let screen = output::Screen::new(&arguments.global);
    match command::run(arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            diagnostic::print_error(&error, screen.stderr_color);
            exit::Exit::Unreadable.into()
        }
    }
}
