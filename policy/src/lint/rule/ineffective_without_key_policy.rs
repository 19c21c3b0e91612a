//! An IAM policy that allows something on a key whose key policy does not leave it to IAM.
//!
//! Found by evaluation of both together. A key policy has the last word: unless it allows the account's root (or the principal itself) the action, nothing that IAM says counts.
//! Found where a template or module declares both.
//!
//! # Bad
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:PutKeyPolicy"], "Resource": "*"}]}}},
//!   "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement":
//!     {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Fn::GetAtt": ["Key", "Arn"]}}}}]}}}}
//! ```
//!
//! # Good
//!
//! ```json
//! {"Resources": {
//!   "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}}},
//!   "Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement":
//!     {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Fn::GetAtt": ["Key", "Arn"]}}}}]}}}}
//! ```

use crate::boxes::Answer;
use crate::catalogue::kms_operation;
use crate::document::StatementText;
use crate::layers::Told;
use crate::limits::JOINED_QUESTIONS_MAX;
use crate::lint::finding::{About, Findings};
use crate::lint::kind::Kind;
use crate::lint::view::{View, actions_of, is_on_keys, listed, plain};
use crate::lint::whole::{Question, Whole, holder};
use crate::lint::witness::everything;
use crate::span::Span;
use crate::subject::KeySubject;

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    let at_home = everything();
    let mut left = JOINED_QUESTIONS_MAX;
    for (index, view) in whole.views.iter().enumerate().filter(|(_, view)| view.kind == Kind::Identity) {
        let holder = whole.subjects.documents.get(index).and_then(holder).map(|arn| whole.stand_ins.settle(arn));
        for statement in view.allows() {
            for word in plain(&statement.resource) {
                let Some((_, key)) = whole.key_named(&word.text).filter(|(_, key)| *key.arn == *word.text) else {
                    continue;
                };
                let Some((_, policy)) = whole.policy_of(key) else { continue };
                // What is not decided is not said.
                if policy.access().is_none() || policy.policies.is_empty() {
                    continue;
                }
                let mut idle: Vec<&str> = Vec::new();
                for action in on_keys(statement) {
                    if left == 0 {
                        undecided(word.span, &mut found.at(About::Document(index)));
                        return;
                    }
                    left -= 1;
                    let inert = match &holder {
                        Some(holder) => is_kept_out(holder, action, policy, Told::Known(&at_home)),
                        None => !may_be_allowed(policy, action),
                    };
                    if inert {
                        idle.push(action);
                    }
                }
                say(&idle, statement, key, word.span, &mut found.at(About::Document(index)));
            }
        }
    }
}

/// What is said of questions that come after the last one.
pub(in crate::lint) fn undecided(span: Span, found: &mut Findings<'_>) {
    found.info(
        span,
        format!(
            "from here on it is not decided what keys and IAM allow together: {JOINED_QUESTIONS_MAX} questions are the most"
        ),
    );
}

fn say(idle: &[&str], statement: &StatementText, key: &KeySubject, span: Span, found: &mut Findings<'_>) {
    if idle.is_empty() {
        return;
    }
    let all = on_keys(statement).count() == idle.len();
    let what = if all { "this".to_owned() } else { listed(idle.iter().copied(), 4) };
    found
        .warning(
            span,
            format!(
                "{what} is allowed to no effect: the policy of `{}` does not leave it to IAM",
                key.declaration.address
            ),
        )
        .help("allow the account's root the same in the key policy, or name the principal there")
        .proof("the key policy with an identity policy that allows everything allows no such request");
}

/// The actions of a statement that keys decide on.
fn on_keys(statement: &StatementText) -> impl Iterator<Item = &'static str> {
    actions_of(statement).into_iter().filter(|action| kms_operation(action).is_some_and(is_on_keys))
}

/// Whether somebody may not make such a request, whatever IAM allows.
fn is_kept_out(principal: &str, action: &str, policy: &View<'_>, own: Told<'_, crate::policy::Policy>) -> bool {
    let Some(key) = policy.prepared.resource.as_deref() else { return false };
    let answer = Question { principal, action, key, context: &[] }.ask(policy.policies, own);
    matches!(answer, Some((Answer::Never, _)))
}

/// Whether the key policy allows anybody the action at all.
fn may_be_allowed(policy: &View<'_>, action: &str) -> bool {
    let mut rows = policy.access().into_iter().flatten();
    rows.any(|row| row.actions.iter().any(|known| **known == *action))
}
