//! A page: facts, lists and notes, as text for people and as JSON.

use serde_json::{Map, Value, json};

use crate::output::table::{Tint, columns, tint};
use crate::output::{self, Format, Report};

/// Text is wrapped at this column.
const COLUMNS: usize = 100;

/// What is said about one topic.
#[derive(Debug)]
pub(super) struct Page {
    kind: &'static str,
    topic: String,
    summary: String,
    facts: Vec<Fact>,
    sections: Vec<Section>,
    notes: Vec<String>,
    /// What is shown between facts and lists, line by line.
    verbatim: Option<String>,
}

/// One line of a page: a label, and a value that reads well and one that parses well.
#[derive(Debug)]
struct Fact {
    label: &'static str,
    text: String,
    value: Value,
}

/// A list below the facts.
#[derive(Debug)]
struct Section {
    title: &'static str,
    rows: Vec<Vec<String>>,
    value: Value,
}

impl Page {
    /// A page with nothing but its heading.
    pub(super) fn new(kind: &'static str, topic: impl Into<String>, summary: impl Into<String>) -> Page {
        let (facts, sections, notes) = Default::default();
        Page { kind, topic: topic.into(), summary: summary.into(), facts, sections, notes, verbatim: None }
    }

    /// What the page is about.
    #[cfg(test)]
    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// The kind of its topic.
    #[cfg(test)]
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// A fact whose text is its value.
    pub(super) fn fact(self, label: &'static str, text: impl Into<String>) -> Page {
        let text = text.into();
        let value = text.clone().into();
        self.fact_as(label, text, value)
    }

    /// A fact that is either so or not.
    pub(super) fn flag(self, label: &'static str, flag: bool) -> Page {
        self.fact_as(label, if flag { "yes" } else { "no" }, flag.into())
    }

    /// A fact that is a list of texts.
    pub(super) fn list(self, label: &'static str, texts: Vec<String>) -> Page {
        self.fact_as(label, texts.join(", "), texts.into())
    }

    /// A fact that reads one way and parses another.
    pub(super) fn fact_as(mut self, label: &'static str, text: impl Into<String>, value: Value) -> Page {
        self.facts.push(Fact { label, text: text.into(), value });
        self
    }

    /// A list of rows with these columns.
    pub(super) fn section(self, title: &'static str, names: &[&str], rows: Vec<Vec<String>>) -> Page {
        let object = |row: &Vec<String>| -> Value {
            let pairs = names.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.as_str().into()));
            Value::Object(pairs.collect())
        };
        let value = rows.iter().map(object).collect();
        self.section_as(title, rows, value)
    }

    /// A list that reads one way and parses another.
    pub(super) fn section_as(mut self, title: &'static str, rows: Vec<Vec<String>>, value: Value) -> Page {
        if !rows.is_empty() {
            self.sections.push(Section { title, rows, value });
        }
        self
    }

    /// A text that is shown as it is, line by line.
    pub(super) fn verbatim(mut self, text: &str) -> Page {
        self.verbatim = Some(text.to_owned());
        self
    }

    /// A sentence at the end, if there is one to say.
    pub(super) fn note(mut self, note: impl Into<Option<&'static str>>) -> Page {
        self.notes.extend(note.into().map(str::to_owned));
        self
    }

    fn text(&self, color: bool) -> String {
        let heading = format!("{}  {}", tint(&self.topic, Tint::Bold, color), tint(&self.summary, Tint::Dim, color));
        let mut blocks = vec![heading.trim_end().to_owned()];
        let facts: Vec<Vec<String>> =
            self.facts.iter().map(|fact| vec![fact.label.to_owned(), fact.text.clone()]).collect();
        if !facts.is_empty() {
            blocks.push(aligned(&facts));
        }
        blocks.extend(self.verbatim.as_deref().map(|text| text.trim_end().to_owned()));
        for section in &self.sections {
            blocks.push(format!("{}\n{}", tint(section.title, Tint::Bold, color), aligned(&section.rows)));
        }
        blocks.extend(self.notes.iter().map(|note| wrapped(note, COLUMNS)));
        blocks.join("\n\n") + "\n"
    }

    fn value(&self) -> Value {
        let mut object = Map::new();
        object.insert("schema_version".into(), json!(1));
        object.insert("kind".into(), self.kind.into());
        object.insert("topic".into(), self.topic.as_str().into());
        object.insert("summary".into(), self.summary.as_str().into());
        let facts = self.facts.iter().map(|fact| (fact.label, &fact.value));
        let sections = self.sections.iter().map(|section| (section.title, &section.value));
        for (label, value) in facts.chain(sections) {
            object.insert(label.to_lowercase().replace([' ', '-'], "_"), value.clone());
        }
        if let Some(text) = &self.verbatim {
            object.insert("page".into(), text.as_str().into());
        }
        object.insert("notes".into(), self.notes.as_slice().into());
        Value::Object(object)
    }
}

impl Report for Page {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];

    fn render(&self, format: Format, color: bool) -> anyhow::Result<String> {
        match format {
            Format::Json => output::json(&self.value()),
            _ => Ok(self.text(color)),
        }
    }

    fn summary(&self) -> String {
        format!("{}: {}", self.topic, self.summary)
    }
}

/// Columns, two spaces in; the last one is wrapped.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let most = rows.iter().map(Vec::len).max().unwrap_or_default();
    let before: usize = (0..most.saturating_sub(1)).filter_map(width).map(|width| width + 2).sum();
    let room = COLUMNS.saturating_sub(before + 2).max(COLUMNS / 3);
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cell = |(index, cell): (usize, &String)| match index + 1 == most {
                true => wrapped(cell, room),
                false => cell.clone(),
            };
            row.iter().enumerate().map(cell).collect()
        })
        .collect();
    let lines: Vec<String> = columns(&rows).lines().map(|line| format!("  {line}").trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Breaks a text between words; a word that is too long stays whole.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
