//! Prints the medians of the last criterion run, and each as a multiple of wardbook's in its group.
//!
//! `cargo run --bin ratios [target/criterion]`

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use wardbook_policy::json::{self, Kind, Value};

fn main() -> io::Result<()> {
    let root = env::args_os().nth(1).map_or_else(|| PathBuf::from("target/criterion"), PathBuf::from);
    for group in folders(&root)? {
        let mut medians = Vec::new();
        for bench in benches(&group)? {
            let name = bench.strip_prefix(&group).unwrap_or(&bench).display().to_string();
            if let Some(median) = median(&fs::read_to_string(bench.join("new/estimates.json"))?) {
                medians.push((name, median));
            }
        }
        // In a group of one engine the first entry, the fewest statements, stands in.
        let own = medians.iter().find(|(name, _)| name.ends_with("wardbook")).or(medians.first()).map(|(_, own)| *own);
        medians.sort_by(|a, b| a.1.total_cmp(&b.1));
        println!(
            "\n{}\n\n| What | Median | Ratio |\n|---|---:|---:|",
            group.strip_prefix(&root).unwrap_or(&group).display()
        );
        for (name, median) in medians {
            println!("| {name} | {} | {:.2} |", shown(median), median / own.unwrap_or(median));
        }
    }
    Ok(())
}

fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(root)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.is_dir());
    // `10` after `9`: shorter names first.
    found.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    Ok(found)
}

fn benches(group: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = folders(group)?;
    found.retain(|path| path.join("new/estimates.json").is_file());
    Ok(found)
}

/// The point estimate of the median, in nanoseconds.
fn median(text: &str) -> Option<f64> {
    let estimates = json::parse(text).ok()?;
    match &estimates.member("median")?.member("point_estimate")? {
        Value { kind: Kind::Number(number), .. } => number.parse().ok(),
        _ => None,
    }
}

fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}
