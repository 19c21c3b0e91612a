//! What `--world` tells the rules of what exists already.

use wardbook_inventory::layer::Collected;
use wardbook_inventory::world::{KmsKey, Principal, World};
use wardbook_policy::lint::{Around, KnownKey, KnownPrincipal};

use crate::cli::Global;
use crate::command::world;

/// Reads the world, if one is named.
pub(super) fn read(global: &Global) -> anyhow::Result<Around> {
    match global.world {
        Some(_) => Ok(around(&world::read(global)?)),
        None => Ok(Around::default()),
    }
}

fn around(world: &World) -> Around {
    let accounts = world.accounts().filter(|account| world.has_whole_account(account));
    Around::new(
        world.keys().iter().map(key).collect(),
        world.principals().iter().map(principal),
        accounts.map(Into::into).collect(),
    )
}

fn key(key: &KmsKey) -> KnownKey {
    let policies = match &key.policy {
        Collected::Known(policies) => Some(policies.to_vec()),
        _ => None,
    };
    KnownKey { arn: key.arn.clone(), aliases: key.aliases.clone().unwrap_or_default(), policies }
}

fn principal(principal: &Principal) -> KnownPrincipal {
    KnownPrincipal { arn: principal.arn.clone(), policies: principal.policies.items().to_vec() }
}
