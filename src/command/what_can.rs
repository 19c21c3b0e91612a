//! `what-can`: what may this principal do to which keys, and what does it reach through services?

mod report;

use std::collections::BTreeSet;

use clap::Args;
use wardbook_inventory::access::{One, Search, Undecided};
use wardbook_inventory::coverage::Gap;
use wardbook_inventory::layer::Collected;
use wardbook_inventory::world::{KmsKey, NamedPrincipal, World};
use wardbook_policy::catalogue::{self, ResourceKind};
use wardbook_policy::policy::Policy;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::Effect;

use super::world;
use crate::cli::Global;
use crate::exit::Exit;
use crate::output;

use report::{Can, Through, WhatCan};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// An ARN, `role/NAME`, `user/NAME`, a service such as `s3.amazonaws.com`, or an account id (its root user)
    principal: String,
    /// Which actions, with wildcards
    #[arg(long, value_name = "PATTERN", default_value = "kms:*")]
    action: String,
    /// Exit 3 if anything is missing that bears on the answer
    #[arg(long)]
    require_coverage: bool,
}

/// A service that opens data for its callers: what they call, and what they then read.
struct Reader {
    service: &'static str,
    action: &'static str,
    what: &'static str,
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
const READERS: &[Reader] = &[
    Reader { service: "s3", action: "s3:GetObject", what: "objects encrypted with it" },
    Reader { service: "secretsmanager", action: "secretsmanager:GetSecretValue", what: "secrets encrypted with it" },
    Reader { service: "ssm", action: "ssm:GetParameter", what: "parameters encrypted with it" },
    Reader { service: "dynamodb", action: "dynamodb:GetItem", what: "tables encrypted with it" },
    Reader { service: "sqs", action: "sqs:ReceiveMessage", what: "messages encrypted with it" },
    Reader { service: "kinesis", action: "kinesis:GetRecords", what: "streams encrypted with it" },
    Reader { service: "ec2", action: "ec2:AttachVolume", what: "volumes encrypted with it" },
    Reader { service: "lambda", action: "lambda:GetFunction", what: "the environment of functions encrypted with it" },
    Reader { service: "rds", action: "rds:RestoreDBInstanceFromDBSnapshot", what: "snapshots encrypted with it" },
    Reader {
        service: "elasticfilesystem",
        action: "elasticfilesystem:ClientMount",
        what: "file systems encrypted with it",
    },
    Reader { service: "backup", action: "backup:StartRestoreJob", what: "backups encrypted with it" },
    Reader { service: "ecr", action: "ecr:BatchGetImage", what: "images encrypted with it" },
    Reader {
        service: "codeartifact",
        action: "codeartifact:GetPackageVersionAsset",
        what: "packages encrypted with it",
    },
];

pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    output::check::<WhatCan<'_>>(global)?;
    let quirks = super::quirks(global)?;
    let world = &world::read(global)?;
    let named = world.find_principal(&arguments.principal)?;
    let actions = actions(&arguments.action)?;
    let mut cans: Vec<Can<'_>> = Vec::new();
    let mut open: Vec<(&KmsKey, &'static str, Undecided)> = Vec::new();
    for action in &actions {
        let mut search = Search::new(world, action, quirks)?;
        for key in world.keys() {
            match search.one(&named, key) {
                One::No => {}
                One::Yes { request, only_if, by } => cans.push(Can { key, action, only_if, by, request }),
                One::Open(undecided) => open.push((key, *action, undecided)),
            }
        }
    }
    cans.sort_by(|a, b| (&a.key.arn, a.action).cmp(&(&b.key.arn, b.action)));
    open.sort_by(|a, b| (&a.0.arn, a.1).cmp(&(&b.0.arn, b.1)));
    let through = through(world, &named, quirks)?;
    let coverage = coverage(world, &named, cans.iter().map(|can| can.key));
    let over_budget = open.iter().any(|(_, _, undecided)| undecided.over_budget);
    let missing = !coverage.is_empty();
    let report =
        WhatCan { principal: named.text.clone(), pattern: arguments.action.clone(), cans, open, through, coverage };
    output::emit(&report, global)?;
    Ok(match over_budget || (arguments.require_coverage && missing) {
        true => Exit::Undetermined,
        false => Exit::Fine,
    })
}

/// The actions on keys that a pattern means.
fn actions(pattern: &str) -> anyhow::Result<Vec<&'static str>> {
    let on_keys = |name: &&str| {
        catalogue::kms_operation(name).is_some_and(|operation| {
            operation.operation().is_some()
                && matches!(operation.resource_kind(), ResourceKind::Key | ResourceKind::AliasAndKey)
        })
    };
    let found: Vec<&'static str> =
        catalogue::actions_matching(pattern).map(|action| action.name()).filter(on_keys).collect();
    match found.is_empty() {
        true => {
            let hint =
                catalogue::nearest_action(pattern).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            anyhow::bail!("`{pattern}` matches no KMS action on keys{hint}")
        }
        false => Ok(found),
    }
}

/// What is missing that bears on this principal: its account and its policies, and the keys it can use.
fn coverage<'w>(world: &World, named: &NamedPrincipal<'_>, keys: impl Iterator<Item = &'w KmsKey>) -> Vec<Gap> {
    let keys: BTreeSet<&str> = keys.map(|key| &*key.arn).collect();
    let account = named.caller.account().unwrap_or_default();
    let bears = |gap: &&Gap| {
        use wardbook_inventory::coverage::GapKind::{Account, ManagedPolicy, Principal, Truncated};
        match gap.kind {
            kind if kind.is_of_one_key() => keys.contains(&*gap.subject),
            Account | Truncated => *gap.subject == *account,
            ManagedPolicy | Principal => *gap.subject == *named.text,
            _ => true,
        }
    };
    let mut gaps: Vec<Gap> = world.coverage().gaps.iter().filter(bears).cloned().collect();
    if named.principal.is_none() && !account.is_empty() && !world.has_account(account) && named.caller.has_iam() {
        gaps.extend(world.account_gap(account));
    }
    gaps
}

/// The data that a principal reads through services: it may call the service, and the service may decrypt for it.
fn through<'w>(world: &'w World, named: &NamedPrincipal<'w>, quirks: Quirks) -> anyhow::Result<Vec<Through<'w>>> {
    let mut found = Vec::new();
    for reader in READERS.iter().filter(|reader| may_call(world, named, reader.action, quirks)) {
        let mut keys = Vec::new();
        let regions: BTreeSet<&str> = world.keys().iter().map(|key| &*key.region).collect();
        for region in regions {
            let service = format!("{}.{region}.amazonaws.com", reader.service);
            let mut search = Search::new(world, "kms:Decrypt", quirks)?.through(&service);
            for key in world.keys().iter().filter(|key| *key.region == *region) {
                match search.one(named, key) {
                    One::Yes { only_if, .. } => keys.push((key, only_if)),
                    One::No | One::Open(_) => {}
                }
            }
        }
        keys.sort_by(|a, b| a.0.arn.cmp(&b.0.arn));
        if !keys.is_empty() {
            found.push(Through { service: reader.service, action: reader.action, what: reader.what, keys });
        }
    }
    Ok(found)
}

/// Whether the policies of the principal let it call the action on something: one of its own allows it, its
/// boundary and each level of SCPs have an Allow for it, and nothing denies it outright.
fn may_call(world: &World, named: &NamedPrincipal<'_>, action: &str, quirks: Quirks) -> bool {
    let Some(principal) = named.principal else { return false };
    let Ok(probe) = Request::builder(&named.text, action, "*").quirks(quirks).build() else { return false };
    let about = |policies: &[Policy], effect: Effect, outright: bool| {
        let mut statements = policies.iter().flat_map(|policy| policy.statements());
        statements.any(|statement| {
            statement.effect() == effect
                && statement.is_about(&probe, quirks)
                && (!outright || statement.conditions().is_empty() && statement.resources().is_everything())
        })
    };
    let passes = |policies: &[Policy]| about(policies, Effect::Allow, false) && !about(policies, Effect::Deny, true);
    let membership = world.organization().and_then(|organization| organization.accounts.get(&principal.account));
    let levels = membership.map_or(&[][..], |membership| membership.scps.items());
    passes(principal.policies.items())
        && (matches!(principal.boundary, Collected::Absent | Collected::Unknown) || passes(principal.boundary.items()))
        && levels.iter().all(|level| passes(level))
}
