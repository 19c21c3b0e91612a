//! `Metadata: {wardbook: {ignore: [{code, reason}]}}` of a template or one of its resources.

use std::collections::HashSet;

use wardbook_inventory::carriers::Found;
use wardbook_policy::json::Value;
use wardbook_policy::span::{Lines, Span};
use wardbook_policy::subject::Declaration;

use super::{Place, Scope, Selection, Suppression, place};

/// Reads the metadata of a template and of the resources that anything is known about.
pub(super) fn read(found: &Found, suppressions: &mut Vec<Suppression>, malformed: &mut Vec<(Place, String)>) {
    let Some(carrier) = &found.carrier else { return };
    let lines = found.lines();
    let mut reader = Reader { found, lines: &lines, suppressions, malformed };
    if let Some(metadata) = &found.metadata {
        reader.metadata(metadata, &|| Scope::File);
    }
    let subjects = &carrier.subjects;
    let declarations = subjects.documents.iter().map(|document| &document.owner);
    let declarations = declarations.chain(subjects.keys.iter().map(|key| &key.declaration));
    let declarations = declarations.chain(subjects.aliases.iter().map(|alias| &alias.declaration));
    let declarations = declarations.chain(subjects.grants.iter().map(|grant| &grant.declaration));
    let declarations = declarations.chain(subjects.uses.iter().map(|using| &using.declaration));
    let mut seen = HashSet::new();
    for declaration in declarations.filter(|declaration| seen.insert(declaration.span)) {
        reader.resource(declaration);
    }
}

struct Reader<'r> {
    found: &'r Found,
    lines: &'r Lines<'r>,
    suppressions: &'r mut Vec<Suppression>,
    malformed: &'r mut Vec<(Place, String)>,
}

impl Reader<'_> {
    fn resource(&mut self, declaration: &Declaration) {
        let metadata = declaration.settings.iter().find(|member| &*member.name == "Metadata");
        if let Some(metadata) = metadata {
            self.metadata(&metadata.value, &|| Scope::Resource(declaration.address.clone()));
        }
    }

    fn metadata(&mut self, metadata: &Value, scope: &dyn Fn() -> Scope) {
        let Some(ignore) = metadata.member("wardbook").and_then(|own| own.member("ignore")) else { return };
        for entry in ignore.as_list().unwrap_or(std::slice::from_ref(ignore)) {
            let place = self.place(entry.span);
            match entry_of(entry) {
                Ok((codes, reason)) => {
                    self.suppressions.push(Suppression { codes, reason, place, scope: scope() });
                }
                Err(message) => self.malformed.push((place, message)),
            }
        }
    }

    fn place(&self, span: Span) -> Place {
        place(self.found, self.lines, span)
    }
}

fn entry_of(entry: &Value) -> Result<(Selection, String), String> {
    let code = entry.member("code").ok_or("which rule is to be ignored? `code` is missing")?;
    let listed = code.as_list().unwrap_or(std::slice::from_ref(code));
    let codes: Option<Vec<&str>> = listed.iter().map(Value::as_text).collect();
    let codes = codes.ok_or("`code` is the code of a rule, or a list of codes")?;
    let codes = codes.into_iter().flat_map(|codes| codes.split(','));
    let codes = Selection::parse_all(codes).map_err(|error| error.to_string())?;
    match entry.member("reason").and_then(Value::as_text).map(str::trim) {
        Some(reason) if !reason.is_empty() => Ok((codes, reason.to_owned())),
        _ => Err("a suppression gives its reason; `reason` is missing".to_owned()),
    }
}
