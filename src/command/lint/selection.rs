//! Which rules are meant: by code, by family, or by name.

use std::collections::BTreeSet;

use anyhow::bail;
use wardbook_policy::lint::RULES;

use super::own_rule::OWN;

/// Some of the rules, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selection(BTreeSet<&'static str>);

impl Selection {
    /// Reads codes (`KP07`), families (`KP`) and names (`public-key-policy`).
    pub(super) fn parse_all<'t>(texts: impl IntoIterator<Item = &'t str>) -> anyhow::Result<Selection> {
        let mut selection = Selection::default();
        for text in texts {
            selection.add(text.trim())?;
        }
        Ok(selection)
    }

    fn add(&mut self, text: &str) -> anyhow::Result<()> {
        let meant = |(code, name): &(&'static str, &'static str)| {
            let family = code.get(..2).unwrap_or_default();
            text.eq_ignore_ascii_case(code) || text.eq_ignore_ascii_case(family) || text == *name
        };
        let found: Vec<&str> = all().filter(meant).map(|(code, _)| code).collect();
        if found.is_empty() {
            bail!("`{text}` is no rule and no family of rules; `wardbook lint --list-rules` lists them");
        }
        self.0.extend(found);
        Ok(())
    }

    pub(super) fn has(&self, code: &str) -> bool {
        self.0.contains(code)
    }

    pub(super) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}

/// Codes and names of every rule.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rules = RULES.iter().map(|rule| (rule.code, rule.name));
    rules.chain(OWN.iter().map(|rule| (rule.code, rule.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_families_and_names_are_known_in_any_case() {
        let has = |text: &str, code: &str| Selection::parse_all([text]).unwrap().has(code);
        assert!(has("kp07", "KP07") && !has("kp07", "KP08"));
        assert!(has("KP", "KP08") && !has("KP", "SY01"));
        assert!(has("public-key-policy", "KP07") && has("SU", "SU01"));
        assert!(Selection::parse_all(["KP99"]).is_err() && Selection::parse_all([""]).is_err());
    }
}
