//! Requests out of a landscape, and what `decide` says of them by policies that stand alone.

use crate::boxes::meaning::means_the_same;
use crate::caller::CallerKind;
use crate::catalogue::{self, ResourceKind};
use crate::context::Unnamed;
use crate::decide::{Verdict, decide};
use crate::layers::{Layers, Told};
use crate::policy::{Policy, PolicyKind};
use crate::request::{Request, ResourceRule};
use crate::scene::Scene;
use crate::statement::{Effect, Outcome, Statement};
use crate::tri::Tri;

use super::super::demand::Ask;
use super::super::glob::ones;
use super::super::product::Product;
use super::super::residual::Doubt;
use super::super::witness;
use super::Landscape;

impl Landscape<'_> {
    /// Requests that lie in the product.
    pub(in crate::boxes) fn requests(&self, product: &Product) -> Vec<Request> {
        let first = |place| ones(product.classes(&self.space.layout, place)).next();
        let person = first(self.places.who).and_then(|class| self.cast.people.get(class));
        let action = self
            .space
            .dimensions
            .get(self.places.action)
            .zip(first(self.places.action))
            .and_then(|(dimension, class)| dimension.witnesses.get(class));
        let (Some((who, base)), Some(action)) = (person, action) else { return Vec::new() };
        let resource = self.resource_of(action);
        let mut builder = Request::builder(&who.principal, action, &resource)
            .resource_account(&self.cast.account)
            .unnamed(Unnamed::Unknown)
            .quirks(self.setting.quirks);
        for key in self.setting.open_keys() {
            builder = builder.unknown(key);
        }
        let Ok(request) = builder.build() else { return Vec::new() };
        let scene =
            Scene { request: base, quirks: self.setting.quirks, has_boundary: Tri::False, in_key_policy: false };
        witness::within(&self.space, &request, &scene, product)
    }

    fn resource_of(&self, action: &str) -> Box<str> {
        let resource = &self.cast.resource;
        let Some(operation) = catalogue::kms_operation(action) else { return resource.clone() };
        match operation.resource_kind() {
            ResourceKind::Key | ResourceKind::AliasAndKey if !resource.contains(":key/") => {
                format!("arn:aws:kms:us-east-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab", self.cast.account).into()
            }
            ResourceKind::NoResource | ResourceKind::RetiringPrincipal => "*".into(),
            _ => resource.clone(),
        }
    }

    /// Whether `decide` lets the request in by these policies, with everything else in its favour that a
    /// reach of this rank allows.
    pub(in crate::boxes) fn allows(&self, request: &Request, policies: &[Policy], rank: usize) -> bool {
        let everything = &*self.everything;
        let none: &[Policy] = &[];
        let mut layers = Layers::default();
        if self.setting.names_principals() {
            layers.resource = Told::Known(policies);
            if rank == 0 || request.is_cross_account() {
                layers.identity = Told::Known(everything);
            } else if rank == 2 {
                layers.boundary = Told::Known(none);
                layers.session = Told::Known(none);
            }
            // A federated user has nothing without a session policy.
            if (rank < 2 || request.is_cross_account()) && request.caller.kind() == CallerKind::FederatedUser {
                layers.session = Told::Known(everything);
            }
            return decide(request, &layers, self.setting.quirks).verdict() == Verdict::Allow;
        }
        let delegating = delegating(request);
        let levels = [policies.to_vec()];
        if matches!(request.rule(), ResourceRule::KmsKey | ResourceRule::RoleTrust) {
            layers.resource = Told::Known(&delegating);
        }
        layers.identity = Told::Known(everything);
        match self.setting.kind {
            PolicyKind::Scp => layers.scps = Told::Known(&levels),
            PolicyKind::Rcp => layers.rcps = Told::Known(&levels),
            PolicyKind::Endpoint => layers.endpoint = Told::Known(policies),
            _ => layers.identity = Told::Known(policies),
        }
        decide(request, &layers, self.setting.quirks).verdict() == Verdict::Allow
    }

    /// Why a product has no witness: unknown keys that are compared with each other, or an error of ours.
    pub(in crate::boxes) fn unwitnessed(&self) -> Doubt {
        let comparison = self.space.demands.iter().find_map(|demand| match &demand.ask {
            Ask::Opaque { atom, .. } => Some(atom),
            _ => None,
        });
        match comparison {
            Some(atom) => {
                let patterns = atom.patterns();
                let keys = patterns.iter().flat_map(|pattern| pattern.variables()).map(|v| v.key.name().into());
                Doubt::Variables { of: atom.key().name().into(), keys: keys.collect() }
            }
            None => Doubt::Contradiction,
        }
    }

    /// A statement of this effect that applies to the request: one that the other policies lack, else the first.
    pub(in crate::boxes) fn cited<'p>(
        &self,
        request: &Request,
        policies: &'p [Policy],
        others: &[Policy],
        effect: Effect,
    ) -> Option<(&'p Policy, &'p Statement)> {
        let scene = Scene {
            request,
            quirks: self.setting.quirks,
            has_boundary: Tri::False,
            in_key_policy: self.setting.kind == PolicyKind::Key,
        };
        let all =
            policies.iter().flat_map(|policy| policy.statements().iter().map(move |statement| (policy, statement)));
        let mut applying = all.filter(|(_, statement)| {
            statement.effect() == effect && matches!(statement.outcome(&scene), Outcome::Applies(_))
        });
        let first = applying.next()?;
        let is_known = |statement: &Statement| {
            others.iter().flat_map(|policy| policy.statements()).any(|other| means_the_same(other, statement))
        };
        let mut both = core::iter::once(first).chain(applying);
        Some(both.find(|(_, statement)| !is_known(statement)).unwrap_or(first))
    }
}

/// A policy that allows everything, for whatever a question takes for granted.
pub(super) fn everything() -> Vec<Policy> {
    policy(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        PolicyKind::Identity,
    )
}

/// A policy of the resource that leaves all to the caller's own IAM.
fn delegating(request: &Request) -> Vec<Policy> {
    let account = request.caller().account().unwrap_or_default();
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Principal": {{"AWS": "{account}"}}, "Resource": "*"}}}}"#
    );
    policy(&text, PolicyKind::Resource)
}

fn policy(text: &str, kind: PolicyKind) -> Vec<Policy> {
    let Ok(value) = crate::json::parse(text) else { return Vec::new() };
    let document = crate::document::Document::read(&value);
    Policy::new(&document, kind, crate::policy::Origin::default()).into_iter().collect()
}
