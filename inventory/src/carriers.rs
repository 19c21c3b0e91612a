//! The carriers among a set of files, each with the text that its places are of: what a linter reads.
//!
//! Never fails: a file that cannot be read, and a text inside one that is no document, are part of the answer.
//! Bare policy documents are carriers too, and so is what the AWS CLI prints around one.

mod bare;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use wardbook_policy::json::{self, ParseError, Value};
use wardbook_policy::span::Lines;

use crate::carrier::Carrier;
use crate::cloudformation::{self, Told};
use crate::page::{Compiled, Page};
use crate::parameters::Parameters;
use crate::source::{ReadError, Source, begins_like_json, read_values};
use crate::terraform::file::{plain, role};
use crate::terraform::{self, Modules};
use crate::world::harvest::Harvest;
use crate::world::recognize::is_called_data;
use crate::{cdk, yaml};

pub use bare::Bare;

/// A file, and what is known of it before it is read.
#[derive(Debug, Clone)]
pub struct File {
    /// Its text.
    pub source: Source,
    /// Whether somebody asked for this very file; of others, only what looks like a policy or a template is read.
    pub named: bool,
    /// Whether it is a policy document, whatever it looks like.
    pub is_document: bool,
}

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Policy documents, or one.
    Documents,
    /// A CloudFormation template.
    CloudFormation,
    /// Terraform's own language.
    Terraform,
    /// What `terraform show -json` prints.
    Plan,
    /// What cannot be read.
    Broken,
}

/// A carrier, the text that its places are of, and what is wrong in it.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it is written in.
    pub form: Form,
    /// The text that places are of; that of several files, one after another, for Terraform.
    pub text: Arc<str>,
    /// Where each file begins in the text.
    pub files: Arc<[(u32, Box<str>)]>,
    /// The documents, of a file that holds nothing else.
    pub documents: Vec<Bare>,
    /// What is declared.
    pub carrier: Option<Box<Carrier>>,
    /// The `Metadata` of a template.
    pub metadata: Option<Value>,
    /// Texts that should be documents, or files that should be carriers, and are none.
    pub broken: Vec<ParseError>,
    /// What is wrong without keeping anything from being read.
    pub faults: Vec<ParseError>,
}

/// What lies around the files that were given.
pub struct Surroundings<'a> {
    /// Gives the text of a file that a module reads, by its path.
    pub load: &'a mut dyn FnMut(&str) -> Result<String, String>,
    /// Gives the Terraform files of a folder whose module is called.
    pub module: &'a mut dyn FnMut(&str) -> Vec<Source>,
}

impl Found {
    fn new(form: Form, source: Source) -> Found {
        let files = Arc::from([(0, Box::from(source.path.as_str()))]);
        let (documents, broken, faults) = Default::default();
        Found { form, text: source.text.into(), files, documents, carrier: None, metadata: None, broken, faults }
    }

    /// A file that cannot be read.
    pub fn broken(source: Source, error: ParseError) -> Found {
        Found { broken: vec![error], ..Found::new(Form::Broken, source) }
    }

    /// The lines of the text, which know the files.
    pub fn lines(&self) -> Lines<'_> {
        Lines::joined(&self.text, &self.files)
    }
}

/// Reads every carrier among the files, in their order; Terraform's own language comes last.
pub fn read(files: impl IntoIterator<Item = File>, around: &mut Surroundings<'_>) -> Vec<Found> {
    let mut reader = Reader::default();
    for file in files {
        reader.add(file);
    }
    reader.templates();
    reader.modules(around);
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<Found>,
    /// Templates wait until everything that says where and with what they are deployed was read.
    templates: Vec<(Source, Value)>,
    parameters: Vec<Parameters>,
    harvest: Harvest,
    modules: Modules,
    has_modules: bool,
}

impl Reader {
    fn add(&mut self, file: File) {
        let telling = is_called_data(&file.source.path);
        if let Some(role) = role(&file.source).filter(|_| !telling && !file.is_document) {
            match self.modules.add(&file.source, role) {
                Ok(()) => self.has_modules = true,
                Err(error) => self.found.push(Found::broken(file.source, parse_error(error))),
            }
            return;
        }
        match value_of(&file) {
            Ok(Some(value)) => self.value(file, value),
            Ok(None) => {}
            Err(error) => self.found.push(Found::broken(file.source, error)),
        }
    }

    fn value(&mut self, file: File, value: Value) {
        let File { source, is_document, .. } = file;
        if is_document || bare::recognizes(&value) {
            let document = Bare::whole(value);
            self.found.push(Found { documents: vec![document], ..Found::new(Form::Documents, source) });
        } else if cloudformation::recognizes(&value) {
            self.templates.push((source, value));
        } else if terraform::plan::recognizes(&value) {
            let carrier = terraform::plan::carrier(&source.path, &source.text, &Lines::new(&source.text), &value);
            self.found.push(Found::new(Form::Plan, source).with(carrier));
        } else if let Some(parameters) = Parameters::read(&source.path, &value) {
            self.parameters.push(parameters);
        } else if cdk::recognizes_manifest(&value) {
            let compiled = Rc::new(Compiled::default());
            let lines = Lines::new(&source.text);
            cdk::read_manifest(&Page::new(&source, &lines, &compiled), &value, &mut self.harvest);
        } else {
            let (documents, broken) = bare::inside(&value, &source.text);
            if !documents.is_empty() || !broken.is_empty() {
                self.found.push(Found { documents, broken, ..Found::new(Form::Documents, source) });
            }
        }
    }

    fn templates(&mut self) {
        let templates = std::mem::take(&mut self.templates);
        let paths: Vec<String> = templates.iter().map(|(source, _)| source.path.clone()).collect();
        for (source, value) in templates {
            let told = Told::of(&source.path, &paths, &self.harvest.stacks, &self.parameters);
            let found = match cloudformation::carrier(&source, &value, &told) {
                Ok(carrier) => {
                    let metadata = value.member("Metadata").cloned();
                    Found { metadata, ..Found::new(Form::CloudFormation, source).with(carrier) }
                }
                Err(error) => Found::broken(source, parse_error(error)),
            };
            self.found.push(found);
        }
    }

    fn modules(&mut self, around: &mut Surroundings<'_>) {
        let mut modules = std::mem::take(&mut self.modules);
        if !self.has_modules {
            return;
        }
        let mut asked = BTreeSet::new();
        loop {
            let missing: Vec<String> =
                modules.missing().into_iter().filter(|folder| asked.insert(folder.clone())).collect();
            if missing.is_empty() {
                break;
            }
            for source in missing.iter().flat_map(|folder| (around.module)(folder)) {
                let Some(role) = role(&source) else { continue };
                if let Err(error) = modules.add(&source, role) {
                    self.found.push(Found::broken(source, parse_error(error)));
                }
            }
        }
        let load = &mut *around.load;
        let declared = modules.carriers(&mut |path| load(&plain(path)));
        let text: Arc<str> = declared.joined.text.into();
        self.found.extend(declared.carriers.into_iter().map(|carrier| {
            let empty = Source::new("", "");
            let files = Arc::clone(&carrier.files);
            Found { text: Arc::clone(&text), files, ..Found::new(Form::Terraform, empty).with(carrier) }
        }));
    }
}

impl Found {
    fn with(mut self, mut carrier: Carrier) -> Found {
        self.broken.append(&mut carrier.broken);
        self.faults.append(&mut carrier.faults);
        carrier.subjects.holders = carrier.holders();
        self.carrier = Some(Box::new(carrier));
        self
    }
}

/// What a file that was only found holds if it is read at all.
const MARKS: &[&str] = &["Statement", "Resources", "format_version", "lineage", "artifacts", "Parameter"];

/// The value of a file; nothing if it is of no interest.
fn value_of(file: &File) -> Result<Option<Value>, ParseError> {
    let Source { path, text } = &file.source;
    let asked = file.named || file.is_document;
    if !asked && !MARKS.iter().any(|mark| text.contains(mark)) {
        return Ok(None);
    }
    let called_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    let like_json = begins_like_json(text);
    if like_json && !called_yaml || path.ends_with(".json") {
        return match json::parse(text) {
            Ok(value) => Ok(Some(value)),
            // Values one after another are a log or a dump.
            Err(_) if !file.is_document && like_json && read_values(&file.source).is_ok() => Ok(None),
            Err(error) if asked || text.contains("Statement") || text.contains("Resources") => Err(error),
            Err(_) => Ok(None),
        };
    }
    let parsed = match like_json {
        true => json::parse(text).or_else(|_| yaml::parse_template(text)),
        false => yaml::parse_template(text),
    };
    match parsed {
        Ok(value) => Ok(Some(value)),
        Err(error) if asked && (called_yaml || file.is_document || looks_like_template(text)) => Err(error),
        Err(error) if looks_like_template(text) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether a text that is no YAML was meant to be a template or a policy.
fn looks_like_template(text: &str) -> bool {
    let begins = |line: &str| {
        let line = line.trim_start_matches([' ', '-', '"']);
        line.starts_with("AWSTemplateFormatVersion") || line.starts_with("Statement:")
    };
    text.lines().any(|line| line.starts_with("Resources:") || begins(line))
}

fn parse_error(error: ReadError) -> ParseError {
    ParseError { message: error.message, span: error.span }
}

#[cfg(test)]
mod tests;
