//! Any bytes as a case file, a single request, CloudTrail events, and the text of a refusal: what `test` and `why` read.

use wardbook_inventory::access_denied;
use wardbook_inventory::case::{CaseFile, read_single};
use wardbook_inventory::cloudtrail;
use wardbook_inventory::source::Source;
use wardbook_policy::quirk::Quirks;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let quirks = Quirks::default();
    let mut load = |_: &str| Err("there are no other files".to_owned());
    for path in ["a.json", "a.yaml"] {
        let source = Source::new(path, text);
        if let Ok(file) = CaseFile::read(source.clone(), quirks, &mut load) {
            for body in file.cases.iter().filter_map(|case| case.body.as_ref().ok()) {
                let decided = body.layers.decide(&body.request, quirks).verdict();
                assert_eq!(decided, body.layers.explain(&body.request, quirks).decision().verdict());
            }
        }
        if let Some(Ok(single)) = read_single(&source, &mut load)
            && let (Ok(request), Some(layers)) = (single.question.request(quirks), &single.layers)
        {
            layers.decide(&request, quirks);
        }
        for call in cloudtrail::read(&source, quirks).into_iter().flatten() {
            for question in call.questions.into_iter().flatten() {
                let _ = question.request(quirks);
            }
        }
    }
    if let Ok(denied) = access_denied::read(text) {
        assert!(!denied.action.is_empty());
    }
}
