//! Terraform's functions, as far as policies use them. One that is not in the table gives a value
//! that is not known.
//! <https://developer.hashicorp.com/terraform/language/functions>

mod collection;
mod encoding;
mod string;

use wardbook_policy::span::Span;

use super::evaluator::{Eval, Evaluator, Failure};
use super::frame::At;
use super::value::Val;

/// A call: its arguments and where it stands.
pub(super) struct Call<'c> {
    pub(super) arguments: &'c [Val],
    pub(super) span: Span,
    pub(super) at: At<'c>,
}

/// What a function gives; `None` where that turns on what is not known.
type Result = std::result::Result<Option<Val>, Failure>;
type Function = for<'a> fn(&mut Evaluator<'a>, &Call<'_>) -> Result;

/// Name, how many arguments it takes at least and at most, and what it does.
const FUNCTIONS: &[(&str, usize, usize, Function)] = &[
    ("abspath", 1, 1, |_, _| Ok(None)),
    ("chomp", 1, 1, |_, call| string::changed(call, |text| text.trim_end_matches(['\r', '\n']).to_owned())),
    ("coalesce", 1, MANY, |_, call| collection::coalesce(call)),
    ("coalescelist", 1, MANY, |_, call| collection::coalesce_list(call)),
    ("compact", 1, 1, |_, call| collection::compact(call)),
    ("concat", 0, MANY, collection::concat),
    ("contains", 2, 2, |_, call| collection::contains(call)),
    ("distinct", 1, 1, |evaluator, call| collection::distinct(evaluator, call, false)),
    ("element", 2, 2, |_, call| collection::element(call)),
    ("endswith", 2, 2, |_, call| string::told(call, |text, end| text.ends_with(end))),
    ("file", 1, 1, encoding::file),
    ("flatten", 1, 1, collection::flatten),
    ("format", 1, MANY, |_, call| string::format(call)),
    ("formatlist", 1, MANY, string::format_list),
    ("join", 2, MANY, string::join),
    ("jsondecode", 1, 1, |_, call| encoding::json_decode(call)),
    ("jsonencode", 1, 1, encoding::json_encode),
    ("keys", 1, 1, |_, call| collection::keys(call)),
    ("length", 1, 1, |_, call| collection::length(call)),
    ("lookup", 2, 3, |_, call| collection::lookup(call)),
    ("lower", 1, 1, |_, call| string::changed(call, str::to_lowercase)),
    ("merge", 0, MANY, collection::merge),
    ("nonsensitive", 1, 1, |_, call| Ok(call.arguments.first().cloned())),
    ("one", 1, 1, |_, call| collection::one(call)),
    ("range", 1, 3, collection::range),
    ("replace", 3, 3, string::replace),
    ("reverse", 1, 1, |_, call| collection::reverse(call)),
    ("sensitive", 1, 1, |_, call| Ok(call.arguments.first().cloned())),
    ("setintersection", 1, MANY, |evaluator, call| collection::intersect(evaluator, call)),
    ("setsubtract", 2, 2, |evaluator, call| collection::subtract(evaluator, call)),
    ("setunion", 0, MANY, |evaluator, call| collection::union(evaluator, call)),
    ("slice", 3, 3, |_, call| collection::slice(call)),
    ("sort", 1, 1, |evaluator, call| collection::distinct(evaluator, call, true)),
    ("split", 2, 2, string::split),
    ("startswith", 2, 2, |_, call| string::told(call, |text, start| text.starts_with(start))),
    ("strcontains", 2, 2, |_, call| string::told(call, |text, part| text.contains(part))),
    ("substr", 3, 3, |_, call| string::substring(call)),
    ("templatefile", 2, 2, encoding::template_file),
    ("tobool", 1, 1, |_, call| Ok(call.first()?.as_bool().map(|told| Val::bool(call.span, told)))),
    ("tolist", 1, 1, |_, call| collection::to_list(call)),
    ("tomap", 1, 1, |_, call| Ok(call.arguments.first().cloned())),
    ("tonumber", 1, 1, |_, call| string::to_number(call)),
    ("toset", 1, 1, collection::to_set),
    ("tostring", 1, 1, |_, call| string::to_string(call)),
    ("trim", 2, 2, |_, call| string::trimmed(call, |text, set| text.trim_matches(|c| set.contains(c)).to_owned())),
    ("trimprefix", 2, 2, |_, call| {
        string::trimmed(call, |text, prefix| text.strip_prefix(prefix).unwrap_or(text).to_owned())
    }),
    ("trimspace", 1, 1, |_, call| string::changed(call, |text| text.trim().to_owned())),
    ("trimsuffix", 2, 2, |_, call| {
        string::trimmed(call, |text, suffix| text.strip_suffix(suffix).unwrap_or(text).to_owned())
    }),
    ("upper", 1, 1, |_, call| string::changed(call, str::to_uppercase)),
    ("values", 1, 1, |_, call| collection::values(call)),
    ("zipmap", 2, 2, |_, call| collection::zip(call)),
];

const MANY: usize = usize::MAX;

pub(super) fn call(evaluator: &mut Evaluator<'_>, name: &str, arguments: &[Val], span: Span, at: At<'_>) -> Eval {
    let row = FUNCTIONS.binary_search_by(|(known, ..)| (*known).cmp(name)).ok();
    let Some((_, least, most, function)) = row.and_then(|index| FUNCTIONS.get(index)) else {
        return Ok(evaluator.unknown_call(name, arguments, span));
    };
    if arguments.len() < *least || arguments.len() > *most {
        return Err(Failure::new(span, format!("`{name}` does not take {} arguments", arguments.len())));
    }
    let call = Call { arguments, span, at };
    match function(evaluator, &call)? {
        Some(value) => Ok(value),
        None => Ok(evaluator.unknown_call(name, arguments, span)),
    }
}

impl Call<'_> {
    fn first(&self) -> std::result::Result<&Val, Failure> {
        self.argument(0)
    }

    fn argument(&self, index: usize) -> std::result::Result<&Val, Failure> {
        self.arguments.get(index).ok_or_else(|| self.wrong("an argument is missing"))
    }

    fn wrong(&self, message: &str) -> Failure {
        Failure::new(self.span, message)
    }

    /// The elements of a list that is known to its end; `None` if it is not.
    fn list(&self, index: usize) -> std::result::Result<Option<&[Val]>, Failure> {
        let value = self.argument(index)?;
        match value.as_list() {
            Some(_) if value.is_open() => Ok(None),
            Some(items) => Ok(Some(items)),
            None if value.is_whole() => Err(Failure::new(value.span, "a list belongs here")),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_name() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
