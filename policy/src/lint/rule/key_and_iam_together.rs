//! What a key policy and IAM policies of the same template allow together, where that is not what either says.
//!
//! Found by evaluation of both together. A role that a key policy names and whose own policies deny all that it is named for is no user of the key. A user or role that a key policy names and that is not in its account, though all of that account was collected, cannot use it either. With an earlier state to compare with, a role that may decrypt only now is told of, whichever of the two policies was changed.
//!
//! # Bad
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, "Action": "kms:Decrypt", "Resource": "*"}]}}},
//!   "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement":
//!     {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}}}]}}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
//!     {"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, "Action": "kms:Decrypt", "Resource": "*"}]}}},
//!   "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement":
//!     {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}}}]}}}}
//! ```

use std::collections::{BTreeSet, HashMap};

use crate::boxes::Answer;
use crate::caller::{Caller, CallerKind};
use crate::document::{PrincipalName, StatementText};
use crate::layers::Told;
use crate::limits::JOINED_QUESTIONS_MAX;
use crate::lint::finding::{About, Findings};
use crate::lint::rule::ineffective_without_key_policy::undecided;
use crate::lint::view::{Prepared, View, actions_of, handle, head, listed};
use crate::lint::whole::{Before, Question, Whole};
use crate::policy::Policy;
use crate::subject::HolderSubject;
use crate::symbol;

/// What it comes to in the end.
const READING: &str = "kms:Decrypt";

/// The key that is asked about where its ARN is not told.
const SOME_KEY: &str = "key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    // One more than is asked, so that whoever stops can tell whether it was said.
    let mut left = JOINED_QUESTIONS_MAX + 1;
    let people = People::of(whole);
    for (index, policy) in whole.views.iter().enumerate().filter(|(_, view)| view.is_key_policy()) {
        if policy.policies.is_empty() {
            continue;
        }
        let mut found = found.at(About::Document(index));
        let Some(arn) = arn_of(policy) else { continue };
        for statement in policy.allows() {
            let mut said = BTreeSet::new();
            for name in statement.principal.iter().filter(|own| !own.negated).flat_map(|own| &own.names) {
                let principal = policy.prepared.settle(&name.name.text);
                if !said.insert(principal.clone()) {
                    continue;
                }
                if let Some(own) = people.own(&name.name.text, &principal, whole) {
                    let asked = Joined { arn: &arn, principal: &principal, own, policy };
                    asked.idle_name(statement, name, &mut left, &mut found);
                } else if is_nobody(&principal, whole) {
                    nobody(name, policy, &mut found);
                }
            }
        }
        if let Some(before) = &whole.before {
            people.gained(index, policy, &arn, before, whole, &mut left, &mut found);
        }
    }
}

/// The ARN of the key, or of one in its account.
fn arn_of(policy: &View<'_>) -> Option<String> {
    let made_up = || Some(format!("arn:aws:kms:us-east-1:{}:{SOME_KEY}", policy.account?));
    policy.prepared.resource.as_deref().map(str::to_owned).or_else(made_up)
}

/// Whether a user or role would have been collected if there were one.
fn is_nobody(principal: &str, whole: &Whole<'_>) -> bool {
    let Ok(caller) = Caller::parse(principal) else { return false };
    let named = matches!(caller.kind(), CallerKind::User | CallerKind::Role);
    named
        && !symbol::holds(principal)
        && caller.account().is_some_and(|account| whole.around.has_all_of(account))
        && whole.around.principal(principal).is_none()
        // Whoever is declared beside the key will be there with it.
        && !whole.subjects.resources.iter().any(|resource| {
            let name = resource.properties.member("RoleName").or(resource.properties.member("name"));
            name.and_then(crate::json::Value::as_text).is_some_and(|name| name == caller.name())
        })
}

fn nobody(name: &PrincipalName, policy: &View<'_>, found: &mut Findings<'_>) {
    found
        .warning(
            name.name.span,
            format!("there is no `{}` among the users and roles that were collected", policy.told(&name.name.text)),
        )
        .help("take the name out, or put the right one in its place; one that is made later has to be named anew");
}

/// The policies of the users and roles that are declared, by ARN.
struct People<'a> {
    holders: Vec<(&'a HolderSubject, Vec<Policy>)>,
    by_arn: HashMap<&'a str, usize>,
}

impl<'a> People<'a> {
    fn of(whole: &Whole<'a>) -> People<'a> {
        let compiled = |holder: &'a HolderSubject| {
            let prepared =
                holder.documents.iter().filter_map(|index| whole.views.get(*index)).map(|view| view.prepared);
            Some((holder, compiled(prepared)?))
        };
        let holders: Vec<_> = whole.subjects.holders.iter().filter_map(compiled).collect();
        let by_arn = holders.iter().enumerate().map(|(place, (holder, _))| (&*holder.arn, place)).collect();
        People { holders, by_arn }
    }

    /// The own policies of whom a policy names, as it was written and as it is evaluated.
    fn own<'p>(&'p self, written: &str, principal: &str, whole: &'p Whole<'_>) -> Option<&'p [Policy]> {
        let declared = self.by_arn.get(written).and_then(|place| self.holders.get(*place));
        declared.map(|(_, own)| &**own).or_else(|| Some(&*whole.around.principal(principal)?.policies))
    }

    /// Who may decrypt only now.
    #[expect(clippy::too_many_arguments, reason = "both states of the policy, and what is left to ask")]
    fn gained(
        &self,
        index: usize,
        policy: &View<'_>,
        arn: &str,
        before: &Before<'_>,
        whole: &Whole<'_>,
        left: &mut usize,
        found: &mut Findings<'_>,
    ) {
        let Some(key) = whole.index.key_of_policy(index).and_then(|place| whole.subjects.keys.get(place)) else {
            return;
        };
        let old = before.subjects.keys.iter().find(|old| old.declaration.address == key.declaration.address);
        let old_policy = old.and_then(|old| before.prepared.get(old.policy?)).and_then(|old| old.policy.as_ref());
        let Some(old_policy) = old_policy else { return };
        for (holder, own) in &self.holders {
            if *left == 0 {
                return;
            }
            let same = |text: &str| symbol::short(text.rsplit('/').next().unwrap_or(text)).to_owned();
            let old_holder = before.subjects.holders.iter().find(|old| same(&old.arn) == same(&holder.arn));
            let documents = old_holder.into_iter().flat_map(|old| &old.documents);
            let old_own = compiled(documents.filter_map(|index| before.prepared.get(*index))).unwrap_or_default();
            let principal = policy.prepared.settle(&holder.arn);
            let asked = Joined { arn, principal: &principal, own, policy };
            asked.gained(old_policy, &old_own, left, found);
        }
    }
}

/// The policies of somebody; `None` if one of them cannot be evaluated.
fn compiled<'p>(prepared: impl Iterator<Item = &'p Prepared<'p>>) -> Option<Vec<Policy>> {
    prepared.map(|prepared| prepared.policy.clone()).collect()
}

/// A key and somebody who may use it.
struct Joined<'j, 'v> {
    arn: &'j str,
    principal: &'j str,
    own: &'j [Policy],
    policy: &'j View<'v>,
}

impl Joined<'_, '_> {
    /// Whether all that the key policy names somebody for is denied by its own policies.
    fn idle_name(&self, statement: &StatementText, name: &PrincipalName, left: &mut usize, found: &mut Findings<'_>) {
        let actions = actions_of(statement);
        for action in &actions {
            if *left < 2 {
                return self.stop(left, found);
            }
            *left -= 2;
            let question = Question { principal: self.principal, action, key: self.arn, context: &[] };
            // Without its own policies it is allowed, with them it is not.
            let by_key = question.ask(self.policy.policies, Told::Absent);
            let by_both = question.ask(self.policy.policies, Told::Known(self.own));
            let allowed = matches!(by_key, Some((Answer::Always | Answer::OnlyIf, _)));
            if !allowed || !matches!(by_both, Some((Answer::Never, _))) {
                return;
            }
        }
        if actions.is_empty() {
            return;
        }
        found
            .warning(
                name.name.span,
                format!(
                    "`{}` is named here for {}, all of which its own policies deny",
                    self.policy.told(self.principal),
                    listed(actions.iter().copied(), 3)
                ),
            )
            .label(handle(statement), "named here")
            .proof("the key policy alone allows such requests, and with the principal's own policies none is allowed");
    }

    /// Says once that no more questions are asked.
    fn stop(&self, left: &mut usize, found: &mut Findings<'_>) {
        if *left > 0 {
            undecided(head(self.policy.document.span), found);
            *left = 0;
        }
    }

    /// Whether somebody may decrypt who could not before.
    fn gained(&self, old_policy: &Policy, old_own: &[Policy], left: &mut usize, found: &mut Findings<'_>) {
        if *left < 2 {
            return self.stop(left, found);
        }
        *left -= 2;
        let question = Question { principal: self.principal, action: READING, key: self.arn, context: &[] };
        let after = question.ask(self.policy.policies, Told::Known(self.own));
        let before = question.ask(core::slice::from_ref(old_policy), Told::Known(old_own));
        let Some((Answer::Always | Answer::OnlyIf, Some(witness))) = after else { return };
        if !matches!(before, Some((Answer::Never, _))) {
            return;
        }
        found
            .security(
                head(self.policy.document.span),
                format!(
                    "`{}` may newly decrypt under this key, by this policy and its own together",
                    self.policy.told(self.principal)
                ),
            )
            .witness(&witness);
    }
}
