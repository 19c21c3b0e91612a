//! `who-can`: who may do this to this key, now, under a condition, after some steps?

mod csv;
mod json;
mod markdown;
mod mermaid;
mod parquet;
mod row;
mod table;

use std::io::Write;

use clap::Args;
use wardbook_inventory::access::{KeyAccess, Search, SelectError, select};
use wardbook_inventory::coverage::Gap;
use wardbook_inventory::world::{KmsKey, World};

pub(crate) use row::conditions_json;

use super::world;
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Such as `kms:Decrypt`
    action: String,
    /// A key ARN or id, `alias/NAME`, an alias ARN, `tag:NAME=VALUE`, or `*` for every key
    key: String,
    /// Also those who can after some steps: assume a role, change a policy, make a grant ...
    #[arg(long)]
    transitive: bool,
    /// In the table, a line for each principal; otherwise equal ones share a line
    #[arg(long)]
    each: bool,
    /// Exit 3 if anything is missing that bears on the answer
    #[arg(long)]
    require_coverage: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<WhoCan<'_>>(global)?;
    let quirks = super::quirks(global)?;
    let world = &world::read(global)?;
    let mut search = Search::new(world, &arguments.action, quirks)?;
    let keys = keys(world, &arguments.key)?;
    let found: Vec<KeyAccess<'_>> = match arguments.transitive {
        true => search.with_escalations(&keys),
        false => keys.iter().map(|key| search.key(key)).collect(),
    };
    let coverage = search.coverage(&found);
    let over_budget = found.iter().flat_map(|access| &access.undecided).any(|(_, undecided)| undecided.over_budget);
    let missing = !coverage.is_empty();
    let (witnesses, cited) = (row::Witnesses::default(), row::Cited::default());
    let report = WhoCan { world, search, found, coverage, each: arguments.each, witnesses, cited };
    output::emit(&report, global)?;
    Ok(match over_budget || (arguments.require_coverage && missing) {
        true => Exit::Undetermined,
        false => Exit::Fine,
    })
}

/// The keys that are meant; a world without keys has an answer to `*`.
fn keys<'w>(world: &'w World, selector: &str) -> anyhow::Result<Vec<&'w KmsKey>> {
    match select(world, selector) {
        Err(SelectError::NoKeys) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

/// What was found.
pub(crate) struct WhoCan<'w> {
    world: &'w World,
    search: Search<'w>,
    found: Vec<KeyAccess<'w>>,
    coverage: Vec<Gap>,
    each: bool,
    witnesses: row::Witnesses,
    cited: row::Cited,
}

impl WhoCan<'_> {
    fn count(&self) -> usize {
        self.found.iter().map(|access| access.entries.len()).sum()
    }
}

impl Report for WhoCan<'_> {
    const FORMATS: &'static [Format] =
        &[Format::Table, Format::Json, Format::Csv, Format::Parquet, Format::Markdown, Format::Mermaid];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        self.stream(format, color, &mut bytes)?;
        Ok(String::from_utf8(bytes)?)
    }

    fn bytes(&self, format: Format, color: bool) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stream(format, color, &mut bytes)?;
        Ok(bytes)
    }

    fn stream(&self, format: Format, color: bool, sink: &mut (dyn Write + Send)) -> anyhow::Result<()> {
        match format {
            Format::Json => json::write(self, sink),
            Format::Csv => csv::write(self, sink),
            Format::Parquet => parquet::write(self, sink),
            Format::Markdown => markdown::write(self, sink),
            Format::Mermaid => Ok(sink.write_all(mermaid::text(self).as_bytes())?),
            _ => table::write(self, color, sink),
        }
    }

    fn summary(&self) -> String {
        let (rows, keys) = (self.count(), self.found.len());
        format!("{rows} {} on {keys} {}", noun(rows, "row", "rows"), noun(keys, "key", "keys"))
    }
}

fn noun(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}
