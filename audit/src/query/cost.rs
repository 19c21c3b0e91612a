//! What requests cost at list price. A request that two accounts were told of is paid once, by the caller.

use std::collections::HashMap;

use super::answer::Cell;
use super::group::Groups;
use super::price::{Class, Parameters, Prices};
use super::row::{Column, Memo, Row, Word};
use super::{Fold, creations};
use crate::json::Tree;
use crate::parquet::{FileError, Filter};

pub(super) struct Cost {
    /// How many requests of each class.
    groups: Groups<3, [u64; Class::COUNT]>,
    shared: HashMap<String, Request>,
    /// Whether some request costs what its key makes it cost.
    has_of_key: bool,
    /// Of the keys whose creation is in the log, their kind.
    specs: HashMap<String, String>,
    tree: Tree,
    parameters: Memo<Parameters>,
    is_request: Memo<bool>,
}

/// A request that may come a second time, from the other account.
struct Request {
    principal: Option<String>,
    key: Option<String>,
    name: Option<String>,
    /// One of each event: the owner's may tell less.
    classes: [Class; 2],
}

impl Cost {
    pub(super) fn new() -> Self {
        Self {
            groups: Groups::default(),
            shared: HashMap::new(),
            has_of_key: false,
            specs: HashMap::new(),
            tree: Tree::default(),
            parameters: Memo::default(),
            is_request: Memo::default(),
        }
    }

    fn is_small_rsa(&self, key: Option<&str>) -> bool {
        key.and_then(|key| self.specs.get(key)).is_some_and(|spec| spec == "RSA_2048")
    }
}

impl Fold for Cost {
    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        // Service events and those of a VPC endpoint are no requests of their own.
        if !self.is_request.of(row.word(Column::EventType), |kind| kind.is_none_or(|kind| kind == "AwsApiCall")) {
            return Ok(());
        }
        let [principal, key, name] =
            [Column::PrincipalArn, Column::KmsKeyArn, Column::EventName].map(|column| row.word(column));
        let parameters = row.word(Column::RequestParameters);
        let parameters = self.parameters.of(parameters, |text| Parameters::read(text, &mut self.tree));
        let class = Class::of(name.text().unwrap_or_default(), parameters);
        self.has_of_key |= class == Class::OfKey;
        let Some(shared) = row.text(Column::SharedEventId) else {
            add(&mut self.groups, [principal, key, name], class);
            return Ok(());
        };
        let [principal, key, name] = [principal, key, name].map(|word| word.text().map(str::to_owned));
        match self.shared.get_mut(shared) {
            None => {
                self.shared.insert(shared.to_owned(), Request { principal, key, name, classes: [class; 2] });
            }
            Some(other) => {
                other.principal = other.principal.take().max(principal);
                other.key = other.key.take().max(key);
                let [first, _] = other.classes;
                other.classes = [first, class];
            }
        }
        Ok(())
    }

    fn after(&self) -> Option<(&'static [Column], Filter)> {
        self.has_of_key.then(|| (&[Column::ResponseElements] as &[Column], creations()))
    }

    fn take_after(&mut self, row: Row<'_>) {
        let response = row.text(Column::ResponseElements).and_then(|text| self.tree.read(text).ok());
        let made = ["keyMetadata", "replicaKeyMetadata"];
        let made = response.and_then(|response| made.iter().find_map(|name| response.member(name)));
        let text = |name| made.and_then(|made| made.text_member(name)).map(|text| text.into_owned());
        // Before 2021 there was only the older name.
        if let (Some(arn), Some(spec)) = (text("arn"), text("keySpec").or_else(|| text("customerMasterKeySpec"))) {
            self.specs.insert(arn, spec);
        }
    }

    fn finish(mut self: Box<Self>) -> Vec<Vec<Cell>> {
        let prices = Prices::listed();
        for Request { principal, key, name, classes } in std::mem::take(&mut self.shared).into_values() {
            let small_rsa = self.is_small_rsa(key.as_deref());
            let dearest = classes.into_iter().max_by_key(|class| prices.of(*class, small_rsa));
            let texts = [&principal, &key, &name];
            let words = texts.map(|text| text.as_deref().map_or(Word::Null, Word::Text));
            add(&mut self.groups, words, dearest.unwrap_or(Class::Request));
        }
        let groups = std::mem::take(&mut self.groups);
        let row = |([principal, key, name], counts): ([Cell; 3], [u64; Class::COUNT])| {
            let small_rsa = self.is_small_rsa(if let Cell::Text(key) = &key { Some(key) } else { None });
            let each = counts.iter().zip(Class::ALL);
            let price = each.fold(0, |sum: u64, (count, class)| {
                sum.saturating_add(count.saturating_mul(prices.of(class, small_rsa)))
            });
            let count = Cell::Count(counts.iter().sum());
            vec![principal, key, name, count, Cell::Dollars(price), Cell::text(Some(prices.date))]
        };
        groups.finish().map(row).collect()
    }
}

fn add(groups: &mut Groups<3, [u64; Class::COUNT]>, words: [Word<'_>; 3], class: Class) {
    let none = || [0; Class::COUNT];
    groups.with(words, none, |counts| {
        if let Some(count) = counts.get_mut(class as usize) {
            *count += 1;
        }
    });
}
