//! Concrete accounts, Regions and partitions in the place of those that a template leaves open.
//!
//! A policy of a template is the same policy in whatever account it is deployed, so what evaluation says of it in
//! one that nobody names, it says of all. A symbol is stood in for only where it is a whole part of an ARN; what may be any
//! text at all stays open, and so do names that are made.

use core::cell::OnceCell;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::arn::{Arn, is_account_id};
use crate::document::Document;
use crate::subject::Subjects;
use crate::symbol;

use super::vocabulary::List;

/// What the id of a key that is made begins with.
const KEY_ID: &str = "00000000-0000-0000-0000-";

/// Stand-ins for the symbols of one carrier.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    by_symbol: BTreeMap<Box<str>, Box<str>>,
    /// The way back for accounts and keys.
    by_name: OnceCell<HashMap<Box<str>, Box<str>>>,
}

/// What symbols of a part of an ARN stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Partition,
    Region,
    Account,
}

impl StandIns {
    /// Stand-ins for the accounts, Regions and partitions that these subjects leave open.
    pub(super) fn of(subjects: &Subjects) -> StandIns {
        let mut seen = Seen::default();
        for subject in subjects.documents.iter().filter(|subject| subject.document.open) {
            seen.document(&subject.document);
        }
        subjects.keys.iter().for_each(|key| seen.text(&key.arn));
        subjects.aliases.iter().for_each(|alias| seen.text(&alias.arn));
        subjects.uses.iter().for_each(|using| seen.text(&using.key.text));
        let mut stand_ins = seen.stand_ins();
        for key in &subjects.keys {
            let id = Arn::parse(&key.arn).and_then(|arn| arn.resource_after("key"));
            let Some(id) = id.filter(|id| symbol::is_lone(id)) else { continue };
            let number = stand_ins.by_symbol.len();
            stand_ins.by_symbol.entry(id.into()).or_insert_with(|| format!("{KEY_ID}{number:012}").into());
        }
        stand_ins
    }

    /// Stand-ins for what an earlier state of the same subjects leaves open: what has the same name in both is the same,
    /// whatever their files are called.
    pub(super) fn before(old: &Subjects, new: &Subjects, stand_ins: &StandIns) -> StandIns {
        let (mut earlier, mut later) = (BTreeSet::new(), BTreeSet::new());
        symbols(old, &mut earlier);
        symbols(new, &mut later);
        let mut found = StandIns::of(old);
        for symbol in earlier.difference(&later) {
            let mut same = later.iter().filter(|other| symbol::short(other) == symbol::short(symbol));
            if let (Some(same), None) = (same.next(), same.next()) {
                found.by_symbol.insert(symbol.clone(), same.clone());
            }
        }
        for (symbol, stand_in) in &mut found.by_symbol {
            let settled = stand_ins.settle(if later.contains(symbol) { symbol } else { stand_in });
            if !symbol::holds(&settled) || later.contains(&*settled) {
                *stand_in = settled.into();
            }
        }
        found
    }

    /// The text with stand-ins in it.
    pub(super) fn settle(&self, text: &str) -> String {
        // A template may have thousands of symbols, and a text has few.
        let mut settled = text.to_owned();
        for symbol in symbol::names(text) {
            if let Some(stand_in) = self.by_symbol.get(symbol) {
                settled = settled.replace(symbol, stand_in);
            }
        }
        settled
    }

    /// A text about stand-ins as a reader of the template would put it.
    pub(super) fn told(&self, text: &str) -> String {
        let by_name = self.by_name.get_or_init(|| {
            let named = self.by_symbol.iter().filter(|(_, name)| is_account_id(name) || name.starts_with(KEY_ID));
            named.map(|(symbol, name)| (name.clone(), symbol::short(symbol).into())).collect()
        });
        if by_name.is_empty() {
            return text.to_owned();
        }
        // Both are digits and dashes.
        let is_part = |character: char| character.is_ascii_digit() || character == '-';
        let mut told = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) =
            rest.find(|c: char| c.is_ascii_digit()).and_then(|at| rest.split_at_checked(at))
        {
            let end = from.find(|character| !is_part(character)).unwrap_or(from.len());
            let Some((name, after)) = from.split_at_checked(end) else { break };
            told.push_str(before);
            told.push_str(by_name.get(name).map_or(name, |symbol| symbol));
            rest = after;
        }
        told.push_str(rest);
        told
    }

    /// The document with stand-ins in it. Places stay.
    pub(super) fn settle_document<'d>(&self, document: &'d Document) -> Cow<'d, Document> {
        if !document.open || self.by_symbol.is_empty() {
            return Cow::Borrowed(document);
        }
        let mut settled = document.clone();
        settled.words(&mut |word| {
            if symbol::holds(&word.text) {
                word.text = self.settle(&word.text).into();
            }
        });
        Cow::Owned(settled)
    }
}

/// Every symbol in the documents and ARNs of keys.
fn symbols(subjects: &Subjects, found: &mut BTreeSet<Box<str>>) {
    let mut text = |text: &str| found.extend(symbol::names(text).map(Box::from));
    for subject in subjects.documents.iter().filter(|subject| subject.document.open) {
        subject.document.clone().words(&mut |word| text(&word.text));
    }
    subjects.keys.iter().for_each(|key| text(&key.arn));
}

/// The texts and symbols of a carrier.
#[derive(Debug, Default)]
struct Seen {
    symbols: BTreeMap<Box<str>, Part>,
    accounts: Vec<Box<str>>,
}

impl Seen {
    fn document(&mut self, document: &Document) {
        // Reading needs no change, but the walk is one for both.
        document.clone().words(&mut |word| self.text(&word.text));
    }

    fn text(&mut self, text: &str) {
        if let Some((_, rest)) = text.split_once(".⟦")
            && let Some((name, _)) = rest.split_once("⟧.amazonaws.com")
        {
            self.symbols.entry(format!("⟦{name}⟧").into()).or_insert(Part::Region);
        }
        if is_account_id(text) {
            self.accounts.push(text.into());
        }
        let Some(arn) = Arn::parse(text) else { return };
        let parts = [(arn.partition, Part::Partition), (arn.region, Part::Region), (arn.account, Part::Account)];
        for (text, part) in parts {
            if symbol::is_lone(text) && symbol::holds_unknown(text) {
                self.symbols.entry(text.into()).or_insert(part);
            }
        }
        if is_account_id(arn.account) {
            self.accounts.push(arn.account.into());
        }
    }

    fn stand_ins(self) -> StandIns {
        let mut regions = List::Region.names();
        let mut number = 0_u32;
        let mut by_symbol = BTreeMap::new();
        for (symbol, part) in self.symbols {
            let stand_in: Box<str> = match part {
                Part::Partition => "aws".into(),
                Part::Region => regions.next().unwrap_or("us-east-1").into(),
                Part::Account => loop {
                    number += 1;
                    let account = format!("{number:012}");
                    if !self.accounts.iter().any(|known| **known == *account) {
                        break account.into();
                    }
                },
            };
            by_symbol.insert(symbol, stand_in);
        }
        StandIns { by_symbol, ..StandIns::default() }
    }
}

/// The document with another account in the place of one that stands in for it.
pub(super) fn with_account<'d>(document: Cow<'d, Document>, stand_in: &str, account: &str) -> Cow<'d, Document> {
    let mut document = document.into_owned();
    document.words(&mut |word| {
        if word.text.contains(stand_in) {
            word.text = word.text.replace(stand_in, account).into();
        }
    });
    Cow::Owned(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_arns_are_stood_in_for_and_other_texts_stay_open() {
        let account = symbol::unknown("t.yaml#AccountId");
        let mut seen = Seen::default();
        seen.text(&format!("arn:aws:iam::{account}:role/⟦t.yaml#Role⟧"));
        seen.text("arn:aws:iam::000000000001:root");
        seen.text("s3.⟦t.yaml#Region⟧.amazonaws.com");
        seen.text("⟦t.yaml#Anything⟧");
        let stand_ins = seen.stand_ins();
        assert_eq!(stand_ins.settle(&account), "000000000002");
        assert_eq!(stand_ins.settle("⟦t.yaml#Anything⟧ ⟦t.yaml#Role⟧"), "⟦t.yaml#Anything⟧ ⟦t.yaml#Role⟧");
        assert!(List::Region.has(&stand_ins.settle("⟦t.yaml#Region⟧")));
        assert_eq!(stand_ins.told("account 000000000002"), "account AccountId");
    }
}
