//! Everybody that a resource's policy can tell apart: those it names, and somebody for each kind of those it does not.

use std::collections::HashSet;

use crate::arn::{Arn, is_account_id};
use crate::caller::{Caller, CallerKind};
use crate::condition::{Atom, Test};
use crate::digest::{Domain, digest};
use crate::pattern::Step;
use crate::policy::{Policy, PolicyKind};
use crate::principal::PrincipalPattern;
use crate::request::Request;
use crate::scene::Scene;
use crate::statement::{Principals, Statement};
use crate::tri::Tri;

use super::Excess;
use super::glob;
use super::landscape::Setting;
use super::value::with_taken;

/// How somebody stands to the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The documents name it.
    Named,
    /// Stands for all others of an account that owns the resource or that the documents name.
    OtherOfAccount,
    /// Stands for everybody of all accounts that the documents do not name.
    AnyAccount,
    /// Stands for all services that the documents do not name.
    AnyService,
    /// Stands for everybody signed in by a provider that the documents do not name.
    AnyProvider,
    /// Whoever does not sign requests.
    Anonymous,
}

/// Somebody who may make a request, or who stands for many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// Whom it stands for.
    pub standing: Standing,
    /// A principal of that kind, as requests name it.
    pub principal: Box<str>,
    /// Its account, if it has one.
    pub account: Option<Box<str>>,
}

/// Everybody, each with a request that tells no more than who asks.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) people: Vec<(Who, Request)>,
    /// What the requests are about.
    pub(super) resource: Box<str>,
    pub(super) account: Box<str>,
    template: Request,
    /// Under what policies file those of whom the question is; `None` if it is of everybody.
    concerned: Option<HashSet<u64>>,
}

/// What is not known of whoever has an identity policy.
pub(super) const HOLDER_KEYS: [&str; 6] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalType",
    "aws:username",
    "aws:userid",
    "kms:CallerAccount",
];
/// Not known of a key whose ARN is not told.
pub(super) const REQUESTED_REGION: &str = "aws:RequestedRegion";

/// Keys whose values are accounts.
const ACCOUNT_KEYS: [&str; 2] = ["aws:principalaccount", "kms:calleraccount"];
const PRINCIPAL_ARN: &str = "aws:principalarn";
/// Accounts that stand for one that nobody names; the first that no document names is taken.
const STRANGERS: [&str; 4] = ["999988887777", "888877776666", "777766665555", "666655554444"];
/// Who stands for the others of an account, unless the documents can tell.
const OTHER_NAME: &str = "any-other";

impl Cast {
    pub(super) fn new(policies: &[&[Policy]], setting: &Setting<'_>) -> Result<Cast, Excess> {
        let mut gathered = Gathered::default();
        let statements = policies.iter().copied().flatten().flat_map(Policy::statements);
        statements.for_each(|statement| gathered.statement(statement));
        Cast::of_those(gathered, None, setting)
    }

    /// Only those whom the statements may mean that one side alone has.
    pub(super) fn concerned_by(
        old: &[Policy],
        new: &[Policy],
        changed: &[&Statement],
        setting: &Setting<'_>,
    ) -> Result<Cast, Excess> {
        let mut gathered = Gathered::default();
        // What both sides say is gathered from the old one.
        let is_changed = |statement: &&Statement| changed.iter().any(|one| std::ptr::eq(*one, *statement));
        let more = new.iter().flat_map(Policy::statements).filter(is_changed);
        old.iter().flat_map(Policy::statements).chain(more).for_each(|statement| gathered.statement(statement));
        let digests = |statement: &&Statement| -> Option<Vec<u64>> {
            match &statement.principals {
                Principals::Named(names) => names.iter().map(PrincipalPattern::digest).collect(),
                Principals::Any | Principals::Except(_) => None,
            }
        };
        let concerned: Option<Vec<Vec<u64>>> = changed.iter().map(digests).collect();
        Cast::of_those(gathered, concerned.map(|lists| lists.into_iter().flatten().collect()), setting)
    }

    fn of_those(
        mut gathered: Gathered<'_>,
        concerned: Option<HashSet<u64>>,
        setting: &Setting<'_>,
    ) -> Result<Cast, Excess> {
        gathered.arns.sort_unstable();
        gathered.arns.dedup();
        let partition = setting.resource.and_then(Arn::parse).map_or("aws", |arn| arn.partition);
        let account = setting.account.map(Box::<str>::from).or_else(|| {
            let of_arn = setting.resource.and_then(Arn::parse).map(|arn| arn.account).filter(|id| is_account_id(id));
            of_arn.map(Into::into)
        });
        let account = account.or_else(|| gathered.accounts.first().cloned()).unwrap_or_else(|| "111122223333".into());
        gathered.account(&account);
        let resource = setting.resource.map(Box::<str>::from).unwrap_or_else(|| match setting.kind {
            PolicyKind::Key => {
                format!("arn:{partition}:kms:us-east-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab").into()
            }
            _ => "*".into(),
        });
        let action = if setting.kind == PolicyKind::Key { "kms:DescribeKey" } else { "sts:GetCallerIdentity" };
        let template = Request::builder("*", action, &resource).resource_account(&account).build();
        let template = template.map_err(|_| Excess::Names)?;
        let concerned = concerned.filter(|_| setting.names_principals());
        let mut cast = Cast { people: Vec::new(), resource, account, template, concerned };
        if !setting.names_principals() {
            let principal = format!("arn:{partition}:iam::{}:role/holder", cast.account);
            cast.add(Standing::Named, &principal, setting);
            return Ok(cast);
        }
        for name in &gathered.names {
            cast.add(Standing::Named, name, setting);
        }
        for account in &gathered.accounts {
            cast.add(Standing::Named, &format!("arn:{partition}:iam::{account}:root"), setting);
            cast.others(&gathered, partition, account, Standing::OtherOfAccount, setting)?;
        }
        let stranger = STRANGERS.into_iter().find(|id| !gathered.accounts.iter().any(|known| **known == **id));
        if let Some(stranger) = stranger {
            cast.add(Standing::AnyAccount, &format!("arn:{partition}:iam::{stranger}:root"), setting);
            cast.others(&gathered, partition, stranger, Standing::AnyAccount, setting)?;
        }
        cast.add(Standing::AnyService, "any-other.amazonaws.com", setting);
        if setting.kind == PolicyKind::Resource {
            cast.add(Standing::AnyProvider, "accounts.google.com", setting);
            cast.add(Standing::Anonymous, "*", setting);
        }
        Ok(cast)
    }

    fn add(&mut self, standing: Standing, principal: &str, setting: &Setting<'_>) {
        if self.people.iter().any(|(who, _)| &*who.principal == principal) {
            return;
        }
        let Ok(caller) = Caller::parse(principal) else { return };
        if let Some(concerned) = &self.concerned
            && !caller.digests().iter().any(|digest| concerned.contains(digest))
        {
            return;
        }
        let mut request = self.template.asked_by(caller, &setting.open_keys(), setting.quirks);
        request.context.forget_action();
        let account = request.caller().account().map(Into::into);
        self.people.push((Who { standing, principal: request.caller().text().into(), account }, request));
    }

    /// A role and a user for each way in which the documents can tell those that they do not name apart.
    fn others(
        &mut self,
        gathered: &Gathered<'_>,
        partition: &str,
        account: &str,
        standing: Standing,
        setting: &Setting<'_>,
    ) -> Result<(), Excess> {
        // Nothing but its account, or everybody, names somebody whom nothing names.
        let named = digest(Domain::Account, account);
        if self.concerned.as_ref().is_some_and(|concerned| !concerned.contains(&named)) {
            return Ok(());
        }
        for kind in ["iam::#:role/", "iam::#:user/", "sts::#:federated-user/"] {
            let prefix = format!("arn:{partition}:{}", kind.replace('#', account));
            let mut globs: Vec<Vec<Step>> =
                gathered.arns.iter().filter(|glob| may_begin(glob, &prefix)).cloned().collect();
            let plain = format!("{prefix}{OTHER_NAME}");
            if globs.is_empty() {
                self.add(standing, &plain, setting);
                continue;
            }
            let names: Vec<&str> = gathered.names.iter().map(|name| &**name).collect();
            let own: Vec<&str> = names.iter().copied().filter(|name| name.starts_with(&prefix)).collect();
            with_taken(&mut globs, &own);
            let avoided = names.iter().flat_map(|name| name.chars());
            for tail in glob::continuations(&globs, &prefix, avoided)? {
                let sound = !tail.ends_with('/') && !tail.starts_with('/') && !tail.contains(['*', '?', ':']);
                if sound {
                    self.add(standing, &format!("{prefix}{tail}"), setting);
                }
            }
        }
        Ok(())
    }
}

/// Whether a pattern may take a text that begins so: no when its own beginning differs.
fn may_begin(glob: &[Step], prefix: &str) -> bool {
    let mut characters = prefix.chars();
    for step in glob {
        match (step, characters.next()) {
            (_, None) | (Step::Many { .. }, _) => return true,
            (Step::Char(wanted), Some(character)) if *wanted != character => return false,
            (Step::Lower(wanted), Some(character)) if character.to_lowercase().next() != Some(*wanted) => return false,
            _ => {}
        }
    }
    characters.next().is_none()
}

/// What the documents say about principals.
#[derive(Default)]
struct Gathered<'p> {
    names: Vec<Box<str>>,
    accounts: Vec<Box<str>>,
    /// The patterns held against aws:PrincipalArn that are more than a text.
    arns: Vec<Vec<Step>>,
    /// The rows about aws:PrincipalArn.
    rows: Vec<&'p Atom>,
    seen: HashSet<Box<str>>,
}

impl<'p> Gathered<'p> {
    fn statement(&mut self, statement: &'p Statement) {
        if let Principals::Named(names) | Principals::Except(names) = &statement.principals {
            names.iter().for_each(|name| self.principal(name));
        }
        statement.conditions.iter().for_each(|atom| self.row(atom));
    }

    fn principal(&mut self, name: &PrincipalPattern) {
        if let Some(account) = name.account() {
            self.account(account);
        } else if !name.is_anyone() {
            self.name(name.source());
        }
    }

    fn account(&mut self, account: &str) {
        if is_account_id(account) && !self.accounts.iter().any(|known| **known == *account) {
            self.accounts.push(account.into());
        }
    }

    fn name(&mut self, text: &str) {
        if !self.seen.insert(text.into()) {
            return;
        }
        let Ok(caller) = Caller::parse(text) else { return };
        if let Some(account) = caller.account() {
            self.account(account);
        }
        if caller.kind() == CallerKind::Root {
            return;
        }
        self.names.push(text.into());
        // A session has a role, and a federated user a user, which has other sessions.
        if let (CallerKind::Session, Some(role)) = (caller.kind(), caller.role_arn()) {
            self.name(&role);
        }
        if let (CallerKind::User, Some(account)) = (caller.kind(), caller.account()) {
            self.name(&format!("arn:{}:sts::{account}:federated-user/{}", caller.partition(), caller.name()));
        }
        if let (CallerKind::FederatedUser, Some(user)) = (caller.kind(), caller.user_arn()) {
            self.name(user);
        }
    }

    fn row(&mut self, atom: &'p Atom) {
        let key = atom.key().lower();
        if ACCOUNT_KEYS.contains(&key) {
            for value in atom.values() {
                // A pattern of accounts is met by the account that has zeros in the open places.
                let digits = value.len().saturating_sub(value.matches('*').count());
                let filled = value.replacen('*', &"0".repeat(12_usize.saturating_sub(digits)), 1);
                self.account(&filled.replace('*', "").replace('?', "0"));
            }
        }
        if key == "aws:principalservicename" {
            atom.values().iter().for_each(|value| self.name(value));
        }
        if key != PRINCIPAL_ARN {
            return;
        }
        for value in atom.values() {
            if let Some(arn) = Arn::parse(value) {
                self.account(arn.account);
            }
        }
        let folded = matches!(atom.test(), Test::String(test) if test.ignores_case());
        // What was gathered before adds nothing.
        if self.rows.iter().any(|known| known.test() == atom.test() && known.values() == atom.values()) {
            return;
        }
        self.rows.push(atom);
        let Ok(nobody) = Request::builder("*", "none:None", "*").build() else { return };
        let scene = Scene {
            request: &nobody,
            quirks: crate::quirk::Quirks::default(),
            has_boundary: Tri::False,
            in_key_policy: false,
        };
        for pattern in atom.patterns() {
            let Some(steps) = pattern.steps(&scene) else { continue };
            let text: Option<String> = steps.iter().map(|step| step.character()).collect();
            match text {
                Some(text) if !folded => self.name(&text),
                Some(text) => self.arns.push(text.chars().flat_map(char::to_lowercase).map(Step::Lower).collect()),
                None => self.arns.push(steps),
            }
        }
    }
}
