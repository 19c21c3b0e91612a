//! The table of columns as each query engine wants it told: DDL, views or a script, ready to paste.
//!
//! The files need no DDL to be read. It says their place, the day in the path, and types where an engine would guess.
//! Engines see sealed events; those that are still in a journal are seen by the named questions and by export.
//!
//! ```
//! use wardbook_audit::schema::{Engine, ddl};
//! let text = ddl(Engine::Athena, "s3://bucket/audit");
//! assert!(text.contains("'projection.dt.format' = 'yyyy-MM-dd'"));
//! ```

mod athena;
mod duckdb;
mod iceberg;
mod ocsf;
mod pyarrow;
mod spark;
#[cfg(test)]
mod tests;
mod trino;

use crate::column::{COLUMNS, Column, Field, Kind};

/// A query engine, or what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// DuckDB: a view over the files.
    DuckDb,
    /// Amazon Athena: an external table with partition projection.
    Athena,
    /// Trino's Hive connector.
    Trino,
    /// Spark SQL.
    Spark,
    /// Apache Iceberg over the same files, by way of Spark.
    Iceberg,
    /// PyArrow: a dataset, as Python.
    PyArrow,
    /// OCSF 6003, API Activity, as a view in DuckDB.
    Ocsf,
}

/// Every engine under its name.
pub const ENGINES: &[(&str, Engine)] = &[
    ("duckdb", Engine::DuckDb),
    ("athena", Engine::Athena),
    ("trino", Engine::Trino),
    ("spark", Engine::Spark),
    ("iceberg", Engine::Iceberg),
    ("pyarrow", Engine::PyArrow),
    ("ocsf", Engine::Ocsf),
];

/// The folders that lie beside the days in an audit folder. An engine that walks the whole folder must leave them out.
const BESIDE: &[&str] = &["journal", "lock", "log", "rejected", "tmp"];

/// The DDL for an engine and the audit folder at this path or URL.
pub fn ddl(engine: Engine, folder: &str) -> String {
    let folder = match folder.trim_end_matches('/') {
        "" => "/",
        folder => folder,
    };
    match engine {
        Engine::DuckDb => duckdb::ddl(folder),
        Engine::Athena => athena::ddl(folder),
        Engine::Trino => trino::ddl(folder),
        Engine::Spark => spark::ddl(folder),
        Engine::Iceberg => iceberg::ddl(folder),
        Engine::PyArrow => pyarrow::script(folder),
        Engine::Ocsf => ocsf::ddl(folder),
    }
}

/// A text between quotes, as the SQL standard says.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text between quotes, as Hive says, and Athena's DDL and Spark with it: two quotes would be two texts there.
fn hive_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Words for types, and how parts of a struct are written.
struct Types {
    text: &'static str,
    boolean: &'static str,
    timestamp: &'static str,
    integer: &'static str,
    map: &'static str,
    /// Around the type of an element.
    list: (&'static str, &'static str),
    /// Around the parts.
    parts: (&'static str, &'static str),
    /// Around the name of a part, and between it and its type.
    part: (&'static str, &'static str),
}

impl Types {
    fn of(&self, kind: Kind) -> String {
        match kind {
            Kind::Text | Kind::Json => self.text.to_owned(),
            Kind::Bool => self.boolean.to_owned(),
            Kind::Timestamp => self.timestamp.to_owned(),
            Kind::Integer => self.integer.to_owned(),
            Kind::Map => self.map.to_owned(),
            Kind::List(fields) => format!("{}{}{}", self.list.0, self.parts(fields), self.list.1),
            Kind::Struct(fields) => self.parts(fields),
        }
    }

    fn parts(&self, fields: &[Field]) -> String {
        let (quote, between) = self.part;
        let part = |field: &Field| format!("{quote}{}{quote}{between}{}", field.name, self.of(field.kind));
        let parts: Vec<_> = fields.iter().map(part).collect();
        format!("{}{}{}", self.parts.0, parts.join(", "), self.parts.1)
    }
}

/// A line for each column, with a comma between and what it is behind.
fn column_lines(types: &Types, quote: &str, quoted: fn(&str) -> String) -> String {
    let line = |column: &Column| {
        let (name, kind) = (column.field.name, types.of(column.field.kind));
        format!("  {quote}{name}{quote} {kind}{}", comment(column, quoted))
    };
    COLUMNS.iter().map(line).collect::<Vec<_>>().join(",\n")
}

/// What the column is, as a comment.
fn comment(column: &Column, quoted: fn(&str) -> String) -> String {
    format!(" COMMENT {}", quoted(&column.field.about.replace('`', "")))
}
