//! `test`: policy unit tests from case files, and assertions about a whole world.

mod assertion;
mod report;

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use wardbook_inventory::case::{Case, CaseFile};
use wardbook_inventory::source::{ReadError, Source, read_value};
use wardbook_inventory::world::World;
use wardbook_policy::explain::explain;
use wardbook_policy::quirk::Quirks;

use crate::cli::Global;
use crate::diagnostic::{Severity, print_located};
use crate::exit::Exit;
use crate::input;
use crate::output::{Screen, check, emit};

use report::{CaseResult, Coverage, Tests};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Case files, or folders with case files; the current folder if none is given
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// List the statements that settled none of the cases
    #[arg(long)]
    coverage: bool,
}

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    check::<Tests>(global)?;
    let quirks = super::quirks(global)?;
    let screen = Screen::new(global);
    let mut tests = Tests::new(arguments.coverage);
    let mut unreadable = false;
    let mut known: Option<World> = None;
    for path in case_files(&arguments.files)? {
        match read(&path, quirks) {
            Ok(file) => {
                for case in &file.cases {
                    let problems = problems(case);
                    unreadable |= !problems.is_empty();
                    problems.iter().for_each(|e| print_located(Severity::Error, e, &file.sources, screen.stderr_color));
                    let result = decide(case, quirks, &mut tests.coverage);
                    tests.add(&path.display().to_string(), result);
                }
                if !file.assertions.is_empty() && known.is_none() {
                    known = Some(super::world::read(global)?);
                }
                for assertion in &file.assertions {
                    let Some(world) = &known else { continue };
                    if let Err(errors) = &assertion.body {
                        unreadable = true;
                        errors
                            .iter()
                            .for_each(|e| print_located(Severity::Error, e, &file.sources, screen.stderr_color));
                    }
                    let outcome = assertion::decide(assertion, world, quirks);
                    unreadable |= matches!(outcome, assertion::Outcome::Invalid(_));
                    tests.add(&path.display().to_string(), CaseResult::of_assertion(assertion, outcome));
                }
            }
            Err(error) => {
                unreadable = true;
                crate::diagnostic::print_error(&error, screen.stderr_color);
            }
        }
    }
    if tests.is_empty() && !unreadable {
        bail!("no cases found; a case file is YAML or JSON with `cases` or `assert`");
    }
    emit(&tests, global)?;
    Ok(match (unreadable, tests.failed(), tests.undetermined()) {
        (true, ..) => Exit::Unreadable,
        (false, 0, _) => Exit::Fine,
        (false, failed, unknown) if failed == unknown => Exit::Undetermined,
        (false, ..) => Exit::No,
    })
}

fn read(path: &Path, quirks: Quirks) -> anyhow::Result<CaseFile> {
    let source = input::read(path)?;
    let kept = source.clone();
    CaseFile::read(source, quirks, &mut input::load).map_err(|error| input::locate(&kept, error))
}

/// What keeps a case from being read, or its policies from being accepted.
fn problems(case: &Case) -> &[ReadError] {
    match &case.body {
        Ok(body) => &body.problems,
        Err(errors) => errors,
    }
}

fn decide(case: &Case, quirks: Quirks, coverage: &mut Coverage) -> CaseResult {
    let Ok(body) = &case.body else { return CaseResult::invalid(case) };
    let layers = body.layers.lend();
    let explanation = explain(&body.request, &layers, quirks);
    coverage.add(&explanation);
    CaseResult::new(case, body, &explanation)
}

/// The files named, and the case files below the folders named.
fn case_files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let here = [PathBuf::from(".")];
    let mut files = Vec::new();
    for path in if named.is_empty() { &here } else { named } {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        for file in input::files_below(path)? {
            if is_case_file(&file) {
                files.push(file.strip_prefix("./").map(Path::to_owned).unwrap_or(file));
            }
        }
    }
    Ok(files)
}

/// In a folder: what is called `*.test.yaml` (or .yml, .json), and what holds `cases`.
fn is_case_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(stem) = [".yaml", ".yml", ".json"].iter().find_map(|ending| name.strip_suffix(ending)) else {
        return false;
    };
    stem.ends_with(".test") || input::read(path).is_ok_and(|source| holds_cases(&source))
}

fn holds_cases(source: &Source) -> bool {
    read_value(source).is_ok_and(|value| value.member("cases").is_some() || value.member("assert").is_some())
}
