//! What `why` can be given: a refusal's text, CloudTrail events, or a request as JSON.

use std::path::Path;

use anyhow::bail;
use wardbook_inventory::access_denied::{self, AccessDenied};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::cloudtrail;
use wardbook_inventory::question::Question;
use wardbook_inventory::source::Source;
use wardbook_policy::catalogue;
use wardbook_policy::quirk::Quirks;

use crate::input;

/// One refusal, event or request.
pub(crate) struct Told {
    /// What it is, for the report: `event 1234`, `the error text`.
    pub(crate) what: String,
    /// What AWS said, where it said something.
    pub(crate) denied: Option<AccessDenied>,
    /// The error code of an event.
    pub(crate) error_code: Option<String>,
    /// Whether the event is one that succeeded.
    pub(crate) succeeded: bool,
    /// What AWS had to decide.
    pub(crate) questions: Vec<Question>,
}

pub(crate) fn read(path: &Path, quirks: Quirks) -> anyhow::Result<Vec<Told>> {
    let source = input::read(path)?;
    if source.text.trim().is_empty() {
        bail!("`{}` is empty; give an AccessDenied text, a CloudTrail event or a request as JSON", source.path);
    }
    if !source.text.trim_start().starts_with(['{', '[']) {
        return refusal(&source).map(|told| vec![told]);
    }
    match Question::read(&source) {
        Some(question) => {
            let question = question.map_err(|error| input::locate(&source, error))?;
            let what = "the request".to_owned();
            Ok(vec![Told { what, denied: None, error_code: None, succeeded: false, questions: vec![question] }])
        }
        None => match events(&source, quirks) {
            Ok(told) => Ok(told),
            Err(error) => refusal(&source).map(|told| vec![told]).map_err(|_| error),
        },
    }
}

fn refusal(source: &Source) -> anyhow::Result<Told> {
    let denied = access_denied::read(&source.text)?;
    let resource = match (&denied.resource, catalogue::action(&denied.action)) {
        (Some(resource), _) => resource.clone(),
        (None, Some(action)) if action.required_resource_types().next().is_some() => {
            bail!("the text names no resource, and `{}` acts on one; give the request as JSON instead", denied.action)
        }
        (None, _) => "*".to_owned(),
    };
    let question = Question {
        principal: denied.principal.clone(),
        action: denied.action.clone(),
        resource,
        circumstances: Circumstances::default(),
        notes: Vec::new(),
    };
    let what = "the error text".to_owned();
    Ok(Told { what, denied: Some(denied), error_code: None, succeeded: false, questions: vec![question] })
}

fn events(source: &Source, quirks: Quirks) -> anyhow::Result<Vec<Told>> {
    let calls = cloudtrail::read(source, quirks).map_err(|error| input::locate(source, error))?;
    let mut told = Vec::with_capacity(calls.len());
    for call in calls {
        let id = call.event_id.as_deref().unwrap_or("without an id");
        let what = format!("event {id} ({} {})", call.event_source, call.event_name);
        let questions = call.questions.map_err(|error| input::locate(source, error))?;
        told.push(Told { what, denied: call.denied, succeeded: call.error_code.is_none(), error_code: call.error_code, questions });
    }
    Ok(told)
}
