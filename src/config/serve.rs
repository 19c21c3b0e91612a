//! The `[serve]` table of `wardbook.toml`: every flag of `serve` under its long name, each value with its place.

use std::ffi::OsString;
use std::path::Path;

use anyhow::anyhow;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wardbook_inventory::source::Source;
use wardbook_policy::span::Span;

use crate::cli::Arguments;
use crate::input;

/// Flags whose value is a path, to be read from the folder of the settings.
const PATHS: &[&str] = &["audit", "credentials", "data", "signing-key", "tls-cert", "tls-key"];
/// Flags whose value is a path unless it is a URI.
const URIS: &[&str] = &["old-root-key", "root-key"];

/// One setting as a flag.
struct Setting {
    name: String,
    words: Vec<OsString>,
    span: Span,
}

/// Arguments with the settings of `serve` that the command line does not give. It wins over settings.
pub(super) fn merge(source: &Source, folder: &Path, words: Vec<OsString>) -> anyhow::Result<Arguments> {
    let table = DeTable::parse(&source.text).map_err(|error| super::syntax_error(source, &error))?;
    let mut command = Arguments::command();
    command.build();
    let given = command.clone().try_get_matches_from(&words)?;
    let Some(("serve", serve)) = given.subcommand() else { return Ok(Arguments::from_arg_matches(&given)?) };
    let (deepest, matches) = deepest(command.find_subcommand("serve"), serve);
    let whole = command.find_subcommand("serve").ok_or_else(|| anyhow!("there is no `serve`"))?;
    let mut words = words;
    for setting in settings(source, folder, &table, whole)? {
        let known = deepest.and_then(|command| find(command, &setting.name));
        let told = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        if known.is_some_and(|argument| !told(argument.get_id().as_str())) {
            words.extend(setting.words);
        }
    }
    let merged = Arguments::command().try_get_matches_from(words);
    // Each is good by itself: what is wrong is how they go together.
    let merged = merged.map_err(|error| anyhow!("{}: `serve`: {}", source.path, told(&error)))?;
    Ok(Arguments::from_arg_matches(&merged)?)
}

/// The command that a command line ends in, such as `backup` of `serve backup`.
fn deepest<'a>(command: Option<&'a Command>, matches: &'a ArgMatches) -> (Option<&'a Command>, &'a ArgMatches) {
    match matches.subcommand() {
        None => (command, matches),
        Some((name, matches)) => (command.and_then(|command| command.find_subcommand(name)), matches),
    }
}

fn find<'a>(command: &'a Command, name: &str) -> Option<&'a clap::Arg> {
    // A flag that every verb takes has a setting of its own, above the tables.
    command.get_arguments().find(|argument| argument.get_long() == Some(name) && !argument.is_global_set())
}

fn settings(
    source: &Source,
    folder: &Path,
    table: &Spanned<DeTable<'_>>,
    command: &Command,
) -> anyhow::Result<Vec<Setting>> {
    let mut settings = Vec::new();
    let Some((_, value)) = table.get_ref().iter().find(|(name, _)| &**name.get_ref() == "serve") else {
        return Ok(settings);
    };
    let refuse = |span: std::ops::Range<usize>, message: String| {
        input::locate(source, source.error(Span::new(span.start, span.end), &message))
    };
    let DeValue::Table(table) = value.get_ref() else { return Err(refuse(value.span(), "`serve` is a table".into())) };
    for (name, value) in table {
        let (flag, span) = (name.get_ref().to_string(), name.span());
        let Some(argument) = find(command, &flag).filter(|_| flag != "help") else {
            let known: Vec<&str> = command
                .get_arguments()
                .filter_map(|argument| argument.get_long().filter(|name| find(command, name).is_some()))
                .filter(|name| *name != "help" && *name != "version")
                .collect();
            let message = format!("`{flag}` is no setting of `serve`; there are {}", known.join(", "));
            return Err(refuse(span, message));
        };
        let values = match value.get_ref() {
            DeValue::Array(values) if matches!(argument.get_action(), ArgAction::Append) => values.iter().collect(),
            _ => vec![value],
        };
        let (mut words, switch) = (Vec::new(), matches!(argument.get_action(), ArgAction::SetTrue));
        for value in values {
            let text = match value.get_ref() {
                DeValue::Boolean(true) if switch => None,
                DeValue::Boolean(false) if switch => continue,
                DeValue::String(text) if !switch => Some(placed(&flag, text, folder)),
                _ => {
                    let wanted = if switch { "true or false" } else { "a text" };
                    return Err(refuse(value.span(), format!("`{flag}` is {wanted}")));
                }
            };
            let word: OsString = match text {
                None => format!("--{flag}").into(),
                Some(text) => {
                    let mut word = OsString::from(format!("--{flag}="));
                    word.push(text);
                    word
                }
            };
            let alone = command.clone().try_get_matches_from([OsString::from("serve"), word.clone()]);
            if let Err(error) = alone
                && matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue)
            {
                return Err(refuse(value.span(), told(&error)));
            }
            words.push(word);
        }
        settings.push(Setting { name: flag, words, span: Span::new(span.start, span.end) });
    }
    settings.sort_by_key(|setting| setting.span.start);
    Ok(settings)
}

/// A value, as it would be from the folder of the settings.
fn placed(flag: &str, text: &str, folder: &Path) -> OsString {
    let is_path = PATHS.contains(&flag) || (URIS.contains(&flag) && !text.contains(':'));
    if is_path { folder.join(text).into_os_string() } else { text.into() }
}

/// The first paragraph of what the reader of flags says, on one line and without the word that begins it.
fn told(error: &clap::Error) -> String {
    let text = error.to_string();
    let first: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let joined = first.join(" ");
    joined.strip_prefix("error: ").unwrap_or(&joined).to_owned()
}
