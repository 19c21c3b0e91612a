//! What the `provider "aws"` blocks say about account, region and partition.

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Block, Body};
use wardbook_policy::arn::{Arn, is_account_id};
use wardbook_policy::span::Span;

use super::evaluator::Evaluator;
use super::frame::At;
use super::module::Placed;
use super::value::{Kind, Val};
use crate::page::{Hints, partition};

/// The `aws` provider blocks of a module, by alias; the default one has none.
#[derive(Debug, Default)]
pub(crate) struct Providers<'a> {
    aws: BTreeMap<String, Placed<'a, Body>>,
}

impl<'a> Providers<'a> {
    pub(crate) fn add(&mut self, name: &str, body: Placed<'a, Body>) {
        if name == "aws" {
            let alias = body.item.get_attribute("alias").and_then(|alias| alias.value.as_str()).unwrap_or_default();
            self.aws.insert(alias.to_owned(), body);
        }
    }
}

/// Where a provider works. Each part is a text, or a symbol named after the provider.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) partition: Val,
    pub(crate) region: Val,
    pub(crate) account: Val,
    /// Tags that everything gets.
    pub(crate) default_tags: Option<Val>,
}

/// Arguments by which a provider acts as somebody else than the ones beside it.
pub(crate) const IDENTITIES: &[&str] =
    &["access_key", "profile", "shared_credentials_files", "shared_config_files", "token"];

fn acts_as_others(body: &Body) -> bool {
    IDENTITIES.iter().any(|name| body.has_attribute(name))
        || body.blocks().any(|block| block.ident.as_str().starts_with("assume_role"))
}

impl<'a> Evaluator<'a> {
    /// The setting of the provider that a block uses.
    pub(super) fn setting(&mut self, module: usize, block: Placed<'a, Block>, span: Span) -> Setting {
        let alias = block.item.body.get_attribute("provider").and_then(|provider| alias(&provider.value));
        let (module, alias) = self.owner(module, alias.unwrap_or_default());
        let key = (module, alias.clone());
        if let Some(found) = self.settings.get(&key) {
            return found.clone().at(span);
        }
        let found = self.setting_of(module, &alias, span);
        self.settings.insert(key, found.clone());
        found
    }

    fn setting_of(&mut self, module: usize, alias: &str, span: Span) -> Setting {
        let own = |evaluator: &Self, alias: &str| {
            evaluator.modules.get(module).and_then(|module| module.providers.aws.get(alias).copied())
        };
        let body = own(self, alias);
        let path = self.modules.get(module).map(|module| module.path.to_string()).unwrap_or_default();
        let named = |alias: &str, what: &str| match alias {
            "" => format!("{path}{what}"),
            alias => format!("{path}{alias}.{what}"),
        };
        let region = body.and_then(|body| self.of_provider(module, body, "region"));
        let region = region.filter(|region| region.plain().is_some());
        // The folders of a module may say where it goes, as those of other files do.
        let hints = Hints::of(self.modules.first().map_or("", |root| &root.folder));
        let hinted = |text: Option<&str>| text.filter(|_| alias.is_empty()).map(|text| self.word(text, span));
        let (hinted_account, hinted_region) = (hinted(hints.account), hinted(hints.region));
        let region = region.or(hinted_region);
        let account = match body.and_then(|body| self.account_of(module, body)) {
            Some(account) => account,
            // Two providers of one module with the same credentials are in one account.
            None => match body.filter(|body| !alias.is_empty() && !acts_as_others(body.item)) {
                Some(_) if own(self, "").is_none_or(|default| !acts_as_others(default.item)) => {
                    let default = own(self, "").and_then(|default| self.account_of(module, default));
                    default.unwrap_or_else(|| Val::unknown(span, named("", "AccountId")))
                }
                _ => hinted_account.unwrap_or_else(|| Val::unknown(span, named(alias, "AccountId"))),
            },
        };
        let default_tags = body.and_then(|body| {
            let tags = body.item.get_blocks("default_tags").next()?;
            self.of_provider(module, Placed { item: &tags.body, base: body.base }, "tags")
        });
        // Only another partition is ever named by its regions.
        let found = region.as_ref().and_then(Val::plain).map_or("aws", |region| partition(&region));
        Setting {
            partition: self.word(found, span),
            region: region.unwrap_or_else(|| Val::unknown(span, named(alias, "Region"))),
            account,
            default_tags,
        }
    }

    fn of_provider(&mut self, module: usize, body: Placed<'a, Body>, name: &str) -> Option<Val> {
        let attribute = body.item.get_attribute(name)?;
        let at = At { base: body.base, module, frame: None };
        self.eval(&attribute.value, at).ok()
    }

    /// The only account that a provider may work in, or that of the role it assumes.
    fn account_of(&mut self, module: usize, body: Placed<'a, Body>) -> Option<Val> {
        let allowed = self.of_provider(module, body, "allowed_account_ids");
        if let Some([only]) = allowed.as_ref().and_then(Val::as_list)
            && only.plain().is_some_and(|only| is_account_id(&only))
        {
            return Some(only.clone());
        }
        let role = body.item.get_blocks("assume_role").last()?;
        let arn = self.of_provider(module, Placed { item: &role.body, base: body.base }, "role_arn")?;
        let text = arn.plain()?;
        let account = Arn::parse(&text).map(|arn| arn.account).filter(|account| is_account_id(account))?;
        Some(self.word(account, arn.span))
    }

    /// The module that configures a provider: this one, or the one that hands it down.
    fn owner(&self, mut module: usize, mut alias: String) -> (usize, String) {
        while let Some(found) = self.modules.get(module) {
            if found.providers.aws.contains_key(&alias) {
                break;
            }
            let Some((caller, call, _)) = &found.call else { break };
            match call.item.body.get_attribute("providers").and_then(|map| handed(&map.value, &alias)) {
                Some(name) => alias = name,
                None if alias.is_empty() => {}
                None => break,
            }
            module = *caller;
        }
        (module, alias)
    }
}

/// `aws.replica` gives `replica`, and `aws` nothing.
fn alias(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Variable(name) => (name.as_str() == "aws").then(String::new),
        Expression::Traversal(traversal) => {
            let Expression::Variable(name) = &traversal.expr else { return None };
            match traversal.operators.first().map(|operator| operator.value()) {
                Some(TraversalOperator::GetAttr(alias)) if name.as_str() == "aws" => Some(alias.as_str().to_owned()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The provider that `providers = { aws.replica = aws.other }` hands down under an alias.
fn handed(map: &Expression, wanted: &str) -> Option<String> {
    let found = map.as_object()?.iter().find(|(key, _)| match key {
        ObjectKey::Ident(name) => name.as_str() == "aws" && wanted.is_empty(),
        ObjectKey::Expression(expression) => alias(expression).is_some_and(|alias| alias == wanted),
    });
    alias(found?.1.expr())
}

impl Setting {
    fn at(self, span: Span) -> Setting {
        Setting {
            partition: self.partition.at(span),
            region: self.region.at(span),
            account: self.account.at(span),
            default_tags: self.default_tags,
        }
    }

    /// The region that a resource names itself counts before that of its provider.
    pub(crate) fn in_region(self, region: Option<&Val>) -> Setting {
        match region.filter(|region| matches!(region.kind, Kind::Text(_))) {
            Some(region) => Setting { region: region.clone(), ..self },
            None => self,
        }
    }
}
