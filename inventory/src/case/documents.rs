//! The policies and grants of a case, inline or in files of their own.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use wardbook_policy::document::{Document, Problem};
use wardbook_policy::grant::Grant;
use wardbook_policy::json::{Kind, Value};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};
use wardbook_policy::span::Lines;

use super::{Load, Scribe};
use crate::embedded;
use crate::layer::{Collected, OwnedLayers};
use crate::source::{ReadError, Source, read_value};

const LAYERS: &[&str] = &["resource", "identity", "boundary", "session", "scps", "rcps", "endpoint", "grants"];

/// A file that cases refer to.
struct Loaded {
    source: Source,
    value: Value,
}

/// Files that cases refer to, each read once.
pub(super) struct Documents<'a, 'l> {
    folder: &'a Path,
    load: &'a mut Load<'l>,
    files: HashMap<String, Result<Arc<Loaded>, ReadError>>,
    order: Vec<Arc<Loaded>>,
}

/// A value, in the case file or in a file of its own.
enum Found<'v> {
    Inline(&'v Value),
    Elsewhere(Arc<Loaded>),
}

impl Found<'_> {
    fn value(&self) -> &Value {
        match self {
            Found::Inline(value) => value,
            Found::Elsewhere(loaded) => &loaded.value,
        }
    }
}

/// What has been gathered for one layer, and what is wrong with it.
struct Gathering<'s, 'a> {
    scribe: &'s mut Scribe<'a>,
    problems: Vec<ReadError>,
}

impl<'a, 'l> Documents<'a, 'l> {
    pub(super) fn new(case_file: &'a str, load: &'a mut Load<'l>) -> Documents<'a, 'l> {
        let folder = Path::new(case_file).parent().unwrap_or(Path::new(""));
        Documents { folder, load, files: HashMap::new(), order: Vec::new() }
    }

    pub(super) fn into_sources(self) -> Vec<Source> {
        drop(self.files);
        let sources = self.order.into_iter();
        sources
            .map(|loaded| Arc::try_unwrap(loaded).map_or_else(|shared| shared.source.clone(), |own| own.source))
            .collect()
    }

    /// The layers of a case, and the problems of its documents.
    pub(super) fn layers(
        &mut self,
        policies: &Value,
        is_key: bool,
        scribe: &mut Scribe<'_>,
    ) -> (OwnedLayers, Vec<ReadError>) {
        let members = scribe.members(policies, "`policies`", LAYERS);
        let mut gathering = Gathering { scribe, problems: Vec::new() };
        let mut layers = OwnedLayers::default();
        for member in members {
            let (name, value) = (&*member.name, &member.value);
            let resource = if is_key { PolicyKind::Key } else { PolicyKind::Resource };
            match name {
                "resource" => layers.resource = self.layer(value, name, resource, &mut gathering),
                "identity" => layers.identity = self.layer(value, name, PolicyKind::Identity, &mut gathering),
                "boundary" => layers.boundary = self.layer(value, name, PolicyKind::Identity, &mut gathering),
                "session" => layers.session = self.layer(value, name, PolicyKind::Identity, &mut gathering),
                "endpoint" => layers.endpoint = self.layer(value, name, PolicyKind::Endpoint, &mut gathering),
                "scps" => layers.scps = self.levels(value, name, PolicyKind::Scp, &mut gathering),
                "rcps" => layers.rcps = self.levels(value, name, PolicyKind::Rcp, &mut gathering),
                "grants" => layers.grants = self.grants(value, &mut gathering),
                _ => {}
            }
        }
        (layers, gathering.problems)
    }

    /// A list of documents; a single one counts as a list of one.
    fn layer(
        &mut self,
        value: &Value,
        name: &str,
        kind: PolicyKind,
        gathering: &mut Gathering<'_, '_>,
    ) -> Collected<Policy> {
        let Some(found) = self.find(value, gathering.scribe) else { return Collected::Absent };
        Collected::known(self.policies(&found, name, kind, gathering))
    }

    fn policies(
        &mut self,
        found: &Found<'_>,
        name: &str,
        kind: PolicyKind,
        gathering: &mut Gathering<'_, '_>,
    ) -> Vec<Policy> {
        let Some(list) = found.value().as_list() else {
            // The one policy of a resource goes by the bare name of the layer.
            let single = matches!(kind, PolicyKind::Key | PolicyKind::Resource);
            let name = if single { name.to_owned() } else { format!("{name}[0]") };
            return gathering.policy(found, found.value(), &name, kind).into_iter().collect();
        };
        let mut policies = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let name = format!("{name}[{index}]");
            policies.extend(match found {
                Found::Elsewhere(_) => gathering.policy(found, value, &name, kind),
                Found::Inline(_) => match self.find(value, gathering.scribe) {
                    Some(inner) => gathering.policy(&inner, inner.value(), &name, kind),
                    None => None,
                },
            });
        }
        policies
    }

    /// A list of levels, each a list of documents; whatever is single counts as a list of one.
    fn levels(
        &mut self,
        value: &Value,
        name: &str,
        kind: PolicyKind,
        gathering: &mut Gathering<'_, '_>,
    ) -> Collected<Vec<Policy>> {
        let Some(found) = self.find(value, gathering.scribe) else { return Collected::Absent };
        let Some(list) = found.value().as_list() else {
            return Collected::known(vec![self.policies(&found, &format!("{name}[0]"), kind, gathering)]);
        };
        let mut levels = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let name = format!("{name}[{index}]");
            match &found {
                Found::Elsewhere(loaded) => {
                    let level = value.as_list().unwrap_or(std::slice::from_ref(value)).iter().enumerate();
                    let mut policies = Vec::new();
                    for (index, value) in level {
                        let origin = Found::Elsewhere(Arc::clone(loaded));
                        policies.extend(gathering.policy(&origin, value, &format!("{name}[{index}]"), kind));
                    }
                    levels.push(policies);
                }
                Found::Inline(_) => {
                    if let Some(inner) = self.find(value, gathering.scribe) {
                        levels.push(self.policies(&inner, &name, kind, gathering));
                    }
                }
            }
        }
        Collected::known(levels)
    }

    /// Grants one by one, or the output of list-grants.
    fn grants(&mut self, value: &Value, gathering: &mut Gathering<'_, '_>) -> Collected<Grant> {
        let Some(found) = self.find(value, gathering.scribe) else { return Collected::Absent };
        let list = found.value().member("Grants").unwrap_or(found.value());
        let mut grants = Vec::new();
        for value in list.as_list().unwrap_or(std::slice::from_ref(list)) {
            match found {
                Found::Elsewhere(_) => grants.extend(gathering.grant(&found, value)),
                Found::Inline(_) => {
                    let Some(inner) = self.find(value, gathering.scribe) else { continue };
                    let list = inner.value().member("Grants").unwrap_or(inner.value());
                    for value in list.as_list().unwrap_or(std::slice::from_ref(list)) {
                        grants.extend(gathering.grant(&inner, value));
                    }
                }
            }
        }
        Collected::known(grants)
    }

    /// The value itself, or the content of the file that it names: `"file: PATH"` or `{file: PATH}`.
    fn find<'v>(&mut self, value: &'v Value, scribe: &mut Scribe<'_>) -> Option<Found<'v>> {
        let path = match (&value.kind, value.as_object()) {
            (Kind::Text(text), _) => match text.strip_prefix("file:") {
                Some(path) => path.trim(),
                None => {
                    let message = format!("`{text}` is no document: write one, or `file: PATH`");
                    scribe.note(value.span, message);
                    return None;
                }
            },
            (_, Some([member])) if &*member.name == "file" => match member.value.as_text() {
                Some(path) => path.trim(),
                None => {
                    scribe.note(member.value.span, format!("`file` is a path, not {}", member.value.noun()));
                    return None;
                }
            },
            _ => return Some(Found::Inline(value)),
        };
        let path = self.folder.join(path).to_string_lossy().into_owned();
        let loaded = match self.files.get(&path) {
            Some(loaded) => loaded.clone(),
            None => {
                let loaded = self.load(&path, value, scribe);
                self.files.insert(path, loaded.clone());
                loaded
            }
        };
        match loaded {
            Ok(loaded) => Some(Found::Elsewhere(loaded)),
            Err(error) => {
                scribe.errors.push(error);
                None
            }
        }
    }

    fn load(&mut self, path: &str, value: &Value, scribe: &Scribe<'_>) -> Result<Arc<Loaded>, ReadError> {
        let bytes = (self.load)(path).map_err(|message| {
            let message = format!("`{path}` cannot be read: {message}");
            ReadError::new(scribe.path, scribe.lines, value.span, message)
        })?;
        let source = Source::from_bytes(path, bytes)?;
        let value = read_value(&source)?;
        let loaded = Arc::new(Loaded { source, value });
        self.order.push(Arc::clone(&loaded));
        Ok(loaded)
    }
}

impl Gathering<'_, '_> {
    fn policy(&mut self, found: &Found<'_>, value: &Value, name: &str, kind: PolicyKind) -> Option<Policy> {
        let (policy, problems) = match found {
            Found::Inline(_) => {
                let document = Document::read(value);
                let origin = Origin { name, path: self.scribe.path, lines: Some(self.scribe.lines) };
                let (policy, problems) = Policy::forced(&document, kind, origin);
                (policy, located(problems, self.scribe.path, self.scribe.lines))
            }
            Found::Elsewhere(loaded) => {
                let lines = Lines::new(&loaded.source.text);
                // A file may also be the output of get-key-policy, which holds the policy as a text.
                let output = value.member("Policy").filter(|policy| policy.as_text().is_some());
                let value = match embedded::document(output.unwrap_or(value), &loaded.source.text) {
                    Ok(value) => value,
                    Err(error) => {
                        let path = loaded.source.path.as_str();
                        self.scribe.errors.push(ReadError::new(path, &lines, error.span, error.message));
                        return None;
                    }
                };
                let document = Document::read(&value);
                let origin = Origin { name, path: &loaded.source.path, lines: Some(&lines) };
                let (policy, problems) = Policy::forced(&document, kind, origin);
                (policy, located(problems, &loaded.source.path, &lines))
            }
        };
        self.problems.extend(problems);
        Some(policy)
    }

    /// A grant that cannot be read permits nothing, and a grant never denies.
    fn grant(&mut self, found: &Found<'_>, value: &Value) -> Option<Grant> {
        let problem = match (Grant::read(value), found) {
            (Ok(grant), Found::Inline(_)) => {
                return Some(grant.at(self.scribe.path, self.scribe.lines.position(value.span)));
            }
            (Ok(grant), Found::Elsewhere(loaded)) => {
                let position = Lines::new(&loaded.source.text).position(value.span);
                return Some(grant.at(&loaded.source.path, position));
            }
            (Err(problem), _) => vec![problem],
        };
        self.problems.extend(match found {
            Found::Inline(_) => located(problem, self.scribe.path, self.scribe.lines),
            Found::Elsewhere(loaded) => located(problem, &loaded.source.path, &Lines::new(&loaded.source.text)),
        });
        None
    }
}

fn located(problems: Vec<Problem>, path: &str, lines: &Lines<'_>) -> Vec<ReadError> {
    problems.into_iter().map(|problem| ReadError::new(path, lines, problem.span, problem.message)).collect()
}
