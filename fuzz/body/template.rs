//! Any bytes as files of a world or a repository, divided by the character U+001E; the first line of each is its name.
//! They are read as both, everything found has a place in them, and fixes leave what was JSON or YAML so.

use wardbook_inventory::carriers::{self, File, Form, Found, Surroundings};
use wardbook_inventory::edit::{Index, render};
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;
use wardbook_policy::json;
use wardbook_policy::lint::{self, Finding, Settings};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let sources: Vec<Source> = text
        .split('\u{1e}')
        .take(FILES_MAX)
        .map(|file| {
            let (path, text) = file.split_once('\n').unwrap_or(("a.json", file));
            Source::new(path, text)
        })
        .collect();
    let world = World::from_sources(sources.clone());
    assert!(world.coverage().gaps.iter().all(|gap| !gap.message.is_empty()));

    let files = sources.iter().map(|source| File { source: source.clone(), named: true, is_document: false });
    let mut load = |path: &str| {
        let found = sources.iter().find(|source| source.path == path);
        found.map(|source| source.text.clone()).ok_or_else(|| "it is not here".to_owned())
    };
    let around = &mut Surroundings { load: &mut load, module: &mut |_| Vec::new() };
    for found in carriers::read(files, around) {
        check(&found);
    }
}

const FILES_MAX: usize = 4;

fn check(found: &Found) {
    let lines = found.lines();
    for error in found.broken.iter().chain(&found.faults) {
        assert!(!error.message.is_empty());
        lines.position(error.span);
    }
    let settings = Settings { pedantic: true, ..Settings::default() };
    for bare in &found.documents {
        let (_, findings) = lint::document(&bare.value, None, &settings);
        told(found, &findings);
        if found.documents.len() == 1 && matches!(found.form, Form::Documents) {
            fixed(found, &bare.value, &findings);
        }
    }
    if let Some(carrier) = &found.carrier {
        told(found, &lint::lint(&carrier.subjects, &settings));
    }
}

fn told(found: &Found, findings: &[Finding]) {
    for finding in findings {
        let (start, end) = (finding.span.start as usize, finding.span.end as usize);
        assert!(found.text.get(start..end).is_some(), "{}: {} is nowhere", finding.rule.code, finding.message);
    }
}

/// Every fix by itself.
fn fixed(found: &Found, value: &json::Value, findings: &[Finding]) {
    let is_json = json::parse(&found.text).is_ok();
    let index = Index::new(value);
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let edits: Option<Vec<_>> = fix.edits.iter().map(|edit| render(edit, &index, &found.text)).collect();
        let Some(mut edits) = edits else { continue };
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut text = found.text.to_string();
        for edit in edits.iter().rev() {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        assert!(!is_json || json::parse(&text).is_ok(), "{}: what was JSON is none: {text}", fix.title);
    }
}
