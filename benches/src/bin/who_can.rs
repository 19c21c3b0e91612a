//! How fast "who can?" is, in processor seconds: other work on the machine makes wall time worthless.
//!
//! ```text
//! cargo run --release --bin who_can [-- FOLDER...]
//! ```
//!
//! Each folder is a world; without any, a world made on the spot is asked. `WARDBOOK=PATH` names a binary
//! that is run on each folder too, to write the answer as Parquet. Comparisons of policies and the
//! cost of principals with equal policies come last.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wardbook_benches::random_policy::{Dice, pair, setting};
use wardbook_benches::{document, policy};
use wardbook_inventory::access::Search;
use wardbook_inventory::world::World;
use wardbook_policy::boxes::compare;
use wardbook_policy::policy::{Policy, PolicyKind};
use wardbook_policy::quirk::Quirks;

#[path = "../../../inventory/tests/synthetic/mod.rs"]
mod synthetic;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACTION: &str = "kms:Decrypt";
/// Of so many roles eleven have to do with keys.
const OF: usize = 40;
/// How often everything is measured; the least counts, as the one that others disturbed least.
const ROUNDS: usize = 5;
/// So many keys are asked one by one.
const KEYS_ONE_BY_ONE: usize = 200;
const SEEDS: u64 = 60;
const STATEMENTS: usize = 50;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    for folder in &folders {
        println!("\n{folder}");
        let (seconds, world) = least(1, || World::read_folder(Path::new(folder)).expect("the folder is a world"));
        println!("  load                 {seconds:8.3} s, then {} MB at most", peak_megabytes());
        asked(&world);
        if let Some(binary) = std::env::var_os("WARDBOOK") {
            parquet(Path::new(&binary), folder);
        }
    }
    if folders.is_empty() {
        println!("\n10 accounts of 1,000 roles and 100 keys, made on the spot");
        asked(&World::from_sources(synthetic::world_of(1, 10, 1_000, 100, OF)));
    }
    equal_policies();
    comparisons();
}

/// All keys in one search, and keys one by one, each in a search of its own.
fn asked(world: &World) {
    let search = || Search::new(world, ACTION, Quirks::default()).expect("the action exists");
    let (seconds, rows) = least(ROUNDS, || {
        let mut search = search();
        world.keys().iter().map(|key| search.key(key).entries.len()).sum::<usize>()
    });
    let pairs = world.principals().len() * world.keys().len();
    println!(
        "  all keys             {seconds:8.3} s, {pairs} pairs, {rows} rows, then {} MB at most",
        peak_megabytes()
    );
    let step = world.keys().len().div_ceil(KEYS_ONE_BY_ONE).max(1);
    let times = world.keys().iter().step_by(step).map(|key| {
        let (seconds, _) = least(ROUNDS, || black_box(search().key(key)).entries.len());
        seconds * 1e3
    });
    println!("  one key, by itself   {}", spread(times.collect()));
}

/// The binary as a user runs it: loading, searching, writing.
fn parquet(binary: &Path, folder: &str) {
    let file = std::env::temp_dir().join(format!("who-can-{}.parquet", std::process::id()));
    let before = children_seconds();
    let arguments = ["who-can", ACTION, "*", "--quiet", "--world", folder, "--out"];
    let run =
        Command::new(binary).args(arguments).arg(format!("parquet:{}", file.display())).stdout(Stdio::null()).spawn();
    let mut child = run.expect("the binary can be run");
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_of(&child.id().to_string()));
        match child.try_wait().expect("the binary ends") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let seconds = children_seconds() - before;
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    let _ = std::fs::remove_file(&file);
    println!("  binary to Parquet    {seconds:8.3} s with loading, {bytes} bytes, {peak} MB at most, {status}");
}

/// The same policies on ever more principals: what one more key costs once the search knows the account.
fn equal_policies() {
    println!("\nprincipals with equal policies: one key of 100, when others were asked before");
    for roles in [250, 1_000, 4_000, 16_000] {
        let world = World::from_sources(synthetic::world_of(1, 1, roles, 100, OF));
        let mut search = Search::new(&world, ACTION, Quirks::default()).expect("the action exists");
        let rows: usize = world.keys().iter().map(|key| search.key(key).entries.len()).sum();
        let (seconds, _) =
            least(ROUNDS, || world.keys().iter().map(|key| search.key(key).entries.len()).sum::<usize>());
        let keys = world.keys().len();
        println!(
            "  {roles:6} roles   {:8.1} us a key, {} rows a key, {:.3} us a row",
            seconds * 1e6 / keys as f64,
            rows / keys,
            seconds * 1e6 / rows as f64
        );
    }
}

fn comparisons() {
    println!("\ntwo key policies of {STATEMENTS} random statements, {SEEDS} seeds");
    type Change = fn(&mut Vec<String>, &mut Dice);
    let changes: [(&str, Change); 4] = [
        ("reordered", |new, _| new.reverse()),
        ("one removed", |new, dice| drop(new.remove(dice.roll(STATEMENTS)))),
        ("one added", |new, dice| {
            let more = dice.statement(STATEMENTS);
            new.push(more);
        }),
        ("all others", |new, dice| *new = (0..STATEMENTS).map(|number| dice.statement(number)).collect()),
    ];
    for (name, change) in changes {
        let times = (0..SEEDS).map(|seed| {
            let mut dice = Dice::new(2026 + seed * 7_919);
            let old: Vec<String> = (0..STATEMENTS).map(|number| dice.statement(number)).collect();
            let mut new = old.clone();
            change(&mut new, &mut dice);
            compared(&[old, new].map(|side| [policy(&document(side), PolicyKind::Key)]))
        });
        println!("  {name:20} {}", spread(times.collect()));
    }
    let times = (0..SEEDS).map(|seed| compared(&pair(STATEMENTS, 2026 + seed * 7_919)));
    println!("  {:20} {}", "one edited", spread(times.collect()));
}

/// Milliseconds of one comparison.
fn compared([old, new]: &[[Policy; 1]; 2]) -> f64 {
    let (seconds, _) = least(4 * ROUNDS, || black_box(compare(old, new, &setting())).change);
    seconds * 1e3
}

/// The least processor seconds of so many runs, and what the last one found.
fn least<T>(rounds: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let start = seconds();
        let found = run();
        (seconds() - start, found)
    };
    let mut best = timed();
    for _ in 1..rounds {
        let (seconds, found) = timed();
        best = (best.0.min(seconds), found);
    }
    best
}

fn spread(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| {
        times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(0.0)
    };
    format!("median {:.3} ms, nine in ten below {:.3}, most {:.3}", at(50), at(90), at(100))
}

/// Seconds that this process was on a processor.
fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Seconds that children which ended were on a processor, in hundredths.
fn children_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// The most memory that this process ever had, in MB.
fn peak_megabytes() -> u64 {
    peak_of("self")
}

fn peak_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}
