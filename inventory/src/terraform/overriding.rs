//! Files that change what other files of their module declare: `override.tf` and `*_override.tf`.
//! <https://developer.hashicorp.com/terraform/language/files/override>

use hcl_edit::Span as _;
use hcl_edit::structure::{Block, Body, Structure};

use super::evaluator::Failure;
use super::file::File;
use super::written::Written;

/// The blocks that others may override. Local values are overridden one by one, which happens where they are read.
const KINDS: &[&str] = &["resource", "data", "variable", "output", "module", "provider"];

/// Puts what a file overrides into the files of its module, and what it adds beside them.
pub(super) fn apply(files: &mut Vec<File>, mut over: File, joined: &str) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut merged = Vec::new();
    for block in over.body.blocks().filter(|block| KINDS.contains(&block.ident.as_str())) {
        let found = files.iter_mut().enumerate().find_map(|(number, file)| {
            let found = file.body.iter().position(|of| of.as_block().is_some_and(|of| is_same(of, block)))?;
            Some((number, found))
        });
        let Some((number, index)) = found else {
            // A provider may be overridden that is configured by nothing but its environment.
            if block.ident.as_str() != "provider" {
                let span = over.base().span(block.ident.span());
                let message = "there is nothing of this name that the block could override";
                failures.push(Failure::new(span, message));
            }
            continue;
        };
        let Some(file) = files.get(number) else { continue };
        let Some(of) = file.body.get(index).and_then(Structure::as_block) else { continue };
        let mut written = Written::default();
        merge((file, of), (&over, block), joined, &mut written);
        match File::written(written) {
            Ok(file) => merged.push(file),
            Err(error) => {
                let message = format!("the overridden block is not HCL: {}", error.message().replace('\n', ", "));
                failures.push(Failure::new(over.base().span(block.span()), message));
                continue;
            }
        }
        if let Some(file) = files.get_mut(number) {
            file.body.remove(index);
        }
    }
    let rest: Body = over.body.iter().filter(|of| !is_taken(of, &merged)).cloned().collect();
    over.body = rest;
    files.append(&mut merged);
    files.push(over);
    failures
}

fn is_taken(of: &Structure, merged: &[File]) -> bool {
    of.as_block().is_some_and(|block| merged.iter().any(|file| file.body.blocks().any(|of| is_same(of, block))))
}

/// Whether two blocks are about one thing. Providers of one name are told apart by their alias.
fn is_same(a: &Block, b: &Block) -> bool {
    let labels = |block: &Block| block.labels.iter().map(|label| label.as_str().to_owned()).collect::<Vec<_>>();
    let alias = |block: &Block| match block.ident.as_str() {
        "provider" => block.body.get_attribute("alias").and_then(|alias| alias.value.as_str()).map(str::to_owned),
        _ => None,
    };
    a.ident.as_str() == b.ident.as_str() && labels(a) == labels(b) && alias(a) == alias(b)
}

/// What a block inside another is called: a `dynamic` one has the name of those that it makes.
fn kind(block: &Block) -> &str {
    match (block.ident.as_str(), block.labels.first()) {
        ("dynamic", Some(label)) => label.as_str(),
        (name, _) => name,
    }
}

/// The block with the arguments of the other one in place of its own, and with its nested blocks in
/// place of those of their kinds. Only `lifecycle` is merged argument by argument.
fn merge(of: (&File, &Block), over: (&File, &Block), joined: &str, out: &mut Written) {
    let part = |(file, _): (&File, &Block), range: Option<std::ops::Range<usize>>, out: &mut Written| {
        if let Some(range) = range {
            out.push_part(file.text(joined), range, file.base());
        }
    };
    part(of, of.1.ident.span(), out);
    for label in &of.1.labels {
        out.push(" ");
        part(of, label.span(), out);
    }
    out.push(" {\n");
    let overridden = |structure: &Structure| match structure {
        Structure::Attribute(attribute) => over.1.body.has_attribute(attribute.key.as_str()),
        Structure::Block(block) => over.1.body.blocks().any(|other| kind(other) == kind(block)),
    };
    for structure in of.1.body.iter().filter(|structure| !overridden(structure)) {
        part(of, structure.span(), out);
        out.push("\n");
    }
    for structure in over.1.body.iter() {
        let base = structure.as_block().filter(|block| kind(block) == "lifecycle");
        match base.and_then(|block| Some((of.1.body.get_blocks("lifecycle").next()?, block))) {
            Some((base, block)) => merge((of.0, base), (over.0, block), joined, out),
            None => part(over, structure.span(), out),
        }
        out.push("\n");
    }
    let end = of.1.span().map(|span| span.end.saturating_sub(1)..span.end);
    part(of, end, out);
    out.push("\n");
}
