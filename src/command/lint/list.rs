//! `lint --list-rules`: every rule, what it finds, and whether it speaks by default.

use serde_json::json;
use wardbook_policy::lint::{RULES, VOCABULARY_DATE};

use super::own_rule::OWN;
use crate::output::{self, Format, Report, table};

/// The rules.
pub(super) struct Rules(Vec<Row>);

struct Row {
    code: &'static str,
    name: &'static str,
    is_pedantic: bool,
    summary: String,
}

impl Rules {
    pub(super) fn all() -> Rules {
        let first = |page: &str| page.lines().next().unwrap_or_default().to_owned();
        let policies = RULES.iter().map(|rule| Row {
            code: rule.code,
            name: rule.name,
            is_pedantic: rule.is_pedantic,
            summary: first(&rule.page()),
        });
        let own = OWN.iter().map(|rule| Row {
            code: rule.code,
            name: rule.name,
            is_pedantic: false,
            summary: first(&rule.page()),
        });
        Rules(policies.chain(own).collect())
    }
}

impl Report for Rules {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, _: bool) -> anyhow::Result<String> {
        if format == Format::Json {
            let rules = self.0.iter().map(
                |row| json!({"code": row.code, "rule": row.name, "pedantic": row.is_pedantic, "summary": row.summary}),
            );
            let rules: Vec<_> = rules.collect();
            return output::json(&json!({"schema_version": 1, "vocabulary_date": VOCABULARY_DATE, "rules": rules}));
        }
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|row| {
                let pedantic = if row.is_pedantic { " (--strict)" } else { "" };
                vec![row.code.to_owned(), format!("{}{pedantic}", row.name), row.summary.clone()]
            })
            .collect();
        Ok(table::columns(&rows) + "\n")
    }

    fn summary(&self) -> String {
        format!("{} rules", self.0.len())
    }
}
