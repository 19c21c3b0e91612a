//! Two documents, divided by the character U+001E: linted, written in canonical form, and held against each other both
//! ways round, which has to come to the same.

use wardbook_policy::boxes::{Change, Doubt, Setting, compare};
use wardbook_policy::canonical::canonical;
use wardbook_policy::document::Document;
use wardbook_policy::json::{self, Value};
use wardbook_policy::lint::{self, Kind, Settings};
use wardbook_policy::policy::{Origin, Policy, PolicyKind};

const KINDS: [Kind; 6] = [Kind::KeyPolicy, Kind::Identity, Kind::Trust, Kind::Scp, Kind::Rcp, Kind::Endpoint];

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (old, new) = text.split_once('\u{1e}').unwrap_or((text, text));
    let (Ok(old), Ok(new)) = (json::parse(old), json::parse(new)) else { return };
    for value in [&old, &new] {
        written(value);
    }
    let kind = KINDS.get(text.len() % (KINDS.len() + 1)).copied();
    lint::document_against(&new, &old, kind, &Settings { pedantic: true, ..Settings::default() });
    for kind in [PolicyKind::Key, PolicyKind::Identity, PolicyKind::Scp] {
        let policy = |value| Policy::new(&Document::read(value), kind, Origin::default());
        if let (Ok(old), Ok(new)) = (policy(&old), policy(&new)) {
            held(&[old], &[new], kind);
        }
    }
}

fn written(value: &Value) {
    let text = canonical(value);
    let again = json::parse(&text).expect("the canonical form is JSON");
    assert_eq!(canonical(&again), text, "the canonical form has another one");
}

fn held(old: &[Policy], new: &[Policy], kind: PolicyKind) {
    let setting = Setting::of(kind);
    let [there, back] = [compare(old, new, &setting), compare(new, old, &setting)];
    for comparison in [&there, &back] {
        assert!(!comparison.doubts.contains(&Doubt::Contradiction), "`decide` says otherwise");
    }
    let turned = match back.change {
        Some(Change::Wider) => Some(Change::Narrower),
        Some(Change::Narrower) => Some(Change::Wider),
        same => same,
    };
    let decided = there.change.is_some() && turned.is_some();
    assert!(!decided || there.change == turned, "{:?} one way, {:?} the other", there.change, back.change);
}
