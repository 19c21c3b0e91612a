//! What `why` can be given: a refusal's text, CloudTrail events, or a request as JSON.

use std::path::Path;

use anyhow::bail;
use wardbook_inventory::access_denied::{self, AccessDenied};
use wardbook_inventory::case::{Single, read_single};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::cloudtrail;
use wardbook_inventory::layer::OwnedLayers;
use wardbook_inventory::question::Question;
use wardbook_inventory::source::{ReadError, Source};
use wardbook_policy::catalogue;
use wardbook_policy::quirk::Quirks;

use crate::diagnostic::{Severity, print_located};
use crate::input;

/// One refusal, event or request.
pub(crate) struct Told {
    /// What it is, for the report: `event 1234`, `the error text`.
    pub(crate) what: String,
    /// What AWS said, where it said something.
    pub(crate) denied: Option<AccessDenied>,
    /// The error code of an event.
    pub(crate) error_code: Option<String>,
    /// Whether it is a recorded event.
    pub(crate) is_event: bool,
    /// Whether the event is one that succeeded.
    pub(crate) succeeded: bool,
    /// What AWS had to decide.
    pub(crate) questions: Vec<Question>,
    /// Why there is no question: the event is no call that was authorized.
    pub(crate) unasked: Option<String>,
    /// The policies given with a request; otherwise the world has them.
    pub(crate) layers: Option<OwnedLayers>,
}

/// The error codes with which AWS refuses.
const REFUSALS: &[&str] =
    &["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation"];

impl Told {
    /// Whether AWS refused it.
    pub(crate) fn is_refusal(&self) -> bool {
        self.denied.is_some() || self.error_code.as_deref().is_some_and(|code| REFUSALS.contains(&code))
    }
}

/// Reads what was given. `key` is the resource of a refusal that names none.
pub(crate) fn read(path: &Path, key: Option<&str>, quirks: Quirks, color: bool) -> anyhow::Result<Vec<Told>> {
    let source = input::read(path)?;
    if source.text.trim().is_empty() {
        bail!("`{}` is empty; give an AccessDenied text, a CloudTrail event or a request as JSON", source.path);
    }
    if !source.text.trim_start().starts_with(['{', '[']) {
        return refusal(&source, key).map(|told| vec![told]);
    }
    match read_single(&source, &mut input::load) {
        Some(single) => request(&source, single, color).map(|told| vec![told]),
        None => match events(&source, quirks) {
            Ok(told) => Ok(told),
            Err(error) => refusal(&source, key).map(|told| vec![told]).map_err(|_| error),
        },
    }
}

fn request(source: &Source, single: Result<Single, Vec<ReadError>>, color: bool) -> anyhow::Result<Told> {
    let single = single.map_err(|errors| match errors.into_iter().next() {
        Some(error) => input::locate(source, error),
        None => anyhow::anyhow!("`{}` is not a request", source.path),
    })?;
    for problem in &single.problems {
        print_located(Severity::Error, problem, &single.sources, color);
    }
    if !single.problems.is_empty() {
        bail!("the policies given with the request have mistakes, and nothing is decided by guesswork");
    }
    let (what, questions) = ("the request".to_owned(), vec![single.question]);
    Ok(Told {
        what,
        denied: None,
        error_code: None,
        is_event: false,
        succeeded: false,
        questions,
        unasked: None,
        layers: single.layers,
    })
}

fn refusal(source: &Source, key: Option<&str>) -> anyhow::Result<Told> {
    let denied = access_denied::read(&source.text)?;
    let resource = match (&denied.resource, key, catalogue::action(&denied.action)) {
        (Some(resource), ..) => resource.clone(),
        (None, Some(key), _) => key.to_owned(),
        (None, None, Some(action)) if action.required_resource_types().next().is_some() => {
            bail!(
                "the text names no resource, and `{}` acts on one; name the key with --key, \
                 or give the request as JSON",
                denied.action
            )
        }
        (None, None, _) => "*".to_owned(),
    };
    let question = Question {
        principal: denied.principal.clone(),
        action: denied.action.clone(),
        resource,
        circumstances: Circumstances::default(),
        notes: Vec::new(),
        grant: None,
    };
    let what = "the error text".to_owned();
    Ok(Told {
        what,
        denied: Some(denied),
        error_code: None,
        is_event: false,
        succeeded: false,
        questions: vec![question],
        unasked: None,
        layers: None,
    })
}

fn events(source: &Source, quirks: Quirks) -> anyhow::Result<Vec<Told>> {
    let calls = cloudtrail::read(source, quirks).map_err(|error| input::locate(source, error))?;
    let mut told = Vec::with_capacity(calls.len());
    for call in calls {
        let id = call.event_id.as_deref().unwrap_or("without an id");
        let what = format!("event {id} ({} {})", call.event_source, call.event_name);
        let (questions, unasked) = match call.questions {
            Ok(questions) => (questions, None),
            Err(error) => (Vec::new(), Some(error.message)),
        };
        let succeeded = call.error_code.is_none();
        told.push(Told {
            what,
            denied: call.denied,
            is_event: true,
            succeeded,
            error_code: call.error_code,
            questions,
            unasked,
            layers: None,
        });
    }
    if told.iter().all(|told| told.questions.is_empty()) {
        let reasons: Vec<String> = told.into_iter().filter_map(|told| told.unasked).collect();
        bail!("`{}` holds no call to explain: {}", source.path, reasons.join("; "));
    }
    Ok(told)
}
