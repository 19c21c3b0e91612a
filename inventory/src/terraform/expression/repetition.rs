//! `for` expressions, and the order in which collections are gone through.

use hcl_edit::expr::ForExpr;
use wardbook_policy::span::Span;

use crate::terraform::evaluator::{Eval, Evaluator, Failure};
use crate::terraform::frame::{At, Frame};
use crate::terraform::text::Text;
use crate::terraform::value::{Entry, Kind, Val};

impl Evaluator<'_> {
    pub(super) fn for_expression(&mut self, for_expr: &ForExpr, span: Span, at: At<'_>) -> Eval {
        let collection = self.eval(&for_expr.intro.collection_expr, at)?;
        let Some(pairs) = self.pairs(&collection) else {
            if collection.is_whole() {
                return Err(Failure::new(collection.span, "`for` takes a list or a map"));
            }
            let mut name = String::from("for ... in ");
            collection.describe(&mut name);
            return Ok(Val::unknown(span, self.fresh(&name)));
        };
        self.charge(pairs.len(), span)?;
        let (mut items, mut entries): (Vec<Val>, Vec<Entry>) = (Vec::new(), Vec::new());
        for (key, value) in pairs {
            let many = value.as_symbol().is_some_and(|symbol| symbol.many);
            let outer = Frame { name: for_expr.intro.value_var.as_str(), value: &value, outer: at.frame };
            let inner;
            let at = match &for_expr.intro.key_var {
                Some(name) => {
                    inner = Frame { name: name.as_str(), value: &key, outer: Some(&outer) };
                    at.with(&inner)
                }
                None => at.with(&outer),
            };
            if let Some(condition) = &for_expr.cond {
                let condition = self.eval(&condition.expr, at)?;
                match condition.as_bool() {
                    Some(false) => continue,
                    Some(true) if !many => {}
                    Some(true) => {}
                    None if condition.is_whole() => {
                        return Err(Failure::new(condition.span, "the condition of `for` is neither true nor false"));
                    }
                    None => return Ok(self.undecided_for(&collection, span)),
                }
            }
            let value = self.eval(&for_expr.value_expr, at)?;
            match &for_expr.key_expr {
                None if many => match value.many() {
                    Some(value) => items.push(value),
                    // Known and the same for each of an unknown number: still an unknown number.
                    None => return Ok(self.undecided_for(&collection, span)),
                },
                None => items.push(value),
                Some(_) if many => return Ok(self.undecided_for(&collection, span)),
                Some(key) => {
                    let key = self.eval(key, at)?;
                    let name = key.name();
                    match entries.iter_mut().find(|entry| entry.name == name).filter(|_| for_expr.grouping) {
                        Some(entry) => {
                            let mut grouped = entry.value.as_list().unwrap_or_default().to_vec();
                            grouped.push(value);
                            self.charge(grouped.len(), span)?;
                            entry.value = Val::list(span, grouped);
                        }
                        None => {
                            let value = if for_expr.grouping { Val::list(span, vec![value]) } else { value };
                            entries.push(Entry { name, name_span: key.span, value });
                        }
                    }
                }
            }
        }
        Ok(match for_expr.key_expr {
            None => Val::list(span, items),
            Some(_) => {
                // A map has its names in order.
                entries.sort_by(|a, b| a.name.cmp(&b.name));
                Val::object(span, entries)
            }
        })
    }

    fn undecided_for(&mut self, collection: &Val, span: Span) -> Val {
        let mut name = String::from("for ... in ");
        collection.describe(&mut name);
        Val::unknown(span, self.fresh(&name))
    }

    /// Keys and values of a collection, in the order in which `for` meets them.
    pub(in crate::terraform) fn pairs(&self, collection: &Val) -> Option<Vec<(Val, Val)>> {
        match &collection.kind {
            Kind::List(items) => {
                let numbered = items.iter().enumerate();
                Some(numbered.map(|(i, item)| (Val::number(item.span, i.to_string()), item.clone())).collect())
            }
            Kind::Object(entries) => {
                let mut sorted: Vec<&Entry> = entries.iter().collect();
                sorted.sort_by(|a, b| a.name.cmp(&b.name));
                let pair = |entry: &Entry| {
                    let key = Text::placed(entry.name.clone(), entry.name_span);
                    (Val::text(entry.name_span, key), entry.value.clone())
                };
                Some(sorted.into_iter().map(pair).collect())
            }
            _ => None,
        }
    }
}
