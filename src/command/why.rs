//! `why`: what was denied, by which layer, and what would let it through.

mod input;
mod report;

use std::path::PathBuf;

use clap::Args;
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::question::Question;
use wardbook_inventory::world::{AskError, Asked, World};
use wardbook_policy::decide::{Reason, Verdict};
use wardbook_policy::quirk::Quirks;

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
    /// The key, where the text does not name it: its ARN or id, or an alias; `--world` says whose
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Accounts<'_>>(global)?;
    let quirks = super::quirks(global)?;
    let told =
        input::read(&arguments.file, arguments.key.as_deref(), quirks, output::Screen::new(global).stderr_color)?;
    let world = match global.world {
        Some(_) => world::read(global)?,
        None => World::from_sources([]),
    };
    let mut answers = Vec::new();
    for told in &told {
        for question in &told.questions {
            answers.push(answer(told, question, &arguments.flags, &world, quirks)?);
        }
    }
    let accounts = answers.iter().map(Account::new).collect();
    let unasked = told.iter().filter_map(|told| Some((&*told.what, told.unasked.as_deref()?))).collect();
    let accounts = Accounts { accounts, unasked, has_world: global.world.is_some(), quirks };
    output::emit(&accounts, global)?;
    Ok(exit(&accounts))
}

/// A question, and what the world made of it.
pub(crate) struct Answer<'a> {
    told: &'a Told,
    question: Question,
    asked: Result<Asked<'a>, AskError>,
}

/// Asks the world. A refusal that these documents leave open, for want of condition keys that its
/// text does not tell, is asked again as a plain direct call, if that explains it.
fn answer<'a>(
    told: &'a Told,
    question: &Question,
    flags: &Flags,
    world: &'a World,
    quirks: Quirks,
) -> anyhow::Result<Answer<'a>> {
    let mut question = question.clone();
    question.circumstances = flags.tell(question.circumstances, region_of(&question.resource))?;
    if flags.assume.is_some() {
        question.circumstances = question.circumstances.over(Circumstances::direct_call());
    }
    let asked = ask(told, &question, world, quirks);
    let open = asked.as_ref().is_ok_and(|asked| turns_on_keys_alone(asked));
    if told.is_refusal() && open {
        let mut direct = question.clone();
        direct.circumstances = direct.circumstances.over(Circumstances::direct_call());
        direct.notes.push("what is not told is taken as on a plain direct call, which explains the refusal".into());
        let again = ask(told, &direct, world, quirks);
        if again.as_ref().is_ok_and(|asked| is_denied(asked.decide().verdict())) {
            return Ok(Answer { told, question: direct, asked: again });
        }
    }
    Ok(Answer { told, question, asked })
}

fn ask<'a>(told: &Told, question: &Question, world: &'a World, quirks: Quirks) -> Result<Asked<'a>, AskError> {
    let mut asked = question.ask(world, quirks)?;
    if let Some(layers) = &told.layers {
        asked.layers = layers.clone();
        asked.coverage = Vec::new();
    }
    Ok(asked)
}

fn turns_on_keys_alone(asked: &Asked<'_>) -> bool {
    matches!(asked.decide().reason(), Reason::TurnsOn { documents, .. } if documents.is_empty())
}

fn is_denied(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny)
}

fn region_of(resource: &str) -> Option<&str> {
    wardbook_policy::arn::Arn::parse(resource).map(|arn| arn.region).filter(|region| !region.is_empty())
}

/// Explained, or not for want of a document. A request that cannot be asked is bad input; an event
/// that does not tell enough to ask it leaves its question open.
fn exit(accounts: &Accounts<'_>) -> Exit {
    let mut unasked = accounts.accounts.iter().filter(|account| account.explanation.is_err()).peekable();
    if unasked.peek().is_some() {
        return if unasked.all(Account::is_event) { Exit::Undetermined } else { Exit::Unreadable };
    }
    let lacks_documents = |account: &Account<'_>| {
        account.explanation.as_ref().is_ok_and(|explained| {
            let reason = explained.explanation.decision().reason();
            matches!(reason, Reason::TurnsOn { documents, .. } if !documents.is_empty())
        })
    };
    if accounts.accounts.iter().any(lacks_documents) { Exit::Undetermined } else { Exit::Fine }
}
