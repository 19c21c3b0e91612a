//! Values as the type constraints of variables have them: attributes that may be left out are there.
//! <https://developer.hashicorp.com/terraform/language/expressions/type-constraints>

use hcl_edit::expr::{Expression, FuncCall, ObjectKey};

use super::evaluator::{Eval, Evaluator};
use super::frame::At;
use super::function;
use super::value::{Entry, Val};
use super::written::Base;

impl Evaluator<'_> {
    /// The value with what its type adds: `optional(string, "x")` attributes, sets without repetition.
    pub(super) fn converted(&mut self, value: Val, constraint: &Expression, base: Base<'_>) -> Eval {
        self.enter(value.span)?;
        let converted = self.converted_inside(value, constraint, base);
        self.leave();
        converted
    }

    fn converted_inside(&mut self, value: Val, constraint: &Expression, base: Base<'_>) -> Eval {
        let Expression::FuncCall(call) = constraint else { return Ok(value) };
        let Some(inner) = call.args.get(0) else { return Ok(value) };
        match call.name.name.as_str() {
            "list" | "set" => {
                let Some(items) = value.as_list() else { return Ok(value) };
                let items = items.iter().map(|item| self.converted(item.clone(), inner, base));
                let list = Val::list(value.span, items.collect::<Result<_, _>>()?);
                match call.name.name.as_str() {
                    "set" => function::call(self, "toset", &[list], value.span, At { base, module: 0, frame: None }),
                    _ => Ok(list),
                }
            }
            "map" => {
                let Some(entries) = value.as_object() else { return Ok(value) };
                let mut converted = Vec::with_capacity(entries.len());
                for entry in entries {
                    let value = self.converted(entry.value.clone(), inner, base)?;
                    converted.push(Entry { value, ..entry.clone() });
                }
                Ok(Val::object(value.span, converted))
            }
            "object" => self.object_of(value, inner, base),
            "optional" => self.converted(value, inner, base),
            _ => Ok(value),
        }
    }

    fn object_of(&mut self, value: Val, attributes: &Expression, base: Base<'_>) -> Eval {
        let (Some(entries), Some(attributes)) = (value.as_object(), attributes.as_object()) else { return Ok(value) };
        let mut converted = Vec::with_capacity(entries.len());
        for (key, constraint) in attributes.iter() {
            let name = match key {
                ObjectKey::Ident(name) => name.as_str(),
                ObjectKey::Expression(Expression::Variable(name)) => name.as_str(),
                ObjectKey::Expression(Expression::String(name)) => name.as_str(),
                ObjectKey::Expression(_) => continue,
            };
            match entries.iter().find(|entry| &*entry.name == name) {
                Some(entry) if !entry.value.is_null() || optional(constraint.expr()).is_none() => {
                    let value = self.converted(entry.value.clone(), constraint.expr(), base)?;
                    converted.push(Entry { value, ..entry.clone() });
                }
                _ => {
                    let default = match optional(constraint.expr()).and_then(|call| call.args.get(1)) {
                        Some(default) => self.eval(default, At { base, module: 0, frame: None })?,
                        None => Val::null(value.span),
                    };
                    let default = self.converted(default, constraint.expr(), base)?;
                    converted.push(Entry { name: name.into(), name_span: value.span, value: default });
                }
            }
        }
        Ok(Val::object(value.span, converted))
    }
}

fn optional(constraint: &Expression) -> Option<&FuncCall> {
    match constraint {
        Expression::FuncCall(call) if call.name.name.as_str() == "optional" => Some(call),
        _ => None,
    }
}
