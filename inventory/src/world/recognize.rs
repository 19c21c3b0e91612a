//! Which format a value is in: told by its content, never by the name of its file.

use wardbook_policy::json::Value;
use wardbook_policy::span::Lines;

use super::World;
use super::harvest::Harvest;
use crate::coverage::{Coverage, Gap, GapKind};
use crate::page::Page;
use crate::source::{Source, begins_like_json, read_values};
use crate::{authorization_details, kms_dump, organization};

/// A format that is read.
struct Format {
    recognizes: fn(&Value, &Page<'_>) -> bool,
    read: fn(&Page<'_>, &Value, &mut Harvest),
}

/// Every format, the most telling first.
const FORMATS: &[Format] = &[
    Format { recognizes: |value, _| organization::recognizes(value), read: organization::read },
    Format { recognizes: |value, _| authorization_details::recognizes(value), read: authorization_details::read },
    Format { recognizes: |value, _| kms_dump::recognizes_metadata(value), read: kms_dump::read_metadata },
    Format { recognizes: |value, _| kms_dump::recognizes_policy(value), read: kms_dump::read_policy },
    Format { recognizes: |value, _| kms_dump::recognizes_grants(value), read: kms_dump::read_grants },
    Format { recognizes: |value, _| kms_dump::recognizes_keys(value), read: kms_dump::read_keys },
    Format { recognizes: |value, _| kms_dump::recognizes_aliases(value), read: kms_dump::read_aliases },
    Format { recognizes: |value, _| kms_dump::recognizes_tags(value), read: kms_dump::read_tags },
    Format { recognizes: kms_dump::recognizes_bare_policy, read: kms_dump::read_bare_policy },
];

impl World {
    /// Puts together what these files hold. Never fails: what cannot be read is part of the coverage.
    pub fn from_sources(sources: impl IntoIterator<Item = Source>) -> World {
        let mut gathering = Gathering::default();
        for source in sources {
            gathering.add(&Parsed::of(source));
        }
        gathering.finish()
    }
}

/// A world in the making.
#[derive(Default)]
pub(super) struct Gathering {
    harvest: Harvest,
    coverage: Coverage,
}

/// A file, taken apart.
pub(super) struct Parsed {
    source: Source,
    content: Content,
}

enum Content {
    Values(Vec<Value>),
    Unreadable(Gap),
    /// Plainly neither JSON nor YAML.
    Other,
}

impl Parsed {
    pub(super) fn of(source: Source) -> Parsed {
        let telling = is_called_data(&source.path);
        let content = match telling || begins_like_json(&source.text) {
            true => match read_values(&source) {
                Ok(values) => Content::Values(values),
                Err(error) if telling => Content::Unreadable(Gap::unreadable(&error)),
                Err(_) => Content::Other,
            },
            false => Content::Other,
        };
        Parsed { source, content }
    }

    /// A file whose bytes are no text that could be read.
    pub(super) fn unreadable(path: String, gap: Gap) -> Parsed {
        let content = if is_called_data(&path) { Content::Unreadable(gap) } else { Content::Other };
        Parsed { source: Source { path, text: String::new() }, content }
    }
}

impl Gathering {
    pub(super) fn add(&mut self, parsed: &Parsed) {
        let source = &parsed.source;
        let values = match &parsed.content {
            Content::Values(values) => values,
            Content::Unreadable(gap) => return self.note(gap.clone()),
            Content::Other => {
                self.coverage.files_of_other_kinds += 1;
                return;
            }
        };
        let lines = Lines::new(&source.text);
        let page = Page::new(source, &lines);
        let mut strange = false;
        for value in values {
            // Several pages may stand in one list as well as one after another.
            match value.as_list() {
                Some(pages) if !pages.is_empty() => {
                    strange |= !pages.iter().all(|value| read(value, &page, &mut self.harvest));
                }
                _ => strange |= !read(value, &page, &mut self.harvest),
            }
        }
        if strange {
            let message = format!("`{}` is in no format that is read", source.path);
            self.note(Gap::new(GapKind::FormatNotRead, &source.path, message));
        } else {
            self.coverage.files_read += 1;
        }
    }

    pub(super) fn note(&mut self, gap: Gap) {
        self.harvest.gaps.push(gap);
    }

    pub(super) fn finish(self) -> World {
        self.harvest.finish(self.coverage)
    }
}

fn read(value: &Value, page: &Page<'_>, harvest: &mut Harvest) -> bool {
    match FORMATS.iter().find(|format| (format.recognizes)(value, page)) {
        Some(format) => {
            (format.read)(page, value, harvest);
            true
        }
        None => false,
    }
}

/// Whether the name promises JSON or YAML, so that anything else in it deserves a word.
fn is_called_data(path: &str) -> bool {
    let endings = [".json", ".jsonl", ".ndjson", ".yaml", ".yml"];
    endings.iter().any(|ending| {
        let start = path.len().saturating_sub(ending.len());
        path.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    })
}
