//! `explain`: one page about an action, a condition key, an operator, an error, a layer, a quirk or a rule of the linter.

mod action;
mod condition_key;
mod error;
mod layer;
mod note;
mod operator;
mod page;
mod quirk;
mod rule;
mod service;
mod suggest;
mod topics;

use anyhow::bail;
use clap::Args;

use crate::cli::Global;
use crate::exit::Exit;
use crate::output;
use page::Page;

/// Explain an action, a condition key, an operator, an error, a layer, a quirk or a rule of the linter.
#[derive(Debug, Args)]
#[command(after_help = "`wardbook explain topics` lists what can be asked. Case does not matter.")]
pub(crate) struct Arguments {
    /// What to explain: `kms:Decrypt`, `kms:*Grant*`, `kms:ViaService`, `StringLike`, `AccessDenied`,
    /// `scp`, `quirks`, `KP09`; several words are one topic
    #[arg(value_name = "TOPIC", required = true)]
    topic: Vec<String>,
}

/// A kind of topic. The first kind that knows a topic explains it.
struct Kind {
    /// What topics of this kind are called.
    name: &'static str,
    /// What a page of this kind tells.
    tells: &'static str,
    examples: &'static [&'static str],
    page: fn(&str) -> Option<Page>,
    /// Names that a misspelled topic may have been meant to be.
    names: fn(&str) -> Vec<String>,
}

const KINDS: &[Kind] = &[
    topics::KIND,
    rule::KIND,
    layer::KIND,
    operator::KIND,
    quirk::KIND,
    action::KIND,
    action::PATTERNS,
    condition_key::KIND,
    condition_key::PATTERNS,
    service::KIND,
    error::KIND,
];

/// A topic longer than this is nobody's name.
const TOPIC_BYTES_MAX: usize = 256;

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Page>(global)?;
    let words: Vec<&str> = arguments.topic.iter().flat_map(|word| word.split_whitespace()).collect();
    let topic = words.join(" ");
    if topic.len() > TOPIC_BYTES_MAX {
        bail!("the topic is longer than {TOPIC_BYTES_MAX} bytes");
    }
    match find(&topic) {
        Some(page) => {
            output::emit(&page, global)?;
            Ok(Exit::Fine)
        }
        None => bail!("{}", unknown(&topic)),
    }
}

fn find(topic: &str) -> Option<Page> {
    KINDS.iter().find_map(|kind| (kind.page)(topic))
}

fn unknown(topic: &str) -> String {
    let hint = match suggest::nearest(topic, KINDS).as_slice() {
        [] => String::new(),
        [one] => format!("; did you mean `{one}`?"),
        [firsts @ .., last] => format!("; did you mean `{}` or `{last}`?", firsts.join("`, `")),
    };
    format!("nothing is known about `{topic}`{hint}\n`wardbook explain topics` lists what can be asked")
}

#[cfg(test)]
mod tests;
