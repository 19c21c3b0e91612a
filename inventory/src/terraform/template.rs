//! String templates: quoted strings, heredocs, and the files that `templatefile` reads.
//! <https://developer.hashicorp.com/terraform/language/expressions/strings>

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, ForDirective, HeredocTemplate, IfDirective, StringTemplate, Strip};
use wardbook_policy::span::Span;

use super::evaluator::{Eval, Evaluator, Failure};
use super::frame::{At, Frame};
use super::text::{Literal, Marks, Piece, Text};
use super::value::{Kind, Val};

/// A text in the making.
#[derive(Default)]
struct Output {
    text: Vec<Piece>,
    /// `~}` takes off whitespace from what follows.
    trims: bool,
}

impl Evaluator<'_> {
    pub(super) fn string_template(&mut self, template: &StringTemplate, span: Span, at: At<'_>) -> Eval {
        // A string that is one interpolation is the value itself, whatever its type.
        if let Some(Element::Interpolation(interpolation)) = template.as_single_element() {
            return self.eval(&interpolation.expr, at);
        }
        self.elements(template.iter(), true, span, at)
    }

    pub(super) fn heredoc(&mut self, heredoc: &HeredocTemplate, span: Span, at: At<'_>) -> Eval {
        self.elements(heredoc.template.iter(), false, span, at)
    }

    /// A template in a file of its own, whose variables are the only names there.
    pub(super) fn elements<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Element>,
        quoted: bool,
        span: Span,
        at: At<'_>,
    ) -> Eval {
        let mut output = Output::default();
        if !self.append(elements, quoted, &mut output, at)? {
            return Ok(Val::unknown(span, self.fresh("a text whose shape is not known")));
        }
        let mut text = Text::default();
        for piece in output.text {
            text.push_piece(piece);
        }
        self.charge(text.bytes() / 64, span)?;
        Ok(Val::text(span, text))
    }

    /// Appends what the elements give; `false` if how many pieces there are is not known.
    fn append<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Element>,
        quoted: bool,
        output: &mut Output,
        at: At<'_>,
    ) -> Result<bool, Failure> {
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let span = at.span(literal.span());
                    let written = self.joined.text.get(span.start as usize..span.end as usize).unwrap_or_default();
                    let marks = Marks::align(written, literal, span.start as usize, quoted);
                    output.literal(literal, marks, span);
                }
                Element::Interpolation(interpolation) => {
                    let value = self.eval(&interpolation.expr, at)?;
                    output.begin(interpolation.strip);
                    self.interpolate(&value, output, at.span(interpolation.expr.span()))?;
                    output.end(interpolation.strip);
                }
                Element::Directive(directive) => {
                    let known = match &**directive {
                        Directive::If(directive) => self.if_directive(directive, quoted, output, at)?,
                        Directive::For(directive) => self.for_directive(directive, quoted, output, at)?,
                    };
                    if !known {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn interpolate(&mut self, value: &Val, output: &mut Output, span: Span) -> Result<(), Failure> {
        match &value.kind {
            Kind::Text(text) => {
                self.charge(text.pieces().len() + text.bytes() / 64, value.span)?;
                output.text.extend(text.pieces().iter().cloned());
            }
            Kind::Unknown(symbol) => output.text.push(Piece::Symbol(symbol.name.clone(), value.span)),
            Kind::Number(_) | Kind::Bool(_) => {
                let text = value.plain().unwrap_or_default();
                output.text.push(Piece::Literal(Literal { text, marks: Marks::Whole(value.span) }));
            }
            Kind::Null | Kind::List(_) | Kind::Object(_) | Kind::Handle(_) => {
                let message = "only texts, numbers and booleans can stand inside a string";
                return Err(Failure::new(span, message));
            }
        }
        Ok(())
    }

    fn if_directive(
        &mut self,
        directive: &IfDirective,
        quoted: bool,
        output: &mut Output,
        at: At<'_>,
    ) -> Result<bool, Failure> {
        let condition = self.eval(&directive.if_expr.cond_expr, at)?;
        let Some(told) = condition.as_bool() else {
            return match condition.is_whole() {
                true => Err(Failure::new(condition.span, "the condition of `%{ if }` is neither true nor false")),
                false => Ok(false),
            };
        };
        output.begin(directive.if_expr.strip);
        let last = match (told, &directive.else_expr) {
            (true, other) => {
                output.end(directive.if_expr.strip);
                if !self.append(directive.if_expr.template.iter(), quoted, output, at)? {
                    return Ok(false);
                }
                other.as_ref().map_or(directive.endif_expr.strip, |other| other.strip)
            }
            (false, Some(other)) => {
                output.end(other.strip);
                if !self.append(other.template.iter(), quoted, output, at)? {
                    return Ok(false);
                }
                directive.endif_expr.strip
            }
            (false, None) => Strip::None,
        };
        output.begin(last);
        output.end(directive.endif_expr.strip);
        Ok(true)
    }

    fn for_directive(
        &mut self,
        directive: &ForDirective,
        quoted: bool,
        output: &mut Output,
        at: At<'_>,
    ) -> Result<bool, Failure> {
        let collection = self.eval(&directive.for_expr.collection_expr, at)?;
        let Some(pairs) = self.pairs(&collection).filter(|_| !collection.is_open()) else {
            return match collection.is_whole() {
                true => Err(Failure::new(collection.span, "`%{ for }` takes a list or a map")),
                false => Ok(false),
            };
        };
        self.charge(pairs.len(), collection.span)?;
        output.begin(directive.for_expr.strip);
        for (key, value) in &pairs {
            let outer = Frame { name: directive.for_expr.value_var.as_str(), value, outer: at.frame };
            let inner;
            let at = match &directive.for_expr.key_var {
                Some(name) => {
                    inner = Frame { name: name.as_str(), value: key, outer: Some(&outer) };
                    at.with(&inner)
                }
                None => at.with(&outer),
            };
            output.end(directive.for_expr.strip);
            if !self.append(directive.for_expr.template.iter(), quoted, output, at)? {
                return Ok(false);
            }
            output.begin(directive.endfor_expr.strip);
        }
        output.end(directive.endfor_expr.strip);
        Ok(true)
    }
}

impl Output {
    fn literal(&mut self, text: &str, marks: Marks, span: Span) {
        let (kept, marks) = match self.trims {
            true if text.trim_start().len() < text.len() => (text.trim_start(), Marks::Whole(span)),
            _ => (text, marks),
        };
        self.trims = false;
        self.text.push(Piece::Literal(Literal { text: kept.into(), marks }));
    }

    /// `${~` and `%{~` take off whitespace from what came before.
    fn begin(&mut self, strip: Strip) {
        self.trims = false;
        if strip.strip_start()
            && let Some(Piece::Literal(literal)) = self.text.last_mut()
        {
            literal.text = literal.text.trim_end().into();
        }
    }

    fn end(&mut self, strip: Strip) {
        self.trims = strip.strip_end();
    }
}
