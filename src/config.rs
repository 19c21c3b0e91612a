//! Settings from `wardbook.toml`, found upwards from the working folder. Flags win over settings.

mod serve;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use toml::{Table, Value};
use wardbook_inventory::source::Source;
use wardbook_policy::span::Span;

use crate::cli::{Arguments, ColorChoice, Command, Global};
use crate::command::lint::settings::Settings;
use crate::input;
use crate::output::Format;

/// The name that is looked for.
const FILE: &str = "wardbook.toml";

/// Completes the flags from the settings file, if there is one.
pub(crate) fn complete(arguments: &mut Arguments) -> anyhow::Result<()> {
    let Some(path) = arguments.global.config.clone().or_else(find) else { return Ok(()) };
    let source = input::read(&path)?;
    let table: Table = source.text.parse().map_err(|error: toml::de::Error| syntax_error(&source, &error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    if table.contains_key("serve") && matches!(arguments.command, Command::Serve(_)) {
        *arguments = serve::merge(&source, folder, std::env::args_os().collect())?;
    }
    let global = &mut arguments.global;
    for (name, value) in &table {
        if let ("lint", Value::Table(table)) = (name.as_str(), value) {
            let read = Settings::read(&path, table, &source.text);
            global.lint = read.with_context(|| format!("{}: `lint`", path.display()))?;
            continue;
        }
        if name == "serve" && value.is_table() {
            continue;
        }
        apply(global, folder, name, value).with_context(|| format!("{}: `{name}`", path.display()))?;
    }
    Ok(())
}

fn apply(global: &mut Global, folder: &Path, name: &str, value: &Value) -> anyhow::Result<()> {
    match (name, value) {
        ("world", Value::String(world)) => {
            global.world.get_or_insert_with(|| folder.join(world));
        }
        ("format", Value::String(format)) => {
            let format = <Format as clap::ValueEnum>::from_str(format, false).map_err(anyhow::Error::msg)?;
            global.format.get_or_insert(format);
        }
        ("color", Value::String(color)) => {
            let color = <ColorChoice as clap::ValueEnum>::from_str(color, false).map_err(anyhow::Error::msg)?;
            if global.color == ColorChoice::Auto {
                global.color = color;
            }
        }
        ("quirks", Value::Table(sides)) => {
            let mut settings = Vec::new();
            for (quirk, side) in sides {
                let Some(side) = side.as_str() else { bail!("`{quirk}` is a text, the name of a side") };
                settings.push(format!("{quirk}={side}"));
            }
            global.quirks.splice(0..0, settings);
        }
        ("world" | "format" | "color", other) => bail!("is a text, not {}", other.type_str()),
        ("quirks" | "lint" | "serve", other) => bail!("is a table, not {}", other.type_str()),
        _ => bail!("is no setting; there are world, format, color, quirks, lint and serve"),
    }
    Ok(())
}

fn syntax_error(source: &Source, error: &toml::de::Error) -> anyhow::Error {
    let span = error.span().map_or(Span::default(), |span| Span::new(span.start, span.end));
    input::locate(source, source.error(span, error.message()))
}

/// `wardbook.toml` here or in a folder above.
fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}
