//! Attributes of resources and data sources: what the block says, what follows from it, and symbols
//! for what only AWS can tell.

use wardbook_policy::span::Span;

use super::evaluator::{Eval, Evaluator};
use super::provider::Setting;
use super::text::{Piece, Text};
use super::value::{Handle, Kind, Val};
use super::{policy_document, value};

/// A resource whose attributes follow from others.
pub(super) struct Facts<'f> {
    /// The arguments of the block.
    pub(super) given: &'f Val,
    pub(super) setting: &'f Setting,
    /// `module.keys.aws_kms_key.main`
    pub(super) address: &'f str,
    pub(super) span: Span,
}

type Follow = fn(&Facts<'_>) -> Option<Val>;

/// What follows for a kind of resource: the kind, the attribute, and how.
const FOLLOWS: &[(&str, &[&str], Follow)] = &[
    ("aws_kms_key", &["arn"], |facts| Some(facts.key_arn())),
    ("aws_kms_key", &["key_id", "id"], |facts| Some(facts.own("key_id"))),
    ("aws_kms_external_key", &["arn"], |facts| Some(facts.key_arn())),
    ("aws_kms_external_key", &["key_id", "id"], |facts| Some(facts.own("key_id"))),
    ("aws_kms_replica_key", &["arn"], |facts| Some(facts.key_arn())),
    ("aws_kms_replica_key", &["key_id", "id"], |facts| Some(facts.key_id())),
    ("aws_kms_replica_external_key", &["arn"], |facts| Some(facts.key_arn())),
    ("aws_kms_replica_external_key", &["key_id", "id"], |facts| Some(facts.key_id())),
    ("aws_kms_alias", &["arn"], |facts| Some(facts.arn("kms", true, "alias/", &facts.alias_name()))),
    ("aws_kms_alias", &["name", "id"], |facts| Some(facts.named())),
    ("aws_iam_role", &["arn"], |facts| Some(facts.iam_arn("role"))),
    ("aws_iam_role", &["name", "id"], |facts| Some(facts.named())),
    ("aws_iam_user", &["arn"], |facts| Some(facts.iam_arn("user"))),
    ("aws_iam_user", &["name", "id"], |facts| Some(facts.named())),
    ("aws_iam_group", &["arn"], |facts| Some(facts.iam_arn("group"))),
    ("aws_iam_group", &["name", "id"], |facts| Some(facts.named())),
    ("aws_iam_policy", &["arn", "id"], |facts| Some(facts.iam_arn("policy"))),
    ("aws_iam_policy", &["name"], |facts| Some(facts.named())),
    ("data.aws_caller_identity", &["account_id", "id"], |facts| Some(facts.setting.account.clone())),
    ("data.aws_partition", &["partition", "id"], |facts| Some(facts.setting.partition.clone())),
    ("data.aws_region", &["region", "name", "id"], |facts| Some(facts.setting.region.clone())),
    ("data.aws_kms_key", &["arn"], |facts| facts.given.given("key_id").filter(|id| is_key_arn(id)).cloned()),
    ("data.aws_kms_alias", &["arn"], |facts| Some(facts.arn("kms", true, "alias/", &facts.alias_name()))),
];

/// What follows for a resource of that kind, if the attribute is one of those.
pub(super) fn follow(kind: &str, attribute: &str, facts: &Facts<'_>) -> Option<Val> {
    let row = FOLLOWS.iter().find(|(known, attributes, _)| *known == kind && attributes.contains(&attribute));
    row.and_then(|(.., follow)| follow(facts))
}

impl Evaluator<'_> {
    pub(super) fn find_attribute(&mut self, handle: &Handle, name: &str, span: Span) -> Eval {
        let shown = self.shown(handle);
        let unknown = || Val::unknown(span, format!("{shown}.{name}"));
        let found = self.modules.get(handle.module).and_then(|module| module.resources.get(&handle.address).copied());
        let Some(block) = found else { return Ok(unknown()) };
        let instances = self.instances_of(handle.module, &handle.address, block);
        let Some(instance) = instances.iter().find(|instance| instance.key == handle.instance) else {
            return Ok(unknown());
        };
        let kind = kind_of(&handle.address);
        let own = At::span_of(&block);
        if kind == "data.aws_iam_policy_document" && matches!(name, "json" | "minified_json") {
            let arguments = instance.within(block.base, handle.module, |at| self.body(&block.item.body, own, at));
            return match policy_document::build(&arguments) {
                Ok(document) => Ok(Val::text(document.span, Text::of_json(document))),
                Err(failure) => {
                    let document = self.settle(Err(failure), &format!("{shown}.{name}"), span);
                    Ok(document)
                }
            };
        }
        if FOLLOWS.iter().any(|(known, attributes, _)| *known == kind && attributes.contains(&name)) {
            let needed = ["name", "path", "region", "key_id", "primary_key_arn", "name_prefix"];
            let mut entries = Vec::new();
            for attribute in block.item.body.attributes().filter(|found| needed.contains(&found.key.as_str())) {
                let value = instance.within(block.base, handle.module, |at| self.eval(&attribute.value, at));
                // A mistake is reported where the whole resource is read.
                let value = value.unwrap_or_else(|_| Val::unknown(span, format!("{shown}.{}", attribute.key.as_str())));
                let name = attribute.key.as_str().into();
                entries.push(value::Entry { name, name_span: span, value });
            }
            let given = Val::object(span, entries);
            let setting = self.setting(handle.module, block, span).in_region(given.given("region"));
            let facts = Facts { given: &given, setting: &setting, address: &shown, span };
            return Ok(follow(kind, name, &facts).unwrap_or_else(unknown));
        }
        if let Some(attribute) = block.item.body.get_attribute(name) {
            let value = instance.within(block.base, handle.module, |at| self.eval(&attribute.value, at))?;
            if !value.is_null() {
                return Ok(value);
            }
        }
        Ok(unknown())
    }
}

use super::frame::At;
use super::module::Placed;

impl At<'_> {
    /// The span of a block in the joined text.
    pub(super) fn span_of(block: &Placed<'_, hcl_edit::structure::Block>) -> Span {
        At { base: block.base, module: 0, frame: None }.span(hcl_edit::Span::span(block.item))
    }
}

/// `aws_kms_key` of `aws_kms_key.main`, `data.aws_region` of `data.aws_region.current`.
pub(super) fn kind_of(address: &str) -> &str {
    address.rsplit_once('.').map_or(address, |(kind, _)| kind)
}

fn is_key_arn(value: &Val) -> bool {
    let leading =
        |text: &Text| matches!(text.pieces(), [Piece::Literal(literal), ..] if literal.text.starts_with("arn:"));
    value.as_text().is_some_and(|text| leading(text) && text.key().contains(":key/"))
}

impl Facts<'_> {
    /// An attribute that only AWS can tell.
    fn own(&self, attribute: &str) -> Val {
        Val::unknown(self.span, format!("{}.{attribute}", self.address))
    }

    fn named(&self) -> Val {
        self.given.given("name").cloned().unwrap_or_else(|| self.own("name"))
    }

    /// The name of an alias without `alias/`.
    fn alias_name(&self) -> Val {
        let name = self.named();
        match name.as_text().and_then(|text| without_prefix(text, "alias/")) {
            Some(rest) => Val::text(name.span, rest),
            None => name,
        }
    }

    /// The id of a key; a replica has that of its primary.
    fn key_id(&self) -> Val {
        let primary = self.given.given("primary_key_arn").and_then(Val::as_text);
        let id = primary.and_then(|text| match text.pieces() {
            [.., Piece::Literal(before), Piece::Symbol(id, _)] if before.text.ends_with(":key/") => {
                Some(Val::unknown(self.span, id.clone()))
            }
            _ => {
                let text = text.plain()?;
                let (_, id) = text.rsplit_once(":key/")?;
                Some(Val::text(self.span, Text::placed(id, self.span)))
            }
        });
        id.unwrap_or_else(|| self.own("key_id"))
    }

    fn key_arn(&self) -> Val {
        self.arn("kms", true, "key/", &self.key_id())
    }

    fn iam_arn(&self, kind: &str) -> Val {
        let name = self.named();
        let mut resource = Text::placed(kind, self.span);
        match self.given.given("path") {
            Some(path) => append(&mut resource, path),
            None => resource.push(&Text::placed("/", self.span)),
        }
        append(&mut resource, &name);
        self.arn("iam", false, "", &Val::text(self.span, resource))
    }

    fn arn(&self, service: &str, regional: bool, prefix: &str, name: &Val) -> Val {
        let mut text = Text::placed("arn:", self.span);
        append(&mut text, &self.setting.partition);
        text.push(&Text::placed(format!(":{service}:"), self.span));
        if regional {
            append(&mut text, &self.setting.region);
        }
        text.push(&Text::placed(":", self.span));
        append(&mut text, &self.setting.account);
        text.push(&Text::placed(format!(":{prefix}"), self.span));
        append(&mut text, name);
        Val::text(self.span, text)
    }
}

fn append(text: &mut Text, value: &Val) {
    match &value.kind {
        Kind::Text(more) => text.push(more),
        _ => match value.plain() {
            Some(plain) => text.push(&Text::placed(plain, value.span)),
            None => {
                let mut name = String::new();
                value.describe(&mut name);
                text.push(&Text::symbol(name, value.span));
            }
        },
    }
}

fn without_prefix(text: &Text, prefix: &str) -> Option<Text> {
    let (first, rest) = text.pieces().split_first()?;
    let Piece::Literal(literal) = first else { return None };
    let kept = literal.text.strip_prefix(prefix)?;
    let span = literal.span();
    let mut out = Text::placed(kept, span);
    for piece in rest {
        out.push_piece(piece.clone());
    }
    Some(out)
}
