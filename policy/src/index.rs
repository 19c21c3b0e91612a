//! Which statements of a policy can matter to a request at all.
//!
//! Each statement is filed under the literal that tells most: the principals it names, else the
//! resources, else the actions, else an account, else the services. A request looks up its own few
//! names, so its cost grows with what may match and not with what exists.

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
}

/// What a statement can be filed under; `None` where it cannot.
pub(crate) struct Handles {
    pub(crate) principals: Option<Vec<u64>>,
    pub(crate) accounts: Option<Vec<u64>>,
    pub(crate) resources: Option<Vec<u64>>,
    pub(crate) actions: Option<Vec<u64>>,
    pub(crate) services: Option<Vec<u64>>,
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
        for (statement, handles) in (0_u32..).zip(statements) {
            match handles.best() {
                Some(digests) => filed.extend(digests.into_iter().map(|digest| (digest, statement))),
                None => always.push(statement),
            }
        }
        filed.sort_unstable();
        filed.dedup();
        let present = filed.iter().fold(0, |present, (digest, _)| present | bit(*digest));
        Index { filed: filed.into(), present, always: always.into() }
    }

    /// Visits the statements that may matter, each perhaps more than once.
    #[inline]
    pub(crate) fn visit(&self, request: &Request, mut visit: impl FnMut(u32)) {
        for statement in &self.always {
            visit(*statement);
        }
        for digest in &request.digests {
            if self.present & bit(*digest) != 0 {
                let first = self.filed.partition_point(|(filed, _)| filed < digest);
                let rest = self.filed.get(first..).unwrap_or_default();
                for (_, statement) in rest.iter().take_while(|(filed, _)| filed == digest) {
                    visit(*statement);
                }
            }
        }
    }
}

fn bit(digest: u64) -> u64 {
    1 << ((digest ^ (digest >> 32)) & 63)
}
