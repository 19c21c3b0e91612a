//! The paths of escalations as a Mermaid flow chart, each principal and step once.

use std::collections::{BTreeMap, BTreeSet};

use super::WhoCan;
use super::table::name;

pub(super) fn text(report: &WhoCan<'_>) -> String {
    let mut nodes: BTreeMap<String, String> = BTreeMap::new();
    let mut edges: BTreeSet<(String, String, String)> = BTreeSet::new();
    for access in &report.found {
        for entry in access.entries.iter().filter(|entry| !entry.answer.path.is_empty()) {
            let key = node(&mut nodes, &access.key.arn);
            for (number, step) in entry.answer.path.iter().enumerate() {
                let who = step.who.text(report.world);
                let from = node(&mut nodes, who);
                let next = entry.answer.path.get(number + 1).map(|next| next.who.text(report.world).to_owned());
                let to = match next {
                    Some(next) if next != who => node(&mut nodes, &next),
                    Some(_) => continue_with(&mut nodes, who, number),
                    None => key.clone(),
                };
                edges.insert((from, to, step.action.to_string()));
            }
        }
    }
    let mut text = String::from("flowchart LR\n");
    for (id, label) in nodes.values().zip(nodes.keys()).map(|(id, arn)| (id, name(arn))) {
        text.push_str(&format!("  {id}[\"{}\"]\n", label.replace('"', "'")));
    }
    for (from, to, action) in edges {
        text.push_str(&format!("  {from} -- \"{action}\" --> {to}\n"));
    }
    text
}

fn node(nodes: &mut BTreeMap<String, String>, arn: &str) -> String {
    let next = format!("n{}", nodes.len() + 1);
    nodes.entry(arn.to_owned()).or_insert(next).clone()
}

/// The same principal, a step further.
fn continue_with(nodes: &mut BTreeMap<String, String>, who: &str, number: usize) -> String {
    let further = format!("{who} (after step {})", number + 1);
    node(nodes, &further)
}
