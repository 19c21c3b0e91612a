//! Rules of the linter: what each finds, why that matters, a bad example and a good one.

use wardbook_policy::lint::{self, RULES};

use super::Kind;
use super::page::Page;
use crate::command::lint::own_rule::OWN;

pub(super) const KIND: Kind = Kind {
    name: "rule",
    tells: "what it finds, why, two examples",
    examples: &["KP09", "lockout", "rules"],
    page,
    names: |_| RULES.iter().flat_map(|rule| [rule.code, rule.name]).map(str::to_owned).collect(),
};

fn page(topic: &str) -> Option<Page> {
    if topic.eq_ignore_ascii_case("rules") || topic.eq_ignore_ascii_case("rule") {
        return Some(list());
    }
    let lower = topic.to_ascii_lowercase();
    let of_policies = lint::rule(&lower).map(|rule| (rule.code, rule.name, rule.is_pedantic, rule.page()));
    let own = || OWN.iter().find(|rule| rule.name == lower || rule.code.eq_ignore_ascii_case(topic));
    let (code, name, is_pedantic, text) =
        of_policies.or_else(|| own().map(|rule| (rule.code, rule.name, false, rule.page())))?;
    let page = Page::new("rule", code, name).verbatim(&text);
    let strict = "it speaks with `--strict` only";
    Some(page.note(is_pedantic.then_some(strict)))
}

fn list() -> Page {
    let first = |page: &str| page.lines().next().unwrap_or_default().to_owned();
    let row = |code: &str, name: &str, page: &str| vec![code.to_owned(), name.to_owned(), first(page)];
    let rows = RULES.iter().map(|rule| row(rule.code, rule.name, &rule.page()));
    let rows = rows.chain(OWN.iter().map(|rule| row(rule.code, rule.name, &rule.page())));
    Page::new("list", "rules", "of the linter").section("Rules", &["code", "name", "summary"], rows.collect())
}
