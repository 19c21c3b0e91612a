//! The commands of the README do what the README says.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::Path;

use support::Folder;

#[test]
fn commands_of_the_readme_run() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let folder = Folder::new("readme").with_examples();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("cargo run --release -- ")).collect();
    assert!(commands.len() >= 2, "the README lost its commands");
    for command in commands {
        let run = folder.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!((run.code, &*run.stderr), (0, ""), "{command}: {run:?}");
    }
}
