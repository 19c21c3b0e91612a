//! Terraform: modules in its own language, and the JSON that `terraform show` prints of plans and states.
//!
//! Both become the same resources, so that a plan and the module it was made from say the same.

mod attribute;
mod body;
mod constraint;
mod evaluator;
mod expression;
pub(crate) mod file;
mod frame;
mod function;
mod instance;
mod json_syntax;
mod lower;
mod module;
mod overriding;
pub(crate) mod plan;
mod policy_document;
mod provider;
mod resource;
mod template;
mod text;
mod value;
mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use wardbook_policy::json::{ParseError, Value};
use wardbook_policy::span::{Lines, Span};

use attribute::kind_of;
use evaluator::{Evaluator, Failure, Load, Work};
use file::{Folder, Folders, Joined, Role, resolve};
use frame::At;
use provider::Setting;
use value::Val;

use crate::carrier::Carrier;
use crate::coverage::{Gap, GapKind};
use crate::parameters::file_name;
use crate::source::{ReadError, Source};
use crate::world::harvest::Harvest;

/// The modules of a world in the making.
#[derive(Default)]
pub(crate) struct Modules {
    folders: Folders,
    work: Work,
}

impl Modules {
    /// Adds a file of Terraform's own language.
    pub(crate) fn add(&mut self, source: &Source, role: Role) -> Result<(), ReadError> {
        self.folders.add(source, role, &mut self.work.joined)
    }

    /// Adds a file of the same meaning in JSON.
    pub(crate) fn add_json(&mut self, source: &Source, value: &Value, role: Role) -> Result<(), ReadError> {
        self.folders.add_json(source, value, role, &mut self.work.joined)
    }

    /// Evaluates every root module. `load` gives the text of a file by its path. The second part of the
    /// answer are the files that were read that way.
    pub(crate) fn finish(self, load: &mut Load<'_>, harvest: &mut Harvest) -> BTreeSet<String> {
        let Declared { carriers, joined, loaded } = self.carriers(load);
        let lines = Lines::joined(&joined.text, &joined.files);
        let by_path: HashMap<&str, &Lines<'_>> = joined.files.iter().map(|(_, path)| (&**path, &lines)).collect();
        for mut carrier in carriers {
            match says_something(&carrier) {
                true => carrier.into_harvest(&by_path, harvest),
                false => harvest.gaps.append(&mut carrier.gaps),
            }
        }
        loaded
    }

    /// What every root module declares. `load` gives the text of a file by its path.
    pub(crate) fn carriers(mut self, load: &mut Load<'_>) -> Declared {
        let mut evaluated = Vec::new();
        let mut wrong = self.folders.override_files(&self.work.joined);
        for folder in roots(&self.folders) {
            let mut found = evaluate(&self.folders, &folder, &mut self.work, load);
            found.problems.extend(wrong.extract_if(.., |(of, _)| *of == folder).map(|(_, failure)| failure));
            evaluated.push((folder, found));
        }
        // What is wrong in a module that others call is told with the first of them.
        if let Some((_, first)) = evaluated.first_mut() {
            first.problems.extend(wrong.into_iter().map(|(_, failure)| failure));
        }
        let Work { joined, loaded, .. } = self.work;
        let lines = Lines::joined(&joined.text, &joined.files);
        let files: Arc<[_]> = joined.files.clone().into();
        let names: Vec<&str> = evaluated.iter().map(|(folder, _)| file_name(folder)).collect();
        let unique = |name: &str| names.iter().filter(|other| **other == name).count() == 1;
        let carriers = evaluated.iter().map(|(folder, found)| {
            // Symbols have the short name of the folder, if it tells the folders apart.
            let folder = match file_name(folder) {
                "" => ".",
                name if unique(name) => name,
                _ => folder.as_str(),
            };
            let mut carrier = resource::declare(folder, &found.resources, &lines);
            carrier.files = Arc::clone(&files);
            let faults = found.problems.iter();
            carrier.faults.extend(faults.map(|own| ParseError { message: own.message.clone(), span: own.span }));
            carrier.gaps.extend(found.problems.iter().map(|problem| {
                let error = ReadError::new(folder, &lines, problem.span, problem.message.as_str());
                Gap::new(GapKind::Problem, &error.path, error.to_string())
            }));
            carrier
        });
        let carriers = carriers.collect();
        Declared { carriers, joined, loaded: loaded.into_keys().collect() }
    }

    /// The folders of modules that are called and whose files have not been added.
    pub(crate) fn missing(&self) -> BTreeSet<String> {
        let folders = &self.folders.folders;
        let called = folders.iter().flat_map(|(folder, files)| called_by(folder, files));
        called.filter(|called| !folders.contains_key(called)).collect()
    }
}

/// What root modules declare, and the text that places are of.
pub(crate) struct Declared {
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) joined: Joined,
    /// The files that were read because a module asked for them.
    pub(crate) loaded: BTreeSet<String>,
}

/// The folders of the modules that the files of a folder call.
fn called_by(folder: &str, files: &Folder) -> Vec<String> {
    let blocks = files.files.iter().flat_map(|file| file.body.get_blocks("module"));
    let sources =
        blocks.filter_map(|block| block.body.get_attribute("source").and_then(|source| source.value.as_str()));
    let local = sources.filter(|source| source.starts_with('.'));
    local.filter_map(|source| resolve(folder, source)).filter(|called| called != folder).collect()
}

/// Whether a carrier declares anything that bears on keys or principals.
fn says_something(carrier: &Carrier) -> bool {
    let subjects = &carrier.subjects;
    let keys = !subjects.keys.is_empty() || !subjects.grants.is_empty() || !subjects.aliases.is_empty();
    let keys = keys || !carrier.key_policies.is_empty();
    keys || !carrier.principals.is_empty() || !carrier.groups.is_empty() || !carrier.managed.is_empty()
}

/// A resource or data source, evaluated as far as that goes.
#[derive(Debug)]
pub(crate) struct Resource {
    /// `module.keys.aws_kms_key.main[0]`
    pub(crate) address: String,
    /// `aws_kms_key`
    pub(crate) kind: String,
    /// Its arguments.
    pub(crate) arguments: Val,
    /// Where its provider works.
    pub(crate) setting: Setting,
    /// Whether it stands for a number of resources that is not known.
    pub(crate) is_symbolic: bool,
    /// Where its block stands.
    pub(crate) span: Span,
    /// Where its name stands.
    pub(crate) name_span: Span,
    /// What else is said of it, such as `lifecycle`.
    pub(crate) settings: Option<Val>,
}

/// What one root module says.
pub(crate) struct Evaluated {
    pub(crate) resources: Vec<Resource>,
    /// What is wrong in it.
    pub(crate) problems: Vec<Failure>,
}

/// The folders that no other module calls. Where some only call one another, the first of them is a root.
pub(crate) fn roots(folders: &Folders) -> Vec<String> {
    let mut calls: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (folder, files) in &folders.folders {
        calls.entry(folder).or_default().extend(called_by(folder, files));
    }
    let called: BTreeSet<&str> = calls.values().flatten().map(String::as_str).collect();
    let uncalled = folders.folders.keys().filter(|folder| !called.contains(folder.as_str()));
    let mut roots = Vec::new();
    let mut reached = BTreeSet::new();
    for folder in uncalled.chain(folders.folders.keys()) {
        if reached.contains(folder.as_str()) {
            continue;
        }
        roots.push(folder.clone());
        let mut next = vec![folder.as_str()];
        while let Some(folder) = next.pop() {
            if reached.insert(folder) {
                next.extend(calls.get(folder).into_iter().flatten().map(String::as_str));
            }
        }
    }
    roots
}

/// Evaluates the root module of a folder and every module that it calls.
pub(crate) fn evaluate<'a>(folders: &'a Folders, folder: &str, work: &mut Work, load: &'a mut Load<'a>) -> Evaluated {
    let mut evaluator = Evaluator::new(folders, work, load);
    let granted = evaluator.steps;
    evaluator.root(folder);
    let mut resources = Vec::new();
    let mut module = 0;
    while let Some(found) = evaluator.modules.get(module) {
        let calls: Vec<_> = found.calls.iter().map(|(name, call)| ((*name).to_owned(), *call)).collect();
        let blocks: Vec<_> = found.resources.iter().map(|(address, block)| (address.clone(), *block)).collect();
        for (name, call) in calls {
            let instances = evaluator.instances_of(module, &format!("module.{name}").into(), call);
            for instance in instances.iter() {
                evaluator.module_of(module, &name, call, instance);
            }
        }
        for (address, block) in blocks {
            let span = At::span_of(&block);
            let at = At { base: block.base, module, frame: None };
            let name_span = block.item.labels.last().map_or(span, |label| at.span(hcl_edit::Span::span(label)));
            let lifecycle = block.item.body.get_blocks("lifecycle").next();
            let settings = lifecycle.map(|lifecycle| evaluator.settings_of(lifecycle, at));
            let setting = evaluator.setting(module, block, span);
            let path = evaluator.modules.get(module).map(|module| module.path.clone()).unwrap_or_default();
            let instances = evaluator.instances_of(module, &address, block);
            for instance in instances.iter() {
                let arguments = instance.within(block.base, module, |at| evaluator.body(&block.item.body, span, at));
                resources.push(Resource {
                    address: format!("{path}{address}{}", instance.key),
                    kind: kind_of(&address).to_owned(),
                    setting: setting.clone().in_region(arguments.given("region")),
                    arguments,
                    is_symbolic: instance.is_symbolic || path.contains("[*]"),
                    span,
                    name_span,
                    settings: settings.clone(),
                });
            }
        }
        module += 1;
    }
    let Evaluator { joined, problems, loaded, steps, .. } = evaluator;
    *work = Work { joined, loaded, steps: work.steps.saturating_sub(granted - steps) };
    Evaluated { resources, problems }
}

#[cfg(test)]
mod tests;
