//! All subjects at once, for rules about how they fit together.

use crate::arn::Arn;
use crate::boxes::{Answer, residual};
use crate::context::Unnamed;
use crate::layers::{Layers, Told};
use crate::policy::Policy;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::subject::{DocumentSubject, KeySubject, Subjects};
use crate::symbol;

use super::stand_in::StandIns;
use super::view::{Prepared, View};

/// All subjects, their documents taken apart.
pub(super) struct Whole<'a> {
    pub(super) subjects: &'a Subjects,
    /// One for each document, in the same order.
    pub(super) views: &'a [View<'a>],
    pub(super) stand_ins: &'a StandIns,
    /// What they are compared with.
    pub(super) before: Option<Before<'a>>,
}

/// The subjects as they were.
pub(super) struct Before<'a> {
    pub(super) subjects: &'a Subjects,
    pub(super) prepared: &'a [Prepared<'a>],
}

impl<'a> Whole<'a> {
    /// The policy of a key, if it is declared.
    pub(super) fn policy_of(&self, key: &KeySubject) -> Option<(usize, &'a View<'a>)> {
        let index = key.policy?;
        Some((index, self.views.get(index)?))
    }

    /// The key that a resource names by its id, its ARN or one of its aliases.
    pub(super) fn key_named(&self, text: &str) -> Option<(usize, &'a KeySubject)> {
        let alias = text.rsplit_once(":alias/").map_or(text.strip_prefix("alias/"), |(_, name)| Some(name));
        let target = alias.and_then(|name| {
            let named = |own: &str| own.strip_prefix("alias/") == Some(name);
            let mut aliases = self.subjects.aliases.iter();
            aliases.find(|alias| alias.name.as_ref().is_some_and(|own| named(&own.text)))?.target.as_ref()
        });
        let text = target.map_or(text, |target| &*target.text);
        self.subjects.keys.iter().enumerate().find(|(_, key)| is_key(key, text))
    }

    /// The users and roles whose own policies the subjects declare, each with the documents that are certainly theirs.
    pub(super) fn holders(&self) -> Vec<(&'a str, Vec<usize>)> {
        holders(self.subjects)
    }
}

/// The user or role of which a document is an inline policy, as the name of the document tells.
pub(super) fn holder(subject: &DocumentSubject) -> Option<&str> {
    let (arn, _) = subject.name.split_once(" inline ")?;
    let parsed = Arn::parse(arn)?;
    let is_holder = parsed.service == "iam" && ["user/", "role/"].iter().any(|kind| parsed.resource.starts_with(kind));
    is_holder.then_some(arn)
}

fn holders(subjects: &Subjects) -> Vec<(&str, Vec<usize>)> {
    let mut found: Vec<(&str, Vec<usize>)> = Vec::new();
    for (index, subject) in subjects.documents.iter().enumerate() {
        let Some(arn) = holder(subject) else { continue };
        match found.iter_mut().find(|(known, _)| *known == arn) {
            Some((_, documents)) => documents.push(index),
            None => found.push((arn, vec![index])),
        }
    }
    found
}

/// Whether a text names this key by its ARN or id.
pub(super) fn is_key(key: &KeySubject, text: &str) -> bool {
    !text.is_empty() && (*key.arn == *text || key.arn.rsplit_once(":key/").is_some_and(|(_, id)| id == text))
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
        let request = builder.unnamed(Unnamed::Unknown).build().ok()?;
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
    let mut found = Vec::new();
    for (index, subject) in new.documents.iter().enumerate() {
        let same = before.subjects.documents.iter().position(|old| {
            old.owner.kind == subject.owner.kind
                && old.owner.address == subject.owner.address
                && last(&old.name) == last(&subject.name)
        });
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
