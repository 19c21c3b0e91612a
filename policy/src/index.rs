//! Which statements of a policy can matter to a request at all.
//!
//! Each statement is filed under the literal that tells most: the principals it names, else the
//! resources, else the actions, else an account, else the services. A request looks up its own few
//! names, so its cost grows with what may match and not with what exists. Where a policy has a few
//! statements only, and the request is for KMS, one look at each one's actions is quicker still.

use std::ops::ControlFlow;

use crate::action_set::KmsActions;
use crate::principal::PrincipalPattern;
use crate::request::Request;

/// Statements by the digest they are filed under, and those that any request may concern.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// Sorted by digest, then statement.
    filed: Box<[(u64, u32)]>,
    /// A bit for each digest that is filed: most names of a request are told apart by one look.
    present: u64,
    always: Box<[u32]>,
    /// For each KMS action, the statements of a short policy that name it, a bit each; empty for a
    /// long policy.
    short: Box<[u16]>,
    /// Those of a short policy that deny, a bit each.
    denies: u16,
}

/// A policy with more statements than this looks them up.
const SHORT: usize = 16;

/// What a statement can be filed under; `None` where it cannot.
pub(crate) struct Handles {
    pub(crate) principals: Option<Vec<u64>>,
    pub(crate) accounts: Option<Vec<u64>>,
    pub(crate) resources: Option<Vec<u64>>,
    pub(crate) actions: Option<Vec<u64>>,
    pub(crate) services: Option<Vec<u64>>,
    pub(crate) kms_actions: KmsActions,
    pub(crate) denies: bool,
}

impl Handles {
    fn best(self) -> Option<Vec<u64>> {
        self.principals.or(self.resources).or(self.actions).or(self.accounts).or(self.services)
    }
}

/// The digests of a Principal element: of named principals only, and of accounts too.
pub(crate) fn principal_handles(names: &[PrincipalPattern]) -> (Option<Vec<u64>>, Option<Vec<u64>>) {
    let digests: Option<Vec<u64>> = names.iter().map(PrincipalPattern::digest).collect();
    match names.iter().any(|name| name.account().is_some()) {
        true => (None, digests),
        false => (digests, None),
    }
}

impl Index {
    pub(crate) fn new(statements: impl Iterator<Item = Handles>) -> Index {
        let mut filed = Vec::new();
        let mut always = Vec::new();
        let mut actions = Vec::new();
        let mut denies = 0;
        for (statement, handles) in (0_u32..).zip(statements) {
            actions.push(handles.kms_actions);
            if handles.denies && (statement as usize) < SHORT {
                denies |= 1 << statement;
            }
            match handles.best() {
                Some(digests) => filed.extend(digests.into_iter().map(|digest| (digest, statement))),
                None => always.push(statement),
            }
        }
        filed.sort_unstable();
        filed.dedup();
        let present = filed.iter().fold(0, |present, (digest, _)| present | bit(*digest));
        let short = if actions.len() > SHORT { Box::default() } else { by_action(&actions) };
        Index { filed: filed.into(), present, always: always.into(), short, denies }
    }

    /// Visits the statements that may matter, each perhaps more than once. Of a short policy those
    /// that deny come first, and the visit ends where it is told that nothing else matters.
    #[inline]
    pub(crate) fn visit(&self, request: &Request, mut visit: impl FnMut(u32) -> ControlFlow<()>) {
        let short = request.kms_action.number().and_then(|action| self.short.get(action));
        if let Some(named) = short {
            for mut bits in [named & self.denies, named & !self.denies] {
                while bits != 0 {
                    if visit(bits.trailing_zeros()).is_break() {
                        return;
                    }
                    bits &= bits - 1;
                }
            }
            return;
        }
        for statement in &self.always {
            let _ = visit(*statement);
        }
        for digest in &request.digests {
            if self.present & bit(*digest) != 0 {
                let first = self.filed.partition_point(|(filed, _)| filed < digest);
                let rest = self.filed.get(first..).unwrap_or_default();
                for (_, statement) in rest.iter().take_while(|(filed, _)| filed == digest) {
                    let _ = visit(*statement);
                }
            }
        }
    }
}

/// For each KMS action, which statements name it.
fn by_action(statements: &[KmsActions]) -> Box<[u16]> {
    let naming = |action: KmsActions| {
        let naming = statements.iter().enumerate().filter(|(_, actions)| actions.meets(action));
        naming.fold(0, |bits, (statement, _)| bits | 1 << statement)
    };
    KmsActions::each().map(naming).collect()
}

fn bit(digest: u64) -> u64 {
    1 << ((digest ^ (digest >> 32)) & 63)
}
