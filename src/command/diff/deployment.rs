//! The accounts in which a template may be deployed.
//!
//! A policy of a template is the same in every account that it does not name, so one that nobody names stands for all of
//! them; each account that it does name is a case of its own. Only the account of what a policy is attached to is told
//! apart like that: it is certain to be an account, and the same on both sides. Whatever else is open stays open.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use wardbook_policy::arn::Arn;
use wardbook_policy::policy::Policy;
use wardbook_policy::statement::Statement;
use wardbook_policy::symbol;

/// How many accounts that policies name are tried; where there are more, the account stays open.
const NAMED_ACCOUNTS_MAX: usize = 32;
/// How many digits an account id has.
const ACCOUNT_DIGITS: usize = 12;
/// The account that stands for all that nobody names, or one soon after it.
const STAND_IN: u64 = 731_904_628_001;

/// Policies in one account.
pub(super) enum Deployment<'n> {
    /// As they are.
    Open,
    /// In an account that nobody names.
    Elsewhere { symbol: &'n str, stand_in: String },
    /// In one of those that they name.
    Named { symbol: &'n str, account: String },
}

impl<'n> Deployment<'n> {
    /// Every deployment that policies could tell from the others. `name` ends with the ARN of what they are attached to.
    pub(super) fn all(name: &'n str, old: &[Policy], new: &[Policy]) -> Vec<Deployment<'n>> {
        let arn = name.rsplit(" of ").next().unwrap_or_default();
        let account = Arn::parse(arn).map_or("", |arn| arn.account);
        let statements = || old.iter().chain(new).flat_map(Policy::statements);
        if !symbol::is_lone(account) || statements().any(|statement| tells_digits_apart(statement, account)) {
            return vec![Deployment::Open];
        }
        let named: BTreeSet<String> = statements().flat_map(Statement::texts).chain([arn]).flat_map(accounts).collect();
        if named.len() > NAMED_ACCOUNTS_MAX {
            return vec![Deployment::Open];
        }
        let stand_in = (STAND_IN..).map(|number| number.to_string()).find(|account| !named.contains(account));
        let elsewhere = stand_in.map(|stand_in| Deployment::Elsewhere { symbol: account, stand_in });
        elsewhere
            .into_iter()
            .chain(named.into_iter().map(|named| Deployment::Named { symbol: account, account: named }))
            .collect()
    }

    /// The symbol, and the account in its place.
    fn pair(&self) -> Option<(&str, &str)> {
        match self {
            Deployment::Open => None,
            Deployment::Elsewhere { symbol, stand_in: account } | Deployment::Named { symbol, account } => {
                Some((symbol, account))
            }
        }
    }

    /// The policies in this account.
    pub(super) fn policies<'p>(&self, policies: &'p [Policy]) -> Cow<'p, [Policy]> {
        match self.pair() {
            None => Cow::Borrowed(policies),
            Some((symbol, account)) => policies.iter().map(|policy| policy.settled(symbol, account)).collect(),
        }
    }

    /// A text in this account.
    pub(super) fn settled(&self, text: &str) -> String {
        self.pair().map_or_else(|| text.to_owned(), |(symbol, account)| text.replace(symbol, account))
    }

    /// What the report calls something: in an account that was named, that account belongs to it.
    pub(super) fn subject(&self, name: &str) -> String {
        match self {
            Deployment::Named { .. } => self.settled(name),
            Deployment::Open | Deployment::Elsewhere { .. } => name.to_owned(),
        }
    }

    /// A text about this deployment as a reader of the template would put it.
    pub(super) fn told(&self, text: &str) -> String {
        match self {
            Deployment::Elsewhere { symbol, stand_in } => text.replace(stand_in, symbol),
            Deployment::Open | Deployment::Named { .. } => text.to_owned(),
        }
    }

    /// The same for every text of a value.
    pub(super) fn told_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.told(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.told_value(value)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, value)| (self.told(&name), self.told_value(value))).collect()
            }
            other => other,
        }
    }
}

/// Every account that may be in a text.
fn accounts(text: &str) -> Vec<String> {
    let runs = text.split(|character: char| !character.is_ascii_digit());
    let windows = runs.flat_map(|run| run.as_bytes().windows(ACCOUNT_DIGITS));
    windows.map(|digits| digits.iter().map(|digit| char::from(*digit)).collect()).collect()
}

/// Whether a statement may tell accounts apart otherwise than by their whole ids.
fn tells_digits_apart(statement: &Statement, account: &str) -> bool {
    let orders = statement.conditions().iter().any(|atom| {
        let name = atom.operator().name;
        let of_account = atom.key().lower().ends_with("account") || atom.values().iter().any(|v| v.contains(account));
        (name.starts_with("Numeric") || name.starts_with("Date")) && of_account
    });
    orders || statement.texts().any(has_digits_at_gap)
}

/// Whether digits stand beside something that may be digits too: a wildcard, a variable or a symbol.
fn has_digits_at_gap(text: &str) -> bool {
    let (mut after_digit, mut after_gap, mut closing) = (false, false, None::<char>);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if let Some(end) = closing {
            if character == end {
                (closing, after_gap) = (None, true);
            }
            continue;
        }
        closing = match character {
            '⟦' => Some('⟧'),
            '⟪' => Some('⟫'),
            '$' if characters.peek() == Some(&'{') => Some('}'),
            _ => None,
        };
        let is_gap = closing.is_some() || matches!(character, '*' | '?');
        let is_digit = character.is_ascii_digit();
        if is_gap && after_digit || is_digit && after_gap {
            return true;
        }
        (after_digit, after_gap) = (is_digit, is_gap);
    }
    false
}

#[cfg(test)]
mod tests {
    use wardbook_policy::document::Document;
    use wardbook_policy::json;
    use wardbook_policy::policy::{Origin, PolicyKind};

    use super::*;

    const NAME: &str = "key policy of arn:aws:kms:⟦t#Region⟧:⟦t#AccountId⟧:key/⟪t#Key⟫";

    fn policy(principals: &str) -> Vec<Policy> {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
                "Principal": {{"AWS": [{principals}]}}}}}}"#
        );
        let document = Document::read_open(&json::parse(&text).unwrap());
        vec![Policy::forced(&document, PolicyKind::Key, Origin::default()).0]
    }

    #[test]
    fn accounts_that_are_named_are_tried_up_to_the_limit() {
        let named = |count: usize| {
            let ids: Vec<String> = (0..count).map(|number| format!(r#""{}""#, 100_000_000_000 + number)).collect();
            Deployment::all(NAME, &policy(&ids.join(", ")), &[]).len()
        };
        assert_eq!(named(NAMED_ACCOUNTS_MAX), NAMED_ACCOUNTS_MAX + 1);
        assert_eq!(named(NAMED_ACCOUNTS_MAX + 1), 1);
    }

    #[test]
    fn the_stand_in_is_an_account_that_nobody_names() {
        let policies = policy(&format!(r#""arn:aws:iam::{STAND_IN}:root""#));
        let all = Deployment::all(NAME, &policies, &[]);
        assert_eq!(all.first().unwrap().settled("⟦t#AccountId⟧"), (STAND_IN + 1).to_string());
        assert_eq!(all.last().unwrap().subject(NAME), NAME.replace("⟦t#AccountId⟧", &STAND_IN.to_string()));
    }

    #[test]
    fn digits_beside_what_may_be_digits_are_seen() {
        for (text, wanted) in [
            ("arn:aws:iam::1111*:role/app", true),
            ("*3333:root", true),
            ("1⟦t#AccountId⟧", true),
            ("bucket${aws:PrincipalAccount}0", true),
            ("arn:aws:iam::⟦t2#AccountId⟧:role/app2", false),
            ("arn:aws:iam::*:role/app2/*", false),
            ("arn:aws:kms:eu-west-1:111122223333:key/*", false),
        ] {
            assert_eq!(has_digits_at_gap(text), wanted, "{text}");
        }
    }
}
