//! Where the providers of a plan or state work.

use std::collections::BTreeSet;

use wardbook_policy::arn::{Arn, is_account_id};
use wardbook_policy::json::Value;
use wardbook_policy::span::Span;

use super::Instance;
use super::configuration::constant;
use super::rebuild::Plan;
use crate::page::partition;
use crate::terraform::provider::{IDENTITIES, Setting};
use crate::terraform::text::Text;
use crate::terraform::value::Val;

impl Plan<'_> {
    /// The setting of the provider of an instance; a region that the resource names counts first.
    pub(super) fn setting(&self, instance: &Instance<'_>) -> Setting {
        let span = instance.place.span;
        let key = self.provider_of(instance);
        let own = instance.values.and_then(|values| values.member("region")).and_then(Value::as_text);
        let found = self.places.borrow().get(key).cloned();
        let (of_provider, account) = found.unwrap_or_else(|| {
            let found = (self.region(key), self.account(key, span));
            self.places.borrow_mut().insert(key.to_owned(), found.clone());
            found
        });
        let region = own.filter(|region| !region.is_empty()).map(str::to_owned).or(of_provider);
        let region = region.or_else(|| self.hints.region.filter(|_| key == "aws").map(str::to_owned));
        let word = |text: &str| Val::text(span, Text::placed(text, span));
        Setting {
            partition: word(region.as_deref().map_or("aws", partition)),
            region: region.map_or_else(|| Val::unknown(span, named(key, "Region")), |region| word(&region)),
            account: account.at(span),
            // A plan has the tags of its provider in `tags_all`.
            default_tags: None,
        }
    }

    fn region(&self, key: &str) -> Option<String> {
        let expressions = self.configuration.provider(key).and_then(|provider| provider.member("expressions"));
        let written = expressions.and_then(|found| found.member("region"));
        if let Some(expression) = written {
            let found = self.expression(expression, "", 0)?;
            return found.plain().map(|region| region.to_string());
        }
        self.told(key, "aws_region", "region").or_else(|| self.told(key, "aws_region", "name"))
    }

    fn account(&self, key: &str, span: Span) -> Val {
        let found = self.account_of(key).or_else(|| match self.acts_as_others(key) {
            false if key.starts_with("aws.") && !self.acts_as_others("aws") => self.account_of("aws"),
            _ => None,
        });
        match found {
            Some(account) => Val::text(span, Text::placed(account, span)),
            None if key.starts_with("aws.") && !self.acts_as_others(key) && !self.acts_as_others("aws") => {
                Val::unknown(span, named("aws", "AccountId"))
            }
            None => match self.hints.account.filter(|_| key == "aws") {
                Some(account) => Val::text(span, Text::placed(account, span)),
                None => Val::unknown(span, named(key, "AccountId")),
            },
        }
    }

    /// The account that a provider was told to work in, that it said it works in, or that the ARNs
    /// of what it made are of.
    fn account_of(&self, key: &str) -> Option<String> {
        let expressions = self.configuration.provider(key).and_then(|provider| provider.member("expressions"));
        let allowed = expressions.and_then(|found| found.member("allowed_account_ids")).and_then(constant);
        if let Some([only]) = allowed.and_then(Value::as_list)
            && let Some(account) = only.as_text().filter(|account| is_account_id(account))
        {
            return Some(account.to_owned());
        }
        if let Some(account) = self.told(key, "aws_caller_identity", "account_id") {
            return Some(account);
        }
        let mut accounts = BTreeSet::new();
        for instance in self.instances.values().filter(|instance| !instance.is_data) {
            let ours = instance.kind.starts_with("aws_iam_") || instance.kind.starts_with("aws_kms_");
            if ours && self.provider_of(instance) == key {
                let arn = instance.values.and_then(|values| values.member("arn")).and_then(Value::as_text);
                let account = arn.and_then(Arn::parse).map(|arn| arn.account).filter(|account| is_account_id(account));
                accounts.extend(account);
            }
        }
        match accounts.len() {
            1 => accounts.pop_first().map(str::to_owned),
            _ => None,
        }
    }

    fn provider_of<'i>(&'i self, instance: &'i Instance<'_>) -> &'i str {
        if let Some(told) = &instance.provider {
            return told;
        }
        let found = self.configuration.resource(&instance.module, instance.is_data, instance.kind, instance.name);
        found.and_then(|found| found.member("provider_config_key")).and_then(Value::as_text).unwrap_or("aws")
    }

    /// What a data source of that provider said.
    fn told(&self, key: &str, kind: &str, attribute: &str) -> Option<String> {
        let of_provider =
            |instance: &&Instance<'_>| instance.is_data && instance.kind == kind && self.provider_of(instance) == key;
        let values =
            self.instances.values().filter(of_provider).find_map(|instance| instance.values?.member(attribute));
        values.and_then(Value::as_text).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn acts_as_others(&self, key: &str) -> bool {
        let expressions = self.configuration.provider(key).and_then(|provider| provider.member("expressions"));
        let names = expressions.and_then(Value::as_object).unwrap_or_default().iter().map(|member| &*member.name);
        names.into_iter().any(|name| IDENTITIES.contains(&name) || name.starts_with("assume_role"))
    }
}

/// `aws` has plain names, `aws.replica` says which.
fn named(key: &str, what: &str) -> String {
    let (module, provider) = key.split_once(':').map_or(("", key), |(module, provider)| (module, provider));
    let path = if module.is_empty() { String::new() } else { format!("{module}.") };
    match provider.strip_prefix("aws.") {
        Some(alias) => format!("{path}{alias}.{what}"),
        None => format!("{path}{what}"),
    }
}
