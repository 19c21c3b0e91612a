//! How often a block stands: `count` and `for_each`.
//! <https://developer.hashicorp.com/terraform/language/meta-arguments>

use std::rc::Rc;

use hcl_edit::Span as _;
use hcl_edit::structure::Block;
use wardbook_policy::span::Span;

use super::evaluator::{Evaluator, Failure};
use super::frame::{At, Frame};
use super::module::Placed;
use super::value::{Entry, Val};
use super::written::Base;
use crate::limits::TERRAFORM_INSTANCES_MAX;

/// One of the things that a block makes.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    /// `[0]`, `["eu"]`, `[*]` for however many there will be, or nothing.
    pub(crate) key: Rc<str>,
    /// The key alone.
    pub(crate) name: Rc<str>,
    /// Whether it stands for a number of instances that is not known.
    pub(crate) is_symbolic: bool,
    /// What `each` or `count` is.
    binding: Option<(&'static str, Val)>,
}

impl Instance {
    fn single() -> Instance {
        Instance { key: "".into(), name: "".into(), is_symbolic: false, binding: None }
    }

    /// Runs something with the names of this instance.
    pub(crate) fn within<T>(&self, base: Base<'_>, module: usize, run: impl FnOnce(At<'_>) -> T) -> T {
        let at = At { base, module, frame: None };
        match &self.binding {
            Some((name, value)) => run(at.with(&Frame { name, value, outer: None })),
            None => run(at),
        }
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn instances_of(
        &mut self,
        module: usize,
        address: &Rc<str>,
        block: Placed<'a, Block>,
    ) -> Rc<[Instance]> {
        let key = (module, address.clone());
        if let Some(found) = self.instances.get(&key) {
            return found.clone();
        }
        // While its number is being found, there is one that nobody knows more of.
        let counted = block.item.body.get_attribute("count").is_some();
        self.instances.insert(key.clone(), Rc::from([symbolic(address, counted)]));
        let found = self.count_instances(module, address, block);
        let found: Rc<[Instance]> = match found {
            Ok(Some(instances)) => instances.into(),
            Ok(None) => Rc::from([symbolic(address, counted)]),
            Err(failure) => {
                if !self.problems.contains(&failure) {
                    self.problems.push(failure);
                }
                Rc::from([symbolic(address, counted)])
            }
        };
        self.instances.insert(key, found.clone());
        found
    }

    fn count_instances(
        &mut self,
        module: usize,
        address: &str,
        block: Placed<'a, Block>,
    ) -> Result<Option<Vec<Instance>>, Failure> {
        let at = At { base: block.base, module, frame: None };
        let too_many = |span, count: &dyn std::fmt::Display| {
            let message =
                format!("`{address}` stands {count} times, more than the {TERRAFORM_INSTANCES_MAX} that are read");
            Failure::new(span, message)
        };
        if let Some(count) = block.item.body.get_attribute("count") {
            let span = at.span(count.value.span());
            let value = self.eval(&count.value, at)?;
            let Some(number) = value.plain() else {
                return match value.is_whole() {
                    true => Err(Failure::new(span, "`count` is a whole number")),
                    false => Ok(None),
                };
            };
            let number: usize = number.parse().map_err(|_| Failure::new(span, "`count` is a whole number"))?;
            if number > TERRAFORM_INSTANCES_MAX {
                return Err(too_many(span, &number));
            }
            self.charge(number, span)?;
            let numbered = (0..number).map(|index| {
                let name: Rc<str> = index.to_string().into();
                let entry = Entry { name: "index".into(), name_span: span, value: Val::number(span, name.clone()) };
                let binding = Some(("count", Val::object(span, vec![entry])));
                Instance { key: format!("[{index}]").into(), name, is_symbolic: false, binding }
            });
            return Ok(Some(numbered.collect()));
        }
        if let Some(for_each) = block.item.body.get_attribute("for_each") {
            let span = at.span(for_each.value.span());
            let value = self.eval(&for_each.value, at)?;
            let is_set = value.as_list().is_some();
            let Some(pairs) = self.pairs(&value).filter(|_| !value.is_open()) else {
                return match value.is_whole() {
                    true => Err(Failure::new(span, "`for_each` takes a map or a set of texts")),
                    false => Ok(None),
                };
            };
            if pairs.len() > TERRAFORM_INSTANCES_MAX {
                return Err(too_many(span, &pairs.len()));
            }
            self.charge(pairs.len(), span)?;
            let mut instances = Vec::with_capacity(pairs.len());
            for (key, value) in pairs {
                let key = if is_set { value.clone() } else { key };
                let Some(name) = key.plain() else { return Ok(None) };
                let entries = vec![
                    Entry { name: "key".into(), name_span: span, value: key },
                    Entry { name: "value".into(), name_span: span, value },
                ];
                let binding = Some(("each", Val::object(span, entries)));
                instances.push(Instance { key: format!("[\"{name}\"]").into(), name, is_symbolic: false, binding });
            }
            return Ok(Some(instances));
        }
        Ok(Some(vec![Instance::single()]))
    }
}

/// However many there will be, as one.
fn symbolic(address: &str, counted: bool) -> Instance {
    let span = Span::default();
    let object = if counted { "count" } else { "each" };
    let entries = ["key", "value", "index"].map(|name| Entry {
        name: name.into(),
        name_span: span,
        value: Val::unknown(span, format!("{address}[*].{object}.{name}")),
    });
    let binding = Some((object, Val::object(span, entries.to_vec())));
    Instance { key: "[*]".into(), name: "*".into(), is_symbolic: true, binding }
}
