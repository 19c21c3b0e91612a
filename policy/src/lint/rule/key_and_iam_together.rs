//! What a key policy and IAM policies of the same template allow together, where that is not what either says.
//!
//! Found by evaluation of both together. A role that a key policy names and whose own policies deny all that it is named for is no user of the key. With an earlier state to compare with, a role that may decrypt only now is told of, whichever of the two policies was changed.
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

use crate::boxes::Answer;
use crate::layers::Told;
use crate::limits::JOINED_QUESTIONS_MAX;
use crate::lint::finding::{About, Findings};
use crate::lint::rule::ineffective_without_key_policy::undecided;
use crate::lint::view::{Prepared, View, handle, head, listed};
use crate::lint::whole::{Question, Whole};
use crate::policy::Policy;
use crate::symbol;

/// What it comes to in the end.
const READING: &str = "kms:Decrypt";

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    // One more than is asked, so that whoever stops can tell whether it was said.
    let mut left = JOINED_QUESTIONS_MAX + 1;
    let holders = whole.holders();
    for key in &whole.subjects.keys {
        let Some((index, policy)) = whole.policy_of(key).filter(|(_, view)| !view.policies.is_empty()) else {
            continue;
        };
        let Some(arn) = policy.prepared.resource.as_deref() else { continue };
        for &(holder, ref documents) in &holders {
            let own = compiled(documents.iter().filter_map(|index| whole.views.get(*index)).map(|view| view.prepared));
            let Some(own) = own else { continue };
            let principal = whole.stand_ins.settle(holder);
            let asked = Joined { arn, principal: &principal, own: &own, policy };
            asked.idle_name(&mut left, &mut found.at(About::Document(index)));
            if let Some(before) = &whole.before {
                let old = before.subjects.keys.iter().find(|old| old.declaration.address == key.declaration.address);
                let old_policy = old.and_then(|old| before.prepared.get(old.policy?));
                let same = |text: &str| symbol::short(text.rsplit('/').next().unwrap_or(text)).to_owned();
                let old_own = before.subjects.documents.iter().zip(before.prepared).filter(|(subject, _)| {
                    crate::lint::whole::holder(subject).is_some_and(|old| same(old) == same(holder))
                });
                let old_own = compiled(old_own.map(|(_, prepared)| prepared)).unwrap_or_default();
                if let Some(old_policy) = old_policy.and_then(|prepared| prepared.policy.as_ref()) {
                    asked.gained(old_policy, &old_own, &mut left, &mut found.at(About::Document(index)));
                }
            }
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
    fn idle_name(&self, left: &mut usize, found: &mut Findings<'_>) {
        for statement in self.policy.allows() {
            let mut names = statement.principal.iter().filter(|own| !own.negated).flat_map(|own| &own.names);
            let settled = |text: &str| self.policy.prepared.stand_ins.settle(text);
            let Some(name) = names.find(|name| settled(&name.name.text) == self.principal) else { continue };
            let actions = crate::lint::view::actions_of(statement);
            let mut idle = 0;
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
                    break;
                }
                idle += 1;
            }
            if idle > 0 && idle == actions.len() {
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
        }
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
