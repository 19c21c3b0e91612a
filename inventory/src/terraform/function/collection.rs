//! Functions of lists, sets and maps.

use super::{Call, Failure, Result};
use crate::terraform::evaluator::Evaluator;
use crate::terraform::text::Text;
use crate::terraform::value::{Entry, Kind, Val};

/// The first value that is neither null nor an empty text.
pub(super) fn coalesce(call: &Call<'_>) -> Result {
    for value in call.arguments {
        match value.kind {
            Kind::Null => {}
            Kind::Unknown(_) => return Ok(None),
            Kind::Text(_) if value.plain().as_deref() == Some("") => {}
            _ => return Ok(Some(value.clone())),
        }
    }
    Err(call.wrong("every argument of `coalesce` is null or empty"))
}

pub(super) fn coalesce_list(call: &Call<'_>) -> Result {
    for value in call.arguments {
        match value.as_list() {
            Some([]) => {}
            Some(_) if value.is_open() => return Ok(None),
            Some(_) => return Ok(Some(value.clone())),
            None if value.is_whole() => return Err(call.wrong("`coalescelist` takes lists")),
            None => return Ok(None),
        }
    }
    Err(call.wrong("every argument of `coalescelist` is empty"))
}

/// Without null and empty texts. What is not known may be empty.
pub(super) fn compact(call: &Call<'_>) -> Result {
    let list = call.first()?;
    let Some(items) = list.as_list() else { return unless_whole(list) };
    let mut kept = Vec::new();
    for item in items {
        match &item.kind {
            Kind::Null => {}
            Kind::Unknown(_) => kept.extend(item.many()),
            Kind::Text(_) if item.plain().as_deref() == Some("") => {}
            _ => kept.push(item.clone()),
        }
    }
    Ok(Some(Val::list(list.span, kept)))
}

/// Lists one after another; of one that is not known, any number of elements.
pub(super) fn concat(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let mut all = Vec::new();
    for value in call.arguments {
        match value.as_list() {
            Some(items) => {
                evaluator.charge(items.len(), call.span)?;
                all.extend(items.iter().cloned());
            }
            None => match value.many() {
                Some(many) => all.push(many),
                None => return Err(Failure::new(value.span, "`concat` takes lists")),
            },
        }
    }
    let span = call.arguments.first().map_or(call.span, |first| first.span);
    Ok(Some(Val::list(span, all)))
}

pub(super) fn contains(call: &Call<'_>) -> Result {
    let (list, wanted) = (call.first()?, call.argument(1)?);
    let Some(items) = list.as_list() else { return unless_whole(list) };
    let mut unknown = false;
    for item in items {
        match item.equals(wanted) {
            Some(true) => return Ok(Some(Val::bool(call.span, true))),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok((!unknown).then(|| Val::bool(call.span, false)))
}

/// Each value once: sorted, or where it first stands. Values that may be equal both stay, since
/// what a policy says twice it says once.
pub(super) fn distinct(evaluator: &mut Evaluator<'_>, call: &Call<'_>, sorted: bool) -> Result {
    let list = call.first()?;
    let Some(items) = list.as_list() else { return unless_whole(list) };
    let mut kept = items.to_vec();
    if sorted {
        if !list.is_whole() {
            return Ok(None);
        }
        kept.sort_by_key(Val::plain);
    } else {
        kept = once_each(evaluator, items, call)?;
    }
    Ok(Some(Val::list(list.span, kept)))
}

fn once_each(evaluator: &mut Evaluator<'_>, items: &[Val], call: &Call<'_>) -> std::result::Result<Vec<Val>, Failure> {
    let mut kept: Vec<Val> = Vec::with_capacity(items.len());
    let mut texts = std::collections::HashSet::new();
    for item in items {
        // Texts are looked up; whatever else there is, is compared one by one.
        let is_new = match (&item.kind, item.plain()) {
            (Kind::Text(_), Some(text)) => texts.insert(text),
            _ => {
                evaluator.charge(kept.len(), call.span)?;
                !kept.iter().any(|earlier| earlier.equals(item) == Some(true))
            }
        };
        if is_new {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

pub(super) fn element(call: &Call<'_>) -> Result {
    let Some(items) = call.list(0)? else { return Ok(None) };
    let Some(index) = call.argument(1)?.as_whole_number() else { return Ok(None) };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if length == 0 {
        return Err(call.wrong("`element` is asked of an empty list"));
    }
    let index = usize::try_from(index.rem_euclid(length)).unwrap_or_default();
    Ok(items.get(index).cloned())
}

pub(super) fn flatten(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let list = call.first()?;
    if list.as_list().is_none() {
        return unless_whole(list);
    }
    let mut flat = Vec::new();
    spread(evaluator, list, call, &mut flat)?;
    Ok(Some(Val::list(list.span, flat)))
}

/// INVARIANT: the recursion is bounded, since values nest no deeper than their limit.
fn spread(
    evaluator: &mut Evaluator<'_>,
    value: &Val,
    call: &Call<'_>,
    flat: &mut Vec<Val>,
) -> std::result::Result<(), Failure> {
    for item in value.as_list().unwrap_or_default() {
        evaluator.charge(1, call.span)?;
        match &item.kind {
            Kind::List(_) => spread(evaluator, item, call, flat)?,
            // It may be a list or an element.
            Kind::Unknown(_) => flat.extend(item.many()),
            _ => flat.push(item.clone()),
        }
    }
    Ok(())
}

pub(super) fn keys(call: &Call<'_>) -> Result {
    let map = call.first()?;
    let Some(entries) = map.as_object() else { return unless_whole(map) };
    let mut keys: Vec<&Entry> = entries.iter().collect();
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    let keys =
        keys.into_iter().map(|entry| Val::text(entry.name_span, Text::placed(entry.name.clone(), entry.name_span)));
    Ok(Some(Val::list(map.span, keys.collect())))
}

pub(super) fn values(call: &Call<'_>) -> Result {
    let map = call.first()?;
    let Some(entries) = map.as_object() else { return unless_whole(map) };
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(Val::list(map.span, sorted.into_iter().map(|entry| entry.value.clone()).collect())))
}

pub(super) fn length(call: &Call<'_>) -> Result {
    let value = call.first()?;
    let length = match &value.kind {
        Kind::List(_) if value.is_open() => None,
        Kind::List(items) => Some(items.len()),
        Kind::Object(entries) => Some(entries.len()),
        Kind::Text(text) => text.plain().map(|text| text.chars().count()),
        Kind::Unknown(_) | Kind::Handle(_) => None,
        _ => return Err(call.wrong("`length` takes a list, a map or a text")),
    };
    Ok(length.map(|length| Val::number(call.span, length.to_string())))
}

pub(super) fn lookup(call: &Call<'_>) -> Result {
    let map = call.first()?;
    if map.as_object().is_none() {
        return unless_whole(map);
    }
    let Some(name) = call.argument(1)?.plain() else { return Ok(None) };
    match (map.member(&name), call.arguments.get(2)) {
        (Some(found), _) => Ok(Some(found.clone())),
        (None, Some(default)) => Ok(Some(default.clone())),
        (None, None) => Err(call.wrong("`lookup` finds nothing and has no default")),
    }
}

pub(super) fn merge(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let mut entries = Vec::new();
    for value in call.arguments {
        match (&value.kind, value.as_object()) {
            (_, Some(more)) => {
                evaluator.charge(more.len(), call.span)?;
                entries.extend(more.iter().cloned());
            }
            (Kind::Null, _) => {}
            _ if value.is_whole() => return Err(Failure::new(value.span, "`merge` takes maps")),
            _ => return Ok(None),
        }
    }
    Ok(Some(Val::object(call.span, entries)))
}

pub(super) fn one(call: &Call<'_>) -> Result {
    let Some(items) = call.list(0)? else { return Ok(None) };
    match items {
        [] => Ok(Some(Val::null(call.span))),
        [only] => Ok(Some(only.clone())),
        _ => Err(call.wrong("`one` takes a list of at most one element")),
    }
}

pub(super) fn range(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let numbers: Option<Vec<i64>> = call.arguments.iter().map(Val::as_whole_number).collect();
    let (start, end, step) = match numbers.as_deref() {
        Some([end]) => (0, *end, if *end < 0 { -1 } else { 1 }),
        Some([start, end]) => (*start, *end, if end < start { -1 } else { 1 }),
        Some([start, end, step]) if *step != 0 => (*start, *end, *step),
        Some(_) => return Err(call.wrong("the step of `range` is not 0")),
        None => return Ok(None),
    };
    let mut items = Vec::new();
    let mut number = start;
    while if step > 0 { number < end } else { number > end } {
        evaluator.charge(1, call.span)?;
        items.push(Val::number(call.span, number.to_string()));
        let Some(next) = number.checked_add(step) else { break };
        number = next;
    }
    Ok(Some(Val::list(call.span, items)))
}

pub(super) fn reverse(call: &Call<'_>) -> Result {
    let list = call.first()?;
    let Some(items) = list.as_list() else { return unless_whole(list) };
    Ok(Some(Val::list(list.span, items.iter().rev().cloned().collect())))
}

pub(super) fn slice(call: &Call<'_>) -> Result {
    let Some(items) = call.list(0)? else { return Ok(None) };
    let index = |at: usize| call.argument(at).map(|value| value.plain().and_then(|text| text.parse::<usize>().ok()));
    let (Some(start), Some(end)) = (index(1)?, index(2)?) else { return Ok(None) };
    match items.get(start..end) {
        Some(part) => Ok(Some(Val::list(call.span, part.to_vec()))),
        None => Err(call.wrong("`slice` leads out of the list")),
    }
}

pub(super) fn to_list(call: &Call<'_>) -> Result {
    let value = call.first()?;
    match value.as_list() {
        Some(_) => Ok(Some(value.clone())),
        None => unless_whole(value),
    }
}

/// A set: each value once and texts in order.
pub(super) fn to_set(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    let value = call.first()?;
    let Some(items) = value.as_list() else { return unless_whole(value) };
    Ok(Some(set(evaluator, items, call)?.at(value.span)))
}

fn set(evaluator: &mut Evaluator<'_>, items: &[Val], call: &Call<'_>) -> std::result::Result<Val, Failure> {
    let mut kept = once_each(evaluator, items, call)?;
    if kept.iter().all(|item| item.plain().is_some()) {
        kept.sort_by_key(Val::plain);
    }
    Ok(Val::list(call.span, kept))
}

pub(super) fn union(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    match concat(evaluator, call)? {
        Some(all) => Ok(Some(set(evaluator, all.as_list().unwrap_or_default(), call)?)),
        None => Ok(None),
    }
}

pub(super) fn intersect(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    held_against(evaluator, call, true)
}

pub(super) fn subtract(evaluator: &mut Evaluator<'_>, call: &Call<'_>) -> Result {
    held_against(evaluator, call, false)
}

/// The elements of the first set that every other one holds, or none does.
fn held_against(evaluator: &mut Evaluator<'_>, call: &Call<'_>, wanted: bool) -> Result {
    let Some(items) = call.list(0)? else { return Ok(None) };
    let mut kept = items.to_vec();
    for index in 1..call.arguments.len() {
        let Some(others) = call.list(index)? else { return Ok(None) };
        evaluator.charge(kept.len().saturating_mul(others.len().max(1)), call.span)?;
        let mut next = Vec::new();
        for item in kept {
            let answers: Vec<Option<bool>> = others.iter().map(|other| item.equals(other)).collect();
            let held = answers.contains(&Some(true));
            if !held && answers.contains(&None) {
                return Ok(None);
            }
            if held == wanted {
                next.push(item);
            }
        }
        kept = next;
    }
    Ok(Some(set(evaluator, &kept, call)?))
}

pub(super) fn zip(call: &Call<'_>) -> Result {
    let (Some(names), Some(values)) = (call.list(0)?, call.list(1)?) else { return Ok(None) };
    if names.len() != values.len() {
        return Err(call.wrong("`zipmap` takes as many values as names"));
    }
    let entries: Option<Vec<Entry>> = names
        .iter()
        .zip(values)
        .map(|(name, value)| Some(Entry { name: name.plain()?, name_span: name.span, value: value.clone() }))
        .collect();
    Ok(entries.map(|entries| Val::object(call.span, entries)))
}

/// A value of the wrong kind is a mistake if it is known.
fn unless_whole(value: &Val) -> Result {
    match value.is_whole() {
        true => Err(Failure::new(value.span, "a list or a map belongs here")),
        false => Ok(None),
    }
}
