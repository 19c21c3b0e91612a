//! What requests cost at list price. A request that two accounts were told of is paid once, by the caller.

use std::collections::HashMap;

use super::answer::Cell;
use super::group::Groups;
use super::price::{Prices, class};
use super::row::Row;
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
        }
    }
}

impl Fold for Cost {
    fn before(&mut self) -> Option<(&'static [&'static str], Filter)> {
        Some((&["response_elements"], creations()))
    }

    fn take_before(&mut self, row: Row<'_>) {
        let response = row.text("response_elements").and_then(|text| self.tree.read(text).ok());
        let made = response.and_then(|response| response.member("keyMetadata"));
        let text = |name| made.and_then(|made| made.text_member(name)).map(|text| text.into_owned());
        if let (Some(arn), Some(spec)) = (text("arn"), text("keySpec")) {
            self.specs.insert(arn, spec);
        }
    }

    fn take(&mut self, row: Row<'_>) -> Result<(), FileError> {
        // Service events and those of a VPC endpoint are no requests of their own.
        if row.text("event_type").is_some_and(|kind| kind != "AwsApiCall") {
            return Ok(());
        }
        let key = row.text("kms_key_arn");
        let spec = key.and_then(|key| self.specs.get(key)).map(String::as_str);
        let price = self.prices.of(class(row, spec, &mut self.tree));
        let (principal, name) = (row.text("principal_arn"), row.text("event_name"));
        let Some(shared) = row.text("shared_event_id") else {
            add(&mut self.groups, [principal, key, name], price);
            return Ok(());
        };
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
            let texts = [&request.principal, &request.key, &request.name].map(Option::as_deref);
            add(&mut self.groups, texts, request.price);
        }
        let date = self.prices.date;
        let row = |([principal, key, name], (count, price)): ([Cell; 3], (u64, u64))| {
            vec![principal, key, name, Cell::Count(count), Cell::Dollars(price), Cell::text(Some(date))]
        };
        self.groups.finish().map(row).collect()
    }
}

fn add(groups: &mut Groups<3, (u64, u64)>, texts: [Option<&str>; 3], price: u64) {
    let (count, sum) = groups.entry(texts, || (0, 0));
    *count += 1;
    *sum = sum.saturating_add(price);
}
