//! The evaluation of a tree of modules: what it may cost, what went wrong, and what names stand for.

use std::collections::HashMap;
use std::rc::Rc;

use wardbook_policy::span::Span;

use super::file::{Folders, Joined};
use super::frame::At;
use super::instance::Instance;
use super::module::Module;
use super::provider::Setting;
use super::text::Text;
use super::value::{Handle, Val};
use crate::limits::{TERRAFORM_EXPRESSION_DEPTH_MAX, TERRAFORM_STEPS_MAX, TERRAFORM_STEPS_TOTAL};

/// What an expression gives.
pub(crate) type Eval = Result<Val, Failure>;

/// Why an expression has no value at all: it is wrong, not merely unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) span: Span,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Failure {
        Failure { span, message: message.into() }
    }
}

/// Gives the text of a file that is not one of Terraform's own, by its path.
pub(crate) type Load<'l> = dyn FnMut(&str) -> Result<String, String> + 'l;

/// What the root modules of a world share.
pub(crate) struct Work {
    /// The text that spans are of.
    pub(crate) joined: Joined,
    /// The files that `file()` and its like asked for: where they begin and end, or why they cannot be read.
    pub(crate) loaded: HashMap<String, Result<(usize, usize), String>>,
    /// How many steps are left.
    pub(crate) steps: usize,
}

impl Default for Work {
    fn default() -> Work {
        Work { joined: Joined::default(), loaded: HashMap::new(), steps: TERRAFORM_STEPS_TOTAL }
    }
}

/// Evaluates one root module and the modules below it.
pub(crate) struct Evaluator<'a> {
    pub(super) folders: &'a Folders,
    /// The text that spans are of: the files, then whatever `file()` read.
    pub(super) joined: Joined,
    /// Where the files that `file()` and its like read begin and end, by their paths.
    pub(super) loaded: HashMap<String, Result<(usize, usize), String>>,
    pub(super) modules: Vec<Module<'a>>,
    /// Values that were asked for before, by module and name; `None` while one is being found.
    pub(super) memo: HashMap<(usize, Rc<str>), Option<Eval>>,
    pub(super) instances: HashMap<(usize, Rc<str>), Rc<[Instance]>>,
    /// Where each provider works, by module and alias.
    pub(super) settings: HashMap<(usize, String), Setting>,
    pub(super) load: &'a mut Load<'a>,
    /// What is wrong in the files.
    pub(super) problems: Vec<Failure>,
    /// How many steps are left.
    pub(super) steps: usize,
    depth: usize,
    names: HashMap<String, usize>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(folders: &'a Folders, work: &mut Work, load: &'a mut Load<'a>) -> Evaluator<'a> {
        Evaluator {
            folders,
            joined: std::mem::take(&mut work.joined),
            loaded: std::mem::take(&mut work.loaded),
            steps: work.steps.min(TERRAFORM_STEPS_MAX),
            modules: Vec::new(),
            memo: HashMap::new(),
            instances: HashMap::new(),
            settings: HashMap::new(),
            load,
            problems: Vec::new(),
            depth: 0,
            names: HashMap::new(),
        }
    }

    /// Counts one step down and one step of work.
    pub(super) fn enter(&mut self, span: Span) -> Result<(), Failure> {
        self.charge(1, span)?;
        if self.depth >= TERRAFORM_EXPRESSION_DEPTH_MAX {
            let message =
                format!("expressions lead to one another over more than {TERRAFORM_EXPRESSION_DEPTH_MAX} steps");
            return Err(Failure::new(span, message));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Counts work, so that no input can make it endless.
    pub(super) fn charge(&mut self, steps: usize, span: Span) -> Result<(), Failure> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(Failure::new(span, format!("evaluating this takes more than {TERRAFORM_STEPS_MAX} steps")))
            }
        }
    }

    /// A name for a symbol that no other symbol has.
    pub(super) fn fresh(&mut self, name: &str) -> String {
        let count = self.names.entry(name.to_owned()).or_default();
        *count += 1;
        match *count {
            1 => name.to_owned(),
            count => format!("{name} ({count})"),
        }
    }

    /// Finds a value once. A name that leads back to itself has none.
    pub(super) fn once(&mut self, module: usize, name: &str, span: Span, find: impl FnOnce(&mut Self) -> Eval) -> Eval {
        let key = (module, Rc::from(name));
        match self.memo.get(&key) {
            Some(Some(found)) => return found.clone(),
            Some(None) => return Err(Failure::new(span, format!("`{name}` is defined by way of itself"))),
            None => {}
        }
        self.memo.insert(key.clone(), None);
        let found = find(self);
        self.memo.insert(key, Some(found.clone()));
        found
    }

    /// A value, or a symbol where the expression is wrong, which is noted as a problem.
    pub(super) fn settle(&mut self, found: Eval, name: &str, span: Span) -> Val {
        match found {
            Ok(value) => value,
            Err(failure) => {
                if !self.problems.contains(&failure) {
                    self.problems.push(failure);
                }
                Val::unknown(span, self.fresh(name))
            }
        }
    }

    /// The value behind a name and the attributes after it, with how many of those it took.
    pub(super) fn reference(
        &mut self,
        root: &str,
        names: &[&str],
        span: Span,
        at: At<'_>,
    ) -> Result<(Val, usize), Failure> {
        let module = at.module;
        let prefix = self.modules.get(module).map(|module| module.path.clone()).unwrap_or_default();
        let missing = |what: &str| Failure::new(span, format!("`{root}` is followed by the name of {what}"));
        match (root, names) {
            ("var", [name, ..]) => Ok((self.variable(module, name, span)?, 1)),
            ("var", []) => Err(missing("a variable")),
            ("local", [name, ..]) => Ok((self.local(module, name, span)?, 1)),
            ("local", []) => Err(missing("a local value")),
            ("module", [name, ..]) => Ok((self.called(module, name, span)?, 1)),
            ("module", []) => Err(missing("a module")),
            ("path", ["module", ..]) => {
                let folder = self.modules.get(module).map(|module| module.shown_folder.clone()).unwrap_or_default();
                Ok((Val::text(span, Text::placed(folder, span)), 1))
            }
            ("path", ["root", ..]) => Ok((Val::text(span, Text::placed(".", span)), 1)),
            ("path" | "terraform" | "each" | "count" | "self", [name, ..]) => {
                Ok((Val::unknown(span, format!("{prefix}{root}.{name}")), 1))
            }
            ("data", [kind, name, ..]) => {
                let address = format!("data.{kind}.{name}");
                Ok((self.resource(module, &address, span)?, 2))
            }
            ("data", _) => Err(missing("a kind of data and its name")),
            (kind, [name, ..]) => {
                let address = format!("{kind}.{name}");
                Ok((self.resource(module, &address, span)?, 1))
            }
            (kind, []) => Err(Failure::new(span, format!("`{kind}` is no value by itself"))),
        }
    }

    /// How something is called in messages and symbols: `module.keys.aws_kms_key.main[0]`.
    pub(super) fn shown(&self, handle: &Handle) -> String {
        let path = self.modules.get(handle.module).map(|module| &*module.path).unwrap_or_default();
        format!("{path}{}{}", handle.address, handle.instance)
    }
}
