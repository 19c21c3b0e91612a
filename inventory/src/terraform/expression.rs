//! Evaluates the expressions of Terraform's language. What is not known before apply becomes a
//! symbol named after the expression that will give it; nothing is guessed.
//! <https://developer.hashicorp.com/terraform/language/expressions>

mod operator;
mod repetition;

use hcl_edit::Span as _;
use hcl_edit::expr::{Conditional, Expression, FuncCall, ObjectKey, Traversal, TraversalOperator};
use wardbook_policy::span::Span;

use super::evaluator::{Eval, Evaluator, Failure};
use super::frame::At;
use super::function;
use super::text::{Marks, Text};
use super::value::{Entry, Kind, Symbol, Val};

impl Evaluator<'_> {
    pub(super) fn eval(&mut self, expression: &Expression, at: At<'_>) -> Eval {
        let span = at.span(expression.span());
        self.enter(span)?;
        let value = self.eval_inside(expression, span, at);
        self.leave();
        value
    }

    fn eval_inside(&mut self, expression: &Expression, span: Span, at: At<'_>) -> Eval {
        Ok(match expression {
            Expression::Null(_) => Val::null(span),
            Expression::Bool(told) => Val::bool(span, *told.value()),
            Expression::Number(number) => {
                let written = number.as_repr().map(|repr| repr.trim());
                let number = number.value();
                Val::number(span, written.filter(|text| is_plain_number(text)).map_or(number.to_string(), Into::into))
            }
            Expression::String(text) => Val::text(span, self.quoted(text.value(), span)),
            Expression::StringTemplate(template) => self.string_template(template, span, at)?,
            Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc, span, at)?,
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.eval(item, at)).collect::<Result<Vec<_>, _>>()?;
                Val::list(span, items)
            }
            Expression::Object(object) => {
                let mut entries = Vec::with_capacity(object.len());
                for (key, value) in object.iter() {
                    let (name, name_span) = match key {
                        ObjectKey::Ident(ident) => (ident.value().as_str().into(), at.span(ident.span())),
                        ObjectKey::Expression(expression) => {
                            let key = self.key_expression(expression, at)?;
                            (key.name(), key.span)
                        }
                    };
                    entries.push(Entry { name, name_span, value: self.eval(value.expr(), at)? });
                }
                Val::object(span, entries)
            }
            Expression::Parenthesis(inner) => self.eval(inner.inner(), at)?,
            Expression::Variable(name) => match at.find(name.as_str()) {
                Some(value) => value.clone(),
                None => return Err(Failure::new(span, format!("`{}` is no value by itself", name.as_str()))),
            },
            Expression::Conditional(conditional) => self.conditional(conditional, span, at)?,
            Expression::FuncCall(call) => self.call(call, span, at)?,
            Expression::Traversal(traversal) => self.traversal(traversal, span, at)?,
            Expression::UnaryOp(unary) => self.unary(unary, span, at)?,
            Expression::BinaryOp(binary) => self.binary(binary, span, at)?,
            Expression::ForExpr(for_expr) => self.for_expression(for_expr, span, at)?,
        })
    }

    /// `{ (local.name) = ... }` and `{ name = ... }`: a bare word in an object is its own name.
    fn key_expression(&mut self, expression: &Expression, at: At<'_>) -> Eval {
        match expression {
            Expression::Variable(name) => {
                let span = at.span(expression.span());
                Ok(Val::text(span, Text::placed(name.as_str(), span)))
            }
            _ => self.eval(expression, at),
        }
    }

    /// The text of a quoted string, aligned with how it was written.
    pub(super) fn quoted(&self, text: &str, span: Span) -> Text {
        let (start, end) = (span.start as usize + 1, (span.end as usize).saturating_sub(1));
        match self.joined.text.get(start..end) {
            Some(written) => Text::literal(text, Marks::align(written, text, start, true)),
            None => Text::placed(text, span),
        }
    }

    fn conditional(&mut self, conditional: &Conditional, span: Span, at: At<'_>) -> Eval {
        let condition = self.eval(&conditional.cond_expr, at)?;
        match condition.as_bool() {
            Some(true) => self.eval(&conditional.true_expr, at),
            Some(false) => self.eval(&conditional.false_expr, at),
            None if condition.is_whole() => {
                Err(Failure::new(condition.span, "the condition of `? :` is neither true nor false"))
            }
            None => {
                let (yes, no) = (self.eval(&conditional.true_expr, at), self.eval(&conditional.false_expr, at));
                match (yes, no) {
                    (Ok(yes), Ok(no)) if yes.equals(&no) == Some(true) => Ok(yes),
                    _ => {
                        let mut name = String::new();
                        condition.describe(&mut name);
                        name.push_str(" ? ... : ...");
                        Ok(Val::unknown(span, self.fresh(&name)))
                    }
                }
            }
        }
    }

    fn call(&mut self, call: &FuncCall, span: Span, at: At<'_>) -> Eval {
        let name = call.name.name.value().as_str();
        if call.name.is_namespaced() {
            return Ok(Val::unknown(span, self.fresh(&format!("a function of a provider, `{name}`"))));
        }
        // These two look at whether an expression fails, so they do not take values.
        match name {
            "try" => return self.first_that_works(call, span, at),
            "can" => return self.works(call, span, at),
            _ => {}
        }
        let mut arguments = Vec::with_capacity(call.args.len());
        for argument in call.args.iter() {
            arguments.push(self.eval(argument, at)?);
        }
        if call.args.expand_final()
            && let Some(last) = arguments.pop()
        {
            match last.as_list() {
                Some(items) => arguments.extend(items.iter().cloned()),
                None if last.is_whole() => return Err(Failure::new(last.span, "`...` takes a list")),
                None => return Ok(self.unknown_call(name, &[last], span)),
            }
        }
        function::call(self, name, &arguments, span, at)
    }

    /// `try`: the first argument that does not fail. One that is not known may fail or not.
    fn first_that_works(&mut self, call: &FuncCall, span: Span, at: At<'_>) -> Eval {
        let mut failure = Failure::new(span, "`try` takes at least one argument");
        for argument in call.args.iter() {
            match self.eval(argument, at) {
                Ok(value) if value.as_symbol().is_some() && call.args.len() > 1 => {
                    let mut name = String::from("try(");
                    value.describe(&mut name);
                    name.push_str(", ...)");
                    // A reference that is only not known yet cannot fail; anything else may.
                    return Ok(match is_reference(argument) {
                        true => value,
                        false => Val::unknown(span, self.fresh(&name)),
                    });
                }
                Ok(value) => return Ok(value),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn works(&mut self, call: &FuncCall, span: Span, at: At<'_>) -> Eval {
        let Some(argument) = call.args.get(0) else { return Err(Failure::new(span, "`can` takes one argument")) };
        Ok(match self.eval(argument, at) {
            Ok(value) if value.as_symbol().is_some() && !is_reference(argument) => {
                Val::unknown(span, self.fresh("can(...)"))
            }
            Ok(_) => Val::bool(span, true),
            Err(_) => Val::bool(span, false),
        })
    }

    /// The result of a function whose arguments are not all known: the same for the same arguments.
    pub(super) fn unknown_call(&mut self, name: &str, arguments: &[Val], span: Span) -> Val {
        let mut shown = format!("{name}(");
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                shown.push_str(", ");
            }
            argument.describe(&mut shown);
        }
        shown.push(')');
        // A description that was cut short, or a function of nothing, may stand for several values.
        let name = match arguments.is_empty() || shown.len() > 300 {
            true => self.fresh(&shown),
            false => shown,
        };
        Val::unknown(span, name)
    }

    fn traversal(&mut self, traversal: &Traversal, span: Span, at: At<'_>) -> Eval {
        let operators: Vec<&TraversalOperator> = traversal.operators.iter().map(|operator| operator.value()).collect();
        let (value, rest) = match &traversal.expr {
            Expression::Variable(name) if at.find(name.as_str()).is_none() => {
                let names: Vec<&str> = operators
                    .iter()
                    .map_while(|operator| match operator {
                        TraversalOperator::GetAttr(name) => Some(name.value().as_str()),
                        _ => None,
                    })
                    .collect();
                let (value, taken) = self.reference(name.as_str(), &names, span, at)?;
                (value, operators.get(taken..).unwrap_or_default())
            }
            expression => (self.eval(expression, at)?, operators.as_slice()),
        };
        self.walk(value, rest, span, at)
    }

    fn walk(&mut self, mut value: Val, operators: &[&TraversalOperator], span: Span, at: At<'_>) -> Eval {
        for (index, operator) in operators.iter().enumerate() {
            value = match operator {
                TraversalOperator::GetAttr(name) => self.attribute(&value, name.value().as_str(), span)?,
                TraversalOperator::LegacyIndex(number) => {
                    let key = Val::number(span, number.value().to_string());
                    self.element(&value, &key, span)?
                }
                TraversalOperator::Index(expression) => {
                    let key = self.eval(expression, at)?;
                    self.element(&value, &key, span)?
                }
                TraversalOperator::FullSplat(_) | TraversalOperator::AttrSplat(_) => {
                    let rest = operators.get(index + 1..).unwrap_or_default();
                    return self.splat(value, rest, span, at);
                }
            };
        }
        // A reference to something is written where it is used, and says where it leads only by its value;
        // values that were written somewhere keep that place.
        Ok(match value.kind {
            Kind::Unknown(_) => value.at(span),
            _ => value,
        })
    }

    fn splat(&mut self, value: Val, rest: &[&TraversalOperator], span: Span, at: At<'_>) -> Eval {
        let items = match &value.kind {
            Kind::Null => Vec::new(),
            Kind::List(items) => items.to_vec(),
            Kind::Unknown(symbol) => {
                let mut name = format!("{}[*]", symbol.name);
                for operator in rest {
                    if let TraversalOperator::GetAttr(attribute) = operator {
                        name.push('.');
                        name.push_str(attribute.value().as_str());
                    }
                }
                return Ok(Val::unknown(span, name));
            }
            _ => vec![value.clone()],
        };
        self.charge(items.len(), span)?;
        let mut mapped = Vec::with_capacity(items.len());
        for item in items {
            let many = item.as_symbol().is_some_and(|symbol| symbol.many);
            let found = self.walk(item, rest, span, at)?;
            mapped.push(match (many, found.many()) {
                (true, Some(found)) => found,
                _ => found,
            });
        }
        Ok(Val::list(value.span, mapped))
    }

    /// `value.name`
    pub(super) fn attribute(&mut self, value: &Val, name: &str, span: Span) -> Eval {
        match &value.kind {
            Kind::Object(_) => match value.member(name) {
                Some(found) => Ok(found.clone()),
                None => Err(Failure::new(span, format!("there is no `{name}` in this object"))),
            },
            Kind::Handle(handle) => self.attribute_of(handle, name, span),
            Kind::Unknown(symbol) => {
                let name = format!("{}.{name}", symbol.name).into();
                Ok(Val::symbol(span, Symbol { name, many: symbol.many }))
            }
            // `list.0` is the old way to write an index.
            Kind::List(_) if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.element(value, &Val::number(span, name), span)
            }
            _ => Err(Failure::new(span, format!("`{name}` is asked of what is no object"))),
        }
    }

    /// `value[key]`
    pub(super) fn element(&mut self, value: &Val, key: &Val, span: Span) -> Eval {
        let unknown = |evaluator: &mut Self| {
            let mut name = String::new();
            value.describe(&mut name);
            name.push('[');
            key.describe(&mut name);
            name.push(']');
            let name = if name.len() > 300 { evaluator.fresh(&name) } else { name };
            Ok(Val::unknown(span, name))
        };
        let Some(name) = key.plain() else {
            return match key.is_null() {
                true => Err(Failure::new(key.span, "an index is not null")),
                false => unknown(self),
            };
        };
        match &value.kind {
            Kind::Object(_) => match value.member(&name) {
                Some(found) => Ok(found.clone()),
                None => Err(Failure::new(span, format!("there is no `{name}` in this map"))),
            },
            Kind::List(items) => {
                let index = name.parse::<usize>().ok();
                let known = items.iter().take_while(|item| !item.as_symbol().is_some_and(|symbol| symbol.many));
                match index.and_then(|index| known.clone().nth(index)) {
                    Some(found) => Ok(found.clone()),
                    None if value.is_open() && index.is_some() => unknown(self),
                    None => Err(Failure::new(span, format!("there is no element {name} in this list"))),
                }
            }
            Kind::Handle(handle) => match handle.address.is_empty() || !handle.instance.is_empty() {
                true => self.attribute_of(handle, &name, span),
                false => self.instance_of(handle, key, span),
            },
            Kind::Unknown(_) => unknown(self),
            _ => Err(Failure::new(span, "an index is asked of what is neither a list nor a map")),
        }
    }
}

/// A number as it may stand in JSON.
fn is_plain_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether an expression only names something, so that it can be unknown but not wrong.
fn is_reference(expression: &Expression) -> bool {
    match expression {
        Expression::Traversal(traversal) => {
            let plain = |operator: &TraversalOperator| matches!(operator, TraversalOperator::GetAttr(_));
            matches!(&traversal.expr, Expression::Variable(name) if !matches!(name.as_str(), "var" | "local" | "each"))
                && traversal.operators.iter().all(|operator| plain(operator.value()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
