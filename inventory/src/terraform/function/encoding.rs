//! Functions that read and write JSON, and those that read files of the folder.

use hcl_edit::parser;

use super::{Call, Failure, Result};
use crate::terraform::evaluator::Evaluator;
use crate::terraform::frame::{At, Frame};
use crate::terraform::text::Text;
use crate::terraform::value::{Entry, Val};
use crate::terraform::written::Base;
use wardbook_policy::span::Span;

pub(super) fn json_encode(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let value = call.first()?;
    let text = Text::of_json(value.clone());
    evaluator.charge(text.bytes() / 64, call.span)?;
    Ok(Some(Val::text(value.span, text)))
}

pub(super) fn json_decode(call: &Call<'_>) -> Result {
    let value = call.first()?;
    match value.as_text() {
        Some(text) => text.parse_json(value.span).map_err(|error| Failure::new(error.span, error.message)),
        None if value.is_whole() => Err(call.wrong("`jsondecode` takes a text")),
        None => Ok(None),
    }
}

pub(super) fn file(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let Some(path) = call.first()?.plain() else { return Ok(None) };
    match evaluator.text_of_file(&path, call.span) {
        Ok((text, start)) => {
            let span = Span::new(start, start + text.bytes());
            Ok(Some(Val::text(span, text)))
        }
        Err(failure) => unread(evaluator, failure),
    }
}

/// A file that is not among those given: its text is not known, and that is worth a word.
fn unread(evaluator: &mut Evaluator<'_>, failure: Failure) -> Result {
    if !evaluator.problems.contains(&failure) {
        evaluator.problems.push(failure);
    }
    Ok(None)
}

pub(super) fn template_file(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let Some(path) = call.first()?.plain() else { return Ok(None) };
    let (text, start) = match evaluator.text_of_file(&path, call.span) {
        Ok(found) => found,
        Err(failure) => return unread(evaluator, failure),
    };
    let variables = call.argument(1)?;
    let Some(entries) = variables.as_object() else { return Ok(None) };
    let text = text.plain().unwrap_or_default();
    if text.len() > crate::limits::TERRAFORM_FILE_BYTES_MAX {
        return Err(call.wrong("the template is longer than what is read"));
    }
    let template = parser::parse_template(&text).map_err(|error| {
        let at = start + error.location().offset();
        Failure::new(Span::new(at, at), format!("not a template: {}", error.message().replace('\n', ", ")))
    })?;
    let span = Span::new(start, start + text.len());
    let at = At { base: Base::Plain(start), module: call.at.module, frame: None };
    // One frame within another, so that the names end where the template does.
    within(entries, at, &mut |at| evaluator.elements(template.iter(), false, span, at)).map(Some)
}

fn within(
    entries: &[Entry],
    at: At<'_>,
    run: &mut dyn FnMut(At<'_>) -> std::result::Result<Val, Failure>,
) -> std::result::Result<Val, Failure> {
    // Frames live on the stack, so their number is bounded like any other depth.
    match entries.split_first() {
        Some((entry, rest)) if entries.len() <= crate::limits::TERRAFORM_TEMPLATE_VARIABLES_MAX => {
            let frame = Frame { name: &entry.name, value: &entry.value, outer: at.frame };
            within(rest, at.with(&frame), run)
        }
        Some((entry, _)) => Err(Failure::new(entry.name_span, "the template is given more variables than are read")),
        None => run(at),
    }
}
