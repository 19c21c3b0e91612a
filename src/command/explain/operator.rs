//! Condition operators: what they compare, and what they make of missing keys and several values.

use serde_json::json;
use wardbook_policy::condition::{self, Operator, Quantifier};

use super::Kind;
use super::page::Page;

pub(super) const KIND: Kind = Kind {
    name: "operator",
    tells: "wildcards, missing keys, several values",
    examples: &["StringLike", "ForAllValues:StringEquals", "NumericLessThanIfExists", "IfExists"],
    page,
    names,
};

/// What an operator compares, and its negation if there is one.
struct Row {
    name: &'static str,
    compares: &'static str,
    negation: &'static str,
}

const fn row(name: &'static str, compares: &'static str, negation: &'static str) -> Row {
    Row { name, compares, negation }
}

const ROWS: &[Row] = &[
    row("StringEquals", "whole texts, letter case included", "StringNotEquals"),
    row("StringNotEquals", "whole texts, letter case included", "StringEquals"),
    row("StringEqualsIgnoreCase", "whole texts, letters of either case alike", "StringNotEqualsIgnoreCase"),
    row("StringNotEqualsIgnoreCase", "whole texts, letters of either case alike", "StringEqualsIgnoreCase"),
    row("StringLike", "whole texts with a pattern, letter case included", "StringNotLike"),
    row("StringNotLike", "whole texts with a pattern, letter case included", "StringLike"),
    row("NumericEquals", "numbers: equal", "NumericNotEquals"),
    row("NumericNotEquals", "numbers: equal", "NumericEquals"),
    row("NumericLessThan", "numbers: the request's below the policy's", ""),
    row("NumericLessThanEquals", "numbers: the request's at most the policy's", ""),
    row("NumericGreaterThan", "numbers: the request's above the policy's", ""),
    row("NumericGreaterThanEquals", "numbers: the request's at least the policy's", ""),
    row("DateEquals", "moments: the same", "DateNotEquals"),
    row("DateNotEquals", "moments: the same", "DateEquals"),
    row("DateLessThan", "moments: the request's before the policy's", ""),
    row("DateLessThanEquals", "moments: the request's not after the policy's", ""),
    row("DateGreaterThan", "moments: the request's after the policy's", ""),
    row("DateGreaterThanEquals", "moments: the request's not before the policy's", ""),
    row("Bool", "true or false, in letters of either case", ""),
    row("BinaryEquals", "bytes, written in base64", ""),
    row("IpAddress", "an address with ranges, such as 203.0.113.0/24 or 2001:db8::/32", "NotIpAddress"),
    row("NotIpAddress", "an address with ranges, such as 203.0.113.0/24 or 2001:db8::/32", "IpAddress"),
    row("ArnEquals", "ARNs part by part; the same as ArnLike", "ArnNotEquals"),
    row("ArnLike", "ARNs part by part; the same as ArnEquals", "ArnNotLike"),
    row("ArnNotEquals", "ARNs part by part; the same as ArnNotLike", "ArnEquals"),
    row("ArnNotLike", "ARNs part by part; the same as ArnNotEquals", "ArnLike"),
    row("Null", "whether the key is missing (`true`) or there (`false`)", ""),
];

/// What holds for a family of operators.
struct Family {
    /// How their names begin; the first family that fits is theirs.
    begins: &'static [&'static str],
    wildcards: &'static str,
    variables: &'static str,
    /// What a request's value has to be; nothing if any text is one.
    malformed: &'static str,
}

const NO_WILDCARDS: &str = "none: `*` and `?` are plain characters";
const NO_VARIABLES: &str = "none";

const FAMILIES: &[Family] = &[
    Family {
        begins: &["StringLike", "StringNotLike"],
        wildcards: "`*` any run of characters, `?` one character, anywhere in the policy's value",
        variables: "yes, with Version 2012-10-17",
        malformed: "",
    },
    Family { begins: &["String"], wildcards: NO_WILDCARDS, variables: "yes, with Version 2012-10-17", malformed: "" },
    Family {
        begins: &["Arn"],
        wildcards: "`*` and `?` in each part; only in the last of the six parts do they take colons",
        variables: "yes, with Version 2012-10-17",
        malformed: "what has fewer than six parts matches nothing (quirk `short-arn` for a policy's value)",
    },
    Family {
        begins: &["Numeric"],
        wildcards: "none",
        variables: NO_VARIABLES,
        malformed: "what is no number matches nothing",
    },
    Family {
        begins: &["Date"],
        wildcards: "none",
        variables: NO_VARIABLES,
        malformed: "ISO 8601 or seconds since 1970, also mixed; anything else matches nothing",
    },
    Family {
        begins: &["Bool"],
        wildcards: "none",
        variables: "yes, with Version 2012-10-17 (quirk `variable-in-bool`)",
        malformed: "what is neither true nor false matches nothing",
    },
    Family {
        begins: &["Binary"],
        wildcards: "none",
        variables: NO_VARIABLES,
        malformed: "what is not base64 matches nothing",
    },
    Family {
        begins: &["IpAddress", "NotIpAddress"],
        wildcards: "none: write a range",
        variables: NO_VARIABLES,
        malformed: "what is no address matches nothing; version 4 and 6 never match each other",
    },
    Family { begins: &["Null"], wildcards: "none", variables: NO_VARIABLES, malformed: "" },
];

/// What may stand before or behind an operator.
const MODIFIERS: &[(&str, &str, &str, &str)] = &[
    (
        "ForAllValues:",
        "before an operator, for keys with several values: each value of the request has to satisfy it",
        "holds, as on an empty list",
        FOR_ALL_NOTE,
    ),
    (
        "ForAnyValue:",
        "before an operator, for keys with several values: one value of the request has to satisfy it",
        "does not hold, also before a negated operator",
        "The values of the policy are joined by OR, as always; the quantifier counts those of the request.",
    ),
    (
        "IfExists",
        "behind an operator: the row holds where the key is missing, and is the operator's where it is there",
        "holds (behind ForAnyValue: it does not; quirk `for-any-value-if-exists`)",
        "Negated operators hold on a missing key without it. `Null` does not take it.",
    ),
];

const FOR_ALL_NOTE: &str = "An Allow with ForAllValues also lets in requests that lack the key. \
    To demand it, add `\"Null\": {\"KEY\": \"false\"}`.";

fn page(topic: &str) -> Option<Page> {
    if topic.eq_ignore_ascii_case("operators") || topic.eq_ignore_ascii_case("operator") {
        return Some(all());
    }
    let modifier = MODIFIERS
        .iter()
        .find(|(name, ..)| name.trim_end_matches(':').eq_ignore_ascii_case(topic.trim_end_matches(':')));
    if let Some((name, does, missing, note)) = modifier {
        let page = Page::new("operator", *name, "modifier of condition operators");
        return Some(page.fact("does", *does).fact("missing key", *missing).note(*note));
    }
    Spelling::read(topic).map(|spelling| spelling.page())
}

fn all() -> Page {
    let rows = ROWS.iter().map(|row| vec![row.name.to_owned(), row.compares.to_owned()]).collect();
    let modifiers = MODIFIERS.iter().map(|(name, does, ..)| vec![(*name).to_owned(), (*does).to_owned()]).collect();
    Page::new("list", "operators", "of conditions").section("Operators", &["operator", "compares"], rows).section(
        "Modifiers",
        &["modifier", "does"],
        modifiers,
    )
}

/// Operators with the quantifier and the suffix of the topic, so that the rest can be compared.
fn names(topic: &str) -> Vec<String> {
    let lower = topic.to_ascii_lowercase();
    let prefix = match lower.split_once(':') {
        Some((before, _)) if before.starts_with("forall") => "ForAllValues:",
        Some((before, _)) if before.starts_with("forany") => "ForAnyValue:",
        _ => "",
    };
    let suffix = if lower.ends_with("ifexists") { "IfExists" } else { "" };
    let takes = |operator: &&Operator| operator.name != "Null" || (prefix.is_empty() && suffix.is_empty());
    let operators = condition::operators().filter(takes).map(|operator| format!("{prefix}{}{suffix}", operator.name));
    operators.chain(["ForAllValues", "ForAnyValue", "IfExists"].map(str::to_owned)).collect()
}

/// An operator's name taken apart.
struct Spelling {
    quantifier: Quantifier,
    operator: &'static Operator,
    if_exists: bool,
}

impl Spelling {
    /// Reads a name in letters of either case.
    fn read(topic: &str) -> Option<Spelling> {
        let lower = topic.to_ascii_lowercase();
        let (quantifier, base) = match (lower.strip_prefix("forallvalues:"), lower.strip_prefix("foranyvalue:")) {
            (Some(base), _) => (Quantifier::All, base),
            (_, Some(base)) => (Quantifier::Any, base),
            (None, None) => (Quantifier::Single, &*lower),
        };
        let named = |name: &str| condition::operators().find(|operator| operator.name.eq_ignore_ascii_case(name));
        let (operator, if_exists) = match (named(base), base.strip_suffix("ifexists").and_then(named)) {
            (Some(operator), _) => (operator, false),
            (None, Some(operator)) => (operator, true),
            (None, None) => return None,
        };
        let bare = quantifier == Quantifier::Single && !if_exists;
        (operator.name != "Null" || bare).then_some(Spelling { quantifier, operator, if_exists })
    }

    fn name(&self) -> String {
        let prefix = match self.quantifier {
            Quantifier::Single => "",
            Quantifier::All => "ForAllValues:",
            Quantifier::Any => "ForAnyValue:",
        };
        format!("{prefix}{}{}", self.operator.name, if self.if_exists { "IfExists" } else { "" })
    }

    fn page(&self) -> Page {
        let mut page = Page::new("operator", self.name(), "condition operator");
        if let Some(row) = ROWS.iter().find(|row| row.name == self.operator.name) {
            page = page.fact("compares", row.compares);
            if !row.negation.is_empty() {
                page = page.fact("negation", row.negation);
            }
        }
        page = page.fact_as(
            "negated",
            if self.operator.negated { "yes: holds where nothing matches" } else { "no" },
            json!(self.operator.negated),
        );
        let begins = |family: &&Family| family.begins.iter().any(|begin| self.operator.name.starts_with(begin));
        if let Some(family) = FAMILIES.iter().find(begins) {
            page = page.fact("wildcards", family.wildcards).fact("variables", family.variables);
            if !family.malformed.is_empty() {
                page = page.fact("request values", family.malformed);
            }
        }
        page.fact(
            "policy values",
            match self.operator.negated {
                true => "joined by NOR: the request's value may match none of them",
                false => "joined by OR: one match is enough",
            },
        )
        .fact("missing key", self.missing())
        .fact("several values", self.several())
        .note(self.note())
    }

    /// What the row is on a request that lacks the key.
    fn missing(&self) -> &'static str {
        match (self.quantifier, self.if_exists, self.operator.negated) {
            _ if self.operator.name == "Null" => "`true` holds, `false` does not; an empty list counts as missing",
            (Quantifier::All, ..) => "holds, as on an empty list",
            (Quantifier::Any, true, _) => "does not hold (quirk `for-any-value-if-exists`)",
            (Quantifier::Any, false, _) => "does not hold",
            (Quantifier::Single, true, _) => "holds",
            (Quantifier::Single, false, true) => "holds: what is not there matches nothing",
            (Quantifier::Single, false, false) => "does not hold",
        }
    }

    /// What the row is on a request whose key has several values.
    fn several(&self) -> &'static str {
        match (self.quantifier, self.operator.negated) {
            _ if self.operator.name == "Null" => "as with one: only whether the key is there counts",
            (Quantifier::Single, _) => "does not hold: such a key needs ForAnyValue: or ForAllValues:",
            (Quantifier::All, false) => "each of the request's values has to match one of the policy's",
            (Quantifier::All, true) => "none of the request's values may match any of the policy's",
            (Quantifier::Any, false) => "one of the request's values has to match",
            (Quantifier::Any, true) => "one of the request's values has to match none of the policy's",
        }
    }

    fn note(&self) -> Option<&'static str> {
        match (self.quantifier, self.if_exists, self.operator.negated) {
            _ if self.operator.name == "Null" => None,
            (Quantifier::All, ..) => Some(FOR_ALL_NOTE),
            (Quantifier::Single, false, true) => Some(
                "A Deny with it also hits requests that lack the key. To spare those, add `\"Null\": {\"KEY\": \
                    \"false\"}`.",
            ),
            (Quantifier::Single, true, false) => Some("An Allow with it also lets in requests that lack the key."),
            (Quantifier::Single, true, true) => Some("It holds on a missing key without IfExists, too."),
            (Quantifier::Single, false, false) | (Quantifier::Any, ..) => None,
        }
    }
}
