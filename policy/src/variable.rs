//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and `${*} ${?} ${$}`.
//!
//! They exist only in documents of Version 2012-10-17; elsewhere `${` is plain text.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1};
use nom::character::complete::{char, multispace0, one_of};
use nom::combinator::{all_consuming, map, opt};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::key::Key;

/// A variable that takes its text from the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The condition key whose value is used.
    pub key: Key,
    /// What stands in when the request does not have the key.
    pub default: Option<Box<str>>,
}

/// A stretch of a text that may hold variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text, in which wildcards still are wildcards.
    Text(&'a str),
    /// A character that `${*}`, `${?}` or `${$}` made literal.
    Literal(char),
    /// A variable.
    Variable(Variable),
}

/// Takes a text apart at its variables. The error is a message without a place.
pub(crate) fn split(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        let (after, part) = braced(from).map_err(|_| broken(from))?;
        parts.push(part);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

fn broken(from: &str) -> String {
    let shown: String = from.chars().take(40).collect();
    format!("`{shown}` is not a policy variable; write `${{key}}`, `${{key, 'default'}}` or `${{$}}` for a dollar sign")
}

fn braced(text: &str) -> IResult<&str, Part<'_>> {
    let (rest, inside) = delimited(tag("${"), take_till(|c| c == '}'), char('}')).parse(text)?;
    let (_, part) =
        all_consuming(alt((map(one_of("*?$"), Part::Literal), map(variable, Part::Variable)))).parse(inside)?;
    Ok((rest, part))
}

fn variable(text: &str) -> IResult<&str, Variable> {
    let (text, name) =
        preceded(multispace0, take_till1(|c: char| c == ',' || c == '\'' || c == '$' || c == '{')).parse(text)?;
    let (text, default) = opt(default).parse(text)?;
    let (text, _) = multispace0(text)?;
    Ok((text, Variable { key: Key::new(name.trim_end()), default: default.map(Into::into) }))
}

fn default(text: &str) -> IResult<&str, &str> {
    let quoted = delimited(char('\''), take_till(|c| c == '\''), char('\''));
    preceded((char(','), multispace0), quoted).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_defaults_and_literals() {
        let parts = split("a/${aws:username}/${aws:PrincipalTag/team, 'no team'}${*}b").unwrap();
        let plain = |name: &str, default: Option<&str>| {
            Part::Variable(Variable { key: Key::new(name), default: default.map(Into::into) })
        };
        let wanted = [
            Part::Text("a/"),
            plain("AWS:UserName", None),
            Part::Text("/"),
            plain("aws:principaltag/team", Some("no team")),
            Part::Literal('*'),
            Part::Text("b"),
        ];
        assert_eq!(parts, wanted);
    }

    #[test]
    fn what_is_not_a_variable_is_refused() {
        for text in ["${", "${}", "${aws:username", "${a,b}", "${a, 'b}", "x${ }", "${a${b}}", "${**}"] {
            assert!(split(text).is_err(), "accepted {text:?}");
        }
        assert_eq!(split("$a {b} $").unwrap(), [Part::Text("$a {b} $")]);
    }
}
