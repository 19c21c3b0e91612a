//! `data.aws_iam_policy_document`: from its blocks to the document that it renders.
//!
//! Source documents come first, then the statements of the block, then override documents; a
//! statement replaces an earlier one of the same Sid, and one without a Sid is added.
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>

use std::collections::HashMap;
use std::rc::Rc;

use wardbook_policy::span::Span;

use super::evaluator::{Eval, Failure};
use super::text::Text;
use super::value::{Entry, Kind, Symbol, Val};

/// A document in the making.
#[derive(Default)]
struct Merged {
    id: Option<Val>,
    version: Option<Val>,
    statements: Vec<Val>,
}

/// The document that the arguments describe.
pub(crate) fn build(arguments: &Val) -> Eval {
    if arguments.as_symbol().is_some() {
        return Ok(arguments.clone());
    }
    let span = arguments.span;
    let mut merged = Merged::default();
    let mut sids: HashMap<Rc<str>, Span> = HashMap::new();
    let sources = arguments.given("source_policy_documents").into_iter().flat_map(elements);
    let sources = arguments.given("source_json").cloned().into_iter().chain(sources);
    for source in sources {
        let document = document_of(&source)?;
        for statement in
            document.statements.iter().filter_map(|statement| sid_of(statement).map(|sid| (sid, statement)))
        {
            let (sid, statement) = statement;
            if sids.insert(sid.clone(), statement.span).is_some() {
                let message = format!("the Sid `{sid}` occurs twice in `source_policy_documents`");
                return Err(Failure::new(statement.span, message));
            }
        }
        merged.merge(document);
    }
    let version = arguments.given("version").cloned();
    let own = Merged {
        id: arguments.given("policy_id").cloned(),
        version: Some(version.unwrap_or_else(|| placed("2012-10-17", span))),
        statements: own_statements(arguments)?,
    };
    merged.merge(own);
    let overrides = arguments.given("override_policy_documents").into_iter().flat_map(elements);
    let overrides = overrides.chain(arguments.given("override_json").cloned());
    for document in overrides {
        // A document that is not known may replace any statement that has a Sid.
        if document.as_symbol().is_some() {
            return Ok(document.at(span));
        }
        merged.merge(document_of(&document)?);
    }
    Ok(merged.document(span))
}

impl Merged {
    fn merge(&mut self, newer: Merged) {
        if newer.id.as_ref().is_some_and(|id| id.plain().is_none_or(|id| !id.is_empty())) {
            self.id = newer.id;
        }
        let version = |value: &Option<Val>| value.as_ref().and_then(Val::plain).unwrap_or_default();
        if version(&newer.version) > version(&self.version) {
            self.version = newer.version;
        }
        for statement in newer.statements {
            let sid = sid_of(&statement);
            let same = |earlier: &&mut Val| sid.is_some() && sid_of(earlier) == sid;
            match self.statements.iter_mut().find(same) {
                Some(earlier) => *earlier = statement,
                None => self.statements.push(statement),
            }
        }
    }

    fn document(self, span: Span) -> Val {
        let mut entries = Vec::new();
        let mut member = |name: &str, value: Option<Val>| {
            if let Some(value) = value {
                entries.push(Entry { name: name.into(), name_span: value.span, value });
            }
        };
        member("Version", self.version);
        member("Id", self.id.filter(|id| id.plain().is_none_or(|id| !id.is_empty())));
        let first = self.statements.first().map_or(span, |statement| statement.span);
        member("Statement", Some(Val::list(first, self.statements)));
        Val::object(span, entries)
    }
}

fn sid_of(statement: &Val) -> Option<Rc<str>> {
    statement.given("Sid").and_then(Val::plain).filter(|sid| !sid.is_empty())
}

/// A document that is merged: what it says, or one unknown statement for however many it has.
fn document_of(value: &Val) -> Result<Merged, Failure> {
    let unknown = |value: &Val| {
        let mut name = String::new();
        value.describe(&mut name);
        let symbol = Symbol { name: name.into(), many: true };
        Merged { statements: vec![Val::symbol(value.span, symbol)], ..Merged::default() }
    };
    let Some(text) = value.as_text() else { return Ok(unknown(value)) };
    if text.plain().is_some_and(|text| text.trim().is_empty()) {
        return Ok(Merged::default());
    }
    let parsed = text.parse_json(value.span).map_err(|error| Failure::new(error.span, error.message))?;
    let Some(document) = parsed.filter(|document| document.as_object().is_some()) else { return Ok(unknown(value)) };
    let statements = match document.given("Statement") {
        Some(statement) => elements(statement),
        None => Vec::new(),
    };
    Ok(Merged { id: document.given("Id").cloned(), version: document.given("Version").cloned(), statements })
}

/// The elements of a list; anything else is one element.
fn elements(value: &Val) -> Vec<Val> {
    match &value.kind {
        Kind::List(items) => items.iter().filter(|item| !item.is_null()).cloned().collect(),
        Kind::Null => Vec::new(),
        Kind::Unknown(_) => value.many().into_iter().collect(),
        _ => vec![value.clone()],
    }
}

fn own_statements(arguments: &Val) -> Result<Vec<Val>, Failure> {
    let mut sids: HashMap<Rc<str>, Span> = HashMap::new();
    let mut statements = Vec::new();
    for block in arguments.given("statement").into_iter().flat_map(elements) {
        if block.as_symbol().is_some() {
            statements.push(block);
            continue;
        }
        let statement = statement(&block);
        if let Some(sid) = sid_of(&statement)
            && sids.insert(sid.clone(), statement.span).is_some()
        {
            return Err(Failure::new(statement.span, format!("the Sid `{sid}` occurs twice in this document")));
        }
        statements.push(statement);
    }
    Ok(statements)
}

/// The arguments of a statement block that are lists of texts, with the elements they become.
const LISTS: &[(&str, &str, bool)] = &[
    ("actions", "Action", false),
    ("not_actions", "NotAction", false),
    ("resources", "Resource", true),
    ("not_resources", "NotResource", true),
];

fn statement(block: &Val) -> Val {
    let mut entries = Vec::new();
    let mut push =
        |name: &str, name_span: Span, value: Val| entries.push(Entry { name: name.into(), name_span, value });
    let entry = |name: &str| {
        let entries = block.as_object().unwrap_or_default();
        entries.iter().find(|entry| &*entry.name == name && !entry.value.is_null())
    };
    if let Some(sid) = entry("sid").filter(|sid| sid.value.plain().is_none_or(|sid| !sid.is_empty())) {
        push("Sid", sid.name_span, sid.value.clone());
    }
    match entry("effect") {
        Some(effect) => push("Effect", effect.name_span, effect.value.clone()),
        None => push("Effect", head(block.span), placed("Allow", head(block.span))),
    }
    for (argument, name) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(found) = entry(argument)
            && let Some(value) = principals(&elements(&found.value), found.value.span)
        {
            push(name, found.name_span, value);
        }
    }
    for (argument, name, variables) in LISTS {
        let Some(found) = entry(argument) else { continue };
        let items = elements(&found.value);
        if !items.is_empty() {
            push(name, found.name_span, Val::list(found.value.span, replaced(items, *variables)));
        }
    }
    if let Some(found) = entry("condition")
        && let Some(value) = conditions(&elements(&found.value), found.value.span)
    {
        push("Condition", found.name_span, value);
    }
    Val::object(block.span, entries)
}

/// `{"AWS": [...], "Service": [...]}`; `"*"` for the one block that says `*` of `*`.
fn principals(blocks: &[Val], span: Span) -> Option<Val> {
    let star = |value: Option<&Val>| value.and_then(Val::plain).as_deref() == Some("*");
    if let [block] = blocks
        && star(block.given("type"))
        && let [only] = elements(block.given("identifiers")?).as_slice()
        && star(Some(only))
    {
        return Some(only.clone());
    }
    let mut families: Groups = Vec::new();
    for block in blocks {
        let Some(family) = block.given("type") else {
            // A block that is not known names somebody, or nobody.
            let mut name = String::new();
            block.describe(&mut name);
            return Some(Val::unknown(span, name));
        };
        let names = block.given("identifiers").map(elements).unwrap_or_default();
        gather(&mut families, family, replaced(names, true));
    }
    grouped(families, span)
}

/// `{"StringEquals": {"aws:PrincipalOrgID": [...]}}`
fn conditions(blocks: &[Val], span: Span) -> Option<Val> {
    let mut operators: Vec<(Entry, Groups)> = Vec::new();
    for block in blocks {
        let (Some(test), Some(variable)) = (block.given("test"), block.given("variable")) else {
            let mut name = String::new();
            block.describe(&mut name);
            return Some(Val::unknown(span, name));
        };
        let values = replaced(block.given("values").map(elements).unwrap_or_default(), true);
        let name = test.name();
        match operators.iter_mut().find(|(found, _)| found.name == name) {
            Some((_, rows)) => gather(rows, variable, values),
            None => {
                let mut rows = Vec::new();
                gather(&mut rows, variable, values);
                operators.push((Entry { name, name_span: test.span, value: Val::null(block.span) }, rows));
            }
        }
    }
    let entries = operators.into_iter().filter_map(|(entry, rows)| {
        let value = grouped(rows, entry.value.span)?;
        Some(Entry { value, ..entry })
    });
    let entries: Vec<Entry> = entries.collect();
    (!entries.is_empty()).then(|| Val::object(span, entries))
}

/// Values under their names, in the order in which the names first occur.
type Groups = Vec<(Entry, Vec<Val>)>;

fn gather(groups: &mut Groups, name: &Val, values: Vec<Val>) {
    let spelled = name.name();
    match groups.iter_mut().find(|(found, _)| found.name == spelled) {
        Some((_, found)) => found.extend(values),
        None => groups.push((Entry { name: spelled, name_span: name.span, value: Val::null(name.span) }, values)),
    }
}

fn grouped(groups: Groups, span: Span) -> Option<Val> {
    let entries = groups.into_iter().map(|(entry, values)| {
        let place = values.first().map_or(entry.name_span, |first| first.span);
        Entry { value: Val::list(place, values), ..entry }
    });
    let entries: Vec<Entry> = entries.collect();
    (!entries.is_empty()).then(|| Val::object(span, entries))
}

/// The values as texts, `&{...}` being how a policy variable is written here.
fn replaced(values: Vec<Val>, variables: bool) -> Vec<Val> {
    let text = |value: Val| match &value.kind {
        Kind::Text(text) if variables => Val::text(value.span, text.map(|part| part.replace("&{", "${"))),
        Kind::Number(_) | Kind::Bool(_) => placed(&value.plain().unwrap_or_default(), value.span),
        _ => value,
    };
    values.into_iter().map(text).collect()
}

fn placed(text: &str, span: Span) -> Val {
    Val::text(span, Text::placed(text, span))
}

fn head(span: Span) -> Span {
    Span { start: span.start, end: span.start.saturating_add(1).min(span.end) }
}
