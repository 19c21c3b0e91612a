//! `audit sql`: any question that SQL can ask.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value, json};
use wardbook_audit::sql::{SqlAnswer, query};

use super::query::{SCHEMA_VERSION, folder};
use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report, csv, table};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The query, such as "SELECT event_name, count(*) FROM events GROUP BY 1"
    #[arg(value_name = "SQL")]
    sql: String,
    /// The audit folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Answered>(global)?;
    folder(&arguments.folder)?;
    let answer = query(&arguments.folder, &arguments.sql)?;
    let rows: Vec<Map<String, Value>> =
        serde_json::from_slice(&answer.json()?).context("the answer could not be made JSON")?;
    output::emit(&Answered { sql: arguments.sql.clone(), answer, rows }, global)?;
    Ok(Exit::Fine)
}

/// An answer, to be printed.
struct Answered {
    sql: String,
    answer: SqlAnswer,
    rows: Vec<Map<String, Value>>,
}

impl Answered {
    fn lines(&self) -> impl Iterator<Item = Vec<Option<String>>> {
        self.rows.iter().map(|row| {
            let cell = |name: &&str| row.get(*name).and_then(text);
            self.answer.columns().iter().map(cell).collect()
        })
    }
}

/// A cell in one line; NULL is nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Report for Answered {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Csv, Format::Parquet];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        let columns = self.answer.columns();
        match format {
            Format::Json => {
                output::json(&json!({"schema_version": SCHEMA_VERSION, "query": self.sql, "rows": self.rows}))
            }
            Format::Csv => {
                let header = columns.iter().map(|name| Some((*name).to_owned())).collect();
                Ok(csv::lines(std::iter::once(header).chain(self.lines())))
            }
            Format::Parquet => bail!("a Parquet file is no text"),
            _ => {
                let header = columns.iter().map(|name| table::tint(name, table::Tint::Bold, color)).collect();
                let line =
                    |line: Vec<Option<String>>| line.into_iter().map(|cell| cell.unwrap_or("-".into())).collect();
                let lines: Vec<Vec<String>> = std::iter::once(header).chain(self.lines().map(line)).collect();
                Ok(format!("{}\n", table::columns(&lines)))
            }
        }
    }

    fn bytes(&self, format: Format, color: bool) -> anyhow::Result<Vec<u8>> {
        match format {
            Format::Parquet => Ok(self.answer.parquet()?),
            format => Ok(self.render(format, color)?.into_bytes()),
        }
    }

    fn summary(&self) -> String {
        format!("{} rows", self.rows.len())
    }
}
