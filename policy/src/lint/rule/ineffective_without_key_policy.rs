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

use crate::boxes::{Access, Answer, Setting, access};
use crate::catalogue::kms_operation;
use crate::document::StatementText;
use crate::layers::Told;
use crate::limits::JOINED_QUESTIONS_MAX;
use crate::lint::finding::{About, Findings};
use crate::lint::kind::Kind;
use crate::lint::view::{View, actions_of, is_on_keys, listed, plain};
use crate::lint::whole::{Named, Question, Whole};
use crate::lint::witness::everything;
use crate::policy::{Policy, PolicyKind};
use crate::span::Span;
use crate::subject::HolderSubject;

pub(in crate::lint) fn check(whole: &Whole<'_>, found: &mut Findings<'_>) {
    let at_home = everything();
    let mut left = JOINED_QUESTIONS_MAX;
    for (index, view) in whole.views.iter().enumerate().filter(|(_, view)| view.kind == Kind::Identity) {
        let holders: Vec<&HolderSubject> = whole.holders_of(index).collect();
        for statement in view.allows() {
            for word in plain(&statement.resource) {
                let Some(key) = Lock::of(&word.text, whole) else { continue };
                let settled =
                    |arn: &str| key.view.map_or_else(|| whole.stand_ins.settle(arn), |view| view.prepared.settle(arn));
                let holders: Vec<String> = holders.iter().map(|holder| settled(&holder.arn)).collect();
                let mut idle: Vec<&str> = Vec::new();
                for action in on_keys(statement) {
                    if left == 0 {
                        undecided(word.span, &mut found.at(About::Document(index)));
                        return;
                    }
                    left = left.saturating_sub(holders.len().max(1));
                    let inert = match &*holders {
                        [] => !key.may_be_allowed(action),
                        holders => holders.iter().all(|holder| key.keeps_out(holder, action, Told::Known(&at_home))),
                    };
                    if inert {
                        idle.push(action);
                    }
                }
                say(&idle, statement, &key, word.span, &mut found.at(About::Document(index)));
            }
        }
    }
}

/// A key, and what its policy lets in.
struct Lock<'a> {
    /// What reports call it.
    name: &'a str,
    arn: &'a str,
    policies: &'a [Policy],
    /// The policy, if it is declared beside whatever is linted.
    view: Option<&'a View<'a>>,
}

impl<'a> Lock<'a> {
    /// The key that a resource names by its whole ARN, if it is decided what its policy allows.
    fn of(text: &str, whole: &Whole<'a>) -> Option<Lock<'a>> {
        match whole.key_named(text)? {
            Named::Declared(key) if *key.arn == *text => {
                let (_, view) = whole.policy_of(key)?;
                // What is not decided is not said.
                view.access().filter(|_| !view.policies.is_empty())?;
                let arn = view.prepared.resource.as_deref()?;
                Some(Lock { name: &key.declaration.address, arn, policies: view.policies, view: Some(view) })
            }
            Named::Around(known) if *known.arn == *text => {
                let policies = known.policies.as_deref().filter(|policies| !policies.is_empty())?;
                Some(Lock { name: &known.arn, arn: &known.arn, policies, view: None })
            }
            _ => None,
        }
    }

    /// Whether somebody may not make such a request, whatever IAM allows.
    fn keeps_out(&self, principal: &str, action: &str, own: Told<'_, Policy>) -> bool {
        let answer = Question { principal, action, key: self.arn, context: &[] }.ask(self.policies, own);
        matches!(answer, Some((Answer::Never, _)))
    }

    /// Whether the key policy allows anybody the action at all.
    fn may_be_allowed(&self, action: &str) -> bool {
        let has = |rows: &[Access<'_>]| rows.iter().any(|row| row.actions.iter().any(|known| **known == *action));
        match self.view {
            Some(view) => view.access().is_none_or(has),
            None => {
                let setting = Setting { resource: Some(self.arn), ..Setting::of(PolicyKind::Key) };
                let (rows, doubts) = access(self.policies, &setting);
                !doubts.is_empty() || has(&rows)
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

fn say(idle: &[&str], statement: &StatementText, key: &Lock<'_>, span: Span, found: &mut Findings<'_>) {
    if idle.is_empty() {
        return;
    }
    let all = on_keys(statement).count() == idle.len();
    let what = if all { "this".to_owned() } else { listed(idle.iter().copied(), 4) };
    found
        .warning(span, format!("{what} is allowed to no effect: the policy of `{}` does not leave it to IAM", key.name))
        .help("allow the account's root the same in the key policy, or name the principal there")
        .proof("the key policy with an identity policy that allows everything allows no such request");
}

/// The actions of a statement that keys decide on.
fn on_keys(statement: &StatementText) -> impl Iterator<Item = &'static str> {
    actions_of(statement).into_iter().filter(|action| kms_operation(action).is_some_and(is_on_keys))
}
