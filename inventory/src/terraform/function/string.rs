//! Functions of texts.

use super::{Call, Failure, Result};
use crate::terraform::evaluator::Evaluator;
use crate::terraform::text::Text;
use crate::terraform::value::{Kind, Val};

/// A text changed as a whole.
pub(super) fn changed(call: &Call<'_>, change: impl Fn(&str) -> String) -> Result {
    let value = call.first()?;
    text(value)?.map_or(Ok(None), |text| Ok(Some(placed(value, change(&text)))))
}

pub(super) fn trimmed(call: &Call<'_>, change: impl Fn(&str, &str) -> String) -> Result {
    let (value, other) = (call.first()?, call.argument(1)?);
    match (text(value)?, text(other)?) {
        (Some(text), Some(other)) => Ok(Some(placed(value, change(&text, &other)))),
        _ => Ok(None),
    }
}

pub(super) fn told(call: &Call<'_>, tell: impl Fn(&str, &str) -> bool) -> Result {
    match (text(call.first()?)?, text(call.argument(1)?)?) {
        (Some(text), Some(other)) => Ok(Some(Val::bool(call.span, tell(&text, &other)))),
        _ => Ok(None),
    }
}

fn text(value: &Val) -> std::result::Result<Option<std::rc::Rc<str>>, Failure> {
    match value.plain() {
        Some(text) => Ok(Some(text)),
        None if value.is_whole() => Err(Failure::new(value.span, "a text belongs here")),
        None => Ok(None),
    }
}

/// A text that keeps the place of the value it came from.
fn placed(value: &Val, text: impl Into<std::rc::Rc<str>>) -> Val {
    Val::text(value.span, Text::placed(text, value.span))
}

/// Appends a value as text, known or not; `false` for what is no text.
fn append(value: &Val, out: &mut Text) -> bool {
    match &value.kind {
        Kind::Text(text) => out.push(text),
        Kind::Number(_) | Kind::Bool(_) => out.push(&Text::placed(value.plain().unwrap_or_default(), value.span)),
        Kind::Unknown(symbol) => out.push(&Text::symbol(symbol.name.clone(), value.span)),
        _ => return false,
    }
    true
}

pub(super) fn format(call: &Call<'_>) -> Result {
    let Some(pattern) = text(call.first()?)? else { return Ok(None) };
    formatted(call, &pattern, call.arguments.get(1..).unwrap_or_default())
}

/// `%s`, `%d`, `%v`, `%q` and `%%`; any other verb is not known.
fn formatted(call: &Call<'_>, pattern: &str, values: &[Val]) -> Result {
    let mut out = Text::default();
    let span = call.first()?.span;
    let mut values = values.iter();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        if !before.is_empty() {
            out.push(&Text::placed(before, span));
        }
        let mut characters = after.chars();
        match characters.next() {
            Some('%') => out.push(&Text::placed("%", span)),
            Some(verb @ ('s' | 'v' | 'd' | 'q')) => {
                let value = values.next().ok_or_else(|| call.wrong("`format` has fewer values than verbs"))?;
                if verb == 'd' && value.plain().is_some_and(|text| text.parse::<i64>().is_err()) {
                    return Err(Failure::new(value.span, "`%d` takes a whole number"));
                }
                match (verb, &value.kind) {
                    ('q', _) => out.push(&Text::of_json(value.clone())),
                    ('v', Kind::List(_) | Kind::Object(_)) => out.push(&Text::of_json(value.clone())),
                    _ if append(value, &mut out) => {}
                    _ if value.is_whole() => return Err(Failure::new(value.span, "a text or a number belongs here")),
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        }
        rest = characters.as_str();
    }
    if !rest.is_empty() {
        out.push(&Text::placed(rest, span));
    }
    if values.next().is_some() {
        return Err(call.wrong("`format` has more values than verbs"));
    }
    Ok(Some(Val::text(call.span, out)))
}

/// `format` once for each element, values that are no lists standing in each.
pub(super) fn format_list(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let Some(pattern) = text(call.first()?)? else { return Ok(None) };
    let arguments = call.arguments.get(1..).unwrap_or_default();
    if arguments.iter().any(|value| value.is_open() || value.as_symbol().is_some()) {
        return Ok(None);
    }
    let lengths: Vec<usize> = arguments.iter().filter_map(|value| value.as_list().map(<[Val]>::len)).collect();
    let length = lengths.first().copied().unwrap_or(1);
    if lengths.iter().any(|other| *other != length) {
        return Err(call.wrong("the lists of `formatlist` differ in length"));
    }
    evaluator.charge(length.saturating_mul(arguments.len().max(1)), call.span)?;
    let mut items = Vec::with_capacity(length);
    for index in 0..length {
        let row: Vec<Val> = arguments
            .iter()
            .filter_map(|value| value.as_list().map_or(Some(value), |items| items.get(index)))
            .cloned()
            .collect();
        match formatted(call, &pattern, &row)? {
            Some(item) => items.push(match row.first() {
                Some(first) => item.at(first.span),
                None => item,
            }),
            None => return Ok(None),
        }
    }
    Ok(Some(Val::list(call.span, items)))
}

pub(super) fn join(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let Some(separator) = text(call.first()?)? else { return Ok(None) };
    let mut out = Text::default();
    let mut first = true;
    for index in 1..call.arguments.len() {
        let Some(items) = call.list(index)? else { return Ok(None) };
        for item in items {
            if !first && !separator.is_empty() {
                out.push(&Text::placed(separator.clone(), call.span));
            }
            first = false;
            evaluator.charge(1 + item.as_text().map_or(0, Text::bytes) / 64, call.span)?;
            if !append(item, &mut out) {
                return Err(Failure::new(item.span, "`join` takes lists of texts"));
            }
        }
    }
    Ok(Some(Val::text(call.span, out)))
}

pub(super) fn split(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let value = call.argument(1)?;
    let (Some(separator), Some(whole)) = (text(call.first()?)?, text(value)?) else { return Ok(None) };
    let parts: Vec<Val> = match separator.is_empty() {
        true => whole.chars().map(|character| placed(value, character.to_string())).collect(),
        false if whole.is_empty() => vec![placed(value, "")],
        false => whole.split(&*separator).map(|part| placed(value, part)).collect(),
    };
    evaluator.charge(parts.len(), call.span)?;
    Ok(Some(Val::list(value.span, parts)))
}

/// A pattern between slashes is a regular expression, and what that gives is not known.
pub(super) fn replace(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let value = call.first()?;
    let (Some(whole), Some(old), Some(new)) = (text(value)?, text(call.argument(1)?)?, text(call.argument(2)?)?) else {
        return Ok(None);
    };
    if old.len() > 1 && old.starts_with('/') && old.ends_with('/') {
        return Ok(None);
    }
    let found = if old.is_empty() { whole.chars().count() + 1 } else { whole.matches(&*old).count() };
    evaluator.charge((whole.len() + found.saturating_mul(new.len())) / 64, call.span)?;
    Ok(Some(placed(value, whole.replace(&*old, &new))))
}

pub(super) fn substring(call: &Call<'_>) -> Result {
    let value = call.first()?;
    let (Some(text), Some(start), Some(length)) =
        (text(value)?, call.argument(1)?.as_whole_number(), call.argument(2)?.as_whole_number())
    else {
        return Ok(None);
    };
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if start < 0 { (count + start).max(0) } else { start.min(count) };
    let length = if length < 0 { count - start } else { length.min(count - start) };
    let (start, length) = (usize::try_from(start).unwrap_or_default(), usize::try_from(length).unwrap_or_default());
    Ok(Some(placed(value, text.chars().skip(start).take(length).collect::<String>())))
}

pub(super) fn to_string(call: &Call<'_>) -> Result {
    let value = call.first()?;
    match &value.kind {
        Kind::Text(_) | Kind::Null => Ok(Some(value.clone())),
        Kind::Number(_) | Kind::Bool(_) => Ok(value.plain().map(|text| placed(value, text))),
        Kind::Unknown(_) => Ok(Some(Val::text(value.span, {
            let mut out = Text::default();
            append(value, &mut out);
            out
        }))),
        _ => Err(call.wrong("`tostring` takes a text, a number or a boolean")),
    }
}

pub(super) fn to_number(call: &Call<'_>) -> Result {
    let value = call.first()?;
    match text(value)? {
        Some(digits) if digits.parse::<f64>().is_ok_and(f64::is_finite) => Ok(Some(Val::number(value.span, digits))),
        Some(_) => Err(call.wrong("`tonumber` takes the digits of a number")),
        None => Ok(None),
    }
}
