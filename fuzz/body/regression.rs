//! What fuzzers found: every file below `testdata/fuzz/<target>` is run by the tests forever, and is where the fuzzer
//! begins.

use std::path::Path;

/// Runs a body on every file that is kept for its target, and tells which one it is at.
pub(crate) fn run(target: &str, body: fn(&[u8])) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("testdata/fuzz"));
    let kept = kept.into_iter().find(|folder| folder.is_dir()).expect("the repository has testdata/fuzz");
    // A target of which nothing is kept has no folder.
    for file in std::fs::read_dir(kept.join(target)).into_iter().flatten() {
        let path = file.expect("a folder can be read").path();
        println!("{}", path.display());
        body(&std::fs::read(&path).expect("a file can be read"));
    }
}
