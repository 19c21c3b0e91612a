//! `lint`: mistakes in policies, templates and Terraform, with proof.
//!
//! Files become carriers, carriers become findings, findings become issues with a place in a file; then suppressions,
//! the baseline and fixes have their say, and what is left is reported.

mod against;
mod around;
mod baseline;
mod check;
mod fingerprint;
mod fix;
mod format;
mod issue;
mod list;
pub(crate) mod own_rule;
mod patch;
mod report;
mod selection;
mod server;
pub(crate) mod settings;
mod suppression;
mod walk;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use wardbook_inventory::carriers::Found;
use wardbook_policy::lint::{self, RULES, Severity};

use crate::cli::Global;
use crate::diagnostic;
use crate::exit::Exit;
use crate::output::{self, Screen};
use crate::replace::replace;

use against::Old;
use baseline::Baseline;
use check::Checked;
use issue::Issue;
use report::Outcome;
use selection::Selection;
use settings::Settings;
use workspace::Workspace;

/// Find mistakes in key policies and other IAM policies, in the templates and the Terraform that
/// hold them, and in the keys, aliases and grants beside them. What a policy does is told by
/// evaluation, with a request that shows it or a proof that there is none.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 nothing found that is as bad as --fail-on says, 1 something found, 2 a path cannot be read.
`wardbook explain KP09` is the page of a rule. In YAML and HCL a comment suppresses a finding on its line
or the next one: `# wardbook: ignore KP08 -- reason`. With `--world` rules also hear of keys, aliases, users
and roles that exist already: what a policy names is looked up there.")]
pub(crate) struct Arguments {
    /// Files, or folders to search for JSON, YAML and Terraform; `-` is stdin [default: the current folder]
    ///
    /// What `.gitignore` names is passed over, and so are hidden files and `node_modules`.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What kind of policy the named bare documents are, where they do not tell
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// Only these rules: codes, families or names, between commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// None of these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Rules too that are for those who want to hear everything
    #[arg(long)]
    strict: bool,
    /// The mildest severity that makes the exit code 1 [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Mend what can be mended without changing what anything means
    #[arg(long)]
    fix: bool,
    /// Mend what was probably meant, too
    #[arg(long)]
    unsafe_fixes: bool,
    /// Write nothing, print what mending would change
    #[arg(long)]
    diff: bool,
    /// Only what is worse than in this file or folder, or on stdin (`-`), and what is allowed only now
    #[arg(long, value_name = "OLD", conflicts_with_all = ["fix", "unsafe_fixes", "diff"])]
    against: Option<PathBuf>,
    /// Leave out what this file says was there before
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found to this file, as a baseline
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// The principal that must be able to change the key policy
    #[arg(long = "as", value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// List every rule
    #[arg(long)]
    list_rules: bool,
    /// Be a language server on stdin and stdout
    #[arg(long, conflicts_with_all = ["paths", "fix", "unsafe_fixes", "diff", "write_baseline", "list_rules"])]
    lsp: bool,
}

/// The kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Of a KMS key
    KeyPolicy,
    /// Of a user, group or role; boundaries and session policies too
    Identity,
    /// Of a role: who may assume it
    Trust,
    /// Service control policy
    Scp,
    /// Resource control policy
    Rcp,
    /// Of a VPC endpoint
    Endpoint,
    /// Of another resource
    Resource,
}

impl Kind {
    fn meant(self) -> lint::Kind {
        match self {
            Kind::KeyPolicy => lint::Kind::KeyPolicy,
            Kind::Identity => lint::Kind::Identity,
            Kind::Trust => lint::Kind::Trust,
            Kind::Scp => lint::Kind::Scp,
            Kind::Rcp => lint::Kind::Rcp,
            Kind::Endpoint => lint::Kind::Endpoint,
            Kind::Resource => lint::Kind::Resource,
        }
    }
}

/// How bad a finding has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// It does nothing, is refused, or cannot be undone
    Error,
    /// It opens more than anybody needs
    Security,
    /// It does not do what it seems to do
    Warning,
    /// Anything
    Info,
}

impl FailOn {
    fn meant(self) -> Severity {
        match self {
            FailOn::Error => Severity::Error,
            FailOn::Security => Severity::Security,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    if arguments.list_rules {
        output::emit(&list::Rules::all(), global)?;
        return Ok(Exit::Fine);
    }
    output::check::<Outcome>(global)?;
    if arguments.diff && global.format.is_some() {
        bail!("`--diff` prints what would change; give the findings a file of their own with `--out`");
    }
    let writes = (arguments.fix || arguments.unsafe_fixes) && !arguments.diff;
    if writes && arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        bail!("stdin has no file to mend; add `--diff` to see what would change");
    }
    let linter = Linter::new(arguments, global)?;
    if arguments.lsp {
        return server::run(&linter);
    }
    let mut errors = Vec::new();
    let mut linter = linter;
    linter.remember(&mut errors)?;
    let (mut workspace, is_whole) = linter.open(&mut errors)?;
    let original = workspace_texts(&workspace);
    let mut outcome = linter.lint(&workspace, is_whole);
    let mended = match arguments.fix || arguments.unsafe_fixes || arguments.diff {
        true => linter.mend(&mut workspace, &mut outcome, is_whole),
        false => 0,
    };
    let color = Screen::new(global).stderr_color;
    for error in &errors {
        diagnostic::print_error(error, color);
    }
    if let Some(path) = &arguments.write_baseline {
        let baseline = Baseline::of(&outcome.issues);
        std::fs::write(path, baseline.text()?).with_context(|| format!("cannot write `{}`", path.display()))?;
        output::print(&format!("{} written to {}\n", report::counted(baseline.len(), "finding"), path.display()))?;
        return Ok(if errors.is_empty() { Exit::Fine } else { Exit::Unreadable });
    }
    let gone = leave_out(linter.baseline.as_deref(), &mut outcome.issues)?;
    if gone > 0 && !global.quiet {
        let message = format!(
            "{} of the baseline {} there no more; write it anew",
            report::counted(gone, "finding"),
            if gone == 1 { "is" } else { "are" }
        );
        eprintln!("{}", diagnostic::plain(diagnostic::Severity::Warning, &message, color));
    }
    let changed: Vec<&str> = original
        .iter()
        .filter(|(name, text)| workspace.text(name) != Some(text))
        .map(|(name, _)| name.as_str())
        .collect();
    if arguments.diff {
        for name in &changed {
            let old = original.get(*name).map_or("", String::as_str);
            output::print(&patch::unified(name, old, workspace.text(name).unwrap_or_default()))?;
        }
    } else {
        for name in &changed {
            write_back(name, &workspace)?;
        }
    }
    let has_changes = !changed.is_empty();
    let is_empty = outcome.files.is_empty();
    let report = Outcome {
        issues: outcome.issues,
        documents: outcome.documents,
        files: outcome.files,
        workspace,
        fail_on: linter.fail_on,
        mended,
        is_comparison: linter.old.is_some(),
    };
    if is_empty && errors.is_empty() && !global.quiet {
        let message = "nothing to lint: no policy, template or module was found";
        eprintln!("{}", diagnostic::plain(diagnostic::Severity::Warning, message, color));
    }
    match arguments.diff {
        false => output::emit(&report, global)?,
        true => {
            output::emit_files(&report, global)?;
            eprintln!("{}", report.sentence());
        }
    }
    Ok(match (errors.is_empty(), report.fails() || arguments.diff && has_changes) {
        (false, _) => Exit::Unreadable,
        (true, true) => Exit::No,
        (true, false) => Exit::Fine,
    })
}

fn workspace_texts(workspace: &Workspace) -> BTreeMap<String, String> {
    let names = workspace.reported.iter();
    names.filter_map(|name| Some((name.clone(), workspace.text(name)?.to_owned()))).collect()
}

/// Writes a mended file.
fn write_back(name: &str, workspace: &Workspace) -> anyhow::Result<()> {
    match workspace.bytes(name) {
        Some(text) => replace(Path::new(name), &text),
        None => Ok(()),
    }
}

/// Everything that decides what is reported.
struct Linter<'a> {
    arguments: &'a Arguments,
    settings: &'a Settings,
    rules: lint::Settings,
    select: Option<Selection>,
    deselect: Selection,
    fail_on: Severity,
    baseline: Option<PathBuf>,
    today: String,
    /// What there was before, if only what is worse is told.
    old: Option<Old>,
}

/// What was found, before it is reported.
struct Linted {
    issues: Vec<Issue>,
    documents: Vec<check::Taken>,
    files: Vec<String>,
}

impl<'a> Linter<'a> {
    fn new(arguments: &'a Arguments, global: &'a Global) -> anyhow::Result<Linter<'a>> {
        let settings = &global.lint;
        let select = match arguments.select.is_empty() {
            true => settings.select.clone(),
            false => Some(Selection::parse_all(arguments.select.iter().map(String::as_str))?),
        };
        let principal = arguments.principal.as_deref().map(Into::into).or_else(|| settings.principal.clone());
        Ok(Linter {
            arguments,
            settings,
            rules: lint::Settings {
                trusted_accounts: settings.trusted_accounts.clone(),
                principal,
                trusted_organizations: settings.trusted_organizations.clone(),
                assertions: settings.assertions.clone(),
                pedantic: arguments.strict || settings.is_strict,
                around: around::read(global)?,
            },
            select,
            deselect: Selection::parse_all(arguments.ignore.iter().map(String::as_str)).context("--ignore")?,
            fail_on: arguments.fail_on.map(FailOn::meant).or(settings.fail_on).unwrap_or(Severity::Warning),
            baseline: arguments.baseline.clone().or_else(|| settings.baseline.clone()),
            today: settings::today(),
            old: None,
        })
    }

    /// Lints what there was before, to leave that out.
    fn remember(&mut self, errors: &mut Vec<anyhow::Error>) -> anyhow::Result<()> {
        let Some(path) = &self.arguments.against else { return Ok(()) };
        let paths = &self.arguments.paths;
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        if is_stdin(path) && paths.iter().any(is_stdin) {
            bail!("stdin is either what is linted or what it is held against");
        }
        let workspace = against::read(path, paths, self.arguments.kind.is_some(), errors)?;
        let issues = self.lint(&workspace, false).issues.into_iter().filter(Issue::is_active).collect();
        self.old = Some(Old { found: workspace.carriers(), issues });
        Ok(())
    }

    /// Whether a rule is run and heard.
    fn has_run(&self, code: &str) -> bool {
        let is_pedantic = RULES.iter().any(|rule| rule.code == code && rule.is_pedantic);
        let selected = self.select.as_ref().is_none_or(|select| select.has(code));
        selected && !self.deselect.has(code) && (!is_pedantic || self.rules.pedantic)
    }

    /// The texts to lint, and whether whole folders are looked at.
    fn open(&self, errors: &mut Vec<anyhow::Error>) -> anyhow::Result<(Workspace, bool)> {
        let paths = &self.arguments.paths;
        if paths.iter().any(|path| path.as_os_str() == "-") {
            if paths.len() > 1 {
                bail!("`-` stands for stdin and takes no other path beside it");
            }
            let mut workspace = Workspace::default();
            let source = crate::input::read(Path::new("-"))?;
            workspace.add(source, self.arguments.kind.is_some());
            return Ok((workspace, false));
        }
        let here = [PathBuf::from(".")];
        let roots = if paths.is_empty() { &here } else { paths.as_slice() };
        let (files, unreadable) = walk::files(roots);
        errors.extend(unreadable);
        let is_whole = roots.iter().any(|root| root.is_dir());
        Ok((Workspace::read(&files, self.arguments.kind.is_some(), errors), is_whole))
    }

    fn lint(&self, workspace: &Workspace, is_whole: bool) -> Linted {
        let found = workspace.carriers();
        let told = self.arguments.kind.map(Kind::meant);
        let kind = |path: &str| told.or_else(|| self.settings.kind_of(path));
        let Checked { mut issues, documents } = check::check(&found, self.old.as_ref(), &self.rules, &kind);
        issues.retain(|issue| self.has_run(issue.code) && workspace.reported.contains(&*issue.place.path));
        let has_run = |code: &str| self.has_run(code);
        let run = suppression::Run {
            settings: self.settings,
            has_run: &has_run,
            today: &self.today,
            reported: &workspace.reported,
            is_whole,
        };
        suppression::apply(&mut issues, &found, &run);
        if let Some(old) = &self.old {
            against::leave_out(&mut issues, &old.issues);
        }
        Linted { issues, documents, files: linted_files(&found, workspace) }
    }

    /// Mends what can be mended, and looks again. Says how many findings that were.
    fn mend(&self, workspace: &mut Workspace, outcome: &mut Linted, is_whole: bool) -> usize {
        let mut refused = BTreeSet::new();
        let mut mended = 0;
        for _ in 0..fix::ROUNDS_MAX {
            let (edits, count) = fix::edits(&outcome.issues, self.arguments.unsafe_fixes, workspace, &refused);
            if edits.is_empty() {
                break;
            }
            let mut before = BTreeMap::new();
            for (path, edits) in &edits {
                let Some(old) = workspace.text(path).map(str::to_owned) else { continue };
                if let Some(new) = fix::applied(&old, edits) {
                    before.insert(path.to_string(), old);
                    workspace.set(path, new);
                }
            }
            let after = self.lint(workspace, is_whole);
            // An edit that breaks its file is taken back, and the file is left alone.
            let broken =
                |path: &str| after.issues.iter().any(|issue| fix::is_syntax(issue) && *issue.place.path == *path);
            let spoiled: Vec<String> = before.keys().filter(|path| broken(path)).cloned().collect();
            if spoiled.is_empty() {
                mended += count;
                *outcome = after;
                continue;
            }
            for path in spoiled {
                if let Some(old) = before.remove(&path) {
                    workspace.set(&path, old);
                }
                refused.insert(path);
            }
            *outcome = self.lint(workspace, is_whole);
        }
        mended
    }
}

/// The files in which something was looked at.
fn linted_files(found: &[Found], workspace: &Workspace) -> Vec<String> {
    let names = found.iter().flat_map(|found| found.files.iter()).map(|(_, path)| path.to_string());
    let names: BTreeSet<String> = names.filter(|name| workspace.reported.contains(name)).collect();
    names.into_iter().collect()
}

/// Applies the baseline, if there is one.
fn leave_out(baseline: Option<&Path>, issues: &mut [Issue]) -> anyhow::Result<usize> {
    match baseline {
        Some(path) => Ok(Baseline::read(path)?.apply(issues)),
        None => Ok(0),
    }
}
