//! What statements say about one action: which of them matter to it, and whether two say the same.
//!
//! Whoever asks about many principals and keys asks once for all that cannot be told apart. Equal
//! fingerprints only make a candidate; [`Statement::says_the_same`] compares what was written.

use crate::arn::Arn;
use crate::condition::{Atom, Test};
use crate::context::Values;
use crate::grant::Grant;
use crate::key::Key;
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::principal::PrincipalPattern;
use crate::quirk::Quirks;
use crate::request::Request;
use crate::scene::Scene;
use crate::statement::{Principals, Statement, Texts};
use crate::tri::Tri;

/// The scene of a request of which only parts are asked, so that no boundary matters.
fn scene(request: &Request, quirks: Quirks, in_key_policy: bool) -> Scene<'_> {
    Scene { request, quirks, has_boundary: Tri::False, in_key_policy }
}

impl Statement {
    /// Whether it can matter to requests for the action of this one, whoever makes them.
    pub fn is_about(&self, request: &Request, quirks: Quirks) -> bool {
        !self.inert && self.actions.hold(&request.action_lower, &scene(request, quirks, false)) != Tri::False
    }

    /// Whether its Resource element covers the resource of the request.
    pub fn covers(&self, request: &Request, quirks: Quirks) -> Tri {
        self.resources.hold(&request.resource, &scene(request, quirks, false))
    }

    /// Whether both say the same of every request that both are about. Sids and places do not matter.
    pub fn says_the_same(&self, other: &Statement) -> bool {
        self.effect == other.effect
            && self.inert == other.inert
            && self.doubts == other.doubts
            && self.principals.are_the_same(&other.principals)
            && self.resources.are_the_same(&other.resources)
            && self.conditions.len() == other.conditions.len()
            && self.conditions.iter().zip(&other.conditions).all(|(a, b)| a.says_the_same(b))
    }

    /// A number that is equal for statements that say the same, of the same actions too.
    pub(crate) fn meaning(&self) -> u64 {
        let mut sum = Sum(self.fingerprint());
        sum.element(&self.actions);
        sum.0
    }

    /// A number that is equal for statements that say the same.
    pub fn fingerprint(&self) -> u64 {
        let mut sum = Sum::new();
        sum.add(&[self.effect as u8, u8::from(self.inert)]);
        match &self.principals {
            Principals::Any => sum.add(b"any"),
            Principals::Named(names) => sum.texts(b"named", names.iter().map(PrincipalPattern::source)),
            Principals::Except(names) => sum.texts(b"except", names.iter().map(PrincipalPattern::source)),
        }
        sum.element(&self.resources);
        for atom in &self.conditions {
            sum.add(atom.spelled().as_bytes());
            sum.texts(atom.key().lower().as_bytes(), atom.values().iter().map(|value| &**value));
        }
        sum.0
    }

    /// Visits every condition key at which it looks: those of its rows, of its variables, and
    /// `aws:userid` where a principal is named by its unique id.
    pub fn visit_keys<'a>(&'a self, mut visit: impl FnMut(&'a Key)) {
        if let Principals::Named(names) | Principals::Except(names) = &self.principals {
            names.iter().filter_map(PrincipalPattern::key).for_each(&mut visit);
        }
        self.visit_resource_variables(&mut visit);
        for atom in &self.conditions {
            visit(atom.key());
            atom.visit_variables(&mut visit);
        }
    }

    /// Visits the keys of the variables in its Resource element.
    pub fn visit_resource_variables<'a>(&'a self, mut visit: impl FnMut(&'a Key)) {
        if let Texts::Named(patterns) | Texts::Except(patterns) = &self.resources {
            patterns.iter().flat_map(Pattern::variables).for_each(|variable| visit(&variable.key));
        }
    }
}

impl Principals {
    fn are_the_same(&self, other: &Principals) -> bool {
        match (self, other) {
            (Principals::Any, Principals::Any) => true,
            (Principals::Named(a), Principals::Named(b)) | (Principals::Except(a), Principals::Except(b)) => a == b,
            _ => false,
        }
    }
}

impl Texts {
    pub(crate) fn are_the_same(&self, other: &Texts) -> bool {
        match (self, other) {
            (Texts::Any, Texts::Any) => true,
            (Texts::Named(a), Texts::Named(b)) | (Texts::Except(a), Texts::Except(b)) => a == b,
            _ => false,
        }
    }

    /// Whether it is the element itself with a pattern that takes everything, or missing.
    pub fn is_everything(&self) -> bool {
        match self {
            Texts::Any => true,
            Texts::Named(patterns) => patterns.iter().any(|pattern| pattern.source() == "*"),
            Texts::Except(_) => false,
        }
    }
}

impl Atom {
    fn says_the_same(&self, other: &Atom) -> bool {
        self.spelled() == other.spelled() && self.key() == other.key() && self.test() == other.test()
    }

    /// Whether the row holds for a request. Statements of a key policy do not have every key.
    pub fn holds_in(&self, request: &Request, quirks: Quirks, in_key_policy: bool) -> Tri {
        self.holds(&scene(request, quirks, in_key_policy))
    }

    /// Visits the keys of the variables in its values.
    pub fn visit_variables<'a>(&'a self, mut visit: impl FnMut(&'a Key)) {
        let mut each = |pattern: &'a Pattern| pattern.variables().for_each(|variable| visit(&variable.key));
        match self.test() {
            Test::String(test) => test.patterns().iter().for_each(&mut each),
            Test::Arn(test) => test.patterns().for_each(&mut each),
            Test::Boolean(test) => test.patterns().for_each(&mut each),
            _ => {}
        }
    }
}

impl Request {
    /// Turns the request to another resource of the same partition, service, region, account and kind, from
    /// which the same follows; tells whether it is one, and leaves the request alone if not.
    ///
    /// What the resource determines beside is told by [`Request::overwrite`], [`Request::leave_out`] and
    /// [`Request::forget`].
    pub fn turn_to(&mut self, resource: &str) -> bool {
        let kind = |arn: &Arn<'_>| arn.resource.split_once('/').map(|(kind, _)| kind.to_owned());
        let alike = match (Arn::parse(&self.resource), Arn::parse(resource)) {
            (Some(own), Some(other)) => {
                own.partition == other.partition
                    && own.service == other.service
                    && own.region == other.region
                    && own.account == other.account
                    && kind(&own).is_some_and(|own| kind(&other) == Some(own))
            }
            _ => false,
        };
        if alike {
            self.set_resource(resource);
        }
        alike
    }

    /// Tells a key, whatever was told of it before. What was derived from the key before stays as it is, so
    /// that this is for keys from which nothing follows: tags, names and ids.
    pub fn overwrite(&mut self, key: &Key, values: Values) {
        self.context.give(key.clone(), values);
    }

    /// The same for a key that is absent.
    pub fn leave_out(&mut self, key: &Key) {
        self.context.remove(key.clone());
    }

    /// The same for a key that is unknown.
    pub fn forget(&mut self, key: &Key) {
        self.context.forget(key.clone());
    }
}

impl Policy {
    /// The same policy with some of its statements only.
    pub fn only(&self, kept: impl Fn(&Statement) -> bool) -> Policy {
        self.without(|statement| !kept(statement))
    }
}

impl Grant {
    /// Whether it permits an action (in any case), or may, to whomever.
    pub fn may_permit(&self, action: &str) -> bool {
        self.has_operation(&action.to_ascii_lowercase()) != Tri::False
    }
}

/// A running FNV-1a hash.
struct Sum(u64);

impl Sum {
    fn new() -> Sum {
        Sum(0xCBF2_9CE4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xFF]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn element(&mut self, texts: &Texts) {
        match texts {
            Texts::Any => self.add(b"any"),
            Texts::Named(patterns) => self.texts(b"named", patterns.iter().map(Pattern::source)),
            Texts::Except(patterns) => self.texts(b"except", patterns.iter().map(Pattern::source)),
        }
    }

    fn texts<'t>(&mut self, head: &[u8], texts: impl Iterator<Item = &'t str>) {
        self.add(head);
        texts.for_each(|text| self.add(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::json;
    use crate::policy::{Origin, PolicyKind};

    fn policy(version: &str, statements: &str) -> Policy {
        let text = format!(r#"{{"Version": "{version}", "Statement": [{statements}]}}"#);
        Policy::new(&Document::read(&json::parse(&text).unwrap()), PolicyKind::Identity, Origin::default()).unwrap()
    }

    fn request() -> Request {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        Request::builder("arn:aws:iam::111122223333:user/a", "kms:Decrypt", key).build().unwrap()
    }

    #[test]
    fn statements_that_differ_in_name_and_actions_only_say_the_same() {
        let both = policy(
            "2012-10-17",
            r#"{"Sid": "A", "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
               {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"Bool": {"AWS:securetransport": true}}},
               {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
               {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
               {"Effect": "Allow", "Action": "kms:Decrypt", "NotResource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}"#,
        );
        let [first, same, value, effect, resource] = both.statements() else { panic!("five statements") };
        assert!(first.says_the_same(same) && first.fingerprint() == same.fingerprint());
        for other in [value, effect, resource] {
            assert!(!first.says_the_same(other) && first.fingerprint() != other.fingerprint());
        }
    }

    #[test]
    fn a_dollar_is_text_in_an_old_document_and_a_variable_in_a_new_one() {
        let statement = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}"}"#;
        let (old, new) = (policy("2008-10-17", statement), policy("2012-10-17", statement));
        assert!(!old.statements()[0].says_the_same(&new.statements()[0]));
        let mut keys = Vec::new();
        new.statements()[0].visit_keys(|key| keys.push(key.lower().to_owned()));
        assert_eq!(keys, ["aws:username"]);
    }

    #[test]
    fn what_a_statement_is_about_and_covers() {
        let both = policy(
            "2012-10-17",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
               {"Effect": "Allow", "NotAction": "s3:*", "Resource": "arn:aws:kms:*:111122223333:key/1*"}"#,
        );
        let about = both.statements().iter().map(|statement| statement.is_about(&request(), Quirks::default()));
        assert_eq!(about.collect::<Vec<_>>(), [false, true]);
        assert_eq!(both.statements()[1].covers(&request(), Quirks::default()), Tri::True);
        assert_eq!(both.only(|statement| statement.is_about(&request(), Quirks::default())).statements().len(), 1);
    }

    #[test]
    fn a_request_that_was_turned_is_the_one_that_would_have_been_built() {
        let key = |id: &str, region: &str| format!("arn:aws:kms:{region}:111122223333:key/{id}");
        let built = |arn: &str, tag: &str, value: &str| {
            let builder = Request::builder("arn:aws:iam::111122223333:role/app", "kms:Decrypt", arn);
            builder.with(tag, value).whole("aws:ResourceTag/").build().unwrap()
        };
        let (one, other) = (key("a", "eu-west-1"), key("b", "eu-west-1"));
        let wanted = built(&other, "aws:ResourceTag/Stage", "prod");
        let mut turned = built(&one, "aws:ResourceTag/Team", "pay");
        assert!(turned.turn_to(&other));
        turned.leave_out(&Key::new("aws:ResourceTag/Team"));
        turned.overwrite(&Key::new("aws:ResourceTag/Stage"), "prod".into());
        assert_eq!((turned.resource(), &turned.digests), (wanted.resource(), &wanted.digests));
        assert_eq!(turned.context().given(), wanted.context().given());
        for name in ["aws:ResourceTag/Team", "aws:ResourceTag/Stage", "aws:ResourceTag/Other", "aws:RequestedRegion"] {
            let key = Key::new(name);
            assert_eq!(turned.context().lookup(&key), wanted.context().lookup(&key), "{name}");
        }
        let elsewhere = [
            &*key("b", "us-east-1"),
            "arn:aws:kms:eu-west-1:444455556666:key/b",
            "*",
            "arn:aws:kms:eu-west-1:111122223333:alias/b",
        ];
        for resource in elsewhere {
            assert!(!turned.turn_to(resource), "{resource}");
            assert_eq!(turned.resource(), other);
        }
    }
}
