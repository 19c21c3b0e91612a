//! CloudFormation templates, in JSON and in YAML with the short forms of functions.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

mod condition;
mod evaluate;
mod physical;
mod resource;
mod uses;

use std::collections::{BTreeMap, HashMap};

use wardbook_policy::json::Value;
use wardbook_policy::span::{Lines, Span};

use crate::carrier::{Carrier, Deployment};
use crate::coverage::{Gap, GapKind};
use crate::limits::TEMPLATE_BYTES_MAX;
use crate::page::Hints;
use crate::parameters::{Parameters, file_name};
use crate::source::{ReadError, Source};

use evaluate::Evaluator;

/// Where and with what a template is deployed, as far as something says so.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What symbols of the template begin with; its file name will do where that is unique.
    pub scope: String,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The values of parameters; the others have their defaults.
    pub parameters: HashMap<String, Value>,
}

impl Told {
    /// What is told of a template: by the manifest of CDK, by its folders, by a file of parameters. `templates` are
    /// the paths of all of them.
    pub(crate) fn of(
        path: &str,
        templates: &[String],
        stacks: &BTreeMap<String, Told>,
        parameters: &[Parameters],
    ) -> Told {
        let hints = Hints::of(path);
        let mut told = stacks.get(path).cloned().unwrap_or_default();
        told.account = told.account.or_else(|| hints.account.map(str::to_owned));
        told.region = told.region.or_else(|| hints.region.map(str::to_owned));
        let namesakes = templates.iter().filter(|other| file_name(other) == file_name(path)).count();
        told.scope = if namesakes > 1 { path.to_owned() } else { file_name(path).to_owned() };
        let files = parameters.iter().filter(|parameters| parameters.is_of(path, templates));
        for parameters in files {
            told.parameters.extend(parameters.values.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        told
    }
}

/// Whether a value is a template.
pub(crate) fn recognizes(value: &Value) -> bool {
    let typed = |value: &Value| value.member("Type").and_then(Value::as_text).is_some_and(|kind| kind.contains("::"));
    let Some(resources) = value.member("Resources").and_then(Value::as_object) else { return false };
    value.member("AWSTemplateFormatVersion").is_some() || resources.iter().any(|resource| typed(&resource.value))
}

/// What a template declares. `value` is the one value of the source.
pub fn carrier(source: &Source, value: &Value, told: &Told) -> Result<Carrier, ReadError> {
    let lines = Lines::new(&source.text);
    if source.text.len() > TEMPLATE_BYTES_MAX {
        let message = format!("a template of more than {TEMPLATE_BYTES_MAX} bytes is not read");
        return Err(ReadError::new(source.path.as_str(), &lines, Span::default(), message));
    }
    let deployment = Deployment::new(&told.scope, told.account.as_deref(), told.region.as_deref());
    let evaluator = Evaluator::new(&source.text, &told.scope, deployment, &told.parameters, value);
    let mut carrier = resource::read(&evaluator, value, &source.path, &lines);
    // A macro may add and change whatever it likes.
    if let Some(transform) = value.member("Transform") {
        let place = lines.position(transform.span);
        let message = format!("{}:{place}: what `Transform` adds to the template is not known", source.path);
        carrier.gaps.push(Gap::new(GapKind::Declared, &source.path, message));
    }
    Ok(carrier)
}

#[cfg(test)]
mod tests;
