//! One file per verb: its arguments, what it does, what it reports.

pub(crate) mod audit;
pub(crate) mod can;
pub(crate) mod circumstances;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod mend;
pub(crate) mod reason;
pub(crate) mod serve;
pub(crate) mod test;
pub(crate) mod trace;
pub(crate) mod what_can;
pub(crate) mod who_can;
pub(crate) mod why;
pub(crate) mod world;

use anyhow::bail;
use wardbook_policy::quirk::Quirks;

use crate::cli::{Arguments, Command, Global};
use crate::exit::Exit;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let global = arguments.global;
    match arguments.command {
        Command::Can(arguments) => can::run(&arguments, &global),
        Command::WhoCan(arguments) => who_can::run(&arguments, &global),
        Command::WhatCan(arguments) => what_can::run(&arguments, &global),
        Command::Diff(arguments) => diff::run(&arguments, &global),
        Command::Why(arguments) => why::run(&arguments, &global),
        Command::Explain(arguments) => explain::run(&arguments, &global),
        Command::Lint(arguments) => lint::run(&arguments, &global),
        Command::Fmt(arguments) => fmt::run(&arguments, &global),
        Command::Audit(arguments) => audit::run(&arguments, &global),
        Command::Serve(arguments) => serve::run(&arguments, &global),
        Command::Test(arguments) => test::run(&arguments, &global),
        Command::Completions(arguments) => only_text(&global).and_then(|()| completions::run(&arguments)),
        Command::Man => only_text(&global).and_then(|()| man::run()),
    }
}

/// Scripts and pages have one form, and go to stdout.
fn only_text(global: &Global) -> anyhow::Result<()> {
    match global.format.is_some() || !global.out.is_empty() {
        true => bail!("this command takes neither --format nor --out; it prints its one form to stdout"),
        false => Ok(()),
    }
}

/// The sides chosen with `--quirk NAME=SIDE`.
pub(crate) fn quirks(global: &Global) -> anyhow::Result<Quirks> {
    let mut quirks = Quirks::default();
    for text in &global.quirks {
        let Some((name, side)) = text.split_once('=') else {
            bail!("`--quirk {text}`: write NAME=SIDE; `wardbook explain quirks` lists them");
        };
        quirks = quirks.set(name, side)?;
    }
    Ok(quirks)
}
