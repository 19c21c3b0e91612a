//! All subjects at once, for rules about how they fit together.

use std::collections::HashMap;

use crate::arn::Arn;
use crate::boxes::{Answer, residual};
use crate::context::Unnamed;
use crate::layers::{Layers, Told};
use crate::policy::Policy;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::subject::{Declaration, HolderSubject, KeySubject, Subjects};
use crate::symbol;

use super::around::{Around, KnownKey};
use super::stand_in::StandIns;
use super::view::{Prepared, View};

/// All subjects, their documents taken apart.
pub(super) struct Whole<'a> {
    pub(super) subjects: &'a Subjects,
    /// One for each document, in the same order.
    pub(super) views: &'a [View<'a>],
    pub(super) stand_ins: &'a StandIns,
    pub(super) index: Index<'a>,
    /// What there is beside the carrier.
    pub(super) around: &'a Around,
    /// What they are compared with.
    pub(super) before: Option<Before<'a>>,
}

/// The subjects as they were.
pub(super) struct Before<'a> {
    pub(super) subjects: &'a Subjects,
    pub(super) prepared: &'a [Prepared<'a>],
}

/// What is looked up by name, since a carrier may declare thousands of keys.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    keys: HashMap<&'a str, usize>,
    /// What aliases, without `alias/`, stand for.
    aliases: HashMap<&'a str, &'a str>,
    /// The key of a document.
    by_policy: HashMap<usize, usize>,
    /// Resources by the address that the carrier gives them.
    resources: HashMap<String, &'a Declaration>,
    /// Who has a document.
    holders: HashMap<usize, Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(subjects: &'a Subjects) -> Index<'a> {
        let mut index = Index::default();
        for (place, key) in subjects.keys.iter().enumerate() {
            index.keys.entry(&key.arn).or_insert(place);
            if let Some((_, id)) = key.arn.rsplit_once(":key/") {
                index.keys.entry(id).or_insert(place);
            }
            if let Some(policy) = key.policy {
                index.by_policy.entry(policy).or_insert(place);
            }
        }
        for alias in &subjects.aliases {
            if let (Some(name), Some(target)) = (&alias.name, &alias.target) {
                let name = name.text.strip_prefix("alias/").unwrap_or(&name.text);
                index.aliases.entry(name).or_insert(&target.text);
            }
        }
        for resource in &subjects.resources {
            // Symbols have points where an address has brackets.
            let name = symbol::short(&symbol::unknown(&resource.address)).to_owned();
            index.resources.entry(name).or_insert(resource);
        }
        for (place, holder) in subjects.holders.iter().enumerate() {
            for document in &holder.documents {
                index.holders.entry(*document).or_default().push(place);
            }
        }
        index
    }

    /// The key of which a document is the policy.
    pub(super) fn key_of_policy(&self, document: usize) -> Option<usize> {
        self.by_policy.get(&document).copied()
    }

    /// The key that has this ARN or id.
    pub(super) fn key(&self, text: &str) -> Option<usize> {
        self.keys.get(text).copied().filter(|_| !text.is_empty())
    }

    /// The resource that a symbol stands for, or an attribute of.
    pub(super) fn resource(&self, text: &str) -> Option<&'a Declaration> {
        let short = Some(symbol::short(text)).filter(|_| symbol::is_lone(text))?;
        // `Bucket.Arn` of CloudFormation, `aws_s3_bucket.b.arn` and `module.m.aws_s3_bucket.b[0].arn` of Terraform.
        let mut rest = short;
        loop {
            if let Some(found) = self.resources.get(rest) {
                return Some(found);
            }
            rest = rest.rsplit_once('.')?.0;
        }
    }
}

/// A key that a text names.
pub(super) enum Named<'a> {
    Declared(&'a KeySubject),
    /// One that lies beside the carrier.
    Around(&'a KnownKey),
}

impl<'a> Whole<'a> {
    /// The policy of a key, if it is declared.
    pub(super) fn policy_of(&self, key: &KeySubject) -> Option<(usize, &'a View<'a>)> {
        let index = key.policy?;
        Some((index, self.views.get(index)?))
    }

    /// The key that a resource names by its id, its ARN or one of its aliases.
    pub(super) fn key_named(&self, text: &str) -> Option<Named<'a>> {
        let alias = text.rsplit_once(":alias/").map_or(text.strip_prefix("alias/"), |(_, name)| Some(name));
        let target = alias.and_then(|name| self.index.aliases.get(name).copied()).unwrap_or(text);
        let declared = self.index.key(target).and_then(|place| self.subjects.keys.get(place));
        declared.map(Named::Declared).or_else(|| self.around.key(text).map(Named::Around))
    }

    /// The users and roles that have a document.
    pub(super) fn holders_of(&self, document: usize) -> impl Iterator<Item = &'a HolderSubject> {
        let places = self.index.holders.get(&document).into_iter().flatten();
        places.filter_map(|place| self.subjects.holders.get(*place))
    }
}

/// Whether somebody may make a request of this kind in some context, by the key's policy and their own policies.
pub(super) struct Question<'q> {
    pub(super) principal: &'q str,
    pub(super) action: &'q str,
    pub(super) key: &'q str,
    /// What of the context is told.
    pub(super) context: &'q [(&'q str, &'q str)],
}

impl Question<'_> {
    /// The answer, with a request that is allowed, if there is one.
    pub(super) fn ask(&self, key_policy: &[Policy], own: Told<'_, Policy>) -> Option<(Answer, Option<Request>)> {
        let account = Arn::parse(self.key)?.account;
        let mut builder = Request::builder(self.principal, self.action, self.key).resource_account(account);
        for (key, value) in self.context {
            builder = builder.with(key, *value);
        }
        // The Region may be one that stands in for another.
        let request = builder.unnamed(Unnamed::Unknown).unknown("aws:RequestedRegion").build().ok()?;
        let layers = Layers { resource: Told::Known(key_policy), identity: own, ..Layers::default() };
        let found = residual(&request, &layers, Quirks::default());
        let witness = found.alternatives.into_iter().next().map(|alternative| alternative.witness);
        Some((found.answer, witness))
    }
}

/// Pairs of documents before and after: those of the same declaration and name, or the only ones of their kind.
pub(super) fn pairs<'p>(
    new: &'p Subjects,
    before: &Before<'p>,
    views: &'p [View<'p>],
) -> Vec<(usize, &'p Prepared<'p>)> {
    let lone = new.documents.len() == 1 && before.subjects.documents.len() == 1;
    let mut earlier: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for (index, old) in before.subjects.documents.iter().enumerate() {
        earlier.entry((&old.owner.kind, &old.owner.address, last(&old.name))).or_insert(index);
    }
    let mut found = Vec::new();
    for (index, subject) in new.documents.iter().enumerate() {
        let same = earlier.get(&(&*subject.owner.kind, &*subject.owner.address, last(&subject.name))).copied();
        let Some(old) = same.or(lone.then_some(0)).and_then(|at| before.prepared.get(at)) else { continue };
        let same_kind = views.get(index).is_some_and(|view| view.kind == old.kind);
        if same_kind || lone {
            found.push((index, old));
        }
    }
    found
}

/// What a name says behind the ARN, which may hold the name of the file.
fn last(name: &str) -> &str {
    match name.split_once(' ') {
        Some((first, rest)) if first.starts_with("arn:") => rest,
        _ if symbol::holds(name) => "",
        _ => name,
    }
}
