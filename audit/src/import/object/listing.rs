//! Collects the pages of a listing, and refuses one that does not end.

use super::{ObjectError, is_json};
use crate::limits::{OBJECT_PAGES_MAX, OBJECTS_MAX};

/// A part of a listing.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Keys and lengths.
    pub(super) objects: Vec<(String, u64)>,
    /// How to ask for the next part, if there is one.
    pub(super) token: Option<String>,
}

/// What was listed so far.
pub(super) struct Listing {
    address: String,
    prefix: String,
    found: Vec<(String, Option<u64>)>,
    others: u64,
    pages: usize,
    token: Option<String>,
}

impl Listing {
    pub(super) fn new(address: &str, prefix: String) -> Self {
        Self { address: address.to_owned(), prefix, found: Vec::new(), others: 0, pages: 0, token: None }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn count(&self) -> u64 {
        self.found.len() as u64 + self.others
    }

    /// Takes a page, and returns what the next one is asked for with.
    pub(super) fn add(&mut self, page: Page) -> Result<Option<String>, ObjectError> {
        let wrong = |why: String| ObjectError::List(self.address.clone(), why);
        self.pages += 1;
        if page.token.is_some() && page.token == self.token {
            return Err(wrong("the store tells the same page again and again".to_owned()));
        }
        for (key, length) in page.objects {
            if !key.starts_with(&self.prefix) {
                // The marker of the folder itself comes without its slash.
                if self.prefix.strip_suffix('/') == Some(&*key) {
                    continue;
                }
                return Err(wrong(format!("the store told of `{key}`, which was not asked for")));
            }
            match is_json(&key) {
                true => self.found.push((key, Some(length))),
                // The marker of a folder.
                false if length == 0 => {}
                false => self.others += 1,
            }
        }
        self.token = page.token;
        if self.found.len() > OBJECTS_MAX {
            return Err(ObjectError::TooMany(self.address.clone(), format!("{OBJECTS_MAX} objects")));
        }
        if self.token.is_some() && self.pages >= OBJECT_PAGES_MAX {
            return Err(ObjectError::TooMany(self.address.clone(), format!("{OBJECT_PAGES_MAX} pages of objects")));
        }
        Ok(self.token.clone())
    }

    /// Keys and lengths in order, and how many others there are.
    pub(super) fn finish(mut self) -> (Vec<(String, Option<u64>)>, u64) {
        self.found.sort();
        self.found.dedup_by(|a, b| a.0 == b.0);
        (self.found, self.others)
    }
}
