//! Who can decrypt: one key, all keys of an organisation, and the same policies on ever more principals.

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wardbook_inventory::access::Search;
use wardbook_inventory::world::World;
use wardbook_policy::quirk::Quirks;

#[path = "../../inventory/tests/synthetic/mod.rs"]
mod synthetic;

/// Of so many roles eleven have to do with keys, as in an organisation of applications.
const OF: usize = 40;

fn all_keys(world: &World) -> usize {
    let mut search = Search::new(world, "kms:Decrypt", Quirks::default()).expect("the action exists");
    world.keys().iter().map(|key| search.key(key).entries.len()).sum()
}

fn one_key(world: &World) -> usize {
    let mut search = Search::new(world, "kms:Decrypt", Quirks::default()).expect("the action exists");
    search.key(&world.keys()[0]).entries.len()
}

/// A folder to read beside the worlds made here.
const FOLDER: &str = "WARDBOOK_WORLD";

fn who_can(criterion: &mut Criterion) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let world = World::read_folder(Path::new(&folder)).expect("the folder is a world");
        let mut group = criterion.benchmark_group("who_can/folder");
        group.sample_size(10);
        group.bench_function("all-keys", |bencher| bencher.iter(|| all_keys(black_box(&world))));
        group.bench_function("first-key", |bencher| bencher.iter(|| one_key(black_box(&world))));
        group.finish();
    }
    let account = World::from_sources(synthetic::world_of(1, 1, 1_000, 100, OF));
    criterion.bench_function("who_can/one-key/1000-roles", |bencher| {
        bencher.iter(|| one_key(black_box(&account)));
    });
    let organization = World::from_sources(synthetic::world_of(1, 10, 1_000, 100, OF));
    let mut group = criterion.benchmark_group("who_can/all-keys");
    group.sample_size(10);
    group.bench_function("10000-roles-1000-keys", |bencher| {
        bencher.iter(|| all_keys(black_box(&organization)));
    });
    group.finish();
    let mut group = criterion.benchmark_group("who_can/equal-policies");
    for roles in [250, 1_000, 4_000] {
        let world = World::from_sources(synthetic::world_of(1, 1, roles, 100, OF));
        let mut search = Search::new(&world, "kms:Decrypt", Quirks::default()).expect("the action exists");
        let _ = search.key(&world.keys()[0]);
        group.bench_function(BenchmarkId::from_parameter(roles), |bencher| {
            bencher.iter(|| search.key(black_box(&world.keys()[0])).entries.len());
        });
    }
    group.finish();
}

criterion_group!(benches, who_can);
criterion_main!(benches);
