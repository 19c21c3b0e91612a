//! Pages of lists: how long one is, and where the next begins.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wardbook_audit::event::{Field, Name, Parameters};

use crate::api::{
    AliasListEntry, KeyListEntry, LIST_ALIASES_REQUEST, LIST_KEYS_REQUEST, ListAliasesRequest, ListAliasesResponse,
    ListKeysRequest, ListKeysResponse, ResourceOwnerType, Shape,
};
use crate::caller::Facts;
use crate::desk::{Aliases, Desk};
use crate::kms::Permit;
use crate::name::KeyName;
use crate::refusal::{Refusal, Why};
use crate::serve::{Plan, Serve};
use wardbook_audit::time::Timestamp;

/// One page: its items, and the marker of the next one.
pub(super) type Page<T> = (Vec<T>, Option<String>);

/// Which list it is, and how many items its pages have.
pub(super) struct Sizes {
    pub(super) list: &'static str,
    pub(super) usual: usize,
    pub(super) max: usize,
}

/// Cuts a page out of items that are sorted by their names.
pub(super) fn page<T>(
    items: impl Iterator<Item = (String, T)>,
    limit: Option<i64>,
    marker: Option<&String>,
    sizes: &Sizes,
) -> Result<Page<T>, Refusal> {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(sizes.usual).min(sizes.max);
    let after = marker.map(|marker| read_marker(marker, sizes.list)).transpose()?;
    let mut items = items.skip_while(|(name, _)| after.as_ref().is_some_and(|after| name <= after)).peekable();
    let (mut page, mut last) = (Vec::new(), String::new());
    while page.len() < limit
        && let Some((name, item)) = items.next()
    {
        page.push(item);
        last = name;
    }
    let next = items.peek().map(|_| STANDARD.encode(format!("{}:after:{last}", sizes.list)));
    Ok((page, next))
}

/// What a marker of a list says. One of another list is none.
fn read_marker(marker: &str, list: &str) -> Result<String, Refusal> {
    let text = STANDARD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let name = text.as_deref().and_then(|text| text.strip_prefix(list)?.strip_prefix(":after:")).map(str::to_owned);
    name.ok_or_else(|| Refusal::new(Why::InvalidMarker, "Invalid marker"))
}

fn limit(limit: Option<i64>) -> Option<u64> {
    limit.and_then(|limit| u64::try_from(limit).ok())
}

impl Serve for ListKeysRequest {
    const SHAPE: &'static Shape = &LIST_KEYS_REQUEST;
    type Answer = ListKeysResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::LIMIT, limit(self.limit));
    }

    fn plan(&self, _: &mut Desk<'_>) -> Result<Plan, Refusal> {
        Ok(Plan::anything("kms:ListKeys", Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        // Nothing is shared through RAM here, so a list of what others own is empty.
        let own = self.resource_owners.as_ref().is_none_or(|owners| owners.contains(&ResourceOwnerType::Own));
        let (account, region) = (desk.caller.account.as_str(), desk.caller.region());
        let (keys, next) = desk.read(|state| {
            let entry = |key: &crate::state::Key| KeyListEntry {
                key_id: Some(key.name.id.clone()),
                key_arn: Some(key.name.arn()),
            };
            let keys = state.keys_of(account, region).filter(|_| own).map(|key| (key.name.id.clone(), entry(key)));
            page(keys, self.limit, self.marker.as_ref(), &Sizes { list: "keys", usual: 100, max: 1_000 })
        })?;
        Ok(ListKeysResponse { keys: Some(keys), truncated: Some(next.is_some()), next_marker: next })
    }
}

impl Serve for ListAliasesRequest {
    const SHAPE: &'static Shape = &LIST_ALIASES_REQUEST;
    type Answer = ListAliasesResponse;

    fn note(&self, parameters: &mut Parameters) {
        parameters.set_some(Field::KEY_ID, self.key_id.as_deref().and_then(Name::new));
        parameters.set_some(Field::LIMIT, limit(self.limit));
    }

    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal> {
        // The permission is one of IAM and about no key, yet a key that is named has to be there.
        if let Some(key) = &self.key_id
            && desk.find(key, Aliases::Refuse)?.key().is_none_or(|key| key.name.account != desk.caller.account)
        {
            return Err(Refusal::new(Why::NotFound, format!("Key '{key}' does not exist")));
        }
        Ok(Plan::anything("kms:ListAliases", Facts::default()))
    }

    fn run(&self, _: &Plan, _: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal> {
        let wanted: Option<KeyName> = match &self.key_id {
            Some(key) => {
                // It is in the log already, from when this was planned.
                let noted = desk.notes.resources.len();
                let found = desk.find(key, Aliases::Refuse)?;
                desk.notes.resources.truncate(noted);
                found.key().map(|key| key.name.clone())
            }
            None => None,
        };
        let (account, region) = (desk.caller.account.as_str(), desk.caller.region());
        let (aliases, next) = desk.read(|state| {
            let aliases = state.aliases_of(account, region);
            let aliases = aliases.filter(|(_, alias)| wanted.as_ref().is_none_or(|key| key.id == alias.record.key));
            let entries = aliases.map(|(name, alias)| {
                let entry = AliasListEntry {
                    alias_name: Some(name.name.clone()),
                    alias_arn: Some(name.arn()),
                    target_key_id: Some(alias.record.key.clone()),
                    creation_date: Some(Timestamp::from_micros(alias.record.created)),
                    last_updated_date: Some(Timestamp::from_micros(alias.record.updated)),
                };
                (name.name.clone(), entry)
            });
            page(entries, self.limit, self.marker.as_ref(), &Sizes { list: "aliases", usual: 50, max: 100 })
        })?;
        Ok(ListAliasesResponse { aliases: Some(aliases), truncated: Some(next.is_some()), next_marker: next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_and_end() {
        let items = || (0..5).map(|number| (format!("{number}"), number));
        let sizes = Sizes { list: "numbers", usual: 2, max: 3 };
        let (first, next) = page(items(), None, None, &sizes).expect("a page");
        assert_eq!(first, [0, 1]);
        let other = Sizes { list: "letters", ..sizes };
        assert_eq!(page(items(), None, next.as_ref(), &other).expect_err("of another list").why, Why::InvalidMarker);
        let (second, next) = page(items(), Some(100), next.as_ref(), &sizes).expect("a page");
        assert_eq!((second, next), (vec![2, 3, 4], None));
        let (all, next) = page(items().take(2), None, None, &sizes).expect("a page");
        assert_eq!((all.len(), next), (2, None));
        assert_eq!(page(items(), None, Some(&"x".into()), &sizes).expect_err("refused").why, Why::InvalidMarker);
    }
}
