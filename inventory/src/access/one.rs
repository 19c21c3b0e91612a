//! One named principal and one key.

use wardbook_policy::request::Request;

use super::condition::OnlyIf;
use super::pair::{self, Asker};
use super::{Cite, Search, Undecided, step};
use crate::world::{KmsKey, NamedKey, NamedPrincipal};

/// What one principal can.
#[derive(Debug)]
pub enum One {
    /// It cannot, in no context.
    No,
    /// It can.
    Yes {
        /// A request that is allowed.
        request: Box<Request>,
        /// The restrictions, if it is not on a plain direct call.
        only_if: Option<OnlyIf>,
        /// By what.
        by: Vec<Cite>,
    },
    /// It is not known.
    Open(Undecided),
}

impl<'w> Search<'w> {
    /// Whether a named principal can, on one key: an answer without its proof.
    pub fn one(&mut self, named: &NamedPrincipal<'w>, key: &'w KmsKey) -> One {
        if self.refusal(key).is_some() {
            return One::No;
        }
        let resource = NamedKey { resource: key.arn.clone().into(), key: Some(key), alias: None };
        let asker =
            Asker::new(&named.text, &self.action, &self.world.facts_of_principal(named).0, self.world, self.quirks);
        let asked = self.asked(key);
        let request = asked.facts.add_to(asker.direct.clone().on(&asked.arn)).build();
        let Ok(request) = request else { return One::No };
        let layers = self.world.layers(&request, named.principal, &resource, &mut Vec::new());
        match pair::allowed(&asker, &asked, &layers, self.quirks) {
            pair::Allowed::No => One::No,
            pair::Allowed::Open(undecided) => One::Open(undecided),
            pair::Allowed::Yes(request, only_if) => {
                let by = step::cites(&layers.explain(&request, self.quirks));
                One::Yes { request, only_if, by }
            }
        }
    }
}
