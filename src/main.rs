//! Arguments in, report out, exit code.

mod cli;
mod command;
mod config;
mod diagnostic;
mod exit;
mod input;
mod output;
mod progress;
mod replace;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// The endpoint makes hundreds of small texts for each request, and sealing takes much memory for a moment: this one is a
/// sixth faster for the former, and gives back what the latter took.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    quiet_caught_panics();
    let mut arguments = cli::Arguments::parse();
    let settings = config::complete(&mut arguments);
    let screen = output::Screen::new(&arguments.global);
    match settings.and_then(|()| command::run(arguments)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            diagnostic::print_error(&error, screen.stderr_color);
            exit::Exit::Unreadable.into()
        }
    }
}

/// A damaged Parquet file can make its reader panic. That becomes an error with the name of the file, and is told once.
fn quiet_caught_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !wardbook_audit::parquet::panic_is_caught() {
            tell(panic);
        }
    }));
}
