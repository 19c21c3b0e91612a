//! One question that somebody put to AWS: who, what, on what, and under which circumstances.

use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::{Request, RequestError};

use crate::circumstances::Circumstances;
use crate::world::{AskError, Asked, World};

/// A question, not yet asked of any policies.
#[derive(Debug, Clone)]
pub struct Question {
    /// An ARN, an account id, a service or `*`.
    pub principal: String,
    /// `service:Action`
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// What is known beside.
    pub circumstances: Circumstances,
    /// What the source left open, in sentences.
    pub notes: Vec<String>,
    /// The id of the one grant of the key that counts, where only one does.
    pub grant: Option<Box<str>>,
}

impl Question {
    /// The request by itself, without what a world would add.
    pub fn request(&self, quirks: Quirks) -> Result<Request, RequestError> {
        let builder = Request::builder(&self.principal, &self.action, &self.resource);
        self.circumstances.tell(builder.quirks(quirks)).build()
    }

    /// The question with everything that a world knows about it.
    pub fn ask<'w>(&self, world: &'w World, quirks: Quirks) -> Result<Asked<'w>, AskError> {
        let mut asked = world.ask(&self.principal, &self.action, &self.resource, self.circumstances.clone(), quirks)?;
        if let Some(id) = &self.grant {
            asked.layers.grants = asked.layers.grants.filtered(|grant| grant.id() == &**id);
        }
        Ok(asked)
    }
}
