//! A block as an object: attributes and nested blocks, as the provider's own JSON has them.

use hcl_edit::Span as _;
use hcl_edit::structure::{Block, Body};
use wardbook_policy::span::Span;

use super::evaluator::{Evaluator, Failure};
use super::frame::{At, Frame};
use super::text::Text;
use super::value::{Entry, Symbol, Val};
use crate::limits::TERRAFORM_INSTANCES_MAX;

/// Arguments of every block, which say nothing about what it makes.
const META: &[&str] =
    &["count", "for_each", "provider", "providers", "depends_on", "lifecycle", "connection", "provisioner"];

impl Evaluator<'_> {
    /// The attributes of a body and its blocks, those of one kind in a list.
    pub(super) fn body(&mut self, body: &Body, span: Span, at: At<'_>) -> Val {
        let mut entries: Vec<Entry> = Vec::new();
        for attribute in body.attributes().filter(|attribute| !META.contains(&attribute.key.as_str())) {
            let name = attribute.key.as_str();
            let value = self.eval(&attribute.value, at);
            let value = self.settle(value, name, at.span(attribute.value.span()));
            entries.push(Entry { name: name.into(), name_span: at.span(attribute.key.span()), value });
        }
        let mut lists: Vec<(String, Span, Vec<Val>)> = Vec::new();
        for block in body.blocks().filter(|block| !META.contains(&block.ident.as_str())) {
            let (name, items) = match (block.ident.as_str(), block.labels.first()) {
                ("dynamic", Some(label)) => (label.as_str(), self.dynamic(block, label.as_str(), at)),
                (name, _) => (name, vec![self.body(&block.body, at.span(block.span()), at)]),
            };
            match lists.iter_mut().find(|(found, ..)| found == name) {
                Some((.., found)) => found.extend(items),
                None => lists.push((name.to_owned(), at.span(block.ident.span()), items)),
            }
        }
        entries.extend(lists.into_iter().map(|(name, name_span, items)| {
            let span = items.first().map_or(name_span, |first| first.span);
            Entry { name: name.into(), name_span, value: Val::list(span, items) }
        }));
        Val::object(span, entries)
    }

    /// What a `lifecycle` block says that has a value; `ignore_changes` and its like have none.
    pub(super) fn settings_of(&mut self, block: &Block, at: At<'_>) -> Val {
        let mut entries = Vec::new();
        for name in ["prevent_destroy", "create_before_destroy"] {
            if let Some(attribute) = block.body.get_attribute(name) {
                let value = self.eval(&attribute.value, at);
                let value = self.settle(value, name, at.span(attribute.value.span()));
                entries.push(Entry { name: name.into(), name_span: at.span(attribute.key.span()), value });
            }
        }
        Val::object(at.span(block.span()), entries)
    }

    /// `dynamic "statement" { for_each = ... content { ... } }`
    fn dynamic(&mut self, block: &Block, name: &str, at: At<'_>) -> Vec<Val> {
        let span = at.span(block.span());
        let unknown = |evaluator: &mut Self| {
            let name = evaluator.fresh(&format!("dynamic {name}"));
            vec![Val::symbol(span, Symbol { name: name.into(), many: true })]
        };
        let (Some(for_each), Some(content)) =
            (block.body.get_attribute("for_each"), block.body.get_blocks("content").next())
        else {
            let failure = Failure::new(span, "a `dynamic` block needs `for_each` and `content`");
            self.settle(Err(failure), name, span);
            return unknown(self);
        };
        let collection = self.eval(&for_each.value, at);
        let collection = self.settle(collection, "for_each", at.span(for_each.value.span()));
        let Some(pairs) = self.pairs(&collection).filter(|_| !collection.is_open()) else { return unknown(self) };
        let iterator = block.body.get_attribute("iterator").and_then(|iterator| iterator.value.as_variable().cloned());
        let iterator = iterator.as_ref().map_or(name, |iterator| iterator.as_str());
        if let Err(failure) = self.charge(pairs.len(), span) {
            self.settle(Err(failure), name, span);
            return unknown(self);
        }
        if pairs.len() > TERRAFORM_INSTANCES_MAX {
            let message = format!("more than {TERRAFORM_INSTANCES_MAX} blocks come from this `dynamic` block");
            self.settle(Err(Failure::new(span, message)), name, span);
            return unknown(self);
        }
        let is_list = collection.as_list().is_some();
        let mut items = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            // In a set an element is its own key; in a list its number.
            let key = if is_list && value.as_text().is_some() { value.clone() } else { key };
            let entries = vec![
                Entry { name: "key".into(), name_span: span, value: key },
                Entry { name: "value".into(), name_span: span, value },
            ];
            let element = Val::object(span, entries);
            let frame = Frame { name: iterator, value: &element, outer: at.frame };
            let body_span = at.span(content.span());
            items.push(self.body(&content.body, body_span, at.with(&frame)));
        }
        items
    }

    /// A text of this place.
    pub(super) fn word(&self, text: &str, span: Span) -> Val {
        Val::text(span, Text::placed(text, span))
    }
}
