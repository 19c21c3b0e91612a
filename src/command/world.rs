//! The world that `--world` names, and what it lacks.

use anyhow::Context;
use serde_json::{Value, json};
use wardbook_inventory::coverage::Gap;
use wardbook_inventory::world::World;

use crate::cli::Global;
use crate::diagnostic::{Severity, plain};
use crate::output::{Screen, escape};

/// Reads the folder of `--world`; what cannot be read in it is told on stderr and does not stop the rest.
pub(crate) fn read(global: &Global) -> anyhow::Result<World> {
    let folder = global.world.as_deref().context(
        "which policies are there? name a folder with `--world DIR`, such as `--world examples/world`, or set `world` in wardbook.toml",
    )?;
    let world = World::read_folder(folder)?;
    if !global.quiet {
        let color = Screen::new(global).stderr_color;
        for gap in world.coverage().gaps.iter().filter(|gap| gap.kind.is_defect()) {
            eprintln!("{}", plain(Severity::Warning, &escape::line(&gap.message), color));
        }
    }
    Ok(world)
}

/// What was missing, as a list of sentences.
pub(crate) fn coverage_text(gaps: &[Gap]) -> String {
    let lines: Vec<String> =
        gaps.iter().map(|gap| format!("  not covered  {}\n", escape::line(&gap.message))).collect();
    lines.concat()
}

/// The coverage block of JSON reports.
pub(crate) fn coverage_json(gaps: &[Gap]) -> Value {
    gaps.iter().map(|gap| json!({"kind": gap.kind.name(), "subject": gap.subject, "message": gap.message})).collect()
}
