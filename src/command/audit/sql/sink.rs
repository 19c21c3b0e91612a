//! Where an answer goes: stdout and files, each in its own format, row by row.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use wardbook_audit::sql::{Columns, ParquetFile, Rows, Take};

use crate::command::audit::query::SCHEMA_VERSION;
use crate::output::{self, Format, csv, table};

/// The first is what `auto` means.
pub(super) const FORMATS: &[Format] = &[Format::Table, Format::Json, Format::Csv, Format::Parquet];

/// How many rows a table for people has at most; they are held until the width of each column is known.
const TABLE_ROWS_MAX: usize = 10_000;

/// How much text such a table has at most, however few its rows.
const TABLE_BYTES_MAX: usize = 64 << 20;

type Writer = Box<dyn Write + Send>;

/// All of them.
pub(super) struct Sinks {
    sql: String,
    color: bool,
    columns: Vec<String>,
    sinks: Vec<Sink>,
    rows: usize,
}

struct Sink {
    format: Format,
    /// None for stdout.
    path: Option<PathBuf>,
    state: State,
}

enum State {
    /// Nothing was written.
    Before,
    Csv(Writer),
    /// Whether there was a row already.
    Json(Writer, bool),
    Table(Writer, Vec<Vec<String>>, usize),
    Parquet(Box<ParquetFile<Writer>>),
    /// Only the number of rows is told.
    Summary,
    After,
}

impl Sinks {
    pub(super) fn new(sql: &str, color: bool) -> Self {
        Self { sql: sql.to_owned(), color, columns: Vec::new(), sinks: Vec::new(), rows: 0 }
    }

    pub(super) fn file(&mut self, format: Format, path: &Path) {
        self.sinks.push(Sink { format, path: Some(path.to_owned()), state: State::Before });
    }

    pub(super) fn stdout(&mut self, format: Format) {
        self.sinks.push(Sink { format, path: None, state: State::Before });
    }

    pub(super) fn summary(&mut self) {
        self.sinks.push(Sink { format: Format::Auto, path: None, state: State::Summary });
    }

    /// Ends everything. The answer is whole.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        for sink in &mut self.sinks {
            let done = sink.finish(self.rows).map_err(|error| sink.named(error));
            match done {
                Err(error) if sink.path.is_none() && error.kind() == io::ErrorKind::BrokenPipe => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// Takes away files that have a part of an answer.
    pub(super) fn discard(&mut self) {
        for sink in &mut self.sinks {
            let begun = !matches!(std::mem::replace(&mut sink.state, State::After), State::Before | State::Summary);
            if let (true, Some(path)) = (begun, &sink.path) {
                // The error that made the answer useless is the one to be told.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

impl Take for Sinks {
    fn columns(&mut self, columns: &Columns) -> io::Result<()> {
        self.columns = columns.names().into_iter().map(str::to_owned).collect();
        for sink in &mut self.sinks {
            let color = self.color && sink.path.is_none();
            sink.begin(columns, &self.columns, &self.sql, color).map_err(|error| sink.named(error))?;
        }
        Ok(())
    }

    fn rows(&mut self, rows: &Rows) -> io::Result<()> {
        let needs_values = |sink: &Sink| !matches!(sink.state, State::Parquet(_) | State::Summary);
        let values: Vec<Map<String, Value>> = match self.sinks.iter().any(needs_values) {
            true => serde_json::from_slice(&rows.json()?)?,
            false => Vec::new(),
        };
        self.rows += rows.count();
        for sink in &mut self.sinks {
            sink.rows(rows, &values, &self.columns).map_err(|error| sink.named(error))?;
        }
        Ok(())
    }
}

impl Sink {
    /// An error that says which file it is about.
    fn named(&self, error: io::Error) -> io::Error {
        match &self.path {
            Some(path) => io::Error::new(error.kind(), format!("`{}`: {error}", path.display())),
            None => error,
        }
    }

    fn begin(&mut self, columns: &Columns, names: &[String], sql: &str, color: bool) -> io::Result<()> {
        if matches!(self.state, State::Summary) {
            return Ok(());
        }
        let mut writer: Writer = match &self.path {
            Some(path) => Box::new(BufWriter::new(File::create(path)?)),
            None => Box::new(BufWriter::with_capacity(256 << 10, io::stdout())),
        };
        self.state = match self.format {
            Format::Csv => {
                let header = names.iter().map(|name| Some(name.clone())).collect();
                writer.write_all(csv::lines([header]).as_bytes())?;
                State::Csv(writer)
            }
            Format::Json => {
                let head = json!({"schema_version": SCHEMA_VERSION, "query": sql, "rows": []});
                let head = serde_json::to_string_pretty(&head)?;
                writer.write_all(head.strip_suffix("]\n}").unwrap_or(&head).as_bytes())?;
                State::Json(writer, false)
            }
            Format::Parquet => State::Parquet(Box::new(ParquetFile::new(columns, writer)?)),
            _ => {
                let header = names.iter().map(|name| table::tint(name, table::Tint::Bold, color)).collect();
                State::Table(writer, vec![header], 0)
            }
        };
        Ok(())
    }

    fn rows(&mut self, rows: &Rows, values: &[Map<String, Value>], names: &[String]) -> io::Result<()> {
        let cells = |row: &Map<String, Value>| -> Vec<Option<String>> {
            names.iter().map(|name| row.get(name).and_then(text)).collect()
        };
        match &mut self.state {
            State::Csv(writer) => writer.write_all(csv::lines(values.iter().map(cells)).as_bytes()),
            State::Json(writer, has_row) => values.iter().try_for_each(|row| {
                let between = if std::mem::replace(has_row, true) { ",\n    " } else { "\n    " };
                let row = serde_json::to_string_pretty(row)?.replace('\n', "\n    ");
                writer.write_all(between.as_bytes())?;
                writer.write_all(row.as_bytes())
            }),
            State::Table(_, lines, bytes) => {
                for row in values {
                    if lines.len() > TABLE_ROWS_MAX || *bytes > TABLE_BYTES_MAX {
                        break;
                    }
                    let shown =
                        |cell: Option<String>| cell.map_or("-".into(), |cell| table::visible(&cell).into_owned());
                    let line: Vec<String> = cells(row).into_iter().map(shown).collect();
                    *bytes += line.iter().map(String::len).sum::<usize>();
                    lines.push(line);
                }
                Ok(())
            }
            State::Parquet(file) => file.append(rows),
            State::Before | State::Summary | State::After => Ok(()),
        }
    }

    fn finish(&mut self, rows: usize) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::After) {
            State::Before | State::After => Ok(()),
            State::Csv(mut writer) => writer.flush(),
            State::Json(mut writer, has_row) => {
                writer.write_all(if has_row { b"\n  ]\n}\n" } else { b"]\n}\n" })?;
                writer.flush()
            }
            State::Table(mut writer, lines, _) => {
                writeln!(writer, "{}", table::columns(&lines))?;
                let more = rows + 1 - lines.len();
                if more > 0 {
                    writeln!(writer, "{more} more rows are not shown; --format csv has all")?;
                }
                writer.flush()
            }
            State::Parquet(file) => file.finish()?.flush(),
            State::Summary => output::print(&format!("{rows} rows\n")).map_err(io::Error::other),
        }
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
