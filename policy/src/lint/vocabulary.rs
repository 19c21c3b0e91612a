//! The words of KMS that the linter knows: services, Regions, encryption contexts, specs and usages.
//!
//! The lists are in `policy/data`, dated in its README, and not closed: AWS adds to them. A name that is missing is
//! not thereby wrong; one that is a slip of a listed name is.

use crate::catalogue::REGIONS;
use crate::catalogue::slip;

/// When the tables were written down.
pub const DATE: &str = "2026-11-27";

const VIA_SERVICES: &str = include_str!("../../data/kms_via_service.tsv");
const CONTEXTS: &str = include_str!("../../data/kms_encryption_context.tsv");
const KEY_SPECS: &str = include_str!("../../data/kms_key_spec.tsv");
const SERVICE_PRINCIPALS: &str = include_str!("../../data/kms_service_principal.tsv");

/// Which list a name belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) enum List {
    ViaService,
    Region,
    Context,
    KeySpec,
    ServicePrincipal,
}

impl List {
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let text = match self {
            List::ViaService => VIA_SERVICES,
            List::Region => REGIONS,
            List::Context => CONTEXTS,
            List::KeySpec => KEY_SPECS,
            List::ServicePrincipal => SERVICE_PRINCIPALS,
        };
        text.lines().filter_map(|line| line.split('\t').next())
    }

    /// Whether the name is listed, letter case aside.
    pub(super) fn has(self, name: &str) -> bool {
        self.names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The listed name that was probably meant.
    pub(super) fn nearest(self, name: &str) -> Option<&'static str> {
        self.names().filter_map(|known| Some((slip(name, known)?, known))).min().map(|(_, known)| known)
    }
}

/// The partition of a Region.
pub(super) fn partition_of(region: &str) -> &'static str {
    let table = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    table.into_iter().find(|(begin, _)| region.starts_with(begin)).map_or("aws", |(_, partition)| partition)
}

/// The usages that a key of this spec can have; `None` for a spec that is not listed.
pub(super) fn usages_of(spec: &str) -> Option<impl Iterator<Item = &'static str>> {
    let row = KEY_SPECS.lines().find(|line| line.split('\t').next() == Some(spec))?;
    Some(row.split('\t').nth(1).unwrap_or_default().split(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        assert_eq!(List::ViaService.nearest("secretmanager"), Some("secretsmanager"));
        assert_eq!(List::Region.nearest("eu-wset-1"), Some("eu-west-1"));
        assert_eq!(List::Context.nearest("aws:rds:dbid"), Some("aws:rds:db-id"));
        assert_eq!(List::ServicePrincipal.nearest("something-else"), None);
    }

    #[test]
    fn every_usage_is_one_of_the_catalogue() {
        for line in KEY_SPECS.lines() {
            let spec = line.split('\t').next().unwrap();
            for usage in usages_of(spec).unwrap() {
                assert!(crate::catalogue::KeyUsage::from_name(usage).is_some(), "{spec}: {usage}");
            }
        }
    }

    #[test]
    fn the_date_is_that_of_the_readme() {
        assert!(include_str!("../../data/README.md").contains(DATE));
    }
}
