//! Modules: their variables, local values, resources, outputs, and the modules they call.
//! <https://developer.hashicorp.com/terraform/language/modules>

use std::collections::BTreeMap;
use std::rc::Rc;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use wardbook_policy::span::Span;

use super::evaluator::{Eval, Evaluator, Failure};
use super::file::{Folder, resolve};
use super::frame::At;
use super::instance::Instance;
use super::provider::Providers;
use super::text::Text;
use super::value::{Entry, Handle, Val};
use super::written::Base;
use crate::limits::{TERRAFORM_MODULES_DEPTH_MAX, TERRAFORM_MODULES_MAX};

/// A block or an expression, and where its file stands in the joined text.
#[derive(Debug)]
pub(crate) struct Placed<'a, T> {
    pub(crate) item: &'a T,
    pub(crate) base: Base<'a>,
}

impl<T> Clone for Placed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Placed<'_, T> {}

/// One module of the tree.
#[derive(Debug)]
pub(crate) struct Module<'a> {
    /// `module.keys.` before everything in it; nothing for the root.
    pub(crate) path: Rc<str>,
    /// Where its files are.
    pub(crate) folder: String,
    /// The same as Terraform tells it, relative to the root module.
    pub(crate) shown_folder: String,
    /// The module that calls it, the call, and the instance of the call.
    pub(crate) call: Option<(usize, Placed<'a, Block>, Instance)>,
    depth: usize,
    variables: BTreeMap<&'a str, Placed<'a, Body>>,
    /// Values of variables from files, the last of a name counting.
    values: BTreeMap<&'a str, Placed<'a, Expression>>,
    locals: BTreeMap<&'a str, Placed<'a, Expression>>,
    outputs: BTreeMap<&'a str, Placed<'a, Body>>,
    /// Resources and data sources by address, in order.
    pub(crate) resources: BTreeMap<Rc<str>, Placed<'a, Block>>,
    pub(crate) calls: BTreeMap<&'a str, Placed<'a, Block>>,
    pub(crate) providers: Providers<'a>,
}

impl<'a> Module<'a> {
    fn read(folder: &'a Folder, path: Rc<str>) -> Module<'a> {
        let mut module = Module {
            path,
            folder: String::new(),
            shown_folder: String::from("."),
            call: None,
            depth: 0,
            variables: BTreeMap::new(),
            values: BTreeMap::new(),
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            resources: BTreeMap::new(),
            calls: BTreeMap::new(),
            providers: Providers::default(),
        };
        for file in &folder.files {
            for block in file.body.blocks() {
                module.block(block, file.base());
            }
        }
        for file in folder.values.values() {
            for attribute in file.body.attributes() {
                module.values.insert(attribute.key.as_str(), Placed { item: &attribute.value, base: file.base() });
            }
        }
        module
    }

    fn block(&mut self, block: &'a Block, base: Base<'a>) {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        let body = Placed { item: &block.body, base };
        match (block.ident.as_str(), labels.as_slice()) {
            ("variable", [name]) => drop(self.variables.insert(name, body)),
            ("output", [name]) => drop(self.outputs.insert(name, body)),
            ("module", [name]) => drop(self.calls.insert(name, Placed { item: block, base })),
            ("provider", [name]) => self.providers.add(name, body),
            ("resource", [kind, name]) => {
                self.resources.insert(format!("{kind}.{name}").into(), Placed { item: block, base });
            }
            ("data", [kind, name]) => {
                self.resources.insert(format!("data.{kind}.{name}").into(), Placed { item: block, base });
            }
            ("locals", []) => {
                for attribute in block.body.attributes() {
                    self.locals.insert(attribute.key.as_str(), Placed { item: &attribute.value, base });
                }
            }
            _ => {}
        }
    }
}

impl<'a> Evaluator<'a> {
    /// Reads the root module of a folder.
    pub(super) fn root(&mut self, folder: &str) {
        if let Some(found) = self.folders.folders.get(folder) {
            let module = Module { folder: folder.to_owned(), ..Module::read(found, "".into()) };
            self.modules.push(module);
        }
    }

    pub(super) fn variable(&mut self, module: usize, name: &str, span: Span) -> Eval {
        self.once(module, &format!("var.{name}"), span, |evaluator| {
            let Some(found) = evaluator.modules.get(module) else { return Err(Failure::new(span, "no such module")) };
            let symbol = format!("{}var.{name}", found.path);
            let declared = found.variables.get(name).copied();
            let given = match &found.call {
                Some((caller, block, instance)) => {
                    let argument = block.item.body.get_attribute(name);
                    argument.map(|argument| (&argument.value, block.base, *caller, Some(instance.clone())))
                }
                None => found.values.get(name).map(|value| (value.item, value.base, module, None)),
            };
            if declared.is_none() && given.is_none() {
                return Err(Failure::new(span, format!("there is no variable `{name}` in this module")));
            }
            if let Some((expression, base, module, instance)) = given {
                let value = match instance {
                    Some(instance) => instance.within(base, module, |at| evaluator.eval(expression, at))?,
                    None => evaluator.eval(expression, At { base, module, frame: None })?,
                };
                let value = evaluator.declared_as(value, declared)?;
                // An argument that is null falls back to the default, unless null is a value of the variable.
                if !value.is_null() {
                    return Ok(value);
                }
            }
            let default = declared.and_then(|body| Some((body.item.get_attribute("default")?, body.base)));
            match default {
                Some((default, base)) => {
                    let value = evaluator.eval(&default.value, At { base, module, frame: None })?;
                    evaluator.declared_as(value, declared)
                }
                None => Ok(Val::unknown(span, symbol)),
            }
        })
    }

    /// A value as the `type` of its variable has it.
    fn declared_as(&mut self, value: Val, declared: Option<Placed<'a, Body>>) -> Eval {
        match declared.and_then(|body| Some((body.item.get_attribute("type")?, body.base))) {
            Some((constraint, base)) => self.converted(value, &constraint.value, base),
            None => Ok(value),
        }
    }

    pub(super) fn local(&mut self, module: usize, name: &str, span: Span) -> Eval {
        self.once(module, &format!("local.{name}"), span, |evaluator| {
            let found = evaluator.modules.get(module).and_then(|module| module.locals.get(name).copied());
            match found {
                Some(local) => evaluator.eval(local.item, At { base: local.base, module, frame: None }),
                None => Err(Failure::new(span, format!("there is no local value `{name}` in this module"))),
            }
        })
    }

    /// `module.name`: one module, or those of a call with `count` or `for_each`.
    pub(super) fn called(&mut self, module: usize, name: &str, span: Span) -> Eval {
        let found = self.modules.get(module).and_then(|module| module.calls.get(name).copied());
        let Some(call) = found else {
            return Err(Failure::new(span, format!("there is no module `{name}` in this module")));
        };
        let address: Rc<str> = format!("module.{name}").into();
        let instances = self.instances_of(module, &address, call);
        self.gather(module, &address, &instances, call, span, |evaluator, instance| {
            match evaluator.module_of(module, name, call, instance) {
                Some(child) => Val::handle(span, Handle { module: child, address: "".into(), instance: "".into() }),
                None => {
                    let path = evaluator.modules.get(module).map(|module| module.path.clone()).unwrap_or_default();
                    Val::unknown(span, format!("{path}module.{name}{}", instance.key))
                }
            }
        })
    }

    /// The number of a called module in the tree; `None` if its source is not among the files.
    pub(super) fn module_of(
        &mut self,
        caller: usize,
        name: &str,
        call: Placed<'a, Block>,
        instance: &Instance,
    ) -> Option<usize> {
        let parent = self.modules.get(caller)?;
        let path: Rc<str> = format!("{}module.{name}{}.", parent.path, instance.key).into();
        if let Some(found) = self.modules.iter().position(|module| module.path == path) {
            return Some(found);
        }
        let source = call.item.body.get_attribute("source")?;
        let text = source.value.as_str()?;
        if !(text.starts_with("./") || text.starts_with("../") || text == "." || text == "..") {
            return None;
        }
        let folder = resolve(&parent.folder, text)?;
        let found = self.folders.folders.get(&folder)?;
        let depth = parent.depth + 1;
        let span = At { base: call.base, module: caller, frame: None }.span(source.value.span());
        if depth > TERRAFORM_MODULES_DEPTH_MAX || self.modules.len() >= TERRAFORM_MODULES_MAX {
            let message = format!(
                "modules call one another over more than {TERRAFORM_MODULES_DEPTH_MAX} steps, or there are more than \
                 {TERRAFORM_MODULES_MAX}"
            );
            let failure = Failure::new(span, message);
            if !self.problems.contains(&failure) {
                self.problems.push(failure);
            }
            return None;
        }
        let shown_folder = match (parent.shown_folder.as_str(), resolve(&parent.shown_folder, text)?) {
            (_, shown) if shown.is_empty() => ".".to_owned(),
            (_, shown) => shown,
        };
        let call = Some((caller, call, instance.clone()));
        self.modules.push(Module { folder, shown_folder, call, depth, ..Module::read(found, path) });
        Some(self.modules.len() - 1)
    }

    /// An output of a module.
    pub(super) fn output(&mut self, module: usize, name: &str, span: Span) -> Eval {
        self.once(module, &format!("output.{name}"), span, |evaluator| {
            let output = evaluator.modules.get(module).and_then(|module| module.outputs.get(name).copied());
            let value = output.and_then(|body| Some((body.item.get_attribute("value")?, body.base)));
            match value {
                Some((value, base)) => evaluator.eval(&value.value, At { base, module, frame: None }),
                None => Err(Failure::new(span, format!("the module has no output `{name}`"))),
            }
        })
    }

    /// `type.name`: one resource, or those of a block with `count` or `for_each`.
    pub(super) fn resource(&mut self, module: usize, address: &str, span: Span) -> Eval {
        let found = self.modules.get(module).and_then(|module| module.resources.get_key_value(address));
        let Some((address, block)) = found.map(|(address, block)| (address.clone(), *block)) else {
            return Err(Failure::new(span, format!("there is no `{address}` in this module")));
        };
        let instances = self.instances_of(module, &address, block);
        self.gather(module, &address, &instances, block, span, |_, instance| {
            let instance = instance.key.clone();
            Val::handle(span, Handle { module, address: address.clone(), instance })
        })
    }

    /// The value of something that may stand several times: itself, a list, a map, or one value for
    /// however many there will be.
    fn gather(
        &mut self,
        module: usize,
        address: &Rc<str>,
        instances: &[Instance],
        block: Placed<'a, Block>,
        span: Span,
        mut value: impl FnMut(&mut Self, &Instance) -> Val,
    ) -> Eval {
        let repeated = |name: &str| block.item.body.get_attribute(name).is_some();
        self.charge(instances.len(), span)?;
        if instances.iter().any(|instance| instance.is_symbolic) {
            return Ok(Val::handle(span, Handle { module, address: address.clone(), instance: "".into() }));
        }
        if repeated("count") {
            let items = instances.iter().map(|instance| value(self, instance)).collect();
            return Ok(Val::list(span, items));
        }
        if repeated("for_each") {
            let entries = instances.iter().map(|instance| Entry {
                name: instance.name.clone(),
                name_span: span,
                value: value(self, instance),
            });
            return Ok(Val::object(span, entries.collect()));
        }
        match instances.first() {
            Some(instance) => Ok(value(self, instance)),
            None => Err(Failure::new(span, format!("there is no `{address}`"))),
        }
    }

    /// One of the instances of something that will stand an unknown number of times.
    pub(super) fn instance_of(&mut self, handle: &Handle, key: &Val, span: Span) -> Eval {
        let mut instance = String::from("[");
        key.describe(&mut instance);
        instance.push(']');
        Ok(Val::handle(span, Handle { instance: instance.into(), ..handle.clone() }))
    }

    /// An attribute of a resource, or an output of a module.
    pub(super) fn attribute_of(&mut self, handle: &Handle, name: &str, span: Span) -> Eval {
        if handle.address.is_empty() {
            return self.output(handle.module, name, span);
        }
        if handle.address.starts_with("module.") {
            return Ok(Val::unknown(span, format!("{}.{name}", self.shown(handle))));
        }
        let key = format!("{}{}.{name}", handle.address, handle.instance);
        let found = self.once(handle.module, &key, span, |evaluator| evaluator.find_attribute(handle, name, span));
        // What cannot be evaluated is reported where it stands; here it is merely not known.
        match found {
            Ok(value) => Ok(value),
            Err(failure) if failure.message.ends_with("by way of itself") => Err(failure),
            Err(_) => Ok(Val::unknown(span, self.shown(handle) + "." + name)),
        }
    }

    /// The text of a path that `file` and its like take, which is relative to the root module.
    pub(super) fn loaded_at(&mut self, path: &str, span: Span) -> Result<(usize, usize), Failure> {
        let root = self.modules.first().map(|module| module.folder.clone()).unwrap_or_default();
        let refused = || Failure::new(span, format!("the file `{path}` is outside the folder that was given"));
        let full =
            if path.starts_with('/') { return Err(refused()) } else { resolve(&root, path).ok_or_else(refused)? };
        if !self.loaded.contains_key(&full) {
            let placed = (self.load)(&full).and_then(|text| match self.joined.add(&full, &text) {
                Some(start) => Ok((start, start + text.len())),
                None => Err("there is more text than is read together".to_owned()),
            });
            self.loaded.insert(full.clone(), placed);
        }
        match self.loaded.get(&full) {
            Some(Ok(found)) => Ok(*found),
            Some(Err(message)) => Err(Failure::new(span, format!("the file `{path}` cannot be read: {message}"))),
            None => Err(refused()),
        }
    }

    pub(super) fn text_of_file(&mut self, path: &str, span: Span) -> Result<(Text, usize), Failure> {
        let (start, end) = self.loaded_at(path, span)?;
        let text = self.joined.text.get(start..end).unwrap_or_default();
        Ok((Text::literal(text, super::text::Marks::align(text, text, start, false)), start))
    }
}
