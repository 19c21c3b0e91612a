//! Who exists, for the service: the principals and accounts of `--world`.

use wardbook_inventory::layer::Collected;
use wardbook_inventory::organization::Membership;
use wardbook_inventory::world::World;
use wardbook_service::directory::{Account, Directory, Held, Principal};

/// `alone` are the accounts that are in no organization unless the world's own lists them.
pub(super) fn directory(world: &World, alone: &[&str]) -> Directory {
    let mut directory = Directory::default();
    for found in world.principals() {
        directory.add_principal(Principal {
            arn: found.arn.to_string(),
            id: found.id.as_deref().map(str::to_owned),
            tags: found.tags.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            policies: held(&found.policies),
            boundary: held(&found.boundary),
            trust: found.trust.clone(),
        });
    }
    for (arn, policy) in world.managed_policies() {
        directory.add_managed_policy(arn, policy.clone());
    }
    let organization = world.organization();
    let members = organization.iter().flat_map(|organization| organization.accounts.keys().map(|id| &**id));
    let mut ids: Vec<&str> = world.accounts().chain(members).chain(alone.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    // Whoever is not among the accounts of the organization may be in another one, of which nothing is known.
    let outside = || if organization.is_some() { Held::Unknown } else { Held::Absent };
    let stranger = || Account { scps: outside(), rcps: outside(), ..Account::default() };
    directory.set_strangers(stranger());
    for id in ids {
        let membership = organization.and_then(|organization| organization.accounts.get(id));
        let managed = organization.is_some_and(|organization| organization.management_account.as_deref() == Some(id));
        let unlisted = membership.is_none() && !managed;
        let limits = match unlisted && !alone.contains(&id) {
            true => stranger(),
            false => limits(membership.filter(|_| !managed)),
        };
        let path =
            organization.and_then(|organization| Some((organization.id.to_string(), organization.org_path(id)?)));
        directory.add_account(id, Account { whole: world.has_whole_account(id), organization: path, ..limits });
    }
    directory
}

/// What the organization's policies let through in an account that they bear on.
fn limits(membership: Option<&Membership>) -> Account {
    let Some(membership) = membership else { return Account::default() };
    Account { scps: held(&membership.scps), rcps: held(&membership.rcps), ..Account::default() }
}

/// Of a layer that is not known to the end, nothing can be said to allow.
fn held<T: Clone>(layer: &Collected<T>) -> Held<T> {
    match layer {
        Collected::Absent => Held::Absent,
        Collected::Known(items) => Held::Known(items.clone()),
        Collected::Incomplete(_) | Collected::Unknown => Held::Unknown,
    }
}
