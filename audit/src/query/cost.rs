//! What requests cost at list price. A request that two accounts were told of is paid once, by the caller.

use std::collections::HashMap;

use super::answer::Cell;
use super::group::Groups;
use super::price::{Parameters, Prices, class};
use super::row::{Column, Memo, Row, Word};
use super::{Fold, creations};
use crate::json::Tree;
use crate::parquet::{FileError, Filter};

pub(super) struct Cost {
    prices: Prices,
    /// Of the keys whose creation is in the log, their kind.
    specs: HashMap<String, String>,
    /// How often, and millionths of a dollar.
    groups: Groups<3, (u64, u64)>,
    shared: HashMap<String, Request>,
    tree: Tree,
    parameters: Memo<Parameters>,
    small_rsa: Memo<bool>,
    is_request: Memo<bool>,
}

/// A request that may come a second time, from the other account.
struct Request {
    principal: Option<String>,
    key: Option<String>,
    name: Option<String>,
    price: u64,
}

impl Cost {
    pub(super) fn new() -> Self {
        Self {
            prices: Prices::listed(),
            specs: HashMap::new(),
            groups: Groups::default(),
            shared: HashMap::new(),
            tree: Tree::default(),
            parameters: Memo::default(),
            small_rsa: Memo::default(),
            is_request: Memo::default(),
        }
    }
}

impl Fold for Cost {
    fn before(&mut self) -> Option<(&'static [Column], Filter)> {
        Some((&[Column::ResponseElements], creations()))
    }

    fn take_before(&mut self, row: Row<'_>) {
        let response = row.text(Column::ResponseElements).and_then(|text| self.tree.read(text).ok());
        let made = response.and_then(|response| response.member("keyMetadata"));
        let text = |name| made.and_then(|made| made.text_member(name)).map(|text| text.into_owned());
        if let (Some(arn), Some(spec)) = (text("arn"), text("keySpec")) {
            self.specs.insert(arn, spec);
        }
    }

    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        // Service events and those of a VPC endpoint are no requests of their own.
        if !self.is_request.of(row.word(Column::EventType), |kind| kind.is_none_or(|kind| kind == "AwsApiCall")) {
            return Ok(());
        }
        let [principal, key, name] = [Column::PrincipalArn, Column::KmsKeyArn, Column::EventName].map(|c| row.word(c));
        let small_rsa =
            |key: Option<&str>| key.and_then(|key| self.specs.get(key)).is_some_and(|spec| spec == "RSA_2048");
        let small_rsa = self.small_rsa.of(key, small_rsa);
        let parameters = row.word(Column::RequestParameters);
        let parameters = self.parameters.of(parameters, |text| Parameters::read(text, &mut self.tree));
        let price = self.prices.of(class(name.text().unwrap_or_default(), parameters, small_rsa));
        let Some(shared) = row.text(Column::SharedEventId) else {
            add(&mut self.groups, [principal, key, name], price);
            return Ok(());
        };
        let [principal, key, name] = [principal, key, name].map(Word::text);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let request = Request { principal: owned(principal), key: owned(key), name: owned(name), price };
        match self.shared.get_mut(shared) {
            None => {
                self.shared.insert(shared.to_owned(), request);
            }
            Some(other) => {
                other.principal = other.principal.take().max(request.principal);
                other.key = other.key.take().max(request.key);
                other.price = other.price.max(request.price);
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Vec<Vec<Cell>> {
        for request in self.shared.values() {
            let texts = [&request.principal, &request.key, &request.name];
            let words = texts.map(|text| text.as_deref().map_or(Word::Null, Word::Text));
            add(&mut self.groups, words, request.price);
        }
        let date = self.prices.date;
        let row = |([principal, key, name], (count, price)): ([Cell; 3], (u64, u64))| {
            vec![principal, key, name, Cell::Count(count), Cell::Dollars(price), Cell::text(Some(date))]
        };
        self.groups.finish().map(row).collect()
    }
}

fn add(groups: &mut Groups<3, (u64, u64)>, words: [Word<'_>; 3], price: u64) {
    groups.with(
        words,
        || (0, 0),
        |(count, sum)| {
            *count += 1;
            *sum = sum.saturating_add(price);
        },
    );
}
