//! The answer for people: the most alarming first, equal rows on one line.

use std::io::Write;
use std::rc::Rc;

use wardbook_inventory::access::{Entry, KeyAccess, Refusal, Tier, WhoKind};
use wardbook_inventory::world::World;

use super::row::{self, By};
use super::{WhoCan, noun};
use crate::command::world::coverage_text;
use crate::output::escape::line;
use crate::output::table::{Tint, tint};

/// How many names of a group are shown.
const NAMES_SHOWN: usize = 3;

pub(super) fn write(report: &WhoCan<'_>, color: bool, sink: &mut dyn Write) -> anyhow::Result<()> {
    for access in &report.found {
        writeln!(sink, "{}", key(report, access, color))?;
    }
    if report.found.is_empty() {
        writeln!(sink, "no key was collected")?;
    }
    sink.write_all(coverage_text(&report.coverage).as_bytes())?;
    Ok(())
}

fn key(report: &WhoCan<'_>, access: &KeyAccess<'_>, color: bool) -> String {
    let key = access.key;
    let aliases = key.aliases.as_deref().unwrap_or_default();
    let named = if aliases.is_empty() { String::new() } else { format!("  ({})", aliases.join(", ")) };
    let head = line(&format!("{} {}{named}", report.search.action(), key.arn));
    let mut text = format!("{}\n", tint(&head, Tint::Bold, color));
    if let Some(refusal) = access.refused {
        let words = match refusal {
            Refusal::State(..) => format!("nobody while the key {}", refusal.reason()),
            Refusal::Usage => format!("nobody: the key {}", refusal.reason()),
        };
        text.push_str(&format!("  {words}\n"));
    } else if access.entries.is_empty() && access.undecided.is_empty() {
        text.push_str("  nobody\n");
    }
    let mut groups = groups(report, access);
    groups.sort_by_key(Group::order);
    for group in &groups {
        text.push_str(&group.text(report.world, color));
    }
    if !access.undecided.is_empty() {
        let count = access.undecided.len();
        let word = tint("NOT KNOWN", Tint::Yellow, color);
        text.push_str(&format!("  {word}  {count} {}\n", noun(count, "principal", "principals")));
        for (who, why) in access.undecided.iter().take(NAMES_SHOWN) {
            let reason = why.why.join("; ");
            text.push_str(&format!("      {}\n", line(&format!("{}: {reason}", who.text(report.world)))));
        }
        if count > NAMES_SHOWN {
            text.push_str(&format!("      and {} more\n", count - NAMES_SHOWN));
        }
    }
    text
}

/// Where somebody stands, the most alarming first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Public,
    Organization,
    OtherAccount,
    Service,
    SameAccount,
}

impl Distance {
    fn word(self) -> &'static str {
        match self {
            Distance::Public => "PUBLIC",
            Distance::Organization => "ORGANIZATION",
            Distance::OtherAccount => "OTHER ACCOUNT",
            Distance::Service => "SERVICE",
            Distance::SameAccount => "same account",
        }
    }
}

/// Rows with equal answers.
struct Group<'r> {
    tier: Tier,
    distance: Distance,
    kind: WhoKind,
    by: Vec<Rc<By>>,
    entries: Vec<&'r Entry>,
    account: Option<String>,
}

fn groups<'r>(report: &'r WhoCan<'_>, access: &'r KeyAccess<'_>) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for entry in &access.entries {
        let kind = row::kind(report.world, &entry.who);
        let account = row::account(report.world, &entry.who);
        let own = account == Some(&access.key.account);
        let distance = match kind {
            WhoKind::Anyone => Distance::Public,
            WhoKind::Organization => Distance::Organization,
            WhoKind::Service => Distance::Service,
            _ if own => Distance::SameAccount,
            _ => Distance::OtherAccount,
        };
        let by = report.cited.by(&report.search, access, entry);
        let same = |group: &&mut Group<'_>| {
            let first = group.entries.first().map(|first| &first.answer);
            !report.each
                && group.kind == kind
                && group.distance == distance
                && group.account.as_deref() == account
                && first.is_some_and(|first| {
                    first.tier == entry.answer.tier
                        && first.only_if == entry.answer.only_if
                        && first.path.len() == entry.answer.path.len()
                        && first.path.iter().zip(&entry.answer.path).skip(1).all(|(a, b)| a == b)
                        && first.path.first().map(|step| (&step.action, &step.resource, &step.only_if))
                            == entry.answer.path.first().map(|step| (&step.action, &step.resource, &step.only_if))
                })
                && labels(&group.by) == labels(&by)
        };
        match groups.iter_mut().find(|group| same(group)) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group {
                tier: entry.answer.tier,
                distance,
                kind,
                by,
                entries: vec![entry],
                account: account.map(str::to_owned),
            }),
        }
    }
    groups
}

/// What tells groups apart: the policies of different principals differ in name and are said to be alike.
fn labels(by: &[Rc<By>]) -> Vec<(&'static str, String)> {
    by.iter().map(|by| (by.via, label(by))).collect()
}

fn label(by: &By) -> String {
    let name = short(&by.policy);
    match (by.via, &by.sid) {
        ("grant", Some(name)) => format!("grant {} ({name})", cut(&by.policy)),
        ("grant", None) => format!("grant {}", cut(&by.policy)),
        ("key-policy", Some(sid)) => format!("key policy `{sid}`"),
        ("key-policy", None) => "key policy, a statement without Sid".to_owned(),
        (_, Some(sid)) => format!("{name} `{sid}`"),
        (_, None) => name.to_owned(),
    }
}

fn cut(id: &str) -> String {
    match id.char_indices().nth(12) {
        Some((end, _)) if id.len() > 16 => format!("{}…", id.get(..end).unwrap_or(id)),
        _ => id.to_owned(),
    }
}

/// The last part of a policy's ARN, or what stands behind the principal's ARN.
fn short(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split_once(' ').map_or(last, |(_, rest)| rest)
}

impl Group<'_> {
    fn order(&self) -> (Tier, Distance, WhoKind, std::cmp::Reverse<usize>) {
        (self.tier, self.distance, self.kind, std::cmp::Reverse(self.entries.len()))
    }

    fn text(&self, world: &World, color: bool) -> String {
        let tier = match self.tier {
            Tier::Now => tint("now       ", Tint::Red, color),
            Tier::Condition => tint("condition ", Tint::Yellow, color),
            Tier::Escalation => tint("escalation", Tint::Yellow, color),
        };
        let where_to = format!("{:<13}", self.distance.word());
        let where_to = match self.distance {
            Distance::Public => tint(&where_to, Tint::Red, color),
            _ => where_to,
        };
        let mut text = format!("  {tier}  {where_to}  {}\n", line(&self.names(world)));
        if let Some(answer) = self.entries.first().map(|entry| &entry.answer) {
            if let Some(only_if) = &answer.only_if {
                text.push_str(&format!("      only if {}\n", line(&only_if.text)));
            }
            for (number, step) in answer.path.iter().enumerate() {
                let only_if = step.only_if.as_ref().map(|text| format!(", only if {text}")).unwrap_or_default();
                let who = if number == 0 { String::new() } else { format!("{} ", name(step.who.text(world))) };
                let told = format!("{}. {who}{} on {}{only_if}: {}", number + 1, step.action, step.resource, step.why);
                text.push_str(&format!("      {}\n", line(&told)));
            }
        }
        for by in &self.by {
            // The place of one of several is that of the first; `--each` shows all.
            let place = match (&by.source, self.entries.len() > 1 && by.via == "identity") {
                (Some(source), false) => line(&format!("  {source}")),
                (Some(source), true) => line(&format!("  {source} and the like")),
                (None, _) => String::new(),
            };
            text.push_str(&format!(
                "      by {}{}\n",
                line(&label(by)),
                tint(&place, Tint::Dim, color && !place.is_empty())
            ));
        }
        text
    }

    fn names(&self, world: &World) -> String {
        let names: Vec<&str> = self.entries.iter().map(|entry| entry.who.text(world)).collect();
        let one = names.first().copied().unwrap_or_default();
        match self.kind {
            WhoKind::Anyone => "anyone with an AWS account".into(),
            WhoKind::Organization => format!("anyone in the organization {one}"),
            WhoKind::Account => format!("account {one}, which was not collected: whomever it permits"),
            WhoKind::Service => format!("the service {one}"),
            WhoKind::Root => format!("the root user of account {}", self.account.as_deref().unwrap_or(one)),
            _ if names.len() == 1 => one.to_owned(),
            kind => {
                let account = self.account.as_deref().unwrap_or_default();
                let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(|arn| name(arn)).collect();
                let rest = names.len().saturating_sub(NAMES_SHOWN);
                let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
                format!("{} {}s of {account}: {}{more}", names.len(), kind.name(), shown.join(", "))
            }
        }
    }
}

/// `role/app` of an ARN.
pub(super) fn name(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}
