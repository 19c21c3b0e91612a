//! The world that `--world` names, and what it lacks.

use anyhow::Context;
use serde_json::{Value, json};
use wardbook_inventory::coverage::{Gap, GapKind};
use wardbook_inventory::world::{Asked, World};
use wardbook_policy::decide::Verdict;
use wardbook_policy::explain::{Explanation, explain};
use wardbook_policy::layers::Layers;
use wardbook_policy::quirk::Quirks;

use crate::cli::Global;
use crate::diagnostic::{Severity, plain};
use crate::output::Screen;

/// Reads the folder of `--world`; what cannot be read in it is told on stderr and does not stop the rest.
pub(crate) fn read(global: &Global) -> anyhow::Result<World> {
    let folder = global.world.as_deref().context(
        "which policies are there? name a folder with `--world DIR`, such as `--world examples/world`, or set `world` in wardbook.toml",
    )?;
    let world = World::read_folder(folder)?;
    if !global.quiet {
        let color = Screen::new(global).stderr_color;
        for gap in world.coverage().gaps.iter().filter(|gap| is_defect(gap.kind)) {
            eprintln!("{}", plain(Severity::Warning, &gap.message, color));
        }
    }
    Ok(world)
}

/// Whether something is wrong with a file, rather than missing.
fn is_defect(kind: GapKind) -> bool {
    matches!(kind, GapKind::FormatNotRead | GapKind::Unreadable | GapKind::Problem | GapKind::Twice)
}

/// The explanation of the decision that was asked for, incomplete layers included.
pub(crate) fn explained<'a>(asked: &'a Asked<'_>, quirks: Quirks) -> Explanation<'a> {
    let layers = &asked.layers;
    if layers.is_incomplete() {
        let collected = explain(&asked.request, &layers.lend_collected(), quirks);
        if collected.decision().verdict() == Verdict::ExplicitDeny {
            return collected;
        }
        let with_grants = Layers { grants: layers.lend_collected().grants, ..layers.lend() };
        let granted = explain(&asked.request, &with_grants, quirks);
        if granted.decision().verdict() == Verdict::Allow {
            return granted;
        }
    }
    explain(&asked.request, &layers.lend(), quirks)
}

/// What was missing, as a list of sentences.
pub(crate) fn coverage_text(gaps: &[Gap]) -> String {
    let lines: Vec<String> = gaps.iter().map(|gap| format!("  not covered  {}\n", gap.message)).collect();
    lines.concat()
}

/// The coverage block of JSON reports.
pub(crate) fn coverage_json(gaps: &[Gap]) -> Value {
    gaps.iter().map(|gap| json!({"kind": gap.kind.name(), "subject": gap.subject, "message": gap.message})).collect()
}
