//! Several holders of keys behind one: the first that covers a spec makes the key, and its token leads back to it.

use std::sync::Arc;

use crate::backend::{Backend, Depth, Destruction, Health};
use crate::call::Call;
use crate::capability::Capabilities;
use crate::error::BackendError;
use crate::import::{ImportOffer, ImportSession, Imported, Wrapping};
use crate::key::{KeyHandle, PairMaker};
use crate::operation::OperationKind;
use crate::spec::{KeySpec, Usage};
use crate::token::{Binding, KeyToken};

/// Backends in order of preference.
pub struct Composite {
    members: Vec<Arc<dyn Backend>>,
    capabilities: Capabilities,
}

impl Composite {
    /// Of these, in this order.
    pub fn new(members: impl IntoIterator<Item = Arc<dyn Backend>>) -> Self {
        let members: Vec<_> = members.into_iter().collect();
        let mut capabilities = Capabilities::default();
        members.iter().for_each(|member| capabilities.merge(member.capabilities()));
        Self { members, capabilities }
    }

    fn maker(&self, binding: &Binding, origin: OperationKind) -> Result<&dyn Backend, BackendError> {
        let (spec, usage) = (binding.spec(), binding.usage());
        let found = self.members.iter().find(|member| member.capabilities().covers(spec, usage, origin));
        let unsupported = BackendError::Unsupported { spec, operation: origin, algorithm: None, message: None };
        found.map(|member| &**member).ok_or(unsupported)
    }

    fn keeper(&self, token: &KeyToken) -> Result<&dyn Backend, BackendError> {
        let found = self.members.iter().find(|member| member.serves(token));
        found.map(|member| &**member).ok_or(BackendError::InvalidToken)
    }
}

impl Backend for Composite {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn serves(&self, token: &KeyToken) -> bool {
        self.keeper(token).is_ok()
    }

    fn health(&self, depth: Depth, call: &Call<'_>) -> Result<Health, BackendError> {
        let mut members = Vec::new();
        for member in &self.members {
            members.extend(member.health(depth, call)?.members);
        }
        Ok(Health { members })
    }

    fn generate(&self, binding: &Binding, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        self.maker(binding, OperationKind::Generate)?.generate(binding, call)
    }

    fn adopt(&self, binding: &Binding, name: &str, call: &Call<'_>) -> Result<KeyToken, BackendError> {
        self.maker(binding, OperationKind::Adopt)?.adopt(binding, name, call)
    }

    fn begin_import(
        &self,
        binding: &Binding,
        wrapping: Wrapping,
        call: &Call<'_>,
    ) -> Result<ImportOffer, BackendError> {
        self.maker(binding, OperationKind::Import)?.begin_import(binding, wrapping, call)
    }

    fn import(
        &self,
        binding: &Binding,
        session: &ImportSession,
        wrapped: &[u8],
        call: &Call<'_>,
    ) -> Result<Imported, BackendError> {
        self.maker(binding, OperationKind::Import)?.import(binding, session, wrapped, call)
    }

    fn open(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<KeyHandle, BackendError> {
        let handle = self.keeper(token)?.open(token, binding, call)?;
        Ok(match binding.usage() {
            Usage::EncryptDecrypt if binding.spec().is_symmetric() => handle.with_pairs(self.pair_makers()),
            _ => handle,
        })
    }

    fn open_public(
        &self,
        spec: KeySpec,
        usage: Usage,
        public: &[u8],
        call: &Call<'_>,
    ) -> Result<KeyHandle, BackendError> {
        let mut unsupported =
            BackendError::Unsupported { spec, operation: OperationKind::PublicKey, algorithm: None, message: None };
        for member in &self.members {
            match member.open_public(spec, usage, public, call) {
                Err(error @ BackendError::Unsupported { .. }) => unsupported = error,
                other => return other,
            }
        }
        Err(unsupported)
    }

    fn destroy(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Destruction, BackendError> {
        self.keeper(token)?.destroy(token, binding, call)
    }

    fn rewrap(&self, token: &KeyToken, binding: &Binding, call: &Call<'_>) -> Result<Option<KeyToken>, BackendError> {
        self.keeper(token)?.rewrap(token, binding, call)
    }

    fn random(&self, bytes: &mut [u8], call: &Call<'_>) -> Result<(), BackendError> {
        self.members.first().ok_or(BackendError::Unavailable)?.random(bytes, call)
    }

    fn pair_makers(&self) -> Vec<Arc<dyn PairMaker>> {
        self.members.iter().flat_map(|member| member.pair_makers()).collect()
    }
}
