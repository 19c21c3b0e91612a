//! Which statements of a policy can matter to a request at all.
//!
//! Each statement is filed under the literal that tells most: the principals it names, else the
//! resources, else the actions, else an account, else the services. A request looks up its own few
//! names, so its cost grows with what may match and not with what exists. Where a policy has a few
//! statements only, and the request is for KMS, one look at each one's actions is quicker still.

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
    /// For each KMS action, the statements of a short policy that name it; empty for a long policy,
    /// and for one in which a template leaves actions open.
    short: Box<[Few]>,
}

/// The statements that may matter to a request.
pub(crate) enum Candidates<'i> {
    /// Those of a short policy that name the action.
    Few(Few),
    /// Those of a longer one, which the request looks up.
    Filed(&'i Index),
}

/// Some statements of a short policy, a bit each. Those that deny have the lower half, so they come first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Few(u32);

/// A policy with more statements than this looks them up.
const SHORT: usize = Few::HALF as usize;

/// What a statement can be filed under; `None` where it cannot.
pub(crate) struct Handles {
    pub(crate) principals: Option<Vec<u64>>,
    pub(crate) accounts: Option<Vec<u64>>,
    pub(crate) resources: Option<Vec<u64>>,
    pub(crate) actions: Option<Vec<u64>>,
    pub(crate) services: Option<Vec<u64>>,
    pub(crate) kms_actions: Option<KmsActions>,
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

impl Few {
    const NONE: Few = Few(0);
    const HALF: u32 = u32::BITS / 2;

    /// Those that deny.
    pub(crate) fn denying(self) -> Few {
        Few(self.0 & ((1 << Few::HALF) - 1))
    }

    fn with(self, statement: u32, denies: bool) -> Few {
        Few(self.0 | 1 << (statement + if denies { 0 } else { Few::HALF }))
    }
}

impl Iterator for Few {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let first = self.0.trailing_zeros();
        (first < u32::BITS).then(|| {
            self.0 &= self.0 - 1;
            first % Few::HALF
        })
    }
}

impl Index {
    pub(crate) fn new(statements: impl Iterator<Item = Handles>) -> Index {
        let mut filed = Vec::new();
        let mut always = Vec::new();
        let mut named = Vec::new();
        for (statement, handles) in (0_u32..).zip(statements) {
            named.push(handles.kms_actions.map(|actions| (actions, handles.denies)));
            match handles.best() {
                Some(digests) => filed.extend(digests.into_iter().map(|digest| (digest, statement))),
                None => always.push(statement),
            }
        }
        filed.sort_unstable();
        filed.dedup();
        let present = filed.iter().fold(0, |present, (digest, _)| present | bit(*digest));
        let short = if named.len() > SHORT { None } else { named.into_iter().collect::<Option<Vec<_>>>() };
        let short = short.map(|named| by_action(&named)).unwrap_or_default();
        Index { filed: filed.into(), present, always: always.into(), short }
    }

    #[inline]
    pub(crate) fn candidates(&self, request: &Request) -> Candidates<'_> {
        let few = request.kms_action.number().and_then(|action| self.short.get(action));
        few.map_or(Candidates::Filed(self), |few| Candidates::Few(*few))
    }

    /// Visits the statements that may matter, each perhaps more than once.
    pub(crate) fn visit(&self, request: &Request, visit: impl FnMut(u32)) {
        match self.candidates(request) {
            Candidates::Few(few) => few.for_each(visit),
            Candidates::Filed(index) => index.look_up(request, visit),
        }
    }

    /// The same where the request looks them up.
    pub(crate) fn look_up(&self, request: &Request, mut visit: impl FnMut(u32)) {
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

/// For each KMS action, which statements name it.
fn by_action(statements: &[(KmsActions, bool)]) -> Box<[Few]> {
    let naming = |action: KmsActions| {
        let naming = (0_u32..).zip(statements).filter(|(_, (actions, _))| actions.meets(action));
        naming.fold(Few::NONE, |few, (statement, (_, denies))| few.with(statement, *denies))
    };
    KmsActions::each().map(naming).collect()
}

fn bit(digest: u64) -> u64 {
    1 << ((digest ^ (digest >> 32)) & 63)
}
