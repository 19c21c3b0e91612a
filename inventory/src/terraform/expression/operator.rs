//! Operators: arithmetic, comparison and logic, as far as their operands are known.

use hcl_edit::expr::{BinaryOp, BinaryOperator, UnaryOp, UnaryOperator};
use wardbook_policy::span::Span;

use crate::terraform::evaluator::{Eval, Evaluator, Failure};
use crate::terraform::frame::At;
use crate::terraform::value::Val;

impl Evaluator<'_> {
    pub(super) fn unary(&mut self, unary: &UnaryOp, span: Span, at: At<'_>) -> Eval {
        let value = self.eval(&unary.expr, at)?;
        match unary.operator.value() {
            UnaryOperator::Not => match value.as_bool() {
                Some(told) => Ok(Val::bool(span, !told)),
                None if value.is_whole() => Err(Failure::new(span, "`!` takes true or false")),
                None => Ok(self.unknown_call("!", &[value], span)),
            },
            UnaryOperator::Neg => match value.plain().and_then(|digits| digits.parse::<f64>().ok().map(|_| digits)) {
                Some(digits) => Ok(Val::number(
                    span,
                    match digits.strip_prefix('-') {
                        Some(positive) => positive.to_owned(),
                        None => format!("-{digits}"),
                    },
                )),
                None if value.is_whole() => Err(Failure::new(span, "`-` takes a number")),
                None => Ok(self.unknown_call("-", &[value], span)),
            },
        }
    }

    pub(super) fn binary(&mut self, binary: &BinaryOp, span: Span, at: At<'_>) -> Eval {
        let operator = *binary.operator.value();
        let left = self.eval(&binary.lhs_expr, at)?;
        let right = self.eval(&binary.rhs_expr, at)?;
        let told = match operator {
            BinaryOperator::Eq => left.equals(&right),
            BinaryOperator::NotEq => left.equals(&right).map(|equal| !equal),
            BinaryOperator::And => match (left.as_bool(), right.as_bool()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            BinaryOperator::Or => match (left.as_bool(), right.as_bool()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            _ => return self.arithmetic(operator, left, right, span),
        };
        match told {
            Some(told) => Ok(Val::bool(span, told)),
            None if left.is_whole() && right.is_whole() => {
                Err(Failure::new(span, format!("`{}` takes true or false", operator.as_str())))
            }
            None => Ok(self.unknown_call(operator.as_str(), &[left, right], span)),
        }
    }

    fn arithmetic(&mut self, operator: BinaryOperator, left: Val, right: Val, span: Span) -> Eval {
        let (Some(a), Some(b)) = (left.plain(), right.plain()) else {
            return match left.is_whole() && right.is_whole() {
                true => Err(Failure::new(span, format!("`{}` takes numbers", operator.as_str()))),
                false => Ok(self.unknown_call(operator.as_str(), &[left, right], span)),
            };
        };
        let failure = || Failure::new(span, format!("`{}` takes numbers", operator.as_str()));
        if let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>()) {
            let whole = match operator {
                BinaryOperator::Plus => a.checked_add(b),
                BinaryOperator::Minus => a.checked_sub(b),
                BinaryOperator::Mul => a.checked_mul(b),
                BinaryOperator::Mod => a.checked_rem(b),
                BinaryOperator::Div => a.checked_rem(b).filter(|rest| *rest == 0).and_then(|_| a.checked_div(b)),
                _ => return Ok(Val::bool(span, compares(operator, &a, &b))),
            };
            if let Some(number) = whole {
                return Ok(Val::number(span, number.to_string()));
            }
        }
        let (a, b) = (a.parse::<f64>().map_err(|_| failure())?, b.parse::<f64>().map_err(|_| failure())?);
        let number = match operator {
            BinaryOperator::Plus => a + b,
            BinaryOperator::Minus => a - b,
            BinaryOperator::Mul => a * b,
            BinaryOperator::Div => a / b,
            BinaryOperator::Mod => a % b,
            _ => return Ok(Val::bool(span, compares(operator, &a, &b))),
        };
        match number.is_finite() {
            true => Ok(Val::number(span, number.to_string())),
            false => Err(Failure::new(span, format!("`{}` gives no number here", operator.as_str()))),
        }
    }
}

fn compares<T: PartialOrd>(operator: BinaryOperator, a: &T, b: &T) -> bool {
    match operator {
        BinaryOperator::Less => a < b,
        BinaryOperator::LessEq => a <= b,
        BinaryOperator::Greater => a > b,
        _ => a >= b,
    }
}
