//! Which format a value is in: told by its content, never by the name of its file.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use wardbook_policy::json::Value;
use wardbook_policy::span::Lines;

use super::World;
use super::harvest::Harvest;
use crate::cloudformation::{self, Told};
use crate::collect::Folder;
use crate::coverage::{Coverage, Gap, GapKind};
use crate::page::{Compiled, Page};
use crate::parameters::Parameters;
use crate::source::{ReadError, Source, begins_like_json, read_template, read_values};
use crate::terraform::file::Role;
use crate::terraform::plan::state_file::lineage;
use crate::terraform::{self, Modules};
use crate::{authorization_details, cdk, kms_dump, organization};

/// A format that is read.
struct Format {
    recognizes: fn(&Value, &Page<'_>) -> bool,
    read: fn(&Page<'_>, &Value, &mut Harvest),
}

/// Every format, the most telling first.
const FORMATS: &[Format] = &[
    Format { recognizes: |value, _| organization::recognizes(value), read: organization::read },
    Format { recognizes: |value, _| organization::recognizes_delegation(value), read: organization::read_delegation },
    Format { recognizes: |value, _| terraform::plan::recognizes(value), read: terraform::plan::read },
    Format { recognizes: |value, _| authorization_details::recognizes(value), read: authorization_details::read },
    Format { recognizes: |value, _| kms_dump::recognizes_metadata(value), read: kms_dump::read_metadata },
    Format { recognizes: |value, _| kms_dump::recognizes_policy(value), read: kms_dump::read_policy },
    Format { recognizes: |value, _| kms_dump::recognizes_grants(value), read: kms_dump::read_grants },
    Format { recognizes: |value, _| kms_dump::recognizes_keys(value), read: kms_dump::read_keys },
    Format { recognizes: |value, _| kms_dump::recognizes_aliases(value), read: kms_dump::read_aliases },
    Format { recognizes: |value, _| kms_dump::recognizes_tags(value), read: kms_dump::read_tags },
    Format { recognizes: kms_dump::recognizes_bare_policy, read: kms_dump::read_bare_policy },
    Format { recognizes: |value, _| cdk::recognizes_manifest(value), read: cdk::read_manifest },
    Format { recognizes: |value, _| cdk::recognizes_other(value), read: |_, _, _| () },
];

impl World {
    /// Puts together what these files hold. Never fails: what cannot be read is part of the coverage.
    pub fn from_sources(sources: impl IntoIterator<Item = Source>) -> World {
        let sources: Vec<Source> = sources.into_iter().collect();
        // A module may read any of the other files.
        let is_module = |source: &Source| {
            let role = terraform::file::role(source).or_else(|| terraform::file::named_json_role(&source.path));
            role.is_some()
        };
        let has_modules = sources.iter().any(is_module);
        let texts: HashMap<String, String> = match has_modules {
            true => sources.iter().map(|source| (terraform::file::plain(&source.path), source.text.clone())).collect(),
            false => HashMap::new(),
        };
        let mut gathering = Gathering::default();
        let mut sources: Vec<Source> = sources.into_iter().collect();
        // The files of one folder belong together.
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        for source in sources {
            gathering.add(Parsed::of(source));
        }
        gathering.finish(&mut |path| texts.get(path).cloned().ok_or_else(|| "it is not among the files".to_owned()))
    }
}

/// A world in the making.
#[derive(Default)]
pub(super) struct Gathering {
    harvest: Harvest,
    coverage: Coverage,
    /// Templates wait until everything that says where and with what they are deployed was read.
    templates: Vec<(Source, Value)>,
    parameters: Vec<Parameters>,
    /// The folder of an iam-collect tree whose files are coming in.
    folder: Option<Folder>,
    modules: Modules,
    /// States wait for their latest versions.
    states: Vec<(Source, Value)>,
    compiled: Rc<Compiled>,
}

/// A file, taken apart.
pub(super) struct Parsed {
    source: Source,
    content: Content,
}

enum Content {
    Values(Vec<Value>),
    /// Terraform's own language.
    Module(Role),
    Unreadable(Gap),
    /// Plainly neither JSON nor YAML.
    Other,
}

impl Parsed {
    pub(super) fn of(source: Source) -> Parsed {
        let telling = is_called_data(&source.path);
        let role = terraform::file::role(&source).filter(|_| !telling);
        let content = match telling || begins_like_json(&source.text) {
            _ if role.is_some() => role.map_or(Content::Other, Content::Module),
            true => match values_of(&source) {
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
    pub(super) fn add(&mut self, parsed: Parsed) {
        let source = parsed.source;
        let mut values = match parsed.content {
            Content::Values(values) => values,
            Content::Module(role) => {
                return match self.modules.add(&source, role) {
                    Ok(()) => self.coverage.files_read += 1,
                    Err(error) => self.note(Gap::unreadable(&error)),
                };
            }
            Content::Unreadable(gap) => {
                if self.is_of_tree(&source.path)
                    && let Some(folder) = &mut self.folder
                {
                    folder.add_broken(&source.path);
                }
                return self.note(gap);
            }
            Content::Other => {
                self.coverage.files_of_other_kinds += 1;
                return;
            }
        };
        if values.len() == 1 && self.is_of_tree(&source.path) {
            if let (Some(folder), Some(value)) = (&mut self.folder, values.pop()) {
                folder.add(source, value);
            }
            return;
        }
        if let [value] = values.as_slice() {
            if let Some(role) = terraform::file::json_role(&source.path, value) {
                return match self.modules.add_json(&source, value, role) {
                    Ok(()) => self.coverage.files_read += 1,
                    Err(error) => self.note(Gap::unreadable(&error)),
                };
            }
            if let Some(parameters) = Parameters::read(&source.path, value) {
                self.coverage.files_read += 1;
                return self.parameters.push(parameters);
            }
            if terraform::plan::state_file::recognizes(value) {
                let value = values.swap_remove(0);
                return self.states.push((source, value));
            }
            if cloudformation::recognizes(value) {
                let value = values.swap_remove(0);
                return self.templates.push((source, value));
            }
        }
        let lines = Lines::new(&source.text);
        let page = Page::new(&source, &lines, &self.compiled);
        let mut strange = false;
        for value in &values {
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

    /// Whether a file stands in a tree; the folder before it has ended then.
    fn is_of_tree(&mut self, path: &str) -> bool {
        if self.folder.as_ref().is_some_and(|folder| folder.holds(path)) {
            return true;
        }
        self.end_folder();
        self.folder = Folder::of(path, &self.compiled);
        self.folder.is_some()
    }

    fn end_folder(&mut self) {
        if let Some(folder) = self.folder.take() {
            self.coverage.files_read += folder.len();
            folder.read(&mut self.harvest);
        }
    }

    pub(super) fn note(&mut self, gap: Gap) {
        self.harvest.gaps.push(gap);
    }

    /// Puts everything together. `load` gives the text of a file that a module reads, by its path.
    pub(super) fn finish(mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> World {
        self.end_folder();
        self.declare();
        self.states();
        let loaded = self.modules.finish(load, &mut self.harvest);
        // A file that a module reads is understood, whatever it is by itself.
        let of_module = |gap: &Gap| loaded.contains(&terraform::file::plain(&gap.subject));
        let alone = |gap: &Gap| matches!(gap.kind, GapKind::FormatNotRead | GapKind::Unreadable) && of_module(gap);
        let before = self.harvest.gaps.len();
        self.harvest.gaps.retain(|gap| !alone(gap));
        self.coverage.files_read += before - self.harvest.gaps.len();
        self.harvest.finish(self.coverage)
    }

    /// Takes in what the states hold, the latest version of each.
    fn states(&mut self) {
        let states = std::mem::take(&mut self.states);
        let mut latest: HashMap<&str, u64> = HashMap::new();
        for (lineage, serial) in states.iter().filter_map(|(_, value)| lineage(value)) {
            let known = latest.entry(lineage).or_insert(serial);
            *known = serial.max(*known);
        }
        let mut taken = HashSet::new();
        for (source, value) in &states {
            // A backup beside a state says what was there before.
            if let Some((lineage, serial)) = lineage(value)
                && (latest.get(lineage) != Some(&serial) || !taken.insert(lineage))
            {
                self.coverage.files_of_other_kinds += 1;
                continue;
            }
            let lines = Lines::new(&source.text);
            terraform::plan::read(&Page::new(source, &lines, &self.compiled), value, &mut self.harvest);
            self.coverage.files_read += 1;
        }
    }

    /// Takes in what the templates declare.
    fn declare(&mut self) {
        let templates = std::mem::take(&mut self.templates);
        let paths: Vec<String> = templates.iter().map(|(source, _)| source.path.clone()).collect();
        for (source, value) in templates {
            let told = Told::of(&source.path, &paths, &self.harvest.stacks, &self.parameters);
            let lines = Lines::new(&source.text);
            match cloudformation::carrier(&source, &value, &told) {
                Ok(carrier) => {
                    carrier.into_harvest(&HashMap::from([(source.path.as_str(), &lines)]), &mut self.harvest);
                    self.coverage.files_read += 1;
                }
                Err(error) => self.note(Gap::unreadable(&error)),
            }
        }
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

/// The values of a file; those of YAML may be a template.
fn values_of(source: &Source) -> Result<Vec<Value>, ReadError> {
    let yaml = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
    match begins_like_json(&source.text) && !yaml {
        true => read_values(source),
        false => read_template(source).map(|value| vec![value]),
    }
}

/// Whether the name promises JSON or YAML, so that anything else in it deserves a word.
pub(crate) fn is_called_data(path: &str) -> bool {
    let endings = [".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".template", ".tfstate"];
    endings.iter().any(|ending| {
        let start = path.len().saturating_sub(ending.len());
        path.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    })
}
