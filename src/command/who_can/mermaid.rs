//! The paths of escalations as a Mermaid flow chart: who becomes whom by what, and how the key is reached.

use std::collections::{BTreeMap, BTreeSet};

use wardbook_inventory::access::Step;
use wardbook_policy::arn::Arn;

use super::WhoCan;
use super::table::name;
use crate::output::escape::mermaid;

pub(super) fn text(report: &WhoCan<'_>) -> String {
    let mut nodes: BTreeMap<String, String> = BTreeMap::new();
    let mut edges: BTreeSet<(String, String, String)> = BTreeSet::new();
    for access in &report.found {
        for entry in access.entries.iter().filter(|entry| !entry.answer.path.is_empty()) {
            let path = &entry.answer.path;
            let mut rest = path.as_slice();
            while let Some(first) = rest.first() {
                let who = first.who.text(report.world);
                let same = rest.iter().take_while(|step| step.who == first.who).count();
                let (now, later) = rest.split_at(same);
                let actions: Vec<String> = now.iter().map(label).collect();
                let from = node(&mut nodes, who);
                let key = node(&mut nodes, &access.key.arn);
                // Whoever comes next, else whom the last steps make one, else the key itself.
                let next = later.first().map(|step| step.who.text(report.world).to_owned()).or_else(|| becomes(now));
                let to = match &next {
                    Some(next) => node(&mut nodes, next),
                    None => key.clone(),
                };
                edges.insert((from, to.clone(), actions.join(" + ")));
                if later.is_empty() && next.is_some() {
                    edges.insert((to, key, report.search.action().to_owned()));
                }
                rest = later;
            }
        }
    }
    let mut text = String::from("flowchart LR\n");
    // Where there are several accounts, each name tells its own.
    let account = |arn: &str| Arn::parse(arn).map(|arn| arn.account.to_owned()).filter(|account| !account.is_empty());
    let accounts: BTreeSet<String> = nodes.keys().filter_map(|arn| account(arn)).collect();
    for (arn, id) in &nodes {
        let of = account(arn).filter(|_| accounts.len() > 1).map(|account| format!(" of {account}"));
        text.push_str(&format!("  {id}[\"{}{}\"]\n", mermaid(name(arn)), of.unwrap_or_default()));
    }
    for (from, to, actions) in edges {
        text.push_str(&format!("  {from} -- \"{}\" --> {to}\n", mermaid(&actions)));
    }
    text
}

/// What a step does, and only if.
fn label(step: &Step) -> String {
    match &step.only_if {
        Some(only_if) => format!("{} only if {only_if}", step.action),
        None => step.action.to_string(),
    }
}

/// The role or user that somebody becomes by these steps.
fn becomes(steps: &[Step]) -> Option<String> {
    let taken_over = |step: &&Step| {
        let makes_one = matches!(
            &*step.action,
            "sts:AssumeRole"
                | "iam:PassRole"
                | "iam:CreateAccessKey"
                | "iam:CreateLoginProfile"
                | "iam:UpdateLoginProfile"
        );
        makes_one && Arn::parse(&step.resource).is_some_and(|arn| arn.service == "iam")
    };
    steps.iter().rev().find(taken_over).map(|step| step.resource.to_string())
}

fn node(nodes: &mut BTreeMap<String, String>, arn: &str) -> String {
    let next = format!("n{}", nodes.len() + 1);
    nodes.entry(arn.to_owned()).or_insert(next).clone()
}
