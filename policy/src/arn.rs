//! Amazon Resource Names: six parts between colons, the last of which may hold colons itself.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use nom::bytes::complete::{tag, take_till};
use nom::character::complete::char;
use nom::combinator::rest;
use nom::sequence::terminated;
use nom::{IResult, Parser};

/// The parts of an ARN, borrowed from its text.
///
/// ```
/// let arn = wardbook_policy::arn::Arn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234").unwrap();
/// assert_eq!((arn.service, arn.account, arn.resource), ("kms", "111122223333", "key/1234"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: &'a str,
    /// `kms`, `iam`, ...
    pub service: &'a str,
    /// The region, or empty.
    pub region: &'a str,
    /// The account, or empty.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes a text apart; `None` if it does not have an ARN's six parts.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let (_, arn) = arn(text).ok()?;
        Some(arn)
    }

    /// The resource without a leading type: of `key/1234` and `key:1234` it is `1234`.
    pub fn resource_after(&self, kind: &str) -> Option<&'a str> {
        let rest = self.resource.strip_prefix(kind)?;
        rest.strip_prefix(['/', ':'])
    }
}

fn arn(text: &str) -> IResult<&str, Arn<'_>> {
    let (text, _) = tag("arn:").parse(text)?;
    let (text, partition) = part(text)?;
    let (text, service) = part(text)?;
    let (text, region) = part(text)?;
    let (text, account) = part(text)?;
    let (text, resource) = rest(text)?;
    Ok((text, Arn { partition, service, region, account, resource }))
}

fn part(text: &str) -> IResult<&str, &str> {
    terminated(take_till(|c| c == ':'), char(':')).parse(text)
}

/// Whether the text is an account id: twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text stands for one account: its id, or a symbol that stands for it.
pub fn is_account(text: &str) -> bool {
    is_account_id(text) || crate::symbol::is_lone(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_may_hold_colons() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:111122223333:log-group:a:*").unwrap();
        assert_eq!(arn.resource, "log-group:a:*");
        assert_eq!(Arn::parse("arn:aws:s3:::bucket").unwrap().account, "");
        assert_eq!(Arn::parse("arn:aws:iam::111122223333"), None);
        assert_eq!(Arn::parse("ARN:aws:iam::111122223333:root"), None);
    }
}
