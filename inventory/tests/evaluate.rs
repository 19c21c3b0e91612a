//! Every decision case below `testdata/evaluate` can be read. What is decided is tested where it is decided.

use std::path::Path;

use wardbook_inventory::case::CaseFile;
use wardbook_inventory::source::Source;
use wardbook_policy::quirk::Quirks;

#[test]
fn every_case_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/evaluate");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut errors = Vec::new();
    let mut cases = 0;
    for path in paths.iter().filter(|path| path.is_file()) {
        let source = Source::from_bytes(path.to_string_lossy(), std::fs::read(path).unwrap()).unwrap();
        let mut load = |path: &str| std::fs::read(path).map_err(|error| error.to_string());
        let file = CaseFile::read(source, Quirks::default(), &mut load).unwrap_or_else(|error| panic!("{error}"));
        cases += file.cases.len();
        errors.extend(file.cases.iter().filter_map(|case| case.body.as_ref().err()).flatten().map(ToString::to_string));
    }
    assert!(cases > 0, "no cases in {}", folder.display());
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
