//! `why`: what was denied, by which layer, and what would let it through.

mod input;
mod report;

use std::path::PathBuf;

use clap::Args;
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;

use super::circumstances::Flags;
use super::world;
use crate::cli::Global;
use crate::exit::Exit;
use crate::output;

use input::Told;
use report::{Account, Accounts};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A file with an AccessDenied text, CloudTrail events, or a request as JSON; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    flags: Flags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Accounts<'_>>(global)?;
    let quirks = super::quirks(global)?;
    let told = input::read(&arguments.file, quirks)?;
    let world = match global.world {
        Some(_) => world::read(global)?,
        None => World::from_sources([]),
    };
    let questions: Vec<(&Told, &wardbook_inventory::question::Question)> =
        told.iter().flat_map(|told| told.questions.iter().map(move |question| (told, question))).collect();
    let mut asked = Vec::with_capacity(questions.len());
    for (_, question) in &questions {
        let region = region_of(&question.resource);
        let mut question = (*question).clone();
        question.circumstances = arguments.flags.tell(question.circumstances, region)?;
        asked.push(question.ask(&world, quirks));
    }
    let accounts = questions.iter().zip(&asked).map(|((told, question), asked)| Account::new(told, question, asked, quirks));
    let accounts = Accounts { accounts: accounts.collect(), has_world: global.world.is_some(), quirks };
    output::emit(&accounts, global)?;
    Ok(exit(&accounts))
}

fn region_of(resource: &str) -> Option<&str> {
    wardbook_policy::arn::Arn::parse(resource).map(|arn| arn.region).filter(|region| !region.is_empty())
}

/// Explained, or not for want of a document or a fact; a question that cannot be asked is bad input.
fn exit(accounts: &Accounts<'_>) -> Exit {
    if accounts.accounts.iter().any(|account| account.explanation.is_err()) {
        return Exit::Unreadable;
    }
    let unknown = |account: &Account<'_>| {
        account.explanation.as_ref().is_ok_and(|explained| explained.explanation.decision().verdict() == Verdict::Unknown)
    };
    if accounts.accounts.iter().any(unknown) { Exit::Undetermined } else { Exit::Fine }
}
