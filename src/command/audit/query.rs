//! `audit query`: a named question, its answer as a table, JSON, CSV or Parquet.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Number, Value, json};
use wardbook_audit::query::{Answer, Cell, KeyName, PrincipalName, QUESTIONS, Query, ask, question};
use wardbook_audit::time::Timestamp;

use crate::cli::Global;
use crate::exit::Exit;
use crate::output::{self, Format, Report, csv, table};

/// The version of the JSON form.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Args)]
#[command(after_help = questions())]
pub(crate) struct Arguments {
    /// The question; see below
    #[arg(value_name = "NAME", value_parser = names(), hide_possible_values = true)]
    name: String,
    #[command(flatten)]
    about: About,
    /// With used-by: every event of the key, not only successful cryptographic operations
    #[arg(long)]
    all_events: bool,
}

/// The log, and what of it.
#[derive(Debug, Args)]
pub(crate) struct About {
    /// The audit folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only about this key: its ARN or its id
    #[arg(long, value_name = "KEY", value_parser = |text: &str| KeyName::new(text))]
    key: Option<KeyName>,
    /// Only what happened at this time or later: RFC 3339, or a day in UTC
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only what happened before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Only about this caller: the ARN of a user, a role or a role's session
    #[arg(long, value_name = "ARN", value_parser = principal)]
    principal: Option<PrincipalName>,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    let all_events = arguments.all_events;
    if all_events && arguments.name != "used-by" {
        bail!("`--all-events` goes with `used-by` only");
    }
    answer(&arguments.name, &arguments.about, all_events, global)
}

/// `audit last-used`, which is the question asked most.
pub(crate) fn last_used(about: &About, global: &Global) -> anyhow::Result<Exit> {
    answer("last-used", about, false, global)
}

fn answer(name: &str, about: &About, all_events: bool, global: &Global) -> anyhow::Result<Exit> {
    output::check::<Answered>(global)?;
    let Some(question) = question(name) else { bail!("there is no question `{name}`") };
    let query = Query {
        question,
        key: about.key.clone(),
        principal: about.principal.clone(),
        since: about.since,
        until: about.until,
        all_events,
    };
    let answer = ask(&super::opened(&about.folder)?, &query)
        .with_context(|| format!("cannot answer from `{}`", about.folder.display()))?;
    output::emit(&Answered(answer), global)?;
    Ok(Exit::Fine)
}

fn names() -> clap::builder::PossibleValuesParser {
    QUESTIONS.iter().map(|question| question.name).collect::<Vec<_>>().into()
}

fn questions() -> String {
    let rows: Vec<_> =
        QUESTIONS.iter().map(|question| vec![format!("  {}", question.name), question.about.to_owned()]).collect();
    format!("Questions:\n{}", table::columns(&rows))
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || Timestamp::read(&format!("{text}T00:00:00Z"));
    Timestamp::read(text)
        .or_else(day)
        .ok_or_else(|| "write 2026-04-01T12:00:00Z, or 2026-04-01 for its first moment".into())
}

fn principal(text: &str) -> Result<PrincipalName, String> {
    match text.starts_with("arn:") {
        true => Ok(PrincipalName::new(text)),
        false => Err("write an ARN, such as arn:aws:iam::111122223333:role/report".into()),
    }
}

/// An answer, to be printed.
struct Answered(Answer);

impl Report for Answered {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Csv, Format::Parquet];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        let Answer { query, columns, rows, .. } = &self.0;
        match format {
            Format::Json => {
                let object = |row: &Vec<Cell>| -> Value {
                    let members = columns.iter().zip(row).map(|(column, cell)| (column.name.to_owned(), value(cell)));
                    Value::Object(members.collect::<Map<_, _>>())
                };
                let rows: Vec<Value> = rows.iter().map(object).collect();
                output::json(&json!({"schema_version": SCHEMA_VERSION, "query": query, "rows": rows}))
            }
            Format::Csv => {
                let header = columns.iter().map(|column| Some(column.name.to_owned())).collect();
                let rows = rows.iter().map(|row| row.iter().map(text).collect());
                Ok(csv::lines(std::iter::once(header).chain(rows)))
            }
            Format::Parquet => bail!("a Parquet file is no text"),
            _ => {
                let header = columns.iter().map(|column| table::tint(column.name, table::Tint::Bold, color)).collect();
                let cell = |cell: &Cell| text(cell).map_or("-".into(), |text| table::visible(&text).into_owned());
                let row = |row: &Vec<Cell>| row.iter().map(cell).collect();
                let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().map(row)).collect();
                Ok(format!("{}\n", table::columns(&lines)))
            }
        }
    }

    fn bytes(&self, format: Format, color: bool) -> anyhow::Result<Vec<u8>> {
        match format {
            Format::Parquet => Ok(self.0.write_parquet(Vec::new())?),
            format => Ok(self.render(format, color)?.into_bytes()),
        }
    }

    fn summary(&self) -> String {
        format!("{}: {} rows", self.0.query, self.0.rows.len())
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Count(count) => Value::from(*count),
        Cell::Time(time) => Value::from(time.to_string()),
        Cell::Map(pairs) => {
            let member = |(key, value): &(String, Option<String>)| (key.clone(), Value::from(value.clone()));
            Value::Object(pairs.iter().map(member).collect())
        }
        Cell::Texts(texts) => Value::from(texts.clone()),
        Cell::Dollars(millionths) => Cell::dollars(*millionths).parse::<Number>().map_or(Value::Null, Value::Number),
    }
}

/// The cell in one line; pairs and lists as JSON.
fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Text(text) => Some(text.clone()),
        Cell::Dollars(millionths) => Some(Cell::dollars(*millionths)),
        Cell::Time(time) => Some(time.to_string()),
        Cell::Count(_) | Cell::Map(_) | Cell::Texts(_) => Some(value(cell).to_string()),
    }
}
