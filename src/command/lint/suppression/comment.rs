//! `# wardbook: ignore CODE[,CODE] -- reason` in YAML and HCL, on the line or above it.

use std::collections::HashSet;

use wardbook_inventory::carriers::{Form, Found};
use wardbook_policy::span::{Lines, Span};

use super::{Place, Scope, Selection, Suppression, place};

/// What a comment begins with.
const MARK: &str = "wardbook:";

/// Reads the comments of the files of a carrier that were not read before.
pub(super) fn read(
    found: &Found,
    seen: &mut HashSet<String>,
    suppressions: &mut Vec<Suppression>,
    malformed: &mut Vec<(Place, String)>,
) {
    if !found.text.contains(MARK) {
        return;
    }
    let lines = found.lines();
    let ends = found.files.iter().skip(1).map(|(start, _)| *start as usize).chain([found.text.len()]);
    for ((start, path), end) in found.files.iter().zip(ends) {
        let has_comments = found.form == Form::Terraform || path.ends_with(".yaml") || path.ends_with(".yml");
        if (has_comments || !starts_like_json(&found.text)) && seen.insert(path.to_string()) {
            let start = *start as usize;
            let text = found.text.get(start..end).unwrap_or_default();
            File { found, lines: &lines, start }.read(text, suppressions, malformed);
        }
    }
}

fn starts_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

struct File<'f> {
    found: &'f Found,
    lines: &'f Lines<'f>,
    /// Where its text begins.
    start: usize,
}

impl File<'_> {
    fn read(&self, text: &str, suppressions: &mut Vec<Suppression>, malformed: &mut Vec<(Place, String)>) {
        let all: Vec<&str> = text.split('\n').collect();
        let mut offset = self.start;
        for (index, line) in all.iter().enumerate() {
            let begin = offset;
            offset += line.len() + 1;
            let Some((before, said)) = comment(line) else { continue };
            let from = begin + line.len() - said.len() - MARK.len();
            let span = Span::new(from, begin + line.trim_end().len());
            let here = place(self.found, self.lines, span);
            let line = match before.trim().is_empty() {
                false => index,
                true => index + 1 + all.iter().skip(index + 1).take_while(|line| is_no_code(line)).count(),
            };
            match instruction(said) {
                Ok((codes, reason)) => suppressions.push(Suppression {
                    codes,
                    reason,
                    place: here,
                    scope: Scope::Line(u32::try_from(line + 1).unwrap_or(u32::MAX)),
                }),
                Err(message) => malformed.push((here, message)),
            }
        }
    }
}

fn is_no_code(line: &str) -> bool {
    let line = line.trim_start();
    line.trim_end().is_empty() || line.starts_with('#') || line.starts_with("//")
}

/// What stands before a comment of ours, and what it says.
fn comment(line: &str) -> Option<(&str, &str)> {
    let (before, said) = line.split_once(MARK)?;
    let before = before.trim_end();
    let before = before.strip_suffix('#').or_else(|| before.strip_suffix("//"))?;
    Some((before, said))
}

/// `ignore KP07, KP08 -- reason`
pub(super) fn instruction(said: &str) -> Result<(Selection, String), String> {
    let said = said.trim();
    let Some(rest) = said.strip_prefix("ignore").filter(|rest| rest.starts_with([' ', '\t']) || rest.is_empty()) else {
        return Err(format!("`{said}` is no instruction; write `wardbook: ignore CODE -- reason`"));
    };
    let (codes, reason) = rest.split_once("--").unwrap_or((rest, ""));
    if codes.trim().is_empty() {
        return Err("which rule is to be ignored? write `wardbook: ignore CODE -- reason`".to_owned());
    }
    if reason.trim().is_empty() {
        return Err("a suppression gives its reason; write `wardbook: ignore CODE -- reason`".to_owned());
    }
    let codes = codes.split([',', ' ', '\t']).filter(|code| !code.is_empty());
    let codes = Selection::parse_all(codes).map_err(|error| error.to_string())?;
    Ok((codes, reason.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_names_rules_and_a_reason() {
        let (codes, reason) = instruction(" ignore KP07, kp08 -- meant -- really ").unwrap();
        assert!(codes.has("KP07") && codes.has("KP08"));
        assert_eq!(reason, "meant -- really");
        for bad in [
            "ignore KP07",
            "ignore KP07 --",
            "ignore -- x",
            "ignore KP99 -- x",
            "disable KP07 -- x",
            "ignored KP07 -- x",
        ] {
            assert!(instruction(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_comment_is_told_from_a_text_that_speaks_of_one() {
        assert_eq!(comment("  # wardbook: ignore X"), Some(("  ", " ignore X")));
        assert_eq!(comment("a = 1 // wardbook: ignore X").map(|(before, _)| before), Some("a = 1 "));
        assert_eq!(comment("a: \"wardbook: ignore X\""), None);
    }
}
