//! Conditions of a template, and what stands where one is not known.
//!
//! Where an `Fn::If` is undecided both branches count: in a list each stands in doubt, and elsewhere
//! a symbol takes the place of both.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html>

use wardbook_policy::json::{Kind, Member, Value};
use wardbook_policy::span::Span;
use wardbook_policy::symbol;
use wardbook_policy::tri::Tri;

use super::evaluate::{Evaluated, Evaluator, one_or_many};

impl<'t> Evaluator<'t> {
    pub(super) fn choose(&self, argument: &'t Value, span: Span) -> Evaluated<'t> {
        let Some([condition, then, otherwise]) = argument.as_list() else { return self.unknown("If", argument, span) };
        let Some(condition) = condition.as_text() else { return self.unknown("If", argument, span) };
        match self.condition(condition) {
            Tri::True => self.evaluate(then),
            Tri::False => self.evaluate(otherwise),
            Tri::Unknown => {
                let (then, otherwise) = (self.value(then), self.value(otherwise));
                match (&then, &otherwise) {
                    (None, None) => Evaluated::Nothing,
                    (Some(one), Some(other)) if alike(one, other) => Evaluated::Made(one.clone()),
                    _ => Evaluated::Either { condition, then, otherwise },
                }
            }
        }
    }

    /// The symbol for one side of a condition that is not known.
    pub(super) fn branch(&self, condition: &str, holds: bool) -> String {
        self.symbol(&format!("If.{}{condition}", if holds { "" } else { "not." }))
    }

    /// A value that is there only on one side of a condition.
    pub(super) fn doubted(&self, value: Value, condition: &str, holds: bool) -> Value {
        let branch = self.branch(condition, holds);
        let kind = match value.kind {
            Kind::Object(mut members) => {
                let doubt = Value { span: value.span, kind: Kind::Null };
                members.insert(0, Member { name: branch.into(), name_span: value.span, value: doubt });
                Kind::Object(members)
            }
            _ => Kind::Text(branch.into()),
        };
        Value { span: value.span, kind }
    }

    /// One value in the place of two: lists are joined, with every element in doubt; so are the statements of documents.
    pub(super) fn either(&self, condition: &str, then: Option<Value>, otherwise: Option<Value>, span: Span) -> Value {
        let sides = || {
            [(&then, true), (&otherwise, false)].into_iter().filter_map(|(side, holds)| Some((side.as_ref()?, holds)))
        };
        let unknown = || Value { span, kind: Kind::Text(self.branch(condition, true).into()) };
        let joined = |lists: Option<Vec<(&[Value], bool)>>| {
            let lists = lists?;
            let elements = lists.into_iter().flat_map(|(values, holds)| values.iter().map(move |value| (value, holds)));
            Some(elements.map(|(value, holds)| self.doubted(value.clone(), condition, holds)).collect::<Vec<Value>>())
        };
        if let Some(elements) = joined(sides().map(|(side, holds)| Some((side.as_list()?, holds))).collect()) {
            return Value { span, kind: Kind::List(elements) };
        }
        let statements = sides().map(|(side, holds)| Some((one_or_many(side.member("Statement")?), holds)));
        match joined(statements.collect()) {
            Some(statements) => {
                let first = sides().next().map(|(side, _)| side);
                let version = first.and_then(|side| side.as_object()?.iter().find(|member| &*member.name == "Version"));
                let statements = Value { span, kind: Kind::List(statements) };
                let member = Member { name: "Statement".into(), name_span: span, value: statements };
                Value { span, kind: Kind::Object(version.cloned().into_iter().chain([member]).collect()) }
            }
            None => unknown(),
        }
    }

    /// Whether a condition of the template holds.
    pub(super) fn condition(&self, name: &str) -> Tri {
        if let Some(settled) = self.conditions.borrow().get(name) {
            return *settled;
        }
        let found = self.template.member("Conditions").and_then(Value::as_object).unwrap_or_default();
        let Some(member) = found.iter().find(|member| &*member.name == name) else { return Tri::Unknown };
        // A condition that turns on itself stays unknown.
        self.conditions.borrow_mut().insert(&member.name, Tri::Unknown);
        let settled = self.holds(&member.value);
        self.conditions.borrow_mut().insert(&member.name, settled);
        settled
    }

    /// Conditions lead to one another by their names, so their depth counts like that of functions.
    fn holds(&self, value: &'t Value) -> Tri {
        self.deeper(|| self.holds_inside(value)).unwrap_or(Tri::Unknown)
    }

    fn holds_inside(&self, value: &'t Value) -> Tri {
        let Some([only]) = value.as_object() else { return Tri::Unknown };
        let all = || only.value.as_list().unwrap_or_default().iter().map(|value| self.holds(value));
        match (&*only.name, only.value.as_list()) {
            ("Condition", None) => only.value.as_text().map_or(Tri::Unknown, |name| self.condition(name)),
            ("Fn::Equals", Some([left, right])) => match (self.text(left), self.text(right)) {
                (Some(left), Some(right)) => symbol::same(&left.text, &right.text),
                _ => Tri::Unknown,
            },
            ("Fn::Not", Some([_])) => !Tri::any(all()),
            ("Fn::And", Some([_, ..])) => Tri::all(all()),
            ("Fn::Or", Some([_, ..])) => Tri::any(all()),
            _ => Tri::Unknown,
        }
    }
}

/// Whether two values are equal, wherever they stand.
///
/// INVARIANT: no deeper than the readers let values be.
fn alike(one: &Value, other: &Value) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::List(ones), Kind::List(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| alike(one, other))
        }
        (Kind::Object(ones), Kind::Object(others)) => {
            ones.len() == others.len()
                && ones.iter().zip(others).all(|(one, other)| one.name == other.name && alike(&one.value, &other.value))
        }
        (one, other) => one == other,
    }
}
