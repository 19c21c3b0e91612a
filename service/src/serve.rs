//! What an operation is: how it is logged, what it asks of the policies, and what it does once it may.

use std::sync::Arc;

use wardbook_audit::event::Parameters;

use crate::api::Shape;
use crate::authorize::{On, Question};
use crate::caller::Facts;
use crate::desk::{Desk, Found};
use crate::kms::Permit;
use crate::refusal::Refusal;
use crate::state::Key;
use crate::wire::decode::Decode;
use crate::wire::encode::Encode;

/// An operation of the API. Its type is that of its request.
pub trait Serve: Decode {
    /// What a request may hold.
    const SHAPE: &'static Shape;
    /// What is answered.
    type Answer: Encode;

    /// What the log has of the request.
    fn note(&self, parameters: &mut Parameters);

    /// Which keys it is about, and what has to be asked before anything is done.
    fn plan(&self, desk: &mut Desk<'_>) -> Result<Plan, Refusal>;

    /// Does it. What it changes is gathered at the desk and made once the log has a place for it.
    fn run(&self, plan: &Plan, permit: Permit, desk: &mut Desk<'_>) -> Result<Self::Answer, Refusal>;
}

/// What has to be asked, and what the keys must be ready for.
#[derive(Debug, Default)]
pub struct Plan {
    /// All of these must be allowed.
    pub questions: Vec<Question>,
    /// The keys that are used, each with the action that its state and usage must permit.
    pub uses: Vec<(&'static str, Arc<Key>)>,
    /// Grant tokens, to be verified.
    pub tokens: Vec<String>,
}

impl Plan {
    /// Something that is about no key.
    pub fn anything(action: &'static str, facts: Facts) -> Self {
        Self { questions: vec![Question { action, on: On::Anything, facts }], ..Self::default() }
    }

    /// An action on one key, which may turn out not to be there.
    pub fn on(action: &'static str, found: &Found, facts: Facts) -> Self {
        let mut plan = Self::default();
        plan.also(action, found, facts);
        plan
    }

    /// One more action on a key.
    pub fn also(&mut self, action: &'static str, found: &Found, facts: Facts) {
        if let Found::Here(key, _) = found {
            self.uses.push((action, Arc::clone(key)));
        }
        self.questions.push(Question { action, on: found.on(), facts });
    }

    /// With these grant tokens.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Option<&Vec<String>>) -> Self {
        self.tokens = tokens.cloned().unwrap_or_default();
        self
    }

    /// The key that the plan is about: what was not there has been refused before.
    pub fn key(&self) -> Result<&Arc<Key>, Refusal> {
        self.nth_key(0)
    }

    /// The second key, of an operation that has two.
    pub fn nth_key(&self, place: usize) -> Result<&Arc<Key>, Refusal> {
        let missing = || Refusal::new(crate::refusal::Why::Internal, "an operation ran without its key");
        self.uses.get(place).map(|(_, key)| key).ok_or_else(missing)
    }
}
